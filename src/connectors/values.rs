//! What a loose value means: a tidy text, a yes or no, a day. Pure, and forgiving only where nobody can be
//! mistaken for somebody else.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use chrono_tz::Europe::London;

use super::row::Loose;

/// Names and the like; longer ones are not names.
const LONGEST_TEXT: usize = 200;

/// A value that cannot be what the field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// A text without control signs and outer spaces; `None` where nothing is left of it.
pub(super) fn text(value: &Loose<'_>) -> Result<Option<String>, Unreadable> {
    match value {
        Loose::Null => Ok(None),
        Loose::Number(number) => Ok(Some(number.clone())),
        Loose::Bool(_) | Loose::Other => Err(Unreadable),
        Loose::Text(text) => {
            let tidy = tidy(text);
            if tidy.chars().count() > LONGEST_TEXT {
                Err(Unreadable)
            } else {
                Ok(Some(tidy).filter(|t| !t.is_empty()))
            }
        }
    }
}

fn tidy(text: &str) -> String {
    if text.chars().any(char::is_control) {
        // Databases refuse NUL, and a line break inside a name is a slip.
        let plain: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
        plain.trim().to_owned()
    } else {
        text.trim().to_owned()
    }
}

/// Yes or no, in the ways in which it is written. `None` where nothing was said.
pub(super) fn flag(value: &Loose<'_>) -> Result<Option<bool>, Unreadable> {
    match value {
        Loose::Null => Ok(None),
        Loose::Bool(value) => Ok(Some(*value)),
        Loose::Number(number) => Ok(Some(number != "0")),
        Loose::Other => Err(Unreadable),
        Loose::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" | "yes" | "y" | "1" | "on" => Ok(Some(true)),
            "false" | "no" | "n" | "0" | "off" => Ok(Some(false)),
            _ => Err(Unreadable),
        },
    }
}

/// Yes, no, or the day since when: a day to come is still a no.
pub(super) fn gone(value: &Loose<'_>, today: Option<NaiveDate>) -> Result<bool, Unreadable> {
    match flag(value) {
        Ok(said) => Ok(said.unwrap_or(false)),
        Err(unreadable) => {
            let Loose::Text(text) = value else { return Err(unreadable) };
            let since = day(text).ok_or(unreadable)?;
            Ok(today.is_none_or(|today| since <= today))
        }
    }
}

/// Ten digits where there are ten, whatever stands between them; otherwise the text as it came.
pub(super) fn nhs_number(text: String) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let only_separators =
        text.chars().all(|sign| sign.is_ascii_digit() || sign.is_whitespace() || sign == '-');
    if digits.len() == 10 && only_separators { digits } else { text }
}

/// A day of birth somebody alive may have; `None` for any other.
pub(super) fn birthday(text: &str, today: Option<NaiveDate>) -> Option<NaiveDate> {
    let born = day(text)?;
    let earliest = NaiveDate::from_ymd_opt(1890, 1, 1)?;
    (born >= earliest && today.is_none_or(|today| born <= today)).then_some(born)
}

/// `2026-05-03`, or a moment of RFC 3339. A moment in universal time is taken in London: midnight of a summer's day
/// there is still the evening before in universal time.
fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if text.len() == 10 {
        return NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    }
    if let Ok(moment) = DateTime::<FixedOffset>::parse_from_rfc3339(text) {
        let universal = moment.offset().local_minus_utc() == 0;
        return Some(if universal {
            moment.with_timezone(&London).date_naive()
        } else {
            moment.date_naive()
        });
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|moment| moment.date())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn said(text: &str) -> Loose<'_> {
        Loose::Text(Cow::Borrowed(text))
    }

    #[test]
    fn days_are_read_as_written_and_impossible_ones_are_not() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 2);
        for (text, day) in [
            ("1938-04-02", "1938-04-02"),
            ("1938-04-02T00:00:00Z", "1938-04-02"),
            ("1938-06-01T23:00:00Z", "1938-06-02"),
            ("1938-06-02T00:00:00+01:00", "1938-06-02"),
            ("1938-04-02T00:00:00", "1938-04-02"),
            ("2026-11-02", "2026-11-02"),
        ] {
            assert_eq!(birthday(text, today).map(|born| born.to_string()).as_deref(), Some(day), "{text}");
        }
        for text in
            ["", "1938-02-30", "0000-00-00", "02/04/1938", "1889-12-31", "2026-11-03", "1938", "soon-ish!!"]
        {
            assert_eq!(birthday(text, today), None, "{text}");
        }
    }

    #[test]
    fn an_nhs_number_loses_its_spaces_only_if_it_has_ten_digits() {
        for (sent, kept) in [
            ("999 000 0026", "9990000026"),
            ("999-000-0026", "9990000026"),
            ("999 00", "999 00"),
            ("A990000026", "A990000026"),
        ] {
            assert_eq!(nhs_number(sent.to_owned()), kept);
        }
    }

    #[test]
    fn a_text_is_tidied_and_a_wrong_type_is_no_text() {
        assert_eq!(text(&said("  O\u{0}Neil\t")), Ok(Some("O Neil".into())));
        assert_eq!(text(&said(" \n ")), Ok(None));
        assert_eq!(text(&Loose::Number("12".into())), Ok(Some("12".into())));
        assert_eq!(text(&Loose::Other), Err(Unreadable));
        assert_eq!(text(&said(&"a".repeat(201))), Err(Unreadable));
    }

    #[test]
    fn somebody_who_leaves_tomorrow_is_still_here() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 2);
        assert_eq!(gone(&said("2026-11-03"), today), Ok(false));
        assert_eq!(gone(&said("2026-11-02T09:00:00Z"), today), Ok(true));
        assert_eq!(gone(&Loose::Bool(true), today), Ok(true));
        assert_eq!(gone(&Loose::Null, today), Ok(false));
        assert_eq!(gone(&said("perhaps"), today), Err(Unreadable));
    }
}
