//! Rows of connections; those of tokens and services in the files of those names.

mod homes;
mod services;
mod tokens;
mod visit_service;

use chrono::NaiveDateTime;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{State, SyncMode};
use crate::connectors::Vendor;
use crate::db::{Conn, Tx};
use crate::domain::schema::{connections, organisations, sync_runs};
use crate::kit::ids::{ConnectionId, OrganisationId};

pub use homes::{homes, homes_of_others, paired_by_home, set_homes};
pub use services::{
    ServiceFacts, forget_services, lose_service, save_service, services_of, services_on, zones,
};
pub use tokens::{
    NewToken, TokenRow, end_token, ending, insert_token, newest_of, revoke_all, revoke_token, running_out,
    sealed_after, set_sealed, set_valid_until, some_sealed, token, tokens_of, use_tokens,
};
pub use visit_service::{
    HookKept, VisitServiceRow, all_visit_services, insert_heard, insert_visit_service, purge_heard,
    set_heard, set_hook_sealed, set_visit_contact, set_visit_hook, visit_service, visit_service_at,
};

/// Those that make visits, whom no question about syncs is to meet.
fn beside() -> Vec<&'static str> {
    Vendor::BESIDE.into_iter().map(Vendor::id).collect()
}

/// A vendor's word in a column; another word fails the read.
#[derive(FromSqlRow)]
pub struct StoredVendor(Vendor);

impl<DB: diesel::backend::Backend> FromSql<Text, DB> for StoredVendor
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let id = String::from_sql(value)?;
        Vendor::by_id(&id).map(Self).ok_or_else(|| "unknown vendor in the database".into())
    }
}

impl From<StoredVendor> for Vendor {
    fn from(stored: StoredVendor) -> Self {
        stored.0
    }
}

/// An organisation's link to one vendor.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = connections)]
pub struct Connection {
    pub id: ConnectionId,
    #[diesel(column_name = organisation_id)]
    pub organisation: OrganisationId,
    #[diesel(deserialize_as = StoredVendor)]
    pub vendor: Vendor,
    pub available: bool,
    pub state: State,
    pub sync_mode: SyncMode,
    pub multi_service: bool,
    pub multi_service_asked_at: Option<NaiveDateTime>,
    pub terms_version: String,
    pub terms_accepted_at: Option<NaiveDateTime>,
    pub terms_accepted_by: String,
    pub last_good_at: Option<NaiveDateTime>,
    pub last_tried_at: Option<NaiveDateTime>,
    /// What went wrong last, in words, or empty.
    pub last_failure: String,
    pub last_repair: String,
    /// Syncs that failed in a row.
    pub failures: i32,
    pub alerted_at: Option<NaiveDateTime>,
    pub alerted_whom: String,
    pub next_run_at: Option<NaiveDateTime>,
    pub retry_at: Option<NaiveDateTime>,
    pub services_read_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
    /// When, and by whom, the representative was asked for it; nothing once it was granted.
    pub asked_at: Option<NaiveDateTime>,
    pub asked_by: String,
    /// Who ticked that the vendor is paid for it, and when.
    pub charge_accepted_at: Option<NaiveDateTime>,
    pub charge_accepted_by: String,
    /// When the first of the failures in a row was.
    pub failing_since: Option<NaiveDateTime>,
    /// Questions about its services that went unanswered in a row.
    pub unheard: i32,
}

impl Connection {
    /// Whether syncs may run: available, and the vendor knows our token.
    pub fn usable(&self) -> bool {
        self.available && self.state == State::On
    }
}

/// What a connection needs to know of its organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub name: String,
    pub time_zone: String,
    /// It has no residents, not even archived ones.
    pub is_empty: bool,
}

