//! What the pages of appointments show.

use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use crate::domain::api_keys::Mode;
use crate::domain::patients::TypedAddress;
use crate::domain::visits::{Booked, Visit as Appointment};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::documents::Row as DocumentRow;
use crate::web::ui::{Choice, Pager, Shell, filters, when};
use crate::web::visit::Visit;

/// An appointment in a list.
pub struct Row {
    pub href: String,
    /// `Thursday 3 December 2026`, or what it waits for.
    pub when: String,
    /// `Early, 07:00 to 09:00`.
    pub hours: String,
    pub patient: String,
    pub postcode: String,
    pub task: String,
    pub practitioner: String,
    pub status: &'static str,
    pub is_test: bool,
    /// Neither a letter nor reminders were answered.
    pub no_answer: bool,
}

pub fn row(visit: &Visit, org: OrganisationId, of: &Appointment) -> Row {
    Row {
        href: links::visit(org, of.id),
        when: day(of),
        hours: of.booked.as_ref().map(|booked| hours(booked, visit.time_zone())).unwrap_or_default(),
        patient: of.patient.name.clone(),
        postcode: of.place.address.postcode.clone(),
        task: of.task.name.clone(),
        practitioner: of.practitioner.as_ref().map(|one| one.name.clone()).unwrap_or_default(),
        status: of.status.words(),
        is_test: of.mode == Mode::Test,
        no_answer: false,
    }
}

fn day(of: &Appointment) -> String {
    match (&of.booked, of.period) {
        (Some(booked), _) => when::long_date(booked.date),
        (None, Some((from, to))) => format!("Between {} and {}", when::date(from), when::date(to)),
        (None, None) if of.cancelled.is_some() => "No time was chosen".to_owned(),
        (None, None) => "The patient chooses".to_owned(),
    }
}

/// `Early, 07:00 to 09:00`, where it is.
pub fn hours(booked: &Booked, zone: Tz) -> String {
    format!("{}, {} to {}", booked.name, clock(booked.starts_at, zone), clock(booked.ends_at, zone))
}

pub fn clock(at: NaiveDateTime, zone: Tz) -> String {
    at.and_utc().with_timezone(&zone).format("%H:%M").to_string()
}

#[derive(Template)]
#[template(path = "visits/index.html")]
pub struct Index {
    pub shell: Shell,
    pub address: String,
    pub search: String,
    pub shows: Vec<Choice>,
    pub modes: Vec<Choice>,
    /// Who is to come; only for those who manage.
    pub practitioners: Option<Vec<Choice>>,
    pub from: String,
    pub to: String,
    pub is_test: bool,
    pub is_filtered: bool,
    pub new: Option<String>,
    /// *Change many*, of today.
    pub bulk: Option<String>,
    pub rows: Vec<Row>,
    pub pager: Pager,
}

#[derive(Template)]
#[template(path = "visits/calendar.html")]
pub struct Calendar {
    pub shell: Shell,
    pub address: String,
    pub view: &'static str,
    pub day: String,
    pub heading: String,
    pub earlier: String,
    pub today: String,
    pub later: String,
    pub more: bool,
    pub new: Option<String>,
    pub bulk: Option<String>,
    pub days: Vec<Day>,
}

/// A day of the calendar.
pub struct Day {
    pub href: String,
    pub words: String,
    pub is_today: bool,
    pub rows: Vec<Row>,
}

/// A window that can be chosen.
pub struct Offered {
    /// Its public number.
    pub value: String,
    /// `Early, 07:00 to 09:00: 2 places left`.
    pub label: String,
    /// `Recommended: adds about 5 minutes of travel (Ana Diaz)`, or empty.
    pub advice: String,
    pub chosen: bool,
}

/// Windows of a day.
pub struct OfferedDay {
    pub words: String,
    pub windows: Vec<Offered>,
}

/// All windows that can be chosen, in order of time.
#[derive(Default)]
pub struct Windows {
    pub days: Vec<OfferedDay>,
    /// Why none is recommended, or empty.
    pub why_not: String,
}

impl Windows {
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Adds a window to its day.
    pub fn push(&mut self, day: String, window: Offered) {
        match self.days.last_mut().filter(|last| last.words == day) {
            Some(last) => last.windows.push(window),
            None => self.days.push(OfferedDay { words: day, windows: vec![window] }),
        }
    }

    /// The same with those that are recommended before all others, under a heading of their own.
    pub fn recommended_first(mut self) -> Self {
        let mut best = Vec::new();
        for day in &mut self.days {
            let (advised, others): (Vec<Offered>, Vec<Offered>) =
                std::mem::take(&mut day.windows).into_iter().partition(|one| !one.advice.is_empty());
            let dated = |one: Offered| Offered { label: format!("{}: {}", day.words, one.label), ..one };
            best.extend(advised.into_iter().map(dated));
            day.windows = others;
        }
        self.days.retain(|day| !day.windows.is_empty());
        if !best.is_empty() {
            self.days.insert(0, OfferedDay { words: "Recommended".to_owned(), windows: best });
        }
        self
    }
}

