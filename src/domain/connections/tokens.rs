//! Integration tokens that we issue: made here, sealed at rest, pasted into the vendor's own screens.
//!
//! A token never leaves this file unsealed but as a [`Secret`]. What is sealed is the token and the origin
//! that it was made for, bound to its own row: copied to another row it does not open, and a connector
//! whose address has changed since refuses to send it. Events and letters name a token by its label and its
//! last four characters.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use diesel::QueryResult;

use super::store::{self, NewToken, TokenRow};
use super::{Connection, State, get, unwritten};
use crate::connectors::Switching;
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageIntegrations, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Letter};
use crate::domain::refusal::Refusal;
use crate::kit::ids::{ConnectionId, OrganisationId, TokenId};
use crate::kit::sealed::{KeyRing, Unsealable};
use crate::kit::secret::{Secret, fingerprint, random_uuid};
use crate::links;
use crate::mail::{TokenExpiring, moment};

/// How long a replaced token is still accepted.
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// How long before a replaced token ends its managers are told that the vendor still uses it.
const WARN_BEFORE: TimeDelta = TimeDelta::hours(6);

/// A token that was just made; the page may show it.
#[derive(Debug)]
pub struct Issued {
    pub id: TokenId,
    pub connection: ConnectionId,
    pub secret: Secret,
}

/// A token as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub label: String,
    /// The last four characters.
    pub ends_with: String,
    pub made_by: String,
    pub made_at: NaiveDateTime,
    pub replaces: Option<TokenId>,
    /// When a replaced token stops working.
    pub expires_at: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            label: row.label,
            ends_with: row.ends_with,
            made_by: row.made_by_name,
            made_at: row.made_at,
            replaces: row.replaces,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// A token that may be sent now.
#[derive(Clone, Debug)]
pub struct LiveToken {
    pub id: TokenId,
    pub label: String,
    pub secret: Secret,
    /// The vendor's origin that it was made for, such as `https://api.example.org`; the whole base address where that
    /// was entered with the key.
    pub origin: String,
    pub with_address: bool,
}

/// The tokens that work now, oldest first, without their secrets.
pub fn tokens(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    connection: ConnectionId,
    now: NaiveDateTime,
) -> Result<Vec<Token>, Refusal> {
    get(conn, scope, connection)?;
    let rows = store::tokens_of(conn, connection)?;
    Ok(rows.into_iter().filter(|row| row.live(now)).map(Token::from).collect())
}

/// The tokens that may be sent now, opened: for syncs and other questions to the vendor.
///
/// # Errors
/// When a sealed value does not open: another key, or a row that was tampered with.
pub fn live_tokens(
    conn: &mut Conn,
    keys: &KeyRing,
    connection: &Connection,
    now: NaiveDateTime,
) -> Result<Vec<LiveToken>, Refusal> {
    let rows = store::tokens_of(conn, connection.id)?;
    let live = rows.into_iter().filter(|row| row.live(now));
    let with_address = connection.vendor.key_form().is_some_and(|form| form.with_address);
    live.map(|row| {
        let (secret, origin) = open(keys, connection.organisation, &row)?;
        Ok(LiveToken { id: row.id, label: row.label, secret, origin, with_address })
    })
    .collect()
}

/// Writes down that the vendor accepted these tokens.
pub fn note_used(tx: &mut Tx<'_>, used: &[TokenId]) -> QueryResult<()> {
    if used.is_empty() { Ok(()) } else { store::use_tokens(tx, used) }
}

/// Another token beside those there are, for another service; named, so that it can be told apart.
pub fn add_token(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    connection: ConnectionId,
    origin: &str,
    label: &str,
) -> Result<Issued, Refusal> {
    let connection = get(tx.conn, scope, connection)?;
    may_issue(&connection)?;
    let label = label.trim();
    if label.is_empty() || label.chars().count() > 60 {
        let words = "Enter a name for the token of at most 60 characters, such as the service it is for";
        return Err(Refusal::invalid("label", words));
    }
    let taken = store::tokens_of(tx.conn, connection.id)?;
    if taken.iter().any(|row| row.live(tx.now) && row.label.to_lowercase() == label.to_lowercase()) {
        let words = format!("There is a token called {label} already. Choose another name");
        return Err(Refusal::invalid("label", words));
    }
    let issued = issue(tx, scope, keys, &connection, origin, label, None)?;
    if connection.state == State::Relink {
        store::set_state(tx, connection.id, State::Waiting)?;
    }
    Ok(issued)
}

