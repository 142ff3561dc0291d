//! *Integrations*, *Ally Health*: the connection by which visits are booked with another organisation. The representative
//! makes it available, a super manager enters address and key, says with what is booked, and enters the secret of its
//! webhook. A page of its own, since nothing of a sync belongs to it.

mod pages;

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Shell, filters};
use super::visit::{In, Nav, Posted, Visit};
use crate::connectors::{Credential, Failure, Vendor, VisitService};
use crate::domain::Refusal;
use crate::domain::access::{
    ManageIntegrations, Permission, Scope, Sector, ViewAppointments, ViewIntegrations,
};
use crate::domain::booked_visits;
use crate::domain::connections::{
    self, Availability, Card, Connection, Destination, State, Status, TypedHook, TypedKey, TypedVisitSettings,
};
use crate::kit::ids::OrganisationId;
use crate::kit::secret::Secret;
use crate::links;

use pages::{Known, Typed};

/// With whom visits are booked.
pub(super) const VENDOR: Vendor = Vendor::AllyHealth;

/// Nobody decides for an organisation that residents' names may go to a service: the representative makes it available.
pub(super) const BY_DEFAULT: Availability = Availability::OnceEnabled;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageIntegrations);
    vec![
        get("/org/{org}/integrations/ally_health", Who::Holder(Permission::ViewIntegrations), show),
        post("/org/{org}/integrations/ally_health/ask", manage, ask),
        post("/org/{org}/integrations/ally_health/key", manage, enter),
        post("/org/{org}/integrations/ally_health/agree", manage, agree),
        post("/org/{org}/integrations/ally_health/check", manage, check),
        post("/org/{org}/integrations/ally_health/settings", manage, save),
        post("/org/{org}/integrations/ally_health/webhook", manage, save_hook),
        get("/org/{org}/integrations/ally_health/off", manage, confirm_off),
        post("/org/{org}/integrations/ally_health/off", manage, off),
    ]
}

/// The service, and what opens it.
pub(super) struct Opened {
    pub connection: Connection,
    pub service: std::sync::Arc<dyn VisitService>,
    pub credential: Credential,
}

/// Opens the key of a connection for questions that a page asks.
pub(super) async fn open(visit: &Visit, connection: &Connection) -> Result<Option<Opened>, Fault> {
    let service = visit.services.care_systems.visits(connection.vendor);
    let (of, keys, now) = (connection.clone(), visit.services.config.keys.clone(), visit.now);
    let tokens = visit.read(move |conn| connections::live_tokens(conn, &keys, &of, now)).await?;
    let credential = connections::credentials(&tokens).into_iter().next().map(|(_, credential)| credential);
    Ok(service.zip(credential).map(|(service, credential)| Opened {
        connection: connection.clone(),
        service,
        credential,
    }))
}

/// The card on *Integrations*: name, state, words and where more stands; nothing outside care homes.
pub(super) async fn card(visit: &Visit) -> Result<Option<(&'static str, String, String)>, Fault> {
    if visit.sector() != Sector::CareHome {
        return Ok(None);
    }
    let (scope, now) = (visit.scope::<ViewIntegrations>()?, visit.now);
    let card = visit.read(move |conn| Ok(connections::card(conn, &scope, VENDOR, BY_DEFAULT, now)?)).await?;
    let to = links::visit_service(visit.organisation()?);
    Ok(Some((card.status.words(), words(&card), to)))
}

/// What is said of its state: the words of the others speak of syncs.
pub(super) fn words(card: &Card) -> String {
    let vendor = card.vendor;
    match card.status {
        Status::Off => {
            format!("{vendor} is switched off. What was booked stays as it is, and is not followed.")
        }
        Status::Testing | Status::On | Status::Held => format!("Visits can be booked with {vendor}."),
        Status::Degraded => format!("Visits can be booked with {vendor}, as soon as it answers again."),
        Status::Available => format!("{vendor} can be switched on with its address and API key."),
        Status::NotAvailable | Status::Waiting | Status::Relink => card.words.clone(),
    }
}

fn only_care_homes(visit: &Visit) -> Result<(), Fault> {
    if visit.sector() == Sector::CareHome { Ok(()) } else { Err(Fault::NotFound) }
}

async fn show(visit: Visit, _: In<ViewIntegrations>) -> Answer {
    only_care_homes(&visit)?;
    let page = page(&visit, None, None).await?;
    visit.page(&page)
}

