//! The letter of Monday morning: counts, and the three things that matter most, each with its link. It names nobody.
//!
//! Safe to run at any time and twice: who had this Monday's letter gets no other. One that was missed on Monday goes
//! out on Tuesday at the latest.

use chrono::{Datelike as _, NaiveDate, TimeDelta, Timelike as _};
use chrono_tz::Tz;

use super::store;
use super::{At, Report, Totals, Wanted, read};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewReports};
use crate::domain::letters::{self, Letter, Recipient};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::mail::{WeeklyAction, WeeklyLine, WeeklyReport};

/// From when on it is written, in the organisation's time.
const MORNING: u32 = 7;

/// How `daily_letters` names it.
const WEEKLY: &str = "weekly report";

/// Days of sessions that the letter looks back on.
const LOOKS_BACK: TimeDelta = TimeDelta::days(28);

/// What one organisation's letter says.
#[derive(Clone, Debug)]
pub struct Due {
    organisation: OrganisationId,
    name: String,
    monday: NaiveDate,
    counts: Vec<(Report, Totals)>,
}

/// The Monday whose letter is to go out at this moment, if it is time.
fn monday_of(at: At) -> Option<NaiveDate> {
    let wall = at.wall(at.now);
    let since_monday = wall.weekday().num_days_from_monday();
    let in_time = (since_monday == 0 && wall.hour() >= MORNING) || since_monday == 1;
    in_time.then(|| wall.date() - TimeDelta::days(since_monday.into()))
}

/// The letters that are to be written now, counted without the write lock.
pub fn due(conn: &mut Conn, now: chrono::NaiveDateTime) -> Result<Vec<Due>, Refusal> {
    let mut due = Vec::new();
    for (organisation, name, zone) in store::organisations_with_letter(conn)? {
        let at = At { now, zone: zone.parse().unwrap_or(Tz::Europe__London) };
        let Some(monday) = monday_of(at) else { continue };
        if store::had_letter(conn, organisation, WEEKLY, monday)? {
            continue;
        }
        let scope = Scope::<ViewReports>::for_the_portal(organisation);
        let mut counts = Vec::new();
        for report in [Report::Sites, Report::Clients, Report::Staff, Report::Notes, Report::Appointments] {
            let wanted = Wanted { from: looks_back(report, at), ..Wanted::default() };
            match read(conn, &scope, report, &wanted, at) {
                Ok(found) => counts.push((report, found.totals)),
                // Too many to count is no reason for no letter.
                Err(Refusal::Invalid { .. }) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        due.push(Due { organisation, name, monday, counts });
    }
    Ok(due)
}

fn looks_back(report: Report, at: At) -> Option<NaiveDate> {
    report.is_dated().then(|| at.today() - LOOKS_BACK)
}

/// Writes what is due to managers and super managers who may read reports; how many letters.
pub fn write_weekly(tx: &mut Tx<'_>, due: &[Due], public_url: &str) -> Result<usize, Refusal> {
    let mut written = 0;
    for one in due {
        if !store::first_letter(tx, one.organisation, WEEKLY, one.monday)? {
            continue;
        }
        let key = format!("weekly-report/{}/{}", one.organisation, one.monday);
        for reader in store::readers(tx.conn, one.organisation)? {
            let letter = one.letter(&reader.name, public_url);
            let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
            let to = Recipient { name: reader.name, email: reader.email };
            let letter = Letter::new(Some(one.organisation), &to, rendered);
            written += usize::from(letters::send_once(tx, &key, letter)?);
        }
    }
    Ok(written)
}

impl Due {
    fn letter(&self, to_name: &str, public_url: &str) -> WeeklyReport {
        let link = |report: Report| {
            let from = report.is_dated().then(|| self.monday - LOOKS_BACK);
            format!("{public_url}{}", links::report_not_mapped(self.organisation, report.word(), from))
        };
        let of =
            |report: Report| self.counts.iter().find(|(one, _)| *one == report).map(|(_, totals)| *totals);
        let actions =
            actions(&of).into_iter().map(|(words, report)| WeeklyAction { words, link: link(report) });
        let lines = self.counts.iter().map(|(report, totals)| WeeklyLine {
            what: counted(*report).to_owned(),
            all: totals.all,
            mapped: totals.mapped,
            not_mapped: totals.not_mapped,
        });
        let appointments = of(Report::Appointments).unwrap_or_default();
        WeeklyReport {
            to_name: to_name.to_owned(),
            organisation: self.name.clone(),
            actions: actions.collect(),
            lines: lines.collect(),
            rendered: appointments.rendered,
            not_rendered: appointments.not_rendered,
            link: format!("{public_url}{}", links::reports(self.organisation)),
        }
    }
}

/// What a line of the letter counts.
fn counted(report: Report) -> &'static str {
    match report {
        Report::Sites => "Sites and agencies",
        Report::Clients => "Students and clients",
        Report::Staff => "Users and staff",
        Report::Residents => "Residents",
        Report::Notes => "Session notes of the last 4 weeks",
        Report::Appointments => "Appointments of the last 4 weeks",
    }
}

/// The first three things to do: a site holds up its people, and people hold up their notes.
fn actions(of: &impl Fn(Report) -> Option<Totals>) -> Vec<(String, Report)> {
    let not_mapped = |report| of(report).map_or(0, |totals| totals.not_mapped);
    let not_rendered = of(Report::Appointments).map_or(0, |totals| totals.not_rendered);
    let all = [
        (
            not_mapped(Report::Sites),
            "site or agency is not mapped",
            "sites or agencies are not mapped",
            Report::Sites,
        ),
        (not_mapped(Report::Clients), "client is not mapped", "clients are not mapped", Report::Clients),
        (
            not_mapped(Report::Staff),
            "member of staff is not mapped",
            "members of staff are not mapped",
            Report::Staff,
        ),
        (
            not_mapped(Report::Notes),
            "session note has no appointment",
            "session notes have no appointment",
            Report::Notes,
        ),
        (
            not_rendered,
            "appointment has its session note and is not rendered",
            "appointments have their session note and are not rendered",
            Report::Appointments,
        ),
    ];
    let open = all.into_iter().filter(|(n, ..)| *n > 0).take(3);
    open.map(|(n, one, many, report)| (format!("{n} {}", if n == 1 { one } else { many }), report)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u32, hour: u32) -> At {
        // 23 November 2026 is a Monday.
        let now = NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap();
        At { now, zone: Tz::America__New_York }
    }

    #[test]
    fn monday_begins_at_seven_where_the_organisation_is() {
        assert_eq!(monday_of(at(23, 11)), None, "it is six there");
        let monday = NaiveDate::from_ymd_opt(2026, 11, 23);
        assert_eq!(monday_of(at(23, 12)), monday);
        assert_eq!(monday_of(at(24, 23)), monday, "Tuesday catches up");
        assert_eq!(monday_of(at(25, 12)), None);
        assert_eq!(monday_of(at(22, 12)), None);
    }

    #[test]
    fn sites_come_before_people_and_there_are_three_at_most() {
        let of = |report| {
            let not_mapped = i64::from(report != Report::Clients);
            Some(Totals { not_mapped, not_rendered: 4, ..Totals::default() })
        };
        let reports: Vec<Report> = actions(&of).into_iter().map(|(_, report)| report).collect();
        assert_eq!(reports, [Report::Sites, Report::Staff, Report::Notes]);
    }
}
