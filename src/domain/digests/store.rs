//! Rows of what relatives chose, and of letters that were written.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Choice, HowOften, read_muted, write_muted};
use crate::db::{Conn, Tx, both};
use crate::domain::access::Role;
use crate::domain::accounts::AccountState;
use crate::domain::letters::LetterState;
use crate::domain::schema::{accounts, digest_choices, digests, letters, memberships, relatives};
use crate::kit::ids::{AccountId, LetterId, OrganisationId};

/// Somebody whose morning has come.
pub struct Due {
    pub account: AccountId,
    pub name: String,
    pub email: String,
    pub state: AccountState,
    pub choice: Choice,
    pub since: NaiveDateTime,
}

type DueRow = (AccountId, String, String, AccountState, HowOften, String, NaiveDateTime);

pub fn due(conn: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Due>> {
    let rows: Vec<DueRow> = digest_choices::table
        .inner_join(accounts::table)
        .filter(digest_choices::next_at.le(now))
        .order((digest_choices::next_at, digest_choices::account_id))
        .limit(limit)
        .select((
            accounts::id,
            accounts::name,
            accounts::email,
            accounts::state,
            digest_choices::how_often,
            digest_choices::muted,
            digest_choices::since,
        ))
        .load(conn)?;
    let due = |(account, name, email, state, how_often, muted, since): DueRow| Due {
        account,
        name,
        email,
        state,
        choice: Choice { how_often, muted: read_muted(&muted) },
        since,
    };
    Ok(rows.into_iter().map(due).collect())
}

/// Relatives who have joined and of whom nothing is kept here yet.
pub fn without_choice(conn: &mut Conn, limit: i64) -> QueryResult<Vec<AccountId>> {
    let known = digest_choices::table.filter(digest_choices::account_id.eq(relatives::account_id));
    relatives::table
        .filter(relatives::ended_at.is_null())
        .filter(diesel::dsl::not(diesel::dsl::exists(known)))
        .select(relatives::account_id)
        .distinct()
        .limit(limit)
        .load(conn)
}

pub fn choice(conn: &mut Conn, account: AccountId) -> QueryResult<Option<Choice>> {
    let row: Option<(HowOften, String)> = digest_choices::table
        .find(account)
        .select((digest_choices::how_often, digest_choices::muted))
        .first(conn)
        .optional()?;
    Ok(row.map(|(how_often, muted)| Choice { how_often, muted: read_muted(&muted) }))
}

/// What happened before a choice is no news under it.
pub fn set_choice(
    tx: &mut Tx<'_>,
    account: AccountId,
    to: &Choice,
    next: Option<NaiveDateTime>,
) -> QueryResult<()> {
    let values = (
        digest_choices::how_often.eq(to.how_often),
        digest_choices::muted.eq(write_muted(&to.muted)),
        digest_choices::since.eq(tx.now),
        digest_choices::next_at.eq(next),
    );
    both(
        diesel::insert_into(digest_choices::table)
            .values((digest_choices::account_id.eq(account), values.clone()))
            .on_conflict(digest_choices::account_id)
            .do_update()
            .set(values),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn begin(tx: &mut Tx<'_>, account: AccountId, next: Option<NaiveDateTime>) -> QueryResult<()> {
    let row = (
        digest_choices::account_id.eq(account),
        digest_choices::how_often.eq(HowOften::Weekly),
        digest_choices::muted.eq(""),
        digest_choices::since.eq(tx.now),
        digest_choices::next_at.eq(next),
    );
    let insert = diesel::insert_into(digest_choices::table).values(row);
    both(insert.on_conflict(digest_choices::account_id).do_nothing()).execute(tx.conn).map(drop)
}

pub fn put_off(tx: &mut Tx<'_>, account: AccountId, next: Option<NaiveDateTime>) -> QueryResult<()> {
    diesel::update(digest_choices::table.find(account))
        .set(digest_choices::next_at.eq(next))
        .execute(tx.conn)
        .map(drop)
}

/// Until when each of them has been told; a letter that was taken back told nothing.
pub fn told_until(conn: &mut Conn, of: &[AccountId]) -> QueryResult<HashMap<AccountId, NaiveDateTime>> {
    let rows: Vec<(AccountId, Option<NaiveDateTime>)> = digests::table
        .left_join(letters::table)
        .filter(digests::account_id.eq_any(of.to_vec()))
        .filter(letters::state.nullable().is_null().or(letters::state.nullable().ne(LetterState::Withdrawn)))
        .group_by(digests::account_id)
        .select((digests::account_id, diesel::dsl::max(digests::told_until)))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(account, until)| Some((account, until?))).collect())
}

/// The new letter's row, or nothing if this morning's is written.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    morning: NaiveDate,
    token_hash: &str,
    stops_until: NaiveDateTime,
) -> QueryResult<Option<i64>> {
    let row = (
        digests::account_id.eq(account),
        digests::morning.eq(morning),
        digests::told_until.eq(tx.now),
        digests::token_hash.eq(token_hash),
        digests::stops_until.eq(stops_until),
    );
    let insert = diesel::insert_into(digests::table).values(row);
    let key = (digests::account_id, digests::morning);
    both(insert.on_conflict(key).do_nothing().returning(digests::id)).get_result(tx.conn).optional()
}

pub fn set_letter(tx: &mut Tx<'_>, digest: i64, letter: LetterId) -> QueryResult<()> {
    diesel::update(digests::table.find(digest)).set(digests::letter_id.eq(letter)).execute(tx.conn).map(drop)
}

/// Whom a link that still works was given to.
pub fn by_link(
    conn: &mut Conn,
    token_hash: &str,
    now: NaiveDateTime,
) -> QueryResult<Option<(AccountId, String)>> {
    digests::table
        .inner_join(accounts::table)
        .filter(digests::token_hash.eq(token_hash))
        .filter(digests::stops_until.gt(now))
        .select((accounts::id, accounts::name))
        .first(conn)
        .optional()
}

/// The organisations in which somebody is a relative.
pub fn relative_in(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<OrganisationId>> {
    memberships::table
        .filter(memberships::account_id.eq(account))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq(Role::Relative))
        .order(memberships::organisation_id)
        .select(memberships::organisation_id)
        .load(conn)
}

pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    diesel::delete(digests::table.filter(digests::stops_until.le(tx.now))).execute(tx.conn)
}
