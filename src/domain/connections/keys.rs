//! Keys that we receive: entered once by a super manager, or handed to the representative, sealed like a token and
//! never shown again but for their last four characters.
//!
//! There is one key a connection, and a new one takes the place of the old at once: the overlap, if there is any, is
//! the vendor's. Where the address is entered too, it is sealed with the key, so that a key is never sent to an
//! address that it was not entered for.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use diesel::QueryResult;

use super::store::{self, NewToken, TokenRow};
use super::tokens::{keep_sealed, open};
use super::{Availability, Connection, State, TERMS_VERSION, ensure, find, get, unwritten};
use crate::connectors::{KeyForm, Switching, Vendor, check_base_url};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageIntegrations, Platform, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Letter};
use crate::domain::refusal::Refusal;
use crate::kit::ids::{ConnectionId, OrganisationId, TokenId};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, fingerprint, random_uuid};
use crate::links;
use crate::mail::{IntegrationAsked, KeyExpiring, moment};

/// No vendor's key is longer.
const LONGEST_KEY: usize = 2000;

/// How many days before the end of a key its super managers are told, once each.
const WARN_DAYS: [i64; 3] = [1, 7, 30];

/// What was typed about a key. Prints as `…`.
#[derive(Clone, Debug)]
pub struct TypedKey {
    pub secret: Secret,
    /// The base address, where the form asks for it.
    pub address: String,
    /// Until when the vendor takes the key, where that is known.
    pub valid_until: Option<NaiveDate>,
    /// The tick of the data-sharing terms.
    pub agreed: bool,
    /// The tick that the vendor is paid.
    pub pays: bool,
}

/// Where keys of a vendor may be sent on this installation.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The origin of the configured address; empty when there is none.
    pub origin: String,
    /// Exact origins that the configuration excepts from the check of addresses.
    pub allowed_origins: Vec<String>,
}

/// A key as a screen shows it: never itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedKey {
    pub id: TokenId,
    /// The last four characters.
    pub ends_with: String,
    /// Who entered it.
    pub by: String,
    pub at: NaiveDateTime,
    pub valid_until: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
}

impl ReceivedKey {
    pub(super) fn of(row: TokenRow) -> Self {
        Self {
            id: row.id,
            ends_with: row.ends_with,
            by: row.made_by_name,
            at: row.made_at,
            valid_until: row.valid_until,
            last_used_at: row.last_used_at,
        }
    }
}

/// A super manager enters the key, or another in its place. The connection waits until the vendor has taken it.
pub fn enter_key(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    (vendor, by_default): (Vendor, Availability),
    to: &Destination,
    typed: &TypedKey,
) -> Result<ConnectionId, Refusal> {
    let form = entered_form(vendor)?;
    let connection = ensure(tx, scope.organisation(), vendor, by_default)?;
    may_use(&connection)?;
    let fresh = connection.state == State::Off;
    agree_if_needed(&connection, form, typed.agreed, typed.pays)?;
    let sent_to = usable(vendor, form, to, typed)?;
    if fresh {
        accept(tx, scope, &connection, form)?;
    }
    let by = scope.by().name.clone();
    let (old, new) = take(tx, keys, &connection, typed, (&sent_to, &by))?;
    if connection.asked_at.is_some() {
        store::granted(tx, connection.id)?;
    }
    store::clear_health(tx, connection.id)?;
    store::set_state(tx, connection.id, State::Waiting)?;
    let (verb, words) = told(vendor, old.as_deref(), &new, "entered");
    audit::record(tx, scope, Event::new(verb, words).about("connection", connection.id.0))?;
    Ok(connection.id)
}

