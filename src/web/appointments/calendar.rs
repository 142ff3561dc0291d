//! A day or a week of appointments, in the organisation's time zone.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::forms::{self, Asked};
use super::pages::{Calendar, Day, Filters, Row};
use super::{Therapy, list_shell};
use crate::domain::access::{Permission, ViewAppointments};
use crate::domain::appointments::{self, Listed, Show, times};
use crate::kit::calendar::monday_of;
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::error::Answer;
use crate::web::listing::Address;
use crate::web::ui::when;
use crate::web::visit::Visit;

/// Appointments that one page shows; a day or week with more is narrowed.
const MOST: i64 = 500;

pub async fn show(visit: Visit, Therapy(scope): Therapy<ViewAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let (org, zone, now) = (scope.organisation(), visit.time_zone(), visit.now);
    let today = forms::today(&visit);
    let day = times::day(&asked.day).unwrap_or(today);
    let is_week = asked.view != "day";
    let (first, days) = if is_week { (monday_of(day), 7) } else { (day, 1) };
    let email = visit.signed_in()?.email().to_owned();
    let read = asked.clone();
    let (people, wrong, found, own) = visit
        .read(move |conn| {
            let people = appointments::people(conn, &scope)?;
            let mut wrong = Vec::new();
            let mut wanted = read.who(&people, now, &mut wrong);
            wanted.from = Some(times::midnight(first, zone));
            wanted.to = first.checked_add_days(Days::new(days)).map(|end| times::midnight(end, zone));
            let found = appointments::list(conn, &scope, &wanted, 0, MOST)?;
            let own = appointments::own_staff(conn, &scope, &email)?;
            Ok((people, wrong, found, own))
        })
        .await?;
    let view = if is_week { "week" } else { "day" };
    let mut shell = list_shell(&visit, org, if is_week { "Week" } else { "Day" }, &day.to_string())?;
    for (field, words) in wrong {
        shell.add_error(field, words);
    }
    let filters = Filters::new(&asked, &people, Show::Everything);
    let to = |day: Option<NaiveDate>, staff: &str| {
        address(org, &asked, staff).and("day", &day.unwrap_or(today).to_string())
    };
    let may = visit.may(Permission::ManageAppointments);
    let page = Calendar {
        shell,
        address: links::calendar_bare(org),
        view: view.to_owned(),
        day: day.to_string(),
        heading: heading(first, is_week),
        earlier: to(day.checked_sub_days(Days::new(days)), &asked.staff),
        later: to(day.checked_add_days(Days::new(days)), &asked.staff),
        now: to(Some(today), &asked.staff),
        own: own.map(|own| to(Some(day), &own.to_string())),
        days: by_day(&visit, org, (first, days, zone), found.rows),
        more: found.more,
        new: may.then(|| links::new_appointment(org)),
        places: filters.places,
        client: filters.client,
        clients: filters.clients,
        staff: filters.staff,
        therapists: filters.therapists,
    };
    visit.page(&page)
}

fn address(org: OrganisationId, asked: &Asked, staff: &str) -> Address {
    Address::new(links::calendar_bare(org))
        .with("view", if asked.view == "day" { "day" } else { "week" })
        .with("place", &asked.place)
        .with("client", &asked.client)
        .with("staff", staff)
}

fn heading(first: NaiveDate, is_week: bool) -> String {
    if !is_week {
        return when::long_date(first);
    }
    let last = first.checked_add_days(Days::new(6)).unwrap_or(first);
    format!("{} to {}", when::date(first), when::date(last))
}

fn by_day(
    visit: &Visit,
    org: OrganisationId,
    (first, days, zone): (NaiveDate, u64, Tz),
    rows: Vec<Listed>,
) -> Vec<Day> {
    let today = forms::today(visit);
    let mut shown: Vec<Day> = (0..days)
        .filter_map(|after| first.checked_add_days(Days::new(after)))
        .map(|date| Day {
            href: links::calendar(org, "day", &date.to_string()),
            words: when::long_date(date),
            date: date.to_string(),
            today: date == today,
            rows: Vec::new(),
        })
        .collect();
    for row in rows {
        let date = row.appointment.starts_at.and_utc().with_timezone(&zone).date_naive().to_string();
        if let Some(day) = shown.iter_mut().find(|day| day.date == date) {
            day.rows.push(Row::new(visit, org, row));
        }
    }
    shown
}
