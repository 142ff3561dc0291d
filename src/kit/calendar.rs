//! Days of the week, and what a wall time comes to where the clocks leave out an hour or repeat one. Pure.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use chrono_tz::Tz;

/// The days of the week, in its order.
pub const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// A zone has left out a whole day once, and nothing longer.
const LONGEST_GAP: i64 = 24 * 60 + 1;

/// `mon`, as forms and tables have it.
pub fn word_of(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "mon",
        Weekday::Tue => "tue",
        Weekday::Wed => "wed",
        Weekday::Thu => "thu",
        Weekday::Fri => "fri",
        Weekday::Sat => "sat",
        Weekday::Sun => "sun",
    }
}

/// `mon,wed`.
pub fn words_of(days: &[Weekday]) -> String {
    days.iter().map(|day| word_of(*day)).collect::<Vec<_>>().join(",")
}

/// `Monday`.
pub fn name_of(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// The Monday of a day's week.
pub fn monday_of(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date)
}

/// The dates on some weekdays of every so many weeks, counted from the week of the first, both ends included.
pub fn weekly(
    every_weeks: i32,
    days: &[Weekday],
    (from, to): (NaiveDate, NaiveDate),
) -> impl Iterator<Item = NaiveDate> {
    let first = monday_of(from);
    let fits = move |date: &NaiveDate| {
        let weeks = (monday_of(*date) - first).num_weeks();
        weeks % i64::from(every_weeks.max(1)) == 0 && days.contains(&date.weekday())
    };
    from.iter_days().take_while(move |date| *date <= to).filter(fits)
}

/// Which of two is meant where the clock repeats an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    First,
    Last,
}

/// The instant, in UTC, of a minute of a day on the clock of a zone: `1440` is the day's end. One that the clock leaves
/// out is the next there is.
pub fn instant(date: NaiveDate, minute: i32, zone: Tz, edge: Edge) -> Option<NaiveDateTime> {
    let wall = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute));
    let there = |wall: NaiveDateTime| {
        let found = wall.and_local_timezone(zone);
        let found = match edge {
            Edge::First => found.earliest(),
            Edge::Last => found.latest(),
        };
        found.map(|at| at.naive_utc())
    };
    there(wall).or_else(|| next_there_is(wall, zone).and_then(there))
}

/// The first wall time after one that the clock leaves out.
pub fn next_there_is(wall: NaiveDateTime, zone: Tz) -> Option<NaiveDateTime> {
    (1..=LONGEST_GAP)
        .map(|minutes| wall + TimeDelta::minutes(minutes))
        .find(|later| later.and_local_timezone(zone).earliest().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_are_counted_from_the_first() {
        let days = [Weekday::Mon, Weekday::Thu];
        let found: Vec<String> =
            weekly(2, &days, (date("2026-12-03"), date("2026-12-31"))).map(|day| day.to_string()).collect();
        assert_eq!(found, ["2026-12-03", "2026-12-14", "2026-12-17", "2026-12-28", "2026-12-31"]);
        assert_eq!(words_of(&days), "mon,thu");
        assert_eq!(monday_of(date("2026-11-29")), date("2026-11-23"));
    }

    #[test]
    fn a_skipped_minute_is_the_next_there_is_and_a_repeated_one_is_either() {
        let at = |day: &str, minute, edge| {
            instant(date(day), minute, Tz::Europe__London, edge).map(|at| at.to_string())
        };
        assert_eq!(at("2026-03-29", 90, Edge::First).as_deref(), Some("2026-03-29 01:00:00"));
        assert_eq!(at("2026-10-25", 90, Edge::First).as_deref(), Some("2026-10-25 00:30:00"));
        assert_eq!(at("2026-10-25", 90, Edge::Last).as_deref(), Some("2026-10-25 01:30:00"));
        assert_eq!(at("2026-07-03", 1440, Edge::Last).as_deref(), Some("2026-07-03 23:00:00"));
    }
}
