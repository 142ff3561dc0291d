//! Keeping a plan, using it, and locking appointments to their practitioner.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::checking::broken_rules;
use super::day::{Day, Drawn, day};
use super::problem::Plan;
use super::{Kept, KeptStop, Outcome, SUBJECT, latest, store, words};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::audit::{self, Event};
use crate::domain::visits::{self, Status};
use crate::kit::ids::{DayPlanId, StaffMemberId, VisitId};

const CHANGED: &str = "The day has changed while it was planned. Plan it again.";
const CHANGED_SINCE: &str = "The day has changed since this plan was made. Plan it again.";

/// Keeps a plan of a day that was drawn and solved before.
///
/// # Errors
/// `Overtaken` where the day is another by now; `Broken` for a plan that breaks a rule.
pub fn keep(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (of, drawn, plan): (&Day, &Drawn, &Plan),
) -> Result<Kept, Refusal> {
    let broken = broken_rules(&drawn.problem, plan);
    if let Some(first) = broken.first() {
        return Err(Refusal::Broken(format!("a plan breaks {} rules: {first}", broken.len())));
    }
    if day(tx.conn, scope, of.date)?.fingerprint() != drawn.based_on {
        return Err(Refusal::overtaken(CHANGED));
    }
    let stops = stops(of, drawn, plan);
    let placed = plan.placed();
    let new = store::New {
        date: of.date,
        made_by: &scope.by().name,
        travel_minutes: plan.travel(),
        based_on: &drawn.based_on,
    };
    let id = store::insert(tx, scope.organisation(), &new, &stops)?;
    let words = format!("planned {}: {placed} of {} appointments", when(of.date), stops.len());
    audit::record(tx, scope, Event::new("day_plan.made", words).about(SUBJECT, id.0))?;
    latest(tx.conn, scope, of.date)?.ok_or(Refusal::NotHere)
}

fn stops(of: &Day, drawn: &Drawn, plan: &Plan) -> Vec<KeptStop> {
    let instant = |minute: i32| -> NaiveDateTime { drawn.begins + TimeDelta::minutes(i64::from(minute)) };
    let visit = |index: usize| drawn.visits.get(index).and_then(|index| of.visits.get(*index));
    let mut stops = Vec::new();
    let mut position = 0;
    for route in &plan.routes {
        let Some(shift) = drawn.problem.shifts.get(route.shift) else { continue };
        for stop in &route.stops {
            let Some(visit) = visit(stop.visit) else { continue };
            position += 1;
            stops.push(KeptStop {
                visit: visit.id,
                position,
                travel_minutes: stop.travel,
                outcome: Outcome::Placed {
                    staff: StaffMemberId(shift.person),
                    arrives_at: instant(stop.arrives),
                    leaves_at: instant(stop.leaves),
                },
            });
        }
    }
    let unplaced = plan
        .unassigned
        .iter()
        .filter_map(|(index, why)| visit(*index).map(|visit| (visit, words::why(why, of, visit))));
    let left_out = drawn
        .left_out
        .iter()
        .filter_map(|(index, why)| of.visits.get(*index).map(|visit| (visit, why.clone())));
    for (visit, why) in unplaced.chain(left_out) {
        position += 1;
        stops.push(KeptStop {
            visit: visit.id,
            position,
            travel_minutes: 0,
            outcome: Outcome::Unplaced(why),
        });
    }
    stops
}

/// Gives the appointments of a plan to its practitioners, with the times at which they are expected. Those without a
/// place in it are taken off whoever has them, unless they are locked. Says how many changed.
///
/// # Errors
/// `NotHere` for another organisation's; `Overtaken` where there is a newer plan, or the day has changed since.
pub fn use_plan(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: DayPlanId,
) -> Result<(NaiveDate, usize), Refusal> {
    let date = store::date_of(tx.conn, scope.organisation(), id)?.ok_or(Refusal::NotHere)?;
    let kept = latest(tx.conn, scope, date)?.ok_or(Refusal::NotHere)?;
    if kept.id != id {
        return Err(Refusal::overtaken("There is a newer plan of this day. Look at it again."));
    }
    let of = day(tx.conn, scope, date)?;
    if of.fingerprint() != kept.based_on {
        return Err(Refusal::overtaken(CHANGED_SINCE));
    }
    let mut changed = 0;
    for stop in &kept.stops {
        let Some(visit) = of.visits.iter().find(|visit| visit.id == stop.visit) else { continue };
        let (to, expected_at) = match &stop.outcome {
            Outcome::Placed { staff, arrives_at, .. } => {
                // Whoever works on that day is there, or the fingerprint would be another.
                let person = of.person(*staff).ok_or_else(|| Refusal::overtaken(CHANGED_SINCE))?;
                (Some(&person.practitioner), Some(*arrives_at))
            }
            Outcome::Unplaced(_) if visit.locked => continue,
            Outcome::Unplaced(_) => (None, None),
        };
        let has = visit.practitioner.as_ref().map(|one| one.id);
        if has == to.map(|one| one.id) && visit.expected_at == expected_at {
            continue;
        }
        visits::assign_to(tx, scope, (Mode::Live, visit.id), to, expected_at)?;
        changed += 1;
    }
    store::applied(tx, id)?;
    let words = format!("used the plan of {}: {changed} appointments changed", when(date));
    audit::record(tx, scope, Event::new("day_plan.used", words).about(SUBJECT, id.0))?;
    Ok((date, changed))
}

/// Locks an appointment to the practitioner who has it, or unlocks it. A plan that was made before no longer fits.
///
/// # Errors
/// `NotHere`; `Overtaken` where nobody has it, or it is not open any more.
pub fn set_lock(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: VisitId,
    locked: bool,
) -> Result<(), Refusal> {
    let visit = visits::get(tx.conn, scope, Mode::Live, id)?;
    if visit.status != Status::Scheduled {
        return Err(Refusal::overtaken("This appointment is not waiting to be made any more."));
    }
    visits::set_lock(tx, scope, (Mode::Live, id), locked)?;
    Ok(())
}

fn when(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}
