//! Appointments that repeat: a rule of weekdays and weeks becomes appointments, each in the same window. A date that has
//! no place, or no such window, is left out and named, and the others are booked. With one promise that can be measured:
//! the same practitioner where they can come.

use chrono::{NaiveDate, Weekday};

use super::assigning::assign;
use super::booking::{Offer, create_among};
use super::{NewVisit, Planning, Visit, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::audit::{self, Event};
use crate::domain::patients::Patient;
use crate::domain::sent_forms::{self, Makes, Once};
use crate::domain::tasks::Task;
use crate::kit::calendar;
use crate::kit::ids::{StaffMemberId, VisitSeriesId, WindowId};

/// Appointments of one series.
pub const MOST_OF_A_SERIES: usize = 60;
const MOST_WEEKS_BETWEEN: i32 = 12;

/// When it repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub window: WindowId,
    pub every_weeks: i32,
    pub weekdays: Vec<Weekday>,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
}

impl Rule {
    /// Its dates in order.
    ///
    /// # Errors
    /// `Invalid` on `every_weeks`, `days` or `until`.
    pub fn dates(&self) -> Result<Vec<NaiveDate>, Refusal> {
        if !(1..=MOST_WEEKS_BETWEEN).contains(&self.every_weeks) {
            let words = format!("Enter a number of weeks from 1 to {MOST_WEEKS_BETWEEN}");
            return Err(Refusal::invalid("every_weeks", words));
        }
        if self.weekdays.is_empty() {
            return Err(Refusal::invalid("days", "Choose on which days it repeats"));
        }
        let days = calendar::weekly(self.every_weeks, &self.weekdays, (self.starts_on, self.ends_on));
        let dates: Vec<NaiveDate> = days.take(MOST_OF_A_SERIES + 1).collect();
        match dates.len() {
            0 => Err(Refusal::invalid("until", "No such day comes until then. Choose a later date")),
            n if n > MOST_OF_A_SERIES => {
                let words =
                    format!("A series has {MOST_OF_A_SERIES} appointments at most. Choose an earlier date");
                Err(Refusal::invalid("until", words))
            }
            _ => Ok(dates),
        }
    }
}

/// What became of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    pub series: VisitSeriesId,
    pub visits: Vec<Visit>,
    /// Dates that were left out, with the reason.
    pub left_out: Vec<(NaiveDate, String)>,
}

/// Books a series. With `keep`, each goes to that practitioner where they can come.
///
/// # Errors
/// As `create`; `Overtaken` where no date has a place.
pub fn create_series(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (patient, task): (&Patient, &Task),
    (rule, keep): (&Rule, Option<(StaffMemberId, &str)>),
    new: &NewVisit,
) -> Result<Made, Refusal> {
    let dates = rule.dates()?;
    let row = store::NewSeries {
        organisation: scope.organisation(),
        patient: patient.id,
        every_weeks: rule.every_weeks,
        weekdays: calendar::words_of(&rule.weekdays),
        starts_on: rule.starts_on,
        ends_on: rule.ends_on,
        keeps: keep.is_some(),
        by: &scope.by().name,
    };
    let series = store::insert_series(tx, &row)?;
    let offer = Offer::read(tx.conn, scope)?;
    let mut made = Made { series, visits: Vec::new(), left_out: Vec::new() };
    for date in dates {
        let one =
            NewVisit { planning: Planning::Window(rule.window, date), series: Some(series), ..new.clone() };
        let booked = tx.attempt(|tx| create_among(tx, scope, &offer, (patient, task), &one));
        match booked {
            Ok(visit) => made.visits.push(visit),
            Err(Refusal::Overtaken(words) | Refusal::Invalid { field: "window", words }) => {
                made.left_out.push((date, words));
            }
            Err(refusal) => return Err(refusal),
        }
    }
    if made.visits.is_empty() {
        let first = made.left_out.into_iter().next().map(|(_, words)| words).unwrap_or_default();
        return Err(Refusal::Overtaken(format!("No date of it can be booked. {first}")));
    }
    if let (Some(to), Mode::Live) = (keep, patient.mode) {
        for visit in &mut made.visits {
            let given = tx.attempt(|tx| assign(tx, scope, (Mode::Live, visit.id), Some(to), None));
            match given {
                Ok(now) => *visit = now,
                Err(Refusal::Overtaken(_)) => {}
                Err(refusal) => return Err(refusal),
            }
        }
    }
    let words = format!("booked a series of {} appointments for {}", made.visits.len(), patient.name());
    audit::record(tx, scope, Event::new("visit_series.made", words).about("visit series", series.0))?;
    Ok(made)
}