/// What the steps of booking have in common.
pub struct Chosen {
    /// Term, value, and where it is changed.
    pub facts: Vec<(&'static str, String, String)>,
    /// `get`, or `post` once the last page was sent.
    pub method: &'static str,
    pub action: String,
    pub back: String,
    /// What other steps hold, to be carried on.
    pub carried: Vec<(String, String)>,
}

/// *What is it for?*
#[derive(Template)]
#[template(path = "visits/new_what.html")]
pub struct What {
    pub shell: Shell,
    pub at: Chosen,
    pub tasks: Vec<Choice>,
    pub plannings: Vec<Choice>,
    pub repeats: bool,
}

/// *When?*
#[derive(Template)]
#[template(path = "visits/new_when.html")]
pub struct When {
    pub shell: Shell,
    pub at: Chosen,
    /// Of a week; none where a period is asked for.
    pub days: Option<Windows>,
    /// `Thursday 3 December 2026 to …`
    pub week: String,
    /// Label, and the day from which it looks.
    pub weeks: Vec<(&'static str, String)>,
    pub plan_from: String,
    pub plan_to: String,
    /// How far apart the days are at least, or nothing.
    pub gap: String,
}

/// *Where, and confirm*
#[derive(Template)]
#[template(path = "visits/new_where.html")]
pub struct Where {
    pub shell: Shell,
    pub at: Chosen,
    /// The form's own key, so that it books once.
    pub once: String,
    pub repeats: bool,
    pub every_weeks: String,
    /// Word, label, and whether it is ticked.
    pub week: Vec<(&'static str, &'static str, bool)>,
    pub until: String,
    pub keep: Vec<Choice>,
    pub places: Vec<Choice>,
    pub place: TypedAddress,
    pub phone: String,
    pub note: String,
    /// That the patient has one in this window already, or nothing.
    pub twice: String,
    pub external_ref: String,
}

#[derive(Template)]
#[template(path = "visits/choose_patient.html")]
pub struct ChoosePatient {
    pub shell: Shell,
    pub here: String,
    /// What was chosen already, to be carried on.
    pub carried: Vec<(String, String)>,
    pub search: String,
    pub asked: bool,
    pub more: bool,
    /// Address, name, and born and postcode.
    pub found: Vec<(String, String, String)>,
    pub add: String,
}

#[derive(Template)]
#[template(path = "visits/reschedule.html")]
pub struct Reschedule {
    pub shell: Shell,
    pub here: String,
    pub action: String,
    pub back: String,
    pub now: String,
    pub from: String,
    pub days: Windows,
    pub note: String,
}

#[derive(Template)]
#[template(path = "visits/edit.html")]
pub struct Edit {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    pub places: Vec<Choice>,
    pub place: TypedAddress,
    pub phone: String,
    pub note: String,
    pub external_ref: String,
}

#[derive(Template)]
#[template(path = "visits/cancel.html")]
pub struct Cancel {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    pub what: String,
    pub late: bool,
    pub by: Vec<Choice>,
    pub because_of: Vec<Choice>,
    pub reasons: Vec<Choice>,
    pub note: String,
}

#[derive(Template)]
#[template(path = "visits/summary.html")]
pub struct Summary {
    pub shell: Shell,
    pub is_test: bool,
    pub status: &'static str,
    /// Term, value, and where it leads.
    pub facts: Vec<(&'static str, String, Option<String>)>,
    pub note: String,
    /// What was measured.
    pub readings: Vec<(String, String)>,
    pub outcome: String,
    pub cancelled: Vec<(&'static str, String)>,
    pub reschedule: Option<(String, &'static str)>,
    pub assign: Option<String>,
    pub edit: Option<String>,
    pub cancel: Option<String>,
    /// Those that go with it.
    pub documents: Vec<DocumentRow>,
    /// Those of its task.
    pub guides: Vec<DocumentRow>,
    pub add_document: Option<String>,
}

#[derive(Template)]
#[template(path = "visits/timeline.html")]
pub struct Timeline {
    pub shell: Shell,
    /// When, who, what.
    pub lines: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "visits/steps.html")]
pub struct Steps {
    pub shell: Shell,
    pub task: String,
    pub steps: Vec<StepView>,
    pub proof: Option<ProofView>,
}

/// Who signed, and where it was.
pub struct ProofView {
    pub facts: Vec<(&'static str, String)>,
    /// What was drawn, line by line.
    pub lines: Vec<String>,
    /// What the drawing is, for those who do not see it.
    pub label: String,
}

pub struct StepView {
    pub kind: &'static str,
    pub words: String,
    pub code: String,
    /// When and by whom it was ticked.
    pub done: Option<String>,
    /// Pictures kept as evidence: where they are shown, and whose they are.
    pub photos: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "visits/metadata.html")]
pub struct Metadata {
    pub shell: Shell,
    /// A path such as `tubes[0].type`, and its value.
    pub rows: Vec<(String, String)>,
}
