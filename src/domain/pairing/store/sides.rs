//! The two sides of a pair as rows: residents and staff here, the vendor's records there.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::Live;
use crate::connectors::{PersonRecord, StaffRecord};
use crate::db::{Backend, Conn};
use crate::domain::Refusal;
use crate::domain::access::{Places, Scope};
use crate::domain::connections::{Homes, homes};
use crate::domain::organisations::searching::patterns;
use crate::domain::pairing::matching::{Kind, Record};
use crate::domain::pairing::owned::Owned;
use crate::domain::pairing::{kind_word, person_facts, staff_facts};
use crate::domain::schema::{
    connections, external_records, pairings, places, residents, staff_members, vendor_services,
};
use crate::kit::ids::{ConnectionId, ExternalRecordId, PlaceId};
use crate::kit::names;

/// One side of a pair: what matching reads, and what the page shows.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub facts: Record,
    pub owned: Owned,
    /// Of staff only.
    pub job_title: String,
    pub look_alike: bool,
    /// Counts the changes of a person here.
    pub version: i64,
    /// When a person here was added; when a record there changed last.
    pub at: NaiveDateTime,
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
    look_alike: bool,
    version: i64,
    created_at: NaiveDateTime,
}

impl ResidentRow {
    fn person(self, places: &HashMap<i64, String>) -> Person {
        let place = places.get(&self.zone_id.unwrap_or(self.home_id)).cloned().unwrap_or_default();
        Person {
            id: self.id,
            name: full_name(&self.first_name, &self.last_name),
            owned: Owned {
                first_name: Some(self.first_name.clone()),
                last_name: Some(self.last_name.clone()),
                date_of_birth: Some(self.date_of_birth),
                care_status: Some(self.care_status.clone()),
                resident_type: Some(self.resident_type.clone()),
                room: Some(self.room.clone()),
            },
            job_title: String::new(),
            look_alike: self.look_alike,
            version: self.version,
            at: self.created_at,
            facts: Record {
                key: self.id.to_string(),
                first_name: self.first_name,
                last_name: self.last_name,
                known_as: (!self.preferred_name.is_empty()).then_some(self.preferred_name),
                date_of_birth: self.date_of_birth.map(|date| date.to_string()).unwrap_or_default(),
                nhs_number: self.nhs_number,
                room: self.room,
                place,
                resident_type: self.resident_type,
                status: self.care_status,
                archived: self.state != "active",
                email: String::new(),
            },
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = staff_members)]
#[diesel(check_for_backend(Backend))]
struct StaffRow {
    id: i64,
    home_id: Option<i64>,
    first_name: String,
    last_name: String,
    email: String,
    job_title: String,
    state: String,
    look_alike: bool,
    version: i64,
    created_at: NaiveDateTime,
}

impl StaffRow {
    fn person(self, places: &HashMap<i64, String>) -> Person {
        let place = self.home_id.and_then(|home| places.get(&home)).cloned().unwrap_or_default();
        Person {
            id: self.id,
            name: full_name(&self.first_name, &self.last_name),
            owned: Owned::default(),
            job_title: self.job_title,
            look_alike: self.look_alike,
            version: self.version,
            at: self.created_at,
            facts: Record {
                key: self.id.to_string(),
                first_name: self.first_name,
                last_name: self.last_name,
                email: self.email,
                place,
                archived: self.state != "active",
                ..Record::default()
            },
        }
    }
}

pub fn full_name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// A resident or staff member within the scope.
pub fn local<R>(conn: &mut Conn, scope: &Scope<R>, kind: Kind, id: i64) -> Result<Person, Refusal> {
    let found = locals(conn, scope, kind, Some(id), &Homes::default())?.pop();
    found.ok_or(Refusal::NotHere)
}

/// Active people within the scope whom the connection is for and to whom no record of it is linked.
pub fn free_locals<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
    kind: Kind,
) -> QueryResult<Vec<Person>> {
    let linked: HashSet<i64> = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id)
        .load::<i64>(conn)?
        .into_iter()
        .collect();
    let homes = homes(conn, connection)?;
    let all = locals(conn, scope, kind, None, &homes)?;
    Ok(all.into_iter().filter(|one| !one.facts.archived && !linked.contains(&one.id)).collect())
}

