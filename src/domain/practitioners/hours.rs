//! When a practitioner works: wall times where the organisation is, on weekdays. Pure.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Weekday};
use chrono_tz::Tz;

use crate::domain::Refusal;
use crate::kit::calendar::{Edge, WEEK, instant, name_of};
use crate::kit::ids::ShiftId;

const DAY: i32 = 24 * 60;

/// Hours of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub id: ShiftId,
    /// In the order of the week.
    pub weekdays: Vec<Weekday>,
    /// Minutes of the day, from midnight on the clock.
    pub from_minute: i32,
    pub to_minute: i32,
}

impl Shift {
    /// The instants to which it comes on a day; none on other weekdays, or where the clocks leave nothing of it.
    pub fn on(&self, day: NaiveDate, zone: Tz) -> Option<(NaiveDateTime, NaiveDateTime)> {
        if !self.weekdays.contains(&day.weekday()) {
            return None;
        }
        let from = instant(day, self.from_minute, zone, Edge::First)?;
        let to = instant(day, self.to_minute, zone, Edge::Last)?;
        (to > from).then_some((from, to))
    }

    /// `Monday to Friday, 08:00 to 16:00`.
    pub fn words(&self) -> String {
        let days = weekdays_in_words(&self.weekdays);
        format!("{days}, {} to {}", clock(self.from_minute), clock(self.to_minute))
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.weekdays.iter().any(|day| other.weekdays.contains(day))
            && self.from_minute < other.to_minute
            && other.from_minute < self.to_minute
    }
}

/// A shift as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedShift {
    /// `mon` to `sun`.
    pub days: Vec<String>,
    /// `08:00`.
    pub from: String,
    pub to: String,
}

impl TypedShift {
    pub(super) fn read(&self) -> Result<Shift, Refusal> {
        let known = |text: &String| text.trim().parse::<Weekday>().ok();
        let typed: Option<Vec<Weekday>> = self.days.iter().map(known).collect();
        let typed = typed.filter(|days| !days.is_empty());
        let typed = typed.ok_or_else(|| Refusal::invalid("days", "Choose at least one day of the week"))?;
        let weekdays = WEEK.into_iter().filter(|day| typed.contains(day)).collect();
        let from_minute = minute(&self.from)
            .ok_or_else(|| Refusal::invalid("from", "Enter when the shift starts, such as 08:00"))?;
        let to_minute = match self.to.trim() {
            "24:00" | "00:00" => Some(DAY),
            to => minute(to),
        };
        let to_minute =
            to_minute.ok_or_else(|| Refusal::invalid("to", "Enter when the shift ends, such as 16:00"))?;
        if to_minute <= from_minute {
            let words =
                "The end must be after the start. Enter a night shift as two: to 00:00, and from 00:00";
            return Err(Refusal::invalid("to", words));
        }
        Ok(Shift { id: ShiftId(0), weekdays, from_minute, to_minute })
    }
}

fn minute(text: &str) -> Option<i32> {
    let time = NaiveTime::parse_from_str(text.trim(), "%H:%M").ok()?;
    i32::try_from(time.num_seconds_from_midnight() / 60).ok()
}

/// `08:05`, and `24:00` for the end of a day.
pub fn clock(minute: i32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `3 May 2026`.
pub fn in_words(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// `Monday to Wednesday`, `Monday, Tuesday and Friday`, `every day`.
pub fn weekdays_in_words(days: &[Weekday]) -> String {
    let days: Vec<Weekday> = WEEK.into_iter().filter(|day| days.contains(day)).collect();
    if days.len() == WEEK.len() {
        return "every day".to_owned();
    }
    let in_a_row = days.windows(2).all(|pair| matches!(pair, [one, next] if one.succ() == *next));
    match days.as_slice() {
        [] => "no day".to_owned(),
        [one] => name_of(*one).to_owned(),
        [first, .., last] if in_a_row && days.len() > 2 => {
            format!("{} to {}", name_of(*first), name_of(*last))
        }
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|day| name_of(*day)).collect();
            format!("{} and {}", first.join(", "), name_of(*last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONDON: Tz = Tz::Europe__London;

    fn typed(days: &[&str], from: &str, to: &str) -> Result<Shift, String> {
        let days = days.iter().map(|day| (*day).to_owned()).collect();
        let typed = TypedShift { days, from: from.into(), to: to.into() };
        typed.read().map_err(|why| match why {
            Refusal::Invalid { field, .. } => field.to_owned(),
            other => other.to_string(),
        })
    }

    #[test]
    fn a_shift_that_cannot_be_used_names_its_field() {
        for (days, from, to, field) in [
            (&[][..], "08:00", "16:00", "days"),
            (&["mon", "someday"], "08:00", "16:00", "days"),
            (&["mon"], "8 o'clock", "16:00", "from"),
            (&["mon"], "08:00", "", "to"),
            (&["mon"], "22:00", "06:00", "to"),
            (&["mon"], "08:00", "08:00", "to"),
        ] {
            assert_eq!(typed(days, from, to), Err(field.to_owned()), "{days:?} {from} {to}");
        }
        assert_eq!(
            typed(&["sun", "mon"], "20:00", "24:00").unwrap().words(),
            "Monday and Sunday, 20:00 to 24:00"
        );
    }

    #[test]
    fn days_read_as_people_say_them() {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        for (days, words) in [
            (&[Wed, Mon, Tue][..], "Monday to Wednesday"),
            (&[Mon, Tue], "Monday and Tuesday"),
            (&[Mon, Tue, Fri], "Monday, Tuesday and Friday"),
            (&[Sun], "Sunday"),
            (&[Mon, Tue, Wed, Thu, Fri, Sat, Sun], "every day"),
        ] {
            assert_eq!(weekdays_in_words(days), words);
        }
    }

    #[test]
    fn hours_follow_the_clock_of_the_place() {
        let shift = typed(&["sun"], "00:30", "02:00").unwrap();
        let on =
            |day: &str| shift.on(day.parse().unwrap(), LONDON).map(|(a, b)| (a.to_string(), b.to_string()));
        let both = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(on("2026-12-06"), both("2026-12-06 00:30:00", "2026-12-06 02:00:00"));
        assert_eq!(on("2026-12-07"), None);
        // The hour that is left out, and the one that comes twice.
        assert_eq!(on("2026-03-29"), both("2026-03-29 00:30:00", "2026-03-29 01:00:00"));
        assert_eq!(on("2026-10-25"), both("2026-10-24 23:30:00", "2026-10-25 02:00:00"));
    }

    #[test]
    fn shifts_that_only_touch_do_not_overlap() {
        let morning = typed(&["mon", "tue"], "08:00", "12:00").unwrap();
        assert!(!morning.overlaps(&typed(&["tue"], "12:00", "16:00").unwrap()));
        assert!(!morning.overlaps(&typed(&["wed"], "08:00", "12:00").unwrap()));
        assert!(morning.overlaps(&typed(&["tue"], "11:59", "16:00").unwrap()));
    }
}