/// The representative records a key: of a vendor with which they arrange it, or as the customer handed it over. It is
/// used once a super manager has agreed to the terms, which the representative cannot do.
pub fn record_key(
    tx: &mut Tx<'_>,
    platform: &Platform,
    (organisation, vendor, by_default): (OrganisationId, Vendor, Availability),
    keys: &KeyRing,
    to: &Destination,
    (typed, reason): (&TypedKey, &str),
) -> Result<ConnectionId, Refusal> {
    store::organisation(tx.conn, organisation)?.ok_or(Refusal::NotHere)?;
    let form = vendor.key_form().ok_or(Refusal::NotHere)?;
    let reason = super::reason(reason)?;
    let connection = ensure(tx, organisation, vendor, by_default)?;
    if form.charge.is_some() && connection.charge_accepted_at.is_none() && !typed.pays {
        return Err(Refusal::invalid("charge", format!("Tick that they pay {vendor} for the integration")));
    }
    let sent_to = usable(vendor, form, to, typed)?;
    let by = platform.by().name.clone();
    if form.charge.is_some() && connection.charge_accepted_at.is_none() {
        store::accept_charge(tx, connection.id, &by)?;
    }
    let (old, new) = take(tx, keys, &connection, typed, (&sent_to, &by))?;
    let agreed = connection.terms_accepted_at.is_some();
    if connection.state != State::Off || (agreed && connection.asked_at.is_some()) {
        store::clear_health(tx, connection.id)?;
        store::set_state(tx, connection.id, State::Waiting)?;
    }
    store::granted(tx, connection.id)?;
    let (verb, words) = told(vendor, old.as_deref(), &new, "recorded");
    let event = Event::new(verb, format!("{words}. Reason: {reason}"));
    audit::record_platform(tx, platform, organisation, event.about("connection", connection.id.0))?;
    Ok(connection.id)
}

/// Takes into use a key that the representative recorded: a super manager agrees to the terms.
pub fn agree(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    vendor: Vendor,
    (agreed, pays): (bool, bool),
) -> Result<ConnectionId, Refusal> {
    let form = vendor.key_form().ok_or(Refusal::NotHere)?;
    let connection = find(tx.conn, scope, vendor)?.ok_or(Refusal::NotHere)?;
    may_use(&connection)?;
    if connection.state != State::Off {
        return Ok(connection.id);
    }
    if received(tx.conn, &connection)?.is_none() {
        return Err(Refusal::overtaken(format!("No key of {vendor} is here yet.")));
    }
    agree_if_needed(&connection, form, agreed, pays)?;
    accept(tx, scope, &connection, form)?;
    store::set_state(tx, connection.id, State::Waiting)?;
    Ok(connection.id)
}

/// The representative takes a key away; it is forgotten at once. Residents and pairings stay.
pub fn take_key_away(
    tx: &mut Tx<'_>,
    platform: &Platform,
    (organisation, vendor): (OrganisationId, Vendor),
    reason: &str,
) -> Result<(), Refusal> {
    let connection = store::find(tx.conn, organisation, vendor)?.ok_or(Refusal::NotHere)?;
    vendor.key_form().ok_or(Refusal::NotHere)?;
    let reason = super::reason(reason)?;
    let Some(key) = received(tx.conn, &connection)? else { return Ok(()) };
    store::revoke_all(tx, connection.id)?;
    store::forget_services(tx, connection.id)?;
    store::set_state(tx, connection.id, State::Off)?;
    store::clear_health(tx, connection.id)?;
    let words = format!("removed the {vendor} key that ends in {}. Reason: {reason}", key.ends_with);
    let event = Event::new("key.removed", words).about("connection", connection.id.0);
    audit::record_platform(tx, platform, organisation, event)?;
    Ok(())
}

/// Asks the representatives by letter to make a vendor available, or to arrange it with the vendor; once is enough.
pub fn ask_for(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    (vendor, by_default): (Vendor, Availability),
    agreed: bool,
    public_url: &str,
) -> Result<(), Refusal> {
    let connection = ensure(tx, scope.organisation(), vendor, by_default)?;
    let arranged = matches!(vendor.about().switching, Switching::Arranged(_));
    if connection.asked_at.is_some() || connection.state != State::Off {
        return Ok(());
    }
    if connection.available && !arranged {
        return Err(Refusal::overtaken(format!("{vendor} is available: you can switch it on yourself.")));
    }
    if arranged {
        let form = vendor.key_form().ok_or(Refusal::NotHere)?;
        agree_if_needed(&connection, form, agreed, true)?;
        accept(tx, scope, &connection, form)?;
    }
    store::asked(tx, connection.id, &scope.by().name)?;
    let about = store::organisation(tx.conn, connection.organisation)?.ok_or(Refusal::NotHere)?;
    for to in letters::representatives(tx.conn)? {
        let letter = IntegrationAsked {
            to_name: to.name.clone(),
            organisation: about.name.clone(),
            vendor: vendor.name().to_owned(),
            who: scope.by().name.clone(),
            arranged,
            link: format!("{public_url}{}", links::organisation_overview(connection.organisation)),
        };
        let rendered = letter.render().map_err(unwritten)?;
        letters::send(tx, Letter::new(Some(connection.organisation), &to, rendered))?;
    }
    let words = format!("asked the representative for {vendor}");
    audit::record(tx, scope, Event::new("connection.asked", words).about("connection", connection.id.0))?;
    Ok(())
}

