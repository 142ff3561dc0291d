//! Where a home is. It is asked for when the first visit is booked there, and kept for the next.

use super::store;
use crate::connectors::VisitPlace;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Places, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::coverage::Postcode;
use crate::domain::organisations::{self, one_line};
use crate::domain::residents::Resident;
use crate::kit::ids::PlaceId;

const LONGEST: usize = 100;
const LONGEST_NOTES: usize = 300;

/// An address that can be used.
pub type Address = VisitPlace;

/// The same as it was typed.
#[derive(Clone, Debug, Default)]
pub struct TypedAddress {
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub postcode: String,
    pub access_notes: String,
}

/// Where a resident's home is, if it was entered.
pub fn home_address(conn: &mut Conn, resident: &Resident) -> Result<Option<Address>, Refusal> {
    of_home(conn, resident.facts.home)
}

pub(super) fn of_home(conn: &mut Conn, home: PlaceId) -> Result<Option<Address>, Refusal> {
    Ok(store::address(conn, home)?)
}

/// Enters it, or another in its place.
pub fn set_home_address(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    home: PlaceId,
    typed: &TypedAddress,
) -> Result<(), Refusal> {
    let place = organisations::place(tx.conn, scope, home)?;
    if let Places::Only(ids) = scope.places()
        && !ids.contains(&home)
    {
        return Err(Refusal::overtaken(
            "The address of a home is entered by somebody who looks after all of it.",
        ));
    }
    let line = |field: &'static str, text: &str, longest: usize| {
        let text = one_line(text);
        if text.chars().count() > longest {
            return Err(Refusal::invalid(field, format!("Use at most {longest} characters")));
        }
        Ok(text)
    };
    let address = Address {
        line1: line("line1", &typed.line1, LONGEST)?,
        line2: line("line2", &typed.line2, LONGEST)?,
        city: line("city", &typed.city, LONGEST)?,
        postcode: Postcode::parse(&typed.postcode)
            .ok_or_else(|| Refusal::invalid("postcode", "Enter a full postcode, such as LS1 1AA"))?
            .to_string(),
        access_notes: line("access_notes", &typed.access_notes, LONGEST_NOTES)?,
    };
    if address.line1.is_empty() {
        return Err(Refusal::invalid("line1", "Enter the house and the street"));
    }
    if address.city.is_empty() {
        return Err(Refusal::invalid("city", "Enter the town or city"));
    }
    store::set_address(tx, home, &address, &scope.by().name)?;
    let words = format!("entered the address of {} for visits", place.name);
    audit::record(tx, scope, Event::new("visits.address", words).about("place", home.0))?;
    Ok(())
}
