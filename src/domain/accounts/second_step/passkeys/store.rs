//! Rows of passkeys, and of those that were asked for.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::schema::{passkey_ceremonies, passkeys};
use crate::kit::ids::{AccountId, PasskeyId};

#[derive(Queryable)]
pub struct Row {
    pub id: i64,
    pub name: String,
    pub stored: String,
    pub created_at: NaiveDateTime,
    pub last_used_at: Option<NaiveDateTime>,
}

pub fn of_account(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<Row>> {
    passkeys::table
        .filter(passkeys::account_id.eq(account))
        .order(passkeys::id)
        .select((
            passkeys::id,
            passkeys::name,
            passkeys::stored,
            passkeys::created_at,
            passkeys::last_used_at,
        ))
        .load(conn)
}

/// Somebody has this passkey, whoever it is.
pub fn is_known(conn: &mut Conn, hash: &str) -> QueryResult<bool> {
    let these = passkeys::table.filter(passkeys::credential_hash.eq(hash));
    these.count().get_result::<i64>(conn).map(|many| many > 0)
}

pub fn insert(tx: &mut Tx<'_>, account: AccountId, name: &str, hash: &str, stored: &str) -> QueryResult<()> {
    let row = (
        passkeys::account_id.eq(account),
        passkeys::name.eq(name),
        passkeys::credential_hash.eq(hash),
        passkeys::stored.eq(stored),
        passkeys::counter.eq(0),
        passkeys::created_at.eq(tx.now),
    );
    diesel::insert_into(passkeys::table).values(row).execute(tx.conn).map(drop)
}

/// The account's passkey of that hash, with what it had counted.
pub fn by_hash(conn: &mut Conn, account: AccountId, hash: &str) -> QueryResult<Option<(i64, i64)>> {
    passkeys::table
        .filter(passkeys::account_id.eq(account))
        .filter(passkeys::credential_hash.eq(hash))
        .select((passkeys::id, passkeys::counter))
        .first(conn)
        .optional()
}

pub fn used(tx: &mut Tx<'_>, id: i64, counter: i64) -> QueryResult<()> {
    diesel::update(passkeys::table.find(id))
        .set((passkeys::counter.eq(counter), passkeys::last_used_at.eq(tx.now)))
        .execute(tx.conn)
        .map(drop)
}

pub fn rename(tx: &mut Tx<'_>, account: AccountId, id: PasskeyId, name: &str) -> QueryResult<bool> {
    diesel::update(passkeys::table.find(id.0))
        .filter(passkeys::account_id.eq(account))
        .set(passkeys::name.eq(name))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn remove(tx: &mut Tx<'_>, account: AccountId, id: PasskeyId) -> QueryResult<bool> {
    diesel::delete(passkeys::table.find(id.0).filter(passkeys::account_id.eq(account)))
        .execute(tx.conn)
        .map(|gone| gone == 1)
}

pub fn remove_all(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    diesel::delete(passkeys::table.filter(passkeys::account_id.eq(account))).execute(tx.conn)
}

/// Whose passkey has that hash: what is stored of it.
pub fn owner(conn: &mut Conn, hash: &str) -> QueryResult<Option<(AccountId, String)>> {
    passkeys::table
        .filter(passkeys::credential_hash.eq(hash))
        .select((passkeys::account_id, passkeys::stored))
        .first(conn)
        .optional()
}

/// In place of what the holder was asked before. The account is not known yet where a passkey is to say it.
pub fn put_ceremony(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
    holder: &str,
    sealed: &str,
    expires_at: NaiveDateTime,
) -> QueryResult<()> {
    let before = passkey_ceremonies::table.filter(passkey_ceremonies::holder.eq(holder));
    diesel::delete(before).execute(tx.conn)?;
    let row = (
        passkey_ceremonies::account_id.eq(account),
        passkey_ceremonies::holder.eq(holder),
        passkey_ceremonies::sealed.eq(sealed),
        passkey_ceremonies::created_at.eq(tx.now),
        passkey_ceremonies::expires_at.eq(expires_at),
    );
    diesel::insert_into(passkey_ceremonies::table).values(row).execute(tx.conn).map(drop)
}

/// What the holder was asked, once: it is gone after that.
pub fn take_ceremony(tx: &mut Tx<'_>, holder: &str) -> QueryResult<Option<String>> {
    let found: Option<(i64, String)> = passkey_ceremonies::table
        .filter(passkey_ceremonies::holder.eq(holder))
        .filter(passkey_ceremonies::expires_at.gt(tx.now))
        .select((passkey_ceremonies::id, passkey_ceremonies::sealed))
        .first(tx.conn)
        .optional()?;
    let Some((id, sealed)) = found else { return Ok(None) };
    let gone = diesel::delete(passkey_ceremonies::table.find(id)).execute(tx.conn)?;
    Ok((gone == 1).then_some(sealed))
}

pub fn end_ceremonies(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    diesel::delete(passkey_ceremonies::table.filter(passkey_ceremonies::account_id.eq(account)))
        .execute(tx.conn)
}

pub fn purge_ceremonies(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(passkey_ceremonies::table.filter(passkey_ceremonies::created_at.lt(before)))
        .execute(tx.conn)
}
