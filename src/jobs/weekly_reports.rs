//! The letter of Monday morning about what is not mapped, to organisations that want it.

use super::Outcome;
use crate::domain::reports;
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let now = services.clock.now();
    // Counted without the write lock: on most minutes of the week nothing is due.
    let due = services.db.read(move |conn| reports::due(conn, now)).await?;
    if due.is_empty() {
        return Ok(Outcome::Idle);
    }
    let url = services.config.public_url.clone();
    let written = services.db.write(move |tx| reports::write_weekly(tx, &due, &url)).await?;
    Ok(Outcome::of(written))
}
