//! Syncs: fetches what a requested run wants from its vendor, and hands it to `domain::sync`.
//!
//! Fetching happens outside any transaction and in its own task; what is fetched is nothing until
//! it is settled in one. A process that dies on the way has changed nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;

use super::Outcome;
use crate::connectors::{
    CareSystem, Credential, Failure, FailureKind, PersonRecord, Progress, Record, Retry, SetAside, Snapshot,
    StaffRecord, Vendor, services_listed,
};
use crate::db::Tx;
use crate::domain::access::{RunSyncs, Scope};
use crate::domain::connections::{self, Connection};
use crate::domain::sync::{self, Claim, Ended, List, Staged};
use crate::domain::{Refusal, approvals, visits};
use crate::kit::ids::TokenId;
use crate::services::Services;

/// How often a fetch under way says how far it is; also renews the run's lease.
const SAY_EVERY: Duration = Duration::from_secs(1);

/// How often the lease is renewed while the plan is worked out.
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// Asks for the runs that are due by the schedule.
pub async fn ask_due(services: &Services) -> anyhow::Result<Outcome> {
    let jitter = services.config.nightly_jitter;
    let asked = services.db.write(move |tx| sync::ask_due(tx, jitter)).await?;
    Ok(Outcome::of(asked))
}

/// Takes the next requested run, if there is one.
pub async fn claim(services: &Services) -> anyhow::Result<Option<Claim>> {
    // Looked for without the write lock first: a claim is rare, a look is not.
    let waiting: bool = services.db.read(|conn| sync::any_waiting(conn).map_err(Refusal::from)).await?;
    if !waiting {
        return Ok(None);
    }
    Ok(services.db.write(sync::claim).await?)
}

/// Works off every requested run, one after the other: for tests and the command line.
pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let mut done = 0;
    while let Some(claim) = claim(services).await? {
        work(services, claim).await?;
        done += 1;
    }
    Ok(Outcome::of(done))
}

/// Carries one claimed run to its end.
///
/// # Errors
/// When the portal itself is at fault, after the run was marked as failed.
pub async fn work(services: &Services, claim: Claim) -> anyhow::Result<()> {
    let started = std::time::Instant::now();
    let done = attempt(services, &claim).await;
    let mut fault = None;
    let outcome = match done {
        Ok(ended) => match ended {
            Ended::Done => "done",
            Ended::Partly => "partly",
            Ended::Previewed => "previewed",
            Ended::Held => "held",
            Ended::Discarded => "discarded",
        },
        Err(Stopped::Failed(failure)) => {
            tracing::warn!(run = claim.run.0, kind = failure.kind.id(), "a sync did not finish");
            fail(services, claim, *failure).await?;
            "failed"
        }
        Err(Stopped::Overtaken) => {
            services
                .db
                .write(move |tx| sync::cancelled(tx, &claim))
                .await
                .context("ending a cancelled run")?;
            "cancelled"
        }
        // If even this cannot be written, the lease runs out, and the run is found interrupted and repeated.
        Err(Stopped::Broken(cause)) => {
            fail(services, claim, our_own_fault()).await?;
            fault = Some(cause);
            "broken"
        }
    };
    metrics::counter!("kinbridge_sync_runs_total", "outcome" => outcome).increment(1);
    metrics::histogram!("kinbridge_sync_seconds").record(started.elapsed().as_secs_f64());
    tracing::info!(run = claim.run.0, outcome, "a sync ended");
    fault.map_or(Ok(()), Err)
}

pub(super) async fn fail(services: &Services, claim: Claim, failure: Failure) -> anyhow::Result<()> {
    let url = services.config.public_url.clone();
    services.db.write(move |tx| sync::fail(tx, &claim, &failure, &url)).await.context("failing a run")
}

pub(super) fn our_own_fault() -> Failure {
    Failure {
        // No kind of a vendor's is meant: only the words are shown and kept.
        kind: FailureKind::NetworkError,
        retry: Retry::Later { after: None },
        words: "The portal could not finish this sync because of a fault of its own. Nothing was changed."
            .into(),
        repair: "It is tried again by itself. If this goes on, tell whoever runs Kinbridge.".into(),
    }
}

/// Why a run did not end by itself.
pub(super) enum Stopped {
    Failed(Box<Failure>),
    /// Cancelled by somebody, or taken over by another process.
    Overtaken,
    Broken(anyhow::Error),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Overtaken(_) => Self::Overtaken,
            other => Self::Broken(other.into()),
        }
    }
}