async fn known(visit: &Visit) -> Result<Known, Fault> {
    let (scope, now) = (visit.scope::<ViewIntegrations>()?, visit.now);
    let manager = visit.scope::<ManageIntegrations>().ok();
    let viewer = visit.scope::<ViewAppointments>().ok();
    let keys = visit.services.config.keys.clone();
    let known = visit.read(move |conn| {
        let cards = connections::cards(conn, &scope, &[(VENDOR, BY_DEFAULT)], now)?;
        let (card, connection) = cards.into_iter().next().ok_or(Refusal::NotHere)?;
        let left = match &viewer {
            Some(viewer) => booked_visits::left_open(conn, viewer)?.len(),
            None => 0,
        };
        let Some(connection) = connection else {
            return Ok(Known {
                card,
                connection: None,
                key: None,
                address: String::new(),
                mode: "",
                settings: None,
                left,
            });
        };
        let key = connections::received_key(conn, &scope, connection.id)?;
        let settings = connections::visit_settings(conn, &scope, connection.id)?;
        let (address, mode) = match &manager {
            Some(manager) => (
                connections::entered_address(conn, manager, &keys, connection.id)?,
                connections::key_mode(conn, manager, &keys, connection.id)?,
            ),
            None => (String::new(), ""),
        };
        Ok(Known { card, connection: Some(connection), key, address, mode, settings, left })
    });
    Ok(known.await?)
}

