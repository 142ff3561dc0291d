//! Rows of pairings, refusals, parked people and the two sides of a pair.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::decide::Chosen;
use super::matching::{Kind, Record};
use super::owned::Owned;
use super::{kind_word, person_facts, staff_facts};
use crate::connectors::{PersonRecord, StaffRecord};
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::Refusal;
use crate::domain::access::{Places, Scope};
use crate::domain::schema::{
    connections, external_records, pairings, parked, places, refusals, resident_overrides, residents,
    staff_members, suggestions, unpaired, vendor_services,
};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, PairingId, ResidentId};

/// One side of a pair: what matching reads, and what the page shows.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub facts: Record,
    pub owned: Owned,
    pub look_alike: bool,
    pub version: i64,
    pub created_at: NaiveDateTime,
}

/// A live pairing.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = pairings)]
#[diesel(check_for_backend(Backend))]
pub struct Live {
    pub id: PairingId,
    pub connection_id: i64,
    pub kind: String,
    pub external_record_id: i64,
    pub local_id: i64,
    pub origin: String,
    pub rule: String,
    pub evidence: String,
    pub paired_by_name: String,
    pub paired_at: NaiveDateTime,
    pub run_id: Option<i64>,
    pub batch: String,
}

pub fn belongs(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> Result<(), Refusal> {
    let found: i64 = connections::table
        .filter(connections::id.eq(connection))
        .filter(connections::organisation_id.eq(organisation))
        .count()
        .get_result(conn)?;
    if found == 1 { Ok(()) } else { Err(Refusal::NotHere) }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = residents)]
