//! The engine that runs a profile: asks, reads the answer in pieces within fixed limits and hands out each record.
//! Follows no redirect, uses no proxy, sends the credential to one origin only, never retries, and never logs.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use tokio::time::{Instant, timeout};

use super::address::{BaseUrl, CheckedNames, Lookup, check_base_url};
use super::envelope::Envelope;
use super::list::{Element, ListReader};
use super::network;
use super::paging::Pages;
use super::profile::{Forbidden, Method, Operation, Profile};
use super::{Credential, Failure, FailureKind, Journal, Limits, Message, Progress, Secret, Vendor};

/// Connections that are kept open between requests: as many entries as are under way at once.
const MOST_IDLE: usize = 8;

/// Of a list whose records may be long: so many times the limit for a whole list may be read for one page, and so many
/// times may be kept of all pages together, in so many times the time.
const LONG_PAGES: u64 = 4;
const LONG_LISTS: u32 = 6;

/// Where the records of a list go.
pub(super) trait Taker: Send {
    /// A page has begun to come.
    fn answered(&mut self, vendor_time: Option<DateTime<Utc>>);
    /// One element of the list, as it came.
    fn take(&mut self, element: &[u8]) -> Result<(), FailureKind>;
    /// The beginning of an element that is longer than the profile allows.
    fn too_long(&mut self, _beginning: &[u8]) -> Result<(), FailureKind> {
        Err(FailureKind::TooLarge)
    }
    /// How many elements there were so far.
    fn taken(&self) -> usize;
}

/// Everything needed to ask one vendor.
pub(super) struct Engine {
    pub(super) vendor: Vendor,
    /// The installation's; a credential may bring its own.
    pub(super) base: Result<BaseUrl, FailureKind>,
    /// Exact origins that may be anywhere.
    pub(super) allowed_origins: Vec<String>,
    pub(super) deployment: Option<Secret>,
    pub(super) limits: Limits,
    /// Of what a 403 of this vendor speaks.
    pub(super) forbidden: Forbidden,
    pub(super) lookup: Arc<dyn Lookup>,
    /// By origin, each made with its first question: reading the machine's certificates takes time and memory.
    pub(super) clients: Mutex<HashMap<String, Client>>,
    pub(super) journal: Arc<Journal>,
}

/// What is noted of one message while it is under way.
pub(super) struct Noted<'a> {
    pub(super) credential: &'a Credential,
    pub(super) operation: &'static str,
    pub(super) begun: Instant,
    pub(super) status: Option<u16>,
    pub(super) sent: usize,
    pub(super) received: u64,
}

/// Origins to which connections are kept; beyond them all are made anew.
const MOST_ORIGINS: usize = 64;

/// Which list is read.
pub(super) struct List<'a> {
    pub(super) profile: &'a Profile,
    pub(super) operation: &'a Operation,
    /// The value of the one parameter that changes, where the operation has one.
    pub(super) wanted: Option<&'a str>,
}

/// In bytes.
struct Most {
    page: u64,
    kept: u64,
}

/// One request, before it has an address.
pub(super) struct Asked<'a> {
    pub(super) profile: &'a Profile,
    pub(super) credential: &'a Credential,
    pub(super) method: Method,
    /// JSON. A POST without one sends an empty object.
    pub(super) body: Option<String>,
    /// The key stands in the address already.
    pub(super) bare: bool,
}

/// The state of reading one list over its pages.
struct Reading<'a> {
    credential: &'a Credential,
    profile: &'a Profile,
    operation: &'a Operation,
    deadline: Instant,
    bytes: u64,
    /// Of these, what stands in elements that were handed on whole.
    kept: u64,
    taker: &'a mut dyn Taker,
    progress: &'a dyn Progress,
}

