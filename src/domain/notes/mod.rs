//! Session notes: what therapists wrote and had signed at the vendor, and on which appointment each belongs.
//!
//! A pull takes notes in: each is read (`fields`), its pictures kept apart (`pictures`), and matched to an appointment
//! by one rule (`identity`, `matching`). What fits is mapped, fills the appointment, and renders it where every check is
//! met. Whatever a note would change that a person has written, signed or invoiced is a proposal (`proposals`). Old
//! versions stay. Deliberately fetches nothing, and renders nothing itself: that is `appointments`.

mod cascade;
pub mod clock;
mod deciding;
pub mod diff;
pub mod fields;
pub mod identity;
mod lists;
pub mod matching;
pub mod pictures;
mod proposals;
pub mod reasons;
mod replaying;
mod retrying;
mod settle;
mod signing;
mod simulating;
mod store;
mod taking;
pub mod template;
mod why;

use chrono::{NaiveDate, NaiveDateTime};

use super::access::{ManageAppointments, PairRecords, Right, ViewReports};
use super::mapping::Rule;
use crate::connectors::NoteRecord;
use crate::db::text_enum;
use crate::kit::ids::{AppointmentId, ConnectionId, ExternalRecordId, ProposalId, SessionNoteId};

pub use cascade::{Cascade, Falls, delete_all, what_would_follow};
pub use deciding::{delete_mapping, map, not_the_same};
pub use lists::{candidates, candidates_of, counts, get, list, versions, versions_between};
pub use proposals::{decide, open_proposals, proposals};
pub use reasons::Reason;
pub use replaying::replay;
pub use retrying::{Later, later};
pub use signing::{Held, picture, signatures};
pub use simulating::simulate;
pub use taking::{match_waiting, rules_switched_on, take};
pub use why::why;

/// How `kind` columns and the audit trail name a session note.
pub const SUBJECT: &str = "note";

/// The rule of an automatic mapping.
pub const RULE: &str = Rule::Notes.as_str();

/// What the rule asks for, as a sentence.
pub const RULE_WORDS: &str = "Same date, start and end each within the grace time, same client (first name, last name, date of \
     birth) and same staff member (first and last name), and the note is published.";

text_enum! {
    /// Where a note stands.
    pub enum State {
        /// It cannot be used as it is.
        SetAside = "set aside",
        /// It is on no appointment.
        Waiting = "waiting",
        /// It is on an appointment.
        Mapped = "mapped",
        /// It is not published any more, or the vendor does not have it any more, and is on no appointment.
        Withdrawn = "withdrawn",
    }
}

impl State {
    pub fn words(self) -> &'static str {
        match self {
            Self::SetAside => "Set aside",
            Self::Waiting => "Not mapped",
            Self::Mapped => "Mapped",
            Self::Withdrawn => "Withdrawn",
        }
    }
}

/// Rights under which notes are read.
pub trait Sees: Right {}
impl Sees for PairRecords {}
impl Sees for ManageAppointments {}
impl Sees for ViewReports {}

/// A session note as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub id: SessionNoteId,
    pub connection: ConnectionId,
    pub record: ExternalRecordId,
    /// The vendor's identifiers.
    pub external_id: String,
    pub student_id: String,
    pub user_id: String,
    pub site_id: String,
    /// As the vendor's lists call them; empty while the vendor has not listed them.
    pub student_name: String,
    pub user_name: String,
    pub site_name: String,
    /// Wall date and times (`13:00`) in `time_zone`; empty where they cannot be read.
    pub date: Option<NaiveDate>,
    pub start: String,
    pub end: String,
    pub time_zone: String,
    /// As sent.
    pub status: String,
    pub is_published: bool,
    pub published_at: Option<NaiveDateTime>,
    pub version: i32,
    pub state: State,
    pub reason: Reason,
    /// The reason in words, and what to do; empty where there is none.
    pub because: String,
    pub repair: String,
    pub changed_at: NaiveDateTime,
    pub mapping: Option<Mapping>,
    /// Decisions that wait.
    pub proposals: i64,
}

/// On which appointment a note is, and how it came there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub appointment: AppointmentId,
    /// `Auto` or `User`.
    pub origin: String,
    /// Who mapped it; empty for `Auto`.
    pub by: String,
    pub at: NaiveDateTime,
    pub rendered: bool,
    pub local_date: NaiveDate,
    /// UTC, with the zone in which the appointment was agreed.
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    pub time_zone: String,
}

/// A note's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    pub note: Note,
    /// The latest version, without pictures.
    pub record: NoteRecord,
    /// What it says.
    pub reading: fields::Reading,
    /// Why the mapping was made, as sentences.
    pub evidence: Vec<String>,
}

/// What a list is asked for; empty fields do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all occur in the student's or the user's name.
    pub search: String,
    pub show: Show,
    pub reason: Option<Reason>,
    /// The vendor's identifier.
    pub site: String,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Which notes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    Mapped,
    /// Those on no appointment, set aside and withdrawn ones too.
    Unmapped,
    /// Mapped ones whose appointment is not rendered.
    NotRendered,
    /// Those with a decision that waits.
    ToDecide,
}

/// One page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Note>,
    /// Whether there are more after these.
    pub more: bool,
}

/// How many notes stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub mapped: i64,
    pub waiting: i64,
    pub set_aside: i64,
    pub withdrawn: i64,
    /// Decisions that wait.
    pub proposals: i64,
}

