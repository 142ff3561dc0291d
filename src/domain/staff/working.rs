//! Where staff members work: the home that stands with them comes first, and others beside it. It is not what
//! they may see; that is their membership.

use std::collections::HashMap;

use diesel::QueryResult;

use super::{SUBJECT, get, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{EditStaff, Scope};
use crate::domain::organisations::{Changed, Place, PlaceKind, places};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{OrganisationId, PlaceId, StaffMemberId};

/// Where each of these staff members works, the first place first; those who work nowhere in particular are
/// left out.
pub fn places_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[StaffMemberId],
) -> QueryResult<HashMap<StaffMemberId, Vec<PlaceId>>> {
    let mut works: HashMap<StaffMemberId, Vec<PlaceId>> = HashMap::with_capacity(ids.len());
    for (id, place) in store::first_places(conn, organisation, ids)? {
        works.entry(id).or_default().push(place);
    }
    for (id, place) in store::further_places(conn, organisation, ids)? {
        let of = works.entry(id).or_default();
        if !of.contains(&place) {
            of.push(place);
        }
    }
    Ok(works)
}

/// Says in which places a staff member works beside the first one; the first may be among them.
///
/// # Errors
/// `NotHere` when there is no such staff member, `Invalid` when a place is none of the organisation's.
pub fn set_places(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    places_beside: &[PlaceId],
) -> Result<(), Refusal> {
    let member = get(tx.conn, scope, id)?;
    let known = places(tx.conn, scope)?;
    let homes = || known.iter().filter(|place| place.kind == PlaceKind::Home);
    if places_beside.iter().any(|wanted| !homes().any(|home| home.id == *wanted)) {
        return Err(Refusal::invalid("places", "Choose places from the list"));
    }
    let first = member.details.home;
    let wanted: Vec<_> =
        homes().filter(|home| places_beside.contains(&home.id) && Some(home.id) != first).collect();
    let organisation = scope.organisation();
    let before: Vec<PlaceId> =
        store::further_places(tx.conn, organisation, &[id])?.into_iter().map(|(_, place)| place).collect();
    let had: Vec<_> = homes().filter(|home| before.contains(&home.id) && Some(home.id) != first).collect();
    if wanted == had {
        return Ok(());
    }
    let ids: Vec<PlaceId> = wanted.iter().map(|home| home.id).collect();
    store::write_further_places(tx, id, &ids)?;
    store::count_change(tx, organisation, id)?;
    let names = |of: &[&Place]| of.iter().map(|home| home.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut changed = Changed::default();
    changed.note("Also works in", &names(&had), &names(&wanted));
    let words = format!("changed where {} works", member.name());
    let event = audit::Event::new("staff.changed", words).about(SUBJECT, id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}
