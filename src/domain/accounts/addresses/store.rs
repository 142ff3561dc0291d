//! Rows of changes of an e-mail address.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::EmailChange;
use crate::db::{Conn, Tx};
use crate::domain::accounts::AccountState;
use crate::domain::accounts::store::Account;
use crate::domain::schema::{accounts, email_changes};
use crate::kit::ids::AccountId;

#[derive(Queryable)]
pub struct Change {
    pub id: i64,
    pub new_email: String,
    pub account: Account,
}

impl From<Change> for EmailChange {
    fn from(change: Change) -> Self {
        Self { name: change.account.name, old: change.account.email, new: change.new_email }
    }
}

pub fn insert(
    tx: &mut Tx<'_>,
    account: &Account,
    new_email: &str,
    (token_hash, stop_hash): (&str, &str),
    expires_at: NaiveDateTime,
) -> QueryResult<()> {
    let row = (
        email_changes::account_id.eq(account.id),
        email_changes::old_email.eq(&account.email),
        email_changes::new_email.eq(new_email),
        email_changes::token_hash.eq(token_hash),
        email_changes::stop_hash.eq(stop_hash),
        email_changes::created_at.eq(tx.now),
        email_changes::expires_at.eq(expires_at),
    );
    diesel::insert_into(email_changes::table).values(row).execute(tx.conn).map(drop)
}

pub fn waiting(conn: &mut Conn, account: AccountId, now: NaiveDateTime) -> QueryResult<Option<String>> {
    email_changes::table
        .filter(email_changes::account_id.eq(account))
        .filter(email_changes::used_at.is_null())
        .filter(email_changes::expires_at.gt(now))
        .select(email_changes::new_email)
        .first(conn)
        .optional()
}

/// The change of the new address's link, while it waits.
pub fn by_token(conn: &mut Conn, hash: &str, now: NaiveDateTime) -> QueryResult<Option<Change>> {
    email_changes::table
        .inner_join(accounts::table)
        .filter(email_changes::token_hash.eq(hash))
        .filter(email_changes::used_at.is_null())
        .filter(email_changes::expires_at.gt(now))
        .filter(accounts::state.eq(AccountState::Active))
        .select((email_changes::id, email_changes::new_email, Account::as_select()))
        .first(conn)
        .optional()
}

/// The change of the old address's link, while it waits.
pub fn by_stop(conn: &mut Conn, hash: &str, now: NaiveDateTime) -> QueryResult<Option<Change>> {
    email_changes::table
        .inner_join(accounts::table)
        .filter(email_changes::stop_hash.eq(hash))
        .filter(email_changes::used_at.is_null())
        .filter(email_changes::expires_at.gt(now))
        .filter(accounts::state.eq(AccountState::Active))
        .select((email_changes::id, email_changes::new_email, Account::as_select()))
        .first(conn)
        .optional()
}

/// Marks a change as made or stopped; `false` when somebody was first.
pub fn use_up(tx: &mut Tx<'_>, id: i64) -> QueryResult<bool> {
    diesel::update(email_changes::table.find(id))
        .filter(email_changes::used_at.is_null())
        .set(email_changes::used_at.eq(tx.now))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn end(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<()> {
    diesel::update(email_changes::table)
        .filter(email_changes::account_id.eq(account))
        .filter(email_changes::used_at.is_null())
        .filter(email_changes::expires_at.gt(tx.now))
        .set(email_changes::expires_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

pub fn purge(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(email_changes::table.filter(email_changes::created_at.lt(before))).execute(tx.conn)
}
