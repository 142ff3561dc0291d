//! Where an organisation is told: made, changed, its secret rotated, disabled and enabled again, removed.
//!
//! The secret is shown when it is made and never again; it is sealed in the database. After a rotation the earlier one
//! signs as well for a day, so that the other side has time to change.

use chrono::{NaiveDateTime, TimeDelta};

use super::signing::new_secret;
use super::store::{self, EndpointRow};
use super::{Kind, wording};
use crate::connectors::check_base_url;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::audit::{self, Event};
use crate::kit::ids::{OrganisationId, WebhookEndpointId};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, hex, unhex};

/// Endpoints of an organisation, both modes together.
pub const MOST: i64 = 10;

/// How long an earlier secret signs as well.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

const LONGEST_NAME: usize = 60;

/// Values a transaction when keys are rotated.
const PIECE: i64 = 100;

/// An endpoint as screens show it: without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: WebhookEndpointId,
    pub mode: Mode,
    pub name: String,
    pub url: String,
    pub kinds: Vec<Kind>,
    pub made_by: String,
    pub created_at: NaiveDateTime,
    /// Until when the secret before the last rotation signs as well, or did.
    pub earlier_until: Option<NaiveDateTime>,
    pub disabled_at: Option<NaiveDateTime>,
    pub disabled_because: String,
    pub removed_at: Option<NaiveDateTime>,
}

impl Endpoint {
    fn of(row: EndpointRow) -> Self {
        Self {
            id: row.id,
            mode: row.mode,
            name: row.name,
            url: row.url,
            kinds: read_kinds(&row.kinds),
            made_by: row.made_by_name,
            created_at: row.created_at,
            earlier_until: row.earlier_until,
            disabled_at: row.disabled_at,
            disabled_because: row.disabled_because,
            removed_at: row.removed_at,
        }
    }

    /// Whether events are delivered to it.
    pub fn is_on(&self) -> bool {
        self.disabled_at.is_none() && self.removed_at.is_none()
    }

    /// Names the secret that it has, so that a rotation that was asked for twice happens once.
    pub fn secret_mark(&self) -> String {
        self.earlier_until.map(|until| until.and_utc().timestamp_micros().to_string()).unwrap_or_default()
    }
}

/// What somebody typed of an endpoint, once it can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    name: String,
    url: String,
    kinds: String,
}

impl Wanted {
    /// `allowed_origins` come from the configuration: the only ones that may be here or on a private network.
    ///
    /// # Errors
    /// With the field and what to do.
    pub fn read(name: &str, url: &str, kinds: &[Kind], allowed_origins: &[String]) -> Result<Self, Refusal> {
        let (name, url) = (name.trim(), url.trim());
        if name.is_empty() {
            return Err(Refusal::invalid("name", "Enter a name, such as the program that is told"));
        }
        if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Refusal::invalid("name", "Enter a shorter name, of at most 60 characters"));
        }
        check_base_url(url, allowed_origins).map_err(|problem| {
            Refusal::invalid("url", problem.to_string().trim_end_matches('.').to_owned())
        })?;
        let kinds: Vec<&str> =
            Kind::offered().filter(|kind| kinds.contains(kind)).map(Kind::as_str).collect();
        if kinds.is_empty() {
            return Err(Refusal::invalid("kind_created", "Tick at least one kind of event"));
        }
        Ok(Self { name: name.to_owned(), url: url.to_owned(), kinds: kinds.join(",") })
    }
}

fn read_kinds(stored: &str) -> Vec<Kind> {
    stored.split(',').filter_map(Kind::parse).collect()
}

pub(super) fn wants(stored: &str, kind: Kind) -> bool {
    read_kinds(stored).contains(&kind)
}

/// All of an organisation; those that were removed come last.
pub fn endpoints(conn: &mut Conn, scope: &Scope<ManageIntegrations>) -> Result<Vec<Endpoint>, Refusal> {
    let rows = store::endpoints(conn, scope.organisation())?;
    let (on, removed): (Vec<_>, Vec<_>) =
        rows.into_iter().map(Endpoint::of).partition(|one| one.removed_at.is_none());
    Ok(on.into_iter().chain(removed).collect())
}

pub fn endpoint(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    id: WebhookEndpointId,
) -> Result<Endpoint, Refusal> {
    Ok(Endpoint::of(get(conn, scope, id)?))
}

