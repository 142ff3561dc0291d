//! Where people whom a sync makes are to live.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::domain::schema::places;
use crate::kit::ids::{OrganisationId, PlaceId};

/// Homes and zones for people whom a sync makes: the zone that is named as the service, else the home
/// of that name, else the organisation's first home.
pub struct Homes {
    /// `None` where several zones have the name: then none of them is meant for certain.
    zones: HashMap<String, Option<(PlaceId, PlaceId)>>,
    named: HashMap<String, PlaceId>,
    first: Option<PlaceId>,
}

pub fn homes(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Homes> {
    type Row = (PlaceId, Option<PlaceId>, String);
    let rows: Vec<Row> = places::table
        .filter(places::organisation_id.eq(organisation))
        .order(places::id)
        .select((places::id, places::parent_id, places::name))
        .load(conn)?;
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

impl Homes {
    /// Home and zone for a service's name; `None` when the organisation has no home yet.
    pub fn of(&self, service: &str) -> Option<(PlaceId, Option<PlaceId>)> {
        if let Some(Some((home, zone))) = self.zones.get(service) {
            return Some((*home, Some(*zone)));
        }
        self.named.get(service).copied().or(self.first).map(|home| (home, None))
    }
}
