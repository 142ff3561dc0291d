//! Rows of organisations and places, and the counts that their pages show.

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, exists, min, not};
use diesel::prelude::*;

use super::aliases::Alias;
use super::places::{Place, PlaceKind};
use super::{Feed, Kind, NewOrganisation, Organisation, Overview, Sector, Settings};
use crate::connectors::Vendor;
use crate::db::{Backend, Conn, Tx};
use crate::domain::access::Role;
use crate::domain::schema::{
    connection_homes, connection_tokens, connections, memberships, organisations, pairings, place_aliases,
    places, residents, staff_members, status_types, sync_runs, vendor_services,
};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceAliasId, PlaceId};
use crate::kit::names::{fold, fold_place};

#[derive(Queryable, Selectable)]
#[diesel(check_for_backend(Backend))]
#[diesel(table_name = organisations)]
struct Row {
    id: OrganisationId,
    name: String,
    kind: Kind,
    sector: Sector,
    time_zone: String,
    guard_percent: i32,
    guard_people: i32,
    staff_two_step: bool,
    active_residents: i64,
    archived_residents: i64,
    created_at: NaiveDateTime,
}

impl From<Row> for Organisation {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            sector: row.sector,
            time_zone: row.time_zone,
            guard_percent: row.guard_percent,
            guard_people: row.guard_people,
            staff_two_step: row.staff_two_step,
            active_residents: row.active_residents,
            archived_residents: row.archived_residents,
            created_at: row.created_at,
        }
    }
}

pub fn get(conn: &mut Conn, id: OrganisationId) -> QueryResult<Organisation> {
    organisations::table.find(id).select(Row::as_select()).first(conn).map(Organisation::from)
}

pub fn sector(conn: &mut Conn, id: OrganisationId) -> QueryResult<Sector> {
    organisations::table.find(id).select(organisations::sector).first(conn)
}

fn all(conn: &mut Conn) -> QueryResult<Vec<Organisation>> {
    let rows: Vec<Row> = organisations::table.select(Row::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Organisation::from).collect())
}

pub fn name_taken(conn: &mut Conn, name: &str, except: Option<OrganisationId>) -> QueryResult<bool> {
    let folded = fold_place(name);
    Ok(all(conn)?.into_iter().any(|one| fold_place(&one.name) == folded && Some(one.id) != except))
}

pub fn insert(
    tx: &mut Tx<'_>,
    new: &NewOrganisation,
    guard_percent: i32,
    guard_people: i32,
) -> QueryResult<OrganisationId> {
    diesel::insert_into(organisations::table)
        .values((
            organisations::name.eq(&new.described.name),
            organisations::kind.eq(new.described.kind),
            organisations::sector.eq(new.sector),
            organisations::time_zone.eq(new.described.time_zone.name()),
            organisations::guard_percent.eq(guard_percent),
            organisations::guard_people.eq(guard_people),
            organisations::active_residents.eq(0),
            organisations::archived_residents.eq(0),
            organisations::created_at.eq(tx.now),
        ))
        .returning(organisations::id)
        .get_result(tx.conn)
}

/// What an appointment of a new therapy organisation can become: name, billable, payroll, cancellation, makeupable.
/// None renders by itself until somebody wants it.
const FIRST_STATUS_TYPES: [(&str, bool, bool, bool, bool); 5] = [
    ("Scheduled", true, true, false, false),
    ("Completed", true, true, false, false),
    ("Cancelled by client", false, false, true, true),
    ("Cancelled by provider", false, false, true, true),
    ("No-show", false, true, true, false),
];

