//! What was typed about when something is, and which instants it comes to: a time that the clocks leave out is
//! refused with the next that there is, one that they repeat is asked about. Pure.

use chrono::{Datelike as _, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use chrono_tz::Tz;

use crate::db::text_enum;
use crate::domain::Refusal;
use crate::kit::calendar::{self, WEEK, next_there_is, word_of};

/// Appointments of one series.
pub const MOST_OF_A_SERIES: usize = 300;
const MOST_WEEKS_BETWEEN: i32 = 8;
const LONGEST: TimeDelta = TimeDelta::hours(24);
const YEARS: TimeDelta = TimeDelta::days(5 * 366);

text_enum! {
    /// Which of two is meant where the clocks repeat an hour.
    pub enum Which {
        NotSaid = "",
        First = "first",
        Second = "second",
    }
}

/// When an appointment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// UTC.
    pub starts_at: NaiveDateTime,
    /// UTC, after `starts_at`.
    pub ends_at: NaiveDateTime,
    /// The date at `starts_at` in `zone`.
    pub local_date: NaiveDate,
    pub zone: Tz,
}

impl Slot {
    pub fn overlaps(&self, starts_at: NaiveDateTime, ends_at: NaiveDateTime) -> bool {
        self.starts_at < ends_at && starts_at < self.ends_at
    }
}

/// Wall times of one day or of several, before they are instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    pub start: NaiveTime,
    pub end: NaiveTime,
    pub start_which: Which,
    pub end_which: Which,
    pub zone: Tz,
}

impl Clock {
    /// Reads `09:00` and `10:00`, and which of two is meant.
    ///
    /// # Errors
    /// `Invalid` on `start`, `end`, `start_which` or `end_which`.
    pub fn read((start, end): (&str, &str), which: (&str, &str), zone: Tz) -> Result<Self, Refusal> {
        let start =
            time(start).ok_or_else(|| Refusal::invalid("start", "Enter when it starts, such as 09:00"))?;
        let end = time(end).ok_or_else(|| Refusal::invalid("end", "Enter when it ends, such as 10:00"))?;
        let choice = |field, text: &str| {
            Which::parse(text).ok_or_else(|| Refusal::invalid(field, "Choose the first or the second"))
        };
        Ok(Self {
            start,
            end,
            start_which: choice("start_which", which.0)?,
            end_which: choice("end_which", which.1)?,
            zone,
        })
    }

    /// The instants that it comes to on a day.
    ///
    /// # Errors
    /// `Invalid` where a time does not exist or is not the only one, or the end is not after the start.
    pub fn on(&self, date: NaiveDate) -> Result<Slot, Refusal> {
        let starts_at =
            instant(date.and_time(self.start), self.zone, ("start", "start_which"), self.start_which)?;
        let ends_at = instant(date.and_time(self.end), self.zone, ("end", "end_which"), self.end_which)?;
        if ends_at <= starts_at {
            return Err(Refusal::invalid("end", "The end must be after the start"));
        }
        if ends_at - starts_at > LONGEST {
            return Err(Refusal::invalid("end", "An appointment lasts a day at most"));
        }
        Ok(Slot { starts_at, ends_at, local_date: date, zone: self.zone })
    }
}

fn instant(
    wall: NaiveDateTime,
    zone: Tz,
    (field, which_field): (&'static str, &'static str),
    which: Which,
) -> Result<NaiveDateTime, Refusal> {
    match wall.and_local_timezone(zone) {
        MappedLocalTime::Single(at) => Ok(at.naive_utc()),
        MappedLocalTime::Ambiguous(first, second) => match which {
            Which::First => Ok(first.naive_utc()),
            Which::Second => Ok(second.naive_utc()),
            Which::NotSaid => {
                let words = format!(
                    "The clocks go back on {}, and {} comes twice. Choose the first or the second",
                    in_words(wall.date()),
                    wall.format("%H:%M"),
                );
                Err(Refusal::invalid(which_field, words))
            }
        },
        MappedLocalTime::None => {
            let next = next_there_is(wall, zone)
                .map(|next| format!(". The next that does is {}", next.format("%H:%M")));
            let words = format!(
                "The clocks go forward on {}, and {} does not exist{}",
                in_words(wall.date()),
                wall.format("%H:%M"),
                next.unwrap_or_default(),
            );
            Err(Refusal::invalid(field, words))
        }
    }
}

