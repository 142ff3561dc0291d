//! The tab *Website*: *Nourish Integration Token*, for super managers only. The token is made here, shown
//! after a fresh password, pasted into Nourish by hand; the page follows what Nourish then lists.
//!
//! Showing, making and ending tokens asks for a password that was typed lately.

mod pages;

use serde::Deserialize;

use super::tabs;
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, RunSyncs};
use crate::domain::connections::{self, Agreed, Availability, Connection, State};
use crate::domain::sync;
use crate::kit::ids::{OrganisationId, TokenId};
use crate::kit::secret::Secret;
use crate::links;
use crate::web::asking;
use crate::web::connection_pages;
use crate::web::error::{Answer, Fault};
use crate::web::routes::{Line, Who, get, post};
use crate::web::see_other;
use crate::web::ui::{Link, Notice, Shell};
use crate::web::visit::{In, Nav, Posted, Visit};

const SECRETS: Who = Who::Holder(crate::domain::access::Permission::ManageIntegrations);
const VENDOR: Vendor = Vendor::Nourish;

pub fn routes() -> Vec<Line> {
    vec![
        get("/org/{org}/settings/website", SECRETS, show),
        post("/org/{org}/settings/website/nourish", SECRETS, save),
        get("/org/{org}/settings/website/nourish/off", SECRETS, confirm_off),
        post("/org/{org}/settings/website/nourish/off", SECRETS, off),
        get("/org/{org}/settings/website/nourish/terms", SECRETS, terms),
        get("/org/{org}/settings/website/nourish/test", SECRETS, test),
        post("/org/{org}/settings/website/nourish/start-sync", SECRETS, start_sync),
        post("/org/{org}/settings/website/nourish/services", SECRETS, check),
        post("/org/{org}/settings/website/nourish/multi-service", SECRETS, ask_multi_service),
        post("/org/{org}/settings/website/nourish/tokens", SECRETS, add_token),
        post("/org/{org}/settings/website/nourish/tokens/{token}/show", SECRETS, show_token),
        get("/org/{org}/settings/website/nourish/tokens/{token}/replace", SECRETS, confirm_replace),
        post("/org/{org}/settings/website/nourish/tokens/{token}/replace", SECRETS, replace),
        get("/org/{org}/settings/website/nourish/tokens/{token}/revoke", SECRETS, confirm_revoke),
        post("/org/{org}/settings/website/nourish/tokens/{token}/revoke", SECRETS, revoke),
    ]
}

#[derive(Clone, Copy, Default, Deserialize)]
struct Wanted {
    /// The token to be shown in full.
    show: Option<TokenId>,
    /// Somebody was ticking the box when their password had to be typed again.
    #[serde(default)]
    on: u8,
}

async fn show(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let wanted: Wanted = visit.query();
    if let Some(token) = wanted.show {
        visit.fresh(shown(scope.0.organisation(), token))?;
    }
    asking::look_if_waiting(&visit, &scope.0, VENDOR).await;
    let opened = match wanted.show {
        Some(token) => Some((token, open(&visit, &scope, token).await?)),
        None => None,
    };
    let typed = pages::Typed { sync: wanted.on == 1, ..pages::Typed::default() };
    let page = page(&visit, &scope, typed, opened, None).await?;
    visit.page(&page)
}

/// Opens a token for the page; that it was looked at is on the audit trail.
async fn open(visit: &Visit, scope: &In<ManageIntegrations>, token: TokenId) -> Result<Secret, Fault> {
    let (scope, keys) = (scope.0.clone(), visit.services.config.keys.clone());
    Ok(visit.write(move |tx| connections::show(tx, &scope, &keys, token)).await?)
}