pub fn insert_first_status_types(tx: &mut Tx<'_>, id: OrganisationId) -> QueryResult<()> {
    for (name, billable, payroll, cancellation, makeupable) in FIRST_STATUS_TYPES {
        diesel::insert_into(status_types::table)
            .values((
                status_types::organisation_id.eq(id),
                status_types::name.eq(name),
                status_types::name_folded.eq(fold(name)),
                status_types::billable.eq(billable),
                status_types::payroll.eq(payroll),
                status_types::cancellation.eq(cancellation),
                status_types::makeupable.eq(makeupable),
                status_types::auto_render.eq(false),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, id: OrganisationId, settings: &Settings) -> QueryResult<()> {
    diesel::update(organisations::table.find(id))
        .set((
            organisations::name.eq(&settings.described.name),
            organisations::kind.eq(settings.described.kind),
            organisations::time_zone.eq(settings.described.time_zone.name()),
            organisations::guard_percent.eq(settings.guard_percent),
            organisations::guard_people.eq(settings.guard_people),
            organisations::staff_two_step.eq(settings.staff_two_step),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn recount(tx: &mut Tx<'_>, id: OrganisationId) -> QueryResult<()> {
    let counts: Vec<(String, i64)> = residents::table
        .filter(residents::organisation_id.eq(id))
        .group_by(residents::state)
        .select((residents::state, count_star()))
        .load(tx.conn)?;
    let count = |state: &str| counts.iter().find(|(of, _)| of == state).map_or(0, |(_, n)| *n);
    diesel::update(organisations::table.find(id))
        .set((
            organisations::active_residents.eq(count("active")),
            organisations::archived_residents.eq(count("archived")),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// One organisation or all whose folded name contains `search`, with their counts, by name.
pub fn overviews(conn: &mut Conn, only: Option<OrganisationId>, search: &str) -> QueryResult<Vec<Overview>> {
    let wanted = fold_place(search);
    let mut found = match only {
        Some(id) => get(conn, id).optional()?.into_iter().collect(),
        None => all(conn)?,
    };
    found.retain(|one| fold_place(&one.name).contains(&wanted));
    found.sort_by_key(|one| fold_place(&one.name));
    let feeds = feeds(conn, only)?;
    let paired = paired(conn)?;
    let staff = by_organisation(
        staff_members::table
            .group_by(staff_members::organisation_id)
            .select((staff_members::organisation_id, count_star()))
            .load(conn)?,
    );
    let super_managers = by_organisation(
        memberships::table
            .filter(memberships::role.eq(Role::SuperManager))
            .filter(memberships::ended_at.is_null())
            .group_by(memberships::organisation_id)
            .select((memberships::organisation_id, count_star()))
            .load(conn)?,
    );
    let overview = |organisation: Organisation| Overview {
        paired_residents: paired(organisation.id),
        staff_members: staff(organisation.id),
        super_managers: super_managers(organisation.id),
        feeds: feeds.iter().filter(|(of, _)| *of == organisation.id).map(|(_, feed)| feed.clone()).collect(),
        organisation,
    };
    Ok(found.into_iter().map(overview).collect())
}

fn by_organisation(counts: Vec<(OrganisationId, i64)>) -> impl Fn(OrganisationId) -> i64 {
    move |id| counts.iter().find(|(of, _)| *of == id).map_or(0, |(_, n)| *n)
}

fn paired(conn: &mut Conn) -> QueryResult<impl Fn(OrganisationId) -> i64 + use<>> {
    let live = pairings::table
        .filter(pairings::kind.eq("resident"))
        .filter(pairings::local_id.eq(residents::id))
        .filter(pairings::ended_at.is_null());
    let counts = residents::table
        .filter(residents::state.eq("active"))
        .filter(exists(live))
        .group_by(residents::organisation_id)
        .select((residents::organisation_id, count_star()))
        .load(conn)?;
    Ok(by_organisation(counts))
}

#[derive(Queryable)]
struct FeedRow {
    organisation: OrganisationId,
    id: ConnectionId,
    vendor: String,
    available: bool,
    state: String,
    sync_mode: String,
    last_good_at: Option<NaiveDateTime>,
    last_failure: String,
    failures: i32,
    held: bool,
}

/// Connections of one organisation, or of all.
pub fn feeds(conn: &mut Conn, only: Option<OrganisationId>) -> QueryResult<Vec<(OrganisationId, Feed)>> {
    // Asked by state, not by connection: held runs are few, and the index is there.
    let held = sync_runs::table
        .filter(sync_runs::state.eq("held"))
        .filter(sync_runs::is_preview.eq(false))
        .select(sync_runs::connection_id);
    let columns = (
        connections::organisation_id,
        connections::id,
        connections::vendor,
        connections::available,
        connections::state,
        connections::sync_mode,
        connections::last_good_at,
        connections::last_failure,
        connections::failures,
        connections::id.eq_any(held),
    );
    let rows: Vec<FeedRow> = match only {
        Some(id) => connections::table
            .filter(connections::organisation_id.eq(id))
            .order(connections::id)
            .select(columns)
            .load(conn)?,
        None => connections::table.order(connections::id).select(columns).load(conn)?,
    };
    // A service that makes visits brings nobody.
    let rows = rows.into_iter().filter(|row| row.vendor.parse::<Vendor>().is_ok());
    let feed = |row: FeedRow| {
        let feed = Feed {
            id: row.id,
            vendor: row.vendor,
            available: row.available,
            state: row.state,
            sync_mode: row.sync_mode,
            last_good_at: row.last_good_at,
            last_failure: row.last_failure,
            failures: row.failures,
            held: row.held,
        };
        (row.organisation, feed)
    };
    Ok(rows.map(feed).collect())
}

pub fn has_token(conn: &mut Conn, connection: ConnectionId) -> QueryResult<bool> {
    let live = connection_tokens::table
        .filter(connection_tokens::connection_id.eq(connection))
        .filter(connection_tokens::revoked_at.is_null());
    diesel::select(exists(live)).get_result(conn)
}

pub fn has_service(conn: &mut Conn, connection: ConnectionId) -> QueryResult<bool> {
    let ours = vendor_services::table
        .filter(vendor_services::connection_id.eq(connection))
        .filter(vendor_services::token_id.is_not_null());
    diesel::select(exists(ours)).get_result(conn)
}

/// Active residents of the homes that a connection is for whom it is not paired with.
pub fn unpaired(conn: &mut Conn, organisation: OrganisationId, connection: ConnectionId) -> QueryResult<i64> {
    let live = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq("resident"))
        .filter(pairings::local_id.eq(residents::id))
        .filter(pairings::ended_at.is_null());
    let homes: Vec<PlaceId> = connection_homes::table
        .filter(connection_homes::connection_id.eq(connection))
        .select(connection_homes::place_id)
        .load(conn)?;
    let mut query = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq("active"))
        .filter(not(exists(live)))
        .select(count_star())
        .into_boxed();
    if !homes.is_empty() {
        query = query.filter(residents::home_id.eq_any(homes));
    }
    query.first(conn)
}

pub fn places(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Place>> {
    let rows: Vec<(PlaceId, Option<PlaceId>, PlaceKind, String, String)> = places::table
        .filter(places::organisation_id.eq(organisation))
        .select((places::id, places::parent_id, places::kind, places::name, places::name_folded))
        .load(conn)?;
    let place = |(id, parent, kind, name, name_folded)| Place { id, parent, kind, name, name_folded };
    Ok(rows.into_iter().map(place).collect())
}

pub fn insert_place(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    parent: Option<PlaceId>,
    kind: PlaceKind,
    name: &str,
    name_folded: &str,
) -> QueryResult<PlaceId> {
    diesel::insert_into(places::table)
        .values((
            places::organisation_id.eq(organisation),
            places::parent_id.eq(parent),
            places::kind.eq(kind),
            places::name.eq(name),
            places::name_folded.eq(name_folded),
            places::created_at.eq(tx.now),
        ))
        .returning(places::id)
        .get_result(tx.conn)
}

pub fn rename_place(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: PlaceId,
    name: &str,
    name_folded: &str,
) -> QueryResult<()> {
    diesel::update(places::table.find(id))
        .filter(places::organisation_id.eq(organisation))
        .set((places::name.eq(name), places::name_folded.eq(name_folded)))
        .execute(tx.conn)
        .map(drop)
}

/// Active residents by home and zone.
pub fn residents_by_place(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> QueryResult<Vec<(PlaceId, Option<PlaceId>, i64)>> {
    residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq("active"))
        .group_by((residents::home_id, residents::zone_id))
        .select((residents::home_id, residents::zone_id, count_star()))
        .load(conn)
}

/// Active residents of each home whom no care record system knows here, and when the first of them was added.
pub fn unpaired_by_home(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> QueryResult<Vec<(PlaceId, i64, Option<NaiveDateTime>)>> {
    let live = pairings::table
        .filter(pairings::kind.eq("resident"))
        .filter(pairings::local_id.eq(residents::id))
        .filter(pairings::ended_at.is_null());
    residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq("active"))
        .filter(not(exists(live)))
        .group_by(residents::home_id)
        .select((residents::home_id, count_star(), min(residents::created_at)))
        .load(conn)
}

pub fn aliases(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Alias>> {
    let rows: Vec<(PlaceAliasId, PlaceId, String, String)> = place_aliases::table
        .filter(place_aliases::organisation_id.eq(organisation))
        .order((place_aliases::name_folded, place_aliases::id))
        .select((place_aliases::id, place_aliases::place_id, place_aliases::name, place_aliases::name_folded))
        .load(conn)?;
    let alias = |(id, place, name, name_folded)| Alias { id, place, name, name_folded };
    Ok(rows.into_iter().map(alias).collect())
}

pub fn insert_alias(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    place: PlaceId,
    name: &str,
    name_folded: &str,
) -> QueryResult<PlaceAliasId> {
    diesel::insert_into(place_aliases::table)
        .values((
            place_aliases::organisation_id.eq(organisation),
            place_aliases::place_id.eq(place),
            place_aliases::name.eq(name),
            place_aliases::name_folded.eq(name_folded),
        ))
        .returning(place_aliases::id)
        .get_result(tx.conn)
}

pub fn remove_alias(tx: &mut Tx<'_>, organisation: OrganisationId, id: PlaceAliasId) -> QueryResult<()> {
    diesel::delete(place_aliases::table.find(id))
        .filter(place_aliases::organisation_id.eq(organisation))
        .execute(tx.conn)
        .map(drop)
}
