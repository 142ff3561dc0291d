//! Rows that a sync reads and writes: external records, pairings of a run, its changes and problems.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::guard::Guard;
use super::plan::{Known, Local, Mode};
use crate::db::{Backend, Conn, Tx, both, on_each};
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::{Kind, Record};
use crate::domain::pairing::owned::Owned;
use crate::domain::schema::{
    connections, external_records, organisations, pairings, places, refusals, resident_overrides, residents,
    run_changes, run_problems, run_snapshots, staff_members, suggestions, sync_runs, unpaired,
};
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId, RunId};

/// Rows a statement inserts at most: SQLite takes 32,766 values a statement.
const CHUNK: usize = 1000;

/// What the plan needs to know of the connection and its organisation.
#[derive(Debug, Clone)]
pub struct Settings {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub time_zone: String,
    pub mode: Mode,
    pub guard: Guard,
    pub last_complete_residents: i64,
    pub last_complete_staff: i64,
    pub matched_with: String,
}

#[derive(Queryable)]
struct SettingsRow {
    organisation: OrganisationId,
    organisation_name: String,
    time_zone: String,
    mode: String,
    guard_percent: i32,
    guard_people: i32,
    last_complete_residents: i64,
    last_complete_staff: i64,
    matched_with: String,
}

pub fn settings(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Settings> {
    let row: SettingsRow = connections::table
        .inner_join(organisations::table)
        .filter(connections::id.eq(connection))
        .select((
            organisations::id,
            organisations::name,
            organisations::time_zone,
            connections::sync_mode,
            organisations::guard_percent,
            organisations::guard_people,
            connections::last_complete_residents,
            connections::last_complete_staff,
            connections::matched_with,
        ))
        .first(conn)?;
    Ok(Settings {
        organisation: row.organisation,
        organisation_name: row.organisation_name,
        time_zone: row.time_zone,
        mode: if row.mode == "create" { Mode::Create } else { Mode::Pair },
        guard: Guard { percent: row.guard_percent, people: row.guard_people },
        last_complete_residents: row.last_complete_residents,
        last_complete_staff: row.last_complete_staff,
        matched_with: row.matched_with,
    })
}

/// Changes when anything that matching or planning reads has changed here: counts and sums that an
/// index or one pass gives, not the rows themselves.
pub fn stamp(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
    today: NaiveDate,
) -> QueryResult<String> {
    use diesel::dsl::{count_star, max, sql};
    use diesel::sql_types::BigInt;
    let versions = || sql::<BigInt>("CAST(COALESCE(SUM(version),0) AS BIGINT)");
    let people: (i64, i64) = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .select((count_star(), versions()))
        .first(conn)?;
    let staff: (i64, i64) = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .select((count_star(), versions()))
        .first(conn)?;
    let live: (i64, Option<i64>) = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::ended_at.is_null())
        .select((count_star(), max(pairings::id)))
        .first(conn)?;
    let refused: (i64, Option<i64>) = refusals::table
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::withdrawn_at.is_null())
        .select((count_star(), max(refusals::id)))
        .first(conn)?;
    let overridden: (i64, Option<i64>) = resident_overrides::table
        .inner_join(residents::table)
        .filter(residents::organisation_id.eq(organisation))
        .filter(resident_overrides::until.ge(today))
        .select((count_star(), max(resident_overrides::id)))
        .first(conn)?;
    Ok(format!("{people:?}{staff:?}{live:?}{refused:?}{overridden:?}"))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = residents)]
#[diesel(check_for_backend(Backend))]
struct ResidentRow {
    id: i64,
    home_id: i64,
    zone_id: Option<i64>,
    room: String,
    first_name: String,
    last_name: String,
    preferred_name: String,
    date_of_birth: Option<NaiveDate>,
    nhs_number: String,
    resident_type: String,
    care_status: String,
    state: String,
    archived_because: String,
}

/// Why a resident whom the vendor no longer lists is archived; only those may a sync bring back.
pub const LEFT: &str = "No longer in the care record system";

