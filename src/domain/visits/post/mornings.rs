//! When patients are reminded: at 10 in the morning where the organisation is. Pure.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};
use chrono_tz::Tz;

const OPENS: u32 = 10;

/// The local date.
pub fn today(now: NaiveDateTime, zone: Tz) -> NaiveDate {
    now.and_utc().with_timezone(&zone).date_naive()
}

/// Whether the morning of this day has come.
pub fn has_opened(now: NaiveDateTime, zone: Tz) -> bool {
    now.and_utc().with_timezone(&zone).hour() >= OPENS
}

/// What was written before this moment has had the morning of `days` days later: with 1, what was written yesterday
/// or before, once it is ten today.
pub fn written_before(now: NaiveDateTime, zone: Tz, days: u64) -> NaiveDateTime {
    let today = today(now, zone);
    let last = if has_opened(now, zone) { today } else { earlier(today, 1) };
    midnight(earlier(last, days.saturating_sub(1)), zone)
}

/// The first moment of a day, in UTC.
pub fn midnight(day: NaiveDate, zone: Tz) -> NaiveDateTime {
    let wall = day.and_time(NaiveTime::MIN);
    // Where a zone leaves out midnight, the day begins an hour later.
    let there = [0, 1].into_iter().find_map(|hours| {
        (wall + TimeDelta::hours(hours)).and_local_timezone(zone).earliest().map(|at| at.naive_utc())
    });
    there.unwrap_or(wall)
}

pub fn earlier(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

pub fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONDON: Tz = Tz::Europe__London;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_reminder_is_due_at_ten_of_the_day_that_is_meant() {
        let due = |now, days| written_before(at(now), LONDON, days).to_string();
        assert_eq!(due("2026-12-03T09:59:59", 1), "2026-12-02 00:00:00");
        assert_eq!(due("2026-12-03T10:00:00", 1), "2026-12-03 00:00:00");
        assert_eq!(due("2026-12-05T10:00:00", 3), "2026-12-03 00:00:00");
    }

    #[test]
    fn on_the_days_on_which_the_clocks_change_it_is_ten_on_the_wall() {
        // 29 March 2026 begins in winter time and has ten o'clock in summer time; 25 October the other way round.
        assert!(
            !has_opened(at("2026-03-29T08:59:59"), LONDON) && has_opened(at("2026-03-29T09:00:00"), LONDON)
        );
        assert!(
            !has_opened(at("2026-10-25T09:59:59"), LONDON) && has_opened(at("2026-10-25T10:00:00"), LONDON)
        );
        assert_eq!(midnight("2026-03-29".parse().unwrap(), LONDON), at("2026-03-29T00:00:00"));
        assert_eq!(midnight("2026-10-25".parse().unwrap(), LONDON), at("2026-10-24T23:00:00"));
        assert_eq!(written_before(at("2026-03-30T09:00:00"), LONDON, 1), at("2026-03-29T23:00:00"));
    }
}
