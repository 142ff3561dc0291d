//! The Nourish connector against the Nourish simulator: every method of the trait, the records, and the credentials.

#![cfg(test)]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta, Utc};
use kinbridge::connectors::{
    CareSystem, CareSystems, ConnectorSettings, Credential, FailureKind, Limits, PersonRecord, Progress,
    Retry, Secret, Vendor,
};
use kinbridge::sandbox::nourish::{self, Client, Fault, Location, Population, Service, Simulator, User};

pub const INTEGRATION_ID: &str = "partner-0001";
pub const TOKEN: &str = "7b0f6c1e-58c4-4f0e-9d3a-2f6d1c0e9a41";
const OTHER_TOKEN: &str = "0c9be7d2-11aa-4b52-8a3d-6a51b1f4e377";

/// A simulator that is running, and a connector that knows where.
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
    /// Switched on for the first service.
    pub fn on() -> Self {
        let world = Self::with(population(), quick());
        assert!(world.simulator.paste_token("svc-101", TOKEN));
        world
    }

    pub fn with(population: Population, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = nourish::start(listener, population).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let system = connector(&settings(&origin, limits));
        Self { simulator, system, origin, handle }
    }
}

pub fn connector(settings: &ConnectorSettings) -> Arc<dyn CareSystem> {
    CareSystems::new(settings).unwrap().get(Vendor::Nourish).unwrap()
}

pub fn settings(origin: &str, limits: Limits) -> ConnectorSettings {
    ConnectorSettings {
        base_urls: BTreeMap::from([(Vendor::Nourish, origin.to_owned())]),
        deployments: BTreeMap::from([(Vendor::Nourish, Secret::new(INTEGRATION_ID))]),
        allowed_origins: vec![origin.to_owned()],
        limits,
        ..ConnectorSettings::default()
    }
}

/// Limits that let a test of a silence end soon.
pub fn quick() -> Limits {
    let short = Duration::from_secs(1);
    Limits {
        connect: short,
        first_byte: short,
        idle: Duration::from_millis(700),
        total: Duration::from_secs(2),
        body: 3_000_000,
    }
}

pub fn token() -> Credential {
    Credential::new("7", TOKEN)
}

pub fn population() -> Population {
    let service = |id: &str, name: &str, places: &[&str]| Service {
        id: id.into(),
        name: name.into(),
        locations: places
            .iter()
            .map(|place| Location { id: format!("{id}-{place}"), name: (*place).into() })
            .collect(),
    };
    let mut clients = vec![Client {
        id: "48213".into(),
        first_name: "Ada".into(),
        last_name: "Marsh".into(),
        preferred_name: "Addie".into(),
        birth_date: "1938-04-02".into(),
        nhs_number: "999 000 0026".into(),
        resident_type: "Residential".into(),
        status: "Permanent".into(),
        room: "12".into(),
        service_id: "svc-101".into(),
        ..Client::default()
    }];
    clients.extend((1..12).map(|number| Client {
        id: format!("p-{number}"),
        first_name: format!("First{number}"),
        last_name: format!("Last{number}"),
        birth_date: format!("1940-01-{number:02}"),
        status: "Permanent".into(),
        service_id: if number < 10 { "svc-101" } else { "svc-102" }.into(),
        ..Client::default()
    }));
    let users = ["svc-101", "svc-102"].map(|service| User {
        id: format!("u-{service}"),
        first_name: "Jo".into(),
        last_name: "Cole".into(),
        email: "Jo.Cole@example.org".into(),
        role: "manager".into(),
        job_title: "Senior Carer".into(),
        service_id: service.into(),
        archived: false,
    });
    Population {
        integration_id: INTEGRATION_ID.into(),
        services: vec![
            service("svc-101", "Oak Wing", &["North", "South"]),
            service("svc-102", "Elm House", &["Main"]),
        ],
        clients,
        users: users.into(),
    }
}

#[derive(Default)]
struct Watcher(Mutex<Vec<(usize, u64)>>);

impl Progress for Watcher {
    fn read(&self, records: usize, bytes: u64) {
        self.0.lock().unwrap().push((records, bytes));
    }
}

