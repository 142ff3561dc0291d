//! An organisation's link to one vendor: whether it may be used, its terms, its tokens, the services that
//! carry them, and its health.
//!
//! The verbs of switching stand here; those of tokens, keys, services and health in the files of those names, all
//! SQL in `store`, and what a screen says of a connection in the pure `status`. Deliberately asks no vendor
//! anything: jobs and pages do, and hand over what they heard.

mod handshake;
mod health;
mod homes;
mod keys;
mod services;
mod status;
mod store;
mod tokens;
mod visit_service;

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::access::{ManageIntegrations, Platform, Right, Scope};
use super::audit::{self, Event};
use super::letters::{self, Letter};
use super::refusal::Refusal;
use crate::connectors::{Switching, Vendor, check_base_url};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{ConnectionId, OrganisationId};
use crate::kit::sealed::KeyRing;
use crate::links;
use crate::mail::MultiServiceAsked;

pub use handshake::{TypedCredentials, credentials_kept, may_shake_hands, shake_hands};
pub use health::{Held, Setback, held, warn_silent, went_well, went_wrong};
pub use homes::{Because, Guess, Homes, all_homes, guess, homes, set_homes};
pub use keys::{
    Destination, ReceivedKey, TypedKey, agree, ask_for, enter_key, entered_address, received_key, record_key,
    take_key_away, warn_ending_keys,
};
pub use services::{
    Heard, PAGE_EVERY, Service, ServiceZone, claim_services_read, credentials, heard, note_services,
    note_unheard, pace, patience, reads_due, services, writes_held, zone_map,
};
pub use status::{Card, Resting, Status};
pub use store::Connection;
pub use tokens::{
    Issued, LiveToken, OVERLAP, Token, add_token, keys_fit, live_tokens, note_used, replace, reseal_some,
    revoke, show, tokens, warn_expiring,
};
pub use visit_service::{
    Hook, HookForm, TypedHook, TypedVisitSettings, VisitSettings, booked_with, hook, key_mode, note_heard,
    purge_heard, reseal_hooks, service_answered, service_failed, set_hook, set_visit_settings,
    visit_settings,
};

text_enum! {
    /// What is stored of a connection's state; screens show a [`Status`], which also looks at health.
    pub enum State {
        Off = "off",
        /// A token was made, and the vendor lists no service that carries it yet.
        Waiting = "waiting",
        On = "on",
        /// The vendor refuses our token, or none is left.
        Relink = "relink",
    }
}

text_enum! {
    /// What a sync does with people who are not here yet.
    pub enum SyncMode {
        /// Nobody is created: those who are here are paired.
        Pair = "pair",
        /// Everybody at the vendor becomes a resident here.
        Create = "create",
    }
}

impl SyncMode {
    /// How a screen calls it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pair => "Pair the residents who are already here",
            Self::Create => "Create a resident for everybody in the care record system",
        }
    }
}

/// The version of the data-sharing terms that the Website tab shows; goes up with every change of their text.
pub const TERMS_VERSION: &str = "November 2026";

/// The name of the token that switching on makes; others are named by who adds them.
const FIRST_TOKEN: &str = "Main token";

/// What the installation decides for organisations that nobody has decided for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Super managers switch it on alone.
    AtOnce,
    /// The representative has to make it available first.
    OnceEnabled,
}

impl Availability {
    /// Reads `config.vendors_available`, the words of vendors that are available at once.
    pub fn by_default(vendors_available: &[String], vendor: Vendor) -> Self {
        let listed = vendors_available.iter().any(|word| word == vendor.id());
        if listed { Self::AtOnce } else { Self::OnceEnabled }
    }
}

/// What the representative sets for an organisation and a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub available: bool,
    /// One token may serve several services, routed by zones of the same names.
    pub multi_service: bool,
    /// Why; kept in the audit trail.
    pub reason: String,
}

