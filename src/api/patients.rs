//! `/api/v1/patients`: whom appointments are made with. A key's mode decides which patients there are.

use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::ask::{Ask, found};
use super::error::{Answer, Problem, Wrong, camel};
use super::listing::{self, Field, Holds, field};
use super::schemas::{ListAsked, at, given};
use crate::domain::Refusal;
use crate::domain::api_keys::{Client, Literal, Mark};
use crate::domain::patients::{self, Details, Patient, Typed, TypedAddress};
use crate::domain::visits;
use crate::kit::ids::PatientId;

/// What can be asked of the list.
pub(super) const FIELDS: [Field; 8] = [
    field("id", Holds::Word, false),
    field("name", Holds::Words, false),
    field("email", Holds::Word, false),
    field("nhsNumber", Holds::Word, false),
    field("externalRef", Holds::Word, false),
    field("dateOfBirth", Holds::Date, false),
    field("createdAt", Holds::Moment, true),
    field("updatedAt", Holds::Moment, true),
];

/// A patient to be kept.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the document describes bodies by it; they are read field by field below")]
pub(super) struct NewPatient {
    #[schema(value_type = Option<Title>)]
    title: Option<String>,
    #[schema(min_length = 2, max_length = 100, pattern = "line", examples("Betty"))]
    first_name: String,
    #[schema(min_length = 2, max_length = 100, pattern = "line", examples("Cole"))]
    last_name: String,
    #[schema(value_type = Option<Sex>)]
    sex: Option<String>,
    /// E.164.
    #[schema(min_length = 7, max_length = 16, pattern = "phone", examples("+447700900123"))]
    phone: String,
    #[schema(max_length = 254, pattern = "email", examples("betty@example.org"))]
    email: String,
    /// Ten digits whose last checks the others.
    #[schema(
        min_length = 10,
        max_length = 10,
        pattern = "nhs",
        format = "nhs-number",
        examples("9434765919")
    )]
    nhs_number: Option<String>,
    /// Your own number for the patient. Several may have the same.
    #[schema(max_length = 100, pattern = "line", examples("customer-4711"))]
    external_ref: Option<String>,
    /// Not in the future, and not more than 130 years ago.
    #[schema(format = Date, examples("1938-03-09"))]
    date_of_birth: String,
    /// The practitioner reads it.
    #[schema(max_length = 2_000, pattern = "words")]
    note: Option<String>,
    /// At most one.
    #[schema(max_items = 1)]
    address: Option<Vec<PatientAddress>>,
}

/// What of a patient is changed; a field that is not sent stays, and null empties one that may be empty.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as for NewPatient")]
pub(super) struct PatientChanges {
    #[schema(value_type = Option<Title>)]
    title: Option<String>,
    #[schema(nullable = false, min_length = 2, max_length = 100, pattern = "line")]
    first_name: Option<String>,
    #[schema(nullable = false, min_length = 2, max_length = 100, pattern = "line")]
    last_name: Option<String>,
    #[schema(value_type = Option<Sex>)]
    sex: Option<String>,
    #[schema(nullable = false, min_length = 7, max_length = 16, pattern = "phone")]
    phone: Option<String>,
    #[schema(nullable = false, max_length = 254, pattern = "email")]
    email: Option<String>,
    #[schema(min_length = 10, max_length = 10, pattern = "nhs", format = "nhs-number")]
    nhs_number: Option<String>,
    #[schema(max_length = 100, pattern = "line")]
    external_ref: Option<String>,
    #[schema(nullable = false, format = Date)]
    date_of_birth: Option<String>,
    #[schema(max_length = 2_000, pattern = "words")]
    note: Option<String>,
    #[schema(max_items = 1)]
    address: Option<Vec<PatientAddress>>,
}

/// How somebody is addressed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document only; a test holds it to the domain's list")]
pub(super) enum Title {
    Mr,
    Mrs,
    Miss,
    Ms,
    Mx,
    Dr,
    Prof,
    Rev,
}

