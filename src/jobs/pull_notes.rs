//! Pulls of a vendor whose records are mapped: its sites, students and users, then the session notes that changed
//! since the last pull. Due ones are asked for every minute, by each connection's own cadence.
//!
//! Fetching happens outside any transaction; what is fetched is taken in, mapped and written down in one, with the
//! moment from which the next pull asks. A process that dies on the way has changed nothing.

use anyhow::Context as _;
use chrono::NaiveDateTime;

use super::Outcome;
use super::sync_records::{Counter, Stopped, fail, our_own_fault, say, watched};
use crate::connectors::{
    CareSystem, Credential, Failure, FailureKind, NoteRecord, Retry, SetAside, Snapshot, Vendor,
};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, RunSyncs};
use crate::domain::connections::{self, Connection};
use crate::domain::mapping::{self, Brought, Cadence, People};
use crate::domain::notes::{self, Touched};
use crate::domain::sync::{self, Claim, Pulled, RunState};
use crate::kit::ids::TokenId;
use crate::services::Services;

/// Asks for the pulls that are due.
pub async fn ask_due(services: &Services) -> anyhow::Result<Outcome> {
    // Looked for without the write lock first: on most minutes there is none.
    let now = services.clock.now();
    if !services.db.read(move |conn| mapping::any_due(conn, now)).await? {
        return Ok(Outcome::Idle);
    }
    let asked = services.db.write(mapping::ask_due).await?;
    Ok(Outcome::of(asked))
}

/// Takes the next requested pull, if there is one.
pub async fn claim(services: &Services) -> anyhow::Result<Option<Claim>> {
    let waiting = services.db.read(|conn| sync::any_pull_waiting(conn).map_err(Refusal::from)).await?;
    if !waiting {
        return Ok(None);
    }
    Ok(services.db.write(sync::claim_pull).await?)
}

/// Works off every requested pull, one after the other: for tests and the command line.
pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let mut done = 0;
    while let Some(claim) = claim(services).await? {
        work(services, claim).await?;
        done += 1;
    }
    Ok(Outcome::of(done))
}

/// Carries one claimed pull to its end.
///
/// # Errors
/// When the portal itself is at fault, after the pull was marked as failed.
pub async fn work(services: &Services, claim: Claim) -> anyhow::Result<()> {
    let started = std::time::Instant::now();
    let mut fault = None;
    let outcome = match attempt(services, &claim).await {
        Ok(RunState::Partly) => "partly",
        Ok(_) => "done",
        Err(Stopped::Failed(failure)) => {
            tracing::warn!(run = claim.run.0, kind = failure.kind.id(), "a pull did not finish");
            fail(services, claim, *failure).await?;
            "failed"
        }
        Err(Stopped::Overtaken) => {
            services
                .db
                .write(move |tx| sync::cancelled(tx, &claim))
                .await
                .context("ending a cancelled pull")?;
            "cancelled"
        }
        Err(Stopped::Broken(cause)) => {
            fail(services, claim, our_own_fault()).await?;
            fault = Some(cause);
            "broken"
        }
    };
    metrics::counter!("kinbridge_pulls_total", "outcome" => outcome).increment(1);
    metrics::histogram!("kinbridge_pull_seconds").record(started.elapsed().as_secs_f64());
    tracing::info!(run = claim.run.0, outcome, "a pull ended");
    fault.map_or(Ok(()), Err)
}

/// What a pull brought.
struct Fetched {
    /// None where they were not due.
    people: Option<People>,
    notes: Snapshot<NoteRecord>,
    used: TokenId,
}

async fn attempt(services: &Services, claim: &Claim) -> Result<RunState, Stopped> {
    let (scope, id) = (claim.scope::<RunSyncs>(), claim.connection);
    let known = services.db.read(move |conn| {
        let connection = connections::get(conn, &scope, id)?;
        Ok::<_, Refusal>((connection, mapping::cadence(conn, id)?))
    });
    let (connection, cadence) = known.await?;
    let fetched = fetch(services, claim, &connection, cadence).await?;
    let fetched = believed(services, claim, connection.vendor, fetched).await?;
    let words = "Mapping what came";
    say(services, claim, 0, 0, words).await?;
    let (claim, url) = (*claim, services.config.public_url.clone());
    Ok(services.db.write(move |tx| take_in(tx, &claim, fetched, &url)).await?)
}

async fn fetch(
    services: &Services,
    claim: &Claim,
    connection: &Connection,
    cadence: Cadence,
) -> Result<Fetched, Stopped> {
    let vendor = connection.vendor;
    let system = services.care_systems.get(vendor);
    let system = system.ok_or_else(|| Failure::new(vendor, FailureKind::NotConfigured))?;
    let (asked, keys, now) = (connection.clone(), services.config.keys.clone(), services.clock.now());
    let tokens = services.db.read(move |conn| connections::live_tokens(conn, &keys, &asked, now)).await?;
    // There is one credential, the newest.
    let credential = connections::credentials(&tokens).pop();
    let (used, credential) =
        credential.ok_or_else(|| Failure::new(vendor, FailureKind::CredentialRefused))?;
    let people = if cadence.people_due(claim.cause, now) {
        Some(read_people(services, claim, (&*system, vendor), &credential).await?)
    } else {
        None
    };
    let counter = Counter::default();
    let since = cadence.since().map(|at| at.and_utc());
    let words = format!("Asking {vendor} for its session notes");
    let notes =
        watched(services, claim, &counter, &words, system.read_notes(&credential, since, &counter)).await?;
    Ok(Fetched { people, notes, used })
}

