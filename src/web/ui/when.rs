//! Dates, times and numbers as people read them. Pure: the present moment and the time zone are passed in.

use std::fmt;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;

/// A moment, printed as `<time datetime="…">Today at 2:30pm</time>`: write `{{ row.when }}` in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// RFC 3339 in UTC, whole seconds.
    pub iso: String,
    pub words: String,
}

impl When {
    /// The same inside a sentence: "today at 2:30pm".
    #[must_use]
    pub fn in_sentence(&self) -> Self {
        Self { iso: self.iso.clone(), words: in_sentence(&self.words) }
    }

    /// `now` and `tz` decide the words: "Today at 2:30pm" for the reader of that time zone.
    pub fn new(at: DateTime<Utc>, now: DateTime<Utc>, tz: Tz) -> Self {
        Self { iso: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), words: moment(at, now, tz) }
    }

    /// With its seconds, for lists in which much happens within a minute.
    pub fn to_the_second(at: DateTime<Utc>, now: DateTime<Utc>, tz: Tz) -> Self {
        let local = at.with_timezone(&tz);
        let day = day(local.date_naive(), now.with_timezone(&tz).date_naive());
        let (afternoon, hour) = local.time().hour12();
        let clock = format!("{hour}:{:02}:{:02}{}", local.minute(), local.second(), half(afternoon));
        Self { words: format!("{day} at {clock}"), ..Self::clock(at, tz) }
    }

    /// Only the time of day, for lists that have the day as a heading.
    pub fn clock(at: DateTime<Utc>, tz: Tz) -> Self {
        let iso = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self { iso, words: clock(at.with_timezone(&tz).time()) }
    }
}

// `words` and `iso` are made here from numbers and month names, and so have nothing to escape.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\">{}</time>", self.iso, self.words)
    }
}

impl askama::filters::HtmlSafe for When {}

/// "Every day" of "every day", for words that stand alone.
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "today at 2:30pm" of "Today at 2:30pm"; names of days and months stay as they are.
pub fn in_sentence(moment: &str) -> String {
    for day in ["Today", "Yesterday", "Tomorrow"] {
        if let Some(rest) = moment.strip_prefix(day) {
            return format!("{}{rest}", day.to_lowercase());
        }
    }
    moment.to_owned()
}

/// "Today at 2:30pm", "Yesterday at 1am", "Tomorrow at 1am", else "Sunday 22 November 2026 at 1am".
pub fn moment(at: DateTime<Utc>, now: DateTime<Utc>, tz: Tz) -> String {
    let local = at.with_timezone(&tz);
    format!("{} at {}", day(local.date_naive(), now.with_timezone(&tz).date_naive()), clock(local.time()))
}

/// "Today", "Yesterday", "Tomorrow", else "Sunday 22 November 2026"; `today` is the reader's date.
pub fn day(date: NaiveDate, today: NaiveDate) -> String {
    if date == today {
        "Today".to_owned()
    } else if Some(date) == today.checked_sub_days(Days::new(1)) {
        "Yesterday".to_owned()
    } else if Some(date) == today.checked_add_days(Days::new(1)) {
        "Tomorrow".to_owned()
    } else {
        long_date(date)
    }
}

/// "2:30pm", "1am", "midday", "midnight".
pub fn clock(time: NaiveTime) -> String {
    let (afternoon, hour) = time.hour12();
    match (time.hour(), time.minute()) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "midday".to_owned(),
        (_, 0) => format!("{hour}{}", half(afternoon)),
        (_, minute) => format!("{hour}:{minute:02}{}", half(afternoon)),
    }
}

fn half(afternoon: bool) -> &'static str {
    if afternoon { "pm" } else { "am" }
}

/// "4 March 1938".
pub fn date(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// "Sunday 22 November 2026".
pub fn long_date(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

/// "999 123 4567" with spaces that do not break; anything that is not ten digits is given back as it came.
pub fn nhs(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if digits.len() != 10 || !digits.iter().all(char::is_ascii_digit) {
        return number.to_owned();
    }
    let mut out = String::with_capacity(14);
    for (i, digit) in digits.into_iter().enumerate() {
        if i == 3 || i == 6 {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// "5,000".
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + 8);
    if n < 0 {
        out.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const LONDON: Tz = Tz::Europe__London;

    #[test]
    fn near_days_have_names_and_far_ones_are_written_out() {
        let now = at("2026-11-22T18:00:00Z");
        for (when, words) in [
            ("2026-11-22T14:30:00Z", "Today at 2:30pm"),
            ("2026-11-22T01:00:00Z", "Today at 1am"),
            ("2026-11-21T01:00:00Z", "Yesterday at 1am"),
            ("2026-11-23T12:00:00Z", "Tomorrow at midday"),
            ("2026-11-20T00:00:00Z", "Friday 20 November 2026 at midnight"),
            ("2025-11-22T01:05:00Z", "Saturday 22 November 2025 at 1:05am"),
            ("2026-11-22T00:02:00Z", "Today at 12:02am"),
            ("2026-11-22T12:02:00Z", "Today at 12:02pm"),
        ] {
            assert_eq!(moment(at(when), now, LONDON), words);
        }
    }

    #[test]
    fn the_day_is_that_of_the_readers_time_zone() {
        // 23:30 UTC in July is already tomorrow in London.
        let now = at("2026-07-01T23:30:00Z");
        assert_eq!(moment(at("2026-07-01T22:59:00Z"), now, LONDON), "Yesterday at 11:59pm");
        assert_eq!(moment(at("2026-07-01T23:00:00Z"), now, LONDON), "Today at midnight");
        // The hour that London has twice on 25 October reads the same both times; the machine-readable time differs.
        let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        assert_eq!(moment(first, first, LONDON), moment(second, second, LONDON));
        assert_ne!(When::new(first, first, LONDON), When::new(second, second, LONDON));
    }

    #[test]
    fn a_time_element_carries_the_moment() {
        let when = When::new(at("2026-11-22T14:30:00Z"), at("2026-11-22T18:00:00Z"), LONDON);
        assert_eq!(when.to_string(), "<time datetime=\"2026-11-22T14:30:00Z\">Today at 2:30pm</time>");
        assert_eq!(when.in_sentence().words, "today at 2:30pm");
        let exact = When::to_the_second(at("2026-11-22T14:30:05Z"), at("2026-11-22T18:00:00Z"), LONDON);
        assert_eq!(
            (exact.iso.as_str(), exact.words.as_str()),
            ("2026-11-22T14:30:05Z", "Today at 2:30:05pm")
        );
        assert_eq!(in_sentence("Friday 20 November 2026 at midnight"), "Friday 20 November 2026 at midnight");
        assert_eq!(When::clock(at("2026-07-01T13:00:00Z"), LONDON).words, "2pm");
    }

    #[test]
    fn an_nhs_number_is_grouped_only_when_it_is_one() {
        assert_eq!(nhs("9991234567"), "999\u{a0}123\u{a0}4567");
        assert_eq!(nhs(" 999-123 4567"), "999\u{a0}123\u{a0}4567");
        assert_eq!(nhs("99912345"), "99912345");
        assert_eq!(nhs("Not known"), "Not known");
    }

    #[test]
    fn dates_and_numbers_are_written_for_people() {
        assert_eq!(date(NaiveDate::from_ymd_opt(1938, 3, 4).unwrap()), "4 March 1938");
        assert_eq!(["0", "999", "5,000", "1,234,567"], [0, 999, 5_000, 1_234_567].map(thousands));
        assert_eq!(thousands(-1_000), "−1,000");
    }
}
