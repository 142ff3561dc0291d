//! What a plan is made from: the connection's settings, everybody here, and what the last answers left.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{CHUNK, in_force, others};
use crate::connectors::Vendor;
use crate::db::{Backend, Conn, Tx};
use crate::domain::connections::homes;
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::{Kind, Record};
use crate::domain::pairing::owned::Owned;
use crate::domain::residents as people;
use crate::domain::schema::{
    connections, external_records, organisations, pairings, places, refusals, resident_overrides, residents,
    staff_members,
};
use crate::domain::sync::guard::Guard;
use crate::domain::sync::plan::{Known, Local, Mode, Refused};
use crate::kit::ids::{ConnectionId, DraftId, OrganisationId, PlaceId};
use crate::kit::secret::fingerprint;

/// What the plan needs to know of the connection and its organisation.
#[derive(Debug, Clone)]
pub struct Settings {
    pub organisation_name: String,
    pub mode: Mode,
    pub guard: Guard,
    pub last_complete_residents: i64,
    pub last_complete_staff: i64,
    /// What the last matches were made with, as [`Matched`] writes it.
    pub matched: Matched,
}

/// For each kind a fingerprint of everything that its last match was made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Matched {
    #[serde(default)]
    residents: String,
    #[serde(default)]
    staff: String,
}

impl Matched {
    pub fn with(&self, kind: Kind) -> &str {
        match kind {
            Kind::People => &self.residents,
            Kind::Staff => &self.staff,
        }
    }

    pub fn set(&mut self, kind: Kind, with: String) {
        match kind {
            Kind::People => self.residents = with,
            Kind::Staff => self.staff = with,
        }
    }
}

#[derive(Queryable)]
struct SettingsRow {
    organisation_name: String,
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
            organisations::name,
            connections::sync_mode,
            organisations::guard_percent,
            organisations::guard_people,
            connections::last_complete_residents,
            connections::last_complete_staff,
            connections::matched_with,
        ))
        .first(conn)?;
    Ok(Settings {
        organisation_name: row.organisation_name,
        mode: if row.mode == "create" { Mode::Create } else { Mode::Pair },
        guard: Guard { percent: row.guard_percent, people: row.guard_people },
        last_complete_residents: row.last_complete_residents,
        last_complete_staff: row.last_complete_staff,
        matched: serde_json::from_str(&row.matched_with).unwrap_or_default(),
    })
}

