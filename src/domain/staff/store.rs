//! Rows of staff members.

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::accounts::{Known, LEFT};
use super::{SUBJECT, StaffDetails, StaffMember, StaffState, Wanted};
use crate::db::{Conn, Tx, on_each};
use crate::domain::organisations::searching::patterns;
use crate::domain::schema::{audit_events, pairings, staff_members, staff_places};
use crate::kit::ids::{AccountId, OrganisationId, PlaceId, StaffMemberId};

#[derive(Queryable)]
struct Row {
    id: StaffMemberId,
    home_id: Option<PlaceId>,
    first_name: String,
    last_name: String,
    email: String,
    job_title: String,
    state: StaffState,
    look_alike: bool,
    version: i64,
    created_at: NaiveDateTime,
    suspended_at: Option<NaiveDateTime>,
    suspended_because: String,
    suspended_by_name: String,
    paired: bool,
}

impl From<Row> for StaffMember {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            details: StaffDetails {
                home: row.home_id,
                first_name: row.first_name,
                last_name: row.last_name,
                email: row.email,
                job_title: row.job_title,
            },
            state: row.state,
            look_alike: row.look_alike,
            version: row.version,
            paired: row.paired,
            created_at: row.created_at,
            suspended: row.suspended_at.map(|at| (at, row.suspended_because, row.suspended_by_name)),
        }
    }
}

/// The columns of [`Row`]; the last asks for a live pairing.
macro_rules! columns {
    () => {
        (
            staff_members::id,
            staff_members::home_id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::email,
            staff_members::job_title,
            staff_members::state,
            staff_members::look_alike,
            staff_members::version,
            staff_members::created_at,
            staff_members::suspended_at,
            staff_members::suspended_because,
            staff_members::suspended_by_name,
            exists(
                pairings::table
                    .filter(pairings::kind.eq(SUBJECT))
                    .filter(pairings::local_id.eq(staff_members::id))
                    .filter(pairings::ended_at.is_null()),
            ),
        )
    };
}

pub fn get(conn: &mut Conn, organisation: OrganisationId, id: StaffMemberId) -> QueryResult<StaffMember> {
    staff_members::table
        .filter(staff_members::id.eq(id))
        .filter(staff_members::organisation_id.eq(organisation))
        .select(columns!())
        .first::<Row>(conn)
        .map(StaffMember::from)
}

pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<StaffMember>> {
    let mut query = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .select(columns!())
        .order((staff_members::state, staff_members::sort_name, staff_members::id))
        .offset(offset)
        .limit(limit)
        .into_boxed();
    for pattern in patterns(&wanted.search) {
        query = query.filter(staff_members::search_text.like(pattern).escape('!'));
    }
    if let Some(home) = wanted.home {
        let also =
            staff_places::table.filter(staff_places::place_id.eq(home)).select(staff_places::staff_member_id);
        query = query.filter(staff_members::home_id.eq(home).or(staff_members::id.eq_any(also)));
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().map(StaffMember::from).collect())
}

pub fn count(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<i64> {
    staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::state.eq(StaffState::Active))
        .select(count_star())
        .first(conn)
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    details: &StaffDetails,
) -> QueryResult<StaffMemberId> {
    diesel::insert_into(staff_members::table)
        .values((
            staff_members::organisation_id.eq(organisation),
            staff_members::home_id.eq(details.home),
            staff_members::first_name.eq(&details.first_name),
            staff_members::last_name.eq(&details.last_name),
            staff_members::email.eq(&details.email),
            staff_members::job_title.eq(&details.job_title),
            staff_members::state.eq(StaffState::Active),
            staff_members::sort_name.eq(details.sort_name()),
            staff_members::search_text.eq(details.search_text()),
            staff_members::look_alike.eq(false),
            staff_members::version.eq(1_i64),
            staff_members::created_at.eq(tx.now),
            staff_members::updated_at.eq(tx.now),
        ))
        .returning(staff_members::id)
        .get_result(tx.conn)
}

