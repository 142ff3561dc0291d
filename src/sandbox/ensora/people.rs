//! Ensora's lists of sites, students and users, played, with a sheet for each record. Nothing is checked.

use actix_web::{HttpRequest, HttpResponse, web};

use super::frame;
use super::population::{Site, Student, User};
use super::state::{Simulator, State};
use crate::sandbox::Simulated as _;
use crate::sandbox::pages::{self, Form};
use crate::sandbox::sheets::{self, Row, Sheet, Table, Tick, field};

fn active(inactive: bool) -> String {
    if inactive { "No" } else { "Yes" }.to_owned()
}

fn edit(path: &str, id: &str) -> String {
    format!("{path}/edit?id={}", pages::encoded(id))
}

/// The sites.
pub(super) async fn sites(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let row = |one: &Site| Row {
        name: one.name.clone(),
        href: Some(edit("/sites", &one.id)),
        cells: vec![one.id.clone(), active(one.inactive)],
        notes: None,
    };
    let heading = ("Sites", ["Name", "Id", "Active"].as_slice());
    pages::page(&Table::of(&request, frame("sites"), heading, &state.memory.sites, row).adding("/sites/new"))
}

/// The students.
pub(super) async fn students(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let row = |one: &Student| Row {
        name: format!("{} {}", one.first_name, one.last_name),
        href: Some(edit("/people", &one.id)),
        cells: vec![
            one.date_of_birth.clone(),
            named(&state, std::slice::from_ref(&one.site_id)),
            one.time_zone.clone(),
            active(one.inactive),
        ],
        notes: None,
    };
    let columns = ["Name", "Date of birth", "Site", "Time zone", "Active"].as_slice();
    let table = Table::of(&request, frame("students"), ("Students", columns), &state.memory.students, row);
    pages::page(&table.adding("/people/new"))
}

/// The users.
pub(super) async fn users(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let row = |one: &User| Row {
        name: format!("{} {}", one.first_name, one.last_name),
        href: Some(edit("/users", &one.id)),
        cells: vec![
            one.email.clone(),
            one.kind.clone(),
            one.security_group.clone(),
            named(&state, &one.site_ids),
            active(one.inactive),
        ],
        notes: None,
    };
    let columns = ["Name", "E-mail", "Type", "Security group", "Sites", "Active"].as_slice();
    let table = Table::of(&request, frame("users"), ("Users", columns), &state.memory.users, row);
    pages::page(&table.adding("/users/new"))
}

fn named(state: &State, sites: &[String]) -> String {
    sites.iter().filter_map(|id| Some(state.site(id)?.name.as_str())).collect::<Vec<_>>().join(", ")
}

fn ticks(state: &State, chosen: &[String], inactive: bool) -> Vec<Tick> {
    let sites = state.memory.sites.iter().map(|site| Tick {
        name: "site[]",
        value: site.id.clone(),
        label: site.name.clone(),
        on: chosen.contains(&site.id),
    });
    let off =
        Tick { name: "inactive", value: "yes".to_owned(), label: "Not active".to_owned(), on: inactive };
    sites.chain([off]).collect()
}

fn site_sheet(one: &Site) -> Sheet {
    Sheet {
        frame: frame("sites"),
        heading: if one.id.is_empty() { "Add a site".to_owned() } else { one.name.clone() },
        id: one.id.clone(),
        fields: vec![field("name", "Name", &one.name)],
        ticks: vec![Tick {
            name: "inactive",
            value: "yes".to_owned(),
            label: "Not active".to_owned(),
            on: one.inactive,
        }],
        path: "/sites",
    }
}

fn student_sheet(state: &State, one: &Student) -> Sheet {
    let name = format!("{} {}", one.first_name, one.last_name);
    Sheet {
        frame: frame("students"),
        heading: if one.id.is_empty() { "Add a student".to_owned() } else { name },
        id: one.id.clone(),
        fields: vec![
            field("first_name", "First name", &one.first_name),
            field("last_name", "Last name", &one.last_name),
            field("date_of_birth", "Date of birth (year-month-day)", &one.date_of_birth),
            field("time_zone", "Time zone", &one.time_zone),
        ],
        ticks: ticks(state, std::slice::from_ref(&one.site_id), one.inactive),
        path: "/people",
    }
}

fn user_sheet(state: &State, one: &User) -> Sheet {
    let name = format!("{} {}", one.first_name, one.last_name);
    Sheet {
        frame: frame("users"),
        heading: if one.id.is_empty() { "Add a user".to_owned() } else { name },
        id: one.id.clone(),
        fields: vec![
            field("type", "Type (Employee or Parent)", &one.kind),
            field("first_name", "First name", &one.first_name),
            field("last_name", "Last name", &one.last_name),
            field("title", "Title", &one.title),
            field("username", "Username", &one.username),
            field("credentials", "Credentials", &one.credentials),
            field("email", "E-mail", &one.email),
            field("security_group", "Security group", &one.security_group),
        ],
        ticks: ticks(state, &one.site_ids, one.inactive),
        path: "/users",
    }
}

