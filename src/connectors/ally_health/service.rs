//! The calls, one attempt each, under the engine's limits and to the key's own address only.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::wire;
use crate::connectors::http::{Engine, Noted, asked_wait, wrong_type};
use crate::connectors::profile::{Basis, ProfileProblem};
use crate::connectors::visit_service::{
    Availability, Cancelling, Format, NewVisit, VisitPatient, VisitRecord, VisitService, VisitTask,
    VisitWindow, WindowsWanted,
};
use crate::connectors::writing::cleaned;
use crate::connectors::{Credential, Failure, FailureKind, ProfileStatus, Vendor};

/// Lists of tasks and windows are short.
const LONGEST_ANSWER: usize = 2 * 1024 * 1024;
/// A longer identifier is none.
const LONGEST_ID: usize = 200;
/// Windows that are shown: three weeks of ten a day.
const MOST_WINDOWS: usize = 210;
const MOST_TASKS: usize = 200;
const CALLS: [&str; 6] = ["tasks", "availability", "patients", "appointments", "cancel", "webhooks"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    vendor: Vendor,
    status: ProfileStatus,
    /// The code that is sent as the reason of a cancellation which has no other; empty: none is.
    #[serde(default)]
    cancel_reason: String,
    /// Our codes in the service's.
    #[serde(default)]
    cancel_reasons: BTreeMap<String, String>,
    calls: BTreeMap<String, Call>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    path: String,
    /// Under which names a list may stand; an answer that is a list itself needs none.
    roots: Vec<String>,
    words: String,
    basis: Basis,
}

/// The service as its profile describes it.
pub(in crate::connectors) struct AllyHealth {
    profile: Profile,
    engine: Engine,
}

/// One question, before it is sent.
struct Question<'a> {
    operation: &'static str,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    /// The same for every attempt at one thing, for services that heed it.
    once: Option<&'a str>,
}

impl Question<'_> {
    fn get(operation: &'static str, path: &str, query: Vec<(&'static str, String)>) -> Self {
        Self { operation, path: path.to_owned(), query, body: None, once: None }
    }
}

impl AllyHealth {
    pub(in crate::connectors) fn new(text: &str, engine: Engine) -> Result<Self, ProfileProblem> {
        let vendor = Vendor::AllyHealth;
        let wrong = |problem: String| ProfileProblem { vendor, problem };
        let profile: Profile = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        if profile.vendor != vendor {
            return Err(wrong(format!("it says vendor = \"{}\"", profile.vendor.id())));
        }
        if let Some(missing) = CALLS.iter().find(|call| !profile.calls.contains_key(**call)) {
            return Err(wrong(format!("[calls.{missing}] is missing")));
        }
        Ok(Self { profile, engine })
    }

    fn call(&self, name: &str) -> (&str, &[String]) {
        self.profile.calls.get(name).map_or(("", &[]), |call| (call.path.as_str(), call.roots.as_slice()))
    }

    fn failed(&self, kind: FailureKind) -> Failure {
        self.engine.failure(kind)
    }

    async fn ask(&self, credential: &Credential, question: Question<'_>) -> Result<Value, Failure> {
        let body = question.body.as_ref().map(Value::to_string);
        let sent = body.as_ref().map_or(0, String::len);
        let (operation, begun) = (question.operation, Instant::now());
        let mut noted = Noted { credential, operation, begun, status: None, sent, received: 0 };
        let answer = self.exchange(&question, body, &mut noted).await;
        self.engine.note(&noted, answer.as_ref().err().map(|failure| failure.kind));
        answer
    }

