//! The settings of one installation, as plain values.
//!
//! Read from the environment and an optional TOML file by [`Config::load`]; a wrong value stops the
//! start with its name and the repair. Deliberately imports nothing but `kit`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use chrono::TimeDelta;

use crate::kit::sealed::KeyRing;
use crate::kit::secret::Secret;

/// Everything that can be set. Secrets print as `…`.
#[derive(Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// Scheme, host and port under which people reach the portal, without a slash at the end.
    pub public_url: String,
    /// `sqlite:PATH`, or `postgres://…` with its password.
    pub database_url: Secret,
    /// Folder of the embedded database.
    pub data: PathBuf,
    pub keys: KeyRing,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Base address of each vendor's interface, by the vendor's word (`nourish`).
    pub vendor_urls: std::collections::BTreeMap<String, String>,
    /// Issued by Nourish to the operator.
    pub nourish_integration_id: Option<Secret>,
    /// Exact origins on private addresses that connectors may reach all the same.
    pub allowed_vendor_origins: Vec<String>,
    /// Vendors that organisations may switch on without the representative, by their word.
    pub vendors_available: Vec<String>,
    /// Folder into which letters are written until a mail server can be set.
    pub mail_folder: Option<PathBuf>,
    pub sessions: SessionLimits,
    /// Sign-in attempts per client address in five minutes.
    pub sign_ins_per_address: u32,
    /// One breached password a line, besides the list inside.
    pub breached_passwords: Option<PathBuf>,
    /// What `/metrics` asks for as a bearer token; without one it answers loopback only.
    pub metrics_token: Option<Secret>,
    /// Whether this is `kinbridge demo`: shows the mailbox page and its banner.
    pub demo: bool,
    /// Widest random delay of a nightly run, so that organisations do not start together.
    pub nightly_jitter: TimeDelta,
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

impl Config {
    /// Whether people reach the portal over TLS: cookies are then `Secure` and `__Host-`.
    pub fn tls(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
