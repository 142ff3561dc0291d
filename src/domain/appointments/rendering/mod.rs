//! Rendering an appointment: its session is written down and signed, and it goes on to payroll and billing.
//!
//! What a session note put on an appointment is kept beside what was there before, so that un-rendering restores
//! it exactly. Deliberately knows no matching: which note belongs to which appointment is `notes`.

mod checks;
mod retrying;
mod store;
mod unrender;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;
use serde::{Deserialize, Serialize};

use super::signatures::{Media, Picture};
use super::{Appointment, SUBJECT, Sees, Session, State, signatures};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::kit::ids::{AppointmentId, OrganisationId, ResidentId, SignatureImageId};

pub use checks::{Check, Facts, NoteFacts, Repair, Rules, Somebody, Times, all_met, checks, failed};
pub(in crate::domain) use retrying::{Again, changed, try_again, un_rendered};
pub(in crate::domain) use unrender::empty;
pub use unrender::un_render;

/// A kept signature, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub media: Media,
    pub bytes: Vec<u8>,
    /// SHA-256 in hexadecimal, as kept when it came.
    pub hash: String,
    /// The bytes still have that hash.
    pub intact: bool,
}

/// What a note puts on an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Filling {
    /// As read in this transaction.
    pub appointment: Appointment,
    /// `None` leaves the signature window as it is.
    pub session: Option<Session>,
    /// The results notes; `None` leaves those that are there.
    pub results_notes: Option<String>,
    /// `None` leaves the appointment's own.
    pub times: Option<Times>,
}

/// What became of a filling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Filled {
    pub appointment: AppointmentId,
    pub rendered: bool,
    /// All checks, met or not.
    pub checks: Vec<Check>,
}

/// What an appointment was before a note came, and what the note put in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    pub status: i64,
    pub times: Times,
    pub results_notes: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_times: Option<Times>,
    /// Somebody rendered it before the note came.
    #[serde(default)]
    pub was_rendered: bool,
    /// Somebody un-rendered it since: it is not rendered again by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub un_rendered: bool,
}

impl Before {
    /// What stood there first is kept however often a note fills the appointment.
    fn of(filling: &Filling, earlier: Option<Self>) -> Self {
        let one = &filling.appointment;
        let mut before = earlier.unwrap_or_else(|| Self {
            status: one.status.0,
            times: Times::of(one),
            results_notes: one.results_notes.clone(),
            gave_notes: None,
            gave_times: None,
            was_rendered: one.state == State::Rendered,
            un_rendered: false,
        });
        before.gave_notes = filling.results_notes.clone().or(before.gave_notes);
        before.gave_times = filling.times.or(before.gave_times);
        before
    }

    fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The signature window of an appointment; `None` before anything filled it.
///
/// # Errors
/// `NotHere` when the scope does not reach the appointment.
pub fn session_of<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: AppointmentId,
) -> Result<Option<Session>, Refusal> {
    super::get(conn, scope, id)?;
    Ok(store::sessions(conn, &[id])?.remove(&id).map(|kept| kept.session))
}

/// What an appointment needs to be rendered, and how each stands.
///
/// # Errors
/// `NotHere` when the scope does not reach the appointment.
pub fn checks_of<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: AppointmentId,
) -> Result<Vec<Check>, Refusal> {
    let appointment = super::get(conn, scope, id)?;
    let kept = store::sessions(conn, &[id])?.remove(&id);
    let session = kept.as_ref().map(|kept| &kept.session);
    let facts = store::facts(conn, scope.organisation(), std::slice::from_ref(&appointment))?
        .remove(&id)
        .unwrap_or_default();
    Ok(checks(&appointment, session, &facts, rules(conn, scope.organisation())?))
}

