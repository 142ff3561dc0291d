//! How long it takes to approve many at once: `cargo bench --bench staff`.
//!
//! The portal's own verbs on an embedded database: 300 people whom a vendor lists are put on the list by a sync and
//! approved in one act, with accounts, places, staff members, pairings, letters and an event each.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::collections::HashMap;
use std::time::Instant;

use kinbridge::connectors::{ServiceRecord, Snapshot, StaffRecord, Vendor};
use kinbridge::db::{Db, Target};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{
    ApproveStaff, ManageIntegrations, ManagePlaces, Permission, Platform, Role, RunSyncs, Scope,
};
use kinbridge::domain::approvals::{self, Approving, State, Wanted};
use kinbridge::domain::connections::{self, Agreed, Availability};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::pairing::matching::System;
use kinbridge::domain::sync::{self, List, Staged};
use kinbridge::kit::clock::Clock;
use kinbridge::kit::ids::OrganisationId;
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::fingerprint;

const PEOPLE: usize = 300;

/// Seconds that approving [`PEOPLE`] may take.
const GOAL: f64 = 2.0;

fn main() -> std::process::ExitCode {
    let file = std::env::temp_dir().join(format!("kinbridge-staff-{}.db", std::process::id()));
    let db = Db::open(Target::Sqlite(file.clone()), Clock::System).unwrap();
    db.migrate().unwrap();
    let organisation = listed(&db);
    let scope = Scope::<ApproveStaff>::for_the_portal(organisation);
    let read = |conn: &mut kinbridge::db::Conn| {
        Ok::<_, Refusal>(approvals::ids(conn, &scope, State::Pending, &Wanted::default())?)
    };
    let ids = db.read_now(read).unwrap();
    let carer = Permission::defaults(Role::Staff);
    let wanted: Vec<Approving> = ids
        .iter()
        .map(|id| Approving {
            id: *id,
            granted: Some((Role::Staff, carer.clone())),
            sign_in_name: String::new(),
        })
        .collect();
    let started = Instant::now();
    let outcome =
        db.write_now(|tx| approvals::approve(tx, &scope, &wanted, "https://portal.example")).unwrap();
    let took = started.elapsed().as_secs_f64();
    let met = took <= GOAL && outcome.done.len() == PEOPLE;
    let word = if met { "ok    " } else { "MISSED" };
    println!("{word} approve {} of {PEOPLE} in one act, s: {took:.3} (at most {GOAL})", outcome.done.len());
    for end in ["", "-wal", "-shm"] {
        let mut path = file.clone().into_os_string();
        path.push(end);
        let _ = std::fs::remove_file(path);
    }
    if met { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

/// An organisation whose vendor lists everybody.
fn listed(db: &Db) -> OrganisationId {
    let operator = Platform::for_the_operator();
    let typed = Typed {
        name: "Willow House Group",
        kind: "company",
        sector: "care home",
        time_zone: "Europe/London",
        ..Typed::default()
    };
    let new = NewOrganisation::read(&typed).unwrap();
    let keys = KeyRing::parse(&fingerprint("the key of the benchmark")).unwrap();
    let (organisation, connection) = db
        .write_now(|tx| {
            let organisation = organisations::create(tx, &operator, &new)?;
            let places = Scope::<ManagePlaces>::for_the_portal(organisation);
            organisations::add_home(tx, &places, "Oak Court")?;
            let scope = Scope::<ManageIntegrations>::for_the_portal(organisation);
            let (vendor, origin) = (Vendor::Nourish, "http://127.0.0.1:1");
            let issued =
                connections::switch_on(tx, &scope, &keys, vendor, Availability::AtOnce, origin, Agreed)?;
            let issued = issued.unwrap();
            let service = ServiceRecord {
                external_id: "s-1".into(),
                name: "Oak Court".into(),
                active: true,
                token_key: Some(issued.id.to_string()),
                ..ServiceRecord::default()
            };
            let heard = vec![Ok(Snapshot { records: vec![service], ..Snapshot::default() })];
            let heard = connections::heard(heard).unwrap();
            connections::note_services(tx, &scope, issued.connection, &heard, "")?;
            Ok::<_, Refusal>((organisation, issued.connection))
        })
        .unwrap();
    let worker = |n: usize| StaffRecord {
        external_id: format!("u-{n}"),
        first_name: format!("First{n}"),
        last_name: format!("Last{n}"),
        email: Some(format!("worker{n}@willow.example")),
        role: Some("Staff".into()),
        job_title: Some("Carer".into()),
        service_id: Some("s-1".into()),
        ..StaffRecord::default()
    };
    let staged = Staged {
        people: None,
        staff: Some(List { records: (0..PEOPLE).map(worker).collect(), set_aside: Vec::new() }),
        services: HashMap::from([("s-1".to_owned(), "Oak Court".to_owned())]),
        ..Staged::default()
    };
    let runs = Scope::<RunSyncs>::for_the_portal(organisation);
    db.write_now(|tx| sync::request(tx, &runs, connection, sync::Wanted::Staff, false)).unwrap();
    let claim = db.write_now(sync::claim).unwrap().unwrap();
    let started = Instant::now();
    sync::settle_then(db, &claim, System::Nourish, (&staged, None), "", &approvals::after_sync).unwrap();
    println!("       sync of {PEOPLE} staff, s: {:.3}", started.elapsed().as_secs_f64());
    organisation
}
