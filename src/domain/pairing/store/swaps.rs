//! Rows of links that a swap ended, which its undoing brings back as they were.

use diesel::prelude::*;

use super::Live;
use crate::db::{Conn, Tx};
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::Kind;
use crate::domain::schema::pairings;
use crate::kit::ids::{ConnectionId, PairingId};

pub fn note_ended_with(tx: &mut Tx<'_>, pairing: PairingId, swap: &str) -> QueryResult<()> {
    diesel::update(pairings::table.find(pairing))
        .set(pairings::ended_with.eq(swap))
        .execute(tx.conn)
        .map(drop)
}

/// The links that a swap ended.
pub fn ended_with(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    swap: &str,
) -> QueryResult<Vec<Live>> {
    pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_with.eq(swap))
        .filter(pairings::ended_with.ne(""))
        .filter(pairings::ended_at.is_not_null())
        .order(pairings::id)
        .select(Live::as_select())
        .load(conn)
}

/// Brings back a link that a swap ended, with its rule and its proof.
pub fn revive(tx: &mut Tx<'_>, pairing: PairingId) -> QueryResult<()> {
    diesel::update(pairings::table.find(pairing))
        .set((
            pairings::ended_at.eq(None::<chrono::NaiveDateTime>),
            pairings::ended_by_name.eq(""),
            pairings::ended_because.eq(""),
            pairings::ended_with.eq(""),
        ))
        .execute(tx.conn)
        .map(drop)
}