/// A new token in the place of one, which is accepted for another 24 hours.
pub fn replace(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    token: TokenId,
    origin: &str,
) -> Result<Issued, Refusal> {
    let (old, connection) = owned(tx, scope, token)?;
    may_issue(&connection)?;
    if old.expires_at.is_some() {
        return Err(Refusal::overtaken("This token has been replaced already. Look for the newer one."));
    }
    store::end_token(tx, old.id, tx.now + OVERLAP)?;
    issue(tx, scope, keys, &connection, origin, &old.label, Some(&old))
}

/// A token stops working at once. Pairings and everything else stay.
pub fn revoke(tx: &mut Tx<'_>, scope: &Scope<ManageIntegrations>, token: TokenId) -> Result<(), Refusal> {
    let (row, connection) = owned(tx, scope, token)?;
    store::revoke_token(tx, row.id)?;
    let left = store::tokens_of(tx.conn, connection.id)?;
    if connection.state != State::Off && !left.iter().any(|row| row.live(tx.now)) {
        store::set_state(tx, connection.id, State::Relink)?;
    }
    let words = format!("revoked the {} token {}", connection.vendor, named(&row.label, &row.ends_with));
    audit::record(tx, scope, Event::new("token.revoked", words).about("connection", connection.id.0))?;
    Ok(())
}

/// A token to be shown to a super manager, who has just typed their password. One session's looks at the
/// same token within a quarter of an hour are one event.
pub fn show(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    token: TokenId,
) -> Result<Secret, Refusal> {
    let (row, connection) = owned(tx, scope, token)?;
    // What was received is never shown again.
    if connection.vendor.key_form().is_some() {
        return Err(Refusal::NotHere);
    }
    let (secret, _) = open(keys, connection.organisation, &row)?;
    let since = tx.now - audit::ONE_VIEW;
    let about = ("token", row.id.0);
    if !audit::seen_lately(tx.conn, scope.by(), "token.shown", about, since)? {
        let words =
            format!("looked at the {} token {}", connection.vendor, named(&row.label, &row.ends_with));
        audit::record(tx, scope, Event::new("token.shown", words).about(about.0, about.1))?;
    }
    Ok(secret)
}

/// Tells super managers, once per token, that the vendor still uses one that ends within hours.
pub fn warn_expiring(tx: &mut Tx<'_>, public_url: &str) -> Result<(), Refusal> {
    for (row, connection) in store::ending(tx.conn, tx.now, tx.now + WARN_BEFORE)? {
        let carried = store::services_of(tx.conn, connection)?;
        if carried.iter().any(|service| service.active && service.token_id == Some(row.id)) {
            warn(tx, &row, connection, public_url)?;
        }
    }
    Ok(())
}

fn warn(tx: &mut Tx<'_>, row: &TokenRow, connection: ConnectionId, url: &str) -> Result<(), Refusal> {
    let Some(connection) = store::get(tx.conn, connection)? else { return Ok(()) };
    let organisation = connection.organisation;
    let about = store::organisation(tx.conn, organisation)?.ok_or(Refusal::NotHere)?;
    let zone = about.time_zone.parse().unwrap_or(Tz::Europe__London);
    for to in letters::super_managers(tx.conn, organisation)? {
        let letter = TokenExpiring {
            to_name: to.name.clone(),
            organisation: about.name.clone(),
            vendor: connection.vendor.name().to_owned(),
            token: named(&row.label, &row.ends_with),
            ends: moment(row.expires_at.unwrap_or(tx.now), zone),
            link: format!("{url}{}", links::settings_website(organisation)),
        };
        let rendered = letter.render().map_err(unwritten)?;
        let letter = Letter::new(Some(organisation), &to, rendered);
        letters::send_once(tx, &format!("token-expiring/{}", row.id), letter)?;
    }
    Ok(())
}

/// Whether the keys open what lies in the database: checked before the portal starts.
pub fn keys_fit(conn: &mut Conn, keys: &KeyRing) -> Result<(), Refusal> {
    for (row, organisation) in store::some_sealed(conn, 3)? {
        open(keys, organisation, &row)?;
    }
    Ok(())
}

