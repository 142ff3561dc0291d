//! The pages of activities, ready to be printed.

use askama::Template;

use super::forms::{Typed, seal};
use super::{Seen, Standing};
use crate::connectors::ShownField;
use crate::domain::activities::{Activity, Listed, Person, State, Taking, TypedMark};
use crate::domain::organisations::{Place, PlaceKind};
use crate::domain::residents::Listed as Resident;
use crate::domain::timeline;
use crate::kit::ids::{OrganisationId, ParticipationId, PlaceId};
use crate::links;
use crate::web::freshness;
use crate::web::residents::Identity;
use crate::web::ui::{Choice, Pager, Shell, When, filters};
use crate::web::visit::Visit;

/// The list.
#[derive(Template)]
#[template(path = "activities/index.html")]
pub struct Index {
    pub shell: Shell,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub planned: bool,
    pub new: String,
    /// The queue of the care record, for those who may see it.
    pub timeline: Option<String>,
    /// What devices sent, for those who may see residents.
    pub nights: Option<String>,
}

pub struct Row {
    pub href: String,
    pub name: String,
    pub when: When,
    pub location: String,
    pub people: String,
    /// It has begun, and nobody has recorded it.
    pub due: bool,
}

impl Row {
    pub fn new(visit: &Visit, org: OrganisationId, listed: Listed) -> Self {
        let Listed { activity, expected, took_part, declined } = listed;
        let mut people = Vec::new();
        if took_part > 0 {
            people.push(format!("{took_part} took part"));
        }
        if declined > 0 {
            people.push(format!("{declined} declined"));
        }
        if expected > 0 {
            people.push(format!("{expected} expected"));
        }
        Self {
            href: links::activity(org, activity.id),
            when: freshness::at(visit, activity.starts_at),
            due: activity.state == State::Planned && activity.starts_at <= visit.now,
            people: if people.is_empty() { "Nobody chosen".to_owned() } else { people.join(", ") },
            name: activity.name,
            location: activity.location,
        }
    }
}

/// Planning an activity, and changing one.
#[derive(Template)]
#[template(path = "activities/form.html")]
pub struct Planning {
    pub shell: Shell,
    pub action: String,
    pub cancel: String,
    pub typed: Typed,
    /// For whom, while it is new.
    pub groups: Option<Vec<Choice>>,
    pub version: String,
}

/// Homes and zones, and the group of last time.
pub fn groups(places: &[Place], last: Option<&Activity>, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "I choose them next", chosen.is_empty())];
    if let Some(last) = last {
        let value = format!("again-{}", last.id);
        let is = value == chosen;
        choices.push(Choice::new(value, format!("The people of last time ({})", last.name), is));
    }
    choices.extend(places.iter().map(|place| {
        let value = format!("place-{}", place.id);
        let is = value == chosen;
        Choice::new(value, format!("Everybody in {}", place.name), is)
    }));
    choices
}

/// Choosing people.
#[derive(Template)]
#[template(path = "activities/people.html")]
pub struct Choosing {
    pub shell: Shell,
    pub action: String,
    pub cancel: String,
    pub version: String,
    pub places: Vec<Choice>,
    pub choices: Vec<Tick>,
    /// There are more residents than a list can show.
    pub more: bool,
}

pub struct Tick {
    pub id: i64,
    pub name: String,
    pub about: String,
    pub chosen: bool,
    pub look_alike: bool,
}

/// Homes and zones of which the residents are listed.
pub fn places(places: &[Place], chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Everywhere", chosen.is_empty())];
    choices.extend(places.iter().map(|place| {
        let label = match place.kind {
            PlaceKind::Home => place.name.clone(),
            PlaceKind::Zone => format!("– {}", place.name),
        };
        Choice::new(place.id.to_string(), label, place.id.to_string() == chosen)
    }));
    choices
}

