//! The made-up people of the system that speaks FHIR R4: two wings of the roster, as Nourish has them, so that one
//! resident can be seen in two systems. Nobody pairs with it by itself.

use super::roster;
use crate::sandbox::fhir::{Patient, Place, Population, Practitioner};
use crate::sandbox::nourish::{Client, User};

/// The token that opens it until another is made on its page.
const TOKEN: &str = "made-up-fhir-token-4b1d9e7c";
/// How many of the roster's services are places there.
const PLACES: usize = 2;

/// Everybody there.
pub(super) fn population() -> Population {
    let places: Vec<Place> = roster::SERVICES
        .into_iter()
        .take(PLACES)
        .map(|(id, name, _)| Place { id: id.to_owned(), name: name.to_owned() })
        .collect();
    let is_there = |service: &str| places.iter().any(|place| place.id == service);
    let people = roster::residents().into_iter().filter_map(|person| person.there);
    let patients = people.filter(|client| is_there(&client.service_id)).map(patient).collect();
    let staff = roster::staff().into_iter().filter_map(|person| person.there);
    let practitioners = staff.filter(|user| is_there(&user.service_id)).map(practitioner).collect();
    Population { token: TOKEN.to_owned(), places, patients, practitioners }
}

fn patient(client: Client) -> Patient {
    Patient {
        id: format!("resident-{}", client.id),
        family: client.last_name,
        given: client.first_name,
        nickname: client.preferred_name,
        birth_date: client.birth_date,
        nhs_number: client.nhs_number,
        verification: "01".to_owned(),
        place: client.service_id,
        inactive: client.archived,
        deceased: false,
        changed_at: 0,
    }
}

fn practitioner(user: User) -> Practitioner {
    Practitioner {
        id: format!("carer-{}", user.id),
        family: user.last_name,
        given: user.first_name,
        email: user.email,
        title: user.job_title,
        place: user.service_id,
        inactive: user.archived,
    }
}
