//! Rows of batches. What a visit was is kept as JSON.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::writing::touch;
use crate::db::{Conn, Tx, both};
use crate::domain::schema::{
    visit_batch_items as items_of, visit_batches as batches, visit_outcomes as outcomes, visits,
};
use crate::domain::visits::Status;
use crate::domain::visits::batches::Batch;
use crate::kit::ids::{BatchId, OrganisationId, VisitId, WindowId};

/// A visit before a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub visit: VisitId,
    pub window: Option<i64>,
    pub date: Option<NaiveDate>,
    pub starts_at: Option<NaiveDateTime>,
    pub ends_at: Option<NaiveDateTime>,
    pub staff: Option<i64>,
    pub expected_at: Option<NaiveDateTime>,
    pub locked: bool,
    pub status: String,
    /// The version that the batch gave it.
    pub is_now: i64,
}

pub fn insert_batch(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    (act, words): (&str, &str),
    by: &str,
) -> QueryResult<BatchId> {
    both(
        diesel::insert_into(batches::table)
            .values((
                batches::organisation_id.eq(organisation),
                batches::act.eq(act),
                batches::words.eq(words),
                batches::made_by_name.eq(by),
                batches::created_at.eq(tx.now),
                batches::undone_by_name.eq(""),
            ))
            .returning(batches::id),
    )
    .get_result(tx.conn)
}

pub fn insert_item(tx: &mut Tx<'_>, batch: BatchId, item: &Item) -> QueryResult<()> {
    let was = serde_json::to_string(item)
        .map_err(|cause| diesel::result::Error::SerializationError(cause.into()))?;
    both(diesel::insert_into(items_of::table).values((
        items_of::batch_id.eq(batch),
        items_of::visit_id.eq(item.visit),
        items_of::was.eq(was),
        items_of::is_now.eq(item.is_now),
    )))
    .execute(tx.conn)
    .map(drop)
}

pub fn items(conn: &mut Conn, batch: BatchId) -> QueryResult<Vec<Item>> {
    let rows: Vec<String> = items_of::table
        .filter(items_of::batch_id.eq(batch))
        .order(items_of::id)
        .select(items_of::was)
        .load(conn)?;
    let read = |was: String| {
        serde_json::from_str(&was).map_err(|cause| diesel::result::Error::DeserializationError(cause.into()))
    };
    rows.into_iter().map(read).collect()
}

type Found = (BatchId, String, String, NaiveDateTime, Option<NaiveDateTime>, String);

/// The columns of [`Found`].
const FOUND: (
    batches::id,
    batches::words,
    batches::made_by_name,
    batches::created_at,
    batches::undone_at,
    batches::undone_by_name,
) = (
    batches::id,
    batches::words,
    batches::made_by_name,
    batches::created_at,
    batches::undone_at,
    batches::undone_by_name,
);

fn batch_of((id, words, by, at, undone_at, undone_by): Found) -> Batch {
    Batch { id, words, by, at, undone: undone_at.map(|at| (at, undone_by)) }
}

pub fn batch(conn: &mut Conn, organisation: OrganisationId, id: BatchId) -> QueryResult<Option<Batch>> {
    let row: Option<Found> = batches::table
        .filter(batches::id.eq(id))
        .filter(batches::organisation_id.eq(organisation))
        .select(FOUND)
        .first(conn)
        .optional()?;
    Ok(row.map(batch_of))
}

/// Those after a moment that were not undone, newest first.
pub fn batches_since(
    conn: &mut Conn,
    organisation: OrganisationId,
    after: NaiveDateTime,
) -> QueryResult<Vec<Batch>> {
    let rows: Vec<Found> = batches::table
        .filter(batches::organisation_id.eq(organisation))
        .filter(batches::created_at.ge(after))
        .filter(batches::undone_at.is_null())
        .order(batches::id.desc())
        .limit(10)
        .select(FOUND)
        .load(conn)?;
    Ok(rows.into_iter().map(batch_of).collect())
}

pub fn undone(tx: &mut Tx<'_>, id: BatchId, by: &str) -> QueryResult<()> {
    diesel::update(batches::table.find(id))
        .set((batches::undone_at.eq(tx.now), batches::undone_by_name.eq(by)))
        .execute(tx.conn)
        .map(drop)
}

/// Writes a visit back as it was.
pub fn restore(tx: &mut Tx<'_>, was: &Item) -> QueryResult<()> {
    let status = Status::parse(&was.status).unwrap_or(Status::Scheduling);
    diesel::update(visits::table.find(was.visit))
        .set((
            visits::window_id.eq(was.window.map(WindowId)),
            visits::local_date.eq(was.date),
            visits::starts_at.eq(was.starts_at),
            visits::ends_at.eq(was.ends_at),
            visits::staff_member_id.eq(was.practitioner()),
            visits::expected_at.eq(was.expected_at),
            visits::locked.eq(was.locked),
            visits::status.eq(status),
        ))
        .execute(tx.conn)?;
    diesel::update(outcomes::table.find(was.visit))
        .set((
            outcomes::cancelling_entity.eq(""),
            outcomes::causing_entity.eq(""),
            outcomes::reason_code.eq(""),
            outcomes::cancel_note.eq(""),
            outcomes::cancelled_at.eq(None::<NaiveDateTime>),
            outcomes::cancelled_by_name.eq(""),
            outcomes::chargeable.eq(false),
        ))
        .execute(tx.conn)?;
    touch(tx, was.visit)
}