async fn page(
    visit: &Visit,
    typed: Option<Typed>,
    error: Option<(&'static str, String)>,
) -> Result<pages::Show, Fault> {
    let known = known(visit).await?;
    let mut shell = visit.org_shell(VENDOR.name(), Nav::Integrations)?;
    shell.crumb = Some(Link::new("Integrations", links::integrations(visit.organisation()?)));
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let typed = typed.unwrap_or_else(|| pages::as_kept(&known));
    pages::Show::new(visit, shell, known, typed)
}

#[derive(Deserialize)]
struct KeyFields {
    #[serde(default = "nothing")]
    key: Secret,
    #[serde(default)]
    address: String,
    #[serde(default)]
    terms: String,
}

fn nothing() -> Secret {
    Secret::new("")
}

/// Writes to the representative.
async fn ask(visit: Visit, In(scope): In<ManageIntegrations>, _: Posted<()>) -> Answer {
    only_care_homes(&visit)?;
    let url = visit.services.config.public_url.clone();
    let asked =
        visit.write(move |tx| connections::ask_for(tx, &scope, (VENDOR, BY_DEFAULT), true, &url)).await;
    let words = format!("We have written to your representative and asked for {VENDOR}.");
    settled(&visit, asked, None, words).await
}

/// Enters address and key, and asks the service at once whether it takes it.
async fn enter(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<KeyFields>) -> Answer {
    only_care_homes(&visit)?;
    visit.fresh(links::visit_service(scope.organisation()))?;
    let config = &visit.services.config;
    let to = Destination { origin: String::new(), allowed_origins: config.allowed_vendor_origins.clone() };
    let typed = Typed {
        address: form.address.trim().to_owned(),
        terms: form.terms == "yes",
        ..pages::as_kept(&known(&visit).await?)
    };
    let key = TypedKey {
        secret: form.key,
        address: form.address,
        valid_until: None,
        agreed: typed.terms,
        pays: false,
    };
    let (by, keys) = (scope.clone(), config.keys.clone());
    let entered =
        visit.write(move |tx| connections::enter_key(tx, &by, &keys, (VENDOR, BY_DEFAULT), &to, &key)).await;
    match entered {
        Ok(_) => tried(&visit, &scope).await,
        Err(refusal) => settled::<()>(&visit, Err(refusal), Some(typed), String::new()).await,
    }
}

#[derive(Deserialize)]
struct Ticks {
    #[serde(default)]
    terms: String,
}

/// Takes into use a key that the representative recorded.
async fn agree(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Ticks>) -> Answer {
    only_care_homes(&visit)?;
    visit.fresh(links::visit_service(scope.organisation()))?;
    let (by, terms) = (scope.clone(), form.terms == "yes");
    match visit.write(move |tx| connections::agree(tx, &by, VENDOR, (terms, false))).await {
        Ok(_) => tried(&visit, &scope).await,
        Err(refusal) => settled::<()>(&visit, Err(refusal), None, String::new()).await,
    }
}

async fn check(visit: Visit, In(scope): In<ManageIntegrations>, _: Posted<()>) -> Answer {
    only_care_homes(&visit)?;
    tried(&visit, &scope).await
}

/// Asks for the tasks, which is the least that a key must open.
async fn tried(visit: &Visit, scope: &Scope<ManageIntegrations>) -> Answer {
    let here = links::visit_service(scope.organisation());
    let of = scope.clone();
    let found = visit.read(move |conn| Ok(connections::find(conn, &of, VENDOR)?)).await?;
    let connection = found.filter(|one| one.state != State::Off).ok_or(Fault::NotFound)?;
    let id = connection.id;
    let Some(line) = open(visit, &connection).await? else {
        return visit.done(here, &Notice::bad("There is no key. Enter one first."));
    };
    let notice = match line.service.tasks(&line.credential).await {
        Ok(tasks) => {
            let by = scope.clone();
            let noted = visit.write(move |tx| {
                connections::service_answered(tx, id)?;
                connections::note_tested(tx, &by, id, "it takes the key")
            });
            noted.await?;
            let many = match tasks.len() {
                1 => "1 task can be booked.".to_owned(),
                many => format!("{many} tasks can be booked."),
            };
            Notice::ok(format!("{VENDOR} takes the key. {many}"))
        }
        Err(failure) => {
            let (by, words, url) = (scope.clone(), said(&failure), visit.services.config.public_url.clone());
            let noted = visit.write(move |tx| {
                connections::note_tested(tx, &by, id, failure.kind.id())?;
                connections::service_failed(tx, id, &failure, &url)
            });
            noted.await?;
            Notice::bad(words)
        }
    };
    visit.done(here, &notice)
}

/// A failure in words, with what to do.
pub(super) fn said(failure: &Failure) -> String {
    format!("{} {}", failure.words, failure.repair)
}

/// Keeps that the service could not be asked.
pub(super) async fn failed(
    visit: &Visit,
    connection: crate::kit::ids::ConnectionId,
    failure: Failure,
) -> Result<(), Fault> {
    let url = visit.services.config.public_url.clone();
    Ok(visit.write(move |tx| connections::service_failed(tx, connection, &failure, &url)).await?)
}

#[derive(Deserialize)]
struct Contact {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    shares: String,
}

async fn save(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Contact>) -> Answer {
    let id = connection(&visit, &scope).await?.id;
    let shares = form.shares == "yes";
    let typed = Typed {
        phone: form.phone.clone(),
        email: form.email.clone(),
        shares,
        ..pages::as_kept(&known(&visit).await?)
    };
    let new = TypedVisitSettings { phone: form.phone, email: form.email, shares_nhs_number: shares };
    let saved = visit.write(move |tx| connections::set_visit_settings(tx, &scope, id, &new)).await;
    settled(&visit, saved, Some(typed), "Saved. Visits are booked with this from now on.".to_owned()).await
}

#[derive(Deserialize)]
struct HookFields {
    #[serde(default)]
    form: String,
    #[serde(default)]
    header: String,
    #[serde(default = "nothing")]
    secret: Secret,
}

async fn save_hook(
    visit: Visit,
    In(scope): In<ManageIntegrations>,
    Posted(form): Posted<HookFields>,
) -> Answer {
    let id = connection(&visit, &scope).await?.id;
    visit.fresh(links::visit_service(scope.organisation()))?;
    let typed = Typed {
        header: form.header.clone(),
        form: form.form.clone(),
        ..pages::as_kept(&known(&visit).await?)
    };
    let new = TypedHook { form: form.form, header: form.header, secret: form.secret };
    let keys = visit.services.config.keys.clone();
    let saved = visit.write(move |tx| connections::set_hook(tx, &scope, &keys, id, &new)).await;
    settled(&visit, saved, Some(typed), "Saved. News signed with this secret are heard.".to_owned()).await
}

async fn connection(visit: &Visit, scope: &Scope<ManageIntegrations>) -> Result<Connection, Fault> {
    only_care_homes(visit)?;
    let of = scope.clone();
    let found = visit.read(move |conn| Ok(connections::find(conn, &of, VENDOR)?)).await?;
    found.filter(|one| one.state != State::Off).ok_or(Fault::NotFound)
}

async fn settled<T>(visit: &Visit, done: Result<T, Refusal>, typed: Option<Typed>, words: String) -> Answer {
    let here = links::visit_service(visit.organisation()?);
    match done {
        Ok(_) => visit.done(here, &Notice::ok(words)),
        Err(Refusal::Invalid { field, words }) => {
            let page = page(visit, typed, Some((field, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::bad(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Asks before the key is forgotten.
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
    let org: OrganisationId = scope.organisation();
    visit.fresh(links::visit_service_act(org, "off"))?;
    connection(&visit, &scope).await?;
    let mut shell = visit.org_shell(format!("Turn off {VENDOR} and remove its key?"), Nav::Integrations)?;
    shell.crumb = Some(Link::new(VENDOR.name(), links::visit_service(org)));
    let stays =
        "Visits that are booked stay booked with the service: cancel them first if they are not wanted.";
    let words =
        vec![stays.to_owned(), "Nothing more is asked of it. The key is forgotten at once.".to_owned()];
    visit.page(&Confirm {
        shell,
        words,
        act: links::visit_service_act(org, "off"),
        label: format!("Turn off {VENDOR}"),
        class: "btn--danger",
        back: links::visit_service(org),
    })
}

async fn off(visit: Visit, In(scope): In<ManageIntegrations>, _: Posted<()>) -> Answer {
    let org = scope.organisation();
    visit.fresh(links::visit_service_act(org, "off"))?;
    let id = connection(&visit, &scope).await?.id;
    visit.write(move |tx| connections::switch_off(tx, &scope, id)).await?;
    visit.done(links::visit_service(org), &Notice::ok(format!("{VENDOR} is off and its key is forgotten.")))
}
