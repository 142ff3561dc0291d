//! Where people whom a sync makes are to live.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::db::Conn;
use crate::domain::connections;
use crate::domain::schema::places;
use crate::kit::ids::{ConnectionId, OrganisationId, PlaceId};

/// Homes and zones for people whom a sync makes: the zone that is named as the service, else the home
/// of that name, else the first home; all of them homes that the connection is for.
pub struct Homes {
    /// `None` where several zones have the name: then none of them is meant for certain.
    zones: HashMap<String, Option<(PlaceId, PlaceId)>>,
    named: HashMap<String, PlaceId>,
    first: Option<PlaceId>,
}

type Row = (PlaceId, Option<PlaceId>, String);

fn rows(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Row>> {
    places::table
        .filter(places::organisation_id.eq(organisation))
        .order(places::id)
        .select((places::id, places::parent_id, places::name))
        .load(conn)
}

pub fn homes(conn: &mut Conn, organisation: OrganisationId, connection: ConnectionId) -> QueryResult<Homes> {
    let chosen = connections::homes(conn, connection)?;
    let mut rows = rows(conn, organisation)?;
    rows.retain(|(id, parent, _)| chosen.holds(parent.unwrap_or(*id)));
    let mut homes = Homes { zones: HashMap::new(), named: HashMap::new(), first: None };
    for (id, parent, name) in rows {
        if let Some(home) = parent {
            homes.zones.entry(name).and_modify(|zone| *zone = None).or_insert(Some((home, id)));
        } else {
            homes.first.get_or_insert(id);
            homes.named.insert(name, id);
        }
    }
    Ok(homes)
}

/// Names of homes and zones that the connection is not for, and that no place of its own has.
pub fn elsewhere(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> QueryResult<HashSet<String>> {
    let chosen = connections::homes(conn, connection)?;
    if chosen.only().is_none() {
        return Ok(HashSet::new());
    }
    let rows = rows(conn, organisation)?;
    let (own, others): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|(id, parent, _)| chosen.holds(parent.unwrap_or(*id)));
    let mut names: HashSet<String> = others.into_iter().map(|(.., name)| name).collect();
    for (.., name) in &own {
        names.remove(name);
    }
    Ok(names)
}

impl Homes {
    /// Home and zone for a service's name; `None` when the organisation has no home yet.
    pub fn of(&self, service: &str) -> Option<(PlaceId, Option<PlaceId>)> {
        if let Some(Some((home, zone))) = self.zones.get(service) {
            return Some((*home, Some(*zone)));
        }
        self.named.get(service).copied().or(self.first).map(|home| (home, None))
    }
}
