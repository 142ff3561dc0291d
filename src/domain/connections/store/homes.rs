//! Rows of the homes that connections are for.

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::schema::{connection_homes, connections, pairings, residents};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId};

/// Those that were chosen, none where it is for all.
pub fn homes(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<PlaceId>> {
    connection_homes::table
        .filter(connection_homes::connection_id.eq(connection))
        .order(connection_homes::place_id)
        .select(connection_homes::place_id)
        .load(conn)
}

pub fn set_homes(tx: &mut Tx<'_>, connection: ConnectionId, homes: &[PlaceId]) -> QueryResult<()> {
    let old = connection_homes::table.filter(connection_homes::connection_id.eq(connection));
    diesel::delete(old).execute(tx.conn)?;
    for home in homes {
        diesel::insert_into(connection_homes::table)
            .values((connection_homes::connection_id.eq(connection), connection_homes::place_id.eq(*home)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The homes in which residents live who are paired by a connection, with how many.
pub fn paired_by_home(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<(PlaceId, i64)>> {
    let live = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq("resident"))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id);
    residents::table
        .filter(residents::state.eq("active"))
        .filter(residents::id.eq_any(live))
        .group_by(residents::home_id)
        .select((residents::home_id, count_star()))
        .load(conn)
}

/// Homes that other connections of the organisation are for.
pub fn homes_of_others(
    conn: &mut Conn,
    organisation: OrganisationId,
    but: Option<ConnectionId>,
) -> QueryResult<Vec<PlaceId>> {
    let rows: Vec<(ConnectionId, PlaceId)> = connection_homes::table
        .inner_join(connections::table)
        .filter(connections::organisation_id.eq(organisation))
        .select((connections::id, connection_homes::place_id))
        .load(conn)?;
    Ok(rows.into_iter().filter(|(of, _)| Some(*of) != but).map(|(_, home)| home).collect())
}
