//! What the rows of a report add up to, and which of them are wanted. Pure.

use chrono::NaiveDateTime;

use super::{At, Report, Row, Show, Standing, Wanted};
use crate::kit::names::{search_key, split};

/// Rows of a report by where they stand; the parts add up to `all`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub all: i64,
    pub mapped: i64,
    /// Of the mapped: by a rule.
    pub auto: i64,
    /// Of the mapped: by a person.
    pub user: i64,
    pub not_mapped: i64,
    pub not_needed: i64,
    /// Of appointments.
    pub rendered: i64,
    /// Of appointments: mapped and not rendered.
    pub not_rendered: i64,
}

impl Totals {
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut totals = Self::default();
        for row in rows {
            totals.all += 1;
            match row.standing {
                Standing::Mapped => totals.mapped += 1,
                Standing::NotMapped => totals.not_mapped += 1,
                Standing::NotNeeded => totals.not_needed += 1,
            }
            if let Some(mapping) = &row.mapping {
                let by_hand = mapping.origin == "User";
                totals.user += i64::from(by_hand);
                totals.auto += i64::from(!by_hand);
            }
            totals.rendered += i64::from(row.rendered == Some(true));
            totals.not_rendered += i64::from(row.rendered == Some(false) && row.standing == Standing::Mapped);
        }
        totals
    }
}

/// How long those that are not mapped have waited, in days; the parts add up to `Totals::not_mapped`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ageing {
    /// Up to 7 days.
    pub week: i64,
    /// 8 to 30 days.
    pub month: i64,
    /// Over 30 days.
    pub older: i64,
}

impl Ageing {
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut ageing = Self::default();
        for row in rows.iter().filter(|row| row.standing == Standing::NotMapped) {
            match row.age {
                ..=7 => ageing.week += 1,
                8..=30 => ageing.month += 1,
                _ => ageing.older += 1,
            }
        }
        ageing
    }
}

/// What has changed since a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub newly_mapped: i64,
    /// Was mapped and is not any more.
    pub no_longer_mapped: i64,
    /// Was seen for the first time, and is not mapped.
    pub new_and_not_mapped: i64,
}

impl Changes {
    pub(super) fn of(rows: &[Row], since: NaiveDateTime) -> Self {
        let mut changes = Self::default();
        for row in rows {
            let lost = row.lost_at.is_some_and(|at| at >= since);
            match row.standing {
                Standing::Mapped => {
                    let newly = row.mapping.as_ref().is_some_and(|mapping| mapping.at >= since);
                    changes.newly_mapped += i64::from(newly);
                }
                _ if lost => changes.no_longer_mapped += 1,
                Standing::NotMapped => changes.new_and_not_mapped += i64::from(row.first_seen >= since),
                Standing::NotNeeded => {}
            }
        }
        changes
    }
}

/// The rows that fit everything but `show`, in the order of the list.
pub(super) fn fitting(mut rows: Vec<Row>, report: Report, wanted: &Wanted, at: At) -> Vec<Row> {
    let sought = words(&wanted.search);
    rows.retain(|row| {
        let day = if report.is_dated() { row.date } else { Some(at.day(row.first_seen)) };
        let in_time = wanted.from.is_none_or(|from| day.is_some_and(|day| day >= from))
            && wanted.to.is_none_or(|to| day.is_some_and(|day| day <= to));
        in_time && wanted.agency.is_none_or(|agency| row.places.contains(&agency)) && holds(row, &sought)
    });
    if report.is_dated() {
        let key = |row: &Row| (row.date, row.start.clone(), row.theirs.clone(), row.ours);
        rows.sort_by_cached_key(|row| std::cmp::Reverse(key(row)));
    } else {
        rows.sort_by_cached_key(|row| {
            (search_key(row.name()), row.system.clone(), row.ours, row.theirs.clone())
        });
    }
    rows
}