/// The origin at which a vendor is set up on this installation, such as `https://api.example.org`, to which new
/// tokens are bound; empty when there is none that can be used.
pub fn origin(vendor_urls: &BTreeMap<String, String>, allowed_origins: &[String], vendor: Vendor) -> String {
    let url = vendor_urls.get(vendor.id()).map(|url| check_base_url(url, allowed_origins));
    url.and_then(Result::ok).map(|url| url.origin()).unwrap_or_default()
}

/// Acceptance of the data-sharing terms, as the form says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed;

/// The connection of an organisation to a vendor, if there ever was one.
pub fn find<R: Right>(conn: &mut Conn, scope: &Scope<R>, vendor: Vendor) -> QueryResult<Option<Connection>> {
    store::find(conn, scope.organisation(), vendor)
}

/// The same by id; another organisation's is not here.
pub fn get<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
) -> Result<Connection, Refusal> {
    let found = store::get(conn, connection)?.ok_or(Refusal::NotHere)?;
    if found.organisation == scope.organisation() { Ok(found) } else { Err(Refusal::NotHere) }
}

/// Every connection of the organisation with a care record system, in the order in which they were made.
pub fn all<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Connection>> {
    let found = store::of_organisation(conn, scope.organisation())?;
    Ok(found.into_iter().filter(|one| one.vendor.keeps_records()).collect())
}

/// Those of the organisation that syncs may run with now.
pub fn on<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Connection>> {
    Ok(all(conn, scope)?.into_iter().filter(Connection::usable).collect())
}

/// Every connection that can be used now, for the jobs.
pub fn usable(conn: &mut Conn) -> QueryResult<Vec<Connection>> {
    store::usable(conn)
}

/// What a screen says of the connection to a vendor.
pub fn card<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    vendor: Vendor,
    by_default: Availability,
    now: NaiveDateTime,
) -> QueryResult<Card> {
    let cards = cards_of(conn, scope.organisation(), &[(vendor, by_default)], now)?;
    let card = cards.into_iter().next().map(|(card, _)| card);
    Ok(card.unwrap_or_else(|| status::card(vendor, None, by_default, None, None, now)))
}

/// What a screen says of several vendors, with the connections that there are.
pub fn cards<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    vendors: &[(Vendor, Availability)],
    now: NaiveDateTime,
) -> QueryResult<Vec<(Card, Option<Connection>)>> {
    cards_of(conn, scope.organisation(), vendors, now)
}

/// In three questions, however many vendors there are.
fn cards_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    vendors: &[(Vendor, Availability)],
    now: NaiveDateTime,
) -> QueryResult<Vec<(Card, Option<Connection>)>> {
    let connections = store::of_organisation(conn, organisation)?;
    let ids: Vec<ConnectionId> = connections.iter().map(|connection| connection.id).collect();
    let held = store::all_held_since(conn, &ids)?;
    let tokens = store::newest_of(conn, &ids)?;
    let cards = vendors.iter().map(|&(vendor, by_default)| {
        let connection = connections.iter().find(|one| one.vendor == vendor).cloned();
        let id = connection.as_ref().map(|one| one.id);
        let held_since = held.iter().find(|(of, _)| Some(*of) == id).map(|(_, since)| *since);
        let made = tokens.iter().rev().find(|token| Some(token.connection_id) == id);
        let made_at = made.map(|token| token.made_at);
        let card = status::card(vendor, connection.as_ref(), by_default, held_since, made_at, now);
        (card, connection)
    });
    Ok(cards.collect())
}

/// What the representative sees of an organisation's vendors: states and switches, no people.
pub struct Overview {
    pub card: Card,
    pub available: bool,
    pub multi_service: bool,
    pub multi_service_asked_at: Option<NaiveDateTime>,
    /// Locations that are on.
    pub services_on: i64,
    /// The key that was received, where this vendor has one.
    pub key: Option<ReceivedKey>,
    /// Somebody has ticked that the vendor is paid.
    pub paid: bool,
}

