//! The API for people who read: an overview with every address, and how a shop's checkout uses it. Made from the
//! document that the API leaves in `services::Described`, so that a page cannot say something else. For anyone.

mod described;

use actix_web::web::Data;
use askama::Template;
use serde_json::Value;

use self::described::{Section, Shape, example, sections, shapes};
use super::error::{Answer, Fault};
use super::routes::{Line, Who, get};
use super::ui::{Link, Shell, filters};
use super::visit::Visit;
use crate::domain::api_keys::KeyScope;
use crate::links;
use crate::services::Described;

pub fn routes() -> Vec<Line> {
    vec![get("/api", Who::Anyone, overview), get("/api/e-commerce-checkout", Who::Anyone, checkout)]
}

/// What a shop sends where the shopper cancels: the example of the document is of an organisation.
const BY_THE_SHOPPER: &str = r#"{
  "cancellingEntity": "patient",
  "causingEntity": "patient",
  "reasonCode": "no_longer_needed"
}"#;

#[derive(Template)]
#[template(path = "api/index.html")]
struct Overview {
    shell: Shell,
    words: String,
    base: String,
    document: String,
    checkout: String,
    rate: u32,
    scopes: Vec<(&'static str, &'static str)>,
    sections: Vec<Section>,
    shapes: Vec<Shape>,
}

#[derive(Template)]
#[template(path = "api/checkout.html")]
struct Checkout {
    shell: Shell,
    base: String,
    api: String,
    patient: String,
    appointment: String,
    cancel: String,
}

fn document(visit: &Visit) -> Result<&'static Value, Fault> {
    let described = visit.request().app_data::<Data<Described>>();
    described
        .map(|described| described.0())
        .ok_or_else(|| Fault::broken(&"the document of the API is missing"))
}

async fn overview(visit: Visit) -> Answer {
    let document = document(&visit)?;
    let words = document.pointer("/info/description").and_then(Value::as_str).unwrap_or_default();
    visit.page(&Overview {
        shell: visit.shell("The API"),
        words: words.to_owned(),
        base: visit.services.config.public_url.clone(),
        document: links::api_document(),
        checkout: links::api_checkout(),
        rate: visit.services.config.api_rate,
        scopes: KeyScope::ALL.iter().map(|one| (one.as_str(), one.words())).collect(),
        sections: sections(document),
        shapes: shapes(document),
    })
}

async fn checkout(visit: Visit) -> Answer {
    let document = document(&visit)?;
    let mut shell = visit.shell("E-commerce checkout");
    shell.crumb = Some(Link::new("The API", links::api()));
    let of = |schema: &str| example(document, schema);
    visit.page(&Checkout {
        shell,
        base: visit.services.config.public_url.clone(),
        api: links::api(),
        patient: of("NewPatient"),
        appointment: of("NewAppointment"),
        cancel: BY_THE_SHOPPER.to_owned(),
    })
}
