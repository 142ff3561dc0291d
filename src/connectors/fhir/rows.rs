//! Resources as rows: what of a `Patient`, a `Practitioner` and a `Location` our records have room for, under the
//! names that the profile lists. Pure; whether a row can be used is decided where every vendor's rows are.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::bundle::{Resource, all, reference, text};
use super::names::{called, is_over};

/// One record, and what had to be left out of it, in words.
pub(super) struct Row {
    pub(super) cells: Map<String, Value>,
    pub(super) left_out: Vec<String>,
}

impl Row {
    /// With the names of all elements, so that those that nobody knows are told. What begins with `_` extends an
    /// element of that name and is none itself.
    fn new(resource: &Resource) -> Self {
        let names = resource.keys().filter(|name| !name.starts_with('_'));
        let cells = names.map(|name| (name.clone(), Value::Null)).collect();
        Self { cells, left_out: Vec::new() }
    }

    fn put(&mut self, name: &str, value: Value) {
        self.cells.insert(name.to_owned(), value);
    }

    fn named(&mut self, resource: &Resource, today: Option<NaiveDate>) {
        let name = called(resource.get("name"), today);
        self.put("id", resource.get("id").cloned().unwrap_or_default());
        self.put("name.given", name.first);
        self.put("name.family", name.last);
        self.put("name.usual", name.preferred);
    }
}

/// Which place an organisation runs.
#[derive(Default)]
pub(super) struct Places(Vec<Place>);

struct Place {
    id: String,
    organisation: String,
    top: bool,
}

impl Places {
    /// Remembers a place that became a service.
    pub(super) fn note(&mut self, location: &Resource) {
        let organisation = location.get("managingOrganization").and_then(reference);
        let id = location.get("id").and_then(Value::as_str);
        if let (Some(organisation), Some(id)) = (organisation, id) {
            let top = location.get("partOf").is_none_or(Value::is_null);
            self.0.push(Place { id: id.to_owned(), organisation, top });
        }
    }

    /// The only place of each organisation: of several, the only one that is no part of another.
    pub(super) fn by_organisation(self) -> HashMap<String, String> {
        let mut all: HashMap<String, Vec<Place>> = HashMap::new();
        for place in self.0 {
            all.entry(place.organisation.clone()).or_default().push(place);
        }
        let only = all.into_iter().filter_map(|(organisation, mut places)| {
            if places.len() > 1 {
                places.retain(|place| place.top);
            }
            let (Some(place), true) = (places.pop(), places.is_empty()) else { return None };
            Some((organisation, place.id))
        });
        only.collect()
    }
}

/// A `Patient`.
pub(super) fn person(resource: &Resource, today: Option<NaiveDate>, places: &HashMap<String, String>) -> Row {
    let mut row = Row::new(resource);
    row.named(resource, today);
    let number = nhs_number(resource, today, &mut row.left_out);
    row.put("identifier.nhs-number", number);
    let born = birth_date(resource, &mut row.left_out);
    row.put("birthDate", born);
    row.put("active", is_gone(resource));
    let organisation = resource.get("managingOrganization").and_then(reference);
    row.put("managingOrganization", json!(organisation.and_then(|organisation| places.get(&organisation))));
    row
}

/// Left, died, or merged into another record. What says neither yes nor no stays as it came and is refused later.
fn is_gone(resource: &Resource) -> Value {
    let died = resource.get("deceasedDateTime").is_some_and(|day| !day.is_null());
    let merged = all(resource, "link").any(|link| text(link, "/type") == Some("replaced-by"));
    match (resource.get("deceasedBoolean"), resource.get("active")) {
        _ if died || merged => json!(true),
        (Some(Value::Bool(true)), _) | (_, Some(Value::Bool(false))) => json!(true),
        (None | Some(Value::Null | Value::Bool(false)), None | Some(Value::Null | Value::Bool(true))) => {
            json!(false)
        }
        _ => json!([]),
    }
}

/// Whole days only: a year alone is no day of birth.
fn birth_date(resource: &Resource, left_out: &mut Vec<String>) -> Value {
    let born = resource.get("birthDate").cloned().unwrap_or_default();
    let partial = born.as_str().is_some_and(|born| matches!(born.trim().len(), 4 | 7));
    if partial {
        left_out.push("The date of birth is only a year or a month and was left out.".to_owned());
        return Value::Null;
    }
    born
}

const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
const VERIFICATION: &str = "NHSNumberVerificationStatus";

/// The number under the UK Core system, unless its verification status says that it is not this person's.
fn nhs_number(resource: &Resource, today: Option<NaiveDate>, left_out: &mut Vec<String>) -> Value {
    let theirs = all(resource, "identifier").filter(|one| text(one, "/system") == Some(NHS_NUMBER));
    let held: Vec<&Value> =
        theirs.filter(|one| text(one, "/use") != Some("old") && !is_over(one, today)).collect();
    let mut good: Vec<Value> = Vec::new();
    for one in &held {
        match doubt(one) {
            Some(words) => left_out.push(format!("The NHS number was left out: {words}")),
            None => good.extend(one.get("value").cloned()),
        }
    }
    good.dedup();
    if good.len() > 1 {
        left_out.push("The record has several NHS numbers, so none was taken.".to_owned());
        return Value::Null;
    }
    good.pop().unwrap_or_default()
}

