//! Rows of accounts, memberships, places and links, many at a time.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Candidate, Standing};
use crate::db::{Conn, Tx, on_each};
use crate::domain::access::{Permission, Role};
use crate::domain::accounts::AccountState;
use crate::domain::schema::{accounts, activations, membership_places, memberships, sessions};
use crate::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId};

/// Rows in one statement: below what SQLite binds.
const CHUNK: usize = 500;

/// An account, with what it is in an organisation where that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub state: AccountState,
    pub role: Option<Role>,
}

type AccountRow = (AccountId, String, String, AccountState);

fn account((id, email, name, state): AccountRow) -> Here {
    Here { id, email, name, state, role: None }
}

pub fn accounts_by_email(conn: &mut Conn, emails: &[String]) -> QueryResult<HashMap<String, Here>> {
    let mut found = HashMap::new();
    for chunk in emails.chunks(CHUNK) {
        let rows: Vec<AccountRow> = accounts::table
            .filter(accounts::email.eq_any(chunk.to_vec()))
            .select((accounts::id, accounts::email, accounts::name, accounts::state))
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.1.clone(), account(row))));
    }
    Ok(found)
}

pub fn here(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Here>> {
    let rows: Vec<(AccountRow, Role)> = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .order(accounts::id)
        .select(((accounts::id, accounts::email, accounts::name, accounts::state), memberships::role))
        .load(conn)?;
    Ok(rows.into_iter().map(|(row, role)| Here { role: Some(role), ..account(row) }).collect())
}

/// The same of one account.
pub fn one_here(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> QueryResult<Option<Here>> {
    let row: Option<(AccountRow, Role)> = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::account_id.eq(account))
        .filter(memberships::ended_at.is_null())
        .select(((accounts::id, accounts::email, accounts::name, accounts::state), memberships::role))
        .first(conn)
        .optional()?;
    Ok(row.map(|(row, role)| Here { role: Some(role), ..self::account(row) }))
}

/// The memberships that accounts have or had, and whether they have ended.
pub fn memberships_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[AccountId],
) -> QueryResult<HashMap<AccountId, (MembershipId, bool)>> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(AccountId, MembershipId, Option<NaiveDateTime>)> = memberships::table
            .filter(memberships::organisation_id.eq(organisation))
            .filter(memberships::account_id.eq_any(chunk.to_vec()))
            .select((memberships::account_id, memberships::id, memberships::ended_at))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(account, id, ended)| (account, (id, ended.is_some()))));
    }
    Ok(found)
}

#[derive(Insertable)]
#[diesel(table_name = accounts)]
struct NewAccountRow<'a> {
    email: &'a str,
    name: &'a str,
    is_representative: bool,
    state: AccountState,
    created_at: NaiveDateTime,
}

/// The accounts of candidates, in their order; those that are not there yet are made.
pub fn accounts_for(
    tx: &mut Tx<'_>,
    known: &HashMap<String, Here>,
    candidates: &[&Candidate],
) -> QueryResult<Vec<Here>> {
    let new: Vec<NewAccountRow<'_>> = candidates
        .iter()
        .filter(|one| !known.contains_key(one.login.as_str()))
        .map(|one| NewAccountRow {
            email: one.login.as_str(),
            name: one.name.trim(),
            is_representative: false,
            state: AccountState::Invited,
            created_at: tx.now,
        })
        .collect();
    on_each!(&mut *tx.conn, c => for piece in new.chunks(CHUNK) {
        diesel::insert_into(accounts::table).values(piece).execute(c)?;
    });
    let emails: Vec<String> = new.iter().map(|one| one.email.to_owned()).collect();
    let made = accounts_by_email(tx.conn, &emails)?;
    let find = |email: &str| known.get(email).or_else(|| made.get(email)).cloned();
    let found: Vec<Here> = candidates.iter().filter_map(|one| find(one.login.as_str())).collect();
    if found.len() == candidates.len() { Ok(found) } else { Err(diesel::result::Error::NotFound) }
}

#[derive(Insertable)]
#[diesel(table_name = memberships)]
#[diesel(treat_none_as_default_value = false)]
struct NewMembership {
    account_id: AccountId,
    organisation_id: OrganisationId,
    role: Role,
    permissions: String,
    created_at: NaiveDateTime,
    ends_on: Option<NaiveDate>,
    staff_digest: bool,
}

#[derive(Insertable)]
#[diesel(table_name = membership_places)]
struct NewPlace {
    membership_id: MembershipId,
    place_id: PlaceId,
}

