//! What every request and job shares. Fields only: built in `boot`, used above it.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::config::Config;
use crate::connectors::{CareSystems, WebhookSender};
use crate::db::Db;
use crate::domain::accounts::Hasher;
use crate::domain::api_keys::Paces;
use crate::kit::clock::Clock;
use crate::mail::Mailer;

/// What the API can do, as it describes itself (OpenAPI): left by it for the pages that show it, and made when it is
/// first asked for, since it takes more memory than all else that a portal holds before its first visitor.
pub struct Described(pub fn() -> &'static serde_json::Value);

/// The shared parts of a running portal; cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub db: Db,
    pub clock: Clock,
    pub config: Arc<Config>,
    pub care_systems: Arc<CareSystems>,
    pub webhooks: Arc<WebhookSender>,
    pub hasher: Hasher,
    pub mailer: Arc<Mailer>,
    /// Rung when a run is asked for, so that it starts at once and not at the next tick.
    pub wake: Arc<Notify>,
    /// How fast each program that has a key may ask.
    pub paces: Arc<Paces>,
}
