//! The page on which a simulator is told to misbehave, and which shows what it was asked. The same for every vendor.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::Simulated;
use super::calls::Call;
use super::fault::{Fault, Lasting};
use super::pages::{self, Form, Frame};

/// Questions the page shows.
const SHOWN: usize = 20;

/// Something of a vendor's own that can be on or off.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// As the form sends it.
    pub name: &'static str,
    /// What it does when it is on.
    pub words: &'static str,
    pub on: bool,
}

#[derive(Template)]
#[template(path = "sandbox/faults.html")]
struct Index {
    frame: Frame,
    told: Option<&'static str>,
    faults: Vec<Choice>,
    choices: Vec<Choice>,
    switches: Vec<Switch>,
    calls: Vec<Call>,
}

struct Choice {
    id: &'static str,
    words: &'static str,
    chosen: bool,
}

pub(super) fn routes<S: Simulated>(app: &mut web::ServiceConfig) {
    app.route("/faults", web::get().to(index::<S>)).route("/faults", pages::press().to(save::<S>));
}

/// What is set, and what was asked.
async fn index<S: Simulated>(request: HttpRequest, simulator: web::Data<S>) -> HttpResponse {
    let told = pages::query(&request, "done").map(|_| "Saved. It holds from the next question on.");
    let conduct = simulator.conduct();
    let calls = conduct.calls().into_iter().rev().take(SHOWN).collect();
    let (fault, lasting) = conduct.fault().unzip();
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
        frame: S::frame("faults"),
        told,
        faults: faults.collect(),
        choices: choices.into(),
        switches: simulator.switches(),
        calls,
    };
    pages::page(&page)
}

/// Sets the fault and the vendor's own switches.
async fn save<S: Simulated>(form: Form, simulator: web::Data<S>) -> HttpResponse {
    for switch in simulator.switches() {
        simulator.switch(switch.name, pages::first(&form, switch.name) == "yes");
    }
    let lasting = match pages::first(&form, "lasts").as_str() {
        "1" => Lasting::Answers(1),
        "5" => Lasting::Answers(5),
        _ => Lasting::UntilChanged,
    };
    match pages::first(&form, "fault").parse() {
        Ok(fault) => simulator.conduct().set_fault_for(fault, lasting),
        Err(_none) => simulator.conduct().clear_fault(),
    }
    simulator.changed();
    pages::see_other("/faults?done=yes")
}
