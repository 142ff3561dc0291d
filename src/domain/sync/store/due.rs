//! The times at which a connection is due.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::connectors::Vendor;
use crate::db::{Conn, Tx};
use crate::domain::schema::{connections, organisations};
use crate::kit::ids::{ConnectionId, OrganisationId};

/// A connection that is on, and when something is due on it.
#[derive(Queryable)]
pub struct Due {
    pub connection: ConnectionId,
    pub organisation: OrganisationId,
    pub time_zone: String,
    pub next_run_at: Option<NaiveDateTime>,
    pub retry_at: Option<NaiveDateTime>,
}

/// What is mapped has a timetable of its own, and no residents to bring; a service that makes visits has none either.
fn not_synced() -> Vec<&'static str> {
    let mapped = Vendor::ALL.into_iter().filter(|vendor| vendor.about().mapped);
    mapped.chain(Vendor::BESIDE).map(Vendor::id).collect()
}

pub fn due(conn: &mut Conn) -> QueryResult<Vec<Due>> {
    connections::table
        .inner_join(organisations::table)
        .filter(connections::available.eq(true))
        .filter(connections::state.eq("on"))
        .filter(connections::vendor.ne_all(not_synced()))
        .order(connections::id)
        .select((
            connections::id,
            organisations::id,
            organisations::time_zone,
            connections::next_run_at,
            connections::retry_at,
        ))
        .load(conn)
}

pub fn plan_next(tx: &mut Tx<'_>, connection: ConnectionId, at: NaiveDateTime) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set(connections::next_run_at.eq(at))
        .execute(tx.conn)
        .map(drop)
}

pub fn retry_at(tx: &mut Tx<'_>, connection: ConnectionId, at: NaiveDateTime) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set(connections::retry_at.eq(at))
        .execute(tx.conn)
        .map(drop)
}

pub fn forget_retry(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set(connections::retry_at.eq(None::<NaiveDateTime>))
        .execute(tx.conn)
        .map(drop)
}
