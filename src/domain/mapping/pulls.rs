//! When a connection is pulled, and what is left of a pull: the times, and from when on the next one asks.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{VENDOR, connection, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, RunSyncs, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, Connection};
use crate::domain::sync::{self, Asked, Cause, Claim};
use crate::kit::ids::ConnectionId;

/// Unless the organisation says otherwise, in minutes.
pub const NOTES_EVERY: i32 = 30;

/// Seldom enough: once a day.
const SELDOM: i32 = 24 * 60;

/// So much earlier than the last pull's end the next one asks, so that nothing falls between two clocks.
pub const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// How often a connection is pulled, in minutes, and when it was last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    pub notes_every: i32,
    pub people_every: i32,
    pub notes_read_at: Option<NaiveDateTime>,
    pub people_read_at: Option<NaiveDateTime>,
    /// Notes that the vendor changed since then are asked for; none: all there are.
    pub modified_since: Option<NaiveDateTime>,
}

impl Default for Cadence {
    fn default() -> Self {
        Self {
            notes_every: NOTES_EVERY,
            people_every: NOTES_EVERY,
            notes_read_at: None,
            people_read_at: None,
            modified_since: None,
        }
    }
}

impl Cadence {
    /// Whether a pull brings the people too: by hand always, else when they are due.
    pub fn people_due(&self, cause: Cause, now: NaiveDateTime) -> bool {
        cause != Cause::Schedule
            || self.people_every <= self.notes_every
            || self.people_read_at.is_none_or(|at| at + TimeDelta::minutes(self.people_every.into()) <= now)
    }

    /// From when on notes are asked for.
    pub fn since(&self) -> Option<NaiveDateTime> {
        self.modified_since.map(|at| at - OVERLAP)
    }

    fn due_at(&self, connection: &Connection, now: NaiveDateTime) -> NaiveDateTime {
        if let Some(at) = connection.retry_at {
            return at;
        }
        self.notes_read_at
            .into_iter()
            .chain(connection.last_tried_at)
            .max()
            .map_or(now, |at| at + TimeDelta::minutes(self.notes_every.into()))
    }
}

pub fn cadence(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Cadence> {
    Ok(store::cadence(conn, connection)?.unwrap_or_default())
}

/// When the portal pulls next by itself; nothing while the connection cannot be used.
pub fn next_pull(
    conn: &mut Conn,
    connection: &Connection,
    now: NaiveDateTime,
) -> QueryResult<Option<NaiveDateTime>> {
    if !connection.usable() {
        return Ok(None);
    }
    Ok(Some(cadence(conn, connection.id)?.due_at(connection, now).max(now)))
}

/// Says how often notes, and the people with them, are read.
///
/// # Errors
/// `Invalid` on `notes_every` or `people_every`.
pub fn set_cadence(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    (notes, people): (&str, &str),
) -> Result<(), Refusal> {
    let minutes = |field, typed: &str| {
        let minutes = typed.trim().parse::<i32>().ok().filter(|n| (1..=SELDOM).contains(n));
        let words = format!("Enter a whole number of minutes from 1 to {SELDOM}");
        minutes.ok_or_else(|| Refusal::invalid(field, words))
    };
    let (notes, people) = (minutes("notes_every", notes)?, minutes("people_every", people)?);
    let id = connection(tx.conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let before = cadence(tx.conn, id)?;
    if (before.notes_every, before.people_every) == (notes, people) {
        return Ok(());
    }
    store::ensure_pulls(tx, id, NOTES_EVERY)?;
    store::set_every(tx, id, notes, people)?;
    let words =
        format!("changed how often {VENDOR} is pulled: notes every {notes} minutes, people every {people}");
    let event = Event::new("pulls.changed", words).about("connection", id.0);
    let details = serde_json::json!({
        "notes_every": [before.notes_every, notes],
        "people_every": [before.people_every, people],
    });
    audit::record(tx, scope, event.with(details))?;
    Ok(())
}

/// *Sync Now*: two clicks, or two people, get the same pull.
///
/// # Errors
/// `Overtaken` when the connection is not on.
pub fn pull_now(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>) -> Result<Asked, Refusal> {
    let id = connection(tx.conn, scope)?.ok_or(Refusal::NotHere)?.id;
    sync::request_pull(tx, scope, id)
}

/// Asks for every pull that is due. Returns how many were.
pub fn ask_due(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    let mut asked = 0;
    for (id, organisation) in store::on(tx.conn, VENDOR)? {
        let scope = Scope::<RunSyncs>::for_the_portal(organisation);
        let connection = connections::get(tx.conn, &scope, id)?;
        let due = cadence(tx.conn, id)?.due_at(&connection, tx.now);
        if due <= tx.now {
            let cause = if connection.retry_at.is_some() { Cause::Retry } else { Cause::Schedule };
            asked += usize::from(sync::ask_for_pull(tx, &scope, id, cause)?);
        }
    }
    Ok(asked)
}

/// Whether any pull is due now, without taking the write lock.
pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> Result<bool, Refusal> {
    for (id, organisation) in store::on(conn, VENDOR)? {
        let scope = Scope::<RunSyncs>::for_the_portal(organisation);
        let connection = connections::get(conn, &scope, id)?;
        if cadence(conn, id)?.due_at(&connection, now) <= now {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Keeps when a pull ended and from when on the next one asks, in the transaction of what it brought. `newest` is the
/// newest change among the notes that came; one in the future is taken for now, and the next question never asks from
/// earlier on than the last.
pub fn pulled(
    tx: &mut Tx<'_>,
    claim: &Claim,
    people: bool,
    newest: Option<NaiveDateTime>,
) -> Result<(), Refusal> {
    store::ensure_pulls(tx, claim.connection, NOTES_EVERY)?;
    let before = cadence(tx.conn, claim.connection)?.modified_since;
    let since = newest.map(|at| at.min(tx.now)).max(before);
    Ok(store::pulled(tx, claim.connection, people, since)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn people_come_with_every_pull_unless_they_are_read_more_seldom() {
        let now = at("2026-11-22T10:00:00");
        let each = Cadence { people_read_at: Some(now), ..Cadence::default() };
        assert!(each.people_due(Cause::Schedule, now));
        let seldom = Cadence { people_every: 120, ..each };
        assert!(!seldom.people_due(Cause::Schedule, now + TimeDelta::minutes(30)));
        assert!(seldom.people_due(Cause::Schedule, now + TimeDelta::minutes(120)));
        assert!(seldom.people_due(Cause::Hand, now));
    }

    #[test]
    fn the_next_question_asks_from_a_little_earlier_on() {
        let cadence = Cadence { modified_since: Some(at("2026-11-22T10:00:00")), ..Cadence::default() };
        assert_eq!(cadence.since(), Some(at("2026-11-22T09:55:00")));
        assert_eq!(Cadence::default().since(), None);
    }
}
