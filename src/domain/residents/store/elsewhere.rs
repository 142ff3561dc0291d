//! What other features' tables say of residents: pairings, why not, and what happened.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use crate::db::Conn;
use crate::domain::access::Places;
use crate::domain::connections;
use crate::domain::residents::history::{Entry, between, changes_in};
use crate::domain::residents::{ResidentState, SUBJECT, Source};
use crate::domain::schema::{
    audit_events, connections as rows, external_records, pairings, residents, run_changes, suggestions,
    sync_runs, unpaired,
};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId, ResidentId, RunId};

pub fn last_changed_by(conn: &mut Conn, id: ResidentId, but: &str) -> QueryResult<Option<String>> {
    audit_events::table
        .filter(audit_events::subject.eq(SUBJECT))
        .filter(audit_events::subject_id.eq(id.0))
        .filter(audit_events::verb.ne(but))
        .order(audit_events::id.desc())
        .select(audit_events::actor_name)
        .first(conn)
        .optional()
}

#[derive(Queryable)]
struct SourceRow {
    connection: ConnectionId,
    vendor: String,
    available: bool,
    state: String,
    missing_runs: i32,
    data: String,
    origin: String,
    rule: String,
    paired_by: String,
    paired_at: NaiveDateTime,
    applied_at: Option<NaiveDateTime>,
    last_good_at: Option<NaiveDateTime>,
}

impl From<SourceRow> for Source {
    fn from(row: SourceRow) -> Self {
        // A sync of this resident alone is none of the whole connection's.
        let whole = row.last_good_at.filter(|at| *at >= row.paired_at);
        Self {
            vendor: row.vendor,
            is_for_home: true,
            is_on: row.available && matches!(row.state.as_str(), "on" | "relink"),
            listed: row.missing_runs < 2,
            record: serde_json::from_str(&row.data).unwrap_or_default(),
            origin: row.origin,
            rule: row.rule,
            paired_by: row.paired_by,
            paired_at: row.paired_at,
            synced_at: whole.max(row.applied_at),
        }
    }
}

pub fn sources(conn: &mut Conn, organisation: OrganisationId, id: ResidentId) -> QueryResult<Vec<Source>> {
    let found: Vec<SourceRow> = pairings::table
        .inner_join(rows::table)
        .inner_join(external_records::table)
        .filter(rows::organisation_id.eq(organisation))
        .filter(pairings::kind.eq(SUBJECT))
        .filter(pairings::local_id.eq(id.0))
        .filter(pairings::ended_at.is_null())
        .order(pairings::id)
        .select((
            rows::id,
            rows::vendor,
            rows::available,
            rows::state,
            external_records::missing_runs,
            external_records::data,
            pairings::origin,
            pairings::rule,
            pairings::paired_by_name,
            pairings::paired_at,
            pairings::applied_at,
            rows::last_good_at,
        ))
        .load(conn)?;
    let home: Option<PlaceId> =
        residents::table.find(id).select(residents::home_id).first(conn).optional()?;
    let mut sources = Vec::new();
    for row in found {
        let is_for_home = connections::homes(conn, row.connection)?.concern(home);
        sources.push(Source { is_for_home, ..Source::from(row) });
    }
    Ok(sources)
}

/// Status and type of active residents whom a connection is for and has no pairing for, with how many have both.
pub fn kinds_of_unpaired(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    connection: ConnectionId,
) -> QueryResult<Vec<(String, String, i64)>> {
    let live = pairings::table
        .filter(pairings::kind.eq(SUBJECT))
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id);
    let homes = connections::homes(conn, connection)?;
    let mut query = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq(ResidentState::Active))
        .filter(residents::id.ne_all(live))
        .select((residents::care_status, residents::resident_type))
        .into_boxed();
    if let Places::Only(ids) = places {
        let here = residents::home_id
            .eq_any(ids.clone())
            .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    if let Some(only) = homes.only() {
        query = query.filter(residents::home_id.eq_any(only));
    }
    let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
    for kinds in query.load::<(String, String)>(conn)? {
        *counts.entry(kinds).or_default() += 1;
    }
    Ok(counts.into_iter().map(|((status, kind), n)| (status, kind, n)).collect())
}

