//! What programs send and read: JSON in, JSON out, under `/api/v1`. No session counts here and no cookie is read, so
//! that no form of another site can act through a browser: the proof is a key in the header `Authorization`.
//!
//! Sibling of `web`, which it never names. Every answer that is no success is `application/problem+json`. What is read
//! and answered is described by the document at `/api/openapi.json`, which is made from the types here; requests are
//! checked against that document (see `checking`), so that it cannot promise what is not held.

mod ask;
mod availability;
mod checking;
mod document;
mod error;
mod frame;
mod listing;
mod monitoring;
mod patterns;
mod schemas;
mod tasks;

use actix_web::http::Method;
use actix_web::{Route, guard, web};

use self::frame::{get, open};
use crate::domain::api_keys::KeyScope;

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
        open("/api/openapi.json", document::show),
        get("/api/v1/tasks", KeyScope::TasksRead, tasks::list),
        get("/api/v1/tasks/{taskId}", KeyScope::TasksRead, tasks::show),
        get("/api/v1/availability", KeyScope::AvailabilityRead, availability::show),
    ]
}

/// Registers the table, one resource a path. It stands before the pages, whose table takes every address that is left.
/// The document is left for whoever shows it.
pub fn mount(config: &mut web::ServiceConfig) {
    config.app_data(web::Data::new(document()));
    let mut paths: Vec<(&'static str, Vec<Line>)> = Vec::new();
    for line in table() {
        match paths.iter_mut().find(|(path, _)| *path == line.path) {
            Some((_, lines)) => lines.push(line),
            None => paths.push((line.path, vec![line])),
        }
    }
    for (path, lines) in paths {
        let methods: Vec<&str> = lines.iter().map(|line| line.method.as_str()).collect();
        let methods = methods.join(", ");
        let mut resource = web::resource(path);
        for line in lines {
            resource = resource.route((line.mount)());
        }
        let wrong = move || {
            let methods = methods.clone();
            async move { error::Answer::Err(error::Problem::WrongMethod(methods)) }
        };
        config.service(resource.default_service(web::to(wrong)));
    }
    config.service(web::resource("/api/v1/{rest:.*}").default_service(web::to(error::not_found)));
}