/// What an organisation needs for rendering, and how notes find their appointments.
pub fn rules(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Rules> {
    store::rules(conn, organisation)
}

/// A signature of an appointment that the scope reaches, compared with the hash that it came with.
///
/// # Errors
/// `NotHere` when no appointment of the scope shows it.
pub fn image<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: SignatureImageId) -> Result<Image, Refusal> {
    Ok(compared(store::image(conn, scope.organisation(), scope.places(), id)?))
}

/// A kept picture that no appointment needs to show yet: whoever asks has made sure that the scope reaches what holds it.
pub(in crate::domain) fn kept_image(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: SignatureImageId,
) -> QueryResult<Image> {
    store::kept_image(conn, organisation, id).map(compared)
}

fn compared((media, bytes, hash): (Media, Vec<u8>, String)) -> Image {
    let intact = signatures::hash(&bytes) == hash;
    Image { media, bytes, hash, intact }
}

/// Keeps pictures, each once; their ids by hash.
pub(in crate::domain) fn keep_pictures(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    pictures: &HashMap<String, Picture>,
) -> QueryResult<HashMap<String, SignatureImageId>> {
    store::keep_pictures(tx, organisation, pictures)
}

/// The ids of kept pictures, by hash.
pub(in crate::domain) fn pictures(
    conn: &mut Conn,
    organisation: OrganisationId,
    hashes: &[&String],
) -> QueryResult<HashMap<String, SignatureImageId>> {
    store::kept(conn, organisation, hashes)
}

/// Renders an appointment. What its session note gave, and un-rendering took back, is put there again.
///
/// # Errors
/// `Overtaken` with the words of every check that is not met.
pub fn render(tx: &mut Tx<'_>, scope: &Scope<ManageAppointments>, id: AppointmentId) -> Result<(), Refusal> {
    let appointment = super::get(tx.conn, scope, id)?;
    let kept = store::sessions(tx.conn, &[id])?.remove(&id);
    let session = kept.as_ref().map(|kept| kept.session.clone());
    let given = kept.and_then(|kept| kept.before);
    let filling = match given {
        Some(given) => {
            let untouched = appointment.results_notes == given.results_notes;
            let back = Times::of(&appointment) == given.times;
            Filling {
                results_notes: given.gave_notes.filter(|_| untouched),
                times: given.gave_times.filter(|_| back),
                appointment,
                session,
            }
        }
        None => Filling { appointment, session, results_notes: None, times: None },
    };
    let filled = fill(tx, scope, vec![filling])?;
    match filled.first() {
        Some(one) if !one.rendered => {
            Err(Refusal::overtaken(format!("The appointment was not rendered. {}", failed(&one.checks))))
        }
        _ => Ok(()),
    }
}

/// Fills appointments and renders those whose checks are all met, with one event for each that is rendered.
pub(in crate::domain) fn fill<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    fillings: Vec<Filling>,
) -> QueryResult<Vec<Filled>> {
    let rules = store::rules(tx.conn, scope.organisation())?;
    let appointments: Vec<Appointment> = fillings.iter().map(|one| one.appointment.clone()).collect();
    let facts = store::facts(tx.conn, scope.organisation(), &appointments)?;
    let ids: Vec<AppointmentId> = appointments.iter().map(|one| one.id).collect();
    let earlier = store::sessions(tx.conn, &ids)?;
    let by = scope.by().name.clone();
    let (mut done, mut events) = (Vec::with_capacity(fillings.len()), Vec::new());
    let mut written = Vec::with_capacity(fillings.len());
    for filling in fillings {
        let nothing = Facts::default();
        let facts = facts.get(&filling.appointment.id).unwrap_or(&nothing);
        let kept = earlier.get(&filling.appointment.id);
        let before = Before::of(&filling, kept.and_then(|kept| kept.before.clone()));
        let (after, checks, rendered) = filled(&filling, facts, rules, tx.now, &by);
        if rendered {
            events.push(rendering(&after, facts));
        }
        done.push(Filled { appointment: after.id, rendered, checks });
        written.push(store::Written { after, session: filling.session, before, is_new: kept.is_none() });
    }
    store::write(tx, &written, &by)?;
    audit::record_many(tx, scope, events)?;
    Ok(done)
}

