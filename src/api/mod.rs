//! What programs send and read: JSON in, JSON out, under `/api/v1`. No session counts here and no cookie is read, so
//! that no form of another site can act through a browser: the proof is a key in the header `Authorization`.
//!
//! Sibling of `web`, which it never names. Every answer that is no success is `application/problem+json`. What is read
//! and answered is described by the document at `/api/openapi.json`, which is made from the types here; requests are
//! checked against that document (see `checking`), so that it cannot promise what is not held.

mod ally_health;
mod appointments;
mod ask;
mod availability;
mod checking;
mod document;
mod documents;
mod error;
mod events;
mod frame;
mod listing;
mod monitoring;
mod patients;
mod patterns;
mod schemas;
mod tasks;

use actix_web::http::Method;
use actix_web::{Route, guard, web};

use self::frame::{get, line, open};
use crate::domain::api_keys::KeyScope;
use crate::services::Described;

pub use self::document::document;

/// One line of the table: an address, who may, and its handler.
pub struct Line {
    pub method: Method,
    pub path: &'static str,
    pub who: &'static str,
    mount: Box<dyn Fn() -> Route>,
}

/// Anybody, without a key.
pub const ANYONE: &str = "anyone";

/// Every address of the API.
pub fn table() -> Vec<Line> {
    vec![
        Line {
            method: Method::POST,
            path: "/api/v1/monitoring/events",
            who: "a device's key",
            mount: Box::new(|| Route::new().guard(guard::Post()).to(monitoring::receive)),
        },
        Line {
            method: Method::POST,
            path: "/api/v1/ally-health/{path}/events",
            who: "a signature",
            mount: Box::new(|| Route::new().guard(guard::Post()).to(ally_health::hear)),
        },
        open("/api/openapi.json", document::show),
        get("/api/v1/tasks", KeyScope::TasksRead, tasks::list),
        get("/api/v1/tasks/{taskId}", KeyScope::TasksRead, tasks::show),
        get("/api/v1/availability", KeyScope::AvailabilityRead, availability::show),
    ]
    .into_iter()
    .chain(of_patients())
    .chain(of_documents())
    .chain(of_appointments())
    .collect()
}

fn of_patients() -> Vec<Line> {
    let (reads, writes) = (KeyScope::PatientsRead, KeyScope::PatientsWrite);
    vec![
        line(Method::POST, "/api/v1/patients", writes, patients::create),
        get("/api/v1/patients", reads, patients::list),
        get("/api/v1/patients/{patientId}", reads, patients::show),
        line(Method::PATCH, "/api/v1/patients/{patientId}", writes, patients::change),
    ]
}

fn of_documents() -> Vec<Line> {
    let (reads, writes) = (KeyScope::AppointmentsRead, KeyScope::AppointmentsWrite);
    vec![
        line(Method::POST, "/api/v1/documents", writes, documents::create),
        get("/api/v1/documents/{documentId}", reads, documents::show),
        get("/api/v1/documents/{documentId}/content", reads, documents::content),
    ]
}

fn of_appointments() -> Vec<Line> {
    let (reads, writes) = (KeyScope::AppointmentsRead, KeyScope::AppointmentsWrite);
    let one = "/api/v1/appointments/{appointmentId}";
    vec![
        line(Method::POST, "/api/v1/appointments", writes, appointments::create),
        get("/api/v1/appointments", reads, appointments::list),
        // Before one appointment, whose number stands where these have a word.
        line(Method::POST, "/api/v1/appointments/bulk", writes, appointments::create_many),
        line(Method::POST, "/api/v1/appointments/bulk-cancel", writes, appointments::cancel_many),
        get(one, reads, appointments::show),
        line(Method::PATCH, one, writes, appointments::change),
        line(
            Method::POST,
            "/api/v1/appointments/{appointmentId}/reschedule",
            writes,
            appointments::reschedule,
        ),
        line(Method::POST, "/api/v1/appointments/{appointmentId}/cancel", writes, appointments::cancel),
        get("/api/v1/appointments/{appointmentId}/cancellation", reads, appointments::cancellation),
        get("/api/v1/appointments/{appointmentId}/events", reads, appointments::timeline),
        get("/api/v1/events", reads, events::list),
    ]
}

/// What the addresses of this version begin with.
const VERSION: &str = "/api/v1";

/// Registers the table, one resource a path. It stands before the pages, whose table takes every address that is left;
/// a scope, so that whoever asks for a page is compared with its beginning alone. The document is left for whoever
/// shows it.
pub fn mount(config: &mut web::ServiceConfig) {
    config.app_data(web::Data::new(Described(document::whole)));
    let mut paths: Vec<(&'static str, Vec<Line>)> = Vec::new();
    for line in table() {
        match paths.iter_mut().find(|(path, _)| *path == line.path) {
            Some((_, lines)) => lines.push(line),
            None => paths.push((line.path, vec![line])),
        }
    }
    let mut version = web::scope(VERSION);
    for (path, lines) in paths {
        let methods: Vec<&str> = lines.iter().map(|line| line.method.as_str()).collect();
        let methods = methods.join(", ");
        let rest = path.strip_prefix(VERSION);
        let mut resource = web::resource(rest.unwrap_or(path));
        for line in lines {
            resource = resource.route((line.mount)());
        }
        let wrong = move || {
            let methods = methods.clone();
            async move { error::Answer::Err(error::Problem::WrongMethod(methods)) }
        };
        let resource = resource.default_service(web::to(wrong));
        if rest.is_some() {
            version = version.service(resource);
        } else {
            config.service(resource);
        }
    }
    config.service(version.service(web::resource("/{rest:.*}").default_service(web::to(error::not_found))));
}
