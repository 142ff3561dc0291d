//! The vendor's services that carry a token of ours: how we learn that the other side has switched us on,
//! and by which zone an update finds its service.
//!
//! Only services with one of our tokens are kept: the vendor's list may name other customers' services too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::store::{self, Health, ServiceFacts};
use super::tokens::{live_ids, note_used};
use super::{Connection, LiveToken, State, get, health};
use crate::connectors::{Credential, Failure, FailureKind, Location, ServiceRecord, Snapshot, Vendor};
use crate::db::{Conn, Tx};
use crate::domain::access::{Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::refusal::Refusal;
use crate::kit::ids::{ConnectionId, PlaceId, TokenId};

/// How often a waiting connection is asked about, so that a pasted token shows soon.
pub const WAITING_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How often one that is on is asked about.
pub const ON_EVERY: TimeDelta = TimeDelta::minutes(15);

/// The longest that a vendor which does not answer is left alone.
const LONGEST_REST: TimeDelta = TimeDelta::hours(2);

/// How often a page may ask when somebody looks at it.
pub const PAGE_EVERY: TimeDelta = TimeDelta::seconds(5);

/// A service as a screen shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub external_id: String,
    pub name: String,
    /// Which of our tokens it carries; `None` when it carries none any more.
    pub token: Option<TokenId>,
    pub active: bool,
    pub locations: Vec<Location>,
    /// When the vendor last listed it with a token of ours.
    pub seen_at: NaiveDateTime,
}

impl Service {
    pub fn on(&self) -> bool {
        self.active && self.token.is_some()
    }
}

/// Where the updates of a service go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceZone {
    pub external_id: String,
    pub name: String,
    /// The one zone of exactly the same name.
    pub zone: Option<PlaceId>,
    /// What to do where there is none, in a sentence, else empty.
    pub repair: String,
    /// The zone whose name is nearly the same, to be renamed.
    pub near: Option<PlaceId>,
    /// There is no zone of that name, nor of one nearly the same: it can be made.
    pub can_create: bool,
}

/// One credential per live token: each token opens its own services, and a list says which of ours each
/// service carries.
pub fn credentials(tokens: &[LiveToken]) -> Vec<(TokenId, Credential)> {
    let others = |credential: Credential, own: TokenId| {
        tokens
            .iter()
            .filter(|other| other.id != own)
            .fold(credential, |credential, other| credential.and(other.id.to_string(), other.secret.reveal()))
    };
    tokens
        .iter()
        .map(|token| {
            let credential = Credential::new(token.id.to_string(), token.secret.reveal());
            let credential = if token.with_address {
                credential.at(&token.origin)
            } else {
                credential.bound_to(&token.origin)
            };
            (token.id, others(credential, token.id))
        })
        .collect()
}

/// What the vendor said about services, over all our tokens.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    services: Vec<ServiceRecord>,
    /// Why tokens were refused, when some were.
    refused: Option<Failure>,
    /// At least one token was answered with a list.
    answered: bool,
}

/// Puts the answers for all tokens together. A token that was never pasted is refused, and that is no
/// failure.
///
/// # Errors
/// When any other failure kept an answer back: nothing can be concluded then.
pub fn heard(answers: Vec<Result<Snapshot<ServiceRecord>, Failure>>) -> Result<Heard, Failure> {
    let mut heard = Heard::default();
    for answer in answers {
        match answer {
            Ok(snapshot) => {
                heard.answered = true;
                heard.services.extend(snapshot.records.into_iter().filter(ServiceRecord::ours));
            }
            Err(failure) if is_about_the_token(failure.kind) => heard.refused = Some(failure),
            Err(failure) => return Err(failure),
        }
    }
    Ok(heard)
}

/// Failures that a new token repairs.
pub(super) fn is_about_the_token(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::CredentialRefused | FailureKind::AddressChanged | FailureKind::CredentialUnusable
    )
}

/// Keeps what the vendor said: services come and go, and the connection's state follows. Gives the state
/// that it is in now.
pub fn note_services<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    heard: &Heard,
    public_url: &str,
) -> Result<State, Refusal> {
    let before = get(tx.conn, scope, connection)?;
    if before.state == State::Off || !before.available {
        return Ok(before.state);
    }
    if before.unheard > 0 {
        store::set_unheard(tx, connection, 0)?;
    }
    let change = keep(tx, &before, heard)?;
    // A key that was received needs nothing on the other side: it is on once it was taken.
    let takes_key = before.vendor.key_form().is_some();
    let state = match (change.on || (takes_key && heard.answered), &heard.refused, before.state) {
        (true, ..) => State::On,
        (false, Some(_), State::On) | (false, _, State::Relink) if !heard.answered => State::Relink,
        (false, Some(_), State::Waiting) if takes_key => State::Relink,
        (false, ..) => State::Waiting,
    };
    match (state, &heard.refused) {
        (State::Relink, Some(failure)) => health::relink(tx, &before, failure, public_url)?,
        (State::Waiting, _) if !takes_key && (before.state == State::On || before.failures > 0) => {
            health::lost(tx, &before, public_url)?;
        }
        (State::Relink, None) => {}
        _ => health::calm(tx, &before)?,
    }
    store::set_state(tx, connection, state)?;
    let words = change.words(before.vendor);
    if !words.is_empty() {
        let event = Event::new("connection.services", words).about("connection", connection.0);
        audit::record(tx, scope, event)?;
    }
    Ok(state)
}

