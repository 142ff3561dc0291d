//! Notes, played: exactly the five fields that are assumed, 404 for a resident nobody knows, 409 for an identifier seen
//! before, and 422 that says what is wrong.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use super::answers;
use super::state::{Note, Simulator, State};
use crate::connectors::kareinn::wire;
use crate::sandbox::confirming::{Confirming, Refused};
use crate::sandbox::fault::Question;
use crate::sandbox::{Simulated as _, now, spoiling};

const CONFIRMING: Confirming = Confirming { status: StatusCode::CREATED, form: answers::RESIDENTS };

/// `POST /residents/{id}/notes`.
pub(super) async fn write(
    request: HttpRequest,
    path: web::Path<String>,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let fault = match answers::admit(&request, &simulator, Question::Entries, |_state| Ok(())) {
        Ok(((), fault)) => fault,
        Err(status) => return spoiling::refused(status),
    };
    let resident = path.into_inner();
    let kept = || keep(&mut simulator.state(), resident, &body);
    let kept = || kept().inspect(|_confirmation| simulator.changed());
    CONFIRMING.answer(&simulator, fault, kept).await
}

/// Checks a note and keeps it; the words say what is wrong with it.
fn keep(state: &mut State, resident: String, body: &[u8]) -> Result<Value, Refused> {
    let wrong = |words: &str| (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned());
    if state.resident(&resident).is_none() {
        return Err((StatusCode::NOT_FOUND, "There is no such resident.".to_owned()));
    }
    let sent: wire::Note = serde_json::from_slice(body).map_err(|cause| {
        // What follows is a place in the text, which helps nobody who reads it.
        wrong(cause.to_string().split(" at line ").next().unwrap_or_default())
    })?;
    check(&sent).map_err(wrong)?;
    if state.memory.notes.iter().any(|note| note.external_id == sent.external_id) {
        return Err((StatusCode::CONFLICT, "There is a note with this external_id.".to_owned()));
    }
    let id = format!("note-{}", state.memory.notes.len() + 1);
    state.memory.notes.push(Note {
        id: id.clone(),
        external_id: sent.external_id,
        resident_id: resident,
        occurred_at: sent.occurred_at,
        category: sent.category,
        text: sent.text,
        author_name: sent.author_name,
        recorded_at: now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    Ok(json!({ "id": id }))
}

fn check(sent: &wire::Note) -> Result<(), &'static str> {
    let at = DateTime::parse_from_rfc3339(&sent.occurred_at).ok();
    let soon = now() + TimeDelta::minutes(5);
    let rules = [
        ((1..=100).contains(&sent.external_id.len()), "external_id must have 1 to 100 characters."),
        (sent.occurred_at.ends_with('Z') && at.is_some(), "occurred_at must be a time in UTC."),
        (at.is_none_or(|at| at <= soon), "occurred_at must not be in the future."),
        (
            !sent.category.trim().is_empty() && sent.category.chars().count() <= 100,
            "category must have 1 to 100 characters.",
        ),
        (
            !sent.text.trim().is_empty() && sent.text.chars().count() <= 4_000,
            "text must have 1 to 4000 characters.",
        ),
        (sent.author_name.chars().count() <= 200, "author_name must have at most 200 characters."),
    ];
    rules.iter().find(|(fine, _)| !fine).map_or(Ok(()), |(_, words)| Err(*words))
}
