//! The questions Ensora answers. Strict as documented: 403 without a User-Agent, 401 unless organisation id and token
//! are right, the Content-Type on each request, 400 to a body that is no JSON, 422 to parameters that are wrong, and
//! pages of at most 100. That a missing Content-Type is 415 is assumed.

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::population::{Site, Student, User};
use super::scribble::text_of;
use super::state::{Simulator, State, text};
use crate::connectors::ensora::wire;
use crate::sandbox::calls::Call;
use crate::sandbox::conduct::Admitted;
use crate::sandbox::fault::{Fault, Question};
use crate::sandbox::pages;
use crate::sandbox::spoiling::{self, Form, List};

/// What a page holds unless another size is asked for, and the most it can hold.
const USUAL: usize = 20;
const MOST: usize = 100;
const LONGEST_NAME: usize = 200;

const fn form(root: &'static [u8]) -> Form {
    Form {
        root,
        end: b"]}",
        person: "",
        id: "/id",
        last_name: "/lastName",
        birth_date: "/dateOfBirth",
        twice: r#""lastName":"Twice""#,
    }
}

const SITES: &Form = &form(b"{\"sites\":[");
const STUDENTS: &Form = &form(b"{\"students\":[");
const USERS: &Form = &form(b"{\"users\":[");
/// Faults of content change the status where people have a name.
const NOTES: &Form = &Form {
    last_name: "/status",
    birth_date: "/date",
    twice: r#""status":"Twice""#,
    ..form(b"{\"sessionnotes\":[")
};
/// One record, and nothing around it.
const ONE: &Form = &Form { root: b"", end: b"", ..form(b"") };

/// `GET /v1/sites`.
pub(super) async fn sites(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::Services, &body, |state| {
        page(&request, state, state.memory.sites.iter(), site)
    });
    paged(SITES, &simulator, asked).await
}

/// `GET /v1/students`.
pub(super) async fn students(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, &body, |state| {
        page(&request, state, state.memory.students.iter(), |one| student(state, one))
    });
    paged(STUDENTS, &simulator, asked).await
}

/// `GET /v1/users`.
pub(super) async fn users(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, &body, |state| {
        page(&request, state, state.memory.users.iter(), user)
    });
    paged(USERS, &simulator, asked).await
}

/// `GET /v1/sessionnotes`: all, or those that were changed at a moment or after it.
pub(super) async fn notes(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, &body, |state| {
        let since = match pages::query(&request, "modifiedSince") {
            None => None,
            Some(said) => Some(moment(&said).ok_or(StatusCode::UNPROCESSABLE_ENTITY)?),
        };
        // One that does not say when it was changed is never left out.
        let is_new = |note: &&Value| {
            since.zip(moment(text(note, "modifiedAt"))).is_none_or(|(since, modified)| modified >= since)
        };
        page(&request, state, state.memory.notes.iter().filter(is_new), |note: &Value| {
            serde_json::to_vec(note).ok()
        })
    });
    paged(NOTES, &simulator, asked).await
}

/// `GET /v1/me`: whose token it is.
pub(super) async fn me(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::Services, &body, |state| {
        let maker = state.maker().ok_or(StatusCode::NOT_FOUND)?;
        let name = format!("{} {}", maker.first_name, maker.last_name);
        let me = wire::Me {
            name: &name,
            security_group: &maker.security_group,
            organization_id: &state.memory.organization,
        };
        Ok(List::new(ONE, written(&me).into_iter().collect::<Vec<_>>()))
    });
    spoiling::answer(&simulator, asked).await
}

/// A page as it was asked for, and the same full page that a vendor would answer whose pages go round.
struct Page {
    records: Vec<Vec<u8>>,
    looped: Vec<Vec<u8>>,
}

