//! The pages: HTTP in, HTML out. Knows the domain's verbs and no tables; never names `api`, `jobs`
//! or `sandbox`: "sync now" writes a requested run, the job finds it.

pub mod assets;
pub mod error;
mod gate;
pub mod routes;
mod session;
mod ui;
mod visit;

mod account;
mod demo;
pub mod health;
mod home;
mod integrations;
mod organisations;
mod pairing;
mod places;
mod residents;
mod settings;
mod sign_in;
mod staff;
mod sync_runs;

pub use gate::gate;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

/// 303: the answer to every form that was accepted.
fn see_other(to: impl Into<String>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to.into())).finish()
}
