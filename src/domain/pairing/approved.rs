//! Pairings that follow from an approval: whoever says yes to a vendor's staff record says who it is.

use std::collections::HashMap;

use diesel::QueryResult;

use super::store;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Scope};
use crate::kit::ids::{ConnectionId, ExternalRecordId, StaffMemberId};

/// The staff members with whom records are paired now.
pub fn staff_of(
    conn: &mut Conn,
    records: &[ExternalRecordId],
) -> QueryResult<HashMap<ExternalRecordId, StaffMemberId>> {
    store::staff_of(conn, records)
}

/// Pairs records with the staff members who were made from them, as a person chose.
pub fn pair_approved(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    pairs: &[(ConnectionId, ExternalRecordId, StaffMemberId)],
) -> Result<(), Refusal> {
    Ok(store::insert_approved(tx, pairs, &scope.by().name)?)
}