/// The appointment with what the filling puts there, its checks, and whether it is rendered by it.
fn filled(
    filling: &Filling,
    facts: &Facts,
    rules: Rules,
    now: NaiveDateTime,
    by: &str,
) -> (Appointment, Vec<Check>, bool) {
    let mut after = filling.appointment.clone();
    if let Some(notes) = &filling.results_notes {
        after.results_notes.clone_from(notes);
    }
    if let Some(times) = filling.times {
        (after.starts_at, after.ends_at, after.local_date) =
            (times.starts_at, times.ends_at, times.local_date);
    }
    let checks = checks(&after, filling.session.as_ref(), facts, rules);
    let rendered = all_met(&checks);
    if rendered {
        after.state = State::Rendered;
        after.rendered_at = Some(now);
        by.clone_into(&mut after.rendered_by);
    }
    (after, checks, rendered)
}

fn rendering(appointment: &Appointment, facts: &Facts) -> Event {
    let date = appointment.local_date.format("%-d %B %Y");
    let from = if facts.note.is_some() { " from its session note" } else { "" };
    let words = format!("rendered the appointment of {} on {date}{from}", facts.client.name());
    Event::new("appointment.rendered", words).about(SUBJECT, appointment.id.0)
}

/// Appointments of many clients from one date to another, cancelled ones left out.
pub(in crate::domain) fn of_clients(
    conn: &mut Conn,
    organisation: OrganisationId,
    clients: &[ResidentId],
    (from, to): (NaiveDate, NaiveDate),
) -> QueryResult<Vec<Appointment>> {
    store::of_clients(conn, organisation, clients, (from, to))
}

/// Appointments by their ids.
pub(in crate::domain) fn some(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[AppointmentId],
) -> QueryResult<Vec<Appointment>> {
    store::some(conn, organisation, ids)
}

/// The dates of appointments that were added or changed since then.
pub(in crate::domain) fn changed_days(
    conn: &mut Conn,
    organisation: OrganisationId,
    since: NaiveDateTime,
) -> QueryResult<Vec<NaiveDate>> {
    store::changed_days(conn, organisation, since)
}

/// Cancels an appointment because its session note says that the session did not take place: under the organisation's
/// own status for it, with the origin in words.
///
/// # Errors
/// `Overtaken` when it is rendered, invoiced or cancelled already, or no status of the organisation cancels.
pub(in crate::domain) fn cancel_from_note(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: AppointmentId,
    no_show: bool,
) -> Result<(), Refusal> {
    let appointment = super::get(tx.conn, scope, id)?;
    let refused = match appointment.state {
        State::Rendered => "The appointment is rendered. Un-render it first.",
        State::Cancelled => "The appointment is cancelled already.",
        State::Scheduled if appointment.invoiced_at.is_some() => {
            "The appointment is on an invoice. Take it off the invoice first."
        }
        State::Scheduled => "",
    };
    if !refused.is_empty() {
        return Err(Refusal::overtaken(refused));
    }
    let status = store::cancellation(tx.conn, scope.organisation(), no_show)?;
    let (status, name) = status.ok_or_else(|| {
        Refusal::overtaken(
            "No status type of the organisation cancels. Add one in the settings of appointments.",
        )
    })?;
    let because = if no_show { "The client did not come" } else { "Cancelled" };
    let because = format!("{because}, as the session note in Ensora Data Collection says");
    store::cancel(tx, id, status, (&scope.by().name, &because))?;
    let date = appointment.local_date.format("%-d %B %Y");
    let words = format!("cancelled an appointment on {date} as “{name}”, as its session note says");
    audit::record(tx, scope, Event::new("appointment.cancelled", words).about(SUBJECT, id.0))?;
    Ok(())
}
