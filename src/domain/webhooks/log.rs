//! What was sent to an endpoint and what became of it; and sending by hand: again, or a test.

use chrono::NaiveDateTime;

use super::store;
use super::{Announcement, Kind, deliver, endpoints, example, keep};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Scope};
use crate::domain::audit::{self, Event};
use crate::kit::ids::{WebhookDeliveryId, WebhookEndpointId};

text_enum! {
    /// Where a delivery is.
    pub enum State {
        /// For its first try or its next.
        Waiting = "waiting",
        /// Some process is at it, until its lease ends.
        Sending = "sending",
        Delivered = "delivered",
        /// Not tried any more.
        Failed = "failed",
        /// The endpoint was disabled or removed first.
        Stopped = "stopped",
    }
}

impl State {
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Sending => "Being sent",
            Self::Delivered => "Delivered",
            Self::Failed => "Failed",
            Self::Stopped => "Not sent",
        }
    }

    /// Nothing more happens to it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Stopped)
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: WebhookDeliveryId,
    /// The public number of the event.
    pub event: String,
    pub kind: Kind,
    /// The public number of the appointment.
    pub about: String,
    pub body: String,
    pub state: State,
    pub attempts: i32,
    /// While it waits.
    pub next_attempt_at: Option<NaiveDateTime>,
    pub last_status: Option<i32>,
    pub last_words: String,
    pub last_milliseconds: i32,
    /// When and how the last try was signed.
    pub last_attempt_at: Option<NaiveDateTime>,
    pub last_signature: String,
    pub created_at: NaiveDateTime,
    pub settled_at: Option<NaiveDateTime>,
    /// Who sent it again; empty for the portal itself.
    pub sent_again_by: String,
}

/// Deliveries to an endpoint, newest first.
pub fn deliveries(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    endpoint: WebhookEndpointId,
    (before, limit): (i64, i64),
) -> Result<Vec<Delivery>, Refusal> {
    endpoints::get(conn, scope, endpoint)?;
    Ok(store::deliveries(conn, endpoint, before, limit)?)
}

pub fn delivery(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    endpoint: WebhookEndpointId,
    id: WebhookDeliveryId,
) -> Result<Delivery, Refusal> {
    endpoints::get(conn, scope, endpoint)?;
    store::delivery(conn, endpoint, id)?.map(|(delivery, _)| delivery).ok_or(Refusal::NotHere)
}

/// Sends the event of a settled delivery once more, as a delivery of its own.
pub fn send_again(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    endpoint: WebhookEndpointId,
    id: WebhookDeliveryId,
) -> Result<WebhookDeliveryId, Refusal> {
    let row = sends(tx.conn, scope, endpoint)?;
    let (delivery, event) = store::delivery(tx.conn, endpoint, id)?.ok_or(Refusal::NotHere)?;
    if !delivery.state.is_settled() {
        return Err(Refusal::overtaken("It is still on its way, and is tried again by itself."));
    }
    let again = deliver(tx, endpoint, event, &scope.by().name)?;
    let words = format!("sent {} to the webhook endpoint {} again", delivery.event, row.name);
    let event = Event::new("webhook.sent_again", words).about("webhook endpoint", endpoint.0);
    audit::record(tx, scope, event)?;
    Ok(again)
}

/// Sends an example to one endpoint, whatever it wants.
pub fn send_test(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    endpoint: WebhookEndpointId,
) -> Result<WebhookDeliveryId, Refusal> {
    let row = sends(tx.conn, scope, endpoint)?;
    let what = Announcement {
        organisation: scope.organisation(),
        mode: row.mode,
        kind: Kind::Test,
        about: example::ABOUT,
        data: &example::data(),
    };
    let event = keep(tx, &what)?;
    let delivery = deliver(tx, endpoint, event, &scope.by().name)?;
    let words = format!("sent a test event to the webhook endpoint {}", row.name);
    let event = Event::new("webhook.tested", words).about("webhook endpoint", endpoint.0);
    audit::record(tx, scope, event)?;
    Ok(delivery)
}

/// The endpoint, if something can be sent to it now.
fn sends(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    endpoint: WebhookEndpointId,
) -> Result<store::EndpointRow, Refusal> {
    let row = endpoints::present(conn, scope, endpoint)?;
    match row.disabled_at {
        None => Ok(row),
        Some(_) => Err(Refusal::overtaken("The endpoint is disabled. Enable it first.")),
    }
}
