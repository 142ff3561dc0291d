//! The FHIR connector against a FHIR server of another author, which `tests/run` installs and starts. Made-up people
//! are put there through its own interface; what comes back is what that server makes of the standard, not we.

#![cfg(test)]

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kinbridge::connectors::{
    CareSystem, CareSystems, ConnectorSettings, Credential, FailureKind, Limits, PersonRecord, Vendor,
};
use kinbridge::sandbox::fhir::BASE;
use serde_json::{Value, json};

use crate::fhir::World;

/// As `tests/fhir/settings.yaml` has it.
const TOKEN: &str = "made-up-token-of-the-tests";
/// People without anything particular about them: more than fill two pages.
const PLAIN: usize = 230;

/// The server, and its clients: the standard's and ours.
struct Server {
    base: String,
    client: reqwest::Client,
    system: Arc<dyn CareSystem>,
}

impl Server {
    /// Nothing where `tests/run` has not started one.
    fn found() -> Option<Self> {
        let Ok(base) = std::env::var("KINBRIDGE_TEST_FHIR") else {
            let words = "\nleft out: a FHIR server of another author (tests/run starts one)\n";
            std::io::Write::write_all(&mut std::io::stderr(), words.as_bytes()).unwrap();
            return None;
        };
        let origin = reqwest::Url::parse(&base).unwrap().origin().ascii_serialization();
        let settings = ConnectorSettings {
            allowed_origins: vec![origin],
            limits: Limits::default(),
            ..ConnectorSettings::default()
        };
        let system = CareSystems::new(&settings).unwrap().get(Vendor::Fhir).unwrap();
        Some(Self { base, client: reqwest::Client::new(), system })
    }

    fn token(&self) -> Credential {
        Credential::new("7", TOKEN).at(self.base.clone())
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.bearer_auth(TOKEN).send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    /// Puts a resource under its identifier; as the server keeps it.
    async fn put(&self, resource: &Value) -> Value {
        let (kind, id) = (resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        let request = self.client.put(format!("{}/{kind}/{id}", self.base));
        self.sent(request.header("content-type", "application/fhir+json").body(resource.to_string())).await
    }

    /// Puts many in one transaction.
    async fn put_all(&self, resources: Vec<Value>) {
        let entries: Vec<Value> = resources
            .into_iter()
            .map(|one| {
                let url =
                    format!("{}/{}", one["resourceType"].as_str().unwrap(), one["id"].as_str().unwrap());
                json!({ "resource": one, "request": { "method": "PUT", "url": url } })
            })
            .collect();
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
        let request = self.client.post(&self.base).header("content-type", "application/fhir+json");
        self.sent(request.body(bundle.to_string())).await;
    }

    async fn delete(&self, path: &str) {
        self.sent(self.client.delete(format!("{}/{path}", self.base))).await;
    }
}

fn nhs(value: &str, status: &str) -> Value {
    json!({
        "system": "https://fhir.nhs.uk/Id/nhs-number",
        "value": value,
        "extension": [{
            "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
            "valueCodeableConcept": { "coding": [{
                "system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland",
                "code": status,
            }] },
        }],
    })
}

fn patient(id: &str, more: Value) -> Value {
    let mut patient = json!({
        "resourceType": "Patient",
        "id": id,
        "meta": { "profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"] },
        "active": true,
        "name": [{ "use": "official", "family": "Marsh", "given": ["Ada"] }],
        "gender": "female",
        "birthDate": "1938-04-02",
    });
    patient.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    patient
}

fn ada() -> Value {
    patient(
        "ada",
        json!({
            "identifier": [
                { "system": "https://example.org/hospital", "value": "H-1" },
                nhs("9990000026", "01"),
            ],
            "name": [
                { "use": "maiden", "family": "Young", "given": ["Ada"] },
                { "use": "nickname", "given": ["Addie"] },
                { "use": "official", "family": "Marsh", "given": ["Ada", "Mary"], "prefix": ["Mrs"] },
            ],
            "managingOrganization": { "reference": "Organization/oak-care" },
            "address": [{ "use": "home", "text": "1 Oak Lane" }],
        }),
    )
}

/// Everybody and everything, each under its own identifier, so that it may be put there again and again.
fn everything() -> Vec<Value> {
    let mut all = vec![
        json!({ "resourceType": "Organization", "id": "oak-care", "name": "Oak Care" }),
        json!({ "resourceType": "Location", "id": "oak", "status": "active", "name": "Oak Lodge",
            "managingOrganization": { "reference": "Organization/oak-care" } }),
        json!({ "resourceType": "Location", "id": "oak-12", "status": "active", "name": "Room 12",
            "physicalType": { "coding": [{ "code": "ro",
                "system": "http://terminology.hl7.org/CodeSystem/location-physical-type" }] },
            "partOf": { "reference": "Location/oak" } }),
        json!({ "resourceType": "Practitioner", "id": "jo", "active": true,
            "name": [{ "use": "usual", "family": "Cole", "given": ["Jo"] }],
            "telecom": [{ "system": "phone", "value": "0100" },
                { "system": "email", "use": "work", "value": "Jo.Cole@example.org" }] }),
        json!({ "resourceType": "PractitionerRole", "id": "jo-oak", "active": true,
            "practitioner": { "reference": "Practitioner/jo" }, "code": [{ "text": "Senior Carer" }],
            "location": [{ "reference": "Location/oak" }] }),
        ada(),
        patient("left", json!({ "active": false })),
        patient("died", json!({ "deceasedDateTime": "2026-10-01" })),
        patient("died-too", json!({ "deceasedBoolean": true })),
        patient(
            "merged",
            json!({ "link": [{ "type": "replaced-by", "other": { "reference": "Patient/ada" } }] }),
        ),
        patient("doubted", json!({ "identifier": [nhs("9990000034", "05")] })),
        patient("by-year", json!({ "birthDate": "1938" })),
        patient("written-out", json!({ "name": [{ "text": "MARSH, Ida (Miss)" }] })),
        patient("nameless", json!({ "name": [{ "given": ["Ada"] }] })),
        patient("gone", json!({})),
    ];
    all.extend((0..PLAIN).map(|n| {
        let name = json!([{ "use": "official", "family": format!("Last{n}"), "given": ["First"] }]);
        patient(&format!("plain-{n}"), json!({ "name": name }))
    }));
    all
}

fn one<'s>(people: &'s [PersonRecord], id: &str) -> &'s PersonRecord {
    people.iter().find(|person| person.external_id == id).unwrap_or_else(|| panic!("{id} did not come"))
}

