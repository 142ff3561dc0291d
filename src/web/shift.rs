//! Shared devices: the page on which staff choose their name and type a PIN, one's own PIN, and the devices of a
//! place. What a PIN opens, and when it is shut, is in `domain::accounts`.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use askama::Template;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::freshness;
use super::routes::{Line, Who, get, post};
use super::sign_in::{blank, device_words, entrance, go_on};
use super::ui::{Choice, Link, Notice, Shell, When, filters};
use super::visit::{In, Nav, Posted, Visit};
use super::{see_other, session};
use crate::domain::Refusal;
use crate::domain::access::{ManagePlaces, Permission};
use crate::domain::accounts::{self, NotIn, Shift};
use crate::kit::ids::{AccountId, DeviceId, PlaceId};
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    let places = Who::Holder(Permission::ManagePlaces);
    vec![
        get("/shift", Who::Anyone, ask),
        post("/shift", Who::Anyone, enter),
        get("/account/pin", Who::SignedIn, pin),
        post("/account/pin", Who::SignedIn, set_pin),
        post("/account/pin/remove", Who::SignedIn, remove_pin),
        get("/org/{org}/places/{place}/devices", places, devices),
        post("/org/{org}/places/{place}/devices", places, register),
        post("/org/{org}/places/{place}/devices/{device}/revoke", places, revoke),
    ]
}

#[derive(Template)]
#[template(path = "shift/enter.html")]
struct Enter {
    shell: Shell,
    place: String,
    people: Vec<Choice>,
    nobody: bool,
}

/// What this browser shows if it is a shared device that works.
pub(super) async fn here(visit: &Visit) -> Result<Option<(Secret, Shift)>, Fault> {
    let config = &visit.services.config;
    let Some(word) = session::device(visit.request(), config) else { return Ok(None) };
    let (looked, policy) = (word.clone(), config.two_step);
    let shift = visit.read(move |conn| accounts::shift(conn, &looked, policy)).await?;
    Ok(shift.map(|shift| (word, shift)))
}

fn enter_page(visit: &Visit, shift: &Shift, chosen: &str) -> Enter {
    let mut people = vec![Choice::new("", "Choose your name", chosen.is_empty())];
    people.extend(shift.people.iter().map(|(id, name)| {
        let id = id.to_string();
        let is = id == chosen;
        Choice::new(id, name.clone(), is)
    }));
    let mut shell = visit.shell("Start your shift");
    shell.organisation = Some(shift.organisation_name.clone());
    Enter { shell, place: shift.place_name.clone(), nobody: shift.people.is_empty(), people }
}

async fn ask(visit: Visit) -> Answer {
    if visit.actor().is_some() {
        return Ok(see_other(links::home()));
    }
    match here(&visit).await? {
        Some((_, shift)) => visit.page(&enter_page(&visit, &shift, "")),
        None => Ok(see_other(links::sign_in())),
    }
}

#[derive(Deserialize)]
struct Entering {
    #[serde(default)]
    person: String,
    #[serde(default = "blank")]
    pin: Secret,
}

async fn enter(visit: Visit, Posted(form): Posted<Entering>) -> Answer {
    if visit.actor().is_some() {
        return Ok(see_other(links::home()));
    }
    let Some((word, shift)) = here(&visit).await? else { return Ok(see_other(links::sign_in())) };
    let mut page = enter_page(&visit, &shift, &form.person);
    let Ok(person) = form.person.parse::<AccountId>() else {
        page.shell.add_error("person", "Choose your name.");
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    };
    let from = (visit.address.clone(), device_words(&visit));
    let policy = visit.services.config.two_step;
    match entrance(&visit).enter_by_pin(word, person, &form.pin, from, policy).await {
        Ok(token) => Ok(go_on(&visit, &token, links::home())),
        Err(NotIn::Wrong) => {
            page.shell.add_error("pin", "This is not the PIN of that person. Try again.");
            visit.page_with(&page, HttpResponse::Unauthorized())
        }
        Err(NotIn::Refused(Refusal::Overtaken(words))) => {
            page.shell.add_error("pin", words);
            visit.page_with(&page, HttpResponse::Unauthorized())
        }
        Err(NotIn::DeadLink) => Ok(see_other(links::sign_in())),
        Err(why) => Err(why.into()),
    }
}

#[derive(Template)]
#[template(path = "shift/pin.html")]
struct Pin {
    shell: Shell,
    has: bool,
    may: bool,
}

async fn pin(visit: Visit) -> Answer {
    let page = pin_page(&visit).await?;
    visit.page(&page)
}