    async fn exchange(
        &self,
        question: &Question<'_>,
        body: Option<String>,
        noted: &mut Noted<'_>,
    ) -> Result<Value, Failure> {
        let failed = |kind| self.failed(kind);
        let (writes, deadline) = (body.is_some(), Instant::now() + self.engine.limits.total);
        let base = self.engine.base(noted.credential).map_err(failed)?;
        let mut url = base.at(&question.path).ok_or_else(|| failed(FailureKind::AddressRefused))?;
        if !question.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&question.query);
        }
        let client = self.engine.client(&base).map_err(failed)?;
        let request = match body {
            Some(body) => client.post(url).header(CONTENT_TYPE, "application/json").body(body),
            None => client.get(url),
        };
        let request = match question.once {
            Some(once) => request.header("idempotency-key", once),
            None => request,
        };
        let key = bare(noted.credential).ok_or_else(|| failed(FailureKind::CredentialUnusable))?;
        let request = request.header(AUTHORIZATION, key).header(ACCEPT, "application/json");
        let mut response = self.engine.send(request, deadline).await?;
        let (status, wait) = (response.status(), asked_wait(response.headers()));
        noted.status = Some(status.as_u16());
        let mut answer = Vec::new();
        let read = loop {
            match self.engine.piece(&mut response, deadline).await {
                Ok(Some(piece)) if answer.len() + piece.len() > LONGEST_ANSWER => {
                    break Err(FailureKind::TooLarge);
                }
                Ok(Some(piece)) => answer.extend_from_slice(&piece),
                Ok(None) => break Ok(()),
                Err(kind) => break Err(kind),
            }
        };
        noted.received = u64::try_from(answer.len()).unwrap_or(u64::MAX);
        if let Some(kind) = self.refusal(status, writes) {
            return Err(self.refused(kind, &answer).waiting(wait));
        }
        read.map_err(failed)?;
        if let Some(kind) = wrong_type(response.headers()) {
            return Err(failed(kind));
        }
        serde_json::from_slice(&answer).map_err(|error| {
            failed(if error.is_eof() { FailureKind::TruncatedJson } else { FailureKind::MalformedJson })
        })
    }

    fn refusal(&self, status: StatusCode, writes: bool) -> Option<FailureKind> {
        match status.as_u16() {
            200..=202 => None,
            400 | 409 | 413 | 422 if writes => Some(FailureKind::EntryRejected),
            _ => self.engine.refusal(status),
        }
    }

    /// Its own words about what it did not take, cleaned.
    fn refused(&self, kind: FailureKind, answer: &[u8]) -> Failure {
        let mut failure = self.failed(kind);
        if kind != FailureKind::EntryRejected {
            return failure;
        }
        failure.words = format!("{} did not take it.", self.profile.vendor);
        "Read what it says, and book again with that changed.".clone_into(&mut failure.repair);
        match said(answer) {
            Some(said) => failure.saying(&said),
            None => failure,
        }
    }

    /// The elements of a list that can be read.
    fn list<T: DeserializeOwned>(&self, answer: Value, roots: &[String]) -> Result<Vec<T>, Failure> {
        let found = match answer {
            Value::Array(list) => Some(list),
            Value::Object(mut object) => roots.iter().find_map(|root| match object.remove(root) {
                Some(Value::Array(list)) => Some(list),
                _ => None,
            }),
            _ => None,
        };
        let list = found.ok_or_else(|| self.failed(FailureKind::ListMissing))?;
        Ok(list.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
    }

    /// One thing, which may stand in a field of its own.
    fn one<T: DeserializeOwned>(&self, answer: Value) -> Result<T, Failure> {
        let inner = match answer {
            Value::Object(mut object) if !object.contains_key("id") => {
                object.remove("data").unwrap_or(Value::Object(object))
            }
            other => other,
        };
        serde_json::from_value(inner).map_err(|_shape| self.failed(FailureKind::AllRecordsBroken))
    }

    async fn read_tasks(&self, credential: &Credential) -> Result<Vec<VisitTask>, Failure> {
        let (path, roots) = self.call("tasks");
        let answer = self.ask(credential, Question::get("visit_tasks", path, Vec::new())).await?;
        let tasks: Vec<wire::Task> = self.list(answer, roots)?;
        let usable = tasks.into_iter().filter(|one| is_id(&one.id) && !one.name.trim().is_empty());
        let task = |one: wire::Task| VisitTask {
            id: one.id,
            name: one.name.trim().chars().take(200).collect(),
            description: one.description.unwrap_or_default().trim().chars().take(1_000).collect(),
            minutes: one.minutes.filter(|minutes| *minutes <= 24 * 60),
        };
        Ok(usable.take(MOST_TASKS).map(task).collect())
    }

    async fn read_windows(
        &self,
        credential: &Credential,
        wanted: &WindowsWanted,
    ) -> Result<Availability, Failure> {
        let (path, roots) = self.call("availability");
        let query = vec![
            ("taskId", wanted.task.clone()),
            ("postcode", wanted.postcode.clone()),
            ("from", wanted.from.to_string()),
            ("to", wanted.to.to_string()),
        ];
        let answer = match self.ask(credential, Question::get("visit_windows", path, query)).await {
            Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Rejected) => {
                return Ok(Availability::Outside);
            }
            answer => answer?,
        };
        if answer.get("covered").and_then(Value::as_bool) == Some(false) {
            return Ok(Availability::Outside);
        }
        let windows: Vec<wire::Window> = self.list(answer, roots)?;
        let window = |one: wire::Window| {
            let id = one.id.filter(|id| is_id(id))?;
            let name = one.name.unwrap_or_default().trim().chars().take(100).collect();
            Some(VisitWindow { id, name, starts_at: one.start_at?, ends_at: one.end_at })
        };
        let mut windows: Vec<VisitWindow> = windows.into_iter().filter_map(window).collect();
        windows.sort_by_key(|one| one.starts_at);
        windows.truncate(MOST_WINDOWS);
        Ok(Availability::Windows(windows))
    }

    async fn look_for<T: DeserializeOwned>(
        &self,
        credential: &Credential,
        (operation, call): (&'static str, &str),
        reference: &str,
    ) -> Result<Vec<T>, Failure> {
        let (path, roots) = self.call(call);
        let query = vec![("filter", format!("externalRef:\"{reference}\""))];
        let answer = self.ask(credential, Question::get(operation, path, query)).await?;
        self.list(answer, roots)
    }

    async fn make_patient(&self, credential: &Credential, new: &VisitPatient) -> Result<String, Failure> {
        let patient = wire::Patient {
            id: String::new(),
            first_name: new.first_name.clone(),
            last_name: new.last_name.clone(),
            phone: new.phone.clone(),
            email: new.email.clone(),
            nhs_number: new.nhs_number.clone(),
            external_ref: Some(new.external_ref.clone()),
            date_of_birth: new.date_of_birth.to_string(),
        };
        let answer =
            self.post(credential, "visit_patient", "patients", (&patient, &new.external_ref)).await?;
        let made: wire::Known = self.one(answer)?;
        if is_id(&made.id) { Ok(made.id) } else { Err(self.failed(FailureKind::AllRecordsBroken)) }
    }

    async fn post<T: serde::Serialize>(
        &self,
        credential: &Credential,
        operation: &'static str,
        call: &str,
        (body, once): (&T, &str),
    ) -> Result<Value, Failure> {
        let (path, _) = self.call(call);
        let body = serde_json::to_value(body).unwrap_or_else(|_unwritable| json!({}));
        let once = Some(once).filter(|once| !once.is_empty());
        let question =
            Question { operation, path: path.to_owned(), query: Vec::new(), body: Some(body), once };
        self.ask(credential, question).await
    }

    async fn make_visit(&self, credential: &Credential, new: &NewVisit) -> Result<VisitRecord, Failure> {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let place = &new.place;
        let booking = wire::Booking {
            patient_id: new.patient.clone(),
            task_id: new.task.clone(),
            window_id: filled(&new.window),
            external_ref: Some(new.external_ref.clone()),
            note: filled(&new.note),
            phone: new.phone.clone(),
            location: wire::Location {
                line1: place.line1.clone(),
                line2: filled(&place.line2),
                city: place.city.clone(),
                postcode: place.postcode.clone(),
                country: Some("GB".to_owned()),
                access_notes: filled(&place.access_notes),
            },
        };
        let answer = self.post(credential, "visit", "appointments", (&booking, &new.external_ref)).await?;
        self.record(self.one(answer)?)
    }

    /// A visit that can be told from others.
    fn record(&self, read: wire::Appointment) -> Result<VisitRecord, Failure> {
        if !is_id(&read.id) {
            return Err(self.failed(FailureKind::AllRecordsBroken));
        }
        let window = read.window.unwrap_or_default();
        Ok(VisitRecord {
            id: read.id,
            external_ref: read.external_ref.unwrap_or_default(),
            status: read.status.trim().chars().filter(|c| !c.is_control()).take(60).collect(),
            window_name: window.name.unwrap_or_default().trim().chars().take(100).collect(),
            starts_at: window.start_at,
            ends_at: window.end_at,
            updated_at: read.updated_at,
        })
    }

    async fn read_visit(&self, credential: &Credential, id: &str) -> Result<VisitRecord, Failure> {
        let (path, _) = self.call("appointments");
        let path = format!("{path}/{}", self.step(id)?);
        let answer = self.ask(credential, Question::get("visit_state", &path, Vec::new())).await?;
        self.record(self.one(answer)?)
    }

    async fn call_off(
        &self,
        credential: &Credential,
        id: &str,
        cancelling: &Cancelling,
    ) -> Result<(), Failure> {
        let (path, _) = self.call("cancel");
        let path = path.replace("{id}", self.step(id)?);
        let reason = self.profile.cancel_reasons.get(&cancelling.reason);
        let reason = reason.unwrap_or(&self.profile.cancel_reason);
        let cancel = wire::Cancel {
            note: cancelling.note.clone(),
            cancelling_entity: "organisation".to_owned(),
            causing_entity: Some(cancelling.cause.to_owned()),
            reason_code: Some(reason.clone()).filter(|code| !code.is_empty()),
        };
        let body = serde_json::to_value(cancel).ok();
        let question = Question { operation: "visit_cancel", path, query: Vec::new(), body, once: None };
        self.ask(credential, question).await.map(drop)
    }

    /// An identifier as a part of a path.
    fn step<'a>(&self, id: &'a str) -> Result<&'a str, Failure> {
        if is_id(id) { Ok(id) } else { Err(self.failed(FailureKind::NotFound)) }
    }
}