fn asked(request: &HttpRequest) -> String {
    pages::query(request, "id").unwrap_or_default()
}

/// An empty sheet of a site.
pub(super) async fn new_site() -> HttpResponse {
    sheets::sheet("/sites", Some(site_sheet(&Site::default())))
}

/// An empty sheet of a student.
pub(super) async fn new_student(simulator: web::Data<Simulator>) -> HttpResponse {
    let new = Student { time_zone: "Europe/London".to_owned(), ..Student::default() };
    sheets::sheet("/people", Some(student_sheet(&simulator.state(), &new)))
}

/// An empty sheet of a user.
pub(super) async fn new_user(simulator: web::Data<Simulator>) -> HttpResponse {
    let new = User { kind: "Employee".to_owned(), ..User::default() };
    sheets::sheet("/users", Some(user_sheet(&simulator.state(), &new)))
}

/// The sheet of a site.
pub(super) async fn edit_site(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    sheets::sheet("/sites", simulator.state().site(&asked(&request)).map(site_sheet))
}

/// The sheet of a student.
pub(super) async fn edit_student(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    sheets::sheet("/people", state.student(&asked(&request)).map(|one| student_sheet(&state, one)))
}

/// The sheet of a user.
pub(super) async fn edit_user(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    sheets::sheet("/users", state.user(&asked(&request)).map(|one| user_sheet(&state, one)))
}

/// The identifier of a form, or one that nobody has.
pub(super) fn identifier<'a>(
    sent: &[(String, String)],
    prefix: &str,
    taken: impl Iterator<Item = &'a str>,
) -> String {
    let id = pages::first(sent, "id");
    if !id.is_empty() {
        return id;
    }
    let numbers = taken.filter_map(|id| id.strip_prefix(prefix)?.strip_prefix('-')?.parse::<u64>().ok());
    format!("{prefix}-{}", numbers.max().unwrap_or(0).saturating_add(1))
}

/// Changes a site, or adds one.
pub(super) async fn save_site(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = identifier(&sent, "si", simulator.state().memory.sites.iter().map(|one| one.id.as_str()));
    let inactive = pages::first(&sent, "inactive") == "yes";
    simulator.put_site(Site { id, name: pages::first(&sent, "name"), inactive });
    simulator.changed();
    pages::see_other("/sites?done=saved")
}

/// Changes a student, or adds one.
pub(super) async fn save_student(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = identifier(&sent, "st", simulator.state().memory.students.iter().map(|one| one.id.as_str()));
    simulator.put_student(Student {
        id,
        first_name: pages::first(&sent, "first_name"),
        last_name: pages::first(&sent, "last_name"),
        date_of_birth: pages::first(&sent, "date_of_birth"),
        site_id: pages::first(&sent, "site[]"),
        time_zone: pages::first(&sent, "time_zone"),
        inactive: pages::first(&sent, "inactive") == "yes",
    });
    simulator.changed();
    pages::see_other("/people?done=saved")
}

/// Changes a user, or adds one.
pub(super) async fn save_user(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = identifier(&sent, "us", simulator.state().memory.users.iter().map(|one| one.id.as_str()));
    simulator.put_user(User {
        id,
        first_name: pages::first(&sent, "first_name"),
        last_name: pages::first(&sent, "last_name"),
        email: pages::first(&sent, "email"),
        title: pages::first(&sent, "title"),
        credentials: pages::first(&sent, "credentials"),
        username: pages::first(&sent, "username"),
        site_ids: pages::all(&sent, "site[]"),
        security_group: pages::first(&sent, "security_group"),
        kind: pages::first(&sent, "type"),
        inactive: pages::first(&sent, "inactive") == "yes",
    });
    simulator.changed();
    pages::see_other("/users?done=saved")
}

/// Takes a site away.
pub(super) async fn remove_site(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    simulator.state().memory.sites.retain(|one| one.id != id);
    simulator.changed();
    pages::see_other("/sites?done=removed")
}

/// Takes a student away.
pub(super) async fn remove_student(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    simulator.state().memory.students.retain(|one| one.id != id);
    simulator.changed();
    pages::see_other("/people?done=removed")
}

/// Takes a user away.
pub(super) async fn remove_user(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    simulator.state().memory.users.retain(|one| one.id != id);
    simulator.changed();
    pages::see_other("/users?done=removed")
}
