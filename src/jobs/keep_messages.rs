//! Writes down what was asked of vendors and answered. What a killed process had not written yet is lost, and only that:
//! what a message brought or changed is kept with its own transaction.

use super::Outcome;
use crate::domain::{Refusal, messages};
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let waiting = services.care_systems.journal().take();
    if waiting.is_empty() {
        return Ok(Outcome::Idle);
    }
    let kept = services.db.write(move |tx| messages::keep(tx, &waiting).map_err(Refusal::from)).await?;
    Ok(Outcome::of(kept))
}
