//! `/api/v1/events`: what happened to the appointments of this key's mode, oldest first. Whoever missed a webhook reads
//! on here, after the last event that they know.

use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::ask::{Ask, found};
use super::error::{Answer, Problem};
use super::schemas::at;
use crate::domain::webhooks;
use crate::kit::ids::WebhookEventId;
use crate::kit::secret::{hex, unhex};

const USUAL_LIMIT: i64 = 50;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only: the parameters are read below")]
pub(super) struct EventsAsked {
    /// How many at most; 50 where it is not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i32>,
    /// The `nextCursor` of an answer, to go on after it.
    #[param(pattern = "cursor", max_length = 1_000)]
    cursor: Option<String>,
}

/// Something that happened to an appointment; webhooks carry the same.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read by the document only: events are kept as they were told")]
pub(super) struct Event {
    #[schema(examples("evt_77ab"))]
    id: String,
    #[schema(examples("appointment.scheduled"))]
    r#type: String,
    /// The appointment's number.
    #[schema(examples("apt_0c4e"))]
    appointment_id: String,
    #[schema(format = DateTime)]
    timestamp: String,
    /// Its numbers and times then; ask for the appointment to see the rest.
    #[schema(value_type = Object)]
    data: Value,
}

/// A page of events.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read by the document only")]
pub(super) struct EventList {
    data: Vec<Event>,
    /// What to ask for as `cursor` to see what comes next; null where there is nothing more yet.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// List what happened
///
/// Events are kept for 30 days. The last page has no `nextCursor`: ask again with the cursor that led to it.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "Events",
    params(EventsAsked),
    responses((status = 200, description = "The events, oldest first", body = EventList))
)]
pub(super) async fn list(ask: Ask) -> Answer {
    let limit = ask.parameters.one("limit").and_then(|text| text.parse().ok()).unwrap_or(USUAL_LIMIT);
    let after = ask.parameters.one("cursor").map(mark).transpose()?;
    let mut rows = ask
        .look(move |conn, client| {
            Ok(webhooks::events(conn, client.organisation(), client.mode(), after, limit + 1)?)
        })
        .await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_last| more).map(|last| hex(last.id.to_string().as_bytes()));
    let data: Vec<Value> = rows.into_iter().map(event).collect();
    found(&json!({ "data": data, "nextCursor": next }))
}

fn event(of: webhooks::Event) -> Value {
    let body: Value = serde_json::from_str(&of.body).unwrap_or_default();
    json!({
        "id": of.public_id,
        "type": of.kind.as_str(),
        "appointmentId": of.about,
        "timestamp": at(of.created_at),
        "data": body.get("data").cloned().unwrap_or_else(|| json!({})),
    })
}

fn mark(text: &str) -> Result<WebhookEventId, Problem> {
    let read = unhex(text).and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    read.ok_or_else(|| Problem::no_such("cursor", "must be the nextCursor of an answer"))
}
