//! The settings of one installation, as plain values.
//!
//! Read from the environment and an optional TOML file by [`Config::load`]; a wrong value stops the
//! start with its name and the repair, and all wrong values are told at once. A value that is given
//! but cannot be used is never replaced by a default. Deliberately imports nothing but `kit`, opens
//! no connection, and never prints the value of a secret.

mod address;
mod checks;
mod keys;
mod mail;
mod settings;
mod sources;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use crate::kit::sealed::KeyRing;
use crate::kit::secret::Secret;

pub use address::host_and_port;
pub use keys::write_key_file;
pub use mail::{Encryption, Login, MAILS_PER_ADDRESS_HOUR, MailServer};
pub use settings::{SETTINGS, Setting};
pub use sources::{BadConfig, Problem, unknown_names};

/// Everything that can be set. Secrets print as `…`.
#[derive(Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// Scheme, host and port under which people reach the portal, without a slash at the end.
    pub public_url: String,
    /// `sqlite:PATH`, or `postgres://…` with its password.
    pub database_url: Secret,
    /// Folder of the embedded database; empty with PostgreSQL.
    pub data: PathBuf,
    pub keys: KeyRing,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Base address of each vendor's interface, by the vendor's word (`nourish`).
    pub vendor_urls: BTreeMap<String, String>,
    /// What vendors issued to whoever runs this installation, by the vendor's word.
    pub vendor_secrets: BTreeMap<String, Secret>,
    /// Exact origins on private addresses that connectors may reach all the same.
    pub allowed_vendor_origins: Vec<String>,
    /// Vendors that organisations may switch on without the representative, by their word.
    pub vendors_available: Vec<String>,
    /// Folder into which letters are written instead of to a mail server.
    pub mail_folder: Option<PathBuf>,
    /// The mail server; with neither, letters stay in the outbox.
    pub mail_server: Option<MailServer>,
    pub sessions: SessionLimits,
    /// Sign-in attempts per client address in five minutes.
    pub sign_ins_per_address: u32,
    /// Requests of one API key in a second.
    pub api_rate: u32,
    /// Whether some must have a second step to sign in.
    pub two_step: TwoStep,
    /// One breached password a line, besides the list inside.
    pub breached_passwords: Option<PathBuf>,
    /// What `/metrics` asks for as a bearer token; without one it answers loopback only.
    pub metrics_token: Option<Secret>,
    /// Whether this is `kinbridge demo`: shows the mailbox page and its banner.
    pub demo: bool,
    /// Widest random delay of a nightly run, so that organisations do not start together.
    pub nightly_jitter: TimeDelta,
    pub running: Running,
}

/// Who must have a second step besides the password. Everybody may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwoStep {
    /// Representatives, super managers and managers must; staff where their organisation says so.
    Required,
    /// Only staff whose organisation says so must.
    Offered,
}

/// How long sessions last; both may only be set shorter than these defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    pub idle: TimeDelta,
    pub idle_relative: TimeDelta,
    pub absolute: TimeDelta,
    pub absolute_relative: TimeDelta,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle: TimeDelta::minutes(20),
            idle_relative: TimeDelta::minutes(60),
            absolute: TimeDelta::hours(10),
            absolute_relative: TimeDelta::hours(24),
        }
    }
}

/// How the process itself runs and what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Threads that answer requests.
    pub workers: usize,
    pub log_level: LogLevel,
    pub log_format: LogFormat,
}

impl Default for Running {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { workers: cores.min(8), log_level: LogLevel::Info, log_format: LogFormat::Text }
    }
}

/// Which of the portal's own lines are logged; other crates never say more than warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// Reads the settings: the environment first, then the file.
    ///
    /// # Errors
    /// Every setting that is missing, unknown or cannot be used, each with its repair.
    pub fn load(env: &dyn Fn(&str) -> Option<String>, file: Option<&Path>) -> Result<Self, BadConfig> {
        checks::load(env, file)
    }

    /// The settings of `kinbridge demo` and of tests: plain defaults, an embedded database in `data`.
    pub fn for_demo(listen: SocketAddr, data: PathBuf, keys: KeyRing) -> Self {
        let address = if listen.ip().is_unspecified() {
            SocketAddr::from(([127, 0, 0, 1], listen.port()))
        } else {
            listen
        };
        let database = data.join(DATABASE_FILE);
        Self {
            listen,
            public_url: format!("http://{address}"),
            database_url: Secret::new(format!("sqlite:{}", database.display())),
            data,
            keys,
            trusted_proxies: Vec::new(),
            vendor_urls: BTreeMap::new(),
            vendor_secrets: BTreeMap::new(),
            allowed_vendor_origins: Vec::new(),
            vendors_available: Vec::new(),
            mail_folder: None,
            mail_server: None,
            sessions: SessionLimits::default(),
            sign_ins_per_address: SIGN_INS_PER_ADDRESS,
            api_rate: API_RATE,
            two_step: TwoStep::Offered,
            breached_passwords: None,
            metrics_token: None,
            demo: true,
            nightly_jitter: TimeDelta::minutes(NIGHTLY_JITTER_MINUTES),
            running: Running::default(),
        }
    }

    /// Whether people reach the portal over TLS: cookies are then `Secure` and `__Host-`.
    pub fn tls(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// The embedded database's file inside the data folder.
const DATABASE_FILE: &str = "kinbridge.db";
/// Thirty sign-ins of one address in five minutes: a home's staff share one.
const SIGN_INS_PER_ADDRESS: u32 = 30;
/// A shop at its busiest asks less; a program that has run wild is slowed down.
const API_RATE: u32 = 300;
/// Within the ten minutes that a catch-up may take.
const NIGHTLY_JITTER_MINUTES: i64 = 10;