pub(super) fn keep_shown(rows: &mut Vec<Row>, show: Show) {
    rows.retain(|row| match show {
        Show::All => true,
        Show::Mapped => row.standing == Standing::Mapped,
        Show::NotMapped => row.standing == Standing::NotMapped,
    });
}

/// The folded words of a search; what folds to nothing is looked for as it is, and so finds nothing.
fn words(search: &str) -> Vec<String> {
    let folded = split(search);
    let typed = search.trim();
    if folded.is_empty() && !typed.is_empty() { vec![typed.to_owned()] } else { folded }
}

fn holds(row: &Row, sought: &[String]) -> bool {
    if sought.is_empty() {
        return true;
    }
    let ours = row.ours.map(|id| id.to_string()).unwrap_or_default();
    let texts = [&row.name_here, &row.name_there, &row.theirs, &row.email, &row.client, &row.staff, &ours]
        .map(|text| split(text));
    let text = texts.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    sought.iter().all(|word| text.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};
    use chrono_tz::Tz;

    use super::super::Mapping;
    use super::*;

    fn at() -> At {
        let now = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(9, 0, 0).unwrap();
        At { now, zone: Tz::Europe__London }
    }

    fn row(name: &str, standing: Standing, age: i64) -> Row {
        let first_seen = at().now - TimeDelta::days(age);
        let mapping = (standing == Standing::Mapped).then(|| Mapping {
            origin: if age % 2 == 0 { "Auto".into() } else { "User".into() },
            by: String::new(),
            at: first_seen,
            rule: String::new(),
        });
        Row { name_here: name.into(), standing, age, first_seen, mapping, ..Row::default() }
    }

    #[test]
    fn the_parts_add_up() {
        let mut rows = Vec::new();
        for age in [0, 7, 8, 30, 31, 400] {
            for standing in [Standing::Mapped, Standing::NotMapped, Standing::NotNeeded] {
                rows.push(row("A", standing, age));
            }
        }
        let (totals, ageing) = (Totals::of(&rows), Ageing::of(&rows));
        assert_eq!(totals.all, totals.mapped + totals.not_mapped + totals.not_needed);
        assert_eq!(totals.mapped, totals.auto + totals.user);
        assert_eq!((ageing.week, ageing.month, ageing.older), (2, 2, 2));
        let changes = Changes::of(&rows, at().now - TimeDelta::days(7));
        assert_eq!((changes.newly_mapped, changes.new_and_not_mapped, changes.no_longer_mapped), (2, 2, 0));
    }

    #[test]
    fn what_lost_its_mapping_this_week_is_counted_once() {
        let mut lost = row("A", Standing::NotMapped, 3);
        lost.lost_at = Some(at().now - TimeDelta::days(1));
        let changes = Changes::of(&[lost], at().now - TimeDelta::days(7));
        assert_eq!((changes.no_longer_mapped, changes.new_and_not_mapped), (1, 0));
    }

    #[test]
    fn dates_agency_and_words_narrow_and_the_whole_last_day_counts() {
        let rows = || vec![row("Béa O'Brien", Standing::NotMapped, 0), row("Tom Ray", Standing::Mapped, 10)];
        let names = |wanted: Wanted| -> Vec<String> {
            fitting(rows(), Report::Clients, &wanted, at()).into_iter().map(|row| row.name_here).collect()
        };
        let today = at().today();
        assert_eq!(names(Wanted { search: "bea obrien".into(), ..Wanted::default() }), ["Béa O'Brien"]);
        assert_eq!(
            names(Wanted { from: Some(today), to: Some(today), ..Wanted::default() }),
            ["Béa O'Brien"]
        );
        assert_eq!(names(Wanted { to: Some(today - TimeDelta::days(1)), ..Wanted::default() }), ["Tom Ray"]);
        assert!(names(Wanted { search: "%".into(), ..Wanted::default() }).is_empty());
        assert_eq!(names(Wanted::default()).len(), 2);
    }
}
