//! *API keys*, in the sector community health, for super managers: making a key, which is shown once, and revoking one.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use askama::Template;

use super::super::error::{Answer, Fault};
use super::super::freshness;
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Choice, Notice, Shell, When, filters};
use super::super::visit::{Fields, In, Nav, Posted, Visit, field};
use super::tabs;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, Scope};
use crate::domain::api_keys::{self, Key, KeyScope, Mode, NewKey};
use crate::kit::ids::{ApiKeyId, OrganisationId};
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageIntegrations);
    vec![
        get("/org/{org}/settings/api-keys", who, show),
        post("/org/{org}/settings/api-keys", who, make),
        post("/org/{org}/settings/api-keys/{key}/revoke", who, revoke),
    ]
}

#[derive(Template)]
#[template(path = "settings/api_keys.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    action: String,
    described: String,
    /// A key that was made just now: its name and the key.
    made: Option<(String, String)>,
    name: String,
    modes: Vec<Choice>,
    scopes: Vec<Tick>,
}

/// One key that works.
struct Row {
    name: String,
    mode: &'static str,
    scopes: String,
    key_end: String,
    made_by: String,
    made: When,
    used: Option<When>,
    revoke: String,
}

/// One scope of the form.
struct Tick {
    id: String,
    label: String,
    ticked: bool,
}

/// The name of a scope's box.
fn box_of(scope: KeyScope) -> String {
    scope.as_str().replace(':', "_")
}

async fn page(
    visit: &Visit,
    scope: Scope<ManageIntegrations>,
    typed: &NewKey,
    made: Option<(String, Secret)>,
) -> Result<Page, Fault> {
    let org = scope.organisation();
    let keys = visit.read(move |conn| api_keys::list(conn, &scope)).await?;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "API keys");
    let modes = [(Mode::Test, "Test: nobody is visited"), (Mode::Live, "Live: practitioners go there")];
    let chosen = typed.mode.map_or("", Mode::as_str);
    Ok(Page {
        shell,
        rows: keys.into_iter().map(|key| row(visit, org, key)).collect(),
        action: links::api_keys(org),
        described: links::api(),
        made: made.map(|(name, key)| (name, key.reveal().to_owned())),
        name: typed.name.clone(),
        modes: Choice::list(modes.iter().map(|(mode, words)| (mode.as_str(), *words)), chosen),
        scopes: KeyScope::ALL
            .iter()
            .map(|one| Tick {
                id: box_of(*one),
                label: format!("{} ({})", one.words(), one.as_str()),
                ticked: typed.scopes.contains(one),
            })
            .collect(),
    })
}

fn row(visit: &Visit, org: OrganisationId, key: Key) -> Row {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    Row {
        mode: key.mode.words(),
        scopes: scopes.join(", "),
        made: freshness::within(visit, key.made_at),
        used: key.last_used_at.map(|at| freshness::at(visit, at)),
        revoke: links::revoke_api_key(org, key.id),
        name: key.name,
        key_end: key.key_end,
        made_by: key.made_by,
    }
}

fn untyped() -> NewKey {
    NewKey { name: String::new(), mode: None, scopes: BTreeSet::new() }
}

async fn show(visit: Visit, In(scope): In<ManageIntegrations>) -> Answer {
    let page = page(&visit, scope, &untyped(), None).await?;
    visit.page(&page)
}

async fn make(visit: Visit, In(scope): In<ManageIntegrations>, Posted(fields): Posted<Fields>) -> Answer {
    if !api_keys::belongs_to(visit.sector()) {
        return Err(Fault::NotFound);
    }
    visit.fresh(links::api_keys(scope.organisation()))?;
    let ticked = |one: &KeyScope| !field(&fields, &box_of(*one)).is_empty();
    let new = NewKey {
        name: field(&fields, "name").to_owned(),
        mode: Mode::parse(field(&fields, "mode")),
        scopes: KeyScope::ALL.iter().copied().filter(|one| ticked(one)).collect(),
    };
    let (writer, asked) = (scope.clone(), new.clone());
    match visit.write(move |tx| api_keys::make(tx, &writer, &asked)).await {
        Ok((_, key)) => {
            // The key is in this answer and in none that follows.
            let page = page(&visit, scope, &untyped(), Some((new.name, key))).await?;
            visit.page(&page)
        }
        Err(Refusal::Invalid { field: of, words }) => {
            let mut page = page(&visit, scope, &new, None).await?;
            let first = page.scopes.first().map(|tick| tick.id.clone()).unwrap_or_default();
            page.shell.add_error(if of == "scopes" { first } else { of.to_owned() }, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn revoke(visit: Visit, In(scope): In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let (here, id) = (links::api_keys(scope.organisation()), visit.id::<ApiKeyId>("key")?);
    let name = visit.write(move |tx| api_keys::revoke(tx, &scope, id)).await?;
    visit.done(here, &Notice::ok(format!("The key {name} is revoked: it does not work any more.")))
}
