//! The links of the morning letter.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::schema::{approval_links, organisations};
use crate::kit::ids::{AccountId, OrganisationId};

/// A link that works, and for whom.
#[derive(Debug, Clone, Queryable)]
pub struct Link {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub account: AccountId,
    pub written_at: NaiveDateTime,
}

pub fn link(conn: &mut Conn, token_hash: &str, now: NaiveDateTime) -> QueryResult<Option<Link>> {
    approval_links::table
        .inner_join(organisations::table)
        .filter(approval_links::token_hash.eq(token_hash))
        .filter(approval_links::expires_at.gt(now))
        .select((
            organisations::id,
            organisations::name,
            approval_links::account_id,
            approval_links::created_at,
        ))
        .first(conn)
        .optional()
}

pub fn insert_link(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    account: AccountId,
    token_hash: &str,
    expires_at: NaiveDateTime,
) -> QueryResult<()> {
    let row = (
        approval_links::organisation_id.eq(organisation),
        approval_links::account_id.eq(account),
        approval_links::token_hash.eq(token_hash),
        approval_links::created_at.eq(tx.now),
        approval_links::expires_at.eq(expires_at),
    );
    diesel::insert_into(approval_links::table).values(row).execute(tx.conn).map(drop)
}

pub fn purge_links(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(approval_links::table.filter(approval_links::created_at.lt(before))).execute(tx.conn)
}
