//! Rows of memberships, the places they are narrowed to, and whose relatives people are.

use diesel::prelude::*;

use super::Member;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::{Membership, Permission, Role, Sector};
use crate::domain::accounts::AccountState;
use crate::domain::schema::{
    accounts, membership_places, memberships, organisations, places, practitioners, relatives, residents,
    staff_members,
};
use crate::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId, ResidentId};

#[derive(Queryable, Selectable)]
#[diesel(check_for_backend(Backend))]
#[diesel(table_name = memberships)]
struct MembershipRow {
    id: MembershipId,
    organisation_id: OrganisationId,
    role: Role,
    permissions: String,
}

/// A membership, what access asks of its organisation, and the account's address.
type Found = (MembershipRow, (String, Sector, String, bool), String);

/// The account's memberships that have not ended, with all that access asks.
pub fn of_account(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<Membership>> {
    let rows: Vec<Found> = memberships::table
        .inner_join(organisations::table)
        .inner_join(accounts::table)
        .filter(memberships::account_id.eq(account))
        .filter(memberships::ended_at.is_null())
        .order(memberships::id)
        .select((
            MembershipRow::as_select(),
            (
                organisations::name,
                organisations::sector,
                organisations::time_zone,
                organisations::staff_two_step,
            ),
            accounts::email,
        ))
        .load(conn)?;
    let mut found = Vec::with_capacity(rows.len());
    for (row, (organisation_name, sector, time_zone, staff_two_step), email) in rows {
        // Only staff are narrowed to places, so only they cost a second query.
        let places = if row.role == Role::Staff { assigned(conn, row.id)? } else { Vec::new() };
        // And only who works in community health can be a practitioner.
        let may_visit = sector == Sector::CommunityHealth && row.role.works_here();
        let is_practitioner = may_visit && visits_patients(conn, row.organisation_id, (account, &email))?;
        found.push(Membership {
            id: row.id,
            organisation: row.organisation_id,
            organisation_name,
            sector,
            time_zone,
            staff_two_step,
            role: row.role,
            permissions: Permission::read(row.role, &row.permissions),
            is_practitioner,
            places,
        });
    }
    Ok(found)
}

/// Whether a practitioner who works signs in with the account: the one that is theirs, else the one of their address.
fn visits_patients(
    conn: &mut Conn,
    organisation: OrganisationId,
    (account, email): (AccountId, &str),
) -> QueryResult<bool> {
    let by_address = staff_members::account_id.is_null().and(staff_members::email.eq(email.to_owned()));
    let theirs = staff_members::account_id.assume_not_null().eq(account).or(by_address);
    let found: Option<bool> = practitioners::table
        .inner_join(staff_members::table)
        .filter(practitioners::organisation_id.eq(organisation))
        .filter(practitioners::active)
        .filter(staff_members::state.eq("active"))
        .filter(theirs)
        .select(practitioners::active)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

fn assigned(conn: &mut Conn, membership: MembershipId) -> QueryResult<Vec<PlaceId>> {
    membership_places::table
        .filter(membership_places::membership_id.eq(membership))
        .order(membership_places::place_id)
        .select(membership_places::place_id)
        .load(conn)
}

type Row =
    (MembershipId, AccountId, String, String, AccountState, Role, String, Option<chrono::NaiveDateTime>);

/// Members who work here, by name; `only` narrows to one.
pub fn of_organisation(
    conn: &mut Conn,
    organisation: OrganisationId,
    only: Option<MembershipId>,
) -> QueryResult<Vec<Member>> {
    let mut query = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq_any(Role::AT_WORK))
        .order((accounts::name, memberships::id))
        .select((
            memberships::id,
            accounts::id,
            accounts::name,
            accounts::email,
            accounts::state,
            memberships::role,
            memberships::permissions,
            accounts::second_step_at,
        ))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(memberships::id.eq(only));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let pairs: Vec<(MembershipId, PlaceId)> = membership_places::table
        .inner_join(memberships::table)
        .filter(memberships::organisation_id.eq(organisation))
        .order(membership_places::place_id)
        .select((membership_places::membership_id, membership_places::place_id))
        .load(conn)?;
    let member = |(id, account, name, email, state, role, stored, second_step): Row| Member {
        id,
        account,
        name,
        email,
        state,
        role,
        permissions: Permission::read(role, &stored),
        has_second_step: second_step.is_some(),
        places: pairs.iter().filter(|(of, _)| *of == id).map(|(_, place)| *place).collect(),
    };
    Ok(rows.into_iter().map(member).collect())
}

/// Name, role and stored permissions of members who can sign in.
pub fn active_with_roles(
    conn: &mut Conn,
    organisation: OrganisationId,
    roles: &[Role],
) -> QueryResult<Vec<(String, Role, String)>> {
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

/// How many super managers other than `but` can sign in.
pub fn other_super_managers(
    conn: &mut Conn,
    organisation: OrganisationId,
    but: AccountId,
) -> QueryResult<i64> {
    memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq(Role::SuperManager))
        .filter(accounts::state.eq(AccountState::Active))
        .filter(accounts::id.ne(but))
        .count()
        .get_result(conn)
}

/// The membership of an account in an organisation, ended or not.
pub fn find(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> QueryResult<Option<(MembershipId, bool)>> {
    let row: Option<(MembershipId, Option<chrono::NaiveDateTime>)> = memberships::table
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::account_id.eq(account))
        .select((memberships::id, memberships::ended_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(id, ended)| (id, ended.is_some())))
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    account: AccountId,
    role: Role,
    permissions: &str,
) -> QueryResult<MembershipId> {
    let row = (
        memberships::account_id.eq(account),
        memberships::organisation_id.eq(organisation),
        memberships::role.eq(role),
        memberships::permissions.eq(permissions),
        memberships::created_at.eq(tx.now),
    );
    let id: i64 = both(diesel::insert_into(memberships::table).values(row).returning(memberships::id))
        .get_result(tx.conn)?;
    Ok(MembershipId(id))
}

/// Sets role and permissions; an ended membership lives again.
pub fn set(tx: &mut Tx<'_>, id: MembershipId, role: Role, permissions: &str) -> QueryResult<()> {
    diesel::update(memberships::table.find(id))
        .set((
            memberships::role.eq(role),
            memberships::permissions.eq(permissions),
            memberships::ended_at.eq(None::<chrono::NaiveDateTime>),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Whoever is added by hand again has no last day from before.
pub fn without_end(tx: &mut Tx<'_>, id: MembershipId) -> QueryResult<()> {
    diesel::update(memberships::table.find(id))
        .set(memberships::ends_on.eq(None::<chrono::NaiveDate>))
        .execute(tx.conn)
        .map(drop)
}

pub fn end(tx: &mut Tx<'_>, id: MembershipId) -> QueryResult<()> {
    diesel::update(memberships::table.find(id))
        .set(memberships::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// The names of those of `wanted` that are places of the organisation, with their ids.
pub fn places_named(
    conn: &mut Conn,
    organisation: OrganisationId,
    wanted: &[PlaceId],
) -> QueryResult<Vec<(PlaceId, String)>> {
    places::table
        .filter(places::organisation_id.eq(organisation))
        .filter(places::id.eq_any(wanted.to_vec()))
        .order((places::name, places::id))
        .select((places::id, places::name))
        .load(conn)
}

pub fn set_places(tx: &mut Tx<'_>, id: MembershipId, to: &[PlaceId]) -> QueryResult<()> {
    diesel::delete(membership_places::table.filter(membership_places::membership_id.eq(id)))
        .execute(tx.conn)?;
    for place in to {
        let row = (membership_places::membership_id.eq(id), membership_places::place_id.eq(place));
        diesel::insert_into(membership_places::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// The organisations of which an account is a super manager.
pub fn super_managed(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<(OrganisationId, String)>> {
    memberships::table
        .inner_join(organisations::table)
        .filter(memberships::account_id.eq(account))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq(Role::SuperManager))
        .order(organisations::id)
        .select((organisations::id, organisations::name))
        .load(conn)
}

/// The resident's organisation, if there is such a resident.
pub fn organisation_of(conn: &mut Conn, resident: ResidentId) -> QueryResult<Option<OrganisationId>> {
    residents::table.find(resident).select(residents::organisation_id).first(conn).optional()
}

pub fn relate(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    account: AccountId,
    relationship: &str,
) -> QueryResult<()> {
    let row = (
        relatives::resident_id.eq(resident),
        relatives::account_id.eq(account),
        relatives::relationship.eq(relationship),
        relatives::created_at.eq(tx.now),
    );
    both(
        diesel::insert_into(relatives::table)
            .values(row)
            .on_conflict((relatives::resident_id, relatives::account_id))
            .do_update()
            .set((
                relatives::relationship.eq(relationship),
                relatives::ended_at.eq(None::<chrono::NaiveDateTime>),
            )),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn unrelate(tx: &mut Tx<'_>, resident: ResidentId, account: AccountId) -> QueryResult<usize> {
    diesel::update(relatives::table)
        .filter(relatives::resident_id.eq(resident))
        .filter(relatives::account_id.eq(account))
        .filter(relatives::ended_at.is_null())
        .set(relatives::ended_at.eq(tx.now))
        .execute(tx.conn)
}
