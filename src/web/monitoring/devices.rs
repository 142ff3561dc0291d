//! The devices that send night events, with their keys, and how much of it goes to the care record.

use actix_web::HttpResponse;
use askama::Template;

use crate::domain::Refusal;
use crate::domain::access::{ManagePlaces, Scope};
use crate::domain::monitoring::{self, AtLeast, LONGEST_WINDOW, Monitor, Settings};
use crate::domain::organisations::{self, Place, PlaceKind};
use crate::kit::ids::{MonitorId, PlaceId};
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::residents::name_of;
use crate::web::ui::{Choice, Link, Notice, Shell, When, filters};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field};

#[derive(Template)]
#[template(path = "monitoring/devices.html")]
struct Devices {
    shell: Shell,
    rows: Vec<Row>,
    action: String,
    homes: Vec<Choice>,
    room: String,
    name: String,
    /// A key that was made just now: the name of its device, and the key.
    made: Option<(String, String)>,
    address: String,
    settings: String,
    window: String,
    longest: i32,
    at_least: Vec<Choice>,
}

/// One device.
struct Row {
    name: String,
    home: String,
    room: String,
    key_end: String,
    made_by: String,
    since: When,
    used: Option<When>,
    refused: i64,
    rotate: String,
    revoke: String,
}

pub async fn index(visit: Visit, In(scope): In<ManagePlaces>) -> Answer {
    let page = page(&visit, scope, None).await?;
    visit.page(&page)
}

/// The page; with a key that was made just now, it is shown this once.
async fn page(
    visit: &Visit,
    scope: Scope<ManagePlaces>,
    made: Option<(String, Secret)>,
) -> Result<Devices, Fault> {
    let org = scope.organisation();
    let (monitors, places, settings) = visit
        .read(move |conn| {
            let monitors = monitoring::monitors(conn, &scope)?;
            Ok((monitors, organisations::places(conn, &scope)?, monitoring::settings(conn, &scope)?))
        })
        .await?;
    let mut shell = visit.org_shell("Monitoring devices", Nav::Places)?;
    shell.crumb = Some(Link::new("Places", links::places(org)));
    let chosen = settings.at_least.as_str();
    Ok(Devices {
        shell,
        rows: monitors.into_iter().map(|one| row(visit, org, one, &places)).collect(),
        action: links::monitors(org),
        homes: homes(&places, ""),
        room: String::new(),
        name: String::new(),
        made: made.map(|(name, key)| (name, key.reveal().to_owned())),
        address: format!("{}{}", visit.services.config.public_url, links::monitoring_events()),
        settings: links::monitoring_settings(org),
        window: settings.window_minutes.to_string(),
        longest: LONGEST_WINDOW,
        at_least: Choice::list(AtLeast::ALL.iter().map(|one| (one.as_str(), one.words())), chosen),
    })
}

fn homes(places: &[Place], chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Choose a home", chosen.is_empty())];
    choices.extend(places.iter().filter(|place| place.kind == PlaceKind::Home).map(|place| {
        let id = place.id.to_string();
        let is = id == chosen;
        Choice::new(id, place.name.clone(), is)
    }));
    choices
}

fn row(visit: &Visit, org: crate::kit::ids::OrganisationId, one: Monitor, places: &[Place]) -> Row {
    Row {
        home: name_of(places, one.home).unwrap_or_default().to_owned(),
        since: freshness::within(visit, one.key_since),
        used: one.last_used_at.map(|at| freshness::within(visit, at)),
        rotate: links::monitor_act(org, one.id, "rotate"),
        revoke: links::monitor_act(org, one.id, "revoke"),
        name: one.name,
        room: one.room,
        key_end: one.key_end,
        made_by: one.made_by,
        refused: one.refused,
    }
}

#[derive(serde::Deserialize)]
pub struct Adding {
    #[serde(default)]
    home: String,
    #[serde(default)]
    room: String,
    #[serde(default)]
    name: String,
}

pub async fn create(visit: Visit, In(scope): In<ManagePlaces>, Posted(form): Posted<Adding>) -> Answer {
    visit.fresh(links::monitors(scope.organisation()))?;
    let (writer, room, name) = (scope.clone(), form.room.clone(), form.name.clone());
    // A home that is no number is none that can be chosen.
    let home = form.home.parse::<PlaceId>().unwrap_or(PlaceId(0));
    match visit.write(move |tx| monitoring::add_monitor(tx, &writer, home, &room, &name)).await {
        Ok((_, key)) => shown_once(&visit, scope, form.name, key).await,
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, scope, None).await?;
            for choice in &mut page.homes {
                choice.chosen = choice.value == form.home;
            }
            (page.room, page.name) = (form.room, form.name);
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The key is in this answer and in none that follows.
async fn shown_once(visit: &Visit, scope: Scope<ManagePlaces>, name: String, key: Secret) -> Answer {
    let page = page(visit, scope, Some((name, key))).await?;
    visit.page(&page)
}

pub async fn rotate(visit: Visit, In(scope): In<ManagePlaces>, _: Posted<()>) -> Answer {
    visit.fresh(links::monitors(scope.organisation()))?;
    let (writer, id) = (scope.clone(), visit.id::<MonitorId>("monitor")?);
    let (name, key) = visit.write(move |tx| monitoring::rotate_monitor(tx, &writer, id)).await?;
    shown_once(&visit, scope, name, key).await
}

pub async fn revoke(visit: Visit, In(scope): In<ManagePlaces>, _: Posted<()>) -> Answer {
    let (here, id) = (links::monitors(scope.organisation()), visit.id::<MonitorId>("monitor")?);
    visit.write(move |tx| monitoring::revoke_monitor(tx, &scope, id)).await?;
    visit.done(here, &Notice::ok("That device is ended: its key does not work any more. What it sent stays."))
}

pub async fn save_settings(
    visit: Visit,
    In(scope): In<ManagePlaces>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let here = links::monitors(scope.organisation());
    let (writer, window) = (scope.clone(), field(&fields, "window").to_owned());
    let at_least = AtLeast::parse(field(&fields, "at_least"));
    let saved = visit.write(move |tx| {
        let before = monitoring::settings(tx.conn, &writer)?;
        let new = Settings {
            // What is no number is outside the range, and refused with it.
            window_minutes: window.parse().unwrap_or(-1),
            at_least: at_least.unwrap_or(before.at_least),
        };
        monitoring::set_settings(tx, &writer, new)
    });
    match saved.await {
        Ok(()) => visit.done(here, &Notice::ok("Saved, for events that arrive from now on.")),
        Err(Refusal::Invalid { field: of, words }) => {
            let mut page = page(&visit, scope, None).await?;
            field(&fields, "window").clone_into(&mut page.window);
            page.shell.add_error(of, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}
