//! Dates and times of day as people and vendors write them. Pure.

use chrono::{Datelike, NaiveDate, NaiveTime};

/// Every day that a text can mean, the likeliest first: the vendor writes `5/4/2026` with the month before the day.
pub fn dates(text: &str) -> Vec<NaiveDate> {
    let text = text.trim();
    let iso = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
    if let Some(day) = iso.filter(|_| matches!(text.get(10..11), None | Some("T" | " "))) {
        return sensible(vec![day]);
    }
    let formats = ["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"];
    let mut found: Vec<NaiveDate> =
        formats.iter().filter_map(|format| NaiveDate::parse_from_str(text, format).ok()).collect();
    found.dedup();
    sensible(found)
}

/// Years that a session can be in; two digits are not a year.
fn sensible(mut days: Vec<NaiveDate>) -> Vec<NaiveDate> {
    days.retain(|day| (2000..2100).contains(&day.year()));
    days
}

/// A time of day: `13:00`, `13:00:00`, `1:05 PM`, `9am`, `9.30 a.m.`.
pub fn time(text: &str) -> Option<NaiveTime> {
    let text: String =
        text.chars().filter(|sign| !sign.is_whitespace()).flat_map(char::to_lowercase).collect();
    let half = ["a.m.", "am", "p.m.", "pm"].into_iter().find(|half| text.ends_with(half));
    let digits = half.and_then(|half| text.strip_suffix(half)).unwrap_or(&text);
    let parts: Vec<&str> = digits.split([':', '.']).collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour] if half.is_some() => (*hour, "00", "00"),
        [hour, minute] => (*hour, *minute, "00"),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    let number = |text: &str, most: usize| {
        let good = (1..=most).contains(&text.len()) && text.bytes().all(|sign| sign.is_ascii_digit());
        good.then(|| text.parse::<u32>().ok()).flatten()
    };
    let exact = |text: &str| number(text, 2).filter(|_| text.len() == 2);
    let (hour, minute, second) = (number(hour, 2)?, exact(minute)?, exact(second)?);
    let hour = match half {
        None => hour,
        Some(_) if hour == 0 || hour > 12 => return None,
        Some(half) => hour % 12 + if half.starts_with('p') { 12 } else { 0 },
    };
    NaiveTime::from_hms_opt(hour, minute, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, time) in [
            ("13:00", Some(at(13, 0))),
            ("1:05 PM", Some(at(13, 5))),
            ("13:00:00", Some(at(13, 0))),
            ("9am", Some(at(9, 0))),
            ("9 a.m.", Some(at(9, 0))),
            ("12:00 AM", Some(at(0, 0))),
            ("12:30 pm", Some(at(12, 30))),
            ("9.30", Some(at(9, 30))),
            ("09:30\u{202f}PM", Some(at(21, 30))),
            ("25:61", None),
            ("24:00", None),
            ("13:00 PM", None),
            ("0:30 am", None),
            ("9", None),
            ("13:5", None),
            ("1:2:3:4", None),
            ("-1:00", None),
            ("", None),
            ("noon", None),
            ("１３:００", None),
        ] {
            assert_eq!(self::time(text), time, "{text:?}");
        }
    }

    #[test]
    fn dates_are_read_in_iso_and_as_the_vendor_writes_them() {
        let day = NaiveDate::from_ymd_opt(2026, 5, 4).unwrap();
        for text in
            ["2026-05-04", "2026-05-04T00:00:00Z", "5/4/2026", "05/04/2026", "May 4, 2026", "4 May 2026"]
        {
            assert_eq!(dates(text).first(), Some(&day), "{text}");
        }
        for text in ["2026-02-30", "31/31/2026", "tomorrow", "", "0001-01-01", "2026-05-041"] {
            assert_eq!(dates(text), [], "{text}");
        }
    }
}