/// Gives each account its membership and places; who was here before is back.
pub fn join(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    before: &HashMap<AccountId, (MembershipId, bool)>,
    accounts: &[Here],
    candidates: &[&Candidate],
) -> QueryResult<Vec<MembershipId>> {
    let mut new = Vec::new();
    for (account, one) in accounts.iter().zip(candidates) {
        let permissions = Permission::write(&one.permissions);
        match before.get(&account.id) {
            Some((id, _)) => {
                diesel::update(memberships::table.find(id))
                    .set((
                        memberships::role.eq(one.role),
                        memberships::permissions.eq(permissions),
                        memberships::ended_at.eq(None::<NaiveDateTime>),
                        memberships::ends_on.eq(one.ends_on),
                    ))
                    .execute(tx.conn)?;
                diesel::delete(membership_places::table.filter(membership_places::membership_id.eq(id)))
                    .execute(tx.conn)?;
            }
            None => new.push(NewMembership {
                account_id: account.id,
                organisation_id: organisation,
                role: one.role,
                permissions,
                created_at: tx.now,
                ends_on: one.ends_on,
                staff_digest: true,
            }),
        }
    }
    on_each!(&mut *tx.conn, c => for piece in new.chunks(CHUNK) {
        diesel::insert_into(memberships::table).values(piece).execute(c)?;
    });
    let ids: Vec<AccountId> = accounts.iter().map(|one| one.id).collect();
    let all = memberships_of(tx.conn, organisation, &ids)?;
    let found: Vec<MembershipId> = ids.iter().filter_map(|id| all.get(id).map(|(id, _)| *id)).collect();
    if found.len() != ids.len() {
        return Err(diesel::result::Error::NotFound);
    }
    let places: Vec<NewPlace> = found
        .iter()
        .zip(candidates)
        .flat_map(|(id, one)| {
            one.places.iter().map(|place| NewPlace { membership_id: *id, place_id: *place })
        })
        .collect();
    on_each!(&mut *tx.conn, c => for piece in places.chunks(CHUNK) {
        diesel::insert_into(membership_places::table).values(piece).execute(c)?;
    });
    Ok(found)
}

pub fn end_activations(tx: &mut Tx<'_>, accounts: &[AccountId]) -> QueryResult<()> {
    for chunk in accounts.chunks(CHUNK) {
        diesel::update(activations::table)
            .filter(activations::account_id.eq_any(chunk.to_vec()))
            .filter(activations::used_at.is_null())
            .filter(activations::expires_at.gt(tx.now))
            .set(activations::expires_at.eq(tx.now))
            .execute(tx.conn)?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = activations)]
struct NewActivation<'a> {
    account_id: AccountId,
    token_hash: &'a str,
    created_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    invited_by: &'a str,
}

pub fn insert_activations(
    tx: &mut Tx<'_>,
    links: &[(AccountId, String)],
    expires_at: NaiveDateTime,
    invited_by: &str,
) -> QueryResult<()> {
    let rows: Vec<NewActivation<'_>> = links
        .iter()
        .map(|(account, hash)| NewActivation {
            account_id: *account,
            token_hash: hash,
            created_at: tx.now,
            expires_at,
            invited_by,
        })
        .collect();
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(activations::table).values(piece).execute(c)?;
    });
    Ok(())
}

/// Staff memberships that have not ended; a relative's is not touched by work.
pub fn live_memberships(
    conn: &mut Conn,
    organisation: OrganisationId,
    accounts: &[AccountId],
) -> QueryResult<Vec<(MembershipId, AccountId, Role)>> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let rows: Vec<(MembershipId, AccountId, Role)> = memberships::table
            .filter(memberships::organisation_id.eq(organisation))
            .filter(memberships::account_id.eq_any(chunk.to_vec()))
            .filter(memberships::ended_at.is_null())
            .filter(memberships::role.eq_any(Role::AT_WORK))
            .order(memberships::id)
            .select((memberships::id, memberships::account_id, memberships::role))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

pub fn end_memberships(tx: &mut Tx<'_>, ids: &[MembershipId]) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        diesel::update(memberships::table.filter(memberships::id.eq_any(chunk.to_vec())))
            .set(memberships::ended_at.eq(tx.now))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn end_sessions(tx: &mut Tx<'_>, accounts: &[AccountId]) -> QueryResult<()> {
    for chunk in accounts.chunks(CHUNK) {
        diesel::update(sessions::table)
            .filter(sessions::account_id.eq_any(chunk.to_vec()))
            .filter(sessions::ended_at.is_null())
            .set(sessions::ended_at.eq(tx.now))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The staff membership of an account that has ended.
pub fn ended_membership(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> QueryResult<Option<(MembershipId, Role, String)>> {
    memberships::table
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::account_id.eq(account))
        .filter(memberships::ended_at.is_not_null())
        .filter(memberships::role.eq_any(Role::AT_WORK))
        .select((memberships::id, memberships::role, memberships::permissions))
        .first(conn)
        .optional()
}

pub fn revive(tx: &mut Tx<'_>, id: MembershipId, permissions: &str) -> QueryResult<()> {
    diesel::update(memberships::table.find(id))
        .set((
            memberships::permissions.eq(permissions),
            memberships::ended_at.eq(None::<NaiveDateTime>),
            memberships::ends_on.eq(None::<NaiveDate>),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn standing(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> QueryResult<Option<Standing>> {
    type Found = (MembershipId, Role, Option<NaiveDateTime>, Option<NaiveDate>, String, String, AccountState);
    let found: Option<Found> = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::account_id.eq(account))
        .filter(memberships::role.eq_any(Role::AT_WORK))
        .select((
            memberships::id,
            memberships::role,
            memberships::ended_at,
            memberships::ends_on,
            accounts::name,
            accounts::email,
            accounts::state,
        ))
        .first(conn)
        .optional()?;
    let Some((membership, role, ended_at, ends_on, name, email, state)) = found else { return Ok(None) };
    let link_until: Option<NaiveDateTime> = activations::table
        .filter(activations::account_id.eq(account))
        .filter(activations::used_at.is_null())
        .order(activations::expires_at.desc())
        .select(activations::expires_at)
        .first(conn)
        .optional()?;
    let live = ended_at.is_none();
    Ok(Some(Standing { account, membership, name, email, role, state, live, ends_on, link_until }))
}

pub fn set_end(tx: &mut Tx<'_>, membership: MembershipId, until: NaiveDate) -> QueryResult<()> {
    diesel::update(memberships::table.find(membership))
        .set(memberships::ends_on.eq(until))
        .execute(tx.conn)
        .map(drop)
}
