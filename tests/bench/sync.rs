//! How long syncs take, as ratios within one run: `cargo bench --bench sync [-- CASE…]`.
//!
//! Every figure is measured over the portal's own code: the simulator answers on a loopback port, a
//! requested run is claimed, fetched, planned and applied. Figures are of this machine, at this
//! moment; the ratios are what to compare.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]
#![expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "figures for people to read")]

mod hang;
#[expect(dead_code, clippy::expect_used, reason = "shared with the bench of pages, which asks for more")]
mod load;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kinbridge::boot;
use kinbridge::config::Config;
use kinbridge::connectors::Vendor;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageIntegrations, Platform, RunSyncs, Scope, ViewResidents};
use kinbridge::domain::connections::{self, Agreed, Availability, SyncMode};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::residents::{self, NewResident, ResidentFacts};
use kinbridge::domain::sync::{self, Wanted};
use kinbridge::jobs::{read_services, sync_records};
use kinbridge::kit::ids::{ConnectionId, OrganisationId};
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::Secret;
use kinbridge::sandbox::nourish::{self, Client, Location, Population, Service, Simulator};
use kinbridge::services::Services;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Everybody of one bench: the portal, the vendor and the connection between them.
struct Bench {
    services: Services,
    simulator: Simulator,
    connection: ConnectionId,
    organisation: OrganisationId,
    _folder: Folder,
}

struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |case: &str| asked.is_empty() || asked.iter().any(|word| case.contains(word.as_str()));
    let system = actix_web::rt::System::new();
    system.block_on(async {
        if wanted("create") {
            create().await;
        }
        if wanted("pair") {
            pair().await;
        }
        if wanted("hang") {
            hang::measure().await;
        }
        if wanted("scale") {
            scale().await;
        }
    });
}

/// 5,000 residents: first sync, the same again, and with one in a hundred changed.
async fn create() {
    let bench = Bench::start(5_000, SyncMode::Create).await;
    println!("create mode, 5,000 residents");
    three(&bench).await;
}

/// The same with as many residents here already.
async fn pair() {
    let bench = Bench::start(5_000, SyncMode::Pair).await;
    bench.residents_here(5_000).await;
    println!("pair mode, 5,000 residents here and there");
    three(&bench).await;
}

async fn three(bench: &Bench) {
    let before = resident_memory();
    let first = bench.sync().await;
    let memory = peak_memory().saturating_sub(before);
    println!(
        "  first sync       {:>8.3} s   (goal 3)   memory +{} MiB (goal 64)",
        first.as_secs_f64(),
        memory / 1024
    );
    let again = bench.sync().await;
    println!(
        "  nothing changed  {:>8.3} s   (goal .5)  {:.3} of the first",
        again.as_secs_f64(),
        ratio(again, first)
    );
    let one = bench.sync_one().await;
    println!(
        "  one resident     {:>8.3} s   (goal 2)   {:.3} of the first",
        one.as_secs_f64(),
        ratio(one, first)
    );
    bench.change(50);
    let some = bench.sync().await;
    println!(
        "  1 % changed      {:>8.3} s   (goal .7)  {:.3} of the first",
        some.as_secs_f64(),
        ratio(some, first)
    );
}

