//! The page from which the base address and the access token are copied into Kinbridge.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::BASE;
use super::state::{Simulator, now};
use crate::sandbox::pages;
use crate::sandbox::{Frame, Simulated as _};

#[derive(Template)]
#[template(path = "sandbox/fhir/access.html")]
struct Index {
    frame: Frame,
    told: Option<&'static str>,
    address: String,
    token: String,
}

pub(super) async fn index(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told =
        pages::query(&request, "done").map(|_| "There is a new access token; the old one opens nothing.");
    let address = format!("http://{}{BASE}", request.connection_info().host());
    pages::page(&Index { frame: Simulator::frame("access"), told, address, token: simulator.token() })
}

/// Makes another token. It guards made-up people on this machine and need not be hard to guess.
pub(super) async fn replace(simulator: web::Data<Simulator>) -> HttpResponse {
    let number = now().unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    simulator.set_token(&format!("made-up-{number:016x}"));
    simulator.changed();
    pages::see_other("/access?done=yes")
}
