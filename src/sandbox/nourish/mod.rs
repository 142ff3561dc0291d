//! Nourish, played: its three questions with the strictness and the faults one wants, and pages that play
//! *Administration > Extensions*, where a superuser pastes the token. Made-up people only; never the real Nourish.

mod answers;
mod bodies;
mod fault;
mod population;
mod state;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};

pub use fault::{Fault, Lasting, UnknownFault};
pub use population::{Client, Location, Population, Service, User};
pub use state::{Call, Simulator};

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, population: Population) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(population);
    let shared = web::Data::new(simulator.clone());
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).configure(routes))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
    Ok((simulator, server))
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/configuration/service-list", web::get().to(answers::services))
        .route("/v2/clients/reader", web::get().to(answers::clients))
        .route("/v1/users/reader", web::get().to(answers::users));
}