#[tokio::test]
async fn nothing_is_listed_until_somebody_pastes_the_token() {
    let world = World::with(population(), quick());
    let listed = world.system.list_services(&token()).await.unwrap();
    assert!(listed.records.is_empty());
    let refused = world.system.read_people(&token(), &()).await.unwrap_err();
    assert_eq!((refused.kind, refused.retry), (FailureKind::CredentialRefused, Retry::AfterEdit));
    assert!(refused.repair.contains("every location shows On"), "{}", refused.repair);
}

#[tokio::test]
async fn a_service_is_listed_with_the_key_of_our_token_and_never_with_anybodys_token() {
    let world = World::on();
    world.simulator.paste_token("svc-102", OTHER_TOKEN);
    let listed = world.system.list_services(&token()).await.unwrap();
    let seen: Vec<_> =
        listed.records.iter().map(|one| (one.name.as_str(), one.token_key.as_deref())).collect();
    assert_eq!(seen, [("Oak Wing", Some("7")), ("Elm House", None)]);
    assert_eq!(listed.records[0].locations.iter().filter(|place| place.on).count(), 2);
    assert!(!format!("{listed:?}").contains(OTHER_TOKEN));
    let both = world.system.list_services(&token().and("8", OTHER_TOKEN)).await.unwrap();
    assert_eq!(both.records[1].token_key.as_deref(), Some("8"));
}

#[tokio::test]
async fn people_come_whole_and_only_from_the_services_of_the_token() {
    let world = World::on();
    let watcher = Watcher::default();
    let people = world.system.read_people(&token(), &watcher).await.unwrap();
    assert_eq!(people.records.len(), 10);
    assert!(people.set_aside.is_empty() && people.warnings.is_empty() && people.unmapped_fields.is_empty());
    let ada = PersonRecord {
        external_id: "48213".into(),
        first_name: "Ada".into(),
        last_name: "Marsh".into(),
        preferred_name: Some("Addie".into()),
        date_of_birth: NaiveDate::from_ymd_opt(1938, 4, 2),
        nhs_number: Some("9990000026".into()),
        resident_type: Some("Residential".into()),
        status: Some("Permanent".into()),
        room: Some("12".into()),
        service_id: Some("svc-101".into()),
        time_zone: None,
        archived: false,
    };
    assert_eq!(people.records[0], ada);
    let last = watcher.0.lock().unwrap().last().copied();
    assert_eq!(last, Some((10, people.fetched_bytes)));
    let ours = Utc::now_for_test();
    assert!((people.vendor_time.unwrap() - ours).abs() < TimeDelta::minutes(1));
}

#[tokio::test]
async fn a_location_that_is_off_sends_nobody_and_a_service_that_is_off_refuses() {
    let world = World::on();
    world.simulator.edit_client("48213", |ada| ada.location_id = "svc-101-North".into());
    assert_eq!(world.system.read_people(&token(), &()).await.unwrap().records.len(), 10);
    world.simulator.edit_client("48213", |ada| ada.location_id = "elsewhere".into());
    assert_eq!(world.system.read_people(&token(), &()).await.unwrap().records.len(), 9);
    world.simulator.turn_off("svc-101");
    assert_eq!(
        world.system.read_people(&token(), &()).await.unwrap_err().kind,
        FailureKind::CredentialRefused
    );
}

#[tokio::test]
async fn staff_come_with_role_and_title() {
    let world = World::on();
    let staff = world.system.read_staff(&token(), &()).await.unwrap();
    assert_eq!(staff.records.len(), 1);
    let jo = &staff.records[0];
    assert_eq!(jo.email.as_deref(), Some("jo.cole@example.org"));
    assert_eq!((jo.role.as_deref(), jo.job_title.as_deref()), (Some("Manager"), Some("Senior Carer")));
}

#[tokio::test]
async fn the_minimal_switch_leaves_name_birthday_status_and_identifier() {
    let world = World::on();
    world.simulator.set_minimal(true);
    let people = world.system.read_people(&token(), &()).await.unwrap();
    let ada = &people.records[0];
    assert_eq!((ada.nhs_number.as_ref(), ada.room.as_ref(), ada.resident_type.as_ref()), (None, None, None));
    assert_eq!((ada.status.as_deref(), ada.date_of_birth.is_some()), (Some("Permanent"), true));
}

#[tokio::test]
async fn the_simulator_writes_down_each_question_without_the_token() {
    let world = World::on();
    world.system.read_people(&token(), &()).await.unwrap();
    let calls = world.simulator.calls();
    assert_eq!((calls[0].method.as_str(), calls[0].path.as_str()), ("GET", "/v2/clients/reader"));
    assert!(calls[0].headers.iter().any(|name| name == "integration-id"));
    assert_eq!(calls[0].token.as_deref(), Some("…9a41"));
}

