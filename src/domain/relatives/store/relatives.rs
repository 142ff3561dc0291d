//! Rows of relatives: as the home sees them, and as they see themselves.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::access::{Permission, Role};
use crate::domain::accounts::AccountState;
use crate::domain::relatives::Change;
use crate::domain::residents::ResidentState;
use crate::domain::schema::{
    accounts, audit_events, memberships, organisations, places, relatives, residents,
};
use crate::kit::ids::{AccountId, OrganisationId, RelativeId, ResidentId};

/// A relative as the home sees them.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Relative {
    pub id: RelativeId,
    pub account: AccountId,
    pub name: String,
    pub email: String,
    pub account_state: AccountState,
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    /// As stored: `activities,photos`.
    pub topics: String,
    /// The home has not confirmed them yet.
    pub waiting: bool,
    pub since: NaiveDateTime,
}

pub fn relatives(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
) -> QueryResult<Vec<Relative>> {
    relatives::table
        .inner_join(accounts::table)
        .inner_join(residents::table)
        .filter(residents::organisation_id.eq(organisation))
        .filter(relatives::resident_id.eq(resident))
        .filter(relatives::ended_at.is_null())
        .order((accounts::name, relatives::id))
        .select((
            relatives::id,
            accounts::id,
            accounts::name,
            accounts::email,
            accounts::state,
            relatives::relationship,
            relatives::branch,
            relatives::is_primary,
            relatives::topics,
            relatives::waiting,
            relatives::created_at,
        ))
        .load(conn)
}

pub fn live_relative(
    conn: &mut Conn,
    resident: ResidentId,
    account: AccountId,
) -> QueryResult<Option<RelativeId>> {
    relatives::table
        .filter(relatives::resident_id.eq(resident))
        .filter(relatives::account_id.eq(account))
        .filter(relatives::ended_at.is_null())
        .select(relatives::id)
        .first(conn)
        .optional()
}

pub fn change_relative(tx: &mut Tx<'_>, id: RelativeId, to: &Change, topics: &str) -> QueryResult<()> {
    diesel::update(relatives::table.find(id))
        .set((
            relatives::relationship.eq(&to.relationship),
            relatives::branch.eq(&to.branch),
            relatives::is_primary.eq(to.is_primary),
            relatives::topics.eq(topics),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// What the invitation promised, on the row that the account's relation is.
pub fn set_joined(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    account: AccountId,
    branch: &str,
    is_primary: bool,
    topics: &str,
    waiting: bool,
) -> QueryResult<()> {
    diesel::update(relatives::table)
        .filter(relatives::resident_id.eq(resident))
        .filter(relatives::account_id.eq(account))
        .filter(relatives::ended_at.is_null())
        .set((
            relatives::branch.eq(branch),
            relatives::is_primary.eq(is_primary),
            relatives::topics.eq(topics),
            relatives::waiting.eq(waiting),
            relatives::created_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Says whether they were waiting.
pub fn confirm_relative(tx: &mut Tx<'_>, id: RelativeId) -> QueryResult<bool> {
    diesel::update(relatives::table.find(id))
        .filter(relatives::waiting.eq(true))
        .filter(relatives::ended_at.is_null())
        .set(relatives::waiting.eq(false))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

/// One resident of a relative's, with what their page needs.
#[derive(Clone, Debug, Queryable)]
pub struct FamilyRow {
    pub id: RelativeId,
    pub account: AccountId,
    pub resident: ResidentId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub time_zone: String,
    pub first_name: String,
    pub last_name: String,
    pub preferred_name: String,
    pub state: ResidentState,
    pub home_name: String,
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    pub topics: String,
    pub waiting: bool,
    pub since: NaiveDateTime,
}

/// Whose relative an account is, in organisations of which it is a member as such; `only` narrows to one.
pub fn family(conn: &mut Conn, account: AccountId, only: Option<RelativeId>) -> QueryResult<Vec<FamilyRow>> {
    families(conn, &[account], only)
}

/// The same of many accounts.
pub fn families(conn: &mut Conn, of: &[AccountId], only: Option<RelativeId>) -> QueryResult<Vec<FamilyRow>> {
    let homes: Vec<(AccountId, OrganisationId)> = memberships::table
        .filter(memberships::account_id.eq_any(of.to_vec()))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq(Role::Relative))
        .select((memberships::account_id, memberships::organisation_id))
        .load(conn)?;
    let mut query = relatives::table
        .inner_join(
            residents::table
                .inner_join(places::table.on(places::id.eq(residents::home_id)))
                .inner_join(organisations::table.on(organisations::id.eq(residents::organisation_id))),
        )
        .filter(relatives::account_id.eq_any(of.to_vec()))
        .filter(relatives::ended_at.is_null())
        .order((residents::first_name, relatives::id))
        .select((
            relatives::id,
            relatives::account_id,
            residents::id,
            residents::organisation_id,
            organisations::name,
            organisations::time_zone,
            residents::first_name,
            residents::last_name,
            residents::preferred_name,
            residents::state,
            places::name,
            relatives::relationship,
            relatives::branch,
            relatives::is_primary,
            relatives::topics,
            relatives::waiting,
            relatives::created_at,
        ))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(relatives::id.eq(only));
    }
    let mut rows: Vec<FamilyRow> = query.load(conn)?;
    rows.retain(|row| homes.contains(&(row.account, row.organisation)));
    Ok(rows)
}

/// Who opened a resident's pages since a moment: the name and the newest time, newest first.
pub fn lookers(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    verbs: &[&str],
    since: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<(String, Option<NaiveDateTime>)>> {
    audit_events::table
        .filter(audit_events::organisation_id.eq(organisation))
        .filter(audit_events::subject.eq(crate::domain::residents::SUBJECT))
        .filter(audit_events::subject_id.eq(resident.0))
        .filter(audit_events::verb.eq_any(verbs.to_vec()))
        .filter(audit_events::at.gt(since))
        .group_by(audit_events::actor_name)
        .order(diesel::dsl::max(audit_events::at).desc())
        .limit(limit)
        .select((audit_events::actor_name, diesel::dsl::max(audit_events::at)))
        .load(conn)
}

/// Name and address of managers who look after relatives, for what a home has to be told; a few at most.
pub fn who_manage(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<(String, String)>> {
    let pattern = format!("%{}%", Permission::ManageRelatives.as_str());
    memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq_any(vec![Role::SuperManager, Role::Manager]))
        .filter(memberships::permissions.like(pattern))
        .filter(accounts::state.eq(AccountState::Active))
        .order(accounts::id)
        .limit(5)
        .select((accounts::name, accounts::email))
        .load(conn)
}
