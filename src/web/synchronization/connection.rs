//! The handshake, once: the credentials of Ensora Data Collection and the agreement to share. What is entered is tried
//! before anything is kept, and never comes out again. Afterwards this is the connection's page: how it stands, how
//! often it is pulled, other credentials in the place of the old, and switching it off.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::frame;
use crate::connectors::{Credential, Failure, FailureKind, Owner, ensora};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, RunSyncs, Scope};
use crate::domain::connections::{
    self, Availability, Card, Connection, Destination, ReceivedKey, State, Status, TERMS_VERSION,
    TypedCredentials,
};
use crate::domain::mapping::{self, Cadence, VENDOR};
use crate::domain::sync::Asked;
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::routes::{Line, Who, get, post};
use crate::web::see_other;
use crate::web::ui::{Link, Notice, Shell, When, filters};
use crate::web::visit::{In, Nav, Posted, Visit};

pub(super) fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageIntegrations);
    vec![
        get("/org/{org}/synchronization/connection", manage, show),
        post("/org/{org}/synchronization/connection/credentials", manage, shake_hands),
        post("/org/{org}/synchronization/connection/cadence", manage, set_cadence),
        get("/org/{org}/synchronization/connection/off", manage, confirm_off),
        post("/org/{org}/synchronization/connection/off", manage, off),
        post("/org/{org}/synchronization/connection/pull", Who::Holder(Permission::RunSyncs), pull),
    ]
}

#[derive(Template)]
#[template(path = "synchronization/connection.html")]
struct Page {
    shell: Shell,
    tag: &'static str,
    words: String,
    repair: String,
    /// Whether the credentials can be entered now.
    available: bool,
    is_on: bool,
    /// The last characters of the token, who entered it, when.
    key: Option<(String, String, When)>,
    /// Who agreed to which terms, when.
    agreed: Option<(String, String, When)>,
    form: Form,
    cadence: (String, String),
    terms_version: &'static str,
    at: At,
}

struct At {
    credentials: String,
    cadence: String,
    off: String,
    ask: Option<String>,
    terms: String,
    window: String,
    test: String,
    screen: &'static str,
}

/// What was typed, to be shown again: never the token.
#[derive(Default)]
struct Form {
    organization_id: String,
    terms: bool,
    administrator: bool,
}

struct Known {
    card: Card,
    connection: Option<Connection>,
    key: Option<ReceivedKey>,
    cadence: Cadence,
}

fn by_default(visit: &Visit) -> Availability {
    Availability::by_default(&visit.services.config.vendors_available, VENDOR)
}

async fn show(visit: Visit, In(scope): In<ManageIntegrations>) -> Answer {
    frame::here(&visit)?;
    let page = page(&visit, scope, Form::default(), None).await?;
    visit.page(&page)
}

