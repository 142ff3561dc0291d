//! The made-up residents, to look at and to change: nothing is checked, so that wrong values can be played too.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::population::{Patient, Place};
use super::state::Simulator;
use crate::sandbox::pages::{self, Form};
use crate::sandbox::{Frame, Simulated as _};

const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "sandbox/fhir/people.html")]
struct Index {
    frame: Frame,
    told: Option<&'static str>,
    total: usize,
    people: Vec<Patient>,
    page: usize,
    more: bool,
}

#[derive(Template)]
#[template(path = "sandbox/fhir/person.html")]
struct Edit {
    frame: Frame,
    heading: String,
    person: Patient,
    fields: Vec<Field>,
    places: Vec<Place>,
}

struct Field {
    name: &'static str,
    label: &'static str,
    value: String,
}

/// The residents, by pages.
pub(super) async fn index(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let page =
        pages::query(&request, "page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, 100_000);
    let told = match pages::query(&request, "done").as_deref() {
        Some("saved") => Some("Saved."),
        Some("removed") => Some("Removed."),
        _ => None,
    };
    let (total, people) = {
        let state = simulator.state();
        let shown = state.patients.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).cloned().collect();
        (state.patients.len(), shown)
    };
    let more = page * PER_PAGE < total;
    pages::page(&Index { frame: Simulator::frame("people"), told, total, people, page, more })
}

/// An empty form.
pub(super) async fn new(simulator: web::Data<Simulator>) -> HttpResponse {
    let place = simulator.state().places.first().map(|place| place.id.clone()).unwrap_or_default();
    let person = Patient { place, verification: "02".to_owned(), ..Patient::default() };
    pages::page(&form("Add a person".to_owned(), person, &simulator))
}

/// One resident's form.
pub(super) async fn edit(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "id").unwrap_or_default();
    let person = simulator.state().patients.iter().find(|patient| patient.id == id).cloned();
    let Some(person) = person else { return pages::see_other("/people") };
    pages::page(&form(format!("{} {}", person.given, person.family), person, &simulator))
}

/// Changes a resident, or adds one where the form has no identifier.
pub(super) async fn save(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    if id.is_empty() {
        let mut person = Patient { id: next_id(&simulator), ..Patient::default() };
        fill(&mut person, &sent);
        simulator.add_patient(person);
    } else {
        simulator.edit_patient(&id, |person| fill(person, &sent));
    }
    simulator.changed();
    pages::see_other("/people?done=saved")
}

/// Takes a resident away.
pub(super) async fn remove(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    simulator.remove_patient(&pages::first(&sent, "id"));
    simulator.changed();
    pages::see_other("/people?done=removed")
}

/// A number nobody has.
fn next_id(simulator: &Simulator) -> String {
    let state = simulator.state();
    let numbers =
        state.patients.iter().filter_map(|patient| patient.id.rsplit('-').next()?.parse::<u64>().ok());
    format!("new-{}", numbers.max().unwrap_or(0).saturating_add(1))
}

fn form(heading: String, person: Patient, simulator: &Simulator) -> Edit {
    let field = |name, label, value: &String| Field { name, label, value: value.clone() };
    let fields = vec![
        field("given", "Given names", &person.given),
        field("family", "Family name", &person.family),
        field("nickname", "Nickname", &person.nickname),
        field("birth_date", "Date of birth (year-month-day)", &person.birth_date),
        field("nhs_number", "NHS number", &person.nhs_number),
        field("verification", "Verification status of the NHS number (01 to 08)", &person.verification),
    ];
    let places = simulator.state().places.clone();
    Edit { frame: Simulator::frame("people"), heading, person, fields, places }
}

fn fill(person: &mut Patient, sent: &[(String, String)]) {
    person.given = pages::first(sent, "given");
    person.family = pages::first(sent, "family");
    person.nickname = pages::first(sent, "nickname");
    person.birth_date = pages::first(sent, "birth_date");
    person.nhs_number = pages::first(sent, "nhs_number");
    person.verification = pages::first(sent, "verification");
    person.place = pages::first(sent, "place");
    person.inactive = pages::first(sent, "inactive") == "yes";
    person.deceased = pages::first(sent, "deceased") == "yes";
}
