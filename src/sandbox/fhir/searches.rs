//! The searches, and what the server says of itself. Strict about the token; lenient, as the standard wants it, about
//! parameters it does not know.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::DateTime;
use serde_json::Value;

use super::BASE;
use super::resources::{entry, narrowed, outcome, patient, place, practitioner, role, statement};
use super::state::{Simulator, State};
use crate::sandbox::calls::Call;
use crate::sandbox::conduct::Admitted;
use crate::sandbox::fault::Question;
use crate::sandbox::spoiling::{Form, List, status, status_answer};
use crate::sandbox::{Simulated as _, pages};

/// More are never sent at once, whatever is asked for.
const MOST_AT_ONCE: usize = 250;
const SOME_AT_ONCE: usize = 50;

static FORM: Form = Form {
    root: br#"{"resourceType":"Bundle","type":"searchset","entry":["#,
    end: b"]}",
    person: "/resource",
    id: "/resource/id",
    last_name: "/resource/name/0/family",
    birth_date: "/resource/birthDate",
    twice: r#""fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000000""#,
};

/// `GET [base]/metadata`.
pub(super) async fn metadata(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::Services, |state| {
        let kinds = ["Patient", "Practitioner", "Location", "PractitionerRole"];
        let offered: Vec<&str> = kinds.into_iter().filter(|kind| !is_missing(state, kind)).collect();
        Ok(statement(&offered))
    });
    match asked {
        Err(refused) => refusal(refused),
        Ok((_, Some(fault))) if status(fault) != StatusCode::OK => status_answer(simulator.conduct(), fault),
        // Faults of content are for the searches.
        Ok((statement, _)) => HttpResponse::Ok().json(statement),
    }
}

/// `GET [base]/Patient?…` and the like.
pub(super) async fn search(
    request: HttpRequest,
    kind: web::Path<String>,
    simulator: web::Data<Simulator>,
) -> HttpResponse {
    let question = match kind.as_str() {
        "Patient" | "Practitioner" => Question::People,
        _ => Question::Services,
    };
    let asked = admit(&request, &simulator, question, |state| {
        if is_missing(state, &kind) {
            return Err(StatusCode::NOT_FOUND);
        }
        let query = pages::pairs(&request);
        let number = |name: &str| pages::first(&query, name).parse::<usize>().ok();
        let count = number("_count").unwrap_or(SOME_AT_ONCE).clamp(1, MOST_AT_ONCE);
        let range = (number("_offset").unwrap_or(0), count);
        let found = found(state, &kind, &query, range).ok_or(StatusCode::NOT_FOUND)?;
        Ok(page(&request, (&kind, &query), range, found))
    });
    match asked {
        Ok((list, fault)) => list.with(simulator.conduct(), fault).await,
        Err(refused) => refusal(refused),
    }
}

fn is_missing(state: &State, kind: &str) -> bool {
    (kind == "Location" && state.no_places) || (kind == "PractitionerRole" && state.no_roles)
}

fn admit<T>(
    request: &HttpRequest,
    simulator: &Simulator,
    question: Question,
    see: impl FnOnce(&State) -> Result<T, StatusCode>,
) -> Admitted<T> {
    let shown = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = shown.and_then(|header| header.strip_prefix("Bearer "));
    let seen = {
        let state = simulator.state();
        if token == Some(state.token.as_str()) { see(&state) } else { Err(StatusCode::UNAUTHORIZED) }
    };
    simulator.conduct().admit(Call::of(request, token), question, seen)
}

/// A part of what the parameters leave of a kind, each with only the elements that were asked for.
struct Part {
    resources: Vec<Value>,
    more: bool,
}

/// As much of a list as is asked for. Only that is written: the list may be long.
fn part<'a, T: 'a>(
    all: impl Iterator<Item = &'a T>,
    (offset, count): (usize, usize),
    write: impl Fn(&T) -> Value,
) -> Part {
    let mut rest = all.skip(offset);
    let resources = rest.by_ref().take(count).map(write).collect();
    Part { resources, more: rest.next().is_some() }
}

fn found(state: &State, kind: &str, query: &[(String, String)], range: (usize, usize)) -> Option<Part> {
    let elements = pages::first(query, "_elements");
    let wanted: Vec<&str> = elements.split(',').filter(|name| !name.is_empty()).collect();
    let mut part = match kind {
        "Patient" => {
            let since = since(query);
            let id = pages::first(query, "_id");
            let found = state.patients.iter().filter(|one| id.is_empty() || one.id == id);
            part(found.filter(|one| one.changed_at >= since), range, patient)
        }
        "Practitioner" => part(state.practitioners.iter(), range, practitioner),
        "PractitionerRole" => part(state.practitioners.iter(), range, role),
        "Location" => part(state.places.iter(), range, place),
        _ => return None,
    };
    part.resources = part.resources.into_iter().map(|one| narrowed(one, &wanted)).collect();
    Some(part)
}

fn since(query: &[(String, String)]) -> i64 {
    let asked = pages::first(query, "_lastUpdated");
    let moment = asked.strip_prefix("ge").and_then(|moment| DateTime::parse_from_rfc3339(moment).ok());
    moment.map_or(i64::MIN, |moment| moment.timestamp())
}

fn page(
    request: &HttpRequest,
    (kind, query): (&str, &[(String, String)]),
    (offset, count): (usize, usize),
    found: Part,
) -> List {
    let base = format!("http://{}{BASE}", request.connection_info().host());
    let link = |offset: usize| {
        let kept = query.iter().filter(|(name, _)| name != "_offset");
        let mut written: Vec<String> =
            kept.map(|(name, value)| format!("{name}={}", pages::encoded(value))).collect();
        written.push(format!("_offset={offset}"));
        format!(r#"],"link":[{{"relation":"next","url":"{base}/{kind}?{}"}}]}}"#, written.join("&"))
            .into_bytes()
    };
    let entries: Vec<Vec<u8>> = found.resources.iter().map(|one| entry(&base, one)).collect();
    let list = List::new(&FORM, entries);
    let list = if found.more { list.ending(link(offset.saturating_add(count))) } else { list };
    list.looping(link(0))
}

fn refusal(refused: StatusCode) -> HttpResponse {
    let (code, words) = match refused {
        StatusCode::UNAUTHORIZED => ("login", "The access token is missing or wrong."),
        _ => ("not-found", "There is nothing of this kind here."),
    };
    HttpResponse::build(refused)
        .content_type("application/fhir+json")
        .body(outcome("error", code, words).to_string())
}
