//! Reminds the invited once, and tells both sides of a consent that has run out.

use super::Outcome;
use crate::domain::{Refusal, relatives};
use crate::services::Services;

/// Rows of one transaction: the next minute goes on.
const MOST: i64 = 200;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let now = services.clock.now();
    let due = services.db.read(move |conn| relatives::anything_due(conn, now).map_err(Refusal::from));
    if !due.await? {
        return Ok(Outcome::Idle);
    }
    let url = services.config.public_url.clone();
    let done = services.db.write(move |tx| {
        let reminded = relatives::remind(tx, &url, MOST)?;
        Ok::<_, Refusal>(reminded + relatives::tell_of_lapses(tx, &url, MOST)?)
    });
    Ok(Outcome::of(done.await?))
}
