//! Requests that may be sent again: what was answered is kept for a day, in the transaction of what it made.
//!
//! Only what was done is kept. A request that was refused has made nothing, and is looked at anew when it is sent again.

use chrono::{NaiveDateTime, TimeDelta};

use super::{Client, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;

/// How long an answer is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// What is known of a name that a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recalled {
    /// Nothing: the request is done now.
    New,
    /// The same request was answered so.
    Answered { status: u16, body: String },
    /// Another request carried it.
    Another,
}

/// Looks whether a request was answered before; inside the write that would do it, where no other is under way.
pub fn recall(
    conn: &mut Conn,
    client: &Client,
    (name, hash): (&str, &str),
    now: NaiveDateTime,
) -> Result<Recalled, Refusal> {
    let Some((kept, status, body)) = store::answered(conn, client.id, name, now - KEPT_FOR)? else {
        return Ok(Recalled::New);
    };
    if kept != hash {
        return Ok(Recalled::Another);
    }
    let status = u16::try_from(status).map_err(|cause| Refusal::Broken(cause.to_string()))?;
    Ok(Recalled::Answered { status, body })
}

/// Keeps an answer, with what it made.
pub fn keep(
    tx: &mut Tx<'_>,
    client: &Client,
    (name, hash): (&str, &str),
    (status, body): (u16, &str),
) -> Result<(), Refusal> {
    Ok(store::keep_answer(tx, client.id, name, (hash, i32::from(status), body))?)
}

/// Forgets the answers that are a day old.
pub fn purge(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    Ok(store::purge_answers(tx, tx.now - KEPT_FOR)?)
}