async fn read_people(
    services: &Services,
    claim: &Claim,
    (system, vendor): (&dyn CareSystem, Vendor),
    credential: &Credential,
) -> Result<People, Stopped> {
    let counter = Counter::default();
    let words = |what| format!("Asking {vendor} for its {what}");
    let sites = watched(services, claim, &counter, &words("sites"), system.list_services(credential)).await?;
    let reading = system.read_people(credential, &counter);
    let students = watched(services, claim, &counter, &words("students"), reading).await?;
    let counter = Counter::default();
    let reading = system.read_staff(credential, &counter);
    let users = watched(services, claim, &counter, &words("users"), reading).await?;
    Ok(People { sites: brought(sites), students: brought(students), users: brought(users) })
}

fn brought<T>(snapshot: Snapshot<T>) -> Brought<T> {
    Brought { records: snapshot.records, set_aside: snapshot.set_aside }
}

/// A vendor that lists nothing where it listed something before is not believed, and nothing is changed.
async fn believed(
    services: &Services,
    claim: &Claim,
    vendor: Vendor,
    mut fetched: Fetched,
) -> Result<Fetched, Stopped> {
    let Some(people) = fetched.people.take() else { return Ok(fetched) };
    let id = claim.connection;
    let (people, doubt) = services
        .db
        .read(move |conn| {
            let doubt = mapping::not_believed(conn, id, &people)?;
            Ok::<_, Refusal>((people, doubt))
        })
        .await?;
    if let Some(words) = doubt {
        let failure = Failure {
            kind: FailureKind::NoContent,
            retry: Retry::Later { after: None },
            words: format!("{words} Nothing was changed."),
            repair: format!(
                "It is tried again by itself. If this goes on, look in {vendor} whether they are there, and \
                 whether the token may see them."
            ),
        };
        return Err(failure.into());
    }
    fetched.people = Some(people);
    Ok(fetched)
}

/// Everything that came, in one transaction with the end of the run and the moment from which the next one asks.
fn take_in(tx: &mut Tx<'_>, claim: &Claim, fetched: Fetched, public_url: &str) -> Result<RunState, Refusal> {
    // First, so that a claim that is gone writes nothing.
    sync::progress(tx, claim, 0, 0, "Writing down what came")?;
    let (scope, connection) = (claim.scope::<RunSyncs>(), claim.connection);
    let mut pulled = Pulled::default();
    let pairing = claim.scope::<PairRecords>();
    if let Some(people) = &fetched.people {
        let taken = mapping::take_people(tx, &scope, connection, Some(claim.run), people)?;
        pulled.parts.push(("sites".to_owned(), taken.sites));
        pulled.parts.push(("students".to_owned(), taken.students));
        pulled.parts.push(("users".to_owned(), taken.users));
        pulled.parts.push(("mapped by rule".to_owned(), taken.followed.total()));
        aside(&mut pulled, "site", &people.sites.set_aside);
        aside(&mut pulled, "student", &people.students.set_aside);
        aside(&mut pulled, "user", &people.users.set_aside);
        if taken.followed.total() > 0 {
            // Notes that came earlier may have waited for them; those of this pull are looked at as they are taken in.
            notes::match_waiting(tx, &pairing, connection, Some(claim.run), &Touched::Everything)?;
        }
    }
    let newest = newest(&fetched.notes.records);
    pulled.parts.push(("session notes".to_owned(), fetched.notes.records.len()));
    aside(&mut pulled, "session note", &fetched.notes.set_aside);
    let taken = notes::take(tx, &pairing, connection, claim.run, fetched.notes.records)?;
    pulled.parts.push(("notes mapped".to_owned(), taken.mapped));
    pulled.parts.push(("appointments rendered".to_owned(), taken.rendered));
    mapping::pulled(tx, claim, fetched.people.is_some(), newest)?;
    connections::note_used(tx, &[fetched.used])?;
    sync::finish_pull(tx, claim, &pulled, public_url)
}

fn aside(pulled: &mut Pulled, subject: &'static str, set_aside: &[SetAside]) {
    pulled.problems.extend(set_aside.iter().cloned().map(|one| (subject, one)));
}

/// The newest change among the notes that came.
fn newest(notes: &[NoteRecord]) -> Option<NaiveDateTime> {
    notes.iter().filter_map(|note| note.modified_at.or(note.published_at)).max().map(|at| at.naive_utc())
}
