//! What a report's page prints: its rows in words, and the numbers above them.

use chrono::TimeDelta;

use super::super::freshness;
use super::super::ui::{When, when};
use super::super::visit::Visit;
use crate::domain::access::Permission;
use crate::domain::reports::{At, Found, Report, Row, Standing};
use crate::kit::ids::{AppointmentId, OrganisationId, ResidentId, StaffMemberId};
use crate::links;

/// A row of the table.
pub(super) struct Line {
    /// What the row is called, and where it leads.
    pub name: String,
    pub href: Option<String>,
    /// Under the name: what tells it from others.
    pub detail: String,
    pub references: String,
    /// The name there, where it differs.
    pub there: String,
    pub agency: String,
    pub tag: &'static str,
    pub origin: String,
    /// Who and when, of what is mapped.
    pub by: String,
    pub at: Option<When>,
    pub rule: String,
    pub why: String,
    pub repair: String,
    pub age: String,
    pub rendered: &'static str,
    pub failed: String,
}

impl Line {
    pub fn of(visit: &Visit, org: OrganisationId, report: Report, row: &Row) -> Self {
        let mapping = row.mapping.as_ref();
        Self {
            name: row.name().to_owned(),
            href: href(visit, org, report, row),
            detail: detail(report, row),
            references: references(row),
            there: if row.name_here.is_empty() || row.name_there == row.name_here || report.is_dated() {
                String::new()
            } else {
                row.name_there.clone()
            },
            agency: row.agency.clone(),
            tag: match row.standing {
                Standing::Mapped => report.mapped(),
                Standing::NotMapped => report.not_mapped(),
                Standing::NotNeeded => "None needed",
            },
            origin: mapping.map(|one| one.origin.clone()).unwrap_or_default(),
            by: mapping.map(|one| one.by.clone()).unwrap_or_default(),
            at: mapping.map(|one| freshness::at(visit, one.at)),
            rule: mapping.map(|one| one.rule.clone()).unwrap_or_default(),
            why: row.why.clone(),
            repair: row.repair.clone(),
            age: match row.age {
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            },
            rendered: match row.rendered {
                Some(true) => "Rendered",
                Some(false) if row.standing == Standing::Mapped => "Not rendered",
                _ => "",
            },
            failed: row.failed.clone(),
        }
    }
}

fn detail(report: Report, row: &Row) -> String {
    let born = || row.born.map(|born| format!("Born {}", when::date(born))).unwrap_or_default();
    match report {
        Report::Staff => row.email.clone(),
        Report::Clients => born(),
        Report::Residents if row.system.is_empty() => born(),
        Report::Residents => format!("{} {}", row.system, born()).trim().to_owned(),
        Report::Sites => String::new(),
        Report::Appointments | Report::Notes => {
            let day = row.date.map_or_else(|| "No date".to_owned(), when::long_date);
            let times =
                if row.start.is_empty() { String::new() } else { format!(", {} to {}", row.start, row.end) };
            let staff = if row.staff.is_empty() { String::new() } else { format!(" · {}", row.staff) };
            format!("{day}{times}{staff}")
        }
    }
}

fn references(row: &Row) -> String {
    let ours = row.ours.map(|id| format!("Ours {id}")).unwrap_or_default();
    match (ours.is_empty(), row.theirs.is_empty()) {
        (_, true) => ours,
        (true, false) => format!("Theirs {}", row.theirs),
        (false, false) => format!("{ours} · theirs {}", row.theirs),
    }
}

/// The page of what is here, for those who may open it.
fn href(visit: &Visit, org: OrganisationId, report: Report, row: &Row) -> Option<String> {
    let note = row.note.filter(|_| visit.may(Permission::PairRecords));
    if report == Report::Notes || row.ours.is_none() {
        return note.map(|note| links::synchronization_note(org, note));
    }
    let id = row.ours?;
    let (needed, path) = match report {
        Report::Staff => (Permission::ViewStaff, links::staff_member(org, StaffMemberId(id))),
        Report::Clients | Report::Residents => {
            (Permission::ViewResidents, links::resident(org, ResidentId(id)))
        }
        Report::Sites => (Permission::ManagePlaces, links::places(org)),
        Report::Appointments | Report::Notes => {
            (Permission::ViewAppointments, links::appointment(org, AppointmentId(id)))
        }
    };
    visit.may(needed).then_some(path)
}

/// What stands above the table.
pub(super) struct Numbers {
    /// "40 in all: 20 mapped (18 Auto, 2 User), 12 not mapped and 8 that need none."
    pub totals: String,
    /// "Since 15 November 2026: …"
    pub changes: String,
    /// Of appointments.
    pub rendering: String,
    /// How long those that are not mapped have waited.
    pub ageing: [(&'static str, String); 3],
    pub waits: bool,
}

impl Numbers {
    pub fn of(report: Report, found: &Found, at: At) -> Self {
        let n = when::thousands;
        let (totals, changes, ageing) = (found.totals, found.changes, found.ageing);
        let (mapped, not) = (report.mapped().to_lowercase(), report.not_mapped().to_lowercase());
        let none = match totals.not_needed {
            0 => String::new(),
            needless => format!(", {} that need none", n(needless)),
        };
        let since = when::date(at.today() - TimeDelta::days(7));
        Self {
            totals: format!(
                "{} in all: {} {mapped} ({} Auto, {} User), {} {not}{none}.",
                n(totals.all),
                n(totals.mapped),
                n(totals.auto),
                n(totals.user),
                n(totals.not_mapped),
            ),
            changes: format!(
                "Since {since}: {} newly {mapped}, {} no longer {mapped}, {} new and {not}.",
                n(changes.newly_mapped),
                n(changes.no_longer_mapped),
                n(changes.new_and_not_mapped),
            ),
            rendering: if report == Report::Appointments {
                format!(
                    "{} rendered, {} with a session note and not rendered.",
                    n(totals.rendered),
                    n(totals.not_rendered)
                )
            } else {
                String::new()
            },
            ageing: [
                ("0 to 7 days", n(ageing.week)),
                ("8 to 30 days", n(ageing.month)),
                ("Over 30 days", n(ageing.older)),
            ],
            waits: totals.not_mapped > 0,
        }
    }
}
