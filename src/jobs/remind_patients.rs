//! Reminds patients: to choose a window, and of the appointment on the day before.

use super::Outcome;
use crate::domain::visits;
use crate::services::Services;

/// Appointments of one transaction, so that nobody waits long for the write lock.
const MOST: i64 = 100;

/// Transactions of one ring: what is left goes on in a minute.
const AT_ONCE: usize = 50;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let mut done = 0;
    for _ in 0..AT_ONCE {
        let now = services.clock.now();
        if !services.db.read(move |conn| visits::any_reminder_due(conn, now)).await? {
            break;
        }
        done += services.db.write(move |tx| visits::remind(tx, MOST)).await?;
    }
    Ok(Outcome::of(done))
}