impl Engine {
    /// Reads a whole list. Returns the number of bytes.
    pub(super) async fn list(
        &self,
        list: &List<'_>,
        credential: &Credential,
        taker: &mut dyn Taker,
        progress: &dyn Progress,
    ) -> Result<u64, Failure> {
        let (profile, operation) = (list.profile, list.operation);
        let deadline = Instant::now() + self.limits.total;
        let mut reading =
            Reading { credential, profile, operation, deadline, bytes: 0, kept: 0, taker, progress };
        let base = self.base(credential).map_err(|kind| self.failure(kind))?;
        let path = keyed(&operation.path, credential).map_err(|kind| self.failure(kind))?;
        let mut first = base.at(&path).ok_or_else(|| self.failure(FailureKind::AddressRefused))?;
        if !operation.query.is_empty() || list.wanted.is_some() {
            let fixed = operation.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let wanted = list.wanted.map(|value| (operation.ask.as_str(), value));
            first.query_pairs_mut().extend_pairs(fixed.chain(wanted));
        }
        let mut pages = Pages::new(&profile.paging, first);
        let over = Instant::now() + self.limits.total * LONG_LISTS;
        while let Some(url) = pages.next.take() {
            if operation.longest.is_some() {
                reading.deadline = over.min(Instant::now() + self.limits.total);
            }
            let before = reading.taker.taken();
            let (envelope, mark) = self.page(&base, url.clone(), &mut reading).await?;
            let count = reading.taker.taken() - before;
            pages.turn(&base, url, &envelope, count, mark).map_err(|kind| self.failure(kind))?;
        }
        Ok(reading.bytes)
    }

    pub(super) fn failure(&self, kind: FailureKind) -> Failure {
        Failure::new(self.vendor, kind)
    }

    /// Writes down what became of a message.
    pub(super) fn note(&self, noted: &Noted<'_>, failure: Option<FailureKind>) {
        self.journal.note(Message {
            vendor: self.vendor,
            token: noted.credential.key().to_owned(),
            operation: noted.operation,
            status: noted.status,
            failure,
            sent: u64::try_from(noted.sent).unwrap_or(u64::MAX),
            received: noted.received,
            took: noted.begun.elapsed(),
        });
    }

    /// Where this credential is sent: its own address, checked as when it was entered, or the installation's.
    pub(super) fn base(&self, credential: &Credential) -> Result<BaseUrl, FailureKind> {
        match credential.base() {
            Some(text) => {
                check_base_url(text, &self.allowed_origins).map_err(|_problem| FailureKind::AddressRefused)
            }
            None => self.base.clone(),
        }
    }

    /// Reads one page; returns what was around the list and a mark of what was in it.
    async fn page(
        &self,
        base: &BaseUrl,
        url: Url,
        reading: &mut Reading<'_>,
    ) -> Result<(Envelope, u64), Failure> {
        let (credential, operation, before) = (reading.credential, reading.operation.name, reading.bytes);
        let mut noted =
            Noted { credential, operation, begun: Instant::now(), status: None, sent: 0, received: 0 };
        let read = self.read_page(base, url, reading, &mut noted.status).await;
        noted.received = reading.bytes - before;
        self.note(&noted, read.as_ref().err().map(|failure| failure.kind));
        read
    }

