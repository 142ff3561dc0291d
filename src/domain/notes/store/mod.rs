//! Rows of session notes, of their versions and of their mappings.

mod listed;
mod mapped;
mod people;
mod proposed;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Reason, State, Touched, fields};
use crate::connectors::NoteRecord;
use crate::db::{Backend, Conn, Tx, on_each};
use crate::domain::mapping::Kind;
use crate::domain::schema::{
    connections, external_records, note_pulls, note_versions, organisations, session_notes,
};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, SessionNoteId};
use crate::kit::names::search_key;

pub use listed::{Listed, counts, find, list, site_names, some};
pub use mapped::{
    Live, NewMapping, end, insert, live_of_appointments, live_of_notes, live_of_record, refuse, refused,
    withdraw_refusal,
};
pub use people::{
    Their, clients_born, members, refused_sites, staff_names, taken, their_people, theirs_named,
};
pub use proposed::{
    NewProposal, ProposalRow, close, decided, open, open_of_notes, proposal, propose, proposed,
};

pub const CHUNK: usize = 500;

/// What is kept of a note.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = session_notes)]
#[diesel(check_for_backend(Backend))]
pub struct Row {
    pub id: SessionNoteId,
    pub connection_id: ConnectionId,
    pub external_record_id: ExternalRecordId,
    pub student_external_id: String,
    pub user_external_id: String,
    pub site_external_id: String,
    pub student_name: String,
    pub user_name: String,
    pub local_date: Option<NaiveDate>,
    pub start_time: String,
    pub end_time: String,
    pub time_zone: String,
    pub status: String,
    pub is_published: bool,
    pub published_at: Option<NaiveDateTime>,
    pub version: i32,
    pub state: State,
    pub reason: Reason,
    pub because: String,
    pub repair: String,
    pub changed_at: NaiveDateTime,
}

/// What a pull compares a note with.
#[derive(Debug, Clone, Queryable)]
pub struct Known {
    pub external_id: String,
    pub record: ExternalRecordId,
    pub hash: String,
    pub note: SessionNoteId,
    pub version: i32,
    pub state: State,
}

pub fn belongs(conn: &mut Conn, organisation: OrganisationId, connection: ConnectionId) -> QueryResult<bool> {
    let own = connections::table
        .filter(connections::id.eq(connection))
        .filter(connections::organisation_id.eq(organisation));
    diesel::select(diesel::dsl::exists(own)).get_result(conn)
}

/// When the vendor's notes were last read.
pub fn last_read(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<NaiveDateTime>> {
    let row = note_pulls::table.find(connection).select(note_pulls::notes_read_at);
    Ok(row.first::<Option<NaiveDateTime>>(conn).optional()?.flatten())
}

pub fn zone_of(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<String> {
    organisations::table.find(organisation).select(organisations::time_zone).first(conn)
}

pub fn known(conn: &mut Conn, connection: ConnectionId, ids: &[&str]) -> QueryResult<HashMap<String, Known>> {
    let mut found = HashMap::new();
    for piece in ids.chunks(CHUNK) {
        let rows: Vec<Known> = external_records::table
            .inner_join(session_notes::table)
            .filter(external_records::connection_id.eq(connection))
            .filter(external_records::kind.eq(super::SUBJECT))
            .filter(external_records::external_id.eq_any(piece.to_vec()))
            .select((
                external_records::external_id,
                external_records::id,
                external_records::content_hash,
                session_notes::id,
                session_notes::version,
                session_notes::state,
            ))
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.external_id.clone(), row)));
    }
    Ok(found)
}

#[derive(Insertable)]
#[diesel(table_name = external_records)]
pub struct NewRecord<'n> {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub external_id: &'n str,
    pub content_hash: &'n str,
    pub data: &'n str,
    pub sort_name: String,
    pub missing_runs: i32,
    pub left_hash: &'static str,
    pub first_seen_at: NaiveDateTime,
    pub changed_at: NaiveDateTime,
}

