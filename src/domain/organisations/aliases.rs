//! Other names by which a vendor knows a home or an agency. A name leads to one place only, so an alias is
//! neither the name nor an alias of another.

use diesel::QueryResult;

use super::places::{PlaceKind, place, places};
use super::{readable_name, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManagePlaces, Right, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{PlaceAliasId, PlaceId};
use crate::kit::names::fold_place;

/// Another name of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    pub id: PlaceAliasId,
    pub place: PlaceId,
    pub name: String,
    /// As names of places are compared.
    pub name_folded: String,
}

/// Every alias in the organisation, by name.
pub fn aliases<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Alias>> {
    store::aliases(conn, scope.organisation())
}

/// Gives a place another name under which it is found.
///
/// # Errors
/// `NotHere` when there is no such place, `Invalid` when the name leads to a place already.
pub fn add_alias(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    id: PlaceId,
    name: &str,
) -> Result<PlaceAliasId, Refusal> {
    let of = place(tx.conn, scope, id)?;
    if of.kind != PlaceKind::Home {
        return Err(Refusal::NotHere);
    }
    let name = readable_name("alias", name, "the other name")?;
    let folded = fold_place(&name);
    if folded.is_empty() {
        return Err(Refusal::invalid("alias", "Use letters or numbers in the name"));
    }
    if let Some(taken) = led_to(tx.conn, scope, &folded)? {
        return Err(Refusal::invalid("alias", format!("This name leads to {taken} already")));
    }
    let alias = store::insert_alias(tx, scope.organisation(), id, &name, &folded)?;
    let words = format!("gave {} the other name {name}", of.name);
    audit::record(tx, scope, audit::Event::new("place.alias-added", words).about("place", id.0))?;
    Ok(alias)
}

/// Takes another name away; what was mapped by it stays.
///
/// # Errors
/// `NotHere` when the place has no such alias.
pub fn remove_alias(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    of: PlaceId,
    id: PlaceAliasId,
) -> Result<(), Refusal> {
    let place = place(tx.conn, scope, of)?;
    let known = store::aliases(tx.conn, scope.organisation())?;
    let alias = known.into_iter().find(|one| one.id == id && one.place == of).ok_or(Refusal::NotHere)?;
    store::remove_alias(tx, scope.organisation(), id)?;
    let words = format!("took the other name {} from {}", alias.name, place.name);
    audit::record(tx, scope, audit::Event::new("place.alias-removed", words).about("place", of.0))?;
    Ok(())
}

/// The name of the place that a folded name leads to.
fn led_to(conn: &mut Conn, scope: &Scope<ManagePlaces>, folded: &str) -> QueryResult<Option<String>> {
    let all = places(conn, scope)?;
    let homes = || all.iter().filter(|place| place.kind == PlaceKind::Home);
    if let Some(place) = homes().find(|place| fold_place(&place.name) == folded) {
        return Ok(Some(place.name.clone()));
    }
    let alias = store::aliases(conn, scope.organisation())?.into_iter().find(|one| one.name_folded == folded);
    Ok(alias.and_then(|alias| homes().find(|place| place.id == alias.place)).map(|place| place.name.clone()))
}
