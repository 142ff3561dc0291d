//! Forms that make something, each once: a page makes a random key with its form, and what came of the form is kept
//! under that key, in the transaction that made it. The same form again, by a double click, a reload or a second tab,
//! leads to what it made the first time.
//!
//! A write transaction is the only one at its time, so that of two at once the second finds the first. Keys are of one
//! organisation. Deliberately compares nothing that was typed, and a form without a key is a new one each time.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::Refusal;
use super::access::{Right, Scope};
use super::schema::sent_forms;
use crate::db::{Conn, Tx, text_enum};
use crate::kit::secret::fingerprint;

/// A page that is older than this and is sent again makes something new.
const KEPT: TimeDelta = TimeDelta::days(30);

/// What a person reads who sent a form again.
pub const ALREADY: &str = "This was booked already.";

text_enum! {
    /// What a form makes.
    pub enum Makes {
        Visit = "visit",
        VisitSeries = "visit series",
        BookedVisit = "booked visit",
        Appointment = "appointment",
    }
}

/// What came of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Once<T> {
    /// It was made now.
    Now(T),
    /// The same form had made it before; nothing was changed.
    Before(T),
}

/// The number of what a form has made, if it was sent before.
///
/// # Errors
/// `Overtaken` where it made something else.
pub fn made<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    (makes, key): (Makes, &str),
) -> Result<Option<i64>, Refusal> {
    if key.is_empty() {
        return Ok(None);
    }
    let found: Option<(Makes, i64)> = sent_forms::table
        .filter(sent_forms::organisation_id.eq(scope.organisation()))
        .filter(sent_forms::form_key.eq(fingerprint(key)))
        .select((sent_forms::made, sent_forms::made_id))
        .first(conn)
        .optional()?;
    match found {
        Some((what, _)) if what != makes => {
            Err(Refusal::overtaken("This form was sent already. Open a new one to book more."))
        }
        found => Ok(found.map(|(_, id)| id)),
    }
}

/// Keeps what a form has made.
pub fn keep<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    (makes, key): (Makes, &str),
    id: i64,
) -> QueryResult<()> {
    if key.is_empty() {
        return Ok(());
    }
    diesel::insert_into(sent_forms::table)
        .values((
            sent_forms::organisation_id.eq(scope.organisation()),
            sent_forms::form_key.eq(fingerprint(key)),
            sent_forms::made.eq(makes),
            sent_forms::made_id.eq(id),
            sent_forms::created_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Removes the keys of pages that are older than a month.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    let before = tx.now - KEPT;
    diesel::delete(sent_forms::table.filter(sent_forms::created_at.lt(before))).execute(tx.conn)
}
