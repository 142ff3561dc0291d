//! PCS's own screens, played: the way from the main screen to the API key, as a partner's public guide tells it, the
//! people, and the care notes of one. That the Internal ID is a short number is assumed.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::population::{Community, Person};
use super::state::{Key, Note, Simulator, State};
use super::{frame, population};
use crate::kit::secret::random_uuid;
use crate::sandbox::Simulated as _;
use crate::sandbox::pages::{self, Form, Frame};
use crate::sandbox::sheets::{self, Notes, Row, Sheet, Table, Tick, field};

#[derive(Template)]
#[template(path = "sandbox/pcs/main.html")]
struct Main {
    frame: Frame,
    organisation: String,
    users: Vec<population::User>,
    communities: Vec<Community>,
}

#[derive(Template)]
#[template(path = "sandbox/pcs/user.html")]
struct Details {
    frame: Frame,
    organisation: String,
    user: population::User,
    sees: String,
}

#[derive(Template)]
#[template(path = "sandbox/pcs/key.html")]
struct ApiKey {
    frame: Frame,
    organisation: String,
    user: population::User,
    sees: String,
    key: Option<Key>,
    internal_id: String,
    told: Option<&'static str>,
}

/// The main screen: who one is stands at the top right.
pub(super) async fn main(simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    pages::page(&Main {
        frame: frame("main"),
        organisation: state.organisation.clone(),
        users: state.users.clone(),
        communities: state.communities.clone(),
    })
}

/// *Your name – organisation*: the user details, with the menu *API Key*.
pub(super) async fn user(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let Some(user) = known(&state, &pages::query(&request, "name").unwrap_or_default()) else {
        return pages::see_other("/");
    };
    let sees = sees(&state, &user.location_id);
    pages::page(&Details { frame: frame("main"), organisation: state.organisation.clone(), user, sees })
}

/// *API Key*: the Internal API Key, and beside it the Internal ID.
pub(super) async fn key(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let Some(user) = known(&state, &pages::query(&request, "name").unwrap_or_default()) else {
        return pages::see_other("/");
    };
    let key = state.memory.key.clone();
    let told = pages::query(&request, "done")
        .map(|_| "A new key was made. The old one, if there was one, has ended.");
    let sees = sees(&state, key.as_ref().map_or("", |key| &key.location_id));
    pages::page(&ApiKey {
        frame: frame("main"),
        organisation: state.organisation.clone(),
        user,
        sees,
        key,
        internal_id: state.internal_id.clone(),
        told,
    })
}

/// *Generate*.
pub(super) async fn generate(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let name = pages::first(&sent, "name");
    if simulator.generate_key(&name).is_none() {
        return pages::see_other("/");
    }
    simulator.changed();
    pages::see_other(&format!("/user/api-key?done=yes&name={}", pages::encoded(&name)))
}

fn known(state: &State, name: &str) -> Option<population::User> {
    state.users.iter().find(|user| user.name == name).cloned()
}

/// What a user, or a key of theirs, may see.
fn sees(state: &State, location: &str) -> String {
    state.community(location).map_or_else(|| "every community".to_owned(), |one| format!("{} only", one.name))
}

/// The people.
pub(super) async fn people(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let columns = &["Name", "Communities", "Room", "Date of birth", "NHS number", "Care notes"];
    let row = |one: &Person| Row {
        name: format!("{} {}", one.first_name, one.last_name),
        href: Some(format!("/people/edit?id={}", pages::encoded(&one.connection_id))),
        cells: vec![
            places(&state, &one.location_ids),
            one.room.clone(),
            one.birth_date.clone(),
            one.nhs_number.clone(),
        ],
        notes: Some(format!("/people/notes?id={}", pages::encoded(&one.connection_id))),
    };
    let heading = ("Service users", columns.as_slice());
    pages::page(
        &Table::of(&request, frame("people"), heading, &state.memory.people, row).adding("/people/new"),
    )
}

/// The staff, to look at.
pub(super) async fn workers(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let row = |one: &population::Worker| Row {
        name: format!("{} {}", one.first_name, one.last_name),
        href: None,
        cells: vec![one.role.clone(), places(&state, std::slice::from_ref(&one.location_id))],
        notes: None,
    };
    let heading = ("Workers", ["Name", "Role", "Community"].as_slice());
    pages::page(&Table::of(&request, frame("workers"), heading, &state.memory.workers, row))
}