/// `3 November 2026`.
pub fn in_words(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// A day as browsers send it or people write it, near enough to be meant.
///
/// # Errors
/// `Invalid` on `field`.
pub fn near_day(field: &'static str, text: &str, now: NaiveDateTime) -> Result<NaiveDate, Refusal> {
    let day = day(text).ok_or_else(|| Refusal::invalid(field, "Enter the day, such as 24/11/2026"))?;
    if (day.and_time(NaiveTime::MIN) - now).abs() > YEARS {
        return Err(Refusal::invalid(field, "Choose a day within five years from now"));
    }
    Ok(day)
}

/// As browsers send it, or as people write it.
pub fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let forms = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y", "%d.%m.%Y", "%d %B %Y"];
    let day = forms.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())?;
    (1900..=2200).contains(&day.year()).then_some(day)
}

/// `14:30`, `14.30` or `2:30pm`.
pub fn time(text: &str) -> Option<NaiveTime> {
    let text = text.trim().replace('.', ":").to_lowercase();
    let forms = ["%H:%M", "%H:%M:%S", "%I:%M%p", "%I:%M %p"];
    forms.iter().find_map(|form| NaiveTime::parse_from_str(&text, form).ok())
}

/// Weekly on days, until a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub every_weeks: i32,
    /// From Monday on, each once.
    pub days: Vec<Weekday>,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
}

impl Rule {
    /// Reads a form: `every` is a number of weeks, `days` are `mon` to `sun`.
    ///
    /// # Errors
    /// `Invalid` on `every_weeks`, `days` or `until`.
    pub fn read(
        every: &str,
        days: &[String],
        (starts_on, until): (NaiveDate, &str),
        now: NaiveDateTime,
    ) -> Result<Self, Refusal> {
        let weeks = if every.trim().is_empty() { Some(1) } else { every.trim().parse().ok() };
        let every_weeks = weeks.filter(|n| (1..=MOST_WEEKS_BETWEEN).contains(n)).ok_or_else(|| {
            Refusal::invalid("every_weeks", format!("Enter a number of weeks from 1 to {MOST_WEEKS_BETWEEN}"))
        })?;
        let mut chosen = Vec::new();
        for day in WEEK {
            if days.iter().any(|word| word == word_of(day)) {
                chosen.push(day);
            }
        }
        if chosen.is_empty() {
            return Err(Refusal::invalid("days", "Choose on which days it repeats"));
        }
        let ends_on = near_day("until", until, now)?;
        let rule = Self { every_weeks, days: chosen, starts_on, ends_on };
        match rule.dates().len() {
            0 => Err(Refusal::invalid("until", "No such day comes until then. Choose a later date")),
            n if n > MOST_OF_A_SERIES => {
                let words =
                    format!("A series has {MOST_OF_A_SERIES} appointments at most. Choose an earlier date");
                Err(Refusal::invalid("until", words))
            }
            _ => Ok(rule),
        }
    }

    /// Its days in order; one more than are allowed where there are too many.
    pub fn dates(&self) -> Vec<NaiveDate> {
        let dates = calendar::weekly(self.every_weeks, &self.days, (self.starts_on, self.ends_on));
        dates.take(MOST_OF_A_SERIES + 1).collect()
    }

    /// `mon,wed`.
    pub fn weekdays(&self) -> String {
        calendar::words_of(&self.days)
    }
}

