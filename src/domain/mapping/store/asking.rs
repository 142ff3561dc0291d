//! What is asked of the rows beside both sides: times, what a look rested on, and what hangs on a mapping.

use std::collections::HashMap;
use std::fmt::Write as _;

use diesel::dsl::{count_star, exists, max, not};
use diesel::prelude::*;

use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::mapping::{Cadence, Kind};
use crate::domain::schema::{
    connections, external_records, note_pulls, pairings, place_aliases, places, refusals, residents,
    session_notes, staff_members, staff_places,
};
use crate::kit::ids::{ConnectionId, OrganisationId};

/// Sites that the vendor lists and that have no live mapping.
pub fn unmapped_sites(conn: &mut Conn, connection: ConnectionId) -> QueryResult<i64> {
    let live = pairings::table
        .filter(pairings::external_record_id.eq(external_records::id))
        .filter(pairings::ended_at.is_null());
    external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(Kind::Site.word()))
        .filter(external_records::missing_runs.eq(0))
        .filter(not(exists(live)))
        .select(count_star())
        .first(conn)
}

pub fn cadence(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<Cadence>> {
    let found: Option<(i32, i32, Option<_>, Option<_>, Option<_>)> = note_pulls::table
        .find(connection)
        .select((
            note_pulls::notes_every,
            note_pulls::people_every,
            note_pulls::notes_read_at,
            note_pulls::people_read_at,
            note_pulls::modified_since,
        ))
        .first(conn)
        .optional()?;
    Ok(found.map(|(notes_every, people_every, notes_read_at, people_read_at, modified_since)| Cadence {
        notes_every,
        people_every,
        notes_read_at,
        people_read_at,
        modified_since,
    }))
}

/// Connections that are on and whose records are mapped.
pub fn on(conn: &mut Conn, vendor: Vendor) -> QueryResult<Vec<(ConnectionId, OrganisationId)>> {
    connections::table
        .filter(connections::vendor.eq(vendor.id()))
        .filter(connections::available.eq(true))
        .filter(connections::state.eq("on"))
        .order(connections::id)
        .select((connections::id, connections::organisation_id))
        .load(conn)
}

pub fn matched_with(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<String>> {
    note_pulls::table.find(connection).select(note_pulls::matched_with).first(conn).optional()
}

/// What the vendor's side of a kind comes to: counts, the newest rows, and what was decided.
pub fn stamp_there(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<String> {
    let of_kind = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind.word()));
    let newest: Option<chrono::NaiveDateTime> =
        of_kind.select(max(external_records::changed_at)).first(conn)?;
    let listed: i64 = of_kind.filter(external_records::missing_runs.eq(0)).count().get_result(conn)?;
    let live: (i64, Option<i64>) = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind.word()))
        .filter(pairings::ended_at.is_null())
        .select((count_star(), max(pairings::id)))
        .first(conn)?;
    let refused: (i64, Option<i64>) = refusals::table
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind.word()))
        .filter(refusals::withdrawn_at.is_null())
        .select((count_star(), max(refusals::id)))
        .first(conn)?;
    Ok(format!("{}|{newest:?}|{listed}|{live:?}|{refused:?};", kind.word()))
}

/// The same of our side.
pub fn stamp_here(conn: &mut Conn, organisation: OrganisationId, kind: Kind) -> QueryResult<String> {
    match kind {
        Kind::Site => {
            let named: Vec<(i64, String)> = places::table
                .filter(places::organisation_id.eq(organisation))
                .order(places::id)
                .select((places::id, places::name_folded))
                .load(conn)?;
            let other: Vec<(i64, String)> = place_aliases::table
                .filter(place_aliases::organisation_id.eq(organisation))
                .order(place_aliases::id)
                .select((place_aliases::place_id, place_aliases::name_folded))
                .load(conn)?;
            Ok(format!("{named:?}|{other:?};"))
        }
        Kind::Student => {
            let all: (i64, Option<i64>) = residents::table
                .filter(residents::organisation_id.eq(organisation))
                .select((count_star(), max(residents::id)))
                .first(conn)?;
            let newest: Option<chrono::NaiveDateTime> = residents::table
                .filter(residents::organisation_id.eq(organisation))
                .select(max(residents::updated_at))
                .first(conn)?;
            let active: i64 = residents::table
                .filter(residents::organisation_id.eq(organisation))
                .filter(residents::state.eq("active"))
                .count()
                .get_result(conn)?;
            Ok(format!("{all:?}|{newest:?}|{active};"))
        }
        Kind::User => stamp_of_staff(conn, organisation),
    }
}

fn stamp_of_staff(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<String> {
    let all: (i64, Option<i64>) = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .select((count_star(), max(staff_members::id)))
        .first(conn)?;
    let newest: Option<chrono::NaiveDateTime> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .select(max(staff_members::updated_at))
        .first(conn)?;
    let further: Vec<(i64, i64)> = staff_places::table
        .inner_join(staff_members::table)
        .filter(staff_members::organisation_id.eq(organisation))
        .order(staff_places::id)
        .select((staff_places::staff_member_id, staff_places::place_id))
        .load(conn)?;
    let mut stamp = format!("{all:?}|{newest:?}|");
    for (member, place) in further {
        let _ = write!(stamp, "{member}-{place},");
    }
    stamp.push(';');
    Ok(stamp)
}

/// How many mapped notes there are of each of these students or users, or at each of these sites.
pub fn mapped_notes(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    external_ids: &[String],
) -> QueryResult<HashMap<String, i64>> {
    let mut counts = HashMap::new();
    for some in external_ids.chunks(500) {
        let live = session_notes::table
            .inner_join(
                pairings::table.on(pairings::external_record_id.eq(session_notes::external_record_id)),
            )
            .filter(pairings::ended_at.is_null())
            .filter(session_notes::connection_id.eq(connection));
        let rows: Vec<(String, i64)> = match kind {
            Kind::Site => live
                .filter(session_notes::site_external_id.eq_any(some.to_vec()))
                .group_by(session_notes::site_external_id)
                .select((session_notes::site_external_id, count_star()))
                .load(conn)?,
            Kind::Student => live
                .filter(session_notes::student_external_id.eq_any(some.to_vec()))
                .group_by(session_notes::student_external_id)
                .select((session_notes::student_external_id, count_star()))
                .load(conn)?,
            Kind::User => live
                .filter(session_notes::user_external_id.eq_any(some.to_vec()))
                .group_by(session_notes::user_external_id)
                .select((session_notes::user_external_id, count_star()))
                .load(conn)?,
        };
        counts.extend(rows);
    }
    Ok(counts)
}
