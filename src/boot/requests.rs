//! What surrounds every request before the gate: its line in the log, its measurements, its limits, and an answer
//! even when a handler panics. Logs the route's pattern, never the path or the query.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::{InternalError, PayloadError};
use actix_web::http::Method;
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, ResponseError, web};
use futures_util::{FutureExt as _, StreamExt as _};

use crate::kit::secret::{hex, random_bytes};
use crate::services::Services;
use crate::web::error::Fault;

/// Time for a whole body to arrive; forms are small.
const BODY_TIME: Duration = Duration::from_secs(20);
/// Larger bodies are refused by their announced length, before a byte of them is read.
const LARGEST_BODY: u64 = 1024 * 1024;

/// One line and one measurement a request.
pub(super) async fn recorded(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let method = method(request.method());
    let route = request.match_pattern().unwrap_or_else(|| "-".into());
    let id = random_bytes::<8>().map_or_else(|_none| "-".into(), |bytes| hex(&bytes));
    let mut answer = next.call(request).await;
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    if let (Ok(response), Ok(value)) = (&mut answer, HeaderValue::from_str(&id)) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let took = started.elapsed();
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if quiet(&route) {
        tracing::debug!(method, route, status = status.as_u16(), ms, request = id, "request");
    } else {
        tracing::info!(method, route, status = status.as_u16(), ms, request = id, "request");
    }
    let status = status.as_str().to_owned();
    metrics::counter!("kinbridge_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("kinbridge_http_request_seconds", "route" => route).record(took.as_secs_f64());
    answer
}

/// What machines ask for every few seconds, and files, are logged only at `debug`.
fn quiet(route: &str) -> bool {
    matches!(route, "/healthz" | "/readyz" | "/metrics") || route.starts_with("/static/")
}

/// A client may invent methods; the log and the measurements know only these.
fn method(of: &Method) -> &'static str {
    match *of {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// A panic becomes the page of a fault of ours; the panic hook has logged its place.
pub(super) async fn caught(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer,
        Err(_payload) => Err(refusal(&Fault::broken(&"a handler panicked"))),
    }
}

/// Bodies are bounded in size and time, so that a slow client holds no worker's memory.
pub(super) async fn bounded(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LARGEST_BODY) {
        return Err(refusal(&Fault::TooLarge));
    }
    let body = request.take_payload();
    let deadline = tokio::time::Instant::now() + BODY_TIME;
    let timed = futures_util::stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(Some(piece)) => Some((piece, Some(body))),
            Ok(None) => None,
            Err(_late) => Some((Err(PayloadError::Incomplete(None)), None)),
        }
    });
    let timed: Pin<Box<dyn futures_util::Stream<Item = _>>> = Box::pin(timed);
    request.set_payload(Payload::from(timed));
    next.call(request).await
}

/// Somebody who typed `localhost` is sent on to the portal's own address, since forms are taken from there only.
/// Concerns a portal on loopback; elsewhere the proxy knows its names.
pub(super) async fn at_home(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let home = request.app_data::<web::Data<Services>>().map(|services| services.config.public_url.clone());
    let home = home.unwrap_or_default();
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let alias = host == "localhost" || host.starts_with("localhost:");
    let asks = matches!(*request.method(), Method::GET | Method::HEAD);
    let page = !quiet(&request.match_pattern().unwrap_or_default());
    if alias && asks && page && home.starts_with("http://") && home != format!("http://{host}") {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Err(refusal(&Fault::Elsewhere(format!("{home}{path}"))));
    }
    next.call(request).await
}

/// Events are sent as they happen: compressing them would hold them back.
pub(super) async fn uncompressed_events(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let kind = response.headers().get(CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    }
    Ok(response)
}

/// An answer from outside the gate. It carries no cookie and no form, so few headers are enough; the connection
/// ends with it, since the rest of its request is not read.
fn refusal(fault: &Fault) -> Error {
    let mut response = fault.error_response();
    let fixed = [
        ("cache-control", "no-store"),
        ("connection", "close"),
        ("content-security-policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let cause = fault.to_string();
    let response: actix_web::HttpResponse<BoxBody> = response;
    InternalError::from_response(cause, response).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_methods_are_one_in_the_log() {
        assert_eq!(method(&Method::from_bytes(b"PURGE").unwrap()), "OTHER");
        assert_eq!(method(&Method::GET), "GET");
        assert_eq!(Fault::TooLarge.status_code(), actix_web::http::StatusCode::PAYLOAD_TOO_LARGE);
    }
}