/// Every resident of the organisation, archived ones too.
pub fn residents_here(
    conn: &mut Conn,
    organisation: OrganisationId,
    today: NaiveDate,
) -> QueryResult<Vec<Local>> {
    let names: HashMap<i64, String> = places::table
        .filter(places::organisation_id.eq(organisation))
        .select((places::id, places::name))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    let mut overrides: HashMap<i64, BTreeSet<String>> = HashMap::new();
    let kept = resident_overrides::table
        .inner_join(residents::table)
        .filter(residents::organisation_id.eq(organisation))
        .filter(resident_overrides::until.ge(today))
        .select((resident_overrides::resident_id, resident_overrides::field));
    for (resident, field) in kept.load::<(i64, String)>(conn)? {
        overrides.entry(resident).or_default().insert(field);
    }
    let rows: Vec<ResidentRow> = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .order(residents::id)
        .select(ResidentRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| row.local(&names, &mut overrides)).collect())
}

impl ResidentRow {
    fn local(self, names: &HashMap<i64, String>, overrides: &mut HashMap<i64, BTreeSet<String>>) -> Local {
        let home = names.get(&self.home_id).cloned().unwrap_or_default();
        let zone = self.zone_id.and_then(|zone| names.get(&zone)).cloned();
        let active = self.state == "active";
        Local {
            id: self.id,
            owned: Owned {
                first_name: Some(self.first_name.clone()),
                last_name: Some(self.last_name.clone()),
                date_of_birth: Some(self.date_of_birth),
                care_status: Some(self.care_status.clone()),
            },
            overridden: overrides.remove(&self.id).unwrap_or_default(),
            active,
            left: !active && self.archived_because.starts_with(LEFT),
            facts: Record {
                key: self.id.to_string(),
                first_name: self.first_name,
                last_name: self.last_name,
                known_as: (!self.preferred_name.is_empty()).then_some(self.preferred_name),
                date_of_birth: self.date_of_birth.map(|date| date.to_string()).unwrap_or_default(),
                nhs_number: self.nhs_number,
                email: String::new(),
                room: self.room,
                place: zone.unwrap_or_else(|| home.clone()),
                resident_type: self.resident_type,
                status: self.care_status,
                archived: !active,
            },
            home,
        }
    }
}

#[derive(Queryable)]
struct StaffRow {
    id: i64,
    first_name: String,
    last_name: String,
    email: String,
    home: Option<i64>,
    state: String,
}

/// Every staff member of the organisation.
pub fn staff_here(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Local>> {
    let names: HashMap<i64, String> = places::table
        .filter(places::organisation_id.eq(organisation))
        .select((places::id, places::name))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    let rows: Vec<StaffRow> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .order(staff_members::id)
        .select((
            staff_members::id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::email,
            staff_members::home_id,
            staff_members::state,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Local {
            id: row.id,
            owned: Owned::default(),
            overridden: BTreeSet::new(),
            active: row.state == "active",
            left: false,
            home: String::new(),
            facts: Record {
                key: row.id.to_string(),
                first_name: row.first_name,
                last_name: row.last_name,
                email: row.email,
                place: row.home.and_then(|home| names.get(&home).cloned()).unwrap_or_default(),
                archived: row.state != "active",
                ..Record::default()
            },
        })
        .collect())
}

/// The connection's external records of one kind, with their live pairings.
pub fn known(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Vec<Known>> {
    type Row = (i64, String, String, i32, String, String);
    let mut paired: HashMap<i64, i64> = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_at.is_null())
        .select((pairings::external_record_id, pairings::local_id))
        .load::<(i64, i64)>(conn)?
        .into_iter()
        .collect();
    let rows: Vec<Row> = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind_word(kind)))
        .order(external_records::id)
        .select((
            external_records::id,
            external_records::external_id,
            external_records::content_hash,
            external_records::missing_runs,
            external_records::left_hash,
            external_records::sort_name,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, external_id, hash, missing_runs, left_hash, name)| Known {
            id,
            external_id,
            hash,
            missing_runs,
            left_hash,
            paired: paired.remove(&id),
            name,
        })
        .collect())
}

