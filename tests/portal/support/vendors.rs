//! A care record system for a test: as plain records without any network ([`Feed`]), or as the Nourish
//! simulator on a loopback port ([`Nourish`]).

#![cfg(test)]

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use kinbridge::connectors::{
    CareSystems, ConnectorSettings, Limits, PersonRecord, Secret, ServiceRecord, SetAside, Snapshot,
    StaffRecord, Vendor,
};
use kinbridge::db::{Conn, Db};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{
    EditResidents, EditStaff, ManageIntegrations, RunSyncs, Scope, ViewIntegrations,
};
use kinbridge::domain::connections::{self, Agreed, Availability, SyncMode};
use kinbridge::domain::pairing::matching::System;
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::domain::sync::{self, Change, Claim, Ended, List, Problem, Run, Staged, Wanted};
use kinbridge::jobs::sync_records;
use kinbridge::kit::ids::{ConnectionId, OrganisationId, PlaceId, ResidentId, RunId};
use kinbridge::sandbox::nourish::{self, Client, Location, Population, Service, Simulator, User};

use super::TestApp;

pub const INTEGRATION_ID: &str = "partner-0001";

const FIRST: [&str; 20] = [
    "Ada", "Bertram", "Cecily", "Dorothea", "Edmund", "Florence", "Gideon", "Harriet", "Ivor", "Jemima",
    "Kenneth", "Lavinia", "Mortimer", "Nerys", "Octavia", "Percival", "Quentin", "Rosamund", "Stanley",
    "Thelma",
];
const LAST: [&str; 20] = [
    "Abernathy",
    "Blenkinsop",
    "Crowther",
    "Dunwoody",
    "Entwistle",
    "Fairweather",
    "Greenhalgh",
    "Hathersage",
    "Inglethorpe",
    "Jellicoe",
    "Kettlewell",
    "Lamplugh",
    "Micklethwaite",
    "Netherfield",
    "Ormondroyd",
    "Postlethwaite",
    "Quarmby",
    "Ravenscroft",
    "Satterthwaite",
    "Thistlewood",
];

/// A valid NHS number, another for each `n`.
pub fn nhs(n: u32) -> String {
    let digits = |body: u32| format!("{body:09}");
    let check = |text: &str| {
        let sum: u32 = text
            .chars()
            .zip((2..=10).rev())
            .map(|(digit, weight)| digit.to_digit(10).unwrap() * weight)
            .sum();
        (11 - sum % 11) % 11
    };
    // Two bodies for each number, since some have no check digit.
    (0..9)
        .map(|k| digits(943_000_000 + n * 10 + k))
        .find(|text| check(text) != 10)
        .map(|text| format!("{text}{}", check(&text)))
        .unwrap()
}

/// Somebody who resembles nobody else: a permanent resident of service `s-1`.
pub fn person(n: u32) -> PersonRecord {
    let at = usize::try_from(n).unwrap();
    PersonRecord {
        external_id: format!("p-{n}"),
        first_name: FIRST[at % 20].into(),
        last_name: LAST[(at / 20 + at) % 20].into(),
        preferred_name: None,
        date_of_birth: NaiveDate::from_ymd_opt(1928, 2, 3)
            .map(|day| day + TimeDelta::days(i64::from(n) * 37)),
        nhs_number: Some(nhs(n)),
        resident_type: Some("Residential".into()),
        status: Some("Permanent".into()),
        room: Some(n.to_string()),
        service_id: Some("s-1".into()),
        archived: false,
    }
}

pub fn people(numbers: std::ops::Range<u32>) -> Vec<PersonRecord> {
    numbers.map(person).collect()
}

pub fn client(n: u32) -> Client {
    let person = person(n);
    Client {
        id: person.external_id,
        first_name: person.first_name,
        last_name: person.last_name,
        birth_date: person.date_of_birth.unwrap().to_string(),
        nhs_number: person.nhs_number.unwrap(),
        resident_type: "Residential".into(),
        status: "Permanent".into(),
        room: n.to_string(),
        service_id: "s-1".into(),
        ..Client::default()
    }
}

pub fn worker(n: u32) -> StaffRecord {
    let person = person(n + 200);
    StaffRecord {
        external_id: format!("u-{n}"),
        email: Some(format!("worker{n}@willow.example")),
        first_name: person.first_name,
        last_name: person.last_name,
        role: Some("Staff".into()),
        service_id: Some("s-1".into()),
        ..StaffRecord::default()
    }
}

/// Adds the member of staff whom a record is about.
pub fn staff_member(at: &Connected, record: &StaffRecord) {
    let details = StaffDetails {
        home: None,
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        email: record.email.clone().unwrap_or_default(),
        job_title: String::new(),
    };
    at.write(|tx| staff::add(tx, &at.scope::<EditStaff>(), &details));
}

