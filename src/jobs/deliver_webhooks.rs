//! Delivers events of appointments to the programs that organisations named: several endpoints at once, so that one
//! that hangs holds no other up, and a few deliveries of each.
//!
//! What is lost in a crash is at most the note that a delivery was taken: it is then sent again under the same number
//! when its lease ends, which receivers tell by. Nothing here waits for a retry: what may not go yet is found by a later
//! look.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use tokio::sync::watch;

use super::{Outcome, report};
use crate::connectors::{Answered, Outgoing};
use crate::domain::Refusal;
use crate::domain::webhooks::{self, Answer, Claimed, Jitter};
use crate::kit::ids::WebhookEndpointId;
use crate::kit::secret::random_bytes;
use crate::services::Services;

/// Endpoints that are sent to at the same time.
const ENDPOINTS_AT_ONCE: usize = 8;

/// Deliveries of one claim, sent side by side: as many as an endpoint gets at once.
const CLAIM: i64 = 4;

/// How often it is looked for deliveries that have become due: the shortest wait before another try.
const LOOK: Duration = Duration::from_secs(5);

/// Delivers whenever an event was kept, and when a delivery that had to wait is due, until the end.
pub(super) async fn keep_delivering(services: Services, mut stopped: watch::Receiver<bool>) {
    let mut bell = services.db.bell();
    loop {
        bell.mark_unchanged();
        let stop = stopped.clone();
        report("deliver_webhooks", run_until(&services, || *stop.borrow()).await.map(drop));
        tokio::select! {
            _ = bell.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
            _ = stopped.changed() => return,
        }
    }
}

/// Delivers what is due now.
pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    run_until(services, || false).await
}

async fn run_until(services: &Services, stop: impl Fn() -> bool) -> anyhow::Result<Outcome> {
    let now = services.clock.now();
    // Looked for without the write lock: a claim is rare, a look is not.
    let due: Vec<WebhookEndpointId> = services
        .db
        .read(move |conn| {
            if webhooks::any_due(conn, now)? {
                return webhooks::endpoints_due(conn, now).map_err(Refusal::from);
            }
            Ok(Vec::new())
        })
        .await?;
    let (done, stop) = (AtomicUsize::new(0), &stop);
    futures_util::stream::iter(due)
        .for_each_concurrent(ENDPOINTS_AT_ONCE, |endpoint| {
            let done = &done;
            async move {
                match deliver(services, endpoint, stop).await {
                    Ok(settled) => drop(done.fetch_add(settled, Ordering::Relaxed)),
                    Err(cause) => {
                        let endpoint = endpoint.0;
                        tracing::error!(endpoint, %cause, "events could not be delivered; they are tried again");
                    }
                }
            }
        })
        .await;
    Ok(Outcome::of(done.into_inner()))
}

/// Claim after claim of one endpoint, until nothing is due or one claim brought no answer at all: the rest is then left
/// to the next look, so that the others get their turn. Says how many tries were settled.
async fn deliver(
    services: &Services,
    endpoint: WebhookEndpointId,
    stop: &impl Fn() -> bool,
) -> anyhow::Result<usize> {
    let mut settled = 0;
    while !stop() {
        let keys = services.config.keys.clone();
        let claimed = services.db.write(move |tx| webhooks::claim(tx, &keys, endpoint, CLAIM)).await?;
        if claimed.is_empty() {
            break;
        }
        settled += claimed.len();
        let answers = join_all(claimed.into_iter().map(|one| carry(services, one))).await;
        let answers: Vec<Answer> = answers.into_iter().collect::<anyhow::Result<_>>()?;
        if answers.iter().all(|answer| matches!(answer, Answer::Nothing(_))) {
            break;
        }
    }
    Ok(settled)
}

/// Sends one delivery and keeps what became of it.
async fn carry(services: &Services, claimed: Claimed) -> anyhow::Result<Answer> {
    let begun = Instant::now();
    let sent = services
        .webhooks
        .send(Outgoing {
            url: &claimed.url,
            id: &claimed.event,
            timestamp: claimed.timestamp,
            signature: &claimed.signature,
            body: &claimed.body,
        })
        .await;
    let answer = match sent {
        Ok(Answered { status: status @ (429 | 503), wait: Some(seconds) }) => Answer::Later(status, seconds),
        Ok(Answered { status, .. }) => Answer::Status(status),
        Err(kind) => Answer::Nothing(kind),
    };
    count(answer);
    let (took, [random]) = (begun.elapsed(), random_bytes::<1>()?);
    let url = services.config.public_url.clone();
    services
        .db
        .write(move |tx| webhooks::settle(tx, &claimed, (answer, took), Jitter::of(random), &url))
        .await?;
    Ok(answer)
}

fn count(answer: Answer) {
    let word = match answer {
        Answer::Status(200..=299) => "taken",
        Answer::Status(_) | Answer::Later(..) => "refused",
        Answer::Nothing(kind) => kind.id(),
    };
    metrics::counter!("kinbridge_webhook_deliveries_total", "outcome" => word).increment(1);
}
