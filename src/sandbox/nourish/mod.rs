//! Nourish, played: its questions and its writer with the strictness and the faults one wants, and pages that play
//! *Administration > Extensions*, where a superuser pastes the token, a person's timeline, and the task that names a relative. Made-up people only; never the real Nourish.

mod answers;
mod extensions;
mod interactions;
mod ledger;
mod memory;
mod people;
mod population;
mod state;
mod timeline;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web;

use super::pages::{FAULTS, press};
use super::{Frame, Tab, pages};

pub use super::{Call, Fault, Lasting, UnknownFault};
pub use ledger::{Entry, Task};
pub use memory::{Memory, SwitchedOn};
pub use population::{Client, Location, Population, Service, User};
pub use state::Simulator;

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, population: Population) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(population);
    let server = super::serve(listener, simulator.clone(), routes)?;
    Ok((simulator, server))
}

const TABS: &[Tab] = &[
    Tab { id: "extensions", href: "/administration/extensions", label: "Administration > Extensions" },
    Tab { id: "people", href: "/people", label: "People" },
    FAULTS,
];

fn frame(here: &'static str) -> Frame {
    let assumed = "What public pages say of Nourish: two paths, the names of both credentials and of six fields, and \
                   what a partner writes. Everything else here is assumed.";
    Frame { vendor: "Nourish", tabs: TABS, here, assumed }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/configuration/service-list", web::get().to(answers::services))
        .route("/v2/clients/reader", web::get().to(answers::clients))
        .route("/v1/users/reader", web::get().to(answers::users))
        .route("/v1/interactions/reader", web::get().to(interactions::read))
        .route("/v1/interactions/writer", web::post().to(interactions::write))
        .route("/v1/interactions/notes", web::post().to(interactions::note))
        .route("/", web::get().to(async || pages::see_other("/administration/extensions")))
        .route("/administration/extensions", web::get().to(extensions::index))
        .route("/administration/extensions/kinbridge/token", web::get().to(extensions::replace))
        .route("/people", web::get().to(people::index))
        .route("/people/new", web::get().to(people::new))
        .route("/people/edit", web::get().to(people::edit))
        .route("/people/timeline", web::get().to(timeline::show))
        .route("/people/task", web::get().to(timeline::task));
    app.route("/administration/extensions/kinbridge", press().to(extensions::choose))
        .route("/administration/extensions/kinbridge/token", press().to(extensions::confirm))
        .route("/administration/extensions/kinbridge/turn-off", press().to(extensions::turn_off))
        .route("/people/save", press().to(people::save))
        .route("/people/remove", press().to(people::remove))
        .route("/people/task", press().to(timeline::record));
}
