//! The way of a delivery: who takes it, for how long, and what comes of it.
//!
//! A delivery is claimed with a lease, so that several processes share the work and none waits for one that died. Each
//! claim is a try and counts up `attempts`, which is then the claim's own number: whoever comes back late changes
//! nothing any more, except to say that the delivery was taken after all.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::backoff::{self, Jitter, TRIES};
use super::signing::signature;
use super::store::{self, DeliveryRow, EndpointRow};
use super::{endpoints, wording};
use crate::connectors::FailureKind;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Letter};
use crate::kit::ids::{WebhookDeliveryId, WebhookEndpointId};
use crate::kit::sealed::KeyRing;
use crate::links;
use crate::mail::WebhookDisabled;

/// How long the deliveries of one claim may take before another process may try them.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// A delivery that this process has for now, with all that is sent. Prints nothing of it.
#[derive(Clone)]
pub struct Claimed {
    pub id: WebhookDeliveryId,
    pub endpoint: WebhookEndpointId,
    pub url: String,
    /// `webhook-id`: the event's public number, the same at each try.
    pub event: String,
    /// `webhook-timestamp`, in seconds.
    pub timestamp: i64,
    /// `webhook-signature`; two while an earlier secret signs as well.
    pub signature: String,
    pub body: String,
    attempt: i32,
    since: NaiveDateTime,
}

/// What the other side said, or why it said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Status(u16),
    /// The same, and how many seconds it wants to be left alone.
    Later(u16, u32),
    Nothing(FailureKind),
}

impl Answer {
    fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) | Self::Later(status, _) => Some(status),
            Self::Nothing(_) => None,
        }
    }
}

/// Whether a claim could find something: a look without the write lock.
pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    store::any_due(conn, now)
}

/// The endpoints for which something is due.
pub fn endpoints_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Vec<WebhookEndpointId>> {
    store::endpoints_due(conn, now)
}

/// Takes some deliveries of an endpoint that are due, so that no other process does.
pub fn claim(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    endpoint: WebhookEndpointId,
    limit: i64,
) -> Result<Vec<Claimed>, Refusal> {
    let Some(row) = store::endpoint(tx.conn, endpoint)? else { return Ok(Vec::new()) };
    if row.disabled_at.is_some() || row.removed_at.is_some() {
        store::stop_deliveries(tx, endpoint, wording::ENDPOINT_DISABLED)?;
        return Ok(Vec::new());
    }
    let secrets = endpoints::secrets(keys, &row, tx.now)?;
    let timestamp = tx.now.and_utc().timestamp();
    let mut claimed = Vec::new();
    for due in store::due(tx.conn, endpoint, tx.now, limit)? {
        let signed = secrets.iter().filter_map(|secret| signature(secret, &due.event, timestamp, &due.body));
        let signature = signed.collect::<Vec<_>>().join(" ");
        if store::lease(tx, &due, tx.now + LEASE, &signature)? {
            claimed.push(one(due, &row, timestamp, signature));
        }
    }
    Ok(claimed)
}

fn one(due: DeliveryRow, endpoint: &EndpointRow, timestamp: i64, signature: String) -> Claimed {
    Claimed {
        id: due.id,
        endpoint: endpoint.id,
        url: endpoint.url.clone(),
        event: due.event,
        timestamp,
        signature,
        body: due.body,
        attempt: due.attempts + 1,
        since: due.created_at,
    }
}

/// Keeps what became of a try, and what follows: another one, the end, or an endpoint that is disabled. Says whether
/// the claim still held.
pub fn settle(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    (answer, took): (Answer, Duration),
    jitter: Jitter,
    public_url: &str,
) -> Result<bool, Refusal> {
    let told = store::Told {
        id: claimed.id,
        attempt: claimed.attempt,
        status: answer.status().map(i32::from),
        words: &wording::words(answer),
        milliseconds: i32::try_from(took.as_millis()).unwrap_or(i32::MAX),
    };
    match answer {
        Answer::Status(200..=299) => Ok(store::delivered(tx, &told)?),
        Answer::Status(410) => {
            let held = store::failed(tx, &told)?;
            if held {
                disable(tx, claimed.endpoint, wording::GONE, public_url)?;
            }
            Ok(held)
        }
        _ => {
            let least = if let Answer::Later(_, seconds) = answer { seconds } else { 0 };
            match backoff::next(claimed.attempt, (claimed.since, tx.now), jitter, least) {
                Some(at) => Ok(store::wait(tx, &told, at)?),
                None => gave_up(tx, claimed, &told, public_url),
            }
        }
    }
}

/// The last try failed. An endpoint that took nothing since the first of them is disabled: only where all tries were
/// made, since a portal that stood still says nothing about the endpoint.
fn gave_up(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    told: &store::Told<'_>,
    public_url: &str,
) -> Result<bool, Refusal> {
    let held = store::failed(tx, told)?;
    let silent = held
        && claimed.attempt >= TRIES
        && !store::delivered_since(tx.conn, claimed.endpoint, claimed.since)?;
    if silent {
        disable(tx, claimed.endpoint, wording::SILENT, public_url)?;
    }
    Ok(held)
}

/// The portal disables an endpoint, and writes to super managers, once.
fn disable(
    tx: &mut Tx<'_>,
    endpoint: WebhookEndpointId,
    because: &str,
    public_url: &str,
) -> Result<(), Refusal> {
    let Some(row) = store::endpoint(tx.conn, endpoint)? else { return Ok(()) };
    if row.removed_at.is_some() || !store::disable(tx, endpoint, because)? {
        return Ok(());
    }
    store::stop_deliveries(tx, endpoint, wording::ENDPOINT_DISABLED)?;
    let organisation = row.organisation_id;
    let name = store::organisation_name(tx.conn, organisation)?;
    for to in letters::super_managers(tx.conn, organisation)? {
        let letter = WebhookDisabled {
            to_name: to.name.clone(),
            organisation: name.clone(),
            endpoint: row.name.clone(),
            mode: row.mode.as_str().to_owned(),
            cause: because.to_owned(),
            link: format!("{public_url}{}", links::webhook(organisation, endpoint)),
        };
        let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
        letters::send(tx, Letter::new(Some(organisation), &to, rendered))?;
    }
    let words = format!("disabled the webhook endpoint {}. {because}", row.name);
    let scope = Scope::<ManageIntegrations>::for_the_portal(organisation);
    let event = Event::new("webhook.disabled", words).about("webhook endpoint", endpoint.0);
    Ok(audit::record(tx, &scope, event)?)
}