async fn page(
    visit: &Visit,
    scope: &In<ManageIntegrations>,
    typed: pages::Typed,
    opened: Option<(TokenId, Secret)>,
    error: Option<(&'static str, String)>,
) -> Result<pages::Website, Fault> {
    let org = scope.0.organisation();
    let (scope, by_default, now) = (scope.0.clone(), by_default(visit), visit.now);
    let known = visit.read(move |conn| {
        let card = connections::card(conn, &scope, VENDOR, by_default, now)?;
        let Some(connection) = connections::find(conn, &scope, VENDOR)? else {
            return Ok((card, None));
        };
        let tokens = connections::tokens(conn, &scope, connection.id, now)?;
        let services = connections::services(conn, &connection)?;
        let zones = connections::zone_map(conn, &connection)?;
        let held = connections::writes_held(conn, &connection)?;
        Ok((card, Some(pages::Known { connection, tokens, services, zones, held })))
    });
    let (card, known) = known.await?;
    let mut shell = frame(visit, org)?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let system = visit.services.care_systems.get(VENDOR);
    let told = pages::Told {
        org,
        profile: system.map(|system| system.profile_status()),
        now: visit.now,
        zone: visit.time_zone(),
        typed,
        opened,
    };
    Ok(pages::website(shell, told, card, known))
}

fn frame(visit: &Visit, org: OrganisationId) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "Website");
    Ok(shell)
}

/// A page below the tab: no tabs, a way back.
fn frame_below(visit: &Visit, title: &str, org: OrganisationId) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell(title, Nav::Settings)?;
    shell.crumb = Some(Link::new("Website", links::settings_website(org)));
    Ok(shell)
}

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    sync_with_nourish: String,
    #[serde(default)]
    terms: String,
}

/// *Save changes*: ticked switches on, unticked asks whether to switch off.
async fn save(visit: Visit, scope: In<ManageIntegrations>, form: Posted<Settings>) -> Answer {
    let org = scope.0.organisation();
    let here = links::settings_website(org);
    let connection = connection(&visit, &scope).await?;
    let is_on = connection.is_some_and(|connection| connection.state != State::Off);
    let wanted = form.0.sync_with_nourish == "yes";
    match (wanted, is_on) {
        (false, true) => return Ok(see_other(links::nourish_act(org, "off"))),
        (false, false) | (true, true) => return visit.done(here, &Notice::ok("Nothing was changed.")),
        (true, false) => {}
    }
    if form.0.terms != "yes" {
        let words = "Tick that your organisation agrees to share these details";
        let typed = pages::Typed { sync: true, ..pages::Typed::default() };
        let page = page(&visit, &scope, typed, None, Some(("terms", words.into()))).await?;
        return visit.page_with(&page, actix_web::HttpResponse::UnprocessableEntity());
    }
    visit.fresh(format!("{here}?on=1"))?;
    let (scope, by_default, origin) = (scope.0.clone(), by_default(&visit), origin(&visit));
    let keys = visit.services.config.keys.clone();
    let issued =
        visit.write(move |tx| connections::switch_on(tx, &scope, &keys, VENDOR, by_default, &origin, Agreed));
    match issued.await {
        Ok(Some(issued)) => {
            let notice = Notice::ok("Sync with Nourish is on. Copy the token and paste it into Nourish.");
            visit.done(shown(org, issued.id), &notice)
        }
        Ok(None) => visit.done(here, &Notice::ok("Sync with Nourish is on already.")),
        Err(refusal) => told(&visit, here, refusal),
    }
}

async fn confirm_off(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let org = scope.0.organisation();
    visit.fresh(links::nourish_act(org, "off"))?;
    let found = connection(&visit, &scope).await?;
    found.filter(|connection| connection.state != State::Off).ok_or(Fault::NotFound)?;
    visit.page(&pages::confirm_off(frame_below(&visit, "Turn off Nourish sync?", org)?, org))
}