#[tokio::test]
async fn a_fhir_server_of_another_author_is_read_whole() {
    let Some(server) = Server::found() else { return };
    server.put_all(everything()).await;
    server.delete("Patient/gone").await;
    people_come_over_several_pages(&server).await;
    places_and_staff_come(&server).await;
    only_what_changed_comes_where_that_is_asked_for(&server).await;
    the_test_of_the_connection_says_what_it_found(&server).await;
}

async fn people_come_over_several_pages(server: &Server) {
    let people = server.system.read_people(&server.token(), &()).await.unwrap();
    assert_eq!(people.records.len(), PLAIN + 8, "nobody twice, nobody left behind, and not who was deleted");
    assert!(people.records.iter().all(|person| person.external_id != "gone"));
    let whole = PersonRecord {
        external_id: "ada".into(),
        first_name: "Ada Mary".into(),
        last_name: "Marsh".into(),
        preferred_name: Some("Addie".into()),
        date_of_birth: NaiveDate::from_ymd_opt(1938, 4, 2),
        nhs_number: Some("9990000026".into()),
        service_id: Some("oak".into()),
        ..PersonRecord::default()
    };
    assert_eq!(*one(&people.records, "ada"), whole);
    let mut archived: Vec<&str> =
        people.records.iter().filter(|one| one.archived).map(|one| one.external_id.as_str()).collect();
    archived.sort_unstable();
    assert_eq!(archived, ["died", "died-too", "left", "merged"]);
    let written = one(&people.records, "written-out");
    assert_eq!((written.first_name.as_str(), written.last_name.as_str()), ("Ida", "MARSH"));
    assert_eq!(one(&people.records, "doubted").nhs_number, None);
    assert_eq!(one(&people.records, "by-year").date_of_birth, None);
    let mut warned: Vec<&str> = people.warnings.iter().map(|warning| warning.external_id.as_str()).collect();
    warned.sort_unstable();
    assert_eq!(warned, ["by-year", "doubted"]);
    assert_eq!(people.set_aside.len(), 1);
    assert_eq!(people.set_aside[0].external_id.as_deref(), Some("nameless"));
    assert!(people.unmapped_fields.is_empty(), "{:?}", people.unmapped_fields);
}

