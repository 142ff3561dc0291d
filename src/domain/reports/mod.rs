//! Six lists of what is mapped to the care record systems and what is not, why, since when and by whom; the same as
//! tables for files; and the weekly letter that counts them.
//!
//! Reads what others keep and changes nothing but the trail. Deliberately decides nothing about mapping, and a letter
//! from here names nobody.

mod build;
mod count;
mod local;
mod sessions;
mod store;
mod table;
mod weekly;
mod why;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::Refusal;
use super::access::{Scope, ViewReports};
use super::audit::{self, Event};
use crate::db::{Conn, Tx};
use crate::kit::ids::{PlaceId, SessionNoteId};

pub use count::{Ageing, Changes, Totals};
pub use table::{Cell, Column, cells, columns};
pub use weekly::{due, write_weekly};

/// Rows of one report at most, on the page and in a file.
pub const MOST: usize = 50_000;

/// How long ago *last week* is.
const A_WEEK: TimeDelta = TimeDelta::days(7);

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Report {
    Staff,
    Clients,
    Appointments,
    /// Of all care record systems, not only of Ensora.
    Residents,
    Sites,
    Notes,
}

impl Report {
    /// In the order in which they are listed.
    pub const ALL: [Self; 6] =
        [Self::Staff, Self::Clients, Self::Appointments, Self::Residents, Self::Sites, Self::Notes];

    /// In addresses and names of files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Clients => "clients",
            Self::Appointments => "appointments",
            Self::Residents => "residents",
            Self::Sites => "sites",
            Self::Notes => "notes",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.word() == word)
    }

    /// As its page is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Staff => "Ensora Data Collection- Kinbridge Staff",
            Self::Clients => "Ensora Data Collection- Kinbridge Clients",
            Self::Appointments => "Ensora Data Collection- Kinbridge Appointments",
            Self::Residents => "Residents",
            Self::Sites => "Sites",
            Self::Notes => "Notes",
        }
    }

    /// What it lists, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Staff => {
                "Users of Ensora Data Collection and staff here: who is mapped to whom, and who is not."
            }
            Self::Clients => {
                "Students of Ensora Data Collection and clients here: who is mapped to whom, and who is not."
            }
            Self::Appointments => {
                "Appointments with their session notes, what is rendered and what is not, and session notes \
                 without an appointment."
            }
            Self::Residents => "Everybody here and every care record system: who is paired, and why not.",
            Self::Sites => "Sites of Ensora Data Collection and agencies here.",
            Self::Notes => {
                "Session notes of Ensora Data Collection: which are mapped to an appointment, and why not."
            }
        }
    }

    /// Whether its rows happen on a day; of the others it is asked when they were seen first.
    pub fn is_dated(self) -> bool {
        matches!(self, Self::Appointments | Self::Notes)
    }

    /// Its word for mapped.
    pub fn mapped(self) -> &'static str {
        if self == Self::Residents { "Paired" } else { "Mapped" }
    }

    pub fn not_mapped(self) -> &'static str {
        if self == Self::Residents { "Not paired" } else { "Not mapped" }
    }
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    Mapped,
    NotMapped,
}

impl Show {
    /// In addresses and names of files.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mapped => "mapped",
            Self::NotMapped => "not-mapped",
        }
    }

    pub fn of_word(word: &str) -> Self {
        [Self::Mapped, Self::NotMapped].into_iter().find(|show| show.word() == word).unwrap_or_default()
    }
}

/// What a list is narrowed by; empty fields do not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub show: Show,
    /// The day of an appointment or note; of others the day when they were seen first.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
    pub agency: Option<PlaceId>,
    /// Words that all occur in names or references.
    pub search: String,
}

/// The present moment, and whose days are counted.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub now: NaiveDateTime,
    pub zone: Tz,
}

impl At {
    /// The day on which a moment is there.
    pub fn day(self, moment: NaiveDateTime) -> NaiveDate {
        self.wall(moment).date()
    }

    /// What clocks there show at a moment.
    pub fn wall(self, moment: NaiveDateTime) -> NaiveDateTime {
        moment.and_utc().with_timezone(&self.zone).naive_local()
    }

