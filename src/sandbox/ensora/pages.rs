//! Ensora's own screens, played; all of them are assumed. *Organization* shows the id and the token with who made it,
//! and *Session notes* lists what the therapists wrote.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::{Value, json};

use super::frame;
use super::state::{Simulator, State, text};
use crate::sandbox::Simulated as _;
use crate::sandbox::pages::{self, Form, Frame};

/// Notes of one page.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "sandbox/ensora/organization.html")]
struct Organization {
    frame: Frame,
    told: Option<&'static str>,
    id: String,
    /// Empty: revoked.
    token: String,
    group: String,
    makers: Vec<Choice>,
}

/// One of a list.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) words: String,
    pub(super) chosen: bool,
}

/// The organisation's id and token, and whose they are.
pub(super) async fn organization(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told = match pages::query(&request, "done").as_deref() {
        Some("renew") => Some("There is a new token. The old one has ended."),
        Some("revoke") => Some("The token has ended. Nothing opens until there is a new one."),
        Some("maker") => Some("Saved. It holds from the next question on."),
        _ => None,
    };
    let state = simulator.state();
    let maker = |one: &super::User| Choice {
        id: one.id.clone(),
        words: format!("{} {} ({})", one.first_name, one.last_name, one.security_group),
        chosen: one.id == state.memory.maker,
    };
    let employees = state.memory.users.iter().filter(|one| !one.kind.eq_ignore_ascii_case("parent"));
    pages::page(&Organization {
        frame: frame("organization"),
        told,
        id: state.memory.organization.clone(),
        token: if state.memory.revoked { String::new() } else { state.memory.token.clone() },
        group: state.maker().map(|one| one.security_group.clone()).unwrap_or_default(),
        makers: employees.map(maker).collect(),
    })
}

/// *Regenerate*, *Revoke*, and who is said to have made the token.
pub(super) async fn press(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let act = pages::first(&sent, "act");
    match act.as_str() {
        "renew" if simulator.renew_token().is_some() => {}
        "revoke" => simulator.revoke_token(),
        "maker" => simulator.set_maker(&pages::first(&sent, "maker")),
        _ => return pages::see_other("/"),
    }
    simulator.changed();
    pages::see_other(&format!("/?done={act}"))
}

#[derive(Template)]
#[template(path = "sandbox/ensora/notes.html")]
struct Notes {
    frame: Frame,
    told: Option<&'static str>,
    rows: Vec<NoteRow>,
    total: usize,
    page: usize,
    more: bool,
}

/// One note of the list.
struct NoteRow {
    id: String,
    date: String,
    times: String,
    student: String,
    user: String,
    status: String,
    modified: String,
    href: String,
}

/// The notes, those first that were changed last.
pub(super) async fn notes(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told = match pages::query(&request, "done").as_deref() {
        Some("saved") => Some("Saved as a draft: a note is sent on once it is published."),
        Some("published") => Some("Published."),
        Some("removed") => Some("Removed."),
        _ => None,
    };
    let page: usize = pages::query(&request, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let page = page.clamp(1, 100_000);
    let state = simulator.state();
    let mut all: Vec<&Value> = state.memory.notes.iter().collect();
    all.sort_by(|one, other| text(other, "modifiedAt").cmp(text(one, "modifiedAt")));
    let rows = all.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).map(|note| row(&state, note)).collect();
    let (total, more) = (all.len(), page * PER_PAGE < all.len());
    pages::page(&Notes { frame: frame("notes"), told, rows, total, page, more })
}

fn row(state: &State, note: &Value) -> NoteRow {
    let id = text(note, "id").to_owned();
    let student = state.student(text(note, "studentId"));
    let user = state.user(text(note, "userId"));
    let template = &state.memory.template;
    let times = [answer(note, &template.start_time), answer(note, &template.end_time)];
    NoteRow {
        href: format!("/notes/edit?id={}", pages::encoded(&id)),
        date: text(note, "date").to_owned(),
        times: times.join("–"),
        student: student.map_or_else(
            || text(note, "studentId").to_owned(),
            |one| format!("{} {}", one.first_name, one.last_name),
        ),
        user: user.map_or_else(
            || text(note, "userId").to_owned(),
            |one| format!("{} {}", one.first_name, one.last_name),
        ),
        status: text(note, "status").to_owned(),
        modified: text(note, "modifiedAt").to_owned(),
        id,
    }
}

/// What a note answers to a field of its template.
pub(super) fn answer(note: &Value, name: &str) -> String {
    let fields = note.get("fields").and_then(Value::as_array).into_iter().flatten();
    let mut named = fields.filter(|one| text(one, "name").eq_ignore_ascii_case(name));
    named.next().map(|one| text(one, "value").to_owned()).unwrap_or_default()
}

/// Publishes a note as it is.
pub(super) async fn publish(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let published = |note: &mut Value| {
        let at = note.get("modifiedAt").cloned().unwrap_or_default();
        if let Some(fields) = note.as_object_mut() {
            fields.insert("status".to_owned(), json!("Published"));
            fields.insert("publishedAt".to_owned(), at);
        }
    };
    simulator.edit_note(&pages::first(&sent, "id"), published);
    simulator.changed();
    pages::see_other("/notes?done=published")
}

/// Takes a note away.
pub(super) async fn remove(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    simulator.remove_note(&pages::first(&sent, "id"));
    simulator.changed();
    pages::see_other("/notes?done=removed")
}