pub fn organisation(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Option<About>> {
    let found: Option<(String, String, i64, i64)> = organisations::table
        .find(organisation)
        .select((
            organisations::name,
            organisations::time_zone,
            organisations::active_residents,
            organisations::archived_residents,
        ))
        .first(conn)
        .optional()?;
    Ok(found.map(|(name, time_zone, active, archived)| About {
        name,
        time_zone,
        is_empty: active == 0 && archived == 0,
    }))
}

pub fn find(
    conn: &mut Conn,
    organisation: OrganisationId,
    vendor: Vendor,
) -> QueryResult<Option<Connection>> {
    connections::table
        .filter(connections::organisation_id.eq(organisation))
        .filter(connections::vendor.eq(vendor.id()))
        .select(Connection::as_select())
        .first(conn)
        .optional()
}

pub fn get(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<Connection>> {
    connections::table.find(connection).select(Connection::as_select()).first(conn).optional()
}

/// Every connection of an organisation, whatever its state.
pub fn of_organisation(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Connection>> {
    connections::table
        .filter(connections::organisation_id.eq(organisation))
        .order(connections::id)
        .select(Connection::as_select())
        .load(conn)
}

pub fn usable(conn: &mut Conn) -> QueryResult<Vec<Connection>> {
    connections::table
        .filter(connections::vendor.ne_all(beside()))
        .filter(connections::available.eq(true))
        .filter(connections::state.eq(State::On))
        .order(connections::id)
        .select(Connection::as_select())
        .load(conn)
}

/// Connections that wait, or are on and have no failed sync behind them, longest not asked about first. One whose syncs
/// fail rests: the next try of a sync asks for the services too.
pub fn asked_about(conn: &mut Conn) -> QueryResult<Vec<Connection>> {
    connections::table
        .filter(connections::vendor.ne_all(beside()))
        .filter(connections::available.eq(true))
        .filter(
            connections::state
                .eq(State::Waiting)
                .or(connections::state.eq(State::On).and(connections::failures.eq(0))),
        )
        .order(connections::services_read_at)
        .select(Connection::as_select())
        .load(conn)
}

pub fn set_unheard(tx: &mut Tx<'_>, connection: ConnectionId, times: i32) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set(connections::unheard.eq(times))
        .execute(tx.conn)
        .map(drop)
}

/// Since when a held run of each of these connections waits; those without one are not there.
pub fn all_held_since(
    conn: &mut Conn,
    of: &[ConnectionId],
) -> QueryResult<Vec<(ConnectionId, NaiveDateTime)>> {
    sync_runs::table
        .filter(sync_runs::connection_id.eq_any(of.to_vec()))
        .filter(sync_runs::state.eq("held"))
        .filter(sync_runs::is_preview.eq(false))
        .order(sync_runs::id)
        .select((sync_runs::connection_id, sync_runs::requested_at))
        .load(conn)
}

/// Since when a held run of the connection waits.
pub fn held_since(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<NaiveDateTime>> {
    sync_runs::table
        .filter(sync_runs::connection_id.eq(connection))
        .filter(sync_runs::state.eq("held"))
        .filter(sync_runs::is_preview.eq(false))
        .order(sync_runs::id)
        .select(sync_runs::requested_at)
        .first(conn)
        .optional()
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    vendor: Vendor,
    available: bool,
    mode: SyncMode,
) -> QueryResult<()> {
    diesel::insert_into(connections::table)
        .values((
            connections::organisation_id.eq(organisation),
            connections::vendor.eq(vendor.id()),
            connections::available.eq(available),
            connections::state.eq(State::Off),
            connections::sync_mode.eq(mode),
            connections::multi_service.eq(false),
            (connections::terms_version.eq(""), connections::terms_accepted_by.eq("")),
            (connections::last_failure.eq(""), connections::last_repair.eq("")),
            (connections::failures.eq(0), connections::alerted_whom.eq("")),
            (connections::last_complete_residents.eq(0), connections::last_complete_staff.eq(0)),
            connections::matched_with.eq(""),
            connections::created_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// The representative's switches.
#[derive(AsChangeset)]
#[diesel(table_name = connections)]
#[diesel(treat_none_as_null = true)]
pub struct Allowance {
    pub available: bool,
    pub multi_service: bool,
    pub multi_service_asked_at: Option<NaiveDateTime>,
}

pub fn allow(tx: &mut Tx<'_>, connection: ConnectionId, allowance: &Allowance) -> QueryResult<()> {
    diesel::update(connections::table.find(connection)).set(allowance).execute(tx.conn).map(drop)
}

pub fn accept_terms(tx: &mut Tx<'_>, connection: ConnectionId, version: &str, by: &str) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set((
            connections::terms_version.eq(version),
            connections::terms_accepted_at.eq(tx.now),
            connections::terms_accepted_by.eq(by),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn accept_charge(tx: &mut Tx<'_>, connection: ConnectionId, by: &str) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set((connections::charge_accepted_at.eq(tx.now), connections::charge_accepted_by.eq(by)))
        .execute(tx.conn)
        .map(drop)
}

pub fn asked(tx: &mut Tx<'_>, connection: ConnectionId, by: &str) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set((connections::asked_at.eq(tx.now), connections::asked_by.eq(by)))
        .execute(tx.conn)
        .map(drop)
}

/// What was asked for has been given.
pub fn granted(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    let nothing: Option<NaiveDateTime> = None;
    diesel::update(connections::table.find(connection))
        .set((
            connections::asked_at.eq(nothing),
            connections::asked_by.eq(""),
            connections::available.eq(true),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_state(tx: &mut Tx<'_>, connection: ConnectionId, state: State) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set(connections::state.eq(state))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_mode(tx: &mut Tx<'_>, connection: ConnectionId, mode: SyncMode) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set(connections::sync_mode.eq(mode))
        .execute(tx.conn)
        .map(drop)
}

pub fn asked_multi_service(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    diesel::update(connections::table.find(connection))
        .set(connections::multi_service_asked_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// How the last sync went, as it is to stand from now on.
#[derive(AsChangeset)]
#[diesel(table_name = connections)]
#[diesel(treat_none_as_null = true)]
pub struct Health {
    pub last_good_at: Option<NaiveDateTime>,
    pub last_tried_at: Option<NaiveDateTime>,
    pub last_failure: String,
    pub last_repair: String,
    pub failures: i32,
    pub failing_since: Option<NaiveDateTime>,
    pub alerted_at: Option<NaiveDateTime>,
    pub alerted_whom: String,
    pub retry_at: Option<NaiveDateTime>,
}

impl Health {
    pub fn of(connection: &Connection) -> Self {
        Self {
            last_good_at: connection.last_good_at,
            last_tried_at: connection.last_tried_at,
            last_failure: connection.last_failure.clone(),
            last_repair: connection.last_repair.clone(),
            failures: connection.failures,
            failing_since: connection.failing_since,
            alerted_at: connection.alerted_at,
            alerted_whom: connection.alerted_whom.clone(),
            retry_at: connection.retry_at,
        }
    }
}

pub fn set_health(tx: &mut Tx<'_>, connection: ConnectionId, health: &Health) -> QueryResult<()> {
    diesel::update(connections::table.find(connection)).set(health).execute(tx.conn).map(drop)
}

/// Forgets failures and plans, not when a sync was last good.
pub fn clear_health(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    let nothing: Option<NaiveDateTime> = None;
    diesel::update(connections::table.find(connection))
        .set((
            connections::last_failure.eq(""),
            connections::last_repair.eq(""),
            connections::failures.eq(0),
            connections::failing_since.eq(nothing),
            connections::alerted_at.eq(nothing),
            connections::alerted_whom.eq(""),
            connections::next_run_at.eq(nothing),
            connections::retry_at.eq(nothing),
            connections::services_read_at.eq(nothing),
            connections::unheard.eq(0),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Says whether this process may ask for the services now.
pub fn claim_read(tx: &mut Tx<'_>, connection: ConnectionId, before: NaiveDateTime) -> QueryResult<bool> {
    diesel::update(connections::table.find(connection))
        .filter(connections::services_read_at.is_null().or(connections::services_read_at.le(before)))
        .set(connections::services_read_at.eq(tx.now))
        .execute(tx.conn)
        .map(|claimed| claimed == 1)
}

/// Connections that are on, well as far as they know, and last had a good sync before `cutoff`; nobody was told yet.
pub fn silent(conn: &mut Conn, cutoff: NaiveDateTime) -> QueryResult<Vec<Connection>> {
    connections::table
        .filter(connections::vendor.ne_all(beside()))
        .filter(connections::available.eq(true))
        .filter(connections::state.eq(State::On))
        .filter(connections::failures.eq(0))
        .filter(connections::alerted_at.is_null())
        .filter(connections::last_good_at.le(cutoff))
        .order(connections::id)
        .select(Connection::as_select())
        .load(conn)
}
