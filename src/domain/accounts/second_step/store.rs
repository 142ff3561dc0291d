//! Rows of authenticators, recovery codes and half sign-ins.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::accounts::AccountState;
use crate::domain::accounts::store::Account;
use crate::domain::schema::{accounts, authenticators, half_sign_ins, recovery_codes, recovery_sheets};
use crate::kit::ids::AccountId;

#[derive(Queryable)]
pub struct Authenticator {
    pub id: i64,
    pub sealed: String,
    pub confirmed_at: Option<NaiveDateTime>,
}

#[derive(Queryable)]
pub struct Half {
    pub id: i64,
    pub address: String,
    pub device: String,
    pub browser_hash: String,
}

pub fn authenticator(conn: &mut Conn, account: AccountId) -> QueryResult<Option<Authenticator>> {
    authenticators::table
        .filter(authenticators::account_id.eq(account))
        .select((authenticators::id, authenticators::sealed, authenticators::confirmed_at))
        .first(conn)
        .optional()
}

/// In place of one that was begun before.
pub fn begin_authenticator(tx: &mut Tx<'_>, account: AccountId, sealed: &str) -> QueryResult<()> {
    remove_authenticator(tx, account)?;
    let row = (
        authenticators::account_id.eq(account),
        authenticators::sealed.eq(sealed),
        authenticators::created_at.eq(tx.now),
        authenticators::last_step.eq(0),
    );
    diesel::insert_into(authenticators::table).values(row).execute(tx.conn).map(drop)
}

pub fn confirm_authenticator(tx: &mut Tx<'_>, id: i64, step: i64) -> QueryResult<()> {
    diesel::update(authenticators::table.find(id))
        .set((authenticators::confirmed_at.eq(tx.now), authenticators::last_step.eq(step)))
        .execute(tx.conn)
        .map(drop)
}

/// Marks a step as used; `false` when it, or a later one, was used before.
pub fn use_step(tx: &mut Tx<'_>, id: i64, step: i64) -> QueryResult<bool> {
    diesel::update(authenticators::table.find(id))
        .filter(authenticators::last_step.lt(step))
        .set(authenticators::last_step.eq(step))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn remove_authenticator(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    diesel::delete(authenticators::table.filter(authenticators::account_id.eq(account))).execute(tx.conn)
}

/// Secrets that another key than the one whose values begin so has sealed.
pub fn not_sealed_by(
    conn: &mut Conn,
    beginning: &str,
    limit: i64,
) -> QueryResult<Vec<(i64, AccountId, String)>> {
    authenticators::table
        .filter(authenticators::sealed.not_like(format!("{beginning}%")))
        .order(authenticators::id)
        .limit(limit)
        .select((authenticators::id, authenticators::account_id, authenticators::sealed))
        .load(conn)
}

pub fn set_sealed(tx: &mut Tx<'_>, id: i64, sealed: &str) -> QueryResult<()> {
    diesel::update(authenticators::table.find(id))
        .set(authenticators::sealed.eq(sealed))
        .execute(tx.conn)
        .map(drop)
}

pub fn codes_left(conn: &mut Conn, account: AccountId) -> QueryResult<i64> {
    recovery_codes::table
        .filter(recovery_codes::account_id.eq(account))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(conn)
}

pub fn insert_code(tx: &mut Tx<'_>, account: AccountId, hash: &str) -> QueryResult<()> {
    let row = (
        recovery_codes::account_id.eq(account),
        recovery_codes::code_hash.eq(hash),
        recovery_codes::created_at.eq(tx.now),
    );
    diesel::insert_into(recovery_codes::table).values(row).execute(tx.conn).map(drop)
}

/// Marks a recovery code as used; `false` when it is none, or was used before.
pub fn use_code(tx: &mut Tx<'_>, account: AccountId, hash: &str) -> QueryResult<bool> {
    diesel::update(recovery_codes::table)
        .filter(recovery_codes::account_id.eq(account))
        .filter(recovery_codes::code_hash.eq(hash))
        .filter(recovery_codes::used_at.is_null())
        .set(recovery_codes::used_at.eq(tx.now))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn remove_codes(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::account_id.eq(account))).execute(tx.conn)
}

pub fn sheet(conn: &mut Conn, account: AccountId, since: NaiveDateTime) -> QueryResult<Option<String>> {
    recovery_sheets::table
        .filter(recovery_sheets::account_id.eq(account))
        .filter(recovery_sheets::created_at.gt(since))
        .select(recovery_sheets::sealed)
        .first(conn)
        .optional()
}

pub fn insert_sheet(tx: &mut Tx<'_>, account: AccountId, sealed: &str) -> QueryResult<()> {
    let row = (
        recovery_sheets::account_id.eq(account),
        recovery_sheets::sealed.eq(sealed),
        recovery_sheets::created_at.eq(tx.now),
    );
    diesel::insert_into(recovery_sheets::table).values(row).execute(tx.conn).map(drop)
}

pub fn remove_sheet(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    diesel::delete(recovery_sheets::table.filter(recovery_sheets::account_id.eq(account))).execute(tx.conn)
}

pub fn purge_sheets(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(recovery_sheets::table.filter(recovery_sheets::created_at.le(before))).execute(tx.conn)
}

/// A half sign-in under way, and whose it is.
pub fn half(conn: &mut Conn, token_hash: &str, now: NaiveDateTime) -> QueryResult<Option<(Half, Account)>> {
    half_sign_ins::table
        .inner_join(accounts::table)
        .filter(half_sign_ins::token_hash.eq(token_hash))
        .filter(half_sign_ins::ended_at.is_null())
        .filter(half_sign_ins::expires_at.gt(now))
        .filter(accounts::state.eq(AccountState::Active))
        .select((
            (half_sign_ins::id, half_sign_ins::address, half_sign_ins::device, half_sign_ins::browser_hash),
            Account::as_select(),
        ))
        .first(conn)
        .optional()
}

pub fn insert_half(
    tx: &mut Tx<'_>,
    account: AccountId,
    token_hash: &str,
    expires_at: NaiveDateTime,
    address: &str,
    device: &str,
    browser_hash: &str,
) -> QueryResult<()> {
    let row = (
        half_sign_ins::account_id.eq(account),
        half_sign_ins::token_hash.eq(token_hash),
        half_sign_ins::created_at.eq(tx.now),
        half_sign_ins::expires_at.eq(expires_at),
        half_sign_ins::address.eq(address),
        half_sign_ins::device.eq(device),
        half_sign_ins::browser_hash.eq(browser_hash),
    );
    diesel::insert_into(half_sign_ins::table).values(row).execute(tx.conn).map(drop)
}

pub fn end_half(tx: &mut Tx<'_>, id: i64) -> QueryResult<()> {
    diesel::update(half_sign_ins::table.find(id))
        .set(half_sign_ins::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

pub fn end_halves(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<()> {
    diesel::update(half_sign_ins::table)
        .filter(half_sign_ins::account_id.eq(account))
        .filter(half_sign_ins::ended_at.is_null())
        .set(half_sign_ins::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

pub fn purge_halves(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(half_sign_ins::table.filter(half_sign_ins::created_at.lt(before))).execute(tx.conn)
}
