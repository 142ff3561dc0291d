//! What a home books visits with: the telephone number and e-mail address that a service asks for, whether NHS numbers
//! are shared, and the secret by which the service signs its news. Key, address and terms are those of every connection.
//!
//! The health of such a connection is that of its calls and not of syncs, so that nobody gets a letter about a sync that
//! there is none of; a key that is refused is told of like any other.

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::services::is_about_the_token;
use super::store::{self, Health, VisitServiceRow};
use super::tokens::open;
use super::{Connection, State, get, health};
use crate::connectors::{Failure, Vendor};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{ManageIntegrations, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::refusal::Refusal;
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{ConnectionId, OrganisationId};
use crate::kit::phone::Phone;
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, random_token};

/// No service's secret is longer.
const LONGEST_SECRET: usize = 500;

text_enum! {
    /// How a service signs what it sends.
    pub enum HookForm {
        /// Standard Webhooks, as another Kinbridge sends them.
        Standard = "standard",
        /// The bare signature that is assumed of Ally Health.
        Bare = "bare",
    }
}

impl HookForm {
    pub fn words(self) -> &'static str {
        match self {
            Self::Standard => "Standard Webhooks, as another Kinbridge signs",
            Self::Bare => "One header with HMAC-SHA256 of the body",
        }
    }
}

/// What is set, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitSettings {
    /// E.164.
    pub phone: String,
    pub email: String,
    pub shares_nhs_number: bool,
    /// The last part of the address to which the service sends its news.
    pub hook_path: String,
    pub hook_form: HookForm,
    pub hook_header: String,
    /// The end of the secret; empty while there is none.
    pub hook_end: String,
    /// When the service last sent news that were signed as they should be.
    pub heard_at: Option<NaiveDateTime>,
}

/// The same as it was typed.
#[derive(Clone, Debug)]
pub struct TypedVisitSettings {
    pub phone: String,
    pub email: String,
    pub shares_nhs_number: bool,
}

/// What was typed of the webhook. The secret prints as `…`.
#[derive(Clone, Debug)]
pub struct TypedHook {
    pub form: String,
    pub header: String,
    pub secret: Secret,
}

/// Where news come in, with what proves them.
#[derive(Clone, Debug)]
pub struct Hook {
    pub connection: ConnectionId,
    pub organisation: OrganisationId,
    pub form: HookForm,
    pub header: String,
    pub secret: Secret,
}

/// What is set for a connection; nothing before the first time.
pub fn visit_settings<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
) -> Result<Option<VisitSettings>, Refusal> {
    let connection = get(conn, scope, connection)?;
    Ok(store::visit_service(conn, connection.id)?.map(VisitServiceRow::settings))
}

/// The organisation's connection with a service that makes visits, if it can be booked with now, and what it is booked
/// with.
pub fn booked_with<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
) -> QueryResult<Option<(Connection, VisitSettings)>> {
    for vendor in Vendor::BESIDE {
        let found = store::find(conn, scope.organisation(), vendor)?.filter(Connection::usable);
        let Some(connection) = found else { continue };
        if let Some(row) = store::visit_service(conn, connection.id)? {
            return Ok(Some((connection, row.settings())));
        }
    }
    Ok(None)
}

