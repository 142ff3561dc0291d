//! How syncs of a connection went, and who is told: once in a row of failures, then daily, then when it
//! works again. Letters hold counts and links, never names of residents.

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use diesel::QueryResult;

use super::services::is_about_the_token;
use super::status::STALE_AFTER;
use super::store::{self, About, Health};
use super::{Connection, State, get, unwritten};
use crate::connectors::{Failure, FailureKind};
use crate::db::Tx;
use crate::domain::access::{By, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Letter, Recipient};
use crate::domain::refusal::Refusal;
use crate::kit::ids::ConnectionId;
use crate::links;
use crate::mail::{Rendered, RunHeld, SyncFailed, SyncSilent, SyncWorkingAgain, TokenRefused, moment};

/// A row of failures is told of again after this.
const TELL_AGAIN: TimeDelta = TimeDelta::hours(24);

/// A sync that did not finish.
#[derive(Clone, Debug)]
pub struct Setback {
    pub failure: Failure,
    /// "5 of 8 residents were checked. 3 were not.", or empty.
    pub counts: String,
    /// When the portal tries again by itself.
    pub retry_at: Option<NaiveDateTime>,
    /// The path of the run's page.
    pub link: String,
}

/// A sync that a guard stopped.
#[derive(Clone, Debug)]
pub struct Held {
    /// "12 of 14 residents would leave."
    pub because: String,
    /// The path of the run's page.
    pub link: String,
}

/// A sync has finished well. `link` is the path of the run's page.
pub fn went_well<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    link: &str,
    public_url: &str,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, connection)?;
    if before.alerted_at.is_some() {
        let (about, when) = told_of(tx, &before)?;
        tell(tx, &before, |to| {
            let letter = SyncWorkingAgain {
                to_name: to.name.clone(),
                organisation: about.name.clone(),
                vendor: before.vendor.name().to_owned(),
                when: when.clone(),
                link: format!("{public_url}{link}"),
            };
            letter.render()
        })?;
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
    store::set_health(tx, connection, &health)?;
    if before.state == State::Relink {
        store::set_state(tx, connection, State::On)?;
    }
    Ok(())
}

/// A sync has failed. A refused token makes the connection *relink needed*: it is not tried again until
/// somebody has repaired it. One that waits for the other side goes on waiting.
pub fn went_wrong<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    setback: &Setback,
    public_url: &str,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, connection)?;
    let failure = &setback.failure;
    if is_about_the_token(failure.kind) {
        if before.state == State::On {
            store::set_state(tx, connection, State::Relink)?;
        }
        return if before.state == State::Off { Ok(()) } else { relink(tx, &before, failure, public_url) };
    }
    let tell_now = before.alerted_at.is_none_or(|at| tx.now - at >= TELL_AGAIN);
    let (mut alerted_at, mut alerted_whom) = (before.alerted_at, before.alerted_whom.clone());
    if tell_now {
        alerted_at = Some(tx.now);
        alerted_whom = tell_of_failure(tx, &before, setback, public_url)?;
    }
    let health = Health {
        last_tried_at: Some(tx.now),
        last_failure: failure.words.clone(),
        last_repair: failure.repair.clone(),
        failures: before.failures.saturating_add(1),
        failing_since: before.failing_since.or(Some(tx.now)),
        alerted_at,
        alerted_whom,
        retry_at: setback.retry_at,
        ..Health::of(&before)
    };
    store::set_health(tx, connection, &health)?;
    Ok(())
}

