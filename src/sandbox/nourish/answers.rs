//! The three questions Nourish answers, and what each fault makes of the answer. Strict about credentials as far as
//! Nourish's documents go: a wrong integration id is 401, a token nobody pasted is 403, and a token opens only the
//! services it was pasted for. Records are written while they are sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};

use super::population::{Client, User};
use super::state::{Simulator, State};
use crate::connectors::nourish::wire;
use crate::sandbox::calls::Call;
use crate::sandbox::conduct::Admitted;
use crate::sandbox::fault::{Fault, Question};
use crate::sandbox::spoiling::{self, Form, List, Records};

const fn form(root: &'static [u8]) -> Form {
    Form {
        root,
        end: b"]}",
        person: "",
        id: "/id",
        last_name: "/last_name",
        birth_date: "/birth_date",
        twice: r#""last_name":"Twice""#,
    }
}

const SERVICES: &Form = &form(b"{\"services\":[");
const CLIENTS: &Form = &form(b"{\"clients\":[");
const USERS: &Form = &form(b"{\"users\":[");
/// How interactions are listed.
pub(super) const INTERACTIONS: &Form = &form(b"{\"interactions\":[");

/// The residents a token may see.
struct Clients {
    all: Arc<Vec<Client>>,
    open: Open,
    minimal: bool,
}

/// The staff a token may see.
struct Users {
    all: Arc<Vec<User>>,
    open: Open,
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
        Ok(List::new(SERVICES, listed.collect::<Vec<_>>()))
    });
    answer(&request, &simulator, asked).await
}

/// `GET /v2/clients/reader`: the residents of the token's services.
pub(super) async fn clients(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, |state, token| {
        let open = opened(state, token)?;
        Ok(List::new(CLIENTS, Clients { all: Arc::clone(&state.clients), open, minimal: state.minimal }))
    });
    answer(&request, &simulator, asked).await
}

/// `GET /v1/users/reader`: the staff of the token's services.
pub(super) async fn users(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, |state, token| {
        Ok(List::new(USERS, Users { all: Arc::clone(&state.users), open: opened(state, token)? }))
    });
    answer(&request, &simulator, asked).await
}

/// Checks the credentials, counts the fault down and writes the question down.
pub(super) fn admit<T>(
    request: &HttpRequest,
    simulator: &Simulator,
    question: Question,
    see: impl FnOnce(&State, Option<&str>) -> Result<T, StatusCode>,
) -> Admitted<T> {
    let headers = request.headers();
    let token = header(headers, "integration-token");
    let seen = {
        let state = simulator.state();
        let known = header(headers, "integration-id").is_some_and(|id| id == state.integration_id);
        if known { see(&state, token) } else { Err(StatusCode::UNAUTHORIZED) }
    };
    simulator.admit(Call::of(request, token), question, seen)
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
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

impl Records for Clients {
    fn count(&self) -> usize {
        self.all.len()
    }

    fn record(&self, at: usize) -> Option<Vec<u8>> {
        let client =
            self.all.get(at).filter(|client| self.open.shows(&client.service_id, &client.location_id))?;
        serde_json::to_vec(&client_wire(client, self.minimal)).ok()
    }
}

impl Records for Users {
    fn count(&self) -> usize {
        self.all.len()
    }

    fn record(&self, at: usize) -> Option<Vec<u8>> {
        let user = self.all.get(at).filter(|user| self.open.shows(&user.service_id, ""))?;
        serde_json::to_vec(&user_wire(user)).ok()
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

async fn answer(request: &HttpRequest, simulator: &Simulator, asked: Admitted<List>) -> HttpResponse {
    let other = if request.query_string() == "page=2" { 1 } else { 2 };
    let looped = format!("],\"next\":\"{}?page={other}\"}}", request.path());
    let asked = asked.map(|(list, fault)| (list.looping(looped.into_bytes()), fault));
    spoiling::answer(simulator, asked).await
}

/// A list of interactions, with what the fault makes of it.
pub(super) async fn listed(
    request: &HttpRequest,
    simulator: &Simulator,
    records: Vec<Vec<u8>>,
    fault: Option<Fault>,
) -> HttpResponse {
    answer(request, simulator, Ok((List::new(INTERACTIONS, records), fault))).await
}
