//! The made-up people as FHIR R4 writes them. Pure.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::population::{Patient, Place, Practitioner};

const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
const VERIFICATION: &str =
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus";
const VERIFICATION_CODES: &str =
    "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland";
const UK_CORE_PATIENT: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient";

/// A resource without what is empty: FHIR knows no empty texts and no empty lists.
fn resource(kind: &str, id: &str, elements: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut all = Map::new();
    all.insert("resourceType".to_owned(), json!(kind));
    let elements = std::iter::once(("id", json!(id))).chain(elements);
    all.extend(
        elements
            .into_iter()
            .filter(|(_, value)| !is_empty(value))
            .map(|(name, value)| (name.to_owned(), value)),
    );
    Value::Object(all)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => false,
    }
}

fn organisation(place: &str) -> Value {
    if place.is_empty() { Value::Null } else { json!({ "reference": format!("Organization/{place}-care") }) }
}

fn name(usage: &str, family: &str, given: &str) -> Option<Value> {
    let words: Vec<&str> = given.split_whitespace().collect();
    let mut name = Map::new();
    name.insert("use".to_owned(), json!(usage));
    if !family.is_empty() {
        name.insert("family".to_owned(), json!(family));
    }
    if !words.is_empty() {
        name.insert("given".to_owned(), json!(words));
    }
    (name.len() > 1).then_some(Value::Object(name))
}

pub(super) fn patient(one: &Patient) -> Value {
    let official = name("official", &one.family, &one.given);
    let nickname = Some(one.nickname.as_str())
        .filter(|name| !name.is_empty())
        .and_then(|given| name("nickname", "", given));
    let names: Vec<Value> = official.into_iter().chain(nickname).collect();
    let changed = DateTime::from_timestamp(one.changed_at, 0)
        .map(|moment| moment.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    resource(
        "Patient",
        &one.id,
        [
            ("meta", json!({ "lastUpdated": changed, "profile": [UK_CORE_PATIENT] })),
            ("identifier", json!(nhs_number(one).into_iter().collect::<Vec<_>>())),
            ("active", json!(!one.inactive)),
            ("name", json!(names)),
            ("birthDate", json!(one.birth_date)),
            ("deceasedBoolean", if one.deceased { json!(true) } else { Value::Null }),
            ("managingOrganization", organisation(&one.place)),
        ],
    )
}

fn nhs_number(one: &Patient) -> Option<Value> {
    if one.nhs_number.is_empty() {
        return None;
    }
    let status = if one.verification.is_empty() { "02" } else { &one.verification };
    let concept = json!({ "coding": [{ "system": VERIFICATION_CODES, "code": status }] });
    let extension = json!([{ "url": VERIFICATION, "valueCodeableConcept": concept }]);
    Some(json!({ "system": NHS_NUMBER, "value": one.nhs_number, "extension": extension }))
}

pub(super) fn practitioner(one: &Practitioner) -> Value {
    let email = json!({ "system": "email", "use": "work", "value": one.email });
    let telecom: Vec<Value> = std::iter::once(email).filter(|_| !one.email.is_empty()).collect();
    let names: Vec<Value> = name("official", &one.family, &one.given).into_iter().collect();
    resource(
        "Practitioner",
        &one.id,
        [("active", json!(!one.inactive)), ("name", json!(names)), ("telecom", json!(telecom))],
    )
}

/// What a staff member does, and where.
pub(super) fn role(one: &Practitioner) -> Value {
    let codes: Vec<Value> =
        std::iter::once(json!({ "text": one.title })).filter(|_| !one.title.is_empty()).collect();
    let places: Vec<Value> = std::iter::once(json!({ "reference": format!("Location/{}", one.place) }))
        .filter(|_| !one.place.is_empty())
        .collect();
    let elements = [
        ("active", json!(true)),
        ("practitioner", json!({ "reference": format!("Practitioner/{}", one.id) })),
        ("code", json!(codes)),
        ("location", json!(places)),
    ];
    resource("PractitionerRole", &format!("{}-role", one.id), elements)
}

pub(super) fn place(one: &Place) -> Value {
    let elements = [
        ("status", json!("active")),
        ("name", json!(one.name)),
        ("mode", json!("instance")),
        ("managingOrganization", organisation(&one.id)),
    ];
    resource("Location", &one.id, elements)
}

/// Only the elements that were asked for, and those that say which resource it is.
pub(super) fn narrowed(mut whole: Value, wanted: &[&str]) -> Value {
    if let Some(elements) = whole.as_object_mut().filter(|_| !wanted.is_empty()) {
        elements.retain(|name, _| {
            matches!(name.as_str(), "resourceType" | "id" | "meta") || wanted.contains(&name.as_str())
        });
    }
    whole
}

/// An entry of a page.
pub(super) fn entry(base: &str, resource: &Value) -> Vec<u8> {
    let at = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default();
    let url = format!("{base}/{}/{}", at("resourceType"), at("id"));
    json!({ "fullUrl": url, "resource": resource, "search": { "mode": "match" } }).to_string().into_bytes()
}

/// Why something is refused, as FHIR says it.
pub(super) fn outcome(severity: &str, code: &str, words: &str) -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": severity, "code": code, "diagnostics": words }],
    })
}

/// What the server says of itself.
pub(super) fn statement(kinds: &[&str]) -> Value {
    let resources: Vec<Value> = kinds
        .iter()
        .map(|kind| json!({ "type": kind, "interaction": [{ "code": "search-type" }] }))
        .collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{ "mode": "server", "resource": resources }],
    })
}
