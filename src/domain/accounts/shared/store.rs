//! Rows of shared devices, PINs, wrong tries, and the sessions that a PIN began.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::Role;
use crate::domain::accounts::AccountState;
use crate::domain::schema::{
    accounts, membership_places, memberships, organisations, pin_tries, pins, places, sessions,
    shared_devices, shared_sessions,
};
use crate::kit::ids::{AccountId, DeviceId, OrganisationId, PlaceId, SessionId};

/// A shared device, as its place lists it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    pub registered_by: String,
    pub since: NaiveDateTime,
}

#[derive(Queryable)]
pub struct Found {
    pub id: DeviceId,
    pub organisation: OrganisationId,
    pub place: PlaceId,
}

pub fn place_name(
    conn: &mut Conn,
    organisation: OrganisationId,
    place: PlaceId,
) -> QueryResult<Option<String>> {
    places::table
        .find(place)
        .filter(places::organisation_id.eq(organisation))
        .select(places::name)
        .first(conn)
        .optional()
}

pub fn insert(
    tx: &mut Tx<'_>,
    (organisation, place): (OrganisationId, PlaceId),
    name: &str,
    token_hash: &str,
    by: &str,
) -> QueryResult<DeviceId> {
    let row = (
        shared_devices::organisation_id.eq(organisation),
        shared_devices::place_id.eq(place),
        shared_devices::name.eq(name),
        shared_devices::token_hash.eq(token_hash),
        shared_devices::registered_by_name.eq(by),
        shared_devices::created_at.eq(tx.now),
    );
    let insert = diesel::insert_into(shared_devices::table).values(row).returning(shared_devices::id);
    let id: i64 = both(insert).get_result(tx.conn)?;
    Ok(DeviceId(id))
}

pub fn devices(conn: &mut Conn, organisation: OrganisationId, place: PlaceId) -> QueryResult<Vec<Device>> {
    shared_devices::table
        .filter(shared_devices::organisation_id.eq(organisation))
        .filter(shared_devices::place_id.eq(place))
        .filter(shared_devices::revoked_at.is_null())
        .order(shared_devices::id)
        .select((
            shared_devices::id,
            shared_devices::name,
            shared_devices::registered_by_name,
            shared_devices::created_at,
        ))
        .load(conn)
}