#[tokio::test]
async fn test_connection_tells_what_was_reached_and_what_may_be_seen() {
    let world = World::with(population(), quick());
    let waiting = world.system.probe(&token()).await;
    assert!(waiting.reached && !waiting.accepted && waiting.failure.is_none() && waiting.services.is_empty());
    world.simulator.paste_token("svc-101", TOKEN);
    let open = world.system.probe(&token()).await;
    assert!(open.reached && open.accepted);
    assert_eq!((open.services.len(), open.people, open.samples.len()), (1, Some(10), 3));
    assert!(open.clock_skew(Utc::now_for_test()).unwrap().abs() < TimeDelta::minutes(1));
    world.simulator.set_fault(Fault::Unauthorised);
    let refused = world.system.probe(&token()).await;
    assert!(refused.reached && !refused.accepted);
    assert_eq!(refused.failure.unwrap().kind, FailureKind::CredentialRefused);
}

#[tokio::test]
async fn a_wrong_integration_id_is_refused() {
    let world = World::on();
    let wrong = ConnectorSettings {
        deployments: BTreeMap::from([(Vendor::Nourish, Secret::new("somebody-else"))]),
        ..settings(&world.origin, quick())
    };
    let failure = connector(&wrong).list_services(&token()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::CredentialRefused);
    assert_eq!(world.simulator.calls()[0].status, 401);
}

#[tokio::test]
async fn without_an_address_or_an_integration_id_it_says_what_is_missing() {
    let no_address = connector(&ConnectorSettings::default());
    let failure = no_address.read_staff(&token(), &()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry), (FailureKind::NotConfigured, Retry::AfterEdit));
    let world = World::on();
    let no_id = ConnectorSettings { deployments: BTreeMap::new(), ..settings(&world.origin, quick()) };
    let failure = connector(&no_id).read_staff(&token(), &()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotConfigured);
    assert!(world.simulator.calls().is_empty());
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_not_sent() {
    let world = World::on();
    for bad in ["", "two words", "line\nbreak", "tök"] {
        let failure = world.system.read_people(&Credential::new("7", bad), &()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::CredentialUnusable, "{bad:?}");
    }
    assert!(world.simulator.calls().is_empty());
}

#[tokio::test]
async fn five_thousand_people_come_in_one_go() {
    let mut many = population();
    many.clients =
        (0..5_000).map(|number| Client { id: format!("m-{number}"), ..many.clients[0].clone() }).collect();
    let limits =
        Limits { total: Duration::from_secs(20), idle: Duration::from_secs(5), body: 40_000_000, ..quick() };
    let world = World::with(many, limits);
    world.simulator.paste_token("svc-101", TOKEN);
    let people = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!(people.records.len(), 5_000);
    assert!(people.fetched_bytes > 1_000_000);
}

/// The wall clock, which only tests of the wall clock may read.
trait NowForTest {
    fn now_for_test() -> chrono::DateTime<Utc>;
}

impl NowForTest for Utc {
    fn now_for_test() -> chrono::DateTime<Utc> {
        std::time::SystemTime::now().into()
    }
}

async fn shown(world: &World, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{}{path}", world.origin)).await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn pressed(world: &World, path: &str, form: &str) -> (u16, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sent = client
        .post(format!("{}{path}", world.origin))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    let answer = sent.send().await.unwrap();
    let status = answer.status().as_u16();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (status, to.unwrap_or(answer.text().await.unwrap()))
}