/// One line per vendor that this build has a connector for.
pub fn overviews(
    conn: &mut Conn,
    _platform: &Platform,
    organisation: OrganisationId,
    vendors: &[(Vendor, Availability)],
    now: NaiveDateTime,
) -> Result<Vec<Overview>, Refusal> {
    store::organisation(conn, organisation)?.ok_or(Refusal::NotHere)?;
    let mut rows = Vec::new();
    for ((card, connection), &(_, by_default)) in
        cards_of(conn, organisation, vendors, now)?.into_iter().zip(vendors)
    {
        let (services_on, key) = match &connection {
            Some(connection) => (store::services_on(conn, connection.id)?, keys::received(conn, connection)?),
            None => (0, None),
        };
        rows.push(Overview {
            available: is_available(connection.as_ref(), by_default),
            multi_service: connection.as_ref().is_some_and(|connection| connection.multi_service),
            paid: connection.as_ref().is_some_and(|connection| connection.charge_accepted_at.is_some()),
            multi_service_asked_at: connection.and_then(|connection| connection.multi_service_asked_at),
            services_on,
            card,
            key,
        });
    }
    Ok(rows)
}

/// Whether super managers of an organisation may use a vendor.
fn is_available(connection: Option<&Connection>, by_default: Availability) -> bool {
    connection.map_or(by_default == Availability::AtOnce, |connection| connection.available)
}

/// The representative makes a vendor available or not, and sets the multi-service switch. A connection that
/// becomes unavailable rests: nothing is lost, and it goes on when it is available again.
pub fn set_availability(
    tx: &mut Tx<'_>,
    platform: &Platform,
    organisation: OrganisationId,
    vendor: Vendor,
    by_default: Availability,
    allowed: &Allowed,
) -> Result<(), Refusal> {
    store::organisation(tx.conn, organisation)?.ok_or(Refusal::NotHere)?;
    let reason = reason(&allowed.reason)?;
    let before = ensure(tx, organisation, vendor, by_default)?;
    if before.available == allowed.available && before.multi_service == allowed.multi_service {
        return Ok(());
    }
    let changes = store::Allowance {
        available: allowed.available,
        multi_service: allowed.multi_service,
        // A wish that was granted is no longer one.
        multi_service_asked_at: if allowed.multi_service { None } else { before.multi_service_asked_at },
    };
    store::allow(tx, before.id, &changes)?;
    let arranged = matches!(vendor.about().switching, Switching::Arranged(_));
    if allowed.available && before.asked_at.is_some() && !arranged {
        store::granted(tx, before.id)?;
    }
    let name = vendor.name();
    let made = if allowed.available { "available" } else { "unavailable" };
    let multi = if allowed.multi_service { "on" } else { "off" };
    let event = Event::new(
        "connection.allowed",
        format!("made {name} {made}, one token for several services {multi}. Reason: {reason}"),
    );
    let event = event.about("connection", before.id.0).with(serde_json::json!({
        "available": [before.available, allowed.available],
        "multi_service": [before.multi_service, allowed.multi_service],
    }));
    audit::record_platform(tx, platform, organisation, event)?;
    Ok(())
}

/// What the representative writes beside each change.
fn reason(typed: &str) -> Result<&str, Refusal> {
    let reason = typed.trim();
    if reason.is_empty() || reason.chars().count() > 200 {
        let words = "Write the reason in a few words, such as: asked by telephone on 3 November";
        return Err(Refusal::invalid("reason", words));
    }
    Ok(reason)
}

/// Switches the sync with a vendor on: the terms are kept with who accepted them, and the first token is
/// made. A second click finds it on and makes nothing.
pub fn switch_on(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    vendor: Vendor,
    by_default: Availability,
    origin: &str,
    _agreed: Agreed,
) -> Result<Option<Issued>, Refusal> {
    if !matches!(vendor.about().switching, Switching::TokenWeIssue) {
        return Err(Refusal::NotHere);
    }
    let connection = ensure(tx, scope.organisation(), vendor, by_default)?;
    if !connection.available {
        return Err(Refusal::overtaken(format!(
            "{vendor} is not available to your organisation yet. Ask your representative to enable it."
        )));
    }
    if connection.state != State::Off {
        return Ok(None);
    }
    store::accept_terms(tx, connection.id, TERMS_VERSION, &scope.by().name)?;
    store::set_state(tx, connection.id, State::Waiting)?;
    let words = format!("switched on the sync with {vendor} and accepted the terms of {TERMS_VERSION}");
    audit::record(tx, scope, Event::new("connection.on", words).about("connection", connection.id.0))?;
    tokens::issue(tx, scope, keys, &connection, origin, FIRST_TOKEN, None).map(Some)
}

