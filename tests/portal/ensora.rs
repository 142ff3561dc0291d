//! Ensora Data Collection alone: what its connector sends and makes of what comes, how strict its simulator is, and its
//! screens. What it does as every vendor does is in `contracts`.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use kinbridge::boot::demo::therapy;
use kinbridge::connectors::{
    CareSystem, CareSystems, ConnectorSettings, Credential, Failure, FailureKind, Limits, NoteRecord, Owner,
    Retry, SetAside, Snapshot, Vendor, credential_tried, ensora as known,
};
use kinbridge::links;
use kinbridge::sandbox::ensora::{
    self, Field, Note, Population, Signature, Simulator, Site, Student, Template, User, scribble_url,
};
use kinbridge::sandbox::{Fault, Simulated as _};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::vendors::{patient, quick, switch_on};
use crate::vendor_faults::EXPECTED;

const TOKEN: &str = "4817:tok-7f3a9c21d8e04b56";

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
    fn of(population: Population, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = ensora::start(listener, population).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let system = connector(&origin, limits, None);
        Self { simulator, system, origin, handle }
    }

    fn new() -> Self {
        Self::of(population(), patient())
    }

    async fn notes(&self) -> Snapshot<NoteRecord> {
        self.system.read_notes(&key(), None, &()).await.unwrap()
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

    /// Asks with headers of one's own.
    async fn ask(&self, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        let mut sent = reqwest::Client::new().get(format!("{}{path}", self.origin)).body(body.to_owned());
        for (name, value) in headers {
            sent = sent.header(*name, *value);
        }
        sent.send().await.unwrap().status().as_u16()
    }
}

fn connector(origin: &str, limits: Limits, profile: Option<String>) -> Arc<dyn CareSystem> {
    let settings = ConnectorSettings {
        base_urls: BTreeMap::from([(Vendor::Ensora, origin.to_owned())]),
        allowed_origins: vec![origin.to_owned()],
        limits,
        profiles: profile.map(|text| (Vendor::Ensora, text)).into_iter().collect(),
        ..ConnectorSettings::default()
    };
    CareSystems::new(&settings).unwrap().get(Vendor::Ensora).unwrap()
}

fn key() -> Credential {
    Credential::new("7", TOKEN)
}

fn student(n: u32) -> Student {
    Student {
        id: format!("st-{n}"),
        first_name: format!("First{n}"),
        last_name: format!("Last{n}"),
        date_of_birth: "2018-05-14".into(),
        site_id: "si-1".into(),
        time_zone: "Europe/London".into(),
        inactive: false,
    }
}

fn user(id: &str, group: &str, kind: &str) -> User {
    User {
        id: id.into(),
        first_name: "Hannah".into(),
        last_name: format!("Doyle{id}"),
        email: "Hannah.Doyle@Example.org".into(),
        title: String::new(),
        credentials: "BCBA".into(),
        username: "hdoyle".into(),
        site_ids: vec!["si-2".into(), "si-1".into()],
        security_group: group.into(),
        kind: kind.into(),
        inactive: false,
    }
}

fn note(id: &str) -> Note {
    Note {
        id: id.into(),
        student_id: "st-1".into(),
        user_id: "us-1".into(),
        site_id: "si-1".into(),
        status: "Published".into(),
        date: "2026-05-04".into(),
        published_at: "2026-05-04T18:30:00Z".into(),
        modified_at: "2026-05-04T18:30:00Z".into(),
        template: "Session note".into(),
        fields: vec![Field::text("Start Time", "13:00"), Field::text("Notes", "Worked on <b>requests</b>.")],
        signatures: vec![Signature {
            field: "Guardian Signature".into(),
            value: scribble_url("R. Diaz"),
            signed_at: "2026-05-04T14:05:00Z".into(),
            location: "34.05,-118.24".into(),
        }],
    }
}

fn population() -> Population {
    let (organization, token) = TOKEN.split_once(':').unwrap();
    let site = |id: &str, name: &str, inactive| Site { id: id.into(), name: name.into(), inactive };
    Population {
        organization: organization.into(),
        token: token.into(),
        sites: vec![
            site("si-1", "Oakfield Centre", false),
            site("si-2", "Riverside Clinic", false),
            site("si-3", "Old House", true),
        ],
        students: (0..10).map(student).collect(),
        users: vec![
            user("us-1", "Administrator", "Employee"),
            user("us-2", "Therapist", ""),
            user("us-3", "Parents", "Parent"),
        ],
        notes: vec![note("sn-1"), note("sn-2"), note("sn-3")],
    }
}

