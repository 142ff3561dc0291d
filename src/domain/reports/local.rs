//! The reports of people and places: what is read for each, and by which words it is said.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::build::{Both, Here, Links, Reach, Sites, There, days, full_name};
use super::{At, Row, Standing, store};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewReports};
use crate::domain::mapping;
use crate::domain::organisations::vendor_name;
use crate::domain::residents::{self, ResidentState};
use crate::domain::staff::{self, StaffState};
use crate::kit::ids::{ConnectionId, PlaceId};

/// Rows, and the agencies by which they can be narrowed.
pub type Rows = (Vec<Row>, Vec<(PlaceId, String)>);

/// What every report of Ensora rests on.
pub struct Ground {
    pub connection: Option<ConnectionId>,
    pub agencies: Vec<(PlaceId, String, NaiveDateTime)>,
    pub reach: Reach,
    sites: Vec<There>,
    site_links: Links,
    pub site_places: Sites,
}

impl Ground {
    pub fn read(conn: &mut Conn, scope: &Scope<ViewReports>) -> Result<Self, Refusal> {
        let connection = mapping::connection(conn, scope)?.map(|connection| connection.id);
        let agencies = store::agencies(conn, scope.organisation())?;
        let reach = Reach::of(&agencies, scope.places());
        let (sites, site_links) = there(conn, connection, mapping::SITE)?;
        let site_places = Sites::of(&sites, &site_links);
        Ok(Self { connection, agencies, reach, sites, site_links, site_places })
    }

    /// Agencies that somebody may choose.
    pub fn choices(&self) -> Vec<(PlaceId, String)> {
        let reached = self.agencies.iter().filter(|(id, _, _)| self.reach.covers(&[*id]));
        reached.map(|(id, name, _)| (*id, name.clone())).collect()
    }
}

/// The vendor's records of a kind and their mappings; nothing without a connection.
fn there(
    conn: &mut Conn,
    connection: Option<ConnectionId>,
    kind: &str,
) -> Result<(Vec<There>, Links), Refusal> {
    let Some(connection) = connection else { return Ok((Vec::new(), Links::default())) };
    let there = store::records(conn, connection, kind)?.into_iter().map(There::of).collect();
    Ok((there, Links::of(store::links(conn, connection, kind)?)))
}