/// An appointment of a note's client near its date, to be chosen by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub appointment: AppointmentId,
    pub local_date: NaiveDate,
    /// UTC, with the zone in which they were agreed.
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    pub time_zone: String,
    pub service: String,
    pub staff_name: String,
    pub rendered: bool,
    pub invoiced: bool,
    /// Why it cannot be chosen; empty where it can.
    pub not_because: String,
}

/// A version of a note as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub version: i32,
    pub received_at: NaiveDateTime,
    pub record: NoteRecord,
    pub lines: Vec<diff::Line>,
}

text_enum! {
    /// Why a person decides.
    pub enum Why {
        /// Results notes were there before the note came.
        ResultsThere = "results there",
        /// The appointment was rendered before the note came.
        RenderedBefore = "rendered before",
        Invoiced = "invoiced",
        /// The note was edited after it had filled the appointment.
        Edited = "edited",
        /// The note is not published any more, or gone.
        Withdrawn = "withdrawn",
        SaysCancelled = "cancelled",
        SaysNoShow = "no-show",
    }
}

impl Why {
    pub fn words(self) -> &'static str {
        match self {
            Self::ResultsThere => {
                "The appointment has results notes already, and the note says something else."
            }
            Self::RenderedBefore => "The appointment was rendered before the note came.",
            Self::Invoiced => "The appointment is on an invoice.",
            Self::Edited => "The note was edited after it was put on the appointment.",
            Self::Withdrawn => "The note is not published any more in Ensora Data Collection.",
            Self::SaysCancelled => "The note in Ensora Data Collection says that the session was cancelled.",
            Self::SaysNoShow => "The note in Ensora Data Collection says that the client did not come.",
        }
    }
}

text_enum! {
    /// What can be decided about a proposal.
    pub enum Choice {
        /// Everything stays as it is here.
        Keep = "keep",
        /// The note's text is added below the results notes.
        Append = "append",
        /// The note's text takes their place, and its signatures and times.
        Replace = "replace",
        UnRender = "un-render",
        Cancel = "cancel",
    }
}

impl Choice {
    /// The words of its button.
    pub fn words(self) -> &'static str {
        match self {
            Self::Keep => "Keep what is here",
            Self::Append => "Add the note below",
            Self::Replace => "Take the note instead",
            Self::UnRender => "Un-render the appointment",
            Self::Cancel => "Cancel the appointment",
        }
    }
}

/// What a note would change of an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub id: ProposalId,
    pub note: SessionNoteId,
    pub version: i32,
    pub appointment: AppointmentId,
    pub whys: Vec<Why>,
    pub choices: Vec<Choice>,
    pub made_at: NaiveDateTime,
    pub student_name: String,
    pub user_name: String,
    pub date: Option<NaiveDate>,
}

/// What became of the notes of a pull.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Taken {
    pub read: usize,
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub set_aside: usize,
    pub mapped: usize,
    pub rendered: usize,
    /// Notes of this pull, and those looked at again, that are on no appointment.
    pub waiting: usize,
    pub proposals: usize,
}

/// Which waiting notes are looked at again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Touched {
    /// All that wait.
    #[default]
    Everything,
    /// Those of these students and users, by the vendor's identifiers.
    People { students: Vec<String>, users: Vec<String> },
    /// Those of these dates.
    Days(Vec<NaiveDate>),
}

/// What another grace time would match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulation {
    pub grace_minutes: i32,
    /// Notes that would be mapped by the rule, counted over all that a person did not map.
    pub matched: usize,
    /// Those that fit several appointments, or whose appointment fits several notes.
    pub ambiguous: usize,
    /// How many more than now would be, and how many that are now would not.
    pub more_count: usize,
    pub lost_count: usize,
    /// How many would become ambiguous that are not now.
    pub newly_ambiguous: usize,
    /// The first of them, to look at.
    pub more: Vec<Simulated>,
    pub lost: Vec<Simulated>,
}

impl Simulation {
    /// *At ± 10 minutes, 37 more notes would match, 2 become ambiguous.*
    pub fn words(&self) -> String {
        let more = match self.more_count {
            0 => "no more notes would match".to_owned(),
            1 => "1 more note would match".to_owned(),
            count => format!("{count} more notes would match"),
        };
        let lost = match self.lost_count {
            0 => String::new(),
            1 => ", 1 would not match any more".to_owned(),
            count => format!(", {count} would not match any more"),
        };
        let ambiguous = match self.newly_ambiguous {
            0 => String::new(),
            1 => ", 1 becomes ambiguous".to_owned(),
            count => format!(", {count} become ambiguous"),
        };
        format!("At ± {} min, {more}{lost}{ambiguous}.", self.grace_minutes)
    }
}

/// What the rules of today would make of all stored notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// Notes that were looked at, and those that a person mapped, which stay.
    pub looked: usize,
    pub by_hand: usize,
    /// Those of which nothing would change.
    pub same: usize,
    /// Would be mapped, would not be mapped any more, would be on another appointment.
    pub more_count: usize,
    pub lost_count: usize,
    pub moved_count: usize,
    /// The first of each, to look at.
    pub more: Vec<Simulated>,
    pub lost: Vec<Simulated>,
    pub moved: Vec<Simulated>,
}

/// A note whose mapping another grace time would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    pub note: SessionNoteId,
    pub student_name: String,
    pub date: Option<NaiveDate>,
    pub start: String,
    pub end: String,
    pub appointment: AppointmentId,
}
