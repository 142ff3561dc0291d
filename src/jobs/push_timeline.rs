//! Sends waiting entries to the timelines of the care record: claimed in batches, several under way on a connection at
//! once but never two of one person, and settled in batches.
//!
//! A process that dies on the way leaves entries that may have arrived; once their lease has run out they are looked up
//! before anything is sent again. Nothing here waits for a timer: what may not go yet is found by a later run.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::StreamExt as _;

use super::Outcome as Done;
use crate::connectors::{CareSystem, Credential, Found};
use crate::domain::Refusal;
use crate::domain::connections::{self, Connection};
use crate::domain::timeline::{self, Item, Outcome, Settled};
use crate::kit::ids::TokenId;
use crate::services::Services;

/// Connections that are written to at the same time.
const CONNECTIONS_AT_ONCE: usize = 4;
/// Entries of one connection that are under way at the same time.
const AT_ONCE: usize = 8;
/// Entries of one claim.
const BATCH: i64 = 512;
/// Failures in a row after which the rest of a claim is given back.
const ENOUGH: usize = 5;
/// Nothing is begun later than this after a claim: the lease is longer by more than one request can take.
const BEGIN_WITHIN: Duration = Duration::from_mins(3);

/// Sends everything that may go now.
pub async fn run(services: &Services) -> anyhow::Result<Done> {
    run_until(services, || false).await
}

/// The same, but begins no further batch once `stop` says so.
pub async fn run_until(services: &Services, stop: impl Fn() -> bool) -> anyhow::Result<Done> {
    let pending: bool = services.db.read(|conn| timeline::any_pending(conn).map_err(Refusal::from)).await?;
    if !pending {
        return Ok(Done::Idle);
    }
    let released = services.db.write(|tx| {
        timeline::recover(tx)?;
        timeline::release(tx)
    });
    released.await.context("looking for entries that may go")?;
    let usable: Vec<Connection> =
        services.db.read(|conn| connections::usable(conn).map_err(Refusal::from)).await?;
    let (sent, stop) = (AtomicUsize::new(0), &stop);
    futures_util::stream::iter(usable)
        .for_each_concurrent(CONNECTIONS_AT_ONCE, |connection| {
            let sent = &sent;
            async move {
                let id = connection.id;
                match push(services, &connection, stop).await {
                    Ok(done) => drop(sent.fetch_add(done, Ordering::Relaxed)),
                    Err(cause) => {
                        tracing::error!(connection = id.0, %cause, "entries could not be sent; they are tried again");
                    }
                }
            }
        })
        .await;
    Ok(Done::of(sent.into_inner()))
}

/// Batch after batch of one connection; says how many entries were settled.
async fn push(
    services: &Services,
    connection: &Connection,
    stop: &impl Fn() -> bool,
) -> anyhow::Result<usize> {
    let Some(system) = services.care_systems.get(connection.vendor) else { return Ok(0) };
    let mut done = 0;
    while !stop() {
        let asked = connection.clone();
        let items = services.db.write(move |tx| timeline::claim(tx, &asked, BATCH)).await?;
        if items.is_empty() {
            break;
        }
        let settled = send_all(services, connection, &system, items).await?;
        let tried = settled.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Untried)).count();
        count(&settled);
        let (about, url) = (connection.clone(), services.config.public_url.clone());
        services.db.write(move |tx| timeline::settle(tx, &about, &settled, &url)).await?;
        done += tried;
        if tried == 0 {
            break;
        }
    }
    Ok(done)
}

async fn send_all(
    services: &Services,
    connection: &Connection,
    system: &Arc<dyn CareSystem>,
    items: Vec<Item>,
) -> anyhow::Result<Settled> {
    let (asked, keys, now) = (connection.clone(), services.config.keys.clone(), services.clock.now());
    let tokens = services.db.read(move |conn| connections::live_tokens(conn, &keys, &asked, now)).await?;
    let credentials: HashMap<TokenId, Credential> = connections::credentials(&tokens).into_iter().collect();
    let (begun, failures) = (Instant::now(), AtomicUsize::new(0));
    let (credentials, failures) = (&credentials, &failures);
    let sending = futures_util::stream::iter(items).map(|item| async move {
        let Some(credential) = credentials.get(&item.token) else { return (item, Outcome::Untried) };
        if failures.load(Ordering::Relaxed) >= ENOUGH || begun.elapsed() > BEGIN_WITHIN {
            return (item, Outcome::Untried);
        }
        let outcome = send(&**system, credential, &item).await;
        match outcome {
            Outcome::Failed(_) => failures.fetch_add(1, Ordering::Relaxed),
            _ => failures.swap(0, Ordering::Relaxed),
        };
        (item, outcome)
    });
    Ok(sending.buffer_unordered(AT_ONCE).collect().await)
}

/// One entry: looked for where it may have arrived, sent otherwise.
async fn send(system: &dyn CareSystem, credential: &Credential, item: &Item) -> Outcome {
    if item.look_first {
        return match system.find_entry(credential, &item.entry.external_id).await {
            Ok(Found::There(receipt)) => Outcome::Accepted(receipt),
            Ok(Found::NotThere) => Outcome::NotThere,
            Ok(Found::CannotLook) => Outcome::CannotLook,
            Err(failure) => Outcome::Failed(failure),
        };
    }
    match system.write_entry(credential, &item.entry).await {
        Ok(receipt) => Outcome::Accepted(receipt),
        Err(failure) => Outcome::Failed(failure),
    }
}

fn count(settled: &Settled) {
    for (_, outcome) in settled {
        let word = match outcome {
            Outcome::Accepted(_) => "accepted",
            Outcome::NotThere => "not_there",
            Outcome::CannotLook => "cannot_look",
            Outcome::Failed(failure) => failure.kind.id(),
            Outcome::Untried => continue,
        };
        metrics::counter!("kinbridge_timeline_entries_total", "outcome" => word).increment(1);
    }
}
