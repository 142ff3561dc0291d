//! What a sync keeps of the vendor's records: the records, their pairings, and who is not paired and why.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::CHUNK;
use crate::db::{Conn, Tx, on_each};
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::Kind;
use crate::domain::schema::{external_records, pairings, suggestions, unpaired};
use crate::kit::ids::{ConnectionId, ResidentId};

#[derive(Insertable)]
#[diesel(table_name = external_records)]
#[diesel(treat_none_as_default_value = false)]
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

/// Inserts records and returns their ids by external id.
pub fn insert_records(tx: &mut Tx<'_>, rows: &[NewRecord]) -> QueryResult<HashMap<String, i64>> {
    let Some(first) = rows.first() else { return Ok(HashMap::new()) };
    let (connection, kind) = (first.connection_id, first.kind);
    let last: Option<i64> =
        external_records::table.select(diesel::dsl::max(external_records::id)).first(tx.conn)?;
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(external_records::table).values(piece).execute(c)?;
    });
    let made = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind))
        .filter(external_records::id.gt(last.unwrap_or(0)))
        .select((external_records::external_id, external_records::id));
    Ok(made.load::<(String, i64)>(tx.conn)?.into_iter().collect())
}

pub fn change_record(tx: &mut Tx<'_>, id: i64, hash: &str, data: &str, name: &str) -> QueryResult<()> {
    diesel::update(external_records::table.find(id))
        .set((
            external_records::content_hash.eq(hash),
            external_records::data.eq(data),
            external_records::sort_name.eq(name),
            // Whatever was to be left alone has changed.
            external_records::left_hash.eq(""),
            external_records::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn count_missing(tx: &mut Tx<'_>, ids: &[i64], runs: i32) -> QueryResult<()> {
    for piece in ids.chunks(CHUNK) {
        diesel::update(external_records::table.filter(external_records::id.eq_any(piece.to_vec())))
            .set(external_records::missing_runs.eq(runs))
            .execute(tx.conn)?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = pairings)]
#[diesel(treat_none_as_default_value = false)]
pub struct NewPairing {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub external_record_id: i64,
    pub local_id: i64,
    pub origin: &'static str,
    pub rule: String,
    pub evidence: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
    pub applied_at: Option<NaiveDateTime>,
    pub run_id: Option<i64>,
    pub batch: String,
    pub ended_by_name: String,
    pub ended_because: String,
}

pub fn insert_pairings(tx: &mut Tx<'_>, rows: &[NewPairing]) -> QueryResult<()> {
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(pairings::table).values(piece).execute(c)?;
    });
    Ok(())
}

pub fn record_of(
    conn: &mut Conn,
    connection: ConnectionId,
    resident: ResidentId,
) -> QueryResult<Option<String>> {
    pairings::table
        .inner_join(external_records::table)
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(Kind::People)))
        .filter(pairings::local_id.eq(resident.0))
        .filter(pairings::ended_at.is_null())
        .select(external_records::external_id)
        .first(conn)
        .optional()
}

/// A sync of one resident brought what the vendor says of them.
pub fn brought(tx: &mut Tx<'_>, connection: ConnectionId, resident: ResidentId) -> QueryResult<()> {
    diesel::update(pairings::table)
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(Kind::People)))
        .filter(pairings::local_id.eq(resident.0))
        .filter(pairings::ended_at.is_null())
        .set(pairings::applied_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

#[derive(Insertable)]
#[diesel(table_name = suggestions)]
pub struct NewSuggestion {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub local_id: i64,
    pub external_record_id: i64,
    pub rank: i32,
    pub score: i64,
    pub several: bool,
    pub evidence: String,
}

#[derive(Insertable)]
#[diesel(table_name = unpaired)]
pub struct NewUnpaired {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub local_id: i64,
    pub why: String,
}

/// Replaces who is not paired and why, and the best suggestion of each.
pub fn write_unpaired(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    kind: Kind,
    rows: &[NewUnpaired],
    best: &[NewSuggestion],
) -> QueryResult<()> {
    let word = kind_word(kind);
    diesel::delete(unpaired::table)
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(word))
        .execute(tx.conn)?;
    diesel::delete(suggestions::table)
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(word))
        .execute(tx.conn)?;
    on_each!(&mut *tx.conn, c => {
        for piece in rows.chunks(CHUNK) {
            diesel::insert_into(unpaired::table).values(piece).execute(c)?;
        }
        for piece in best.chunks(CHUNK) {
            diesel::insert_into(suggestions::table).values(piece).execute(c)?;
        }
    });
    Ok(())
}

/// The same for one person alone.
pub fn write_unpaired_of(
    tx: &mut Tx<'_>,
    (connection, kind, local): (ConnectionId, Kind, i64),
    rows: &[NewUnpaired],
    best: &[NewSuggestion],
) -> QueryResult<()> {
    let word = kind_word(kind);
    diesel::delete(unpaired::table)
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(word))
        .filter(unpaired::local_id.eq(local))
        .execute(tx.conn)?;
    diesel::delete(suggestions::table)
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(word))
        .filter(suggestions::local_id.eq(local))
        .execute(tx.conn)?;
    on_each!(&mut *tx.conn, c => {
        diesel::insert_into(unpaired::table).values(rows).execute(c)?;
        diesel::insert_into(suggestions::table).values(best).execute(c)?;
    });
    Ok(())
}
