//! What was recorded without a network and arrives later: each form once, with the time at which it was written down.
//!
//! Whoever is still expected is recorded as usual. Of somebody who has been recorded meanwhile the earlier stays; the
//! later is kept beside it until a person decides, and is never written over the other by itself.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::recording::{self, Recording};
use super::store::{self, LatePart, Person};
use super::typed::Mark;
use super::{State, Taking, correct, get, person};
use crate::db::{Conn, Tx};
use crate::domain::access::{RecordActivities, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::readable_name;
use crate::domain::{Refusal, residents};
use crate::kit::ids::{ActivityId, ParticipationId};

/// A working day without a network, and some time to come back.
const OLDEST: TimeDelta = TimeDelta::minutes(8 * 60 + 30);

/// How far a device's clock may be ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(2);

/// A form as a browser kept it.
#[derive(Clone, Debug)]
pub struct Late {
    pub recording: Recording,
    /// The form's own, by which it is known when it comes again.
    pub key: String,
    /// When it was written down, as the device says.
    pub noted_at: Option<NaiveDateTime>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    Now {
        recorded: usize,
        /// Others were first with these.
        to_decide: usize,
        /// The device's time could be kept.
        in_time: bool,
    },
    /// It had arrived before.
    Before,
}

/// What a person decides of a part that came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The earlier stays.
    Keep,
    /// The later corrects it.
    Use,
}

/// Takes a form that was kept. The version that it was made from does not count: only what is said of each person does.
///
/// # Errors
/// `Invalid` when it can never be taken as it is, `Overtaken` when the activity was cancelled.
pub fn record_late(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    late: &Late,
) -> Result<Arrived, Refusal> {
    let activity = get(tx.conn, scope, id)?;
    check_key(&late.key)?;
    if !store::insert_form(tx, id, &late.key, scope.by())? {
        return Ok(Arrived::Before);
    }
    if activity.state == State::Cancelled {
        return Err(Refusal::overtaken("This activity was cancelled, so nothing was recorded."));
    }
    if activity.starts_at > tx.now {
        let words = "This activity has not begun yet. Change its time first if it was earlier";
        return Err(Refusal::invalid("marks", words));
    }
    let completed_by = readable_name("completed_by", &late.recording.completed_by, "who completed it")?;
    let people = store::people(tx.conn, scope.organisation(), scope.places(), id)?;
    let parts = recording::parts(&people, &late.recording.marks)?;
    let (open, done): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(one, _)| one.is_expected());
    if let Some((gone, _)) = open.iter().find(|(one, _)| one.archived) {
        let words = format!("{} has been archived, so nothing was recorded", gone.name());
        return Err(Refusal::invalid("marks", words));
    }
    let noted_at = late.noted_at.and_then(|at| usable_time(at, tx.now));
    if !open.is_empty() {
        if !store::complete(tx, scope.by(), id, activity.version)? {
            return Err(Refusal::overtaken(
                "This activity was changed at the same moment. It is sent again.",
            ));
        }
        recording::write(tx, scope, &activity, &open, &completed_by, noted_at)?;
    }
    let differ: Vec<_> = done.into_iter().filter(|(one, mark)| !says(one, mark, &completed_by)).collect();
    for (one, mark) in &differ {
        store::insert_late(tx, mark, &completed_by, &scope.by().name, noted_at)?;
        let words = format!(
            "what was written of {} in {} without a network came after {} had recorded it, and waits for a decision",
            one.name(),
            activity.name,
            one.participation.recorded_by_name
        );
        let event = Event::new("activity.late", words);
        audit::record(tx, scope, event.about(residents::SUBJECT, one.participation.resident.0))?;
    }
    let in_time = late.noted_at.is_none() || noted_at.is_some();
    Ok(Arrived::Now { recorded: open.len(), to_decide: differ.len(), in_time })
}

/// Whether a key can be one that a page of ours made.
pub fn is_key_of_a_page(key: &str) -> bool {
    let plain = key.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-');
    plain && (16..=80).contains(&key.len())
}

fn check_key(key: &str) -> Result<(), Refusal> {
    if is_key_of_a_page(key) {
        return Ok(());
    }
    Err(Refusal::invalid("marks", "This was not kept by a page of ours. Record it again"))
}

/// The device's time, where it can be: not to come, and not older than a day's work.
pub fn usable_time(noted_at: NaiveDateTime, now: NaiveDateTime) -> Option<NaiveDateTime> {
    (noted_at <= now + AHEAD && noted_at >= now - OLDEST).then(|| noted_at.min(now))
}

/// Whether just this is recorded already.
fn says(one: &Person, mark: &Mark, completed_by: &str) -> bool {
    let kept = &one.participation;
    kept.state == Taking::Recorded && kept.mark() == *mark && kept.completed_by == completed_by
}

/// What waits for a decision, with the person whom it is about, as far as the scope reaches.
pub fn undecided(
    conn: &mut Conn,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
) -> QueryResult<Vec<(Person, LatePart)>> {
    let people = store::people(conn, scope.organisation(), scope.places(), id)?;
    let late = store::late(conn, id)?;
    let whose = |part: LatePart| {
        let person = people.iter().find(|one| one.participation.id == part.participation)?;
        Some((person.clone(), part))
    };
    Ok(late.into_iter().filter_map(whose).collect())
}

/// Decides one of them, by somebody who saw the earlier in `version`.
///
/// # Errors
/// `NotHere`, `Overtaken` when it is decided already, or the earlier was changed meanwhile.
pub fn settle(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    (participation, part): (ParticipationId, i64),
    version: i32,
    decision: Decision,
) -> Result<(), Refusal> {
    let one = person(tx.conn, scope, id, participation)?;
    let late = store::late(tx.conn, id)?;
    let late = late.into_iter().find(|late| late.id == part && late.participation == participation);
    let late = late.ok_or_else(|| Refusal::overtaken("This is decided already."))?;
    store::settle_late(tx, late.id)?;
    if decision == Decision::Use {
        correct(tx, scope, id, version, &late.mark(), &late.completed_by)?;
    }
    let kept = if decision == Decision::Use { "the later" } else { "the earlier" };
    let words = format!("decided that {kept} counts of what was recorded of {}", one.name());
    let event = Event::new("activity.late_settled", words);
    Ok(audit::record(tx, scope, event.about(residents::SUBJECT, one.participation.resident.0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_time_counts_within_a_working_day() {
        let now: NaiveDateTime = "2026-11-24T18:00:00".parse().unwrap();
        let minutes = |minutes: i64| usable_time(now + TimeDelta::minutes(minutes), now);
        assert_eq!(minutes(-8 * 60), Some(now - TimeDelta::hours(8)));
        assert_eq!(minutes(1), Some(now), "a clock that is a little ahead");
        for wrong in [3, -511, -100_000] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }
}
