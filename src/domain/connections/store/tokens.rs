//! Rows of tokens that we issue and of keys that we receive.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx};
use crate::domain::schema::{connection_tokens as tokens, connections};
use crate::kit::ids::{ConnectionId, OrganisationId, TokenId};

/// One integration token as it lies in the database.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = tokens)]
#[diesel(check_for_backend(Backend))]
pub struct TokenRow {
    pub id: TokenId,
    pub connection_id: ConnectionId,
    pub label: String,
    pub sealed: Vec<u8>,
    pub ends_with: String,
    pub made_by_name: String,
    pub made_at: NaiveDateTime,
    pub replaces: Option<TokenId>,
    pub expires_at: Option<NaiveDateTime>,
    pub revoked_at: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
    pub valid_until: Option<NaiveDateTime>,
}

impl TokenRow {
    pub fn live(&self, now: NaiveDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|ends| ends > now)
    }
}

/// A token before it is sealed, which needs its own id.
pub struct NewToken<'t> {
    pub connection: ConnectionId,
    pub label: &'t str,
    pub token_hash: String,
    pub ends_with: String,
    pub made_by: &'t str,
    pub replaces: Option<TokenId>,
}

pub fn insert_token(tx: &mut Tx<'_>, token: &NewToken<'_>) -> QueryResult<TokenId> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::connection_id.eq(token.connection),
            tokens::label.eq(token.label),
            tokens::sealed.eq(Vec::<u8>::new()),
            tokens::token_hash.eq(&token.token_hash),
            tokens::ends_with.eq(&token.ends_with),
            tokens::made_by_name.eq(token.made_by),
            tokens::made_at.eq(tx.now),
            tokens::replaces.eq(token.replaces),
        ))
        .returning(tokens::id)
        .get_result(tx.conn)
}

pub fn set_sealed(tx: &mut Tx<'_>, token: TokenId, sealed: Vec<u8>) -> QueryResult<()> {
    diesel::update(tokens::table.find(token)).set(tokens::sealed.eq(sealed)).execute(tx.conn).map(drop)
}

pub fn token(conn: &mut Conn, token: TokenId) -> QueryResult<Option<TokenRow>> {
    tokens::table.find(token).select(TokenRow::as_select()).first(conn).optional()
}

/// Every token that was not revoked, ended ones included, oldest first.
pub fn tokens_of(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<TokenRow>> {
    tokens::table
        .filter(tokens::connection_id.eq(connection))
        .filter(tokens::revoked_at.is_null())
        .order(tokens::id)
        .select(TokenRow::as_select())
        .load(conn)
}

/// Any sealed values, newest first, to see whether the keys fit.
pub fn some_sealed(conn: &mut Conn, limit: i64) -> QueryResult<Vec<(TokenRow, OrganisationId)>> {
    tokens::table
        .inner_join(connections::table)
        .order(tokens::id.desc())
        .limit(limit)
        .select((TokenRow::as_select(), connections::organisation_id))
        .load(conn)
}

/// Sealed values in order of their ids, for the rotation of the sealing key.
pub fn sealed_after(
    conn: &mut Conn,
    after: TokenId,
    limit: i64,
) -> QueryResult<Vec<(TokenRow, OrganisationId)>> {
    tokens::table
        .inner_join(connections::table)
        .filter(tokens::id.gt(after))
        .order(tokens::id)
        .limit(limit)
        .select((TokenRow::as_select(), connections::organisation_id))
        .load(conn)
}

pub fn end_token(tx: &mut Tx<'_>, token: TokenId, ends: NaiveDateTime) -> QueryResult<()> {
    diesel::update(tokens::table.find(token)).set(tokens::expires_at.eq(ends)).execute(tx.conn).map(drop)
}

pub fn revoke_token(tx: &mut Tx<'_>, token: TokenId) -> QueryResult<()> {
    diesel::update(tokens::table.find(token)).set(tokens::revoked_at.eq(tx.now)).execute(tx.conn).map(drop)
}

pub fn revoke_all(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<usize> {
    diesel::update(tokens::table)
        .filter(tokens::connection_id.eq(connection))
        .filter(tokens::revoked_at.is_null())
        .set(tokens::revoked_at.eq(tx.now))
        .execute(tx.conn)
}

pub fn use_tokens(tx: &mut Tx<'_>, used: &[TokenId]) -> QueryResult<()> {
    diesel::update(tokens::table)
        .filter(tokens::id.eq_any(used.to_vec()))
        .set(tokens::last_used_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// Tokens that end between two moments, with their connections.
pub fn ending(
    conn: &mut Conn,
    after: NaiveDateTime,
    until: NaiveDateTime,
) -> QueryResult<Vec<(TokenRow, ConnectionId)>> {
    tokens::table
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.gt(after))
        .filter(tokens::expires_at.le(until))
        .order(tokens::id)
        .select((TokenRow::as_select(), tokens::connection_id))
        .load(conn)
}

/// The tokens of several connections that were not revoked, oldest first.
pub fn newest_of(conn: &mut Conn, of: &[ConnectionId]) -> QueryResult<Vec<TokenRow>> {
    tokens::table
        .filter(tokens::connection_id.eq_any(of.to_vec()))
        .filter(tokens::revoked_at.is_null())
        .order(tokens::id)
        .select(TokenRow::as_select())
        .load(conn)
}

pub fn set_valid_until(tx: &mut Tx<'_>, token: TokenId, until: NaiveDateTime) -> QueryResult<()> {
    diesel::update(tokens::table.find(token)).set(tokens::valid_until.eq(until)).execute(tx.conn).map(drop)
}

/// Keys that the vendor stops taking between two moments, as far as somebody said so.
pub fn running_out(
    conn: &mut Conn,
    after: NaiveDateTime,
    until: NaiveDateTime,
) -> QueryResult<Vec<TokenRow>> {
    tokens::table
        .inner_join(connections::table)
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::valid_until.gt(after))
        .filter(tokens::valid_until.le(until))
        .filter(connections::state.ne("off"))
        .order(tokens::id)
        .select(TokenRow::as_select())
        .load(conn)
}
