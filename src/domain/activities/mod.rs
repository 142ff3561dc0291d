//! What the people of a home do together: planned for a group, and recorded for each of them when it is over.
//!
//! A participation that is recorded goes to the outbox of the care record in the same transaction. Staff see and
//! record the residents of their places; the others of a mixed group stay for those who see them. What was typed is
//! read in the pure `typed`, weeks are counted in the pure `charts`.

mod charts;
mod family;
mod late;
mod recording;
mod store;
mod typed;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::access::{Places, RecordActivities, Right, Scope, ViewResidents};
use super::audit::{self, Event};
use super::organisations::{Changed, one_line, short};
use super::{Refusal, residents};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{ActivityId, ParticipationId, PlaceId, ResidentId};
use crate::kit::secret::random_uuid;

pub use charts::{WEEKS, Week, weeks};
pub use family::{Before, FamilyMoment, for_family, recorded_since};
pub use late::{Arrived, Decision, Late, is_key_of_a_page, record_late, settle, undecided, usable_time};
pub use recording::{Recorded, Recording, correct, draft, record, withdraw};
pub use store::{Activity, Done, LatePart, Participation, Person};
pub use typed::{Details, LONGEST_COMMENT, Mark, Part, TypedDetails, TypedMark};

/// People of one activity; a larger group is split.
pub const MOST: usize = 200;

text_enum! {
    /// Where an activity is in its life.
    pub enum State {
        Planned = "planned",
        /// Somebody has recorded who took part.
        Completed = "completed",
        Cancelled = "cancelled",
    }
}

impl State {
    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "Planned",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }
}

text_enum! {
    /// What is known of one person's part in it.
    pub enum Taking {
        Expected = "expected",
        Recorded = "recorded",
        /// Recorded by mistake, and taken back.
        Withdrawn = "withdrawn",
    }
}

/// For whom an activity is planned at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Everybody who lives in a home or zone.
    Of(PlaceId),
    /// The people of an earlier activity.
    Again(ActivityId),
    /// Nobody yet: they are chosen next.
    Nobody,
}

/// A line of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub activity: Activity,
    pub expected: i64,
    pub took_part: i64,
    pub declined: i64,
}

/// One page of the list.
#[derive(Clone, Debug)]
pub struct Page {
    pub rows: Vec<Listed>,
    pub more: bool,
}

