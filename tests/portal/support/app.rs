//! The portal under test.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::test::{self, TestRequest};
use actix_web::web::Data;
use chrono::TimeDelta;
use kinbridge::config::{Config, SessionLimits};
use kinbridge::connectors::{self, CareSystems, ConnectorSettings, Limits, WebhookSender};
use kinbridge::db::{Conn, Db, Tx};
use kinbridge::domain::Refusal;
use kinbridge::domain::accounts::{self, Hasher, Strength};
use kinbridge::domain::api_keys::Paces;
use kinbridge::kit::clock::Clock;
use kinbridge::kit::ids::AccountId;
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::Secret;
use kinbridge::mail::Mailer;
use kinbridge::services::Services;
use kinbridge::{api, web};
use tokio::sync::Notify;

use super::cast::{Cast, Person};
use super::database::{Copy, TINY, morning};
use super::log::Log;
use super::visitor::Visitor;

type Answering = Pin<Box<dyn Future<Output = ServiceResponse<BoxBody>>>>;

pub struct TestApp {
    pub services: Services,
    /// Stands still until it is moved.
    pub clock: Clock,
    pub cast: Cast,
    sessions: RefCell<HashMap<AccountId, Secret>>,
    service: Box<dyn Fn(TestRequest) -> Answering>,
    // Last, so that the database outlives its connections.
    _database: Copy,
}

/// The tables that [`TestApp::digest`] counts.
const COUNTED: [&str; 83] = [
    "organisations",
    "places",
    "accounts",
    "memberships",
    "membership_places",
    "activations",
    "reset_requests",
    "resets",
    "shared_devices",
    "pins",
    "pin_tries",
    "authenticators",
    "recovery_codes",
    "recovery_sheets",
    "half_sign_ins",
    "email_changes",
    "residents",
    "resident_overrides",
    "relatives",
    "consents",
    "invitations",
    "invitation_links",
    "family_settings",
    "relative_tasks",
    "bereavements",
    "digest_choices",
    "digests",
    "resident_letters",
    "home_contacts",
    "staff_members",
    "approvals",
    "approval_places",
    "connections",
    "connection_tokens",
    "external_records",
    "pairings",
    "refusals",
    "sync_runs",
    "run_drafts",
    "connection_homes",
    "activities",
    "participations",
    "late_forms",
    "late_parts",
    "timeline_entries",
    "timeline_choices",
    "timeline_codes",
    "timeline_defaults",
    "monitoring_devices",
    "monitoring_events",
    "monitoring_settings",
    "monitoring_thresholds",
    "staff_places",
    "place_aliases",
    "status_types",
    "appointment_series",
    "appointments",
    "signature_images",
    "session_notes",
    "note_versions",
    "appointment_sessions",
    "note_proposals",
    "therapy_settings",
    "mapping_rules_off",
    "note_pulls",
    "webhook_endpoints",
    "webhook_events",
    "webhook_deliveries",
    "api_keys",
    "idempotency_keys",
    "visit_services",
    "heard_events",
    "home_addresses",
    "booked_visits",
    "booked_visit_events",
    "patients",
    "visits",
    "visit_events",
    "visit_letters",
    "visit_links",
    "visit_messages",
    "letters",
    "audit_events",
];

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With other settings, such as `|config| config.public_url = "https://portal.example".into()`.
    pub async fn start_with(settings: impl FnOnce(&mut Config)) -> Self {
        Self::start_at_strength(TINY, settings).await
    }

    /// With passwords that cost what they cost in production: [`Strength::OWASP`].
    pub async fn start_at_strength(strength: Strength, settings: impl FnOnce(&mut Config)) -> Self {
        Self::start_whole(strength, settings, |systems| systems).await
    }

    /// With other care record systems in the place of the built-in ones.
    pub async fn start_beside(
        settings: impl FnOnce(&mut Config),
        systems: impl FnOnce(CareSystems) -> CareSystems,
    ) -> Self {
        Self::start_whole(TINY, settings, systems).await
    }

    async fn start_whole(
        strength: Strength,
        settings: impl FnOnce(&mut Config),
        systems: impl FnOnce(CareSystems) -> CareSystems,
    ) -> Self {
        Log::listen_if_asked();
        let database = Copy::make();
        let clock = Clock::set_to(morning());
        let mut config = config();
        settings(&mut config);
        let rate = NonZeroU32::new(config.api_rate).unwrap();
        let services = Services {
            db: Db::open(database.target.clone(), clock.clone()).unwrap().with_public_url(&config.public_url),
            clock: clock.clone(),
            care_systems: Arc::new(systems(care_systems(&config))),
            // So that a receiver's silence ends soon.
            webhooks: Arc::new(
                WebhookSender::new(config.allowed_vendor_origins.clone()).within(Duration::from_millis(600)),
            ),
            mailer: Arc::new(Mailer::new(&config).unwrap()),
            config: Arc::new(config),
            hasher: Hasher::with(strength, 2).unwrap(),
            wake: Arc::new(Notify::new()),
            paces: Arc::new(Paces::new(rate, clock.clone())),
        };
        let server = Rc::new(test::init_service(web::app(Data::new(services.clone()), api::mount)).await);
        let service = Box::new(move |request: TestRequest| -> Answering {
            let server = Rc::clone(&server);
            Box::pin(
                async move { server.call(request.to_request()).await.expect("every request is answered") },
            )
        });
        let cast = database.cast.clone();
        Self { services, clock, cast, sessions: RefCell::default(), service, _database: database }
    }

    /// A browser without a session.
    pub fn signed_out(&self) -> Visitor<'_> {
        Visitor::new(self, None)
    }

    pub fn as_rep(&self) -> Visitor<'_> {
        self.as_person(&self.cast.rep)
    }

    pub fn as_super(&self) -> Visitor<'_> {
        self.as_person(&self.cast.super_manager)
    }

    pub fn as_manager(&self) -> Visitor<'_> {
        self.as_person(&self.cast.manager)
    }

    pub fn as_staff(&self) -> Visitor<'_> {
        self.as_person(&self.cast.staff)
    }

    /// A manager of the same organisation who holds no permission but opening its pages.
    pub fn as_colleague(&self) -> Visitor<'_> {
        self.as_person(&self.cast.colleague)
    }

    pub fn as_relative(&self) -> Visitor<'_> {
        self.as_person(&self.cast.relative)
    }

    pub fn as_stranger(&self) -> Visitor<'_> {
        self.as_person(&self.cast.stranger)
    }

    /// Somebody's browser; the same session each time, while it lives.
    pub fn as_person(&self, person: &Person) -> Visitor<'_> {
        let known = self.sessions.borrow().get(&person.account).cloned();
        let known = known.filter(|token| self.is_live(token));
        let token = known.unwrap_or_else(|| self.new_session(person));
        self.sessions.borrow_mut().insert(person.account, token.clone());
        Visitor::new(self, Some(token))
    }

    /// A session of its own for somebody, whose password was typed just now.
    pub fn new_session(&self, person: &Person) -> Secret {
        let account = person.account;
        self.write(|tx| accounts::begin_session(tx, account, "127.0.0.1", "Test browser"))
    }

    fn is_live(&self, token: &Secret) -> bool {
        let (now, limits) = (self.clock.now(), self.services.config.sessions);
        self.read(|conn| Ok(accounts::live(conn, token, "127.0.0.1", now, limits)?)).is_some()
    }

    pub fn new_visitor(&self, person: &Person) -> Visitor<'_> {
        Visitor::new(self, Some(self.new_session(person)))
    }

    #[track_caller]
    pub fn write<T>(&self, verb: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.services.db.write_now(verb).expect("the verb is allowed")
    }

    pub fn try_write<T>(&self, verb: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.services.db.write_now(verb)
    }

    #[track_caller]
    pub fn read<T>(&self, read: impl FnOnce(&mut Conn) -> Result<T, Refusal>) -> T {
        self.services.db.read_now(read).expect("it can be read")
    }

    /// The first column of the first row, as a number: for what no verb tells.
    pub fn number(&self, query: &str) -> i64 {
        use diesel::prelude::*;
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let query = diesel::sql_query(format!("SELECT ({query}) AS n"));
        self.read(|conn| Ok(query.get_result::<Number>(conn)?)).n
    }

    /// How many rows every table holds, and the last event of the trail: equal before and after
    /// whatever changed nothing. Sessions' last use and tries of secrets are left out.
    pub fn digest(&self) -> BTreeMap<&'static str, i64> {
        let mut digest: BTreeMap<_, _> = COUNTED
            .iter()
            .map(|table| (*table, self.number(&format!("SELECT COUNT(*) FROM {table}"))))
            .collect();
        digest.insert("open sessions", self.number("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL"));
        digest
    }

    /// Moves the clock by so many seconds.
    pub fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    pub(super) async fn answer(&self, request: TestRequest) -> ServiceResponse<BoxBody> {
        (self.service)(request).await
    }
}