/// The key of a connection, if there is one.
pub fn received_key<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
) -> Result<Option<ReceivedKey>, Refusal> {
    let connection = get(conn, scope, connection)?;
    Ok(received(conn, &connection)?)
}

pub(super) fn received(conn: &mut Conn, connection: &Connection) -> QueryResult<Option<ReceivedKey>> {
    if connection.vendor.key_form().is_none() {
        return Ok(None);
    }
    let newest = store::tokens_of(conn, connection.id)?.pop();
    Ok(newest.map(ReceivedKey::of))
}

/// The base address that was entered with the key; empty where there is none.
pub fn entered_address(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    connection: ConnectionId,
) -> Result<String, Refusal> {
    let connection = get(conn, scope, connection)?;
    if !connection.vendor.key_form().is_some_and(|form| form.with_address) {
        return Ok(String::new());
    }
    match store::tokens_of(conn, connection.id)?.pop() {
        Some(row) => Ok(open(keys, connection.organisation, &row)?.1),
        None => Ok(String::new()),
    }
}

/// Tells super managers 30, 7 and 1 days before a key ends, once each.
pub fn warn_ending_keys(tx: &mut Tx<'_>, public_url: &str) -> Result<(), Refusal> {
    let longest = TimeDelta::days(WARN_DAYS.into_iter().max().unwrap_or_default());
    for row in store::running_out(tx.conn, tx.now, tx.now + longest)? {
        let Some(connection) = store::get(tx.conn, row.connection_id)? else { continue };
        let ends = row.valid_until.unwrap_or(tx.now);
        let Some(days) = WARN_DAYS.into_iter().find(|days| ends - tx.now <= TimeDelta::days(*days)) else {
            continue;
        };
        let organisation = connection.organisation;
        let about = store::organisation(tx.conn, organisation)?.ok_or(Refusal::NotHere)?;
        let zone = about.time_zone.parse().unwrap_or(Tz::Europe__London);
        for to in letters::super_managers(tx.conn, organisation)? {
            let letter = KeyExpiring {
                to_name: to.name.clone(),
                organisation: about.name.clone(),
                vendor: connection.vendor.name().to_owned(),
                ends_with: row.ends_with.clone(),
                ends: moment(ends, zone),
                link: format!("{public_url}{}", links::integration(organisation, connection.vendor.id())),
            };
            let rendered = letter.render().map_err(unwritten)?;
            let letter = Letter::new(Some(organisation), &to, rendered);
            letters::send_once(tx, &format!("key-ending/{}/{days}", row.id), letter)?;
        }
    }
    Ok(())
}

fn entered_form(vendor: Vendor) -> Result<&'static KeyForm, Refusal> {
    match &vendor.about().switching {
        Switching::KeyEntered(form) => Ok(form),
        _ => Err(Refusal::NotHere),
    }
}

fn may_use(connection: &Connection) -> Result<(), Refusal> {
    if connection.available {
        return Ok(());
    }
    let vendor = connection.vendor;
    Err(Refusal::overtaken(format!(
        "{vendor} is not available to your organisation yet. Ask your representative to enable it."
    )))
}