/// Pairs of local and external record ids that are not the same person.
pub fn refused(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<HashSet<(i64, i64)>> {
    let rows = refusals::table
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind_word(kind)))
        .filter(refusals::withdrawn_at.is_null())
        .select((refusals::local_id, refusals::external_record_id));
    Ok(rows.load::<(i64, i64)>(conn)?.into_iter().collect())
}

#[derive(Insertable)]
#[diesel(table_name = external_records)]
#[diesel(treat_none_as_default_value = false)]
pub struct NewRecord {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub external_id: String,
    pub content_hash: String,
    pub data: String,
    pub sort_name: String,
    pub missing_runs: i32,
    pub left_hash: String,
    pub first_seen_at: NaiveDateTime,
    pub changed_at: NaiveDateTime,
}

/// Inserts records and returns their ids by external id.
pub fn insert_records(tx: &mut Tx<'_>, rows: &[NewRecord]) -> QueryResult<HashMap<String, i64>> {
    let Some(first) = rows.first() else { return Ok(HashMap::new()) };
    let (connection, kind) = (first.connection_id, first.kind);
    let last: Option<i64> =
        external_records::table.select(diesel::dsl::max(external_records::id)).first(tx.conn)?;
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(external_records::table).values(piece).execute(c)?;
    });
    let made = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind))
        .filter(external_records::id.gt(last.unwrap_or(0)))
        .select((external_records::external_id, external_records::id));
    Ok(made.load::<(String, i64)>(tx.conn)?.into_iter().collect())
}

pub fn change_record(tx: &mut Tx<'_>, id: i64, hash: &str, data: &str, name: &str) -> QueryResult<()> {
    diesel::update(external_records::table.find(id))
        .set((
            external_records::content_hash.eq(hash),
            external_records::data.eq(data),
            external_records::sort_name.eq(name),
            external_records::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn count_missing(tx: &mut Tx<'_>, ids: &[i64], runs: i32) -> QueryResult<()> {
    for piece in ids.chunks(CHUNK) {
        diesel::update(external_records::table.filter(external_records::id.eq_any(piece.to_vec())))
            .set(external_records::missing_runs.eq(runs))
            .execute(tx.conn)?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = pairings)]
#[diesel(treat_none_as_default_value = false)]
pub struct NewPairing {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub external_record_id: i64,
    pub local_id: i64,
    pub origin: &'static str,
    pub rule: String,
    pub evidence: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
    pub applied_at: Option<NaiveDateTime>,
    pub run_id: Option<i64>,
    pub batch: String,
    pub ended_by_name: String,
    pub ended_because: String,
}

pub fn insert_pairings(tx: &mut Tx<'_>, rows: &[NewPairing]) -> QueryResult<()> {
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(pairings::table).values(piece).execute(c)?;
    });
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = run_changes)]
#[diesel(treat_none_as_default_value = false)]
pub struct NewChange {
    pub run_id: RunId,
    pub kind: &'static str,
    pub subject: &'static str,
    pub local_id: Option<i64>,
    pub external_record_id: Option<i64>,
    pub name: String,
    pub place: String,
    pub before: String,
    pub after: String,
    pub words: String,
    pub undone: bool,
}

#[derive(Insertable)]
#[diesel(table_name = run_problems)]
pub struct NewProblem {
    pub run_id: RunId,
    pub subject: &'static str,
    pub external_id: String,
    pub name: String,
    pub reason: String,
    pub repair: String,
}

/// Replaces what the run shows.
pub fn write_changes(
    tx: &mut Tx<'_>,
    run: RunId,
    rows: &[NewChange],
    problems: &[NewProblem],
) -> QueryResult<()> {
    diesel::delete(run_changes::table.filter(run_changes::run_id.eq(run))).execute(tx.conn)?;
    diesel::delete(run_problems::table.filter(run_problems::run_id.eq(run))).execute(tx.conn)?;
    on_each!(&mut *tx.conn, c => {
        for piece in rows.chunks(CHUNK) {
            diesel::insert_into(run_changes::table).values(piece).execute(c)?;
        }
        for piece in problems.chunks(CHUNK) {
            diesel::insert_into(run_problems::table).values(piece).execute(c)?;
        }
    });
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = suggestions)]
pub struct NewSuggestion {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub local_id: i64,
    pub external_record_id: i64,
    pub rank: i32,
    pub score: i64,
    pub several: bool,
    pub evidence: String,
}

