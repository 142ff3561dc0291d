//! A worker's side: entries are claimed with a lease and an epoch, sent by a job, and settled. A worker that was
//! stopped past its lease finds its entries taken from it, and writes nothing more.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::pacing::{self, Class};
use super::store::{self, Kept, Route};
use super::waiting::{self, Line};
use super::{Change, State, filing, lists};
use crate::connectors::{EntryChange, Failure, Receipt, Retry, TimelineEntry};
use crate::db::{Conn, Tx};
use crate::domain::access::{By, ManageIntegrations, RunSyncs, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, Connection, Service, ServiceZone, Setback};
use crate::domain::letters::{self, Letter};
use crate::domain::{Refusal, organisations};
use crate::kit::ids::{EntryId, TokenId};
use crate::links;
use crate::mail::EntriesStuck;

/// How long a claimed entry may be silent before it counts as uncertain. A worker begins nothing in the last part.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);

/// Managers hear of entries that need them at most so often.
const TELL_AGAIN: TimeDelta = TimeDelta::hours(24);

/// A claimed entry: the worker's proof that it may settle it.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: EntryId,
    pub epoch: i64,
    /// Look for it before sending it.
    pub look_first: bool,
    /// With which of our tokens.
    pub token: TokenId,
    pub entry: TimelineEntry,
    attempts: i32,
    first_tried_at: chrono::NaiveDateTime,
}

/// What a worker found out about one entry.
#[derive(Debug, Clone)]
pub enum Outcome {
    Accepted(Receipt),
    /// It was looked for, and is not there.
    NotThere,
    /// It cannot be looked for.
    CannotLook,
    Failed(Failure),
    /// The worker stopped before it.
    Untried,
}

/// What a worker found out, in the order in which it did.
pub type Settled = Vec<(Item, Outcome)>;

/// Entries whose worker fell silent may have arrived: they are looked up before anything else.
pub fn recover(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::recover(tx)
}

/// Takes entries that may go now, at most one of each resident and each the oldest of theirs.
pub fn claim(tx: &mut Tx<'_>, connection: &Connection, most: i64) -> Result<Vec<Item>, Refusal> {
    let Line::Open(connection) = waiting::line(tx.conn, connection.organisation, connection.vendor)? else {
        return Ok(Vec::new());
    };
    let pause = store::pause(tx.conn, connection.id)?;
    if pause.until.is_some_and(|until| until > tx.now) {
        return Ok(Vec::new());
    }
    // After a rest one entry goes ahead.
    let most = if pause.failures >= pacing::RESTS_AFTER { 1 } else { most };
    let heads = store::heads(tx.conn, &connection, tx.now, most)?;
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let residents: Vec<_> = heads.iter().map(|head| head.resident).collect();
    let routes = store::routes(tx.conn, connection.id, &residents)?;
    let table = Table::read(tx.conn, &connection, tx.now)?;
    let mut items = Vec::with_capacity(heads.len());
    for head in heads {
        match ready(tx.conn, &table, &routes, &head)? {
            Ready::Go(entry, token) => items.push(Item {
                id: head.id,
                epoch: head.epoch + 1,
                look_first: head.look_first,
                token,
                entry: *entry,
                attempts: head.attempts + 1,
                first_tried_at: head.first_tried_at.unwrap_or(tx.now),
            }),
            Ready::Hold(words) => store::hold(tx, head.id, &words)?,
            Ready::Drop => store::cancel(tx, head.id)?,
        }
    }
    let ids: Vec<EntryId> = items.iter().map(|item| item.id).collect();
    store::lease(tx, &ids, tx.now + LEASE)?;
    Ok(items)
}

enum Ready {
    Go(Box<TimelineEntry>, TokenId),
    /// With the reason.
    Hold(String),
    /// What it corrects or withdraws never arrived, and nothing is left to be said.
    Drop,
}

/// Which services there are, and where each goes.
struct Table {
    connection: Connection,
    services: Vec<Service>,
    zones: Vec<ServiceZone>,
    /// The newest of our tokens, for a vendor that names no services.
    newest: Option<TokenId>,
    /// Under which number the organisation has entries filed, by the word of their source.
    codes: Vec<(String, String)>,
}

