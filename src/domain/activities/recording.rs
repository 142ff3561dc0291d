//! Recording who took part, correcting it and taking it back: each in one transaction with what goes to the care
//! record and the trail.

use chrono::NaiveDateTime;

use super::store::{self, Activity, Participation, Person};
use super::typed::Mark;
use super::{State, Taking, get, person};
use crate::connectors::TimelineEntry;
use crate::db::Tx;
use crate::domain::access::{RecordActivities, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{Changed, one_line, readable_name, short};
use crate::domain::timeline::{self, Act, Source};
use crate::domain::{Refusal, residents};
use crate::kit::ids::{ActivityId, ParticipationId};

/// What somebody recorded on one form.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The version of the activity that the form was made from.
    pub version: i64,
    /// Who completed it, as the care record will show it.
    pub completed_by: String,
    pub marks: Vec<Mark>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// So many parts are on their way.
    Now(usize),
    /// The same form came before.
    Before,
}

/// Records the parts of one form. The same form sent again is the same outcome; of two people at once the first is
/// kept, and the other is told.
///
/// # Errors
/// `Invalid` when nothing was said, somebody was archived or is not part of it, or it has not begun; `Overtaken` with
/// the words for who was first.
pub fn record(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    recording: &Recording,
) -> Result<Recorded, Refusal> {
    let activity = get(tx.conn, scope, id)?;
    let people = store::people(tx.conn, scope.organisation(), scope.places(), id)?;
    let completed_by = readable_name("completed_by", &recording.completed_by, "who completed it")?;
    let parts = parts(&people, &recording.marks)?;
    if let Some(done) = parts.iter().find(|(person, _)| person.participation.state != Taking::Expected) {
        return again(scope, &parts, &completed_by).map_or_else(|| Err(first(&done.0.participation)), Ok);
    }
    if activity.state == State::Cancelled {
        return Err(Refusal::overtaken("This activity was cancelled, so nothing was recorded."));
    }
    if activity.starts_at > tx.now {
        let words = "This activity has not begun yet. Change its time first if it was earlier";
        return Err(Refusal::invalid("marks", words));
    }
    if let Some((gone, _)) = parts.iter().find(|(person, _)| person.archived) {
        let words = format!(
            "{} has been archived, so nothing was recorded. Take them off the list first",
            gone.name()
        );
        return Err(Refusal::invalid("marks", words));
    }
    if !store::complete(tx, scope.by(), id, recording.version)? {
        return Err(Refusal::overtaken(
            "Somebody changed this activity while you were writing. What you wrote is still here: look, then save again.",
        ));
    }
    write(tx, scope, &activity, &parts, &completed_by, None)?;
    Ok(Recorded::Now(parts.len()))
}

/// Whether every part was recorded by this person in just these words.
fn again(
    scope: &Scope<RecordActivities>,
    parts: &[(&Person, &Mark)],
    completed_by: &str,
) -> Option<Recorded> {
    let same = parts.iter().all(|(person, mark)| {
        let kept = &person.participation;
        kept.state == Taking::Recorded
            && kept.version == 1
            && kept.recorded_by == scope.by().account
            && kept.completed_by == completed_by
            && kept.mark() == **mark
    });
    same.then_some(Recorded::Before)
}

fn first(done: &Participation) -> Refusal {
    Refusal::overtaken(format!(
        "{} recorded this meanwhile, so yours was not saved. Look at what is there, and correct it if it is wrong.",
        done.recorded_by_name
    ))
}

/// Each mark with whose it is.
pub(super) fn parts<'p>(
    people: &'p [Person],
    marks: &'p [Mark],
) -> Result<Vec<(&'p Person, &'p Mark)>, Refusal> {
    let mut parts = Vec::with_capacity(marks.len());
    for mark in marks {
        let found = people.iter().find(|one| one.participation.id == mark.participation);
        let found = found.ok_or_else(|| {
            Refusal::invalid("marks", "Somebody in the form is not part of this activity, or not in your places. Go back and start again")
        })?;
        parts.push((found, mark));
    }
    if parts.is_empty() {
        return Err(Refusal::invalid("marks", "Say for at least one person whether they took part"));
    }
    Ok(parts)
}

/// Records people of whom nothing is recorded yet; `noted_at` is when it was written down, where that was before.
pub(super) fn write(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    activity: &Activity,
    parts: &[(&Person, &Mark)],
    completed_by: &str,
    noted_at: Option<NaiveDateTime>,
) -> Result<(), Refusal> {
    let mut acts = Vec::with_capacity(parts.len());
    for (person, mark) in parts {
        store::record(tx, scope.by(), mark, completed_by, noted_at)?;
        acts.push(act(activity, &person.participation, mark, completed_by, 1));
        let words = format!("recorded that {} {}", person.name(), said(activity, mark));
        let event =
            Event::new("activity.recorded", words).about(residents::SUBJECT, person.participation.resident.0);
        audit::record(tx, scope, event)?;
    }
    timeline::enqueue(tx, scope.organisation(), Source::Activity, &acts)?;
    let words = format!("completed the activity {} with {} people", activity.name, parts.len());
    audit::record(tx, scope, Event::new("activity.completed", words).about("activity", activity.id.0))?;
    Ok(())
}

