//! What the page of a day plan shows.

use std::collections::HashMap;

use askama::Template;
use chrono::{Days, NaiveDateTime};
use chrono_tz::Tz;

use super::drawing::{self, Map, Times};
use crate::domain::coverage::{self, Postcode};
use crate::domain::day_plans::{Day, Kept, KeptStop, Outcome};
use crate::domain::practitioners::OnDay;
use crate::domain::visits::{Status, Visit as Appointment};
use crate::kit::ids::{OrganisationId, StaffMemberId, VisitId};
use crate::links;
use crate::web::error::Fault;
use crate::web::freshness;
use crate::web::ui::{Shell, When, filters, when};
use crate::web::visit::Visit;
use crate::web::visits::{clock, hours, list_shell};

#[derive(Template)]
#[template(path = "day_plans/index.html")]
pub struct Index {
    pub shell: Shell,
    pub address: String,
    pub locks: String,
    pub date: String,
    pub heading: String,
    pub earlier: String,
    pub today: String,
    pub later: String,
    /// `13 appointments and 4 practitioners on shift.`
    pub summary: String,
    pub can_plan: bool,
    pub plan: Option<Plan>,
    /// Appointments that no plan speaks of.
    pub others: Vec<Line>,
}

/// A plan that is there.
pub struct Plan {
    pub made_by: String,
    pub made_at: When,
    pub standing: &'static str,
    pub is_stale: bool,
    pub use_it: Option<String>,
    pub placed: String,
    pub travel: String,
    pub unplaced: Vec<Line>,
    pub routes: Vec<Route>,
    pub map: Map,
    pub times: Times,
}

/// A practitioner's day.
pub struct Route {
    pub letter: String,
    pub name: String,
    pub hours: String,
    pub travel: String,
    pub home: Option<i32>,
    pub rows: Vec<Line>,
}

/// An appointment, in a plan or not.
pub struct Line {
    /// `A3`, as in the drawings.
    pub label: String,
    pub href: String,
    pub arrives: String,
    pub leaves: String,
    pub travel: i32,
    pub patient: String,
    pub postcode: String,
    pub task: String,
    pub window: String,
    pub practitioner: String,
    /// What would change, or why it has no place.
    pub words: String,
    pub locked: bool,
    pub lock: Option<Lock>,
}

/// A button that locks or unlocks.
pub struct Lock {
    pub visit: String,
    pub to: &'static str,
    pub label: &'static str,
    pub about: String,
}

pub fn index(visit: &Visit, org: OrganisationId, day: &Day, kept: Option<&Kept>) -> Result<Index, Fault> {
    let date = day.date.to_string();
    let to = |other: Option<chrono::NaiveDate>| links::day_plan(org, &other.unwrap_or(day.date).to_string());
    let spoken_of: Vec<VisitId> = kept.iter().flat_map(|kept| &kept.stops).map(|stop| stop.visit).collect();
    let others =
        day.visits.iter().filter(|one| one.status != Status::Scheduled || !spoken_of.contains(&one.id));
    let open = day.open().count();
    Ok(Index {
        shell: list_shell(visit, org, "Day plan", &date)?,
        address: links::day_plans(org),
        locks: links::day_plan_locks(org),
        heading: when::long_date(day.date),
        earlier: to(day.date.checked_sub_days(Days::new(1))),
        today: to(Some(freshness::today(visit))),
        later: to(day.date.checked_add_days(Days::new(1))),
        summary: summary(open, day.on_shift().count()),
        can_plan: open > 0 && !day.is_over(visit.now),
        plan: kept.map(|kept| plan(visit, org, day, kept)),
        others: others.map(|one| Line::new(org, day.zone, one)).collect(),
        date,
    })
}

fn summary(appointments: usize, people: usize) -> String {
    let appointments = match appointments {
        0 => "No appointments".to_owned(),
        1 => "1 appointment".to_owned(),
        count => format!("{count} appointments"),
    };
    match people {
        0 => format!("{appointments}, and nobody on shift."),
        1 => format!("{appointments}, and 1 practitioner on shift."),
        count => format!("{appointments}, and {count} practitioners on shift."),
    }
}

