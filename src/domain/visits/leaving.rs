//! What follows when a practitioner does not visit patients any more, whatever ended it: open appointments that they have
//! from now on wait for somebody else. Found by how people stand now, so that no way of leaving is forgotten and a second
//! look changes nothing.
//!
//! Patients are written nothing, as when somebody is assigned. What was made, has begun or is over stays theirs.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::{EventKind, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{EditStaff, ManageAppointments, ManagePeople, Right, RunSyncs, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::staff;
use crate::kit::ids::{OrganisationId, StaffMemberId, VisitId};

/// Rights under which somebody's work can end.
pub trait Ends: Right {}
impl Ends for EditStaff {}
impl Ends for ManageAppointments {}
impl Ends for ManagePeople {}
impl Ends for RunSyncs {}

/// An appointment whose practitioner does not come any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub organisation: OrganisationId,
    pub visit: VisitId,
    pub staff: StaffMemberId,
    pub name: String,
    /// They are still on the staff.
    pub employed: bool,
}

/// Appointments that would wait for another practitioner if this one did not come any more.
pub fn would_wait<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    practitioner: StaffMemberId,
    now: NaiveDateTime,
) -> QueryResult<i64> {
    store::open_of(conn, scope.organisation(), practitioner, now)
}

/// Takes the open appointments off everybody in the organisation who does not visit patients any more: how many.
///
/// # Errors
/// When the database fails.
pub fn release<R: Ends>(tx: &mut Tx<'_>, scope: &Scope<R>) -> Result<usize, Refusal> {
    let all = store::left_behind(tx.conn, Some(scope.organisation()), tx.now)?;
    for of in all.chunk_by(|one, next| one.staff == next.staff) {
        let Some(who) = of.first() else { continue };
        let why = if who.employed { "visit patients" } else { "work here" };
        let why = format!("off {}, who does not {why} any more", who.name);
        for one in of {
            store::set_practitioner(tx, one.visit, None, None)?;
            let words = format!("took it {why}");
            store::insert_event(tx, one.visit, EventKind::Assigned, &words, &scope.by().name)?;
        }
        let words = format!("took {} {why}", counted(of.len()));
        audit::record(tx, scope, Event::new("visit.released", words).about(staff::SUBJECT, who.staff.0))?;
    }
    Ok(all.len())
}

/// The same in every organisation, for what ends by its date.
///
/// # Errors
/// When the database fails.
pub fn release_everywhere(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    let all = store::left_behind(tx.conn, None, tx.now)?;
    let of: BTreeSet<OrganisationId> = all.iter().map(|one| one.organisation).collect();
    let mut released = 0;
    for organisation in of {
        released += release(tx, &Scope::<EditStaff>::for_the_portal(organisation))?;
    }
    Ok(released)
}

/// `1 appointment`, `3 appointments`.
pub(super) fn counted(n: usize) -> String {
    if n == 1 { "1 appointment".to_owned() } else { format!("{n} appointments") }
}
