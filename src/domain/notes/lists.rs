//! Session notes as screens ask for them.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use diesel::QueryResult;

use super::diff::{self, Difference};
use super::reasons::Reason;
use super::settle;
use super::store::{self, Listed, Live};
use super::{Candidate, Counts, Mapping, Note, Page, Sees, State, Version, Wanted, Whole};
use crate::connectors::{NoteRecord, Vendor};
use crate::db::Conn;
use crate::domain::access::{Places, Right, Scope};
use crate::domain::appointments::{self, Appointment, State as Of};
use crate::domain::pairing::owned::Proof;
use crate::domain::{Refusal, connections};
use crate::kit::ids::{AppointmentId, OrganisationId, SessionNoteId, StaffMemberId};

/// How many days before and after a note its client's appointments are offered.
const NEAR: i64 = 7;

/// Notes, the latest session first, `limit` of them after `offset`.
pub fn list<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Page> {
    let mut rows = store::list(conn, scope.organisation(), scope.places(), wanted, (offset, limit + 1))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { rows: assembled(conn, scope.organisation(), rows)?, more })
}

/// How many notes stand where, over the whole organisation.
pub fn counts<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Counts> {
    let Some(connection) = connections::find(conn, scope, Vendor::Ensora)? else {
        return Ok(Counts::default());
    };
    let (states, proposals) = store::counts(conn, scope.organisation(), connection.id)?;
    let of = |wanted: State| states.iter().find(|(state, _)| *state == wanted).map_or(0, |(_, count)| *count);
    Ok(Counts {
        mapped: of(State::Mapped),
        waiting: of(State::Waiting),
        set_aside: of(State::SetAside),
        withdrawn: of(State::Withdrawn),
        proposals,
    })
}

/// A note with what it says.
///
/// # Errors
/// `NotHere` when the scope does not reach it.
pub fn get<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: SessionNoteId) -> Result<Whole, Refusal> {
    let listed = store::find(conn, scope.organisation(), scope.places(), id)?;
    let record_id = listed.0.external_record_id;
    let record = store::contents(conn, &[record_id])?.remove(&record_id).unwrap_or_default();
    let live = store::live_of_record(conn, record_id)?;
    let proof = live.map(|live| Proof::read(&live.evidence)).unwrap_or_default();
    let evidence = proof.reasons.into_iter().map(|reason| reason.words).collect();
    let reading = settle::reading(Some(&record));
    let mut notes = assembled(conn, scope.organisation(), vec![listed])?;
    let note = notes.pop().ok_or(Refusal::NotHere)?;
    Ok(Whole { note, record, reading, evidence })
}

fn assembled(conn: &mut Conn, organisation: OrganisationId, rows: Vec<Listed>) -> QueryResult<Vec<Note>> {
    let records: Vec<_> = rows.iter().map(|(row, _)| row.external_record_id).collect();
    let lives = store::live_of_notes(conn, &records)?;
    let ids: Vec<AppointmentId> = lives.values().map(|live| live.local_id).collect();
    let found: HashMap<AppointmentId, Appointment> =
        appointments::some(conn, organisation, &ids)?.into_iter().map(|one| (one.id, one)).collect();
    let notes: Vec<SessionNoteId> = rows.iter().map(|(row, _)| row.id).collect();
    let proposals = store::open_of_notes(conn, &notes)?;
    let connections: BTreeSet<_> = rows.iter().map(|(row, _)| row.connection_id).collect();
    let connections: Vec<_> = connections.into_iter().collect();
    let sites: BTreeSet<String> = rows.iter().map(|(row, _)| row.site_external_id.clone()).collect();
    let sites: Vec<String> = sites.into_iter().collect();
    let sites = store::site_names(conn, &connections, &sites)?;
    let note = |(row, external_id): Listed| {
        let mapping = lives
            .get(&row.external_record_id)
            .and_then(|live| Some(mapping(live, found.get(&live.local_id)?)));
        let site = (row.connection_id, row.site_external_id.clone());
        let (reason, because, repair) = now(&row, mapping.as_ref());
        Note {
            id: row.id,
            connection: row.connection_id,
            record: row.external_record_id,
            external_id,
            student_id: row.student_external_id,
            user_id: row.user_external_id,
            site_id: row.site_external_id,
            student_name: row.student_name,
            user_name: row.user_name,
            site_name: sites.get(&site).cloned().unwrap_or_default(),
            date: row.local_date,
            start: row.start_time,
            end: row.end_time,
            time_zone: row.time_zone,
            status: row.status,
            is_published: row.is_published,
            published_at: row.published_at,
            version: row.version,
            state: row.state,
            reason,
            because,
            repair,
            changed_at: row.changed_at,
            mapping,
            proposals: proposals.get(&row.id).copied().unwrap_or_default(),
        }
    };
    Ok(rows.into_iter().map(note).collect())
}