#[derive(Insertable)]
#[diesel(table_name = unpaired)]
pub struct NewUnpaired {
    pub connection_id: ConnectionId,
    pub kind: &'static str,
    pub local_id: i64,
    pub why: String,
}

/// Replaces who is not paired and why, and the best suggestion of each.
pub fn write_unpaired(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    kind: Kind,
    rows: &[NewUnpaired],
    best: &[NewSuggestion],
) -> QueryResult<()> {
    let word = kind_word(kind);
    diesel::delete(unpaired::table)
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(word))
        .execute(tx.conn)?;
    diesel::delete(suggestions::table)
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(word))
        .execute(tx.conn)?;
    on_each!(&mut *tx.conn, c => {
        for piece in rows.chunks(CHUNK) {
            diesel::insert_into(unpaired::table).values(piece).execute(c)?;
        }
        for piece in best.chunks(CHUNK) {
            diesel::insert_into(suggestions::table).values(piece).execute(c)?;
        }
    });
    Ok(())
}

/// The staged answer of a preview or a held run, so that exactly it can be applied.
pub fn keep_snapshot(tx: &mut Tx<'_>, run: RunId, batch: &str) -> QueryResult<()> {
    both(
        diesel::insert_into(run_snapshots::table)
            .values((run_snapshots::run_id.eq(run), run_snapshots::batch.eq(batch)))
            .on_conflict(run_snapshots::run_id)
            .do_update()
            .set(run_snapshots::batch.eq(batch)),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn snapshot(conn: &mut Conn, run: RunId) -> QueryResult<Option<String>> {
    run_snapshots::table
        .filter(run_snapshots::run_id.eq(run))
        .select(run_snapshots::batch)
        .first(conn)
        .optional()
}

pub fn forget_snapshot(tx: &mut Tx<'_>, run: RunId) -> QueryResult<()> {
    diesel::delete(run_snapshots::table.filter(run_snapshots::run_id.eq(run))).execute(tx.conn).map(drop)
}

/// Hands the staged answer and its plan hash from an interrupted run to the one that repeats it.
pub fn move_snapshot(tx: &mut Tx<'_>, from: RunId, to: RunId) -> QueryResult<()> {
    let hash: String = sync_runs::table.find(from).select(sync_runs::plan_hash).first(tx.conn)?;
    diesel::update(sync_runs::table.find(to)).set(sync_runs::plan_hash.eq(hash)).execute(tx.conn)?;
    diesel::update(run_snapshots::table.filter(run_snapshots::run_id.eq(from)))
        .set(run_snapshots::run_id.eq(to))
        .execute(tx.conn)
        .map(drop)
}

/// Homes and zones for people whom a sync makes: the zone that is named as the service, else the
/// organisation's first home.
pub struct Homes {
    zones: HashMap<String, (PlaceId, PlaceId)>,
    homes: HashMap<String, PlaceId>,
    first: Option<PlaceId>,
}

pub fn homes(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Homes> {
    type Row = (PlaceId, Option<PlaceId>, String);
    let rows: Vec<Row> = places::table
        .filter(places::organisation_id.eq(organisation))
        .order(places::id)
        .select((places::id, places::parent_id, places::name))
        .load(conn)?;
    let mut homes = Homes { zones: HashMap::new(), homes: HashMap::new(), first: None };
    for (id, parent, name) in rows {
        match parent {
            Some(home) => drop(homes.zones.insert(name, (home, id))),
            None => {
                homes.first.get_or_insert(id);
                homes.homes.insert(name, id);
            }
        }
    }
    Ok(homes)
}

impl Homes {
    /// Home and zone for a service's name; `None` when the organisation has no home yet.
    pub fn of(&self, service: &str) -> Option<(PlaceId, Option<PlaceId>)> {
        if let Some((home, zone)) = self.zones.get(service) {
            return Some((*home, Some(*zone)));
        }
        self.homes.get(service).copied().or(self.first).map(|home| (home, None))
    }
}
