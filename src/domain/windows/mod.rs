//! What a patient is promised: a part of the day, such as *Early 7–9*, on weekdays, with so many places on each day.
//!
//! A window's hours are wall times where the organisation is. A *slot* is a window on one date, with the instants to
//! which it comes there; its public number is `win_` with both. Pure but for reading: who holds a place is known by
//! `visits`.

mod clocks;
mod setting;
mod store;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Weekday};
use chrono_tz::Tz;

use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::kit::calendar::{Edge, instant};
use crate::kit::ids::{OrganisationId, WindowId};

pub use clocks::{Unusual, unusual};
pub use setting::{Facts, MOST_PLACES, Typed, add, change, restore, retire};

/// A window as it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub id: WindowId,
    pub name: String,
    /// Minutes of the day, from midnight on the clock.
    pub from_minute: i32,
    pub to_minute: i32,
    pub weekdays: Vec<Weekday>,
    /// Appointments on one date.
    pub capacity: i32,
    pub retired_at: Option<NaiveDateTime>,
}

/// A window on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub window: WindowId,
    pub name: String,
    pub date: NaiveDate,
    /// UTC.
    pub starts_at: NaiveDateTime,
    /// UTC, after `starts_at`.
    pub ends_at: NaiveDateTime,
    pub capacity: i32,
}

impl Slot {
    /// `win_7_20261203`.
    pub fn public_id(&self) -> String {
        format!("win_{}_{}", self.window, self.date.format("%Y%m%d"))
    }
}

/// Reads `win_7_20261203`.
pub fn read_public_id(text: &str) -> Option<(WindowId, NaiveDate)> {
    let (window, date) = text.strip_prefix("win_")?.split_once('_')?;
    let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
    let window: i64 = window.parse().ok().filter(|id| *id > 0)?;
    let read = (WindowId(window), date);
    // Only the one spelling: `win_07_…` is nobody's number.
    (format!("win_{}_{}", read.0, date.format("%Y%m%d")) == text).then_some(read)
}

/// Minutes of the day as a clock shows them: `07:00`, and `24:00` for its end.
pub fn clock(minute: i32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Window {
    /// `07:00 to 09:00`.
    pub fn hours(&self) -> String {
        format!("{} to {}", clock(self.from_minute), clock(self.to_minute))
    }

    /// `Monday to Friday`, `every day`, or `Monday, Wednesday`.
    pub fn days(&self) -> String {
        setting::days(&self.weekdays)
    }

    /// The slot of a date; none where the window is not on that weekday, or where the clocks leave nothing of it.
    ///
    /// An end that is skipped by the clock is the next minute there is, and of a repeated hour the window has all: its
    /// start is the first and its end the second.
    pub fn on(&self, date: NaiveDate, zone: Tz) -> Option<Slot> {
        if !self.weekdays.contains(&date.weekday()) {
            return None;
        }
        let starts_at = instant(date, self.from_minute, zone, Edge::First)?;
        let ends_at = instant(date, self.to_minute, zone, Edge::Last)?;
        (ends_at > starts_at).then(|| Slot {
            window: self.id,
            name: self.name.clone(),
            date,
            starts_at,
            ends_at,
            capacity: self.capacity,
        })
    }
}

/// All windows, retired ones too, by their hours.
pub fn all<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Vec<Window>, Refusal> {
    Ok(store::all(conn, scope.organisation())?)
}

/// A window by its number, retired or not.
///
/// # Errors
/// `NotHere` for another organisation's.
pub fn get(conn: &mut Conn, organisation: OrganisationId, id: WindowId) -> Result<Window, Refusal> {
    store::all(conn, organisation)?.into_iter().find(|one| one.id == id).ok_or(Refusal::NotHere)
}

/// The windows of an organisation that are in use, by their hours.
pub fn in_use(conn: &mut Conn, organisation: OrganisationId) -> Result<Vec<Window>, Refusal> {
    Ok(store::all(conn, organisation)?.into_iter().filter(|one| one.retired_at.is_none()).collect())
}

/// All slots from one date to another, both included, in order of time.
pub fn slots(windows: &[Window], (from, to): (NaiveDate, NaiveDate), zone: Tz) -> Vec<Slot> {
    let mut all: Vec<Slot> = from
        .iter_days()
        .take_while(|date| *date <= to)
        .flat_map(|date| windows.iter().filter_map(move |window| window.on(date, zone)))
        .collect();
    all.sort_by_key(|slot| (slot.starts_at, slot.ends_at, slot.window));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONDON: Tz = Tz::Europe__London;

    fn window(from: i32, to: i32) -> Window {
        let weekdays = vec![Weekday::Mon, Weekday::Sun];
        Window {
            id: WindowId(7),
            name: "Early".into(),
            from_minute: from,
            to_minute: to,
            weekdays,
            capacity: 2,
            retired_at: None,
        }
    }

    fn on(from: i32, to: i32, date: &str) -> Option<(String, String)> {
        let slot = window(from, to).on(date.parse().unwrap(), LONDON)?;
        Some((slot.starts_at.to_string(), slot.ends_at.to_string()))
    }

    #[test]
    fn a_window_is_on_its_weekdays_and_has_the_hours_of_the_place() {
        let both = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(on(420, 540, "2026-12-07"), both("2026-12-07 07:00:00", "2026-12-07 09:00:00"));
        assert_eq!(on(420, 540, "2026-07-06"), both("2026-07-06 06:00:00", "2026-07-06 08:00:00"));
        assert_eq!(on(420, 540, "2026-12-08"), None);
    }

    #[test]
    fn the_hour_that_the_clock_skips_or_repeats_is_right() {
        let both = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        // 29 March 2026: 01:00 to 02:00 is left out.
        assert_eq!(on(60, 180, "2026-03-29"), both("2026-03-29 01:00:00", "2026-03-29 02:00:00"));
        assert_eq!(on(60, 120, "2026-03-29"), None, "nothing is left of it");
        // 25 October 2026: 01:00 to 02:00 comes twice.
        assert_eq!(on(60, 120, "2026-10-25"), both("2026-10-25 00:00:00", "2026-10-25 02:00:00"));
    }

    #[test]
    fn public_numbers_have_one_spelling() {
        let slot = window(420, 540).on("2026-12-07".parse().unwrap(), LONDON).unwrap();
        assert_eq!(slot.public_id(), "win_7_20261207");
        assert_eq!(read_public_id("win_7_20261207"), Some((WindowId(7), slot.date)));
        for text in ["win_07_20261207", "win_7_20261307", "win_-7_20261207", "win_7", "7_20261207", ""] {
            assert_eq!(read_public_id(text), None, "{text}");
        }
    }
}