/// The first instant of a day in a zone, in UTC.
pub fn midnight(date: NaiveDate, zone: Tz) -> NaiveDateTime {
    let wall = date.and_time(NaiveTime::MIN);
    let there = |wall: NaiveDateTime| wall.and_local_timezone(zone).earliest().map(|at| at.naive_utc());
    there(wall).or_else(|| next_there_is(wall, zone).and_then(there)).unwrap_or(wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONDON: Tz = Tz::Europe__London;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn slot(
        day: &str,
        start: &str,
        end: &str,
        which: (&str, &str),
    ) -> Result<(String, String), (&'static str, String)> {
        let clock = Clock::read((start, end), which, LONDON);
        match clock.and_then(|clock| clock.on(date(day))) {
            Ok(slot) => Ok((slot.starts_at.to_string(), slot.ends_at.to_string())),
            Err(Refusal::Invalid { field, words }) => Err((field, words)),
            Err(other) => panic!("{other}"),
        }
    }

    fn at(start: &str, end: &str) -> (String, String) {
        (start.into(), end.into())
    }

    #[test]
    fn both_clock_changes_of_2026() {
        assert_eq!(
            slot("2026-11-03", "09:00", "10:00", ("", "")),
            Ok(at("2026-11-03 09:00:00", "2026-11-03 10:00:00"))
        );
        assert_eq!(
            slot("2026-07-03", "09:00", "10:00", ("", "")),
            Ok(at("2026-07-03 08:00:00", "2026-07-03 09:00:00"))
        );
        // 29 March: from 1am to 2am there is nothing.
        let (field, words) = slot("2026-03-29", "01:30", "03:00", ("", "")).unwrap_err();
        assert_eq!(
            (field, words.contains("29 March 2026") && words.contains("does is 02:00")),
            ("start", true),
            "{words}"
        );
        let (field, _) = slot("2026-03-29", "00:30", "01:15", ("", "")).unwrap_err();
        assert_eq!(field, "end");
        assert_eq!(
            slot("2026-03-29", "00:30", "02:00", ("", "")),
            Ok(at("2026-03-29 00:30:00", "2026-03-29 01:00:00"))
        );
        // 25 October: from 1am to 2am comes twice.
        let (field, words) = slot("2026-10-25", "01:15", "02:30", ("", "")).unwrap_err();
        assert_eq!((field, words.contains("comes twice")), ("start_which", true), "{words}");
        assert_eq!(
            slot("2026-10-25", "01:15", "02:30", ("first", "")),
            Ok(at("2026-10-25 00:15:00", "2026-10-25 02:30:00"))
        );
        assert_eq!(
            slot("2026-10-25", "01:15", "02:30", ("second", "")),
            Ok(at("2026-10-25 01:15:00", "2026-10-25 02:30:00"))
        );
        // Half an hour that ends, on the clock, before it began.
        let across = slot("2026-10-25", "01:45", "01:15", ("first", "second"));
        assert_eq!(across, Ok(at("2026-10-25 00:45:00", "2026-10-25 01:15:00")));
        assert_eq!(slot("2026-10-25", "01:45", "01:15", ("second", "first")).unwrap_err().0, "end");
    }

    #[test]
    fn times_that_are_none_name_their_field() {
        for (start, end, wrong) in [
            ("25:61", "10:00", "start"),
            ("", "10:00", "start"),
            ("09:00", "x", "end"),
            ("10:00", "09:00", "end"),
            ("10:00", "10:00", "end"),
        ] {
            assert_eq!(slot("2026-11-03", start, end, ("", "")).unwrap_err().0, wrong, "{start} {end}");
        }
        assert_eq!(time("2.30pm"), NaiveTime::from_hms_opt(14, 30, 0));
        assert_eq!(day("03/11/2026"), Some(date("2026-11-03")));
        assert_eq!(day("31/02/2026"), None);
    }

    #[test]
    fn a_series_keeps_its_wall_time_and_its_weeks() {
        let now = date("2026-10-01").and_time(NaiveTime::MIN);
        let days = ["tue".to_owned(), "thu".to_owned()];
        let rule = Rule::read("2", &days, (date("2026-10-13"), "2026-11-12"), now).unwrap();
        let dates: Vec<String> = rule.dates().iter().map(ToString::to_string).collect();
        assert_eq!(
            dates,
            ["2026-10-13", "2026-10-15", "2026-10-27", "2026-10-29", "2026-11-10", "2026-11-12"]
        );
        assert_eq!(rule.weekdays(), "tue,thu");
        let clock = Clock::read(("09:00", "10:00"), ("", ""), LONDON).unwrap();
        let utc = |day: &str| clock.on(date(day)).unwrap().starts_at.time().to_string();
        assert_eq!((utc("2026-10-15"), utc("2026-10-27")), ("08:00:00".into(), "09:00:00".into()));
        let none: [String; 0] = [];
        for (every, days, until, field) in [
            ("0", &days[..], "2026-11-12", "every_weeks"),
            ("1", &none[..], "2026-11-12", "days"),
            ("1", &days[..], "2026-10-01", "until"),
            ("1", &days[..], "2030-10-01", "until"),
        ] {
            let Err(Refusal::Invalid { field: wrong, .. }) =
                Rule::read(every, days, (date("2026-10-13"), until), now)
            else {
                panic!("{field}")
            };
            assert_eq!(wrong, field);
        }
    }

    #[test]
    fn a_day_begins_where_it_begins() {
        assert_eq!(midnight(date("2026-07-03"), LONDON).to_string(), "2026-07-02 23:00:00");
        // Beirut's clocks go forward at midnight.
        assert_eq!(midnight(date("2026-03-29"), Tz::Asia__Beirut).to_string(), "2026-03-28 22:00:00");
    }
}
