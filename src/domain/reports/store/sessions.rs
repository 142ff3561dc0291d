//! Rows of session notes and appointments. One row more than a report may have comes when there are too many.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::CHUNK;
use crate::db::{Backend, Conn};
use crate::domain::appointments::{Kind, State};
use crate::domain::reports::{MOST, Wanted};
use crate::domain::schema::{appointments, external_records, session_notes};
use crate::kit::ids::{
    AppointmentId, ConnectionId, ExternalRecordId, OrganisationId, PlaceId, ResidentId, SessionNoteId,
    StaffMemberId,
};

/// A session note, without its texts.
#[derive(Queryable)]
pub struct NoteRow {
    pub id: SessionNoteId,
    pub record: ExternalRecordId,
    pub external_id: String,
    pub student_name: String,
    pub user_name: String,
    pub site: String,
    pub date: Option<NaiveDate>,
    pub start: String,
    pub end: String,
    pub state: String,
    pub because: String,
    pub repair: String,
    pub first_seen_at: NaiveDateTime,
}

/// What a [`NoteRow`] is read from.
macro_rules! note_columns {
    () => {
        (
            session_notes::id,
            session_notes::external_record_id,
            external_records::external_id,
            session_notes::student_name,
            session_notes::user_name,
            session_notes::site_external_id,
            session_notes::local_date,
            session_notes::start_time,
            session_notes::end_time,
            session_notes::state,
            session_notes::because,
            session_notes::repair,
            external_records::first_seen_at,
        )
    };
}

/// Notes of these days.
pub fn notes(conn: &mut Conn, connection: ConnectionId, wanted: &Wanted) -> QueryResult<Vec<NoteRow>> {
    let mut query = session_notes::table
        .inner_join(external_records::table)
        .filter(session_notes::connection_id.eq(connection))
        .select(note_columns!())
        .limit(at_most())
        .into_boxed::<Backend>();
    if let Some(from) = wanted.from {
        query = query.filter(session_notes::local_date.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(session_notes::local_date.le(to));
    }
    query.load(conn)
}

/// The notes of these records.
pub fn notes_by_record(conn: &mut Conn, records: &[ExternalRecordId]) -> QueryResult<Vec<NoteRow>> {
    let mut found = Vec::with_capacity(records.len());
    for chunk in records.chunks(CHUNK) {
        let rows: Vec<NoteRow> = session_notes::table
            .inner_join(external_records::table)
            .filter(session_notes::external_record_id.eq_any(chunk.to_vec()))
            .select(note_columns!())
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = appointments)]
pub struct AppointmentRow {
    pub id: AppointmentId,
    pub kind: Kind,
    pub resident_id: Option<ResidentId>,
    pub staff_member_id: Option<StaffMemberId>,
    pub place_id: PlaceId,
    pub service: String,
    pub local_date: NaiveDate,
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    pub time_zone: String,
    pub state: State,
}

/// Appointments of these days.
pub fn appointments(
    conn: &mut Conn,
    organisation: OrganisationId,
    wanted: &Wanted,
) -> QueryResult<Vec<AppointmentRow>> {
    let mut query = appointments::table
        .filter(appointments::organisation_id.eq(organisation))
        .select(AppointmentRow::as_select())
        .limit(at_most())
        .into_boxed::<Backend>();
    if let Some(from) = wanted.from {
        query = query.filter(appointments::local_date.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(appointments::local_date.le(to));
    }
    query.load(conn)
}

pub fn appointments_by_id(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[AppointmentId],
) -> QueryResult<Vec<AppointmentRow>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<AppointmentRow> = appointments::table
            .filter(appointments::organisation_id.eq(organisation))
            .filter(appointments::id.eq_any(chunk.to_vec()))
            .select(AppointmentRow::as_select())
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

fn at_most() -> i64 {
    i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1)
}