pub fn write_details(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: StaffMemberId,
    details: &StaffDetails,
) -> QueryResult<()> {
    diesel::update(staff_members::table.find(id))
        .filter(staff_members::organisation_id.eq(organisation))
        .set((
            staff_members::home_id.eq(details.home),
            staff_members::first_name.eq(&details.first_name),
            staff_members::last_name.eq(&details.last_name),
            staff_members::email.eq(&details.email),
            staff_members::job_title.eq(&details.job_title),
            staff_members::sort_name.eq(details.sort_name()),
            staff_members::search_text.eq(details.search_text()),
            staff_members::version.eq(staff_members::version + 1),
            staff_members::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn last_changed_by(conn: &mut Conn, id: StaffMemberId) -> QueryResult<Option<String>> {
    audit_events::table
        .filter(audit_events::subject.eq(SUBJECT))
        .filter(audit_events::subject_id.eq(id.0))
        .order(audit_events::id.desc())
        .select(audit_events::actor_name)
        .first(conn)
        .optional()
}

pub fn for_look_alikes(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> QueryResult<Vec<(StaffMemberId, String, bool)>> {
    staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::state.eq(StaffState::Active))
        .select((staff_members::id, staff_members::sort_name, staff_members::look_alike))
        .load(conn)
}

pub fn mark_look_alikes(tx: &mut Tx<'_>, ids: &[StaffMemberId], marked: bool) -> QueryResult<()> {
    for chunk in ids.chunks(1000) {
        diesel::update(staff_members::table)
            .filter(staff_members::id.eq_any(chunk.to_vec()))
            .set(staff_members::look_alike.eq(marked))
            .execute(tx.conn)?;
    }
    Ok(())
}

type KnownRow = (StaffMemberId, String, String, StaffState, String, Option<AccountId>);

fn as_known((id, sort_name, email, state, because, account): KnownRow) -> Known {
    let left = state == StaffState::Suspended && because == LEFT;
    Known { id, sort_name, email, state, left, account }
}

/// Everybody, or those whose an account is, and those who have its address.
pub fn known(
    conn: &mut Conn,
    organisation: OrganisationId,
    of: Option<(AccountId, &str)>,
) -> QueryResult<Vec<Known>> {
    let mut query = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .order(staff_members::id)
        .select((
            staff_members::id,
            staff_members::sort_name,
            staff_members::email,
            staff_members::state,
            staff_members::suspended_because,
            staff_members::account_id,
        ))
        .into_boxed();
    if let Some((account, email)) = of {
        let theirs = staff_members::account_id.assume_not_null().eq(account);
        query = query.filter(theirs.or(staff_members::email.eq(email.to_owned())));
    }
    let rows: Vec<KnownRow> = query.load(conn)?;
    Ok(rows.into_iter().map(as_known).collect())
}

#[derive(Insertable)]
#[diesel(table_name = staff_members)]
#[diesel(treat_none_as_default_value = false)]
struct Inserted<'a> {
    organisation_id: OrganisationId,
    account_id: Option<AccountId>,
    home_id: Option<PlaceId>,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    job_title: &'a str,
    state: StaffState,
    sort_name: String,
    search_text: String,
    look_alike: bool,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    suspended_because: &'a str,
    suspended_by_name: &'a str,
}

/// Adds staff members with their accounts; their ids in the same order.
pub fn insert_many(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    new: &[(StaffDetails, AccountId)],
) -> QueryResult<Vec<StaffMemberId>> {
    let mut ids = Vec::with_capacity(new.len());
    for chunk in new.chunks(500) {
        let rows: Vec<Inserted<'_>> = chunk
            .iter()
            .map(|(details, account)| Inserted {
                organisation_id: organisation,
                account_id: Some(*account),
                home_id: details.home,
                first_name: &details.first_name,
                last_name: &details.last_name,
                email: &details.email,
                job_title: &details.job_title,
                state: StaffState::Active,
                sort_name: details.sort_name(),
                search_text: details.search_text(),
                look_alike: false,
                version: 1,
                created_at: tx.now,
                updated_at: tx.now,
                suspended_because: "",
                suspended_by_name: "",
            })
            .collect();
        let mut added: Vec<StaffMemberId> = on_each!(&mut *tx.conn, c => {
            diesel::insert_into(staff_members::table).values(&rows).returning(staff_members::id).get_results(c)
        })?;
        // Both engines number rows in the order in which they stand, but promise no order of what they return.
        added.sort_unstable();
        ids.append(&mut added);
    }
    Ok(ids)
}

pub fn take_account(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: StaffMemberId,
    account: AccountId,
) -> QueryResult<()> {
    diesel::update(staff_members::table.find(id))
        .filter(staff_members::organisation_id.eq(organisation))
        .set((
            staff_members::account_id.eq(account),
            staff_members::state.eq(StaffState::Active),
            staff_members::suspended_at.eq(None::<NaiveDateTime>),
            staff_members::suspended_because.eq(""),
            staff_members::suspended_by_name.eq(""),
            staff_members::version.eq(staff_members::version + 1),
            staff_members::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn keep_account(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: StaffMemberId,
    account: AccountId,
) -> QueryResult<()> {
    diesel::update(staff_members::table.find(id))
        .filter(staff_members::organisation_id.eq(organisation))
        .set(staff_members::account_id.eq(account))
        .execute(tx.conn)
        .map(drop)
}

pub fn suspend(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    ids: &[StaffMemberId],
    because: &str,
    by: &str,
) -> QueryResult<()> {
    for chunk in ids.chunks(1000) {
        diesel::update(staff_members::table)
            .filter(staff_members::organisation_id.eq(organisation))
            .filter(staff_members::id.eq_any(chunk.to_vec()))
            .filter(staff_members::state.eq(StaffState::Active))
            .set((
                staff_members::state.eq(StaffState::Suspended),
                staff_members::suspended_at.eq(tx.now),
                staff_members::suspended_because.eq(because),
                staff_members::suspended_by_name.eq(by),
                staff_members::look_alike.eq(false),
                staff_members::version.eq(staff_members::version + 1),
                staff_members::updated_at.eq(tx.now),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn reinstate(tx: &mut Tx<'_>, organisation: OrganisationId, id: StaffMemberId) -> QueryResult<()> {
    diesel::update(staff_members::table.find(id))
        .filter(staff_members::organisation_id.eq(organisation))
        .set((
            staff_members::state.eq(StaffState::Active),
            staff_members::suspended_at.eq(None::<NaiveDateTime>),
            staff_members::suspended_because.eq(""),
            staff_members::suspended_by_name.eq(""),
            staff_members::version.eq(staff_members::version + 1),
            staff_members::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// The home that stands with each staff member.
pub fn first_places(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[StaffMemberId],
) -> QueryResult<Vec<(StaffMemberId, PlaceId)>> {
    let mut all = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(1000) {
        let found: Vec<(StaffMemberId, Option<PlaceId>)> = staff_members::table
            .filter(staff_members::organisation_id.eq(organisation))
            .filter(staff_members::id.eq_any(chunk.to_vec()))
            .select((staff_members::id, staff_members::home_id))
            .load(conn)?;
        all.extend(found.into_iter().filter_map(|(id, home)| home.map(|home| (id, home))));
    }
    Ok(all)
}

/// The places beside it, in the order in which they were given.
pub fn further_places(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[StaffMemberId],
) -> QueryResult<Vec<(StaffMemberId, PlaceId)>> {
    let mut all = Vec::new();
    for chunk in ids.chunks(1000) {
        let found: Vec<(StaffMemberId, PlaceId)> = staff_places::table
            .inner_join(staff_members::table)
            .filter(staff_members::organisation_id.eq(organisation))
            .filter(staff_members::id.eq_any(chunk.to_vec()))
            .order(staff_places::id)
            .select((staff_places::staff_member_id, staff_places::place_id))
            .load(conn)?;
        all.extend(found);
    }
    Ok(all)
}

pub fn write_further_places(tx: &mut Tx<'_>, id: StaffMemberId, places: &[PlaceId]) -> QueryResult<()> {
    diesel::delete(staff_places::table.filter(staff_places::staff_member_id.eq(id))).execute(tx.conn)?;
    for place in places {
        diesel::insert_into(staff_places::table)
            .values((staff_places::staff_member_id.eq(id), staff_places::place_id.eq(*place)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// A form that was made before is refused.
pub fn count_change(tx: &mut Tx<'_>, organisation: OrganisationId, id: StaffMemberId) -> QueryResult<()> {
    diesel::update(staff_members::table.find(id))
        .filter(staff_members::organisation_id.eq(organisation))
        .set((staff_members::version.eq(staff_members::version + 1), staff_members::updated_at.eq(tx.now)))
        .execute(tx.conn)
        .map(drop)
}
