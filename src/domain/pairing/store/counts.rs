//! Decisions counted: what rules and people paired, what became of it, and what people said no to.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::db::Conn;
use crate::domain::schema::{audit_events, connections, pairings, refusals};
use crate::kit::ids::{ConnectionId, OrganisationId};

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
    let rows: Vec<(ConnectionId, String)> = all.select((connections::id, connections::vendor)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Pairings of an organisation; undone syncs are left out.
pub fn decided(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Counted>> {
    let ours =
        connections::table.filter(connections::organisation_id.eq(organisation)).select(connections::id);
    let alike = (
        pairings::connection_id,
        pairings::kind,
        pairings::origin,
        pairings::rule,
        pairings::strength,
        pairings::ended_because,
    );
    pairings::table
        .filter(pairings::connection_id.eq_any(ours))
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
pub fn looked_at(conn: &mut Conn, organisation: OrganisationId, look: &str) -> QueryResult<Vec<Number>> {
    let ours =
        connections::table.filter(connections::organisation_id.eq(organisation)).select(connections::id);
    let about = audit_events::subject
        .eq(pairings::kind)
        .and(audit_events::subject_id.eq(pairings::local_id.nullable()))
        .and(audit_events::verb.eq(look.to_owned()))
        .and(audit_events::at.ge(pairings::paired_at));
    pairings::table
        .inner_join(audit_events::table.on(about))
        .filter(pairings::connection_id.eq_any(ours))
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

/// Suggestions that people said no to, by strength.
pub fn said_no(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Number>> {
    let ours =
        connections::table.filter(connections::organisation_id.eq(organisation)).select(connections::id);
    refusals::table
        .filter(refusals::connection_id.eq_any(ours))
        .filter(refusals::because.eq(super::SAID_NO))
        .filter(refusals::withdrawn_at.is_null())
        .group_by((refusals::connection_id, refusals::kind, refusals::strength))
        .select((refusals::connection_id, refusals::kind, refusals::strength, count_star()))
        .load(conn)
}
