//! *Webhooks*, a tab of Org Settings: the programs that are told of appointments, with what was delivered to each. For
//! super managers of organisations of the sector community health; elsewhere there is no such page.
//!
//! Sending is a job's: a form here only writes that something is due. A secret stands in the answer to the form that
//! made it, and on no page.

mod forms;
mod log;
mod pages;

use actix_web::HttpResponse;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::settings;
use super::ui::{Link, Notice, Shell};
use super::visit::{Fields, Nav, Posted, Visit};
use super::visits::Community;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, Scope};
use crate::domain::webhooks::{self, Endpoint};
use crate::kit::ids::{OrganisationId, WebhookEndpointId};
use crate::kit::secret::Secret;
use crate::links;

use forms::Typed;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageIntegrations);
    vec![
        get("/org/{org}/settings/webhooks", who, index),
        post("/org/{org}/settings/webhooks", who, create),
        get("/org/{org}/settings/webhooks/new", who, new),
        get("/org/{org}/settings/webhooks/{endpoint}", who, log::show),
        post("/org/{org}/settings/webhooks/{endpoint}", who, update),
        get("/org/{org}/settings/webhooks/{endpoint}/edit", who, edit),
        post("/org/{org}/settings/webhooks/{endpoint}/test", who, log::send_test),
        get("/org/{org}/settings/webhooks/{endpoint}/rotate", who, confirm_rotate),
        post("/org/{org}/settings/webhooks/{endpoint}/rotate", who, rotate),
        post("/org/{org}/settings/webhooks/{endpoint}/disable", who, disable),
        post("/org/{org}/settings/webhooks/{endpoint}/enable", who, enable),
        get("/org/{org}/settings/webhooks/{endpoint}/remove", who, confirm_remove),
        post("/org/{org}/settings/webhooks/{endpoint}/remove", who, remove),
        get("/org/{org}/settings/webhooks/{endpoint}/deliveries/{delivery}", who, log::delivery),
        post("/org/{org}/settings/webhooks/{endpoint}/deliveries/{delivery}", who, log::send_again),
    ]
}

/// The frame of a page below the list.
fn frame_below(visit: &Visit, title: &str, org: OrganisationId) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell(title, Nav::Settings)?;
    shell.crumb = Some(Link::new("Webhooks", links::webhooks(org)));
    Ok(shell)
}

async fn find(visit: &Visit, scope: &Scope<ManageIntegrations>) -> Result<Endpoint, Fault> {
    let (scope, id) = (scope.clone(), visit.id::<WebhookEndpointId>("endpoint")?);
    Ok(visit.read(move |conn| webhooks::endpoint(conn, &scope, id)).await?)
}

async fn index(visit: Visit, Community(scope): Community<ManageIntegrations>) -> Answer {
    let org = scope.organisation();
    let endpoints = visit.read(move |conn| webhooks::endpoints(conn, &scope)).await?;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = settings::tabs(&visit, org, "Webhooks");
    visit.page(&pages::index(&visit, shell, org, endpoints))
}

async fn new(visit: Visit, Community(scope): Community<ManageIntegrations>) -> Answer {
    let org = scope.organisation();
    visit.fresh(links::new_webhook(org))?;
    let shell = frame_below(&visit, "Add a webhook endpoint", org)?;
    visit.page(&pages::form(shell, org, None, Typed::default()))
}

