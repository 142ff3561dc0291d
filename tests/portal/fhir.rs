//! The FHIR connector against the FHIR simulator: every method of the trait, the records, and the credentials.

#![cfg(test)]

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kinbridge::connectors::{
    CareSystem, CareSystems, ConnectorSettings, Credential, FailureKind, Limits, PersonRecord, ProfileStatus,
    Retry, TimelineEntry, Vendor,
};
use kinbridge::sandbox::Simulated as _;
use kinbridge::sandbox::fhir::{self, BASE, Patient, Place, Population, Practitioner, Simulator};

use crate::nourish::quick;

pub const TOKEN: &str = "made-up-0123456789abcdef";

/// A simulator that is running, and a connector that may go there.
pub struct World {
    pub simulator: Simulator,
    pub system: Arc<dyn CareSystem>,
    pub origin: String,
    handle: actix_web::dev::ServerHandle,
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl World {
    pub fn on() -> Self {
        Self::with(population(), quick())
    }

    pub fn with(population: Population, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = fhir::start(listener, population).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self { simulator, system: connector(&settings(&origin, limits)), origin, handle }
    }

    /// As it is kept with the connection: the token, and the address that was entered beside it.
    pub fn token(&self) -> Credential {
        Credential::new("7", TOKEN).at(format!("{}{BASE}", self.origin))
    }
}

pub fn connector(settings: &ConnectorSettings) -> Arc<dyn CareSystem> {
    CareSystems::new(settings).unwrap().get(Vendor::Fhir).unwrap()
}

/// No address: that comes with each credential.
pub fn settings(allowed: &str, limits: Limits) -> ConnectorSettings {
    ConnectorSettings { allowed_origins: vec![allowed.to_owned()], limits, ..ConnectorSettings::default() }
}

pub fn population() -> Population {
    let mut patients = vec![Patient {
        id: "ada".into(),
        given: "Ada Mary".into(),
        family: "Marsh".into(),
        nickname: "Addie".into(),
        birth_date: "1938-04-02".into(),
        nhs_number: "9990000026".into(),
        verification: "01".into(),
        place: "oak".into(),
        ..Patient::default()
    }];
    patients.extend((1..12).map(plain));
    Population {
        token: TOKEN.into(),
        places: vec![
            Place { id: "oak".into(), name: "Oak Lodge".into() },
            Place { id: "elm".into(), name: "Elm House".into() },
        ],
        patients,
        practitioners: vec![Practitioner {
            id: "jo".into(),
            given: "Jo".into(),
            family: "Cole".into(),
            email: "Jo.Cole@example.org".into(),
            title: "Senior Carer".into(),
            place: "elm".into(),
            inactive: false,
        }],
    }
}

fn plain(number: u32) -> Patient {
    Patient {
        id: format!("p-{number}"),
        given: format!("First{number}"),
        family: format!("Last{number}"),
        birth_date: format!("1940-01-{:02}", number % 28 + 1),
        place: "oak".into(),
        ..Patient::default()
    }
}

/// The wall clock, which only tests of the wall clock may read.
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

#[tokio::test]
async fn people_come_as_the_standard_writes_them() {
    let world = World::on();
    let people = world.system.read_people(&world.token(), &()).await.unwrap();
    assert_eq!(people.records.len(), 12);
    assert!(people.set_aside.is_empty() && people.warnings.is_empty(), "{people:?}");
    assert!(people.unmapped_fields.is_empty(), "{:?}", people.unmapped_fields);
    let ada = PersonRecord {
        external_id: "ada".into(),
        first_name: "Ada Mary".into(),
        last_name: "Marsh".into(),
        preferred_name: Some("Addie".into()),
        date_of_birth: NaiveDate::from_ymd_opt(1938, 4, 2),
        nhs_number: Some("9990000026".into()),
        service_id: Some("oak".into()),
        ..PersonRecord::default()
    };
    assert_eq!(people.records[0], ada);
    assert!((people.vendor_time.unwrap() - now()).abs() < TimeDelta::minutes(1));
}

#[tokio::test]
async fn who_left_or_died_is_archived_and_what_is_doubtful_is_left_out_with_a_warning() {
    let world = World::on();
    let edit = |id: &str, change: fn(&mut Patient)| assert!(world.simulator.edit_patient(id, change));
    edit("p-1", |one| one.inactive = true);
    edit("p-2", |one| one.deceased = true);
    edit("p-3", |one| one.birth_date = "1940".into());
    edit("p-4", |one| one.birth_date = "1940-02-30".into());
    edit("p-5", |one| {
        one.nhs_number = "9990000034".into();
        one.verification = "05".into();
    });
    edit("p-6", |one| one.family.clear());
    edit("p-7", |one| one.place = "nowhere".into());
    let people = world.system.read_people(&world.token(), &()).await.unwrap();
    let of = |id: &str| people.records.iter().find(|one| one.external_id == id).unwrap();
    let archived: Vec<&str> =
        people.records.iter().filter(|one| one.archived).map(|one| one.external_id.as_str()).collect();
    assert_eq!(archived, ["p-1", "p-2"]);
    assert_eq!((of("p-3").date_of_birth, of("p-4").date_of_birth), (None, None));
    assert_eq!((of("p-5").nhs_number.as_ref(), of("p-7").service_id.as_ref()), (None, None));
    let warned: Vec<&str> = people.warnings.iter().map(|warning| warning.external_id.as_str()).collect();
    assert_eq!(warned, ["p-3", "p-4", "p-5"]);
    assert!(people.warnings[0].words.contains("only a year or a month"));
    assert!(people.warnings[2].words.contains("in conflict"), "{:?}", people.warnings[2]);
    let aside = &people.set_aside;
    assert_eq!((aside.len(), aside[0].external_id.as_deref()), (1, Some("p-6")));
    assert_eq!(aside[0].reason, "The last name is missing.");
    assert_eq!(
        aside[0].repair,
        "Fill it in on the person's record in your care record system, save, and sync again."
    );
}

#[tokio::test]
async fn places_are_services_and_without_any_all_of_it_is_one() {
    let world = World::on();
    let listed = world.system.list_services(&world.token()).await.unwrap();
    let seen: Vec<_> =
        listed.records.iter().map(|one| (one.name.as_str(), one.token_key.as_deref())).collect();
    assert_eq!(seen, [("Oak Lodge", Some("7")), ("Elm House", Some("7"))]);
    world.simulator.set_missing(true, true);
    let listed = world.system.list_services(&world.token()).await.unwrap();
    assert_eq!((listed.records.len(), listed.records[0].external_id.as_str()), (1, "everything"));
    let people = world.system.read_people(&world.token(), &()).await.unwrap();
    assert_eq!((people.records.len(), people.records[0].service_id.as_ref()), (12, None));
    let staff = world.system.read_staff(&world.token(), &()).await.unwrap();
    assert_eq!((staff.records.len(), staff.records[0].job_title.as_ref()), (1, None));
}

#[tokio::test]
async fn staff_come_with_what_they_do_and_where() {
    let world = World::on();
    let staff = world.system.read_staff(&world.token(), &()).await.unwrap();
    let jo = &staff.records[0];
    assert_eq!((jo.first_name.as_str(), jo.last_name.as_str()), ("Jo", "Cole"));
    assert_eq!(jo.email.as_deref(), Some("jo.cole@example.org"));
    assert_eq!((jo.job_title.as_deref(), jo.service_id.as_deref()), (Some("Senior Carer"), Some("elm")));
    assert!(!jo.archived && staff.unmapped_fields.is_empty(), "{staff:?}");
}

#[tokio::test]
async fn ten_thousand_people_come_over_a_hundred_pages_within_the_limits() {
    let mut many = population();
    many.patients = (0..10_000).map(plain).collect();
    let world = World::with(many, Limits::default());
    let people = world.system.read_people(&world.token(), &()).await.unwrap();
    assert_eq!(people.records.len(), 10_000);
    let calls = world.simulator.calls();
    assert_eq!(calls.iter().filter(|call| call.path == "/fhir/Patient").count(), 100);
    assert!(people.fetched_bytes < 10_000 * 1_000, "{}", people.fetched_bytes);
}

#[tokio::test]
async fn only_who_changed_since_comes_where_that_is_asked_for() {
    let world = World::on();
    let since = now() - TimeDelta::hours(1);
    let changed = world.system.read_changed_people(&world.token(), since, &()).await.unwrap();
    assert!(changed.records.is_empty());
    world.simulator.edit_patient("p-3", |one| one.given = "Bess".into());
    let changed = world.system.read_changed_people(&world.token(), since, &()).await.unwrap();
    assert_eq!(changed.records.iter().map(|one| one.first_name.as_str()).collect::<Vec<_>>(), ["Bess"]);
}

#[tokio::test]
async fn one_person_alone_comes_where_one_is_asked_for() {
    let world = World::on();
    let found = world.system.read_person(&world.token(), "p-3").await.unwrap().unwrap();
    assert_eq!(found.records.iter().map(|one| one.external_id.as_str()).collect::<Vec<_>>(), ["p-3"]);
    assert!(found.fetched_bytes < 2_000, "{}", found.fetched_bytes);
    let nobody = world.system.read_person(&world.token(), "nobody").await.unwrap().unwrap();
    assert!(nobody.records.is_empty());
}

#[tokio::test]
async fn test_connection_reads_first_what_the_system_says_of_itself() {
    let world = World::on();
    let open = world.system.probe(&world.token()).await;
    assert!(open.reached && open.accepted && open.failure.is_none(), "{:?}", open.failure);
    assert_eq!((open.services.len(), open.people, open.samples.len()), (2, Some(12), 3));
    assert_eq!(world.simulator.calls()[0].path, "/fhir/metadata");
    world.simulator.set_missing(true, false);
    let partly = world.system.probe(&world.token()).await;
    assert!(partly.accepted && partly.people == Some(12));
    assert!(partly.failure.unwrap().words.contains("does not let Location be searched"));
}

#[tokio::test]
async fn a_wrong_token_or_address_is_told_in_words() {
    let world = World::on();
    let base = format!("{}{BASE}", world.origin);
    let wrong = Credential::new("7", "somebody-elses").at(base);
    let refused = world.system.probe(&wrong).await;
    assert!(refused.reached && !refused.accepted);
    let failure = refused.failure.unwrap();
    assert_eq!((failure.kind, failure.retry), (FailureKind::CredentialRefused, Retry::AfterEdit));
    assert!(failure.repair.contains("Patient, Practitioner and Location"), "{}", failure.repair);
    let refused = world.system.read_people(&wrong, &()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::CredentialRefused);

    let above = Credential::new("7", TOKEN).at(world.origin.clone());
    let failure = world.system.probe(&above).await.failure.unwrap();
    assert!(failure.words.contains("nothing at /metadata"), "{failure:?}");
    assert!(failure.repair.contains("often ends in /fhir or /R4"));
    let nowhere = Credential::new("7", TOKEN);
    let failure = world.system.read_people(&nowhere, &()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotConfigured);
}

#[tokio::test]
async fn nothing_is_ever_written_there() {
    let world = World::on();
    let (system, token) = (&world.system, world.token());
    assert!(!system.writes());
    assert!(system.shown(&TimelineEntry::default()).is_empty());
    let refused = system.write_entry(&token, &TimelineEntry::default()).await.unwrap_err();
    assert_eq!((refused.retry, refused.kind.left_open()), (Retry::NeedsPerson, false));
    assert!(system.read_tasks(&token, now()).await.unwrap().records.is_empty());
    assert!(system.answer_task(&token, "1", "no").await.is_err());
    assert!(world.simulator.calls().is_empty());
    assert_eq!(system.profile_status(), ProfileStatus::PartlyVerified);
}

#[tokio::test]
async fn the_pages_show_address_and_token_and_change_people() {
    let world = World::on();
    let shown = async |path: &str| reqwest::get(format!("{}{path}", world.origin)).await.unwrap();
    let page = shown("/access").await;
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let page = page.text().await.unwrap();
    assert!(page.contains(TOKEN) && page.contains(&format!("{}{BASE}", world.origin)), "{page}");
    assert!(shown("/people").await.text().await.unwrap().contains("Ada Mary Marsh"));
    assert!(shown("/people/edit?id=ada").await.text().await.unwrap().contains(r#"value="1938-04-02""#));
    let pressed = async |path: &str, form: &str| {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let sent = client
            .post(format!("{}{path}", world.origin))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        sent.send().await.unwrap().status().as_u16()
    };
    assert_eq!(pressed("/people/save", "id=ada&given=Ada&family=Reed&inactive=yes").await, 303);
    assert_eq!(pressed("/people/save", "id=&given=New&family=Comer&place=elm").await, 303);
    assert_eq!(pressed("/people/remove", "id=p-1").await, 303);
    let people = world.system.read_people(&world.token(), &()).await.unwrap().records;
    assert_eq!((people.len(), people[0].last_name.as_str(), people[0].archived), (12, "Reed", true));
    assert_eq!(people[11].service_id.as_deref(), Some("elm"));
    assert_eq!(pressed("/access", "").await, 303);
    let refused = world.system.read_people(&world.token(), &()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::CredentialRefused);
    let forged = reqwest::Client::new()
        .post(format!("{}/people/remove", world.origin))
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("id=p-2");
    assert_eq!(forged.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn what_was_set_up_outlives_a_restart() {
    let world = World::on();
    world.simulator.set_token("another");
    world.simulator.edit_patient("ada", |one| one.family = "Reed".into());
    let memory = serde_json::to_string(&world.simulator.memory()).unwrap();
    let again = World::with(population(), Limits { total: Duration::from_secs(9), ..quick() });
    again.simulator.remember(serde_json::from_str(&memory).unwrap());
    let token = Credential::new("7", "another").at(format!("{}{BASE}", again.origin));
    assert_eq!(again.system.read_people(&token, &()).await.unwrap().records[0].last_name, "Reed");
}