/// Why a number is not to be relied on, by its UK Core verification status.
fn doubt(identifier: &Value) -> Option<&'static str> {
    let extensions = identifier.get("extension").and_then(Value::as_array)?;
    let status =
        extensions.iter().find(|one| text(one, "/url").is_some_and(|url| url.contains(VERIFICATION)))?;
    let codings = status.pointer("/valueCodeableConcept/coding").and_then(Value::as_array)?;
    codings.iter().find_map(|coding| match text(coding, "/code")? {
        "04" => Some("tracing it found nobody, or several people."),
        "05" => Some("it stands in conflict with the person's other details."),
        "07" => Some("its status says that there is none."),
        _ => None,
    })
}

/// What somebody does, and where.
#[derive(Clone, Default)]
pub(super) struct Post {
    title: Option<String>,
    location: Option<String>,
}

/// A `PractitionerRole` that holds, by the practitioner it is of.
pub(super) fn post(resource: &Resource, today: Option<NaiveDate>) -> Option<(String, Post)> {
    let over = resource.get("active") == Some(&Value::Bool(false))
        || is_over(&json!({ "period": resource.get("period") }), today);
    let whose = resource.get("practitioner").and_then(reference).filter(|_| !over)?;
    let title = all(resource, "code").find_map(title);
    let location = all(resource, "location").find_map(reference);
    let location = location.and_then(|place| place.strip_prefix("Location/").map(str::to_owned));
    Some((whose, Post { title, location }))
}

fn title(concept: &Value) -> Option<String> {
    let written = text(concept, "/text").map(str::to_owned);
    let shown = || concept.get("coding")?.as_array()?.iter().find_map(|coding| text(coding, "/display"));
    written.or_else(|| shown().map(str::to_owned))
}

/// A `Practitioner`.
pub(super) fn worker(resource: &Resource, today: Option<NaiveDate>, posts: &HashMap<String, Post>) -> Row {
    let mut row = Row::new(resource);
    row.named(resource, today);
    row.cells.remove("name.usual");
    row.put("telecom.email", email(resource, today));
    row.put("active", is_gone(resource));
    let id = resource.get("id").and_then(Value::as_str).unwrap_or_default();
    let post = posts.get(&format!("Practitioner/{id}")).cloned().unwrap_or_default();
    row.put("PractitionerRole.code", json!(post.title));
    row.put("PractitionerRole.location", json!(post.location));
    row
}

/// The address at work before any other that holds.
fn email(resource: &Resource, today: Option<NaiveDate>) -> Value {
    let rank = |contact: &Value| match text(contact, "/use") {
        Some("work") => 0,
        Some("home") => 2,
        _ => 1,
    };
    let addresses = all(resource, "telecom").filter(|contact| text(contact, "/system") == Some("email"));
    let hold = addresses.filter(|contact| text(contact, "/use") != Some("old") && !is_over(contact, today));
    let best = hold.min_by_key(|contact| rank(contact));
    best.and_then(|contact| contact.get("value")).cloned().unwrap_or_default()
}

/// Kinds of place that nobody lives in by themselves: parts of a building, and things on wheels.
const PARTS: &[&str] = &["lvl", "co", "ro", "bd", "ve", "ca", "rd", "jdn"];

