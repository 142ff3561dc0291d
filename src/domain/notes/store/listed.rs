//! Rows of session notes as lists ask for them, within the places that somebody reaches.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::Deserialize;

use super::{CHUNK, Row};
use crate::db::{Backend, Conn};
use crate::domain::access::Places;
use crate::domain::notes::{SUBJECT, Show, State, Wanted};
use crate::domain::organisations::searching::patterns;
use crate::domain::schema::{
    appointments, external_records, note_proposals, pairings, residents, session_notes,
};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId, SessionNoteId};

/// A note's row with the vendor's identifier.
pub type Listed = (Row, String);

/// Boxed notes of an organisation with their records, within the places: those of students who are mapped to a client
/// there, and those on an appointment there.
macro_rules! reached {
    ($conn:expr, $organisation:expr, $places:expr) => {{
        let mut query = session_notes::table
            .inner_join(external_records::table)
            .filter(session_notes::organisation_id.eq($organisation))
            .into_boxed::<Backend>();
        if let Places::Only(assigned) = $places {
            let students = students_of($conn, $organisation, assigned)?;
            let mapped = pairings::table
                .inner_join(appointments::table.on(appointments::id.eq(pairings::local_id)))
                .filter(pairings::kind.eq(SUBJECT))
                .filter(pairings::ended_at.is_null())
                .filter(appointments::organisation_id.eq($organisation))
                .filter(appointments::place_id.eq_any(assigned.clone()))
                .select(pairings::external_record_id);
            query = query.filter(
                session_notes::student_external_id
                    .eq_any(students)
                    .or(session_notes::external_record_id.eq_any(mapped)),
            );
        }
        query
    }};
}

/// The students who are mapped to clients of some places, by the vendor's identifiers.
fn students_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &[PlaceId],
) -> QueryResult<Vec<String>> {
    pairings::table
        .inner_join(external_records::table)
        .inner_join(residents::table.on(residents::id.eq(pairings::local_id)))
        .filter(pairings::kind.eq("resident"))
        .filter(pairings::ended_at.is_null())
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::home_id.eq_any(places.to_vec()))
        .select(external_records::external_id)
        .load(conn)
}

pub fn find(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    id: SessionNoteId,
) -> QueryResult<Listed> {
    reached!(conn, organisation, places)
        .filter(session_notes::id.eq(id))
        .select((Row::as_select(), external_records::external_id))
        .first(conn)
}

/// Those of some notes that are reached.
pub fn some(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    ids: &[SessionNoteId],
) -> QueryResult<Vec<Row>> {
    reached!(conn, organisation, places)
        .filter(session_notes::id.eq_any(ids.to_vec()))
        .select(Row::as_select())
        .load(conn)
}

pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    wanted: &Wanted,
    (offset, limit): (i64, i64),
) -> QueryResult<Vec<Listed>> {
    let mut query = reached!(conn, organisation, places)
        .order((session_notes::local_date.desc(), session_notes::id.desc()))
        .select((Row::as_select(), external_records::external_id))
        .offset(offset)
        .limit(limit);
    for pattern in patterns(&wanted.search) {
        query = query.filter(external_records::sort_name.like(pattern).escape('!'));
    }
    if let Some(reason) = wanted.reason {
        query = query.filter(session_notes::reason.eq(reason));
    }
    if !wanted.site.is_empty() {
        query = query.filter(session_notes::site_external_id.eq(wanted.site.clone()));
    }
    if let Some(from) = wanted.from {
        query = query.filter(session_notes::local_date.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(session_notes::local_date.le(to));
    }
    let undecided =
        || note_proposals::table.filter(note_proposals::state.eq("open")).select(note_proposals::note_id);
    query = match wanted.show {
        Show::All => query,
        Show::Mapped => query.filter(session_notes::state.eq(State::Mapped)),
        Show::Unmapped => query.filter(session_notes::state.ne(State::Mapped)),
        Show::NotRendered => {
            let waiting = pairings::table
                .inner_join(appointments::table.on(appointments::id.eq(pairings::local_id)))
                .filter(pairings::kind.eq(SUBJECT))
                .filter(pairings::ended_at.is_null())
                .filter(appointments::organisation_id.eq(organisation))
                .filter(appointments::state.ne("rendered"))
                .select(pairings::external_record_id);
            query
                .filter(session_notes::state.eq(State::Mapped))
                .filter(session_notes::external_record_id.eq_any(waiting))
        }
        Show::ToDecide => query.filter(session_notes::id.eq_any(undecided())),
    };
    query.load(conn)
}

/// How many notes are in each state.
pub fn counts(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> QueryResult<(Vec<(State, i64)>, i64)> {
    let states = session_notes::table
        .filter(session_notes::organisation_id.eq(organisation))
        .filter(session_notes::connection_id.eq(connection))
        .group_by(session_notes::state)
        .select((session_notes::state, count_star()))
        .load(conn)?;
    let open = note_proposals::table
        .filter(note_proposals::organisation_id.eq(organisation))
        .filter(note_proposals::state.eq("open"))
        .count()
        .get_result(conn)?;
    Ok((states, open))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Site {
    name: String,
}

/// The names of the vendor's sites, by identifier.
pub fn site_names(
    conn: &mut Conn,
    connections: &[ConnectionId],
    sites: &[String],
) -> QueryResult<HashMap<(ConnectionId, String), String>> {
    let mut found = HashMap::new();
    for piece in sites.chunks(CHUNK) {
        let rows: Vec<(ConnectionId, String, String)> = external_records::table
            .filter(external_records::connection_id.eq_any(connections.to_vec()))
            .filter(external_records::kind.eq("site"))
            .filter(external_records::external_id.eq_any(piece.to_vec()))
            .select((external_records::connection_id, external_records::external_id, external_records::data))
            .load(conn)?;
        let named = |(connection, id, data): (ConnectionId, String, String)| {
            let site: Site = serde_json::from_str(&data).unwrap_or_default();
            ((connection, id), site.name)
        };
        found.extend(rows.into_iter().map(named));
    }
    Ok(found)
}
