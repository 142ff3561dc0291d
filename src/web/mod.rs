//! The pages: HTTP in, HTML out. Knows the domain's verbs and no tables; never names `api`, `jobs`
//! or `sandbox`: "sync now" writes a requested run, the job finds it.

mod asking;
pub mod assets;
pub mod error;
mod gate;
pub mod routes;
mod session;
mod ui;
mod visit;
mod visits;

mod download;
mod freshness;
mod leavers;
mod listing;
mod messages;
mod upload;

mod account;
mod activities;
mod addresses;
mod api_pages;
mod appointments;
mod approvals;
mod booked_visits;
mod codes;
mod connection_pages;
mod dashboard;
mod day_plans;
mod demo;
mod digests;
mod documents;
mod family;
pub mod health;
mod home;
mod integrations;
mod invitations;
mod keepsakes;
mod monitoring;
mod my_visits;
mod organisation_vendors;
mod organisations;
mod own_visits;
mod pairing;
mod paper;
mod patients;
mod people_import;
mod places;
mod practitioners;
mod relatives;
mod reports;
mod resets;
mod residents;
mod settings;
mod shift;
mod sign_in;
mod staff;
mod sync_resident;
mod sync_rules;
mod sync_runs;
mod synchronization;
mod timeline;
mod two_step;
mod visit_service;
mod waiting_tasks;
mod webhooks;

pub use gate::{gate, harden};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::LOCATION;
use actix_web::{App, Error, HttpResponse, middleware, web};

use crate::services::Services;

/// The portal's pages behind their gate, as the tests ask them. `first` holds addresses below those of pages, such as the
/// API's: pages that begin alike are one scope, which takes every address that is left below it.
pub fn app(
    services: web::Data<Services>,
    first: impl FnOnce(&mut web::ServiceConfig),
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new().app_data(services).wrap(middleware::from_fn(gate)).configure(first).configure(routes::mount)
}

/// 303: the answer to every form that was accepted.
fn see_other(to: impl Into<String>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to.into())).finish()
}
