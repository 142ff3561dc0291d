//! A resident's participations counted by week. Pure: dates in, weeks out.

use chrono::{Datelike as _, Days, NaiveDate};

/// Weeks that a chart shows.
pub const WEEKS: usize = 12;

/// One week, Monday to Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    pub monday: NaiveDate,
    pub took_part: u32,
    pub declined: u32,
    /// Of those that were rated.
    pub rated: u32,
    pub ratings: i32,
}

impl Week {
    /// In tenths, such as 43 for 4.3; `None` where nothing was rated.
    pub fn average_tenths(&self) -> Option<i32> {
        let rated = i32::try_from(self.rated).ok().filter(|rated| *rated > 0)?;
        Some((self.ratings * 10 + rated / 2) / rated)
    }
}

/// The last [`WEEKS`] weeks up to the one of `today`, oldest first; each point is a day in the organisation's time
/// zone, whether the resident took part, and the rating.
pub fn weeks(points: &[(NaiveDate, bool, Option<i32>)], today: NaiveDate) -> Vec<Week> {
    let this = monday(today);
    let back = (0..WEEKS).rev().filter_map(|week| {
        let days = u64::try_from(week).ok()? * 7;
        this.checked_sub_days(Days::new(days))
    });
    back.map(|start| {
        let mut week = Week { monday: start, took_part: 0, declined: 0, rated: 0, ratings: 0 };
        for (_, took_part, rating) in points.iter().filter(|(day, ..)| monday(*day) == start) {
            if *took_part {
                week.took_part += 1;
            } else {
                week.declined += 1;
            }
            if let Some(rating) = rating {
                week.rated += 1;
                week.ratings += rating;
            }
        }
        week
    })
    .collect()
}

fn monday(day: NaiveDate) -> NaiveDate {
    let past = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(past)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn points_fall_into_the_week_of_their_day() {
        // 24 November 2026 is a Tuesday.
        let points = [
            (date("2026-11-23"), true, Some(5)),
            (date("2026-11-29"), true, Some(4)),
            (date("2026-11-24"), false, None),
            (date("2026-11-22"), true, None),
            (date("2026-01-01"), true, Some(1)),
        ];
        let weeks = weeks(&points, date("2026-11-24"));
        assert_eq!(
            (weeks.len(), weeks[0].monday, weeks[11].monday),
            (12, date("2026-09-07"), date("2026-11-23"))
        );
        let last = weeks[11];
        assert_eq!((last.took_part, last.declined, last.average_tenths()), (2, 1, Some(45)));
        assert_eq!((weeks[10].took_part, weeks[10].average_tenths()), (1, None));
        assert_eq!(weeks.iter().map(|week| week.took_part).sum::<u32>(), 3);
    }
}