#[tokio::test]
async fn sites_students_and_users_come_with_what_mapping_needs() {
    let world = World::new();
    let sites = world.system.list_services(&key()).await.unwrap().records;
    let ours: Vec<_> = sites.iter().map(|one| (one.name.as_str(), one.active, one.ours())).collect();
    let expected =
        [("Oakfield Centre", true, true), ("Riverside Clinic", true, true), ("Old House", false, false)];
    assert_eq!(ours, expected);
    let tried = credential_tried(&*world.system, &key()).await.unwrap();
    assert_eq!(tried.records.len(), 3);

    let people = world.system.read_people(&key(), &()).await.unwrap();
    assert!(people.set_aside.is_empty() && people.unmapped_fields.is_empty(), "{people:?}");
    let one = &people.records[0];
    assert_eq!((one.service_id.as_deref(), one.time_zone.as_deref()), (Some("si-1"), Some("Europe/London")));
    assert_eq!(one.date_of_birth.map(|day| day.to_string()).as_deref(), Some("2018-05-14"));

    let staff = world.system.read_staff(&key(), &()).await.unwrap();
    assert!(staff.set_aside.is_empty() && staff.unmapped_fields.is_empty(), "{staff:?}");
    let ids: Vec<_> = staff.records.iter().map(|one| one.external_id.as_str()).collect();
    assert_eq!(ids, ["us-1", "us-2"], "a parent does not work there");
    let one = &staff.records[0];
    assert_eq!((one.service_ids.join("+"), one.service_id.as_deref()), ("si-2+si-1".into(), Some("si-2")));
    assert_eq!((one.role.as_deref(), one.job_title.as_deref()), (Some("Administrator"), Some("BCBA")));
    assert_eq!(one.email.as_deref(), Some("hannah.doyle@example.org"));

    world.simulator.put_student(Student { inactive: true, ..student(0) });
    world.simulator.put_user(User { inactive: true, title: "Lead".into(), ..user("us-2", "Therapist", "") });
    assert!(world.system.read_people(&key(), &()).await.unwrap().records[0].archived);
    let staff = world.system.read_staff(&key(), &()).await.unwrap().records;
    assert!(staff[1].archived && staff[1].job_title.as_deref() == Some("Lead"), "{staff:?}");
}

#[tokio::test]
async fn two_hundred_and_fifty_students_and_notes_come_over_pages_of_a_hundred() {
    let population = Population {
        students: (0..250).map(student).collect(),
        notes: (0..250).map(|n| note(&format!("sn-{n}"))).collect(),
        ..population()
    };
    let world = World::of(population, patient());
    let people = world.system.read_people(&key(), &()).await.unwrap();
    assert_eq!((people.records.len(), people.set_aside.len()), (250, 0));
    assert_eq!(world.simulator.calls().len(), 3, "two full pages, and one that is not");
    world.simulator.forget_calls();
    assert_eq!(world.notes().await.records.len(), 250);
    let calls = world.simulator.calls();
    assert_eq!(calls.iter().map(|call| call.path.as_str()).collect::<Vec<_>>(), ["/v1/sessionnotes"; 3]);
    for call in calls {
        for header in ["user-agent", "content-type", "authorization"] {
            assert!(call.headers.iter().any(|one| one == header), "{call:?}");
        }
    }
    // Where a vendor counts from nought, the first page is a line of the profile.
    world.simulator.count_from_zero(true);
    assert_eq!(world.system.read_people(&key(), &()).await.unwrap().records.len(), 150);
    let text = known::ABOUT.profile.unwrap().replace("first = 1", "first = 0");
    let system = connector(&world.origin, patient(), Some(text));
    assert_eq!(system.read_people(&key(), &()).await.unwrap().records.len(), 250);
}

const ASKED: [(&str, &str); 3] = [
    ("user-agent", "Kinbridge"),
    ("content-type", "application/json"),
    // 4817:tok-7f3a9c21d8e04b56
    ("authorization", "Basic NDgxNzp0b2stN2YzYTljMjFkOGUwNGI1Ng=="),
];

fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    ASKED.into_iter().filter(|(one, _)| *one != name).collect()
}

