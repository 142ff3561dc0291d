//! `POST /api/v1/monitoring/events`: one night event, or a list of them, from a device of a home. Each field is checked
//! before anything is kept; then each event has its own answer. Sending the same again keeps nothing twice.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use super::error::{Answer, Problem, Wrong};
use crate::domain::Refusal;
use crate::domain::monitoring::{self, Admitted, Incoming, Kind, MOST_AT_ONCE, OLDEST, Severity, Taken};
use crate::kit::ids::ResidentId;
use crate::kit::secret::Secret;
use crate::services::Services;

/// A hundred events with every field filled fit.
const BODY_LIMIT: usize = 512 * 1024;

/// A device's clock may be ahead of ours by so much.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The longest key that is looked up.
const LONGEST_KEY: usize = 200;

const FIELDS: [&str; 9] =
    ["id", "resident", "room", "kind", "severity", "title", "text", "answered_by", "occurred_at"];

/// Something that happened at night.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the document only: events are read by this module's Reading")]
pub(super) struct NightEvent {
    /// The device's own name for it; the same is kept once.
    #[schema(min_length = 1, max_length = 64)]
    id: String,
    /// The resident's number in the portal.
    #[schema(minimum = 1)]
    resident: Option<i64>,
    #[schema(max_length = 40)]
    room: Option<String>,
    /// What happened, such as `out_of_bed`.
    #[schema(examples("out_of_bed"))]
    kind: String,
    #[schema(examples("medium"))]
    severity: String,
    #[schema(max_length = 80)]
    title: Option<String>,
    #[schema(max_length = 1_000)]
    text: Option<String>,
    #[schema(max_length = 80)]
    answered_by: Option<String>,
    /// With its offset.
    #[schema(format = DateTime)]
    occurred_at: String,
}

/// One event, or several.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read by the document only")]
pub(super) enum NightEvents {
    One(NightEvent),
    Several(Vec<NightEvent>),
}

/// What became of each event, in order.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "read by the document only")]
pub(super) struct Heard {
    events: Vec<HeardEvent>,
}

/// What became of one event.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "read by the document only")]
pub(super) struct HeardEvent {
    id: String,
    /// `accepted`, or why not.
    #[schema(examples("accepted"))]
    outcome: String,
    #[schema(nullable = false)]
    detail: Option<String>,
}

#[derive(serde::Serialize)]
struct Said<'a> {
    id: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

/// Send night events
///
/// One event, or a list of at most 100. Sending the same again keeps nothing twice.
#[utoipa::path(
    post,
    path = "/api/v1/monitoring/events",
    tag = "Night events",
    request_body = NightEvents,
    responses((status = 202, description = "What became of each event", body = Heard))
)]
pub(super) async fn receive(request: HttpRequest, payload: Payload, services: Data<Services>) -> Answer {
    let key = bearer(&request).ok_or(Problem::Unauthorized)?;
    let admitted: Result<Admitted, Refusal> = services.db.write(move |tx| monitoring::admit(tx, &key)).await;
    let sender = match admitted.map_err(Problem::of_a_device)? {
        Admitted::Yes(sender) => sender,
        Admitted::Unknown => return Err(Problem::Unauthorized),
        Admitted::TooMany(seconds) => return Err(Problem::TooMany(seconds.unsigned_abs())),
    };
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::WrongMedia("application/json".to_owned()));
    }
    let body = read(payload).await?;
    let events = events(&body, services.clock.now())?;
    let kept = events.clone();
    let answers: Result<Vec<Taken>, Refusal> =
        services.db.write(move |tx| monitoring::receive(tx, &sender, &kept)).await;
    let answers = answers.map_err(Problem::of_a_device)?;
    services.wake.notify_one();
    for answer in &answers {
        metrics::counter!("kinbridge_night_events_total", "outcome" => answer.as_str()).increment(1);
    }
    let said = events.iter().zip(&answers).map(|(event, answer)| Said {
        id: &event.id,
        outcome: answer.as_str(),
        detail: detail(*answer),
    });
    let said: Vec<Said<'_>> = said.collect();
    Ok(HttpResponse::Accepted().json(serde_json::json!({ "events": said })))
}

fn detail(answer: Taken) -> Option<&'static str> {
    match answer {
        Taken::Accepted => None,
        Taken::Repeated => Some("It is here already, or counts in the entry of one shortly before."),
        Taken::BelowThreshold => Some("It is kept in the portal and does not go to the care record."),
        Taken::NoSuchResident => Some(
            "Not kept: the resident does not live in the device's home, or the room does not say for certain who is \
             meant. Name the resident by their number.",
        ),
    }
}

fn bearer(request: &HttpRequest) -> Option<Secret> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (only, None) = (headers.next()?, headers.next()) else { return None };
    let (scheme, key) = only.to_str().ok()?.split_once(' ')?;
    let key = key.trim();
    let fits = scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() && key.len() <= LONGEST_KEY;
    fits.then(|| Secret::new(key))
}

