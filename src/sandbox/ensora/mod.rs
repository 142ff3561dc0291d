//! Ensora Data Collection, played: its lists with the strictness and the faults one wants, and pages on which a note is
//! written, published and edited. Made-up people only; never the real Ensora.

mod answers;
mod forms;
mod pages;
mod people;
mod population;
mod scribble;
mod state;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web;

use super::pages::{FAULTS, press};
use super::{Frame, Tab};

pub use population::{Field, Note, Population, Signature, Site, Student, User};
pub use scribble::{scribble, scribble_url, script_url};
pub use state::{Memory, Simulator, Template};

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, population: Population) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(population);
    let server = super::serve(listener, simulator.clone(), routes)?;
    Ok((simulator, server))
}

const TABS: &[Tab] = &[
    Tab { id: "organization", href: "/", label: "Organization" },
    Tab { id: "sites", href: "/sites", label: "Sites" },
    Tab { id: "students", href: "/people", label: "Students" },
    Tab { id: "users", href: "/users", label: "Users" },
    Tab { id: "notes", href: "/notes", label: "Session notes" },
    Tab { id: "template", href: "/template", label: "Template" },
    FAULTS,
];

fn frame(here: &'static str) -> Frame {
    let assumed = "Documented: Basic authorisation of organization id and token, the headers of each request, pages of 20 \
                   and at most 100, what 400, 401, 403 and 422 mean, and how a user is filled in. From a partner's guide: \
                   the fields of a note's template. Assumed: every path and field name, these screens, whose token it is \
                   at /v1/me, and from which number pages are counted.";
    Frame { vendor: "Ensora Data Collection", tabs: TABS, here, assumed }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/v1/sites", web::get().to(answers::sites))
        .route("/v1/students", web::get().to(answers::students))
        .route("/v1/users", web::get().to(answers::users))
        .route("/v1/sessionnotes", web::get().to(answers::notes))
        .route("/v1/me", web::get().to(answers::me))
        .route("/", web::get().to(pages::organization))
        .route("/token", press().to(pages::press))
        .route("/sites", web::get().to(people::sites))
        .route("/sites/new", web::get().to(people::new_site))
        .route("/sites/edit", web::get().to(people::edit_site))
        .route("/sites/save", press().to(people::save_site))
        .route("/sites/remove", press().to(people::remove_site))
        .route("/people", web::get().to(people::students))
        .route("/people/new", web::get().to(people::new_student))
        .route("/people/edit", web::get().to(people::edit_student))
        .route("/people/save", press().to(people::save_student))
        .route("/people/remove", press().to(people::remove_student))
        .route("/users", web::get().to(people::users))
        .route("/users/new", web::get().to(people::new_user))
        .route("/users/edit", web::get().to(people::edit_user))
        .route("/users/save", press().to(people::save_user))
        .route("/users/remove", press().to(people::remove_user))
        .route("/notes", web::get().to(pages::notes))
        .route("/notes/edit", web::get().to(forms::edit))
        .route("/notes/save", press().to(forms::save))
        .route("/notes/publish", press().to(pages::publish))
        .route("/notes/remove", press().to(pages::remove))
        .route("/template", web::get().to(forms::template))
        .route("/template", press().to(forms::save_template));
}
