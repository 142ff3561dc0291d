//! *Administration > Extensions*, played: expand, toggle the locations, accept the terms, Continue, paste the token,
//! Confirm, and each location shows On. In the words of a partner's public help article.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::frame;
use super::state::{Simulator, State};
use crate::sandbox::Simulated as _;
use crate::sandbox::pages::{self, Form, Frame};

#[derive(Template)]
#[template(path = "sandbox/nourish/extensions.html")]
struct Index {
    frame: Frame,
    told: Option<&'static str>,
    error: Option<&'static str>,
    open: bool,
    on: usize,
    total: usize,
    services: Vec<Service>,
}

struct Service {
    id: String,
    name: String,
    has_on: bool,
    has_off: bool,
    locations: Vec<Location>,
}

struct Location {
    id: String,
    name: String,
    on: bool,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "sandbox/nourish/token.html")]
struct Token {
    frame: Frame,
    error: Option<&'static str>,
    places: Vec<String>,
    locations: Vec<String>,
}

/// The list of extensions.
pub(super) async fn index(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told = match pages::query(&request, "done").as_deref() {
        Some("on") => Some("The integration is on for the locations you chose."),
        Some("off") => Some("The location is off."),
        _ => None,
    };
    let open = told.is_some() || pages::query(&request, "open").is_some();
    pages::page(&listed(&simulator.state(), &[], open, told, None))
}

/// *Continue*: the terms, and at least one location.
pub(super) async fn choose(form: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let chosen = pages::all(&form, "location[]");
    let error = if chosen.is_empty() {
        "Choose at least one location."
    } else if pages::first(&form, "terms") != "yes" {
        "Review and accept the Terms and Conditions to go on."
    } else {
        return pages::page(&asked(&mut simulator.state(), chosen, None));
    };
    pages::mistaken(&listed(&simulator.state(), &chosen, true, None, Some(error)))
}

/// *Replace token*: for the locations of a service that are on.
pub(super) async fn replace(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "service").unwrap_or_default();
    let mut state = simulator.state();
    let on = state.services.iter().find(|enabled| enabled.service.id == id).map(|enabled| enabled.on.clone());
    let locations: Vec<String> = on.into_iter().flatten().collect();
    if locations.is_empty() {
        return pages::see_other("/administration/extensions?open=kinbridge");
    }
    pages::page(&asked(&mut state, locations, None))
}

/// *Confirm*: each location shows On.
pub(super) async fn confirm(form: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let token = pages::first(&form, "token");
    let locations = pages::all(&form, "location[]");
    let mut state = simulator.state();
    if !(16..=200).contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let error =
            "Paste the whole token: letters, digits and hyphens, at least 16 of them, without spaces.";
        return pages::mistaken(&asked(&mut state, locations, Some(error)));
    }
    for location in locations {
        if let Some(enabled) = state.service_of(&location) {
            enabled.token = Some(token.clone());
            enabled.on.insert(location);
        }
    }
    drop(state);
    simulator.changed();
    pages::see_other("/administration/extensions?done=on")
}

/// *Turn off* one location.
pub(super) async fn turn_off(form: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let location = pages::first(&form, "location");
    if let Some(enabled) = simulator.state().service_of(&location) {
        enabled.on.remove(&location);
    }
    simulator.changed();
    pages::see_other("/administration/extensions?done=off")
}

fn listed(
    state: &State,
    chosen: &[String],
    open: bool,
    told: Option<&'static str>,
    error: Option<&'static str>,
) -> Index {
    let services: Vec<Service> = state
        .services
        .iter()
        .map(|enabled| Service {
            id: enabled.service.id.clone(),
            name: enabled.service.name.clone(),
            has_on: !enabled.on.is_empty(),
            has_off: enabled.on.len() < enabled.service.locations.len(),
            locations: enabled
                .service
                .locations
                .iter()
                .map(|place| Location {
                    id: place.id.clone(),
                    name: place.name.clone(),
                    on: enabled.on.contains(&place.id),
                    chosen: chosen.contains(&place.id),
                })
                .collect(),
        })
        .collect();
    let places = || services.iter().flat_map(|service| &service.locations);
    let (on, total) = (places().filter(|place| place.on).count(), places().count());
    Index { frame: frame("extensions"), told, error, open, on, total, services }
}

fn asked(state: &mut State, locations: Vec<String>, error: Option<&'static str>) -> Token {
    let named = locations.iter().filter_map(|id| {
        let service = &state.service_of(id)?.service;
        let place = service.locations.iter().find(|place| place.id == *id)?;
        Some(format!("{}, {}", service.name, place.name))
    });
    Token { frame: frame("extensions"), error, places: named.collect(), locations }
}
