//! Rows of links to a new password, and of requests for one.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::accounts::AccountState;
use crate::domain::accounts::store::Account;
use crate::domain::schema::{accounts, reset_requests, resets};
use crate::kit::ids::AccountId;

#[derive(Queryable)]
pub struct Request {
    pub id: i64,
    pub email: String,
    pub address: String,
}

pub fn ask(tx: &mut Tx<'_>, email: &str, address: &str) -> QueryResult<()> {
    let row =
        (reset_requests::email.eq(email), reset_requests::address.eq(address), reset_requests::at.eq(tx.now));
    diesel::insert_into(reset_requests::table).values(row).execute(tx.conn).map(drop)
}

pub fn waiting(conn: &mut Conn, limit: i64) -> QueryResult<Vec<Request>> {
    reset_requests::table
        .order(reset_requests::id)
        .limit(limit)
        .select((reset_requests::id, reset_requests::email, reset_requests::address))
        .load(conn)
}

pub fn answered(tx: &mut Tx<'_>, id: i64) -> QueryResult<()> {
    diesel::delete(reset_requests::table.find(id)).execute(tx.conn).map(drop)
}

pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    token_hash: &str,
    expires_at: NaiveDateTime,
) -> QueryResult<()> {
    let row = (
        resets::account_id.eq(account),
        resets::token_hash.eq(token_hash),
        resets::created_at.eq(tx.now),
        resets::expires_at.eq(expires_at),
    );
    diesel::insert_into(resets::table).values(row).execute(tx.conn).map(drop)
}

/// The account of a link that works now.
pub fn resetting(conn: &mut Conn, token_hash: &str, now: NaiveDateTime) -> QueryResult<Option<Account>> {
    resets::table
        .inner_join(accounts::table)
        .filter(resets::token_hash.eq(token_hash))
        .filter(resets::used_at.is_null())
        .filter(resets::expires_at.gt(now))
        .filter(accounts::state.eq(AccountState::Active))
        .select(Account::as_select())
        .first(conn)
        .optional()
}

/// Marks a link as used; `false` when somebody was first.
pub fn use_link(tx: &mut Tx<'_>, token_hash: &str) -> QueryResult<bool> {
    diesel::update(resets::table)
        .filter(resets::token_hash.eq(token_hash))
        .filter(resets::used_at.is_null())
        .filter(resets::expires_at.gt(tx.now))
        .set(resets::used_at.eq(tx.now))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn end(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<()> {
    diesel::update(resets::table)
        .filter(resets::account_id.eq(account))
        .filter(resets::used_at.is_null())
        .filter(resets::expires_at.gt(tx.now))
        .set(resets::expires_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

pub fn purge(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(resets::table.filter(resets::created_at.lt(before))).execute(tx.conn)
}

pub fn was_issued(conn: &mut Conn, token_hash: &str) -> QueryResult<bool> {
    let found = resets::table.filter(resets::token_hash.eq(token_hash));
    diesel::select(diesel::dsl::exists(found)).get_result(conn)
}