/// The same for a form with a key, which makes one series however often it is sent.
///
/// # Errors
/// As [`create_series`]; never for a form of which a series has come already.
pub fn create_series_once(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    key: &str,
    (patient, task): (&Patient, &Task),
    (rule, keep): (&Rule, Option<(StaffMemberId, &str)>),
    new: &NewVisit,
) -> Result<Once<Made>, Refusal> {
    let form = (Makes::VisitSeries, key);
    if let Some(id) = sent_forms::made(tx.conn, scope, form)? {
        let series = VisitSeriesId(id);
        let visits = store::of_series(tx.conn, scope.organisation(), series)?;
        return Ok(Once::Before(Made { series, visits, left_out: Vec::new() }));
    }
    let made = create_series(tx, scope, (patient, task), (rule, keep), new)?;
    sent_forms::keep(tx, scope, form, made.series.0)?;
    Ok(Once::Now(made))
}

/// How far the same person comes: appointments of a series, and how many of them go to whoever has most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sameness {
    pub name: String,
    pub theirs: usize,
    pub all: usize,
}

/// The appointments of a series that are not cancelled, in order, and the continuity score.
pub fn series(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    id: VisitSeriesId,
) -> Result<(Vec<Visit>, Option<Sameness>), Refusal> {
    let all = store::of_series(conn, scope.organisation(), id)?;
    if all.is_empty() {
        return Err(Refusal::NotHere);
    }
    let mut counts: Vec<(String, usize)> = Vec::new();
    for name in all.iter().filter_map(|one| one.practitioner.as_ref().map(|who| who.name.clone())) {
        match counts.iter_mut().find(|(of, _)| *of == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let sameness = most.map(|(name, theirs)| Sameness { name, theirs, all: all.len() });
    Ok((all, sameness))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(every_weeks: i32, weekdays: &[Weekday], from: &str, to: &str) -> Rule {
        Rule {
            window: WindowId(1),
            every_weeks,
            weekdays: weekdays.to_vec(),
            starts_on: from.parse().unwrap(),
            ends_on: to.parse().unwrap(),
        }
    }

    #[test]
    fn a_rule_becomes_dates() {
        let dates = rule(2, &[Weekday::Mon, Weekday::Thu], "2026-12-03", "2026-12-31").dates().unwrap();
        let dates: Vec<String> = dates.iter().map(ToString::to_string).collect();
        assert_eq!(dates, ["2026-12-03", "2026-12-14", "2026-12-17", "2026-12-28", "2026-12-31"]);
        for (rule, field) in [
            (rule(0, &[Weekday::Mon], "2026-12-03", "2026-12-31"), "every_weeks"),
            (rule(1, &[], "2026-12-03", "2026-12-31"), "days"),
            (rule(1, &[Weekday::Mon], "2026-12-03", "2026-12-04"), "until"),
            (rule(1, &[Weekday::Mon, Weekday::Tue], "2026-12-03", "2029-12-04"), "until"),
        ] {
            assert!(
                matches!(rule.dates(), Err(Refusal::Invalid { field: of, .. }) if of == field),
                "{field}"
            );
        }
    }
}
