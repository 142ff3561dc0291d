//! Any vendor that has a simulator, behind one face: for tests that hold for all of them. A vendor is added here with
//! one line of [`ALL`] and one `Hand`.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use kinbridge::connectors::{
    CareSystem, CareSystems, ConnectorSettings, Credential, EntryChange, Limits, PersonRecord, Secret,
    TimelineEntry, Topic, Vendor,
};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::sync::{Run, Wanted};
use kinbridge::jobs::sync_records;
use kinbridge::sandbox::{Conduct, ensora, fhir, kareinn, nourish, pcs};

use super::{Connected, client, person, switch_on, worker};
use crate::support::TestApp;

/// What each vendor that is played is started with.
type Start = fn(TcpListener, u32) -> (Box<dyn Hand>, ServerHandle);

/// Every vendor with a simulator.
pub const ALL: [(Vendor, Start); 5] = [
    (Vendor::Nourish, nourish_with),
    (Vendor::Pcs, pcs_with),
    (Vendor::KareInn, kareinn_with),
    (Vendor::Fhir, fhir_with),
    (Vendor::Ensora, ensora_with),
];

/// Those of them whose people are synced.
pub fn synced() -> impl Iterator<Item = (Vendor, Start)> {
    ALL.into_iter().filter(|(vendor, _)| !vendor.about().mapped)
}

/// What was issued for this installation, where a vendor issues anything.
pub const DEPLOYMENT: &str = "0d3b8c51-77aa-4b52-8a3d-6a51b1f4e377";
/// A key that opens the vendor's door.
pub const KEY: &str = "7b0f6c1e-58c4-4f0e-9d3a-2f6d1c0e9a41";
/// How many workers there are.
pub const WORKERS: usize = 3;

/// What a test does to a simulator, whichever it is.
pub trait Hand {
    fn conduct(&self) -> &Conduct;
    /// Lets a key open everything.
    fn accept(&self, key: &str);
    fn add(&self, record: PersonRecord);
    /// Our identifiers of everything that was written, as often as it was kept.
    fn written(&self) -> Vec<String>;
}

/// A vendor that is running.
pub struct Played {
    pub vendor: Vendor,
    pub origin: String,
    pub hand: Box<dyn Hand>,
    handle: ServerHandle,
}

impl Drop for Played {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Played {
    /// With so many people, each as `person(n)`, and [`WORKERS`] workers.
    pub fn start((vendor, start): (Vendor, Start), people: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (hand, handle) = start(listener, people);
        hand.accept(KEY);
        Self { vendor, origin, hand, handle }
    }

    /// A key that opens it, with the base address where that is entered beside it.
    pub fn key(&self) -> Credential {
        if self.vendor.key_form().is_some_and(|form| form.with_address) {
            return key().at(base(self.vendor, &self.origin));
        }
        key()
    }

    pub fn system(&self, limits: Limits) -> Arc<dyn CareSystem> {
        CareSystems::new(&self.settings(limits)).unwrap().get(self.vendor).unwrap()
    }

    pub fn settings(&self, limits: Limits) -> ConnectorSettings {
        at(self.vendor, &self.origin, limits)
    }
}

/// A connector's settings for a vendor at an origin.
pub fn at(vendor: Vendor, origin: &str, limits: Limits) -> ConnectorSettings {
    ConnectorSettings {
        base_urls: BTreeMap::from([(vendor, base(vendor, origin))]),
        deployments: BTreeMap::from([(vendor, Secret::new(DEPLOYMENT))]),
        allowed_origins: vec![origin.to_owned()],
        limits,
        ..ConnectorSettings::default()
    }
}

/// Where below its origin a vendor is, if it is one whose address is entered with the key.
fn base(vendor: Vendor, origin: &str) -> String {
    let entered = vendor.key_form().is_some_and(|form| form.with_address);
    format!("{origin}{}", if entered { fhir::BASE } else { "" })
}

pub fn key() -> Credential {
    Credential::new("7", KEY)
}

/// An activity of the first person.
pub fn entry(external_id: &str) -> TimelineEntry {
    TimelineEntry {
        topic: Topic::Activity,
        code: None,
        external_id: external_id.into(),
        person: person(0).external_id,
        service: None,
        at: "2026-05-03T14:00:00Z".parse().unwrap(),
        activity_name: "Chair yoga".into(),
        details: "Gentle stretching".into(),
        location: "Lounge".into(),
        took_part: true,
        rating: Some(4),
        comment: "Laughed a lot".into(),
        completed_by: "Amina Yusuf".into(),
        change: EntryChange::New,
    }
}

/// A portal with an organisation that is connected to the vendor and creates whom it does not know.
pub struct Joined {
    pub connected: Connected,
    pub played: Played,
    pub token: String,
}

impl Deref for Joined {
    type Target = Connected;

