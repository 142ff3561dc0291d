//! One vendor takes every question and answers none: what that costs everybody else. Pages are asked over HTTP of a
//! server in this process, whose jobs carry the syncs; each figure is taken twice in one run, alone and beside the
//! silence.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use kinbridge::boot;
use kinbridge::connectors::Vendor;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageIntegrations, Platform, Role, RunSyncs, Scope, ViewIntegrations};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::domain::connections::{self, Availability, Destination, SyncMode, TypedKey};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::sync::{self, Wanted};
use kinbridge::jobs::read_services;
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{ConnectionId, OrganisationId, RunId};
use kinbridge::kit::secret::Secret;
use kinbridge::sandbox::Fault;
use kinbridge::sandbox::kareinn::{self, Population, Simulator};
use kinbridge::services::Services;

use super::load::{Load, load, sign_in};
use super::{Bench, ratio};

const PASSWORD: &str = "teapot glacier violin";
const EMAIL: &str = "mary@bench.example";
/// Shorter than the vendor is silent for: fifteen seconds.
const TIME: Duration = Duration::from_secs(5);
const RESIDENTS: usize = 2_000;

/// The figures, as ratios of what they are alone.
pub async fn measure() {
    println!("one vendor is silent");
    let (simulator, silent) = vendor();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let bench = Bench::start_with(RESIDENTS, SyncMode::Create, |config| {
        let origin = format!("http://{silent}");
        config.vendor_urls.insert("kareinn".into(), origin.clone());
        config.allowed_vendor_origins.push(origin);
        config.public_url = format!("http://{address}");
        config.listen = address;
    })
    .await;
    let other = silenced(&bench.services, &format!("http://{silent}"));
    read_services::run(&bench.services).await.unwrap();
    simulator.set_fault(Fault::FirstByteHang);
    let cookie_of = account(&bench).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(boot::run(bench.services.clone(), listener, async move {
        let _ = stopped.await;
    }));
    let cookie = tokio::task::spawn_blocking(move || cookie_of(address)).await.unwrap();
    let path = format!("/org/{}/residents", bench.organisation);
    let ask =
        |cookie: String, path: String| tokio::task::spawn_blocking(move || pages(address, &path, &cookie));
    let first = sync_through_jobs(&bench.services, bench.organisation, bench.connection).await;
    let alone = ask(cookie.clone(), path.clone()).await.unwrap();
    let calm = sync_through_jobs(&bench.services, bench.organisation, bench.connection).await;
    request(&bench.services, other.0, other.1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let beside = ask(cookie, path).await.unwrap();
    let busy = sync_through_jobs(&bench.services, bench.organisation, bench.connection).await;
    println!("  first sync of {RESIDENTS}      {:>8.3} s", first.as_secs_f64());
    println!(
        "  residents page, p99   {:>8} µs alone, {:>8} µs beside it: {:.2} (goal 1.2)",
        alone.p99,
        beside.p99,
        f64::from(u32::try_from(beside.p99).unwrap()) / f64::from(u32::try_from(alone.p99).unwrap())
    );
    println!(
        "  another's sync        {:>8.3} s alone, {:>8.3} s beside it: {:.2}",
        calm.as_secs_f64(),
        busy.as_secs_f64(),
        ratio(busy, calm)
    );
    let _ = stop.send(());
    let _ = served.await;
}

const KEY: &str = "a-key-that-is-answered-no-more";

/// KareInn, played, with nobody in it.
fn vendor() -> (Simulator, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let population = Population {
        key: KEY.into(),
        organisation: "Elm Trust".into(),
        residents: Vec::new(),
        staff: Vec::new(),
    };
    let (simulator, server) = kareinn::start(listener, population).unwrap();
    simulator.accept_key(KEY);
    actix_web::rt::spawn(server);
    (simulator, address)
}

/// Another organisation, which is connected to the vendor that falls silent.
fn silenced(services: &Services, origin: &str) -> (OrganisationId, ConnectionId) {
    let keys = services.config.keys.clone();
    let to = Destination {
        origin: origin.to_owned(),
        allowed_origins: services.config.allowed_vendor_origins.clone(),
    };
    let typed = TypedKey {
        secret: Secret::new(KEY),
        address: String::new(),
        valid_until: None,
        agreed: true,
        pays: true,
    };
    let made = services.db.write_now(|tx| {
        let operator = Platform::for_the_operator();
        let named = Typed {
            name: "Elm Trust",
            kind: "trust",
            sector: "care home",
            time_zone: "Europe/London",
            ..Typed::default()
        };
        let organisation = organisations::create(tx, &operator, &NewOrganisation::read(&named)?)?;
        let scope = Scope::<ManageIntegrations>::for_the_portal(organisation);
        let vendor = (Vendor::KareInn, Availability::AtOnce);
        connections::ask_for(tx, &scope, vendor, true, "http://portal.example")?;
        let whose = (organisation, vendor.0, vendor.1);
        let made = connections::record_key(tx, &operator, whose, &keys, &to, (&typed, "the bench"))?;
        Ok::<_, Refusal>((organisation, made))
    });
    made.unwrap()
}

/// A super manager with a password; gives what signs them in.
async fn account(bench: &Bench) -> impl FnOnce(SocketAddr) -> String + Send + use<> {
    let (organisation, hasher) = (bench.organisation, bench.services.hasher.clone());
    let hashed = tokio::task::spawn_blocking(move || hasher.hash_now(&Secret::new(PASSWORD)));
    let password = hashed.await.unwrap().unwrap();
    let made = bench.services.db.write_now(|tx| {
        let operator = Platform::for_the_operator();
        let email = EmailAddress::parse(EMAIL).ok_or(Refusal::NotHere)?;
        let new = NewAccount { email, name: "Mary Jones".into() };
        let made = accounts::add_member_by_platform(tx, &operator, organisation, &new, Role::Manager)?;
        accounts::set_password(tx, &operator, made.account, &password)
    });
    made.unwrap();
    |address| sign_in(address, EMAIL, PASSWORD).and_then(|one| one.cookie).unwrap()
}

fn pages(address: SocketAddr, path: &str, cookie: &str) -> Load {
    load(address, path, cookie, 2, TIME)
}

async fn request(services: &Services, organisation: OrganisationId, connection: ConnectionId) -> RunId {
    let scope = Scope::<RunSyncs>::for_the_portal(organisation);
    let asked = services.db.write(move |tx| sync::request(tx, &scope, connection, Wanted::Both, false)).await;
    services.wake.notify_one();
    asked.unwrap().run()
}

/// From the request to the end, as the running portal carries it.
async fn sync_through_jobs(
    services: &Services,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> Duration {
    let started = Instant::now();
    let run = request(services, organisation, connection).await;
    loop {
        let scope = Scope::<ViewIntegrations>::for_the_portal(organisation);
        let read = services.db.read(move |conn| sync::get(conn, &scope, run).map_err(Refusal::from));
        if !read.await.unwrap().state.under_way() {
            return started.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