/// The rows of people of a kind, from both sides.
fn people(
    conn: &mut Conn,
    ground: &Ground,
    (kind, alone): (&str, &'static str),
    here: Vec<Here>,
    at: At,
) -> Result<Rows, Refusal> {
    let (there, links) = there(conn, ground.connection, kind)?;
    let reasons = match ground.connection {
        Some(connection) => store::reasons(conn, connection, kind)?,
        None => HashMap::new(),
    };
    let (sites, reach) = (&ground.site_places, &ground.reach);
    let alone = if ground.connection.is_some() { alone } else { NOT_CONNECTED };
    let both = Both { there, here, links: &links, sites, reach, reasons, alone, at };
    Ok((both.rows(), ground.choices()))
}

const NOT_CONNECTED: &str = "Ensora Data Collection is not connected.";

pub fn clients(conn: &mut Conn, scope: &Scope<ViewReports>, at: At) -> Result<Rows, Refusal> {
    let ground = Ground::read(conn, scope)?;
    let rows = store::residents(conn, scope.organisation())?.into_iter();
    let here = rows.map(|one| Here {
        id: one.id.0,
        name: full_name(&one.first_name, &one.last_name),
        born: one.date_of_birth,
        email: String::new(),
        places: one.zone_id.into_iter().fold(vec![one.home_id], |mut places, zone| {
            places.push(zone);
            places
        }),
        inactive: one.state != ResidentState::Active,
        since: one.created_at,
    });
    let here = here.collect();
    people(conn, &ground, (residents::SUBJECT, "No student is mapped to this client."), here, at)
}

pub fn staff(conn: &mut Conn, scope: &Scope<ViewReports>, at: At) -> Result<Rows, Refusal> {
    let ground = Ground::read(conn, scope)?;
    let rows = store::staff(conn, scope.organisation())?;
    let ids: Vec<_> = rows.iter().map(|one| one.id).collect();
    let mut works = staff::places_of(conn, scope.organisation(), &ids)?;
    let here = rows.into_iter().map(|one| Here {
        id: one.id.0,
        name: full_name(&one.first_name, &one.last_name),
        born: None,
        email: one.email,
        places: works.remove(&one.id).unwrap_or_default(),
        inactive: one.state != StaffState::Active,
        since: one.created_at,
    });
    let here = here.collect();
    people(conn, &ground, (staff::SUBJECT, "No user is mapped to this member of staff."), here, at)
}

pub fn sites(conn: &mut Conn, scope: &Scope<ViewReports>, at: At) -> Result<Rows, Refusal> {
    let ground = Ground::read(conn, scope)?;
    let reasons = match ground.connection {
        Some(connection) => store::reasons(conn, connection, mapping::SITE)?,
        None => HashMap::new(),
    };
    let here = ground.agencies.iter().map(|(id, name, since)| Here {
        id: id.0,
        name: name.clone(),
        places: vec![*id],
        since: *since,
        ..Here::default()
    });
    let both = Both {
        here: here.collect(),
        there: ground.sites.clone(),
        links: &ground.site_links,
        sites: &ground.site_places,
        reach: &ground.reach,
        reasons,
        alone: if ground.connection.is_some() { "No site is mapped to this agency." } else { NOT_CONNECTED },
        at,
    };
    Ok((both.rows(), ground.choices()))
}

/// Everybody here, once for each care record system that is connected.
pub fn residents(conn: &mut Conn, scope: &Scope<ViewReports>, at: At) -> Result<Rows, Refusal> {
    let organisation = scope.organisation();
    let agencies = store::agencies(conn, organisation)?;
    let reach = Reach::of(&agencies, scope.places());
    let mut here = store::residents(conn, organisation)?;
    here.retain(|one| {
        let mut places = vec![one.home_id];
        places.extend(one.zone_id);
        one.state == ResidentState::Active && reach.covers(&places)
    });
    let systems = store::systems(conn, organisation)?;
    let mut rows = Vec::new();
    for (connection, vendor) in &systems {
        let records = store::records(conn, *connection, residents::SUBJECT)?;
        let records: HashMap<i64, There> =
            records.into_iter().map(There::of).map(|there| (there.record, there)).collect();
        let links = Links::of(store::links(conn, *connection, residents::SUBJECT)?);
        let mut why = store::unpaired_because(conn, *connection, residents::SUBJECT)?;
        let system = vendor_name(vendor);
        for one in &here {
            let mut row = resident(one, &reach, at);
            system.clone_into(&mut row.system);
            if let Some(record) = links.record(one.id.0) {
                pair(&mut row, record, &links, records.get(&record));
            } else {
                row.why = why.remove(&one.id.0).unwrap_or_else(|| "The next sync looks at them.".to_owned());
                row.lost_at = links.lost_by_local(one.id.0);
            }
            rows.push(row);
        }
    }
    if systems.is_empty() {
        rows.extend(here.iter().map(|one| Row {
            why: "No care record system is connected.".to_owned(),
            ..resident(one, &reach, at)
        }));
    }
    let reached = agencies.iter().filter(|(id, _, _)| reach.covers(&[*id]));
    Ok((rows, reached.map(|(id, name, _)| (*id, name.clone())).collect()))
}

fn pair(row: &mut Row, record: i64, links: &Links, there: Option<&There>) {
    row.standing = Standing::Mapped;
    row.mapping = links.mapping(record);
    if let Some(there) = there {
        there.external_id.clone_into(&mut row.theirs);
        there.name.clone_into(&mut row.name_there);
    }
}

fn resident(one: &store::ResidentRow, reach: &Reach, at: At) -> Row {
    let mut places = vec![one.home_id];
    places.extend(one.zone_id);
    Row {
        ours: Some(one.id.0),
        name_here: full_name(&one.first_name, &one.last_name),
        born: one.date_of_birth,
        agency: reach.words(&places),
        places,
        first_seen: one.created_at,
        age: days(one.created_at, at),
        ..Row::default()
    }
}
