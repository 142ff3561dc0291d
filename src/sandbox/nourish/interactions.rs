//! Interactions, played: the writer that partners send activities to, the reader by which entries and tasks are
//! looked up, and notes on tasks. Strict: an entry has exactly the fields of a partner's public help article, a rating
//! is 1 to 5, a person belongs to the token's services, and a token over several services may not write at all
//! unless that was arranged. The paths and the names around the fields are assumed (`profile.toml`).

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{self, Open};
use super::ledger::{Entry, Task};
use super::state::{Simulator, State};
use crate::sandbox::Simulated as _;
use crate::sandbox::chance::Mishap;
use crate::sandbox::conduct::Admitted;
use crate::sandbox::confirming::Confirming;
use crate::sandbox::fault::{Fault, Question};
use crate::sandbox::{now, pages, spoiling};

/// The word for entries of ours.
const ACTIVITY: &str = "Altra Activity";
/// The word for events of the night.
const MONITORING: &str = "Ally Monitoring";
/// The word for the task by which a relative is named.
pub(super) const ACCOUNT_CREATION: &str = "Altra Account Creation";
/// Records in one answer.
const MOST: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    external_id: String,
    client_id: String,
    service_id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    occurred_at: String,
    fields: BTreeMap<String, Value>,
    replaces: Option<String>,
    #[serde(default)]
    withdrawn: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    interaction_id: String,
    note: String,
}

/// `POST /v1/interactions/writer`.
pub(super) async fn write(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let (open, fault) = match ask(&request, &simulator) {
        Ok(asked) => asked,
        Err(status) => return spoiling::refused(status),
    };
    let kept = || {
        let kept = keep(&mut simulator.state(), &open, &body);
        if kept.is_ok() {
            simulator.changed();
        }
        kept
    };
    let kept = || kept().map_err(|words| (StatusCode::UNPROCESSABLE_ENTITY, words));
    CONFIRMING.answer(&simulator, fault, kept).await
}

/// `POST /v1/interactions/notes`.
pub(super) async fn note(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let (open, fault) = match ask(&request, &simulator) {
        Ok(asked) => asked,
        Err(status) => return spoiling::refused(status),
    };
    let kept = || {
        let noted: Noted = serde_json::from_slice(&body).map_err(|cause| cause.to_string())?;
        let mut state = simulator.state();
        let of = state.ledger.task(&noted.interaction_id).map(|task| task.client_id.clone());
        let ours = of.filter(|client| service_of(&state, &open, client).is_some());
        let task = ours.and_then(|_client| state.ledger.task(&noted.interaction_id));
        let Some(task) = task else { return Err("There is no such interaction.".to_owned()) };
        // The same words twice are one note: a partner may have to send it again.
        if !task.notes.contains(&noted.note) {
            task.notes.push(noted.note);
        }
        drop(state);
        simulator.changed();
        Ok(json!({ "status": "noted" }))
    };
    let kept = || kept().map_err(|words| (StatusCode::UNPROCESSABLE_ENTITY, words));
    CONFIRMING.answer(&simulator, fault, kept).await
}

/// `GET /v1/interactions/reader`: by a partner's own identifier, or the tasks recorded since.
pub(super) async fn read(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let (open, fault) = match ask(&request, &simulator) {
        Ok(asked) => asked,
        Err(status) => return spoiling::refused(status),
    };
    let records: Vec<Vec<u8>> = {
        let state = simulator.state();
        let found = match pages::query(&request, "external_id") {
            Some(id) => state.ledger.find(&id).into_iter().map(entry_wire).collect(),
            None => tasks(&state, &open, &request),
        };
        found.into_iter().take(MOST).map(|record| record.to_string().into_bytes()).collect()
    };
    let fault = match fault {
        Some(Fault::FailAtRandom) => match simulator.mishap() {
            None => None,
            Some(Mishap::Busy) => Some(Fault::Unavailable),
            Some(Mishap::LoseReply | Mishap::Cut) => Some(Fault::Reset),
            Some(_) => Some(Fault::ServerError),
        },
        Some(fault) if fault.is_about_writing() => None,
        other => other,
    };
    answers::listed(&request, &simulator, records, fault).await
}

fn tasks(state: &State, open: &Open, request: &HttpRequest) -> Vec<Value> {
    let since = pages::query(request, "since").and_then(|since| DateTime::parse_from_rfc3339(&since).ok());
    let kind = pages::query(request, "type").unwrap_or_default();
    let recent = |task: &&Task| {
        let at = DateTime::parse_from_rfc3339(&task.recorded_at).ok();
        since.zip(at).is_none_or(|(since, at)| at >= since)
    };
    let ours = |task: &&Task| service_of(state, open, &task.client_id).is_some();
    let found = state.ledger.tasks().iter().filter(|_| kind == ACCOUNT_CREATION).filter(ours).filter(recent);
    found.map(task_wire).collect()
}

fn task_wire(task: &Task) -> Value {
    json!({
        "id": task.id,
        "client_id": task.client_id,
        "type": ACCOUNT_CREATION,
        "recorded_at": task.recorded_at,
        "fields": {
            "Relative's name": task.relative_name,
            "Relative's email address": task.relative_email,
            "Relative's relationship": task.relationship,
        },
    })
}

