//! Rows of accounts and activation links.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::AccountState;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::schema::{accounts, activations};
use crate::kit::ids::AccountId;

#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(Backend))]
pub struct Account {
    pub id: AccountId,
    /// With what they sign in: an address, or a name without `@` for somebody who has none.
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
    pub state: AccountState,
    /// Since when a second step is asked for.
    pub second_step_at: Option<NaiveDateTime>,
    /// The password is long enough only beside a second step.
    pub short_password: bool,
}

pub fn by_email(conn: &mut Conn, email: &str) -> QueryResult<Option<Account>> {
    accounts::table.filter(accounts::email.eq(email)).select(Account::as_select()).first(conn).optional()
}

pub fn by_id(conn: &mut Conn, id: AccountId) -> QueryResult<Option<Account>> {
    accounts::table.find(id).select(Account::as_select()).first(conn).optional()
}

pub fn insert(tx: &mut Tx<'_>, email: &str, name: &str) -> QueryResult<AccountId> {
    let row = (
        accounts::email.eq(email),
        accounts::name.eq(name),
        accounts::is_representative.eq(false),
        accounts::state.eq(AccountState::Invited),
        accounts::created_at.eq(tx.now),
    );
    let id: i64 =
        both(diesel::insert_into(accounts::table).values(row).returning(accounts::id)).get_result(tx.conn)?;
    Ok(AccountId(id))
}

pub fn make_representative(tx: &mut Tx<'_>, id: AccountId) -> QueryResult<()> {
    diesel::update(accounts::table.find(id))
        .set(accounts::is_representative.eq(true))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_password(tx: &mut Tx<'_>, id: AccountId, hash: &str) -> QueryResult<()> {
    diesel::update(accounts::table.find(id))
        .set((
            accounts::password_hash.eq(hash),
            accounts::password_changed_at.eq(tx.now),
            accounts::short_password.eq(false),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Notes that the password just set is long enough only beside a second step.
pub fn note_short_password(tx: &mut Tx<'_>, id: AccountId) -> QueryResult<()> {
    diesel::update(accounts::table.find(id)).set(accounts::short_password.eq(true)).execute(tx.conn).map(drop)
}

pub fn set_second_step(tx: &mut Tx<'_>, id: AccountId, since: Option<NaiveDateTime>) -> QueryResult<()> {
    diesel::update(accounts::table.find(id))
        .set(accounts::second_step_at.eq(since))
        .execute(tx.conn)
        .map(drop)
}

/// The same password, hashed with more work.
pub fn replace_hash(tx: &mut Tx<'_>, id: AccountId, hash: &str) -> QueryResult<()> {
    diesel::update(accounts::table.find(id)).set(accounts::password_hash.eq(hash)).execute(tx.conn).map(drop)
}

pub fn set_email(tx: &mut Tx<'_>, id: AccountId, email: &str) -> QueryResult<()> {
    diesel::update(accounts::table.find(id)).set(accounts::email.eq(email)).execute(tx.conn).map(drop)
}

pub fn set_state(tx: &mut Tx<'_>, id: AccountId, state: AccountState) -> QueryResult<()> {
    diesel::update(accounts::table.find(id)).set(accounts::state.eq(state)).execute(tx.conn).map(drop)
}

pub fn insert_activation(
    tx: &mut Tx<'_>,
    account: AccountId,
    token_hash: &str,
    expires_at: NaiveDateTime,
    invited_by: &str,
) -> QueryResult<()> {
    let row = (
        activations::invited_by.eq(invited_by),
        activations::account_id.eq(account),
        activations::token_hash.eq(token_hash),
        activations::created_at.eq(tx.now),
        activations::expires_at.eq(expires_at),
    );
    diesel::insert_into(activations::table).values(row).execute(tx.conn).map(drop)
}

/// Who sent the newest invitation; empty for the operator.
pub fn invited_by(conn: &mut Conn, account: AccountId) -> QueryResult<String> {
    let newest = activations::table
        .filter(activations::account_id.eq(account))
        .order(activations::id.desc())
        .select(activations::invited_by);
    newest.first(conn).optional().map(Option::unwrap_or_default)
}

/// Ends every link of the account that still works.
pub fn end_activations(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<()> {
    diesel::update(activations::table)
        .filter(activations::account_id.eq(account))
        .filter(activations::used_at.is_null())
        .filter(activations::expires_at.gt(tx.now))
        .set(activations::expires_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// The account of a link that works now.
pub fn activating(conn: &mut Conn, token_hash: &str, now: NaiveDateTime) -> QueryResult<Option<Account>> {
    activations::table
        .inner_join(accounts::table)
        .filter(activations::token_hash.eq(token_hash))
        .filter(activations::used_at.is_null())
        .filter(activations::expires_at.gt(now))
        .filter(accounts::state.eq(AccountState::Invited))
        .select(Account::as_select())
        .first(conn)
        .optional()
}

/// Whether a link or code was ever made, whatever became of it.
pub fn was_activation(conn: &mut Conn, token_hash: &str) -> QueryResult<bool> {
    let found = activations::table.filter(activations::token_hash.eq(token_hash));
    diesel::select(diesel::dsl::exists(found)).get_result(conn)
}

pub fn is_representative(conn: &mut Conn, id: AccountId) -> QueryResult<bool> {
    accounts::table.find(id).select(accounts::is_representative).first(conn)
}

/// Marks a link as used; `false` when somebody was first.
pub fn use_activation(tx: &mut Tx<'_>, token_hash: &str) -> QueryResult<bool> {
    diesel::update(activations::table)
        .filter(activations::token_hash.eq(token_hash))
        .filter(activations::used_at.is_null())
        .filter(activations::expires_at.gt(tx.now))
        .set(activations::used_at.eq(tx.now))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}
