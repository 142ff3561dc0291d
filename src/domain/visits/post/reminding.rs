//! Reminders, by the clock: to choose a window on the next day and on day three, then nothing more but a note for
//! whoever rings; and of an appointment on the day before.
//!
//! Each is written once, since what was written is noted in the same transaction. After an interruption what is due is
//! caught up with, and only the last of what was missed: nobody gets two reminders on one morning.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::super::{Visit, lists, store};
use super::{ASKED_BEFORE, Wrote, line, mornings, write};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::kit::ids::{OrganisationId, VisitId};

/// What may be due, the last first: what is written then passes over what was missed before.
const STAGES: [Wrote; 5] =
    [Wrote::NoAnswer, Wrote::SecondReminder, Wrote::FirstReminder, Wrote::Choose, Wrote::DayBefore];

/// Whether [`remind`] would find something: looked at without the write lock.
pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> Result<bool, Refusal> {
    for (organisation, zone) in store::visiting(conn)? {
        for stage in STAGES {
            if !due(conn, (organisation, zone), stage, now, 1)?.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Writes up to `limit` letters that are due; how many appointments were looked at.
pub fn remind(tx: &mut Tx<'_>, limit: i64) -> Result<usize, Refusal> {
    let mut done = 0;
    for (organisation, zone) in store::visiting(tx.conn)? {
        let scope = Scope::<ManageAppointments>::for_the_portal(organisation);
        for stage in STAGES {
            let left = limit - i64::try_from(done).unwrap_or(limit);
            let now = tx.now;
            for id in due(tx.conn, (organisation, zone), stage, now, left)? {
                let visit = lists::get(tx.conn, &scope, Mode::Live, id)?;
                one(tx, &scope, &visit, (stage, zone))?;
                done += 1;
            }
        }
    }
    Ok(done)
}

fn one(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    visit: &Visit,
    (stage, zone): (Wrote, Tz),
) -> Result<(), Refusal> {
    match stage {
        Wrote::NoAnswer => {
            store::note_letter(tx, visit.id, stage, None)?;
            line(tx, visit, "had no answer to two reminders: ring the patient")
        }
        Wrote::SecondReminder => {
            if !store::has_written(tx.conn, visit.id, Wrote::FirstReminder)? {
                store::note_letter(tx, visit.id, Wrote::FirstReminder, None)?;
            }
            write(tx, scope, visit, stage)
        }
        Wrote::DayBefore if just_confirmed(tx, visit, zone)? => {
            Ok(store::note_letter(tx, visit.id, stage, None)?)
        }
        _ => write(tx, scope, visit, stage),
    }
}

/// A confirmation that was written on the day before, or later, says all that a reminder would.
fn just_confirmed(tx: &mut Tx<'_>, visit: &Visit, zone: Tz) -> Result<bool, Refusal> {
    let Some(booked) = &visit.booked else { return Ok(true) };
    let since = mornings::midnight(mornings::earlier(booked.date, 1), zone);
    Ok(store::written_since(tx.conn, visit.id, Wrote::Confirmation, since)?
        || store::written_since(tx.conn, visit.id, Wrote::Moved, since)?)
}

/// The live appointments of an organisation for which it is time.
fn due(
    conn: &mut Conn,
    (organisation, zone): (OrganisationId, Tz),
    stage: Wrote,
    now: NaiveDateTime,
    limit: i64,
) -> Result<Vec<VisitId>, Refusal> {
    let today = mornings::today(now, zone);
    let after = |days| mornings::written_before(now, zone, days);
    Ok(match stage {
        Wrote::Choose => {
            let soon = mornings::later(today, ASKED_BEFORE);
            store::not_asked(conn, organisation, soon, limit)?
        }
        Wrote::FirstReminder => {
            store::unanswered_since(conn, organisation, (Wrote::Choose, stage), after(1), limit)?
        }
        Wrote::SecondReminder => {
            store::unanswered_since(conn, organisation, (Wrote::Choose, stage), after(3), limit)?
        }
        Wrote::NoAnswer => {
            store::unanswered_since(conn, organisation, (Wrote::SecondReminder, stage), after(1), limit)?
        }
        Wrote::DayBefore => {
            let last = if mornings::has_opened(now, zone) { mornings::later(today, 1) } else { today };
            store::not_reminded(conn, organisation, (today, last), now, limit)?
        }
        Wrote::Confirmation | Wrote::Moved | Wrote::Cancellation => Vec::new(),
    })
}

/// Which of these wait for a window whose patient has answered neither letter nor reminders.
pub fn unanswered(conn: &mut Conn, visits: &[Visit]) -> Result<HashSet<VisitId>, Refusal> {
    let waiting: Vec<VisitId> = visits
        .iter()
        .filter(|one| one.status == super::super::Status::Scheduling)
        .map(|one| one.id)
        .collect();
    Ok(store::with_note(conn, &waiting, Wrote::NoAnswer)?)
}
