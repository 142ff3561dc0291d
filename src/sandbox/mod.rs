//! Vendors played by ourselves, for the demo and the tests: each speaks its wire format over HTTP on a port of its
//! own, from made-up people, and can be told to misbehave. Knows the connectors' wire types and nothing of the portal.
//!
//! A green test against a simulator does not show that the live vendor accepts the call: what is documented and what
//! is assumed stands in the connector's `profile.toml`, and in short at the foot of each simulator's pages.
//!
//! A vendor's folder holds its people, its strictness and its pages. What they have in common is here: `conduct` (the
//! fault that is set, what was asked), `spoiling` and `confirming` (what a fault makes of a list and of a write),
//! `faults` (their page), `pages` and `sheets` (looks and manners), `memory` (what outlives a restart).

pub mod ally_health;
mod bodies;
mod calls;
mod chance;
mod conduct;
mod confirming;
mod distortion;
pub mod ensora;
mod fault;
mod faults;
pub mod fhir;
pub mod kareinn;
mod memory;
pub mod nourish;
mod pages;
pub mod pcs;
mod sheets;
mod spoiling;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use calls::Call;
pub use conduct::Conduct;
pub use fault::{Fault, Lasting, UnknownFault};
pub use faults::Switch;
pub use memory::Keeper;
pub use pages::{Frame, Tab};

/// What every simulator can do beside answering. Copies of one share everything.
pub trait Simulated: Clone + Send + Sync + 'static {
    /// What its pages change, as one value. May hold keys: for a file of this user alone.
    type Memory: Serialize + DeserializeOwned + 'static;

    /// How it behaves.
    fn conduct(&self) -> &Conduct;

    /// The frame of its pages.
    fn frame(here: &'static str) -> Frame;

    /// What its page of faults can switch beside the fault.
    fn switches(&self) -> Vec<Switch>;

    /// Sets one of those switches.
    fn switch(&self, name: &str, on: bool);

    /// Who is told of changes.
    fn keeper(&self) -> &Keeper<Self::Memory>;

    /// Everything that was set up.
    fn memory(&self) -> Self::Memory;

    /// Takes up where another simulator ended.
    fn remember(&self, memory: Self::Memory);

    /// Has every change by the pages written down. A change is answered only after `keep` has returned.
    fn keep_with(&self, keep: impl Fn(&Self::Memory) + Send + Sync + 'static) {
        self.keeper().set(keep);
    }

    /// A page has changed something.
    fn changed(&self) {
        self.keeper().tell(|| self.memory());
    }
}

/// The wall clock: a vendor has its own time.
fn now() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}

/// Serves a simulator on a listener of the caller's. Nothing happens until the server is awaited or spawned; it
/// stops by its handle and takes no signals.
fn serve<S: Simulated>(
    listener: TcpListener,
    simulator: S,
    routes: fn(&mut web::ServiceConfig),
) -> io::Result<Server> {
    let shared = web::Data::new(simulator);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .configure(pages::routes)
            .configure(faults::routes::<S>)
            .configure(routes)
    });
    let server = server
        .workers(1)
        // So that an answer that waits ends when its asker goes.
        .h1_allow_half_closed(false)
        .disable_signals()
        .shutdown_timeout(1);
    Ok(server.listen(listener)?.run())
}
