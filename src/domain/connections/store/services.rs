//! Rows of the vendors' services, and the zones that they are routed to.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx};
use crate::domain::schema::{places, vendor_services as services};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId, TokenId};

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
