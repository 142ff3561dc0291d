//! A series: its part of the booking form, and its page with how far the same person comes.

use askama::Template;
use chrono::Weekday;

use super::{Community, Row, forms, row};
use crate::domain::Refusal;
use crate::domain::access::ManageAppointments;
use crate::domain::patients::Patient;
use crate::domain::practitioners::{self, Practitioner};
use crate::domain::sent_forms::{ALREADY, Once};
use crate::domain::tasks::Task;
use crate::domain::visits::{self, NewVisit, Rule};
use crate::kit::calendar::{WEEK, name_of, word_of};
use crate::kit::ids::{StaffMemberId, VisitSeriesId};
use crate::links;
use crate::web::error::Answer;
use crate::web::listing::day_typed;
use crate::web::ui::{Choice, Link, Notice, Shell, filters, when};
use crate::web::visit::{Fields, Nav, Visit, field, ticked};

pub fn weeks(fields: &Fields) -> String {
    let typed = field(fields, "every_weeks");
    if typed.is_empty() { "1".to_owned() } else { typed.to_owned() }
}

pub fn week(fields: &Fields) -> Vec<(&'static str, &'static str, bool)> {
    let chosen: Vec<String> = ticked(fields, "days[]");
    let tick = |day| (word_of(day), name_of(day), chosen.iter().any(|one| one == word_of(day)));
    WEEK.map(tick).into()
}

pub fn keepers(all: &[Practitioner], chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Whoever can", chosen.is_empty())];
    choices.extend(all.iter().filter(|one| one.works()).map(|one| {
        let id = one.id.to_string();
        let is = id == chosen;
        Choice::new(id, one.name.clone(), is)
    }));
    choices
}

fn rule(fields: &Fields) -> Result<Rule, Refusal> {
    let (window, starts_on) = forms::window(fields)
        .ok_or_else(|| Refusal::invalid("window", "Choose the window of the first appointment"))?;
    let ends_on = day_typed(field(fields, "until"))
        .ok_or_else(|| Refusal::invalid("until", "Enter the last day of the series, such as 24/12/2026"))?;
    let days: Vec<Weekday> = ticked(fields, "days[]");
    let every_weeks = weeks(fields).parse().unwrap_or(0);
    Ok(Rule { window, every_weeks, weekdays: days, starts_on, ends_on })
}

/// Books the series of the form; a refusal is shown beside its field.
pub async fn create(
    visit: &Visit,
    (patient, task): (&Patient, &Task),
    fields: &Fields,
    new: &NewVisit,
) -> Result<Answer, Refusal> {
    let scope = match visit.scope::<ManageAppointments>() {
        Ok(scope) => scope,
        Err(fault) => return Ok(Err(fault)),
    };
    let (org, rule) = (scope.organisation(), rule(fields)?);
    let keep: Option<StaffMemberId> = field(fields, "keep").parse().ok();
    let once = field(fields, "once").to_owned();
    let (patient, task, new) = (patient.clone(), task.clone(), new.clone());
    let made = visit
        .write(move |tx| {
            let name = match keep {
                Some(id) => practitioners::get(tx.conn, &scope, id)?.name,
                None => String::new(),
            };
            let keep = keep.map(|id| (id, name.as_str()));
            visits::create_series_once(tx, &scope, &once, (&patient, &task), (&rule, keep), &new)
        })
        .await?;
    let made = match made {
        Once::Now(made) => made,
        Once::Before(made) => {
            return Ok(visit.done(links::visit_series(org, made.series), &Notice::ok(ALREADY)));
        }
    };
    let count = made.visits.len();
    let mut words = if count == 1 {
        "1 appointment is booked.".to_owned()
    } else {
        format!("{count} appointments are booked.")
    };
    if !made.left_out.is_empty() {
        let dates: Vec<String> = made.left_out.iter().take(10).map(|(date, _)| when::date(*date)).collect();
        let more = made.left_out.len().saturating_sub(dates.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        words = format!("{words} These dates have no place and were left out: {}{more}.", dates.join(", "));
    }
    let notice = if made.left_out.is_empty() { Notice::ok(words) } else { Notice::warn(words) };
    Ok(visit.done(links::visit_series(org, made.series), &notice))
}

#[derive(Template)]
#[template(path = "visits/series.html")]
struct Series {
    shell: Shell,
    same: Option<String>,
    rows: Vec<Row>,
}

pub async fn show(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<VisitSeriesId>("series")?);
    let (all, same) = visit.read(move |conn| visits::series(conn, &scope, id)).await?;
    let name = all.first().map(|one| one.patient.name.clone()).unwrap_or_default();
    let mut shell = visit.org_shell(format!("Series for {name}"), Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::visits(org)));
    visit.page(&Series {
        shell,
        same: same.map(|one| format!("{} comes to {} of {}.", one.name, one.theirs, one.all)),
        rows: all.iter().map(|one| row(&visit, org, one)).collect(),
    })
}
