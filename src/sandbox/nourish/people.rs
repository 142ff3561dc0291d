//! The made-up residents, to look at and to change: nothing is checked, so that wrong values can be played too.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::frame;
use super::population::{Client, Service};
use super::state::Simulator;
use crate::sandbox::Simulated as _;
use crate::sandbox::pages::{self, Form, Frame};

const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "sandbox/nourish/people.html")]
struct Index {
    frame: Frame,
    told: Option<&'static str>,
    services: Vec<Service>,
    chosen: String,
    name: String,
    total: usize,
    people: Vec<Client>,
    page: usize,
    more: bool,
}

#[derive(Template)]
#[template(path = "sandbox/nourish/person.html")]
struct Edit {
    frame: Frame,
    heading: String,
    person: Client,
    fields: Vec<Field>,
    services: Vec<Service>,
}

struct Field {
    name: &'static str,
    label: &'static str,
    value: String,
}

/// The residents of one service, by pages.
pub(super) async fn index(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let (services, clients) = known(&simulator);
    let asked = pages::query(&request, "service").unwrap_or_default();
    let chosen =
        services.iter().find(|service| service.id == asked).or(services.first()).cloned().unwrap_or_default();
    let page =
        pages::query(&request, "page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, 100_000);
    let there = || clients.iter().filter(|client| client.service_id == chosen.id);
    let total = there().count();
    let people = there().skip((page - 1) * PER_PAGE).take(PER_PAGE).cloned().collect();
    let told = match pages::query(&request, "done").as_deref() {
        Some("saved") => Some("Saved."),
        Some("removed") => Some("Removed."),
        _ => None,
    };
    let more = page * PER_PAGE < total;
    pages::page(&Index {
        frame: frame("people"),
        told,
        services,
        chosen: chosen.id,
        name: chosen.name,
        total,
        people,
        page,
        more,
    })
}

/// An empty form.
pub(super) async fn new(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let service_id = pages::query(&request, "service").unwrap_or_default();
    let person = Client {
        service_id,
        resident_type: "Residential".to_owned(),
        status: "Permanent".to_owned(),
        ..Client::default()
    };
    pages::page(&form("Add a person".to_owned(), person, known(&simulator).0))
}

/// One resident's form.
pub(super) async fn edit(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "id").unwrap_or_default();
    let (services, clients) = known(&simulator);
    let Some(person) = clients.iter().find(|client| client.id == id) else {
        return pages::see_other("/people");
    };
    let heading = format!("{} {}", person.first_name, person.last_name);
    pages::page(&form(heading, person.clone(), services))
}

/// Changes a resident, or adds one where the form has no identifier.
pub(super) async fn save(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    let service = pages::first(&sent, "service_id");
    if id.is_empty() {
        let mut person = Client { id: next_id(&known(&simulator).1), ..Client::default() };
        fill(&mut person, &sent);
        simulator.add_client(person);
    } else {
        simulator.edit_client(&id, |person| fill(person, &sent));
    }
    simulator.changed();
    let known = known(&simulator).0.into_iter().any(|known| known.id == service);
    let to = if known { service } else { String::new() };
    pages::see_other(&format!("/people?done=saved&service={}", pages::encoded(&to)))
}

/// Takes a resident away.
pub(super) async fn remove(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    simulator.remove_client(&pages::first(&sent, "id"));
    simulator.changed();
    pages::see_other("/people?done=removed")
}

fn known(simulator: &Simulator) -> (Vec<Service>, Arc<Vec<Client>>) {
    let state = simulator.state();
    let services = state.services.iter().map(|enabled| enabled.service.clone()).collect();
    (services, Arc::clone(&state.clients))
}

/// A number nobody has: identifiers of the population may be of any shape.
fn next_id(clients: &[Client]) -> String {
    let highest = clients.iter().filter_map(|client| client.id.parse::<u64>().ok()).max().unwrap_or(90_000);
    highest.saturating_add(1).to_string()
}

fn form(heading: String, person: Client, services: Vec<Service>) -> Edit {
    let field = |name, label, value: &String| Field { name, label, value: value.clone() };
    let fields = vec![
        field("first_name", "First name", &person.first_name),
        field("last_name", "Last name", &person.last_name),
        field("preferred_name", "Preferred name", &person.preferred_name),
        field("birth_date", "Date of birth (year-month-day)", &person.birth_date),
        field("nhs_number", "NHS number", &person.nhs_number),
        field("resident_type", "Resident type", &person.resident_type),
        field("status", "Status", &person.status),
        field("room", "Room", &person.room),
    ];
    Edit { frame: frame("people"), heading, person, fields, services }
}

fn fill(person: &mut Client, sent: &[(String, String)]) {
    person.first_name = pages::first(sent, "first_name");
    person.last_name = pages::first(sent, "last_name");
    person.preferred_name = pages::first(sent, "preferred_name");
    person.birth_date = pages::first(sent, "birth_date");
    person.nhs_number = pages::first(sent, "nhs_number");
    person.resident_type = pages::first(sent, "resident_type");
    person.status = pages::first(sent, "status");
    person.room = pages::first(sent, "room");
    let service = pages::first(sent, "service_id");
    if service != person.service_id {
        person.location_id.clear();
    }
    person.service_id = service;
    person.archived = pages::first(sent, "archived") == "yes";
}
