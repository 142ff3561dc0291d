//! Appointments of patients at home: booked into a window, or left for the patient to choose one, given to a
//! practitioner, done step by step, or cancelled once.
//!
//! On screens and in the API a visit is an *Appointment*. Created → scheduled → (rescheduled) → completed | cancelled;
//! every decision is one transaction with its line of the timeline, its audit event, and what programs are told. Where
//! nothing changes, nothing is written and nobody is told. Times are instants with the organisation's zone; a window's
//! places are counted in the transaction that takes one, and a write transaction is the only one at its time, so that no
//! window can be overbooked. What patients are written follows from the timeline (`post`), and what they do themselves
//! goes through their own hand (`own`). Deliberately plans no routes (`day_plans`).

mod asked;
mod assigning;
mod attaching;
mod availability;
mod batches;
mod booking;
mod cancelling;
mod expiry;
mod late;
mod leaving;
mod lists;
mod own;
mod photos;
mod post;
mod proof;
mod published;
mod ranking;
mod recommending;
mod repeating;
mod store;
mod strokes;
mod telling;
mod working;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::access::{ManageAppointments, Right, ViewAppointments};
use super::api_keys::Mode;
use super::documents::Document;
use super::patients::Address;
use crate::db::text_enum;
use crate::kit::ids::{
    PatientId, StaffMemberId, TaskVersionId, VisitId, VisitSeriesId, VisitStepId, WindowId,
};

pub use asked::asked;
pub use assigning::{Candidate, assign, assign_to, candidates, set_lock};
pub use attaching::{add_document, document, documents_of_task, remove_document, takes_documents};
pub use availability::{Available, FURTHEST, LONGEST_SEARCH, availability, next_free};
pub use batches::{Act, Batch, MOST_OF_A_BATCH, Outcome, UNDO_FOR, apply, batch, rehearse, undo, undoable};
pub use booking::{
    Changes, NewVisit, Offer, Planning, change, create, create_among, create_once, reschedule,
};
pub use cancelling::{Cancellation, NOTICE, cancel};
pub use expiry::ahead_of;
pub use late::{Late, LateAct, LateArrived, arrive};
pub use leaving::{Ends, release, release_everywhere, would_wait};
pub use lists::{
    Assigned, Listed, Show, Wanted, by_public_id, counts_of_windows, get, list, mine, of_day, of_patient,
    steps, timeline,
};
pub use own::{
    Key, Opened, Own, REASONS, choose as choose_own, give_up, mine as own_visits, offered as offered_own,
    open as open_own, reach as reach_own,
};
pub use photos::{MOST_PHOTOS, Photo, add_photo, photo, photos};
pub use post::{
    Kept, Message, Words, any_due as any_reminder_due, change_patient, change_telephone, message, messages,
    preview, purge_links, remind, reset_message, save_message, telephone, unanswered,
};
pub use proof::{Check, NewProof, Proof, Relationship, Spot, TypedProof, proof, reseal_proofs};
pub use published::{Location, Published, PublishedCancellation, PublishedPerson, PublishedWindow};
pub use recommending::{Added, Advice, Errand, advise};
pub use repeating::{MOST_OF_A_SERIES, Made, Rule, Sameness, create_series, create_series_once, series};
pub use strokes::Strokes;
pub use working::{Completion, complete, complete_at, not_present, start, tick};

/// The audit's subject.
pub const SUBJECT: &str = "visit";

/// Rights under which visits are read. Staff without the right to manage see those that are theirs.
pub trait Sees: Right {}
impl Sees for ViewAppointments {}
impl Sees for ManageAppointments {}

text_enum! {
    /// Who finds the time.
    pub enum Scheduling {
        /// The organisation does.
        Chosen = "choose a time",
        /// The patient does, by the link of a letter.
        PatientLed = "patient-led",
    }
}

text_enum! {
    /// Whether it is for a day that is known.
    pub enum Kind {
        Standard = "standard",
        /// For a period that is agreed now and whose day is found shortly before.
        Scheduled = "scheduled",
    }
}

text_enum! {
    /// Where it stands.
    pub enum Status {
        /// No window yet.
        Scheduling = "scheduling",
        Scheduled = "scheduled",
        InProgress = "in_progress",
        Completed = "completed",
        Cancelled = "cancelled",
    }
}

impl Status {
    pub fn words(self) -> &'static str {
        match self {
            Self::Scheduling => "Waiting for a time",
            Self::Scheduled => "Scheduled",
            Self::InProgress => "In progress",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether it can still be moved, changed or cancelled.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Scheduling | Self::Scheduled)
    }
}

text_enum! {
    /// What sort of place it is at.
    pub enum PlaceKind {
        Home = "home",
        Work = "work",
        Other = "other",
    }
}

impl PlaceKind {
    pub fn words(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Work => "Work",
            Self::Other => "Other private place",
        }
    }
}

text_enum! {
    /// Who cancels, or because of whom.
    pub enum Entity {
        Organisation = "organisation",
        Patient = "patient",
        Practitioner = "practitioner",
    }
}