#[tokio::test]
async fn a_superuser_pastes_the_token_and_each_location_shows_on() {
    let world = World::with(population(), quick());
    let extension = "/administration/extensions/kinbridge";
    let (_, page) = shown(&world, "/administration/extensions").await;
    assert!(page.contains("Simulator</strong> – made-up people. Not Nourish."));
    assert!(
        page.contains("0 of 3 locations on") && page.contains("Oak Wing") && page.contains("Tidy Laundry")
    );

    let (status, page) = pressed(&world, extension, "location[]=svc-101-North").await;
    assert_eq!(status, 422);
    assert!(page.contains("Review and accept the Terms and Conditions to go on."));
    assert!(page.contains(r#"value="svc-101-North" checked"#), "what was chosen stays chosen");
    assert_eq!(pressed(&world, extension, "terms=yes").await.0, 422);

    let (status, page) =
        pressed(&world, extension, "location[]=svc-101-North&location[]=svc-101-South&terms=yes").await;
    assert_eq!(status, 200);
    assert!(page.contains("Oak Wing, North") && page.contains("Oak Wing, South"));

    let token_page = format!("{extension}/token");
    let (status, page) = pressed(&world, &token_page, "location[]=svc-101-North&token=short").await;
    assert_eq!(status, 422);
    assert!(page.contains("Paste the whole token"));
    let both = format!("location[]=svc-101-North&location[]=svc-101-South&token=+{TOKEN}+");
    let (status, to) = pressed(&world, &token_page, &both).await;
    assert_eq!((status, to.as_str()), (303, "/administration/extensions?done=on"));
    let (_, page) = shown(&world, &to).await;
    assert!(page.contains("2 of 3 locations on") && page.contains("North <strong class=\"on\">On</strong>"));
    assert!(world.system.list_services(&token()).await.unwrap().records[0].ours());

    pressed(&world, &format!("{extension}/turn-off"), "location=svc-101-North").await;
    let listed = world.system.list_services(&token()).await.unwrap();
    assert_eq!(listed.records[0].locations.iter().map(|place| place.on).collect::<Vec<_>>(), [false, true]);

    let (_, page) = shown(&world, &format!("{token_page}?service=svc-101")).await;
    assert!(page.contains("Oak Wing, South") && !page.contains("Oak Wing, North"));
    pressed(&world, &token_page, &format!("location[]=svc-101-South&token={OTHER_TOKEN}")).await;
    assert!(!world.system.list_services(&token()).await.unwrap().records[0].ours());
}

#[tokio::test]
async fn people_are_changed_added_and_removed_on_the_pages() {
    let world = World::on();
    let (_, page) = shown(&world, "/people?service=svc-101").await;
    assert!(page.contains("Oak Wing: 10 people") && page.contains("Ada Marsh"));
    assert!(shown(&world, "/people/edit?id=48213").await.1.contains(r#"value="1938-04-02""#));
    let changed = "id=48213&first_name=Ada&last_name=%3Cb%3EMarsh&birth_date=1938-04-03&service_id=svc-101&archived=yes";
    assert_eq!(pressed(&world, "/people/save", changed).await.1, "/people?done=saved&service=svc-101");
    assert!(shown(&world, "/people").await.1.contains("&#60;b&#62;Marsh"));
    let ada = world.system.read_people(&token(), &()).await.unwrap().records.remove(0);
    assert_eq!((ada.last_name.as_str(), ada.archived, ada.room), ("<b>Marsh", true, None));

    pressed(&world, "/people/save", "id=&first_name=New&last_name=Comer&service_id=svc-101").await;
    let people = world.system.read_people(&token(), &()).await.unwrap().records;
    let newcomer = people.last().unwrap();
    assert_eq!((newcomer.last_name.as_str(), newcomer.external_id.as_str()), ("Comer", "48214"));
    pressed(&world, "/people/remove", "id=48214").await;
    assert_eq!(world.system.read_people(&token(), &()).await.unwrap().records.len(), 10);
}

#[tokio::test]
async fn faults_are_set_on_the_page_and_it_shows_what_was_asked() {
    let world = World::on();
    assert_eq!(pressed(&world, "/faults", "fault=server-error&lasts=1&minimal=yes").await.0, 303);
    assert!(shown(&world, "/faults").await.1.contains(r#"<option value="server-error" selected>"#));
    assert_eq!(world.system.read_people(&token(), &()).await.unwrap_err().kind, FailureKind::ServerError);
    let people = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!(people.records[0].nhs_number, None);
    let (_, page) = shown(&world, "/faults").await;
    assert!(page.contains("GET /v2/clients/reader") && page.contains("…9a41") && !page.contains(TOKEN));
}

#[tokio::test]
async fn another_site_cannot_press_the_buttons() {
    let world = World::on();
    let forged = reqwest::Client::new()
        .post(format!("{}/people/remove", world.origin))
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("id=48213");
    assert_eq!(forged.send().await.unwrap().status(), 404);
    assert_eq!(world.system.read_people(&token(), &()).await.unwrap().records.len(), 10);
}