/// What has to be ticked before a connection that is off goes on.
fn agree_if_needed(connection: &Connection, form: &KeyForm, agreed: bool, pays: bool) -> Result<(), Refusal> {
    if connection.state != State::Off {
        return Ok(());
    }
    if form.charge.is_some() && connection.charge_accepted_at.is_none() && !pays {
        let vendor = connection.vendor;
        return Err(Refusal::invalid("charge", format!("Tick that your organisation pays {vendor} for it")));
    }
    if !agreed {
        return Err(Refusal::invalid("terms", "Tick that your organisation agrees to share these details"));
    }
    Ok(())
}

fn accept(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    connection: &Connection,
    form: &KeyForm,
) -> Result<(), Refusal> {
    let by = &scope.by().name;
    store::accept_terms(tx, connection.id, TERMS_VERSION, by)?;
    let charged = form.charge.is_some() && connection.charge_accepted_at.is_none();
    if charged {
        store::accept_charge(tx, connection.id, by)?;
    }
    let vendor = connection.vendor;
    let pays = if charged { format!(", and said that {vendor} is paid for it") } else { String::new() };
    let words = format!("accepted the terms of {TERMS_VERSION} for {vendor}{pays}");
    audit::record(tx, scope, Event::new("connection.agreed", words).about("connection", connection.id.0))?;
    Ok(())
}

/// The address to which the key may be sent, if what was typed can be used.
fn usable(vendor: Vendor, form: &KeyForm, to: &Destination, typed: &TypedKey) -> Result<String, Refusal> {
    let sent_to = if form.with_address {
        let address = typed.address.trim().trim_end_matches('/');
        let checked = check_base_url(address, &to.allowed_origins);
        checked.map_err(|problem| {
            Refusal::invalid("address", problem.to_string().trim_end_matches('.').to_owned())
        })?;
        address.to_owned()
    } else if to.origin.is_empty() {
        return Err(Refusal::overtaken(format!(
            "No address for {vendor} is set up on this installation. Ask whoever runs Kinbridge to set it."
        )));
    } else {
        to.origin.clone()
    };
    let key = typed.secret.reveal().trim();
    if key.is_empty() {
        return Err(Refusal::invalid("key", format!("Enter the {}", form.label)));
    }
    match (form.cannot_be)(key) {
        Some(words) => Err(Refusal::invalid("key", words)),
        None if key.len() > LONGEST_KEY || key.chars().any(char::is_control) => {
            Err(Refusal::invalid("key", format!("This is too long for the {}", form.label)))
        }
        None => Ok(sent_to),
    }
}

/// Keeps the key in the place of the old one; the last characters of both.
fn take(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    connection: &Connection,
    typed: &TypedKey,
    (sent_to, by): (&str, &str),
) -> Result<(Option<String>, String), Refusal> {
    let secret = Secret::new(typed.secret.reveal().trim());
    let ends = take_secret(tx, keys, connection, &secret, (sent_to, by))?;
    if let (Some(last), Some(row)) = (typed.valid_until, store::tokens_of(tx.conn, connection.id)?.pop()) {
        store::set_valid_until(tx, row.id, last.and_time(NaiveTime::MIN) + TimeDelta::days(1))?;
    }
    Ok(ends)
}

/// Seals what we received, in the place of what there was.
pub(super) fn take_secret(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    connection: &Connection,
    secret: &Secret,
    (sent_to, by): (&str, &str),
) -> Result<(Option<String>, String), Refusal> {
    let old = store::tokens_of(tx.conn, connection.id)?.pop();
    store::revoke_all(tx, connection.id)?;
    let new = NewToken {
        connection: connection.id,
        label: "Key",
        // By nothing that follows from the key: it may be entered again, and by another organisation.
        token_hash: fingerprint(random_uuid()?.reveal()),
        ends_with: secret.ends_with(),
        made_by: by,
        replaces: old.as_ref().map(|old| old.id),
    };
    keep_sealed(tx, keys, connection.organisation, &new, (secret, sent_to))?;
    Ok((old.map(|old| old.ends_with), new.ends_with))
}

fn told(vendor: Vendor, old: Option<&str>, new: &str, done: &str) -> (&'static str, String) {
    match old {
        Some(old) => (
            "key.replaced",
            format!("replaced the {vendor} key that ends in {old} by one that ends in {new}"),
        ),
        None => ("key.entered", format!("{done} the {vendor} key that ends in {new}")),
    }
}