async fn read(mut payload: Payload) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    while let Some(piece) = payload.next().await {
        let piece = piece
            .map_err(|_broken_off| Problem::Unreadable("It did not arrive whole. Send it again.".into()))?;
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(Problem::TooLarge(BODY_LIMIT));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn events(body: &[u8], now: NaiveDateTime) -> Result<Vec<Incoming>, Problem> {
    let shape = |words: &str| Problem::Unreadable(words.to_owned());
    let read: Value = serde_json::from_slice(body).map_err(|cause| {
        // Where, and not what: the text may hold what happened to somebody.
        Problem::Unreadable(format!("No JSON at line {}, column {}.", cause.line(), cause.column()))
    })?;
    let (list, is_list) = match read {
        Value::Array(list) => (list, true),
        one @ Value::Object(_) => (vec![one], false),
        _ => return Err(shape("Send one event as an object, or several as a list.")),
    };
    if list.is_empty() || list.len() > MOST_AT_ONCE {
        return Err(Problem::Unreadable(format!("Send from 1 to {MOST_AT_ONCE} events at once.")));
    }
    let mut wrong = Vec::new();
    let mut events = Vec::with_capacity(list.len());
    for (at, one) in list.iter().enumerate() {
        let prefix = if is_list { format!("[{at}]") } else { String::new() };
        let Value::Object(fields) = one else {
            wrong.push(Wrong { field: prefix, rule: "must be an object".into() });
            continue;
        };
        let mut reading = Reading { fields, prefix, wrong: Vec::new() };
        let event = reading.event(now);
        wrong.append(&mut reading.wrong);
        events.extend(event);
    }
    if wrong.is_empty() { Ok(events) } else { Err(Problem::Invalid(wrong)) }
}

/// One event's fields as they are read, and what is wrong with them.
struct Reading<'a> {
    fields: &'a Map<String, Value>,
    prefix: String,
    wrong: Vec<Wrong>,
}

impl Reading<'_> {
    fn event(&mut self, now: NaiveDateTime) -> Option<Incoming> {
        for name in self.fields.keys() {
            if !FIELDS.contains(&name.as_str()) {
                // A name that nobody knows is not repeated: it may be anything.
                self.wrong.push(Wrong {
                    field: self.prefix.clone(),
                    rule: format!("has a field that is not known; these are: {}", FIELDS.join(", ")),
                });
                break;
            }
        }
        let id = self.id();
        let resident = self.resident();
        let room = self.text("room", 40);
        let kind = self.word("kind", Kind::ALL.iter().map(|one| one.as_str()), Kind::parse);
        let severity = self.word("severity", Severity::ALL.iter().map(|one| one.as_str()), Severity::parse);
        let title = self.text("title", 80);
        let details = self.text("text", 1_000);
        let answered_by = self.text("answered_by", 80);
        let occurred_at = self.moment(now);
        if !self.wrong.is_empty() {
            return None;
        }
        Some(Incoming {
            id: id?,
            resident,
            room,
            kind: kind?,
            severity: severity?,
            title,
            details,
            answered_by,
            occurred_at: occurred_at?,
        })
    }

    fn refuse(&mut self, name: &str, rule: impl Into<String>) {
        let dot = if self.prefix.is_empty() { "" } else { "." };
        self.wrong.push(Wrong { field: format!("{}{dot}{name}", self.prefix), rule: rule.into() });
    }

    /// A field that is there and not null.
    fn given(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn id(&mut self) -> Option<String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        let found = self.given("id").and_then(Value::as_str).map(str::to_owned);
        let found = found.filter(|id| (1..=64).contains(&id.len()) && id.chars().all(fits));
        if found.is_none() {
            self.refuse("id", "is needed: 1 to 64 letters, digits, dots, colons, hyphens or underscores");
        }
        found
    }

    fn resident(&mut self) -> Option<ResidentId> {
        let value = self.given("resident")?;
        let found = value.as_i64().filter(|id| *id > 0).map(ResidentId);
        if found.is_none() {
            self.refuse("resident", "must be the resident's number in the portal");
        }
        found
    }

    /// In one line, or empty; spaces around it are taken off.
    fn text(&mut self, name: &str, longest: usize) -> String {
        let Some(value) = self.given(name) else { return String::new() };
        let read = value.as_str().map(|text| text.trim().to_owned());
        let fits = |text: &String| text.chars().count() <= longest && !text.chars().any(char::is_control);
        let read = read.filter(fits);
        if read.is_none() {
            self.refuse(name, format!("must be a text in one line of at most {longest} characters"));
        }
        read.unwrap_or_default()
    }

    fn word<T>(
        &mut self,
        name: &str,
        words: impl Iterator<Item = &'static str>,
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = self.given(name).and_then(Value::as_str).and_then(parse);
        if found.is_none() {
            let words: Vec<&str> = words.collect();
            self.refuse(name, format!("is needed: one of {}", words.join(", ")));
        }
        found
    }

    fn moment(&mut self, now: NaiveDateTime) -> Option<NaiveDateTime> {
        let read = self.given("occurred_at").and_then(Value::as_str);
        let read = read.and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|at| at.naive_utc());
        match read {
            None => {
                self.refuse("occurred_at", "is needed: a time with its offset, such as 2026-11-28T02:15:00Z");
                None
            }
            Some(at) if at > now + AHEAD => {
                self.refuse("occurred_at", "must not be in the future");
                None
            }
            Some(at) if at < now - OLDEST => {
                self.refuse("occurred_at", format!("must not be older than {} days", OLDEST.num_days()));
                None
            }
            Some(at) => Some(at),
        }
    }
}
