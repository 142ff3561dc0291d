//! The three questions Nourish answers, and what each fault makes of the answer. Strict about credentials as far as
//! Nourish's documents go: a wrong integration id is 401, a token nobody pasted is 403, and a token opens only the
//! services it was pasted for. Records are written while they are sent.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, LOCATION, RETRY_AFTER};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::stream;
use serde_json::json;

use super::bodies;
use super::distortion::{distort, push};
use super::fault::{Fault, Question};
use super::population::{Client, User};
use super::state::{Call, Simulator, State};
use crate::connectors::nourish::wire;

const JSON: &str = "application/json; charset=utf-8";
/// Records written at once.
const BATCH: usize = 200;

/// What one question may see.
#[derive(Clone)]
enum List {
    Services(Arc<Vec<Vec<u8>>>),
    Clients { all: Arc<Vec<Client>>, open: Open, minimal: bool },
    Users { all: Arc<Vec<User>>, open: Open },
    Interactions(Arc<Vec<Vec<u8>>>),
}

/// The services and locations a token opens.
#[derive(Clone, Default)]
pub(super) struct Open {
    services: BTreeSet<String>,
    locations: BTreeSet<String>,
}

/// `GET /configuration/service-list`: every service that is switched on, with its token.
pub(super) async fn services(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::Services, |state, _token| {
        let listed = state.services.iter().filter_map(|enabled| {
            let locations = enabled.service.locations.iter().map(|place| wire::Location {
                id: &place.id,
                name: &place.name,
                enabled: enabled.on.contains(&place.id),
            });
            serde_json::to_vec(&wire::Service {
                id: &enabled.service.id,
                name: &enabled.service.name,
                integration_token: enabled.active_token()?,
                active: true,
                locations: locations.collect(),
            })
            .ok()
        });
        Ok(List::Services(Arc::new(listed.collect())))
    });
    answer(&request, &simulator, asked).await
}

/// `GET /v2/clients/reader`: the residents of the token's services.
pub(super) async fn clients(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, |state, token| {
        let open = opened(state, token)?;
        Ok(List::Clients { all: Arc::clone(&state.clients), open, minimal: state.minimal })
    });
    answer(&request, &simulator, asked).await
}

/// `GET /v1/users/reader`: the staff of the token's services.
pub(super) async fn users(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, |state, token| {
        Ok(List::Users { all: Arc::clone(&state.users), open: opened(state, token)? })
    });
    answer(&request, &simulator, asked).await
}

type Asked = Result<(List, Option<Fault>), StatusCode>;

/// Checks the credentials, counts the fault down and writes the question down.
pub(super) fn admit<T>(
    request: &HttpRequest,
    simulator: &Simulator,
    question: Question,
    see: impl FnOnce(&State, Option<&str>) -> Result<T, StatusCode>,
) -> Result<(T, Option<Fault>), StatusCode> {
    let headers = request.headers();
    let token = header(headers, "integration-token");
    let mut state = simulator.state();
    let known = header(headers, "integration-id").is_some_and(|id| id == state.integration_id);
    let seen = if known { see(&state, token) } else { Err(StatusCode::UNAUTHORIZED) };
    let asked = seen.map(|list| (list, state.spoil(question)));
    let status = match &asked {
        Ok((_, fault)) => fault.map_or(StatusCode::OK, status),
        Err(refused) => *refused,
    };
    state.remember(Call {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        headers: headers.keys().map(|name| name.as_str().to_owned()).collect(),
        token: token.map(masked),
        status: status.as_u16(),
    });
    asked
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn masked(token: &str) -> String {
    let shown = token.char_indices().rev().nth(3).filter(|(at, _)| *at > 8).map(|(at, _)| at);
    format!("…{}", shown.and_then(|at| token.get(at..)).unwrap_or_default())
}

pub(super) fn opened(state: &State, token: Option<&str>) -> Result<Open, StatusCode> {
    let token = token.ok_or(StatusCode::UNAUTHORIZED)?;
    let mut open = Open::default();
    for enabled in state.services.iter().filter(|enabled| enabled.active_token() == Some(token)) {
        open.services.insert(enabled.service.id.clone());
        open.locations.extend(enabled.on.iter().cloned());
    }
    if open.services.is_empty() { Err(StatusCode::FORBIDDEN) } else { Ok(open) }
}

impl List {
    fn len(&self) -> usize {
        match self {
            Self::Services(all) | Self::Interactions(all) => all.len(),
            Self::Clients { all, .. } => all.len(),
            Self::Users { all, .. } => all.len(),
        }
    }

    /// The record at a place, if the token opens it.
    fn record(&self, at: usize) -> Option<Vec<u8>> {
        match self {
            Self::Services(all) | Self::Interactions(all) => all.get(at).cloned(),
            Self::Clients { all, open, minimal } => {
                let client =
                    all.get(at).filter(|client| open.shows(&client.service_id, &client.location_id))?;
                serde_json::to_vec(&client_wire(client, *minimal)).ok()
            }
            Self::Users { all, open } => {
                let user = all.get(at).filter(|user| open.shows(&user.service_id, ""))?;
                serde_json::to_vec(&user_wire(user)).ok()
            }
        }
    }

    const fn root(&self) -> &'static [u8] {
        match self {
            Self::Services(_) => b"{\"services\":[",
            Self::Clients { .. } => b"{\"clients\":[",
            Self::Users { .. } => b"{\"users\":[",
            Self::Interactions(_) => b"{\"interactions\":[",
        }
    }
}