/// Activities in a state that the scope reaches: planned ones by time, the others newest first.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<RecordActivities>,
    state: State,
    offset: i64,
    limit: i64,
) -> QueryResult<Page> {
    let mut rows = store::list(conn, scope, state, offset, limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let ids: Vec<ActivityId> = rows.iter().map(|row| row.id).collect();
    let counts = store::counts(conn, scope.places(), &ids)?;
    let of = |id: ActivityId, taking: Taking, took_part: Option<bool>| {
        let fits = counts.iter().filter(|row| row.0 == id && row.1 == taking);
        fits.filter(|row| took_part.is_none_or(|took_part| row.2 == took_part)).map(|row| row.3).sum()
    };
    let listed = rows.into_iter().map(|activity| Listed {
        expected: of(activity.id, Taking::Expected, None),
        took_part: of(activity.id, Taking::Recorded, Some(true)),
        declined: of(activity.id, Taking::Recorded, Some(false)),
        activity,
    });
    Ok(Page { rows: listed.collect(), more })
}

/// How many activities wait to be recorded: planned, and begun before `now`.
pub fn count_due<R: Right>(conn: &mut Conn, scope: &Scope<R>, now: NaiveDateTime) -> QueryResult<i64> {
    store::count_due(conn, scope.organisation(), scope.places(), scope.by().account, now)
}

/// One activity.
///
/// # Errors
/// `NotHere` also where none of its people lives in the person's places, unless they planned it.
pub fn get(conn: &mut Conn, scope: &Scope<RecordActivities>, id: ActivityId) -> Result<Activity, Refusal> {
    Ok(store::get(conn, scope, id)?)
}

/// Its people as far as the scope reaches, by name.
pub fn people(conn: &mut Conn, scope: &Scope<RecordActivities>, id: ActivityId) -> QueryResult<Vec<Person>> {
    store::people(conn, scope.organisation(), scope.places(), id)
}

/// One person's part.
///
/// # Errors
/// `NotHere` for a resident outside the person's places.
pub fn person(
    conn: &mut Conn,
    scope: &Scope<RecordActivities>,
    activity: ActivityId,
    id: ParticipationId,
) -> Result<Person, Refusal> {
    people(conn, scope, activity)?
        .into_iter()
        .find(|person| person.participation.id == id)
        .ok_or(Refusal::NotHere)
}

/// The activity that this person planned last and that still has people: whose group can be taken again.
pub fn last_group(conn: &mut Conn, scope: &Scope<RecordActivities>) -> QueryResult<Option<Activity>> {
    store::last_group(conn, scope)
}

/// What one resident took part in, newest first.
pub fn of_resident(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    resident: ResidentId,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Done>, bool), Refusal> {
    residents::get(conn, scope, resident)?;
    let mut rows = store::of_resident(conn, scope.organisation(), resident, offset, limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

/// When, whether and how each participation of a resident since then went, for charts.
pub fn points(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    resident: ResidentId,
    since: NaiveDateTime,
) -> Result<Vec<(NaiveDateTime, bool, Option<i32>)>, Refusal> {
    residents::get(conn, scope, resident)?;
    Ok(store::points(conn, resident, since)?)
}

/// Plans an activity.
///
/// # Errors
/// `Invalid` on `group` for a place or an activity that is not the scope's, or a group that is too large.
pub fn plan(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    details: &Details,
    group: Group,
) -> Result<ActivityId, Refusal> {
    let people = group_of(tx.conn, scope, group)?;
    if people.len() > MOST {
        let words = format!("{} people are more than one activity can hold. Choose a zone", people.len());
        return Err(Refusal::invalid("group", words));
    }
    let id = store::insert(tx, scope, details)?;
    add(tx, id, details.starts_at, &people)?;
    let words = format!("planned the activity {} for {} people", details.name, people.len());
    audit::record(tx, scope, Event::new("activity.planned", words).about("activity", id.0))?;
    Ok(id)
}

fn group_of(
    conn: &mut Conn,
    scope: &Scope<RecordActivities>,
    group: Group,
) -> Result<Vec<ResidentId>, Refusal> {
    match group {
        Group::Nobody => Ok(Vec::new()),
        Group::Of(place) => {
            let known = super::organisations::places(conn, scope)?;
            if !known.iter().any(|one| one.id == place) {
                return Err(Refusal::invalid("group", "Choose one of your homes and zones"));
            }
            let most = i64::try_from(MOST).unwrap_or(i64::MAX) + 1;
            Ok(store::living_in(conn, scope.organisation(), scope.places(), place, most)?)
        }
        Group::Again(activity) => {
            get(conn, scope, activity)?;
            let people = store::people(conn, scope.organisation(), scope.places(), activity)?;
            Ok(people.into_iter().filter(|one| !one.archived).map(|one| one.participation.resident).collect())
        }
    }
}

fn add(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    at: NaiveDateTime,
    people: &[ResidentId],
) -> Result<(), Refusal> {
    let mut rows = Vec::with_capacity(people.len());
    for resident in people {
        rows.push((*resident, random_uuid()?.reveal().to_owned()));
    }
    store::insert_people(tx, activity, at, &rows)?;
    Ok(())
}

/// Changes what an activity is, from a form that was made from `version`. The time of one that was recorded stays: the
/// care record has it.
///
/// # Errors
/// `NotHere`, `Overtaken` when somebody changed or cancelled it meanwhile.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    version: i64,
    details: &Details,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, id)?;
    if before.state != State::Planned {
        return Err(Refusal::overtaken(
            "This activity is not planned any more. What was recorded can be corrected for each person.",
        ));
    }
    let mut changed = Changed::default();
    changed.note("Name", &before.name, &details.name);
    changed.note("Details", &before.details, &details.details);
    changed.note("Location", &before.location, &details.location);
    changed.note("Time", &before.starts_at.to_string(), &details.starts_at.to_string());
    if changed.is_empty() {
        return Ok(());
    }
    if !store::change(tx, id, version, details)? {
        return Err(overtaken());
    }
    let words = format!("changed the activity {}: {}", before.name, changed.fields());
    audit::record(tx, scope, Event::new("activity.changed", words).about("activity", id.0).with(changed))?;
    Ok(())
}

/// Cancels a planned activity; nothing goes to anybody's timeline.
///
/// # Errors
/// `NotHere`, `Invalid` on `because`, `Overtaken` when it was recorded or cancelled meanwhile.
pub fn cancel(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    because: &str,
) -> Result<(), Refusal> {
    let because = short("because", one_line(because), 200)?;
    if because.is_empty() {
        return Err(Refusal::invalid("because", "Say why, such as: the singer was ill"));
    }
    let before = get(tx.conn, scope, id)?;
    if !store::cancel(tx, id, &because)? {
        return Err(Refusal::overtaken(format!("{} is not planned any more.", before.name)));
    }
    let words = format!("cancelled the activity {}: {because}", before.name);
    audit::record(tx, scope, Event::new("activity.cancelled", words).about("activity", id.0))?;
    Ok(())
}

/// Says who takes part, from a form that was made from `version`. People whose part is recorded stay, and so do those
/// whom the person does not see.
///
/// # Errors
/// `Invalid` on `residents` when one of them is archived or not the scope's, or they are too many; `Overtaken`.
pub fn choose(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    id: ActivityId,
    version: i64,
    chosen: &[ResidentId],
) -> Result<(), Refusal> {
    let activity = get(tx.conn, scope, id)?;
    if activity.state == State::Cancelled {
        return Err(Refusal::overtaken("This activity was cancelled."));
    }
    let mut chosen = chosen.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    let may_come = store::active_among(tx.conn, scope.organisation(), scope.places(), &chosen)?;
    let now = store::people(tx.conn, scope.organisation(), scope.places(), id)?;
    let known = |resident: ResidentId| now.iter().find(|one| one.participation.resident == resident);
    if let Some(wrong) = chosen.iter().find(|one| !may_come.contains(one) && known(**one).is_none()) {
        let left = store::name_of_archived(tx.conn, scope.organisation(), scope.places(), *wrong)?;
        let words = left.map_or_else(
            || "Somebody you chose does not live in your places. Choose again from the list".to_owned(),
            |name| format!("{name} has been archived. Choose again from the list"),
        );
        return Err(Refusal::invalid("residents", words));
    }
    let new: Vec<ResidentId> = chosen.iter().copied().filter(|one| known(*one).is_none()).collect();
    let gone: Vec<ParticipationId> = now
        .iter()
        .filter(|one| one.participation.state == Taking::Expected)
        .filter(|one| !chosen.contains(&one.participation.resident))
        .map(|one| one.participation.id)
        .collect();
    if new.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let total = store::count_people(tx.conn, id)? + new.len() - gone.len().min(now.len());
    if total > MOST {
        return Err(Refusal::invalid("residents", format!("Choose at most {MOST} people for one activity")));
    }
    if !store::touch(tx, id, version)? {
        return Err(overtaken());
    }
    add(tx, id, activity.starts_at, &new)?;
    store::remove_people(tx, &gone)?;
    let words = format!("chose the people of {}: {} more, {} fewer", activity.name, new.len(), gone.len());
    audit::record(tx, scope, Event::new("activity.people", words).about("activity", id.0))?;
    Ok(())
}

fn overtaken() -> Refusal {
    Refusal::overtaken(
        "Somebody changed this activity meanwhile. Look at it, then do it again if it is still right.",
    )
}

/// Whether everybody of the organisation is reached.
pub fn sees_all<R>(scope: &Scope<R>) -> bool {
    *scope.places() == Places::All
}
