//! Rows of mappings.

use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use super::{Cadence, SITE};
use crate::db::Conn;
use crate::domain::schema::{external_records, note_pulls, pairings, therapy_settings};
use crate::kit::ids::{ConnectionId, OrganisationId};

/// Sites that the vendor lists and that have no live mapping.
pub fn unmapped_sites(conn: &mut Conn, connection: ConnectionId) -> QueryResult<i64> {
    let live = pairings::table
        .filter(pairings::external_record_id.eq(external_records::id))
        .filter(pairings::ended_at.is_null());
    external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(SITE))
        .filter(external_records::missing_runs.eq(0))
        .filter(not(exists(live)))
        .select(count_star())
        .first(conn)
}

/// Whether the organisation works on mapped sites while others are not mapped yet.
pub fn meanwhile(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<bool> {
    let set: Option<bool> = therapy_settings::table
        .find(organisation)
        .select(therapy_settings::meanwhile)
        .first(conn)
        .optional()?;
    Ok(set.unwrap_or(false))
}

pub fn cadence(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<Cadence>> {
    note_pulls::table
        .find(connection)
        .select((
            note_pulls::notes_every,
            note_pulls::people_every,
            note_pulls::notes_read_at,
            note_pulls::people_read_at,
            note_pulls::modified_since,
        ))
        .first::<(i32, i32, Option<_>, Option<_>, Option<_>)>(conn)
        .optional()
        .map(|found| {
            found.map(|(notes_every, people_every, notes_read_at, people_read_at, modified_since)| Cadence {
                notes_every,
                people_every,
                notes_read_at,
                people_read_at,
                modified_since,
            })
        })
}
