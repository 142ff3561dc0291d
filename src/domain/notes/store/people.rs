//! Rows of the vendor's students and users, and of the people here whom they can be.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Deserialize;

use super::CHUNK;
use crate::db::Conn;
use crate::domain::mapping;
use crate::domain::notes::identity::{Client, Member};
use crate::domain::schema::{external_records, pairings, refusals, residents, staff_members};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, PlaceId, ResidentId, StaffMemberId};

/// One of the vendor's people, with whom they are mapped to and whom they are not.
#[derive(Debug, Clone, Default)]
pub struct Their {
    pub external_id: String,
    pub sort_name: String,
    pub said: Said,
    pub mapped: Option<i64>,
    pub refused: Vec<i64>,
}

impl Their {
    pub fn name(&self) -> String {
        format!("{} {}", self.said.first_name, self.said.last_name).trim().to_owned()
    }
}

/// What is read of a staged person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    pub first_name: String,
    pub last_name: String,
    pub date_of_birth: Option<NaiveDate>,
    pub service_id: Option<String>,
    pub time_zone: Option<String>,
}

type Row = (ExternalRecordId, String, String, String);

/// People of one kind (`resident`, `staff`) by the vendor's identifiers.
pub fn their_people(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: &str,
    ids: &BTreeSet<&str>,
) -> QueryResult<Vec<Their>> {
    let ids: Vec<&str> = ids.iter().copied().collect();
    let mut rows: Vec<Row> = Vec::new();
    for piece in ids.chunks(CHUNK) {
        let some: Vec<Row> = external_records::table
            .filter(external_records::connection_id.eq(connection))
            .filter(external_records::kind.eq(kind))
            .filter(external_records::external_id.eq_any(piece.to_vec()))
            .select((
                external_records::id,
                external_records::external_id,
                external_records::sort_name,
                external_records::data,
            ))
            .load(conn)?;
        rows.extend(some);
    }
    with_decisions(conn, rows)
}

/// Everybody of the same names: a student whom the vendor lists twice is found so.
pub fn theirs_named(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: &str,
    names: &BTreeSet<String>,
) -> QueryResult<Vec<Their>> {
    let names: Vec<&String> = names.iter().collect();
    let mut rows: Vec<Row> = Vec::new();
    for piece in names.chunks(CHUNK) {
        let some: Vec<Row> = external_records::table
            .filter(external_records::connection_id.eq(connection))
            .filter(external_records::kind.eq(kind))
            .filter(
                external_records::sort_name
                    .eq_any(piece.iter().map(|name| (*name).clone()).collect::<Vec<_>>()),
            )
            .select((
                external_records::id,
                external_records::external_id,
                external_records::sort_name,
                external_records::data,
            ))
            .load(conn)?;
        rows.extend(some);
    }
    with_decisions(conn, rows)
}

/// The agencies that somebody said a site is not, by the vendor's identifier of the site.
pub fn refused_sites(
    conn: &mut Conn,
    connection: ConnectionId,
) -> QueryResult<HashMap<String, HashSet<PlaceId>>> {
    let rows: Vec<(String, PlaceId)> = refusals::table
        .inner_join(external_records::table.on(external_records::id.eq(refusals::external_record_id)))
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(mapping::SITE))
        .filter(refusals::withdrawn_at.is_null())
        .select((external_records::external_id, refusals::local_id))
        .load(conn)?;
    let mut found: HashMap<String, HashSet<PlaceId>> = HashMap::new();
    for (site, place) in rows {
        found.entry(site).or_default().insert(place);
    }
    Ok(found)
}

fn with_decisions(conn: &mut Conn, rows: Vec<Row>) -> QueryResult<Vec<Their>> {
    let ids: Vec<ExternalRecordId> = rows.iter().map(|row| row.0).collect();
    let (mut mapped, mut refused): (HashMap<_, i64>, HashMap<_, Vec<i64>>) = (HashMap::new(), HashMap::new());
    for piece in ids.chunks(CHUNK) {
        let live: Vec<(ExternalRecordId, i64)> = pairings::table
            .filter(pairings::external_record_id.eq_any(piece.to_vec()))
            .filter(pairings::ended_at.is_null())
            .select((pairings::external_record_id, pairings::local_id))
            .load(conn)?;
        mapped.extend(live);
        let no: Vec<(ExternalRecordId, i64)> = refusals::table
            .filter(refusals::external_record_id.eq_any(piece.to_vec()))
            .filter(refusals::withdrawn_at.is_null())
            .select((refusals::external_record_id, refusals::local_id))
            .load(conn)?;
        for (record, local) in no {
            refused.entry(record).or_default().push(local);
        }
    }
    let read = |(id, external_id, sort_name, data): Row| Their {
        external_id,
        sort_name,
        said: serde_json::from_str(&data).unwrap_or_default(),
        mapped: mapped.get(&id).copied(),
        refused: refused.remove(&id).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Active clients who were born on one of the days.
pub fn clients_born(
    conn: &mut Conn,
    organisation: OrganisationId,
    days: &BTreeSet<NaiveDate>,
) -> QueryResult<Vec<Client>> {
    let days: Vec<NaiveDate> = days.iter().copied().collect();
    let mut found = Vec::new();
    for piece in days.chunks(CHUNK) {
        let rows: Vec<(ResidentId, String, String, Option<NaiveDate>)> = residents::table
            .filter(residents::organisation_id.eq(organisation))
            .filter(residents::state.eq("active"))
            .filter(residents::date_of_birth.eq_any(piece.to_vec()))
            .select((residents::id, residents::first_name, residents::last_name, residents::date_of_birth))
            .load(conn)?;
        let client = |(id, first_name, last_name, born)| Client { id, first_name, last_name, born };
        found.extend(rows.into_iter().map(client));
    }
    Ok(found)
}

/// Every active staff member.
pub fn members(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Member>> {
    let rows: Vec<(StaffMemberId, String, String)> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::state.eq("active"))
        .select((staff_members::id, staff_members::first_name, staff_members::last_name))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, first_name, last_name)| Member { id, first_name, last_name }).collect())
}

/// Those of these people to whom somebody of the vendor's is mapped already.
pub fn taken(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: &str,
    locals: &[i64],
) -> QueryResult<HashSet<i64>> {
    let mut found = HashSet::new();
    for piece in locals.chunks(CHUNK) {
        let some: Vec<i64> = pairings::table
            .filter(pairings::connection_id.eq(connection))
            .filter(pairings::kind.eq(kind))
            .filter(pairings::local_id.eq_any(piece.to_vec()))
            .filter(pairings::ended_at.is_null())
            .select(pairings::local_id)
            .load(conn)?;
        found.extend(some);
    }
    Ok(found)
}

pub fn staff_names(conn: &mut Conn, ids: &[StaffMemberId]) -> QueryResult<HashMap<StaffMemberId, String>> {
    let mut found = HashMap::new();
    for piece in ids.chunks(CHUNK) {
        let rows: Vec<(StaffMemberId, String, String)> = staff_members::table
            .filter(staff_members::id.eq_any(piece.to_vec()))
            .select((staff_members::id, staff_members::first_name, staff_members::last_name))
            .load(conn)?;
        found.extend(
            rows.into_iter().map(|(id, first, last)| (id, format!("{first} {last}").trim().to_owned())),
        );
    }
    Ok(found)
}
