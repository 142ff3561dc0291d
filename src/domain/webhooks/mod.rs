//! What happened to appointments, kept as events and told to the programs that an organisation named.
//!
//! An event is written in the transaction of what it tells of, with one delivery for each endpoint that wants it. A job
//! delivers. Deliberately fetches and sends nothing itself.

mod store;

use crate::db::{Tx, text_enum};
use crate::domain::Refusal;
use crate::domain::api_keys::Mode;
use crate::kit::ids::{OrganisationId, WebhookEventId};
use crate::kit::secret::random_token;

text_enum! {
    /// What programs can be told of.
    pub enum Kind {
        Created = "appointment.created",
        Scheduled = "appointment.scheduled",
        Updated = "appointment.updated",
        Rescheduled = "appointment.rescheduled",
        Completed = "appointment.completed",
        Cancelled = "appointment.cancelled",
    }
}

/// What is told: `about` is the public number of the appointment, `data` the appointment as the API shows it.
pub struct Announcement<'a> {
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub kind: Kind,
    pub about: &'a str,
    pub data: &'a serde_json::Value,
}

/// Keeps an event, and a delivery of it to each endpoint of its mode that wants it.
///
/// # Errors
/// When the system gives no randomness, or the database fails.
pub fn announce(tx: &mut Tx<'_>, what: &Announcement<'_>) -> Result<WebhookEventId, Refusal> {
    let public_id = format!("evt_{}", random_token()?.reveal());
    let timestamp = what_time(tx);
    let body = serde_json::json!({ "type": what.kind.as_str(), "timestamp": timestamp, "data": what.data });
    Ok(store::insert_event(tx, what, &public_id, &body.to_string())?)
}

fn what_time(tx: &Tx<'_>) -> String {
    tx.now.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
