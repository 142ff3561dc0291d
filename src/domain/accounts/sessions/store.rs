//! Rows of sessions.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::SignedIn;
use crate::db::{Conn, Tx, both};
use crate::domain::accounts::AccountState;
use crate::domain::schema::{accounts, sessions, shared_devices, shared_sessions};
use crate::kit::ids::{AccountId, OrganisationId, SessionId};

#[derive(Queryable)]
pub struct Session {
    pub id: SessionId,
    pub created_at: NaiveDateTime,
    pub last_used_at: NaiveDateTime,
    pub confirmed_at: NaiveDateTime,
    pub account_id: AccountId,
    pub name: String,
    pub email: String,
    pub state: AccountState,
    pub is_representative: bool,
    pub second_step_at: Option<NaiveDateTime>,
    /// Whose shared device it is on, if a PIN began it.
    pub shared_by: Option<OrganisationId>,
}

pub fn by_token(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Session>> {
    sessions::table
        .inner_join(accounts::table)
        // One after the other: a join of the two would be made of all shared sessions first.
        .left_join(shared_sessions::table)
        .left_join(shared_devices::table.on(shared_devices::id.eq(shared_sessions::device_id)))
        .filter(sessions::token_hash.eq(token_hash))
        .filter(sessions::ended_at.is_null())
        .select((
            sessions::id,
            sessions::created_at,
            sessions::last_used_at,
            sessions::confirmed_at,
            accounts::id,
            accounts::name,
            accounts::email,
            accounts::state,
            accounts::is_representative,
            accounts::second_step_at,
            shared_devices::organisation_id.nullable(),
        ))
        .first(conn)
        .optional()
}

pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    token_hash: &str,
    address: &str,
    device: &str,
) -> QueryResult<SessionId> {
    let row = (
        sessions::token_hash.eq(token_hash),
        sessions::account_id.eq(account),
        sessions::created_at.eq(tx.now),
        sessions::last_used_at.eq(tx.now),
        sessions::confirmed_at.eq(tx.now),
        sessions::address.eq(address),
        sessions::device.eq(device),
    );
    let id: i64 =
        both(diesel::insert_into(sessions::table).values(row).returning(sessions::id)).get_result(tx.conn)?;
    Ok(SessionId(id))
}

pub fn touch(tx: &mut Tx<'_>, session: SessionId) -> QueryResult<()> {
    diesel::update(sessions::table.find(session))
        .filter(sessions::ended_at.is_null())
        .set(sessions::last_used_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// A new token for a session whose password was typed again; `false` when the session has ended.
pub fn renew(tx: &mut Tx<'_>, session: SessionId, token_hash: &str) -> QueryResult<bool> {
    diesel::update(sessions::table.find(session))
        .filter(sessions::ended_at.is_null())
        .set((
            sessions::token_hash.eq(token_hash),
            sessions::confirmed_at.eq(tx.now),
            sessions::last_used_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

/// Sessions that have not been ended and began after `since`, the last used first.
pub fn of_account(conn: &mut Conn, account: AccountId, since: NaiveDateTime) -> QueryResult<Vec<SignedIn>> {
    sessions::table
        .filter(sessions::account_id.eq(account))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::created_at.gt(since))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .select((sessions::id, sessions::device, sessions::created_at, sessions::last_used_at))
        .load(conn)
}

/// Ends one session of an account; the number of sessions that were ended.
pub fn end(tx: &mut Tx<'_>, account: AccountId, session: SessionId) -> QueryResult<usize> {
    diesel::update(sessions::table.find(session))
        .filter(sessions::account_id.eq(account))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(tx.now))
        .execute(tx.conn)
}

/// Ends all sessions of an account but `keep`.
pub fn end_all(tx: &mut Tx<'_>, account: AccountId, keep: Option<SessionId>) -> QueryResult<usize> {
    // No session has the number 0.
    let keep = keep.unwrap_or(SessionId(0));
    diesel::update(sessions::table)
        .filter(sessions::account_id.eq(account))
        .filter(sessions::id.ne(keep))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(tx.now))
        .execute(tx.conn)
}

/// Deletes sessions that were ended, or began, before `before`.
pub fn purge(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    let old = sessions::created_at.lt(before).or(sessions::ended_at.lt(before).assume_not_null());
    diesel::delete(sessions::table.filter(old)).execute(tx.conn)
}