/// Those who are chosen first, then everybody else of the place; parts that are recorded stay and have no box.
pub fn choices(people: &[Person], listed: Vec<Resident>, places: &[Place]) -> Vec<Tick> {
    let name =
        |id: PlaceId| places.iter().find(|place| place.id == id).map_or("", |place| place.name.as_str());
    let mut ticks: Vec<Tick> = people
        .iter()
        .filter(|one| one.is_expected())
        .map(|one| Tick {
            id: one.participation.resident.0,
            name: one.name(),
            about: room(&one.room),
            chosen: true,
            look_alike: one.look_alike,
        })
        .collect();
    let others =
        listed.into_iter().filter(|one| people.iter().all(|known| known.participation.resident != one.id));
    ticks.extend(others.map(|one| {
        Tick {
            id: one.id.0,
            name: format!("{} {}", one.first_name, one.last_name),
            about: [room(&one.room), name(one.zone.unwrap_or(one.home)).to_owned()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
            chosen: false,
            look_alike: one.look_alike,
        }
    }));
    ticks
}

fn room(room: &str) -> String {
    if room.is_empty() { String::new() } else { format!("room {room}") }
}

/// One activity.
#[derive(Template)]
#[template(path = "activities/show.html")]
pub struct Show {
    pub shell: Shell,
    pub state: &'static str,
    pub facts: Vec<Fact>,
    pub rows: Vec<PersonRow>,
    /// What came late of people who had been recorded, and waits for a decision.
    pub late: Vec<super::late::Row>,
    pub record: Option<String>,
    pub not_begun: bool,
    pub people: Option<String>,
    pub edit: Option<String>,
    pub cancel: Option<String>,
}

pub struct Fact {
    pub term: &'static str,
    pub value: String,
}

pub fn facts(visit: &Visit, activity: &Activity) -> Vec<Fact> {
    let fact = |term, value: String| Fact { term, value };
    let mut facts = vec![fact("When", freshness::at(visit, activity.starts_at).words)];
    for (term, value) in [("Details", &activity.details), ("Location", &activity.location)] {
        if !value.is_empty() {
            facts.push(fact(term, value.clone()));
        }
    }
    facts.push(fact("Planned by", activity.planned_by_name.clone()));
    if let Some(at) = activity.completed_at {
        let moment = freshness::within(visit, at).words;
        facts.push(fact("Recorded by", format!("{}, {moment}", activity.completed_by_name)));
    }
    if !activity.cancelled_because.is_empty() {
        facts.push(fact("Cancelled because", activity.cancelled_because.clone()));
    }
    facts
}

/// One person's part on the page of the activity.
pub struct PersonRow {
    pub name: String,
    pub resident: Option<String>,
    pub look_alike: bool,
    pub took_part: &'static str,
    pub rating: String,
    pub comment: String,
    pub completed_by: String,
    /// When it was written down, where that was without a network.
    pub noted: Option<When>,
    /// What became of it in the care record.
    pub standing: Option<Stands>,
    pub correct: Option<String>,
    pub withdraw: Option<String>,
    pub about: String,
}

impl PersonRow {
    pub fn new(visit: &Visit, seen: &Seen, person: &Person, may_see: bool) -> Self {
        let part = &person.participation;
        let act = |act: &str| links::participation_act(seen.org, seen.activity.id, part.id, act);
        let recorded = part.state == Taking::Recorded;
        let standing = seen.standings.get(&part.id.0);
        Self {
            name: person.name(),
            resident: may_see.then(|| links::resident_activities(seen.org, part.resident)),
            look_alike: person.look_alike,
            took_part: taking(part.state, part.took_part),
            rating: rating(part.rating),
            comment: said(&part.reason, &part.comment),
            completed_by: part.completed_by.clone(),
            noted: part.noted_at.map(|at| freshness::at(visit, at)),
            standing: standing.map(|standing| Stands::new(visit, seen.org, standing, act("send-again"))),
            correct: recorded.then(|| act("correct")),
            withdraw: recorded.then(|| act("withdraw")),
            about: seal(visit, person),
        }
    }
}

/// In words, for staff.
pub fn taking(state: Taking, took_part: bool) -> &'static str {
    match (state, took_part) {
        (Taking::Expected, _) => "Not recorded yet",
        (Taking::Withdrawn, _) => "Withdrawn",
        (Taking::Recorded, true) => "Took part",
        (Taking::Recorded, false) => "Declined",
    }
}

pub fn rating(rating: Option<i32>) -> String {
    rating.map_or_else(|| "Not rated".to_owned(), |rating| format!("{rating} out of 5"))
}

pub fn said(reason: &str, comment: &str) -> String {
    [reason, comment].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". ")
}

/// What became of a part in the care record, with what can be done.
pub struct Stands {
    pub tag: &'static str,
    pub because: String,
    pub repair: String,
    pub when: Option<When>,
    pub next: Option<When>,
    /// Where *Send again* posts.
    pub again: Option<String>,
    /// How it looks there.
    pub look: String,
}

impl Stands {
    pub fn new(visit: &Visit, org: OrganisationId, standing: &Standing, again: String) -> Self {
        let sent = standing.state == timeline::State::Sent;
        Self {
            tag: standing.state.words(),
            because: standing.because.clone(),
            repair: standing.repair.clone(),
            when: standing.settled_at.filter(|_| sent).map(|at| freshness::at(visit, at)),
            next: standing.next_attempt_at.map(|at| freshness::within(visit, at)),
            again: standing.state.needs_somebody().then_some(again),
            look: links::timeline_entry(org, standing.entry),
        }
    }
}