#[tokio::test]
async fn the_simulator_is_as_strict_as_the_documents() {
    let world = World::new();
    assert_eq!(world.ask("/v1/students", &ASKED, "").await, 200);
    assert_eq!(world.ask("/v1/students", &without("user-agent"), "").await, 403, "no User-Agent");
    for empty in ["", " ", "7"] {
        let mut headers = without("user-agent");
        headers.push(("user-agent", empty));
        assert_eq!(world.ask("/v1/students", &headers, "").await, 403, "{empty:?}");
    }
    assert_eq!(world.ask("/v1/students", &without("authorization"), "").await, 401);
    for wrong in ["Basic NDgxNzo=", "Bearer NDgxNzp0b2stN2YzYTljMjFkOGUwNGI1Ng==", "Basic ?"] {
        let mut headers = without("authorization");
        headers.push(("authorization", wrong));
        assert_eq!(world.ask("/v1/students", &headers, "").await, 401, "{wrong}");
    }
    assert_eq!(world.ask("/v1/students", &without("content-type"), "").await, 415);
    assert_eq!(world.ask("/v1/students", &ASKED, "{\"a\":").await, 400);
    assert_eq!(world.ask("/v1/students", &ASKED, "{}").await, 200);
    for (path, status) in [
        ("/v1/students?size=100", 200),
        ("/v1/students?size=101", 422),
        ("/v1/students?size=0", 422),
        ("/v1/students?page=0", 422),
        ("/v1/students?page=two", 422),
        ("/v1/sessionnotes?modifiedSince=yesterday", 422),
        ("/v1/sessionnotes?modifiedSince=2026-05-04", 200),
        ("/v1/sessionnotes?modifiedSince=2026-05-04T00:00:00Z", 200),
        ("/v1/me", 200),
        ("/v1/nothing", 404),
    ] {
        assert_eq!(world.ask(path, &ASKED, "").await, status, "{path}");
    }
}

#[tokio::test]
async fn a_page_has_twenty_unless_more_are_asked_for() {
    let world =
        World::of(Population { students: (0..150).map(student).collect(), ..population() }, patient());
    for (path, most) in
        [("/v1/students", 20), ("/v1/students?size=100", 100), ("/v1/students?size=100&page=2", 50)]
    {
        let mut sent = reqwest::Client::new().get(format!("{}{path}", world.origin));
        for (name, value) in ASKED {
            sent = sent.header(name, value);
        }
        let answer: Value = serde_json::from_str(&sent.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(answer["students"].as_array().unwrap().len(), most, "{path}");
    }
}

#[tokio::test]
async fn each_refusal_is_explained_and_names_what_to_do() {
    let world = World::new();
    for wrong in ["4817:another", "4818:tok-7f3a9c21d8e04b56", "4817", ":"] {
        let failure = world.system.read_people(&Credential::new("7", wrong), &()).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.retry),
            (FailureKind::CredentialRefused, Retry::AfterEdit),
            "{wrong}"
        );
        assert!(
            failure.repair.contains("API token") && failure.repair.contains("enter them again"),
            "{failure:?}"
        );
    }
    world.simulator.set_fault(Fault::Forbidden);
    let failure = world.system.read_people(&key(), &()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry), (FailureKind::ProgramRefused, Retry::NeedsPerson));
    assert!(failure.words.contains("name of the program"), "{failure:?}");
    assert!(failure.repair.contains("User-Agent"), "{failure:?}");
    world.simulator.clear_fault();
    // A profile that asks for what Ensora does not give.
    for (from, to) in [("size = 100", "size = 500"), ("content-type = \"application/json\"", "")] {
        let text = known::ABOUT.profile.unwrap().replace(from, to);
        let system = connector(&world.origin, patient(), Some(text));
        let failure = system.read_people(&key(), &()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Rejected, "{to}");
        assert!(failure.repair.contains("compare the profile"), "{failure:?}");
    }
    for wrong in ["authorization = \"Basic x\"", "\"odd name\" = \"x\"", "user-agent = \"\\u0007\""] {
        let text = known::ABOUT.profile.unwrap().replace("user-agent = \"Kinbridge\"", wrong);
        let settings = ConnectorSettings {
            profiles: BTreeMap::from([(Vendor::Ensora, text)]),
            ..ConnectorSettings::default()
        };
        let problem = CareSystems::new(&settings).err().unwrap().to_string();
        assert!(problem.contains("[headers]"), "{problem}");
    }
    world.simulator.revoke_token();
    assert!(world.simulator.credentials().is_none());
    assert_eq!(world.system.read_people(&key(), &()).await.unwrap_err().kind, FailureKind::CredentialRefused);
}

