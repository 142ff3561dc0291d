//! The plan of a day: who visits whom and when, drawn and as tables; planning it, using it, and locking appointments to
//! their practitioner. Only in organisations of community health.

mod drawing;
mod pages;

use actix_web::web;
use chrono::NaiveDate;

use super::error::{Answer, Fault};
use super::freshness;
use super::routes::{Line, Who, get, post};
use super::ui::Notice;
use super::visit::{Fields, Posted, Visit, field};
use super::visits::Community;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Permission};
use crate::domain::day_plans::{self, Kept};
use crate::kit::ids::{DayPlanId, VisitId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageAppointments);
    vec![
        get("/org/{org}/day-plans", manage, show),
        post("/org/{org}/day-plans", manage, plan),
        post("/org/{org}/day-plans/locks", manage, set_lock),
        post("/org/{org}/day-plans/{plan}/use", manage, use_plan),
    ]
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    date: String,
}

async fn show(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let date = date_of(&asked.date).unwrap_or_else(|| freshness::today(&visit));
    let org = scope.organisation();
    let (day, kept) = visit
        .read(move |conn| {
            let kept = day_plans::latest(conn, &scope, date)?;
            Ok((day_plans::day(conn, &scope, date)?, kept))
        })
        .await?;
    visit.page(&pages::index(&visit, org, &day, kept.as_ref())?)
}

/// Reads the day, solves it away from the threads that answer, and keeps the plan in a transaction of its own.
async fn plan(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let date = date_of(field(&fields, "date")).ok_or(NO_DATE)?;
    let back = links::day_plan(scope.organisation(), &date.to_string());
    let reader = scope.clone();
    let day = visit.read(move |conn| day_plans::day(conn, &reader, date)).await?;
    if day.is_over(visit.now) {
        return visit.done(back, &Notice::warn("This day is over. Choose another."));
    }
    let drawn = day.draw(visit.now);
    let solved = web::block(move || day_plans::solve(&drawn).map(|plan| (drawn, plan))).await;
    let kept = match solved.map_err(|cause| Fault::broken(&cause))? {
        Ok((drawn, plan)) => visit.write(move |tx| day_plans::keep(tx, &scope, (&day, &drawn, &plan))).await,
        Err(refusal) => Err(refusal),
    };
    match kept {
        Ok(kept) => visit.done(back, &Notice::ok(planned(&kept))),
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

fn planned(kept: &Kept) -> String {
    let (placed, all) = (kept.placed(), kept.stops.len());
    format!("{placed} of {all} appointments have a place. Nobody is given any until you use the plan.")
}

async fn use_plan(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let id = visit.id::<DayPlanId>("plan")?;
    let back = links::day_plan(scope.organisation(), field(&fields, "date"));
    match visit.write(move |tx| day_plans::use_plan(tx, &scope, id)).await {
        Ok((_, 0)) => visit.done(back, &Notice::ok("The plan is in use. Nothing had to change.")),
        Ok((_, 1)) => visit.done(back, &Notice::ok("The plan is in use. 1 appointment changed.")),
        Ok((_, count)) => {
            visit.done(back, &Notice::ok(format!("The plan is in use. {count} appointments changed.")))
        }
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn set_lock(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let id: VisitId = field(&fields, "visit").parse().map_err(|_other| Fault::NotFound)?;
    let locked = field(&fields, "locked") == "yes";
    let back = links::day_plan(scope.organisation(), field(&fields, "date"));
    match visit.write(move |tx| day_plans::set_lock(tx, &scope, id, locked)).await {
        Ok(()) if locked => visit.done(back, &Notice::ok("The appointment stays with its practitioner.")),
        Ok(()) => visit.done(back, &Notice::ok("The appointment may go to others.")),
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

const NO_DATE: Fault = Fault::Unreadable("There is no such date. Go back and choose one.");

fn date_of(typed: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d").ok()
}
