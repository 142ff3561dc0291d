//! The pages of appointments, ready to be printed, and how an appointment is said.

use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::forms::Asked;
use crate::domain::appointments::{
    Agency, Client, Kind, Listed, Overlap, People, Show, State, StatusType, Therapist, Typed,
};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::ui::{Choice, Pager, Shell, When, filters, when};
use crate::web::visit::Visit;

/// Names that a field offers while one types; whoever is not among them is found all the same.
const MOST_OFFERED: usize = 500;

/// The list.
#[derive(Template)]
#[template(path = "appointments/index.html")]
pub struct Index {
    pub shell: Shell,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub filters: Filters,
    pub address: String,
    pub is_filtered: bool,
    pub new: Option<String>,
    pub import: Option<String>,
}

/// What a list can be narrowed to.
pub struct Filters {
    pub places: Vec<Choice>,
    pub client: String,
    pub clients: Vec<String>,
    pub staff: String,
    pub therapists: Vec<String>,
    pub kinds: Vec<Choice>,
    pub states: Vec<Choice>,
    pub from: String,
    pub to: String,
    pub sort: Vec<Choice>,
}

impl Filters {
    pub fn new(asked: &Asked, people: &People, show: Show) -> Self {
        let numbered = |typed: &str| typed.trim().parse().ok();
        let client = numbered(&asked.client).and_then(|id| people.client_numbered(id)).map(Client::label);
        let staff = asked.staff.trim().parse().ok();
        let staff = staff.and_then(|id| people.therapist_numbered(id)).map(Therapist::label);
        let kinds = Kind::ALL.iter().map(|kind| (kind.as_str(), kind.words()));
        Self {
            places: places(&people.agencies, "Everywhere", &asked.place),
            client: client.unwrap_or_else(|| asked.client.clone()),
            clients: offered_clients(people),
            staff: staff.unwrap_or_else(|| asked.staff.clone()),
            therapists: offered_therapists(people),
            kinds: Choice::list([("", "Any")].into_iter().chain(kinds), &asked.kind),
            states: Choice::list(
                [
                    ("", "Everything"),
                    ("scheduled", "Scheduled"),
                    ("rendered", "Rendered"),
                    ("not-rendered", "Over and not rendered"),
                    ("cancelled", "Cancelled"),
                    ("invoiced", "Invoiced"),
                ],
                show.as_str(),
            ),
            from: asked.from.clone(),
            to: asked.to.clone(),
            sort: Choice::list([("", "Oldest first"), ("newest", "Newest first")], &asked.sort),
        }
    }
}

pub fn offered_clients(people: &People) -> Vec<String> {
    people.clients.iter().take(MOST_OFFERED).map(Client::label).collect()
}

pub fn offered_therapists(people: &People) -> Vec<String> {
    people.staff.iter().take(MOST_OFFERED).map(Therapist::label).collect()
}

pub fn places(agencies: &[Agency], none: &str, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", none, chosen.is_empty())];
    choices.extend(agencies.iter().map(|agency| {
        let id = agency.id.to_string();
        let is = id == chosen;
        Choice::new(id, agency.name.clone(), is)
    }));
    choices
}

/// A line of a list.
pub struct Row {
    pub href: String,
    pub starts: When,
    /// Only the time of day, for lists that have the day as a heading.
    pub from: When,
    pub until: String,
    pub client: String,
    pub staff: String,
    pub place: String,
    pub kind: &'static str,
    pub service: String,
    pub standing: String,
    pub invoiced: bool,
}

impl Row {
    pub fn new(visit: &Visit, org: OrganisationId, listed: Listed) -> Self {
        let (zone, of) = (visit.time_zone(), &listed.appointment);
        Self {
            href: links::appointment(org, of.id),
            starts: crate::web::freshness::at(visit, of.starts_at),
            from: When::clock(of.starts_at.and_utc(), zone),
            until: clock(of.ends_at, zone),
            standing: standing(&listed, visit.now),
            invoiced: of.invoiced_at.is_some(),
            kind: of.kind.words(),
            service: of.service.clone(),
            client: listed.client,
            staff: listed.staff,
            place: listed.place,
        }
    }
}

/// `9am`, in a zone.
pub fn clock(at: NaiveDateTime, zone: Tz) -> String {
    when::clock(at.and_utc().with_timezone(&zone).time())
}

/// `Tuesday 3 November 2026, 9am to 10am`, in a zone.
pub fn span(starts_at: NaiveDateTime, ends_at: NaiveDateTime, zone: Tz) -> String {
    let date = starts_at.and_utc().with_timezone(&zone).date_naive();
    format!("{}, {} to {}", when::long_date(date), clock(starts_at, zone), clock(ends_at, zone))
}

/// Where it stands, in the words of its tag.
pub fn standing(listed: &Listed, now: NaiveDateTime) -> String {
    let of = &listed.appointment;
    match of.state {
        State::Rendered => "Rendered".to_owned(),
        State::Cancelled => format!("Cancelled: {}", listed.status),
        State::Scheduled if of.kind == Kind::Service && of.ends_at <= now => "Not rendered".to_owned(),
        State::Scheduled => listed.status.clone(),
    }
}

