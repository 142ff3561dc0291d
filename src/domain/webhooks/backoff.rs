//! When a delivery that failed is tried again: Standard Webhooks' own steps, within three days. Pure: the time and the
//! chance are passed in.

use chrono::{NaiveDateTime, TimeDelta};

/// What a delivery waits after its first, second … try, in seconds.
const PAUSES: [i64; 9] =
    [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// How often a delivery is tried.
pub const TRIES: i32 = 10;

/// Nothing is tried later than this after it was due first.
pub(super) const LONGEST: TimeDelta = TimeDelta::hours(72);

/// How much longer than its step a wait is, in hundredths: so that what failed together does not come back together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jitter(i64);

impl Jitter {
    /// From a random byte: at most a tenth.
    pub fn of(random: u8) -> Self {
        Self(i64::from(random % 11))
    }
}

/// When to try again after so many tries, and not before the seconds that the receiver asked for; `None`: not any more.
pub(super) fn next(
    tries: i32,
    (since, now): (NaiveDateTime, NaiveDateTime),
    jitter: Jitter,
    least: u32,
) -> Option<NaiveDateTime> {
    let pause = usize::try_from(tries - 1).ok().and_then(|done| PAUSES.get(done))?;
    let pause = TimeDelta::milliseconds(pause * (1000 + jitter.0 * 10));
    let next = (now + pause.max(TimeDelta::seconds(i64::from(least)))).min(since + LONGEST);
    (next > now).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_fit_into_three_days_whatever_the_chance() {
        let since: NaiveDateTime = "2026-11-22T10:00:00".parse().unwrap();
        for random in [0, 5, 10] {
            let (mut now, mut tries) = (since, 1);
            while let Some(next) = next(tries, (since, now), Jitter::of(random), 0) {
                now = next;
                tries += 1;
            }
            assert_eq!(tries, TRIES, "{random}");
            assert_eq!(now, since + LONGEST, "the last one is at the very end");
        }
    }

    #[test]
    fn steps_are_as_the_scheme_names_them_and_at_most_a_tenth_longer() {
        let since: NaiveDateTime = "2026-11-22T10:00:00".parse().unwrap();
        let after = |tries, random| {
            next(tries, (since, since), Jitter::of(random), 0).map(|at| (at - since).num_seconds())
        };
        let steps: Vec<_> = (1..=5).map(|tries| after(tries, 0)).collect();
        assert_eq!(steps, [Some(5), Some(300), Some(1800), Some(7200), Some(18000)]);
        assert_eq!(after(2, 10), Some(330));
        assert_eq!(after(2, 11), Some(300), "a chance beyond ten begins anew");
        assert_eq!((after(10, 0), after(0, 0)), (None, None));
    }

    #[test]
    fn a_receiver_is_left_alone_as_long_as_it_asks_within_the_three_days() {
        let since: NaiveDateTime = "2026-11-22T10:00:00".parse().unwrap();
        let after = |tries, least| {
            next(tries, (since, since), Jitter::default(), least).map(|at| (at - since).num_seconds())
        };
        assert_eq!((after(1, 120), after(2, 120)), (Some(120), Some(300)));
        assert_eq!(after(1, u32::MAX), Some(LONGEST.num_seconds()));
    }

    #[test]
    fn what_is_found_after_three_days_is_not_tried_again() {
        let since: NaiveDateTime = "2026-11-22T10:00:00".parse().unwrap();
        assert_eq!(next(2, (since, since + LONGEST), Jitter::default(), 0), None);
    }
}
