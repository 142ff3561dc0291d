//! Ally Health, played: tasks, windows with their places, patients and appointments, with the strictness and the faults
//! one wants, and pages on which a visit is started, completed and called off, and news are sent. Made-up people only.
//!
//! A key with "Bearer " is refused, a name of one letter, a telephone number that is not E.164, a place outside the
//! covered districts, a full window, and a second cancellation.

mod answers;
mod pages;
mod sending;
mod state;
mod strict;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web;

use super::pages::{FAULTS, press};
use super::{Frame, Tab};

pub use sending::Signed;
pub use state::{Appointment, Hook, Lie, Memory, Patient, Simulator, Task, Window};

/// Where below its origin the API is.
pub const BASE: &str = "/v1";

/// Serves the simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals. Fails if the listener cannot be used.
pub fn start(listener: TcpListener, memory: Memory) -> io::Result<(Simulator, Server)> {
    let simulator = Simulator::new(memory);
    let server = super::serve(listener, simulator.clone(), routes)?;
    Ok((simulator, server))
}

const TABS: &[Tab] = &[
    Tab { id: "appointments", href: "/", label: "Appointments" },
    Tab { id: "settings", href: "/settings", label: "Keys and webhooks" },
    FAULTS,
];

fn frame(here: &'static str) -> Frame {
    let assumed = "Documented: the bare key, JSON, what a patient and an appointment need, filters by externalRef, one \
                   cancellation an appointment, that webhooks are signed. Assumed: paths of tasks and availability, the \
                   fields of a place, statuses beside scheduling, header and form of the signature, these screens.";
    Frame { vendor: "Ally Health", tabs: TABS, here, assumed }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/v1/tasks", web::get().to(answers::tasks))
        .route("/v1/availability", web::get().to(answers::availability))
        .route("/v1/patients", web::get().to(answers::patients))
        .route("/v1/patients", web::post().to(answers::create_patient))
        .route("/v1/appointments", web::get().to(answers::appointments))
        .route("/v1/appointments", web::post().to(answers::create_appointment))
        .route("/v1/appointments/{id}", web::get().to(answers::appointment))
        .route("/v1/appointments/{id}/cancel", web::post().to(answers::cancel))
        .route("/", web::get().to(pages::index))
        .route("/act", press().to(pages::act))
        .route("/settings", web::get().to(pages::settings))
        .route("/settings", press().to(pages::save));
}