async fn attempt(services: &Services, claim: &Claim) -> Result<Ended, Stopped> {
    let (run, scope, id) = (claim.run, claim.scope::<RunSyncs>(), claim.connection);
    let found = services.db.read(move |conn| {
        let connection = connections::get(conn, &scope, id)?;
        Ok::<_, Refusal>((connection, sync::approved(conn, &scope, run)?))
    });
    let (connection, approved) = found.await?;
    let (staged, approval) = match approved {
        Some(approved) => {
            let staged = serde_json::from_str(&approved.batch);
            let staged = staged.map_err(|cause| Stopped::Broken(cause.into()))?;
            (staged, Some(approved.approval))
        }
        None => (fetch(services, claim, &connection).await?, None),
    };
    let words = "Comparing what both systems say";
    say(services, claim, 0, 0, words).await?;
    let (db, url, claimed) = (services.db.clone(), services.config.public_url.clone(), *claim);
    let system = connection.vendor;
    let mut settling = tokio::task::spawn_blocking(move || {
        let seen = (&staged, approval.as_ref());
        sync::settle_then(&db, &claimed, system, seen, &url, &follow)
    });
    loop {
        tokio::select! {
            settled = &mut settling => return Ok(settled.map_err(|cause| Stopped::Broken(cause.into()))??),
            () = tokio::time::sleep(RENEW_EVERY) => {}
        }
        // Settling notices by itself when the claim is gone.
        let _ = say(services, claim, 0, 0, words).await;
    }
}

/// What follows from a run that was applied.
fn follow(tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
    approvals::after_sync(tx, claim)?;
    if claim.wanted.staff() {
        visits::release(tx, &claim.scope::<RunSyncs>())?;
    }
    Ok(())
}

/// Says something again and again, for as long as nobody stops the run. A moment in which the database
/// is busy is no reason to give up: the lease is longer.
async fn keep_saying<F>(every: Duration, mut say: impl FnMut() -> F) -> Stopped
where
    F: Future<Output = Result<(), Stopped>>,
{
    loop {
        tokio::time::sleep(every).await;
        if let Err(Stopped::Overtaken) = say().await {
            return Stopped::Overtaken;
        }
    }
}

pub(super) async fn say(
    services: &Services,
    claim: &Claim,
    done: usize,
    total: usize,
    words: &str,
) -> Result<(), Stopped> {
    let (claim, words) = (*claim, words.to_owned());
    Ok(services.db.write(move |tx| sync::progress(tx, &claim, done, total, &words)).await?)
}

/// Everything that the run wants, from every token that some service carries.
async fn fetch(services: &Services, claim: &Claim, connection: &Connection) -> Result<Staged, Stopped> {
    let vendor = connection.vendor;
    let system = services.care_systems.get(vendor);
    let system = system.ok_or_else(|| Failure::new(vendor, FailureKind::NotConfigured))?;
    say(services, claim, 0, 0, &format!("Asking {vendor} for its services")).await?;
    let (names, credentials) = services_and_credentials(services, connection, &*system).await?;
    let mut staged = Staged { services: names, ..Staged::default() };
    let counter = Arc::new(Counter::default());
    if let Some(list) = alone(services, claim, &*system, &credentials).await? {
        return Ok(Staged { people: Some(list), alone: true, ..staged });
    }
    if claim.wanted.residents() {
        let words = format!("Asking {vendor} for its residents");
        let mut all = Vec::new();
        for credential in &credentials {
            let reading = system.read_people(credential, &*counter);
            all.push(watched(services, claim, &counter, &words, reading).await?);
        }
        staged.people = Some(join::<PersonRecord>(vendor, all));
    }
    if claim.wanted.staff() {
        let words = format!("Asking {vendor} for its staff");
        let mut all = Vec::new();
        for credential in &credentials {
            let reading = system.read_staff(credential, &*counter);
            all.push(watched(services, claim, &counter, &words, reading).await?);
        }
        staged.staff = Some(join::<StaffRecord>(vendor, all));
    }
    Ok(staged)
}

/// The record of the one resident whom a run is about, where the vendor can be asked for one.
async fn alone(
    services: &Services,
    claim: &Claim,
    system: &dyn CareSystem,
    credentials: &[Credential],
) -> Result<Option<List<PersonRecord>>, Stopped> {
    let (connection, Some(resident)) = (claim.connection, claim.only) else { return Ok(None) };
    let read =
        services.db.read(move |conn| sync::record_of(conn, connection, resident).map_err(Refusal::from));
    let Some(record) = read.await? else { return Ok(None) };
    let mut all = Vec::new();
    for credential in credentials {
        match system.read_person(credential, &record).await? {
            Some(snapshot) => all.push(snapshot),
            None => return Ok(None),
        }
    }
    Ok(Some(join(system.vendor(), all)))
}

