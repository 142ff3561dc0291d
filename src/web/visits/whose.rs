//! Whose appointment is booked: finding the patient, and what they have already at the time that is chosen.

use super::new::{CARRIED, address};
use super::pages::ChoosePatient;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::patients::{self, Patient};
use crate::domain::visits;
use crate::domain::windows::Slot;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Link, when};
use crate::web::visit::{Fields, Nav, Visit, field};

/// Patients that a search shows.
const FOUND: i64 = 20;
/// How many of a patient's latest appointments are looked through for one in the same window.
const LATEST: i64 = 100;

pub async fn choose(visit: &Visit, scope: &Scope<ManageAppointments>, fields: &Fields) -> Answer {
    let search = field(fields, "q").to_owned();
    let (org, reader, words) = (scope.organisation(), scope.clone(), search.clone());
    let (found, more) =
        visit.read(move |conn| patients::list(conn, &reader, Mode::Live, &words, (0, FOUND))).await?;
    let mut shell = visit.org_shell("Who is it for?", Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::visits(org)));
    let chosen = address(org, fields, &["patient"]);
    let view = |one: &Patient| {
        let born = when::date(one.details.date_of_birth);
        let postcode = one.details.address.as_ref().map(|at| format!(", {}", at.postcode));
        let href = chosen.and("patient", &one.id.to_string());
        (href, one.name(), format!("Born {born}{}", postcode.unwrap_or_default()))
    };
    let is_carried = |name: &str| CARRIED.contains(&name) && name != "patient";
    visit.page(&ChoosePatient {
        shell,
        here: links::new_visit(org),
        carried: fields.iter().filter(|(name, _)| is_carried(name)).cloned().collect(),
        asked: !search.is_empty(),
        search,
        more,
        found: found.iter().map(view).collect(),
        add: links::new_patient(org),
    })
}

/// What the patient has already in a window, or nothing.
pub async fn twice(
    visit: &Visit,
    scope: &Scope<ManageAppointments>,
    patient: &Patient,
    slot: Option<&Slot>,
) -> Result<String, Fault> {
    let Some(slot) = slot else { return Ok(String::new()) };
    let (reader, id, chosen) = (scope.clone(), patient.id, (slot.window, slot.date));
    let all = visit.read(move |conn| visits::of_patient(conn, &reader, Mode::Live, id, LATEST)).await?;
    let same = |one: &&visits::Visit| {
        one.is_ahead() && one.booked.as_ref().is_some_and(|at| (at.window, at.date) == chosen)
    };
    let words = |one: &visits::Visit| {
        let (who, task) = (patient.name(), &one.task.name);
        format!("{who} has an appointment in this window already: {task}. Book only if it is another one.")
    };
    Ok(all.iter().find(same).map(words).unwrap_or_default())
}