/// A question to the vendor went unanswered: a waiting connection says so, and each rests before it is asked about
/// again, longer each time.
pub fn note_unheard<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    failure: &Failure,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, connection)?;
    store::set_unheard(tx, connection, before.unheard.saturating_add(1))?;
    if before.state != State::Waiting {
        return Ok(());
    }
    let health = Health {
        last_tried_at: Some(tx.now),
        last_failure: failure.words.clone(),
        last_repair: failure.repair.clone(),
        ..Health::of(&before)
    };
    store::set_health(tx, connection, &health)?;
    Ok(())
}

/// What a list of services changed.
#[derive(Default)]
struct Change {
    /// At least one service is on.
    on: bool,
    came: Vec<String>,
    went: Vec<String>,
}

impl Change {
    fn words(&self, vendor: Vendor) -> String {
        // A service shows that our token was pasted there; with a key that we received it is only there or not.
        let (on, off) = match vendor.key_form() {
            None => ("that our token is on for", "that our token is off for"),
            Some(_) => ("of", "no more of"),
        };
        let came =
            (!self.came.is_empty()).then(|| format!("heard from {vendor} {on} {}", self.came.join(", ")));
        let went =
            (!self.went.is_empty()).then(|| format!("heard from {vendor} {off} {}", self.went.join(", ")));
        came.into_iter().chain(went).collect::<Vec<_>>().join("; ")
    }
}

fn keep(tx: &mut Tx<'_>, connection: &Connection, heard: &Heard) -> Result<Change, Refusal> {
    let live = live_ids(tx, connection.id)?;
    let known = store::services_of(tx.conn, connection.id)?;
    let mut change = Change::default();
    let (mut seen, mut used) = (BTreeSet::new(), BTreeSet::new());
    for record in &heard.services {
        let token = record.token_key.as_deref().and_then(|key| key.parse().ok()).map(TokenId);
        let Some(token) = token.filter(|token| live.contains(token)) else { continue };
        if !seen.insert(record.external_id.as_str()) {
            continue;
        }
        used.insert(token);
        let old = known.iter().find(|row| row.external_id == record.external_id);
        if record.active {
            change.on = true;
            if !old.is_some_and(|row| row.active && row.token_id.is_some()) {
                change.came.push(record.name.clone());
            }
        }
        store::save_service(tx, old.map(|row| row.id), &facts(tx, connection.id, record, token))?;
    }
    for row in known.iter().filter(|row| !seen.contains(row.external_id.as_str())) {
        if row.token_id.is_some() || row.active {
            change.went.push(row.name.clone());
            let off: Vec<Location> =
                locations(&row.locations).into_iter().map(|place| Location { on: false, ..place }).collect();
            store::lose_service(tx, row.id, &written(&off))?;
        }
    }
    note_used(tx, &used.into_iter().collect::<Vec<_>>())?;
    Ok(change)
}

fn facts(tx: &Tx<'_>, connection: ConnectionId, record: &ServiceRecord, token: TokenId) -> ServiceFacts {
    ServiceFacts {
        connection_id: connection,
        external_id: record.external_id.clone(),
        name: record.name.trim().to_owned(),
        name_folded: folded(&record.name),
        token_id: Some(token),
        active: record.active,
        locations: written(&record.locations),
        seen_at: tx.now,
    }
}

/// Every service that the vendor ever listed with a token of ours, by name.
pub fn services(conn: &mut Conn, connection: &Connection) -> QueryResult<Vec<Service>> {
    let rows = store::services_of(conn, connection.id)?;
    let services = rows.into_iter().map(|row| Service {
        locations: locations(&row.locations),
        external_id: row.external_id,
        name: row.name,
        token: row.token_id,
        active: row.active,
        seen_at: row.seen_at,
    });
    Ok(services.collect())
}

/// Which zone each service that is on is routed to: the one of exactly the same name.
pub fn zone_map(conn: &mut Conn, connection: &Connection) -> QueryResult<Vec<ServiceZone>> {
    let zones = store::zones(conn, connection.organisation)?;
    let on = services(conn, connection)?.into_iter().filter(Service::on);
    Ok(on.map(|service| route(&service, &zones)).collect())
}

