//! The letters about what practitioners have and what ends: once for each last day.

use super::Outcome;
use crate::domain::practitioners;
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let now = services.clock.now();
    let due = services.db.read(move |conn| practitioners::due(conn, now)).await?;
    if due.is_empty() {
        return Ok(Outcome::Idle);
    }
    let url = services.config.public_url.clone();
    let written = services.db.write(move |tx| practitioners::warn(tx, &due, &url)).await?;
    Ok(Outcome::of(written))
}
