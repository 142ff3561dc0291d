//! Rows of events and endpoints; those of deliveries are beside it.

mod deliveries;

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::{Announcement, Event, Kind};
use crate::db::{Conn, Tx, both};
use crate::domain::api_keys::Mode;
use crate::domain::schema::{
    organisations, webhook_deliveries as deliveries_of, webhook_endpoints as endpoints,
    webhook_events as events,
};
use crate::kit::ids::{OrganisationId, WebhookEndpointId, WebhookEventId};

pub use deliveries::*;

pub fn insert_event(
    tx: &mut Tx<'_>,
    what: &Announcement<'_>,
    public_id: &str,
    body: &str,
) -> QueryResult<WebhookEventId> {
    both(
        diesel::insert_into(events::table)
            .values((
                events::organisation_id.eq(what.organisation),
                events::mode.eq(what.mode),
                events::public_id.eq(public_id),
                events::kind.eq(what.kind),
                events::about.eq(what.about),
                events::body.eq(body),
                events::created_at.eq(tx.now),
            ))
            .returning(events::id),
    )
    .get_result(tx.conn)
}

type EventRow = (WebhookEventId, String, Kind, String, String, NaiveDateTime);

pub fn events(
    conn: &mut Conn,
    organisation: OrganisationId,
    mode: Mode,
    after: Option<WebhookEventId>,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    let rows: Vec<EventRow> = events::table
        .filter(events::organisation_id.eq(organisation))
        .filter(events::mode.eq(mode))
        .filter(events::kind.ne(Kind::Test))
        .filter(events::id.gt(after.unwrap_or(WebhookEventId(0))))
        .order(events::id)
        .limit(limit)
        .select((
            events::id,
            events::public_id,
            events::kind,
            events::about,
            events::body,
            events::created_at,
        ))
        .load(conn)?;
    let event = |(id, public_id, kind, about, body, created_at): EventRow| Event {
        id,
        public_id,
        kind,
        about,
        body,
        created_at,
    };
    Ok(rows.into_iter().map(event).collect())
}

/// Events of which no delivery is left.
pub fn purge_events(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    let delivered = deliveries_of::table.filter(deliveries_of::event_id.eq(events::id));
    diesel::delete(
        events::table.filter(events::created_at.lt(before)).filter(diesel::dsl::not(exists(delivered))),
    )
    .execute(tx.conn)
}

/// An endpoint with its sealed secrets.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = endpoints)]
pub struct EndpointRow {
    pub id: WebhookEndpointId,
    pub organisation_id: OrganisationId,
    pub mode: Mode,
    pub name: String,
    pub url: String,
    pub secret: String,
    pub earlier_secret: String,
    pub earlier_until: Option<NaiveDateTime>,
    pub kinds: String,
    pub made_by_name: String,
    pub created_at: NaiveDateTime,
    pub disabled_at: Option<NaiveDateTime>,
    pub disabled_because: String,
    pub removed_at: Option<NaiveDateTime>,
}

pub struct NewEndpoint<'a> {
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub name: &'a str,
    pub url: &'a str,
    pub kinds: &'a str,
    pub by: &'a str,
}

/// The secret is set once the row has its number, to which it is bound.
pub fn insert_endpoint(tx: &mut Tx<'_>, new: &NewEndpoint<'_>) -> QueryResult<WebhookEndpointId> {
    both(
        diesel::insert_into(endpoints::table)
            .values((
                endpoints::organisation_id.eq(new.organisation),
                endpoints::mode.eq(new.mode),
                endpoints::name.eq(new.name),
                endpoints::url.eq(new.url),
                endpoints::secret.eq(""),
                endpoints::earlier_secret.eq(""),
                endpoints::kinds.eq(new.kinds),
                endpoints::made_by_name.eq(new.by),
                endpoints::created_at.eq(tx.now),
                endpoints::disabled_because.eq(""),
            ))
            .returning(endpoints::id),
    )
    .get_result(tx.conn)
}

