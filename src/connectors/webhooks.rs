//! Sends events to the programs that organisations named: one POST to the address that was entered, under the rules
//! that hold for vendors' addresses, each time anew. Follows no redirect, uses no proxy, never retries, never logs, and
//! keeps nothing of an answer but its status and when to come back.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout_at};

use super::address::{BaseUrl, CheckedNames, Lookup, SystemLookup, check_base_url};
use super::{FailureKind, network};

/// From the first look-up of the name to the status of the answer.
const LIMIT: Duration = Duration::from_secs(10);

/// An answer that announces no more than this is read and thrown away, so that the connection can be kept; of a longer
/// one nothing is read.
const SHORT: u64 = 256;

/// Origins to which connections are kept; beyond them all are made anew.
const MOST_ORIGINS: usize = 64;

/// What is sent.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    pub url: &'a str,
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, in seconds.
    pub timestamp: i64,
    /// `webhook-signature`.
    pub signature: &'a str,
    /// JSON.
    pub body: &'a str,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    /// Seconds before which the receiver does not want to be asked again (`Retry-After`; a date there is not read).
    pub wait: Option<u32>,
}

/// The sender of this installation.
pub struct WebhookSender {
    /// Exact origins that may be anywhere, from the configuration only.
    allowed_origins: Vec<String>,
    lookup: Arc<dyn Lookup>,
    limit: Duration,
    clients: Mutex<HashMap<String, Client>>,
}

impl fmt::Debug for WebhookSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSender(…)")
    }
}

impl WebhookSender {
    pub fn new(allowed_origins: Vec<String>) -> Self {
        Self { allowed_origins, lookup: Arc::new(SystemLookup), limit: LIMIT, clients: Mutex::default() }
    }

    /// With another name service.
    #[must_use]
    pub fn looking_up(mut self, lookup: Arc<dyn Lookup>) -> Self {
        self.lookup = lookup;
        self
    }

    /// With less patience.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// One try; what was answered, whatever it is.
    ///
    /// # Errors
    /// When nothing was sent, or no answer came within the limit.
    pub async fn send(&self, what: Outgoing<'_>) -> Result<Answered, FailureKind> {
        let deadline = Instant::now() + self.limit;
        let base = check_base_url(what.url, &self.allowed_origins);
        let base = base.map_err(|_problem| FailureKind::AddressRefused)?;
        let request = self
            .client(&base)?
            .post(base.whole())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", what.id)
            .header("webhook-timestamp", what.timestamp)
            .header("webhook-signature", what.signature)
            .body(what.body.to_owned());
        match timeout_at(deadline, request.send()).await {
            Ok(Ok(response)) => {
                let wait =
                    response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                let answered = Answered { status: response.status().as_u16(), wait };
                let _ = timeout_at(deadline, read_if_short(response)).await;
                Ok(answered)
            }
            Ok(Err(error)) => Err(network::kind(&error)),
            Err(_elapsed) => Err(FailureKind::FirstByteTimeout),
        }
    }

    fn client(&self, base: &BaseUrl) -> Result<Client, FailureKind> {
        let origin = base.origin();
        let kept = || self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = kept().get(&origin) {
            return Ok(client.clone());
        }
        let encrypted = origin.starts_with("https:");
        let names = CheckedNames { lookup: Arc::clone(&self.lookup), allowed: base.allowed() };
        let mut builder = Client::builder()
            .user_agent(concat!("Kinbridge/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .https_only(encrypted)
            .connect_timeout(self.limit)
            .pool_max_idle_per_host(2)
            .pool_idle_timeout(Duration::from_secs(5))
            .dns_resolver(Arc::new(names));
        if !encrypted {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|_no_certificates| FailureKind::EncryptionFailed)?;
        let mut kept = kept();
        if kept.len() >= MOST_ORIGINS {
            kept.clear();
        }
        kept.insert(origin, client.clone());
        Ok(client)
    }
}

/// What it says is nobody's business here; a connection that was read to its end can be used again.
async fn read_if_short(mut response: Response) {
    if response.content_length().is_some_and(|length| length <= SHORT) {
        while let Ok(Some(_piece)) = response.chunk().await {}
    }
}