fn places(state: &State, locations: &[String]) -> String {
    let names = locations.iter().filter_map(|location| Some(state.community(location)?.name.as_str()));
    names.collect::<Vec<_>>().join(", ")
}

/// An empty sheet.
pub(super) async fn new(simulator: web::Data<Simulator>) -> HttpResponse {
    sheets::sheet("/people", Some(sheet(&simulator.state(), &Person::default())))
}

/// One person's sheet.
pub(super) async fn edit(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "id").unwrap_or_default();
    let state = simulator.state();
    sheets::sheet("/people", state.person(&id).map(|person| sheet(&state, person)))
}

fn sheet(state: &State, person: &Person) -> Sheet {
    let is_new = person.connection_id.is_empty();
    let name = format!("{} {}", person.first_name, person.last_name);
    let ticks = state.communities.iter().map(|one| Tick {
        name: "location[]",
        value: one.location_id.clone(),
        label: one.name.clone(),
        on: person.location_ids.contains(&one.location_id),
    });
    Sheet {
        frame: frame("people"),
        heading: if is_new { "Add a person".to_owned() } else { name },
        id: person.connection_id.clone(),
        fields: vec![
            field("first_name", "First name", &person.first_name),
            field("last_name", "Last name", &person.last_name),
            field("gender", "Gender", &person.gender),
            field("room", "Room", &person.room),
            field("birth_date", "Date of birth (year-month-day)", &person.birth_date),
            field("nhs_number", "NHS number", &person.nhs_number),
        ],
        ticks: ticks.collect(),
        path: "/people",
    }
}

/// Changes a person, or adds one where the form has no identifier.
pub(super) async fn save(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    if id.is_empty() {
        let made = || random_uuid().ok().map(|made| made.reveal().to_owned());
        let (Some(connection_id), Some(person_id)) = (made(), made()) else {
            return pages::see_other("/people");
        };
        let mut person = Person { connection_id, person_id, ..Person::default() };
        fill(&mut person, &sent);
        simulator.add_person(person);
    } else {
        simulator.edit_person(&id, |person| fill(person, &sent));
    }
    simulator.changed();
    pages::see_other("/people?done=saved")
}

fn fill(person: &mut Person, sent: &[(String, String)]) {
    person.first_name = pages::first(sent, "first_name");
    person.last_name = pages::first(sent, "last_name");
    person.gender = pages::first(sent, "gender");
    person.room = pages::first(sent, "room");
    person.birth_date = pages::first(sent, "birth_date");
    person.nhs_number = pages::first(sent, "nhs_number");
    person.location_ids = pages::all(sent, "location[]");
}

/// Takes a person away.
pub(super) async fn remove(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    simulator.remove_person(&pages::first(&sent, "id"));
    simulator.changed();
    pages::see_other("/people?done=removed")
}

/// The care notes of one person.
pub(super) async fn notes(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "id").unwrap_or_default();
    let state = simulator.state();
    let Some(person) = state.person(&id) else { return pages::see_other("/people") };
    let mut theirs: Vec<&Note> = state.memory.notes.iter().filter(|note| note.connection_id == id).collect();
    theirs.sort_by(|one, other| other.utc_date_time.cmp(&one.utc_date_time));
    pages::page(&Notes {
        frame: frame("people"),
        heading: format!("Care notes of {} {}", person.first_name, person.last_name),
        total: theirs.len(),
        written: theirs.into_iter().take(sheets::SHOWN).map(shown).collect(),
        back: format!("/people/edit?id={}", pages::encoded(&id)),
    })
}

fn shown(note: &Note) -> sheets::Note {
    let handover = if note.is_handover { "Yes" } else { "No" };
    sheets::Note {
        title: note.short_text.clone(),
        lines: vec![
            ("When", format!("{} UTC", note.utc_date_time)),
            ("Action text", note.action_text.clone()),
            ("Action icon", note.action_icon_id.clone()),
            ("Handover", handover.to_owned()),
            ("Written by", format!("Kinbridge, {}, as {}", note.recorded_at, note.external_note_id)),
        ],
    }
}
