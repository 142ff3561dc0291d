//! What happened to appointments, kept as events and told to the programs that an organisation named.
//!
//! An event is written in the transaction of what it tells of, with one delivery for each endpoint that wants it. A job
//! delivers, by the scheme of Standard Webhooks: each delivery is tried ten times within three days, and an endpoint
//! that has taken nothing for as long is disabled. Deliveries come in no promised order, and the same one may come
//! twice. Deliberately fetches and sends nothing itself.

mod backoff;
mod delivering;
mod endpoints;
mod example;
mod log;
mod signing;
mod store;
mod wording;

use chrono::{NaiveDateTime, SecondsFormat, TimeDelta};
use diesel::QueryResult;

use crate::db::{Conn, Tx, text_enum};
use crate::domain::Refusal;
use crate::domain::api_keys::Mode;
use crate::kit::ids::{OrganisationId, WebhookEndpointId, WebhookEventId};
use crate::kit::secret::random_token;

pub use backoff::{Jitter, TRIES};
pub use delivering::{Answer, Claimed, any_due, claim, endpoints_due, settle};
pub use endpoints::{
    Endpoint, MOST, Wanted, add, change, disable, enable, endpoint, endpoints, remove, reseal, rotate,
};
pub use log::{Delivery, State, deliveries, delivery, send_again, send_test};
pub use signing::signature;

/// How long events and deliveries are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

text_enum! {
    /// What programs can be told of.
    pub enum Kind {
        Created = "appointment.created",
        Scheduled = "appointment.scheduled",
        Updated = "appointment.updated",
        Rescheduled = "appointment.rescheduled",
        Completed = "appointment.completed",
        Cancelled = "appointment.cancelled",
        /// Sent by hand to one endpoint, whatever it wants: nothing happened.
        Test = "test.ping",
    }
}

impl Kind {
    /// Those that an endpoint can want.
    pub fn offered() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| *kind != Self::Test)
    }

    /// When it is told.
    pub fn words(self) -> &'static str {
        match self {
            Self::Created => "An appointment is created.",
            Self::Scheduled => "An appointment gets its window.",
            Self::Updated => "Anything else of an appointment changes.",
            Self::Rescheduled => "An appointment moves to another window.",
            Self::Completed => "An appointment is completed, or the patient was not present.",
            Self::Cancelled => "An appointment is cancelled.",
            Self::Test => "Somebody sent a test.",
        }
    }
}

/// What is told: `about` is the public number of the appointment, `data` its numbers and times.
pub struct Announcement<'a> {
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub kind: Kind,
    pub about: &'a str,
    pub data: &'a serde_json::Value,
}

/// An event as it was told, and as the API lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: WebhookEventId,
    pub public_id: String,
    pub kind: Kind,
    pub about: String,
    /// JSON: `type`, `timestamp` and `data`.
    pub body: String,
    pub created_at: NaiveDateTime,
}

/// Keeps an event, and a delivery of it to each endpoint of its mode that wants it.
///
/// # Errors
/// When the system gives no randomness, or the database fails.
pub fn announce(tx: &mut Tx<'_>, what: &Announcement<'_>) -> Result<WebhookEventId, Refusal> {
    let event = keep(tx, what)?;
    for endpoint in store::enabled(tx.conn, what.organisation, what.mode)? {
        if endpoints::wants(&endpoint.kinds, what.kind) {
            deliver(tx, endpoint.id, event, "")?;
        }
    }
    Ok(event)
}

/// Events of one mode, oldest first, after one of them; tests that were sent by hand are none.
pub fn events(
    conn: &mut Conn,
    organisation: OrganisationId,
    mode: Mode,
    after: Option<WebhookEventId>,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    store::events(conn, organisation, mode, after, limit)
}

/// Removes what is older than 30 days: settled deliveries, events that none is left of, and endpoints that were
/// removed. Secrets that have run out go at once.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    let before = tx.now - KEPT;
    store::forget_earlier_secrets(tx)?;
    let deliveries = store::purge_deliveries(tx, before)?;
    Ok(deliveries + store::purge_events(tx, before)? + store::purge_endpoints(tx, before)?)
}

fn keep(tx: &mut Tx<'_>, what: &Announcement<'_>) -> Result<WebhookEventId, Refusal> {
    let public_id = format!("evt_{}", random_token()?.reveal());
    let timestamp = tx.now.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
    let body = serde_json::json!({ "type": what.kind.as_str(), "timestamp": timestamp, "data": what.data });
    Ok(store::insert_event(tx, what, &public_id, &body.to_string())?)
}

/// A delivery that is due now; `by` names whoever asked for another one.
fn deliver(
    tx: &mut Tx<'_>,
    endpoint: WebhookEndpointId,
    event: WebhookEventId,
    by: &str,
) -> QueryResult<crate::kit::ids::WebhookDeliveryId> {
    tx.ring();
    store::insert_delivery(tx, endpoint, event, by)
}