/// Planning an appointment, and changing one.
#[derive(Template)]
#[template(path = "appointments/form.html")]
pub struct Form {
    pub shell: Shell,
    pub action: String,
    pub cancel: String,
    pub typed: Typed,
    pub version: String,
    /// The key of a form that plans something new, or empty.
    pub once: String,
    pub kinds: Vec<Choice>,
    pub clients: Vec<String>,
    pub therapists: Vec<String>,
    pub places: Vec<Choice>,
    pub directness: Vec<Choice>,
    pub statuses: Vec<Choice>,
    pub zones: Vec<Choice>,
    /// Which of two, where the clocks repeat the start or the end.
    pub start_which: Option<Vec<Choice>>,
    pub end_which: Option<Vec<Choice>>,
    /// Which of a series are meant, where it is one of a series.
    pub reaches: Option<Vec<Choice>>,
    /// What it is planned as a series with, while it is new.
    pub series: Option<Vec<Weekday>>,
    /// Who is busy then, in sentences, each with a link where it may be seen.
    pub busy: Vec<Busy>,
    /// The value of the tick that allows them.
    pub busy_ids: String,
}

pub struct Weekday {
    pub word: &'static str,
    pub label: &'static str,
    pub chosen: bool,
}

pub struct Busy {
    pub words: String,
    pub href: Option<String>,
}

impl Busy {
    pub fn new(visit: &Visit, org: OrganisationId, overlap: &Overlap) -> Self {
        let at = span(overlap.starts_at, overlap.ends_at, visit.time_zone());
        let with = match (overlap.seen, overlap.with.as_str()) {
            (false, _) => " in a place that you do not see".to_owned(),
            (true, "") => String::new(),
            (true, with) => format!(" with {with}"),
        };
        Self {
            words: format!("{} has another appointment{with}: {at}.", overlap.who),
            href: overlap.seen.then(|| links::appointment(org, overlap.other)),
        }
    }
}

pub fn statuses(types: &[StatusType], chosen: &str) -> Vec<Choice> {
    let offered = |one: &&StatusType| {
        (one.retired_at.is_none() && !one.flags.cancellation) || one.id.to_string() == chosen
    };
    let choice = |one: &StatusType| {
        let id = one.id.to_string();
        let is = id == chosen;
        Choice::new(id, one.name.clone(), is)
    };
    types.iter().filter(offered).map(choice).collect()
}

/// Which of two times that the clocks repeat; shown where it is asked or was answered.
pub fn which(shell: &Shell, field: &str, chosen: &str) -> Option<Vec<Choice>> {
    let asked = shell.error_for(field).is_some() || !chosen.is_empty();
    asked.then(|| {
        Choice::list(
            [
                ("first", "The first, before the clocks go back"),
                ("second", "The second, after they went back"),
            ],
            chosen,
        )
    })
}

/// Cancelling.
#[derive(Template)]
#[template(path = "appointments/cancel.html")]
pub struct Cancelling {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    pub version: String,
    pub what: String,
    pub late: bool,
    pub statuses: Vec<Choice>,
    pub wishes: Vec<Choice>,
    pub causes: Vec<Choice>,
    pub because: String,
    pub note: String,
    pub reaches: Option<Vec<Choice>>,
}

/// Writing results notes.
#[derive(Template)]
#[template(path = "appointments/results.html")]
pub struct Results {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    pub version: String,
    pub what: String,
    pub text: String,
}

/// A day or a week.
#[derive(Template)]
#[template(path = "appointments/calendar.html")]
pub struct Calendar {
    pub shell: Shell,
    pub address: String,
    pub view: String,
    pub day: String,
    pub heading: String,
    pub places: Vec<Choice>,
    pub client: String,
    pub clients: Vec<String>,
    pub staff: String,
    pub therapists: Vec<String>,
    pub earlier: String,
    pub later: String,
    pub now: String,
    /// The calendar of whoever looks at it, where they are staff.
    pub own: Option<String>,
    pub days: Vec<Day>,
    /// There are more than a page can show.
    pub more: bool,
    pub new: Option<String>,
}

pub struct Day {
    pub href: String,
    pub words: String,
    /// Read aloud with the links of the day.
    pub date: String,
    pub today: bool,
    pub rows: Vec<Row>,
}

/// Importing a file: the form, and the preview of what was sent.
#[derive(Template)]
#[template(path = "appointments/import.html")]
pub struct Import {
    pub shell: Shell,
    pub action: String,
    pub apply: String,
    pub template: String,
    pub back: String,
    pub text: String,
    pub preview: Option<Shown>,
    pub headings: Vec<&'static str>,
    pub statuses: String,
    pub most: usize,
}

/// What a file would come to.
pub struct Shown {
    pub good: usize,
    pub total: usize,
    pub overlapping: usize,
    pub seal: String,
    pub faulty: Vec<ShownLine>,
    pub lines: Vec<ShownLine>,
    /// Lines that are good and not shown.
    pub hidden: usize,
}

pub struct ShownLine {
    pub number: usize,
    pub words: String,
    pub remarks: Vec<String>,
}
