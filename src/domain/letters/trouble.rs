//! Trouble with mail as a whole: the server is down, refuses our name, or cannot be trusted. No letter is to
//! blame, so all wait, and the server is asked seldom until one letter gets through.
//!
//! Stands in the database, so that every process knows, and whoever asks can be told.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{Claimed, store};
use crate::db::{Conn, Tx};

pub use store::Trouble;

/// Whoever tries for all the others has this long before another process does.
const PROBE: TimeDelta = TimeDelta::minutes(2);

/// The open trouble, if there is one.
pub fn trouble(conn: &mut Conn) -> QueryResult<Option<Trouble>> {
    store::open_trouble(conn)
}

/// Notes that mail as a whole does not work: says whether that is new. `words` and `repair` are sentences
/// without secrets, `kind` a word for the log.
pub fn note_trouble(
    tx: &mut Tx<'_>,
    by: &Claimed,
    kind: &str,
    words: &str,
    repair: &str,
) -> QueryResult<bool> {
    match trouble(tx.conn)? {
        None => {
            let retry_at = tx.now + pause(1);
            store::begin_trouble(tx, kind, words, repair, retry_at)?;
            Ok(true)
        }
        // Letters that were under way when it began fail too, and say nothing new.
        Some(_) if !by.probes => Ok(false),
        Some(open) => {
            let tries = open.tries + 1;
            let retry_at = tx.now + pause(tries);
            store::go_on_with_trouble(tx, &open, (kind, words, repair), tries, retry_at)?;
            Ok(false)
        }
    }
}

/// The server has answered for a letter, whatever it said: says whether that ended a trouble.
pub fn trouble_over(tx: &mut Tx<'_>) -> QueryResult<bool> {
    store::end_trouble(tx)
}

/// Whether this process is the one that tries now.
pub(super) fn claim_probe(tx: &mut Tx<'_>, open: &Trouble) -> QueryResult<bool> {
    if open.retry_at > tx.now {
        return Ok(false);
    }
    let until: NaiveDateTime = tx.now + PROBE;
    store::put_off_trouble(tx, open, until)
}

/// 1, 2, 4, 8, then every 10 minutes.
fn pause(tries: i32) -> TimeDelta {
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(4);
    TimeDelta::minutes(2_i64.pow(doublings).min(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_down_is_asked_a_few_times_an_hour() {
        let minutes: Vec<i64> = (1..=6).map(|tries| pause(tries).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 10, 10]);
    }
}