/// Names of the services by id, and the credentials that at least one of them carries.
async fn services_and_credentials(
    services: &Services,
    connection: &Connection,
    system: &dyn CareSystem,
) -> Result<(HashMap<String, String>, Vec<Credential>), Stopped> {
    let (asked, keys, now) = (connection.clone(), services.config.keys.clone(), services.clock.now());
    let tokens = services.db.read(move |conn| connections::live_tokens(conn, &keys, &asked, now)).await?;
    let credentials = connections::credentials(&tokens);
    let mut answers = Vec::new();
    let (mut names, mut carried) = (HashMap::new(), HashSet::new());
    for (_, credential) in &credentials {
        let answer = services_listed(system, credential).await;
        // A key that we received is used even where the vendor lists no services.
        if connection.vendor.key_form().is_some() && answer.is_ok() {
            carried.insert(credential.key().to_owned());
        }
        for service in answer.iter().flat_map(|snapshot| &snapshot.records).filter(|service| service.ours()) {
            if service.active {
                names.insert(service.external_id.clone(), service.name.clone());
            }
            carried.extend(service.token_key.clone());
        }
        answers.push(answer);
    }
    let heard = connections::heard(answers)?;
    let (scope, id) = (Scope::<RunSyncs>::for_the_portal(connection.organisation), connection.id);
    let url = services.config.public_url.clone();
    services.db.write(move |tx| connections::note_services(tx, &scope, id, &heard, &url)).await?;
    let used: Vec<(TokenId, Credential)> =
        credentials.into_iter().filter(|(id, _)| carried.contains(&id.to_string())).collect();
    if used.is_empty() {
        return Err(Failure::new(connection.vendor, FailureKind::CredentialRefused).into());
    }
    let ids: Vec<TokenId> = used.iter().map(|(id, _)| *id).collect();
    services.db.write(move |tx| connections::note_used(tx, &ids).map_err(Refusal::from)).await?;
    Ok((names, used.into_iter().map(|(_, credential)| credential).collect()))
}

#[derive(Default)]
pub(super) struct Counter(AtomicUsize);

impl Progress for Counter {
    fn read(&self, records: usize, _bytes: u64) {
        self.0.store(records, Ordering::Relaxed);
    }
}

/// Waits for a list and says once a second how far it is; stops when the run was cancelled.
pub(super) async fn watched<T>(
    services: &Services,
    claim: &Claim,
    counter: &Counter,
    words: &str,
    reading: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Stopped> {
    say(services, claim, 0, 0, words).await?;
    let read_so_far = || counter.0.load(Ordering::Relaxed);
    tokio::select! {
        read = reading => Ok(read?),
        stopped = keep_saying(SAY_EVERY, || say(services, claim, read_so_far(), 0, words)) => Err(stopped),
    }
}

/// The lists of several tokens as one. A record that two tokens brought alike is one record; where they
/// differ nobody can say which of them is the person.
fn join<T: Record>(vendor: Vendor, all: Vec<Snapshot<T>>) -> List<T> {
    let mut hashes: HashMap<String, [u8; 16]> = HashMap::new();
    let mut torn = HashSet::new();
    if all.len() > 1 {
        for record in all.iter().flat_map(|snapshot| &snapshot.records) {
            let (id, hash) = (record.external_id(), record.content_hash());
            if hashes.insert(id.to_owned(), hash).is_some_and(|other| other != hash) {
                torn.insert(id.to_owned());
            }
        }
    }
    let several = all.len() > 1;
    let mut list = List { records: Vec::new(), set_aside: Vec::new() };
    let mut seen = HashSet::new();
    for snapshot in all {
        list.set_aside.extend(snapshot.set_aside);
        for record in snapshot.records {
            if several && !seen.insert(record.external_id().to_owned()) {
                continue;
            }
            if torn.contains(record.external_id()) {
                list.set_aside.push(differs(vendor, &record));
            } else {
                list.records.push(record);
            }
        }
    }
    list
}

fn differs<T: Record>(vendor: Vendor, record: &T) -> SetAside {
    SetAside {
        external_id: Some(record.external_id().to_owned()),
        name: Some(record.full_name()),
        reason: format!("{vendor} sent this person under two tokens with different details."),
        repair: format!(
            "Look in {vendor} for two entries of this name, archive the wrong one, and sync again. If there is \
             only one, tell {vendor}'s support."
        ),
    }
}