fn locals<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    kind: Kind,
    only: Option<i64>,
    homes: &Homes,
) -> QueryResult<Vec<Person>> {
    let names: HashMap<i64, String> = places::table
        .filter(places::organisation_id.eq(scope.organisation()))
        .select((places::id, places::name))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    match kind {
        Kind::People => {
            let mut query = residents::table
                .filter(residents::organisation_id.eq(scope.organisation()))
                .order(residents::id)
                .select(ResidentRow::as_select())
                .into_boxed();
            if let Some(id) = only {
                query = query.filter(residents::id.eq(id));
            }
            if let Places::Only(reached) = scope.places() {
                let within = residents::home_id
                    .eq_any(reached.clone())
                    .or(residents::zone_id.eq_any(reached.clone()).assume_not_null());
                query = query.filter(within);
            }
            if let Some(these) = homes.only() {
                query = query.filter(residents::home_id.eq_any(these));
            }
            Ok(query.load(conn)?.into_iter().map(|row| row.person(&names)).collect())
        }
        Kind::Staff => {
            let mut query = staff_members::table
                .filter(staff_members::organisation_id.eq(scope.organisation()))
                .order(staff_members::id)
                .select(StaffRow::as_select())
                .into_boxed();
            if let Some(id) = only {
                query = query.filter(staff_members::id.eq(id));
            }
            if let Some(these) = homes.only() {
                let within = staff_members::home_id.eq_any(these).assume_not_null();
                query = query.filter(staff_members::home_id.is_null().or(within));
            }
            Ok(query.load(conn)?.into_iter().map(|row| row.person(&names)).collect())
        }
    }
}

/// A row of a record: id, what it says, how many answers lacked it, when it changed.
type RecordRow = (i64, String, i32, NaiveDateTime);

/// What the record says, with its service's name.
fn read_record(kind: Kind, (id, data, missing_runs, at): RecordRow, services: &Services) -> Person {
    let (facts, owned, job_title) = match kind {
        Kind::People => {
            let record: PersonRecord = serde_json::from_str(&data).unwrap_or_default();
            let service = services.name(record.service_id.as_deref());
            (person_facts(&record, service), Owned::of(&record), String::new())
        }
        Kind::Staff => {
            let record: StaffRecord = serde_json::from_str(&data).unwrap_or_default();
            let service = services.name(record.service_id.as_deref());
            (staff_facts(&record, service), Owned::default(), record.job_title.unwrap_or_default())
        }
    };
    let facts = Record { archived: facts.archived || missing_runs >= 2, ..facts };
    Person {
        id,
        name: full_name(&facts.first_name, &facts.last_name),
        facts,
        owned,
        job_title,
        look_alike: false,
        version: 0,
        at,
    }
}

/// The names of a connection's services by id.
struct Services(HashMap<String, String>);

impl Services {
    fn of(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Self> {
        let rows = vendor_services::table
            .filter(vendor_services::connection_id.eq(connection))
            .select((vendor_services::external_id, vendor_services::name));
        Ok(Self(rows.load::<(String, String)>(conn)?.into_iter().collect()))
    }

    fn name(&self, id: Option<&str>) -> String {
        id.and_then(|id| self.0.get(id)).cloned().unwrap_or_default()
    }
}

/// An external record of a connection of the scope's organisation.
pub fn record<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
    kind: Kind,
    id: ExternalRecordId,
) -> Result<Person, Refusal> {
    let row: RecordRow = external_records::table
        .inner_join(connections::table)
        .filter(external_records::id.eq(id))
        .filter(external_records::kind.eq(kind_word(kind)))
        .filter(connections::id.eq(connection))
        .filter(connections::organisation_id.eq(scope.organisation()))
        .select((
            external_records::id,
            external_records::data,
            external_records::missing_runs,
            external_records::changed_at,
        ))
        .first(conn)?;
    let services = Services::of(conn, connection)?;
    Ok(read_record(kind, row, &services))
}

