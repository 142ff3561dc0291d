//! What the other connections of an organisation know of the same people: each record is owned by its own.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, max, sum};
use diesel::prelude::*;

use crate::connectors::PersonRecord;
use crate::db::Conn;
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::Kind;
use crate::domain::residents::Voice;
use crate::domain::schema::{connections, external_records, field_sources, pairings};
use crate::kit::ids::{ConnectionId, OrganisationId};

/// What every other vendor that is on says of people here whom it is paired with and lists, by their ids. Of staff
/// only that it does.
pub fn voices(
    conn: &mut Conn,
    organisation: OrganisationId,
    but: ConnectionId,
    kind: Kind,
) -> QueryResult<HashMap<i64, Vec<Voice>>> {
    let rows: Vec<(i64, String, String)> = pairings::table
        .inner_join(connections::table)
        .inner_join(external_records::table)
        .filter(connections::organisation_id.eq(organisation))
        .filter(connections::id.ne(but))
        .filter(connections::available.eq(true))
        .filter(connections::state.eq_any(["on", "relink"]))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_at.is_null())
        .filter(external_records::missing_runs.lt(2))
        .order(pairings::id)
        .select((pairings::local_id, connections::vendor, external_records::data))
        .load(conn)?;
    let mut voices: HashMap<i64, Vec<Voice>> = HashMap::new();
    for (local, vendor, data) in rows {
        let Ok(vendor) = vendor.parse() else { continue };
        let record: PersonRecord = match kind {
            Kind::People => serde_json::from_str(&data).unwrap_or_default(),
            Kind::Staff => PersonRecord::default(),
        };
        voices.entry(local).or_default().push(Voice { vendor, record });
    }
    Ok(voices)
}

/// What changes when any of that does, or what the organisation decided on it.
pub fn stamp(conn: &mut Conn, organisation: OrganisationId, but: ConnectionId) -> QueryResult<String> {
    let states: Vec<(ConnectionId, bool, String)> = connections::table
        .filter(connections::organisation_id.eq(organisation))
        .filter(connections::id.ne(but))
        .order(connections::id)
        .select((connections::id, connections::available, connections::state))
        .load(conn)?;
    let decided: Vec<(String, String)> = field_sources::table
        .filter(field_sources::organisation_id.eq(organisation))
        .order(field_sources::id)
        .select((field_sources::field, field_sources::vendors))
        .load(conn)?;
    let ids: Vec<ConnectionId> = states.iter().map(|(id, _, _)| *id).collect();
    if ids.is_empty() {
        return Ok(format!("{decided:?}"));
    }
    let records: (i64, Option<NaiveDateTime>, Option<i64>) = external_records::table
        .filter(external_records::connection_id.eq_any(ids.clone()))
        .select((count_star(), max(external_records::changed_at), sum(external_records::missing_runs)))
        .first(conn)?;
    let live: (i64, Option<i64>) = pairings::table
        .filter(pairings::connection_id.eq_any(ids))
        .filter(pairings::ended_at.is_null())
        .select((count_star(), max(pairings::id)))
        .first(conn)?;
    Ok(format!("{states:?}|{decided:?}|{records:?}|{live:?}"))
}
