//! When the nightly sync is due: 01:00 in the organisation's time zone, once each local date.
//!
//! Written out and not left to a cron library: on the last Sunday of March 01:00 does not exist in
//! London, on the last Sunday of October it happens twice, and the libraries at hand run an hour
//! off, twice, or not at all then. Pure: the time comes in.

use chrono::{Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

const HOUR: u32 = 1;

/// The UTC instant of the nightly run of a local date: 01:00, the first of two, or where it is
/// skipped the moment the clocks have moved on.
pub fn instant(date: NaiveDate, zone: Tz) -> NaiveDateTime {
    let wanted = date.and_time(NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default());
    match zone.from_local_datetime(&wanted) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.naive_utc(),
        LocalResult::None => after_gap(wanted, zone),
    }
}

/// Steps in quarters of an hour, which every time zone's changes are multiples of, to the first time
/// that exists.
fn after_gap(wanted: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    let mut steps = (1..=12).map(|n| wanted + TimeDelta::minutes(15 * n));
    let first = steps.find_map(|local| zone.from_local_datetime(&local).earliest());
    first.map_or(wanted, |at| at.naive_utc())
}

/// The first nightly instant after `now`, with the organisation's own delay added.
pub fn next(now: NaiveDateTime, zone: Tz, jitter: TimeDelta) -> NaiveDateTime {
    let today = zone.from_utc_datetime(&now).date_naive();
    let days = (0..=2).filter_map(|n| today.checked_add_days(Days::new(n)));
    days.map(|date| instant(date, zone) + jitter).find(|at| *at > now).unwrap_or(now + TimeDelta::days(1))
}

/// The local date whose nightly run is the latest one due at `now`: what a late start catches up with.
pub fn due_date(now: NaiveDateTime, zone: Tz) -> NaiveDate {
    let today = zone.from_utc_datetime(&now).date_naive();
    if instant(today, zone) <= now { today } else { today.checked_sub_days(Days::new(1)).unwrap_or(today) }
}

/// How long after 01:00 a connection starts: always the same, spread evenly over `widest`.
pub fn jitter(connection: i64, widest: TimeDelta) -> TimeDelta {
    let widest = widest.num_seconds();
    if widest <= 0 {
        return TimeDelta::zero();
    }
    // A prime step spreads neighbouring numbers over the whole width.
    TimeDelta::seconds(connection.wrapping_mul(7919).rem_euclid(widest))
}

/// How long a failing connection rests before the next try: doubling from five minutes to two hours,
/// so that a day's outage costs under 20 tries. A vendor's own Retry-After may be longer.
pub fn rest(failures: i32, asked: Option<TimeDelta>) -> TimeDelta {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(5);
    let own = TimeDelta::minutes(i64::from(5 * 2_u32.pow(doublings)).min(120));
    asked.map_or(own, |asked| asked.clamp(own, TimeDelta::hours(6)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, NaiveDate};
    use std::collections::BTreeSet;

    const LONDON: Tz = Tz::Europe__London;

    fn utc(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn the_change_days_of_2026_run_once_each() {
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        assert_eq!(instant(day(3, 28), LONDON), utc("2026-03-28 01:00"));
        assert_eq!(instant(day(3, 29), LONDON), utc("2026-03-29 01:00"), "02:00 BST: 01:00 does not exist");
        assert_eq!(instant(day(3, 30), LONDON), utc("2026-03-30 00:00"));
        assert_eq!(instant(day(10, 25), LONDON), utc("2026-10-25 00:00"), "the first 01:00 of two");
        assert_eq!(instant(day(10, 26), LONDON), utc("2026-10-26 01:00"));
    }

    #[test]
    fn from_2026_to_2037_every_local_date_runs_exactly_once() {
        let (mut now, end) = (utc("2025-12-31 23:00"), utc("2038-01-01 00:00"));
        let mut dates = BTreeSet::new();
        let mut runs = 0;
        loop {
            now = next(now, LONDON, TimeDelta::zero());
            if now >= end {
                break;
            }
            runs += 1;
            assert!(dates.insert(due_date(now, LONDON)), "twice on {now}");
        }
        let days = (end.date() - NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()).num_days();
        assert_eq!((runs, dates.len()), (days, usize::try_from(days).unwrap()));
        assert_eq!(dates.first().unwrap().year(), 2026);
    }

    #[test]
    fn a_late_start_catches_up_with_the_last_night_only() {
        assert_eq!(due_date(utc("2026-11-22 09:00"), LONDON), NaiveDate::from_ymd_opt(2026, 11, 22).unwrap());
        assert_eq!(due_date(utc("2026-11-22 00:59"), LONDON), NaiveDate::from_ymd_opt(2026, 11, 21).unwrap());
    }

    #[test]
    fn a_day_of_outage_costs_under_forty_tries() {
        let mut spent = TimeDelta::zero();
        let mut tries = 0;
        while spent < TimeDelta::hours(24) {
            tries += 1;
            spent += rest(tries, None);
        }
        assert!(tries < 20, "{tries}");
        assert_eq!(rest(1, Some(TimeDelta::hours(48))), TimeDelta::hours(6));
        assert_eq!(rest(1, Some(TimeDelta::seconds(1))), TimeDelta::minutes(5));
    }

    #[test]
    fn organisations_are_spread_over_the_whole_jitter() {
        let widest = TimeDelta::minutes(10);
        let starts: BTreeSet<_> = (1..=100).map(|id| jitter(id, widest).num_seconds()).collect();
        assert!(starts.len() > 95 && starts.iter().all(|second| (0..600).contains(second)));
        assert_eq!(jitter(7, TimeDelta::zero()), TimeDelta::zero());
    }
}
