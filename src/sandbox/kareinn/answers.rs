//! The questions KareInn answers; all of it is assumed. A key that is not the one it gave is 401, one of an organisation
//! that it has not switched on is 403, and a page has at most 100 records.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};

use super::population::{Member, Resident};
use super::state::{Simulator, State};
use crate::connectors::kareinn::wire;
use crate::sandbox::calls::Call;
use crate::sandbox::conduct::Admitted;
use crate::sandbox::fault::{Fault, Question};
use crate::sandbox::pages;
use crate::sandbox::spoiling::{self, Form, List};

/// The most that a page holds.
const MOST: usize = 100;

const fn form(root: &'static [u8]) -> Form {
    Form {
        root,
        end: b"]}",
        person: "",
        id: "/id",
        last_name: "/last_name",
        birth_date: "/date_of_birth",
        twice: r#""last_name":"Twice""#,
    }
}

/// How residents are listed.
pub(super) const RESIDENTS: &Form = &form(b"{\"residents\":[");
const STAFF: &Form = &form(b"{\"staff\":[");

/// `GET /residents`.
pub(super) async fn residents(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, |state| {
        page(&request, &state.memory.residents, resident)
    });
    paged(RESIDENTS, &simulator, asked).await
}

/// `GET /staff`.
pub(super) async fn staff(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked =
        admit(&request, &simulator, Question::People, |state| page(&request, &state.memory.staff, member));
    paged(STAFF, &simulator, asked).await
}

/// A page as it was asked for, and the same full page that a vendor would answer whose pages go round.
struct Page {
    records: Vec<Vec<u8>>,
    looped: Vec<Vec<u8>>,
}

/// The records of the page that was asked for.
fn page<T>(
    request: &HttpRequest,
    all: &[T],
    written: impl Fn(&T) -> Option<Vec<u8>>,
) -> Result<Page, StatusCode> {
    let number = |name: &str, usual| match pages::query(request, name) {
        None => Ok(usual),
        Some(text) => text.parse::<usize>().map_err(|_cause| StatusCode::BAD_REQUEST),
    };
    let (page, limit) = (number("page", 1)?, number("limit", MOST)?);
    if page == 0 || !(1..=MOST).contains(&limit) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let records = all.iter().skip((page - 1).saturating_mul(limit)).take(limit).filter_map(&written);
    let looped = all.iter().cycle().take(limit).filter_map(&written);
    Ok(Page { records: records.collect(), looped: looped.collect() })
}

async fn paged(form: &'static Form, simulator: &Simulator, asked: Admitted<Page>) -> HttpResponse {
    let asked = asked.map(|(page, fault)| match fault {
        Some(Fault::PageLoop) => (List::new(form, page.looped), None),
        other => (List::new(form, page.records), other),
    });
    spoiling::answer(simulator, asked).await
}

/// Checks the key, counts the fault down and writes the question down.
pub(super) fn admit<T>(
    request: &HttpRequest,
    simulator: &Simulator,
    question: Question,
    see: impl FnOnce(&State) -> Result<T, StatusCode>,
) -> Admitted<T> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = header.and_then(|value| value.strip_prefix("Bearer "));
    let seen = {
        let state = simulator.state();
        if shown.is_none_or(|key| key != state.memory.key) {
            Err(StatusCode::UNAUTHORIZED)
        } else if state.memory.on {
            see(&state)
        } else {
            Err(StatusCode::FORBIDDEN)
        }
    };
    simulator.admit(Call::of(request, shown), question, seen)
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn resident(one: &Resident) -> Option<Vec<u8>> {
    let wire = wire::Resident {
        id: &one.id,
        first_name: &one.first_name,
        last_name: &one.last_name,
        date_of_birth: filled(&one.date_of_birth),
        nhs_number: filled(&one.nhs_number),
        room: filled(&one.room),
        status: filled(&one.status),
    };
    serde_json::to_vec(&wire).ok()
}

fn member(one: &Member) -> Option<Vec<u8>> {
    let wire = wire::Member {
        id: &one.id,
        first_name: &one.first_name,
        last_name: &one.last_name,
        email: filled(&one.email),
        job_title: filled(&one.job_title),
        active: one.active,
    };
    serde_json::to_vec(&wire).ok()
}