impl Table {
    fn read(conn: &mut Conn, connection: &Connection, now: NaiveDateTime) -> Result<Self, Refusal> {
        let services = connections::services(conn, connection)?;
        let by_zone = connection.multi_service && connection.vendor.about().one_service_a_token;
        let zones = if by_zone { connections::zone_map(conn, connection)? } else { Vec::new() };
        let services: Vec<Service> = services.into_iter().filter(Service::on).collect();
        let scope = Scope::<ManageIntegrations>::for_the_portal(connection.organisation);
        let tokens = connections::tokens(conn, &scope, connection.id, now)?;
        let newest = tokens.last().map(|token| token.id);
        let codes = filing::codes(conn, connection)?;
        Ok(Self { connection: connection.clone(), services, zones, newest, codes })
    }

    /// The service and the token under which an entry of this person is written, or why not.
    fn of(&self, route: &Route) -> Result<(Option<String>, TokenId), String> {
        let vendor = self.connection.vendor;
        let routed = self.zones.iter().find(|zone| zone.zone.is_some() && zone.zone == route.zone);
        let shared =
            |token: TokenId| self.services.iter().filter(|service| service.token == Some(token)).count() > 1;
        let named = route
            .service
            .as_ref()
            .and_then(|id| self.services.iter().find(|service| service.external_id == *id));
        let by_zone_only = vendor.about().one_service_a_token;
        // Elsewhere a key opens all that its maker may see, whichever service it was listed for.
        if by_zone_only && route.service.is_some() && named.is_none() && !self.services.is_empty() {
            return Err(format!("The resident's service in {vendor} is not switched on for us."));
        }
        let by_zone = routed
            .and_then(|zone| self.services.iter().find(|service| service.external_id == zone.external_id));
        let several = by_zone_only && self.services.iter().filter_map(|service| service.token).any(shared);
        match (several, named, by_zone) {
            (true, Some(named), Some(by_zone)) if named.external_id != by_zone.external_id => Err(format!(
                "The resident lives in {} here and in {} in {vendor}. Correct one of the two.",
                by_zone.name, named.name
            )),
            (true, _, None) => Err(format!(
                "The resident is in no zone that is called like a service in {vendor}. Choose the zone on the \
                 resident's page."
            )),
            (true, _, Some(service)) | (false, Some(service), _) => service
                .token
                .map(|token| (Some(service.external_id.clone()), token))
                .ok_or_else(|| format!("{vendor} is not switched on for {}.", service.name)),
            // A vendor that names no services has one.
            (false, None, _) => {
                let only = self.services.first().and_then(|service| service.token).or(self.newest);
                only.map(|token| (None, token)).ok_or_else(|| format!("{vendor} has not switched us on yet."))
            }
        }
    }
}

fn ready(
    conn: &mut Conn,
    table: &Table,
    routes: &HashMap<crate::kit::ids::ResidentId, Route>,
    head: &Kept,
) -> Result<Ready, Refusal> {
    let vendor = table.connection.vendor;
    let Some(route) = routes.get(&head.resident) else {
        return Ok(Ready::Hold(waiting::not_paired(&[vendor])));
    };
    let (service, token) = match table.of(route) {
        Ok(found) => found,
        Err(words) => return Ok(Ready::Hold(words)),
    };
    let change = match (head.change, earlier(conn, head)?) {
        (Change::New, _) | (Change::Correction, None) => EntryChange::New,
        (Change::Correction, Some(old)) => EntryChange::Corrects(old),
        (Change::Withdrawal, Some(old)) => EntryChange::Withdraws(old),
        (Change::Withdrawal, None) => return Ok(Ready::Drop),
    };
    let mut entry = lists::written(head, route.person.clone(), service, change);
    let code = table.codes.iter().find(|(source, _)| source == head.source.as_str());
    entry.code = code.map(|(_, code)| code.clone());
    Ok(Ready::Go(Box::new(entry), token))
}