    async fn read_page(
        &self,
        base: &BaseUrl,
        url: Url,
        reading: &mut Reading<'_>,
        status: &mut Option<u16>,
    ) -> Result<(Envelope, u64), Failure> {
        let (profile, credential) = (reading.profile, reading.credential);
        let (method, bare) = (reading.operation.method, reading.operation.bare);
        let asked = Asked { profile, credential, method, body: None, bare };
        let request = self.request(base, url, &asked).map_err(|kind| self.failure(kind))?;
        let mut response = self.send(request, reading.deadline).await?;
        *status = Some(response.status().as_u16());
        let most = self.most(reading.operation);
        self.check_head(&response, most.page)?;
        reading.taker.answered(date(response.headers()));
        let before = if reading.operation.longest.is_some() { reading.bytes } else { 0 };
        let mut list = ListReader::new(&reading.operation.roots, reading.operation.longest);
        let mut mark = DefaultHasher::new();
        loop {
            let Some(piece) =
                self.piece(&mut response, reading.deadline).await.map_err(|kind| self.failure(kind))?
            else {
                break;
            };
            reading.bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            if reading.bytes - before > most.page || reading.kept > most.kept {
                return Err(self.failure(FailureKind::TooLarge));
            }
            let (taker, kept) = (&mut *reading.taker, &mut reading.kept);
            let mut sink = |element: Element<'_>| match element {
                Element::Whole(element) => {
                    mark.write(element);
                    *kept += u64::try_from(element.len()).unwrap_or(u64::MAX);
                    taker.take(element)
                }
                Element::Beginning(element) => {
                    mark.write(element);
                    taker.too_long(element)
                }
            };
            list.feed(&piece, &mut sink).map_err(|kind| self.failure(kind))?;
            reading.progress.read(reading.taker.taken(), reading.bytes);
        }
        let envelope = list.finish(&reading.operation.empty).map_err(|kind| self.failure(kind))?;
        Ok((envelope, mark.finish()))
    }

    pub(super) fn client(&self, base: &BaseUrl) -> Result<Client, FailureKind> {
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
            .connect_timeout(self.limits.connect)
            .pool_max_idle_per_host(MOST_IDLE)
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

    pub(super) async fn send(&self, request: RequestBuilder, deadline: Instant) -> Result<Response, Failure> {
        let wait = self.limits.first_byte.min(deadline.saturating_duration_since(Instant::now()));
        match timeout(wait, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.failure(network::kind(&error))),
            Err(_elapsed) => Err(self.failure(FailureKind::FirstByteTimeout)),
        }
    }

    pub(super) async fn piece(
        &self,
        response: &mut Response,
        deadline: Instant,
    ) -> Result<Option<impl std::ops::Deref<Target = [u8]> + use<>>, FailureKind> {
        let wait = self.limits.idle.min(deadline.saturating_duration_since(Instant::now()));
        match timeout(wait, response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) => Err(network::kind(&error)),
            Err(_elapsed) if Instant::now() >= deadline => Err(FailureKind::TooSlow),
            Err(_elapsed) => Err(FailureKind::Stalled),
        }
    }

    /// How much of an operation is read. Where single records may be long, a page may be too, and what is passed over
    /// costs no memory.
    fn most(&self, operation: &Operation) -> Most {
        let body = self.limits.body;
        if operation.longest.is_none() {
            return Most { page: body, kept: body };
        }
        Most { page: body.saturating_mul(LONG_PAGES), kept: body.saturating_mul(u64::from(LONG_LISTS)) }
    }

    /// What a status other than 200 means to this vendor.
    pub(super) fn refusal(&self, status: StatusCode) -> Option<FailureKind> {
        match refusal(status) {
            Some(_) if status == StatusCode::FORBIDDEN && self.forbidden == Forbidden::Program => {
                Some(FailureKind::ProgramRefused)
            }
            other => other,
        }
    }

    /// Status, kind of data and announced length, before anything is read.
    pub(super) fn check_head(&self, response: &Response, most: u64) -> Result<(), Failure> {
        if let Some(kind) = self.refusal(response.status()) {
            return Err(self.failure(kind).waiting(asked_wait(response.headers())));
        }
        if response.content_length().is_some_and(|length| length > most) {
            return Err(self.failure(FailureKind::TooLarge));
        }
        wrong_type(response.headers()).map_or(Ok(()), |kind| Err(self.failure(kind)))
    }
}

/// A path of the profile with the key in its place. A key that would change the path is none.
fn keyed(path: &str, credential: &Credential) -> Result<String, FailureKind> {
    if !path.contains("{key}") {
        return Ok(path.to_owned());
    }
    let key = credential.token().expose();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if key.is_empty() || !key.bytes().all(plain) {
        return Err(FailureKind::CredentialUnusable);
    }
    Ok(path.replace("{key}", key))
}

