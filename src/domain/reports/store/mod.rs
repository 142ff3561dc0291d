//! Rows that reports are made of, each list in one statement. Nothing here writes but the mark of a weekly letter.

mod sessions;
mod weekly;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::connections::State;
use crate::domain::organisations::PlaceKind;
use crate::domain::residents::ResidentState;
use crate::domain::schema::{
    connections, external_records, mapping_reasons, pairings, places, residents, staff_members, unpaired,
};
use crate::domain::staff::StaffState;
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, PlaceId, ResidentId, StaffMemberId};

pub use sessions::{AppointmentRow, NoteRow, appointments, appointments_by_id, notes, notes_by_record};
pub use weekly::{first_letter, had_letter, organisations_with_letter, readers};

/// Ids of one statement.
const CHUNK: usize = 1000;

/// A record as the vendor sent it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = external_records)]
pub struct Record {
    pub id: ExternalRecordId,
    pub external_id: String,
    pub data: String,
    pub missing_runs: i32,
    pub first_seen_at: NaiveDateTime,
}

pub fn records(conn: &mut Conn, connection: ConnectionId, kind: &str) -> QueryResult<Vec<Record>> {
    external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind))
        .order(external_records::id)
        .select(Record::as_select())
        .load(conn)
}

/// A mapping, live or ended.
#[derive(Queryable, Selectable)]
#[diesel(table_name = pairings)]
pub struct LinkRow {
    pub external_record_id: ExternalRecordId,
    pub local_id: i64,
    pub origin: String,
    pub rule: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
    pub ended_at: Option<NaiveDateTime>,
}

/// Every mapping there was, oldest first.
pub fn links(conn: &mut Conn, connection: ConnectionId, kind: &str) -> QueryResult<Vec<LinkRow>> {
    pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind))
        .order(pairings::id)
        .select(LinkRow::as_select())
        .load(conn)
}

/// Why records are not mapped, as the last pull found it.
pub fn reasons(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: &str,
) -> QueryResult<HashMap<ExternalRecordId, String>> {
    let rows: Vec<(ExternalRecordId, String)> = mapping_reasons::table
        .filter(mapping_reasons::connection_id.eq(connection))
        .filter(mapping_reasons::kind.eq(kind))
        .select((mapping_reasons::external_record_id, mapping_reasons::words))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Why people here are not paired, as the last sync found it.
pub fn unpaired_because(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: &str,
) -> QueryResult<HashMap<i64, String>> {
    let rows: Vec<(i64, String)> = unpaired::table
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(kind))
        .select((unpaired::local_id, unpaired::why))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Care record systems that residents are meant to come from, with the vendor's word.
pub fn systems(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<(ConnectionId, String)>> {
    connections::table
        .filter(connections::organisation_id.eq(organisation))
        .filter(connections::vendor.ne_all(Vendor::BESIDE.map(Vendor::id).to_vec()))
        .filter(connections::state.eq_any(vec![State::On.as_str(), State::Relink.as_str()]))
        .order(connections::id)
        .select((connections::id, connections::vendor))
        .load(conn)
}

/// Agencies by name, with when each was added.
pub fn agencies(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> QueryResult<Vec<(PlaceId, String, NaiveDateTime)>> {
    places::table
        .filter(places::organisation_id.eq(organisation))
        .filter(places::kind.eq(PlaceKind::Home))
        .order((places::name_folded, places::id))
        .select((places::id, places::name, places::created_at))
        .load(conn)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = residents)]
pub struct ResidentRow {
    pub id: ResidentId,
    pub home_id: PlaceId,
    pub zone_id: Option<PlaceId>,
    pub first_name: String,
    pub last_name: String,
    pub date_of_birth: Option<NaiveDate>,
    pub state: ResidentState,
    pub created_at: NaiveDateTime,
}

pub fn residents(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<ResidentRow>> {
    residents::table
        .filter(residents::organisation_id.eq(organisation))
        .order(residents::id)
        .select(ResidentRow::as_select())
        .load(conn)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = staff_members)]
pub struct StaffRow {
    pub id: StaffMemberId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub state: StaffState,
    pub created_at: NaiveDateTime,
}

pub fn staff(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<StaffRow>> {
    staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .order(staff_members::id)
        .select(StaffRow::as_select())
        .load(conn)
}
