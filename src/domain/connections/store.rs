//! Rows of connections, tokens and services.

use chrono::NaiveDateTime;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{State, SyncMode};
use crate::connectors::Vendor;
use crate::db::{Backend, Conn, Tx};
use crate::domain::schema::{
    connection_tokens as tokens, connections, organisations, places, sync_runs, vendor_services as services,
};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId, TokenId};

/// A vendor's word in a column; another word fails the read.
#[derive(FromSqlRow)]
pub struct StoredVendor(Vendor);

impl<DB: diesel::backend::Backend> FromSql<Text, DB> for StoredVendor
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(String::from_sql(value)?.parse()?))
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

pub fn usable(conn: &mut Conn) -> QueryResult<Vec<Connection>> {
    connections::table
        .filter(connections::available.eq(true))
        .filter(connections::state.eq(State::On))
        .order(connections::id)
        .select(Connection::as_select())
        .load(conn)
}

/// Connections whose services may be asked for: waiting ones last asked before `waiting`, others that are
/// on before `on`. One whose syncs fail rests: the next try of a sync asks for the services too.
pub fn reads_due(conn: &mut Conn, waiting: NaiveDateTime, on: NaiveDateTime) -> QueryResult<Vec<Connection>> {
    let before =
        |cutoff| connections::services_read_at.is_null().or(connections::services_read_at.le(cutoff));
    connections::table
        .filter(connections::available.eq(true))
        .filter(
            (connections::state.eq(State::Waiting).and(before(waiting)))
                .or(connections::state.eq(State::On).and(connections::failures.eq(0)).and(before(on))),
        )
        .order(connections::services_read_at)
        .select(Connection::as_select())
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
            connections::alerted_at.eq(nothing),
            connections::alerted_whom.eq(""),
            connections::next_run_at.eq(nothing),
            connections::retry_at.eq(nothing),
            connections::services_read_at.eq(nothing),
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

/// One integration token as it lies in the database.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = tokens)]
#[diesel(check_for_backend(Backend))]
pub struct TokenRow {
    pub id: TokenId,
    pub connection_id: ConnectionId,
    pub label: String,
    pub sealed: Vec<u8>,
    pub ends_with: String,
    pub made_by_name: String,
    pub made_at: NaiveDateTime,
    pub replaces: Option<TokenId>,
    pub expires_at: Option<NaiveDateTime>,
    pub revoked_at: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
}

impl TokenRow {
    pub fn live(&self, now: NaiveDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|ends| ends > now)
    }
}

/// A token before it is sealed, which needs its own id.
pub struct NewToken<'t> {
    pub connection: ConnectionId,
    pub label: &'t str,
    pub token_hash: String,
    pub ends_with: String,
    pub made_by: &'t str,
    pub replaces: Option<TokenId>,
}

pub fn insert_token(tx: &mut Tx<'_>, token: &NewToken<'_>) -> QueryResult<TokenId> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::connection_id.eq(token.connection),
            tokens::label.eq(token.label),
            tokens::sealed.eq(Vec::<u8>::new()),
            tokens::token_hash.eq(&token.token_hash),
            tokens::ends_with.eq(&token.ends_with),
            tokens::made_by_name.eq(token.made_by),
            tokens::made_at.eq(tx.now),
            tokens::replaces.eq(token.replaces),
        ))
        .returning(tokens::id)
        .get_result(tx.conn)
}

pub fn set_sealed(tx: &mut Tx<'_>, token: TokenId, sealed: Vec<u8>) -> QueryResult<()> {
    diesel::update(tokens::table.find(token)).set(tokens::sealed.eq(sealed)).execute(tx.conn).map(drop)
}

pub fn token(conn: &mut Conn, token: TokenId) -> QueryResult<Option<TokenRow>> {
    tokens::table.find(token).select(TokenRow::as_select()).first(conn).optional()
}

