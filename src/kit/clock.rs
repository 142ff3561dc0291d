//! The time, as a value that is passed in.
//!
//! Everything that needs "now" is given a [`Clock`]; nothing else in the crate asks the machine.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{NaiveDateTime, TimeDelta, Timelike, Utc};

/// Where the time comes from: the machine, or a test's own hand-set time.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Set(Arc<Mutex<NaiveDateTime>>),
}

impl Clock {
    pub fn set_to(now: NaiveDateTime) -> Self {
        Self::Set(Arc::new(Mutex::new(now)))
    }

    /// Now in UTC, cut to microseconds, since PostgreSQL keeps no more.
    pub fn now(&self) -> NaiveDateTime {
        match self {
            Self::System => in_microseconds(system_now()),
            Self::Set(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a set clock; the machine's own clock is left alone.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Set(at) = self {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at += by;
        }
    }

    pub fn move_to(&self, to: NaiveDateTime) {
        if let Self::Set(at) = self {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = to;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
fn system_now() -> NaiveDateTime {
    Utc::now().naive_utc()
}

fn in_microseconds(at: NaiveDateTime) -> NaiveDateTime {
    at.with_nanosecond(at.nanosecond() / 1000 * 1000).unwrap_or(at)
}
