//! What the undoing of a run looks up and takes back.

use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::pairing::owned::Owned;
use crate::domain::residents::{self as people, ResidentFacts};
use crate::domain::schema::{external_records, pairings, relatives, residents, suggestions, unpaired};
use crate::kit::ids::{OrganisationId, ResidentId, RunId};

/// Whether a resident is as the run made them: nobody has changed, related or linked them otherwise.
pub fn made_only_by(conn: &mut Conn, run: RunId, resident: ResidentId) -> QueryResult<bool> {
    let version: Option<i64> =
        residents::table.find(resident).select(residents::version).first(conn).optional()?;
    let relatives: i64 =
        relatives::table.filter(relatives::resident_id.eq(resident)).count().get_result(conn)?;
    let linked = || {
        pairings::table.filter(pairings::kind.eq(people::SUBJECT)).filter(pairings::local_id.eq(resident.0))
    };
    let all: i64 = linked().count().get_result(conn)?;
    let own: i64 = linked()
        .filter(pairings::run_id.eq(run.0))
        .filter(pairings::ended_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(version == Some(people::FIRST_VERSION) && relatives == 0 && all == own)
}

/// Removes a resident whom a run made, with the pairing that came with them.
pub fn forget_created(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<()> {
    let (kind, id) = (people::SUBJECT, resident.0);
    diesel::delete(pairings::table)
        .filter(pairings::kind.eq(kind))
        .filter(pairings::local_id.eq(id))
        .execute(tx.conn)?;
    diesel::delete(suggestions::table)
        .filter(suggestions::kind.eq(kind))
        .filter(suggestions::local_id.eq(id))
        .execute(tx.conn)?;
    diesel::delete(unpaired::table)
        .filter(unpaired::kind.eq(kind))
        .filter(unpaired::local_id.eq(id))
        .execute(tx.conn)?;
    diesel::delete(residents::table.find(resident)).execute(tx.conn).map(drop)
}

/// State and the reason of being archived.
pub fn state_of(conn: &mut Conn, resident: ResidentId) -> QueryResult<Option<(String, String)>> {
    residents::table
        .find(resident)
        .select((residents::state, residents::archived_because))
        .first(conn)
        .optional()
}

/// The owned fields as they are here; `None` when there is no such resident any more.
pub fn owned_now(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
) -> QueryResult<Option<Owned>> {
    let facts: Option<ResidentFacts> = people::facts_of(conn, organisation, resident).optional()?;
    Ok(facts.map(|facts| Owned::here(&facts)))
}

/// The record is not acted on again while it stays as it is now.
pub fn leave_alone(tx: &mut Tx<'_>, record: i64) -> QueryResult<()> {
    diesel::update(external_records::table.find(record))
        .set(external_records::left_hash.eq(external_records::content_hash))
        .execute(tx.conn)
        .map(drop)
}