async fn page(
    visit: &Visit,
    scope: Scope<ManageIntegrations>,
    form: Form,
    error: Option<(&'static str, String)>,
) -> Result<Page, Fault> {
    let (org, now, default) = (scope.organisation(), visit.now, by_default(visit));
    let known = visit.read(move |conn| {
        let card = connections::card(conn, &scope, VENDOR, default, now)?;
        let connection = mapping::connection(conn, &scope)?;
        let (key, cadence) = match &connection {
            Some(one) => {
                (connections::credentials_kept(conn, &scope, one.id)?, mapping::cadence(conn, one.id)?)
            }
            None => (None, Cadence::default()),
        };
        Ok(Known { card, connection, key, cadence })
    });
    let known = known.await?;
    let mut shell = visit.org_shell("Connect Ensora Data Collection", Nav::Settings)?;
    let is_on = known.connection.as_ref().is_some_and(|one| one.state != State::Off);
    if is_on {
        "Connection with Ensora Data Collection".clone_into(&mut shell.title);
    }
    let ever_on = known.connection.as_ref().is_some_and(frame::ever_on);
    shell.crumb = Some(if ever_on {
        Link::new("Synchronization", links::synchronization(org))
    } else {
        Link::new("Settings", links::settings_therapy(org))
    });
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let agreed = known.connection.as_ref().and_then(|one| Some((one, one.terms_accepted_at?)));
    let agreed = agreed.map(|(one, at)| {
        (one.terms_accepted_by.clone(), one.terms_version.clone(), freshness::at(visit, at))
    });
    let available = known.card.status != Status::NotAvailable;
    let asked = known.card.asked.is_some();
    Ok(Page {
        shell,
        tag: known.card.status.words(),
        words: known.card.words,
        repair: known.card.repair,
        available,
        is_on,
        key: known.key.filter(|_| is_on).map(|key| (key.ends_with, key.by, freshness::at(visit, key.at))),
        agreed,
        form,
        cadence: (known.cadence.notes_every.to_string(), known.cadence.people_every.to_string()),
        terms_version: TERMS_VERSION,
        at: At {
            credentials: links::synchronization_act(org, "credentials"),
            cadence: links::synchronization_act(org, "cadence"),
            off: links::synchronization_act(org, "off"),
            ask: (!available && !asked).then(|| links::integration_act(org, VENDOR.id(), "ask")),
            terms: links::integration_act(org, VENDOR.id(), "terms"),
            window: links::synchronization(org),
            test: links::integration_act(org, VENDOR.id(), "test"),
            screen: VENDOR.about().credential_screen,
        },
    })
}

#[derive(Deserialize)]
struct Entered {
    #[serde(default)]
    organization_id: String,
    #[serde(default = "nothing")]
    token: Secret,
    #[serde(default)]
    terms: String,
    #[serde(default)]
    administrator: String,
}

fn nothing() -> Secret {
    Secret::new("")
}

/// Tries what was entered, keeps it once it was taken, and starts the first pull.
async fn shake_hands(
    visit: Visit,
    In(scope): In<ManageIntegrations>,
    Posted(form): Posted<Entered>,
) -> Answer {
    frame::here(&visit)?;
    visit.fresh(links::synchronization_connection(scope.organisation()))?;
    let typed = TypedCredentials {
        organization_id: form.organization_id,
        token: form.token,
        agreed: form.terms == "yes",
        administrator: form.administrator == "yes",
    };
    let again = Form {
        organization_id: typed.organization_id.trim().to_owned(),
        terms: typed.agreed,
        administrator: typed.administrator,
    };
    match connect(&visit, &scope, typed).await {
        Ok(()) => {
            visit.services.wake.notify_one();
            let words =
                "Ensora Data Collection is connected, and the first pull has started. Its sites come first.";
            visit.done(links::synchronization(scope.organisation()), &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let page = page(&visit, scope, again, Some((field, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => {
            visit.done(links::synchronization_connection(scope.organisation()), &Notice::warn(words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn connect(
    visit: &Visit,
    scope: &Scope<ManageIntegrations>,
    typed: TypedCredentials,
) -> Result<(), Refusal> {
    let which = (VENDOR, by_default(visit));
    let (may, agreed) = (scope.clone(), typed.agreed);
    let secret = typed.secret(VENDOR)?;
    visit.read(move |conn| connections::may_shake_hands(conn, &may, which, agreed)).await?;
    let config = &visit.services.config;
    let to = Destination {
        origin: connections::origin(&config.vendor_urls, &config.allowed_vendor_origins, VENDOR),
        allowed_origins: config.allowed_vendor_origins.clone(),
    };
    let owner = try_out(visit, &secret, &to.origin).await.map_err(|failure| not_taken(&failure))?;
    administrator(&owner, typed.administrator)?;
    let (scope, keys) = (scope.clone(), config.keys.clone());
    let runs = visit.signed_in().ok().and_then(|actor| actor.scope::<RunSyncs>(scope.organisation()).ok());
    visit
        .write(move |tx| {
            connections::shake_hands(tx, &scope, &keys, which, &to, &typed)?;
            // Whoever may not start one has it started by the timetable, within the minute.
            runs.map_or(Ok(()), |runs| mapping::pull_now(tx, &runs).map(drop))
        })
        .await
}

/// Asks for the sites, and whose credentials they are.
async fn try_out(visit: &Visit, secret: &Secret, origin: &str) -> Result<Owner, Failure> {
    let Some(system) = visit.services.care_systems.get(VENDOR) else {
        return Err(Failure::new(VENDOR, FailureKind::NotConfigured));
    };
    let credential = Credential::new("entered", secret.reveal()).bound_to(origin);
    system.list_services(&credential).await?;
    system.read_owner(&credential).await
}

fn not_taken(failure: &Failure) -> Refusal {
    if failure.kind == FailureKind::CredentialRefused {
        let words = "Ensora Data Collection does not take these. Copy the Organization ID and the token again from the \
                     settings of the organization there";
        return Refusal::invalid("token", words);
    }
    let repair = failure.repair.trim_end_matches('.');
    Refusal::invalid("token", format!("{} {repair}", failure.words).trim_end_matches('.').to_owned())
}

/// Only an administrator there shakes hands for the organisation.
fn administrator(owner: &Owner, ticked: bool) -> Result<(), Refusal> {
    match ensora::administers(owner) {
        Some(true) => Ok(()),
        Some(false) => {
            let group = match owner.security_group.trim() {
                "" => "a security group that is not an administrator’s".to_owned(),
                group => format!("the security group {group}, which is not an administrator’s"),
            };
            let words = format!(
                "The token is of somebody in {group}. Ask an administrator in Ensora Data Collection to make the \
                 token, or to change the security group, and enter it here"
            );
            Err(Refusal::invalid("token", words))
        }
        None if ticked => Ok(()),
        None => {
            let words = "Ensora Data Collection does not say whose token this is. Tick that you are an administrator \
                         there";
            Err(Refusal::invalid("administrator", words))
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Times {
    notes_every: String,
    people_every: String,
}

async fn set_cadence(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Times>) -> Answer {
    frame::here(&visit)?;
    let here = links::synchronization_connection(scope.organisation());
    let (writer, times) = (scope.clone(), (form.notes_every.clone(), form.people_every.clone()));
    match visit.write(move |tx| mapping::set_cadence(tx, &writer, (&times.0, &times.1))).await {
        Ok(()) => visit.done(here, &Notice::ok("The times are saved.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, scope, Form::default(), Some((field, words))).await?;
            page.cadence = (form.notes_every, form.people_every);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Template)]
#[template(path = "settings/website_confirm.html")]
struct Confirm {
    shell: Shell,
    words: Vec<String>,
    act: String,
    label: String,
    class: &'static str,
    back: String,
}

async fn confirm_off(visit: Visit, In(scope): In<ManageIntegrations>) -> Answer {
    frame::here(&visit)?;
    let org = scope.organisation();
    visit.fresh(links::synchronization_act(org, "off"))?;
    connected(&visit, &scope).await?;
    let back = links::synchronization_connection(org);
    let mut shell = visit.org_shell("Switch off Ensora Data Collection?", Nav::Settings)?;
    shell.crumb = Some(Link::new("Connection", back.clone()));
    let words = vec![
        "Nothing more is pulled, and the credentials are forgotten at once.".to_owned(),
        "Every mapping is kept, and every appointment stays as it is, for the day you connect again."
            .to_owned(),
    ];
    let (act, label) = (links::synchronization_act(org, "off"), "Switch off".to_owned());
    visit.page(&Confirm { shell, words, act, label, class: "btn--danger", back })
}

async fn off(visit: Visit, In(scope): In<ManageIntegrations>, _: Posted<()>) -> Answer {
    frame::here(&visit)?;
    let org = scope.organisation();
    visit.fresh(links::synchronization_act(org, "off"))?;
    let connection = connected(&visit, &scope).await?;
    visit.write(move |tx| connections::switch_off(tx, &scope, connection.id)).await?;
    let notice = Notice::ok("Ensora Data Collection is switched off. Every mapping is kept.");
    visit.done(links::synchronization_connection(org), &notice)
}

/// The connection, which is not off.
async fn connected(visit: &Visit, scope: &Scope<ManageIntegrations>) -> Result<Connection, Fault> {
    let scope = scope.clone();
    let found = visit.read(move |conn| Ok(mapping::connection(conn, &scope)?)).await?;
    found.filter(|one| one.state != State::Off).ok_or(Fault::NotFound)
}

/// *Sync Now*: a second click, or a second person, is shown the pull that is under way.
async fn pull(visit: Visit, In(scope): In<RunSyncs>, _: Posted<()>) -> Answer {
    frame::here(&visit)?;
    let org = scope.organisation();
    match visit.write(move |tx| mapping::pull_now(tx, &scope)).await {
        Ok(asked) => {
            visit.services.wake.notify_one();
            let to = links::sync_run(org, asked.run());
            match asked {
                Asked::New(_) => Ok(see_other(to)),
                Asked::UnderWay(_) => visit.done(to, &Notice::warn("This pull was running already.")),
            }
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::synchronization(org), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