impl Open {
    /// How many services the token opens.
    pub(super) fn services(&self) -> usize {
        self.services.len()
    }

    pub(super) fn shows(&self, service: &str, location: &str) -> bool {
        self.services.contains(service) && (location.is_empty() || self.locations.contains(location))
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn client_wire(client: &Client, minimal: bool) -> wire::Client<'_> {
    let full = |text| filled(text).filter(|_| !minimal);
    wire::Client {
        id: &client.id,
        first_name: &client.first_name,
        last_name: &client.last_name,
        preferred_name: full(&client.preferred_name),
        birth_date: filled(&client.birth_date),
        nhs_number: full(&client.nhs_number),
        resident_type: full(&client.resident_type),
        status: filled(&client.status),
        room_or_street: full(&client.room),
        service_id: full(&client.service_id),
        archived: client.archived,
    }
}

fn user_wire(user: &User) -> wire::User<'_> {
    wire::User {
        id: &user.id,
        first_name: &user.first_name,
        last_name: &user.last_name,
        email: filled(&user.email),
        role: &user.role,
        job_title: filled(&user.job_title),
        service_id: &user.service_id,
        archived: user.archived,
    }
}

async fn answer(request: &HttpRequest, simulator: &Simulator, asked: Asked) -> HttpResponse {
    let (list, fault) = match asked {
        Ok(seen) => seen,
        Err(status) => return refused(status),
    };
    let Some(fault) = fault else { return streamed(list, None, b"]}".to_vec()) };
    match status(fault) {
        StatusCode::OK => spoiled(request, simulator, list, fault).await,
        _ => status_answer(simulator, fault),
    }
}

/// A list of interactions, with what the fault makes of it.
pub(super) async fn listed(
    request: &HttpRequest,
    simulator: &Simulator,
    records: Vec<Vec<u8>>,
    fault: Option<Fault>,
) -> HttpResponse {
    answer(request, simulator, Ok((List::Interactions(Arc::new(records)), fault))).await
}

/// Answers that are nothing but their status.
pub(super) fn status_answer(simulator: &Simulator, fault: Fault) -> HttpResponse {
    match status(fault) {
        StatusCode::TEMPORARY_REDIRECT => {
            let target = simulator.state().redirect.clone();
            HttpResponse::TemporaryRedirect().insert_header((LOCATION, target)).finish()
        }
        StatusCode::NO_CONTENT => HttpResponse::NoContent().finish(),
        other => later(other, fault),
    }
}

pub(super) fn refused(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": status.canonical_reason() }))
}

