//! SY-4: the program is killed with kill -9 at 50 moments of a first sync of 5,000 residents. What it leaves is the
//! database as it was before or as it is after, never a part; and the next sync brings it to the same end.

#![cfg(test)]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use kinbridge::boot;
use kinbridge::config::Config;
use kinbridge::connectors::Vendor;
use kinbridge::db::{Db, Target};
use kinbridge::domain::access::{ManageIntegrations, Platform, Scope};
use kinbridge::domain::connections::{self, Agreed, Availability, SyncMode};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::{Refusal, audit};
use kinbridge::jobs::read_services;
use kinbridge::kit::clock::Clock;
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::Secret;
use kinbridge::sandbox::nourish::{self, Location, Population, Service, Simulator};
use kinbridge::services::Services;

use crate::program::{Folder, finished, kinbridge};
use crate::support::vendors::client;

const KILLS: u32 = 50;
const PEOPLE: u32 = 5_000;
const INTEGRATION_ID: &str = "partner-0001";

#[test]
fn a_sync_that_is_killed_at_any_moment_leaves_all_or_nothing_and_ends_the_same() {
    let folder = Folder::new();
    let (origin, simulator) = play_nourish();
    let pristine = connected(&folder, &origin, &simulator);
    let database = database(&folder);

    fresh(&pristine, &database);
    let started = Instant::now();
    let (code, said, errors) = finished(&mut sync(&folder, &origin));
    let whole = started.elapsed();
    assert_eq!(code, 0, "{said}{errors}");
    let undisturbed = left_in(&database);
    assert_eq!(undisturbed.residents.len(), usize::try_from(PEOPLE).unwrap());
    assert_eq!(undisturbed.pairings, i64::from(PEOPLE));

    let (mut before, mut after) = (0, 0);
    for kill in 0..KILLS {
        fresh(&pristine, &database);
        let mut running = sync(&folder, &origin).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(whole * kill / KILLS);
        running.kill().unwrap();
        running.wait().unwrap();
        let left = left_in(&database);
        if left.residents.is_empty() {
            assert_eq!(left.pairings, 0, "kill {kill}");
            before += 1;
        } else {
            assert_eq!(left, undisturbed, "kill {kill}");
            after += 1;
        }
        if kill % 10 == 9 {
            fall_silent(&database);
            let (code, said, errors) = finished(&mut sync(&folder, &origin));
            assert_eq!(code, 0, "after kill {kill}: {said}{errors}");
            assert_eq!(left_in(&database), undisturbed, "after kill {kill}");
        }
    }
    println!("{KILLS} kills: {before} left nothing, {after} left everything, none a part");
    assert!(before > 0, "no kill came before the end");
}

/// The simulator on a thread of its own, which ends with the tests.
fn play_nourish() -> (String, Simulator) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let location = Location { id: "main".into(), name: "Main".into() };
    let population = Population {
        integration_id: INTEGRATION_ID.into(),
        services: vec![Service { id: "s-1".into(), name: "Oak Wing".into(), locations: vec![location] }],
        clients: (0..PEOPLE).map(client).collect(),
        users: Vec::new(),
    };
    let (tell, told) = channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let (simulator, server) = nourish::start(listener, population).unwrap();
            tell.send(simulator).unwrap();
            server.await
        })
    });
    (origin, told.recv().unwrap())
}

fn database(folder: &Folder) -> PathBuf {
    folder.path().join("data").join("kinbridge.db")
}

/// An organisation in create mode that Nourish has switched on, and nobody in it: a copy of its database.
fn connected(folder: &Folder, origin: &str, simulator: &Simulator) -> PathBuf {
    let (services, token) = portal_with_nourish(folder, origin);
    assert!(simulator.paste_token("s-1", token.reveal()));
    actix_web::rt::System::new().block_on(read_services::run(&services)).unwrap();
    drop(services);
    let pristine = folder.path().join("pristine.db");
    let mut conn = open(&database(folder));
    conn.batch_execute(&format!("VACUUM INTO '{}'", pristine.display())).unwrap();
    pristine
}

