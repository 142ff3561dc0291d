//! Staff who visit patients: where their day starts, when they work, and what they have: skills, trainings and
//! credentials, each until its last day.
//!
//! What has ended blocks new appointments, what ends soon is warned of. Whether somebody fits an appointment is worked
//! out in the pure [`suitability`], with the reasons in sentences; how far away they are and whom they have seen comes
//! in as figures. Deliberately knows no appointment: see `visits`.

mod expiring;
mod fit;
mod hours;
mod keeping;
mod skills;
mod store;

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::Refusal;
use super::access::{EditStaff, ManageAppointments, Right, Scope, ViewAppointments, ViewStaff};
use super::coverage::Postcode;
use super::staff;
use super::tasks::Skill;
use crate::db::Conn;
use crate::kit::ids::{AccountId, OrganisationId, ShiftId, SkillId, StaffMemberId};

pub use expiring::{Due, Expiring, SOON, due, expiring, warn};
pub use fit::{Asked, Continuity, Fit, Reason, best_first, suitability};
pub use hours::{Shift, TypedShift, clock, in_words, weekdays_in_words};
pub use keeping::{add_shift, end, make, move_base, remove_shift};
pub use skills::{HeldId, TypedHeld, offered, record, remove};

/// Rights under which practitioners are read.
pub trait Sees: Right {}
impl Sees for ViewStaff {}
impl Sees for EditStaff {}
impl Sees for ManageAppointments {}
impl Sees for ViewAppointments {}

/// A staff member who visits patients, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practitioner {
    pub id: StaffMemberId,
    pub name: String,
    /// Where a day starts and ends.
    pub base: Postcode,
    /// Visits patients now.
    pub active: bool,
    /// Works here now.
    pub employed: bool,
    /// By their first weekday.
    pub shifts: Vec<Shift>,
    /// By name.
    pub held: Vec<Held>,
    pub since: NaiveDateTime,
}

/// A skill, training or credential that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub id: HeldId,
    pub skill: Skill,
    /// The last day on which it counts; none for one without end.
    pub until: Option<NaiveDate>,
    /// Such as the number of a certificate, or empty.
    pub reference: String,
    pub recorded_by: String,
    pub recorded_at: NaiveDateTime,
}

/// How something stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// Within [`SOON`] days.
    EndsSoon,
    Ended,
}

impl Held {
    /// Whether it counts on a day: its last day included.
    pub fn counts_on(&self, day: NaiveDate) -> bool {
        self.until.is_none_or(|last| day <= last)
    }

    pub fn standing(&self, today: NaiveDate) -> Standing {
        match self.until {
            Some(last) if last < today => Standing::Ended,
            Some(last) if (last - today).num_days() <= SOON => Standing::EndsSoon,
            _ => Standing::Good,
        }
    }
}

impl Practitioner {
    /// Can be sent to patients at all.
    pub fn works(&self) -> bool {
        self.active && self.employed
    }

    /// What counts on a day.
    pub fn skills_on(&self, day: NaiveDate) -> BTreeSet<SkillId> {
        self.held.iter().filter(|held| held.counts_on(day)).map(|held| held.skill.id).collect()
    }

    /// The instants (UTC) from and to which they work on a day, in order.
    pub fn hours_on(&self, day: NaiveDate, zone: Tz) -> Vec<(NaiveDateTime, NaiveDateTime)> {
        let mut hours: Vec<_> = self.shifts.iter().filter_map(|shift| shift.on(day, zone)).collect();
        hours.sort_unstable();
        hours
    }

    /// The worst of what they have.
    pub fn standing(&self, today: NaiveDate) -> Standing {
        let all = || self.held.iter().map(|held| held.standing(today));
        if all().any(|one| one == Standing::Ended) {
            Standing::Ended
        } else if all().any(|one| one == Standing::EndsSoon) {
            Standing::EndsSoon
        } else {
            Standing::Good
        }
    }

    fn shift(&self, id: ShiftId) -> Option<&Shift> {
        self.shifts.iter().find(|shift| shift.id == id)
    }
}

/// A practitioner on one day, for whoever plans it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDay {
    pub id: StaffMemberId,
    pub name: String,
    pub base: Postcode,
    /// UTC, in order; none on a day off.
    pub hours: Vec<(NaiveDateTime, NaiveDateTime)>,
    /// What counts on that day.
    pub skills: BTreeSet<SkillId>,
    /// All of them, for the reasons.
    pub practitioner: Practitioner,
}

/// Those who visit patients, and those who did, by name.
pub fn list<R: Sees>(conn: &mut Conn, scope: &Scope<R>) -> Result<Vec<Practitioner>, Refusal> {
    Ok(store::all(conn, scope.organisation(), None)?)
}

/// # Errors
/// `NotHere` for whoever is none, and another organisation's.
pub fn get<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: StaffMemberId) -> Result<Practitioner, Refusal> {
    one(conn, scope.organisation(), id)
}

/// All who can be sent to patients, as they are on a day, those off included.
pub fn all_for(
    conn: &mut Conn,
    organisation: OrganisationId,
    day: NaiveDate,
    zone: Tz,
) -> Result<Vec<OnDay>, Refusal> {
    let all = store::all(conn, organisation, None)?;
    let on_day = |one: Practitioner| OnDay {
        id: one.id,
        name: one.name.clone(),
        base: one.base.clone(),
        hours: one.hours_on(day, zone),
        skills: one.skills_on(day),
        practitioner: one,
    };
    Ok(all.into_iter().filter(Practitioner::works).map(on_day).collect())
}

/// The practitioner who signs in with an account; `None` for whoever is none, or is none any more.
pub fn of_account(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Option<Practitioner>, Refusal> {
    let Some(member) = staff::member_of(conn, organisation, account)? else { return Ok(None) };
    let found = store::all(conn, organisation, Some(member))?.pop();
    Ok(found.filter(Practitioner::works))
}

/// Staff members who could become practitioners, by name.
pub fn candidates(
    conn: &mut Conn,
    scope: &Scope<EditStaff>,
) -> Result<Vec<(StaffMemberId, String)>, Refusal> {
    Ok(store::candidates(conn, scope.organisation())?)
}

fn one(conn: &mut Conn, organisation: OrganisationId, id: StaffMemberId) -> Result<Practitioner, Refusal> {
    store::all(conn, organisation, Some(id))?.pop().ok_or(Refusal::NotHere)
}