/// The newest earlier version that the vendor has: what a correction or withdrawal names.
fn earlier(conn: &mut Conn, head: &Kept) -> QueryResult<Option<String>> {
    if head.change == Change::New {
        return Ok(None);
    }
    let versions = store::versions_of(conn, head)?;
    let there = versions.into_iter().filter(|one| one.version < head.version && one.state == State::Sent);
    // What another system has cannot be named in this one.
    let there = there.filter(|one| one.vendor() == head.vendor());
    let there = there.filter(|one| one.change != Change::Withdrawal);
    Ok(there.max_by_key(|one| one.version).map(|one| one.external_id))
}

/// Writes down what became of claimed entries. An entry whose claim is gone stays as it is.
pub fn settle(
    tx: &mut Tx<'_>,
    connection: &Connection,
    settled: &Settled,
    public_url: &str,
) -> Result<(), Refusal> {
    let mut told = Told::default();
    for (item, outcome) in settled {
        match outcome {
            Outcome::Accepted(receipt) => {
                let id = receipt.vendor_id.as_deref().unwrap_or_default();
                if store::accepted(tx, item, id)? {
                    told.accepted.push(item.id);
                }
            }
            Outcome::NotThere => back(tx, item, State::Waiting, None, ("", ""))?,
            Outcome::CannotLook => {
                let words = format!("It may have arrived in {}, or not.", connection.vendor);
                let repair = format!(
                    "Look at the timeline in {}; send it again only if it is not there.",
                    connection.vendor
                );
                if store::ended(tx, item, State::Doubtful, (&words, &repair))? {
                    told.stuck.push((item.id, words));
                }
            }
            Outcome::Untried => store::untried(tx, item)?,
            Outcome::Failed(failure) => failed(tx, item, failure, &mut told)?,
        }
    }
    rest(tx, connection, settled)?;
    tell(tx, connection, &told, public_url)?;
    let refused = settled.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Failed(failure) if pacing::is_about_the_token(failure.kind) => Some(failure.clone()),
        _ => None,
    });
    if let Some(failure) = refused {
        let scope = Scope::<RunSyncs>::for_the_portal(connection.organisation);
        let link = links::timeline(connection.organisation);
        let setback = Setback { failure, counts: String::new(), retry_at: None, link };
        let now = connections::get(tx.conn, &scope, connection.id)?;
        if now.state == connections::State::On {
            connections::went_wrong(tx, &scope, connection.id, &setback, public_url)?;
        }
    }
    Ok(())
}

/// What is told of a batch afterwards.
#[derive(Default)]
struct Told {
    accepted: Vec<EntryId>,
    /// With the reason.
    stuck: Vec<(EntryId, String)>,
}

fn failed(tx: &mut Tx<'_>, item: &Item, failure: &Failure, told: &mut Told) -> Result<(), Refusal> {
    let words = (failure.words.as_str(), failure.repair.as_str());
    let asked = match failure.retry {
        Retry::Later { after: Some(after) } => TimeDelta::from_std(after).ok(),
        _ => None,
    };
    let pause = pacing::pause(item.attempts, item.id.0).max(asked.unwrap_or_default());
    let next = Some(tx.now + pause);
    let too_old = tx.now - item.first_tried_at >= pacing::GIVEN_UP_AFTER;
    match pacing::class(failure.kind) {
        Class::Refused => {
            if store::ended(tx, item, State::Rejected, words)? {
                told.stuck.push((item.id, failure.words.clone()));
            }
        }
        Class::NotTaken | Class::Open if too_old => {
            let words = format!("Tried for three days. The last time: {}", failure.words);
            if store::ended(tx, item, State::Dead, (&words, &failure.repair))? {
                told.stuck.push((item.id, words));
            }
        }
        Class::Open => back(tx, item, State::Uncertain, next, words)?,
        // An entry that is looked up stays uncertain until the look succeeds.
        Class::NotTaken | Class::Locked if item.look_first => back(tx, item, State::Uncertain, next, words)?,
        Class::NotTaken | Class::Locked => back(tx, item, State::Waiting, next, words)?,
    }
    Ok(())
}

