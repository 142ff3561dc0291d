//! What a sync does to residents: makes them, archives leavers, brings them back.

use super::staged::Staged;
use super::store::{self, Homes, LEFT};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::organisations;
use crate::domain::residents::{self, NewResident, ResidentFacts, ResidentState};
use crate::kit::ids::{ConnectionId, OrganisationId, ResidentId};

/// The homes that the connection is for; one named as the organisation is made if there is none yet.
pub fn homes_or_first(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    connection: ConnectionId,
    name: &str,
) -> Result<Homes, Refusal> {
    let homes = store::homes(tx.conn, organisation, connection)?;
    if homes.of("").is_some() {
        return Ok(homes);
    }
    organisations::add_home(tx, &Scope::for_the_portal(organisation), name)?;
    Ok(store::homes(tx.conn, organisation, connection)?)
}

/// The resident to be made from an incoming record.
pub fn new_resident(
    organisation: OrganisationId,
    homes: &Homes,
    staged: &Staged,
    n: usize,
) -> Option<NewResident> {
    let record = staged.person_at(n)?;
    let (home, zone) = homes.of(&staged.service_name(record.service_id.as_ref()))?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let facts = ResidentFacts {
        home,
        zone,
        room: text(&record.room),
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        preferred_name: text(&record.preferred_name),
        date_of_birth: record.date_of_birth,
        nhs_number: residents::nhs_kept(&text(&record.nhs_number)),
        resident_type: text(&record.resident_type),
        care_status: text(&record.status),
    };
    Some(NewResident { organisation, facts })
}

/// Archives people whom two complete answers lacked; never deletes.
pub fn archive_leavers(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    ids: &[ResidentId],
) -> Result<(), Refusal> {
    Ok(residents::set_state(tx, organisation, ids, ResidentState::Archived, LEFT)?)
}

/// Brings back people whom a sync had archived.
pub fn bring_back(tx: &mut Tx<'_>, organisation: OrganisationId, ids: &[ResidentId]) -> Result<(), Refusal> {
    Ok(residents::set_state(tx, organisation, ids, ResidentState::Active, "")?)
}
