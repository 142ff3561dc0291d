//! Every message to a vendor with its answer, in numbers: what the interoperability standard for social care asks to be
//! kept of all messages, acknowledgements included. Holds no person, no address and no key; what a message brought or
//! changed stands with the run, the entry or the audit event.

mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::access::{Scope, ViewIntegrations};
use super::refusal::Refusal;
use crate::connectors::Message;
use crate::db::{Conn, Tx};
use crate::kit::ids::{ConnectionId, TokenId};

/// How long messages are kept: as runs are.
const KEPT: TimeDelta = TimeDelta::days(396);

/// A message as a screen shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: i64,
    pub at: NaiveDateTime,
    /// `people`, `staff`, `services`, `entry`, `find_entry`, `tasks`, `task_note`.
    pub operation: String,
    pub status: Option<i32>,
    /// The name of the failure, or empty.
    pub failure: String,
    pub sent_bytes: i64,
    pub received_bytes: i64,
    pub took_ms: i64,
}

/// Keeps messages of connections that are here; says how many.
pub fn keep(tx: &mut Tx<'_>, messages: &[Message]) -> QueryResult<usize> {
    let mut tokens: Vec<TokenId> = messages.iter().filter_map(token).collect();
    tokens.sort_unstable();
    tokens.dedup();
    let connections = store::connections(tx.conn, &tokens)?;
    let mut kept = 0;
    for message in messages {
        let Some(connection) = token(message).and_then(|token| connections.get(&token)) else { continue };
        store::insert(tx, *connection, message)?;
        kept += 1;
    }
    Ok(kept)
}

fn token(message: &Message) -> Option<TokenId> {
    message.token.parse().ok().map(TokenId)
}

/// The messages of a connection, newest first, older than `before` where a page follows one.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<Kept>, Refusal> {
    super::connections::get(conn, scope, connection)?;
    Ok(store::list(conn, connection, before, most)?)
}

/// Removes those that have been kept long enough.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::remove_before(tx, tx.now - KEPT)
}
