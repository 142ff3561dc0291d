//! What a service's word means here, and when it is asked again. Pure: words and times come in.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};

use super::State;
use crate::connectors::{Failure, Retry};

/// A cancellation this short before a visit may be charged.
const LATE: TimeDelta = TimeDelta::hours(24);

/// Near its window a visit changes from minute to minute.
const NEAR: TimeDelta = TimeDelta::minutes(5);
const USUAL: TimeDelta = TimeDelta::minutes(30);
/// Long after its window nothing is expected.
const LONG_AFTER: TimeDelta = TimeDelta::days(14);
const DAILY: TimeDelta = TimeDelta::hours(24);

const SOONEST: TimeDelta = TimeDelta::minutes(1);
const LATEST: TimeDelta = TimeDelta::minutes(30);

/// What a service's word means: every word but two is a visit that is still to be made, and is shown as it is.
pub fn state_of(status: &str) -> State {
    match status.to_ascii_lowercase().as_str() {
        "completed" => State::Completed,
        "cancelled" | "canceled" => State::Cancelled,
        _ => State::Booked,
    }
}

/// Whether a cancellation now may be charged.
pub fn is_late(starts_at: Option<NaiveDateTime>, now: NaiveDateTime) -> bool {
    starts_at.is_some_and(|starts| starts - now < LATE)
}

/// When a booked visit is asked about again.
pub(super) fn next_look(
    (starts_at, ends_at): (Option<NaiveDateTime>, Option<NaiveDateTime>),
    now: NaiveDateTime,
) -> NaiveDateTime {
    let Some(starts) = starts_at else { return now + USUAL };
    let ends = ends_at.unwrap_or(starts);
    let near = now >= starts - TimeDelta::hours(12) && now <= ends + DAILY;
    let wait = if near {
        NEAR
    } else if now > ends + LONG_AFTER {
        DAILY
    } else {
        USUAL
    };
    now + wait
}

/// When a question that failed is asked again: after half of the time for which it has gone on, or when the service said.
pub(super) fn next_try(failure: &Failure, since: NaiveDateTime, now: NaiveDateTime) -> NaiveDateTime {
    let asked_wait = match failure.retry {
        Retry::Later { after } => after.unwrap_or(Duration::ZERO),
        Retry::AfterEdit | Retry::NeedsPerson => Duration::ZERO,
    };
    let usual = ((now - since) / 2).clamp(SOONEST, LATEST);
    // A request that may be under way there is given time to end before it is looked for.
    let usual = if failure.kind.left_open() { usual.max(TimeDelta::minutes(2)) } else { usual };
    now + usual.max(TimeDelta::from_std(asked_wait).unwrap_or(LATEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::{FailureKind, Vendor};

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_word_that_nobody_knows_is_a_visit_still_to_be_made() {
        assert_eq!(state_of("Completed"), State::Completed);
        assert_eq!(state_of("cancelled"), State::Cancelled);
        for word in ["scheduled", "in_progress", "awaiting_kit", ""] {
            assert_eq!(state_of(word), State::Booked);
        }
    }

    #[test]
    fn a_visit_is_looked_at_more_often_near_its_window() {
        let window = (Some(at("2026-11-24T07:00:00")), Some(at("2026-11-24T09:00:00")));
        for (now, minutes) in [
            ("2026-11-22T10:00:00", 30),
            ("2026-11-23T20:00:00", 5),
            ("2026-11-24T12:00:00", 5),
            ("2026-11-26T12:00:00", 30),
            ("2026-12-26T12:00:00", 1440),
        ] {
            assert_eq!((next_look(window, at(now)) - at(now)).num_minutes(), minutes, "{now}");
        }
        assert!(
            is_late(window.0, at("2026-11-23T07:00:01")) && !is_late(window.0, at("2026-11-23T07:00:00"))
        );
    }

    #[test]
    fn a_failed_question_waits_longer_each_time_and_as_long_as_was_asked() {
        let since = at("2026-11-22T10:00:00");
        let busy = Failure::new(Vendor::AllyHealth, FailureKind::TooManyRequests);
        let wait = |failure: &Failure, minutes: i64| {
            let now = since + TimeDelta::minutes(minutes);
            (next_try(failure, since, now) - now).num_minutes()
        };
        assert_eq!([wait(&busy, 0), wait(&busy, 10), wait(&busy, 600)], [1, 5, 30]);
        assert_eq!(wait(&busy.waiting(Some(Duration::from_mins(50))), 0), 50);
        assert_eq!(wait(&Failure::new(Vendor::AllyHealth, FailureKind::FirstByteTimeout), 0), 2);
    }
}