async fn pin_page(visit: &Visit) -> Result<Pin, Fault> {
    let actor = visit.signed_in()?.clone();
    let may = accounts::may_have_pin(&actor, visit.services.config.two_step);
    let has = visit.read(move |conn| Ok(accounts::has_pin(conn, &actor)?)).await?;
    let mut shell = visit.shell("PIN for shared devices");
    shell.crumb = Some(Link::new("Your account", links::account()));
    Ok(Pin { shell, has, may })
}

#[derive(Deserialize)]
struct NewPin {
    #[serde(default = "blank")]
    pin: Secret,
}

async fn set_pin(visit: Visit, Posted(form): Posted<NewPin>) -> Answer {
    visit.fresh(links::account_pin())?;
    let pin = match accounts::fit_pin(&form.pin) {
        Ok(pin) => pin,
        Err(words) => {
            let mut page = pin_page(&visit).await?;
            page.shell.add_error("pin", words);
            return visit.page_with(&page, HttpResponse::UnprocessableEntity());
        }
    };
    let (actor, policy) = (visit.signed_in()?.clone(), visit.services.config.two_step);
    let turn = visit.services.hasher.admit().map_err(NotIn::from)?;
    let hashed = turn.hash(&pin).await.map_err(NotIn::from)?;
    match visit.write(move |tx| accounts::set_pin(tx, &actor, &hashed, policy)).await {
        Ok(()) => visit.done(links::account_pin(), &Notice::ok("Your PIN is set.")),
        Err(Refusal::Overtaken(words)) => visit.done(links::account_pin(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn remove_pin(visit: Visit, _: Posted<()>) -> Answer {
    let actor = visit.signed_in()?.clone();
    visit.write(move |tx| accounts::remove_pin(tx, &actor)).await?;
    visit.done(links::account_pin(), &Notice::ok("Your PIN is removed."))
}

#[derive(Template)]
#[template(path = "shift/devices.html")]
struct Devices {
    shell: Shell,
    rows: Vec<Row>,
    action: String,
    device: String,
}

/// One shared device.
struct Row {
    name: String,
    by: String,
    since: When,
    revoke: String,
}

async fn devices(visit: Visit, In(scope): In<ManagePlaces>) -> Answer {
    let page = devices_page(&visit, scope, String::new()).await?;
    visit.page(&page)
}

async fn devices_page(
    visit: &Visit,
    scope: crate::domain::access::Scope<ManagePlaces>,
    device: String,
) -> Result<Devices, Fault> {
    let (org, place) = (scope.organisation(), visit.id::<PlaceId>("place")?);
    let found = visit.read(move |conn| accounts::devices(conn, &scope, place)).await?;
    let mut shell = visit.org_shell("Shared devices", Nav::Places)?;
    shell.crumb = Some(Link::new("The place", links::place(org, place)));
    let rows = found.into_iter().map(|one| Row {
        since: freshness::at(visit, one.since),
        revoke: links::revoke_device(org, place, one.id),
        name: one.name,
        by: one.registered_by,
    });
    Ok(Devices { shell, rows: rows.collect(), action: links::devices(org, place), device })
}

#[derive(Deserialize)]
struct Registering {
    #[serde(default)]
    device: String,
}

/// Makes this browser a shared device, and signs out whoever registers it: it is handed over.
async fn register(visit: Visit, In(scope): In<ManagePlaces>, Posted(form): Posted<Registering>) -> Answer {
    let place: PlaceId = visit.id("place")?;
    visit.fresh(links::devices(scope.organisation(), place))?;
    let (actor, writer, name) = (visit.signed_in()?.clone(), scope.clone(), form.device.clone());
    let registered = visit.write(move |tx| {
        let word = accounts::register_device(tx, &writer, place, &name)?;
        accounts::sign_out(tx, &actor)?;
        Ok(word)
    });
    match registered.await {
        Ok(word) => {
            let mut response = HttpResponse::SeeOther();
            session::end(&mut response, &visit.services.config);
            response.cookie(session::device_cookie(&visit.services.config, &word));
            Ok(response.insert_header((LOCATION, links::shift())).finish())
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = devices_page(&visit, scope, form.device).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn revoke(visit: Visit, In(scope): In<ManagePlaces>, _: Posted<()>) -> Answer {
    let (place, device) = (visit.id::<PlaceId>("place")?, visit.id::<DeviceId>("device")?);
    let here = links::devices(scope.organisation(), place);
    visit.write(move |tx| accounts::revoke_device(tx, &scope, place, device)).await?;
    visit.done(here, &Notice::ok("That device is ended. Whoever was signed in there is out."))
}