    fn deref(&self) -> &Connected {
        &self.connected
    }
}

impl Joined {
    pub async fn start(which: (Vendor, Start), people: u32) -> Self {
        let played = Played::start(which, people);
        let (id, origin) = (played.vendor.id(), played.origin.clone());
        let url = base(played.vendor, &origin);
        let mut app = TestApp::start_with(|config| {
            // The connection begins as one to Nourish, whose token we make.
            config.vendor_urls.insert("nourish".into(), url.clone());
            config.vendor_urls.insert(id.into(), url);
            let issued = kinbridge::kit::secret::Secret::new(DEPLOYMENT);
            config.vendor_secrets.insert(id.into(), issued);
            config.allowed_vendor_origins.push(origin);
        })
        .await;
        app.services.care_systems = Arc::new(CareSystems::new(&played.settings(super::patient())).unwrap());
        let organisation = app.cast.elm;
        let (connection, token) = switch_on(&app, organisation);
        app.write(|tx| {
            use diesel::prelude::*;
            diesel::sql_query(format!("UPDATE connections SET vendor = '{id}'")).execute(tx.conn)?;
            Ok(())
        });
        played.hand.accept(&token);
        let connected = Connected { app, organisation, connection };
        connected.set_mode(SyncMode::Create);
        Self { connected, played, token }
    }

    /// How long the portal waits for an answer from here on, and where it looks.
    pub fn wait(&mut self, limits: Limits) {
        let systems = CareSystems::new(&self.played.settings(limits)).unwrap();
        self.connected.app.services.care_systems = Arc::new(systems);
    }

