//! What every connector does the same, whichever vendor it is for: each method of the trait against the vendor's
//! simulator, with every fault. One table of vendors ([`ALL`]), and no test that is one vendor's alone.

#![cfg(test)]

mod keys;
mod memory;
mod runs;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kinbridge::connectors::{
    CareSystems, ConnectorSettings, Credential, Failure, FailureKind, Found, Limits, Lookup, Progress, Vendor,
};
use kinbridge::kit::secret::random_uuid;
use kinbridge::sandbox::Fault;

use crate::support::vendors::played::{ALL, DEPLOYMENT, KEY, Played, WORKERS, at, entry, key};
use crate::support::vendors::{patient, person};
use crate::vendor_faults::EXPECTED;

/// What a vendor makes of a fault where it differs from what Nourish makes of it.
fn expected(vendor: Vendor, fault: Fault, usual: Option<FailureKind>) -> Option<FailureKind> {
    match (vendor, fault) {
        // One answer is the whole list: nothing of it leads on.
        (Vendor::Pcs, Fault::PageLoop) => None,
        // By 403 it says that it does not know the program.
        (Vendor::Ensora, Fault::Forbidden) => Some(FailureKind::ProgramRefused),
        _ => usual,
    }
}

#[test]
fn every_vendor_with_a_connector_is_played() {
    let systems = CareSystems::new(&ConnectorSettings::default()).unwrap();
    for system in systems.all() {
        let played = ALL.iter().any(|(vendor, _)| *vendor == system.vendor());
        assert!(played, "{} has no simulator in the table", system.vendor());
    }
}

/// For silences that are to end soon, with some patience for a busy machine.
fn quick() -> Limits {
    let short = Duration::from_secs(2);
    let idle = Duration::from_millis(1_500);
    Limits { connect: short, first_byte: short, idle, total: Duration::from_secs(4), body: 3_000_000 }
}

#[derive(Default)]
struct Watcher(Mutex<Vec<usize>>);

impl Progress for Watcher {
    fn read(&self, records: usize, _bytes: u64) {
        self.0.lock().unwrap().push(records);
    }
}

#[tokio::test]
async fn services_people_and_staff_come_whole() {
    for which in ALL {
        let played = Played::start(which, 10);
        let (vendor, system) = (played.vendor, played.system(patient()));
        assert_eq!(system.vendor(), vendor);
        let services = system.list_services(&played.key()).await.unwrap();
        assert!(!services.records.is_empty(), "{vendor}");
        assert!(
            services.records.iter().all(|one| one.active && one.token_key.as_deref() == Some("7")),
            "{vendor}"
        );
        let watcher = Watcher::default();
        let people = system.read_people(&played.key(), &watcher).await.unwrap();
        assert_eq!(people.records.len(), 10, "{vendor}");
        assert!(people.set_aside.is_empty() && people.warnings.is_empty(), "{vendor}: {people:?}");
        assert!(people.unmapped_fields.is_empty(), "{vendor}: {:?}", people.unmapped_fields);
        assert_eq!(watcher.0.lock().unwrap().last(), Some(&10), "{vendor}");
        assert!(people.vendor_time.is_some() && people.fetched_bytes > 0, "{vendor}");
        for n in 0..10 {
            let wanted = person(n);
            let found = people.records.iter().find(|one| one.external_id == wanted.external_id).unwrap();
            let names = (&found.first_name, &found.last_name);
            assert_eq!(names, (&wanted.first_name, &wanted.last_name), "{vendor}");
            assert!(!found.archived, "{vendor}");
        }
        let staff = system.read_staff(&played.key(), &()).await.unwrap();
        assert_eq!((staff.records.len(), staff.set_aside.len()), (WORKERS, 0), "{vendor}");
        assert!(staff.unmapped_fields.is_empty(), "{vendor}: {:?}", staff.unmapped_fields);
    }
}

#[tokio::test]
async fn test_connection_tells_a_good_key_from_a_refused_one_and_from_an_outage() {
    for which in ALL {
        let played = Played::start(which, 10);
        let (vendor, system) = (played.vendor, played.system(patient()));
        let open = system.probe(&played.key()).await;
        assert!(open.reached && open.accepted && open.failure.is_none(), "{vendor}: {open:?}");
        assert_eq!((open.people, open.samples.len()), (Some(10), 3), "{vendor}");
        for fault in [Fault::Unauthorised, Fault::Forbidden] {
            played.hand.conduct().set_fault(fault);
            let refused = system.probe(&played.key()).await;
            assert!(refused.reached && !refused.accepted, "{vendor}: {refused:?}");
            let kind = expected(vendor, fault, Some(FailureKind::CredentialRefused));
            assert_eq!(refused.failure.map(|failure| failure.kind), kind, "{vendor}");
        }
        played.hand.conduct().set_fault(Fault::Reset);
        let cut = system.probe(&played.key()).await;
        assert!(!cut.accepted && cut.failure.is_some(), "{vendor}");
    }
}

