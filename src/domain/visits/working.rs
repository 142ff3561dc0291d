//! The visit itself, by its practitioner: begun, its steps ticked, and done, or the patient was not there.

use chrono::NaiveDateTime;

use super::cancelling::{self, Cancellation};
use super::proof::{self, NewProof};
use super::telling::happened;
use super::{Entity, EventKind, ReasonCode, Sees, Status, Visit, lists, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::api_keys::Mode;
use crate::domain::patients::details_note;
use crate::domain::tasks::StepKind;
use crate::kit::ids::{VisitId, VisitStepId};

/// A visit under way. Only live ones are ever worked on.
pub(super) fn under_way<R: Sees>(tx: &mut Tx<'_>, scope: &Scope<R>, id: VisitId) -> Result<Visit, Refusal> {
    let visit = lists::get(tx.conn, scope, Mode::Live, id)?;
    match visit.status {
        Status::InProgress => Ok(visit),
        Status::Scheduled => Err(Refusal::overtaken("Start this appointment first.")),
        status => {
            let words = format!("This appointment is {} already.", status.words().to_lowercase());
            Err(Refusal::Overtaken(words))
        }
    }
}

/// Begins it.
///
/// # Errors
/// `Overtaken` unless it is scheduled, for today where the organisation is.
pub fn start<R: Sees>(tx: &mut Tx<'_>, scope: &Scope<R>, id: VisitId) -> Result<Visit, Refusal> {
    let visit = lists::get(tx.conn, scope, Mode::Live, id)?;
    if visit.status == Status::InProgress {
        return Ok(visit);
    }
    let Some(booked) = visit.booked.as_ref().filter(|_| visit.status == Status::Scheduled) else {
        let words = format!("This appointment is {} already.", visit.status.words().to_lowercase());
        return Err(Refusal::Overtaken(words));
    };
    let zone = super::availability::zone(tx.conn, scope)?;
    let today = tx.now.and_utc().with_timezone(&zone).date_naive();
    if booked.date != today {
        let words = format!("This appointment is on {}.", booked.date.format("%A %-d %B"));
        return Err(Refusal::Overtaken(words));
    }
    store::start(tx, id)?;
    let visit = lists::get(tx.conn, scope, Mode::Live, id)?;
    happened(tx, scope, &visit, EventKind::Started, "started the appointment")?;
    Ok(visit)
}

/// Ticks a step, or takes the tick back.
///
/// # Errors
/// `Overtaken` when it is not under way, or the step stands as it was asked for already, with who ticked it, or it asks
/// for a picture and has none.
pub fn tick<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    (id, step): (VisitId, VisitStepId),
    done: bool,
) -> Result<Visit, Refusal> {
    let now = tx.now;
    tick_at(tx, scope, (id, step), done, now)
}

/// The same for one that was done at another moment.
pub(super) fn tick_at<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    (id, step): (VisitId, VisitStepId),
    done: bool,
    at: NaiveDateTime,
) -> Result<Visit, Refusal> {
    let visit = under_way(tx, scope, id)?;
    let steps = store::steps(tx.conn, id)?;
    let of = steps.iter().find(|one| one.id == step).ok_or(Refusal::NotHere)?;
    match (&of.done, done) {
        (Some((_, by)), true) => return Err(Refusal::Overtaken(format!("{by} ticked this step already."))),
        (None, false) => return Err(Refusal::overtaken("This step is not ticked.")),
        (None, true) if of.kind == StepKind::Photo => {
            let pictured = store::photos(tx.conn, id)?.iter().any(|photo| photo.step == step);
            if !pictured {
                return Err(Refusal::overtaken("Add the picture that this step asks for."));
            }
        }
        _ => {}
    }
    store::tick(tx, step, done.then_some((scope.by().name.as_str(), at)))?;
    let words = if done {
        format!("ticked “{}”", of.words)
    } else {
        format!("took back the tick of “{}”", of.words)
    };
    happened(tx, scope, &visit, EventKind::Step, &words)?;
    Ok(visit)
}

/// Completes it. `readings` is a JSON object or null.
///
/// # Errors
/// `Overtaken` when it is not under way, or a procedure or picture of it is not ticked.
pub fn complete<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    id: VisitId,
    note: &str,
    readings: &serde_json::Value,
) -> Result<Visit, Refusal> {
    let (how, now) = (Completion { note: note.to_owned(), readings: readings.clone(), proof: None }, tx.now);
    complete_at(tx, scope, id, &how, now)
}

/// How it went.
#[derive(Debug, Clone, Default)]
pub struct Completion {
    pub note: String,
    /// A JSON object or null.
    pub readings: serde_json::Value,
    pub proof: Option<NewProof>,
}

/// Completes it at a moment, with its proof where there is one.
///
/// # Errors
/// As [`complete`].
pub fn complete_at<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    id: VisitId,
    how: &Completion,
    at: NaiveDateTime,
) -> Result<Visit, Refusal> {
    under_way(tx, scope, id)?;
    let steps = store::steps(tx.conn, id)?;
    let missing: Vec<&str> = steps
        .iter()
        .filter(|one| one.done.is_none() && one.kind != StepKind::Administrative)
        .map(|one| one.words.as_str())
        .collect();
    if !missing.is_empty() {
        let words = format!("Tick this first: {}.", missing.join("; "));
        return Err(Refusal::Overtaken(words));
    }
    let note = details_note("note", &how.note).map_err(|wrong| Refusal::invalid(wrong.field, wrong.words))?;
    let readings = if how.readings.is_null() { String::new() } else { how.readings.to_string() };
    store::complete(tx, id, (&note, &readings), at)?;
    let visit = lists::get(tx.conn, scope, Mode::Live, id)?;
    if let Some(new) = &how.proof {
        proof::keep(tx, scope, &visit, new, at)?;
    }
    happened(tx, scope, &visit, EventKind::Completed, "completed the appointment")?;
    Ok(visit)
}

/// *Patient not present*: the practitioner was there, and nobody else.
///
/// # Errors
/// `Overtaken` unless it is scheduled or under way.
pub fn not_present<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    id: VisitId,
    note: &str,
) -> Result<Visit, Refusal> {
    let visit = lists::get(tx.conn, scope, Mode::Live, id)?;
    if !matches!(visit.status, Status::Scheduled | Status::InProgress) {
        let words = format!("This appointment is {} already.", visit.status.words().to_lowercase());
        return Err(Refusal::Overtaken(words));
    }
    let how = Cancellation {
        by: Entity::Practitioner,
        because_of: Entity::Patient,
        reason: ReasonCode::PatientNotPresent,
        note: note.to_owned(),
    };
    cancelling::end(tx, scope, &visit, &how)
}
