//! The page of one care record system: how it is switched on, step by step, with the key form where we receive a
//! key, *Test connection*, the terms and switching off. The key goes in here and never comes out again.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::vendor_page::{self, Known, Typed};
use super::{by_default, homes, profile};
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, ViewIntegrations};
use crate::domain::connections::{self, Connection, Destination, State, TypedKey};
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::routes::{Line, Who, get, post};
use crate::web::ui::{Link, Notice, Shell};
use crate::web::visit::{In, Nav, Posted, Visit};
use crate::web::{asking, connection_pages, freshness};

pub(super) fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageIntegrations);
    vec![
        get("/org/{org}/integrations/{vendor}", Who::Holder(Permission::ViewIntegrations), show),
        post("/org/{org}/integrations/{vendor}/key", manage, enter),
        post("/org/{org}/integrations/{vendor}/agree", manage, agree),
        post("/org/{org}/integrations/{vendor}/ask", manage, ask),
        post("/org/{org}/integrations/{vendor}/check", manage, check),
        get("/org/{org}/integrations/{vendor}/test", manage, test),
        get("/org/{org}/integrations/{vendor}/terms", manage, terms),
        get("/org/{org}/integrations/{vendor}/off", manage, confirm_off),
        post("/org/{org}/integrations/{vendor}/off", manage, off),
    ]
}

/// The vendor in the path, if this version connects to it.
fn vendor(visit: &Visit) -> Result<Vendor, Fault> {
    let vendor: Vendor = visit.id("vendor")?;
    visit.services.care_systems.get(vendor).map(|_| vendor).ok_or(Fault::NotFound)
}

/// The same where we receive a key.
fn with_key(visit: &Visit) -> Result<Vendor, Fault> {
    vendor(visit).and_then(|vendor| vendor.key_form().map(|_| vendor).ok_or(Fault::NotFound))
}

async fn show(visit: Visit, _: In<ViewIntegrations>) -> Answer {
    let vendor = vendor(&visit)?;
    if let Ok(manager) = visit.scope::<ManageIntegrations>() {
        asking::look_if_waiting(&visit, &manager, vendor).await;
    }
    let page = page(&visit, vendor, Typed::default(), None).await?;
    visit.page(&page)
}

async fn page(
    visit: &Visit,
    vendor: Vendor,
    typed: Typed,
    error: Option<(&'static str, String)>,
) -> Result<vendor_page::Show, Fault> {
    let (scope, default, now) = (visit.scope::<ViewIntegrations>()?, by_default(visit, vendor), visit.now);
    let today = freshness::today(visit);
    let (manager, keys) = (visit.scope::<ManageIntegrations>().ok(), visit.services.config.keys.clone());
    let known = visit.read(move |conn| {
        let (card, connection) = connections::cards(conn, &scope, &[(vendor, default)], now)?
            .into_iter()
            .next()
            .ok_or(Refusal::NotHere)?;
        let key = match &connection {
            Some(connection) => connections::received_key(conn, &scope, connection.id)?,
            None => None,
        };
        let address = match (&connection, &manager) {
            (Some(connection), Some(manager)) => {
                connections::entered_address(conn, manager, &keys, connection.id)?
            }
            _ => String::new(),
        };
        let held = match &connection {
            Some(connection) => connections::writes_held(conn, connection)?,
            None => None,
        };
        let homes = homes::find(conn, &scope, connection.as_ref(), today)?;
        Ok(Known { card, connection, key, address, held, homes })
    });
    let known = known.await?;
    let mut shell = frame(visit, vendor.name())?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    vendor_page::Show::new(visit, shell, known, profile(visit, vendor), typed)
}

fn frame(visit: &Visit, title: &str) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell(title, Nav::Integrations)?;
    shell.crumb = Some(Link::new("Integrations", links::integrations(visit.organisation()?)));
    Ok(shell)
}

/// A page below the vendor's.
fn frame_below(visit: &Visit, title: String, vendor: Vendor) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell(title, Nav::Integrations)?;
    shell.crumb = Some(Link::new(vendor.name(), links::integration(visit.organisation()?, vendor.id())));
    Ok(shell)
}

#[derive(Deserialize)]
struct KeyFields {
    #[serde(default = "nothing")]
    key: Secret,
    #[serde(default)]
    address: String,
    #[serde(default)]
    valid_until: String,
    #[serde(default)]
    terms: String,
    #[serde(default)]
    charge: String,
}

fn nothing() -> Secret {
    Secret::new("")
}