    pub fn today(self) -> NaiveDate {
        self.day(self.now)
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    Mapped,
    #[default]
    NotMapped,
    /// Nothing is missing: a cancelled appointment, one to come, one that is no service.
    NotNeeded,
}

/// How a row came to be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `Auto` or `User`.
    pub origin: String,
    pub by: String,
    pub at: NaiveDateTime,
    pub rule: String,
}

/// A line of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The number here, where there is somebody or something here.
    pub ours: Option<i64>,
    /// The session note, of rows that have one.
    pub note: Option<SessionNoteId>,
    /// The vendor's identifier, or empty.
    pub theirs: String,
    /// The care record system.
    pub system: String,
    /// Empty where there is nobody here.
    pub name_here: String,
    /// Empty where there is nobody there.
    pub name_there: String,
    pub born: Option<NaiveDate>,
    pub email: String,
    pub date: Option<NaiveDate>,
    /// `13:00`, at the place of the appointment or as the note says.
    pub start: String,
    pub end: String,
    /// Of appointments and notes.
    pub client: String,
    pub staff: String,
    pub places: Vec<PlaceId>,
    pub agency: String,
    pub standing: Standing,
    pub mapping: Option<Mapping>,
    /// When its last mapping ended, where it has none now.
    pub lost_at: Option<NaiveDateTime>,
    /// Why it is not mapped, in words.
    pub why: String,
    /// What to do, or empty.
    pub repair: String,
    pub first_seen: NaiveDateTime,
    /// Days since it was seen first; of an appointment since it took place.
    pub age: i64,
    /// Of appointments.
    pub rendered: Option<bool>,
    /// The checks that are not passed, in words.
    pub failed: String,
}

impl Row {
    /// The name here, else the one there.
    pub fn name(&self) -> &str {
        if self.name_here.is_empty() { &self.name_there } else { &self.name_here }
    }
}

/// A report as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// As wanted, all of them.
    pub rows: Vec<Row>,
    /// Over everything that fits but for `show`.
    pub totals: Totals,
    pub ageing: Ageing,
    pub changes: Changes,
    /// Agencies by which the list can be narrowed.
    pub agencies: Vec<(PlaceId, String)>,
}

/// The rows of a report as far as the scope reaches, with what they add up to.
///
/// # Errors
/// `Invalid` for more than [`MOST`] rows: the dates have to be nearer together.
pub fn read(
    conn: &mut Conn,
    scope: &Scope<ViewReports>,
    report: Report,
    wanted: &Wanted,
    at: At,
) -> Result<Found, Refusal> {
    let (rows, agencies) = match report {
        Report::Staff => local::staff(conn, scope, at)?,
        Report::Clients => local::clients(conn, scope, at)?,
        Report::Sites => local::sites(conn, scope, at)?,
        Report::Residents => local::residents(conn, scope, at)?,
        Report::Notes => sessions::notes(conn, scope, wanted, at)?,
        Report::Appointments => sessions::appointments(conn, scope, wanted, at)?,
    };
    if rows.len() > MOST {
        return Err(too_many());
    }
    let fitting = count::fitting(rows, report, wanted, at);
    let mut found = Found {
        totals: Totals::of(&fitting),
        ageing: Ageing::of(&fitting),
        changes: Changes::of(&fitting, at.now - A_WEEK),
        agencies,
        rows: fitting,
    };
    count::keep_shown(&mut found.rows, wanted.show);
    Ok(found)
}

fn too_many() -> Refusal {
    Refusal::invalid(
        "from",
        "These are more than 50,000 rows. Choose a From and a To that are nearer together",
    )
}

/// Notes that somebody took rows away as a file.
pub fn note_download(
    tx: &mut Tx<'_>,
    scope: &Scope<ViewReports>,
    report: Report,
    format: &str,
    show: Show,
    rows: usize,
) -> Result<(), Refusal> {
    let what = match show {
        Show::All => "all rows",
        Show::Mapped => "what is mapped",
        Show::NotMapped => "what is not mapped",
    };
    let words = format!("downloaded the report {} as {format}: {what}, {rows} rows", report.title());
    Ok(audit::record(tx, scope, Event::new("report.downloaded", words))?)
}