/// Makes an endpoint and its secret, which is in this answer and nowhere else.
pub fn add(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    mode: Mode,
    wanted: &Wanted,
) -> Result<(WebhookEndpointId, Secret), Refusal> {
    let organisation = scope.organisation();
    if store::count(tx.conn, organisation)? >= MOST {
        let words =
            "There are ten endpoints, which is the most. Remove one that is not needed any more first";
        return Err(Refusal::invalid("name", words));
    }
    name_is_free(tx.conn, organisation, mode, &wanted.name, None)?;
    let secret = new_secret()?;
    let row = store::NewEndpoint {
        organisation,
        mode,
        name: &wanted.name,
        url: &wanted.url,
        kinds: &wanted.kinds,
        by: &scope.by().name,
    };
    let id = store::insert_endpoint(tx, &row)?;
    let sealed = seal(keys, organisation, id, Column::Secret, &secret)?;
    store::set_secrets(tx, id, &sealed, "", None)?;
    let words = format!("added the webhook endpoint {} ({})", wanted.name, mode.as_str());
    record(tx, scope, "webhook.added", words, id)?;
    Ok((id, secret))
}

/// Another name, address or other kinds. The mode stays: what is tried out never becomes what is meant.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    id: WebhookEndpointId,
    wanted: &Wanted,
) -> Result<(), Refusal> {
    let row = present(tx.conn, scope, id)?;
    name_is_free(tx.conn, scope.organisation(), row.mode, &wanted.name, Some(id))?;
    store::change_endpoint(tx, id, &wanted.name, &wanted.url, &wanted.kinds)?;
    let parts = [
        (row.name != wanted.name, format!("now called {}", wanted.name)),
        (row.url != wanted.url, "at another address".to_owned()),
        (row.kinds != wanted.kinds, format!("for {}", wanted.kinds.replace(',', ", "))),
    ];
    let changed: Vec<String> = parts.into_iter().filter(|(is, _)| *is).map(|(_, words)| words).collect();
    let changed = if changed.is_empty() { "nothing new".to_owned() } else { changed.join(", ") };
    record(tx, scope, "webhook.changed", format!("changed the webhook endpoint {}: {changed}", row.name), id)
}

/// Makes a new secret; the one before signs as well for 24 hours. `mark` names the secret that whoever asked has seen:
/// a rotation that was asked for twice happens once.
pub fn rotate(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    id: WebhookEndpointId,
    mark: &str,
) -> Result<Secret, Refusal> {
    let row = present(tx.conn, scope, id)?;
    if Endpoint::of(row.clone()).secret_mark() != mark {
        return Err(Refusal::overtaken(
            "The secret was rotated already. It is shown once only: rotate it again if you did not copy it.",
        ));
    }
    let (organisation, secret) = (scope.organisation(), new_secret()?);
    let earlier = open(keys, organisation, id, Column::Secret, &row.secret)?;
    let sealed = seal(keys, organisation, id, Column::Secret, &secret)?;
    let earlier = seal(keys, organisation, id, Column::Earlier, &earlier)?;
    store::set_secrets(tx, id, &sealed, &earlier, Some(tx.now + OVERLAP))?;
    record(
        tx,
        scope,
        "webhook.rotated",
        format!("rotated the secret of the webhook endpoint {}", row.name),
        id,
    )?;
    Ok(secret)
}

/// Nothing is sent to it from now on; what waited is not sent either.
pub fn disable(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    id: WebhookEndpointId,
) -> Result<(), Refusal> {
    let row = present(tx.conn, scope, id)?;
    let because = format!("{} disabled it.", scope.by().name);
    if !store::disable(tx, id, &because)? {
        return Err(Refusal::overtaken("The endpoint was disabled already."));
    }
    store::stop_deliveries(tx, id, wording::ENDPOINT_DISABLED)?;
    record(tx, scope, "webhook.disabled", format!("disabled the webhook endpoint {}", row.name), id)
}

/// Events from now on are delivered again; what was missed can be sent by hand.
pub fn enable(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    id: WebhookEndpointId,
) -> Result<(), Refusal> {
    let row = present(tx.conn, scope, id)?;
    if row.disabled_at.is_none() {
        return Err(Refusal::overtaken("The endpoint is enabled already."));
    }
    store::enable(tx, id)?;
    record(tx, scope, "webhook.enabled", format!("enabled the webhook endpoint {}", row.name), id)
}

