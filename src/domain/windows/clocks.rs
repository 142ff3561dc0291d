//! What the clocks do to a window: the dates on which part of it is skipped or comes twice. Pure.

use chrono::{Datelike as _, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::Window;

/// A date on which a window is not as long as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusual {
    pub date: NaiveDate,
    /// What happens to the window on it, in a sentence.
    pub words: String,
}

/// Every such date from one to another, both included.
pub fn unusual(window: &Window, (from, to): (NaiveDate, NaiveDate), zone: Tz) -> Vec<Unusual> {
    let days = from.iter_days().take_while(|date| *date <= to);
    let days = days.filter(|date| window.weekdays.contains(&date.weekday()) && changes(*date, zone));
    days.filter_map(|date| Some(Unusual { date, words: words(window, date, zone)? })).collect()
}

/// Whether the clocks are changed on a date: its midnights are not 24 hours apart.
fn changes(date: NaiveDate, zone: Tz) -> bool {
    let midnight = |date: NaiveDate| {
        let wall = date.and_time(NaiveTime::MIN);
        wall.and_local_timezone(zone).earliest().map(|at| at.naive_utc())
    };
    let both = midnight(date).zip(date.succ_opt().and_then(midnight));
    both.is_none_or(|(from, to)| to - from != TimeDelta::days(1))
}

fn words(window: &Window, date: NaiveDate, zone: Tz) -> Option<String> {
    let on = date.format("%A %-d %B %Y");
    let Some(slot) = window.on(date, zone) else {
        return Some(format!("On {on} the clocks go forward over all of it: nothing can be booked in it."));
    };
    let wall = i64::from(window.to_minute - window.from_minute);
    let lasts = (slot.ends_at - slot.starts_at).num_minutes();
    match lasts - wall {
        0 => None,
        less if less < 0 => Some(format!(
            "On {on} the clocks go forward and part of it is skipped: it lasts {} instead of {}.",
            length(lasts),
            length(wall)
        )),
        _ => Some(format!(
            "On {on} the clocks go back and part of it comes twice: it lasts {} instead of {}.",
            length(lasts),
            length(wall)
        )),
    }
}

/// `1 hour 30 minutes`.
fn length(minutes: i64) -> String {
    let counted = |n: i64, one: &str| match n {
        0 => String::new(),
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    };
    format!("{} {}", counted(minutes / 60, "hour"), counted(minutes % 60, "minute")).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;
    use crate::kit::ids::WindowId;

    fn of_year(from_minute: i32, to_minute: i32, weekday: Weekday) -> Vec<String> {
        let window = Window {
            id: WindowId(1),
            name: "Night".into(),
            from_minute,
            to_minute,
            weekdays: vec![weekday],
            capacity: 1,
            retired_at: None,
        };
        let day = |text: &str| text.parse().unwrap();
        let found = unusual(&window, (day("2026-01-01"), day("2026-12-31")), Tz::Europe__London);
        found.into_iter().map(|one| one.words).collect()
    }

    #[test]
    fn a_window_on_the_hour_that_is_skipped_or_repeated_says_so() {
        assert_eq!(
            of_year(30, 180, Weekday::Sun),
            [
                "On Sunday 29 March 2026 the clocks go forward and part of it is skipped: it lasts 1 hour 30 \
                 minutes instead of 2 hours 30 minutes.",
                "On Sunday 25 October 2026 the clocks go back and part of it comes twice: it lasts 3 hours 30 \
                 minutes instead of 2 hours 30 minutes.",
            ]
        );
        assert_eq!(
            of_year(60, 120, Weekday::Sun)[0],
            "On Sunday 29 March 2026 the clocks go forward over all of it: nothing can be booked in it."
        );
    }

    #[test]
    fn other_hours_and_other_days_are_as_they_say() {
        assert!(of_year(420, 540, Weekday::Sun).is_empty());
        assert!(of_year(60, 120, Weekday::Mon).is_empty());
    }
}
