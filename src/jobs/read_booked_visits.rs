//! Asks other organisations for the visits that were booked with them, calls off what was cancelled, and reads what
//! became of the others. Claimed in a batch, one after the other at each service, so that nobody is made a patient twice.
//!
//! What may have been sent before is looked up before it is sent again. Nothing here waits for a timer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tracing::warn;

use super::Outcome;
use crate::connectors::{Credential, Failure, FailureKind, Retry, VisitRecord, VisitService};
use crate::domain::Refusal;
use crate::domain::booked_visits::{self, Due, State};
use crate::domain::connections::{self, Connection};
use crate::kit::ids::ConnectionId;
use crate::services::Services;

/// Services that are asked at the same time.
const AT_ONCE: usize = 4;
/// Bookings of one claim.
const BATCH: i64 = 50;
/// Nothing is begun later than this after a claim: the lease is longer by more than one booking can take.
const BEGIN_WITHIN: Duration = Duration::from_mins(4);

/// One booking's connection, with what opens it.
struct Line<'a> {
    services: &'a Services,
    service: &'a dyn VisitService,
    credential: &'a Credential,
}

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let now = services.clock.now();
    let any: Result<bool, Refusal> =
        services.db.read(move |conn| Ok(booked_visits::any_due(conn, now)?)).await;
    if !any? {
        return Ok(Outcome::Idle);
    }
    let begun = Instant::now();
    let due = services.db.write(|tx| booked_visits::claim(tx, BATCH)).await?;
    let many = due.len();
    let mut by_connection: BTreeMap<ConnectionId, Vec<Due>> = BTreeMap::new();
    for one in due {
        by_connection.entry(one.connection.id).or_default().push(one);
    }
    futures_util::stream::iter(by_connection)
        .for_each_concurrent(AT_ONCE, |(id, due)| async move {
            if let Err(cause) = at_one_service(services, due, begun).await {
                warn!(connection = id.0, %cause, "booked visits could not be kept");
            }
        })
        .await;
    Ok(Outcome::of(many))
}

async fn at_one_service(services: &Services, due: Vec<Due>, begun: Instant) -> Result<(), Refusal> {
    let Some(connection) = due.first().map(|one| one.connection.clone()) else { return Ok(()) };
    let service = services.care_systems.visits(connection.vendor);
    let credential = credential(services, &connection).await?;
    let (Some(service), Some(credential)) = (service, credential) else {
        for one in due {
            services.db.write(move |tx| booked_visits::wait_for_key(tx, &one)).await?;
        }
        return Ok(());
    };
    let line = Line { services, service: service.as_ref(), credential: &credential };
    let mut failed: Option<Failure> = None;
    let mut answered = false;
    for one in due {
        if let Some(failure) = &failed {
            let failure = failure.clone();
            services.db.write(move |tx| booked_visits::put_off(tx, &one, &failure)).await?;
            continue;
        }
        if begun.elapsed() > BEGIN_WITHIN {
            services.db.write(move |tx| booked_visits::give_back(tx, &one)).await?;
            continue;
        }
        match line.work(&one).await? {
            Ok(()) => answered = true,
            Err(failure) => {
                let kept = failure.clone();
                services.db.write(move |tx| booked_visits::put_off(tx, &one, &kept)).await?;
                // Whoever does not answer one question does not answer the next.
                failed = is_of_the_line(&failure).then_some(failure);
            }
        }
    }
    let (id, url) = (connection.id, services.config.public_url.clone());
    let rested =
        connection.failures > 0 || connection.last_good_at.is_none_or(|at| services.clock.now() - at > QUIET);
    match failed {
        Some(failure) => {
            services.db.write(move |tx| connections::service_failed(tx, id, &failure, &url)).await?;
        }
        None if answered && rested => {
            services.db.write(move |tx| Ok::<_, Refusal>(connections::service_answered(tx, id)?)).await?;
        }
        None => {}
    }
    Ok(())
}

/// A connection that answers is noted to do so no more often than this.
const QUIET: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// Whether a failure is one of the connection, and not of what was asked.
fn is_of_the_line(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::NotFound
        | FailureKind::Rejected
        | FailureKind::EntryRejected
        | FailureKind::AllRecordsBroken => false,
        _ => !matches!(failure.retry, Retry::NeedsPerson) || failure.kind.answered(),
    }
}

async fn credential(services: &Services, connection: &Connection) -> Result<Option<Credential>, Refusal> {
    if !connection.usable() {
        return Ok(None);
    }
    let (of, keys, now) = (connection.clone(), services.config.keys.clone(), services.clock.now());
    let tokens = services.db.read(move |conn| connections::live_tokens(conn, &keys, &of, now)).await?;
    Ok(connections::credentials(&tokens).into_iter().next().map(|(_, credential)| credential))
}