#[tokio::test]
async fn whose_token_it_is_is_read_where_ensora_says_so() {
    let world = World::new();
    let owner = world.system.read_owner(&key()).await.unwrap();
    assert_eq!((owner.name.as_str(), owner.security_group.as_str()), ("Hannah Doyleus-1", "Administrator"));
    assert_eq!((owner.is_administrator, known::administers(&owner)), (None, Some(true)));
    world.simulator.set_maker("us-2");
    let owner = world.system.read_owner(&key()).await.unwrap();
    assert_eq!(known::administers(&owner), Some(false));
    world.simulator.set_maker("nobody");
    assert_eq!(world.system.read_owner(&key()).await.unwrap(), Owner::default(), "there is no such page");
    let wrong = Credential::new("7", "4817:another");
    assert_eq!(world.system.read_owner(&wrong).await.unwrap_err().kind, FailureKind::CredentialRefused);
    world.simulator.set_maker("us-1");
    for (fault, kind) in [
        (Fault::HtmlLogin, FailureKind::WebPage),
        (Fault::HalfAPage, FailureKind::TruncatedJson),
        (Fault::HugeBody, FailureKind::TooLarge),
        (Fault::NoContent, FailureKind::NoContent),
        (Fault::Unavailable, FailureKind::Unavailable),
    ] {
        world.simulator.set_fault(fault);
        assert_eq!(world.system.read_owner(&key()).await.unwrap_err().kind, kind, "{fault:?}");
    }
}

#[tokio::test]
async fn a_note_is_carried_through_as_it_came() {
    let world = World::new();
    let notes = world.notes().await;
    assert!(notes.set_aside.is_empty() && notes.warnings.is_empty(), "{notes:?}");
    assert!(notes.unmapped_fields.is_empty(), "{:?}", notes.unmapped_fields);
    let one = &notes.records[0];
    assert_eq!((one.student_id.as_str(), one.user_id.as_str()), ("st-1", "us-1"));
    assert_eq!((one.site_id.as_deref(), one.status.as_str()), (Some("si-1"), "Published"));
    assert_eq!((one.date.as_str(), one.template.as_str()), ("2026-05-04", "Session note"));
    assert_eq!(one.fields[1].value, "Worked on <b>requests</b>.");
    assert_eq!(one.modified_at, one.published_at);
    let signature = &one.signatures[0];
    assert!(signature.value.starts_with("data:image/png;base64,iVBOR"), "{}", signature.value);
    assert_eq!((signature.place.as_str(), signature.signed_at.is_some()), ("34.05,-118.24", true));
}

#[tokio::test]
async fn only_notes_that_changed_since_are_asked_for_and_an_edited_one_is_among_them() {
    let world = World::new();
    let since = Some("2026-05-05T00:00:00Z".parse().unwrap());
    assert!(world.system.read_notes(&key(), since, &()).await.unwrap().records.is_empty());
    assert!(world.simulator.edit_note("sn-2", |note| note["date"] = json!("2026-05-06")));
    let found = world.system.read_notes(&key(), since, &()).await.unwrap().records;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].external_id.as_str(), found[0].date.as_str()), ("sn-2", "2026-05-06"));
    world.simulator.publish(Note { modified_at: String::new(), ..note("sn-9") });
    assert_eq!(world.system.read_notes(&key(), since, &()).await.unwrap().records.len(), 2);
    let exactly = Some("2026-05-04T18:30:00Z".parse().unwrap());
    assert_eq!(world.system.read_notes(&key(), exactly, &()).await.unwrap().records.len(), 4);
}

fn aside(notes: &Snapshot<NoteRecord>, id: &str) -> SetAside {
    let found = notes.set_aside.iter().find(|one| one.external_id.as_deref() == Some(id));
    found.unwrap_or_else(|| panic!("{id}: {:?}", notes.set_aside)).clone()
}

