//! Lists of people who wait and of those who were decided about, as far as a person's places reach.

use std::collections::HashMap;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::{CHUNK, PlacesOf, Row};
use crate::db::{Backend, Conn};
use crate::domain::access::Role;
use crate::domain::approvals::{Order, RoleThere, State, Wanted};
use crate::domain::organisations::searching::patterns;
use crate::domain::schema::{approval_places, approvals, permission_presets};
use crate::kit::ids::{ApprovalId, OrganisationId, PlaceId};

/// Whom a person sees: everybody, or those of some places.
#[derive(Debug, Clone)]
pub enum Reach {
    All,
    Only(Vec<PlaceId>),
}

type Boxed = approvals::BoxedQuery<'static, Backend>;

fn wanted(organisation: OrganisationId, reach: &Reach, state: State, wanted: &Wanted) -> Boxed {
    let mut query = reached(organisation, reach).filter(approvals::state.eq(state));
    for pattern in patterns(&wanted.search) {
        query = query.filter(approvals::search_text.like(pattern).escape('!'));
    }
    match wanted.role {
        None => {}
        Some(RoleThere::Manager) => query = query.filter(approvals::vendor_role.eq("Manager")),
        Some(RoleThere::Staff) => query = query.filter(approvals::vendor_role.eq("Staff")),
        Some(RoleThere::Other) => {
            query = query.filter(approvals::vendor_role.ne_all(vec!["Manager", "Staff"]));
        }
    }
    if wanted.flagged {
        query = query.filter(approvals::flags.ne(""));
    }
    if let Some(at) = wanted.waited_at {
        query = query.filter(approvals::since.le(at));
    }
    query
}

fn reached(organisation: OrganisationId, reach: &Reach) -> Boxed {
    let query = approvals::table.filter(approvals::organisation_id.eq(organisation)).into_boxed();
    match reach {
        Reach::All => query,
        Reach::Only(places) => query.filter(exists(
            approval_places::table
                .filter(approval_places::approval_id.eq(approvals::id))
                .filter(approval_places::place_id.eq_any(places.clone())),
        )),
    }
}

pub fn list(
    conn: &mut Conn,
    (organisation, reach): (OrganisationId, &Reach),
    state: State,
    asked: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    let query = wanted(organisation, reach, state, asked);
    let query = match asked.order {
        Order::Newest => query.order((approvals::since.desc(), approvals::sort_name, approvals::id)),
        Order::Name => query.order((approvals::sort_name, approvals::id, approvals::since)),
        Order::Title => query.order((approvals::title_folded, approvals::sort_name, approvals::id)),
    };
    query.select(Row::as_select()).offset(offset).limit(limit).load(conn)
}

pub fn ids(
    conn: &mut Conn,
    (organisation, reach): (OrganisationId, &Reach),
    state: State,
    asked: &Wanted,
    limit: i64,
) -> QueryResult<Vec<ApprovalId>> {
    wanted(organisation, reach, state, asked)
        .order((approvals::sort_name, approvals::id))
        .select(approvals::id)
        .limit(limit)
        .load(conn)
}

pub fn count(
    conn: &mut Conn,
    (organisation, reach): (OrganisationId, &Reach),
    state: State,
    asked: &Wanted,
) -> QueryResult<i64> {
    wanted(organisation, reach, state, asked).select(count_star()).first(conn)
}

pub fn get(
    conn: &mut Conn,
    (organisation, reach): (OrganisationId, &Reach),
    id: ApprovalId,
) -> QueryResult<Row> {
    reached(organisation, reach).filter(approvals::id.eq(id)).select(Row::as_select()).first(conn)
}

pub fn of_ids(
    conn: &mut Conn,
    (organisation, reach): (OrganisationId, &Reach),
    ids: &[ApprovalId],
) -> QueryResult<Vec<Row>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = reached(organisation, reach).filter(approvals::id.eq_any(chunk.to_vec()));
        found.extend(query.select(Row::as_select()).load::<Row>(conn)?);
    }
    found.sort_by(|one, other| (&one.sort_name, one.id).cmp(&(&other.sort_name, other.id)));
    Ok(found)
}

pub fn places_of(conn: &mut Conn, ids: &[ApprovalId]) -> QueryResult<PlacesOf> {
    let mut found: PlacesOf = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(ApprovalId, PlaceId)> = approval_places::table
            .filter(approval_places::approval_id.eq_any(chunk.to_vec()))
            .order(approval_places::place_id)
            .select((approval_places::approval_id, approval_places::place_id))
            .load(conn)?;
        for (id, place) in rows {
            found.entry(id).or_default().push(place);
        }
    }
    Ok(found)
}

/// How often people with a job title were approved with the same role and permissions.
#[derive(Debug, Clone, Queryable)]
pub struct Decided {
    pub title_folded: String,
    pub role: Option<Role>,
    pub permissions: String,
    pub times: i64,
}

pub fn decided_with(
    conn: &mut Conn,
    organisation: OrganisationId,
    titles: &[String],
) -> QueryResult<Vec<Decided>> {
    approvals::table
        .filter(approvals::organisation_id.eq(organisation))
        .filter(approvals::state.eq(State::Approved))
        .filter(approvals::role.is_not_null())
        .filter(approvals::title_folded.eq_any(titles.to_vec()))
        .group_by((approvals::title_folded, approvals::role, approvals::permissions))
        .select((approvals::title_folded, approvals::role, approvals::permissions, count_star()))
        .load(conn)
}

/// An organisation's own presets: name and permissions.
pub fn presets(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<(String, String)>> {
    permission_presets::table
        .filter(permission_presets::organisation_id.eq(organisation))
        .order((permission_presets::name_folded, permission_presets::id))
        .select((permission_presets::name, permission_presets::permissions))
        .load(conn)
}
