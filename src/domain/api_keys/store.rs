//! Rows of keys, and of what was answered to requests that may be sent again.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::{Key, KeyScope, Mode};
use crate::db::{Conn, Tx, both};
use crate::domain::schema::{api_keys as keys, idempotency_keys as repeats};
use crate::kit::ids::{ApiKeyId, OrganisationId};

pub struct NewRow<'a> {
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub name: &'a str,
    pub key_hash: String,
    pub key_end: String,
    pub scopes: String,
    pub made_by: &'a str,
}

/// A key as a request needs it.
pub struct Shown {
    pub id: ApiKeyId,
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub name: String,
    pub scopes: String,
    pub last_used_at: Option<NaiveDateTime>,
}

type Row = (ApiKeyId, String, Mode, String, String, String, NaiveDateTime, Option<NaiveDateTime>);

pub fn list(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Key>> {
    let rows: Vec<Row> = keys::table
        .filter(keys::organisation_id.eq(organisation))
        .filter(keys::revoked_at.is_null())
        .order((keys::name, keys::id))
        .select((
            keys::id,
            keys::name,
            keys::mode,
            keys::scopes,
            keys::key_end,
            keys::made_by_name,
            keys::created_at,
            keys::last_used_at,
        ))
        .load(conn)?;
    let key = |(id, name, mode, scopes, key_end, made_by, made_at, last_used_at): Row| Key {
        id,
        name,
        mode,
        scopes: KeyScope::read(&scopes),
        key_end,
        made_by,
        made_at,
        last_used_at,
    };
    Ok(rows.into_iter().map(key).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &NewRow<'_>) -> QueryResult<ApiKeyId> {
    both(
        diesel::insert_into(keys::table)
            .values((
                keys::organisation_id.eq(new.organisation),
                keys::mode.eq(new.mode),
                keys::name.eq(new.name),
                keys::key_hash.eq(&new.key_hash),
                keys::key_end.eq(&new.key_end),
                keys::scopes.eq(&new.scopes),
                keys::made_by_name.eq(new.made_by),
                keys::created_at.eq(tx.now),
            ))
            .returning(keys::id),
    )
    .get_result(tx.conn)
}

pub fn revoke(tx: &mut Tx<'_>, id: ApiKeyId) -> QueryResult<()> {
    diesel::update(keys::table.find(id)).set(keys::revoked_at.eq(tx.now)).execute(tx.conn).map(drop)
}

/// Whose key it is, if it works.
pub fn by_hash(conn: &mut Conn, key_hash: &str) -> QueryResult<Option<Shown>> {
    let found: Option<(ApiKeyId, OrganisationId, Mode, String, String, Option<NaiveDateTime>)> = keys::table
        .filter(keys::key_hash.eq(key_hash))
        .filter(keys::revoked_at.is_null())
        .select((keys::id, keys::organisation_id, keys::mode, keys::name, keys::scopes, keys::last_used_at))
        .first(conn)
        .optional()?;
    Ok(found.map(|(id, organisation, mode, name, scopes, last_used_at)| Shown {
        id,
        organisation,
        mode,
        name,
        scopes,
        last_used_at,
    }))
}

pub fn is_live(conn: &mut Conn, id: ApiKeyId) -> QueryResult<bool> {
    diesel::select(exists(keys::table.find(id).filter(keys::revoked_at.is_null()))).get_result(conn)
}

pub fn touch(tx: &mut Tx<'_>, id: ApiKeyId, before: NaiveDateTime) -> QueryResult<()> {
    diesel::update(keys::table.find(id))
        .filter(keys::last_used_at.is_null().or(keys::last_used_at.le(before)))
        .set(keys::last_used_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// What was answered: the request's hash, the status and the body.
pub type Answered = (String, i32, String);

pub fn answered(
    conn: &mut Conn,
    key: ApiKeyId,
    name: &str,
    since: NaiveDateTime,
) -> QueryResult<Option<Answered>> {
    repeats::table
        .filter(repeats::api_key_id.eq(key))
        .filter(repeats::name.eq(name))
        .filter(repeats::created_at.gt(since))
        .select((repeats::request_hash, repeats::status, repeats::body))
        .first(conn)
        .optional()
}

pub fn keep_answer(
    tx: &mut Tx<'_>,
    key: ApiKeyId,
    name: &str,
    (hash, status, body): (&str, i32, &str),
) -> QueryResult<()> {
    // An answer of the same name is one that has served its time.
    let old = repeats::table.filter(repeats::api_key_id.eq(key)).filter(repeats::name.eq(name));
    diesel::delete(old).execute(tx.conn)?;
    diesel::insert_into(repeats::table)
        .values((
            repeats::api_key_id.eq(key),
            repeats::name.eq(name),
            repeats::request_hash.eq(hash),
            repeats::status.eq(status),
            repeats::body.eq(body),
            repeats::created_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn purge_answers(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(repeats::table.filter(repeats::created_at.le(before))).execute(tx.conn)
}
