//! Rows of deliveries: which are due, who has them, and where they end.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::schema::{webhook_deliveries as deliveries, webhook_events as events};
use crate::domain::webhooks::{Delivery, Kind, State};
use crate::kit::ids::{WebhookDeliveryId, WebhookEndpointId, WebhookEventId};

/// A delivery that is due, with what is sent.
pub struct DeliveryRow {
    pub id: WebhookDeliveryId,
    pub state: State,
    pub attempts: i32,
    pub created_at: NaiveDateTime,
    pub event: String,
    pub body: String,
}

/// What a try came to, under the number that it had.
pub struct Told<'a> {
    pub id: WebhookDeliveryId,
    pub attempt: i32,
    pub status: Option<i32>,
    pub words: &'a str,
    pub milliseconds: i32,
}

/// States in which something can be due; a lease that ran out is due too.
const OPEN: [State; 2] = [State::Waiting, State::Sending];

pub fn insert_delivery(
    tx: &mut Tx<'_>,
    endpoint: WebhookEndpointId,
    event: WebhookEventId,
    by: &str,
) -> QueryResult<WebhookDeliveryId> {
    both(
        diesel::insert_into(deliveries::table)
            .values((
                deliveries::endpoint_id.eq(endpoint),
                deliveries::event_id.eq(event),
                deliveries::state.eq(State::Waiting),
                deliveries::attempts.eq(0),
                deliveries::next_attempt_at.eq(tx.now),
                deliveries::last_words.eq(""),
                deliveries::last_milliseconds.eq(0),
                deliveries::created_at.eq(tx.now),
                deliveries::redelivered_by_name.eq(by),
                deliveries::last_signature.eq(""),
            ))
            .returning(deliveries::id),
    )
    .get_result(tx.conn)
}

pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    let due =
        deliveries::table.filter(deliveries::state.eq_any(OPEN)).filter(deliveries::next_attempt_at.le(now));
    diesel::select(exists(due)).get_result(conn)
}

pub fn endpoints_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Vec<WebhookEndpointId>> {
    deliveries::table
        .filter(deliveries::state.eq_any(OPEN))
        .filter(deliveries::next_attempt_at.le(now))
        .select(deliveries::endpoint_id)
        .distinct()
        .load(conn)
}

type DueRow = (WebhookDeliveryId, State, i32, NaiveDateTime, String, String);