/// A super manager says with what is booked, and what is shared.
pub fn set_visit_settings(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: ConnectionId,
    typed: &TypedVisitSettings,
) -> Result<(), Refusal> {
    let connection = of_visits(tx, scope, connection)?;
    let phone = Phone::parse(&typed.phone).ok_or_else(|| {
        Refusal::invalid("phone", "Enter a telephone number of the home, such as 0113 496 0000")
    })?;
    let email = EmailAddress::parse(&typed.email).ok_or_else(|| {
        Refusal::invalid("email", "Enter an email address of the home, such as office@willow.example")
    })?;
    let row = ensure(tx, scope, &connection)?;
    let shares = typed.shares_nhs_number;
    store::set_visit_contact(tx, connection.id, (phone.as_str(), email.as_str(), shares), &scope.by().name)?;
    let told = if shares { "shared" } else { "not shared" };
    let words = format!("set with what visits are booked with {}; NHS numbers are {told}", connection.vendor);
    let event = Event::new("visits.settings", words).about("connection", connection.id.0);
    let changed = serde_json::json!({ "shares_nhs_number": [row.shares_nhs_number, shares] });
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// A super manager enters the secret by which the service signs its news.
pub fn set_hook(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    connection: ConnectionId,
    typed: &TypedHook,
) -> Result<(), Refusal> {
    let connection = of_visits(tx, scope, connection)?;
    let form = HookForm::parse(&typed.form)
        .ok_or_else(|| Refusal::invalid("form", "Choose how the service signs what it sends"))?;
    let header = typed.header.trim().to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !(1..=60).contains(&header.len()) || !header.chars().all(plain) {
        let words = "Enter the name of the header, such as x-heim-signature";
        return Err(Refusal::invalid("header", words));
    }
    let secret = Secret::new(typed.secret.reveal().trim());
    let length = secret.reveal().len();
    if !(16..=LONGEST_SECRET).contains(&length) || !secret.reveal().bytes().all(|b| b.is_ascii_graphic()) {
        let words = "Enter the signing secret as the service shows it, of 16 characters or more";
        return Err(Refusal::invalid("secret", words));
    }
    ensure(tx, scope, &connection)?;
    let sealed = keys.seal(&binding(connection.organisation, connection.id), &secret)?;
    let kept = store::HookKept { form, header: &header, sealed, end: &secret.ends_with() };
    store::set_visit_hook(tx, connection.id, kept, &scope.by().name)?;
    let words =
        format!("entered the signing secret of {} that ends in {}", connection.vendor, secret.ends_with());
    audit::record(tx, scope, Event::new("visits.hook", words).about("connection", connection.id.0))?;
    Ok(())
}

/// Where news come in under this path, if a secret was entered there.
pub fn hook(conn: &mut Conn, keys: &KeyRing, path: &str) -> Result<Option<Hook>, Refusal> {
    let Some(row) = store::visit_service_at(conn, path)?.filter(|row| !row.hook_sealed.is_empty()) else {
        return Ok(None);
    };
    let found = store::get(conn, row.connection)?.filter(|one| one.state != State::Off && one.available);
    if found.is_none() {
        return Ok(None);
    }
    let secret = keys.open(&binding(row.organisation, row.connection), &row.hook_sealed)?;
    Ok(Some(Hook {
        connection: row.connection,
        organisation: row.organisation,
        form: row.hook_form,
        header: row.hook_header,
        secret,
    }))
}

/// Keeps that a message was heard; `false`: it was before.
pub fn note_heard(tx: &mut Tx<'_>, hook: &Hook, event: &str) -> QueryResult<bool> {
    let is_new = store::insert_heard(tx, hook.connection, event)?;
    if is_new {
        store::set_heard(tx, hook.connection)?;
    }
    Ok(is_new)
}

/// Removes what was heard longer ago than any message is taken.
pub fn purge_heard(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    store::purge_heard(tx, before)
}

/// Whether the key sends practitioners: what it begins with says it.
pub fn key_mode(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    connection: ConnectionId,
) -> Result<&'static str, Refusal> {
    let connection = get(conn, scope, connection)?;
    let Some(row) = store::tokens_of(conn, connection.id)?.pop() else { return Ok("") };
    let (key, _) = open(keys, connection.organisation, &row)?;
    Ok(match key.reveal() {
        key if key.starts_with("test_") || key.contains("_test_") => "Test: nobody is sent",
        key if key.starts_with("live_") || key.contains("_live_") => "Live",
        _ => "Not known: the key does not begin with live_ or test_",
    })
}

/// The service answered to the key.
pub fn service_answered(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    let Some(before) = store::get(tx.conn, connection)? else { return Ok(()) };
    if matches!(before.state, State::Waiting | State::Relink) {
        store::set_state(tx, connection, State::On)?;
    }
    let health = Health {
        last_good_at: Some(tx.now),
        last_tried_at: Some(tx.now),
        last_failure: String::new(),
        last_repair: String::new(),
        failures: 0,
        failing_since: None,
        alerted_at: None,
        alerted_whom: String::new(),
        retry_at: None,
    };
    store::set_health(tx, connection, &health)
}

/// It did not, or refuses the key: then nothing is asked until another is entered.
pub fn service_failed(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    failure: &Failure,
    public_url: &str,
) -> Result<(), Refusal> {
    let Some(before) = store::get(tx.conn, connection)? else { return Ok(()) };
    if is_about_the_token(failure.kind) {
        if before.state == State::On {
            store::set_state(tx, connection, State::Relink)?;
        }
        return if before.state == State::Off {
            Ok(())
        } else {
            health::relink(tx, &before, failure, public_url)
        };
    }
    let health = Health {
        last_tried_at: Some(tx.now),
        last_failure: failure.words.clone(),
        last_repair: failure.repair.clone(),
        failures: before.failures.saturating_add(1),
        failing_since: before.failing_since.or(Some(tx.now)),
        ..Health::of(&before)
    };
    Ok(store::set_health(tx, connection, &health)?)
}

/// Seals the secrets of webhooks with the newest key; says how many were not.
pub fn reseal_hooks(tx: &mut Tx<'_>, keys: &KeyRing) -> Result<usize, Refusal> {
    let mut many = 0;
    for row in store::all_visit_services(tx.conn)? {
        if row.hook_sealed.is_empty() || keys.is_newest(&row.hook_sealed) {
            continue;
        }
        let binding = binding(row.organisation, row.connection);
        let secret = keys.open(&binding, &row.hook_sealed)?;
        store::set_hook_sealed(tx, row.connection, keys.seal(&binding, &secret)?)?;
        many += 1;
    }
    Ok(many)
}

/// The row of a connection, made where there is none.
fn ensure(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: &Connection,
) -> Result<VisitServiceRow, Refusal> {
    if let Some(found) = store::visit_service(tx.conn, connection.id)? {
        return Ok(found);
    }
    let path = random_token()?;
    let header = crate::connectors::ally_health::SIGNATURE_HEADER;
    store::insert_visit_service(tx, connection, (path.reveal(), header), &scope.by().name)?;
    store::visit_service(tx.conn, connection.id)?.ok_or(Refusal::NotHere)
}

fn of_visits(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: ConnectionId,
) -> Result<Connection, Refusal> {
    let connection = get(tx.conn, scope, connection)?;
    if connection.vendor.keeps_records() { Err(Refusal::NotHere) } else { Ok(connection) }
}

fn binding(organisation: OrganisationId, connection: ConnectionId) -> String {
    format!("visit_services|{organisation}|{connection}|hook_sealed")
}
