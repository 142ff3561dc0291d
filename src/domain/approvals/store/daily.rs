//! Whose access ends, who reads the letters about it, and which letters went out.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::access::Role;
use crate::domain::accounts::AccountState;
use crate::domain::approvals::{State, daily};
use crate::domain::schema::{
    accounts, approvals, daily_letters, membership_places, memberships, organisations,
};
use crate::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId};

/// Access with a last day.
#[derive(Debug, Clone, Queryable)]
pub struct Ending {
    pub membership: MembershipId,
    pub account: AccountId,
    pub name: String,
    pub ends_on: NaiveDate,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub time_zone: String,
}

/// Live access whose last day is before `before`.
pub fn ending(conn: &mut Conn, before: NaiveDate) -> QueryResult<Vec<Ending>> {
    memberships::table
        .inner_join(accounts::table)
        .inner_join(organisations::table)
        .filter(memberships::ended_at.is_null())
        .filter(memberships::ends_on.le(before))
        .order(memberships::id)
        .select((
            memberships::id,
            accounts::id,
            accounts::name,
            memberships::ends_on.assume_not_null(),
            organisations::id,
            organisations::name,
            organisations::time_zone,
        ))
        .load(conn)
}

/// Somebody who may approve, and can sign in.
#[derive(Debug, Clone)]
pub struct Reader {
    pub account: AccountId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub wants_digest: bool,
    pub places: Vec<PlaceId>,
}

pub fn readers(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Reader>> {
    type Row = (MembershipId, AccountId, String, String, Role, String, bool);
    let rows: Vec<Row> = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq_any(Role::AT_WORK))
        .filter(accounts::state.eq(AccountState::Active))
        .order(accounts::id)
        .select((
            memberships::id,
            accounts::id,
            accounts::name,
            accounts::email,
            memberships::role,
            memberships::permissions,
            memberships::staff_digest,
        ))
        .load(conn)?;
    let mut places: HashMap<MembershipId, Vec<PlaceId>> = HashMap::new();
    let assigned: Vec<(MembershipId, PlaceId)> = membership_places::table
        .inner_join(memberships::table)
        .filter(memberships::organisation_id.eq(organisation))
        .select((membership_places::membership_id, membership_places::place_id))
        .load(conn)?;
    for (membership, place) in assigned {
        places.entry(membership).or_default().push(place);
    }
    let readers = rows.into_iter().filter(|(_, _, _, _, role, stored, _)| daily::may_approve(*role, stored));
    Ok(readers
        .map(|(id, account, name, email, role, _, wants_digest)| Reader {
            account,
            name,
            email,
            role,
            wants_digest,
            places: places.remove(&id).unwrap_or_default(),
        })
        .collect())
}

/// Organisations in which somebody waits, with their time zones.
pub fn with_waiting(conn: &mut Conn) -> QueryResult<Vec<(OrganisationId, String)>> {
    approvals::table
        .inner_join(organisations::table)
        .filter(approvals::state.eq(State::Pending))
        .select((organisations::id, organisations::time_zone))
        .distinct()
        .load(conn)
}

pub fn had_letter(
    conn: &mut Conn,
    organisation: OrganisationId,
    kind: &str,
    day: NaiveDate,
) -> QueryResult<bool> {
    let n: i64 = daily_letters::table
        .filter(daily_letters::organisation_id.eq(organisation))
        .filter(daily_letters::kind.eq(kind))
        .filter(daily_letters::local_date.eq(day))
        .count()
        .get_result(conn)?;
    Ok(n > 0)
}

/// Whether an organisation has not had this letter on this day, which it has from now on.
pub fn first_letter(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    kind: &str,
    day: NaiveDate,
) -> QueryResult<bool> {
    let row = (
        daily_letters::organisation_id.eq(organisation),
        daily_letters::kind.eq(kind),
        daily_letters::local_date.eq(day),
    );
    let insert = diesel::insert_into(daily_letters::table).values(row);
    both(insert.on_conflict_do_nothing()).execute(tx.conn).map(|new| new == 1)
}

/// Whether somebody gets the morning letter of an organisation.
pub fn wants_digest(conn: &mut Conn, organisation: OrganisationId, account: AccountId) -> QueryResult<bool> {
    let found: Option<bool> = memberships::table
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::account_id.eq(account))
        .select(memberships::staff_digest)
        .first(conn)
        .optional()?;
    Ok(found.unwrap_or(false))
}

pub fn set_digest(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    account: AccountId,
    wanted: bool,
) -> QueryResult<usize> {
    diesel::update(memberships::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::account_id.eq(account))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::staff_digest.ne(wanted))
        .set(memberships::staff_digest.eq(wanted))
        .execute(tx.conn)
}
