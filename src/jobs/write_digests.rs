//! Writes relatives their letters of news, in the morning of their home.

use super::Outcome;
use crate::domain::{Refusal, digests};
use crate::services::Services;

/// Relatives of one transaction, so that nobody waits long for the write lock.
const MOST: i64 = 100;

/// Transactions of one ring: what is left goes on in a minute.
const AT_ONCE: usize = 50;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let mut looked_at = 0;
    for _ in 0..AT_ONCE {
        let now = services.clock.now();
        let due = services.db.read(move |conn| digests::any_due(conn, now).map_err(Refusal::from));
        if !due.await? {
            break;
        }
        let url = services.config.public_url.clone();
        looked_at += services.db.write(move |tx| digests::write(tx, &url, MOST)).await?;
    }
    Ok(Outcome::of(looked_at))
}
