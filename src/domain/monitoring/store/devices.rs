//! Rows of devices.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::monitoring::devices::{Monitor, Sender};
use crate::domain::schema::monitoring_devices as monitors;
use crate::kit::ids::{MonitorId, OrganisationId, PlaceId};

pub struct NewMonitor<'a> {
    pub organisation: OrganisationId,
    pub home: PlaceId,
    pub room: &'a str,
    pub name: &'a str,
    pub key_hash: String,
    pub key_end: String,
    pub made_by: &'a str,
}

/// How often a key asked in the minute that began then.
#[derive(Clone, Copy, Debug)]
pub struct Minute {
    pub began_at: Option<NaiveDateTime>,
    pub requests: i64,
}

type MonitorRow = (
    MonitorId,
    PlaceId,
    String,
    String,
    String,
    String,
    NaiveDateTime,
    Option<NaiveDateTime>,
    Option<NaiveDateTime>,
    i64,
);

pub fn monitors(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Monitor>> {
    let rows: Vec<MonitorRow> = monitors::table
        .filter(monitors::organisation_id.eq(organisation))
        .filter(monitors::revoked_at.is_null())
        .order((monitors::home_id, monitors::name, monitors::id))
        .select((
            monitors::id,
            monitors::home_id,
            monitors::room,
            monitors::name,
            monitors::key_end,
            monitors::made_by_name,
            monitors::created_at,
            monitors::rotated_at,
            monitors::last_used_at,
            monitors::refused,
        ))
        .load(conn)?;
    let monitor =
        |(id, home, room, name, key_end, made_by, made_at, rotated_at, last_used_at, refused): MonitorRow| {
            Monitor {
                id,
                home,
                room,
                name,
                key_end,
                made_by,
                key_since: rotated_at.unwrap_or(made_at),
                last_used_at,
                refused,
            }
        };
    Ok(rows.into_iter().map(monitor).collect())
}

pub fn insert_monitor(tx: &mut Tx<'_>, new: &NewMonitor<'_>) -> QueryResult<MonitorId> {
    diesel::insert_into(monitors::table)
        .values((
            monitors::organisation_id.eq(new.organisation),
            monitors::home_id.eq(new.home),
            monitors::room.eq(new.room),
            monitors::name.eq(new.name),
            monitors::key_hash.eq(&new.key_hash),
            monitors::key_end.eq(&new.key_end),
            monitors::made_by_name.eq(new.made_by),
            monitors::created_at.eq(tx.now),
            monitors::minute_requests.eq(0_i64),
            monitors::refused.eq(0_i64),
        ))
        .returning(monitors::id)
        .get_result(tx.conn)
}

pub fn set_key(tx: &mut Tx<'_>, id: MonitorId, key_hash: &str, key_end: &str) -> QueryResult<()> {
    diesel::update(monitors::table.find(id))
        .set((
            monitors::key_hash.eq(key_hash),
            monitors::key_end.eq(key_end),
            monitors::rotated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn revoke(tx: &mut Tx<'_>, id: MonitorId) -> QueryResult<()> {
    diesel::update(monitors::table.find(id)).set(monitors::revoked_at.eq(tx.now)).execute(tx.conn).map(drop)
}

/// Whose key it is, if it works.
pub fn by_key(conn: &mut Conn, key_hash: &str) -> QueryResult<Option<(Sender, Minute)>> {
    let found: Option<(MonitorId, OrganisationId, PlaceId, String, Option<NaiveDateTime>, i64)> =
        monitors::table
            .filter(monitors::key_hash.eq(key_hash))
            .filter(monitors::revoked_at.is_null())
            .select((
                monitors::id,
                monitors::organisation_id,
                monitors::home_id,
                monitors::room,
                monitors::minute_began_at,
                monitors::minute_requests,
            ))
            .first(conn)
            .optional()?;
    Ok(found.map(|(device, organisation, home, room, began_at, requests)| {
        (Sender { device, organisation, home, room }, Minute { began_at, requests })
    }))
}

pub fn is_live(conn: &mut Conn, id: MonitorId) -> QueryResult<bool> {
    diesel::select(exists(monitors::table.find(id).filter(monitors::revoked_at.is_null()))).get_result(conn)
}

pub fn count(tx: &mut Tx<'_>, id: MonitorId, (began, requests): (NaiveDateTime, i64)) -> QueryResult<()> {
    diesel::update(monitors::table.find(id))
        .set((
            monitors::minute_began_at.eq(began),
            monitors::minute_requests.eq(requests),
            monitors::last_used_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn note_refused(tx: &mut Tx<'_>, id: MonitorId, refused: i64) -> QueryResult<()> {
    if refused == 0 {
        return Ok(());
    }
    diesel::update(monitors::table.find(id))
        .set(monitors::refused.eq(monitors::refused + refused))
        .execute(tx.conn)
        .map(drop)
}
