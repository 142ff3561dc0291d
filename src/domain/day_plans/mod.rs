//! The routes of a day: who visits whom, in which order and when. A plan is a proposal; *Use this plan* gives the
//! appointments to the practitioners.
//!
//! `day` reads what a day is, [`solve`] plans it outside any transaction, since it takes seconds, and [`keep`] keeps
//! the plan if the day is still the one that was planned and the plan breaks no rule. [`problem`], [`solving`]
//! and [`checking`] are pure. Deliberately knows no traffic and asks no map: ways are estimates.

pub mod checking;
mod day;
mod keeping;
pub mod problem;
pub mod solving;
mod store;
mod words;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{Days, NaiveDate, NaiveDateTime};

use super::Refusal;
use super::access::{ManageAppointments, Scope};
use crate::db::{Conn, Tx};
use crate::kit::ids::{DayPlanId, StaffMemberId, VisitId};

pub use day::{Day, Drawn, day};
pub use keeping::{keep, set_lock, use_plan};

/// The audit's subject.
pub const SUBJECT: &str = "day plan";

/// A plan as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: DayPlanId,
    pub date: NaiveDate,
    pub made_by: String,
    pub created_at: NaiveDateTime,
    /// All ways of the day, those home too.
    pub travel_minutes: i32,
    /// What the day was when it was planned; see [`Day::fingerprint`].
    pub based_on: String,
    pub applied_at: Option<NaiveDateTime>,
    /// By practitioner and in order, those without a place last.
    pub stops: Vec<KeptStop>,
}

/// A visit in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptStop {
    pub visit: VisitId,
    pub position: i32,
    /// The way to it.
    pub travel_minutes: i32,
    pub outcome: Outcome,
}

/// What a plan does with a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Placed {
        staff: StaffMemberId,
        /// UTC.
        arrives_at: NaiveDateTime,
        leaves_at: NaiveDateTime,
    },
    /// A sentence that says why.
    Unplaced(String),
}

impl Kept {
    pub fn placed(&self) -> usize {
        self.stops.iter().filter(|stop| matches!(stop.outcome, Outcome::Placed { .. })).count()
    }
}

/// The newest plan of a date.
pub fn latest(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    date: NaiveDate,
) -> Result<Option<Kept>, Refusal> {
    Ok(store::latest(conn, scope.organisation(), date)?)
}

/// Days for which a plan is kept after it was of use.
const KEPT: Days = Days::new(30);

/// Removes the plans of days that are a month ago.
pub fn purge(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    let before = tx.now.date().checked_sub_days(KEPT).unwrap_or(NaiveDate::MIN);
    Ok(store::purge(tx, before)?)
}

/// One day at a time: two would share the cores, and both be late.
static PLANNING: Mutex<()> = Mutex::new(());
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Days that wait or are planned; whoever comes then is asked to come again.
const MOST_ASKED: usize = 8;

/// Plans a day, after those that were asked for before. Takes seconds on all cores: never where requests are answered,
/// and never in a transaction.
///
/// # Errors
/// `Overtaken` where too many days wait already.
pub fn solve(drawn: &Drawn) -> Result<problem::Plan, Refusal> {
    let asked = Asked::one_more()?;
    // Whoever failed while planning left nothing behind.
    let planning = PLANNING.lock().unwrap_or_else(PoisonError::into_inner);
    let search = solving::Search::of_a_day(drawn.problem.visits.len());
    let found = solving::solve(&drawn.problem, search);
    drop(planning);
    drop(asked);
    found.map_err(|cause| Refusal::Broken(cause.to_string()))
}

/// Counted as long as it is there.
struct Asked;

impl Asked {
    fn one_more() -> Result<Self, Refusal> {
        let asked = Self;
        if ASKED.fetch_add(1, Ordering::Relaxed) >= MOST_ASKED {
            return Err(Refusal::overtaken("Other days are being planned just now. Try again in a minute."));
        }
        Ok(asked)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        ASKED.fetch_sub(1, Ordering::Relaxed);
    }
}
