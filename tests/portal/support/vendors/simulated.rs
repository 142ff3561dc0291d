//! The Nourish simulator on a loopback port, and a portal that is connected to it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use kinbridge::connectors::{CareSystems, ConnectorSettings, Limits, Secret, Vendor};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::sync::{Run, Wanted};
use kinbridge::jobs::sync_records;
use kinbridge::sandbox::nourish::{self, Location, Population, Service, Simulator, User};

use super::{Connected, client, switch_on, worker};
use crate::support::TestApp;

const INTEGRATION_ID: &str = "partner-0001";

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
            config
                .vendor_secrets
                .insert("nourish".into(), kinbridge::kit::secret::Secret::new(INTEGRATION_ID));
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
        deployments: BTreeMap::from([(Vendor::Nourish, Secret::new(INTEGRATION_ID))]),
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
    let short = Duration::from_millis(1_500);
    Limits {
        connect: short,
        first_byte: short,
        idle: short,
        total: Duration::from_millis(2_500),
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
