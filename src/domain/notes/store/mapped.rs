//! Rows of mappings of notes, and of what somebody refused.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::CHUNK;
use crate::db::{Backend, Conn, Tx, both, on_each};
use crate::domain::notes::SUBJECT;
use crate::domain::schema::{connections, pairings, refusals};
use crate::kit::ids::{AppointmentId, ConnectionId, ExternalRecordId, OrganisationId, PairingId, RunId};

/// A live mapping of a note.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = pairings)]
#[diesel(check_for_backend(Backend))]
pub struct Live {
    pub id: PairingId,
    pub connection_id: ConnectionId,
    pub external_record_id: ExternalRecordId,
    pub local_id: AppointmentId,
    pub origin: String,
    pub evidence: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = pairings)]
#[diesel(treat_none_as_default_value = false)]
pub struct NewMapping {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub external_record_id: ExternalRecordId,
    pub local_id: AppointmentId,
    pub origin: &'static str,
    pub rule: &'static str,
    pub evidence: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
    pub applied_at: Option<NaiveDateTime>,
    pub run_id: Option<RunId>,
    pub batch: &'static str,
    pub ended_by_name: &'static str,
    pub ended_because: &'static str,
    pub strength: &'static str,
    pub ended_with: &'static str,
}

pub fn insert(tx: &mut Tx<'_>, rows: &[NewMapping]) -> QueryResult<()> {
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(pairings::table).values(piece).execute(c)?;
    });
    Ok(())
}

pub fn live_of_record(conn: &mut Conn, record: ExternalRecordId) -> QueryResult<Option<Live>> {
    pairings::table
        .filter(pairings::external_record_id.eq(record))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .first(conn)
        .optional()
}

pub fn live_of_notes(
    conn: &mut Conn,
    records: &[ExternalRecordId],
) -> QueryResult<HashMap<ExternalRecordId, Live>> {
    let mut found = HashMap::new();
    for piece in records.chunks(CHUNK) {
        let rows: Vec<Live> = pairings::table
            .filter(pairings::external_record_id.eq_any(piece.to_vec()))
            .filter(pairings::ended_at.is_null())
            .select(Live::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.external_record_id, row)));
    }
    Ok(found)
}

/// The mappings of appointments, of whichever connection.
pub fn live_of_appointments(
    conn: &mut Conn,
    organisation: OrganisationId,
    appointments: &[AppointmentId],
) -> QueryResult<HashMap<AppointmentId, Live>> {
    let ours: Vec<ConnectionId> = connections::table
        .filter(connections::organisation_id.eq(organisation))
        .select(connections::id)
        .load(conn)?;
    let mut found = HashMap::new();
    for piece in appointments.chunks(CHUNK) {
        let rows: Vec<Live> = pairings::table
            .filter(pairings::connection_id.eq_any(ours.clone()))
            .filter(pairings::kind.eq(SUBJECT))
            .filter(pairings::local_id.eq_any(piece.to_vec()))
            .filter(pairings::ended_at.is_null())
            .select(Live::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.local_id, row)));
    }
    Ok(found)
}

pub fn end(tx: &mut Tx<'_>, pairing: PairingId, by: &str, because: &str) -> QueryResult<()> {
    diesel::update(pairings::table.find(pairing))
        .set((
            pairings::ended_at.eq(tx.now),
            pairings::ended_by_name.eq(by),
            pairings::ended_because.eq(because),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Remembers that a note does not belong to an appointment.
pub fn refuse(tx: &mut Tx<'_>, live: &Live, by: &str, because: &str) -> QueryResult<()> {
    both(
        diesel::insert_into(refusals::table)
            .values((
                refusals::connection_id.eq(live.connection_id),
                refusals::kind.eq(SUBJECT),
                refusals::external_record_id.eq(live.external_record_id),
                refusals::local_id.eq(live.local_id),
                refusals::because.eq(because),
                refusals::made_by_name.eq(by),
                refusals::made_at.eq(tx.now),
                refusals::strength.eq(""),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn withdraw_refusal(
    tx: &mut Tx<'_>,
    record: ExternalRecordId,
    appointment: AppointmentId,
) -> QueryResult<()> {
    diesel::update(refusals::table)
        .filter(refusals::kind.eq(SUBJECT))
        .filter(refusals::external_record_id.eq(record))
        .filter(refusals::local_id.eq(appointment))
        .filter(refusals::withdrawn_at.is_null())
        .set(refusals::withdrawn_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// The appointments to which these notes do not belong.
pub fn refused(
    conn: &mut Conn,
    connection: ConnectionId,
    records: &[ExternalRecordId],
) -> QueryResult<HashSet<(ExternalRecordId, AppointmentId)>> {
    let all: Vec<(ExternalRecordId, AppointmentId)> = refusals::table
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(SUBJECT))
        .filter(refusals::withdrawn_at.is_null())
        .select((refusals::external_record_id, refusals::local_id))
        .load(conn)?;
    let asked: HashSet<ExternalRecordId> = records.iter().copied().collect();
    Ok(all.into_iter().filter(|(record, _)| asked.contains(record)).collect())
}