/// A `Location`, if it is a place that people belong to.
pub(super) fn place(resource: &Resource) -> Option<Row> {
    let kinds = resource.get("physicalType").and_then(|kind| kind.get("coding")).and_then(Value::as_array);
    let mut codes = kinds.into_iter().flatten().filter_map(|coding| text(coding, "/code"));
    if codes.any(|code| PARTS.contains(&code)) || resource.get("mode") == Some(&json!("kind")) {
        return None;
    }
    let mut row = Row::new(resource);
    row.put("id", resource.get("id").cloned().unwrap_or_default());
    row.put("name", resource.get("name").cloned().unwrap_or_default());
    let status = resource.get("status").and_then(Value::as_str);
    row.put("status", json!(!matches!(status, Some("inactive" | "suspended"))));
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(value: Value) -> Resource {
        value.as_object().cloned().unwrap()
    }

    fn read(patient: Value) -> Row {
        person(&resource(patient), NaiveDate::from_ymd_opt(2026, 11, 28), &HashMap::new())
    }

    fn number(value: &str, status: Option<&str>) -> Value {
        let extension = status.map(|code| {
            json!([{ "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
                "valueCodeableConcept": { "coding": [{ "code": code }] } }])
        });
        json!({ "system": NHS_NUMBER, "value": value, "extension": extension })
    }

    #[test]
    fn only_a_number_that_may_be_the_persons_is_taken() {
        let taken = |identifiers: Value| read(json!({ "identifier": identifiers }));
        for status in [None, Some("01"), Some("02"), Some("03"), Some("06"), Some("08")] {
            let row = taken(json!([number("9990000026", status)]));
            assert_eq!((&row.cells["identifier.nhs-number"], row.left_out.len()), (&json!("9990000026"), 0));
        }
        for status in ["04", "05", "07"] {
            let row = taken(json!([number("9990000026", Some(status))]));
            assert_eq!(
                (&row.cells["identifier.nhs-number"], row.left_out.len()),
                (&Value::Null, 1),
                "{status}"
            );
        }
        let one = number("9990000026", None);
        assert_eq!(taken(json!([one, one])).cells["identifier.nhs-number"], "9990000026");
        let row = taken(json!([one, number("9990000034", None)]));
        assert_eq!((&row.cells["identifier.nhs-number"], row.left_out.len()), (&Value::Null, 1));
        let mut old = number("9990000034", None);
        old["use"] = json!("old");
        assert_eq!(taken(json!([old, one])).cells["identifier.nhs-number"], "9990000026");
        let other = json!([{ "system": "https://example.org/hospital", "value": "H-1" }]);
        assert_eq!(taken(other).cells["identifier.nhs-number"], Value::Null);
    }

    #[test]
    fn who_left_died_or_was_merged_is_gone_and_nonsense_is_refused_later() {
        let gone = |patient: Value| read(patient).cells["active"].clone();
        assert_eq!(gone(json!({})), json!(false));
        assert_eq!(gone(json!({ "active": true, "deceasedBoolean": false })), json!(false));
        for patient in [
            json!({ "active": false }),
            json!({ "deceasedBoolean": true }),
            json!({ "active": true, "deceasedDateTime": "2026" }),
            json!({ "link": [{ "type": "replaced-by" }] }),
        ] {
            assert_eq!(gone(patient), json!(true));
        }
        assert!(gone(json!({ "active": "yes" })).is_array());
        assert!(gone(json!({ "deceasedBoolean": "no" })).is_array());
    }

    #[test]
    fn a_person_belongs_to_the_only_place_of_their_organisation() {
        let location = |id: &str, organisation: &str, part_of: Option<&str>| {
            let part_of = part_of.map(|id| json!({ "reference": id }));
            let run_by = json!({ "reference": format!("Organization/{organisation}") });
            resource(json!({ "id": id, "managingOrganization": run_by, "partOf": part_of }))
        };
        let mut places = Places::default();
        for (id, organisation, part_of) in [
            ("oak", "o-1", None),
            ("elm", "o-2", None),
            ("elm-east", "o-2", Some("Location/elm")),
            ("ash", "o-3", None),
            ("fir", "o-3", None),
        ] {
            places.note(&location(id, organisation, part_of));
        }
        let by = places.by_organisation();
        assert_eq!(by.get("Organization/o-1").map(String::as_str), Some("oak"));
        assert_eq!(by.get("Organization/o-2").map(String::as_str), Some("elm"));
        assert_eq!(by.get("Organization/o-3"), None, "nobody can say which of the two");
    }

    #[test]
    fn the_address_at_work_comes_first_and_an_old_one_never() {
        let read = |telecom: Value| email(&resource(json!({ "telecom": telecom })), None);
        let mail = |usage: &str, value: &str| json!({ "system": "email", "use": usage, "value": value });
        assert_eq!(read(json!([mail("home", "h@a.test"), mail("work", "w@a.test")])), json!("w@a.test"));
        assert_eq!(read(json!([mail("old", "o@a.test"), mail("home", "h@a.test")])), json!("h@a.test"));
        assert_eq!(read(json!([{ "system": "phone", "value": "1" }])), Value::Null);
    }

    #[test]
    fn rooms_and_vehicles_are_no_services() {
        let kind =
            |code: &str| resource(json!({ "id": "1", "physicalType": { "coding": [{ "code": code }] } }));
        for code in ["ro", "bd", "ve", "lvl"] {
            assert!(place(&kind(code)).is_none(), "{code}");
        }
        for code in ["si", "bu", "wi", "wa", "ho", "area"] {
            assert!(place(&kind(code)).is_some(), "{code}");
        }
        let closed = place(&resource(json!({ "id": "1", "name": "Oak", "status": "inactive" }))).unwrap();
        assert_eq!(closed.cells["status"], json!(false));
    }

    #[test]
    fn a_role_that_has_ended_says_nothing() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 28);
        let role = |more: Value| {
            let mut role = json!({ "practitioner": { "reference": "Practitioner/jo" },
                "code": [{ "coding": [{ "display": "Nurse" }] }], "location": [{ "reference": "Location/oak" }] });
            role.as_object_mut().unwrap().extend(resource(more));
            post(&resource(role), today).map(|(whose, post)| (whose, post.title, post.location))
        };
        let held = Some(("Practitioner/jo".to_owned(), Some("Nurse".to_owned()), Some("oak".to_owned())));
        assert_eq!(role(json!({})), held);
        assert_eq!(role(json!({ "period": { "start": "2020-01-01" } })), held);
        assert_eq!(role(json!({ "active": false })), None);
        assert_eq!(role(json!({ "period": { "end": "2025-12-31" } })), None);
    }
}