/// Puts an entry back in line. One that was certainly not taken and was corrected or withdrawn meanwhile is not sent.
fn back(
    tx: &mut Tx<'_>,
    item: &Item,
    state: State,
    next: Option<chrono::NaiveDateTime>,
    words: (&str, &str),
) -> Result<(), Refusal> {
    if state == State::Waiting && store::is_replaced(tx.conn, item.id)? {
        store::ended(tx, item, State::Cancelled, ("", ""))?;
        return Ok(());
    }
    store::back(tx, item, state, next, words)?;
    Ok(())
}

/// A connection on which nothing succeeds rests; one success is enough for it to go on.
fn rest(tx: &mut Tx<'_>, connection: &Connection, settled: &Settled) -> Result<(), Refusal> {
    let mut pause = store::pause(tx.conn, connection.id)?;
    let before = pause.clone();
    let went_well =
        settled.iter().any(|(_, outcome)| matches!(outcome, Outcome::Accepted(_) | Outcome::NotThere));
    let failures: Vec<&Failure> = settled
        .iter()
        .filter_map(|(_, outcome)| if let Outcome::Failed(failure) = outcome { Some(failure) } else { None })
        .filter(|failure| failure.kind != crate::connectors::FailureKind::EntryRejected)
        .collect();
    if went_well {
        pause.failures = 0;
        pause.until = None;
        pause.because.clear();
    } else {
        let more = i32::try_from(failures.len()).unwrap_or(i32::MAX);
        pause.failures = pause.failures.saturating_add(more);
        if pause.failures >= pacing::RESTS_AFTER && more > 0 {
            pause.until = Some(tx.now + pacing::REST);
        }
    }
    let asked = failures.iter().filter_map(|failure| match failure.retry {
        Retry::Later { after: Some(after) } => TimeDelta::from_std(after).ok(),
        _ => None,
    });
    if let Some(asked) = asked.max() {
        pause.until = pause.until.max(Some(tx.now + asked));
    }
    if let (Some(_), Some(last)) = (pause.until, failures.last()) {
        pause.because.clone_from(&last.words);
    }
    if pause != before {
        store::set_pause(tx, connection.id, &pause)?;
    }
    Ok(())
}

/// One event for a batch that went well, one for each entry that did not, and a letter to managers, once a day.
fn tell(tx: &mut Tx<'_>, connection: &Connection, told: &Told, public_url: &str) -> Result<(), Refusal> {
    let (organisation, vendor) = (connection.organisation, connection.vendor);
    if !told.accepted.is_empty() {
        let count = told.accepted.len();
        let what = if count == 1 { "an entry".to_owned() } else { format!("{count} entries") };
        let event = Event::new("timeline.sent", format!("wrote {what} onto timelines in {vendor}"));
        let event = event.about("connection", connection.id.0).with(&told.accepted);
        audit::append(tx, organisation, &By::the_portal(), event)?;
    }
    for (id, words) in &told.stuck {
        let event = Event::new("timeline.stuck", format!("could not write an entry into {vendor}: {words}"));
        audit::append(tx, organisation, &By::the_portal(), event.about("entry", id.0))?;
    }
    let mut pause = store::pause(tx.conn, connection.id)?;
    if told.stuck.is_empty() || pause.told_at.is_some_and(|at| tx.now - at < TELL_AGAIN) {
        return Ok(());
    }
    pause.told_at = Some(tx.now);
    store::set_pause(tx, connection.id, &pause)?;
    let scope = Scope::<RunSyncs>::for_the_portal(organisation);
    let about = organisations::get(tx.conn, &scope)?;
    for to in letters::managers(tx.conn, organisation)? {
        let letter = EntriesStuck {
            to_name: to.name.clone(),
            organisation: about.name.clone(),
            vendor: vendor.name().to_owned(),
            link: format!("{public_url}{}", links::timeline(organisation)),
        };
        let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
        letters::send(tx, Letter::new(Some(organisation), &to, rendered))?;
    }
    Ok(())
}