pub fn paired_residents(conn: &mut Conn, organisation: OrganisationId, places: &Places) -> QueryResult<i64> {
    let live = pairings::table
        .filter(pairings::kind.eq(SUBJECT))
        .filter(pairings::local_id.eq(residents::id))
        .filter(pairings::ended_at.is_null());
    let mut query = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq(ResidentState::Active))
        .filter(exists(live))
        .select(count_star())
        .into_boxed();
    if let Places::Only(ids) = places {
        let here = residents::home_id
            .eq_any(ids.clone())
            .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    query.first(conn)
}

pub fn unpaired(conn: &mut Conn, connection: ConnectionId, id: ResidentId) -> QueryResult<Option<String>> {
    unpaired::table
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(SUBJECT))
        .filter(unpaired::local_id.eq(id.0))
        .select(unpaired::why)
        .first(conn)
        .optional()
}

pub fn suggestions(conn: &mut Conn, connection: ConnectionId, id: ResidentId) -> QueryResult<i64> {
    suggestions::table
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(SUBJECT))
        .filter(suggestions::local_id.eq(id.0))
        .select(count_star())
        .first(conn)
}

/// What people did about a resident, but not who looked.
pub fn acts(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: ResidentId,
    but: &str,
    limit: i64,
) -> QueryResult<Vec<Entry>> {
    let rows: Vec<(NaiveDateTime, String, String, String, Option<i64>)> = audit_events::table
        .filter(audit_events::organisation_id.eq(organisation))
        .filter(audit_events::subject.eq(SUBJECT))
        .filter(audit_events::subject_id.eq(id.0))
        .filter(audit_events::verb.ne(but))
        .order(audit_events::id.desc())
        .limit(limit)
        .select((
            audit_events::at,
            audit_events::actor_name,
            audit_events::words,
            audit_events::details,
            audit_events::run_id,
        ))
        .load(conn)?;
    let entry = |(at, who, words, details, run): (_, _, _, String, Option<i64>)| Entry {
        at,
        who,
        words,
        changes: changes_in(&details),
        run: run.map(RunId),
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// What syncs changed of a resident.
pub fn run_changes(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: ResidentId,
    limit: i64,
) -> QueryResult<Vec<Entry>> {
    type ChangeRow = (RunId, NaiveDateTime, Option<NaiveDateTime>, String, String, String, String, bool);
    let rows: Vec<ChangeRow> = run_changes::table
        .inner_join(sync_runs::table)
        .filter(sync_runs::organisation_id.eq(organisation))
        // Lines of previews, held and discarded runs say what would have been done, and never was.
        .filter(sync_runs::state.eq_any(["done", "partly", "undone"]))
        .filter(run_changes::kind.ne("held"))
        .filter(run_changes::subject.eq(SUBJECT))
        .filter(run_changes::local_id.eq(id.0))
        .order(run_changes::id.desc())
        .limit(limit)
        .select((
            sync_runs::id,
            sync_runs::requested_at,
            sync_runs::finished_at,
            run_changes::words,
            run_changes::kind,
            run_changes::before,
            run_changes::after,
            run_changes::undone,
        ))
        .load(conn)?;
    let entry = |(run, asked, finished, words, kind, before, after, undone): ChangeRow| {
        let json = |text: &str| serde_json::from_str(text).unwrap_or_default();
        let words = if words.is_empty() { kind } else { words };
        let words = if undone { format!("{words} (undone since)") } else { words };
        let changes = between(&json(&before), &json(&after));
        Entry { at: finished.unwrap_or(asked), who: "The portal".into(), words, changes, run: Some(run) }
    };
    Ok(rows.into_iter().map(entry).collect())
}
