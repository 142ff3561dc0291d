//! A practitioner's own appointments, on the phone: those of today in their order, and one with its steps.
//!
//! Whoever works here and is no practitioner reads what to do instead; whoever asks for somebody else's appointment is
//! told that nothing is there. Only live appointments exist here. Everything works without a script and with one thumb.

mod late;
mod pages;
mod working;

use actix_web::http::header::{HeaderName, HeaderValue};

use super::documents::{Row, handed_out};
use super::error::{Answer, Fault};
use super::freshness::today;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Shell};
use super::visit::{Nav, Visit};
use super::visits::{Community, picture};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Permission, Scope, ViewAppointments};
use crate::domain::api_keys::Mode;
use crate::domain::documents::Document;
use crate::domain::patients;
use crate::domain::practitioners::{self, Practitioner};
use crate::domain::visits;
use crate::kit::ids::{AccountId, DocumentId, VisitId, VisitPhotoId};
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
        get("/org/{org}/my-visits/{visit}/documents/{document}", view, document),
        post("/org/{org}/my-visits/{visit}/complete", view, working::complete),
        post("/org/{org}/my-visits/{visit}/not-present", view, working::not_present),
        post("/org/{org}/my-visits/{visit}/late", view, late::arrive),
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
        shell: frame(&visit, "My appointments")?,
        day: super::ui::when::long_date(today),
        rows: found.iter().map(|one| pages::Row::new(org, one, visit.time_zone())).collect(),
    })
}

/// The frame of these pages, with the script that keeps what is done without a network.
fn frame(visit: &Visit, title: impl Into<String>) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell(title, Nav::MyVisits)?;
    shell.recorder = Some(visit.signed_in()?.account().0);
    Ok(shell)
}

async fn show(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let page = show_page(&visit, scope, pages::Typed::default()).await?;
    with_the_place(visit.page(&page))
}

/// The only page that may ask the browser where it is, and it does so once the practitioner ticks the box.
fn with_the_place(answer: Answer) -> Answer {
    let mut response = answer?;
    let value = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()";
    let name = HeaderName::from_static("permissions-policy");
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    Ok(response)
}

async fn show_page(visit: &Visit, scope: Own, typed: pages::Typed) -> Result<pages::Show, Fault> {
    let (org, id, zone) = (scope.organisation(), visit.id::<VisitId>("visit")?, visit.time_zone());
    let keys = visit.services.config.keys.clone();
    let (one, patient, steps, photos, (proof, guides)) = visit
        .read(move |conn| {
            let one = own(conn, &scope, id)?;
            let patient = patients::get(conn, &scope, Mode::Live, one.patient.id)?;
            let steps = visits::steps(conn, &one)?;
            let photos = visits::photos(conn, &one)?;
            let proof = visits::proof(conn, &scope, &keys, &one)?;
            let guides = visits::documents_of_task(conn, &one)?;
            Ok((one, patient, steps, photos, (proof, guides)))
        })
        .await?;
    let mut shell = frame(visit, one.patient.name.clone())?;
    shell.crumb = Some(Link::new("My appointments", links::my_visits(org)));
    let at = |moment: chrono::NaiveDateTime| crate::web::visits::clock(moment, zone);
    let mut outcome = pages::outcome(&one);
    outcome.extend(proof.iter().flat_map(|proof| pages::signed(proof, at)));
    let steps = steps.into_iter().map(|step| pages::Step::new(org, &one, step, &photos, at)).collect();
    let row = |of: &Document| Row::new(of, links::my_visit_document(org, id, of.id), None);
    Ok(pages::Show {
        documents: one.documents.iter().map(row).collect(),
        guides: guides.iter().map(row).collect(),
        row: pages::Row::new(org, &one, zone),
        facts: pages::facts(&one, &patient, zone),
        phone: one.phone.clone(),
        is_today: one.booked.as_ref().is_some_and(|booked| booked.date == today(visit)),
        act: pages::Acts::new(org, &one),
        steps,
        outcome,
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

async fn document(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let (id, document) = (visit.id::<VisitId>("visit")?, visit.id::<DocumentId>("document")?);
    let kept = visit
        .read(move |conn| {
            let one = own(conn, &scope, id)?;
            visits::document(conn, &one, document)
        })
        .await?;
    Ok(handed_out(kept))
}
