//! What a sync does to residents: makes them, changes owned fields, archives leavers, brings them back.

use diesel::prelude::*;

use super::staged::Staged;
use super::store::{self, Homes, LEFT};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::organisations;
use crate::domain::residents::NewResident;
use crate::domain::schema::residents as table;
use crate::kit::ids::{OrganisationId, ResidentId};
use crate::kit::nhs_number::NhsNumber;

/// The organisation's homes; one named as the organisation is made if there is none yet.
pub fn homes_or_first(tx: &mut Tx<'_>, organisation: OrganisationId, name: &str) -> Result<Homes, Refusal> {
    let homes = store::homes(tx.conn, organisation)?;
    if homes.of("").is_some() {
        return Ok(homes);
    }
    organisations::first_home(tx, organisation, name)?;
    Ok(store::homes(tx.conn, organisation)?)
}

/// The row of a resident made from an incoming record.
pub fn new_resident(organisation: OrganisationId, homes: &Homes, staged: &Staged, n: usize) -> Option<NewResident> {
    let record = staged.person_at(n)?;
    let (home_id, zone_id) = homes.of(&staged.service_name(record.service_id.as_ref()))?;
    let number = record.nhs_number.clone().unwrap_or_default();
    Some(NewResident {
        organisation_id: organisation,
        home_id,
        zone_id,
        room: record.room.clone().unwrap_or_default(),
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        preferred_name: record.preferred_name.clone().unwrap_or_default(),
        date_of_birth: record.date_of_birth,
        nhs_number: NhsNumber::parse(&number).map_or(number, |number| number.digits().to_owned()),
        resident_type: record.resident_type.clone().unwrap_or_default(),
        care_status: record.status.clone().unwrap_or_default(),
    })
}

/// Archives somebody whom two complete answers lacked; never deletes.
pub fn archive_leaver(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<()> {
    diesel::update(table::table.find(resident))
        .set((table::state.eq("archived"), table::archived_at.eq(tx.now), table::archived_because.eq(LEFT)))
        .execute(tx.conn)?;
    changed(tx, resident)
}

/// Brings back somebody whom a sync had archived.
pub fn bring_back(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<()> {
    diesel::update(table::table.find(resident))
        .set((
            table::state.eq("active"),
            table::archived_at.eq(None::<chrono::NaiveDateTime>),
            table::archived_because.eq(""),
        ))
        .execute(tx.conn)?;
    changed(tx, resident)
}

fn changed(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<()> {
    diesel::update(table::table.find(resident))
        .set((table::version.eq(table::version + 1), table::updated_at.eq(tx.now)))
        .execute(tx.conn)
        .map(drop)
}