fn route(service: &Service, zones: &[(PlaceId, String)]) -> ServiceZone {
    let name = service.name.as_str();
    let same: Vec<_> = zones.iter().filter(|(_, zone)| zone.trim() == name).collect();
    let near = zones.iter().find(|(_, zone)| folded(zone) == folded(name));
    let mut routed = ServiceZone {
        external_id: service.external_id.clone(),
        name: name.to_owned(),
        zone: None,
        repair: String::new(),
        near: None,
        can_create: false,
    };
    match (same.as_slice(), near) {
        ([(zone, _)], _) => routed.zone = Some(*zone),
        ([], Some((id, near))) => {
            routed.near = Some(*id);
            routed.repair = format!("Zone not found: rename the zone {near} to {name}");
        }
        ([], None) => {
            routed.can_create = true;
            routed.repair = format!("Zone not found: create a zone called {name}");
        }
        _ => routed.repair = format!("Several zones are called {name}: rename all but one"),
    }
    routed
}

/// Why nothing may be written to the vendor now, in a sentence; `None` when it may. Reads go on.
pub fn writes_held(conn: &mut Conn, connection: &Connection) -> QueryResult<Option<String>> {
    let vendor = connection.vendor;
    if !vendor.about().one_service_a_token {
        return Ok(None);
    }
    let mut by_token: BTreeMap<TokenId, Vec<String>> = BTreeMap::new();
    for service in services(conn, connection)?.into_iter().filter(Service::on) {
        if let Some(token) = service.token {
            by_token.entry(token).or_default().push(service.name);
        }
    }
    let shared = by_token.into_values().find(|services| services.len() > 1);
    let Some(shared) = shared else { return Ok(None) };
    if !connection.multi_service {
        let names = shared.join(", ");
        return Ok(Some(format!(
            "One token is used by {} {vendor} services ({names}), and {vendor} rejects updates from a token \
             that serves several. Updates to {vendor} are held until multi-service is switched on.",
            shared.len()
        )));
    }
    let missing = zone_map(conn, connection)?.into_iter().find(|routed| routed.zone.is_none());
    Ok(missing.map(|routed| format!("Updates to {vendor} are held. {}.", routed.repair)))
}

/// Connections whose services may be asked for now.
pub fn reads_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Vec<Connection>> {
    // What is mapped has its sites pulled with its people.
    let asked = |one: &Connection| !one.vendor.about().mapped;
    let due = |one: &Connection| one.services_read_at.is_none_or(|at| at <= now - patience(one));
    Ok(store::asked_about(conn)?.into_iter().filter(asked).filter(due).collect())
}

/// Says whether this caller may ask now; nobody else may for `at_most_every` from here on.
pub fn claim_services_read(
    tx: &mut Tx<'_>,
    connection: &Connection,
    at_most_every: TimeDelta,
) -> QueryResult<bool> {
    store::claim_read(tx, connection.id, tx.now - at_most_every)
}

/// How often the job asks about a connection in this state.
pub fn pace(state: State) -> TimeDelta {
    if state == State::Waiting { WAITING_EVERY } else { ON_EVERY }
}

/// How long the job leaves a connection alone after it asked: longer with each question that went unanswered.
pub fn patience(connection: &Connection) -> TimeDelta {
    let usual = pace(connection.state);
    let Some(again) = u32::try_from(connection.unheard).ok().and_then(|times| times.checked_sub(1)) else {
        return usual;
    };
    let first = usual.max(TimeDelta::minutes(5));
    (first * 2_i32.pow(again.min(5))).min(LONGEST_REST)
}

fn locations(json: &str) -> Vec<Location> {
    serde_json::from_str(json).unwrap_or_default()
}

fn written(locations: &[Location]) -> String {
    serde_json::to_string(locations).unwrap_or_else(|_unwritable| "[]".into())
}

/// For sorting and for near misses only: routing compares the names as they are.
fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> Service {
        let seen_at = "2026-11-22T09:00:00".parse().unwrap();
        let token = Some(TokenId(1));
        Service {
            external_id: "svc-1".into(),
            name: name.into(),
            token,
            active: true,
            locations: vec![],
            seen_at,
        }
    }

    #[test]
    fn a_service_is_routed_by_exactly_its_name() {
        let zones = [(PlaceId(1), "Oak Court".to_owned()), (PlaceId(2), "elm court".to_owned())];
        assert_eq!(route(&service("Oak Court"), &zones).zone, Some(PlaceId(1)));
        let near = route(&service("Elm Court"), &zones);
        assert_eq!(
            (near.zone, near.repair.as_str()),
            (None, "Zone not found: rename the zone elm court to Elm Court")
        );
        let none = route(&service("Ash Court"), &zones);
        assert_eq!(none.repair, "Zone not found: create a zone called Ash Court");
        let twice = [(PlaceId(1), "Oak Court".to_owned()), (PlaceId(2), "Oak Court".to_owned())];
        assert_eq!(route(&service("Oak Court"), &twice).zone, None);
    }

    #[test]
    fn a_refused_token_beside_an_answered_one_is_no_failure() {
        let refused = || Failure::new(Vendor::Nourish, FailureKind::CredentialRefused);
        let both = heard(vec![Ok(Snapshot::default()), Err(refused())]).unwrap();
        assert!(both.answered && both.refused.is_some());
        let broken = Failure::new(Vendor::Nourish, FailureKind::ServerError);
        assert!(heard(vec![Ok(Snapshot::default()), Err(broken)]).is_err());
    }
}