async fn off(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let org = scope.0.organisation();
    visit.fresh(links::nourish_act(org, "off"))?;
    let connection = connection(&visit, &scope).await?.ok_or(Fault::NotFound)?;
    let scope = scope.0.clone();
    visit.write(move |tx| connections::switch_off(tx, &scope, connection.id)).await?;
    let notice = Notice::ok("Nourish sync is off. The tokens no longer work. Residents stay as they are.");
    visit.done(links::settings_website(org), &notice)
}

async fn terms(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let org = scope.0.organisation();
    let connection = connection(&visit, &scope).await?;
    let shell = frame_below(&visit, "Sharing details with Nourish", org)?;
    let now = (visit.now, visit.time_zone());
    visit.page(&connection_pages::terms(shell, VENDOR, (connection.as_ref(), true), now))
}

/// *Test connection*: asks Nourish and changes nothing.
async fn test(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let org = scope.0.organisation();
    let connection = connection(&visit, &scope).await?;
    let connection = connection.filter(|connection| connection.state != State::Off).ok_or(Fault::NotFound)?;
    let tested = asking::test(&visit, &scope.0, &connection).await?;
    let (shell, again) = (frame_below(&visit, "Test connection", org)?, links::nourish_act(org, "test"));
    visit.page(&connection_pages::tested(shell, VENDOR, again, tested, visit.now))
}

/// *Start Sync*: brings the residents. A second click is shown the sync that is under way.
async fn start_sync(visit: Visit, scope: In<RunSyncs>, _: Posted<()>) -> Answer {
    let (org, scope) = (scope.0.organisation(), scope.0);
    let asked = visit.write(move |tx| {
        let connection = connections::find(tx.conn, &scope, VENDOR)?.ok_or(Refusal::NotHere)?;
        sync::request(tx, &scope, connection.id, sync::Wanted::Residents, false)
    });
    match asked.await {
        Ok(asked) => {
            visit.services.wake.notify_one();
            Ok(see_other(links::sync_run(org, asked.run())))
        }
        Err(refusal) => told(&visit, links::settings_website(org), refusal),
    }
}

/// *Check Nourish now*.
async fn check(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let connection = connection(&visit, &scope).await?.ok_or(Fault::NotFound)?;
    let here = links::settings_website(scope.0.organisation());
    let notice = match asking::look(&visit, &scope.0, &connection).await? {
        Ok(State::On) => Notice::ok("Nourish lists a service with our token."),
        Ok(_) => Notice::warn(
            "Nourish lists no service with our token yet. Check there, under Administration > Extensions, \
             that the token is pasted and every location shows On.",
        ),
        Err(failure) => Notice::bad(format!("{} {}", failure.words, failure.repair)),
    };
    visit.done(here, &notice)
}

async fn ask_multi_service(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let connection = connection(&visit, &scope).await?.ok_or(Fault::NotFound)?;
    let (here, url) =
        (links::settings_website(scope.0.organisation()), visit.services.config.public_url.clone());
    let scope = scope.0.clone();
    visit.write(move |tx| connections::ask_multi_service(tx, &scope, connection.id, &url)).await?;
    visit.done(here, &Notice::ok("We have written to your representative and asked for multi-service."))
}

#[derive(Deserialize)]
struct NewToken {
    #[serde(default)]
    label: String,
}