#[tokio::test]
async fn a_key_of_somebody_elses_is_refused_everywhere() {
    for which in ALL {
        let played = Played::start(which, 3);
        let (vendor, system) = (played.vendor, played.system(patient()));
        let wrong = Credential::new("7", "0c9be7d2-11aa-4b52-8a3d-6a51b1f4e388");
        let refused = FailureKind::CredentialRefused;
        assert_eq!(system.read_people(&wrong, &()).await.unwrap_err().kind, refused, "{vendor}");
        assert_eq!(system.read_staff(&wrong, &()).await.unwrap_err().kind, refused, "{vendor}");
        if system.writes() {
            let failure = system.write_entry(&wrong, &entry("a-1")).await.unwrap_err();
            assert_eq!(failure.kind, refused, "{vendor}");
        }
        assert!(played.hand.written().is_empty(), "{vendor}");
    }
}

#[tokio::test]
async fn every_fault_of_every_list_ends_soon_with_its_name_and_the_next_question_is_answered() {
    assert_eq!(Fault::all().count(), EXPECTED.len());
    for which in ALL {
        let played = Played::start(which, 10);
        let (vendor, system) = (played.vendor, played.system(quick()));
        let conduct = played.hand.conduct();
        for (fault, usual) in EXPECTED {
            let expected = expected(vendor, *fault, *usual);
            conduct.set_fault(*fault);
            let begun = Instant::now();
            let people = system.read_people(&played.key(), &()).await;
            assert!(
                begun.elapsed() < Duration::from_secs(8),
                "{vendor} {fault:?} took {:?}",
                begun.elapsed()
            );
            assert_eq!(people.as_ref().err().map(|one| one.kind), expected, "{vendor} {fault:?}: {people:?}");
            let staff = system.read_staff(&played.key(), &()).await;
            assert_eq!(staff.as_ref().err().map(|one| one.kind), expected, "{vendor} {fault:?}: {staff:?}");
            for failure in people.err().into_iter().chain(staff.err()) {
                keeps_quiet(&failure, &played);
            }
            conduct.clear_fault();
            let after = system.read_people(&played.key(), &()).await;
            assert_eq!(after.unwrap().records.len(), 10, "{vendor} after {fault:?}");
        }
    }
}

fn keeps_quiet(failure: &Failure, played: &Played) {
    let told = format!("{failure:?}{failure} {}", failure.repair);
    let port = played.origin.rsplit(':').next().unwrap();
    for secret in [KEY, DEPLOYMENT, "127.0.0.1", port, "Apikey", "GenericAPI", &person(0).last_name] {
        assert!(!told.contains(secret), "{}: {told}", played.vendor);
    }
}

struct NoNames;

impl Lookup for NoNames {
    fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        Err(io::Error::other("no such name"))
    }
}

#[tokio::test]
async fn no_way_to_the_vendor_has_a_name_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("https://{}", listener.local_addr().unwrap());
    for (vendor, _) in ALL {
        let asked = async |settings: &ConnectorSettings| {
            let system = CareSystems::new(settings).unwrap().get(vendor).unwrap();
            system.read_people(&key(), &()).await.unwrap_err().kind
        };
        let closed = asked(&at(vendor, "http://127.0.0.1:9", quick())).await;
        assert_eq!(closed, FailureKind::ConnectionRefused, "{vendor}");
        let unknown = ConnectorSettings {
            lookup: Some(Arc::new(NoNames)),
            allowed_origins: Vec::new(),
            ..at(vendor, "https://api.vendor.example", quick())
        };
        assert_eq!(asked(&unknown).await, FailureKind::NameNotFound, "{vendor}");
        let hangs = Limits { first_byte: Duration::from_secs(5), ..quick() };
        assert_eq!(asked(&at(vendor, &silent, hangs)).await, FailureKind::ConnectTimeout, "{vendor}");
        let nowhere = ConnectorSettings { base_urls: BTreeMap::new(), ..at(vendor, &silent, quick()) };
        assert_eq!(asked(&nowhere).await, FailureKind::NotConfigured, "{vendor}");
    }
}

#[tokio::test]
async fn an_entry_is_kept_once_whatever_goes_wrong_on_the_way() {
    for which in ALL {
        let played = Played::start(which, 3);
        let (vendor, system) = (played.vendor, played.system(quick()));
        if !system.writes() {
            let refused = system.write_entry(&played.key(), &entry("a-1")).await.unwrap_err();
            assert_eq!(refused.kind, FailureKind::EntryRejected, "{vendor}");
            continue;
        }
        assert!(system.shown(&entry("x")).iter().any(|field| field.value.contains("Chair yoga")), "{vendor}");
        for fault in Fault::all() {
            let id = random_uuid().unwrap().reveal().to_owned();
            let entry = entry(&id);
            played.hand.conduct().set_fault(fault);
            let first = system.write_entry(&played.key(), &entry).await;
            played.hand.conduct().clear_fault();
            if let Err(failure) = &first {
                keeps_quiet(failure, &played);
            }
            // Once more, as somebody would who was left in doubt: it is there once, whatever is answered.
            let _again = system.write_entry(&played.key(), &entry).await;
            let kept = played.hand.written().iter().filter(|one| **one == id).count();
            assert_eq!(kept, 1, "{vendor} {fault:?}: {first:?}");
            match system.find_entry(&played.key(), &id).await.unwrap() {
                Found::There(_) | Found::CannotLook => {}
                Found::NotThere => panic!("{vendor} {fault:?}: it cannot be found"),
            }
        }
    }
}

