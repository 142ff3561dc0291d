//! PCS alone: what its connector makes of its records, how strict its simulator is, and the way to the key on its
//! pages. What it does as every vendor does is in `contracts`.

#![cfg(test)]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

use kinbridge::connectors::{
    CareSystem, CareSystems, ConnectorSettings, Credential, FailureKind, Secret, TimelineEntry, Topic, Vendor,
};
use kinbridge::sandbox::pcs::{self, Community, Person, Population, Simulator, User, Worker};
use serde_json::{Value, json};

use crate::nourish::quick;
use crate::support::vendors::played::{DEPLOYMENT, KEY, entry, key};

const OAK: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const ELM: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const ADA: &str = "11111111-2222-4333-8444-555555555555";
const NOTE: &str = "0b6fd1c2-1111-4222-8333-444455556666";

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
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = pcs::start(listener, population()).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let settings = ConnectorSettings {
            base_urls: BTreeMap::from([(Vendor::Pcs, origin.clone())]),
            deployments: BTreeMap::from([(Vendor::Pcs, Secret::new(DEPLOYMENT))]),
            allowed_origins: vec![origin.clone()],
            limits: quick(),
            ..ConnectorSettings::default()
        };
        let system = CareSystems::new(&settings).unwrap().get(Vendor::Pcs).unwrap();
        Self { simulator, system, origin, handle }
    }

    /// With a key that shows everything.
    fn on() -> Self {
        let world = Self::new();
        world.simulator.accept_key(KEY);
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

    async fn note(&self, body: &Value) -> (u16, String) {
        let path = "/integration/api/GenericAPI/insertcarenote";
        let url = format!("{}{path}?DevApikey={DEPLOYMENT}&Apikey={KEY}", self.origin);
        let sent = reqwest::Client::new().post(url).header("content-type", "application/json");
        let answer = sent.body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn population() -> Population {
    let community = |id: &str, location: &str, name: &str| Community {
        id: id.into(),
        location_id: location.into(),
        name: name.into(),
    };
    let person = |id: &str, first: &str, last: &str, locations: &[&str]| Person {
        connection_id: id.into(),
        person_id: format!("{id}-person"),
        first_name: first.into(),
        last_name: last.into(),
        gender: "F".into(),
        birth_date: "1938-04-02".into(),
        nhs_number: "999 000 0026".into(),
        room: "12".into(),
        location_ids: locations.iter().map(|one| (*one).to_owned()).collect(),
    };
    let worker = |id: &str, role: &str, location: &str| Worker {
        connection_id: id.into(),
        first_name: "Jo".into(),
        last_name: "Cole".into(),
        role: role.into(),
        location_id: location.into(),
    };
    Population {
        dev_key: DEPLOYMENT.into(),
        organisation_id: "99999999-0000-4000-8000-000000000001".into(),
        organisation: "Willow House Group".into(),
        internal_id: "10482".into(),
        communities: vec![community("c-1", OAK, "Oak Wing"), community("c-2", ELM, "Elm House")],
        users: vec![
            User { name: "Ada Admin".into(), location_id: String::new() },
            User { name: "Tom Leader".into(), location_id: ELM.into() },
        ],
        people: vec![
            person(ADA, "Ada", "Marsh", &[OAK, ELM]),
            person("p-2", "Ben", "Hill", &[OAK]),
            person("p-3", "Cleo", "Wood", &[ELM]),
        ],
        workers: vec![worker("w-1", "Care Manager", OAK), worker("w-2", "", ELM)],
    }
}

#[tokio::test]
async fn people_come_with_names_and_room_and_nobody_has_a_birthday_unless_pcs_should_send_one() {
    let world = World::on();
    let people = world.system.read_people(&key(), &()).await.unwrap();
    assert!(people.set_aside.is_empty() && people.unmapped_fields.is_empty(), "{people:?}");
    let ada = people.records.iter().find(|one| one.external_id == ADA).unwrap();
    assert_eq!(
        (ada.first_name.as_str(), ada.last_name.as_str(), ada.room.as_deref()),
        ("Ada", "Marsh", Some("12"))
    );
    assert_eq!((ada.date_of_birth, ada.nhs_number.as_deref()), (None, None));
    world.simulator.set_birthdays(true);
    let people = world.system.read_people(&key(), &()).await.unwrap();
    let ada = people.records.iter().find(|one| one.external_id == ADA).unwrap();
    assert_eq!((ada.date_of_birth.is_some(), ada.nhs_number.as_deref()), (true, Some("9990000026")));
}

#[tokio::test]
async fn somebody_who_is_listed_once_per_location_is_one_person() {
    let world = World::on();
    let people = world.system.read_people(&key(), &()).await.unwrap();
    assert_eq!(people.records.iter().filter(|one| one.external_id == ADA).count(), 1);
    assert_eq!((people.records.len(), people.set_aside.len()), (3, 0));
}

#[tokio::test]
async fn some_workers_have_no_role() {
    let world = World::on();
    let staff = world.system.read_staff(&key(), &()).await.unwrap();
    let titles: Vec<_> = staff.records.iter().map(|one| one.job_title.as_deref()).collect();
    assert_eq!(titles, [Some("Care Manager"), None]);
}

#[tokio::test]
async fn a_key_shows_what_its_maker_may_see_and_a_new_one_ends_the_old() {
    let world = World::new();
    let names = async |key: &str| {
        let credential = Credential::new("7", key);
        let listed = world.system.list_services(&credential).await?;
        let people = world.system.read_people(&credential, &()).await?;
        let names: Vec<_> = listed.records.into_iter().map(|one| one.name).collect();
        Ok::<_, kinbridge::connectors::Failure>((names.join(", "), people.records.len()))
    };
    assert_eq!(names("10482").await.unwrap_err().kind, FailureKind::CredentialRefused, "the Internal ID");
    let of_leader = world.simulator.generate_key("Tom Leader").unwrap();
    assert_eq!(names(&of_leader).await.unwrap(), ("Elm House".to_owned(), 2));
    let of_admin = world.simulator.generate_key("Ada Admin").unwrap();
    assert_eq!(names(&of_admin).await.unwrap(), ("Oak Wing, Elm House".to_owned(), 3));
    assert_eq!(names(&of_leader).await.unwrap_err().kind, FailureKind::CredentialRefused);
    assert!(world.simulator.generate_key("Nobody").is_none());
}

#[tokio::test]
async fn a_wrong_developer_key_is_refused() {
    let world = World::on();
    let settings = ConnectorSettings {
        base_urls: BTreeMap::from([(Vendor::Pcs, world.origin.clone())]),
        deployments: BTreeMap::from([(Vendor::Pcs, Secret::new("somebody-elses"))]),
        allowed_origins: vec![world.origin.clone()],
        limits: quick(),
        ..ConnectorSettings::default()
    };
    let system = CareSystems::new(&settings).unwrap().get(Vendor::Pcs).unwrap();
    let failure = system.read_people(&key(), &()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::CredentialRefused);
}

fn event() -> TimelineEntry {
    TimelineEntry {
        topic: Topic::Monitoring,
        person: ADA.into(),
        activity_name: "Out of bed".into(),
        details: "Alert answered: awake, settled.".into(),
        ..entry(NOTE)
    }
}

#[tokio::test]
async fn a_care_note_arrives_in_utc_with_our_id_and_shows_on_its_page() {
    let world = World::on();
    let mut yoga = entry(NOTE);
    yoga.person = ADA.into();
    world.system.write_entry(&key(), &yoga).await.unwrap();
    let notes = world.simulator.notes();
    assert_eq!(notes.len(), 1);
    let note = &notes[0];
    assert_eq!((note.record_uuid.as_str(), note.connection_id.as_str()), (NOTE, ADA));
    assert_eq!((note.utc_date_time.as_str(), note.external_note_id.as_str()), ("2026-05-03 14:00:00", NOTE));
    assert!(!note.is_handover && note.action_text.contains("Laughed a lot"), "{note:?}");
    let html = world.page(&format!("/people/notes?id={ADA}")).await;
    for part in ["Care notes of Ada Marsh", "2026-05-03 14:00:00 UTC", "Laughed a lot", NOTE] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    let mut event = event();
    event.external_id = "0b6fd1c2-1111-4222-8333-444455556667".into();
    world.system.write_entry(&key(), &event).await.unwrap();
    let icons: Vec<_> = world.simulator.notes().into_iter().map(|note| note.action_icon_id).collect();
    assert_eq!(icons.len(), 2);
    assert_ne!(icons[0], icons[1], "events of the night stand under an icon of their own");
}

#[tokio::test]
async fn a_record_uuid_that_was_sent_twice_is_one_note() {
    let world = World::on();
    for _ in 0..3 {
        world.system.write_entry(&key(), &event()).await.unwrap();
    }
    assert_eq!(world.simulator.notes().len(), 1);
}

fn body() -> Value {
    json!({
        "RecordUUID": NOTE, "ConnectionID": ADA, "FirstNames": "", "LastName": "", "ExternalPersonID": "",
        "DateOfBirth": "", "NHSNumber": "", "UTCDateTime": "2026-05-03 01:12:00", "TimeZone": "Europe/London",
        "ActionIconID": "5003", "ShortText": "Night check", "ActionText": "Awake, settled.", "IsHandover": "false",
        "ExternalNoteID": "chk-881", "Measure1": "", "Measure2": "", "Sliders": { "": "" }
    })
}

#[tokio::test]
async fn insertcarenote_takes_exactly_what_was_seen_in_use() {
    let world = World::on();
    for key in body().as_object().unwrap().keys() {
        let mut without = body();
        without.as_object_mut().unwrap().remove(key);
        let (status, words) = world.note(&without).await;
        assert_eq!(status, 400, "{key}");
        assert!(words.contains(key.as_str()), "{words}");
    }
    for (key, wrong) in [
        ("RecordUUID", json!("chk-881")),
        ("ConnectionID", json!("11111111-2222-4333-8444-000000000000")),
        ("UTCDateTime", json!("2026-05-03T01:12:00Z")),
        ("UTCDateTime", json!("2099-05-03 01:12:00")),
        ("TimeZone", json!("London")),
        ("ActionIconID", json!(5003)),
        ("ActionIconID", json!("night")),
        ("ActionText", json!("  ")),
        ("IsHandover", json!(false)),
        ("IsHandover", json!("no")),
        ("DateOfBirth", json!("02/04/1938")),
        ("Measure1", json!("much")),
        ("Sliders", json!("")),
        ("sliders", json!({})),
    ] {
        let mut other = body();
        other[key] = wrong.clone();
        assert_eq!(world.note(&other).await.0, 400, "{key}: {wrong}");
    }
    assert!(world.simulator.notes().is_empty());
    assert_eq!(world.note(&body()).await.0, 200);
    assert_eq!(world.simulator.notes().len(), 1);
}

#[tokio::test]
async fn the_way_to_the_key_is_the_one_that_the_guide_tells() {
    let world = World::new();
    let main = world.page("/").await;
    assert!(main.contains("Ada Admin – Willow House Group") && main.contains("Oak Wing"), "{main}");
    let user = world.page("/user?name=Ada%20Admin").await;
    assert!(
        user.contains("User details") && user.contains("API Key") && user.contains("sees every community")
    );
    let empty = world.page("/user/api-key?name=Ada%20Admin").await;
    assert!(empty.contains("none yet") && empty.contains("10482"));
    assert_eq!(world.press("/user/api-key", "name=Ada+Admin").await, 303);
    let made = world.page("/user/api-key?name=Ada%20Admin&done=yes").await;
    assert!(
        made.contains("Internal API Key")
            && made.contains("Internal ID")
            && made.contains("Made by Ada Admin")
    );
    assert!(!made.contains("none yet"));
    assert_eq!(world.press("/user/api-key", "name=Tom+Leader").await, 303);
    assert!(world.page("/user/api-key?name=Tom%20Leader").await.contains("It shows Elm House only."));
}

#[tokio::test]
async fn people_are_added_changed_and_removed_on_the_pages() {
    let world = World::on();
    let added = format!("id=&first_name=Dora&last_name=Dean&room=4&location%5B%5D={OAK}");
    assert_eq!(world.press("/people/save", &added).await, 303);
    let people = world.system.read_people(&key(), &()).await.unwrap();
    let dora = people.records.iter().find(|one| one.first_name == "Dora").unwrap();
    let id = dora.external_id.clone();
    assert!(world.page(&format!("/people/edit?id={id}")).await.contains("Dora Dean"));
    let changed = format!("id={id}&first_name=Dora&last_name=&location%5B%5D={OAK}");
    assert_eq!(world.press("/people/save", &changed).await, 303);
    let broken = world.system.read_people(&key(), &()).await.unwrap();
    assert_eq!((broken.records.len(), broken.set_aside.len()), (3, 1), "wrong values can be played");
    assert!(
        broken.set_aside[0].repair.contains("the service user's record in PCS"),
        "{:?}",
        broken.set_aside
    );
    assert_eq!(world.press("/people/remove", &format!("id={id}")).await, 303);
    assert_eq!(world.system.read_people(&key(), &()).await.unwrap().records.len(), 3);
    assert!(world.page("/workers").await.contains("Jo Cole"));
}
