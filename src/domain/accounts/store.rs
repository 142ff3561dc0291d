//! Rows of accounts, sessions and memberships.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::AccountState;
use crate::db::{Backend, Conn, Tx};
use crate::domain::access::{Membership, Permission, Role};
use crate::domain::schema::{accounts, membership_places, memberships, organisations, sessions};
use crate::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId, SessionId};

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
}

pub fn session(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Session>> {
    sessions::table
        .inner_join(accounts::table)
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
        ))
        .first(conn)
        .optional()
}

pub fn touch(tx: &mut Tx<'_>, session: SessionId) -> QueryResult<()> {
    diesel::update(sessions::table.find(session))
        .filter(sessions::ended_at.is_null())
        .set(sessions::last_used_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

#[derive(Queryable, Selectable)]
#[diesel(check_for_backend(Backend))]
#[diesel(table_name = memberships)]
struct MembershipRow {
    id: MembershipId,
    organisation_id: OrganisationId,
    role: Role,
    permissions: String,
}

pub fn memberships(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<Membership>> {
    let rows: Vec<(MembershipRow, (String, String))> = memberships::table
        .inner_join(organisations::table)
        .filter(memberships::account_id.eq(account))
        .filter(memberships::ended_at.is_null())
        .order(memberships::id)
        .select((MembershipRow::as_select(), (organisations::name, organisations::time_zone)))
        .load(conn)?;
    let mut found = Vec::with_capacity(rows.len());
    for (row, (organisation_name, time_zone)) in rows {
        // Only staff are narrowed to places, so only they cost a second query.
        let places = if row.role == Role::Staff { assigned(conn, row.id)? } else { Vec::new() };
        found.push(Membership {
            id: row.id,
            organisation: row.organisation_id,
            organisation_name,
            time_zone,
            role: row.role,
            permissions: Permission::read(row.role, &row.permissions),
            places,
        });
    }
    Ok(found)
}

fn assigned(conn: &mut Conn, membership: MembershipId) -> QueryResult<Vec<PlaceId>> {
    membership_places::table
        .filter(membership_places::membership_id.eq(membership))
        .order(membership_places::place_id)
        .select(membership_places::place_id)
        .load(conn)
}

#[derive(Queryable)]
pub struct Member {
    pub name: String,
    pub role: Role,
    pub permissions: String,
}

pub fn members_with_roles(
    conn: &mut Conn,
    organisation: OrganisationId,
    roles: &[Role],
) -> QueryResult<Vec<Member>> {
    memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq_any(roles.to_vec()))
        .filter(accounts::state.eq(AccountState::Active))
        .order((memberships::role.desc(), accounts::name))
        .select((accounts::name, memberships::role, memberships::permissions))
        .load(conn)
}
