//! The job's side of a booking: what is due, what is sent, and what became of it. Each answer is kept in one
//! transaction, on the row as it is then: somebody may have cancelled while the service was being asked.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::pacing::{next_look, next_try, state_of};
use super::{Booked, State, patient_reference, places, store};
use crate::connectors::{Cancelling, Failure, NewVisit, VisitPatient, VisitRecord};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewResidents};
use crate::domain::connections::{self, Connection};
use crate::domain::residents;
use crate::domain::timeline::{self, Act, Source};
use crate::domain::visits::ReasonCode;
use crate::kit::ids::BookedVisitId;
use crate::kit::nhs_number::NhsNumber;

/// Longer than all questions about one booking can take together.
const LEASE: TimeDelta = TimeDelta::minutes(10);

/// A booking that this process asks about, and nobody else until the lease ends.
#[derive(Clone, Debug)]
pub struct Due {
    pub booked: Booked,
    pub connection: Connection,
    /// It may have been sent before: it is looked up first.
    pub was_asked: bool,
}

/// What is sent to book a visit.
#[derive(Clone, Debug)]
pub struct Order {
    pub patient: VisitPatient,
    /// Without the patient, whom the service has to know first.
    pub visit: NewVisit,
}

/// Whether anything is due, for a look without the write lock.
pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    store::any_due(conn, now)
}

/// Takes what is due, oldest first. What is of a connection that cannot be used now waits.
pub fn claim(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Due>, Refusal> {
    let mut due = Vec::new();
    for booked in store::due(tx.conn, tx.now, limit)? {
        let scope = Scope::<ViewResidents>::for_the_portal(booked.organisation);
        let connection = connections::get(tx.conn, &scope, booked.connection)?;
        let was_asked = booked.asked_at.is_some();
        store::claimed(tx, booked.id, tx.now + LEASE)?;
        due.push(Due { booked, connection, was_asked });
    }
    Ok(due)
}

/// What is sent for a booking, from what is known here now. An error in words where something is missing.
pub fn order(conn: &mut Conn, booked: &Booked) -> Result<Result<Order, String>, Refusal> {
    let scope = Scope::<ViewResidents>::for_the_portal(booked.organisation);
    let resident = residents::get(conn, &scope, booked.resident)?;
    if let Some(words) = super::cannot_be_booked(&resident) {
        return Ok(Err(words));
    }
    let settings = connections::visit_settings(conn, &scope, booked.connection)?;
    let address = places::of_home(conn, resident.facts.home)?;
    let (Some(settings), Some(place), Some(date_of_birth)) =
        (settings, address, resident.facts.date_of_birth)
    else {
        return Ok(Err("The home's telephone number or address is not here any more.".to_owned()));
    };
    let nhs_number = NhsNumber::parse(&resident.facts.nhs_number).ok();
    Ok(Ok(Order {
        patient: VisitPatient {
            external_ref: patient_reference(booked.organisation, booked.resident),
            first_name: resident.facts.first_name,
            last_name: resident.facts.last_name,
            date_of_birth,
            nhs_number: nhs_number.filter(|_| settings.shares_nhs_number).map(NhsNumber::plain),
            phone: settings.phone.clone(),
            email: settings.email,
        },
        visit: NewVisit {
            external_ref: booked.external_ref.clone(),
            patient: booked.remote_patient_id.clone(),
            task: booked.task_id.clone(),
            window: booked.window_id.clone(),
            note: booked.note.clone(),
            phone: settings.phone,
            place,
        },
    }))
}

impl Due {
    /// What is sent to call it off.
    pub fn cancelling(&self) -> Cancelling {
        let cause = super::Cause::parse(&self.booked.cancel_cause).unwrap_or(super::Cause::Organisation);
        let note = match ReasonCode::parse(&self.booked.cancel_reason) {
            Some(reason) if self.booked.cancel_note.is_empty() => super::reason_words(reason),
            _ => self.booked.cancel_note.clone(),
        };
        Cancelling { note, cause: cause.as_str(), reason: self.booked.cancel_reason.clone() }
    }
}

/// The service knows the resident as this patient.
pub fn note_patient(tx: &mut Tx<'_>, id: BookedVisitId, patient: &str) -> QueryResult<()> {
    store::set_patient(tx, id, patient)
}

/// Keeps what the service said of a visit. `false`: it spoke of another one, and nothing of that is kept.
///
/// # Errors
/// When the database fails.
pub fn took(tx: &mut Tx<'_>, due: &Due, record: &VisitRecord) -> Result<bool, Refusal> {
    let id = due.booked.id;
    let Some(row) = store::get(tx.conn, id)? else { return Ok(false) };
    let vendor = due.connection.vendor;
    let other_id = !row.remote_id.is_empty() && row.remote_id != record.id;
    let other_ref = !record.external_ref.is_empty() && record.external_ref != row.external_ref;
    if other_id || other_ref || store::is_anothers(tx.conn, &row, &record.id)? {
        let words = format!("{vendor} answered about another visit. Nothing of that was kept.");
        store::waits(tx, &row, next_look((row.starts_at, row.ends_at), tx.now), &words)?;
        return Ok(false);
    }
    let updated_at = record.updated_at.map(|at| at.naive_utc());
    if let (Some(known), Some(said)) = (row.remote_updated_at, updated_at)
        && said < known
    {
        store::waits(tx, &row, next_look((row.starts_at, row.ends_at), tx.now), &row.last_words)?;
        return Ok(true);
    }
    let said = state_of(&record.status);
    let state = match (row.state, said) {
        (State::Completed, _) => State::Completed,
        // Whoever called it off meanwhile is heard next.
        (State::Cancelling, State::Booked) => State::Cancelling,
        (_, said) => said,
    };
    let new = store::Said {
        record,
        state,
        // What was made stays made, whatever is said of it later.
        status: if state == State::Completed && said != state { &row.status } else { &record.status },
        starts_at: record.starts_at.map(|at| at.naive_utc()).or(row.starts_at),
        ends_at: record.ends_at.map(|at| at.naive_utc()).or(row.ends_at),
        updated_at: updated_at.or(row.remote_updated_at),
        next_at: match state {
            State::Cancelling => Some(tx.now),
            state if state.is_open() => {
                let window = (record.starts_at, record.ends_at);
                let naive = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.naive_utc());
                Some(next_look((naive(window.0).or(row.starts_at), naive(window.1).or(row.ends_at)), tx.now))
            }
            _ => None,
        },
    };
    tell(tx, &row, &new, vendor.name())?;
    store::said(tx, &row, &new)?;
    if state == State::Completed && row.state != State::Completed {
        write_entry(tx, &row, &new, vendor.name())?;
    }
    Ok(true)
}