async fn create(
    visit: Visit,
    Community(scope): Community<ManageIntegrations>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let org = scope.organisation();
    visit.fresh(links::new_webhook(org))?;
    let typed = Typed::of(&fields);
    let (keys, config) = (visit.services.config.keys.clone(), &visit.services.config);
    let added = match typed.mode().and_then(|mode| Ok((mode, typed.wanted(&config.allowed_vendor_origins)?)))
    {
        Ok((mode, wanted)) => visit.write(move |tx| webhooks::add(tx, &scope, &keys, mode, &wanted)).await,
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok((id, secret)) => shown_once(&visit, org, (id, typed.name), secret, pages::MADE),
        Err(Refusal::Invalid { field, words }) => {
            let mut shell = frame_below(&visit, "Add a webhook endpoint", org)?;
            shell.add_error(field, words);
            visit.page_with(&pages::form(shell, org, None, typed), HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The secret is in this answer and in none that follows.
fn shown_once(
    visit: &Visit,
    org: OrganisationId,
    (id, name): (WebhookEndpointId, String),
    secret: Secret,
    words: &'static str,
) -> Answer {
    let shell = frame_below(visit, "Copy the secret", org)?;
    visit.page(&pages::secret(shell, links::webhook(org, id), name, &secret, words))
}

async fn edit(visit: Visit, Community(scope): Community<ManageIntegrations>) -> Answer {
    let (org, endpoint) = (scope.organisation(), find(&visit, &scope).await?);
    let shell = frame_below(&visit, "Change a webhook endpoint", org)?;
    visit.page(&pages::form(shell, org, Some(endpoint.id), Typed::shown(&endpoint)))
}

async fn update(
    visit: Visit,
    Community(scope): Community<ManageIntegrations>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (org, id): (_, WebhookEndpointId) = (scope.organisation(), visit.id("endpoint")?);
    // Whatever the form says: what is tried out never becomes what is meant.
    let mode = find(&visit, &scope).await?.mode;
    let typed = Typed { mode: mode.as_str().to_owned(), ..Typed::of(&fields) };
    let changed = match typed.wanted(&visit.services.config.allowed_vendor_origins) {
        Ok(wanted) => visit.write(move |tx| webhooks::change(tx, &scope, id, &wanted)).await,
        Err(refusal) => Err(refusal),
    };
    match changed {
        Ok(()) => visit.done(links::webhook(org, id), &Notice::ok("The endpoint is changed.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut shell = frame_below(&visit, "Change a webhook endpoint", org)?;
            shell.add_error(field, words);
            visit.page_with(&pages::form(shell, org, Some(id), typed), HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => told(&visit, links::webhook(org, id), refusal),
    }
}

async fn confirm_rotate(visit: Visit, Community(scope): Community<ManageIntegrations>) -> Answer {
    let (org, endpoint) = (scope.organisation(), find(&visit, &scope).await?);
    visit.fresh(links::webhook_act(org, endpoint.id, "rotate"))?;
    let shell = frame_below(&visit, "Rotate the secret?", org)?;
    visit.page(&pages::confirm_rotate(shell, org, &endpoint))
}

async fn rotate(
    visit: Visit,
    Community(scope): Community<ManageIntegrations>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (org, endpoint) = (scope.organisation(), find(&visit, &scope).await?);
    let id = endpoint.id;
    visit.fresh(links::webhook_act(org, id, "rotate"))?;
    let mark = super::visit::field(&fields, "mark").to_owned();
    let keys = visit.services.config.keys.clone();
    match visit.write(move |tx| webhooks::rotate(tx, &scope, &keys, id, &mark)).await {
        Ok(secret) => shown_once(&visit, org, (id, endpoint.name), secret, pages::ROTATED),
        Err(refusal) => told(&visit, links::webhook(org, id), refusal),
    }
}

async fn disable(visit: Visit, Community(scope): Community<ManageIntegrations>, _: Posted<()>) -> Answer {
    let words = "The endpoint is disabled. Nothing is sent to it from now on.";
    act(visit, scope, webhooks::disable, words).await
}

async fn enable(visit: Visit, Community(scope): Community<ManageIntegrations>, _: Posted<()>) -> Answer {
    let words =
        "The endpoint is enabled. It is told of what happens from now on; what it missed can be sent again.";
    act(visit, scope, webhooks::enable, words).await
}

async fn confirm_remove(visit: Visit, Community(scope): Community<ManageIntegrations>) -> Answer {
    let (org, endpoint) = (scope.organisation(), find(&visit, &scope).await?);
    let shell = frame_below(&visit, "Remove the endpoint?", org)?;
    visit.page(&pages::confirm_remove(shell, org, &endpoint))
}

async fn remove(visit: Visit, Community(scope): Community<ManageIntegrations>, _: Posted<()>) -> Answer {
    act(visit, scope, webhooks::remove, "The endpoint is removed. Its log stays for 30 days.").await
}

type Verb = fn(&mut Tx<'_>, &Scope<ManageIntegrations>, WebhookEndpointId) -> Result<(), Refusal>;

async fn act(visit: Visit, scope: Scope<ManageIntegrations>, verb: Verb, words: &str) -> Answer {
    let (org, id): (_, WebhookEndpointId) = (scope.organisation(), visit.id("endpoint")?);
    let here = links::webhook(org, id);
    match visit.write(move |tx| verb(tx, &scope, id)).await {
        Ok(()) => visit.done(here, &Notice::ok(words)),
        Err(refusal) => told(&visit, here, refusal),
    }
}

/// What was refused because of how things stand now is a notice on the page, not an error page.
fn told(visit: &Visit, here: String, refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Overtaken(words) => visit.done(here, &Notice::warn(words)),
        refusal => Err(refusal.into()),
    }
}
