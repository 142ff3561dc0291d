//! Rows of pairings, refusals, suggestions and people who are set aside.

mod approved;
mod counts;
mod listed;
mod lists;
mod sides;
mod swaps;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::decide::Chosen;
use super::kind_word;
use super::matching::{Kind, System};
use super::owned::{Evidence, Proof};
use super::strength::Strength;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::Refusal;
use crate::domain::schema::{connections, pairings, parked, refusals, suggestions, unpaired};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, PairingId};

pub use approved::{insert_approved, staff_of};
pub use counts::{Counted, concerned, decided, looked_at, said_no, unseen, vendors};
pub use listed::{List, Row, UNDONE_BY, causes, next, spot, unpaired_residents, unpaired_staff};
pub use lists::{
    active, linked, linked_elsewhere, named_refusals, newest_sync, parked_count, parked_until, reasons,
    refusals_of, suggested, top_suggestions,
};
pub use sides::{
    Person, Reach, free_locals, free_records, full_name, local, named_records, record, some_records,
};
pub use swaps::{ended_with, note_ended_with, revive};

/// A live pairing.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = pairings)]
#[diesel(check_for_backend(Backend))]
pub struct Live {
    pub id: PairingId,
    pub connection_id: i64,
    pub kind: String,
    pub external_record_id: i64,
    pub local_id: i64,
    pub origin: String,
    pub rule: String,
    pub evidence: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
    pub run_id: Option<i64>,
}

pub fn belongs(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> Result<(), Refusal> {
    let found: i64 = connections::table
        .filter(connections::id.eq(connection))
        .filter(connections::organisation_id.eq(organisation))
        .count()
        .get_result(conn)?;
    if found == 1 { Ok(()) } else { Err(Refusal::NotHere) }
}

/// The rules under which the connection's records are compared.
pub fn system(conn: &mut Conn, connection: ConnectionId) -> Result<System, Refusal> {
    let vendor: String = connections::table.find(connection).select(connections::vendor).first(conn)?;
    vendor.parse().map_err(|cause| Refusal::Broken(format!("{vendor}: {cause}")))
}

pub fn live_of_record(conn: &mut Conn, record: ExternalRecordId) -> QueryResult<Option<Live>> {
    pairings::table
        .filter(pairings::external_record_id.eq(record))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .first(conn)
        .optional()
}

pub fn live_of_local(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> QueryResult<Option<Live>> {
    pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::local_id.eq(local))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .first(conn)
        .optional()
}

pub fn live_of_batch(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    batch: &str,
) -> QueryResult<Vec<Live>> {
    pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::batch.eq(batch))
        .filter(pairings::batch.ne(""))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .load(conn)
}

/// Inserts a pairing that a person made; `None` when either side was linked in that moment.
pub fn insert_pairing(
    tx: &mut Tx<'_>,
    chosen: &Chosen,
    proof: &Proof,
    batch: &str,
    by: &str,
) -> QueryResult<Option<PairingId>> {
    both(
        diesel::insert_into(pairings::table)
            .values((
                pairings::connection_id.eq(chosen.connection),
                pairings::kind.eq(kind_word(chosen.kind)),
                pairings::external_record_id.eq(chosen.record),
                pairings::local_id.eq(chosen.local),
                pairings::origin.eq(BY_HAND),
                pairings::rule.eq(""),
                pairings::evidence.eq(proof.write()),
                pairings::paired_by_name.eq(by),
                pairings::paired_at.eq(tx.now),
                pairings::applied_at.eq(tx.now),
                pairings::batch.eq(batch),
                pairings::ended_by_name.eq(""),
                pairings::ended_because.eq(""),
                pairings::strength.eq(Strength::of(&proof.reasons).word()),
            ))
            .on_conflict_do_nothing()
            .returning(pairings::id),
    )
    .get_result(tx.conn)
    .optional()
}

/// The origin of a pairing that a person made.
pub const BY_HAND: &str = "User";

/// Why a pairing ended, and why two are not paired by themselves again.
pub const SAID_NO: &str = "not the same person";
pub const UNLINKED: &str = "link undone";
pub const SYNC_UNDONE: &str = "sync undone";
/// *Undo* right after *Yes*: as if it had not been said.
pub const TAKEN_BACK: &str = "taken back";
/// Another link was put in its place.
pub const SWAPPED: &str = "swapped";