fn tell_of_failure(
    tx: &mut Tx<'_>,
    connection: &Connection,
    setback: &Setback,
    public_url: &str,
) -> Result<String, Refusal> {
    let (about, when) = told_of(tx, connection)?;
    let next = match setback.retry_at {
        Some(at) => format!("we try again on {}.", moment(at, zone(&about))),
        None => "we try again with the next nightly sync.".to_owned(),
    };
    tell(tx, connection, |to| {
        let letter = SyncFailed {
            to_name: to.name.clone(),
            organisation: about.name.clone(),
            vendor: connection.vendor.name().to_owned(),
            when: when.clone(),
            counts: setback.counts.clone(),
            cause: setback.failure.words.clone(),
            next: next.clone(),
            repair: setback.failure.repair.clone(),
            link: format!("{public_url}{}", setback.link),
        };
        letter.render()
    })
}

/// The vendor refuses our token: kept, told once and recorded. The caller sets the state.
pub(super) fn relink(
    tx: &mut Tx<'_>,
    before: &Connection,
    failure: &Failure,
    public_url: &str,
) -> Result<(), Refusal> {
    let form = before.vendor.key_form();
    let what = match form {
        _ if before.vendor.about().mapped => "the credentials",
        Some(_) => "the key",
        None => "our token",
    };
    let found = format!("found that {} does not take {what} any more", before.vendor);
    // One that waits again has been told of already, when its services were lost.
    let is_new = (before.state == State::On).then_some(("connection.relink", found));
    let refused = form.filter(|_| failure.kind == FailureKind::CredentialRefused).map(|form| form.refused);
    let words = refused.map_or((failure.words.as_str(), failure.repair.as_str()), in_two);
    broken(tx, before, words, is_new, public_url)
}

/// What happened, and what to do: the first sentence and the others.
fn in_two(words: &str) -> (&str, &str) {
    let end = words.find(". ").map_or(words.len(), |at| at + 1);
    let (first, rest) = words.split_at(end);
    (first, rest.trim_start())
}

/// The vendor answers, and lists no service with our token where it did before: the connection waits again.
pub(super) fn lost(tx: &mut Tx<'_>, before: &Connection, public_url: &str) -> Result<(), Refusal> {
    let vendor = before.vendor;
    let words = format!("{vendor} lists no service with our token any more.");
    let repair = format!(
        "Check in {vendor}, under Administration > Extensions, that the token is pasted and every location \
         shows On."
    );
    let found = format!("found that {vendor} lists no service with our token any more");
    let is_new = (before.state == State::On).then_some(("connection.lost", found));
    broken(tx, before, (&words, &repair), is_new, public_url)
}

/// Nothing is wrong any more. Whoever was told hears of it with the first good sync.
pub(super) fn calm(tx: &mut Tx<'_>, before: &Connection) -> QueryResult<()> {
    // A failed sync stays on the page until one has gone well: that the services can be read is not enough.
    if before.state == State::On && before.failures > 0 {
        return Ok(());
    }
    let (last_failure, last_repair) = (String::new(), String::new());
    let calm = Health { last_failure, last_repair, failures: 0, failing_since: None, ..Health::of(before) };
    store::set_health(tx, before.id, &calm)
}

