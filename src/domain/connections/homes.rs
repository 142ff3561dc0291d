//! Which homes of an organisation a connection is for: some of them, where each home has its own care record system,
//! or all. It decides who is counted, suggested, paired and made by itself; nobody who is paired loses their link.

use diesel::QueryResult;

use super::{Availability, ensure, store};
use crate::connectors::Vendor;
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageIntegrations, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{self, Place, PlaceKind};
use crate::domain::refusal::Refusal;
use crate::kit::ids::{ConnectionId, PlaceId};

/// The homes of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Homes(Vec<PlaceId>);

impl Homes {
    /// Those that were chosen; `None` where it is for all, also for homes that are added later.
    pub fn only(&self) -> Option<Vec<PlaceId>> {
        (!self.0.is_empty()).then(|| self.0.clone())
    }

    pub fn holds(&self, home: PlaceId) -> bool {
        self.0.is_empty() || self.0.contains(&home)
    }

    /// People without a home count for every connection.
    pub fn concern(&self, home: Option<PlaceId>) -> bool {
        home.is_none_or(|home| self.holds(home))
    }
}

/// The homes that a connection is for.
pub fn homes(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Homes> {
    store::homes(conn, connection).map(Homes)
}

/// Which homes it may be for, seen from what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    pub homes: Vec<Place>,
    pub because: Because,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// So many residents are paired, and all of them live there.
    Paired(i64),
    /// The other homes have another care record system.
    Others,
}

/// A guess for a vendor whose connection is for all homes so far; `None` where nothing speaks for some of them.
pub fn guess<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: Option<ConnectionId>,
) -> QueryResult<Option<Guess>> {
    let all = all_homes(conn, scope)?;
    if let Some(connection) = connection {
        if !store::homes(conn, connection)?.is_empty() {
            return Ok(None);
        }
        let paired = store::paired_by_home(conn, connection)?;
        if !paired.is_empty() {
            let lived_in = |home: &Place| paired.iter().any(|(id, _)| *id == home.id);
            let homes: Vec<Place> = all.iter().filter(|home| lived_in(home)).cloned().collect();
            let count = paired.iter().map(|(_, count)| count).sum();
            let some = !homes.is_empty() && homes.len() < all.len();
            return Ok(some.then_some(Guess { homes, because: Because::Paired(count) }));
        }
    }
    let taken = store::homes_of_others(conn, scope.organisation(), connection)?;
    let homes: Vec<Place> = all.iter().filter(|home| !taken.contains(&home.id)).cloned().collect();
    let some = !taken.is_empty() && !homes.is_empty() && homes.len() < all.len();
    Ok(some.then_some(Guess { homes, because: Because::Others }))
}

/// The homes of the organisation that a scope reaches.
pub fn all_homes<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Place>> {
    let places = organisations::places(conn, scope)?;
    Ok(places.into_iter().filter(|place| place.kind == PlaceKind::Home).collect())
}

/// Says which homes a vendor's connection is for. None or all of them: all, also those that are added later.
///
/// # Errors
/// `NotHere` for a place that is no home of the organisation.
pub fn set_homes(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    (vendor, by_default): (Vendor, Availability),
    ticked: &[PlaceId],
) -> Result<(), Refusal> {
    let all = all_homes(tx.conn, scope)?;
    if ticked.iter().any(|id| all.iter().all(|home| home.id != *id)) {
        return Err(Refusal::NotHere);
    }
    let connection = ensure(tx, scope.organisation(), vendor, by_default)?;
    let chosen: Vec<&Place> = all.iter().filter(|home| ticked.contains(&home.id)).collect();
    let is_for_all = chosen.is_empty() || chosen.len() == all.len();
    let now: Vec<PlaceId> = if is_for_all { Vec::new() } else { chosen.iter().map(|home| home.id).collect() };
    let before = store::homes(tx.conn, connection.id)?;
    let same = before.len() == now.len() && now.iter().all(|id| before.contains(id));
    if same {
        return Ok(());
    }
    store::set_homes(tx, connection.id, &now)?;
    let words = if is_for_all {
        format!("set {vendor} to be for all homes")
    } else {
        let names: Vec<&str> = chosen.iter().map(|home| home.name.as_str()).collect();
        format!("set {vendor} to be for {} only", names.join(" and "))
    };
    let event = Event::new("connection.homes", words).about("connection", connection.id.0);
    audit::record(tx, scope, event.with(serde_json::json!({ "homes": [before, now] })))?;
    Ok(())
}
