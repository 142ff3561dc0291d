//! What was typed about an activity or a person's part in it, and what it means. Pure.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use crate::domain::Refusal;
use crate::domain::organisations::{one_line, readable_name, short};
use crate::kit::ids::ParticipationId;

/// Characters of a comment.
pub const LONGEST_COMMENT: usize = 2000;
const LONGEST_DETAILS: usize = 2000;
const LONGEST_REASON: usize = 200;
const LONGEST_NAME: usize = 100;

/// What an activity is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    pub name: String,
    /// May be empty, as may the location.
    pub details: String,
    pub location: String,
    /// UTC.
    pub starts_at: NaiveDateTime,
}

/// The same as typed: the day as `2026-11-24`, the time as `14:30`.
#[derive(Clone, Debug, Default)]
pub struct TypedDetails<'f> {
    pub name: &'f str,
    pub details: &'f str,
    pub location: &'f str,
    pub day: &'f str,
    pub time: &'f str,
}

impl Details {
    /// Reads a form; times are those of the organisation's `zone`.
    ///
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &TypedDetails<'_>, zone: Tz, now: NaiveDateTime) -> Result<Self, Refusal> {
        let name = readable_name("name", typed.name, "the name of the activity")?;
        let details = short("details", paragraphs(typed.details), LONGEST_DETAILS)?;
        let location = short("location", one_line(typed.location), LONGEST_NAME)?;
        let day =
            day(typed.day).ok_or_else(|| Refusal::invalid("day", "Enter the day, such as 24/11/2026"))?;
        let time =
            time(typed.time).ok_or_else(|| Refusal::invalid("time", "Enter the time, such as 14:30"))?;
        let local = day.and_time(time);
        let Some(starts_at) = local.and_local_timezone(zone).earliest() else {
            let words = "The clocks go forward at that time, so it does not exist. Choose another";
            return Err(Refusal::invalid("time", words));
        };
        let starts_at = starts_at.naive_utc();
        if (starts_at - now).abs() > TimeDelta::days(366) {
            return Err(Refusal::invalid("day", "Choose a day within a year from now"));
        }
        Ok(Self { name, details, location, starts_at })
    }
}

/// As browsers send it, or as people write it.
fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

fn time(text: &str) -> Option<NaiveTime> {
    let text = text.trim().replace('.', ":");
    ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(&text, form).ok())
}

/// Text of several lines: no control signs but line breaks.
fn paragraphs(text: &str) -> String {
    let plain = text.replace("\r\n", "\n");
    let plain: String =
        plain.chars().map(|sign| if sign.is_control() && sign != '\n' { ' ' } else { sign }).collect();
    plain.trim().to_owned()
}

/// One person's part, as somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub participation: ParticipationId,
    pub took_part: bool,
    /// Why somebody declined, or empty.
    pub reason: String,
    /// 1 (negative) to 5 (positive).
    pub rating: Option<i32>,
    pub comment: String,
}

/// The same as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedMark {
    /// `yes`, `no` or nothing.
    pub took_part: String,
    pub reason: String,
    pub rating: String,
    pub comment: String,
}

/// Which part of a mark is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    TookPart,
    Reason,
    Rating,
    Comment,
}

impl TypedMark {
    /// Whether anything at all was typed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Mark {
    /// Reads what was typed for one person; `None` where nothing was said about them.
    ///
    /// # Errors
    /// The part that cannot be used, with words that say what to do.
    pub fn read(participation: ParticipationId, typed: &TypedMark) -> Result<Option<Self>, (Part, String)> {
        let took_part = match typed.took_part.as_str() {
            "yes" => true,
            "no" => false,
            "" if typed.is_empty() => return Ok(None),
            "" => return Err((Part::TookPart, "Say whether they took part".to_owned())),
            _ => return Err((Part::TookPart, "Choose Took part or Declined".to_owned())),
        };
        let rating = match typed.rating.trim() {
            "" => None,
            rating => match rating.parse() {
                Ok(rating @ 1..=5) => Some(rating),
                _ => return Err((Part::Rating, "Choose a rating from 1 to 5".to_owned())),
            },
        };
        let long = |part, text: String, most: usize| {
            let length = text.chars().count();
            if length <= most {
                return Ok(text);
            }
            let words = format!("Use {most} characters or fewer: these are {length}");
            Err((part, words))
        };
        let comment = long(Part::Comment, paragraphs(&typed.comment), LONGEST_COMMENT)?;
        let reason = long(Part::Reason, one_line(&typed.reason), LONGEST_REASON)?;
        let reason = if took_part { String::new() } else { reason };
        Ok(Some(Self { participation, took_part, reason, rating, comment }))
    }