/// Cost for each resident of the first sync, from 1,000 to 100,000.
async fn scale() {
    println!("first sync in create mode, cost for each resident");
    let mut base = None;
    for people in [1_000, 10_000, 100_000] {
        let bench = Bench::start(people, SyncMode::Create).await;
        let took = bench.sync().await;
        let each = took.as_secs_f64() / people as f64;
        let base = *base.get_or_insert(each);
        println!(
            "  {people:>7}  {:>8.3} s  {:>7.1} µs each  ratio to 1,000: {:.2} (goal 1.5)",
            took.as_secs_f64(),
            each * 1e6,
            each / base
        );
    }
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

impl Bench {
    async fn start(people: usize, mode: SyncMode) -> Self {
        Self::start_with(people, mode, |_| {}).await
    }

    async fn start_with(people: usize, mode: SyncMode, more: impl FnOnce(&mut Config)) -> Self {
        let folder = std::env::temp_dir().join(format!(
            "kinbridge-bench-{}-{people}-{}",
            std::process::id(),
            mode.as_str()
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (simulator, server) = nourish::start(listener, population(people)).unwrap();
        actix_web::rt::spawn(server);
        let keys = KeyRing::parse(KeyRing::new_line().unwrap().reveal()).unwrap();
        let mut config = Config::for_demo("127.0.0.1:0".parse().unwrap(), folder.clone(), keys);
        let origin = format!("http://{address}");
        config.vendor_urls.insert("nourish".into(), origin.clone());
        config.allowed_vendor_origins.push(origin.clone());
        config.vendor_secrets.insert("nourish".into(), Secret::new("bench"));
        more(&mut config);
        let services = boot::services(config).unwrap();
        let (organisation, connection, token) = connect(&services, mode, &origin);
        simulator.paste_token("svc-1", &token);
        read_services::run(&services).await.unwrap();
        Self { services, simulator, connection, organisation, _folder: Folder(folder) }
    }

    /// Requests a run and works it off; the time is from the claim to the end.
    async fn sync(&self) -> Duration {
        let connection = self.connection;
        let scope = Scope::<RunSyncs>::for_the_portal(self.organisation);
        let asked =
            self.services.db.write(move |tx| sync::request(tx, &scope, connection, Wanted::Both, false));
        asked.await.unwrap();
        let start = Instant::now();
        sync_records::run(&self.services).await.unwrap();
        start.elapsed()
    }

    /// *Sync this resident*, of the last one who is paired: the list is read, and their part applied.
    async fn sync_one(&self) -> Duration {
        let (connection, organisation) = (self.connection, self.organisation);
        let asked = self.services.db.write(move |tx| {
            let scope = Scope::<ViewResidents>::for_the_portal(organisation);
            let wanted = residents::Wanted { paired: Some(true), ..residents::Wanted::default() };
            let page = residents::list(tx.conn, &scope, &wanted, 0, 1)?;
            let resident = page.rows.first().ok_or(Refusal::NotHere)?.id;
            let scope = Scope::<RunSyncs>::for_the_portal(organisation);
            sync::request_one(tx, &scope, connection, resident)
        });
        asked.await.unwrap();
        let start = Instant::now();
        sync_records::run(&self.services).await.unwrap();
        start.elapsed()
    }

    fn change(&self, people: usize) {
        for n in 0..people {
            self.simulator.edit_client(&id(n), |client| client.status = "Respite".into());
        }
    }

    /// Residents here who are the ones there; every second without an NHS number, so that half are suggestions.
    async fn residents_here(&self, people: usize) {
        let organisation = self.organisation;
        let all: Arc<Vec<Client>> = Arc::new((0..people).map(client).collect());
        let made = self.services.db.write(move |tx| {
            let scope = Scope::for_the_portal(organisation);
            let home = organisations::add_home(tx, &scope, "Willow House")?;
            let new: Vec<NewResident> = all
                .iter()
                .enumerate()
                .map(|(n, client)| NewResident {
                    organisation,
                    facts: ResidentFacts {
                        home,
                        zone: None,
                        room: client.room.clone(),
                        first_name: client.first_name.clone(),
                        last_name: client.last_name.clone(),
                        preferred_name: String::new(),
                        date_of_birth: client.birth_date.parse().ok(),
                        nhs_number: if n % 2 == 0 { client.nhs_number.clone() } else { String::new() },
                        resident_type: String::new(),
                        care_status: "Permanent".into(),
                    },
                })
                .collect();
            residents::insert_many(tx, &new)?;
            residents::settle(tx, organisation)?;
            Ok::<_, Refusal>(())
        });
        made.await.unwrap();
    }
}

fn connect(services: &Services, mode: SyncMode, origin: &str) -> (OrganisationId, ConnectionId, String) {
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
        connections::set_mode(tx, &scope, connection, mode)?;
        Ok::<_, Refusal>((organisation, connection, issued.unwrap().secret.reveal().to_owned()))
    });
    made.unwrap()
}

fn population(people: usize) -> Population {
    let location = Location { id: "loc-1".into(), name: "Willow House".into() };
    Population {
        integration_id: "bench".into(),
        services: vec![Service {
            id: "svc-1".into(),
            name: "Willow House".into(),
            locations: vec![location],
        }],
        clients: (0..people).map(client).collect(),
        users: Vec::new(),
    }
}

fn id(n: usize) -> String {
    format!("c{n:06}")
}

const FIRST: [&str; 24] = [
    "Ada", "Betty", "Cyril", "Doris", "Edith", "Frank", "Gwen", "Harold", "Ivy", "Joan", "Kenneth", "Lily",
    "Mavis", "Norman", "Olive", "Percy", "Queenie", "Ronald", "Sylvia", "Thomas", "Una", "Vera", "Walter",
    "Yvonne",
];
const LAST: [&str; 20] = [
    "Ashdown",
    "Bell",
    "Cole",
    "Drew",
    "Entwistle",
    "Farrow",
    "Gilhooly",
    "Hathersage",
    "Ibbot",
    "Jarvis",
    "Kemp",
    "Lonsdale",
    "Mossop",
    "Naylor",
    "Oakeshott",
    "Penhale",
    "Quick",
    "Rothwell",
    "Swales",
    "Trewin",
];

/// The n-th made-up resident: names repeat, as they do, and NHS numbers never do.
fn client(n: usize) -> Client {
    let pick = |list: &[&str], n: usize| list.get(n % list.len()).copied().unwrap_or_default().to_owned();
    let second = ["", "son", "ley", "ton", "by", "worth", "wick"];
    Client {
        id: id(n),
        first_name: pick(&FIRST, n * 7 + n / 24),
        last_name: format!("{}{}", pick(&LAST, n * 3 + n / 20), pick(&second, n / 480)),
        birth_date: format!("{}-{:02}-{:02}", 1922 + (n * 13) % 34, 1 + (n * 5) % 12, 1 + (n * 11) % 28),
        nhs_number: nhs_number(n),
        resident_type: "Residential".into(),
        status: "Permanent".into(),
        room: (n % 60 + 1).to_string(),
        service_id: "svc-1".into(),
        location_id: "loc-1".into(),
        ..Client::default()
    }
}

/// The n-th number of the test range that has a check digit.
fn nhs_number(n: usize) -> String {
    let mut body = 999_000_000 + n * 9;
    loop {
        let digits = body.to_string();
        let sum: usize = digits
            .bytes()
            .zip((2..=10).rev())
            .map(|(digit, weight)| usize::from(digit - b'0') * weight)
            .sum();
        match 11 - sum % 11 {
            11 => return format!("{digits}0"),
            10 => body += 1,
            check => return format!("{digits}{check}"),
        }
    }
}

fn resident_memory() -> u64 {
    status("VmRSS:")
}

/// The most memory that the process ever had, in KiB.
fn peak_memory() -> u64 {
    status("VmHWM:")
}

fn status(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    found.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