/// Inserts records; their ids by external id.
pub fn insert_records(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    rows: &[NewRecord<'_>],
) -> QueryResult<HashMap<String, ExternalRecordId>> {
    let last: Option<i64> =
        external_records::table.select(diesel::dsl::max(external_records::id)).first(tx.conn)?;
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(external_records::table).values(piece).execute(c)?;
    });
    let made = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(super::SUBJECT))
        .filter(external_records::id.gt(last.unwrap_or(0)))
        .select((external_records::external_id, external_records::id));
    Ok(made.load::<(String, ExternalRecordId)>(tx.conn)?.into_iter().collect())
}

pub fn change_record(tx: &mut Tx<'_>, id: ExternalRecordId, hash: &str, data: &str) -> QueryResult<()> {
    diesel::update(external_records::table.find(id))
        .set((
            external_records::content_hash.eq(hash),
            external_records::data.eq(data),
            external_records::missing_runs.eq(0),
            external_records::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// A note as it is to be kept.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = session_notes)]
#[diesel(treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
pub struct Written {
    pub organisation_id: OrganisationId,
    pub connection_id: ConnectionId,
    pub external_record_id: ExternalRecordId,
    pub student_external_id: String,
    pub user_external_id: String,
    pub site_external_id: String,
    pub student_name: String,
    pub user_name: String,
    pub local_date: Option<NaiveDate>,
    pub start_time: String,
    pub end_time: String,
    pub time_zone: String,
    pub status: String,
    pub is_published: bool,
    pub published_at: Option<NaiveDateTime>,
    pub version: i32,
    pub state: State,
    pub reason: Reason,
    pub because: String,
    pub repair: String,
    pub seen_at: NaiveDateTime,
    pub changed_at: NaiveDateTime,
}

/// Inserts notes; their ids by record.
pub fn insert_notes(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    rows: &[Written],
) -> QueryResult<HashMap<ExternalRecordId, SessionNoteId>> {
    let last: Option<i64> =
        session_notes::table.select(diesel::dsl::max(session_notes::id)).first(tx.conn)?;
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(session_notes::table).values(piece).execute(c)?;
    });
    let made = session_notes::table
        .filter(session_notes::organisation_id.eq(organisation))
        .filter(session_notes::id.gt(last.unwrap_or(0)))
        .select((session_notes::external_record_id, session_notes::id));
    Ok(made.load::<(ExternalRecordId, SessionNoteId)>(tx.conn)?.into_iter().collect())
}

pub fn change_note(tx: &mut Tx<'_>, id: SessionNoteId, row: &Written) -> QueryResult<()> {
    diesel::update(session_notes::table.find(id)).set(row).execute(tx.conn).map(drop)
}

#[derive(Insertable)]
#[diesel(table_name = note_versions)]
pub struct NewVersion<'n> {
    pub note_id: SessionNoteId,
    pub version: i32,
    pub content_hash: &'n str,
    pub data: &'n str,
    pub received_at: NaiveDateTime,
}

pub fn insert_versions(tx: &mut Tx<'_>, rows: &[NewVersion<'_>]) -> QueryResult<()> {
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(note_versions::table).values(piece).execute(c)?;
    });
    Ok(())
}