fn said(activity: &Activity, mark: &Mark) -> String {
    match (mark.took_part, mark.rating) {
        (true, Some(rating)) => format!("took part in {}, rated {rating} of 5", activity.name),
        (true, None) => format!("took part in {}", activity.name),
        (false, _) => format!("declined {}", activity.name),
    }
}

fn act(activity: &Activity, of: &Participation, mark: &Mark, completed_by: &str, version: i32) -> Act {
    Act {
        resident: of.resident,
        source_id: of.id.0,
        key: of.key.clone(),
        version,
        at: activity.starts_at,
        activity_name: activity.name.clone(),
        details: activity.details.clone(),
        location: activity.location.clone(),
        took_part: mark.took_part,
        rating: mark.rating,
        comment: mark.comment_with_reason(),
        completed_by: completed_by.to_owned(),
    }
}

/// A part as the care record would be told of it, to show how it will look.
pub fn draft(activity: &Activity, of: &Participation, mark: &Mark, completed_by: &str) -> TimelineEntry {
    timeline::draft(&act(activity, of, mark, completed_by, of.version + 1))
}

/// Corrects what was recorded of one person, from a form that was made from `version`. The outbox keeps what was
/// written first.
///
/// # Errors
/// `NotHere`, `Invalid`, `Overtaken` when somebody corrected or withdrew it meanwhile.
pub fn correct(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    version: i32,
    mark: &Mark,
    completed_by: &str,
) -> Result<(), Refusal> {
    let activity = get(tx.conn, scope, id)?;
    let before = person(tx.conn, scope, id, mark.participation)?;
    let completed_by = readable_name("completed_by", completed_by, "who completed it")?;
    let kept = &before.participation;
    still(kept, version)?;
    let changed = changed(kept, mark, &completed_by);
    if changed.is_empty() {
        return Ok(());
    }
    if !store::correct(tx, scope.by(), mark, &completed_by, version)? {
        return Err(overtaken(kept));
    }
    let act = act(&activity, kept, mark, &completed_by, version + 1);
    timeline::correct(tx, scope.organisation(), Source::Activity, &act)?;
    let words = format!(
        "corrected what was recorded of {} in {}: {}",
        before.name(),
        activity.name,
        changed.fields()
    );
    let event = Event::new("activity.corrected", words).about(residents::SUBJECT, kept.resident.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Takes back what was recorded of one person, with the reason.
///
/// # Errors
/// As for [`correct`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    participation: ParticipationId,
    version: i32,
    because: &str,
) -> Result<(), Refusal> {
    let because = short("because", one_line(because), 200)?;
    if because.is_empty() {
        return Err(Refusal::invalid("because", "Say why, such as: recorded for the wrong person"));
    }
    let activity = get(tx.conn, scope, id)?;
    let before = person(tx.conn, scope, id, participation)?;
    let kept = &before.participation;
    still(kept, version)?;
    if !store::withdraw(tx, scope.by(), participation, version)? {
        return Err(overtaken(kept));
    }
    let mut act = act(&activity, kept, &kept.mark(), &kept.completed_by, version + 1);
    act.comment.clone_from(&because);
    timeline::withdraw(tx, scope.organisation(), Source::Activity, &act)?;
    let words = format!("withdrew what was recorded of {} in {}: {because}", before.name(), activity.name);
    let event = Event::new("activity.withdrawn", words).about(residents::SUBJECT, kept.resident.0);
    audit::record(tx, scope, event)?;
    Ok(())
}

fn still(kept: &Participation, version: i32) -> Result<(), Refusal> {
    match kept.state {
        Taking::Recorded if kept.version == version => Ok(()),
        Taking::Expected => Err(Refusal::overtaken("Nothing is recorded for this person yet.")),
        Taking::Withdrawn => {
            Err(Refusal::overtaken(format!("{} has withdrawn this.", kept.recorded_by_name)))
        }
        Taking::Recorded => Err(overtaken(kept)),
    }
}

fn overtaken(kept: &Participation) -> Refusal {
    Refusal::overtaken(format!("{} changed this meanwhile. Look at it first.", kept.recorded_by_name))
}

fn changed(kept: &Participation, mark: &Mark, completed_by: &str) -> Changed {
    let yes = |took_part: bool| if took_part { "Yes" } else { "No" };
    let number = |rating: Option<i32>| rating.map(|rating| rating.to_string()).unwrap_or_default();
    let mut changed = Changed::default();
    changed.note("Took part", yes(kept.took_part), yes(mark.took_part));
    changed.note("Reason", &kept.reason, &mark.reason);
    changed.note("Rating", &number(kept.rating), &number(mark.rating));
    changed.note("Comment", &kept.comment, &mark.comment);
    changed.note("Completed by", &kept.completed_by, completed_by);
    changed
}

impl Participation {
    /// What is kept, as it would be recorded.
    pub fn mark(&self) -> Mark {
        Mark {
            participation: self.id,
            took_part: self.took_part,
            reason: self.reason.clone(),
            rating: self.rating,
            comment: self.comment.clone(),
        }
    }
}