/// A path of the profile with the vendor's identifier of a person in its place, whatever it is made of; `None` where
/// it would lead to another path.
pub(super) fn about(path: &str, person: &str) -> Option<String> {
    if !path.contains("{person}") {
        return Some(path.to_owned());
    }
    // Written out as %2E, dots alone would still be steps.
    if person.bytes().all(|byte| byte == b'.') {
        return None;
    }
    let written = |byte: u8| match byte {
        b'-' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    Some(path.replace("{person}", &person.bytes().map(written).collect::<String>()))
}

/// What a status other than 200 means.
fn refusal(status: StatusCode) -> Option<FailureKind> {
    Some(match status.as_u16() {
        200 => return None,
        204 => FailureKind::NoContent,
        300..=399 => FailureKind::Redirected,
        401 | 403 => FailureKind::CredentialRefused,
        404 | 410 => FailureKind::NotFound,
        429 => FailureKind::TooManyRequests,
        408 | 425 | 502 | 503 | 504 => FailureKind::Unavailable,
        500..=599 => FailureKind::ServerError,
        _ => FailureKind::Rejected,
    })
}

/// JSON by any of its names is fine, and so is no name at all: then the data itself must be JSON.
pub(super) fn wrong_type(headers: &HeaderMap) -> Option<FailureKind> {
    let named = headers.get(CONTENT_TYPE)?.to_str().unwrap_or("?");
    let kind = named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "" | "application/json" | "text/json" => None,
        json if json.ends_with("+json") => None,
        "text/html" | "application/xhtml+xml" => Some(FailureKind::WebPage),
        _ => Some(FailureKind::WrongContentType),
    }
}

fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    moment(headers.get(DATE)?.to_str().ok()?)
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|moment| moment.with_timezone(&Utc))
}

/// `Retry-After`, as seconds or as a moment against the vendor's own clock. Nonsense asks for nothing.
pub(super) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let wait = moment(text)? - date(headers)?;
    Some(wait.to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_moment() {
        let now = (DATE, "Wed, 21 Oct 2026 07:28:00 GMT");
        for (asked, wait) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999999", Some(u64::MAX)),
            ("Wed, 21 Oct 2026 07:29:30 GMT", Some(90)),
            ("Wed, 21 Oct 2020 07:29:30 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
        ] {
            let map = headers(&[now.clone(), (RETRY_AFTER, asked)]);
            assert_eq!(asked_wait(&map), wait.map(Duration::from_secs), "{asked}");
        }
        assert_eq!(asked_wait(&headers(&[(RETRY_AFTER, "Wed, 21 Oct 2026 07:29:30 GMT")])), None);
    }

    #[test]
    fn an_identifier_cannot_leave_its_place_in_a_path() {
        let base = check_base_url("https://api.example.org/v1", &[]).unwrap();
        let led = |person: &str| about("/residents/{person}/notes", person).and_then(|path| base.at(&path));
        assert_eq!(led("a-7").unwrap().path(), "/v1/residents/a-7/notes");
        assert_eq!(led("../x?y#z").unwrap().path(), "/v1/residents/%2E%2E%2Fx%3Fy%23z/notes");
        for person in ["", ".", ".."] {
            assert!(led(person).is_none(), "{person}");
        }
        let key = |key: &str| keyed("/mcm/{key}/x", &Credential::new("1", key));
        assert_eq!(key("0b6f-1").as_deref(), Ok("/mcm/0b6f-1/x"));
        for odd in ["", "..", "a/b", "a?b"] {
            assert_eq!(key(odd), Err(FailureKind::CredentialUnusable), "{odd}");
        }
    }

    #[test]
    fn only_json_is_data() {
        for (sent, kind) in [
            ("application/json; charset=utf-8", None),
            ("application/problem+json", None),
            ("TEXT/HTML", Some(FailureKind::WebPage)),
            ("text/csv", Some(FailureKind::WrongContentType)),
            ("application/xml", Some(FailureKind::WrongContentType)),
        ] {
            assert_eq!(wrong_type(&headers(&[(CONTENT_TYPE, sent)])), kind, "{sent}");
        }
        assert_eq!(wrong_type(&HeaderMap::new()), None);
    }
}