pub fn revoke(tx: &mut Tx<'_>, id: DeviceId) -> QueryResult<()> {
    diesel::update(shared_devices::table.find(id))
        .set(shared_devices::revoked_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

pub fn by_word(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Found>> {
    shared_devices::table
        .filter(shared_devices::token_hash.eq(token_hash))
        .filter(shared_devices::revoked_at.is_null())
        .select((shared_devices::id, shared_devices::organisation_id, shared_devices::place_id))
        .first(conn)
        .optional()
}

/// The organisation's name and the place's.
pub fn names(conn: &mut Conn, device: DeviceId) -> QueryResult<(String, String)> {
    shared_devices::table
        .inner_join(places::table)
        .inner_join(organisations::table.on(organisations::id.eq(shared_devices::organisation_id)))
        .filter(shared_devices::id.eq(device))
        .select((organisations::name, places::name))
        .first(conn)
}

/// Somebody of the staff with a PIN and without a second step.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(Backend))]
pub struct WithPin {
    #[diesel(column_name = id)]
    pub account: AccountId,
    pub name: String,
    pub is_representative: bool,
}

/// Staff who have a PIN and are assigned to a place, the home around it, or a zone in it.
pub fn with_pins(conn: &mut Conn, organisation: OrganisationId, place: PlaceId) -> QueryResult<Vec<WithPin>> {
    let parent: Option<PlaceId> = places::table.find(place).select(places::parent_id).first(conn)?;
    let mut around: Vec<PlaceId> =
        places::table.filter(places::parent_id.eq(place)).select(places::id).load(conn)?;
    around.push(place);
    around.extend(parent);
    let assigned = membership_places::table
        .filter(membership_places::place_id.eq_any(around))
        .select(membership_places::membership_id);
    memberships::table
        .inner_join(accounts::table)
        .inner_join(pins::table.on(pins::account_id.eq(accounts::id)))
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq(Role::Staff))
        .filter(memberships::id.eq_any(assigned))
        .filter(accounts::state.eq(AccountState::Active))
        .filter(accounts::second_step_at.is_null())
        .order((accounts::name, accounts::id))
        .select(WithPin::as_select())
        .load(conn)
}

/// What each of these people is, in every organisation, with whether that one asks its staff for a second step.
pub fn roles(conn: &mut Conn, of: &[AccountId]) -> QueryResult<HashMap<AccountId, Vec<(Role, bool)>>> {
    let rows: Vec<(AccountId, Role, bool)> = memberships::table
        .inner_join(organisations::table)
        .filter(memberships::account_id.eq_any(of.to_vec()))
        .filter(memberships::ended_at.is_null())
        .select((memberships::account_id, memberships::role, organisations::staff_two_step))
        .load(conn)?;
    let mut found: HashMap<AccountId, Vec<(Role, bool)>> = HashMap::new();
    for (account, role, staff_two_step) in rows {
        found.entry(account).or_default().push((role, staff_two_step));
    }
    Ok(found)
}

pub fn pin(conn: &mut Conn, account: AccountId) -> QueryResult<Option<String>> {
    pins::table.find(account).select(pins::hash).first(conn).optional()
}

pub fn set_pin(tx: &mut Tx<'_>, account: AccountId, hash: &str) -> QueryResult<()> {
    both(
        diesel::insert_into(pins::table)
            .values((pins::account_id.eq(account), pins::hash.eq(hash), pins::set_at.eq(tx.now)))
            .on_conflict(pins::account_id)
            .do_update()
            .set((pins::hash.eq(hash), pins::set_at.eq(tx.now))),
    )
    .execute(tx.conn)
    .map(drop)
}

/// With the sessions that the PIN began.
pub fn delete_pin(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<()> {
    if diesel::delete(pins::table.find(account)).execute(tx.conn)? == 0 {
        return Ok(());
    }
    diesel::update(sessions::table)
        .filter(sessions::account_id.eq(account))
        .filter(sessions::id.eq_any(shared_sessions::table.select(shared_sessions::session_id)))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// Counts a try, and says how many there were since the person last got in.
pub fn note_try(tx: &mut Tx<'_>, device: DeviceId, account: AccountId) -> QueryResult<i64> {
    let here =
        pin_tries::table.filter(pin_tries::device_id.eq(device)).filter(pin_tries::account_id.eq(account));
    let more = pin_tries::wrong.eq(pin_tries::wrong + 1);
    if diesel::update(here).set(more).execute(tx.conn)? == 0 {
        let row =
            (pin_tries::device_id.eq(device), pin_tries::account_id.eq(account), pin_tries::wrong.eq(1_i64));
        diesel::insert_into(pin_tries::table).values(row).execute(tx.conn)?;
    }
    pin_tries::table
        .filter(pin_tries::device_id.eq(device))
        .filter(pin_tries::account_id.eq(account))
        .select(pin_tries::wrong)
        .first(tx.conn)
}

pub fn forget_wrong_here(tx: &mut Tx<'_>, device: DeviceId, account: AccountId) -> QueryResult<()> {
    diesel::delete(pin_tries::table)
        .filter(pin_tries::device_id.eq(device))
        .filter(pin_tries::account_id.eq(account))
        .execute(tx.conn)
        .map(drop)
}

pub fn forget_wrong(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<()> {
    diesel::delete(pin_tries::table.filter(pin_tries::account_id.eq(account))).execute(tx.conn).map(drop)
}

pub fn insert_session(tx: &mut Tx<'_>, session: SessionId, device: DeviceId) -> QueryResult<()> {
    let row = (shared_sessions::session_id.eq(session), shared_sessions::device_id.eq(device));
    diesel::insert_into(shared_sessions::table).values(row).execute(tx.conn).map(drop)
}

pub fn end_sessions(tx: &mut Tx<'_>, device: DeviceId) -> QueryResult<()> {
    let on_it = shared_sessions::table
        .filter(shared_sessions::device_id.eq(device))
        .select(shared_sessions::session_id);
    diesel::update(sessions::table)
        .filter(sessions::id.eq_any(on_it))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}