fn plan(visit: &Visit, org: OrganisationId, day: &Day, kept: &Kept) -> Plan {
    let is_stale = day.fingerprint() != kept.based_on;
    let by_id: HashMap<VisitId, &Appointment> = day.visits.iter().map(|one| (one.id, one)).collect();
    let mut routes: Vec<(&OnDay, Vec<Placed<'_>>)> = Vec::new();
    let mut unplaced = Vec::new();
    for stop in &kept.stops {
        let Some(of) = by_id.get(&stop.visit).copied() else { continue };
        match &stop.outcome {
            Outcome::Unplaced(why) => {
                unplaced.push(Line { words: why.clone(), ..Line::new(org, day.zone, of) });
            }
            Outcome::Placed { staff, arrives_at, leaves_at } => {
                let Some(person) = day.person(*staff) else { continue };
                let placed = Placed { of, stop, arrives_at: *arrives_at, leaves_at: *leaves_at };
                match routes.iter_mut().find(|(one, _)| one.id == *staff) {
                    Some((_, stops)) => stops.push(placed),
                    None => routes.push((person, vec![placed])),
                }
            }
        }
    }
    let drawn: Vec<drawing::Route> =
        routes.iter().enumerate().map(|(index, (person, stops))| drawn(index, person, stops)).collect();
    let standing = match (is_stale, kept.applied_at) {
        (true, _) => "Out of date",
        (false, Some(_)) => "In use",
        (false, None) => "Not in use yet",
    };
    let may_use = !is_stale && kept.applied_at.is_none() && !day.is_over(visit.now);
    Plan {
        made_by: kept.made_by.clone(),
        made_at: freshness::within(visit, kept.created_at),
        standing,
        is_stale,
        use_it: may_use.then(|| links::use_day_plan(org, kept.id)),
        placed: format!("{} of {}", kept.placed(), kept.stops.len()),
        travel: in_hours(kept.travel_minutes),
        map: drawing::map(&drawn, &unplaced.iter().map(|one| one.postcode.clone()).collect::<Vec<_>>()),
        times: drawing::times(&drawn, day.zone),
        routes: routes
            .iter()
            .enumerate()
            .map(|(index, (person, stops))| route(org, day, index, person, stops))
            .collect(),
        unplaced,
    }
}

/// A stop with its appointment.
struct Placed<'p> {
    of: &'p Appointment,
    stop: &'p KeptStop,
    arrives_at: NaiveDateTime,
    leaves_at: NaiveDateTime,
}

fn drawn(index: usize, person: &OnDay, stops: &[Placed<'_>]) -> drawing::Route {
    drawing::Route {
        letter: drawing::letter(index),
        name: person.name.clone(),
        base: person.base.to_string(),
        hours: person.hours.clone(),
        stops: stops
            .iter()
            .map(|placed| drawing::Stop {
                postcode: placed.of.place.address.postcode.clone(),
                travel_minutes: placed.stop.travel_minutes,
                arrives_at: placed.arrives_at,
                leaves_at: placed.leaves_at,
            })
            .collect(),
    }
}

fn route(org: OrganisationId, day: &Day, index: usize, person: &OnDay, stops: &[Placed<'_>]) -> Route {
    let letter = drawing::letter(index);
    let home = stops.last().and_then(|last| {
        coverage::minutes_between(&Postcode::parse(&last.of.place.address.postcode)?, &person.base)
    });
    let shifts = person.hours.iter();
    let shifts: Vec<String> =
        shifts.map(|(from, to)| format!("{} to {}", clock(*from, day.zone), clock(*to, day.zone))).collect();
    let travel: i32 = stops.iter().map(|placed| placed.stop.travel_minutes).sum();
    let rows = stops.iter().enumerate().map(|(number, placed)| Line {
        label: format!("{letter}{}", number + 1),
        arrives: clock(placed.arrives_at, day.zone),
        leaves: clock(placed.leaves_at, day.zone),
        travel: placed.stop.travel_minutes,
        words: change(day.zone, person.id, placed),
        ..Line::new(org, day.zone, placed.of)
    });
    Route {
        hours: shifts.join(" and "),
        name: person.name.clone(),
        travel: in_hours(travel + home.unwrap_or_default()),
        home,
        rows: rows.collect(),
        letter,
    }
}

/// What using the plan would change of an appointment.
fn change(zone: Tz, staff: StaffMemberId, placed: &Placed<'_>) -> String {
    match (&placed.of.practitioner, placed.of.expected_at) {
        (None, _) => "New".to_owned(),
        (Some(has), _) if has.id != staff => format!("Was {}", has.name),
        (_, Some(at)) if at == placed.arrives_at => "As now".to_owned(),
        (_, Some(at)) => format!("Was {}", clock(at, zone)),
        (_, None) => "Time is new".to_owned(),
    }
}

impl Line {
    fn new(org: OrganisationId, zone: Tz, of: &Appointment) -> Self {
        let practitioner = of.practitioner.as_ref().map(|one| one.name.clone()).unwrap_or_default();
        Self {
            label: String::new(),
            href: links::visit(org, of.id),
            arrives: of.expected_at.map(|at| clock(at, zone)).unwrap_or_default(),
            leaves: String::new(),
            travel: 0,
            patient: of.patient.name.clone(),
            postcode: of.place.address.postcode.clone(),
            task: of.task.name.clone(),
            window: of.booked.as_ref().map(|booked| hours(booked, zone)).unwrap_or_default(),
            words: of.status.words().to_owned(),
            locked: of.locked,
            lock: lock(of, &practitioner),
            practitioner,
        }
    }
}

fn lock(of: &Appointment, practitioner: &str) -> Option<Lock> {
    if practitioner.is_empty() || of.status != Status::Scheduled {
        return None;
    }
    let (to, label, word) = if of.locked { ("no", "Unlock", "from") } else { ("yes", "Lock", "to") };
    let about = format!("{} {word} {practitioner}", of.patient.name);
    Some(Lock { visit: of.id.to_string(), to, label, about })
}

/// `2 hours 5 minutes`.
fn in_hours(minutes: i32) -> String {
    let part = |count: i32, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {one}s")),
    };
    let parts: Vec<String> =
        [part(minutes / 60, "hour"), part(minutes % 60, "minute")].into_iter().flatten().collect();
    if parts.is_empty() { "0 minutes".to_owned() } else { parts.join(" ") }
}
