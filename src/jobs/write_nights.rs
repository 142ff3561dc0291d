//! Writes entries for night events once their time for repeats is over; the pusher sends them.

use super::Outcome;
use crate::domain::{Refusal, monitoring};
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let written: Result<usize, Refusal> = services.db.write(monitoring::write_entries).await;
    Ok(Outcome::of(written?))
}