/// The services over a new database in the folder, with the key file `key`: organisation 1 has a token for Nourish.
pub(crate) fn portal_with_nourish(folder: &Folder, origin: &str) -> (Services, Secret) {
    let key = folder.path().join("key");
    let (code, _, errors) = finished(&mut kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]));
    assert_eq!(code, 0, "{errors}");
    let keys = KeyRing::parse(&fs::read_to_string(&key).unwrap()).unwrap();
    let mut config =
        Config::for_demo("127.0.0.1:0".parse().unwrap(), folder.path().join("data"), keys.clone());
    config.vendor_urls.insert("nourish".into(), origin.to_owned());
    config.allowed_vendor_origins.push(origin.to_owned());
    config.vendor_secrets.insert("nourish".into(), Secret::new(INTEGRATION_ID));
    let services = boot::services(config).unwrap();
    let token = services.db.write_now(|tx| {
        let typed = Typed {
            name: "Willow House Group",
            kind: "company",
            sector: "care home",
            time_zone: "Europe/London",
            ..Typed::default()
        };
        let new = NewOrganisation::read(&typed)?;
        let organisation = organisations::create(tx, &Platform::for_the_operator(), &new)?;
        let scope = Scope::<ManageIntegrations>::for_the_portal(organisation);
        let at_once = Availability::AtOnce;
        let issued = connections::switch_on(tx, &scope, &keys, Vendor::Nourish, at_once, origin, Agreed)?;
        let connection = connections::find(tx.conn, &scope, Vendor::Nourish)?.unwrap().id;
        connections::set_mode(tx, &scope, connection, SyncMode::Create)?;
        Ok::<_, Refusal>(issued.unwrap().secret)
    });
    (services, token.unwrap())
}

/// Puts the database back to what it was before the first sync.
fn fresh(pristine: &Path, database: &Path) {
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{beside}", database.display()));
    }
    fs::copy(pristine, database).unwrap();
}

fn sync(folder: &Folder, origin: &str) -> Command {
    let mut command = kinbridge(&["sync", "--organisation", "1", "--only", "residents"]);
    command
        .env("KINBRIDGE_DATA", folder.path().join("data"))
        .env("KINBRIDGE_SEALING_KEY_FILE", folder.path().join("key"))
        .env("KINBRIDGE_VENDOR_URLS", format!("nourish={origin}"))
        .env("KINBRIDGE_VENDOR_SECRETS", format!("nourish={INTEGRATION_ID}"))
        .env("KINBRIDGE_ALLOWED_VENDOR_ORIGINS", origin);
    command
}

/// As if the killed worker's lease had run out: the next one looks, and takes its run over.
fn fall_silent(database: &Path) {
    let past = "UPDATE sync_runs SET lease_until = '2020-01-01 00:00:00' WHERE lease_until IS NOT NULL";
    open(database).batch_execute(past).unwrap();
}

fn open(database: &Path) -> SqliteConnection {
    SqliteConnection::establish(database.to_str().unwrap()).unwrap()
}

#[derive(Debug, PartialEq, Eq)]
struct Left {
    residents: Vec<Resident>,
    pairings: i64,
}

#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Resident {
    #[diesel(sql_type = diesel::sql_types::Text)]
    facts: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// What a killed program left behind, which must be sound.
fn left_in(database: &Path) -> Left {
    let mut conn = open(database);
    let number = |conn: &mut SqliteConnection, query: &str| {
        diesel::sql_query(format!("SELECT ({query}) AS n")).get_result::<Number>(conn).unwrap().n
    };
    let sound = "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'";
    assert_eq!(number(&mut conn, sound), 1);
    assert_eq!(number(&mut conn, "SELECT COUNT(*) FROM pragma_foreign_key_check"), 0);
    let facts = "SELECT nhs_number || '|' || first_name || '|' || last_name || '|' || room || '|' || state AS facts \
        FROM residents ORDER BY nhs_number";
    let residents = diesel::sql_query(facts).load(&mut conn).unwrap();
    let pairings = number(&mut conn, "SELECT COUNT(*) FROM pairings WHERE ended_at IS NULL");
    drop(conn);
    let db = Db::open(Target::Sqlite(database.to_owned()), Clock::System).unwrap();
    let chain: Result<_, Refusal> = db.read_now(|conn| Ok(audit::verify(conn)?));
    assert!(chain.unwrap().is_ok(), "the audit trail is whole");
    Left { residents, pairings }
}
