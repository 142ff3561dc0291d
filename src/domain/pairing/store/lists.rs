//! Rows that lists and counts are made of.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::db::{Backend, Conn};
use crate::domain::access::{Places, Scope};
use crate::domain::connections::{self, Homes};
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::Kind;
use crate::domain::schema::{
    connections as rows, external_records, pairings, parked, refusals, residents, staff_members, suggestions,
    unpaired,
};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId};

pub(super) type Residents<'a> = residents::BoxedQuery<'a, Backend, diesel::sql_types::BigInt>;

/// The ids of active residents within the scope whom a connection is for.
pub(super) fn residents_here<'a, R>(scope: &Scope<R>, homes: &Homes) -> Residents<'a> {
    let mut query = residents::table
        .filter(residents::organisation_id.eq(scope.organisation()))
        .filter(residents::state.eq("active"))
        .select(residents::id)
        .into_boxed();
    if let Places::Only(only) = scope.places() {
        let within = residents::home_id
            .eq_any(only.clone())
            .or(residents::zone_id.eq_any(only.clone()).assume_not_null());
        query = query.filter(within);
    }
    if let Some(only) = homes.only() {
        query = query.filter(residents::home_id.eq_any(only));
    }
    query
}

/// The ids of active staff of the organisation whom a connection is for.
pub(super) fn staff_here<'a>(
    organisation: OrganisationId,
    homes: &Homes,
) -> staff_members::BoxedQuery<'a, Backend, diesel::sql_types::BigInt> {
    let mut query = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::state.eq("active"))
        .select(staff_members::id)
        .into_boxed();
    if let Some(only) = homes.only() {
        let within = staff_members::home_id.eq_any(only).assume_not_null();
        query = query.filter(staff_members::home_id.is_null().or(within));
    }
    query
}

/// How many people a list counts.
pub fn active<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
    kind: Kind,
) -> QueryResult<i64> {
    let homes = connections::homes(conn, connection)?;
    match kind {
        Kind::People => residents_here(scope, &homes).select(count_star()).get_result(conn),
        Kind::Staff => staff_here(scope.organisation(), &homes).select(count_star()).get_result(conn),
    }
}

/// How many are linked who live or work in a home that the connection is not for.
pub fn linked_elsewhere<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
    kind: Kind,
) -> QueryResult<i64> {
    let Some(only) = connections::homes(conn, connection)?.only() else { return Ok(0) };
    let live = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id);
    let all = Homes::default();
    match kind {
        Kind::People => {
            let here = residents_here(scope, &all).filter(residents::id.eq_any(live));
            here.filter(residents::home_id.ne_all(only)).select(count_star()).get_result(conn)
        }
        Kind::Staff => {
            let here = staff_here(scope.organisation(), &all).filter(staff_members::id.eq_any(live));
            let elsewhere = staff_members::home_id.ne_all(only).assume_not_null();
            here.filter(elsewhere).select(count_star()).get_result(conn)
        }
    }
}

/// How many of them are linked.
pub fn linked<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
    kind: Kind,
) -> QueryResult<i64> {
    let live = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id);
    let homes = connections::homes(conn, connection)?;
    match kind {
        Kind::People => {
            let here = residents_here(scope, &homes).filter(residents::id.eq_any(live));
            here.select(count_star()).get_result(conn)
        }
        Kind::Staff => {
            let here = staff_here(scope.organisation(), &homes).filter(staff_members::id.eq_any(live));
            here.select(count_star()).get_result(conn)
        }
    }
}

/// How many of them are set aside until a date that has not come.
pub fn parked_count<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
    kind: Kind,
    today: NaiveDate,
) -> QueryResult<i64> {
    // A sync may have linked somebody who is set aside: they are counted as linked.
    let linked = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id);
    let waiting = parked::table
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(kind_word(kind)))
        .filter(parked::until.gt(today))
        .filter(parked::local_id.ne_all(linked))
        .select(parked::local_id);
    let homes = connections::homes(conn, connection)?;
    match kind {
        Kind::People => {
            let here = residents_here(scope, &homes).filter(residents::id.eq_any(waiting));
            here.select(count_star()).get_result(conn)
        }
        Kind::Staff => {
            let here = staff_here(scope.organisation(), &homes).filter(staff_members::id.eq_any(waiting));
            here.select(count_star()).get_result(conn)
        }
    }
}

/// When a sync last ended well.
pub fn newest_sync(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<NaiveDateTime>> {
    rows::table.find(connection).select(rows::last_good_at).first(conn)
}

/// Why each is not linked, as far as a sync said.
pub fn reasons(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    ids: &[i64],
) -> QueryResult<Vec<(i64, String)>> {
    unpaired::table
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(kind_word(kind)))
        .filter(unpaired::local_id.eq_any(ids.to_vec()))
        .select((unpaired::local_id, unpaired::why))
        .load(conn)
}

/// A stored suggestion: for whom, the record, its data and the vendor's id, whether others fit as well.
pub type Suggested = (i64, ExternalRecordId, String, String, bool);

/// The best suggestion of each.
pub fn suggested(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    ids: &[i64],
) -> QueryResult<Vec<Suggested>> {
    suggestions::table
        .inner_join(external_records::table)
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(kind_word(kind)))
        .filter(suggestions::rank.eq(1))
        .filter(suggestions::local_id.eq_any(ids.to_vec()))
        .select((
            suggestions::local_id,
            external_records::id,
            external_records::data,
            external_records::external_id,
            suggestions::several,
        ))
        .load(conn)
}

/// Who is set aside: id, reason, until when.
pub fn parked_until(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    ids: &[i64],
    today: NaiveDate,
) -> QueryResult<Vec<(i64, String, NaiveDate)>> {
    parked::table
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(kind_word(kind)))
        .filter(parked::local_id.eq_any(ids.to_vec()))
        .filter(parked::until.gt(today))
        .select((parked::local_id, parked::reason, parked::until))
        .load(conn)
}

/// Whom people said each is not: id, the record's data, who said so.
pub fn named_refusals(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    ids: &[i64],
) -> QueryResult<Vec<(i64, String, String)>> {
    refusals::table
        .inner_join(external_records::table)
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind_word(kind)))
        .filter(refusals::local_id.eq_any(ids.to_vec()))
        .filter(refusals::because.eq(super::SAID_NO))
        .filter(refusals::withdrawn_at.is_null())
        .order(refusals::id)
        .select((refusals::local_id, external_records::data, refusals::made_by_name))
        .load(conn)
}

/// A refusal of one person: record, its data, why, by whom, when.
type Refusal = (ExternalRecordId, String, String, String, NaiveDateTime);

pub fn refusals_of(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> QueryResult<Vec<Refusal>> {
    refusals::table
        .inner_join(external_records::table)
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind_word(kind)))
        .filter(refusals::local_id.eq(local))
        .filter(refusals::withdrawn_at.is_null())
        .order(refusals::id.desc())
        .select((
            external_records::id,
            external_records::data,
            refusals::because,
            refusals::made_by_name,
            refusals::made_at,
        ))
        .load(conn)
}

/// The best suggestions of at least a score, without a close second: for whom, record, evidence.
pub fn top_suggestions(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    floor: i64,
) -> QueryResult<Vec<(i64, i64, String)>> {
    suggestions::table
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(kind_word(kind)))
        .filter(suggestions::rank.eq(1))
        .filter(suggestions::several.eq(false))
        .filter(suggestions::score.ge(floor))
        .order(suggestions::local_id)
        .select((suggestions::local_id, suggestions::external_record_id, suggestions::evidence))
        .load(conn)
}