pub fn set_secrets(
    tx: &mut Tx<'_>,
    id: WebhookEndpointId,
    secret: &str,
    earlier: &str,
    until: Option<NaiveDateTime>,
) -> QueryResult<()> {
    diesel::update(endpoints::table.find(id))
        .set((
            endpoints::secret.eq(secret),
            endpoints::earlier_secret.eq(earlier),
            endpoints::earlier_until.eq(until),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Endpoints with a secret that another key sealed than the one whose values begin so.
pub fn not_sealed_by(conn: &mut Conn, beginning: &str, limit: i64) -> QueryResult<Vec<EndpointRow>> {
    let newest = format!("{beginning}%");
    let secret = endpoints::secret.ne("").and(endpoints::secret.not_like(newest.clone()));
    let earlier = endpoints::earlier_secret.ne("").and(endpoints::earlier_secret.not_like(newest));
    endpoints::table
        .filter(secret.or(earlier))
        .order(endpoints::id)
        .limit(limit)
        .select(EndpointRow::as_select())
        .load(conn)
}

/// Which is told in `earlier_until` still, so that the mark of the secret stays.
pub fn forget_earlier_secrets(tx: &mut Tx<'_>) -> QueryResult<usize> {
    diesel::update(endpoints::table)
        .filter(endpoints::earlier_secret.ne(""))
        .filter(endpoints::earlier_until.le(tx.now))
        .set(endpoints::earlier_secret.eq(""))
        .execute(tx.conn)
}

pub fn endpoints(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<EndpointRow>> {
    endpoints::table
        .filter(endpoints::organisation_id.eq(organisation))
        .order(endpoints::id)
        .select(EndpointRow::as_select())
        .load(conn)
}

pub fn endpoint(conn: &mut Conn, id: WebhookEndpointId) -> QueryResult<Option<EndpointRow>> {
    endpoints::table.find(id).select(EndpointRow::as_select()).first(conn).optional()
}

/// Those to which events of a mode go.
pub fn enabled(conn: &mut Conn, organisation: OrganisationId, mode: Mode) -> QueryResult<Vec<EndpointRow>> {
    endpoints::table
        .filter(endpoints::organisation_id.eq(organisation))
        .filter(endpoints::mode.eq(mode))
        .filter(endpoints::disabled_at.is_null())
        .filter(endpoints::removed_at.is_null())
        .order(endpoints::id)
        .select(EndpointRow::as_select())
        .load(conn)
}

/// Those that were not removed.
pub fn count(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<i64> {
    endpoints::table
        .filter(endpoints::organisation_id.eq(organisation))
        .filter(endpoints::removed_at.is_null())
        .count()
        .get_result(conn)
}

pub fn change_endpoint(
    tx: &mut Tx<'_>,
    id: WebhookEndpointId,
    name: &str,
    url: &str,
    kinds: &str,
) -> QueryResult<()> {
    diesel::update(endpoints::table.find(id))
        .set((endpoints::name.eq(name), endpoints::url.eq(url), endpoints::kinds.eq(kinds)))
        .execute(tx.conn)
        .map(drop)
}

/// Says whether it was enabled until now.
pub fn disable(tx: &mut Tx<'_>, id: WebhookEndpointId, because: &str) -> QueryResult<bool> {
    diesel::update(endpoints::table.find(id))
        .filter(endpoints::disabled_at.is_null())
        .set((endpoints::disabled_at.eq(tx.now), endpoints::disabled_because.eq(because)))
        .execute(tx.conn)
        .map(|disabled| disabled == 1)
}

pub fn enable(tx: &mut Tx<'_>, id: WebhookEndpointId) -> QueryResult<()> {
    diesel::update(endpoints::table.find(id))
        .set((endpoints::disabled_at.eq(None::<NaiveDateTime>), endpoints::disabled_because.eq("")))
        .execute(tx.conn)
        .map(drop)
}

/// With its secrets.
pub fn remove(tx: &mut Tx<'_>, id: WebhookEndpointId) -> QueryResult<()> {
    diesel::update(endpoints::table.find(id))
        .set((endpoints::removed_at.eq(tx.now), endpoints::secret.eq(""), endpoints::earlier_secret.eq("")))
        .execute(tx.conn)
        .map(drop)
}

/// Those that were removed and of which no delivery is left.
pub fn purge_endpoints(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    let delivered = deliveries_of::table.filter(deliveries_of::endpoint_id.eq(endpoints::id));
    diesel::delete(
        endpoints::table.filter(endpoints::removed_at.lt(before)).filter(diesel::dsl::not(exists(delivered))),
    )
    .execute(tx.conn)
}

pub fn organisation_name(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<String> {
    organisations::table.find(organisation).select(organisations::name).first(conn)
}
