//! Both sides as rows: the vendor's records with their mappings, and the agencies, clients and staff here.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::{Backend, Conn};
use crate::domain::mapping::Kind;
use crate::domain::schema::{
    external_records, mapping_reasons, pairings, place_aliases, places, refusals, residents, staff_members,
    staff_places,
};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, PairingId, PlaceId};

/// A record of the vendor, as kept.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = external_records)]
#[diesel(check_for_backend(Backend))]
pub struct Record {
    pub id: ExternalRecordId,
    pub external_id: String,
    pub content_hash: String,
    pub data: String,
    pub sort_name: String,
    pub missing_runs: i32,
}

/// A live mapping.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = pairings)]
#[diesel(check_for_backend(Backend))]
pub struct Live {
    pub id: PairingId,
    pub external_record_id: ExternalRecordId,
    pub local_id: i64,
    pub origin: String,
    pub rule: String,
    pub evidence: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
}

/// One that was, or is.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = pairings)]
#[diesel(check_for_backend(Backend))]
pub struct Past {
    pub local_id: i64,
    pub origin: String,
    pub rule: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
    pub ended_at: Option<NaiveDateTime>,
    pub ended_by_name: String,
    pub ended_because: String,
}

/// Somebody said that two are not the same.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = refusals)]
#[diesel(check_for_backend(Backend))]
pub struct Refused {
    pub external_record_id: ExternalRecordId,
    pub local_id: i64,
    pub made_by_name: String,
    pub made_at: NaiveDateTime,
}

/// Why a record is not mapped.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = mapping_reasons)]
#[diesel(check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
pub struct Reason {
    pub external_record_id: ExternalRecordId,
    pub connection_id: ConnectionId,
    pub kind: String,
    #[diesel(column_name = reason)]
    pub code: String,
    pub words: String,
    pub local_id: Option<i64>,
    pub evidence: String,
}

/// Somebody or somewhere here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local {
    pub id: i64,
    /// Of an agency the whole name.
    pub first_name: String,
    pub last_name: String,
    pub born: Option<NaiveDate>,
    pub email: String,
    /// Agencies of a client or member of staff; other names of an agency are in `aliases`.
    pub places: Vec<PlaceId>,
    pub aliases: Vec<String>,
    pub is_active: bool,
}

impl Local {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

pub fn records(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Vec<Record>> {
    external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind.word()))
        .order((external_records::sort_name, external_records::id))
        .select(Record::as_select())
        .load(conn)
}

pub fn record(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    id: ExternalRecordId,
) -> QueryResult<Record> {
    external_records::table
        .find(id)
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind.word()))
        .select(Record::as_select())
        .first(conn)
}

pub fn live(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Vec<Live>> {
    pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind.word()))
        .filter(pairings::ended_at.is_null())
        .order(pairings::id)
        .select(Live::as_select())
        .load(conn)
}

pub fn live_of_record(conn: &mut Conn, record: ExternalRecordId) -> QueryResult<Option<Live>> {
    pairings::table
        .filter(pairings::external_record_id.eq(record))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .first(conn)
        .optional()
}

pub fn live_of_local(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> QueryResult<Option<Live>> {
    pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind.word()))
        .filter(pairings::local_id.eq(local))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .first(conn)
        .optional()
}

/// Every mapping that a record has or had, newest first.
pub fn past(conn: &mut Conn, record: ExternalRecordId) -> QueryResult<Vec<Past>> {
    pairings::table
        .filter(pairings::external_record_id.eq(record))
        .order(pairings::id.desc())
        .select(Past::as_select())
        .load(conn)
}

pub fn refused(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Vec<Refused>> {
    refusals::table
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind.word()))
        .filter(refusals::withdrawn_at.is_null())
        .order(refusals::id)
        .select(Refused::as_select())
        .load(conn)
}

pub fn reasons(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Vec<Reason>> {
    mapping_reasons::table
        .filter(mapping_reasons::connection_id.eq(connection))
        .filter(mapping_reasons::kind.eq(kind.word()))
        .select(Reason::as_select())
        .load(conn)
}

/// Agencies, clients or staff of an organisation, by name.
pub fn locals(conn: &mut Conn, organisation: OrganisationId, kind: Kind) -> QueryResult<Vec<Local>> {
    match kind {
        Kind::Site => agencies(conn, organisation),
        Kind::Student => clients(conn, organisation),
        Kind::User => staff(conn, organisation),
    }
}

fn agencies(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Local>> {
    let rows: Vec<(i64, String)> = places::table
        .filter(places::organisation_id.eq(organisation))
        .filter(places::kind.eq("home"))
        .order((places::name_folded, places::id))
        .select((places::id, places::name))
        .load(conn)?;
    let mut aliases: HashMap<i64, Vec<String>> = HashMap::new();
    let named: Vec<(i64, String)> = place_aliases::table
        .filter(place_aliases::organisation_id.eq(organisation))
        .order(place_aliases::id)
        .select((place_aliases::place_id, place_aliases::name))
        .load(conn)?;
    for (place, name) in named {
        aliases.entry(place).or_default().push(name);
    }
    let agency = |(id, name)| Local {
        id,
        first_name: name,
        places: vec![PlaceId(id)],
        aliases: aliases.remove(&id).unwrap_or_default(),
        is_active: true,
        ..Local::default()
    };
    Ok(rows.into_iter().map(agency).collect())
}

fn clients(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Local>> {
    type Row = (i64, String, String, Option<NaiveDate>, PlaceId, String);
    let rows: Vec<Row> = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .order((residents::sort_name, residents::id))
        .select((
            residents::id,
            residents::first_name,
            residents::last_name,
            residents::date_of_birth,
            residents::home_id,
            residents::state,
        ))
        .load(conn)?;
    let client = |(id, first_name, last_name, born, home, state): Row| Local {
        id,
        first_name,
        last_name,
        born,
        places: vec![home],
        is_active: state == "active",
        ..Local::default()
    };
    Ok(rows.into_iter().map(client).collect())
}

fn staff(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Local>> {
    type Row = (i64, String, String, String, Option<PlaceId>, String);
    let rows: Vec<Row> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .order((staff_members::sort_name, staff_members::id))
        .select((
            staff_members::id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::email,
            staff_members::home_id,
            staff_members::state,
        ))
        .load(conn)?;
    let further: Vec<(i64, PlaceId)> = staff_places::table
        .inner_join(staff_members::table)
        .filter(staff_members::organisation_id.eq(organisation))
        .order(staff_places::id)
        .select((staff_places::staff_member_id, staff_places::place_id))
        .load(conn)?;
    let mut places: HashMap<i64, Vec<PlaceId>> = HashMap::new();
    for (member, place) in further {
        places.entry(member).or_default().push(place);
    }
    let member = |(id, first_name, last_name, email, home, state): Row| {
        let mut all: Vec<PlaceId> = home.into_iter().collect();
        for place in places.remove(&id).unwrap_or_default() {
            if !all.contains(&place) {
                all.push(place);
            }
        }
        let is_active = state == "active";
        Local { id, first_name, last_name, email, places: all, is_active, ..Local::default() }
    };
    Ok(rows.into_iter().map(member).collect())
}
