//! KareInn, played: its lists and its notes with the strictness and the faults one wants, and pages on which KareInn
//! switches the integration on. Nothing of its interface is public, so all of it is assumed. Made-up people only.

mod answers;
mod notes;
mod pages;
mod population;
mod state;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web;

use super::pages::{FAULTS, press};
use super::{Frame, Tab};

pub use population::{Member, Population, Resident};
pub use state::{Memory, Note, Simulator};

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, population: Population) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(population);
    let server = super::serve(listener, simulator.clone(), routes)?;
    Ok((simulator, server))
}

const TABS: &[Tab] = &[
    Tab { id: "integrations", href: "/", label: "Integrations" },
    Tab { id: "people", href: "/people", label: "Residents" },
    Tab { id: "staff", href: "/staff-list", label: "Staff" },
    FAULTS,
];

fn frame(here: &'static str) -> Frame {
    let assumed = "Nothing public says how KareInn is asked: paths, key, pages, fields, notes and these screens are all \
                   assumed. Known is only what pairs people: names, date of birth and NHS number.";
    Frame { vendor: "KareInn", tabs: TABS, here, assumed }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/residents", web::get().to(answers::residents))
        .route("/staff", web::get().to(answers::staff))
        .route("/residents/{id}/notes", web::post().to(notes::write))
        .route("/", web::get().to(pages::integrations))
        .route("/integration", press().to(pages::press))
        .route("/people", web::get().to(pages::people))
        .route("/people/new", web::get().to(pages::new))
        .route("/people/edit", web::get().to(pages::edit))
        .route("/people/notes", web::get().to(pages::notes))
        .route("/people/save", press().to(pages::save))
        .route("/people/remove", press().to(pages::remove))
        .route("/staff-list", web::get().to(pages::staff));
}
