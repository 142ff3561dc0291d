//! What happens at night: devices of a home send it, and what is worth it goes to the care record by the timeline.
//!
//! An event is kept once, whatever is sent again. Repeats of one kind for one person within a while are one entry with
//! a count; what is below a resident's threshold is shown here and goes nowhere. A device names a resident by our
//! number, or by a room: then exactly one person must have lived there, since the record of a wrong person is the
//! worst that can come of it. Deliberately raises no alarm: devices and their own systems do that.

mod demo;
mod devices;
mod entries;
mod receiving;
mod store;
mod thresholds;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::Refusal;
use super::access::{Scope, ViewResidents};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{PlaceId, ResidentId};

pub use demo::make_night;
pub use devices::{
    Admitted, Monitor, REQUESTS_A_MINUTE, Sender, add_monitor, admit, monitors, revoke_monitor,
    rotate_monitor,
};
pub use entries::write_entries;
pub use receiving::{Incoming, MOST_AT_ONCE, OLDEST, Taken, receive};
pub use store::{Listed, Night};
pub use thresholds::{
    LONGEST_WINDOW, Settings, Threshold, forget_threshold, set_settings, set_threshold, settings, threshold,
};

/// Events are kept for thirteen months: a year's nights can be compared with the year's before.
const KEPT_FOR: TimeDelta = TimeDelta::days(396);

text_enum! {
    /// What happened.
    pub enum Kind {
        Fall = "fall",
        OutOfBed = "out_of_bed",
        Movement = "movement",
        Sound = "sound",
        Cough = "cough",
        Door = "door",
        /// Somebody went to look.
        Check = "check",
    }
}

impl Kind {
    /// As screens and entries call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Fall => "Fall",
            Self::OutOfBed => "Out of bed",
            Self::Movement => "Movement",
            Self::Sound => "Sound",
            Self::Cough => "Cough",
            Self::Door => "Door",
            Self::Check => "Night check",
        }
    }
}

text_enum! {
    /// How much it matters, in the device's judgement.
    pub enum Severity {
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

impl Severity {
    pub fn words(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

text_enum! {
    /// From which severity on events go to the care record.
    pub enum AtLeast {
        Low = "low",
        Medium = "medium",
        High = "high",
        Nothing = "nothing",
    }
}

impl AtLeast {
    pub fn words(self) -> &'static str {
        match self {
            Self::Low => "All of them",
            Self::Medium => "Medium and high",
            Self::High => "High only",
            Self::Nothing => "None",
        }
    }

    fn lets(self, severity: Severity) -> bool {
        match self {
            Self::Low => true,
            Self::Medium => severity >= Severity::Medium,
            Self::High => severity == Severity::High,
            Self::Nothing => false,
        }
    }
}

text_enum! {
    /// What became of an event.
    pub enum Became {
        /// The first of those that its entry tells of.
        First = "first",
        /// It counts in the entry of the first.
        Counted = "counted",
        /// Below the threshold.
        KeptHere = "kept here",
    }
}

/// Which events are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
    /// A home or a zone.
    pub place: Option<PlaceId>,
    pub resident: Option<ResidentId>,
}

/// Events as far as the scope reaches, newest first, and whether there are more.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<(Vec<Listed>, bool)> {
    let mut rows = store::list(conn, scope.organisation(), scope.places(), wanted, (offset, limit + 1))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

/// Removes what is older than thirteen months; what went to the care record stays there.
pub fn purge(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    Ok(store::purge(tx, tx.now - KEPT_FOR)?)
}