/// The records of the page that was asked for.
fn page<'a, T: 'a>(
    request: &HttpRequest,
    state: &State,
    all: impl Iterator<Item = &'a T> + Clone,
    written: impl Fn(&'a T) -> Option<Vec<u8>>,
) -> Result<Page, StatusCode> {
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let number = |name: &str, usual| match pages::query(request, name) {
        None => Ok(usual),
        Some(text) => text.parse::<usize>().map_err(|_cause| wrong),
    };
    let first = usize::from(!state.memory.from_zero);
    let (page, size) = (number("page", first)?, number("size", USUAL)?);
    let before = page.checked_sub(first).ok_or(wrong)?;
    if !(1..=MOST).contains(&size) {
        return Err(wrong);
    }
    let records = all.clone().skip(before.saturating_mul(size)).take(size).filter_map(&written);
    let looped = all.cycle().take(size).filter_map(&written);
    Ok(Page { records: records.collect(), looped: looped.collect() })
}

async fn paged(form: &'static Form, simulator: &Simulator, asked: Admitted<Page>) -> HttpResponse {
    let asked = asked.map(|(page, fault)| match fault {
        Some(Fault::PageLoop) => (List::new(form, page.looped), None),
        other => (List::new(form, page.records), other),
    });
    spoiling::answer(simulator, asked).await
}

/// Checks what every request needs, counts the fault down and writes the question down.
fn admit<T>(
    request: &HttpRequest,
    simulator: &Simulator,
    question: Question,
    body: &[u8],
    see: impl FnOnce(&State) -> Result<T, StatusCode>,
) -> Admitted<T> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = header.and_then(|value| value.strip_prefix("Basic ")).and_then(text_of);
    let seen = {
        let state = simulator.state();
        checked(request, &state, shown.as_deref(), body).and_then(|()| see(&state))
    };
    let kept = shown.as_deref().map(|shown| shown.trim_end_matches(':'));
    simulator.admit(Call::of(request, kept), question, seen)
}

fn checked(request: &HttpRequest, state: &State, shown: Option<&str>, body: &[u8]) -> Result<(), StatusCode> {
    let said =
        |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let program = said(USER_AGENT);
    if !program.starts_with(|sign: char| sign.is_ascii_alphabetic()) || program.len() > LONGEST_NAME {
        return Err(StatusCode::FORBIDDEN);
    }
    let memory = &state.memory;
    let right = format!("{}:{}", memory.organization, memory.token);
    if memory.revoked || memory.organization.is_empty() || shown.is_none_or(|shown| shown != right) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    if said(CONTENT_TYPE).split(';').next().map(str::trim) != Some("application/json") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    if !body.is_empty() && serde_json::from_slice::<Value>(body).is_err() {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(())
}

/// ISO 8601: a moment, one without zone (then universal time), or a day.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let plain = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    let day =
        || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(chrono::NaiveTime::MIN));
    plain.or_else(day).map(|at| at.and_utc())
}

fn written(record: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(record).ok()
}

fn site(one: &Site) -> Option<Vec<u8>> {
    written(&wire::Site { id: &one.id, name: &one.name, active: !one.inactive })
}

fn student(state: &State, one: &Student) -> Option<Vec<u8>> {
    written(&wire::Student {
        id: &one.id,
        first_name: &one.first_name,
        last_name: &one.last_name,
        date_of_birth: &one.date_of_birth,
        site_id: &one.site_id,
        site_name: state.site(&one.site_id).map_or("", |site| &site.name),
        time_zone: &one.time_zone,
        active: !one.inactive,
    })
}

fn user(one: &User) -> Option<Vec<u8>> {
    written(&wire::User {
        id: &one.id,
        first_name: &one.first_name,
        last_name: &one.last_name,
        email: &one.email,
        title: &one.title,
        credentials: &one.credentials,
        username: &one.username,
        site_ids: &one.site_ids,
        security_group: &one.security_group,
        kind: if one.kind.is_empty() { "Employee" } else { &one.kind },
        active: !one.inactive,
    })
}
