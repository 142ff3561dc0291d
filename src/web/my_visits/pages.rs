//! The practitioner's pages, ready to be printed.

use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use crate::domain::patients::Patient;
use crate::domain::tasks::StepKind;
use crate::domain::visits::{self, MOST_PHOTOS, Photo, Proof, Relationship, Status, TypedProof, Visit};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::documents::Row as DocumentRow;
use crate::web::ui::{Choice, Shell, filters, when};
use crate::web::visits::readings;

/// Those of a day.
#[derive(Template)]
#[template(path = "my_visits/index.html")]
pub struct Index {
    pub shell: Shell,
    /// `Monday 23 November 2026`.
    pub day: String,
    pub rows: Vec<Row>,
}

/// For whoever works here and is sent to nobody.
#[derive(Template)]
#[template(path = "my_visits/no_practitioner.html")]
pub struct NoPractitioner {
    pub shell: Shell,
    /// The list of those that they may see.
    pub all: String,
}

/// One appointment of the day.
pub struct Row {
    pub href: String,
    /// When they are expected, or the window.
    pub time: String,
    /// `Early, 07:00 to 09:00`, where they are expected at a time.
    pub window: String,
    pub patient: String,
    pub task: String,
    pub address: String,
    pub access_notes: String,
    pub state: &'static str,
    pub status: Status,
}

impl Row {
    pub fn new(org: OrganisationId, visit: &Visit, zone: Tz) -> Self {
        let clock = |at: NaiveDateTime| at.and_utc().with_timezone(&zone).format("%H:%M").to_string();
        let window = visit.booked.as_ref().map(|booked| {
            format!("{}, {} to {}", booked.name, clock(booked.starts_at), clock(booked.ends_at))
        });
        let window = window.unwrap_or_default();
        let (time, window) = match visit.expected_at {
            Some(at) => (clock(at), window),
            None => (window, String::new()),
        };
        let address = &visit.place.address;
        let lines = [&address.line1, &address.line2, &address.city, &address.postcode];
        let lines: Vec<&str> =
            lines.into_iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
        Self {
            href: links::my_visit(org, visit.id),
            time,
            window,
            patient: visit.patient.name.clone(),
            task: visit.task.name.clone(),
            address: lines.join(", "),
            access_notes: address.access_notes.clone(),
            state: if was_absent(visit) { "Patient not present" } else { visit.status.words() },
            status: visit.status,
        }
    }
}

fn was_absent(visit: &Visit) -> bool {
    visit.cancelled.as_ref().is_some_and(|one| one.reason == visits::ReasonCode::PatientNotPresent)
}

/// One appointment.
#[derive(Template)]
#[template(path = "my_visits/show.html")]
pub struct Show {
    pub shell: Shell,
    pub row: Row,
    pub facts: Vec<(&'static str, String)>,
    /// E.164, to be called.
    pub phone: String,
    pub is_today: bool,
    pub act: Acts,
    /// Those that go with the appointment.
    pub documents: Vec<DocumentRow>,
    /// Those of its task.
    pub guides: Vec<DocumentRow>,
    pub steps: Vec<Step>,
    /// What was written at its end.
    pub outcome: Vec<(String, String)>,
    pub typed: Typed,
}

impl Show {
    fn is_scheduled(&self) -> bool {
        self.row.status == Status::Scheduled
    }

    fn is_under_way(&self) -> bool {
        self.row.status == Status::InProgress
    }