/// Writes down what the next sync compares with: how many came, and with what they were matched.
pub fn remember(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    complete: &[(Kind, i64)],
    matched: &Matched,
) -> QueryResult<()> {
    let row = connections::table.find(connection);
    let matched = serde_json::to_string(matched).unwrap_or_default();
    diesel::update(row).set(connections::matched_with.eq(matched)).execute(tx.conn)?;
    for (kind, n) in complete {
        match kind {
            Kind::People => {
                diesel::update(row).set(connections::last_complete_residents.eq(n)).execute(tx.conn)
            }
            Kind::Staff => diesel::update(row).set(connections::last_complete_staff.eq(n)).execute(tx.conn),
        }?;
    }
    Ok(())
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
    type Summed = (i64, Option<i64>, i64);
    let versions = || sql::<BigInt>("CAST(COALESCE(SUM(version),0) AS BIGINT)");
    // The newest id too: one who went and another who came would sum up to the same.
    let people: Summed = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .select((count_star(), max(residents::id), versions()))
        .first(conn)?;
    let staff: Summed = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .select((count_star(), max(staff_members::id), versions()))
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
    let settings: (String, i32, i32) = connections::table
        .inner_join(organisations::table)
        .filter(connections::id.eq(connection))
        .select((connections::sync_mode, organisations::guard_percent, organisations::guard_people))
        .first(conn)?;
    let elsewhere = others::stamp(conn, organisation, connection)?;
    let named: Vec<(i64, String)> = places::table
        .filter(places::organisation_id.eq(organisation))
        .order(places::id)
        .select((places::id, places::name))
        .load(conn)?;
    let homes = homes(conn, connection)?;
    let drafts: Vec<DraftId> = in_force(conn, connection, today)?.into_iter().map(|one| one.id).collect();
    let all = (people, staff, live, refused, overridden, settings, elsewhere, named, (homes, drafts));
    Ok(fingerprint(&format!("{all:?}")))
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

/// Every resident of the organisation, archived ones too, as a sync with the connection's vendor sees them.
pub fn residents_here(
    conn: &mut Conn,
    organisation: OrganisationId,
    (connection, vendor): (ConnectionId, Vendor),
    today: NaiveDate,
) -> QueryResult<Vec<Local>> {
    let names: HashMap<i64, String> = places::table
        .filter(places::organisation_id.eq(organisation))
        .select((places::id, places::name))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    let mut overrides: HashMap<i64, BTreeSet<String>> = HashMap::new();
    for (resident, field) in people::live_overrides(conn, organisation, today)? {
        overrides.entry(resident.0).or_default().insert(field.as_str().to_owned());
    }
    let authority = people::authority(conn, organisation)?;
    let mut voices = others::voices(conn, organisation, connection, Kind::People)?;
    let homes = homes(conn, connection)?;
    // What most people have in common, who are paired with nobody else.
    let unshared = authority.not_of(vendor, [].iter());
    let rows: Vec<ResidentRow> = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .order(residents::id)
        .select(ResidentRow::as_select())
        .load(conn)?;
    let local = |row: ResidentRow| {
        let others = voices.remove(&row.id).unwrap_or_default();
        let mut kept = overrides.remove(&row.id).unwrap_or_default();
        let not_theirs =
            if others.is_empty() { unshared.clone() } else { authority.not_of(vendor, others.iter()) };
        kept.extend(not_theirs.into_iter().map(|field| field.as_str().to_owned()));
        let also_listed = others.iter().map(|other| other.vendor.name().to_owned()).collect();
        let concerned = homes.holds(PlaceId(row.home_id));
        Local { kept, also_listed, concerned, ..row.local(&names) }
    };
    Ok(rows.into_iter().map(local).collect())
}

impl ResidentRow {
    fn local(self, names: &HashMap<i64, String>) -> Local {
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
                resident_type: Some(self.resident_type.clone()),
                room: Some(self.room.clone()),
            },
            kept: BTreeSet::new(),
            also_listed: Vec::new(),
            active,
            left: !active && self.archived_because.starts_with(LEFT),
            concerned: true,
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
pub fn staff_here(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> QueryResult<Vec<Local>> {
    let voices = others::voices(conn, organisation, connection, Kind::Staff)?;
    let also = |id: i64| -> Vec<String> {
        voices.get(&id).into_iter().flatten().map(|other| other.vendor.name().to_owned()).collect()
    };
    let homes = homes(conn, connection)?;
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
            kept: BTreeSet::new(),
            also_listed: also(row.id),
            active: row.state == "active",
            left: false,
            concerned: homes.concern(row.home.map(PlaceId)),
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
    type Row = (i64, String, String, i32, String);
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
        ))
        .load(conn)?;
    let known = |(id, external_id, hash, missing_runs, left_hash): Row| {
        let paired = paired.remove(&id);
        Known { id, external_id, hash, missing_runs, left_hash, paired }
    };
    Ok(rows.into_iter().map(known).collect())
}

/// What people said about pairs of local and external record ids.
pub fn refused(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Refused> {
    let rows: Vec<(i64, i64, String)> = refusals::table
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind_word(kind)))
        .filter(refusals::withdrawn_at.is_null())
        .select((refusals::local_id, refusals::external_record_id, refusals::because))
        .load(conn)?;
    let mut refused = Refused::default();
    for (local, known, because) in rows {
        refused.pairs.insert((local, known));
        if because == TOLD_APART {
            refused.told_apart.insert((local, known));
        }
    }
    Ok(refused)
}

/// The reason of a refusal that somebody gave; others follow from a link that was undone.
const TOLD_APART: &str = "not the same person";

/// The services under which some records stood, by record id.
pub fn services_of(conn: &mut Conn, ids: &[i64]) -> QueryResult<HashMap<i64, String>> {
    #[derive(serde::Deserialize, Default)]
    struct Where {
        #[serde(default)]
        service_id: Option<String>,
    }
    let mut found = HashMap::new();
    for piece in ids.chunks(CHUNK) {
        let rows: Vec<(i64, String)> = external_records::table
            .filter(external_records::id.eq_any(piece.to_vec()))
            .select((external_records::id, external_records::data))
            .load(conn)?;
        found.extend(rows.into_iter().filter_map(|(id, data)| {
            let read: Where = serde_json::from_str(&data).unwrap_or_default();
            Some((id, read.service_id?))
        }));
    }
    Ok(found)
}
