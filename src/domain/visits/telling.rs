//! What follows from every decision: a line of the timeline, the audit event, what the patient is written, and what
//! programs are told.
//!
//! A program is told the numbers and the times of an appointment and never who it is for or where: it asks for that with
//! its key.

use serde_json::json;

use super::{EventKind, SUBJECT, Visit, post, proof, published, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::webhooks::{self, Announcement};

/// The audit's words of each kind.
fn verb(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "visit.created",
        EventKind::Scheduled => "visit.scheduled",
        EventKind::Rescheduled => "visit.rescheduled",
        EventKind::Updated => "visit.updated",
        EventKind::Assigned => "visit.assigned",
        EventKind::Started => "visit.started",
        EventKind::Step => "visit.step",
        EventKind::Completed => "visit.completed",
        EventKind::Cancelled => "visit.cancelled",
        EventKind::Letter => "visit.letter",
    }
}

fn told(kind: EventKind) -> Option<webhooks::Kind> {
    match kind {
        EventKind::Created => Some(webhooks::Kind::Created),
        EventKind::Scheduled => Some(webhooks::Kind::Scheduled),
        EventKind::Rescheduled => Some(webhooks::Kind::Rescheduled),
        EventKind::Updated => Some(webhooks::Kind::Updated),
        EventKind::Completed => Some(webhooks::Kind::Completed),
        EventKind::Cancelled => Some(webhooks::Kind::Cancelled),
        EventKind::Assigned | EventKind::Started | EventKind::Step | EventKind::Letter => None,
    }
}

/// Writes what happened to a visit, which is read as it is now. `words` follow the name of who did it: *moved it to
/// Early, Thursday 3 December 2026*.
pub(super) fn happened<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    visit: &Visit,
    kind: EventKind,
    words: &str,
) -> Result<(), Refusal> {
    store::insert_event(tx, visit.id, kind, words, &scope.by().name)?;
    let event = Event::new(verb(kind), format!("{words} ({} of {})", visit.task.name, visit.patient.name));
    audit::record(tx, scope, event.about(SUBJECT, visit.id.0))?;
    post::follow(tx, scope, visit, kind)?;
    let Some(kind) = told(kind) else { return Ok(()) };
    let mut data = thin(visit);
    let signed = if kind == webhooks::Kind::Completed { proof::told(tx.conn, visit.id)? } else { None };
    if let (Some((who, at)), Some(data)) = (signed, data.as_object_mut()) {
        data.insert("signedBy".to_owned(), who.as_str().into());
        data.insert("signedAt".to_owned(), published::at(at).into());
    }
    let what = Announcement {
        organisation: scope.organisation(),
        mode: visit.mode,
        kind,
        about: &visit.public_id,
        data: &data,
    };
    webhooks::announce(tx, &what)?;
    Ok(())
}

/// The numbers and times of a visit.
fn thin(visit: &Visit) -> serde_json::Value {
    let at =
        |moment: chrono::NaiveDateTime| moment.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let window = visit.booked.as_ref().map(|booked| {
        json!({
            "id": super::published::window_id(booked),
            "startAt": at(booked.starts_at),
            "endAt": at(booked.ends_at),
        })
    });
    json!({
        "id": visit.public_id,
        "status": visit.status.as_str(),
        "externalRef": (!visit.external_ref.is_empty()).then_some(&visit.external_ref),
        "patientId": visit.patient_public_id,
        "taskId": visit.task_public_id,
        "window": window,
        "updatedAt": at(visit.updated_at),
    })
}
