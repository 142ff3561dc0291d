//! Making, listing and ending keys, and looking whose key was shown.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};

use super::{Client, KeyScope, Mode, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Scope, Sector};
use crate::domain::audit::{self, Event};
use crate::domain::organisations;
use crate::kit::ids::{ApiKeyId, OrganisationId};
use crate::kit::secret::{Secret, fingerprint, random_token};

/// Keys that work at the same time.
pub const MOST_KEYS: usize = 50;

pub const LONGEST_NAME: usize = 60;

/// How exactly it is kept when a key was last used: a request must not wait for the writer.
const USED: TimeDelta = TimeDelta::minutes(1);

/// A key as screens show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: ApiKeyId,
    pub name: String,
    pub mode: Mode,
    pub scopes: BTreeSet<KeyScope>,
    /// Its last characters.
    pub key_end: String,
    pub made_by: String,
    pub made_at: NaiveDateTime,
    pub last_used_at: Option<NaiveDateTime>,
}

/// A key as it is asked for.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub mode: Option<Mode>,
    pub scopes: BTreeSet<KeyScope>,
}

/// A program whose key works.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub client: Client,
    /// It is a minute since its use was noted: see [`touch`].
    pub touch_due: bool,
}

/// Whether a sector has an API.
pub fn belongs_to(sector: Sector) -> bool {
    sector == Sector::CommunityHealth
}

/// The keys that work, by name.
pub fn list(conn: &mut Conn, scope: &Scope<ManageIntegrations>) -> Result<Vec<Key>, Refusal> {
    only_here(conn, scope.organisation())?;
    Ok(store::list(conn, scope.organisation())?)
}

/// Makes a key; it is in the answer and nowhere else.
///
/// # Errors
/// `NotHere` for an organisation of another sector; `Invalid` for a name, a mode or scopes that cannot be used.
pub fn make(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    new: &NewKey,
) -> Result<(ApiKeyId, Secret), Refusal> {
    let keys = list(tx.conn, scope)?;
    let name = organisations::one_line(&new.name);
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::invalid("name", "Enter what the key is for, such as Shop checkout"));
    }
    if keys.iter().any(|key| key.name.eq_ignore_ascii_case(&name)) {
        return Err(Refusal::invalid("name", "Enter another name: a key that works has this one"));
    }
    if keys.len() >= MOST_KEYS {
        return Err(Refusal::invalid(
            "name",
            format!("Revoke a key first: at most {MOST_KEYS} work at once"),
        ));
    }
    let mode =
        new.mode.ok_or_else(|| Refusal::invalid("mode", "Choose whether it is a test key or a live key"))?;
    if new.scopes.is_empty() {
        return Err(Refusal::invalid("scopes", "Tick at least one thing that the key may do"));
    }
    let key = Secret::new(format!("{}_{}", mode.as_str(), random_token()?.reveal()));
    let row = store::NewRow {
        organisation: scope.organisation(),
        mode,
        name: &name,
        key_hash: fingerprint(key.reveal()),
        key_end: key.ends_with(),
        scopes: KeyScope::write(&new.scopes),
        made_by: &scope.by().name,
    };
    let id = store::insert(tx, &row)?;
    let scopes = KeyScope::write(&new.scopes).replace(',', ", ");
    let words = format!("made the {} API key {name}, which may: {scopes}", mode.as_str());
    audit::record(tx, scope, Event::new("api_key.made", words).about("api_key", id.0))?;
    Ok((id, key))
}

/// Ends a key at once; what was made with it stays.
///
/// # Errors
/// `NotHere` for another organisation's key, and one that was revoked.
pub fn revoke(tx: &mut Tx<'_>, scope: &Scope<ManageIntegrations>, id: ApiKeyId) -> Result<String, Refusal> {
    let key = list(tx.conn, scope)?.into_iter().find(|key| key.id == id).ok_or(Refusal::NotHere)?;
    store::revoke(tx, id)?;
    let words = format!("revoked the {} API key {}", key.mode.as_str(), key.name);
    audit::record(tx, scope, Event::new("api_key.revoked", words).about("api_key", id.0))?;
    Ok(key.name)
}

/// Looks whose key this is; reads only, so that no request waits for the writer. `None` for an unknown one and for one
/// that was revoked.
pub fn admit(conn: &mut Conn, key: &Secret, now: NaiveDateTime) -> Result<Option<Admitted>, Refusal> {
    let Some(row) = store::by_hash(conn, &fingerprint(key.reveal()))? else { return Ok(None) };
    let touch_due = row.last_used_at.is_none_or(|at| now - at >= USED);
    let client = Client {
        id: row.id,
        organisation: row.organisation,
        mode: row.mode,
        name: row.name,
        scopes: KeyScope::read(&row.scopes),
    };
    Ok(Some(Admitted { client, touch_due }))
}

/// Notes that a key is used, at most once a minute.
pub fn touch(tx: &mut Tx<'_>, client: &Client) -> Result<(), Refusal> {
    Ok(store::touch(tx, client.id, tx.now - USED)?)
}

/// Whether a client's key still works: asked again inside each decision, so that none is taken after the key is revoked.
pub fn works(conn: &mut Conn, client: &Client) -> Result<bool, Refusal> {
    Ok(store::is_live(conn, client.id)?)
}

fn only_here(conn: &mut Conn, organisation: OrganisationId) -> Result<(), Refusal> {
    if belongs_to(organisations::sector(conn, organisation)?) { Ok(()) } else { Err(Refusal::NotHere) }
}
