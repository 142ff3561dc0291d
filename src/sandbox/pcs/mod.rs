//! PCS (Person Centred Software), played: its questions and `insertcarenote` with the strictness and the faults one
//! wants, and pages that play the way to the *Internal API Key*. Made-up people only; never the real PCS.

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

pub use population::{Community, Person, Population, User, Worker};
pub use state::{Key, Memory, Note, Simulator};

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, population: Population) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(population);
    let server = super::serve(listener, simulator.clone(), routes)?;
    Ok((simulator, server))
}

const TABS: &[Tab] = &[
    Tab { id: "main", href: "/", label: "Main screen" },
    Tab { id: "people", href: "/people", label: "Service users" },
    Tab { id: "workers", href: "/workers", label: "Workers" },
    FAULTS,
];

fn frame(here: &'static str) -> Frame {
    let assumed = "Seen in public code: the paths, the place of both keys, the fields of people and of a care note. From \
                   a partner's guide: the way to the key, and that it shows what its maker may see. Assumed: the answers \
                   to a care note and to mistakes, that a RecordUUID sent twice is one note, the shape of the Internal \
                   ID, dates of birth and NHS numbers.";
    Frame { vendor: "PCS", tabs: TABS, here, assumed }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/integration/api/GenericAPI/ServiceUsers", web::get().to(answers::people))
        .route("/integration/api/GenericAPI/Workers", web::get().to(answers::workers))
        .route("/integration/api/GenericAPI/insertcarenote", web::post().to(notes::insert))
        .route("/mcm/api/v1/{key}/organisationapi/communities", web::get().to(answers::communities))
        .route("/", web::get().to(pages::main))
        .route("/user", web::get().to(pages::user))
        .route("/user/api-key", web::get().to(pages::key))
        .route("/user/api-key", press().to(pages::generate))
        .route("/people", web::get().to(pages::people))
        .route("/people/new", web::get().to(pages::new))
        .route("/people/edit", web::get().to(pages::edit))
        .route("/people/notes", web::get().to(pages::notes))
        .route("/people/save", press().to(pages::save))
        .route("/people/remove", press().to(pages::remove))
        .route("/workers", web::get().to(pages::workers));
}
