//! Rows of visits. Every query names the organisation, the mode, and whose visits are meant.

mod asked;
mod batches;
mod leaving;
mod lists;
mod photos;
mod post;
mod proofs;
mod rounds;
mod writing;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{
    Booked, Cancelled, Entity, Kind, Named, Place, PlaceKind, ReasonCode, Scheduling, Status, Visit,
};
use crate::db::{Backend, Conn};
use crate::domain::api_keys::Mode;
use crate::domain::documents;
use crate::domain::patients::Address;
use crate::domain::schema::{visit_outcomes, visits};
use crate::kit::ids::{PatientId, StaffMemberId, TaskVersionId, VisitId, VisitSeriesId, WindowId};

pub use asked::asked;
pub use batches::{Item, batch, batches_since, insert_batch, insert_item, items, restore, undone};
pub use leaving::{left_behind, open_of};
pub use lists::{
    by_public_id, counts_of_windows, events, get, held, last_practitioners, list, of_patient, of_series,
    steps, taken,
};
pub use photos::{insert_photo, photo, photos};
pub use post::{
    StoredMessage, delete_links, end_links, forget_letters, has_written, insert_link, letters_of, link,
    message, messages, not_asked, not_reminded, note_letter, recipient, remove_message, set_message,
    unanswered_since, visiting, with_note, written_since,
};
pub use proofs::{insert_late_form, insert_proof, proof, proofs_not_sealed_by, set_proof_sealed};
pub use rounds::rounds;
pub use writing::{
    Ending, New, NewSeries, cancel, complete, insert, insert_event, insert_series, insert_steps, set_lock,
    set_practitioner, set_window, start, tick, touch, update,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = visits)]
#[diesel(check_for_backend(Backend))]
struct Row {
    id: VisitId,
    mode: Mode,
    public_id: String,
    patient_id: PatientId,
    task_version_id: TaskVersionId,
    window_id: Option<WindowId>,
    local_date: Option<NaiveDate>,
    starts_at: Option<NaiveDateTime>,
    ends_at: Option<NaiveDateTime>,
    scheduling: Scheduling,
    kind: Kind,
    status: Status,
    plan_from: Option<NaiveDate>,
    plan_to: Option<NaiveDate>,
    external_ref: String,
    note: String,
    phone: String,
    place_kind: PlaceKind,
    line1: String,
    line2: String,
    city: String,
    postcode: String,
    country: String,
    access_notes: String,
    metadata: String,
    staff_member_id: Option<StaffMemberId>,
    expected_at: Option<NaiveDateTime>,
    locked: bool,
    series_id: Option<VisitSeriesId>,
    version: i64,
    created_at: NaiveDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = visit_outcomes)]
#[diesel(check_for_backend(Backend))]
struct Outcome {
    updated_at: NaiveDateTime,
    outcome_note: String,
    readings: String,
    started_at: Option<NaiveDateTime>,
    finished_at: Option<NaiveDateTime>,
    cancelling_entity: String,
    causing_entity: String,
    reason_code: String,
    cancel_note: String,
    cancelled_at: Option<NaiveDateTime>,
    cancelled_by_name: String,
    chargeable: bool,
}

type Whom = (String, String, String);
type What = (String, String, i32, i32);
type Joined = (Row, Outcome, Whom, What, Option<String>, Option<(String, String)>);

/// The visits of an organisation and a mode, with the names of what they are about; boxed.
macro_rules! listed {
    ($organisation:expr, $mode:expr) => {
        visits::table
            .inner_join(visit_outcomes::table)
            .inner_join(patients::table)
            .inner_join(task_versions::table.inner_join(tasks::table))
            .left_join(visit_windows::table)
            .left_join(staff_members::table)
            .filter(visits::organisation_id.eq($organisation))
            .filter(visits::mode.eq($mode))
            .select((
                Row::as_select(),
                Outcome::as_select(),
                (patients::public_id, patients::first_name, patients::last_name),
                (tasks::public_id, task_versions::name, task_versions::number, task_versions::minutes),
                visit_windows::name.nullable(),
                (staff_members::first_name, staff_members::last_name).nullable(),
            ))
            .into_boxed::<Backend>()
    };
}
use listed;

/// Rows as visits, each with its documents: one query more, however many there are.
fn filled(conn: &mut Conn, rows: Vec<Joined>) -> QueryResult<Vec<Visit>> {
    let mut all: Vec<Visit> = rows.into_iter().map(visit).collect();
    if all.is_empty() {
        return Ok(all);
    }
    let ids: Vec<VisitId> = all.iter().map(|one| one.id).collect();
    let mut documents = documents::of_visits(conn, &ids)?;
    for one in &mut all {
        one.documents = documents.remove(&one.id).unwrap_or_default();
    }
    Ok(all)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or(serde_json::Value::Null)
}

fn visit((row, outcome, whom, what, window, staff): Joined) -> Visit {
    let booked = match (row.window_id, row.local_date, row.starts_at, row.ends_at) {
        (Some(window_id), Some(date), Some(starts_at), Some(ends_at)) => {
            Some(Booked { window: window_id, name: window.unwrap_or_default(), date, starts_at, ends_at })
        }
        _ => None,
    };
    let cancelled = cancelled(&outcome);
    let (patient_public_id, first, last) = whom;
    let (task_public_id, task_name, task_number, minutes) = what;
    let practitioner = row.staff_member_id.map(|id| {
        let (first, last) = staff.unwrap_or_default();
        Named { id, name: format!("{first} {last}") }
    });
    Visit {
        id: row.id,
        public_id: row.public_id,
        mode: row.mode,
        patient: Named { id: row.patient_id, name: format!("{first} {last}") },
        patient_public_id,
        task: Named { id: row.task_version_id, name: task_name },
        task_public_id,
        task_number,
        minutes,
        booked,
        scheduling: row.scheduling,
        kind: row.kind,
        status: row.status,
        period: row.plan_from.zip(row.plan_to),
        external_ref: row.external_ref,
        note: row.note,
        phone: row.phone,
        place: Place {
            kind: row.place_kind,
            address: Address {
                line1: row.line1,
                line2: row.line2,
                city: row.city,
                postcode: row.postcode,
                country: row.country,
                access_notes: row.access_notes,
            },
        },
        metadata: json(&row.metadata),
        documents: Vec::new(),
        practitioner,
        expected_at: row.expected_at,
        locked: row.locked,
        series: row.series_id,
        version: row.version,
        created_at: row.created_at,
        updated_at: outcome.updated_at,
        started_at: outcome.started_at,
        finished_at: outcome.finished_at,
        outcome_note: outcome.outcome_note,
        readings: json(&outcome.readings),
        cancelled,
    }
}

fn cancelled(outcome: &Outcome) -> Option<Cancelled> {
    Some(Cancelled {
        at: outcome.cancelled_at?,
        by: Entity::parse(&outcome.cancelling_entity)?,
        because_of: Entity::parse(&outcome.causing_entity)?,
        reason: ReasonCode::parse(&outcome.reason_code)?,
        note: outcome.cancel_note.clone(),
        by_name: outcome.cancelled_by_name.clone(),
        chargeable: outcome.chargeable,
    })
}