/// Takes it away with its secrets. Its log stays for as long as any.
pub fn remove(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    id: WebhookEndpointId,
) -> Result<(), Refusal> {
    let row = present(tx.conn, scope, id)?;
    store::remove(tx, id)?;
    store::stop_deliveries(tx, id, wording::ENDPOINT_REMOVED)?;
    record(tx, scope, "webhook.removed", format!("removed the webhook endpoint {}", row.name), id)
}

/// Seals some secrets with the newest key; how many there were.
pub fn reseal(tx: &mut Tx<'_>, keys: &KeyRing) -> Result<usize, Refusal> {
    let rows = store::not_sealed_by(tx.conn, &keys.beginning(), PIECE)?;
    for row in &rows {
        let again = |column, sealed: &str| -> Result<String, Refusal> {
            if sealed.is_empty() {
                return Ok(String::new());
            }
            let secret = open(keys, row.organisation_id, row.id, column, sealed)?;
            seal(keys, row.organisation_id, row.id, column, &secret)
        };
        let secret = again(Column::Secret, &row.secret)?;
        let earlier = again(Column::Earlier, &row.earlier_secret)?;
        store::set_secrets(tx, row.id, &secret, &earlier, row.earlier_until)?;
    }
    Ok(rows.len())
}

/// The secrets that sign at a moment, the newest first.
pub(super) fn secrets(keys: &KeyRing, row: &EndpointRow, now: NaiveDateTime) -> Result<Vec<Secret>, Refusal> {
    let mut secrets = vec![open(keys, row.organisation_id, row.id, Column::Secret, &row.secret)?];
    if row.earlier_until.is_some_and(|until| now < until) && !row.earlier_secret.is_empty() {
        secrets.push(open(keys, row.organisation_id, row.id, Column::Earlier, &row.earlier_secret)?);
    }
    Ok(secrets)
}

pub(super) fn get(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    id: WebhookEndpointId,
) -> Result<EndpointRow, Refusal> {
    store::endpoint(conn, id)?
        .filter(|row| row.organisation_id == scope.organisation())
        .ok_or(Refusal::NotHere)
}

/// One that was not removed.
pub(super) fn present(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    id: WebhookEndpointId,
) -> Result<EndpointRow, Refusal> {
    let row = get(conn, scope, id)?;
    match row.removed_at {
        None => Ok(row),
        Some(_) => Err(Refusal::overtaken("The endpoint was removed. Add it again if it is needed.")),
    }
}

fn name_is_free(
    conn: &mut Conn,
    organisation: OrganisationId,
    mode: Mode,
    name: &str,
    but: Option<WebhookEndpointId>,
) -> Result<(), Refusal> {
    let folded = name.to_lowercase();
    let same = |row: &EndpointRow| {
        row.removed_at.is_none()
            && row.mode == mode
            && Some(row.id) != but
            && row.name.to_lowercase() == folded
    };
    if store::endpoints(conn, organisation)?.iter().any(same) {
        return Err(Refusal::invalid(
            "name",
            "There is an endpoint of this name already. Enter another name",
        ));
    }
    Ok(())
}

/// Where a secret stands, to which it is bound.
#[derive(Clone, Copy)]
enum Column {
    Secret,
    Earlier,
}

fn binding(organisation: OrganisationId, id: WebhookEndpointId, column: Column) -> String {
    let column = match column {
        Column::Secret => "secret",
        Column::Earlier => "earlier_secret",
    };
    format!("webhook_endpoints|{organisation}|{id}|{column}")
}

fn seal(
    keys: &KeyRing,
    organisation: OrganisationId,
    id: WebhookEndpointId,
    column: Column,
    secret: &Secret,
) -> Result<String, Refusal> {
    Ok(hex(&keys.seal(&binding(organisation, id, column), secret)?))
}

fn open(
    keys: &KeyRing,
    organisation: OrganisationId,
    id: WebhookEndpointId,
    column: Column,
    sealed: &str,
) -> Result<Secret, Refusal> {
    let sealed = unhex(sealed).unwrap_or_default();
    Ok(keys.open(&binding(organisation, id, column), &sealed)?)
}

fn record(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    verb: &'static str,
    words: String,
    id: WebhookEndpointId,
) -> Result<(), Refusal> {
    Ok(audit::record(tx, scope, Event::new(verb, words).about("webhook endpoint", id.0))?)
}
