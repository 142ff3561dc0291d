//! The questions PCS answers. Strict as far as public code shows: both keys stand in the query, and the key alone in
//! the path of the communities; a wrong one of either is 401. A key shows what its maker may see.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::population::{Person, Worker};
use super::state::{Key, Simulator, State};
use crate::connectors::pcs::wire;
use crate::sandbox::calls::Call;
use crate::sandbox::conduct::Admitted;
use crate::sandbox::fault::Question;
use crate::sandbox::pages;
use crate::sandbox::spoiling::{self, Form, List};

/// A bare array of people.
pub(super) const FORM: &Form = &Form {
    root: b"[",
    end: b"]",
    person: "",
    id: "/connectionID",
    last_name: "/lastName",
    birth_date: "/dateOfBirth",
    twice: r#""lastName":"Twice""#,
};

/// `GET /integration/api/GenericAPI/ServiceUsers`: one entry for each location of each person.
pub(super) async fn people(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, |state, key| {
        let there = state.memory.people.iter();
        let listed = there.flat_map(|one| one.location_ids.iter().map(move |location| (one, location)));
        let seen = listed.filter(|(_, location)| key.shows(location));
        List::new(
            FORM,
            seen.filter_map(|(one, location)| written(&person(state, one, location))).collect::<Vec<_>>(),
        )
    });
    spoiling::answer(&simulator, asked).await
}

/// `GET /integration/api/GenericAPI/Workers`.
pub(super) async fn workers(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let asked = admit(&request, &simulator, Question::People, |state, key| {
        let seen = state.memory.workers.iter().filter(|one| key.shows(&one.location_id));
        List::new(FORM, seen.filter_map(|one| written(&worker(state, one))).collect::<Vec<_>>())
    });
    spoiling::answer(&simulator, asked).await
}

/// `GET /mcm/api/v1/{key}/organisationapi/communities`.
pub(super) async fn communities(
    request: HttpRequest,
    path: web::Path<String>,
    simulator: web::Data<Simulator>,
) -> HttpResponse {
    let shown = path.into_inner();
    let asked = {
        let state = simulator.state();
        let seen = opened(&state, &shown).map(|key| {
            let seen = state.communities.iter().filter(|one| key.shows(&one.location_id));
            let listed = seen.map(|one| wire::Community {
                organisation_id: &state.organisation_id,
                community_id: &one.id,
                location_id: &one.location_id,
                name: &one.name,
            });
            List::new(FORM, listed.filter_map(|one| written(&one)).collect::<Vec<_>>())
        });
        simulator.admit(Call::of(&request, Some(&shown)), Question::Services, seen)
    };
    spoiling::answer(&simulator, asked).await
}

/// Checks both keys, counts the fault down and writes the question down.
pub(super) fn admit<T>(
    request: &HttpRequest,
    simulator: &Simulator,
    question: Question,
    see: impl FnOnce(&State, &Key) -> T,
) -> Admitted<T> {
    let shown = pages::query(request, "Apikey");
    let state = simulator.state();
    let known = pages::query(request, "DevApikey").is_some_and(|key| key == state.dev_key);
    let key = if known { opened(&state, shown.as_deref().unwrap_or_default()) } else { Err(REFUSED) };
    let seen = key.map(|key| see(&state, &key));
    simulator.admit(Call::of(request, shown.as_deref()), question, seen)
}

const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

/// What a key opens, if it is the organisation's. The Internal ID opens nothing.
fn opened(state: &State, shown: &str) -> Result<Key, StatusCode> {
    let key = state.memory.key.as_ref().filter(|key| key.key.eq_ignore_ascii_case(shown));
    key.cloned().ok_or(REFUSED)
}

fn written(record: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(record).ok()
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn person<'a>(state: &'a State, one: &'a Person, location: &'a str) -> wire::ServiceUser<'a> {
    let by_switch = |text: &'a str| filled(text).filter(|_| state.memory.birthdays);
    wire::ServiceUser {
        connection_id: &one.connection_id,
        person_id: &one.person_id,
        first_name: &one.first_name,
        last_name: &one.last_name,
        gender: filled(&one.gender),
        location_id: location,
        community_id: state.community(location).map_or("", |community| &community.id),
        room: filled(&one.room),
        date_of_birth: by_switch(&one.birth_date),
        nhs_number: by_switch(&one.nhs_number),
    }
}

fn worker<'a>(state: &'a State, one: &'a Worker) -> wire::Worker<'a> {
    wire::Worker {
        connection_id: &one.connection_id,
        first_name: &one.first_name,
        last_name: &one.last_name,
        role: filled(&one.role),
        location_id: &one.location_id,
        community_id: state.community(&one.location_id).map_or("", |community| &community.id),
    }
}
