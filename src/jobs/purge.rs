//! Removes what has served its time: ended sessions and old counters of tried secrets.

use super::Outcome;
use crate::domain::{Refusal, accounts};
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let limits = services.config.sessions;
    let gone = services.db.write(move |tx| accounts::purge(tx, limits).map_err(Refusal::from)).await?;
    Ok(Outcome::of(gone))
}
