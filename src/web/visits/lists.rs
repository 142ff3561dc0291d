//! The list of appointments, and a day or a week of them.

use chrono::{Days, NaiveDate};

use super::pages::{Calendar, Day, Index, Row, row};
use super::{Community, list_shell};
use crate::domain::access::{ManageAppointments, Permission, ViewAppointments};
use crate::domain::api_keys::Mode;
use crate::domain::practitioners::{self, Practitioner};
use crate::domain::visits::{self, Assigned, Show, Wanted};
use crate::kit::calendar::monday_of;
use crate::links;
use crate::web::error::Answer;
use crate::web::freshness;
use crate::web::listing::{self, Address, PER_PAGE};
use crate::web::see_other;
use crate::web::ui::{Choice, when};
use crate::web::visit::Visit;

/// Appointments that one page of the calendar shows.
const MOST: i64 = 500;

/// The word of *Nobody yet*, where others have a number.
const NOBODY: &str = "nobody";

const SHOWS: [(Show, &str, &str); 6] = [
    (Show::Open, "open", "Open"),
    (Show::Scheduling, "waiting", "Waiting for a time"),
    (Show::Unassigned, "unassigned", "Nobody to come yet"),
    (Show::Completed, "completed", "Completed"),
    (Show::Cancelled, "cancelled", "Cancelled"),
    (Show::Everything, "all", "All"),
];

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    show: String,
    mode: String,
    from: String,
    to: String,
    practitioner: String,
    page: String,
    view: String,
    day: String,
}

pub async fn index(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let (org, page) = (scope.organisation(), listing::page_number(&asked.page));
    let mode = Mode::parse(&asked.mode).unwrap_or(Mode::Live);
    let (show, word, _) = SHOWS.into_iter().find(|(_, word, _)| *word == asked.show).unwrap_or(SHOWS[0]);
    let mut shell = list_shell(&visit, org, "List", &freshness::today(&visit).to_string())?;
    let mut day = |field: &'static str, text: &str| {
        let day = listing::day_typed(text);
        if day.is_none() && !text.trim().is_empty() {
            shell.add_own_error(field, "Enter a day, such as 24/11/2026");
        }
        day
    };
    let (from, to) = (day("from", &asked.from), day("to", &asked.to));
    let dates = (from.is_some() || to.is_some())
        .then(|| (from.unwrap_or(NaiveDate::MIN), to.unwrap_or(NaiveDate::MAX)));
    let address = Address::new(links::visits(org))
        .with("q", asked.q.trim())
        .with("show", if show == Show::Open { "" } else { word })
        .with("mode", if mode == Mode::Test { "test" } else { "" })
        .with("practitioner", &asked.practitioner)
        .with("from", &asked.from)
        .with("to", &asked.to);
    let practitioner = match asked.practitioner.as_str() {
        NOBODY => Assigned::Nobody,
        id => id.parse().map_or(Assigned::Anyone, Assigned::To),
    };
    let wanted = Wanted { show, dates: dates.map(bounded), practitioner, search: asked.q.clone() };
    // Whoever manages chooses among all; others have only what is theirs.
    let manager = visit.scope::<ManageAppointments>().ok();
    let limits = (listing::rows_before(page), i64::from(PER_PAGE));
    let (found, unanswered, practitioners) = visit
        .read(move |conn| {
            let found = visits::list(conn, &scope, mode, &wanted, limits)?;
            let unanswered = visits::unanswered(conn, &found.visits)?;
            let practitioners = match &manager {
                Some(manager) => practitioners::list(conn, manager)?,
                None => Vec::new(),
            };
            Ok((found, unanswered, practitioners))
        })
        .await?;
    if found.visits.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let manages = visit.may(Permission::ManageAppointments);
    let page = Index {
        shell,
        address: links::visits(org),
        search: asked.q.trim().to_owned(),
        shows: Choice::list(SHOWS.iter().map(|(_, word, label)| (*word, *label)), word),
        modes: Choice::list(Mode::ALL.iter().map(|one| (one.as_str(), one.words())), mode.as_str()),
        practitioners: manages.then(|| whose(&practitioners, &asked.practitioner)),
        from: asked.from.clone(),
        to: asked.to.clone(),
        is_test: mode == Mode::Test,
        is_filtered: !address.is_bare(),
        new: manages.then(|| links::new_visit(org)),
        bulk: manages.then(|| links::visits_bulk(org)),
        pager: listing::uncounted(page, found.visits.len(), found.more, &address),
        rows: found
            .visits
            .iter()
            .map(|of| Row { no_answer: unanswered.contains(&of.id), ..row(&visit, org, of) })
            .collect(),
    };
    visit.page(&page)
}

/// The choices of *Practitioner*.
fn whose(all: &[Practitioner], chosen: &str) -> Vec<Choice> {
    let fixed = [("", "Anyone"), (NOBODY, "Nobody yet")];
    let mut choices = Choice::list(fixed, chosen);
    choices.extend(all.iter().map(|one| {
        let id = one.id.to_string();
        let is = id == chosen;
        Choice::new(id, one.name.clone(), is)
    }));
    choices
}

/// Dates that both engines can hold.
fn bounded((from, to): (NaiveDate, NaiveDate)) -> (NaiveDate, NaiveDate) {
    let edge = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    (from.max(edge(1900, 1, 1)), to.min(edge(2200, 12, 31)))
}

/// Under the name of its day a row says the hours alone.
fn within_its_day(row: Row) -> Row {
    Row { when: row.hours, hours: String::new(), ..row }
}

pub async fn calendar(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let (org, today) = (scope.organisation(), freshness::today(&visit));
    let day = listing::day_typed(&asked.day).unwrap_or(today);
    let is_week = asked.view != "day";
    let (first, days) = if is_week { (monday_of(day), 7) } else { (day, 1) };
    let last = after(first, days - 1);
    let wanted = Wanted { show: Show::Everything, dates: Some(bounded((first, last))), ..Wanted::default() };
    let found = visit.read(move |conn| visits::list(conn, &scope, Mode::Live, &wanted, (0, MOST))).await?;
    let (view, label) = if is_week { ("week", "Week") } else { ("day", "Day") };
    let to = |day: NaiveDate| links::visits_calendar(org, view, &day.to_string());
    let shown = (0..days).map(|ahead| {
        let date = after(first, ahead);
        let on = found.visits.iter().filter(|of| of.booked.as_ref().is_some_and(|one| one.date == date));
        Day {
            href: links::visits_calendar(org, "day", &date.to_string()),
            words: when::long_date(date),
            is_today: date == today,
            rows: on.map(|of| within_its_day(row(&visit, org, of))).collect(),
        }
    });
    let page = Calendar {
        shell: list_shell(&visit, org, label, &day.to_string())?,
        address: links::visits_calendar_bare(org),
        view,
        day: day.to_string(),
        heading: if is_week {
            format!("{} to {}", when::date(first), when::date(last))
        } else {
            when::long_date(first)
        },
        earlier: to(first.checked_sub_days(Days::new(days)).unwrap_or(first)),
        today: to(today),
        later: to(after(first, days)),
        more: found.more,
        new: visit.may(Permission::ManageAppointments).then(|| links::new_visit(org)),
        bulk: visit
            .may(Permission::ManageAppointments)
            .then(|| format!("{}?day={day}", links::visits_bulk(org))),
        days: shown.collect(),
    };
    visit.page(&page)
}

fn after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}