    /// Asks for a sync and works it off.
    pub async fn sync(&self) -> Run {
        let run = self.ask(Wanted::Both, false);
        sync_records::run(&self.app.services).await.unwrap();
        self.run(run)
    }
}

fn nourish_with(listener: TcpListener, people: u32) -> (Box<dyn Hand>, ServerHandle) {
    let service = nourish::Service {
        id: "s-1".into(),
        name: "Oak Wing".into(),
        locations: vec![nourish::Location { id: "s-1-main".into(), name: "Main".into() }],
    };
    let user = |n: u32| {
        let worker = worker(n);
        nourish::User {
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
    let population = nourish::Population {
        integration_id: DEPLOYMENT.into(),
        services: vec![service],
        clients: (0..people).map(client).collect(),
        users: (0..3).map(user).collect(),
    };
    let (simulator, server) = nourish::start(listener, population).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (Box::new(simulator), handle)
}

impl Hand for nourish::Simulator {
    fn conduct(&self) -> &Conduct {
        self
    }

    fn accept(&self, key: &str) {
        assert!(self.paste_token("s-1", key));
    }

    fn add(&self, record: PersonRecord) {
        self.add_client(nourish::Client {
            id: record.external_id,
            first_name: record.first_name,
            last_name: record.last_name,
            birth_date: record.date_of_birth.map(|day| day.to_string()).unwrap_or_default(),
            nhs_number: record.nhs_number.unwrap_or_default(),
            resident_type: "Residential".into(),
            status: "Permanent".into(),
            service_id: "s-1".into(),
            ..nourish::Client::default()
        });
    }

    fn written(&self) -> Vec<String> {
        self.entries().into_iter().map(|entry| entry.external_id).collect()
    }
}

const LOCATION: &str = "aaaaaaaa-0000-4000-8000-000000000001";

fn pcs_person(record: PersonRecord) -> pcs::Person {
    pcs::Person {
        person_id: format!("{}-again", record.external_id),
        connection_id: record.external_id,
        first_name: record.first_name,
        last_name: record.last_name,
        gender: "F".into(),
        birth_date: record.date_of_birth.map(|day| day.to_string()).unwrap_or_default(),
        nhs_number: record.nhs_number.unwrap_or_default(),
        room: record.room.unwrap_or_default(),
        location_ids: vec![LOCATION.into()],
    }
}

fn pcs_with(listener: TcpListener, people: u32) -> (Box<dyn Hand>, ServerHandle) {
    let worker = |n: u32| {
        let worker = worker(n);
        pcs::Worker {
            connection_id: worker.external_id,
            first_name: worker.first_name,
            last_name: worker.last_name,
            role: if n == 0 { String::new() } else { "Senior Carer".into() },
            location_id: LOCATION.into(),
        }
    };
    let community =
        pcs::Community { id: "c-1".into(), location_id: LOCATION.into(), name: "Oak Wing".into() };
    let population = pcs::Population {
        dev_key: DEPLOYMENT.into(),
        organisation_id: "o-1".into(),
        organisation: "Willow House Group".into(),
        internal_id: "10482".into(),
        communities: vec![community],
        users: vec![pcs::User { name: "Ada Admin".into(), location_id: String::new() }],
        people: (0..people).map(person).map(pcs_person).collect(),
        workers: (0..3).map(worker).collect(),
    };
    let (simulator, server) = pcs::start(listener, population).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (Box::new(simulator), handle)
}

impl Hand for pcs::Simulator {
    fn conduct(&self) -> &Conduct {
        self
    }

    fn accept(&self, key: &str) {
        self.accept_key(key);
    }

    fn add(&self, record: PersonRecord) {
        self.add_person(pcs_person(record));
    }

    fn written(&self) -> Vec<String> {
        self.notes().into_iter().map(|note| note.record_uuid).collect()
    }
}

fn kareinn_resident(record: PersonRecord) -> kareinn::Resident {
    kareinn::Resident {
        id: record.external_id,
        first_name: record.first_name,
        last_name: record.last_name,
        date_of_birth: record.date_of_birth.map(|day| day.to_string()).unwrap_or_default(),
        nhs_number: record.nhs_number.unwrap_or_default(),
        room: record.room.unwrap_or_default(),
        status: record.status.unwrap_or_default(),
    }
}

fn kareinn_with(listener: TcpListener, people: u32) -> (Box<dyn Hand>, ServerHandle) {
    let member = |n: u32| {
        let worker = worker(n);
        kareinn::Member {
            id: worker.external_id,
            first_name: worker.first_name,
            last_name: worker.last_name,
            email: worker.email.unwrap(),
            job_title: "Carer".into(),
            active: true,
        }
    };
    let population = kareinn::Population {
        key: KEY.into(),
        organisation: "Willow House Group".into(),
        residents: (0..people).map(person).map(kareinn_resident).collect(),
        staff: (0..3).map(member).collect(),
    };
    let (simulator, server) = kareinn::start(listener, population).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (Box::new(simulator), handle)
}

impl Hand for kareinn::Simulator {
    fn conduct(&self) -> &Conduct {
        self
    }

    fn accept(&self, key: &str) {
        self.accept_key(key);
    }

    fn add(&self, record: PersonRecord) {
        self.add_resident(kareinn_resident(record));
    }

    fn written(&self) -> Vec<String> {
        self.notes().into_iter().map(|note| note.external_id).collect()
    }
}

fn patient(record: PersonRecord) -> fhir::Patient {
    fhir::Patient {
        id: record.external_id,
        given: record.first_name,
        family: record.last_name,
        birth_date: record.date_of_birth.map(|day| day.to_string()).unwrap_or_default(),
        nhs_number: record.nhs_number.unwrap_or_default(),
        place: "s-1".into(),
        ..fhir::Patient::default()
    }
}

fn fhir_with(listener: TcpListener, people: u32) -> (Box<dyn Hand>, ServerHandle) {
    let practitioner = |n: u32| {
        let worker = worker(n);
        fhir::Practitioner {
            id: worker.external_id,
            given: worker.first_name,
            family: worker.last_name,
            email: worker.email.unwrap(),
            title: "Carer".into(),
            place: "s-1".into(),
            inactive: false,
        }
    };
    let population = fhir::Population {
        token: KEY.into(),
        places: vec![fhir::Place { id: "s-1".into(), name: "Oak Wing".into() }],
        patients: (0..people).map(person).map(patient).collect(),
        practitioners: (0..3).map(practitioner).collect(),
    };
    let (simulator, server) = fhir::start(listener, population).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (Box::new(simulator), handle)
}

impl Hand for fhir::Simulator {
    fn conduct(&self) -> &Conduct {
        self
    }

    fn accept(&self, key: &str) {
        self.set_token(key);
    }

    fn add(&self, record: PersonRecord) {
        self.add_patient(patient(record));
    }

    /// Nothing is written there.
    fn written(&self) -> Vec<String> {
        Vec::new()
    }
}

fn student(record: PersonRecord) -> ensora::Student {
    ensora::Student {
        id: record.external_id,
        first_name: record.first_name,
        last_name: record.last_name,
        date_of_birth: record.date_of_birth.map(|day| day.to_string()).unwrap_or_default(),
        site_id: "si-1".into(),
        time_zone: "Europe/London".into(),
        inactive: false,
    }
}

fn ensora_with(listener: TcpListener, people: u32) -> (Box<dyn Hand>, ServerHandle) {
    let user = |n: u32| {
        let worker = worker(n);
        ensora::User {
            id: worker.external_id,
            first_name: worker.first_name,
            last_name: worker.last_name,
            email: worker.email.unwrap(),
            title: "Therapist".into(),
            site_ids: vec!["si-1".into()],
            security_group: if n == 0 { "Administrator" } else { "Therapist" }.into(),
            kind: "Employee".into(),
            ..ensora::User::default()
        }
    };
    let population = ensora::Population {
        sites: vec![ensora::Site { id: "si-1".into(), name: "Oak Wing".into(), inactive: false }],
        students: (0..people).map(person).map(student).collect(),
        users: (0..3).map(user).collect(),
        ..ensora::Population::default()
    };
    let (simulator, server) = ensora::start(listener, population).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (Box::new(simulator), handle)
}

impl Hand for ensora::Simulator {
    fn conduct(&self) -> &Conduct {
        self
    }

    fn accept(&self, key: &str) {
        self.accept_key(key);
    }

    fn add(&self, record: PersonRecord) {
        self.put_student(student(record));
    }

    /// Nothing is written there.
    fn written(&self) -> Vec<String> {
        Vec::new()
    }
}