pub fn end_pairing(tx: &mut Tx<'_>, pairing: PairingId, by: &str, because: &str) -> QueryResult<()> {
    diesel::update(pairings::table.find(pairing))
        .set((
            pairings::ended_at.eq(tx.now),
            pairings::ended_by_name.eq(by),
            pairings::ended_because.eq(because),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub struct NewRefusal<'a> {
    pub connection: ConnectionId,
    pub kind: Kind,
    pub local: i64,
    pub record: ExternalRecordId,
    pub because: &'a str,
    pub by: &'a str,
    pub strength: &'a str,
}

pub fn insert_refusal(tx: &mut Tx<'_>, new: &NewRefusal<'_>) -> QueryResult<()> {
    both(
        diesel::insert_into(refusals::table)
            .values((
                refusals::connection_id.eq(new.connection),
                refusals::kind.eq(kind_word(new.kind)),
                refusals::external_record_id.eq(new.record),
                refusals::local_id.eq(new.local),
                refusals::because.eq(new.because),
                refusals::made_by_name.eq(new.by),
                refusals::made_at.eq(tx.now),
                refusals::strength.eq(new.strength),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn withdraw(tx: &mut Tx<'_>, chosen: &Chosen) -> QueryResult<usize> {
    diesel::update(refusals::table)
        .filter(refusals::connection_id.eq(chosen.connection))
        .filter(refusals::kind.eq(kind_word(chosen.kind)))
        .filter(refusals::local_id.eq(chosen.local))
        .filter(refusals::external_record_id.eq(chosen.record))
        .filter(refusals::withdrawn_at.is_null())
        .set(refusals::withdrawn_at.eq(tx.now))
        .execute(tx.conn)
}

/// Takes a person who is linked now off the lists of the unpaired.
pub fn forget_unpaired(tx: &mut Tx<'_>, chosen: &Chosen) -> QueryResult<()> {
    let word = kind_word(chosen.kind);
    diesel::delete(unpaired::table)
        .filter(unpaired::connection_id.eq(chosen.connection))
        .filter(unpaired::kind.eq(word))
        .filter(unpaired::local_id.eq(chosen.local))
        .execute(tx.conn)?;
    diesel::delete(suggestions::table)
        .filter(suggestions::connection_id.eq(chosen.connection))
        .filter(suggestions::kind.eq(word))
        .filter(suggestions::local_id.eq(chosen.local).or(suggestions::external_record_id.eq(chosen.record)))
        .execute(tx.conn)?;
    unpark(tx, chosen.connection, chosen.kind, chosen.local).map(drop)
}

/// Says why somebody is not linked, until the next sync looks again.
pub fn say_unpaired(
    tx: &mut Tx<'_>,
    (connection, kind, local): (ConnectionId, Kind, i64),
    why: &str,
) -> QueryResult<()> {
    let word = kind_word(kind);
    diesel::delete(unpaired::table)
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(word))
        .filter(unpaired::local_id.eq(local))
        .execute(tx.conn)?;
    diesel::insert_into(unpaired::table)
        .values((
            unpaired::connection_id.eq(connection),
            unpaired::kind.eq(word),
            unpaired::local_id.eq(local),
            unpaired::why.eq(why),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Replaces the suggestion that lists show for somebody.
pub fn suggest(
    tx: &mut Tx<'_>,
    (connection, kind, local): (ConnectionId, Kind, i64),
    best: Option<(ExternalRecordId, i64, bool, &[Evidence])>,
) -> QueryResult<()> {
    let word = kind_word(kind);
    diesel::delete(suggestions::table)
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(word))
        .filter(suggestions::local_id.eq(local))
        .execute(tx.conn)?;
    let Some((record, score, several, evidence)) = best else { return Ok(()) };
    diesel::insert_into(suggestions::table)
        .values((
            suggestions::connection_id.eq(connection),
            suggestions::kind.eq(word),
            suggestions::local_id.eq(local),
            suggestions::external_record_id.eq(record),
            suggestions::rank.eq(1),
            suggestions::score.eq(score),
            suggestions::several.eq(several),
            suggestions::evidence.eq(serde_json::to_string(evidence).unwrap_or_default()),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Sets somebody aside, in place of an earlier date.
pub fn park(
    tx: &mut Tx<'_>,
    (connection, kind, local): (ConnectionId, Kind, i64),
    (reason, until): (&str, NaiveDate),
    by: &str,
) -> QueryResult<()> {
    unpark(tx, connection, kind, local)?;
    diesel::insert_into(parked::table)
        .values((
            parked::connection_id.eq(connection),
            parked::kind.eq(kind_word(kind)),
            parked::local_id.eq(local),
            parked::reason.eq(reason),
            parked::until.eq(until),
            parked::parked_by_name.eq(by),
            parked::parked_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// How many were set aside: one or none.
pub fn unpark(tx: &mut Tx<'_>, connection: ConnectionId, kind: Kind, local: i64) -> QueryResult<usize> {
    diesel::delete(parked::table)
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(kind_word(kind)))
        .filter(parked::local_id.eq(local))
        .execute(tx.conn)
}
