//! Rows of messages.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Kept;
use crate::connectors::Message;
use crate::db::{Conn, Tx};
use crate::domain::schema::{connection_tokens as tokens, vendor_messages as messages};
use crate::kit::ids::{ConnectionId, TokenId};

/// Rows removed in one go, so that the writers' lock is not held for long.
const AT_ONCE: i64 = 5_000;

pub fn connections(conn: &mut Conn, ids: &[TokenId]) -> QueryResult<HashMap<TokenId, ConnectionId>> {
    let rows: Vec<(TokenId, ConnectionId)> = tokens::table
        .filter(tokens::id.eq_any(ids.to_vec()))
        .select((tokens::id, tokens::connection_id))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

pub fn insert(tx: &mut Tx<'_>, connection: ConnectionId, message: &Message) -> QueryResult<()> {
    let number = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    diesel::insert_into(messages::table)
        .values((
            messages::connection_id.eq(connection),
            messages::at.eq(tx.now),
            messages::operation.eq(message.operation),
            messages::status.eq(message.status.map(i32::from)),
            messages::failure.eq(message.failure.map_or("", |kind| kind.id())),
            messages::sent_bytes.eq(number(message.sent)),
            messages::received_bytes.eq(number(message.received)),
            messages::took_ms.eq(i64::try_from(message.took.as_millis()).unwrap_or(i64::MAX)),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn list(
    conn: &mut Conn,
    connection: ConnectionId,
    before: Option<i64>,
    most: i64,
) -> QueryResult<Vec<Kept>> {
    type Row = (i64, NaiveDateTime, String, Option<i32>, String, i64, i64, i64);
    let mut wanted = messages::table.filter(messages::connection_id.eq(connection)).into_boxed();
    if let Some(before) = before {
        wanted = wanted.filter(messages::id.lt(before));
    }
    let rows: Vec<Row> = wanted
        .order(messages::id.desc())
        .limit(most)
        .select((
            messages::id,
            messages::at,
            messages::operation,
            messages::status,
            messages::failure,
            messages::sent_bytes,
            messages::received_bytes,
            messages::took_ms,
        ))
        .load(conn)?;
    let kept = |(id, at, operation, status, failure, sent_bytes, received_bytes, took_ms)| Kept {
        id,
        at,
        operation,
        status,
        failure,
        sent_bytes,
        received_bytes,
        took_ms,
    };
    Ok(rows.into_iter().map(kept).collect())
}

pub fn remove_before(tx: &mut Tx<'_>, when: NaiveDateTime) -> QueryResult<usize> {
    let old: Vec<i64> = messages::table
        .filter(messages::at.lt(when))
        .order(messages::id)
        .limit(AT_ONCE)
        .select(messages::id)
        .load(tx.conn)?;
    diesel::delete(messages::table.filter(messages::id.eq_any(old))).execute(tx.conn)
}
