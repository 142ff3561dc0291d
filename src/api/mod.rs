//! What programs send and read: JSON in, JSON out, under `/api/v1`. No session counts here and no cookie is read, so
//! that no form of another site can act through a browser: the proof is a key in the header `Authorization`.
//!
//! Sibling of `web`, which it never names. Every answer that is no success is `application/problem+json`.

mod ally_health;
mod error;
mod monitoring;

use actix_web::http::Method;
use actix_web::{Route, guard, web};

/// One line of the table: an address, who may, and its handler.
pub struct Line {
    pub method: Method,
    pub path: &'static str,
    pub who: &'static str,
    mount: fn() -> Route,
}

/// Every address of the API.
pub fn table() -> Vec<Line> {
    vec![
        Line {
            method: Method::POST,
            path: "/api/v1/monitoring/events",
            who: "a device's key",
            mount: || Route::new().guard(guard::Post()).to(monitoring::receive),
        },
        Line {
            method: Method::POST,
            path: "/api/v1/ally-health/{path}/events",
            who: "a signature",
            mount: || Route::new().guard(guard::Post()).to(ally_health::hear),
        },
    ]
}

/// Registers the table. It stands before the pages, whose table takes every address that is left.
pub fn mount(config: &mut web::ServiceConfig) {
    for line in table() {
        let resource = web::resource(line.path).route((line.mount)());
        config.service(resource.default_service(web::to(error::wrong_method)));
    }
    config.service(web::resource("/api/{rest:.*}").default_service(web::to(error::not_found)));
}
