//! The outbox under load: `cargo bench --bench timeline [-- CASE…]`.
//!
//! *push*: a large group's month of participations, from the queue to the simulated Nourish. *kill*: entries against a
//! simulator that fails a fifth at random, while the process that sends them is killed again and again; afterwards all
//! are there and none twice. Only when asked for by name, since they take minutes: *thousand*, the same with 1,000 kills,
//! and *outage*, 50,000 entries while the vendor is down for three days less an hour. Figures are of this machine, at this
//! moment.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]
#![expect(clippy::indexing_slicing, reason = "the lists are as long as it says")]
#![expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "figures for people to read")]

use std::collections::HashSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use kinbridge::boot;
use kinbridge::config::Config;
use kinbridge::connectors::Vendor;
use kinbridge::db::Db;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageIntegrations, Platform, RunSyncs, Scope, ViewResidents};
use kinbridge::domain::connections::{self, Agreed, Availability, SyncMode};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::residents::{self, Wanted as People};
use kinbridge::domain::sync::{self, Wanted};
use kinbridge::domain::timeline::{self, Act, Source};
use kinbridge::jobs::{push_timeline, read_services, sync_records};
use kinbridge::kit::clock::Clock;
use kinbridge::kit::ids::{OrganisationId, ResidentId};
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::Secret;
use kinbridge::sandbox::nourish::{self, Client, Fault, Location, Population, Service, Simulator};
use kinbridge::services::Services;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INTEGRATION: &str = "bench";
const PUSHED: usize = 38_000;
const KILLED: usize = 10_000;
/// How often the sender is killed, and the longest that it lives.
const KILLS: (u64, u64) = (50, 900);
const THOUSAND: (u64, u64) = (1_000, 240);
const OUTAGE: usize = 50_000;
const PEOPLE: usize = 500;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [word, folder, origin, generation] = asked.as_slice()
        && word == "worker"
    {
        return worker(Path::new(folder), origin, generation.parse().unwrap());
    }
    let wanted = |case: &str| asked.is_empty() || asked.iter().any(|word| case.contains(word.as_str()));
    actix_web::rt::System::new().block_on(async {
        if wanted("push") {
            push().await;
        }
        if wanted("kill") {
            kill(KILLS).await;
        }
        if asked.iter().any(|word| word == "thousand") {
            kill(THOUSAND).await;
        }
        if asked.iter().any(|word| word == "outage") {
            outage().await;
        }
    });
}

/// 38,000 participations of 500 people.
async fn push() {
    let bench = Bench::start("push").await;
    bench.enqueue(PUSHED);
    let before = Instant::now();
    push_timeline::run(&bench.services).await.unwrap();
    let took = before.elapsed();
    let there = bench.simulator.entries().len();
    println!("push: {there} of {PUSHED} entries of {PEOPLE} people in {:.1} s (goal 60)", took.as_secs_f64());
    println!(
        "      {:.0} a second, {:.2} ms each",
        there as f64 / took.as_secs_f64(),
        took.as_secs_f64() * 1e3 / there as f64
    );
}

/// 10,000 entries, a fifth of all requests failing at random, the sender killed again and again.
async fn kill((kills, longest): (u64, u64)) {
    let bench = Bench::start("kill").await;
    bench.enqueue(KILLED);
    bench.simulator.set_fault(Fault::FailAtRandom);
    bench.simulator.seed_chance(42);
    let own = std::env::current_exe().unwrap();
    let start = |generation: u64| {
        let folder = bench.folder.0.to_str().unwrap();
        let number = generation.to_string();
        Command::new(&own).args(["worker", folder, &bench.origin, &number]).spawn().unwrap()
    };
    let before = Instant::now();
    let mut killed = 0;
    for generation in 0..kills {
        let mut child = start(generation);
        // Another time each time, from just after its start.
        let wait = Duration::from_millis(60 + (generation * 7_919) % longest);
        actix_web::rt::time::sleep(wait).await;
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        child.wait().unwrap();
    }
    let mut last = start(kills);
    while last.try_wait().unwrap().is_none() {
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    let entries = bench.simulator.entries();
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.external_id.as_str()).collect();
    let sent = bench.services.db.read_now(|conn| {
        let scope = Scope::<RunSyncs>::for_the_portal(bench.organisation);
        Ok::<_, Refusal>(timeline::counts(conn, &scope)?)
    });
    println!(
        "kill: {} of {KILLED} entries there, {} of them twice, sender killed {killed} times, {:.1} s",
        ids.len(),
        entries.len() - ids.len(),
        before.elapsed().as_secs_f64()
    );
    println!("      states here: {:?}", sent.unwrap());
}

