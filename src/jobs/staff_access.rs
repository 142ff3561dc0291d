//! Access that ends by itself, the letter the day before, and the morning letter to those who may approve.

use super::Outcome;
use crate::domain::{approvals, visits};
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let now = services.clock.now();
    // Looked for without the write lock: on most minutes of the day nothing is due.
    if !services.db.read(move |conn| approvals::anything_due(conn, now)).await? {
        return Ok(Outcome::Idle);
    }
    let url = services.config.public_url.clone();
    let done = services.db.write(move |tx| {
        let ended = approvals::end_access(tx)?;
        if ended > 0 {
            visits::release_everywhere(tx)?;
        }
        Ok::<_, crate::domain::Refusal>(
            ended + approvals::remind(tx, &url)? + approvals::tell_who_waits(tx, &url)?,
        )
    });
    Ok(Outcome::of(done.await?))
}
