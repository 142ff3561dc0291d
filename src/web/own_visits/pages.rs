//! What a patient's pages of an appointment show.

use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use crate::domain::visits::{Advice, Available, NOTICE, Own, PlaceKind, REASONS, ReasonCode, Status};
use crate::links;
use crate::web::ui::{Choice, Shell, filters, when};
use crate::web::visits::{Offered, Windows as Choices, clock};

/// A secret that opens nothing any more.
#[derive(Template)]
#[template(path = "own_visits/over.html")]
pub struct Over {
    pub shell: Shell,
    /// `ring Harrogate Home Visits on 01423 496000`.
    pub call: String,
}

#[derive(Template)]
#[template(path = "own_visits/show.html")]
pub struct Show {
    pub shell: Shell,
    /// Where things stand, in a sentence.
    pub lead: String,
    pub facts: Vec<(&'static str, String)>,
    /// Where a window is chosen, and the button's words.
    pub choose: Option<(String, &'static str)>,
    pub cancel: Option<String>,
    pub calendar: Option<String>,
    /// What only a telephone does now.
    pub call: String,
}

impl Show {
    pub fn new(shell: Shell, here: &str, own: &Own, now: NaiveDateTime) -> Self {
        let of = &own.visit;
        let moves = own.may_move(now);
        let label = if of.booked.is_some() { "Choose another time" } else { "Choose a time" };
        let ring = format!("ring {} on {}", own.organisation, own.phone);
        let call = match of.status {
            Status::Scheduled if !moves => {
                format!("It is in less than 24 hours. To move it, {ring}.")
            }
            Status::Cancelled => format!("If you would like another appointment, {ring}."),
            _ => format!("If you have a question, {ring}."),
        };
        let keeps = of.booked.is_some() && matches!(of.status, Status::Scheduled | Status::InProgress);
        Self {
            shell,
            lead: lead(own),
            facts: facts(own),
            choose: moves.then(|| (format!("{here}/window"), label)),
            cancel: own.may_cancel(now).then(|| format!("{here}/cancel")),
            calendar: keeps.then(|| format!("{here}/calendar.ics")),
            call,
        }
    }
}

fn lead(own: &Own) -> String {
    match own.visit.status {
        Status::Scheduling => match own.visit.period {
            Some((from, to)) => format!(
                "It is to be between {} and {}. Choose the time that suits you best.",
                when::date(from),
                when::date(to)
            ),
            None => "Choose the time that suits you best.".to_owned(),
        },
        Status::Scheduled => "We come to you within these hours.".to_owned(),
        Status::InProgress => "Your appointment has begun.".to_owned(),
        Status::Completed => "Your appointment has taken place.".to_owned(),
        Status::Cancelled => "This appointment is cancelled.".to_owned(),
    }
}

fn facts(own: &Own) -> Vec<(&'static str, String)> {
    let at = &own.visit.place.address;
    let parts = [&at.line1, &at.line2, &at.city, &at.postcode];
    let place: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).cloned().collect();
    let whose = match own.visit.place.kind {
        PlaceKind::Home => "At your home: ",
        PlaceKind::Work => "At your work: ",
        PlaceKind::Other => "",
    };
    let cancelled = own.visit.status == Status::Cancelled;
    let mut facts = Vec::new();
    if let Some(when) = own.when() {
        facts.push((if cancelled { "It was to be" } else { "When" }, when));
    }
    facts.push(("Where", format!("{whose}{}", place.join(", "))));
    if let (Some(who), false) = (&own.visit.practitioner, cancelled) {
        facts.push(("Who comes", who.name.clone()));
    }
    facts
}

#[derive(Template)]
#[template(path = "own_visits/windows.html")]
pub struct Windows {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    /// The window that it has.
    pub now: Option<String>,
    pub days: Choices,
    pub call: String,
}

const RECOMMENDED: &str = "Recommended: it fits best between our other visits";
const LATE: &str = ". This is in less than 24 hours: you can move it by telephone only";

/// The windows by their days, in words. Whose way is how long is not for patients.
pub fn days((free, advice): (&[Available], &Advice), zone: Tz, chosen: &str, now: NaiveDateTime) -> Choices {
    let mut all = Choices::default();
    for one in free {
        let slot = &one.slot;
        let value = slot.public_id();
        let hours = format!("between {} and {}", clock(slot.starts_at, zone), clock(slot.ends_at, zone));
        let advice = if advice.is_recommended(slot) { RECOMMENDED } else { "" };
        let late = if now > slot.starts_at - NOTICE { LATE } else { "" };
        let label = format!("{}, {hours}{late}", slot.name);
        let window = Offered { label, advice: advice.to_owned(), chosen: value == chosen, value };
        all.push(when::long_date(slot.date), window);
    }
    all
}

#[derive(Template)]
#[template(path = "own_visits/cancel.html")]
pub struct Cancel {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    pub now: Option<String>,
    pub late: bool,
    pub reasons: Vec<Choice>,
    pub note: String,
    /// How another is made.
    pub call: String,
}

/// The reasons as a patient gives them.
pub fn reasons(chosen: &str) -> Vec<Choice> {
    let words = |reason: ReasonCode| match reason {
        ReasonCode::PatientUnwell => "I am not well",
        ReasonCode::NoLongerNeeded => "I do not need it any more",
        _ => "Another reason",
    };
    Choice::list(REASONS.iter().map(|one| (one.as_str(), words(*one))), chosen)
}

#[derive(Template)]
#[template(path = "own_visits/index.html")]
pub struct Index {
    pub shell: Shell,
    pub coming: Vec<Row>,
    pub past: Vec<Row>,
}

/// An appointment in the list of whoever signs in.
pub struct Row {
    pub href: String,
    pub when: String,
    pub organisation: String,
    /// What is done: these pages are behind a password.
    pub task: String,
    pub status: &'static str,
}

impl Index {
    pub fn new(shell: Shell, all: &[Own], now: NaiveDateTime) -> Self {
        let row = |own: &Own| Row {
            href: links::patient_visit(own.visit.id),
            when: own.when().unwrap_or_else(|| "Choose a time".to_owned()),
            organisation: own.organisation.clone(),
            task: own.visit.task.name.clone(),
            status: own.visit.status.words(),
        };
        let over = |own: &&Own| {
            matches!(own.visit.status, Status::Completed | Status::Cancelled)
                || own.visit.booked.as_ref().is_some_and(|booked| booked.ends_at <= now)
        };
        let mut coming: Vec<&Own> = all.iter().filter(|own| !over(own)).collect();
        // What waits for the patient stands first.
        coming.sort_by_key(|own| (own.visit.booked.as_ref().map(|booked| booked.starts_at), own.visit.id));
        Self {
            shell,
            coming: coming.into_iter().map(row).collect(),
            past: all.iter().filter(over).map(row).collect(),
        }
    }
}
