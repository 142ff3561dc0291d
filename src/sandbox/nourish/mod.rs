//! Nourish, played: its questions and its writer with the strictness and the faults one wants, and pages that play
//! *Administration > Extensions*, where a superuser pastes the token, a person's timeline, and the task that names a relative. Made-up people only; never the real Nourish.

mod answers;
mod bodies;
mod chance;
mod distortion;
mod extensions;
mod fault;
mod faults;
mod interactions;
mod ledger;
mod memory;
mod pages;
mod people;
mod population;
mod state;
mod timeline;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, guard, web};

pub use fault::{Fault, Lasting, UnknownFault};
pub use ledger::{Entry, Task};
pub use memory::{Memory, SwitchedOn};
pub use population::{Client, Location, Population, Service, User};
pub use state::{Call, Simulator};

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, population: Population) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(population);
    let shared = web::Data::new(simulator.clone());
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).configure(routes))
        .workers(1)
        // So that an answer that waits ends when its asker goes.
        .h1_allow_half_closed(false)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
    Ok((simulator, server))
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/configuration/service-list", web::get().to(answers::services))
        .route("/v2/clients/reader", web::get().to(answers::clients))
        .route("/v1/users/reader", web::get().to(answers::users))
        .route("/v1/interactions/reader", web::get().to(interactions::read))
        .route("/v1/interactions/writer", web::post().to(interactions::write))
        .route("/v1/interactions/notes", web::post().to(interactions::note))
        .route("/", web::get().to(async || pages::see_other("/administration/extensions")))
        .route("/sandbox.css", web::get().to(pages::style))
        .route("/sandbox.svg", web::get().to(pages::mark))
        .route("/administration/extensions", web::get().to(extensions::index))
        .route("/administration/extensions/kinbridge/token", web::get().to(extensions::replace))
        .route("/people", web::get().to(people::index))
        .route("/people/new", web::get().to(people::new))
        .route("/people/edit", web::get().to(people::edit))
        .route("/people/timeline", web::get().to(timeline::show))
        .route("/people/task", web::get().to(timeline::task))
        .route("/faults", web::get().to(faults::index));
    let press = || web::post().guard(guard::fn_guard(pages::from_here));
    app.route("/administration/extensions/kinbridge", press().to(extensions::choose))
        .route("/administration/extensions/kinbridge/token", press().to(extensions::confirm))
        .route("/administration/extensions/kinbridge/turn-off", press().to(extensions::turn_off))
        .route("/people/save", press().to(people::save))
        .route("/people/remove", press().to(people::remove))
        .route("/people/task", press().to(timeline::record))
        .route("/faults", press().to(faults::save));
}
