//! What surrounds every request before the gate: its line in the log, its measurements, its limits, and an answer
//! even when a handler panics. Logs the route's pattern, never the path or the query.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::{InternalError, PayloadError};
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, ResponseError, web};
use futures_util::{FutureExt as _, StreamExt as _};

use crate::kit::secret::{hex, random_bytes};
use crate::services::Services;
use crate::web::error::Fault;
use crate::web::harden;

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
    let tls = tls(&request);
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer,
        Err(_payload) => Err(refusal(&Fault::broken(&"a handler panicked"), tls)),
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
        return Err(refusal(&Fault::TooLarge, tls(&request)));
    }
    let has_body = announced.is_some_and(|length| length > 0);
    let has_body = has_body || request.headers().contains_key(TRANSFER_ENCODING);
    let read = Rc::new(Cell::new(!has_body));
    let body = request.take_payload();
    let deadline = tokio::time::Instant::now() + BODY_TIME;
    let at_end = Rc::clone(&read);
    let timed = futures_util::stream::unfold(Some((body, at_end)), move |body| async move {
        let (mut body, at_end) = body?;
        match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(Some(piece)) => Some((piece, Some((body, at_end)))),
            Ok(None) => {
                at_end.set(true);
                None
            }
            Err(_late) => Some((Err(PayloadError::Incomplete(None)), None)),
        }
    });
    let timed: Pin<Box<dyn futures_util::Stream<Item = _>>> = Box::pin(timed);
    request.set_payload(Payload::from(timed));
    let mut answer = next.call(request).await;
    if let Ok(response) = &mut answer
        && !read.get()
    {
        // Else the server goes on reading what nobody wants, for as long as it is sent.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    answer
}

/// Somebody who typed `localhost` is sent on to the portal's own address, since forms are taken from there only.
/// Concerns a portal on loopback; elsewhere the proxy knows its names.
pub(super) async fn at_home(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(home) = elsewhere(&request) {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Err(refusal(&Fault::Elsewhere(format!("{home}{path}")), false));
    }
    next.call(request).await
}

/// The portal's own address, for a page that was asked for under another name of the same machine.
fn elsewhere(request: &ServiceRequest) -> Option<String> {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok())?;
    let alias = host == "localhost" || host.starts_with("localhost:");
    if !alias || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let home = request.app_data::<web::Data<Services>>()?.config.public_url.clone();
    let page = !quiet(&request.match_pattern().unwrap_or_default());
    (page && home.starts_with("http://") && home != format!("http://{host}")).then_some(home)
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

/// Whether the portal's own address has TLS.
fn tls(request: &ServiceRequest) -> bool {
    request.app_data::<web::Data<Services>>().is_some_and(|services| services.config.tls())
}

/// An answer from outside the gate, with the gate's headers. The connection ends with it, since the rest of its
/// request is not read.
fn refusal(fault: &Fault, tls: bool) -> Error {
    let mut response = fault.error_response();
    harden(response.headers_mut(), tls, None);
    response.head_mut().set_connection_type(ConnectionType::Close);
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

    async fn breaks() -> &'static str {
        std::panic::panic_any("a canary of somebody's name")
    }

    #[actix_web::test]
    async fn a_handler_that_panics_is_a_page_and_the_next_request_is_served() {
        use actix_web::middleware::from_fn;
        let app = actix_web::App::new()
            .wrap(from_fn(bounded))
            .wrap(from_fn(caught))
            .wrap(from_fn(recorded))
            .route("/breaks", web::get().to(breaks))
            .route("/works", web::get().to(|| async { "works" }));
        let app = actix_web::test::init_service(app).await;
        for _ in 0..3 {
            let request = actix_web::test::TestRequest::with_uri("/breaks").to_request();
            let failed = actix_web::test::try_call_service(&app, request).await.err().expect("an error");
            let response = failed.as_response_error().error_response();
            assert_eq!(response.status(), actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
            assert!(response.headers().contains_key("permissions-policy"));
            let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains("<h1") && !body.contains("canary"), "{body}");
            let request = actix_web::test::TestRequest::with_uri("/works").to_request();
            let next = actix_web::test::call_service(&app, request).await;
            assert_eq!(next.status(), actix_web::http::StatusCode::OK);
        }
    }
}
