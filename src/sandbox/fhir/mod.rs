//! A care record system that speaks FHIR R4, played: searches of people, staff and places with pages and an access
//! token, and pages that show the token and the people. Made-up people only, and no more of the standard than is
//! asked of it: what real servers make of it is tried against one of another author.

mod access;
mod people;
mod population;
mod resources;
mod searches;
mod state;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web;

use super::pages::{self, press};

pub use population::{Patient, Place, Population, Practitioner};
pub use state::{Memory, Simulator};

/// Below this path of its origin the simulator speaks FHIR.
pub const BASE: &str = "/fhir";

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, population: Population) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(population);
    let server = super::serve(listener, simulator.clone(), routes)?;
    Ok((simulator, server))
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/", web::get().to(async || pages::see_other("/access")))
        .route("/fhir/metadata", web::get().to(searches::metadata))
        .route("/fhir/{kind}", web::get().to(searches::search))
        .route("/access", web::get().to(access::index))
        .route("/access", press().to(access::replace))
        .route("/people", web::get().to(people::index))
        .route("/people/new", web::get().to(people::new))
        .route("/people/edit", web::get().to(people::edit))
        .route("/people/save", press().to(people::save))
        .route("/people/remove", press().to(people::remove));
}