/// Seals up to `limit` tokens after `after` with the newest key. Gives the last one looked at, `None` at
/// the end; each call is one decision, so that a rotation can be stopped anywhere and begun again.
pub fn reseal_some(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    after: TokenId,
    limit: i64,
) -> Result<Option<TokenId>, Refusal> {
    let mut last = None;
    for (row, organisation) in store::sealed_after(tx.conn, after, limit)? {
        last = Some(row.id);
        if !keys.is_newest(&row.sealed) {
            let content = keys.open(&binding(organisation, row.id), &row.sealed)?;
            store::set_sealed(tx, row.id, keys.seal(&binding(organisation, row.id), &content)?)?;
        }
    }
    Ok(last)
}

/// Makes a token, seals it for its own row and records that it was made.
pub(super) fn issue(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    connection: &Connection,
    origin: &str,
    label: &str,
    old: Option<&TokenRow>,
) -> Result<Issued, Refusal> {
    if origin.is_empty() {
        return Err(Refusal::overtaken(format!(
            "No address for {} is set up on this installation. Ask whoever runs Kinbridge to set it.",
            connection.vendor
        )));
    }
    let secret = random_uuid()?;
    let new = NewToken {
        connection: connection.id,
        label,
        token_hash: fingerprint(secret.reveal()),
        ends_with: secret.ends_with(),
        made_by: &scope.by().name,
        replaces: old.map(|old| old.id),
    };
    let id = keep_sealed(tx, keys, connection.organisation, &new, (&secret, origin))?;
    let made = named(label, &new.ends_with);
    let words = match old {
        None => format!("made the {} token {made}", connection.vendor),
        Some(old) => {
            let old = named(&old.label, &old.ends_with);
            format!(
                "replaced the {} token {old} by {made}; the old one works for 24 hours",
                connection.vendor
            )
        }
    };
    let verb = if old.is_some() { "token.replaced" } else { "token.made" };
    audit::record(tx, scope, Event::new(verb, words).about("connection", connection.id.0))?;
    Ok(Issued { id, connection: connection.id, secret })
}

/// Keeps a token or key sealed together with where it may be sent, bound to its own row.
pub(super) fn keep_sealed(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    organisation: OrganisationId,
    new: &NewToken<'_>,
    (secret, sent_to): (&Secret, &str),
) -> Result<TokenId, Refusal> {
    let id = store::insert_token(tx, new)?;
    let content = Secret::new(format!("{}\n{sent_to}", secret.reveal()));
    store::set_sealed(tx, id, keys.seal(&binding(organisation, id), &content)?)?;
    Ok(id)
}

fn may_issue(connection: &Connection) -> Result<(), Refusal> {
    if !matches!(connection.vendor.about().switching, Switching::TokenWeIssue) {
        return Err(Refusal::NotHere);
    }
    if connection.available && connection.state != State::Off {
        return Ok(());
    }
    let words = format!("The sync with {} is off. Switch it on first.", connection.vendor);
    Err(Refusal::overtaken(words))
}

/// A live token of this organisation; another's, an ended and a revoked one are not here.
fn owned(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    token: TokenId,
) -> Result<(TokenRow, Connection), Refusal> {
    let row = store::token(tx.conn, token)?.filter(|row| row.live(tx.now)).ok_or(Refusal::NotHere)?;
    let connection = get(tx.conn, scope, row.connection_id)?;
    Ok((row, connection))
}

pub(super) fn open(
    keys: &KeyRing,
    organisation: OrganisationId,
    row: &TokenRow,
) -> Result<(Secret, String), Unsealable> {
    let content = keys.open(&binding(organisation, row.id), &row.sealed)?;
    let (token, origin) = content.reveal().split_once('\n').ok_or(Unsealable::Damaged)?;
    Ok((Secret::new(token), origin.to_owned()))
}

fn binding(organisation: OrganisationId, token: TokenId) -> String {
    format!("connection_tokens|{organisation}|{token}|sealed")
}

/// "Oak Court (ends in 8vTz)".
fn named(label: &str, ends_with: &str) -> String {
    format!("{label} (ends in {ends_with})")
}

/// The ids of a connection's live tokens.
pub(super) fn live_ids(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<BTreeSet<TokenId>> {
    let rows = store::tokens_of(tx.conn, connection)?;
    Ok(rows.into_iter().filter(|row| row.live(tx.now)).map(|row| row.id).collect())
}