impl Entity {
    pub fn words(self) -> &'static str {
        match self {
            Self::Organisation => "The organisation",
            Self::Patient => "The patient",
            Self::Practitioner => "The practitioner",
        }
    }
}

text_enum! {
    /// Why it was cancelled. The first four are the vendor's, whose list is cut; the others are ours.
    pub enum ReasonCode {
        PractitionerDelayed = "practitioner_delayed",
        PractitionerCancelled = "practitioner_cancelled",
        CannotFindLocation = "cannot_find_location",
        PatientNotPresent = "patient_not_present",
        PatientUnwell = "patient_unwell",
        NoLongerNeeded = "no_longer_needed",
        BookedInError = "booked_in_error",
        Other = "other",
    }
}

impl ReasonCode {
    pub fn words(self) -> &'static str {
        match self {
            Self::PractitionerDelayed => "The practitioner was delayed",
            Self::PractitionerCancelled => "The practitioner cancelled",
            Self::CannotFindLocation => "The place could not be found",
            Self::PatientNotPresent => "The patient was not present",
            Self::PatientUnwell => "The patient is unwell",
            Self::NoLongerNeeded => "It is not needed any more",
            Self::BookedInError => "It was booked by mistake",
            Self::Other => "Another reason",
        }
    }
}

text_enum! {
    /// A line of the timeline.
    pub enum EventKind {
        Created = "created",
        Scheduled = "scheduled",
        Rescheduled = "rescheduled",
        Updated = "updated",
        Assigned = "assigned",
        Started = "started",
        Step = "step",
        Completed = "completed",
        Cancelled = "cancelled",
        /// A letter to the patient.
        Letter = "letter",
    }
}

/// Where a visit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub kind: PlaceKind,
    pub address: Address,
}

/// A window on a date, as it was when it was booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    pub window: WindowId,
    pub name: String,
    pub date: NaiveDate,
    /// UTC.
    pub starts_at: NaiveDateTime,
    /// UTC.
    pub ends_at: NaiveDateTime,
}

/// Somebody, and what they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<I> {
    pub id: I,
    pub name: String,
}

/// A visit as kept, with the names of who and what it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    pub id: VisitId,
    /// `apt_…`.
    pub public_id: String,
    pub mode: Mode,
    pub patient: Named<PatientId>,
    pub patient_public_id: String,
    pub task: Named<TaskVersionId>,
    pub task_public_id: String,
    pub task_number: i32,
    pub minutes: i32,
    pub booked: Option<Booked>,
    pub scheduling: Scheduling,
    pub kind: Kind,
    pub status: Status,
    /// First and last day of the period of [`Kind::Scheduled`].
    pub period: Option<(NaiveDate, NaiveDate)>,
    pub external_ref: String,
    pub note: String,
    pub phone: String,
    pub place: Place,
    /// A JSON object, or null.
    pub metadata: serde_json::Value,
    /// What goes with it, for whoever comes.
    pub documents: Vec<Document>,
    pub practitioner: Option<Named<StaffMemberId>>,
    /// When the practitioner is expected, UTC.
    pub expected_at: Option<NaiveDateTime>,
    /// A day plan leaves it with its practitioner.
    pub locked: bool,
    pub series: Option<VisitSeriesId>,
    pub version: i64,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub started_at: Option<NaiveDateTime>,
    pub finished_at: Option<NaiveDateTime>,
    /// What the practitioner wrote.
    pub outcome_note: String,
    /// A JSON object, or null.
    pub readings: serde_json::Value,
    pub cancelled: Option<Cancelled>,
}

impl Visit {
    /// Not over: whoever comes has yet to come, or is there.
    pub fn is_ahead(&self) -> bool {
        self.status.is_open() || self.status == Status::InProgress
    }

    /// Ends less than [`NOTICE`] before it starts.
    pub fn is_short_notice(&self, now: NaiveDateTime) -> bool {
        let at = self.expected_at.or(self.booked.as_ref().map(|booked| booked.starts_at));
        at.is_some_and(|at| now > at - NOTICE)
    }
}

/// How it was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    pub by: Entity,
    pub because_of: Entity,
    pub reason: ReasonCode,
    pub note: String,
    pub at: NaiveDateTime,
    pub by_name: String,
    /// Less than a day before.
    pub chargeable: bool,
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: EventKind,
    pub words: String,
    pub by: String,
    pub at: NaiveDateTime,
}

/// A step of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: VisitStepId,
    pub kind: super::tasks::StepKind,
    pub words: String,
    pub snomed_code: String,
    pub done: Option<(NaiveDateTime, String)>,
}

/// `Early, Thursday 3 December 2026, 07:00 to 09:00`, where it is.
pub fn when_words(booked: &Booked, zone: Tz) -> String {
    let at = |moment: NaiveDateTime| moment.and_utc().with_timezone(&zone).format("%H:%M").to_string();
    let date = booked.date.format("%A %-d %B %Y");
    format!("{}, {date}, {} to {}", booked.name, at(booked.starts_at), at(booked.ends_at))
}

/// How far ahead anything may be booked.
const AHEAD: TimeDelta = TimeDelta::days(183);
