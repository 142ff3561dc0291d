//! *Audit*: who did what, newest first, with filters, values before and after, and a file to take away.
//!
//! Reads only. The check that nothing was altered is a button for super managers.

use askama::Template;
use chrono::{NaiveDate, NaiveDateTime, TimeZone as _};
use serde::Deserialize;

use super::super::error::{Answer, Fault};
use super::super::listing::{Address, PER_PAGE, day_typed};
use super::super::routes::{Line, Who, get};
use super::super::ui::{Choice, Link, Shell, When, filters, when};
use super::super::visit::{In, Nav, Visit};
use super::super::{download, freshness};
use super::tabs;
use crate::domain::access::{Permission, Role, Scope, Sector, ViewAudit};
use crate::domain::audit::{self, Row, Wanted};
use crate::domain::organisations::one_line;
use crate::domain::residents::{self, FieldChange, changes_in};
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewAudit);
    vec![
        get("/org/{org}/settings/audit", view, show),
        get("/org/{org}/settings/audit/list.csv", view, list_csv),
    ]
}

/// Rows of one file; older events are had by narrowing the dates.
const CSV_ROWS: i64 = 20_000;

/// What can be asked for, as the start of a verb and the words of the select.
const WHAT: [(&str, &str); 13] = [
    ("", "Anything"),
    ("resident.", "Residents changed or opened"),
    ("resident.opened", "Residents opened"),
    ("staff.", "Staff members"),
    ("pairing.", "Pairing"),
    ("run.", "Syncs"),
    ("connection.", "Integrations"),
    ("token.", "Integration tokens"),
    ("membership.", "Who may do what"),
    ("account.", "Accounts"),
    ("place.", "Homes and zones"),
    ("letter.", "Letters"),
    ("organisation.", "Organisation settings"),
];

/// What there is besides where patients are visited.
const OF_VISITS: [(&str, &str); 8] = [
    ("patient.", "Patients"),
    ("visit.", "Appointments"),
    ("day_plan.", "Day plans"),
    ("practitioner.", "Practitioners"),
    ("task.", "Tasks"),
    ("window.", "Windows"),
    ("api_key.", "API keys"),
    ("webhook.", "Webhooks"),
];

/// What a sector can ask for: where patients are visited nobody is paired.
fn offered(sector: Sector) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let visits = sector == Sector::CommunityHealth;
    let of_residents = |verb: &str| verb.starts_with("resident.") || verb == "pairing.";
    let usual = WHAT.iter().filter(move |(verb, _)| !(visits && of_residents(verb)));
    usual.chain(OF_VISITS.iter().filter(move |_| visits))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    who: String,
    what: String,
    from: String,
    to: String,
    resident: String,
    before: String,
    check: String,
}

impl Asked {
    fn what(&self) -> &'static str {
        self.chosen().0
    }

    /// The start of a verb and its words.
    fn chosen(&self) -> (&'static str, &'static str) {
        WHAT.iter().chain(&OF_VISITS).find(|(verb, _)| *verb == self.what).copied().unwrap_or_default()
    }

    fn wanted(&self, visit: &Visit) -> Wanted {
        let midnight = |date: NaiveDate| -> Option<NaiveDateTime> {
            let local = visit.time_zone().from_local_datetime(&date.and_hms_opt(0, 0, 0)?);
            local.earliest().map(|moment| moment.naive_utc())
        };
        Wanted {
            who: one_line(&self.who),
            what: self.what().to_owned(),
            from: day_typed(&self.from).and_then(midnight),
            to: day_typed(&self.to).and_then(|date| date.succ_opt()).and_then(midnight),
            subject: self.resident.parse().ok().map(|id| (residents::SUBJECT, id)),
            before: self.before.parse().ok(),
        }
    }

    fn address(&self, path: String) -> Address {
        let day = |text: &str| day_typed(text).map(|date| date.to_string()).unwrap_or_default();
        let resident = self.resident.parse::<i64>().map(|id| id.to_string()).unwrap_or_default();
        Address::new(path)
            .with("who", &one_line(&self.who))
            .with("what", self.what())
            .with("from", &day(&self.from))
            .with("to", &day(&self.to))
            .with("resident", &resident)
    }
}

#[derive(Template)]
#[template(path = "settings/audit.html")]
struct Log {
    shell: Shell,
    list: String,
    who: String,
    whats: Vec<Choice>,
    from: String,
    to: String,
    /// Kept through the form when the log is of one resident.
    resident: String,
    chips: Vec<Link>,
    /// "1,204 events", when nothing is filtered.
    total: Option<i64>,
    days: Vec<Day>,
    older: Option<String>,
    newest: Option<String>,
    csv: String,
    check: Option<String>,
    /// What the check found, after the button.
    checked: Option<Checked>,
}

/// Events of one day.
struct Day {
    words: String,
    events: Vec<Event>,
}

/// One event as a sentence, with what folds out.
struct Event {
    when: When,
    who: String,
    words: String,
    changes: Vec<FieldChange>,
    address: String,
    session: Option<i64>,
    exact: String,
}

struct Checked {
    kind: &'static str,
    words: String,
}

