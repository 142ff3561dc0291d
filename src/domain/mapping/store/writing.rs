//! What is written: the vendor's records, mappings, refusals, and why something is not mapped.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::rows::Reason;
use crate::db::{Tx, both, on_each};
use crate::domain::mapping::Kind;
use crate::domain::schema::{external_records, mapping_reasons, note_pulls, pairings, refusals};
use crate::kit::ids::{ConnectionId, ExternalRecordId, PairingId, RunId};

/// Rows a statement takes at most: SQLite takes 32,766 values a statement.
const CHUNK: usize = 1000;

#[derive(Insertable)]
#[diesel(table_name = external_records)]
pub struct NewRecord {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub external_id: String,
    pub content_hash: String,
    pub data: String,
    pub sort_name: String,
    pub missing_runs: i32,
    pub left_hash: String,
    pub first_seen_at: NaiveDateTime,
    pub changed_at: NaiveDateTime,
}

pub fn insert_records(tx: &mut Tx<'_>, rows: &[NewRecord]) -> QueryResult<()> {
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(external_records::table).values(piece).execute(c)?;
    });
    Ok(())
}

pub fn change_record(
    tx: &mut Tx<'_>,
    id: ExternalRecordId,
    (hash, data, sort_name): (&str, &str, &str),
) -> QueryResult<()> {
    diesel::update(external_records::table.find(id))
        .set((
            external_records::content_hash.eq(hash),
            external_records::data.eq(data),
            external_records::sort_name.eq(sort_name),
            external_records::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// These came again.
pub fn found(tx: &mut Tx<'_>, ids: &[ExternalRecordId]) -> QueryResult<()> {
    for piece in ids.chunks(CHUNK) {
        diesel::update(external_records::table.filter(external_records::id.eq_any(piece.to_vec())))
            .set(external_records::missing_runs.eq(0))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// These did not come once more.
pub fn missing(tx: &mut Tx<'_>, ids: &[ExternalRecordId]) -> QueryResult<()> {
    for piece in ids.chunks(CHUNK) {
        diesel::update(external_records::table.filter(external_records::id.eq_any(piece.to_vec())))
            .set(external_records::missing_runs.eq(external_records::missing_runs + 1))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// A mapping that is to be made.
pub struct NewMapping<'n> {
    pub connection: ConnectionId,
    pub kind: Kind,
    pub record: ExternalRecordId,
    pub local: i64,
    /// The rule's id; none: a person chose it.
    pub rule: Option<&'n str>,
    pub evidence: String,
    pub by: &'n str,
    pub run: Option<RunId>,
}

/// The origin of a mapping that a rule made.
pub const AUTO: &str = "Auto";
/// The origin of one that a person made.
pub const USER: &str = "User";

/// Inserts a mapping; `None` when either side was mapped in that moment.
pub fn insert_mapping(tx: &mut Tx<'_>, new: &NewMapping<'_>) -> QueryResult<Option<PairingId>> {
    let made = both(
        diesel::insert_into(pairings::table)
            .values((
                pairings::connection_id.eq(new.connection),
                pairings::kind.eq(new.kind.word()),
                pairings::external_record_id.eq(new.record),
                pairings::local_id.eq(new.local),
                pairings::origin.eq(if new.rule.is_some() { AUTO } else { USER }),
                pairings::rule.eq(new.rule.unwrap_or_default()),
                pairings::evidence.eq(&new.evidence),
                pairings::paired_by_name.eq(new.by),
                pairings::paired_at.eq(tx.now),
                pairings::applied_at.eq(tx.now),
                pairings::run_id.eq(new.run.map(|run| run.0)),
                pairings::batch.eq(""),
                pairings::ended_by_name.eq(""),
                pairings::ended_because.eq(""),
                pairings::strength.eq(""),
                pairings::ended_with.eq(""),
            ))
            .on_conflict_do_nothing()
            .returning(pairings::id),
    )
    .get_result(tx.conn)
    .optional()?;
    if made.is_some() {
        forget_reason(tx, new.record)?;
    }
    Ok(made)
}

pub fn end_mapping(tx: &mut Tx<'_>, pairing: PairingId, by: &str, because: &str) -> QueryResult<bool> {
    diesel::update(pairings::table.find(pairing))
        .filter(pairings::ended_at.is_null())
        .set((
            pairings::ended_at.eq(tx.now),
            pairings::ended_by_name.eq(by),
            pairings::ended_because.eq(because),
        ))
        .execute(tx.conn)
        .map(|ended| ended == 1)
}

pub fn refuse(
    tx: &mut Tx<'_>,
    (connection, kind): (ConnectionId, Kind),
    (record, local): (ExternalRecordId, i64),
    (because, by): (&str, &str),
) -> QueryResult<()> {
    both(
        diesel::insert_into(refusals::table)
            .values((
                refusals::connection_id.eq(connection),
                refusals::kind.eq(kind.word()),
                refusals::external_record_id.eq(record),
                refusals::local_id.eq(local),
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

/// How many were taken back: one or none.
pub fn withdraw(
    tx: &mut Tx<'_>,
    (connection, kind): (ConnectionId, Kind),
    (record, local): (ExternalRecordId, i64),
) -> QueryResult<usize> {
    diesel::update(refusals::table)
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind.word()))
        .filter(refusals::external_record_id.eq(record))
        .filter(refusals::local_id.eq(local))
        .filter(refusals::withdrawn_at.is_null())
        .set(refusals::withdrawn_at.eq(tx.now))
        .execute(tx.conn)
}

pub fn forget_reason(tx: &mut Tx<'_>, record: ExternalRecordId) -> QueryResult<()> {
    diesel::delete(mapping_reasons::table.find(record)).execute(tx.conn).map(drop)
}

/// Replaces why records of one kind are not mapped.
pub fn write_reasons(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    kind: Kind,
    rows: &[Reason],
) -> QueryResult<()> {
    diesel::delete(mapping_reasons::table)
        .filter(mapping_reasons::connection_id.eq(connection))
        .filter(mapping_reasons::kind.eq(kind.word()))
        .execute(tx.conn)?;
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(mapping_reasons::table).values(piece).execute(c)?;
    });
    Ok(())
}

/// The row that times are kept in, made where there is none.
pub fn ensure_pulls(tx: &mut Tx<'_>, connection: ConnectionId, every: i32) -> QueryResult<()> {
    both(
        diesel::insert_into(note_pulls::table)
            .values((
                note_pulls::connection_id.eq(connection),
                note_pulls::notes_every.eq(every),
                note_pulls::people_every.eq(every),
                note_pulls::matched_with.eq(""),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn set_every(tx: &mut Tx<'_>, connection: ConnectionId, notes: i32, people: i32) -> QueryResult<()> {
    diesel::update(note_pulls::table.find(connection))
        .set((note_pulls::notes_every.eq(notes), note_pulls::people_every.eq(people)))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_matched(tx: &mut Tx<'_>, connection: ConnectionId, with: &str) -> QueryResult<()> {
    diesel::update(note_pulls::table.find(connection))
        .set(note_pulls::matched_with.eq(with))
        .execute(tx.conn)
        .map(drop)
}

/// What was read, when, and from when on the next questions ask.
pub fn pulled(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    people: bool,
    modified_since: Option<NaiveDateTime>,
) -> QueryResult<()> {
    diesel::update(note_pulls::table.find(connection))
        .set((note_pulls::notes_read_at.eq(tx.now), note_pulls::modified_since.eq(modified_since)))
        .execute(tx.conn)?;
    if people {
        diesel::update(note_pulls::table.find(connection))
            .set(note_pulls::people_read_at.eq(tx.now))
            .execute(tx.conn)?;
    }
    Ok(())
}