/// An organisation whose connection is on.
pub struct Connected {
    pub app: TestApp,
    pub organisation: OrganisationId,
    pub connection: ConnectionId,
}

impl Deref for Connected {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

impl Connected {
    pub fn scope<R: kinbridge::domain::access::Right>(&self) -> Scope<R> {
        Scope::for_the_portal(self.organisation)
    }

    pub fn set_mode(&self, mode: SyncMode) {
        self.write(|tx| {
            connections::set_mode(tx, &self.scope::<ManageIntegrations>(), self.connection, mode)
        });
    }

    pub fn card(&self) -> connections::Connection {
        self.read(|conn| connections::get(conn, &self.scope::<ViewIntegrations>(), self.connection))
    }

    pub fn ask(&self, wanted: Wanted, is_preview: bool) -> RunId {
        self.write(|tx| sync::request(tx, &self.scope::<RunSyncs>(), self.connection, wanted, is_preview))
            .run()
    }

    pub fn run(&self, run: RunId) -> Run {
        self.read(|conn| Ok(sync::get(conn, &self.scope::<ViewIntegrations>(), run)?))
    }

    pub fn runs(&self) -> Vec<Run> {
        self.read(|conn| {
            Ok(sync::list(conn, &self.scope::<ViewIntegrations>(), self.connection, None, 1000)?)
        })
    }

    /// The newest run.
    pub fn last_run(&self) -> Run {
        self.runs().remove(0)
    }

    pub fn changes(&self, run: &Run, kind: &str) -> Vec<Change> {
        self.read(|conn| Ok(sync::changes(conn, run, kind, 0, 100_000)?))
    }

    pub fn problems(&self, run: &Run) -> Vec<Problem> {
        self.read(|conn| Ok(sync::problems(conn, run, 100_000)?))
    }

    /// A home of the organisation to put people in.
    pub fn home(&self) -> PlaceId {
        if self.organisation == self.cast.willow { self.cast.willow_house } else { self.cast.elm_lodge }
    }

    /// Adds the resident whom a record is about.
    pub fn resident(&self, record: &PersonRecord) -> ResidentId {
        self.resident_in(record, self.home())
    }

    pub fn resident_in(&self, record: &PersonRecord, home: PlaceId) -> ResidentId {
        let facts = ResidentFacts {
            home,
            zone: None,
            room: record.room.clone().unwrap_or_default(),
            first_name: record.first_name.clone(),
            last_name: record.last_name.clone(),
            preferred_name: String::new(),
            date_of_birth: record.date_of_birth,
            nhs_number: record.nhs_number.clone().unwrap_or_default(),
            resident_type: record.resident_type.clone().unwrap_or_default(),
            care_status: record.status.clone().unwrap_or_default(),
        };
        self.write(|tx| residents::add(tx, &self.scope::<EditResidents>(), &facts))
    }

    pub fn resident_now(&self, id: ResidentId) -> residents::Resident {
        self.read(|conn| residents::get(conn, &self.scope::<EditResidents>(), id))
    }

    /// The resident with a record of this identifier.
    pub fn paired(&self, external_id: &str) -> Option<ResidentId> {
        let found = self.number(&format!(
            "SELECT COALESCE(MAX(p.local_id), 0) FROM pairings p JOIN external_records e ON e.id = \
             p.external_record_id WHERE e.external_id = '{external_id}' AND p.ended_at IS NULL AND p.kind = 'resident'"
        ));
        (found != 0).then_some(ResidentId(found))
    }