#[tokio::test]
async fn what_the_vendor_cannot_take_is_refused_by_name_and_nothing_is_kept() {
    for which in ALL {
        let played = Played::start(which, 3);
        let (vendor, system) = (played.vendor, played.system(patient()));
        if !system.writes() {
            continue;
        }
        let id = random_uuid().unwrap().reveal().to_owned();
        let mut stranger = entry(&id);
        stranger.person = "nobody".into();
        let failure = system.write_entry(&played.key(), &stranger).await.unwrap_err();
        let known = [FailureKind::EntryRejected, FailureKind::NotFound];
        assert!(known.contains(&failure.kind), "{vendor}: {failure:?}");
        let mut tomorrow = entry(&id);
        tomorrow.at = "2099-01-01T00:00:00Z".parse().unwrap();
        let failure = system.write_entry(&played.key(), &tomorrow).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::EntryRejected, "{vendor}");
        assert!(played.hand.written().is_empty(), "{vendor}");
    }
}

#[tokio::test]
async fn tasks_are_read_where_there_are_any_and_nowhere_else_an_error() {
    for which in ALL {
        let played = Played::start(which, 3);
        let (vendor, system) = (played.vendor, played.system(patient()));
        let since = "2026-01-01T00:00:00Z".parse().unwrap();
        let tasks = system.read_tasks(&played.key(), since).await.unwrap();
        assert!(tasks.records.is_empty(), "{vendor}");
    }
}

#[tokio::test]
async fn five_thousand_people_come_in_one_go() {
    let limits = Limits { total: Duration::from_mins(1), ..patient() };
    for which in ALL {
        let played = Played::start(which, 1);
        for n in 1..5_000 {
            let mut one = person(n % 300);
            one.external_id = format!("p-{n}");
            played.hand.add(one);
        }
        let people = played.system(limits).read_people(&played.key(), &()).await.unwrap();
        assert_eq!(people.records.len(), 5_000, "{}", played.vendor);
        assert!(people.set_aside.is_empty(), "{}", played.vendor);
    }
}

#[tokio::test]
async fn a_silence_ends_at_the_vendors_side_too_when_we_go() {
    for which in ALL {
        let played = Played::start(which, 3);
        let system = played.system(quick());
        for fault in [Fault::FirstByteHang, Fault::HangMidBody, Fault::SlowDrip] {
            played.hand.conduct().set_fault(fault);
            system.read_people(&played.key(), &()).await.unwrap_err();
            let begun = Instant::now();
            while played.hand.conduct().busy() > 0 {
                assert!(
                    begun.elapsed() < Duration::from_secs(5),
                    "{} {fault:?} is still held",
                    played.vendor
                );
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn the_simulators_write_down_each_question_without_the_key() {
    for which in ALL {
        let played = Played::start(which, 3);
        let system = played.system(patient());
        system.list_services(&played.key()).await.unwrap();
        system.read_people(&played.key(), &()).await.unwrap();
        let calls = played.hand.conduct().calls();
        assert!(calls.iter().any(|call| call.method == "GET" && call.status == 200), "{}", played.vendor);
        let told = format!("{calls:?}");
        assert!(!told.contains(KEY) && !told.contains(DEPLOYMENT), "{told}");
        assert!(told.contains("…9a41"), "{told}");
    }
}

async fn shown(played: &Played, path: &str) -> String {
    let answer = reqwest::get(format!("{}{path}", played.origin)).await.unwrap();
    assert_eq!(answer.status(), 200, "{} {path}", played.vendor);
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn each_simulator_says_that_it_is_one_and_what_is_assumed_and_takes_a_fault_from_its_page() {
    for which in ALL {
        let played = Played::start(which, 60);
        let vendor = played.vendor;
        for path in ["/", "/people", "/faults"] {
            let html = shown(&played, path).await;
            assert!(html.contains("</strong> – made-up people. Not "), "{vendor} {path}: {html}");
            let foot = html.split("<footer>").nth(1).unwrap_or_default();
            assert!(foot.contains("ssumed") || foot.contains("as published"), "{vendor} {path}: {foot}");
        }
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let press = |site: &'static str| {
            client
                .post(format!("{}/faults", played.origin))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-site", site)
                .body("fault=server-error&lasts=1")
        };
        let refused = press("cross-site").send().await.unwrap().status();
        assert!(refused.is_client_error(), "{vendor}: another site: {refused}");
        let system = played.system(patient());
        assert!(system.read_people(&played.key(), &()).await.is_ok(), "{vendor}");
        assert_eq!(press("same-origin").send().await.unwrap().status(), 303, "{vendor}");
        assert_eq!(system.read_people(&played.key(), &()).await.unwrap_err().kind, FailureKind::ServerError);
        assert!(system.read_people(&played.key(), &()).await.is_ok(), "{vendor}: for one answer");
    }
}
