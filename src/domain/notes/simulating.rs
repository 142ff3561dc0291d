//! What another grace time would match: the rule over everything that no person mapped, with the grace that is set and
//! with the other. Reads only.

use diesel::QueryResult;

use super::matching::Verdict;
use super::reasons::Reason;
use super::settle::{self, Given};
use super::store::{self, Row};
use super::{Simulated, Simulation, State};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::access::{Right, Scope};
use crate::domain::{appointments, connections};
use crate::kit::ids::AppointmentId;

/// How many are listed to look at.
const SHOWN: usize = 50;

/// What a grace of so many minutes would match.
pub fn simulate<R: Right>(conn: &mut Conn, scope: &Scope<R>, grace_minutes: i32) -> QueryResult<Simulation> {
    let mut simulation = Simulation { grace_minutes, ..Simulation::default() };
    let Some(connection) = connections::find(conn, scope, Vendor::Ensora)? else { return Ok(simulation) };
    let mut rows = store::in_states(conn, connection.id, &[State::Waiting, State::Mapped])?;
    let records: Vec<_> = rows.iter().map(|row| row.external_record_id).collect();
    let lives = store::live_of_notes(conn, &records)?;
    rows.retain(|row| {
        let by_hand = lives.get(&row.external_record_id).is_some_and(|live| live.origin == settle::BY_HAND);
        !by_hand && row.reason != Reason::SaysCancelled
    });
    let rules = appointments::rules(conn, scope.organisation())?;
    let prepared = settle::prepare(conn, scope.organisation(), connection.id, rows, Given::ByHand)?;
    let now = settle::judge(&prepared, rules.grace_minutes);
    let then = settle::judge(&prepared, grace_minutes);
    compare(&mut simulation, &prepared.rows, &now, &then);
    Ok(simulation)
}

fn compare(simulation: &mut Simulation, rows: &[Row], now: &[Option<Verdict>], then: &[Option<Verdict>]) {
    let fits = |verdict: &Option<Verdict>| match verdict {
        Some(Verdict::Match(id)) => Some(*id),
        _ => None,
    };
    let unclear = |verdict: &Option<Verdict>| {
        matches!(verdict, Some(Verdict::SeveralAppointments(_) | Verdict::SeveralNotes(_)))
    };
    for ((row, now), then) in rows.iter().zip(now).zip(then) {
        simulation.ambiguous += usize::from(unclear(then));
        simulation.newly_ambiguous += usize::from(unclear(then) && !unclear(now));
        match (fits(now), fits(then)) {
            (before, Some(id)) => {
                simulation.matched += 1;
                if before.is_none() {
                    simulation.more_count += 1;
                    push(&mut simulation.more, row, id);
                }
            }
            (Some(id), None) => {
                simulation.lost_count += 1;
                push(&mut simulation.lost, row, id);
            }
            (None, None) => {}
        }
    }
}

fn push(list: &mut Vec<Simulated>, row: &Row, appointment: AppointmentId) {
    if list.len() < SHOWN {
        list.push(Simulated {
            note: row.id,
            student_name: row.student_name.clone(),
            date: row.local_date,
            start: row.start_time.clone(),
            end: row.end_time.clone(),
            appointment,
        });
    }
}