#[tokio::test]
async fn a_signature_of_twenty_megabytes_sets_its_own_note_aside() {
    // To write twenty megabytes takes an unoptimised simulator its time.
    let long = Duration::from_mins(4);
    let world = World::of(population(), Limits { first_byte: long, idle: long, total: long, ..patient() });
    let picture = |bytes: usize| format!("data:image/png;base64,{}", "A".repeat(bytes));
    let mut big = note("sn-big");
    big.signatures[0].value = picture(20_000_000);
    world.simulator.put_note(big.clone());
    world.simulator.put_note(note("sn-last"));
    let notes = world.notes().await;
    assert_eq!((notes.records.len(), notes.set_aside.len()), (4, 1), "{:?}", notes.set_aside);
    let why = aside(&notes, "sn-big");
    assert!(why.reason.contains("too large"), "{why:?}");
    assert!(why.repair.contains("session notes in Ensora Data Collection"), "{why:?}");
    // A page may be nothing but such notes.
    for id in ["sn-1", "sn-2", "sn-3", "sn-last"] {
        world.simulator.remove_note(id);
    }
    big.signatures[0].value = picture(9_000_000);
    world.simulator.put_note(big);
    let notes = world.notes().await;
    assert_eq!((notes.records.len(), notes.set_aside.len()), (0, 1));
}

#[tokio::test]
async fn a_note_of_any_bad_kind_comes_as_it_is_or_is_set_aside_with_its_reason() {
    let world = World::new();
    let raw = |id: &str, name: &str, value: Value| {
        let mut note = json!({
            "id": id, "studentId": "st-1", "userId": "us-1", "status": "Published", "date": "2026-05-04",
            "modifiedAt": "2026-05-04T18:30:00Z", "fields": [], "signatures": []
        });
        note[name] = value;
        world.simulator.put_raw(note);
    };
    raw("b-1", "fields", json!("none"));
    raw("b-2", "fields", json!([["Start Time", "13:00"]]));
    raw("b-3", "signatures", json!(vec![json!({ "field": "Signature" }); 60]));
    raw("b-4", "studentId", json!({ "id": 7 }));
    raw("b-5", "date", json!(["2026"]));
    raw("b-6", "modifiedAt", json!("soon"));
    raw("b-7", "fields", json!([{ "name": "Minutes", "value": 65 }, { "name": "Gone", "value": null }, {}]));
    raw("b-8", "userId", Value::Null);
    raw("b-9", "fields", Value::Null);
    world.simulator.put_raw(json!({ "status": "Published" }));
    world.simulator.put_raw(json!("not a note"));
    let notes = world.notes().await;
    let kept: Vec<_> = notes.records.iter().map(|one| one.external_id.as_str()).collect();
    assert_eq!(kept, ["sn-1", "sn-2", "sn-3", "b-5", "b-6", "b-7", "b-8", "b-9"]);
    for (id, reason) in [
        ("b-1", "The list of fields came in a form that cannot be read."),
        ("b-2", "The list of fields came in a form that cannot be read."),
        ("b-3", "The list of signatures came in a form that cannot be read."),
        ("b-4", "The student came in a form that cannot be read."),
    ] {
        assert_eq!(aside(&notes, id).reason, reason);
    }
    let reasons: Vec<_> = notes.set_aside.iter().map(|one| one.reason.as_str()).collect();
    assert!(reasons.contains(&"The identifier is missing."), "{reasons:?}");
    assert!(reasons.contains(&"An entry of the list is not a record."), "{reasons:?}");
    let words: Vec<_> = notes.warnings.iter().map(|one| one.external_id.as_str()).collect();
    assert_eq!(words, ["b-5", "b-6"]);
    let of = |id: &str| notes.records.iter().find(|one| one.external_id == id).unwrap();
    let values: Vec<_> = of("b-7").fields.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(values, ["65", "", ""]);
    assert_eq!((of("b-8").user_id.as_str(), of("b-6").modified_at), ("", None));
}

#[tokio::test]
async fn a_note_that_was_edited_between_two_pages_counts_in_its_newest_version() {
    let world = World::new();
    let mut newer = note("sn-1");
    (newer.modified_at, newer.date) = ("2026-05-05T08:00:00Z".into(), "2026-05-05".into());
    let sent = |note: Note| {
        // Two with one identifier, as two pages would hold them.
        let before = world.simulator.notes().len();
        let id = std::mem::take(&mut note.id.clone());
        world.simulator.put_note(Note { id: "other".into(), ..note });
        world.simulator.edit_note("other", |value| {
            value["id"] = json!(id);
            value["modifiedAt"] = json!("2026-05-05T08:00:00Z");
        });
        assert_eq!(world.simulator.notes().len(), before + 1);
    };
    sent(newer);
    let notes = world.notes().await;
    assert!(notes.set_aside.is_empty(), "{:?}", notes.set_aside);
    let dates: Vec<_> =
        notes.records.iter().filter(|one| one.external_id == "sn-1").map(|one| &one.date).collect();
    assert_eq!(dates, ["2026-05-05"]);
}

