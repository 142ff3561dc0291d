//! What the simulators' pages have in common: their frame, how they are sent, their style sheet, and how forms are
//! read. They work without JavaScript and use nothing from elsewhere.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Route, guard, web};
use askama::Template;

/// A form as it came: names may repeat.
pub(super) type Form = web::Form<Vec<(String, String)>>;

/// What stands around each page of one simulator.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Who is played.
    pub vendor: &'static str,
    pub tabs: &'static [Tab],
    /// The tab of the page.
    pub here: &'static str,
    /// What is known of the vendor, and what is assumed, in a sentence or two.
    pub assumed: &'static str,
}

/// A page that can be reached from all others.
#[derive(Clone, Copy, Debug)]
pub struct Tab {
    pub id: &'static str,
    pub href: &'static str,
    pub label: &'static str,
}

pub(super) const FAULTS: Tab = Tab { id: "faults", href: "/faults", label: "Faults" };

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

const STYLE: &str = include_str!("../../templates/sandbox/sandbox.css");

const MARK: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\">\
    <rect width=\"8\" height=\"8\" rx=\"2\" fill=\"#ffd84d\"/><path d=\"M2 6V2l4 4V2\" fill=\"none\" stroke=\"#4a1a6b\"/></svg>";

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.route("/sandbox.css", web::get().to(style)).route("/sandbox.svg", web::get().to(mark));
}

/// A form that is sent: only from a page of ours.
pub(super) fn press() -> Route {
    web::post().guard(guard::fn_guard(from_here))
}

/// A page, with the headers that keep it to itself.
pub(super) fn page(template: &impl Template) -> HttpResponse {
    let Ok(body) = template.render() else { return HttpResponse::InternalServerError().finish() };
    shown(&mut HttpResponse::Ok(), "text/html; charset=utf-8", body)
}

/// The same page with a mistake to correct.
pub(super) fn mistaken(template: &impl Template) -> HttpResponse {
    let mut answer = page(template);
    *answer.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    answer
}

fn shown(builder: &mut actix_web::HttpResponseBuilder, kind: &str, body: impl Into<String>) -> HttpResponse {
    let mut answer = builder.content_type(kind).body(body.into());
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

async fn style() -> HttpResponse {
    shown(&mut HttpResponse::Ok(), "text/css; charset=utf-8", STYLE)
}

async fn mark() -> HttpResponse {
    shown(&mut HttpResponse::Ok(), "image/svg+xml", MARK)
}

pub(super) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}

/// Another site cannot press our buttons.
fn from_here(request: &guard::GuardContext<'_>) -> bool {
    let site = request.head().headers().get("sec-fetch-site");
    site.is_none_or(|site| site == "same-origin" || site == "none")
}

/// A text as part of an address.
pub(super) fn encoded(text: &str) -> String {
    askama::filters::urlencode(text).map(|safe| safe.to_string()).unwrap_or_default()
}

/// A value of the query.
pub(super) fn query(request: &HttpRequest, name: &str) -> Option<String> {
    all(&pairs(request), name).into_iter().next()
}

/// The query as pairs: names may repeat.
pub(super) fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map(web::Query::into_inner)
        .unwrap_or_default()
}

/// Every value of that name.
pub(super) fn all(pairs: &[(String, String)], name: &str) -> Vec<String> {
    pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
}

/// The first value of that name, without outer spaces; empty where there is none.
pub(super) fn first(pairs: &[(String, String)], name: &str) -> String {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