/// Recorded for care.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document only; a test holds it to the domain's list")]
pub(super) enum Sex {
    Male,
    Female,
    Other,
    Unknown,
}

/// Where somebody lives.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatientAddress {
    #[schema(min_length = 1, max_length = 100, pattern = "line", examples("12 Park Row"))]
    pub line1: String,
    #[schema(max_length = 100, pattern = "line")]
    pub line2: Option<String>,
    #[schema(min_length = 1, max_length = 100, pattern = "line", examples("Leeds"))]
    pub city: String,
    #[schema(max_length = 8, pattern = "postcode", examples("LS1 4AP"))]
    pub postcode: String,
    #[schema(max_length = 100, pattern = "line", examples("GB"))]
    pub country: Option<String>,
    /// How to get in.
    #[schema(max_length = 2_000, pattern = "words")]
    pub access_notes: Option<String>,
}

/// A patient as kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Patient)]
pub(super) struct PatientShown {
    #[schema(examples("p_5f1c"))]
    id: String,
    /// `live` or `test`.
    #[schema(examples("test"))]
    mode: &'static str,
    title: Option<String>,
    first_name: String,
    last_name: String,
    sex: Option<String>,
    phone: String,
    email: String,
    nhs_number: Option<String>,
    external_ref: Option<String>,
    #[schema(format = Date)]
    date_of_birth: String,
    note: Option<String>,
    address: Vec<PatientAddress>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A page of patients.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read by the document only: pages are written by listing.rs")]
pub(super) struct PatientList {
    data: Vec<PatientShown>,
    /// What to ask for as `cursor` to see more; null at the end.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

fn shown(patient: Patient) -> PatientShown {
    let of = patient.details;
    let address = of.address.map(|address| PatientAddress {
        line1: address.line1,
        line2: given(&address.line2),
        city: address.city,
        postcode: address.postcode,
        country: given(&address.country),
        access_notes: given(&address.access_notes),
    });
    PatientShown {
        id: patient.public_id,
        mode: patient.mode.as_str(),
        title: given(&of.title),
        sex: given(&of.sex),
        nhs_number: given(&of.nhs_number),
        external_ref: given(&of.external_ref),
        note: given(&of.note),
        first_name: of.first_name,
        last_name: of.last_name,
        phone: of.phone,
        email: of.email,
        date_of_birth: of.date_of_birth.to_string(),
        address: address.into_iter().collect(),
        created_at: at(patient.created_at),
        updated_at: at(patient.updated_at),
    }
}

fn value(patient: Patient) -> Value {
    serde_json::to_value(shown(patient)).unwrap_or_default()
}

/// The fields of a body, which the document has checked, as the domain reads them.
fn typed(fields: &Map<String, Value>) -> Typed {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let address = fields.get("address").and_then(Value::as_array).and_then(|all| all.first());
    Typed {
        title: text("title"),
        first_name: text("firstName"),
        last_name: text("lastName"),
        sex: text("sex"),
        phone: text("phone"),
        email: text("email"),
        nhs_number: text("nhsNumber"),
        external_ref: text("externalRef"),
        date_of_birth: text("dateOfBirth"),
        note: text("note"),
        address: address.map(typed_address),
    }
}

pub(super) fn typed_address(of: &Value) -> TypedAddress {
    let text = |name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    TypedAddress {
        line1: text("line1"),
        line2: text("line2"),
        city: text("city"),
        postcode: text("postcode"),
        country: text("country"),
        access_notes: text("accessNotes"),
    }
}

/// Every rule that is broken, under the names that programs know; those of an address begin with where it stands.
pub(super) fn broken(wrong: Vec<patients::Wrong>, address: &str) -> Problem {
    let of_address = ["line1", "line2", "city", "postcode", "country", "access_notes"];
    let name = |field: &str| {
        let known = camel(field);
        if of_address.contains(&field) { format!("{address}.{known}") } else { known }
    };
    Problem::Invalid(wrong.into_iter().map(|one| Wrong { field: name(one.field), rule: one.words }).collect())
}

fn object(ask: &Ask) -> Result<Map<String, Value>, Problem> {
    ask.body()
}

/// Keep a patient
///
/// With a test key, a patient whom nobody visits. Look first whether you keep them already, by `externalRef`.
#[utoipa::path(
    post,
    path = "/api/v1/patients",
    tag = "Patients",
    request_body = NewPatient,
    responses((status = 201, description = "The patient as kept", body = PatientShown))
)]
pub(super) async fn create(ask: Ask) -> Answer {
    let details =
        Details::read(&typed(&object(&ask)?), ask.now).map_err(|wrong| broken(wrong, "address[0]"))?;
    ask.decide(StatusCode::CREATED, move |tx, client| {
        Ok(value(patients::add(tx, &client.managing()?, client.mode(), &details)?))
    })
    .await
}