/// Enters the key, and asks the vendor at once whether it takes it.
async fn enter(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<KeyFields>) -> Answer {
    let (vendor, org) = (with_key(&visit)?, scope.organisation());
    let here = links::integration(org, vendor.id());
    visit.fresh(here.clone())?;
    let typed = Typed {
        address: form.address.trim().to_owned(),
        valid_until: form.valid_until.trim().to_owned(),
        terms: form.terms == "yes",
        charge: form.charge == "yes",
    };
    let entered = match connection_pages::valid_until(&typed.valid_until, visit.now.date()) {
        Ok(valid_until) => {
            let key = TypedKey {
                secret: form.key,
                address: form.address,
                valid_until,
                agreed: typed.terms,
                pays: typed.charge,
            };
            let (by, keys, to) =
                (scope.clone(), visit.services.config.keys.clone(), destination(&visit, vendor));
            let which = (vendor, by_default(&visit, vendor));
            visit.write(move |tx| connections::enter_key(tx, &by, &keys, which, &to, &key)).await
        }
        Err(refusal) => Err(refusal),
    };
    match entered {
        Ok(_) => tried(&visit, &In(scope), vendor).await,
        Err(Refusal::Invalid { field, words }) => {
            let page = page(&visit, vendor, typed, Some((field, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::bad(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

fn destination(visit: &Visit, vendor: Vendor) -> Destination {
    let config = &visit.services.config;
    Destination {
        origin: connections::origin(&config.vendor_urls, &config.allowed_vendor_origins, vendor),
        allowed_origins: config.allowed_vendor_origins.clone(),
    }
}

/// Asks the vendor, and says on its page what it answered.
async fn tried(visit: &Visit, scope: &In<ManageIntegrations>, vendor: Vendor) -> Answer {
    let here = links::integration(scope.0.organisation(), vendor.id());
    let connection = connection(visit, scope, vendor).await?.ok_or(Fault::NotFound)?;
    let notice = match asking::look(visit, &scope.0, &connection).await? {
        Ok(State::On) => {
            Notice::ok(format!("{vendor} takes the key. Run the first sync to bring the residents."))
        }
        Ok(_) => {
            let words = vendor.key_form().map_or("", |form| form.refused);
            Notice::bad(words)
        }
        Err(failure) => Notice::warn(format!("The key is kept. {} {}", failure.words, failure.repair)),
    };
    visit.done(here, &notice)
}

#[derive(Deserialize)]
struct Ticks {
    #[serde(default)]
    terms: String,
    #[serde(default)]
    charge: String,
}

/// Takes into use a key that the representative recorded.
async fn agree(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Ticks>) -> Answer {
    let (vendor, org) = (with_key(&visit)?, scope.organisation());
    visit.fresh(links::integration(org, vendor.id()))?;
    let (terms, charge) = (form.terms == "yes", form.charge == "yes");
    let by = scope.clone();
    match visit.write(move |tx| connections::agree(tx, &by, vendor, (terms, charge))).await {
        Ok(_) => tried(&visit, &In(scope), vendor).await,
        Err(refusal) => refused(&visit, vendor, Typed { terms, charge, ..Typed::default() }, refusal).await,
    }
}

/// Writes to the representative.
async fn ask(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Ticks>) -> Answer {
    let (vendor, org) = (vendor(&visit)?, scope.organisation());
    let which = (vendor, by_default(&visit, vendor));
    let (terms, url) = (form.terms == "yes", visit.services.config.public_url.clone());
    match visit.write(move |tx| connections::ask_for(tx, &scope, which, terms, &url)).await {
        Ok(()) => {
            let notice =
                Notice::ok(format!("We have written to your representative and asked for {vendor}."));
            visit.done(links::integration(org, vendor.id()), &notice)
        }
        Err(refusal) => refused(&visit, vendor, Typed { terms, ..Typed::default() }, refusal).await,
    }
}

async fn refused(visit: &Visit, vendor: Vendor, typed: Typed, refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Invalid { field, words } => {
            let page = page(visit, vendor, typed, Some((field, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Refusal::Overtaken(words) => {
            visit.done(links::integration(visit.organisation()?, vendor.id()), &Notice::bad(words))
        }
        refusal => Err(refusal.into()),
    }
}

/// *Check now*.
async fn check(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let vendor = with_key(&visit)?;
    let found = connection(&visit, &scope, vendor).await?;
    found.filter(|connection| connection.state != State::Off).ok_or(Fault::NotFound)?;
    tried(&visit, &scope, vendor).await
}

/// *Test connection*: asks the vendor and changes nothing.
async fn test(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let (vendor, org) = (vendor(&visit)?, scope.0.organisation());
    let connection = connection(&visit, &scope, vendor).await?;
    let connection = connection.filter(|connection| connection.state != State::Off).ok_or(Fault::NotFound)?;
    let tested = asking::test(&visit, &scope.0, &connection).await?;
    let shell = frame_below(&visit, "Test connection".to_owned(), vendor)?;
    let again = links::integration_act(org, vendor.id(), "test");
    visit.page(&connection_pages::tested(shell, vendor, again, tested, visit.now))
}

async fn terms(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let vendor = vendor(&visit)?;
    let connection = connection(&visit, &scope, vendor).await?;
    let shell = frame_below(&visit, format!("Sharing details with {vendor}"), vendor)?;
    let now = (visit.now, visit.time_zone());
    let writes = visit.services.care_systems.get(vendor).is_some_and(|system| system.writes());
    visit.page(&connection_pages::terms(shell, vendor, (connection.as_ref(), writes), now))
}

async fn confirm_off(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let (vendor, org) = (with_key(&visit)?, scope.0.organisation());
    visit.fresh(links::integration_act(org, vendor.id(), "off"))?;
    let found = connection(&visit, &scope, vendor).await?;
    found.filter(|connection| connection.state != State::Off).ok_or(Fault::NotFound)?;
    let shell = frame_below(&visit, format!("Turn off {vendor} and remove its key?"), vendor)?;
    visit.page(&vendor_page::confirm_off(shell, org, vendor))
}

async fn off(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let (vendor, org) = (with_key(&visit)?, scope.0.organisation());
    visit.fresh(links::integration_act(org, vendor.id(), "off"))?;
    let connection = connection(&visit, &scope, vendor).await?.ok_or(Fault::NotFound)?;
    let scope = scope.0.clone();
    visit.write(move |tx| connections::switch_off(tx, &scope, connection.id)).await?;
    let notice = Notice::ok(format!("{vendor} is off and its key is forgotten. Residents stay as they are."));
    visit.done(links::integration(org, vendor.id()), &notice)
}

async fn connection(
    visit: &Visit,
    scope: &In<ManageIntegrations>,
    vendor: Vendor,
) -> Result<Option<Connection>, Fault> {
    let scope = scope.0.clone();
    Ok(visit.read(move |conn| Ok(connections::find(conn, &scope, vendor)?)).await?)
}