/// Every token that was not revoked, ended ones included, oldest first.
pub fn tokens_of(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<TokenRow>> {
    tokens::table
        .filter(tokens::connection_id.eq(connection))
        .filter(tokens::revoked_at.is_null())
        .order(tokens::id)
        .select(TokenRow::as_select())
        .load(conn)
}

/// Any sealed values, newest first, to see whether the keys fit.
pub fn some_sealed(conn: &mut Conn, limit: i64) -> QueryResult<Vec<(TokenRow, OrganisationId)>> {
    tokens::table
        .inner_join(connections::table)
        .order(tokens::id.desc())
        .limit(limit)
        .select((TokenRow::as_select(), connections::organisation_id))
        .load(conn)
}

/// Sealed values in order of their ids, for the rotation of the sealing key.
pub fn sealed_after(
    conn: &mut Conn,
    after: TokenId,
    limit: i64,
) -> QueryResult<Vec<(TokenRow, OrganisationId)>> {
    tokens::table
        .inner_join(connections::table)
        .filter(tokens::id.gt(after))
        .order(tokens::id)
        .limit(limit)
        .select((TokenRow::as_select(), connections::organisation_id))
        .load(conn)
}

pub fn end_token(tx: &mut Tx<'_>, token: TokenId, ends: NaiveDateTime) -> QueryResult<()> {
    diesel::update(tokens::table.find(token)).set(tokens::expires_at.eq(ends)).execute(tx.conn).map(drop)
}

pub fn revoke_token(tx: &mut Tx<'_>, token: TokenId) -> QueryResult<()> {
    diesel::update(tokens::table.find(token)).set(tokens::revoked_at.eq(tx.now)).execute(tx.conn).map(drop)
}

pub fn revoke_all(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<usize> {
    diesel::update(tokens::table)
        .filter(tokens::connection_id.eq(connection))
        .filter(tokens::revoked_at.is_null())
        .set(tokens::revoked_at.eq(tx.now))
        .execute(tx.conn)
}

pub fn use_tokens(tx: &mut Tx<'_>, used: &[TokenId]) -> QueryResult<()> {
    diesel::update(tokens::table)
        .filter(tokens::id.eq_any(used.to_vec()))
        .set(tokens::last_used_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// Tokens that end between two moments, with their connections.
pub fn ending(
    conn: &mut Conn,
    after: NaiveDateTime,
    until: NaiveDateTime,
) -> QueryResult<Vec<(TokenRow, ConnectionId)>> {
    tokens::table
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.gt(after))
        .filter(tokens::expires_at.le(until))
        .order(tokens::id)
        .select((TokenRow::as_select(), tokens::connection_id))
        .load(conn)
}

/// A service of the vendor that carries, or carried, a token of ours.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = services)]
#[diesel(check_for_backend(Backend))]
pub struct ServiceRow {
    pub id: i64,
    pub external_id: String,
    pub name: String,
    pub token_id: Option<TokenId>,
    pub active: bool,
    /// JSON: a list of `{external_id, name, on}`.
    pub locations: String,
    pub seen_at: NaiveDateTime,
}

pub fn services_of(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<ServiceRow>> {
    services::table
        .filter(services::connection_id.eq(connection))
        .order((services::name_folded, services::id))
        .select(ServiceRow::as_select())
        .load(conn)
}

pub fn services_on(conn: &mut Conn, connection: ConnectionId) -> QueryResult<i64> {
    services::table
        .filter(services::connection_id.eq(connection))
        .filter(services::active.eq(true))
        .filter(services::token_id.is_not_null())
        .count()
        .get_result(conn)
}

/// A service as it is to stand from now on.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = services)]
#[diesel(treat_none_as_null = true)]
pub struct ServiceFacts {
    pub connection_id: ConnectionId,
    pub external_id: String,
    pub name: String,
    pub name_folded: String,
    pub token_id: Option<TokenId>,
    pub active: bool,
    pub locations: String,
    pub seen_at: NaiveDateTime,
}

pub fn save_service(tx: &mut Tx<'_>, known: Option<i64>, facts: &ServiceFacts) -> QueryResult<()> {
    match known {
        Some(id) => diesel::update(services::table.find(id)).set(facts).execute(tx.conn),
        None => diesel::insert_into(services::table).values(facts).execute(tx.conn),
    }
    .map(drop)
}

/// The vendor no longer lists the service with a token of ours.
pub fn lose_service(tx: &mut Tx<'_>, service: i64, locations: &str) -> QueryResult<()> {
    let none: Option<TokenId> = None;
    diesel::update(services::table.find(service))
        .set((services::token_id.eq(none), services::active.eq(false), services::locations.eq(locations)))
        .execute(tx.conn)
        .map(drop)
}

pub fn forget_services(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    diesel::delete(services::table.filter(services::connection_id.eq(connection))).execute(tx.conn).map(drop)
}

/// Zones of an organisation: places below a home.
pub fn zones(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<(PlaceId, String)>> {
    places::table
        .filter(places::organisation_id.eq(organisation))
        .filter(places::parent_id.is_not_null())
        .order(places::id)
        .select((places::id, places::name))
        .load(conn)
}
