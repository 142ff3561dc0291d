//! Session notes as screens ask for them.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, TimeDelta};
use diesel::QueryResult;

use super::diff::{self, Difference};
use super::reasons::Reason;
use super::settle;
use super::store::{self, Listed, Live, Row};
use super::{Candidate, Counts, Mapping, Note, Page, Sees, State, Version, Wanted, Whole};
use crate::connectors::{NoteRecord, Vendor};
use crate::db::Conn;
use crate::domain::access::{Places, Right, Scope};
use crate::domain::appointments::{self, Appointment, State as Of};
use crate::domain::pairing::owned::Proof;
use crate::domain::{Refusal, connections};
use crate::kit::ids::{
    AppointmentId, ExternalRecordId, OrganisationId, ResidentId, SessionNoteId, StaffMemberId,
};

/// How long before and after a note its client's appointments are offered.
const NEAR: TimeDelta = TimeDelta::days(7);

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

/// The appointments of a note's client near its date; none while the client is not known.
///
/// # Errors
/// `NotHere` when the scope does not reach the note.
pub fn candidates<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    note: SessionNoteId,
) -> Result<Vec<Candidate>, Refusal> {
    candidates_of(conn, scope, &[note])?.remove(&note).ok_or(Refusal::NotHere)
}

/// The same for the notes of a page, in a few queries: those of the note's own date first, then by time. Notes that
/// the scope does not reach are not among the answers.
pub fn candidates_of<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    notes: &[SessionNoteId],
) -> Result<HashMap<SessionNoteId, Vec<Candidate>>, Refusal> {
    let organisation = scope.organisation();
    let rows = store::some(conn, organisation, scope.places(), notes)?;
    let mut found: HashMap<SessionNoteId, Vec<Candidate>> =
        rows.iter().map(|row| (row.id, Vec::new())).collect();
    let asked = Asked::of(conn, organisation, &rows)?;
    let mut near = appointments_near(conn, organisation, &asked)?;
    if let Places::Only(places) = scope.places() {
        near.retain(|one| places.contains(&one.place));
    }
    near.sort_by_key(|one| (one.starts_at, one.id));
    let ids: Vec<AppointmentId> = near.iter().map(|one| one.id).collect();
    let taken = store::live_of_appointments(conn, organisation, &ids)?;
    let staff: Vec<StaffMemberId> = near.iter().filter_map(|one| one.staff).collect();
    let names = store::staff_names(conn, &staff)?;
    for one in asked {
        let is_free = |id| taken.get(&id).is_none_or(|live| live.external_record_id == one.record);
        let mut of: Vec<Candidate> = near
            .iter()
            .filter(|appointment| {
                appointment.resident == Some(one.client) && one.is_near(appointment.local_date)
            })
            .map(|appointment| candidate(appointment, is_free(appointment.id), &names))
            .collect();
        of.sort_by_key(|candidate| candidate.local_date != one.date);
        found.insert(one.note, of);
    }
    Ok(found)
}

/// A note whose client is known, and the date around which its appointments are looked for.
struct Asked {
    note: SessionNoteId,
    record: ExternalRecordId,
    client: ResidentId,
    date: NaiveDate,
}

impl Asked {
    /// Those of the notes that can be looked for, by date.
    fn of(conn: &mut Conn, organisation: OrganisationId, rows: &[Row]) -> QueryResult<Vec<Self>> {
        let clients = settle::clients(conn, organisation, rows)?;
        let mut asked: Vec<Self> = rows
            .iter()
            .filter_map(|row| {
                let client = clients.get(&row.id).copied()?;
                Some(Self { note: row.id, record: row.external_record_id, client, date: row.local_date? })
            })
            .collect();
        asked.sort_by_key(|one| one.date);
        Ok(asked)
    }

    fn is_near(&self, date: NaiveDate) -> bool {
        (date - self.date).abs() <= NEAR
    }
}

/// The appointments around all of them. Notes whose days meet are asked for together: years between two notes of a
/// page are not read.
fn appointments_near(
    conn: &mut Conn,
    organisation: OrganisationId,
    asked: &[Asked],
) -> QueryResult<Vec<Appointment>> {
    let mut found = Vec::new();
    for together in asked.chunk_by(|one, next| next.date - one.date <= NEAR * 2) {
        let (Some(first), Some(last)) = (together.first(), together.last()) else { continue };
        let clients: BTreeSet<ResidentId> = together.iter().map(|one| one.client).collect();
        let clients: Vec<ResidentId> = clients.into_iter().collect();
        let days = (first.date - NEAR, last.date + NEAR);
        found.extend(appointments::of_clients(conn, organisation, &clients, days)?);
    }
    // Where the days of two groups touch, an appointment may come with both.
    found.sort_by_key(|one| one.id);
    found.dedup_by_key(|one| one.id);
    Ok(found)
}

fn candidate(one: &Appointment, is_free: bool, names: &HashMap<StaffMemberId, String>) -> Candidate {
    Candidate {
        appointment: one.id,
        local_date: one.local_date,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        time_zone: one.time_zone.clone(),
        service: one.service.clone(),
        staff_name: one.staff.and_then(|id| names.get(&id)).cloned().unwrap_or_default(),
        rendered: one.state == Of::Rendered,
        invoiced: one.invoiced_at.is_some(),
        not_because: if is_free { String::new() } else { "Another session note is on it.".into() },
    }
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
