//! One request of a program as a handler sees it: who asks, what was asked for, and the database. Its parameters and its
//! body have been checked against the document by then.

use std::collections::HashMap;

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use chrono::NaiveDateTime;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::checking::{self, Parameters};
use super::error::{Answer, Problem};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::api_keys::{self, Client, Recalled};
use crate::domain::documents::MOST_BYTES;
use crate::kit::secret::{fingerprint, fingerprint_of};
use crate::services::Services;

/// A hundred appointments with every field filled fit.
pub(super) const BODY_LIMIT: usize = 256 * 1024;

const JSON: &str = "application/json";

const REPEATED: &str = "idempotent-replayed";

pub(super) struct Ask {
    pub client: Client,
    pub now: NaiveDateTime,
    pub parameters: Parameters,
    body: Value,
    file: Vec<u8>,
    services: Data<Services>,
    request: HttpRequest,
    repeat: Option<Repeat>,
}

/// The name under which a request may be sent again, and what it is.
#[derive(Clone)]
struct Repeat {
    name: String,
    hash: String,
}

/// What a decision came to.
enum Outcome {
    Done(String),
    Repeated(u16, String),
    Another,
}

impl Ask {
    /// Reads a request and holds it against the document.
    pub(super) async fn read(
        path: &'static str,
        request: HttpRequest,
        payload: Payload,
        services: Data<Services>,
        client: Client,
    ) -> Result<Self, Problem> {
        let operation = checking::operation(path, request.method());
        let parameters = checking::parameters(operation, request.query_string())?;
        let sends = *request.method() != Method::GET;
        let name = if *request.method() == Method::POST { idempotency_key(&request)? } else { None };
        let media = checking::media(operation);
        let is_json = sends && media.contains(&JSON);
        let bytes = if sends { read(&request, payload, &media).await? } else { Vec::new() };
        let body = if is_json { parse(&bytes)? } else { Value::Null };
        if is_json {
            let wrong = checking::body(operation, &body);
            if !wrong.is_empty() {
                return Err(Problem::Invalid(wrong));
            }
        }
        let repeat = name.map(|name| {
            // A file is no text: it stands there by its digest, and beside it what is said of it.
            let sent = if is_json {
                String::from_utf8_lossy(&bytes).into_owned()
            } else {
                format!("?{}\n{}", request.query_string(), fingerprint_of(&bytes))
            };
            let hash = fingerprint(&format!("{} {}\n{sent}", request.method(), request.path()));
            Repeat { name, hash }
        });
        let now = services.clock.now();
        let file = if is_json { Vec::new() } else { bytes };
        Ok(Self { client, now, parameters, body, file, services, request, repeat })
    }

    /// A part of the path.
    pub(super) fn part(&self, name: &str) -> Result<String, Problem> {
        let part = self.request.match_info().get(name).map(str::to_owned);
        part.filter(|part| part.len() <= 100).ok_or(Problem::NotFound)
    }

    /// The body as a type of ours; the document described it, so that it fits.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_value(self.body.clone()).map_err(|_untold| {
            Problem::Unreadable("Something in it is not as the document at /api/openapi.json says.".into())
        })
    }

    /// The bytes of a file; the document said that this address reads one.
    pub(super) fn take_file(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.file)
    }

    pub(super) async fn look<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Conn, &Client) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let client = self.client.clone();
        let done: Result<T, Refusal> = self.services.db.read(move |conn| read(conn, &client)).await;
        Ok(done?)
    }

    /// Takes a decision: the key is looked at again, an answer that was given before is given again, and a new one is
    /// kept with what it tells of.
    pub(super) async fn decide(
        &self,
        status: StatusCode,
        act: impl FnOnce(&mut Tx<'_>, &Client) -> Result<Value, Refusal> + Send + 'static,
    ) -> Answer {
        match self.decided(status, act).await? {
            Outcome::Done(body) => Ok(json(status, body)),
            Outcome::Repeated(status, body) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
                let mut response = json(status, body);
                let yes = actix_web::http::header::HeaderValue::from_static("true");
                response
                    .headers_mut()
                    .insert(actix_web::http::header::HeaderName::from_static(REPEATED), yes);
                Ok(response)
            }
            Outcome::Another => Err(Problem::KeyReused),
        }
    }

    async fn decided(
        &self,
        status: StatusCode,
        act: impl FnOnce(&mut Tx<'_>, &Client) -> Result<Value, Refusal> + Send + 'static,
    ) -> Result<Outcome, Problem> {
        let (client, repeat) = (self.client.clone(), self.repeat.clone());
        let done: Result<Option<Outcome>, Refusal> = self
            .services
            .db
            .write(move |tx| {
                if !api_keys::works(tx.conn, &client)? {
                    return Ok(None);
                }
                let name = repeat.as_ref().map(|repeat| (repeat.name.as_str(), repeat.hash.as_str()));
                if let Some(name) = name {
                    match api_keys::recall(tx.conn, &client, name, tx.now)? {
                        Recalled::New => {}
                        Recalled::Answered { status, body } => {
                            return Ok(Some(Outcome::Repeated(status, body)));
                        }
                        Recalled::Another => return Ok(Some(Outcome::Another)),
                    }
                }
                let body = act(tx, &client)?.to_string();
                if let Some(name) = name {
                    api_keys::keep(tx, &client, name, (status.as_u16(), &body))?;
                }
                Ok(Some(Outcome::Done(body)))
            })
            .await;
        done?.ok_or(Problem::NoKey)
    }
}

/// 200 with a value.
#[expect(clippy::unnecessary_wraps, reason = "every handler ends with it, and a handler may fail")]
pub(super) fn found(value: &Value) -> Answer {
    Ok(json(StatusCode::OK, value.to_string()))
}

fn json(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type("application/json").body(body)
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    const RULE: &str = "must be 1 to 255 visible ASCII characters, sent once";
    let mut headers = request.headers().get_all("idempotency-key");
    let Some(first) = headers.next() else { return Ok(None) };
    let text = first.to_str().ok().filter(|_| headers.next().is_none());
    let fits = |text: &&str| (1..=255).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    match text.filter(fits) {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Problem::parameter("Idempotency-Key", RULE)),
    }
}

async fn read(request: &HttpRequest, mut payload: Payload, media: &[&str]) -> Result<Vec<u8>, Problem> {
    if !media.iter().any(|one| request.content_type().eq_ignore_ascii_case(one)) {
        return Err(Problem::WrongMedia(media.join(" or ")));
    }
    let limit = if media.contains(&JSON) { BODY_LIMIT } else { MOST_BYTES };
    let mut body = Vec::new();
    while let Some(piece) = payload.next().await {
        let piece = piece
            .map_err(|_broken_off| Problem::Unreadable("It did not arrive whole. Send it again.".into()))?;
        if body.len() + piece.len() > limit {
            return Err(Problem::TooLarge(limit));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    // Where, and not what: the text may hold what nobody else should read.
    let at =
        |cause: serde_json::Error| format!("No JSON at line {}, column {}.", cause.line(), cause.column());
    serde_json::from_slice(bytes).map_err(|cause| Problem::Unreadable(at(cause)))
}

/// The parameters by name; `filter` may come several times.
pub(super) type Given = HashMap<String, Vec<String>>;