    fn relationships(&self) -> Vec<Choice> {
        let chosen = self.typed.proof.relationship.as_str();
        let mut all = vec![Choice::new("", "Choose", chosen.is_empty())];
        all.extend(
            Relationship::ALL
                .iter()
                .map(|one| Choice::new(one.as_str(), one.words(), one.as_str() == chosen)),
        );
        all
    }
}

/// Where its forms go.
pub struct Acts {
    pub start: String,
    pub complete: String,
    pub not_present: String,
    /// Where the script sends what was done without a network.
    pub late: String,
}

impl Acts {
    pub fn new(org: OrganisationId, visit: &Visit) -> Self {
        let act = |act: &str| links::my_visit_act(org, visit.id, act);
        Self {
            start: act("start"),
            complete: act("complete"),
            not_present: act("not-present"),
            late: act("late"),
        }
    }
}

/// What was typed in one of the forms.
#[derive(Default)]
pub struct Typed {
    pub note: String,
    pub readings: String,
    pub absent_note: String,
    pub proof: TypedProof,
}

/// One step.
pub struct Step {
    pub id: String,
    pub kind: &'static str,
    pub words: String,
    /// `SNOMED CT 28520004`, or empty.
    pub code: String,
    /// `Iris Vale, 9:12am`, or empty while it is not done.
    pub done: String,
    pub tick: String,
    /// Where a picture goes, while there is room for one.
    pub add_photo: Option<String>,
    pub wants_photo: bool,
    pub photos: Vec<(String, String)>,
}

impl Step {
    pub fn new(
        org: OrganisationId,
        visit: &Visit,
        step: visits::Step,
        photos: &[Photo],
        at: impl Fn(NaiveDateTime) -> String,
    ) -> Self {
        let act = |act: &str| links::my_visit_step(org, visit.id, step.id, act);
        let wants_photo = step.kind == StepKind::Photo;
        let photos: Vec<(String, String)> = photos
            .iter()
            .filter(|photo| photo.step == step.id)
            .map(|photo| {
                let words = format!("Picture by {}, {}", photo.taken_by, at(photo.taken_at));
                (links::my_visit_photo(org, visit.id, photo.id), words)
            })
            .collect();
        Self {
            id: step.id.to_string(),
            kind: match step.kind {
                StepKind::Procedure => "Procedure",
                StepKind::Administrative => "Administrative",
                StepKind::Photo => "Picture",
            },
            code: if step.snomed_code.is_empty() {
                String::new()
            } else {
                format!("SNOMED CT {}", step.snomed_code)
            },
            done: step.done.as_ref().map(|(when, by)| format!("{by}, {}", at(*when))).unwrap_or_default(),
            tick: act("tick"),
            add_photo: (wants_photo && photos.len() < MOST_PHOTOS).then(|| act("photo")),
            wants_photo,
            photos,
            words: step.words,
        }
    }
}

/// What a practitioner has to know.
pub fn facts(visit: &Visit, patient: &Patient, zone: Tz) -> Vec<(&'static str, String)> {
    let row = Row::new(OrganisationId(0), visit, zone);
    let date = visit.booked.as_ref().map(|booked| when::long_date(booked.date));
    let mut facts = vec![("Task", row.task), ("Day", date.unwrap_or_default())];
    if row.window.is_empty() {
        facts.push(("Window", row.time));
    } else {
        facts.extend([("Expected", row.time), ("Window", row.window)]);
    }
    facts.push(("Takes", format!("{} minutes", visit.minutes)));
    facts.push(("Born", when::date(patient.details.date_of_birth)));
    facts.push((visit.place.kind.words(), row.address));
    facts.push(("How to get in", row.access_notes));
    facts.push(("Note", visit.note.clone()));
    facts.push(("About the patient", patient.details.note.clone()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// What was written at its end, for those that have ended.
pub fn outcome(visit: &Visit) -> Vec<(String, String)> {
    let mut said = readings(visit);
    if !visit.outcome_note.is_empty() {
        said.push(("Note".to_owned(), visit.outcome_note.clone()));
    }
    if let Some(cancelled) = &visit.cancelled {
        said.push(("Reason".to_owned(), cancelled.reason.words().to_owned()));
        if !cancelled.note.is_empty() {
            said.push(("Note".to_owned(), cancelled.note.clone()));
        }
    }
    said
}

/// Who signed, for an appointment that has a proof.
pub fn signed(proof: &Proof, at: impl Fn(NaiveDateTime) -> String) -> Vec<(String, String)> {
    let mut said = Vec::new();
    if let Some(who) = proof.relationship {
        let words = format!("{}, {}, {}", proof.signer, who.as_str(), at(proof.signed_at));
        said.push(("Signed by".to_owned(), words));
    }
    if proof.place.is_some() {
        said.push(("Place".to_owned(), "Added, to about 100 metres".to_owned()));
    }
    said
}