/// What one booking came to: settled, or why it has to be asked again.
type Settled = Result<Result<(), Failure>, Refusal>;

impl Line<'_> {
    async fn work(&self, due: &Due) -> Settled {
        match due.booked.state {
            State::Asked => self.book(due).await,
            State::Cancelling => self.call_off(due).await,
            _ if due.booked.remote_id.is_empty() => self.refused(due, "It was never booked.").await,
            _ => self.look(due).await,
        }
    }

    async fn book(&self, due: &Due) -> Settled {
        if due.was_asked {
            match self.service.find_visit(self.credential, &due.booked.external_ref).await {
                Ok(Some(record)) => return self.took(due, record).await,
                Ok(None) => {}
                Err(failure) => return Ok(Err(failure)),
            }
        }
        if due.booked.starts_at.is_some_and(|starts| starts <= self.services.clock.now()) {
            return self.refused(due, "The window had begun before the service took the booking.").await;
        }
        let booked = due.booked.clone();
        let order = self.services.db.read(move |conn| booked_visits::order(conn, &booked)).await?;
        let mut order = match order {
            Ok(order) => order,
            Err(words) => return self.refused(due, &words).await,
        };
        if order.visit.patient.is_empty() {
            order.visit.patient = match self.patient(due, &order).await? {
                Ok(patient) => patient,
                Err(failure) => return self.settle_failure(due, failure).await,
            };
        }
        match self.service.book(self.credential, &order.visit).await {
            Ok(record) => self.took(due, record).await,
            Err(failure) => self.settle_failure(due, failure).await,
        }
    }

    /// The patient as whom the service knows the resident, made where there is none.
    async fn patient(
        &self,
        due: &Due,
        order: &booked_visits::Order,
    ) -> Result<Result<String, Failure>, Refusal> {
        let found = match self.service.find_patient(self.credential, &order.patient.external_ref).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => self.service.create_patient(self.credential, &order.patient).await,
            Err(failure) => Err(failure),
        };
        if let Ok(patient) = &found {
            let (id, patient) = (due.booked.id, patient.clone());
            self.services
                .db
                .write(move |tx| Ok::<_, Refusal>(booked_visits::note_patient(tx, id, &patient)?))
                .await?;
        }
        Ok(found)
    }

    /// What the service will not take is for a person to read; all else is asked again.
    async fn settle_failure(&self, due: &Due, failure: Failure) -> Settled {
        if failure.kind == FailureKind::EntryRejected {
            return self.refused(due, &format!("{} {}", failure.words, failure.repair)).await;
        }
        Ok(Err(failure))
    }

    async fn look(&self, due: &Due) -> Settled {
        match self.service.visit(self.credential, &due.booked.remote_id).await {
            Ok(record) => self.took(due, record).await,
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn call_off(&self, due: &Due) -> Settled {
        let id = if due.booked.remote_id.is_empty() {
            match self.service.find_visit(self.credential, &due.booked.external_ref).await {
                Ok(Some(record)) => record.id,
                Ok(None) => return self.called_off(due, None, String::new()).await,
                Err(failure) => return Ok(Err(failure)),
            }
        } else {
            due.booked.remote_id.clone()
        };
        let words = match self.service.cancel(self.credential, &id, &due.cancelling()).await {
            Ok(()) => String::new(),
            // It may be cancelled already, by an attempt whose answer was lost: what it says of the visit counts.
            Err(failure) if failure.kind == FailureKind::EntryRejected => failure.words,
            Err(failure) => return Ok(Err(failure)),
        };
        match self.service.visit(self.credential, &id).await {
            Ok(record) => self.called_off(due, Some(record), words).await,
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn took(&self, due: &Due, record: VisitRecord) -> Settled {
        let due = due.clone();
        let kept = self.services.db.write(move |tx| booked_visits::took(tx, &due, &record).map(drop));
        kept.await.map(Ok)
    }

    async fn called_off(&self, due: &Due, record: Option<VisitRecord>, words: String) -> Settled {
        let due = due.clone();
        let kept =
            self.services.db.write(move |tx| booked_visits::called_off(tx, &due, (record.as_ref(), &words)));
        kept.await.map(Ok)
    }

    async fn refused(&self, due: &Due, words: &str) -> Settled {
        let (due, words) = (due.clone(), words.to_owned());
        self.services.db.write(move |tx| booked_visits::refused(tx, &due, &words)).await.map(Ok)
    }
}
