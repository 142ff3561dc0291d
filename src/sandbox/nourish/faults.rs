//! The page on which the simulator is told to misbehave, and which shows what it was asked.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::fault::{Fault, Lasting};
use super::pages::{self, Form};
use super::state::{Call, Simulator};

/// Questions the page shows.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "sandbox/nourish/faults.html")]
struct Index {
    here: &'static str,
    told: Option<&'static str>,
    faults: Vec<Choice>,
    choices: Vec<Choice>,
    minimal: bool,
    multi_service: bool,
    calls: Vec<Call>,
}

struct Choice {
    id: &'static str,
    words: &'static str,
    chosen: bool,
}

/// What is set, and what was asked.
pub(super) async fn index(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told = pages::query(&request, "done").map(|_| "Saved. It holds from the next question on.");
    let calls = simulator.calls().into_iter().rev().take(SHOWN).collect();
    let state = simulator.state();
    let (fault, lasting) = state.fault.unzip();
    let faults =
        Fault::all().map(|one| Choice { id: one.id(), words: one.words(), chosen: fault == Some(one) });
    let left = match lasting {
        Some(Lasting::Answers(1)) => "1",
        Some(Lasting::Answers(_)) => "5",
        _ => "always",
    };
    let choices = [("1", "The next answer"), ("5", "The next five answers"), ("always", "Until changed")]
        .map(|(id, words)| Choice { id, words, chosen: id == left });
    let page = Index {
        here: "faults",
        told,
        faults: faults.collect(),
        choices: choices.into(),
        minimal: state.minimal,
        multi_service: state.multi_service,
        calls,
    };
    pages::page(&page)
}

/// Sets the fault and the minimal switch.
pub(super) async fn save(form: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    simulator.set_minimal(pages::first(&form, "minimal") == "yes");
    simulator.set_multi_service(pages::first(&form, "multi_service") == "yes");
    let lasting = match pages::first(&form, "lasts").as_str() {
        "1" => Lasting::Answers(1),
        "5" => Lasting::Answers(5),
        _ => Lasting::UntilChanged,
    };
    match pages::first(&form, "fault").parse() {
        Ok(fault) => simulator.set_fault_for(fault, lasting),
        Err(_none) => simulator.clear_fault(),
    }
    simulator.changed();
    pages::see_other("/faults?done=yes")
}
