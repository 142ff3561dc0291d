//! The forms of appointments, as sent.

use chrono::NaiveDate;

use crate::domain::patients::{Address, Wrong};
use crate::domain::visits::{Place, PlaceKind, Planning};
use crate::domain::windows;
use crate::kit::ids::WindowId;
use crate::web::listing::day_typed;
use crate::web::patients::typed_address;
use crate::web::ui::Choice;
use crate::web::visit::{Fields, field};

pub const WINDOW: &str = "window";
pub const PATIENT_LED: &str = "patient";
pub const PERIOD: &str = "period";

/// How the time is found.
pub fn plannings(chosen: &str) -> Vec<Choice> {
    let chosen = if chosen.is_empty() { WINDOW } else { chosen };
    Choice::list(
        [
            (WINDOW, "In a window that you choose"),
            (PATIENT_LED, "The patient chooses, by a link that they are sent"),
            (PERIOD, "Some day of a period, agreed shortly before"),
        ],
        chosen,
    )
}

/// Whether it is asked to repeat.
pub fn repeats(fields: &Fields) -> bool {
    field(fields, "repeats") == "yes"
}

pub fn places(chosen: &str) -> Vec<Choice> {
    let chosen = if chosen.is_empty() { PlaceKind::Home.as_str() } else { chosen };
    Choice::list(PlaceKind::ALL.iter().map(|kind| (kind.as_str(), kind.words())), chosen)
}

pub fn window(fields: &Fields) -> Option<(WindowId, NaiveDate)> {
    windows::read_public_id(field(fields, "window"))
}

pub fn planning(fields: &Fields) -> Result<Planning, Wrong> {
    match field(fields, "planning") {
        PATIENT_LED => Ok(Planning::PatientLed),
        PERIOD => {
            let (from, to) = (day_typed(field(fields, "plan_from")), day_typed(field(fields, "plan_to")));
            let from = from.ok_or_else(|| Wrong::new("plan_from", "Enter the first day of the period"))?;
            let to = to.ok_or_else(|| Wrong::new("plan_to", "Enter the last day of the period"))?;
            Ok(Planning::Period(from, to))
        }
        _ => {
            let found = window(fields).ok_or_else(|| Wrong::new("window", "Choose a window"))?;
            Ok(Planning::Window(found.0, found.1))
        }
    }
}

pub fn place(fields: &Fields) -> Result<Place, Vec<Wrong>> {
    let kind = PlaceKind::parse(field(fields, "place_kind")).unwrap_or(PlaceKind::Home);
    Ok(Place { kind, address: Address::read(&typed_address(fields))? })
}