/// Records of the connection that nobody is linked to.
pub fn free_records(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Vec<Person>> {
    let services = Services::of(conn, connection)?;
    let taken = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::ended_at.is_null())
        .select(pairings::external_record_id);
    let rows: Vec<RecordRow> = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind_word(kind)))
        .filter(external_records::missing_runs.lt(2))
        .filter(external_records::id.ne_all(taken))
        .order(external_records::id)
        .select((
            external_records::id,
            external_records::data,
            external_records::missing_runs,
            external_records::changed_at,
        ))
        .load(conn)?;
    Ok(rows.into_iter().map(|row| read_record(kind, row, &services)).collect())
}

/// Some of the connection's current records, linked or not.
pub fn some_records(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    most: i64,
) -> QueryResult<Vec<Person>> {
    let services = Services::of(conn, connection)?;
    let rows: Vec<RecordRow> = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind_word(kind)))
        .filter(external_records::missing_runs.lt(2))
        .order(external_records::id)
        .select((
            external_records::id,
            external_records::data,
            external_records::missing_runs,
            external_records::changed_at,
        ))
        .limit(most)
        .load(conn)?;
    Ok(rows.into_iter().map(|row| read_record(kind, row, &services)).collect())
}

/// Records in whose name every word of the search occurs, by name, with who is linked to each.
pub fn named_records(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    search: &str,
    limit: i64,
) -> QueryResult<Vec<(Person, Option<Live>)>> {
    let mut query = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(kind_word(kind)))
        .filter(external_records::missing_runs.lt(2))
        .order((external_records::sort_name, external_records::id))
        .select((
            external_records::id,
            external_records::data,
            external_records::missing_runs,
            external_records::changed_at,
        ))
        .limit(limit)
        .into_boxed();
    for pattern in patterns(search) {
        query = query.filter(external_records::sort_name.like(pattern).escape('!'));
    }
    let rows: Vec<RecordRow> = query.load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let mut taken: HashMap<i64, Live> = pairings::table
        .filter(pairings::external_record_id.eq_any(ids))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .load(conn)?
        .into_iter()
        .map(|live| (live.external_record_id, live))
        .collect();
    let services = Services::of(conn, connection)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let live = taken.remove(&row.0);
            (read_record(kind, row, &services), live)
        })
        .collect())
}

/// Which records a person with limited places may see, by the name of the service that they stand under.
pub struct Reach {
    /// Folded names of their places; `None` reaches everything.
    names: Option<HashSet<String>>,
}

impl Reach {
    pub fn of<R>(conn: &mut Conn, scope: &Scope<R>, kind: Kind) -> QueryResult<Self> {
        let (Places::Only(only), Kind::People) = (scope.places(), kind) else {
            return Ok(Self { names: None });
        };
        let rows: Vec<(PlaceId, Option<PlaceId>, String)> = places::table
            .filter(places::organisation_id.eq(scope.organisation()))
            .select((places::id, places::parent_id, places::name))
            .load(conn)?;
        let assigned = |id: &PlaceId| only.contains(id);
        // The home above an assigned zone counts: its service says no more than the home.
        let within = |(id, parent, _): &&(PlaceId, Option<PlaceId>, String)| {
            assigned(id)
                || parent.as_ref().is_some_and(assigned)
                || rows.iter().any(|(zone, home, _)| assigned(zone) && *home == Some(*id))
        };
        let folded = |row: &(PlaceId, Option<PlaceId>, String)| names::fold_place(&row.2);
        Ok(Self { names: Some(rows.iter().filter(within).map(folded).collect()) })
    }

    pub fn is_limited(&self) -> bool {
        self.names.is_some()
    }

    /// The record's service is no place of theirs, or nobody knows which place it is.
    pub fn hides(&self, record: &Record) -> bool {
        !self.holds(record)
    }

    /// The record's service is a place of theirs.
    pub fn holds(&self, record: &Record) -> bool {
        self.names.as_ref().is_none_or(|near| near.contains(&names::fold_place(&record.place)))
    }
}
