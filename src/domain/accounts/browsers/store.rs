//! Rows of known browsers.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::schema::known_browsers;
use crate::kit::ids::AccountId;

/// Whether the browser is known; its time is written down anew.
pub fn see_again(tx: &mut Tx<'_>, account: AccountId, browser_hash: &str) -> QueryResult<bool> {
    diesel::update(known_browsers::table)
        .filter(known_browsers::account_id.eq(account))
        .filter(known_browsers::browser_hash.eq(browser_hash))
        .set(known_browsers::last_seen_at.eq(tx.now))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn any(conn: &mut Conn, account: AccountId) -> QueryResult<bool> {
    let one = known_browsers::table.filter(known_browsers::account_id.eq(account)).select(known_browsers::id);
    one.first::<i64>(conn).optional().map(|found| found.is_some())
}

pub fn insert(tx: &mut Tx<'_>, account: AccountId, browser_hash: &str) -> QueryResult<()> {
    let row = (
        known_browsers::account_id.eq(account),
        known_browsers::browser_hash.eq(browser_hash),
        known_browsers::last_seen_at.eq(tx.now),
    );
    diesel::insert_into(known_browsers::table).values(row).execute(tx.conn).map(drop)
}

pub fn purge(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(known_browsers::table.filter(known_browsers::last_seen_at.lt(before))).execute(tx.conn)
}
