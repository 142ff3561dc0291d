//! The calls, as the vendor answers them: the bare key and nothing before it, lists under `data`, what is wrong in one
//! sentence.

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::state::{Simulator, State};
use super::strict;
use crate::connectors::ally_health::wire;
use crate::sandbox::calls::Call;
use crate::sandbox::conduct::Admitted;
use crate::sandbox::confirming::{Confirming, Refused};
use crate::sandbox::fault::Question;
use crate::sandbox::spoiling::{self, Form, List};
use crate::sandbox::{Simulated as _, pages};

const fn form(root: &'static [u8]) -> Form {
    Form {
        root,
        end: b"]}",
        person: "",
        id: "/id",
        last_name: "/name",
        birth_date: "/startAt",
        twice: r#""name":"Twice""#,
    }
}

const DATA: &Form = &form(b"{\"data\":[");
const WINDOWS: &Form = &form(b"{\"covered\":true,\"windows\":[");
const READ: Confirming = Confirming { status: StatusCode::OK, form: DATA };
const MADE: Confirming = Confirming { status: StatusCode::CREATED, form: DATA };

/// Checks the key, counts the fault down and writes the question down.
fn admit<T>(
    request: &HttpRequest,
    simulator: &Simulator,
    question: Question,
    see: impl FnOnce(&State) -> Result<T, StatusCode>,
) -> Admitted<T> {
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let seen = {
        let state = simulator.state();
        // "Bearer " before it makes it another text, and so no key.
        if shown.is_none_or(|key| state.memory.key.is_empty() || key != state.memory.key) {
            Err(StatusCode::UNAUTHORIZED)
        } else {
            see(&state)
        }
    };
    simulator.admit(Call::of(request, shown), question, seen)
}

async fn listed(
    request: &HttpRequest,
    simulator: &Simulator,
    form: &'static Form,
    see: impl FnOnce(&State) -> Result<Vec<Value>, StatusCode>,
) -> HttpResponse {
    let asked = admit(request, simulator, Question::People, see);
    let asked = asked.map(|(found, fault)| {
        let records: Vec<Vec<u8>> = found.iter().map(|one| one.to_string().into_bytes()).collect();
        (List::new(form, records), fault)
    });
    spoiling::answer(simulator, asked).await
}

pub(super) async fn tasks(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let see = |state: &State| {
        let task = |one: &super::Task| json!({ "id": one.id, "name": one.name, "minutes": one.minutes });
        Ok(state.memory.tasks.iter().map(task).collect())
    };
    listed(&request, &simulator, DATA, see).await
}

pub(super) async fn availability(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = |name: &str| pages::query(&request, name).unwrap_or_default();
    let (task, postcode, from, to) = (asked("taskId"), asked("postcode"), asked("from"), asked("to"));
    let see = |state: &State| {
        if !state.memory.tasks.iter().any(|one| one.id == task) {
            return Err(StatusCode::BAD_REQUEST);
        }
        if !strict::is_covered(state, &postcode) {
            return Ok(None);
        }
        let inside = |at: chrono::DateTime<chrono::Utc>| {
            let day = at.date_naive().to_string();
            day >= from && day <= to
        };
        let open = state.memory.windows.iter().filter(|one| state.left(one) > 0 && inside(one.start_at));
        let window = |one: &super::Window| json!({ "id": one.id, "name": one.name, "startAt": one.start_at, "endAt": one.end_at });
        Ok(Some(open.map(window).collect::<Vec<Value>>()))
    };
    let (found, fault) = match admit(&request, &simulator, Question::People, see) {
        Ok(found) => found,
        Err(status) => return spoiling::refused(status),
    };
    let Some(found) = found else {
        return HttpResponse::Ok().json(json!({ "covered": false, "windows": [] }));
    };
    let records: Vec<Vec<u8>> = found.iter().map(|one| one.to_string().into_bytes()).collect();
    List::new(WINDOWS, records).with(&simulator, fault).await
}

/// The value of `filter=externalRef:"…"`; another filter than that is not played.
fn wanted(request: &HttpRequest) -> Result<Option<String>, StatusCode> {
    let Some(filter) = pages::query(request, "filter") else { return Ok(None) };
    let value = filter.strip_prefix("externalRef:\"").and_then(|rest| rest.strip_suffix('"'));
    value.map(|value| Some(value.to_owned())).ok_or(StatusCode::BAD_REQUEST)
}

pub(super) async fn patients(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let see = |state: &State| {
        let wanted = wanted(&request)?;
        let fits = |one: &&super::Patient| wanted.is_none() || one.sent.external_ref == wanted;
        let patient = |one: &super::Patient| json!({ "id": one.id, "externalRef": one.sent.external_ref });
        Ok(state.memory.patients.iter().filter(fits).map(patient).collect())
    };
    listed(&request, &simulator, DATA, see).await
}

pub(super) async fn appointments(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let see = |state: &State| {
        let wanted = wanted(&request)?;
        let fits = |one: &&super::Appointment| wanted.is_none() || one.sent.external_ref == wanted;
        let written = |one: &super::Appointment| serde_json::to_value(state.written(one)).unwrap_or_default();
        Ok(state.memory.appointments.iter().filter(fits).map(written).collect())
    };
    listed(&request, &simulator, DATA, see).await
}

pub(super) async fn appointment(
    request: HttpRequest,
    path: web::Path<String>,
    simulator: web::Data<Simulator>,
) -> HttpResponse {
    let see = |state: &State| -> Result<wire::Appointment, StatusCode> {
        let found = state.appointment(&path);
        found.map(|one| state.written(one)).ok_or(StatusCode::NOT_FOUND)
    };
    match admit(&request, &simulator, Question::People, see) {
        Ok((found, fault)) => {
            let found = serde_json::to_value(found).unwrap_or_default();
            READ.answer(&simulator, fault, || Ok(found)).await
        }
        Err(status) => spoiling::refused(status),
    }
}

/// Something that is sent: JSON, and kept unless a rule is broken.
async fn taken(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    confirming: Confirming,
    keep: impl FnOnce(&mut State) -> Result<Value, Refused>,
) -> HttpResponse {
    let fault = match admit(&request, &simulator, Question::Entries, |_state| Ok(())) {
        Ok(((), fault)) => fault,
        Err(status) => return spoiling::refused(status),
    };
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return spoiling::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let kept = || keep(&mut simulator.state());
    let kept = || kept().inspect(|_confirmation| simulator.changed());
    confirming.answer(&simulator, fault, kept).await
}

pub(super) async fn create_patient(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    taken(request, simulator, MADE, |state| strict::patient(state, &body)).await
}

pub(super) async fn create_appointment(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    taken(request, simulator, MADE, |state| strict::appointment(state, &body)).await
}

pub(super) async fn cancel(
    request: HttpRequest,
    path: web::Path<String>,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    taken(request, simulator, READ, |state| strict::cancel(state, &path, &body)).await
}