    /// What the care record is told besides the fields of its own: a reason has none there.
    pub(super) fn comment_with_reason(&self) -> String {
        match (self.reason.as_str(), self.comment.as_str()) {
            ("", comment) => comment.to_owned(),
            (reason, "") => format!("Declined: {reason}"),
            (reason, comment) => format!("Declined: {reason}. {comment}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONDON: Tz = Tz::Europe__London;

    fn now() -> NaiveDateTime {
        "2026-11-24T09:00:00".parse().unwrap()
    }

    fn typed<'f>(day: &'f str, time: &'f str) -> TypedDetails<'f> {
        TypedDetails { name: " Chair  yoga ", details: "a\r\nb", location: "Lounge", day, time }
    }

    #[test]
    fn times_are_those_of_the_organisation() {
        let read =
            |day, time| Details::read(&typed(day, time), LONDON, now()).map(|one| one.starts_at.to_string());
        assert_eq!(read("2026-11-24", "14:30").unwrap(), "2026-11-24 14:30:00");
        assert_eq!(read("24/07/2026", "14.30").unwrap(), "2026-07-24 13:30:00");
        // 25 October has two half past ones: the first is meant. 28 March 2027 has none.
        assert_eq!(read("2026-10-25", "01:30").unwrap(), "2026-10-25 00:30:00");
        assert!(read("2027-03-28", "01:30").unwrap_err().to_string().contains("does not exist"));
        for (day, time) in
            [("", "14:30"), ("2026-02-30", "14:30"), ("2026-11-24", "25:00"), ("2029-01-01", "10:00")]
        {
            assert!(read(day, time).is_err(), "{day} {time}");
        }
        let details = Details::read(&typed("2026-11-24", "14:30"), LONDON, now()).unwrap();
        assert_eq!((details.name.as_str(), details.details.as_str()), ("Chair yoga", "a\nb"));
    }

    #[test]
    fn a_mark_is_read_or_says_what_is_wrong() {
        let id = ParticipationId(1);
        let mark = |took_part: &str, rating: &str, comment: &str| {
            let typed = TypedMark {
                took_part: took_part.into(),
                rating: rating.into(),
                comment: comment.into(),
                reason: "Tired".into(),
            };
            Mark::read(id, &typed)
        };
        assert_eq!(Mark::read(id, &TypedMark::default()), Ok(None));
        let yes = mark("yes", "5", "Sang along").unwrap().unwrap();
        assert_eq!((yes.rating, yes.reason.as_str()), (Some(5), ""));
        let no = mark("no", "", "").unwrap().unwrap();
        assert_eq!((no.took_part, no.comment_with_reason().as_str()), (false, "Declined: Tired"));
        for rating in ["0", "6", "-1", "4.5", "five", "99999999999"] {
            assert_eq!(mark("yes", rating, "").unwrap_err().0, Part::Rating, "{rating}");
        }
        assert!(mark("yes", "", &"é".repeat(2000)).is_ok());
        let (part, words) = mark("yes", "", &"a".repeat(5000)).unwrap_err();
        assert_eq!((part, words.contains("5000")), (Part::Comment, true));
        assert_eq!(mark("", "3", "").unwrap_err().0, Part::TookPart);
        assert_eq!(mark("perhaps", "", "").unwrap_err().0, Part::TookPart);
    }
}