async fn places_and_staff_come(server: &Server) {
    let listed = server.system.list_services(&server.token()).await.unwrap();
    let places: Vec<_> =
        listed.records.iter().map(|one| (one.external_id.as_str(), one.name.as_str(), one.ours())).collect();
    assert_eq!(places, [("oak", "Oak Lodge", true)], "a room is no service");
    let staff = server.system.read_staff(&server.token(), &()).await.unwrap();
    let jo = staff.records.iter().find(|one| one.external_id == "jo").unwrap();
    assert_eq!((jo.first_name.as_str(), jo.last_name.as_str()), ("Jo", "Cole"));
    assert_eq!(jo.email.as_deref(), Some("jo.cole@example.org"));
    assert_eq!((jo.job_title.as_deref(), jo.service_id.as_deref()), (Some("Senior Carer"), Some("oak")));
}

async fn only_what_changed_comes_where_that_is_asked_for(server: &Server) {
    let second = |kept: &Value| -> DateTime<Utc> {
        let moment: DateTime<Utc> = kept["meta"]["lastUpdated"].as_str().unwrap().parse().unwrap();
        moment - TimeDelta::nanoseconds(i64::from(moment.timestamp_subsec_nanos()))
    };
    // Put again until the server's clock has come to another second than that of all the others.
    let loaded = second(&server.put(&ada()).await);
    let changed = loop {
        let room = json!([{ "use": "home", "text": "2 Oak Lane" }]);
        let mut moved = ada();
        moved["address"] = room;
        let moment = second(&server.put(&moved).await);
        if moment > loaded {
            break moment;
        }
        server.put(&ada()).await;
    };
    let system = &server.system;
    let since = system.read_changed_people(&server.token(), changed, &()).await.unwrap();
    let ids: Vec<&str> = since.records.iter().map(|person| person.external_id.as_str()).collect();
    assert_eq!(ids, ["ada"]);
    let alone = system.read_person(&server.token(), "plain-7").await.unwrap().unwrap();
    let ids: Vec<&str> = alone.records.iter().map(|person| person.external_id.as_str()).collect();
    assert_eq!(ids, ["plain-7"]);
    assert!(system.read_person(&server.token(), "gone").await.unwrap().unwrap().records.is_empty());
    let later = changed + TimeDelta::days(1);
    let none = system.read_changed_people(&server.token(), later, &()).await.unwrap();
    assert!(none.records.is_empty() && none.set_aside.is_empty());
}

async fn the_test_of_the_connection_says_what_it_found(server: &Server) {
    let probe = server.system.probe(&server.token()).await;
    assert!(probe.reached && probe.accepted, "{:?}", probe.failure);
    assert_eq!(probe.failure, None);
    assert_eq!((probe.services.len(), probe.people, probe.samples.len()), (1, Some(PLAIN + 8), 3));

    let wrong = Credential::new("7", "somebody-elses-token").at(server.base.clone());
    let refused = server.system.probe(&wrong).await;
    assert!(refused.reached && !refused.accepted);
    assert_eq!(refused.failure.unwrap().kind, FailureKind::CredentialRefused);
    let refused = server.system.read_people(&wrong, &()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::CredentialRefused);

    let below = Credential::new("7", TOKEN).at(format!("{}/elsewhere", server.base));
    let lost = server.system.probe(&below).await;
    assert!(lost.failure.unwrap().repair.contains("base address"));
}

#[tokio::test]
async fn what_our_own_simulator_sends_is_valid_to_a_server_of_another_author() {
    let Some(server) = Server::found() else { return };
    let world = World::on();
    let base = format!("{}{BASE}", world.origin);
    for path in ["metadata", "Patient?_count=5", "Practitioner", "PractitionerRole", "Location"] {
        let asked = server.client.get(format!("{base}/{path}")).bearer_auth(crate::fhir::TOKEN);
        let sent = asked.send().await.unwrap().text().await.unwrap();
        let kind = serde_json::from_str::<Value>(&sent).unwrap()["resourceType"].as_str().unwrap().to_owned();
        let request = server.client.post(format!("{}/{kind}/$validate", server.base)).body(sent);
        let told = server.sent(request.header("content-type", "application/fhir+json")).await;
        let issues = told["issue"].as_array().unwrap();
        let wrong = issues.iter().any(|issue| matches!(issue["severity"].as_str(), Some("error" | "fatal")));
        assert!(!issues.is_empty() && !wrong, "{path}: {told}");
    }
}