fn mapping(live: &Live, appointment: &Appointment) -> Mapping {
    Mapping {
        appointment: appointment.id,
        origin: live.origin.clone(),
        by: live.paired_by_name.clone(),
        at: live.paired_at,
        rendered: appointment.state == Of::Rendered,
        local_date: appointment.local_date,
        starts_at: appointment.starts_at,
        ends_at: appointment.ends_at,
        time_zone: appointment.time_zone.clone(),
    }
}

/// The reason as it is now: somebody may have rendered or un-rendered the appointment since.
fn now(row: &store::Row, mapping: Option<&Mapping>) -> (Reason, String, String) {
    match mapping {
        Some(mapping) if mapping.rendered && row.reason == Reason::NotRendered => {
            (Reason::Nothing, String::new(), String::new())
        }
        Some(mapping) if !mapping.rendered && row.reason == Reason::Nothing => {
            let reason = Reason::NotRendered;
            (reason, "The appointment was un-rendered.".to_owned(), reason.advice().to_owned())
        }
        _ => (row.reason, row.because.clone(), row.repair.clone()),
    }
}

/// The appointments of a note's client near its date, by time; none while the client is not known.
///
/// # Errors
/// `NotHere` when the scope does not reach the note.
pub fn candidates<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    note: SessionNoteId,
) -> Result<Vec<Candidate>, Refusal> {
    let (row, _) = store::find(conn, scope.organisation(), scope.places(), note)?;
    let client = settle::client(conn, scope.organisation(), &row)?.one();
    let (Some(date), Some(client)) = (row.local_date, client) else { return Ok(Vec::new()) };
    let near = (date - TimeDelta::days(NEAR), date + TimeDelta::days(NEAR));
    let mut found = appointments::of_clients(conn, scope.organisation(), &[client], near)?;
    if let Places::Only(places) = scope.places() {
        found.retain(|one| places.contains(&one.place));
    }
    found.sort_by_key(|one| (one.starts_at, one.id));
    let ids: Vec<AppointmentId> = found.iter().map(|one| one.id).collect();
    let taken = store::live_of_appointments(conn, scope.organisation(), &ids)?;
    let staff: Vec<StaffMemberId> = found.iter().filter_map(|one| one.staff).collect();
    let names = store::staff_names(conn, &staff)?;
    let candidate = |one: Appointment| {
        let other = taken.get(&one.id).is_some_and(|live| live.external_record_id != row.external_record_id);
        Candidate {
            appointment: one.id,
            local_date: one.local_date,
            starts_at: one.starts_at,
            ends_at: one.ends_at,
            time_zone: one.time_zone,
            service: one.service,
            staff_name: one.staff.and_then(|id| names.get(&id)).cloned().unwrap_or_default(),
            rendered: one.state == Of::Rendered,
            invoiced: one.invoiced_at.is_some(),
            not_because: if other { "Another session note is on it.".into() } else { String::new() },
        }
    };
    Ok(found.into_iter().map(candidate).collect())
}

/// Every version of a note, the newest first.
///
/// # Errors
/// `NotHere` when the scope does not reach the note.
pub fn versions<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    note: SessionNoteId,
) -> Result<Vec<Version>, Refusal> {
    store::find(conn, scope.organisation(), scope.places(), note)?;
    let version = |(version, received_at, data): (i32, chrono::NaiveDateTime, String)| {
        let record: NoteRecord = serde_json::from_str(&data).unwrap_or_default();
        let lines = diff::lines(&record);
        Version { version, received_at, record, lines }
    };
    Ok(store::versions(conn, note)?.into_iter().map(version).collect())
}

/// What changed from one version to another.
///
/// # Errors
/// `NotHere` when there is no such version.
pub fn versions_between<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    note: SessionNoteId,
    (from, to): (i32, i32),
) -> Result<Vec<Difference>, Refusal> {
    let all = versions(conn, scope, note)?;
    let of = |wanted: i32| all.iter().find(|one| one.version == wanted).ok_or(Refusal::NotHere);
    Ok(diff::difference(&of(from)?.record, &of(to)?.record))
}
