//! KareInn's screens, played; all of them are assumed. *Integrations* is what KareInn's own people would use: the key
//! they gave, and the switch; then the residents, the staff, and the notes of a resident.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::frame;
use super::population::{Member, Resident};
use super::state::{Note, Simulator};
use crate::sandbox::Simulated as _;
use crate::sandbox::pages::{self, Form, Frame};
use crate::sandbox::sheets::{self, Notes, Row, Sheet, Table, field};

#[derive(Template)]
#[template(path = "sandbox/kareinn/integrations.html")]
struct Integrations {
    frame: Frame,
    organisation: String,
    key: String,
    on: bool,
    told: Option<&'static str>,
}

/// The key, and whether it opens anything.
pub(super) async fn integrations(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told = match pages::query(&request, "done").as_deref() {
        Some("on") => Some("The integration is on. Give the key to the representative of Kinbridge."),
        Some("off") => Some("The integration is off."),
        Some("key") => Some("A new key was given. The old one has ended."),
        _ => None,
    };
    let state = simulator.state();
    pages::page(&Integrations {
        frame: frame("integrations"),
        organisation: state.organisation.clone(),
        key: state.memory.key.clone(),
        on: state.memory.on,
        told,
    })
}

/// *Switch on*, *Switch off*, *Give a new key*.
pub(super) async fn press(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let act = pages::first(&sent, "act");
    match act.as_str() {
        "on" | "off" => simulator.switch_on(act == "on"),
        "key" if simulator.renew_key().is_some() => {}
        _ => return pages::see_other("/"),
    }
    simulator.changed();
    pages::see_other(&format!("/?done={act}"))
}

/// The residents.
pub(super) async fn people(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let columns = ["Name", "Date of birth", "NHS number", "Status", "Room", "Notes"].as_slice();
    let row = |one: &Resident| Row {
        name: format!("{} {}", one.first_name, one.last_name),
        href: Some(format!("/people/edit?id={}", pages::encoded(&one.id))),
        cells: vec![one.date_of_birth.clone(), one.nhs_number.clone(), one.status.clone(), one.room.clone()],
        notes: Some(format!("/people/notes?id={}", pages::encoded(&one.id))),
    };
    let heading = ("Residents", columns);
    let table = Table::of(&request, frame("people"), heading, &state.memory.residents, row);
    pages::page(&table.adding("/people/new"))
}

/// The staff, to look at.
pub(super) async fn staff(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let columns = ["Name", "E-mail", "Job title", "Works here"].as_slice();
    let row = |one: &Member| Row {
        name: format!("{} {}", one.first_name, one.last_name),
        href: None,
        cells: vec![
            one.email.clone(),
            one.job_title.clone(),
            if one.active { "Yes" } else { "No" }.to_owned(),
        ],
        notes: None,
    };
    pages::page(&Table::of(&request, frame("staff"), ("Staff", columns), &state.memory.staff, row))
}

/// An empty sheet.
pub(super) async fn new() -> HttpResponse {
    sheets::sheet("/people", Some(sheet(&Resident { status: "Permanent".to_owned(), ..Resident::default() })))
}

/// One resident's sheet.
pub(super) async fn edit(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "id").unwrap_or_default();
    sheets::sheet("/people", simulator.state().resident(&id).map(sheet))
}

fn sheet(one: &Resident) -> Sheet {
    let name = format!("{} {}", one.first_name, one.last_name);
    Sheet {
        frame: frame("people"),
        heading: if one.id.is_empty() { "Add a person".to_owned() } else { name },
        id: one.id.clone(),
        fields: vec![
            field("first_name", "First name", &one.first_name),
            field("last_name", "Last name", &one.last_name),
            field("date_of_birth", "Date of birth (year-month-day)", &one.date_of_birth),
            field("nhs_number", "NHS number", &one.nhs_number),
            field("room", "Room", &one.room),
            field("status", "Status", &one.status),
        ],
        ticks: Vec::new(),
        path: "/people",
    }
}

/// Changes a resident, or adds one where the form has no identifier.
pub(super) async fn save(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    if id.is_empty() {
        let mut resident =
            Resident { id: next_id(&simulator.state().memory.residents), ..Resident::default() };
        fill(&mut resident, &sent);
        simulator.add_resident(resident);
    } else {
        simulator.edit_resident(&id, |resident| fill(resident, &sent));
    }
    simulator.changed();
    pages::see_other("/people?done=saved")
}

/// A number nobody has: identifiers of the population may be of any shape.
fn next_id(residents: &[Resident]) -> String {
    let highest = residents.iter().filter_map(|one| one.id.parse::<u64>().ok()).max().unwrap_or(80_000);
    highest.saturating_add(1).to_string()
}

fn fill(one: &mut Resident, sent: &[(String, String)]) {
    one.first_name = pages::first(sent, "first_name");
    one.last_name = pages::first(sent, "last_name");
    one.date_of_birth = pages::first(sent, "date_of_birth");
    one.nhs_number = pages::first(sent, "nhs_number");
    one.room = pages::first(sent, "room");
    one.status = pages::first(sent, "status");
}

/// Takes a resident away.
pub(super) async fn remove(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    simulator.remove_resident(&pages::first(&sent, "id"));
    simulator.changed();
    pages::see_other("/people?done=removed")
}

/// The notes of one resident.
pub(super) async fn notes(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "id").unwrap_or_default();
    let state = simulator.state();
    let Some(resident) = state.resident(&id) else { return pages::see_other("/people") };
    let mut theirs: Vec<&Note> = state.memory.notes.iter().filter(|note| note.resident_id == id).collect();
    theirs.sort_by(|one, other| other.occurred_at.cmp(&one.occurred_at));
    pages::page(&Notes {
        frame: frame("people"),
        heading: format!("Notes of {} {}", resident.first_name, resident.last_name),
        total: theirs.len(),
        written: theirs.into_iter().take(sheets::SHOWN).map(shown).collect(),
        back: format!("/people/edit?id={}", pages::encoded(&id)),
    })
}

fn shown(note: &Note) -> sheets::Note {
    sheets::Note {
        title: note.category.clone(),
        lines: vec![
            ("When", note.occurred_at.clone()),
            ("Text", note.text.clone()),
            ("Author", note.author_name.clone()),
            ("Written by", format!("Kinbridge, {}, as {}", note.recorded_at, note.external_id)),
        ],
    }
}