/// 50,000 entries while the vendor is down: nothing is lost, and memory does not grow with what waits. The simulator keeps
/// what it was sent in this process, so that memory is measured up to the end of the outage.
async fn outage() {
    let mut bench = Bench::start("outage").await;
    let clock = Clock::set_to(DateTime::<Utc>::from(SystemTime::now()).naive_utc());
    bench.services.db = Db::open(boot::target(&bench.services.config), clock.clone()).unwrap();
    bench.services.clock = clock.clone();
    bench.simulator.set_fault(Fault::Unavailable);
    bench.enqueue(OUTAGE);
    push_timeline::run(&bench.services).await.unwrap();
    let (before, started) = (resident_memory(), Instant::now());
    let rounds = 71 * 3;
    for _ in 0..rounds {
        clock.advance(TimeDelta::minutes(20));
        push_timeline::run(&bench.services).await.unwrap();
    }
    let grown = resident_memory() - before;
    println!(
        "outage: {rounds} rounds in {:.1} s, memory {:+.1} MiB (goal 32)",
        started.elapsed().as_secs_f64(),
        grown
    );
    bench.simulator.clear_fault();
    let drain = Instant::now();
    loop {
        clock.advance(TimeDelta::minutes(20));
        push_timeline::run(&bench.services).await.unwrap();
        if !bench.services.db.read_now(|conn| Ok::<_, Refusal>(timeline::any_pending(conn)?)).unwrap() {
            break;
        }
    }
    let entries = bench.simulator.entries();
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.external_id.as_str()).collect();
    println!(
        "        afterwards {} of {OUTAGE} there, {} of them twice, in {:.1} s",
        ids.len(),
        entries.len() - ids.len(),
        drain.elapsed().as_secs_f64()
    );
}

/// In MiB, as the system counts it.
fn resident_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// Sends until nothing is left, or until it is killed. Its clock is ahead by more than a lease for each earlier one.
fn worker(folder: &Path, origin: &str, generation: u64) {
    actix_web::rt::System::new().block_on(async {
        let wall = DateTime::<Utc>::from(SystemTime::now()).naive_utc();
        let ahead = TimeDelta::seconds(i64::try_from(generation).unwrap() * 400);
        let clock = Clock::set_to(wall + ahead);
        let mut services = boot::services(config(folder, origin)).unwrap();
        services.db = Db::open(boot::target(&services.config), clock.clone()).unwrap();
        services.clock = clock.clone();
        loop {
            push_timeline::run(&services).await.unwrap();
            let left = services.db.read_now(|conn| Ok::<_, Refusal>(timeline::any_pending(conn)?)).unwrap();
            if !left {
                return;
            }
            clock.advance(TimeDelta::seconds(20));
        }
    });
}

struct Bench {
    services: Services,
    simulator: Simulator,
    organisation: OrganisationId,
    people: Vec<ResidentId>,
    origin: String,
    folder: Folder,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn config(folder: &Path, origin: &str) -> Config {
    let keys = KeyRing::parse(&std::fs::read_to_string(folder.join("key")).unwrap()).unwrap();
    let mut config = Config::for_demo("127.0.0.1:0".parse().unwrap(), folder.to_owned(), keys);
    config.vendor_urls.insert("nourish".into(), origin.to_owned());
    config.allowed_vendor_origins.push(origin.to_owned());
    config.vendor_secrets.insert("nourish".into(), Secret::new(INTEGRATION));
    config
}

impl Bench {
    /// An organisation whose 500 residents are all linked.
    async fn start(case: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kinbridge-timeline-{case}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("key"), KeyRing::new_line().unwrap().reveal()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = nourish::start(listener, population()).unwrap();
        actix_web::rt::spawn(server);
        let services = boot::services(config(&folder, &origin)).unwrap();
        let (organisation, token) = connect(&services, &origin);
        simulator.paste_token("svc-1", &token);
        read_services::run(&services).await.unwrap();
        sync(&services, organisation).await;
        let viewer = Scope::<ViewResidents>::for_the_portal(organisation);
        let most = i64::try_from(PEOPLE).unwrap();
        let found = services
            .db
            .read_now(|conn| Ok::<_, Refusal>(residents::list(conn, &viewer, &People::default(), 0, most)?));
        let people: Vec<ResidentId> = found.unwrap().rows.into_iter().map(|row| row.id).collect();
        assert_eq!(people.len(), PEOPLE);
        Self { services, simulator, organisation, people, origin, folder: Folder(folder) }
    }