#[tokio::test]
async fn every_fault_of_the_notes_ends_with_its_name_and_the_next_question_is_answered() {
    let notes = (0..10).map(|n| note(&format!("sn-{n}"))).collect();
    let limits = Limits { total: Duration::from_secs(4), body: 300_000, ..quick() };
    let world = World::of(Population { notes, ..population() }, limits);
    for (fault, usual) in EXPECTED {
        let expected = match fault {
            Fault::Forbidden => Some(FailureKind::ProgramRefused),
            _ => *usual,
        };
        world.simulator.set_fault(*fault);
        let found = world.system.read_notes(&key(), None, &()).await;
        assert_eq!(found.as_ref().err().map(|one| one.kind), expected, "{fault:?}: {found:?}");
        if let Err(failure) = &found {
            keeps_quiet(failure, &world.origin);
        }
        world.simulator.clear_fault();
        assert_eq!(world.notes().await.records.len(), 10, "after {fault:?}");
    }
}

fn keeps_quiet(failure: &Failure, origin: &str) {
    let told = format!("{failure:?}{failure}");
    let port = origin.rsplit(':').next().unwrap();
    for secret in ["tok-7f3a", "4817", "127.0.0.1", port, "sessionnotes", "Worked on"] {
        assert!(!told.contains(secret), "{told}");
    }
}

const CHILD: &str = "KINBRIDGE_TEST_LOGS_OF_ENSORA";

/// The child's part: everything that can be said about Ensora, with all of it logged.
#[actix_web::test]
async fn logged_whole() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let out = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    out.with_writer(std::io::stderr).init();
    let world = World::of(population(), quick());
    let (mut said, credential) = (format!("{:?}", key()), key());
    for fault in std::iter::once(None).chain(Fault::all().map(Some)) {
        match fault {
            Some(fault) => world.simulator.set_fault(fault),
            None => world.simulator.clear_fault(),
        }
        let notes = world.system.read_notes(&credential, None, &()).await.map(|notes| notes.set_aside);
        let owner = world.system.read_owner(&credential).await.map(|owner| owner.security_group);
        let people = world.system.read_people(&credential, &()).await.map(|people| people.warnings);
        write!(said, "{notes:?} {owner:?} {people:?}").unwrap();
    }
    write!(said, "{:?}", world.simulator.calls()).unwrap();
    tracing::info!("{said}");
    tracing::info!("the end of what was logged of Ensora");
}

#[test]
fn no_log_error_or_trace_holds_a_token_or_a_word_of_a_note() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ensora::logged_whole", "--nocapture", "--test-threads=1"])
        .env(CHILD, "yes")
        .env_remove("KINBRIDGE_TEST_LOG")
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    let tail: String = said.chars().rev().take(3_000).collect::<Vec<_>>().into_iter().rev().collect();
    assert!(child.status.success() && said.contains("the end of what was logged of Ensora"), "{tail}");
    assert!(said.contains("TRACE"), "the log is not whole");
    for secret in ["tok-7f3a9c21d8e04b56", "NDgxNzp0b2st", "Worked on", "iVBOR", "Last3", "34.05,-118.24"] {
        let line = said.lines().find(|line| line.contains(secret)).unwrap_or_default();
        let line: String = line.chars().take(400).collect();
        assert!(line.is_empty(), "{secret} stands in: {line}");
    }
}