/// List the patients
#[utoipa::path(
    get,
    path = "/api/v1/patients",
    tag = "Patients",
    params(ListAsked),
    responses((status = 200, description = "The patients, newest first", body = PatientList))
)]
pub(super) async fn list(ask: Ask) -> Answer {
    let asked = ask.listing(&FIELDS, "-createdAt")?;
    let wanted = asked.clone();
    let rows = ask
        .look(move |conn, client| patients::asked(conn, &client.viewing(), client.mode(), &wanted))
        .await?;
    let by_change = asked.order.field == "updatedAt";
    let mark = |one: &Patient| {
        let at = if by_change { one.updated_at } else { one.created_at };
        Mark { value: Literal::Moment(at), id: one.public_id.clone() }
    };
    found(&listing::page(&asked, rows, mark, value))
}

/// Show one patient
#[utoipa::path(
    get,
    path = "/api/v1/patients/{patientId}",
    tag = "Patients",
    params(("patientId" = String, Path, description = "The patient's number", pattern = "patient")),
    responses((status = 200, description = "The patient", body = PatientShown))
)]
pub(super) async fn show(ask: Ask) -> Answer {
    found(&value(kept(&ask).await?))
}

async fn kept(ask: &Ask) -> Result<Patient, Problem> {
    let id = ask.part("patientId")?;
    ask.look(move |conn, client| of(conn, client, &id)).await
}

fn of(conn: &mut crate::db::Conn, client: &Client, id: &str) -> Result<Patient, Refusal> {
    patients::by_public_id(conn, &client.viewing(), client.mode(), id)
}

/// Change a patient
///
/// Appointments that are booked keep the telephone number and the address with which they were booked.
#[utoipa::path(
    patch,
    path = "/api/v1/patients/{patientId}",
    tag = "Patients",
    params(("patientId" = String, Path, description = "The patient's number", pattern = "patient")),
    request_body = PatientChanges,
    responses((status = 200, description = "The patient as it is now", body = PatientShown))
)]
pub(super) async fn change(ask: Ask) -> Answer {
    let before = kept(&ask).await?;
    let id: PatientId = before.id;
    let seen = before.version;
    let mut fields = match value(before) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.extend(object(&ask)?);
    let details = Details::read(&typed(&fields), ask.now).map_err(|wrong| broken(wrong, "address[0]"))?;
    ask.decide(StatusCode::OK, move |tx, client| {
        // What was not sent is as it was read: where that has changed meanwhile, nothing is written over it.
        let which = (client.mode(), id, Some(seen));
        Ok(value(visits::change_patient(tx, &client.managing()?, which, &details)?))
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::document;

    #[test]
    fn titles_and_sexes_are_those_of_the_domain() {
        let of = |name: &str| document().pointer(&format!("/components/schemas/{name}/enum")).cloned();
        assert_eq!(of("Title"), Some(json!(patients::TITLES)));
        assert_eq!(of("Sex"), Some(json!(patients::SEXES)));
    }
}