    fn enqueue(&self, count: usize) {
        let start: NaiveDateTime = "2025-01-01T10:00:00".parse().unwrap();
        let acts: Vec<Act> = (0..count)
            .map(|n| Act {
                resident: self.people[n % PEOPLE],
                source_id: i64::try_from(n).unwrap(),
                key: format!("bench-{n}"),
                version: 1,
                at: start + TimeDelta::minutes(i64::try_from(n).unwrap()),
                activity_name: "Chair yoga".into(),
                details: "Gentle stretching in a chair".into(),
                location: "Lounge".into(),
                took_part: n % 5 != 0,
                rating: Some(4),
                comment: "Joined in with everything and asked for more".into(),
                completed_by: "Amina Yusuf".into(),
            })
            .collect();
        let before = Instant::now();
        let organisation = self.organisation;
        self.services
            .db
            .write_now(|tx| timeline::enqueue(tx, organisation, Source::Activity, &acts))
            .unwrap();
        println!("queued {count} entries in one transaction in {:.2} s", before.elapsed().as_secs_f64());
    }
}

fn connect(services: &Services, origin: &str) -> (OrganisationId, String) {
    let keys = services.config.keys.clone();
    let made = services.db.write_now(|tx| {
        let typed = Typed {
            name: "Willow House Group",
            kind: "company",
            sector: "care home",
            time_zone: "Europe/London",
            ..Typed::default()
        };
        let organisation =
            organisations::create(tx, &Platform::for_the_operator(), &NewOrganisation::read(&typed)?)?;
        let scope = Scope::<ManageIntegrations>::for_the_portal(organisation);
        let at_once = Availability::AtOnce;
        let issued = connections::switch_on(tx, &scope, &keys, Vendor::Nourish, at_once, origin, Agreed)?;
        let connection = connections::find(tx.conn, &scope, Vendor::Nourish)?.ok_or(Refusal::NotHere)?.id;
        connections::set_mode(tx, &scope, connection, SyncMode::Create)?;
        Ok::<_, Refusal>((organisation, issued.unwrap().secret.reveal().to_owned()))
    });
    made.unwrap()
}

async fn sync(services: &Services, organisation: OrganisationId) {
    let scope = Scope::<RunSyncs>::for_the_portal(organisation);
    let asked = services.db.write(move |tx| {
        let connection = connections::find(tx.conn, &scope, Vendor::Nourish)?.ok_or(Refusal::NotHere)?.id;
        sync::request(tx, &scope, connection, Wanted::Both, false)
    });
    asked.await.unwrap();
    sync_records::run(services).await.unwrap();
}

fn population() -> Population {
    let client = |n: usize| Client {
        id: format!("c{n:06}"),
        first_name: format!("First{n}"),
        last_name: format!("Last{n}"),
        birth_date: format!("{}-{:02}-{:02}", 1922 + (n * 13) % 34, 1 + (n * 5) % 12, 1 + (n * 11) % 28),
        resident_type: "Residential".into(),
        status: "Permanent".into(),
        service_id: "svc-1".into(),
        location_id: "loc-1".into(),
        ..Client::default()
    };
    let location = Location { id: "loc-1".into(), name: "Willow House".into() };
    Population {
        integration_id: INTEGRATION.into(),
        services: vec![Service {
            id: "svc-1".into(),
            name: "Willow House".into(),
            locations: vec![location],
        }],
        clients: (0..PEOPLE).map(client).collect(),
        users: Vec::new(),
    }
}
