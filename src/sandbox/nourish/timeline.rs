//! A person's timeline, as Nourish would show what we wrote, and the task *Altra Account Creation* beside it, with
//! the notes that came back. Nothing that a carer types is checked, so that wrong addresses can be played too.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::frame;
use super::ledger::{Entry, Task};
use super::population::Client;
use super::state::Simulator;
use crate::sandbox::Simulated as _;
use crate::sandbox::pages::{self, Form, Frame};

/// Entries that a page shows.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "sandbox/nourish/timeline.html")]
struct Show {
    frame: Frame,
    person: Client,
    total: usize,
    entries: Vec<Shown>,
    tasks: Vec<Task>,
    told: Option<&'static str>,
}

/// An entry with what became of it.
struct Shown {
    entry: Entry,
    /// A later entry corrects it.
    corrected: bool,
    /// A later entry takes it back.
    withdrawn: bool,
}

#[derive(Template)]
#[template(path = "sandbox/nourish/task.html")]
struct Asking {
    frame: Frame,
    person: Client,
}

/// What stands on a person's timeline, newest first.
pub(super) async fn show(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let id = pages::query(&request, "id").unwrap_or_default();
    let Some(person) = state.client(&id).cloned() else { return pages::see_other("/people") };
    let mut theirs: Vec<&Entry> =
        state.ledger.entries().iter().filter(|entry| entry.client_id == id).collect();
    let total = theirs.len();
    theirs.sort_by(|one, other| {
        other.occurred_at.cmp(&one.occurred_at).then(other.id.len().cmp(&one.id.len()))
    });
    let later = |entry: &Entry, withdrawn: bool| {
        theirs.iter().any(|other| {
            other.withdrawn == withdrawn && other.replaces.as_deref() == Some(&entry.external_id)
        })
    };
    let entries = theirs.iter().take(SHOWN).map(|entry| Shown {
        corrected: later(entry, false),
        withdrawn: later(entry, true),
        entry: (*entry).clone(),
    });
    let tasks = state.ledger.tasks().iter().rev().filter(|task| task.client_id == id).cloned();
    let told = pages::query(&request, "done")
        .map(|_| "The task is recorded. Kinbridge reads it within half an hour.");
    pages::page(&Show {
        frame: frame("people"),
        total,
        entries: entries.collect(),
        tasks: tasks.collect(),
        person,
        told,
    })
}

/// An empty task.
pub(super) async fn task(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::query(&request, "id").unwrap_or_default();
    match simulator.state().client(&id) {
        Some(person) => pages::page(&Asking { frame: frame("people"), person: person.clone() }),
        None => pages::see_other("/people"),
    }
}

/// Records a task.
pub(super) async fn record(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let id = pages::first(&sent, "id");
    if simulator.state().client(&id).is_none() {
        return pages::see_other("/people");
    }
    let [name, email, relationship] = ["name", "email", "relationship"]
        .map(|field| pages::first(&sent, field).chars().take(300).collect::<String>());
    simulator.record_task(&id, &name, &email, &relationship);
    simulator.changed();
    let to = pages::encoded(&id);
    pages::see_other(&format!("/people/timeline?done=task&id={to}"))
}
