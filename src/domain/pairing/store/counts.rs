//! Decisions counted: what rules and people paired, what became of it, and what people said no to.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::connections::homes;
use crate::domain::schema::{
    audit_events, connections, pairings, places, refusals, residents, staff_members,
};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId};

/// Pairings of one connection and kind that are alike in how they came about and why they ended.
#[derive(Debug, Queryable)]
pub struct Counted {
    pub connection: ConnectionId,
    pub kind: String,
    pub origin: String,
    pub rule: String,
    pub strength: String,
    pub ended_because: String,
    pub count: i64,
}

/// The vendor of each connection of an organisation.
pub fn vendors(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<HashMap<ConnectionId, String>> {
    let all = connections::table.filter(connections::organisation_id.eq(organisation));
    let all = all.filter(connections::vendor.ne_all(Vendor::BESIDE.map(Vendor::id).to_vec()));
    let rows: Vec<(ConnectionId, String)> = all.select((connections::id, connections::vendor)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// One connection, and every home of the people whom it is for.
#[derive(Debug, Clone)]
pub struct Concerned {
    connection: ConnectionId,
    homes: Vec<PlaceId>,
}

impl Concerned {
    pub fn is_of(&self, connection: ConnectionId) -> bool {
        self.connection == connection
    }
}

/// Each connection of an organisation with its homes.
pub fn concerned(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Concerned>> {
    let every: Vec<PlaceId> = places::table
        .filter(places::organisation_id.eq(organisation))
        .filter(places::parent_id.is_null())
        .select(places::id)
        .load(conn)?;
    let ids: Vec<ConnectionId> = connections::table
        .filter(connections::organisation_id.eq(organisation))
        .filter(connections::vendor.ne_all(Vendor::BESIDE.map(Vendor::id).to_vec()))
        .order(connections::id)
        .select(connections::id)
        .load(conn)?;
    let of = |connection| {
        let homes = homes(conn, connection)?.only().unwrap_or_else(|| every.clone());
        Ok(Concerned { connection, homes })
    };
    ids.into_iter().map(of).collect()
}

/// Whether a row of a table is about somebody of these homes, or of none.
macro_rules! about_these {
    ($table:ident, $of:expr) => {{
        let live_there =
            residents::table.filter(residents::home_id.eq_any($of.homes.clone())).select(residents::id);
        let work_there = staff_members::home_id.eq_any($of.homes.clone()).assume_not_null();
        let staff = staff_members::table
            .filter(staff_members::home_id.is_null().or(work_there))
            .select(staff_members::id);
        let residents = $table::kind.eq("resident").and($table::local_id.eq_any(live_there));
        residents.or($table::kind.eq("staff").and($table::local_id.eq_any(staff)))
    }};
}

/// Pairings of a connection; undone syncs are left out.
pub fn decided(conn: &mut Conn, of: &Concerned) -> QueryResult<Vec<Counted>> {
    let alike = (
        pairings::connection_id,
        pairings::kind,
        pairings::origin,
        pairings::rule,
        pairings::strength,
        pairings::ended_because,
    );
    pairings::table
        .filter(pairings::connection_id.eq(of.connection))
        .filter(about_these!(pairings, of))
        .filter(pairings::ended_because.ne(super::SYNC_UNDONE))
        .group_by(alike)
        .select((
            pairings::connection_id,
            pairings::kind,
            pairings::origin,
            pairings::rule,
            pairings::strength,
            pairings::ended_because,
            count_star(),
        ))
        .order(alike)
        .load(conn)
}

/// A number of one connection and kind, of one rule or strength.
type Number = (ConnectionId, String, String, i64);

/// Pairings by rules that somebody looked at afterwards, by rule.
pub fn looked_at(
    conn: &mut Conn,
    organisation: OrganisationId,
    of: &Concerned,
    look: &str,
) -> QueryResult<Vec<Number>> {
    let about = audit_events::subject
        .eq(pairings::kind)
        .and(audit_events::subject_id.eq(pairings::local_id.nullable()))
        .and(audit_events::verb.eq(look.to_owned()))
        .and(audit_events::at.ge(pairings::paired_at));
    pairings::table
        .inner_join(audit_events::table.on(about))
        .filter(pairings::connection_id.eq(of.connection))
        .filter(about_these!(pairings, of))
        .filter(audit_events::organisation_id.eq(organisation))
        .filter(pairings::origin.ne(super::BY_HAND))
        .filter(pairings::ended_because.ne(super::SYNC_UNDONE))
        .group_by((pairings::connection_id, pairings::kind, pairings::rule))
        .select((
            pairings::connection_id,
            pairings::kind,
            pairings::rule,
            diesel::dsl::count(pairings::id).aggregate_distinct(),
        ))
        .load(conn)
}

/// One of the standing pairs of a rule that nobody has looked at: the one that `chance` falls on.
pub fn unseen(
    conn: &mut Conn,
    organisation: OrganisationId,
    (of, kind, rule): (&Concerned, &str, &str),
    look: &str,
    chance: u32,
) -> QueryResult<Option<i64>> {
    let looked = || {
        audit_events::table
            .filter(audit_events::organisation_id.eq(organisation))
            .filter(audit_events::verb.eq(look.to_owned()))
            .filter(audit_events::subject.eq(kind.to_owned()))
            .filter(audit_events::subject_id.is_not_null())
            .select(audit_events::subject_id.assume_not_null())
    };
    let standing = || {
        pairings::table
            .filter(pairings::connection_id.eq(of.connection))
            .filter(about_these!(pairings, of))
            .filter(pairings::kind.eq(kind.to_owned()))
            .filter(pairings::rule.eq(rule.to_owned()))
            .filter(pairings::origin.ne(super::BY_HAND))
            .filter(pairings::ended_at.is_null())
            .filter(pairings::local_id.ne_all(looked()))
    };
    let count: i64 = standing().count().get_result(conn)?;
    if count == 0 {
        return Ok(None);
    }
    let nth = i64::from(chance) % count;
    standing().order(pairings::id).offset(nth).limit(1).select(pairings::local_id).first(conn).optional()
}

/// Suggestions that people said no to, by strength.
pub fn said_no(conn: &mut Conn, of: &Concerned) -> QueryResult<Vec<Number>> {
    refusals::table
        .filter(refusals::connection_id.eq(of.connection))
        .filter(about_these!(refusals, of))
        .filter(refusals::because.eq(super::SAID_NO))
        .filter(refusals::withdrawn_at.is_null())
        .group_by((refusals::connection_id, refusals::kind, refusals::strength))
        .select((refusals::connection_id, refusals::kind, refusals::strength, count_star()))
        .load(conn)
}
