//! Writes down what was asked of vendors and answered. What a killed process had not written yet is lost, and only that:
//! what a message brought or changed is kept with its own transaction.

use std::sync::Arc;

use super::Outcome;
use crate::domain::{Refusal, messages};
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let journal = services.care_systems.journal();
    let waiting = Arc::new(journal.take());
    if waiting.is_empty() {
        return Ok(Outcome::Idle);
    }
    let written = Arc::clone(&waiting);
    match services.db.write(move |tx| messages::keep(tx, &written).map_err(Refusal::from)).await {
        Ok(kept) => Ok(Outcome::of(kept)),
        // A full disk is no reason to lose them: they wait for the next run.
        Err(cause) => {
            journal.give_back(Arc::unwrap_or_clone(waiting));
            Err(cause.into())
        }
    }
}