fn broken(
    tx: &mut Tx<'_>,
    before: &Connection,
    (words, repair): (&str, &str),
    is_new: Option<(&'static str, String)>,
    public_url: &str,
) -> Result<(), Refusal> {
    let mut health = Health {
        last_tried_at: Some(tx.now),
        last_failure: words.to_owned(),
        last_repair: repair.to_owned(),
        failures: before.failures.saturating_add(1),
        failing_since: before.failing_since.or(Some(tx.now)),
        retry_at: None,
        ..Health::of(before)
    };
    if let Some((verb, found)) = is_new {
        let (about, when) = told_of(tx, before)?;
        health.alerted_at = Some(tx.now);
        health.alerted_whom = tell(tx, before, |to| {
            let letter = TokenRefused {
                to_name: to.name.clone(),
                organisation: about.name.clone(),
                vendor: before.vendor.name().to_owned(),
                when: when.clone(),
                cause: words.to_owned(),
                repair: repair.to_owned(),
                secret: if before.vendor.key_form().is_some() { "key" } else { "token" }.to_owned(),
                link: format!("{public_url}{}", repaired_at(before)),
            };
            letter.render()
        })?;
        let event = Event::new(verb, found).about("connection", before.id.0);
        audit::append(tx, before.organisation, &By::the_portal(), event)?;
    }
    store::set_health(tx, before.id, &health)?;
    Ok(())
}

/// The path of the page where a token is made or a key entered.
fn repaired_at(connection: &Connection) -> String {
    let (organisation, vendor) = (connection.organisation, connection.vendor);
    match vendor.key_form() {
        _ if vendor.about().mapped => links::synchronization_connection(organisation),
        Some(_) => links::integration(organisation, vendor.id()),
        None => links::settings_website(organisation),
    }
}

/// Tells super managers, once in a row, that a connection is on, says nothing is wrong, and has had no good sync for
/// more than a night.
pub fn warn_silent(tx: &mut Tx<'_>, public_url: &str) -> Result<(), Refusal> {
    for connection in store::silent(tx.conn, tx.now - STALE_AFTER)? {
        // Whoever has a held sync before them has been told why.
        if store::held_since(tx.conn, connection.id)?.is_some() {
            continue;
        }
        let about = store::organisation(tx.conn, connection.organisation)?.ok_or(Refusal::NotHere)?;
        let last = moment(connection.last_good_at.unwrap_or(tx.now), zone(&about));
        let alerted_whom = tell(tx, &connection, |to| {
            let letter = SyncSilent {
                to_name: to.name.clone(),
                organisation: about.name.clone(),
                vendor: connection.vendor.name().to_owned(),
                last: last.clone(),
                link: format!("{public_url}{}", links::integrations(connection.organisation)),
            };
            letter.render()
        })?;
        let told = Health { alerted_at: Some(tx.now), alerted_whom, ..Health::of(&connection) };
        store::set_health(tx, connection.id, &told)?;
        let words = format!("found that no sync with {} went well for more than a day", connection.vendor);
        let event = Event::new("connection.silent", words).about("connection", connection.id.0);
        audit::append(tx, connection.organisation, &By::the_portal(), event)?;
    }
    Ok(())
}

/// A guard has stopped a sync: super managers are asked to decide.
pub fn held<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    held: &Held,
    public_url: &str,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, connection)?;
    let (about, when) = told_of(tx, &before)?;
    let alerted_whom = tell(tx, &before, |to| {
        let letter = RunHeld {
            to_name: to.name.clone(),
            organisation: about.name.clone(),
            vendor: before.vendor.name().to_owned(),
            when: when.clone(),
            because: held.because.clone(),
            link: format!("{public_url}{}", held.link),
        };
        letter.render()
    })?;
    // Not `alerted_at`: that starts a row of failures, which this is not.
    store::set_health(tx, connection, &Health { alerted_whom, ..Health::of(&before) })?;
    Ok(())
}

fn told_of(tx: &mut Tx<'_>, connection: &Connection) -> Result<(About, String), Refusal> {
    let about = store::organisation(tx.conn, connection.organisation)?.ok_or(Refusal::NotHere)?;
    let when = moment(tx.now, zone(&about));
    Ok((about, when))
}

fn zone(about: &About) -> Tz {
    about.time_zone.parse().unwrap_or(Tz::Europe__London)
}

/// Writes to every super manager; gives their names for the screen.
fn tell(
    tx: &mut Tx<'_>,
    connection: &Connection,
    letter: impl Fn(&Recipient) -> askama::Result<Rendered>,
) -> Result<String, Refusal> {
    let told = letters::super_managers(tx.conn, connection.organisation)?;
    for to in &told {
        let rendered = letter(to).map_err(unwritten)?;
        letters::send(tx, Letter::new(Some(connection.organisation), to, rendered))?;
    }
    Ok(told.into_iter().map(|to| to.name).collect::<Vec<_>>().join(", "))
}