/// Switches it off: every token stops working at once, residents and pairings stay.
pub fn switch_off(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: ConnectionId,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, connection)?;
    if before.state == State::Off {
        return Ok(());
    }
    let revoked = store::revoke_all(tx, connection)?;
    store::forget_services(tx, connection)?;
    store::set_state(tx, connection, State::Off)?;
    store::clear_health(tx, connection)?;
    let words = match before.vendor.key_form() {
        Some(_) => format!("switched off the sync with {}; its key was forgotten", before.vendor),
        None => format!("switched off the sync with {}; {revoked} tokens stopped working", before.vendor),
    };
    audit::record(tx, scope, Event::new("connection.off", words).about("connection", connection.0))?;
    Ok(())
}

/// Asks the representatives by letter to let one token serve several services; once is enough.
pub fn ask_multi_service(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: ConnectionId,
    public_url: &str,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, connection)?;
    if before.multi_service || before.multi_service_asked_at.is_some() {
        return Ok(());
    }
    store::asked_multi_service(tx, connection)?;
    let about = store::organisation(tx.conn, before.organisation)?.ok_or(Refusal::NotHere)?;
    for to in letters::representatives(tx.conn)? {
        let letter = MultiServiceAsked {
            to_name: to.name.clone(),
            organisation: about.name.clone(),
            vendor: before.vendor.name().to_owned(),
            who: scope.by().name.clone(),
            link: format!("{public_url}{}", links::organisation_overview(before.organisation)),
        };
        let rendered = letter.render().map_err(unwritten)?;
        letters::send(tx, Letter::new(Some(before.organisation), &to, rendered))?;
    }
    let words = format!("asked for one {} token over several services", before.vendor);
    let event = Event::new("connection.multi_service_asked", words).about("connection", connection.0);
    audit::record(tx, scope, event)?;
    Ok(())
}

/// Sets what a sync does with people who are not here yet.
pub fn set_mode(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: ConnectionId,
    mode: SyncMode,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, connection)?;
    if before.sync_mode == mode {
        return Ok(());
    }
    store::set_mode(tx, connection, mode)?;
    let words = format!("set the mode of the {} sync: {}", before.vendor, mode.words().to_lowercase());
    let event = Event::new("connection.mode", words).about("connection", connection.0);
    let changed = serde_json::json!({ "mode": [before.sync_mode.as_str(), mode.as_str()] });
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Records that somebody tested the connection, and how it went: in words without names.
pub fn note_tested(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: ConnectionId,
    outcome: &str,
) -> Result<(), Refusal> {
    let tested = get(tx.conn, scope, connection)?;
    let words = format!("tested the connection to {}: {outcome}", tested.vendor);
    let event = Event::new("connection.tested", words).about("connection", connection.0);
    audit::record(tx, scope, event)?;
    Ok(())
}

/// The row of an organisation and a vendor, made where there is none. An organisation without residents
/// starts in *create* mode, any other in *pair* mode.
fn ensure(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    vendor: Vendor,
    by_default: Availability,
) -> Result<Connection, Refusal> {
    if let Some(found) = store::find(tx.conn, organisation, vendor)? {
        return Ok(found);
    }
    let about = store::organisation(tx.conn, organisation)?.ok_or(Refusal::NotHere)?;
    let mode = if about.is_empty { SyncMode::Create } else { SyncMode::Pair };
    store::insert(tx, organisation, vendor, by_default == Availability::AtOnce, mode)?;
    store::find(tx.conn, organisation, vendor)?.ok_or(Refusal::NotHere)
}

/// A letter whose template cannot be written out is our own fault, and stops the act.
fn unwritten(cause: askama::Error) -> Refusal {
    Refusal::Broken(cause.to_string())
}