    pub fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}"))
    }

    pub fn events(&self, verb: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM audit_events WHERE verb = '{verb}'"))
    }

    /// Everything that a sync may change in a person's life, row by row.
    pub fn lives(&self) -> BTreeMap<String, Vec<String>> {
        self.dump(&["residents", "pairings", "external_records", "refusals", "staff_members", "places"])
    }

    /// Every row of every table but what a preview and a failed run may write.
    pub fn everything(&self) -> BTreeMap<String, Vec<String>> {
        let written = [
            "sync_runs",
            "run_changes",
            "run_problems",
            "run_snapshots",
            "audit_events",
            "audit_heads",
            "letters",
            "sessions",
            "connections",
            "connection_tokens",
            "vendor_services",
        ];
        let all = self.read(|conn| Ok(tables(conn)?));
        let names: Vec<&str> =
            all.iter().map(String::as_str).filter(|name| !written.contains(name)).collect();
        assert!(names.len() > 10, "{names:?}");
        self.dump(&names)
    }

    pub fn dump(&self, tables: &[&str]) -> BTreeMap<String, Vec<String>> {
        self.read(|conn| {
            Ok(tables.iter().map(|table| ((*table).to_owned(), lines(conn, table).unwrap())).collect())
        })
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

fn texts(conn: &mut Conn, query: &str) -> QueryResult<Vec<String>> {
    Ok(diesel::sql_query(query).load::<Line>(conn)?.into_iter().map(|row| row.line).collect())
}

fn tables(conn: &mut Conn) -> QueryResult<Vec<String>> {
    let query = match conn {
        Conn::Sqlite(_) => {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        }
        Conn::Postgres(_) => "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'",
    };
    texts(conn, query)
}

fn lines(conn: &mut Conn, table: &str) -> QueryResult<Vec<String>> {
    let columns = match conn {
        Conn::Sqlite(_) => format!("SELECT name AS line FROM pragma_table_info('{table}') ORDER BY cid"),
        Conn::Postgres(_) => format!(
            "SELECT column_name::text AS line FROM information_schema.columns WHERE table_name = '{table}' AND \
             table_schema = 'public' ORDER BY ordinal_position"
        ),
    };
    let columns = texts(conn, &columns)?;
    let parts: Vec<String> = columns
        .iter()
        .map(|column| format!("'{column}=' || COALESCE(CAST({column} AS TEXT), '-')"))
        .collect();
    texts(conn, &format!("SELECT {} AS line FROM {table} ORDER BY 1", parts.join(" || ' ' || ")))
}

/// A vendor's answer as plain records, settled at once.
pub struct Feed {
    pub connected: Connected,
    pub people: Vec<PersonRecord>,
    pub staff: Vec<StaffRecord>,
    /// Of residents.
    pub set_aside: Vec<SetAside>,
    pub services: HashMap<String, String>,
}

impl Deref for Feed {
    type Target = Connected;

    fn deref(&self) -> &Connected {
        &self.connected
    }
}

impl Feed {
    /// Willow House Group, which pairs.
    pub async fn pairing() -> Self {
        Self::of(SyncMode::Pair).await
    }

    /// Elm Trust, which creates.
    pub async fn creating() -> Self {
        Self::of(SyncMode::Create).await
    }

    async fn of(mode: SyncMode) -> Self {
        let app = TestApp::start().await;
        let organisation = if mode == SyncMode::Pair { app.cast.willow } else { app.cast.elm };
        let connection = switch_on(&app, organisation).0;
        let connected = Connected { app, organisation, connection };
        connected.set_mode(mode);
        let services = HashMap::from([("s-1".to_owned(), "Oak Wing".to_owned())]);
        Self { connected, people: Vec::new(), staff: Vec::new(), set_aside: Vec::new(), services }
    }

    pub fn staged(&self, wanted: Wanted) -> Staged {
        Staged {
            people: wanted
                .residents()
                .then(|| List { records: self.people.clone(), set_aside: self.set_aside.clone() }),
            staff: wanted.staff().then(|| List { records: self.staff.clone(), set_aside: Vec::new() }),
            services: self.services.clone(),
        }
    }

    /// Asks for a sync and carries it out.
    pub fn sync(&self) -> Run {
        self.sync_of(Wanted::Both)
    }

    pub fn sync_of(&self, wanted: Wanted) -> Run {
        self.ask(wanted, false);
        self.work()
    }

    pub fn preview(&self) -> Run {
        self.ask(Wanted::Both, true);
        self.work()
    }

    /// Does what a worker does with the next run in line, without fetching.
    pub fn work(&self) -> Run {
        let claim = self.claim();
        self.settle(&claim).unwrap();
        self.run(claim.run)
    }

    pub fn claim(&self) -> Claim {
        self.write(sync::claim).expect("a run waits")
    }

    pub fn settle(&self, claim: &Claim) -> Result<Ended, Refusal> {
        let scope = self.scope::<RunSyncs>();
        let approved = self.read(|conn| sync::approved(conn, &scope, claim.run));
        let (staged, approval) = match approved {
            Some(approved) => (serde_json::from_str(&approved.batch).unwrap(), Some(approved.approval)),
            None => (self.staged(claim.wanted), None),
        };
        let url = "http://127.0.0.1:8080";
        sync::settle(&self.services_db(), claim, System::Nourish, &staged, approval.as_ref(), url)
    }

    fn services_db(&self) -> Db {
        self.app.services.db.clone()
    }

    pub fn person(&mut self, n: u32) -> &mut PersonRecord {
        let id = format!("p-{n}");
        self.people.iter_mut().find(|one| one.external_id == id).unwrap()
    }

    pub fn without(&mut self, numbers: std::ops::Range<u32>) {
        let gone: Vec<String> = numbers.map(|n| format!("p-{n}")).collect();
        self.people.retain(|one| !gone.contains(&one.external_id));
    }
}

/// Switches Nourish on and lets it list a service with our token; the connection and the token.
fn switch_on(app: &TestApp, organisation: OrganisationId) -> (ConnectionId, String) {
    let scope = Scope::<ManageIntegrations>::for_the_portal(organisation);
    let issued = app
        .write(|tx| {
            connections::switch_on(
                tx,
                &scope,
                &app.services.config.keys,
                Vendor::Nourish,
                Availability::AtOnce,
                app.services.config.vendor_urls.get("nourish").map_or("http://127.0.0.1:1", String::as_str),
                Agreed,
            )
        })
        .expect("it was off");
    let service = ServiceRecord {
        external_id: "s-1".into(),
        name: "Oak Wing".into(),
        active: true,
        token_key: Some(issued.id.to_string()),
        ..ServiceRecord::default()
    };
    let listed = Snapshot { records: vec![service], ..Snapshot::default() };
    let heard = connections::heard(vec![Ok(listed)]).unwrap();
    app.write(|tx| connections::note_services(tx, &scope, issued.connection, &heard, ""));
    (issued.connection, issued.secret.reveal().to_owned())
}

/// The simulator, and a portal that is connected to it.
pub struct Nourish {
    pub connected: Connected,
    pub simulator: Simulator,
    pub origin: String,
    pub token: String,
    handle: actix_web::dev::ServerHandle,
}

impl Deref for Nourish {
    type Target = Connected;

    fn deref(&self) -> &Connected {
        &self.connected
    }
}

impl Drop for Nourish {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Nourish {
    /// With so many people in service `s-1` (Oak Wing) and none in `s-2` (Elm Lodge).
    pub async fn start(mode: SyncMode, people: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = nourish::start(listener, population(people)).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let url = origin.clone();
        let mut app = TestApp::start_with(|config| {
            config.vendor_urls.insert("nourish".into(), url.clone());
            config.nourish_integration_id = Some(kinbridge::kit::secret::Secret::new(INTEGRATION_ID));
            config.allowed_vendor_origins.push(url);
        })
        .await;
        app.services.care_systems = Arc::new(systems(&origin, patient()));
        let organisation = if mode == SyncMode::Pair { app.cast.willow } else { app.cast.elm };
        let (connection, token) = switch_on(&app, organisation);
        assert!(simulator.paste_token("s-1", &token));
        let connected = Connected { app, organisation, connection };
        connected.set_mode(mode);
        Self { connected, simulator, origin, token, handle }
    }

    /// How long the portal waits for an answer from here on.
    pub fn wait(&mut self, limits: Limits) {
        self.connected.app.services.care_systems = Arc::new(systems(&self.origin, limits));
    }

    /// Asks for a sync and works it off.
    pub async fn sync(&self) -> Run {
        let run = self.ask(Wanted::Both, false);
        self.work_off().await;
        self.run(run)
    }

    pub async fn work_off(&self) {
        sync_records::run(&self.app.services).await.unwrap();
    }
}

fn systems(origin: &str, limits: Limits) -> CareSystems {
    CareSystems::new(&ConnectorSettings {
        base_urls: BTreeMap::from([(Vendor::Nourish, origin.to_owned())]),
        nourish_integration_id: Some(Secret::new(INTEGRATION_ID)),
        allowed_origins: vec![origin.to_owned()],
        limits,
        ..ConnectorSettings::default()
    })
    .unwrap()
}

/// For answers that come.
pub fn patient() -> Limits {
    let long = Duration::from_secs(20);
    Limits { connect: long, first_byte: long, idle: long, total: Duration::from_secs(40), body: 40_000_000 }
}

/// For silences that are to end soon.
pub fn quick() -> Limits {
    let short = Duration::from_millis(500);
    Limits {
        connect: short,
        first_byte: short,
        idle: short,
        total: Duration::from_millis(900),
        body: 1_000_000,
    }
}

fn population(people: u32) -> Population {
    let service = |id: &str, name: &str| Service {
        id: id.into(),
        name: name.into(),
        locations: vec![Location { id: format!("{id}-main"), name: "Main".into() }],
    };
    let user = |n: u32| {
        let worker = worker(n);
        User {
            id: worker.external_id,
            first_name: worker.first_name,
            last_name: worker.last_name,
            email: worker.email.unwrap(),
            role: "Staff".into(),
            job_title: String::new(),
            service_id: "s-1".into(),
            archived: false,
        }
    };
    Population {
        integration_id: INTEGRATION_ID.into(),
        services: vec![service("s-1", "Oak Wing"), service("s-2", "Elm Lodge")],
        clients: (0..people).map(client).collect(),
        users: (0..3).map(user).collect(),
    }
}