#[diesel(check_for_backend(Backend))]
pub struct ResidentRow {
    id: i64,
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
    pub fn person(self, place: String) -> Person {
        Person {
            id: self.id,
            name: full_name(&self.first_name, &self.last_name),
            owned: Owned {
                first_name: Some(self.first_name.clone()),
                last_name: Some(self.last_name.clone()),
                date_of_birth: Some(self.date_of_birth),
                care_status: Some(self.care_status.clone()),
            },
            look_alike: self.look_alike,
            version: self.version,
            created_at: self.created_at,
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

pub fn full_name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// A resident or staff member within the scope.
pub fn local<R>(conn: &mut Conn, scope: &Scope<R>, kind: Kind, id: i64) -> Result<Person, Refusal> {
    match kind {
        Kind::People => resident(conn, scope, id),
        Kind::Staff => staff_member(conn, scope, id),
    }
}

fn resident<R>(conn: &mut Conn, scope: &Scope<R>, id: i64) -> Result<Person, Refusal> {
    let mut query = residents::table
        .filter(residents::id.eq(id))
        .filter(residents::organisation_id.eq(scope.organisation()))
        .select((ResidentRow::as_select(), residents::home_id, residents::zone_id))
        .into_boxed();
    if let Places::Only(only) = scope.places() {
        let within = residents::home_id
            .eq_any(only.clone())
            .or(residents::zone_id.eq_any(only.clone()).assume_not_null());
        query = query.filter(within);
    }
    let (row, home, zone): (ResidentRow, i64, Option<i64>) = query.first(conn)?;
    let place = places::table.find(zone.unwrap_or(home)).select(places::name).first(conn)?;
    Ok(row.person(place))
}

fn staff_member<R>(conn: &mut Conn, scope: &Scope<R>, id: i64) -> Result<Person, Refusal> {
    type Row = (i64, String, String, String, Option<i64>, String, bool, i64, NaiveDateTime);
    let row: Row = staff_members::table
        .filter(staff_members::id.eq(id))
        .filter(staff_members::organisation_id.eq(scope.organisation()))
        .select((
            staff_members::id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::email,
            staff_members::home_id,
            staff_members::state,
            staff_members::look_alike,
            staff_members::version,
            staff_members::created_at,
        ))
        .first(conn)?;
    let place: Option<String> = match row.4 {
        Some(home) => places::table.find(home).select(places::name).first(conn).optional()?,
        None => None,
    };
    let (id, first_name, last_name, email, _, state, look_alike, version, created_at) = row;
    Ok(Person {
        id,
        name: full_name(&first_name, &last_name),
        owned: Owned::default(),
        look_alike,
        version,
        created_at,
        facts: Record {
            key: id.to_string(),
            first_name,
            last_name,
            email,
            place: place.unwrap_or_default(),
            archived: state != "active",
            ..Record::default()
        },
    })
}

pub fn local_name(conn: &mut Conn, kind: Kind, id: i64) -> QueryResult<String> {
    let names: (String, String) = match kind {
        Kind::People => {
            residents::table.find(id).select((residents::first_name, residents::last_name)).first(conn)?
        }
        Kind::Staff => staff_members::table
            .find(id)
            .select((staff_members::first_name, staff_members::last_name))
            .first(conn)?,
    };
    Ok(full_name(&names.0, &names.1))
}

/// What the record says, with its service's name.
pub fn read_record(
    kind: Kind,
    id: i64,
    data: &str,
    missing_runs: i32,
    at: NaiveDateTime,
    services: &Services,
) -> Person {
    let (facts, owned) = match kind {
        Kind::People => {
            let record: PersonRecord = serde_json::from_str(data).unwrap_or_default();
            let service = services.name(record.service_id.as_deref());
            (person_facts(&record, service), Owned::of(&record))
        }
        Kind::Staff => {
            let record: StaffRecord = serde_json::from_str(data).unwrap_or_default();
            let service = services.name(record.service_id.as_deref());
            (staff_facts(&record, service), Owned::default())
        }
    };
    let facts = Record { archived: facts.archived || missing_runs >= 2, ..facts };
    Person {
        id,
        name: full_name(&facts.first_name, &facts.last_name),
        facts,
        owned,
        look_alike: false,
        version: 0,
        created_at: at,
    }
}

/// The names of a connection's services by id.
pub struct Services(std::collections::HashMap<String, String>);

impl Services {
    pub fn of(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Self> {
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
    let row: (i64, String, i32, NaiveDateTime) = external_records::table
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
    Ok(read_record(kind, row.0, &row.1, row.2, row.3, &services))
}

/// Records of the connection that nobody is linked to.
pub fn free_records(conn: &mut Conn, connection: ConnectionId, kind: Kind) -> QueryResult<Vec<Person>> {
    let services = Services::of(conn, connection)?;
    let taken = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::ended_at.is_null())
        .select(pairings::external_record_id);
    let rows: Vec<(i64, String, i32, NaiveDateTime)> = external_records::table
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
    Ok(rows
        .into_iter()
        .map(|(id, data, missing, at)| read_record(kind, id, &data, missing, at, &services))
        .collect())
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
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::local_id.eq(local))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .first(conn)
        .optional()
}

pub fn live_of_batch(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    batch: &str,
) -> QueryResult<Vec<Live>> {
    pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::batch.eq(batch))
        .filter(pairings::batch.ne(""))
        .filter(pairings::ended_at.is_null())
        .select(Live::as_select())
        .load(conn)
}

pub struct NewRefusal<'a> {
    pub connection: ConnectionId,
    pub kind: Kind,
    pub local: i64,
    pub record: ExternalRecordId,
    pub because: &'a str,
    pub by: &'a str,
}

pub fn insert_refusal(tx: &mut Tx<'_>, new: &NewRefusal<'_>) -> QueryResult<()> {
    both(
        diesel::insert_into(refusals::table)
            .values((
                refusals::connection_id.eq(new.connection),
                refusals::kind.eq(kind_word(new.kind)),
                refusals::external_record_id.eq(new.record),
                refusals::local_id.eq(new.local),
                refusals::because.eq(new.because),
                refusals::made_by_name.eq(new.by),
                refusals::made_at.eq(tx.now),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn withdraw(tx: &mut Tx<'_>, chosen: &Chosen) -> QueryResult<usize> {
    diesel::update(refusals::table)
        .filter(refusals::connection_id.eq(chosen.connection))
        .filter(refusals::kind.eq(kind_word(chosen.kind)))
        .filter(refusals::local_id.eq(chosen.local))
        .filter(refusals::external_record_id.eq(chosen.record))
        .filter(refusals::withdrawn_at.is_null())
        .set(refusals::withdrawn_at.eq(tx.now))
        .execute(tx.conn)
}

/// Takes a person who is linked now off the lists of the unpaired.
pub fn forget_unpaired(tx: &mut Tx<'_>, chosen: &Chosen) -> QueryResult<()> {
    let word = kind_word(chosen.kind);
    diesel::delete(unpaired::table)
        .filter(unpaired::connection_id.eq(chosen.connection))
        .filter(unpaired::kind.eq(word))
        .filter(unpaired::local_id.eq(chosen.local))
        .execute(tx.conn)?;
    diesel::delete(suggestions::table)
        .filter(suggestions::connection_id.eq(chosen.connection))
        .filter(suggestions::kind.eq(word))
        .filter(suggestions::local_id.eq(chosen.local).or(suggestions::external_record_id.eq(chosen.record)))
        .execute(tx.conn)?;
    unpark(tx, chosen.connection, chosen.kind, chosen.local)
}

pub fn forget_suggestion(tx: &mut Tx<'_>, chosen: &Chosen) -> QueryResult<()> {
    diesel::delete(suggestions::table)
        .filter(suggestions::connection_id.eq(chosen.connection))
        .filter(suggestions::kind.eq(kind_word(chosen.kind)))
        .filter(suggestions::local_id.eq(chosen.local))
        .filter(suggestions::external_record_id.eq(chosen.record))
        .execute(tx.conn)
        .map(drop)
}

pub fn unpark(tx: &mut Tx<'_>, connection: ConnectionId, kind: Kind, local: i64) -> QueryResult<()> {
    diesel::delete(parked::table)
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(kind_word(kind)))
        .filter(parked::local_id.eq(local))
        .execute(tx.conn)
        .map(drop)
}

/// Fields that somebody keeps for now.
pub fn overridden(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<Vec<String>> {
    resident_overrides::table
        .filter(resident_overrides::resident_id.eq(resident))
        .filter(resident_overrides::until.ge(tx.now.date()))
        .select(resident_overrides::field)
        .load(tx.conn)
}