/// What has changed, as the visit's page tells it.
fn tell(tx: &mut Tx<'_>, row: &Booked, new: &store::Said<'_>, vendor: &str) -> QueryResult<()> {
    if row.remote_id.is_empty() {
        store::happened(tx, row.id, &format!("{vendor} took the booking"), vendor)?;
    }
    if row.status != new.status {
        store::happened(tx, row.id, &format!("{vendor} says: {}", new.status), vendor)?;
    }
    if row.starts_at != new.starts_at && !row.remote_id.is_empty() {
        store::happened(tx, row.id, &format!("{vendor} changed the window"), vendor)?;
    }
    Ok(())
}

/// A visit that was made stands in the resident's care record, once.
fn write_entry(tx: &mut Tx<'_>, row: &Booked, new: &store::Said<'_>, vendor: &str) -> Result<(), Refusal> {
    let act = Act {
        resident: row.resident,
        source_id: row.id.0,
        key: row.external_ref.clone(),
        version: 1,
        // The service changed it last when it was completed: near the truth, where its window may be hours long.
        at: new.updated_at.filter(|at| *at <= tx.now).unwrap_or(tx.now),
        activity_name: row.task_name.clone(),
        details: format!("A visit by {vendor} was completed."),
        location: String::new(),
        took_part: true,
        rating: None,
        comment: String::new(),
        completed_by: vendor.to_owned(),
    };
    timeline::enqueue(tx, row.organisation, Source::Visit, &[act])
}

/// The service did not take the booking, or it cannot be sent: a person reads why.
pub fn refused(tx: &mut Tx<'_>, due: &Due, words: &str) -> Result<(), Refusal> {
    let Some(row) = store::get(tx.conn, due.booked.id)? else { return Ok(()) };
    let state = if row.state == State::Cancelling { State::Cancelled } else { State::Refused };
    store::ended(tx, &row, state, words)?;
    store::happened(tx, row.id, words, due.connection.vendor.name())?;
    Ok(())
}

/// What becomes of a cancellation: the service has none of it (`None`), or says this of the visit after it was called
/// off, or after it would not hear of that (`words`).
pub fn called_off(
    tx: &mut Tx<'_>,
    due: &Due,
    (record, words): (Option<&VisitRecord>, &str),
) -> Result<(), Refusal> {
    let Some(row) = store::get(tx.conn, due.booked.id)? else { return Ok(()) };
    let Some(record) = record else {
        store::ended(tx, &row, State::Cancelled, "")?;
        store::happened(tx, row.id, "Cancelled: it had never been booked", due.connection.vendor.name())?;
        return Ok(());
    };
    if !took(tx, due, record)? || state_of(&record.status) != State::Booked {
        return Ok(());
    }
    // It still stands there.
    let vendor = due.connection.vendor;
    let words = if words.is_empty() {
        format!("{vendor} took the cancellation and still lists the visit as {}. Call them.", record.status)
    } else {
        format!("It was not cancelled. {words}")
    };
    if let Some(row) = store::get(tx.conn, due.booked.id)? {
        store::stands(tx, &row, next_look((row.starts_at, row.ends_at), tx.now), &words)?;
        store::happened(tx, row.id, &words, vendor.name())?;
    }
    Ok(())
}

/// No answer that can be used: it is asked again later.
pub fn put_off(tx: &mut Tx<'_>, due: &Due, failure: &Failure) -> Result<(), Refusal> {
    let Some(row) = store::get(tx.conn, due.booked.id)? else { return Ok(()) };
    let since = if row.state == State::Booked { tx.now } else { row.updated_at };
    let words = format!("{} It is tried again by itself.", failure.words);
    Ok(store::waits(tx, &row, next_try(failure, since, tx.now), &words)?)
}

/// The connection cannot be used now: it is asked once it can.
pub fn wait_for_key(tx: &mut Tx<'_>, due: &Due) -> Result<(), Refusal> {
    let Some(row) = store::get(tx.conn, due.booked.id)? else { return Ok(()) };
    let words = "Waiting: the connection cannot be used now. A super manager sees why under Integrations.";
    Ok(store::waits(tx, &row, tx.now + TimeDelta::minutes(5), words)?)
}

/// There was no time for it in this turn.
pub fn give_back(tx: &mut Tx<'_>, due: &Due) -> Result<(), Refusal> {
    let Some(row) = store::get(tx.conn, due.booked.id)? else { return Ok(()) };
    Ok(store::waits(tx, &row, tx.now, &row.last_words)?)
}