/// The key as it stands: without "Bearer".
fn bare(credential: &Credential) -> Option<HeaderValue> {
    let key = credential.token().expose();
    let fits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    let mut value = HeaderValue::try_from(key).ok().filter(|_| fits)?;
    value.set_sensitive(true);
    Some(value)
}

/// Of letters, digits, hyphens and underscores, so that it changes no path.
fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= LONGEST_ID && text.bytes().all(plain)
}

/// What the answer says in one sentence, with the fields that it names.
fn said(answer: &[u8]) -> Option<String> {
    let first = cleaned(answer);
    let read: Value = serde_json::from_slice(answer).ok()?;
    let text = |one: &Value, names: [&str; 3]| {
        names.iter().find_map(|name| one.get(name)?.as_str()).unwrap_or_default().to_owned()
    };
    let fields: Vec<String> = read
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .take(3)
        .map(|one| {
            let (field, rule) =
                (text(one, ["field", "path", "name"]), text(one, ["rule", "words", "message"]));
            format!("{field} {rule}").trim().to_owned()
        })
        .filter(|words| !words.is_empty())
        .collect();
    let fields = cleaned(json!({ "error": fields.join("; ") }).to_string().as_bytes());
    match (first, fields) {
        (Some(first), Some(fields)) => Some(format!("{first} {fields}")),
        (first, fields) => first.or(fields),
    }
}