/// In the order in which they became due.
pub fn due(
    conn: &mut Conn,
    endpoint: WebhookEndpointId,
    now: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<DeliveryRow>> {
    let rows: Vec<DueRow> = deliveries::table
        .inner_join(events::table)
        .filter(deliveries::endpoint_id.eq(endpoint))
        .filter(deliveries::state.eq_any(OPEN))
        .filter(deliveries::next_attempt_at.le(now))
        .order((deliveries::next_attempt_at, deliveries::id))
        .limit(limit)
        .select((
            deliveries::id,
            deliveries::state,
            deliveries::attempts,
            deliveries::created_at,
            events::public_id,
            events::body,
        ))
        .load(conn)?;
    let row = |(id, state, attempts, created_at, event, body): DueRow| DeliveryRow {
        id,
        state,
        attempts,
        created_at,
        event,
        body,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Says whether this process has the delivery now.
pub fn lease(tx: &mut Tx<'_>, due: &DeliveryRow, until: NaiveDateTime, signature: &str) -> QueryResult<bool> {
    diesel::update(deliveries::table.find(due.id))
        .filter(deliveries::state.eq(due.state))
        .filter(deliveries::attempts.eq(due.attempts))
        .set((
            deliveries::state.eq(State::Sending),
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::next_attempt_at.eq(until),
            deliveries::claimed_until.eq(until),
            deliveries::last_attempt_at.eq(tx.now),
            deliveries::last_signature.eq(signature),
        ))
        .execute(tx.conn)
        .map(|claimed| claimed == 1)
}

/// Whoever carried it, however late: it was taken.
pub fn delivered(tx: &mut Tx<'_>, told: &Told<'_>) -> QueryResult<bool> {
    diesel::update(deliveries::table.find(told.id))
        .filter(deliveries::state.ne(State::Delivered))
        .set((
            deliveries::state.eq(State::Delivered),
            deliveries::settled_at.eq(tx.now),
            deliveries::next_attempt_at.eq(None::<NaiveDateTime>),
            deliveries::claimed_until.eq(None::<NaiveDateTime>),
            deliveries::last_status.eq(told.status),
            deliveries::last_words.eq(told.words),
            deliveries::last_milliseconds.eq(told.milliseconds),
        ))
        .execute(tx.conn)
        .map(|settled| settled == 1)
}

/// The end of a delivery that was not taken.
pub fn failed(tx: &mut Tx<'_>, told: &Told<'_>) -> QueryResult<bool> {
    diesel::update(deliveries::table.find(told.id))
        .filter(deliveries::state.eq(State::Sending))
        .filter(deliveries::attempts.eq(told.attempt))
        .set((
            deliveries::state.eq(State::Failed),
            deliveries::settled_at.eq(tx.now),
            deliveries::next_attempt_at.eq(None::<NaiveDateTime>),
            deliveries::claimed_until.eq(None::<NaiveDateTime>),
            deliveries::last_status.eq(told.status),
            deliveries::last_words.eq(told.words),
            deliveries::last_milliseconds.eq(told.milliseconds),
        ))
        .execute(tx.conn)
        .map(|settled| settled == 1)
}

/// Until its next try.
pub fn wait(tx: &mut Tx<'_>, told: &Told<'_>, until: NaiveDateTime) -> QueryResult<bool> {
    diesel::update(deliveries::table.find(told.id))
        .filter(deliveries::state.eq(State::Sending))
        .filter(deliveries::attempts.eq(told.attempt))
        .set((
            deliveries::state.eq(State::Waiting),
            deliveries::next_attempt_at.eq(until),
            deliveries::claimed_until.eq(None::<NaiveDateTime>),
            deliveries::last_status.eq(told.status),
            deliveries::last_words.eq(told.words),
            deliveries::last_milliseconds.eq(told.milliseconds),
        ))
        .execute(tx.conn)
        .map(|waits| waits == 1)
}

/// Ends what waits for an endpoint, or is on its way to it.
pub fn stop_deliveries(tx: &mut Tx<'_>, endpoint: WebhookEndpointId, words: &str) -> QueryResult<()> {
    diesel::update(deliveries::table)
        .filter(deliveries::endpoint_id.eq(endpoint))
        .filter(deliveries::state.eq_any(OPEN))
        .set((
            deliveries::state.eq(State::Stopped),
            deliveries::settled_at.eq(tx.now),
            deliveries::next_attempt_at.eq(None::<NaiveDateTime>),
            deliveries::claimed_until.eq(None::<NaiveDateTime>),
            deliveries::last_words.eq(words),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn delivered_since(
    conn: &mut Conn,
    endpoint: WebhookEndpointId,
    since: NaiveDateTime,
) -> QueryResult<bool> {
    let taken = deliveries::table
        .filter(deliveries::endpoint_id.eq(endpoint))
        .filter(deliveries::state.eq(State::Delivered))
        .filter(deliveries::settled_at.ge(since));
    diesel::select(exists(taken)).get_result(conn)
}

pub fn purge_deliveries(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(deliveries::table)
        .filter(deliveries::state.eq_any([State::Delivered, State::Failed, State::Stopped]))
        .filter(deliveries::settled_at.lt(before))
        .execute(tx.conn)
}

type Shown = (
    (WebhookDeliveryId, WebhookEventId, State, i32, Option<NaiveDateTime>),
    (Option<i32>, String, i32, Option<NaiveDateTime>, String),
    (NaiveDateTime, Option<NaiveDateTime>, String),
    (String, Kind, String, String),
);

fn shown(row: Shown) -> (Delivery, WebhookEventId) {
    let (
        (id, event_id, state, attempts, next_attempt_at),
        (last_status, last_words, last_milliseconds, last_attempt_at, last_signature),
        (created_at, settled_at, sent_again_by),
        (event, kind, about, body),
    ) = row;
    let delivery = Delivery {
        id,
        event,
        kind,
        about,
        body,
        state,
        attempts,
        next_attempt_at,
        last_status,
        last_words,
        last_milliseconds,
        last_attempt_at,
        last_signature,
        created_at,
        settled_at,
        sent_again_by,
    };
    (delivery, event_id)
}

/// What a list and a page show; a macro because the type of a joined query cannot be written down shortly.
macro_rules! shown_columns {
    () => {
        (
            (
                deliveries::id,
                deliveries::event_id,
                deliveries::state,
                deliveries::attempts,
                deliveries::next_attempt_at,
            ),
            (
                deliveries::last_status,
                deliveries::last_words,
                deliveries::last_milliseconds,
                deliveries::last_attempt_at,
                deliveries::last_signature,
            ),
            (deliveries::created_at, deliveries::settled_at, deliveries::redelivered_by_name),
            (events::public_id, events::kind, events::about, events::body),
        )
    };
}

/// Newest first.
pub fn deliveries(
    conn: &mut Conn,
    endpoint: WebhookEndpointId,
    before: i64,
    limit: i64,
) -> QueryResult<Vec<Delivery>> {
    let rows: Vec<Shown> = deliveries::table
        .inner_join(events::table)
        .filter(deliveries::endpoint_id.eq(endpoint))
        .order(deliveries::id.desc())
        .offset(before)
        .limit(limit)
        .select(shown_columns!())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| shown(row).0).collect())
}

pub fn delivery(
    conn: &mut Conn,
    endpoint: WebhookEndpointId,
    id: WebhookDeliveryId,
) -> QueryResult<Option<(Delivery, WebhookEventId)>> {
    let row: Option<Shown> = deliveries::table
        .inner_join(events::table)
        .filter(deliveries::endpoint_id.eq(endpoint))
        .filter(deliveries::id.eq(id))
        .select(shown_columns!())
        .first(conn)
        .optional()?;
    Ok(row.map(shown))
}