fn entry_wire(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "external_id": entry.external_id,
        "client_id": entry.client_id,
        "type": if entry.monitoring { MONITORING } else { ACTIVITY },
        "occurred_at": entry.occurred_at,
        "recorded_at": entry.recorded_at,
    })
}

fn ask(request: &HttpRequest, simulator: &Simulator) -> Admitted<Open> {
    answers::admit(request, simulator, Question::Entries, answers::opened)
}

const CONFIRMING: Confirming = Confirming { status: StatusCode::CREATED, form: answers::INTERACTIONS };

/// Checks an entry and keeps it; the words say what is wrong with it.
fn keep(state: &mut State, open: &Open, body: &[u8]) -> Result<Value, String> {
    let written: Written = serde_json::from_slice(body).map_err(|cause| {
        // What follows is a place in the text, which helps nobody who reads it.
        let words = cause.to_string();
        words.split(" at line ").next().unwrap_or_default().to_owned()
    })?;
    if open.services() > 1 && !state.multi_service {
        return Err("This token serves several services and may not write. Ask support to arrange it.".into());
    }
    let service =
        service_of(state, open, &written.client_id).ok_or("There is no such person in this service.")?;
    if open.services() > 1 && written.service_id.is_none() {
        return Err("The service is missing: this token serves several.".into());
    }
    if written.service_id.as_ref().is_some_and(|said| *said != service) {
        return Err("The person does not belong to this service.".into());
    }
    let entry = read_entry(written)?;
    if let Some(old) = &entry.replaces {
        let known = state.ledger.find(old).ok_or("There is no such entry to replace.")?;
        if known.client_id != entry.client_id {
            return Err("The entry to replace is somebody else's.".into());
        }
    }
    let id = state.ledger.keep(entry);
    Ok(json!({ "id": id, "status": "recorded" }))
}

fn read_entry(mut written: Written) -> Result<Entry, String> {
    let monitoring = written.kind == MONITORING;
    if !monitoring && written.kind != ACTIVITY {
        return Err(format!("The type must be {ACTIVITY} or {MONITORING}."));
    }
    if written.external_id.is_empty() || written.external_id.len() > 100 {
        return Err("The external id must have 1 to 100 characters.".into());
    }
    let at = DateTime::parse_from_rfc3339(&written.occurred_at).ok();
    if !written.occurred_at.ends_with('Z') || at.is_none_or(|at| at > now() + chrono::TimeDelta::minutes(5)) {
        return Err("The time must be in UTC and not in the future.".into());
    }
    if written.withdrawn && written.replaces.is_none() {
        return Err("A withdrawal must name the entry that it takes back.".into());
    }
    let entry = Entry {
        external_id: written.external_id,
        client_id: written.client_id,
        occurred_at: written.occurred_at,
        recorded_at: now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        replaces: written.replaces,
        withdrawn: written.withdrawn,
        monitoring,
        ..Entry::default()
    };
    let fields = &mut written.fields;
    let entry = if monitoring { event(entry, fields)? } else { activity(entry, fields)? };
    if let Some(other) = fields.keys().next() {
        return Err(format!("There is no field {other}."));
    }
    Ok(entry)
}

type Fields = BTreeMap<String, Value>;

/// The fields of an activity.
fn activity(entry: Entry, fields: &mut Fields) -> Result<Entry, String> {
    let took_part = match text(fields, "Did person supported take part?", 3)?.as_str() {
        "Yes" => true,
        "No" => false,
        _ => return Err("Did person supported take part? must be Yes or No.".into()),
    };
    let rating = match fields.remove("Rating") {
        None => None,
        Some(rating) => {
            let rating = rating.as_u64().and_then(|rating| u8::try_from(rating).ok());
            Some(
                rating
                    .filter(|rating| (1..=5).contains(rating))
                    .ok_or("Rating must be a number from 1 to 5.")?,
            )
        }
    };
    Ok(Entry {
        activity_name: needed(fields, "Activity name", 100)?,
        details: text(fields, "Details", 1000)?,
        location: text(fields, "Location", 100)?,
        took_part,
        rating,
        comment: text(fields, "Comment", 2000)?,
        completed_by: needed(fields, "Completed by", 100)?,
        ..entry
    })
}

/// The fields of an event of the night; nobody need have answered it.
fn event(entry: Entry, fields: &mut Fields) -> Result<Entry, String> {
    Ok(Entry {
        activity_name: needed(fields, "Event", 100)?,
        details: text(fields, "Details", 1000)?,
        location: text(fields, "Room", 100)?,
        completed_by: text(fields, "Answered by", 100)?,
        ..entry
    })
}

fn needed(fields: &mut Fields, name: &str, longest: usize) -> Result<String, String> {
    let text = text(fields, name, longest)?;
    if text.trim().is_empty() { Err(format!("{name} is missing.")) } else { Ok(text) }
}

fn text(fields: &mut Fields, name: &str, longest: usize) -> Result<String, String> {
    match fields.remove(name) {
        None => Ok(String::new()),
        Some(Value::String(text)) if text.chars().count() <= longest => Ok(text),
        Some(_) => Err(format!("{name} must be a text of at most {longest} characters.")),
    }
}

/// The service of a person, if the token opens it.
fn service_of(state: &State, open: &Open, client: &str) -> Option<String> {
    let client = state.client(client)?;
    open.shows(&client.service_id, &client.location_id).then(|| client.service_id.clone())
}