pub fn seen(tx: &mut Tx<'_>, notes: &[SessionNoteId]) -> QueryResult<()> {
    for piece in notes.chunks(CHUNK) {
        diesel::update(session_notes::table.filter(session_notes::id.eq_any(piece.to_vec())))
            .set(session_notes::seen_at.eq(tx.now))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn rows(conn: &mut Conn, ids: &[SessionNoteId]) -> QueryResult<Vec<Row>> {
    let mut found = Vec::with_capacity(ids.len());
    for piece in ids.chunks(CHUNK) {
        let some: Vec<Row> = session_notes::table
            .filter(session_notes::id.eq_any(piece.to_vec()))
            .order(session_notes::id)
            .select(Row::as_select())
            .load(conn)?;
        found.extend(some);
    }
    Ok(found)
}

pub fn rows_of_records(conn: &mut Conn, records: &[ExternalRecordId]) -> QueryResult<Vec<Row>> {
    let mut found = Vec::with_capacity(records.len());
    for piece in records.chunks(CHUNK) {
        let some: Vec<Row> = session_notes::table
            .filter(session_notes::external_record_id.eq_any(piece.to_vec()))
            .order(session_notes::id)
            .select(Row::as_select())
            .load(conn)?;
        found.extend(some);
    }
    Ok(found)
}

/// Mapped notes whose appointment a check kept from being rendered, in the order of their ids.
pub fn not_rendered(
    conn: &mut Conn,
    (organisation, connection): (OrganisationId, ConnectionId),
    after: SessionNoteId,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    session_notes::table
        .filter(session_notes::organisation_id.eq(organisation))
        .filter(session_notes::connection_id.eq(connection))
        .filter(session_notes::state.eq(State::Mapped))
        .filter(session_notes::reason.eq(Reason::NotRendered))
        .filter(session_notes::id.gt(after))
        .order(session_notes::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)
}

/// Notes of a connection in some states.
pub fn in_states(conn: &mut Conn, connection: ConnectionId, states: &[State]) -> QueryResult<Vec<Row>> {
    session_notes::table
        .filter(session_notes::connection_id.eq(connection))
        .filter(session_notes::state.eq_any(states.to_vec()))
        .order(session_notes::id)
        .select(Row::as_select())
        .load(conn)
}

/// Mapped notes at these sites, of these students or by these users; `of` are the vendor's identifiers of each kind.
pub fn mapped_of(
    conn: &mut Conn,
    connection: ConnectionId,
    of: impl Fn(Kind) -> Vec<String>,
) -> QueryResult<Vec<Row>> {
    let mut found: Vec<Row> = Vec::new();
    let query = || {
        session_notes::table
            .filter(session_notes::connection_id.eq(connection))
            .filter(session_notes::state.eq(State::Mapped))
            .select(Row::as_select())
    };
    for kind in Kind::ALL {
        for piece in of(kind).chunks(CHUNK).map(<[String]>::to_vec) {
            let rows: Vec<Row> = match kind {
                Kind::Site => query().filter(session_notes::site_external_id.eq_any(piece)).load(conn)?,
                Kind::Student => {
                    query().filter(session_notes::student_external_id.eq_any(piece)).load(conn)?
                }
                Kind::User => query().filter(session_notes::user_external_id.eq_any(piece)).load(conn)?,
            };
            found.extend(rows);
        }
    }
    found.sort_by_key(|row| row.id);
    found.dedup_by_key(|row| row.id);
    Ok(found)
}

/// Waiting notes that somebody's change touches.
pub fn waiting(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
    touched: &Touched,
) -> QueryResult<Vec<Row>> {
    let mut found: Vec<Row> = Vec::new();
    let query = || {
        session_notes::table
            .filter(session_notes::organisation_id.eq(organisation))
            .filter(session_notes::connection_id.eq(connection))
            .filter(session_notes::state.eq(State::Waiting))
            .select(Row::as_select())
    };
    match touched {
        Touched::Everything => found = query().load(conn)?,
        Touched::People { students, users } => {
            for piece in students.chunks(CHUNK) {
                let own = query().filter(session_notes::student_external_id.eq_any(piece.to_vec()));
                found.extend(own.load::<Row>(conn)?);
            }
            for piece in users.chunks(CHUNK) {
                let own = query().filter(session_notes::user_external_id.eq_any(piece.to_vec()));
                found.extend(own.load::<Row>(conn)?);
            }
        }
        Touched::Days(days) => {
            for piece in days.chunks(CHUNK) {
                let own = query().filter(session_notes::local_date.eq_any(piece.to_vec()));
                found.extend(own.load::<Row>(conn)?);
            }
        }
    }
    found.sort_by_key(|row| row.id);
    found.dedup_by_key(|row| row.id);
    Ok(found)
}

/// The latest content of notes.
pub fn contents(
    conn: &mut Conn,
    records: &[ExternalRecordId],
) -> QueryResult<HashMap<ExternalRecordId, NoteRecord>> {
    let mut found = HashMap::with_capacity(records.len());
    for piece in records.chunks(CHUNK) {
        let rows: Vec<(ExternalRecordId, String)> = external_records::table
            .filter(external_records::id.eq_any(piece.to_vec()))
            .select((external_records::id, external_records::data))
            .load(conn)?;
        let read =
            |(id, data): (ExternalRecordId, String)| (id, serde_json::from_str(&data).unwrap_or_default());
        found.extend(rows.into_iter().map(read));
    }
    Ok(found)
}

/// Every version of a note, the newest first.
pub fn versions(conn: &mut Conn, note: SessionNoteId) -> QueryResult<Vec<(i32, NaiveDateTime, String)>> {
    note_versions::table
        .filter(note_versions::note_id.eq(note))
        .order(note_versions::version.desc())
        .select((note_versions::version, note_versions::received_at, note_versions::data))
        .load(conn)
}

/// Where a note stands, and why.
#[derive(Debug, Clone)]
pub struct Standing {
    pub state: State,
    pub reason: Reason,
    pub because: String,
    pub repair: String,
}

pub fn stand(tx: &mut Tx<'_>, note: SessionNoteId, standing: &Standing) -> QueryResult<()> {
    diesel::update(session_notes::table.find(note))
        .set((
            session_notes::state.eq(standing.state),
            session_notes::reason.eq(standing.reason),
            session_notes::because.eq(&standing.because),
            session_notes::repair.eq(&standing.repair),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Many notes whose appointments were rendered from them.
pub fn stand_rendered(tx: &mut Tx<'_>, notes: &[SessionNoteId]) -> QueryResult<()> {
    for piece in notes.chunks(CHUNK) {
        diesel::update(session_notes::table.filter(session_notes::id.eq_any(piece.to_vec())))
            .set((
                session_notes::state.eq(State::Mapped),
                session_notes::reason.eq(Reason::Nothing),
                session_notes::because.eq(""),
                session_notes::repair.eq(""),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// What the versions before these said under *Notes*.
pub fn texts_before(
    conn: &mut Conn,
    versions: &[(SessionNoteId, i32)],
) -> QueryResult<HashMap<SessionNoteId, String>> {
    let mut found = HashMap::new();
    for piece in versions.chunks(CHUNK) {
        let notes: Vec<SessionNoteId> = piece.iter().map(|(note, _)| *note).collect();
        let rows: Vec<(SessionNoteId, i32, String)> = note_versions::table
            .filter(note_versions::note_id.eq_any(notes))
            .select((note_versions::note_id, note_versions::version, note_versions::data))
            .load(conn)?;
        for (note, version, data) in rows {
            if piece.contains(&(note, version + 1)) {
                let record: NoteRecord = serde_json::from_str(&data).unwrap_or_default();
                found.insert(note, fields::read(&record).notes);
            }
        }
    }
    Ok(found)
}

/// What the vendor's lists say of the people of a note now.
pub fn name(tx: &mut Tx<'_>, row: &Row, names: (&str, &str), zone: &str) -> QueryResult<()> {
    diesel::update(session_notes::table.find(row.id))
        .set((
            session_notes::student_name.eq(names.0),
            session_notes::user_name.eq(names.1),
            session_notes::time_zone.eq(zone),
        ))
        .execute(tx.conn)?;
    diesel::update(external_records::table.find(row.external_record_id))
        .set(external_records::sort_name.eq(sort_name(names)))
        .execute(tx.conn)
        .map(drop)
}

/// What a list is searched by.
pub fn sort_name((student, user): (&str, &str)) -> String {
    search_key(&format!("{student} {user}"))
}