impl Stands {
    /// The same of an entry itself, on its own page.
    pub fn of_entry(visit: &Visit, org: OrganisationId, kept: &timeline::Kept) -> Self {
        let sent = kept.state == timeline::State::Sent;
        Self {
            tag: kept.state.words(),
            because: kept.because.clone(),
            repair: kept.repair.clone(),
            when: kept.settled_at.filter(|_| sent).map(|at| freshness::at(visit, at)),
            next: kept.next_attempt_at.map(|at| freshness::within(visit, at)),
            again: None,
            look: links::timeline_entry(org, kept.id),
        }
    }
}

/// Everybody's part on one screen.
#[derive(Template)]
#[template(path = "activities/record.html")]
pub struct Recording {
    pub shell: Shell,
    pub action: String,
    pub cancel: String,
    pub version: String,
    pub completed_by: String,
    pub people: Vec<Asking>,
    /// Where the page's script sends what it kept while there was no network, and the form's own key.
    pub late: String,
    pub replay: String,
    /// `No photos of 2 people here`, or empty.
    pub photos: String,
    /// The same page with everybody marked as having taken part.
    pub all: Option<String>,
    pub previews: Vec<Preview>,
    /// The care record that everybody's entries go to, or *the care record*.
    pub vendor: &'static str,
    /// The same of the preview.
    pub preview_vendor: &'static str,
    /// In whose words the preview is, where there is a choice.
    pub preview_in: Vec<Choice>,
}

/// One person on the screen.
pub struct Asking {
    pub id: ParticipationId,
    pub name: String,
    pub first_name: String,
    pub about: String,
    pub look_alike: bool,
    /// They do not consent to photos.
    pub no_photos: bool,
    pub typed: TypedMark,
    /// A comment or reason is shown without being asked for.
    pub open: bool,
}

impl Asking {
    pub fn new(seen: &Seen, person: &Person, typed: TypedMark, shell: &Shell) -> Self {
        let id = person.participation.id;
        let wrong = |name: &str| shell.error_for(&format!("{name}-{id}")).is_some();
        Self {
            id,
            name: person.name(),
            first_name: person.first_name.clone(),
            about: room(&person.room),
            look_alike: person.look_alike,
            no_photos: seen.no_photos.contains(&person.participation.resident),
            open: !typed.comment.is_empty()
                || !typed.reason.is_empty()
                || wrong("comment")
                || wrong("reason"),
            typed,
        }
    }
}

/// How many of the people on the screen are not photographed, in words; empty for none.
pub fn photos(people: &[Asking]) -> String {
    match people.iter().filter(|one| one.no_photos).count() {
        0 => String::new(),
        1 => "No photos of 1 person here".to_owned(),
        many => format!("No photos of {many} people here"),
    }
}

/// How one entry will look at the vendor.
pub struct Preview {
    pub name: String,
    pub vendor: &'static str,
    pub fields: Vec<Looks>,
}

pub struct Looks {
    pub label: String,
    pub value: String,
    /// In words, or empty.
    pub cut: String,
}

/// The fields as a system shows them, and what it has no room for.
pub fn looks(shown: Vec<ShownField>, system: &str) -> Vec<Looks> {
    let field = |field: ShownField| Looks {
        cut: match field.cut {
            0 => String::new(),
            1 => format!("The last character does not fit and will be left out in {system}."),
            cut => format!("The last {cut} characters do not fit and will be left out in {system}."),
        },
        label: field.label,
        value: field.value,
    };
    shown.into_iter().map(field).collect()
}

/// One person's part, corrected.
#[derive(Template)]
#[template(path = "activities/correct.html")]
pub struct Correcting {
    pub shell: Shell,
    pub who: Identity,
    pub action: String,
    pub cancel: String,
    pub version: String,
    pub about: String,
    pub completed_by: String,
    pub one: Asking,
    pub vendor: String,
}

/// Asks why, before something ends.
#[derive(Template)]
#[template(path = "activities/because.html")]
pub struct AskingWhy {
    pub shell: Shell,
    pub who: Option<Identity>,
    pub words: String,
    pub hint: &'static str,
    pub action: String,
    pub cancel: String,
    pub button: &'static str,
    pub keep: &'static str,
    pub version: String,
    pub about: String,
    pub because: String,
}
