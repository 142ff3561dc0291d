//! Homes and the zones in them. Names are unique after folding, because a Nourish service finds its zone
//! by name.

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::{Changed, readable_name, store};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{ManagePlaces, Places, Right, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::ids::PlaceId;
use crate::kit::names::fold_place;

text_enum! {
    /// Rooms are text on the resident.
    pub enum PlaceKind {
        Home = "home",
        Zone = "zone",
    }
}

/// A home, or a zone in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub id: PlaceId,
    /// The home of a zone.
    pub parent: Option<PlaceId>,
    pub kind: PlaceKind,
    pub name: String,
    pub name_folded: String,
}

/// A place and how many active residents live there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceWithCount {
    pub place: Place,
    pub residents: i64,
}

/// The places that a scope reaches, each home followed by its zones, by name. A member of staff who is
/// assigned to a zone sees the zone's home too, to read where it is.
pub fn places<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Place>> {
    let all = store::places(conn, scope.organisation())?;
    Ok(in_order(reached(all, scope.places())))
}

/// The same with the number of active residents in each.
pub fn place_counts<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<PlaceWithCount>> {
    let counts = store::residents_by_place(conn, scope.organisation())?;
    let found = places(conn, scope)?;
    let with_count = found.into_iter().map(|place| {
        let in_place = counts.iter().filter(|(home, zone, _)| match place.kind {
            PlaceKind::Home => *home == place.id,
            PlaceKind::Zone => *zone == Some(place.id),
        });
        let residents = in_place.map(|(_, _, n)| n).sum();
        PlaceWithCount { place, residents }
    });
    Ok(with_count.collect())
}

/// A home, how many of its active residents are paired, and since when the oldest of the others has been here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomePairing {
    pub name: String,
    pub residents: i64,
    pub paired: i64,
    pub oldest_unpaired: Option<NaiveDateTime>,
}

/// The same for every home that a scope reaches.
pub fn pairing_by_home<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<HomePairing>> {
    let unpaired = store::unpaired_by_home(conn, scope.organisation())?;
    let homes = place_counts(conn, scope)?.into_iter().filter(|one| one.place.kind == PlaceKind::Home);
    let home = |one: PlaceWithCount| {
        let open = unpaired.iter().find(|(home, ..)| *home == one.place.id);
        HomePairing {
            name: one.place.name,
            residents: one.residents,
            paired: one.residents - open.map_or(0, |(_, count, _)| *count),
            oldest_unpaired: open.and_then(|(.., since)| *since),
        }
    };
    Ok(homes.map(home).collect())
}

/// # Errors
/// `NotHere` when the scope does not reach it.
pub fn place<R: Right>(conn: &mut Conn, scope: &Scope<R>, id: PlaceId) -> Result<Place, Refusal> {
    places(conn, scope)?.into_iter().find(|place| place.id == id).ok_or(Refusal::NotHere)
}

/// Adds a home.
///
/// # Errors
/// `Invalid` when another home has the same name.
pub fn add_home(tx: &mut Tx<'_>, scope: &Scope<ManagePlaces>, name: &str) -> Result<PlaceId, Refusal> {
    add(tx, scope, None, name)
}

/// Adds a zone to a home.
///
/// # Errors
/// `NotHere` when there is no such home, `Invalid` when the home has a zone of the same name.
pub fn add_zone(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    home: PlaceId,
    name: &str,
) -> Result<PlaceId, Refusal> {
    let home = place(tx.conn, scope, home)?;
    if home.kind != PlaceKind::Home {
        return Err(Refusal::NotHere);
    }
    add(tx, scope, Some(home), name)
}

fn add(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    home: Option<Place>,
    name: &str,
) -> Result<PlaceId, Refusal> {
    let kind = if home.is_some() { PlaceKind::Zone } else { PlaceKind::Home };
    let parent = home.as_ref().map(|home| home.id);
    let (name, folded) = usable_name(tx.conn, scope, (kind, parent), name, None)?;
    let id = store::insert_place(tx, scope.organisation(), parent, kind, &name, &folded)?;
    let words = match &home {
        Some(home) => format!("added the zone {name} to {}", home.name),
        None => format!("added the {} {name}", kind_word(tx.conn, scope, kind)?),
    };
    audit::record(tx, scope, audit::Event::new("place.added", words).about("place", id.0))?;
    Ok(id)
}