impl VisitService for AllyHealth {
    fn profile_status(&self) -> ProfileStatus {
        self.profile.status
    }

    fn formats(&self) -> Vec<Format<'_>> {
        let calls = CALLS.iter().filter_map(|name| self.profile.calls.get(*name));
        calls.map(|call| Format { words: &call.words, basis: call.basis }).collect()
    }

    fn tasks<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Vec<VisitTask>, Failure>> {
        self.read_tasks(credential).boxed()
    }

    fn availability<'a>(
        &'a self,
        credential: &'a Credential,
        wanted: &'a WindowsWanted,
    ) -> BoxFuture<'a, Result<Availability, Failure>> {
        self.read_windows(credential, wanted).boxed()
    }

    fn find_patient<'a>(
        &'a self,
        credential: &'a Credential,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>> {
        async move {
            let found: Vec<wire::Known> =
                self.look_for(credential, ("visit_find_patient", "patients"), reference).await?;
            let ours = found
                .into_iter()
                .find(|one| one.external_ref.as_deref() == Some(reference) && is_id(&one.id));
            Ok(ours.map(|one| one.id))
        }
        .boxed()
    }

    fn create_patient<'a>(
        &'a self,
        credential: &'a Credential,
        patient: &'a VisitPatient,
    ) -> BoxFuture<'a, Result<String, Failure>> {
        self.make_patient(credential, patient).boxed()
    }

    fn find_visit<'a>(
        &'a self,
        credential: &'a Credential,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<VisitRecord>, Failure>> {
        async move {
            let found: Vec<wire::Appointment> =
                self.look_for(credential, ("visit_find", "appointments"), reference).await?;
            let ours = found.into_iter().find(|one| one.external_ref.as_deref() == Some(reference));
            ours.map(|one| self.record(one)).transpose()
        }
        .boxed()
    }

    fn book<'a>(
        &'a self,
        credential: &'a Credential,
        visit: &'a NewVisit,
    ) -> BoxFuture<'a, Result<VisitRecord, Failure>> {
        self.make_visit(credential, visit).boxed()
    }

    fn visit<'a>(
        &'a self,
        credential: &'a Credential,
        id: &'a str,
    ) -> BoxFuture<'a, Result<VisitRecord, Failure>> {
        self.read_visit(credential, id).boxed()
    }

    fn cancel<'a>(
        &'a self,
        credential: &'a Credential,
        id: &'a str,
        cancelling: &'a Cancelling,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        self.call_off(credential, id, cancelling).boxed()
    }
}
