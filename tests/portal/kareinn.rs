//! KareInn alone: what its connector makes of its records and pages, how strict its simulator is, and its screens. What
//! it does as every vendor does is in `contracts`. All of it is assumed.

#![cfg(test)]

use kinbridge::connectors::FailureKind;
use kinbridge::kit::secret::random_uuid;
use kinbridge::sandbox::Simulated as _;
use kinbridge::sandbox::kareinn::{self, Member, Population, Resident, Simulator};
use serde_json::{Value, json};

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use kinbridge::connectors::{CareSystem, CareSystems, ConnectorSettings, Vendor};

use crate::nourish::quick;
use crate::support::vendors::played::{KEY, entry, key};

struct World {
    simulator: Simulator,
    system: Arc<dyn CareSystem>,
    origin: String,
    handle: actix_web::dev::ServerHandle,
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl World {
    fn new(residents: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = kareinn::start(listener, population(residents)).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let settings = ConnectorSettings {
            base_urls: BTreeMap::from([(Vendor::KareInn, origin.clone())]),
            allowed_origins: vec![origin.clone()],
            limits: quick(),
            ..ConnectorSettings::default()
        };
        let system = CareSystems::new(&settings).unwrap().get(Vendor::KareInn).unwrap();
        Self { simulator, system, origin, handle }
    }

    fn on(residents: usize) -> Self {
        let world = Self::new(residents);
        world.simulator.switch_on(true);
        world
    }

    async fn page(&self, path: &str) -> String {
        let answer = reqwest::get(format!("{}{path}", self.origin)).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    async fn press(&self, path: &str, form: &str) -> u16 {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let sent = client.post(format!("{}{path}", self.origin));
        let sent = sent.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        sent.send().await.unwrap().status().as_u16()
    }

    async fn note(&self, resident: &str, body: &Value) -> u16 {
        let url = format!("{}/residents/{resident}/notes", self.origin);
        let sent =
            reqwest::Client::new().post(url).bearer_auth(KEY).header("content-type", "application/json");
        sent.body(body.to_string()).send().await.unwrap().status().as_u16()
    }

    async fn ask(&self, path: &str) -> u16 {
        let sent = reqwest::Client::new().get(format!("{}{path}", self.origin)).bearer_auth(KEY);
        sent.send().await.unwrap().status().as_u16()
    }
}

fn population(residents: usize) -> Population {
    let resident = |n: usize| Resident {
        id: n.to_string(),
        first_name: format!("First{n}"),
        last_name: format!("Last{n}"),
        date_of_birth: "1938-04-02".into(),
        nhs_number: "999 000 0026".into(),
        room: "12".into(),
        status: "Permanent".into(),
    };
    let member = |id: &str, active| Member {
        id: id.into(),
        first_name: "Jo".into(),
        last_name: "Cole".into(),
        email: "Jo.Cole@example.org".into(),
        job_title: "Nurse".into(),
        active,
    };
    Population {
        key: KEY.into(),
        organisation: "Willow House Group".into(),
        residents: (1..=residents).map(resident).collect(),
        staff: vec![member("m-1", true), member("m-2", false)],
    }
}

#[tokio::test]
async fn people_come_by_pages_of_a_hundred_until_there_are_no_more() {
    for (residents, pages) in [(0, 1), (99, 1), (100, 2), (250, 3)] {
        let world = World::on(residents);
        let people = world.system.read_people(&key(), &()).await.unwrap();
        assert_eq!(people.records.len(), residents);
        assert_eq!(world.simulator.calls().len(), pages, "{residents}");
    }
}

#[tokio::test]
async fn a_resident_and_a_colleague_come_whole() {
    let world = World::on(1);
    let people = world.system.read_people(&key(), &()).await.unwrap();
    let one = &people.records[0];
    assert_eq!((one.first_name.as_str(), one.nhs_number.as_deref()), ("First1", Some("9990000026")));
    assert_eq!((one.status.as_deref(), one.room.as_deref()), (Some("Permanent"), Some("12")));
    assert!(one.date_of_birth.is_some());
    let staff = world.system.read_staff(&key(), &()).await.unwrap();
    let left: Vec<_> = staff.records.iter().map(|one| one.archived).collect();
    assert_eq!(left, [false, true]);
    assert_eq!(staff.records[0].email.as_deref(), Some("jo.cole@example.org"));
}

#[tokio::test]
async fn an_organisation_that_kareinn_has_not_switched_on_is_refused() {
    let world = World::new(1);
    let failure = world.system.read_people(&key(), &()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::CredentialRefused);
    world.simulator.switch_on(true);
    assert!(world.system.read_people(&key(), &()).await.is_ok());
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let world = World::on(1);
    for path in ["/residents?page=0", "/residents?limit=101", "/residents?limit=0", "/staff?page=x"] {
        assert_eq!(world.ask(path).await, 400, "{path}");
    }
    assert_eq!(world.ask("/staff?page=7&limit=1").await, 200);
}

#[tokio::test]
async fn a_note_arrives_once_and_shows_on_its_page() {
    let world = World::on(1);
    let id = random_uuid().unwrap().reveal().to_owned();
    let mut yoga = entry(&id);
    yoga.person = "1".into();
    world.system.write_entry(&key(), &yoga).await.unwrap();
    let note = world.simulator.notes().remove(0);
    assert_eq!((note.external_id.as_str(), note.occurred_at.as_str()), (id.as_str(), "2026-05-03T14:00:00Z"));
    assert_eq!(note.author_name, "Amina Yusuf");
    let again = world.system.write_entry(&key(), &yoga).await.unwrap_err();
    assert_eq!(again.kind, FailureKind::EntryRejected, "409: it is there");
    assert_eq!(world.simulator.notes().len(), 1);
    let html = world.page("/people/notes?id=1").await;
    assert!(html.contains("Notes of First1 Last1") && html.contains("Laughed a lot") && html.contains(&id));
}

#[tokio::test]
async fn a_note_has_exactly_five_fields_and_each_is_looked_at() {
    let world = World::on(1);
    let body = json!({
        "external_id": "a-1", "occurred_at": "2026-05-03T14:00:00Z", "category": "Activity", "text": "Sang along",
        "author_name": "Amina Yusuf"
    });
    for key in body.as_object().unwrap().keys() {
        let mut without = body.clone();
        without.as_object_mut().unwrap().remove(key);
        assert_eq!(world.note("1", &without).await, 422, "{key}");
    }
    for (key, wrong) in [
        ("external_id", json!("")),
        ("occurred_at", json!("2026-05-03 14:00:00")),
        ("occurred_at", json!("2026-05-03T15:00:00+01:00")),
        ("occurred_at", json!("2099-05-03T14:00:00Z")),
        ("category", json!(" ")),
        ("text", json!("")),
        ("text", json!(7)),
        ("mood", json!("good")),
    ] {
        let mut other = body.clone();
        other[key] = wrong.clone();
        assert_eq!(world.note("1", &other).await, 422, "{key}: {wrong}");
    }
    assert_eq!(world.note("nobody", &body).await, 404);
    assert_eq!(world.note("1", &body).await, 201);
    assert_eq!(world.note("1", &body).await, 409);
    assert_eq!(world.simulator.notes().len(), 1);
}

#[tokio::test]
async fn kareinns_people_switch_it_on_and_give_a_new_key() {
    let world = World::new(2);
    let html = world.page("/").await;
    assert!(
        html.contains("Kinbridge for Willow House Group") && html.contains(KEY) && html.contains("Switch on")
    );
    assert_eq!(world.press("/integration", "act=on").await, 303);
    assert!(world.page("/?done=on").await.contains("Switch off"));
    assert!(world.system.read_people(&key(), &()).await.is_ok());
    assert_eq!(world.press("/integration", "act=key").await, 303);
    assert!(!world.page("/").await.contains(KEY));
    assert_eq!(
        world.system.read_people(&key(), &()).await.unwrap_err().kind,
        FailureKind::CredentialRefused,
        "the old key has ended"
    );
}

#[tokio::test]
async fn what_the_pages_change_outlives_a_restart() {
    let world = World::on(2);
    let kept = Arc::new(Mutex::new(None));
    let keeper = Arc::clone(&kept);
    world.simulator.keep_with(move |memory| *keeper.lock().unwrap() = Some(memory.clone()));
    assert_eq!(world.press("/people/save", "id=&first_name=Dora&last_name=Dean&status=Permanent").await, 303);
    assert_eq!(world.press("/people/save", "id=1&first_name=Other&last_name=Name").await, 303);
    assert_eq!(world.press("/people/remove", "id=2").await, 303);
    let memory = kept.lock().unwrap().clone().expect("each change is told");
    let other = World::new(0);
    other.simulator.remember(memory);
    let people = other.system.read_people(&key(), &()).await.unwrap();
    let mut names: Vec<_> = people.records.iter().map(|one| one.first_name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Dora", "Other"]);
    assert!(other.page("/people/edit?id=1").await.contains("Other Name"));
    assert!(other.page("/staff-list").await.contains("Jo Cole"));
}