async fn show(visit: Visit, In(scope): In<ViewAudit>) -> Answer {
    let asked: Asked = visit.query();
    let org = scope.organisation();
    let address = asked.address(links::settings_audit(org));
    let may_check = scope.role() == Some(Role::SuperManager);
    let checks = may_check && asked.check == "yes";
    let (wanted, reader) = (asked.wanted(&visit), scope.clone());
    let (mut rows, total) = visit
        .read(move |conn| {
            let rows = audit::list(conn, &reader, &wanted, i64::from(PER_PAGE) + 1)?;
            Ok((rows, audit::count(conn, &reader)?))
        })
        .await?;
    let page = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > page;
    rows.truncate(page);
    let oldest = rows.last().map(|row| row.id).filter(|_| more);
    let checked = if checks { Some(check(&visit, &scope, total).await?) } else { None };
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(&visit, org, "Audit");
    let log = Log {
        shell,
        list: links::settings_audit(org),
        whats: offered(visit.sector())
            .map(|(verb, words)| Choice::new(*verb, visit.say(words), *verb == asked.what()))
            .collect(),
        chips: chips(&visit, &asked, &address),
        total: address.is_bare().then_some(total),
        days: days(&visit, rows),
        older: oldest.map(|id| address.and("before", &id.to_string())),
        newest: (!asked.before.is_empty()).then(|| address.page(1)),
        csv: asked.address(links::settings_audit_csv(org)).page(1),
        check: may_check.then(|| address.and("check", "yes")),
        checked,
        who: one_line(&asked.who),
        from: asked.from,
        to: asked.to,
        resident: asked.resident.parse::<i64>().map(|id| id.to_string()).unwrap_or_default(),
    };
    visit.page(&log)
}

async fn check(visit: &Visit, scope: &Scope<ViewAudit>, total: i64) -> Result<Checked, Fault> {
    let own = scope.organisation();
    let found = visit.read(|conn| Ok(audit::verify(conn)?)).await?;
    Ok(match found {
        Ok(_) => {
            let total = when::thousands(total);
            Checked { kind: "ok", words: format!("The log is complete: {total} events checked.") }
        }
        Err(tampered) if tampered.organisation == own => {
            let place = tampered.event.map_or_else(
                || "at its end: events are missing".to_owned(),
                |event| format!("at event {event}: it was altered, or one before it is missing"),
            );
            let words = format!("The log is damaged {place}. Tell your representative at once.");
            Checked { kind: "bad", words }
        }
        Err(_elsewhere) => Checked {
            kind: "warn",
            words: "The check stopped at damage outside this organisation. Tell your representative."
                .to_owned(),
        },
    })
}

fn chips(visit: &Visit, asked: &Asked, address: &Address) -> Vec<Link> {
    let (_, what) = asked.chosen();
    let day = |text: &str| day_typed(text).map(when::date).unwrap_or_default();
    [
        address.chip("who", format!("Who: {}", one_line(&asked.who))),
        address.chip("what", what),
        address.chip("from", format!("From {}", day(&asked.from))),
        address.chip("to", format!("To {}", day(&asked.to))),
        address.chip("resident", visit.say("One resident")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The events under the day on which they happened here.
fn days(visit: &Visit, rows: Vec<Row>) -> Vec<Day> {
    let (zone, today) = (visit.time_zone(), freshness::today(visit));
    let mut days: Vec<Day> = Vec::new();
    for row in rows {
        let moment = row.at.and_utc();
        let words = when::day(moment.with_timezone(&zone).date_naive(), today);
        let event = Event {
            when: When::clock(moment, zone),
            changes: changes_in(&row.details),
            who: row.actor_name,
            words: row.words,
            address: row.address,
            session: row.session_id,
            exact: format!("{} UTC", row.at.format("%Y-%m-%d %H:%M:%S")),
        };
        match days.last_mut() {
            Some(day) if day.words == words => day.events.push(event),
            _ => days.push(Day { words, events: vec![event] }),
        }
    }
    days
}

async fn list_csv(visit: Visit, In(scope): In<ViewAudit>) -> Answer {
    let asked: Asked = visit.query();
    let wanted = asked.wanted(&visit);
    let rows = visit.read(move |conn| Ok(audit::list(conn, &scope, &wanted, CSV_ROWS)?)).await?;
    let headings = [
        "Event",
        "When (UTC)",
        "Who",
        "What",
        "Kind",
        "About",
        "About number",
        "Before and after",
        "Address",
        "Session",
        "Sync",
    ];
    let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let lines = rows.into_iter().map(|row| {
        [
            row.id.to_string(),
            row.at.format("%Y-%m-%d %H:%M:%S").to_string(),
            row.actor_name,
            row.words,
            row.verb,
            row.subject,
            number(row.subject_id),
            in_words(&changes_in(&row.details)),
            row.address,
            number(row.session_id),
            number(row.run_id),
        ]
    });
    download::csv("audit-log", freshness::today(&visit), headings, lines)
}

fn in_words(changes: &[FieldChange]) -> String {
    let each = changes.iter().map(|change| format!("{}: {} → {}", change.field, change.before, change.after));
    each.collect::<Vec<_>>().join("; ")
}