/// *Add another token*.
async fn add_token(visit: Visit, scope: In<ManageIntegrations>, form: Posted<NewToken>) -> Answer {
    let org = scope.0.organisation();
    visit.fresh(links::settings_website(org))?;
    let connection = connection(&visit, &scope).await?.ok_or(Fault::NotFound)?;
    let (keys, origin, label) = (visit.services.config.keys.clone(), origin(&visit), form.0.label.clone());
    let adding = scope.0.clone();
    let added =
        visit.write(move |tx| connections::add_token(tx, &adding, &keys, connection.id, &origin, &label));
    match added.await {
        Ok(issued) => {
            let notice = Notice::ok("The token is made. Copy it and paste it into Nourish for its service.");
            visit.done(shown(org, issued.id), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let typed = pages::Typed { label: form.0.label, ..pages::Typed::default() };
            let page = page(&visit, &scope, typed, None, Some((field, words))).await?;
            visit.page_with(&page, actix_web::HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => told(&visit, links::settings_website(org), refusal),
    }
}

async fn show_token(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let (org, token) = (scope.0.organisation(), visit.id("token")?);
    visit.fresh(shown(org, token))?;
    Ok(see_other(shown(org, token)))
}

async fn confirm_replace(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let (org, token) = (scope.0.organisation(), visit.id("token")?);
    visit.fresh(links::token_act(org, token, "replace"))?;
    let token = listed(&visit, &scope, token).await?;
    let shell = frame_below(&visit, "Replace the token?", org)?;
    visit.page(&pages::confirm_replace(shell, org, &token))
}

async fn replace(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let (org, token): (_, TokenId) = (scope.0.organisation(), visit.id("token")?);
    visit.fresh(links::token_act(org, token, "replace"))?;
    let (scope, keys, origin) = (scope.0.clone(), visit.services.config.keys.clone(), origin(&visit));
    match visit.write(move |tx| connections::replace(tx, &scope, &keys, token, &origin)).await {
        Ok(issued) => {
            let words = "The new token is made. Paste it into Nourish within 24 hours: until then both work.";
            visit.done(shown(org, issued.id), &Notice::ok(words))
        }
        Err(refusal) => told(&visit, links::settings_website(org), refusal),
    }
}

async fn confirm_revoke(visit: Visit, scope: In<ManageIntegrations>) -> Answer {
    let (org, token) = (scope.0.organisation(), visit.id("token")?);
    visit.fresh(links::token_act(org, token, "revoke"))?;
    let token = listed(&visit, &scope, token).await?;
    let shell = frame_below(&visit, "Revoke the token?", org)?;
    visit.page(&pages::confirm_revoke(shell, org, &token))
}

async fn revoke(visit: Visit, scope: In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let (org, token): (_, TokenId) = (scope.0.organisation(), visit.id("token")?);
    visit.fresh(links::token_act(org, token, "revoke"))?;
    let scope = scope.0.clone();
    visit.write(move |tx| connections::revoke(tx, &scope, token)).await?;
    let notice = Notice::ok("The token no longer works. Every pairing is kept.");
    visit.done(links::settings_website(org), &notice)
}

async fn connection(visit: &Visit, scope: &In<ManageIntegrations>) -> Result<Option<Connection>, Fault> {
    let scope = scope.0.clone();
    Ok(visit.read(move |conn| Ok(connections::find(conn, &scope, VENDOR)?)).await?)
}

/// A token that works now, or 404.
async fn listed(
    visit: &Visit,
    scope: &In<ManageIntegrations>,
    token: TokenId,
) -> Result<connections::Token, Fault> {
    let connection = connection(visit, scope).await?.ok_or(Fault::NotFound)?;
    let (scope, now) = (scope.0.clone(), visit.now);
    let tokens = visit.read(move |conn| connections::tokens(conn, &scope, connection.id, now)).await?;
    tokens.into_iter().find(|listed| listed.id == token).ok_or(Fault::NotFound)
}

/// What was refused because of how things stand now is a notice on the page, not an error page.
fn told(visit: &Visit, here: String, refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Overtaken(words) => visit.done(here, &Notice::bad(words)),
        refusal => Err(refusal.into()),
    }
}

fn shown(org: OrganisationId, token: TokenId) -> String {
    format!("{}?show={token}", links::settings_website(org))
}

fn by_default(visit: &Visit) -> Availability {
    Availability::by_default(&visit.services.config.vendors_available, VENDOR)
}

fn origin(visit: &Visit) -> String {
    let config = &visit.services.config;
    connections::origin(&config.vendor_urls, &config.allowed_vendor_origins, VENDOR)
}