#[tokio::test]
async fn the_screens_show_regenerate_and_revoke_the_token_and_say_whose_it_is() {
    let world = World::new();
    let html = world.page("/").await;
    for part in ["4817", "tok-7f3a9c21d8e04b56", "Administrator", "Regenerate", "Revoke"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(world.press("/token", "act=renew").await, 303);
    assert_eq!(world.system.read_people(&key(), &()).await.unwrap_err().kind, FailureKind::CredentialRefused);
    let renewed = Credential::new("7", world.simulator.credentials().unwrap());
    assert!(world.system.read_people(&renewed, &()).await.is_ok());
    assert_eq!(world.press("/token", "act=maker&maker=us-2").await, 303);
    let owner = world.system.read_owner(&renewed).await.unwrap();
    assert_eq!(owner.security_group, "Therapist");
    assert_eq!(world.press("/token", "act=revoke").await, 303);
    assert!(world.page("/").await.contains("Generate a token"));
    assert!(world.system.read_people(&renewed, &()).await.is_err());
}

#[tokio::test]
async fn a_note_is_written_published_and_edited_on_the_screens_under_the_names_of_the_template() {
    let world = World::new();
    assert!(world.page("/template").await.contains("Guardian Name"));
    let names = "name=Home+visit&date=Date&start_time=start+time&end_time=End+Time&notes=Notes\
        &therapist_signature=Therapist+Signature&location=&guardian_name=Caregiver+Name\
        &relationship=Relationship&guardian_signature=Caregiver+Signature";
    assert_eq!(world.press("/template", names).await, 303);
    assert!(world.page("/notes/edit").await.contains("Write a note"));
    let written = "id=&student=st-2&user=us-1&date=2026-05-07&start=09%3A00&end=10%3A00&notes=Asked+for+more.\
        &guardian=Ruth+Okafor&relationship=Mother&location=51%2C0&guardian_place=52%2C1&guardian_signed=yes\
        &therapist_signed=yes&act=draft";
    assert_eq!(world.press("/notes/save", written).await, 303);
    let of =
        |notes: Snapshot<NoteRecord>| notes.records.into_iter().find(|one| one.date == "2026-05-07").unwrap();
    let draft = of(world.notes().await);
    assert_eq!((draft.status.as_str(), draft.published_at), ("Draft", None));
    assert_eq!((draft.template.as_str(), draft.site_id.as_deref()), ("Home visit", Some("si-1")));
    let names: Vec<_> = draft.fields.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Date", "start time", "End Time", "Notes", "Caregiver Name", "Relationship"]);
    let signed: Vec<_> =
        draft.signatures.iter().map(|one| (one.field.as_str(), one.place.as_str())).collect();
    assert_eq!(signed, [("Caregiver Signature", "52,1"), ("Therapist Signature", "51,0")]);
    assert!(draft.signatures[0].value.starts_with("data:image/png;base64,"));

    let id = draft.external_id.clone();
    assert!(world.page("/notes").await.contains("Draft"));
    assert_eq!(world.press("/notes/publish", &format!("id={id}")).await, 303);
    let published = of(world.notes().await);
    assert!(published.status == "Published" && published.published_at.is_some(), "{published:?}");
    assert!(world.page(&format!("/notes/edit?id={id}")).await.contains("Asked for more."));
    let edited = written.replace("id=&", &format!("id={id}&")).replace("Asked+for+more.", "Waited.");
    assert_eq!(world.press("/notes/save", &edited.replace("act=draft", "act=publish&script=yes")).await, 303);
    let after = of(world.notes().await);
    assert_eq!(after.external_id, id);
    assert!(after.modified_at > published.modified_at && after.fields[3].value == "Waited.", "{after:?}");
    assert!(after.signatures[0].value.starts_with("data:image/svg+xml"), "{after:?}");
    assert_eq!(world.press("/notes/remove", &format!("id={id}")).await, 303);
    assert_eq!(world.notes().await.records.len(), 3);
}

#[tokio::test]
async fn sites_students_and_users_are_added_changed_and_removed_on_the_screens() {
    let world = World::new();
    for path in
        ["/sites", "/sites/new", "/people", "/people/new", "/users", "/users/new", "/users/edit?id=us-2"]
    {
        world.page(path).await;
    }
    assert_eq!(world.press("/sites/save", "id=si-1&name=Oak+Field").await, 303);
    assert_eq!(
        world.press("/people/save", "id=&first_name=Luna&last_name=Castell&site%5B%5D=si-2").await,
        303
    );
    assert_eq!(world.press("/users/save", "id=us-2&first_name=Sam&last_name=Osei&type=Employee").await, 303);
    let sites = world.system.list_services(&key()).await.unwrap().records;
    assert_eq!(sites[0].name, "Oak Field");
    let people = world.system.read_people(&key(), &()).await.unwrap().records;
    let luna = people.iter().find(|one| one.first_name == "Luna").unwrap();
    assert_eq!((luna.external_id.as_str(), luna.service_id.as_deref()), ("st-10", Some("si-2")));
    let staff = world.system.read_staff(&key(), &()).await.unwrap().records;
    assert_eq!((staff[1].first_name.as_str(), staff[1].service_ids.len()), ("Sam", 0));
    for (path, id) in [("/sites/remove", "si-3"), ("/people/remove", "st-10"), ("/users/remove", "us-3")] {
        assert_eq!(world.press(path, &format!("id={id}")).await, 303);
    }
    assert_eq!(world.system.list_services(&key()).await.unwrap().records.len(), 2);
}

#[tokio::test]
async fn what_was_set_up_is_there_again_after_a_restart() {
    let world = World::new();
    let kept = Arc::new(std::sync::Mutex::new(String::new()));
    let at = Arc::clone(&kept);
    world.simulator.keep_with(move |memory| *at.lock().unwrap() = serde_json::to_string(memory).unwrap());
    assert_eq!(world.press("/token", "act=renew").await, 303);
    assert_eq!(world.press("/notes/publish", "id=sn-1").await, 303);
    let again = World::of(population(), patient());
    let memory = serde_json::from_str(&kept.lock().unwrap()).unwrap();
    again.simulator.remember(memory);
    assert_eq!(again.simulator.credentials(), world.simulator.credentials());
    assert_eq!(again.simulator.notes(), world.simulator.notes());
    again.simulator.set_template(Template { notes: "SOAP".into(), ..Template::default() });
    assert!(again.page("/template").await.contains("SOAP"));
}

#[tokio::test]
async fn the_demos_ensora_can_be_read_whole() {
    let there = therapy::population("2026-11-29T09:00:00Z".parse().unwrap());
    let credential = Credential::new("7", format!("{}:{}", there.organization, there.token));
    let world = World::of(there, patient());
    let owner = world.system.read_owner(&credential).await.unwrap();
    assert_eq!((owner.name.as_str(), known::administers(&owner)), ("Hannah Doyle", Some(true)));
    let people = world.system.read_people(&credential, &()).await.unwrap();
    assert_eq!((people.records.len(), people.warnings.len()), (14, 0));
    assert_eq!(world.system.read_staff(&credential, &()).await.unwrap().records.len(), 5);
    let notes = world.system.read_notes(&credential, None, &()).await.unwrap();
    assert_eq!((notes.records.len(), notes.set_aside.len(), notes.warnings.len()), (18, 0, 0));
    assert!(notes.records.iter().all(|one| !one.fields.is_empty() && one.modified_at.is_some()));
}

#[actix_web::test]
async fn integrations_leads_to_synchronization_and_offers_no_sync_of_residents() {
    let app = TestApp::start().await;
    let (willow, mary) = (app.cast.willow, app.as_super());
    let before = mary.get(&links::integrations(willow)).await.text();
    assert!(before.contains("Ensora Data Collection Not available"), "{before}");
    switch_on(&app, willow);
    app.write(|tx| {
        use diesel::prelude::*;
        let now = "UPDATE connections SET vendor = 'ensora', state = 'on', available = TRUE";
        diesel::sql_query(now).execute(tx.conn)?;
        Ok(())
    });
    let page = mary.get(&links::integrations(willow)).await.text();
    let words =
        "Ensora Data Collection is used through Synchronization, on the Settings tab of Org Settings.";
    assert!(page.contains(words), "{page}");
    for offer in ["Sync Now with Ensora", "paired with Ensora", "What a sync does with Ensora"] {
        assert!(!page.contains(offer), "{offer}: {page}");
    }
    let page = mary.get(&links::integration(willow, "ensora")).await.text();
    assert!(page.contains("Map every site to an agency") && !page.contains("Start Sync"), "{page}");
    let asked = mary.post(&links::sync_runs(willow, "ensora"), &[("wanted", "both")]).await;
    let told = mary.get(asked.location()).await.text();
    assert!(told.contains("Nobody is synced with Ensora Data Collection"), "{told}");
    app.pass(26 * 60 * 60);
    let due = app.write(|tx| kinbridge::domain::sync::ask_due(tx, chrono::TimeDelta::zero()));
    assert_eq!(due, 0, "nor by night");
}