fn later(status: StatusCode, fault: Fault) -> HttpResponse {
    let mut answer = refused(status);
    let wait = match fault {
        Fault::BusySeconds => Some("120".to_owned()),
        Fault::BusyAbsurd => Some("946080000".to_owned()),
        Fault::Unavailable => Some("60".to_owned()),
        Fault::BusyDate => {
            let then = std::time::SystemTime::now() + std::time::Duration::from_mins(2);
            Some(actix_web::http::header::HttpDate::from(then).to_string())
        }
        _ => None,
    };
    if let Some(value) = wait.and_then(|wait| wait.parse().ok()) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

fn status(fault: Fault) -> StatusCode {
    match fault {
        Fault::Unauthorised => StatusCode::UNAUTHORIZED,
        Fault::Forbidden => StatusCode::FORBIDDEN,
        Fault::NotFound => StatusCode::NOT_FOUND,
        Fault::BusySeconds | Fault::BusyDate | Fault::BusyAbsurd => StatusCode::TOO_MANY_REQUESTS,
        Fault::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Fault::RedirectInside => StatusCode::TEMPORARY_REDIRECT,
        Fault::NoContent => StatusCode::NO_CONTENT,
        _ => StatusCode::OK,
    }
}

fn ok() -> HttpResponseBuilder {
    let mut builder = HttpResponse::Ok();
    builder.content_type(JSON);
    builder
}

/// The answer as a stream of batches, each record changed by the fault.
fn streamed(list: List, fault: Option<Fault>, end: Vec<u8>) -> HttpResponse {
    let total = if fault == Some(Fault::EmptyList) { 0 } else { list.len() };
    let start = (list.root().to_vec(), 0, false, Some(end));
    let batches = stream::unfold(start, move |(mut out, at, some, end)| {
        let next = (at + BATCH).min(total);
        let mut some = some;
        for index in at..next {
            if let Some(record) = list.record(index) {
                distort(fault, index, record, &mut some, &mut out);
            }
        }
        let left = if next == total { None } else { end.clone() };
        std::future::ready(end.map(|end| {
            if left.is_none() {
                out.extend(end);
            }
            (Ok::<_, Infallible>(Bytes::from(out)), (Vec::new(), next, some, left))
        }))
    });
    ok().streaming(Box::pin(batches))
}

/// The whole answer at once, for faults that need to know where its middle is.
fn whole(list: &List) -> Vec<u8> {
    let mut out = list.root().to_vec();
    let mut some = false;
    for record in (0..list.len()).filter_map(|at| list.record(at)) {
        push(&record, &mut some, &mut out);
    }
    out.extend_from_slice(b"]}");
    out
}

fn beginning(list: &List) -> Vec<u8> {
    let mut body = whole(list);
    body.truncate(body.len() / 2);
    body
}

/// Answers of status 200 with something wrong in them.
async fn spoiled(request: &HttpRequest, simulator: &Simulator, list: List, fault: Fault) -> HttpResponse {
    let root = list.root();
    match fault {
        Fault::FirstByteHang => {
            bodies::silence(simulator).await;
            refused(StatusCode::SERVICE_UNAVAILABLE)
        }
        Fault::SlowDrip => ok().streaming(Box::pin(bodies::drip(simulator, whole(&list)))),
        Fault::HangMidBody => ok().streaming(Box::pin(bodies::stall(simulator, beginning(&list)))),
        Fault::Reset => ok().streaming(Box::pin(bodies::reset())),
        Fault::ShortBody => {
            let length = whole(&list).len();
            ok().insert_header((CONTENT_LENGTH, length)).streaming(Box::pin(bodies::cut(beginning(&list))))
        }
        Fault::HalfAPage => ok().body(beginning(&list)),
        Fault::TruncatedJson => {
            let mut body = whole(&list);
            body.truncate(body.len() - 2);
            ok().body(body)
        }
        Fault::MalformedJson => ok().body([root, br#"{"id":"1",,"last_name":'Marsh'}]}"#].concat()),
        Fault::BadUtf8 => ok().body([root, b"{\"id\":\"1\",\"last_name\":\"M\xfcller\"}]}"].concat()),
        Fault::HtmlLogin => HttpResponse::Ok().content_type("text/html; charset=utf-8").body(SIGN_IN),
        Fault::WrongContentType => {
            HttpResponse::Ok().content_type("text/csv").body("id,last_name\r\n1,Marsh\r\n")
        }
        Fault::GzipBomb => {
            let pieces = Box::pin(bodies::gzip_bomb(root));
            ok().insert_header((CONTENT_ENCODING, "gzip")).streaming(pieces)
        }
        Fault::EndlessBody => ok().streaming(Box::pin(bodies::endless(root))),
        Fault::HugeBody => {
            ok().insert_header((CONTENT_LENGTH, bodies::HUGE)).streaming(Box::pin(bodies::huge(root)))
        }
        Fault::DeepJson => ok().streaming(Box::pin(bodies::deep(root))),
        Fault::PageLoop => {
            let other = if request.query_string() == "page=2" { 1 } else { 2 };
            let end = format!("],\"next\":\"{}?page={other}\"}}", request.path());
            streamed(list, None, end.into_bytes())
        }
        content => streamed(list, Some(content), b"]}".to_vec()),
    }
}

const SIGN_IN: &str = "<!doctype html><html lang=en><title>Sign in</title><h1>Sign in</h1>\
    <form method=post><label>E-mail <input name=email></label></form></html>";
