//! When letters of news are written: between eight and nine in the morning where the home is. Pure.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, Timelike as _, Weekday};
use chrono_tz::Tz;

use super::HowOften;

const OPENS: u32 = 8;
/// A letter that has not gone out by then is not sent any more that day.
const CLOSES: u32 = 20;

/// The first morning after `now`; on Mondays for weekly letters, `None` where there are none.
pub fn next(now: NaiveDateTime, zone: Tz, how_often: HowOften) -> Option<NaiveDateTime> {
    let today = local(now, zone).date();
    let days = (0..=8).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
    let on = |day: &NaiveDate| match how_often {
        HowOften::Daily => true,
        HowOften::Weekly => day.weekday() == Weekday::Mon,
        HowOften::Off => false,
    };
    days.filter(on).map(|day| at(day, OPENS, zone)).find(|opens| *opens > now)
}

/// The day whose morning it is, if it is one.
pub fn morning(now: NaiveDateTime, zone: Tz) -> Option<NaiveDate> {
    let local = local(now, zone);
    (local.hour() == OPENS).then(|| local.date())
}

/// The end of the day's post.
pub fn evening(day: NaiveDate, zone: Tz) -> NaiveDateTime {
    at(day, CLOSES, zone)
}

fn local(now: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    now.and_utc().with_timezone(&zone).naive_local()
}

/// An hour of the day in UTC. Clocks change at night, so that it always exists; if one day it did not, UTC's does.
fn at(day: NaiveDate, hour: u32, zone: Tz) -> NaiveDateTime {
    let local = day.and_hms_opt(hour, 0, 0).unwrap_or_default();
    local.and_local_timezone(zone).earliest().map_or(local, |at| at.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONDON: Tz = Tz::Europe__London;

    fn when(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_morning_is_where_the_home_is() {
        let next = |now, zone, how_often| next(when(now), zone, how_often).map(|at| at.to_string());
        let some = |text: &str| Some(text.to_owned());
        // Sunday 22 November 2026, in winter; the Sunday on which summer time ends.
        assert_eq!(next("2026-11-22T10:00:00", LONDON, HowOften::Daily), some("2026-11-23 08:00:00"));
        assert_eq!(next("2026-11-22T07:59:00", LONDON, HowOften::Daily), some("2026-11-22 08:00:00"));
        assert_eq!(next("2026-10-24T10:00:00", LONDON, HowOften::Daily), some("2026-10-25 08:00:00"));
        assert_eq!(next("2026-10-23T10:00:00", LONDON, HowOften::Daily), some("2026-10-24 07:00:00"));
        assert_eq!(next("2026-11-22T10:00:00", LONDON, HowOften::Weekly), some("2026-11-23 08:00:00"));
        assert_eq!(next("2026-11-23T08:00:00", LONDON, HowOften::Weekly), some("2026-11-30 08:00:00"));
        assert_eq!(
            next("2026-11-22T18:00:00", Tz::Pacific__Auckland, HowOften::Weekly),
            some("2026-11-22 19:00:00")
        );
        assert_eq!(next("2026-11-22T10:00:00", LONDON, HowOften::Off), None);
    }

    #[test]
    fn a_morning_is_one_hour() {
        for (now, is) in [("07:59:59", false), ("08:00:00", true), ("08:59:59", true), ("09:00:00", false)] {
            assert_eq!(morning(when(&format!("2026-11-22T{now}")), LONDON).is_some(), is, "{now}");
        }
        let day = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        assert_eq!(evening(day, LONDON), when("2026-07-01T19:00:00"));
    }
}
