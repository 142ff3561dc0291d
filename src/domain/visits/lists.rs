//! Reading visits: one, many, a day's, a patient's, and the timeline and steps of one.
//!
//! Whoever manages appointments sees all of the organisation. Staff without that right see those that are theirs, and
//! nothing else is there for them.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Line, Sees, Status, Step, Visit, store};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Permission, Right, Role, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::staff;
use crate::kit::ids::{AccountId, OrganisationId, PatientId, StaffMemberId, VisitId, WindowId};

/// Which visits somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    All,
    /// Those of a practitioner.
    Own(StaffMemberId),
    Nobody,
}

pub(super) fn reach<R: Sees>(conn: &mut Conn, scope: &Scope<R>) -> Result<Reach, Refusal> {
    let manages = R::PERMISSION == Permission::ManageAppointments;
    if manages || scope.role() != Some(Role::Staff) {
        return Ok(Reach::All);
    }
    let Some(account) = scope.by().account else { return Ok(Reach::Nobody) };
    let own = staff::member_of(conn, scope.organisation(), account)?;
    Ok(own.map_or(Reach::Nobody, Reach::Own))
}

/// Which are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    Open,
    /// Wait for a time.
    Scheduling,
    /// Have a window and nobody to come.
    Unassigned,
    Completed,
    Cancelled,
    Everything,
}

/// Who is to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Assigned {
    #[default]
    Anyone,
    /// Nobody yet.
    Nobody,
    To(StaffMemberId),
}

/// Which are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub show: Show,
    /// First and last date, both included; those without a window are on no date.
    pub dates: Option<(NaiveDate, NaiveDate)>,
    pub practitioner: Assigned,
    /// Words of the patient's name, number or reference.
    pub search: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub visits: Vec<Visit>,
    pub more: bool,
}

/// Visits in order of time, those without a window first.
pub fn list<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    wanted: &Wanted,
    (offset, limit): (i64, i64),
) -> Result<Listed, Refusal> {
    let reach = reach(conn, scope)?;
    let mut visits = store::list(conn, (scope.organisation(), mode, reach), wanted, (offset, limit + 1))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = visits.len() > limit;
    visits.truncate(limit);
    Ok(Listed { visits, more })
}

/// One visit.
///
/// # Errors
/// `NotHere` for another organisation's, one of the other mode, and one that is not for this person.
pub fn get<R: Sees>(conn: &mut Conn, scope: &Scope<R>, mode: Mode, id: VisitId) -> Result<Visit, Refusal> {
    let reach = reach(conn, scope)?;
    store::get(conn, (scope.organisation(), mode, reach), id)?.ok_or(Refusal::NotHere)
}

/// The same by its public number.
pub fn by_public_id<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    id: &str,
) -> Result<Visit, Refusal> {
    let reach = reach(conn, scope)?;
    store::by_public_id(conn, (scope.organisation(), mode, reach), id)?.ok_or(Refusal::NotHere)
}

/// The live visits of a date that have a window and are not cancelled: what a day plan is made of.
pub fn of_day<R: Sees>(conn: &mut Conn, scope: &Scope<R>, date: NaiveDate) -> Result<Vec<Visit>, Refusal> {
    let reach = reach(conn, scope)?;
    let wanted = Wanted { show: Show::Everything, dates: Some((date, date)), ..Wanted::default() };
    let all = store::list(conn, (scope.organisation(), Mode::Live, reach), &wanted, (0, MOST_A_DAY))?;
    Ok(all.into_iter().filter(|visit| visit.status != Status::Cancelled).collect())
}

/// Visits of one day that are read at once.
const MOST_A_DAY: i64 = 5_000;

/// A patient's visits, newest first.
pub fn of_patient<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    patient: PatientId,
    limit: i64,
) -> Result<Vec<Visit>, Refusal> {
    let reach = reach(conn, scope)?;
    Ok(store::of_patient(conn, (scope.organisation(), mode, reach), patient, limit)?)
}

/// The live visits of a practitioner on a date, in order of the time at which they are expected.
pub fn mine<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    account: AccountId,
    date: NaiveDate,
) -> Result<Vec<Visit>, Refusal> {
    let own = staff::member_of(conn, scope.organisation(), account)?.ok_or(Refusal::NotHere)?;
    let wanted = Wanted { show: Show::Everything, dates: Some((date, date)), ..Wanted::default() };
    let whose = (scope.organisation(), Mode::Live, Reach::Own(own));
    let mut all = store::list(conn, whose, &wanted, (0, MOST_A_DAY))?;
    all.sort_by_key(|visit| {
        (visit.expected_at.or(visit.booked.as_ref().map(|booked| booked.starts_at)), visit.id)
    });
    Ok(all)
}

/// The timeline of a visit that was read, oldest first.
pub fn timeline(conn: &mut Conn, visit: &Visit) -> Result<Vec<Line>, Refusal> {
    Ok(store::events(conn, visit.id)?)
}

/// The steps of a visit that was read, in order.
pub fn steps(conn: &mut Conn, visit: &Visit) -> Result<Vec<Step>, Refusal> {
    Ok(store::steps(conn, visit.id)?)
}

/// Live visits to come in each window, for the page on which windows are changed.
pub fn counts_of_windows<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    from: NaiveDate,
) -> Result<HashMap<WindowId, i64>, Refusal> {
    let organisation: OrganisationId = scope.organisation();
    Ok(store::counts_of_windows(conn, organisation, from)?)
}
