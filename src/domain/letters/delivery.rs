//! The way of a letter out of the outbox: who takes it, for how long, and what comes of it.
//!
//! A letter is claimed with a lease, so that several processes share the work and none waits for one that
//! died. Each claim counts up `attempts`, which is then the claim's own number: whoever comes back late
//! changes nothing any more, except to say that the letter did arrive.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::store::{self, Kept};
use super::{Kind, LetterState, fate, trouble};
use crate::db::{Conn, Tx};

/// How often a receiving system may ask us to come later: in steps that grow to an hour, three days.
pub const DELAYS: i32 = 77;

/// How long the letters of one claim may take before another process may try them.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// Candidates that are looked through for one claim; more than are claimed, since some may have to wait.
const LOOKED_THROUGH: i64 = 50;

/// How many letters go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Letters of one claim.
    pub at_once: usize,
    /// Letters of a kind that is held back, to one address in an hour.
    pub per_address_hour: i64,
}

/// A letter that this process has for now.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub letter: Kept,
    /// In whose name it is written, unless it is the installation's own.
    pub organisation: Option<String>,
    /// Sent to see whether a trouble is over.
    pub probes: bool,
}

/// Whether a claim could find something: a look without the write lock.
pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    if trouble::trouble(conn)?.is_some_and(|trouble| trouble.retry_at > now) {
        return Ok(false);
    }
    store::any_due(conn, now)
}

/// Takes the next letters that are due, so that no other process does. While mail is in trouble it is one letter,
/// now and then, that tries whether it still is.
pub fn claim(tx: &mut Tx<'_>, pace: Pace) -> QueryResult<Vec<Claimed>> {
    let open = trouble::trouble(tx.conn)?;
    let probes = open.is_some();
    let many = match open {
        Some(open) if !trouble::claim_probe(tx, &open)? => return Ok(Vec::new()),
        Some(_) => 1,
        None => pace.at_once,
    };
    let mut claimed = Vec::new();
    for mut letter in store::due(tx, LOOKED_THROUGH)? {
        if claimed.len() == many {
            break;
        }
        if letter.useless_after.is_some_and(|end| end <= tx.now) {
            store::settle(tx, &letter, LetterState::Withdrawn, fate::RAN_OUT, "")?;
        } else if let Some(later) = held_back(tx, &letter, pace)? {
            store::put_off(tx, &letter, later)?;
        } else if store::lease(tx, &letter, tx.now + LEASE)? {
            letter.attempts += 1;
            let Some(letter) = with_words(tx, letter)? else { continue };
            let organisation = letter.organisation_id;
            let organisation = organisation.map(|id| store::organisation_name(tx.conn, id)).transpose()?;
            claimed.push(Claimed { letter, organisation: organisation.flatten(), probes });
        }
    }
    Ok(claimed)
}

/// The claimed letter with its words. One that no key opens is given up, so that it holds up no other.
fn with_words(tx: &mut Tx<'_>, letter: Kept) -> QueryResult<Option<Kept>> {
    let opened = match tx.keys() {
        Some(keys) => letter.clone().opened(&keys).ok(),
        None => Some(letter.clone()).filter(|letter| letter.sealed.is_empty()),
    };
    if opened.is_none() {
        store::settle(tx, &letter, LetterState::Failed, fate::UNREADABLE, "")?;
    }
    Ok(opened)
}

/// Until when the letter waits because its address has had its letters of this hour.
fn held_back(tx: &mut Tx<'_>, letter: &Kept, pace: Pace) -> QueryResult<Option<NaiveDateTime>> {
    if !matches!(letter.kind, Kind::Reset | Kind::Digest) {
        return Ok(None);
    }
    let hour = TimeDelta::hours(1);
    let sent = store::sent_since(tx.conn, letter, tx.now - hour)?;
    let many = usize::try_from(pace.per_address_hour.max(1)).unwrap_or(usize::MAX);
    // `sent` is newest first: when the one that fills the hour leaves it, there is room.
    Ok(sent.get(many - 1).map(|filling| *filling + hour))
}

/// A claimed letter was taken over by the mail server. Its words are forgotten then, unless they are read here.
pub fn delivered(tx: &mut Tx<'_>, letter: &Kept, read_here: bool) -> QueryResult<()> {
    store::arrived(tx, letter)?;
    if read_here { Ok(()) } else { store::forget(tx, letter.id) }
}

/// The receiving system asked for another try later. After [`DELAYS`] the letter is given up.
/// `cause` is a sentence without an address, `answer` what the server said, cleaned.
pub fn delay(tx: &mut Tx<'_>, letter: &Kept, cause: &str, answer: &str) -> QueryResult<bool> {
    let delays = letter.delays + 1;
    if delays >= DELAYS {
        return store::settle(tx, letter, LetterState::Failed, cause, answer);
    }
    store::delay(tx, letter, tx.now + pause(delays), cause, answer)
}

/// The receiving system does not want the letter at all.
pub fn refuse(tx: &mut Tx<'_>, letter: &Kept, cause: &str, answer: &str) -> QueryResult<bool> {
    store::settle(tx, letter, LetterState::Refused, cause, answer)
}

/// Puts letters back that were claimed and not tried; nothing is held against them.
pub fn release(tx: &mut Tx<'_>, letters: &[Kept]) -> QueryResult<()> {
    letters.iter().try_for_each(|letter| store::release(tx, letter).map(drop))
}

/// 1, 2, 4 … minutes, at most an hour.
fn pause(delays: i32) -> TimeDelta {
    let doublings = u32::try_from(delays - 1).unwrap_or(0).min(6);
    TimeDelta::minutes(2_i64.pow(doublings).min(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_end_after_three_days() {
        let minutes: Vec<i64> = (1..=8).map(|delay| pause(delay).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
        let all: i64 = (1..DELAYS).map(|delay| pause(delay).num_minutes()).sum();
        assert!((all - 3 * 24 * 60).abs() < 60, "{all} minutes");
    }
}