/// Gives a home or zone another name. Residents stay in it.
///
/// # Errors
/// `NotHere`, or `Invalid` when its neighbour has the same name.
pub fn rename_place(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    id: PlaceId,
    name: &str,
) -> Result<(), Refusal> {
    let before = place(tx.conn, scope, id)?;
    let (name, folded) = usable_name(tx.conn, scope, (before.kind, before.parent), name, Some(id))?;
    let mut changed = Changed::default();
    changed.note("Name", &before.name, &name);
    if changed.is_empty() {
        return Ok(());
    }
    store::rename_place(tx, scope.organisation(), id, &name, &folded)?;
    let kind = kind_word(tx.conn, scope, before.kind)?;
    let words = format!("renamed the {kind} {} to {name}", before.name);
    audit::record(tx, scope, audit::Event::new("place.renamed", words).about("place", id.0).with(changed))?;
    Ok(())
}

fn usable_name(
    conn: &mut Conn,
    scope: &Scope<ManagePlaces>,
    (kind, parent): (PlaceKind, Option<PlaceId>),
    name: &str,
    except: Option<PlaceId>,
) -> Result<(String, String), Refusal> {
    let word = kind_word(conn, scope, kind)?;
    let name = readable_name("name", name, &format!("the {word}'s name"))?;
    let folded = fold_place(&name);
    if folded.is_empty() {
        return Err(Refusal::invalid("name", "Use letters or numbers in the name"));
    }
    let taken = places(conn, scope)?.into_iter().find(|place| {
        place.parent == parent && fold_place(&place.name) == folded && Some(place.id) != except
    });
    let alias = store::aliases(conn, scope.organisation())?
        .into_iter()
        .find(|alias| kind == PlaceKind::Home && alias.name_folded == folded && Some(alias.place) != except);
    if let Some(alias) = alias {
        let of = place(conn, scope, alias.place)?.name;
        let words = format!("{} is another name of {of}. Choose a different name", alias.name);
        return Err(Refusal::invalid("name", words));
    }
    match taken {
        None => Ok((name, folded)),
        Some(taken) => Err(Refusal::invalid(
            "name",
            format!(
                "There is already {} {word} called {}. Choose a different name",
                article(&word),
                taken.name
            ),
        )),
    }
}

/// `home`, or what the sector calls it.
fn kind_word<R: Right>(conn: &mut Conn, scope: &Scope<R>, kind: PlaceKind) -> QueryResult<String> {
    Ok(store::sector(conn, scope.organisation())?.say(kind.as_str()))
}

fn article(word: &str) -> &'static str {
    if word.starts_with('a') { "an" } else { "a" }
}

fn reached(all: Vec<Place>, reach: &Places) -> Vec<Place> {
    let Places::Only(assigned) = reach else { return all };
    let is = |id: PlaceId| assigned.contains(&id);
    let homes_of_zones: Vec<PlaceId> =
        all.iter().filter(|place| is(place.id)).filter_map(|place| place.parent).collect();
    all.into_iter()
        .filter(|place| is(place.id) || place.parent.is_some_and(is) || homes_of_zones.contains(&place.id))
        .collect()
}

fn in_order(mut all: Vec<Place>) -> Vec<Place> {
    all.sort_by(|one, other| one.name_folded.cmp(&other.name_folded));
    let (homes, zones): (Vec<Place>, Vec<Place>) = all.into_iter().partition(|place| place.parent.is_none());
    let mut ordered = Vec::with_capacity(homes.len() + zones.len());
    for home in homes {
        let id = home.id;
        ordered.push(home);
        ordered.extend(zones.iter().filter(|zone| zone.parent == Some(id)).cloned());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(id: i64, parent: Option<i64>, name: &str) -> Place {
        let kind = if parent.is_some() { PlaceKind::Zone } else { PlaceKind::Home };
        Place {
            id: PlaceId(id),
            parent: parent.map(PlaceId),
            kind,
            name: name.into(),
            name_folded: name.to_lowercase(),
        }
    }

    #[test]
    fn staff_of_a_zone_see_the_zone_and_its_home_but_no_other_zone() {
        let all =
            vec![at(1, None, "Willow"), at(2, Some(1), "East"), at(3, Some(1), "West"), at(4, None, "Oak")];
        let ids = |reach: &Places| -> Vec<i64> {
            in_order(reached(all.clone(), reach)).into_iter().map(|place| place.id.0).collect()
        };
        assert_eq!(ids(&Places::Only(vec![PlaceId(3)])), [1, 3]);
        assert_eq!(ids(&Places::Only(vec![PlaceId(1)])), [1, 2, 3]);
        assert_eq!(ids(&Places::Only(vec![])), Vec::<i64>::new());
        assert_eq!(ids(&Places::All), [4, 1, 2, 3]);
    }
}
