//! What asks for runs by itself: the nightly schedule, and another try after a failure.

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::runs::{Cause, Wanted};
use super::{schedule, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{RunSyncs, Scope};
use crate::domain::audit::{self, Event};

/// Asks for every run that is due: nightly ones, each once a local date, and retries. Returns how
/// many were asked for.
pub fn ask_due(tx: &mut Tx<'_>, widest_jitter: TimeDelta) -> Result<usize, Refusal> {
    let mut asked = 0;
    for due in store::due(tx.conn)? {
        let zone: Tz = due.time_zone.parse().unwrap_or(Tz::Europe__London);
        let coming = schedule::next(tx.now, zone, schedule::jitter(due.connection.0, widest_jitter));
        // Switched on since the last look: the first nightly run is the coming one. One planned for
        // later than that was planned by a clock that was ahead, or in another time zone.
        let planned = due.next_run_at.filter(|planned| *planned <= coming);
        let Some(planned) = planned else {
            store::plan_next(tx, due.connection, coming)?;
            asked += usize::from(ask_again(tx, &due)?);
            continue;
        };
        asked += usize::from(if planned <= tx.now {
            ask_nightly(tx, &due, zone, coming)?
        } else {
            ask_again(tx, &due)?
        });
    }
    Ok(asked)
}

/// The nightly run of the local date that is due. A run that is under way stands in its place only
/// until it has ended: the next look, a minute later, asks again.
fn ask_nightly(tx: &mut Tx<'_>, due: &store::Due, zone: Tz, coming: NaiveDateTime) -> Result<bool, Refusal> {
    if store::under_way(tx.conn, due.connection)?.is_some() {
        return Ok(false);
    }
    let date = schedule::due_date(tx.now, zone);
    store::plan_next(tx, due.connection, coming)?;
    let asked = ask(tx, due, Cause::Schedule, Some(date), "started the nightly sync")?;
    // That date had its run: a failure's next try is not lost by it.
    if asked { Ok(true) } else { ask_again(tx, due) }
}

/// Another try after a failure, once the connection has rested.
fn ask_again(tx: &mut Tx<'_>, due: &store::Due) -> Result<bool, Refusal> {
    if due.retry_at.is_none_or(|at| at > tx.now) {
        return Ok(false);
    }
    let asked = ask(tx, due, Cause::Retry, None, "tried the sync again after a failure")?;
    if asked {
        store::forget_retry(tx, due.connection)?;
    }
    Ok(asked)
}

fn ask(
    tx: &mut Tx<'_>,
    due: &store::Due,
    cause: Cause,
    local_date: Option<chrono::NaiveDate>,
    words: &str,
) -> Result<bool, Refusal> {
    let scope = Scope::<RunSyncs>::for_the_portal(due.organisation);
    let new = store::New {
        organisation: due.organisation,
        connection: due.connection,
        by: scope.by(),
        cause,
        wanted: Wanted::Both,
        is_preview: false,
        local_date,
        only: None,
    };
    let Some(run) = store::insert(tx, &new)? else { return Ok(false) };
    let event = Event::new("run.asked", words).about("connection", due.connection.0).of_run(run);
    audit::record(tx, &scope, event)?;
    Ok(true)
}