/// The connectors that the settings describe.
fn care_systems(config: &Config) -> CareSystems {
    let urls = config.vendor_urls.iter();
    let settings = ConnectorSettings {
        base_urls: urls.map(|(vendor, url)| (vendor.parse().unwrap(), url.clone())).collect(),
        deployments: config
            .vendor_secrets
            .iter()
            .map(|(vendor, secret)| (vendor.parse().unwrap(), connectors::Secret::new(secret.reveal())))
            .collect(),
        allowed_origins: config.allowed_vendor_origins.clone(),
        // So that a vendor's silence ends soon.
        limits: Limits { first_byte: Duration::from_millis(600), ..Limits::default() },
        ..ConnectorSettings::default()
    };
    CareSystems::new(&settings).expect("the built-in profiles are good")
}

/// A route's pattern as an address: the first organisation, and things that are not there.
pub fn fill(pattern: &str, cast: &Cast) -> String {
    pattern
        .replace("{org}", &cast.willow.to_string())
        .replace("{vendor}", "nourish")
        .replace("{kind}", "residents")
        .replace("{report}", "clients")
        .replace("{format}", "csv")
        .split('/')
        .map(|part| if part.starts_with('{') { "999999" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn config() -> Config {
    Config {
        running: kinbridge::config::Running::default(),
        listen: "127.0.0.1:8080".parse().unwrap(),
        public_url: "http://127.0.0.1:8080".into(),
        database_url: Secret::new(""),
        data: std::env::temp_dir(),
        keys: KeyRing::parse(&kinbridge::kit::secret::fingerprint("the key of the tests")).unwrap(),
        trusted_proxies: Vec::new(),
        vendor_urls: BTreeMap::new(),
        vendor_secrets: BTreeMap::new(),
        allowed_vendor_origins: Vec::new(),
        vendors_available: Vec::new(),
        mail_folder: None,
        mail_server: None,
        sessions: SessionLimits::default(),
        sign_ins_per_address: 30,
        api_rate: 1_000,
        two_step: kinbridge::config::TwoStep::Offered,
        breached_passwords: None,
        metrics_token: None,
        demo: false,
        nightly_jitter: TimeDelta::zero(),
    }
}
