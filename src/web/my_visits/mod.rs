//! A practitioner's own appointments, on the phone: those of today in their order, and one with its steps.
//!
//! Whoever works here and is no practitioner reads what to do instead; whoever asks for somebody else's appointment is
//! told that nothing is there. Only live appointments exist here. Everything works without a script and with one thumb.

mod pages;
mod working;

use super::error::{Answer, Fault};
use super::freshness::today;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, When};
use super::visit::{Nav, Visit};
use super::visits::{Community, picture};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Permission, Scope, ViewAppointments};
use crate::domain::api_keys::Mode;
use crate::domain::patients;
use crate::domain::practitioners::{self, Practitioner};
use crate::domain::visits;
use crate::kit::ids::{AccountId, VisitId, VisitPhotoId};
use crate::links;

type Own = Scope<ViewAppointments>;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewAppointments);
    vec![
        get("/org/{org}/my-visits", view, index),
        get("/org/{org}/my-visits/{visit}", view, show),
        post("/org/{org}/my-visits/{visit}/start", view, working::start),
        post("/org/{org}/my-visits/{visit}/steps/{step}/tick", view, working::tick),
        post("/org/{org}/my-visits/{visit}/steps/{step}/photo", view, working::photo),
        get("/org/{org}/my-visits/{visit}/photos/{photo}", view, image),
        post("/org/{org}/my-visits/{visit}/complete", view, working::complete),
        post("/org/{org}/my-visits/{visit}/not-present", view, working::not_present),
    ]
}

/// Who looks, as a practitioner.
fn me(conn: &mut Conn, scope: &Own) -> Result<(AccountId, Practitioner), Refusal> {
    let account = scope.by().account.ok_or(Refusal::NotHere)?;
    let found = practitioners::of_account(conn, scope.organisation(), account)?;
    found.map(|one| (account, one)).ok_or(Refusal::NotHere)
}

/// An appointment of whoever looks.
fn own(conn: &mut Conn, scope: &Own, id: VisitId) -> Result<visits::Visit, Refusal> {
    let (_, me) = me(conn, scope)?;
    let visit = visits::get(conn, scope, Mode::Live, id)?;
    let is_mine = visit.practitioner.as_ref().is_some_and(|one| one.id == me.id);
    if is_mine { Ok(visit) } else { Err(Refusal::NotHere) }
}

async fn index(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let (org, today) = (scope.organisation(), today(&visit));
    let found = visit
        .read(move |conn| match me(conn, &scope) {
            Ok((account, _)) => visits::mine(conn, &scope, account, today).map(Some),
            Err(Refusal::NotHere) => Ok(None),
            Err(refusal) => Err(refusal),
        })
        .await?;
    let Some(found) = found else {
        let shell = visit.org_shell("My appointments", Nav::MyVisits)?;
        return visit.page(&pages::NoPractitioner { shell, all: links::visits(org) });
    };
    visit.page(&pages::Index {
        shell: visit.org_shell("My appointments", Nav::MyVisits)?,
        day: super::ui::when::long_date(today),
        rows: found.iter().map(|one| pages::Row::new(org, one, visit.time_zone())).collect(),
    })
}

async fn show(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let page = show_page(&visit, scope, pages::Typed::default()).await?;
    visit.page(&page)
}

async fn show_page(visit: &Visit, scope: Own, typed: pages::Typed) -> Result<pages::Show, Fault> {
    let (org, id, zone) = (scope.organisation(), visit.id::<VisitId>("visit")?, visit.time_zone());
    let (one, patient, steps, photos) = visit
        .read(move |conn| {
            let one = own(conn, &scope, id)?;
            let patient = patients::get(conn, &scope, Mode::Live, one.patient.id)?;
            let steps = visits::steps(conn, &one)?;
            let photos = visits::photos(conn, &one)?;
            Ok((one, patient, steps, photos))
        })
        .await?;
    let mut shell = visit.org_shell(one.patient.name.clone(), Nav::MyVisits)?;
    shell.crumb = Some(Link::new("My appointments", links::my_visits(org)));
    let at = |moment: chrono::NaiveDateTime| When::clock(moment.and_utc(), zone).words;
    let steps = steps.into_iter().map(|step| pages::Step::new(org, &one, step, &photos, at)).collect();
    Ok(pages::Show {
        row: pages::Row::new(org, &one, zone),
        facts: pages::facts(&one, &patient, zone),
        phone: one.phone.clone(),
        is_today: one.booked.as_ref().is_some_and(|booked| booked.date == today(visit)),
        act: pages::Acts::new(org, &one),
        steps,
        outcome: pages::outcome(&one),
        typed,
        shell,
    })
}

async fn image(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let (id, photo) = (visit.id::<VisitId>("visit")?, visit.id::<VisitPhotoId>("photo")?);
    let kept = visit
        .read(move |conn| {
            let one = own(conn, &scope, id)?;
            visits::photo(conn, &one, photo)
        })
        .await?;
    Ok(picture(kept))
}
