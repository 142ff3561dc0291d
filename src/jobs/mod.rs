//! The timetable: work that nobody asks for by hand, and the runs that somebody did.
//!
//! A ticker rings once a minute and a bell (`Services::wake`) rings when a run is asked for; both
//! only start looking. What is due stands in the database and is claimed there, so that late starts
//! catch up, nothing runs twice, and any number of processes share the work. Each job is a function
//! that is safe to run twice; tests call it and wait for no timer.

pub mod answer_resets;
pub mod credentials;
pub mod deliver_letters;
pub mod deliver_webhooks;
pub mod keep_messages;
pub mod pull_notes;
pub mod purge;
pub mod push_timeline;
pub mod read_booked_visits;
pub mod read_services;
pub mod read_tasks;
pub mod remind_patients;
pub mod staff_access;
pub mod sync_records;
pub mod tend_families;
pub mod weekly_reports;
pub mod write_digests;
pub mod write_nights;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::services::Services;

/// Whether a job found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Worked(usize),
    Idle,
}

impl Outcome {
    fn of(done: usize) -> Self {
        if done == 0 { Self::Idle } else { Self::Worked(done) }
    }
}

/// Vendors that are asked at the same time, so that one that hangs holds nobody else up.
const AT_ONCE: usize = 4;

/// How long a stop waits for runs under way. One that takes longer is found interrupted by the next
/// start, and run again.
const PATIENCE: Duration = Duration::from_secs(20);

/// The jobs under way.
pub struct Running {
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
    /// Apart from the others, so that a mail server that hangs holds none of them up.
    letters: JoinHandle<()>,
    /// The same, since a receiver may hang.
    webhooks: JoinHandle<()>,
    ticker: JoinHandle<()>,
}

/// Starts the timetable on the current runtime.
pub fn start(services: Services) -> Running {
    let (stop, stopped) = watch::channel(false);
    let tick = Arc::new(Notify::new());
    let ticker = tokio::spawn(ring_every_minute(Arc::clone(&tick), stopped.clone()));
    let letters = tokio::spawn(deliver_letters::keep_delivering(services.clone(), stopped.clone()));
    let webhooks = tokio::spawn(deliver_webhooks::keep_delivering(services.clone(), stopped.clone()));
    let pusher = Arc::new(Notify::new());
    let push = tokio::spawn(push(services.clone(), Arc::clone(&pusher), stopped.clone()));
    let booker = Arc::new(Notify::new());
    let book = tokio::spawn(book(services.clone(), Arc::clone(&booker), stopped.clone()));
    let work = tokio::spawn(async move {
        work(services, tick, [pusher, booker], stopped).await;
        let _ = futures_util::future::join(push, book).await;
    });
    Running { stop, work, letters, webhooks, ticker }
}

impl Running {
    /// Ends the jobs and waits for those at work.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let all = futures_util::future::join3(self.work, self.letters, self.webhooks);
        let _ = tokio::time::timeout(PATIENCE, all).await;
        self.ticker.abort();
    }
}

/// The scheduler's one entry; schedules themselves are rows of the database.
async fn ring_every_minute(tick: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    match ticker(tick).await {
        Ok(mut scheduler) => {
            let _ = stopped.changed().await;
            let _ = scheduler.shutdown().await;
        }
        Err(cause) => tracing::error!(%cause, "the timetable did not start; restart the portal"),
    }
}

async fn ticker(tick: Arc<Notify>) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let every_minute = Job::new_async("0 * * * * *", move |_, _| {
        let tick = Arc::clone(&tick);
        Box::pin(async move { tick.notify_one() })
    })?;
    scheduler.add(every_minute).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

/// Entries for the care record, at every ring: beside the other jobs, since a vendor may keep it waiting.
async fn push(services: Services, ring: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    loop {
        let stop = stopped.clone();
        report("push_timeline", push_timeline::run_until(&services, || *stop.borrow()).await.map(drop));
        tokio::select! {
            () = ring.notified() => {}
            _ = stopped.changed() => return,
        }
    }
}

/// Visits that are booked elsewhere, at every ring: apart for the same reason.
async fn book(services: Services, ring: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    loop {
        report("read_booked_visits", read_booked_visits::run(&services).await.map(drop));
        tokio::select! {
            () = ring.notified() => {}
            _ = stopped.changed() => return,
        }
    }
}

async fn work(
    services: Services,
    tick: Arc<Notify>,
    beside: [Arc<Notify>; 2],
    mut stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    // A start is a tick too: what was missed while nothing ran is caught up with at once.
    housekeeping(&services).await;
    loop {
        start_requested(&services, &places).await;
        // Whoever asked for a new password waits for the letter.
        report("answer_resets", answer_resets::run(&services).await.map(drop));
        tokio::select! {
            () = tick.notified() => housekeeping(&services).await,
            () = services.wake.notified() => {}
            _ = stopped.changed() => break,
        }
        for ring in &beside {
            ring.notify_one();
        }
    }
    // All places back: nothing is under way.
    let all = u32::try_from(AT_ONCE).unwrap_or(1);
    let _ = places.acquire_many(all).await;
    report("keep_messages", keep_messages::run(&services).await.map(drop));
}

/// Every job of the minute, one after the other; one that fails is logged and holds up none.
async fn housekeeping(services: &Services) {
    report("ask_due", sync_records::ask_due(services).await.map(drop));
    report("pull_notes", pull_notes::ask_due(services).await.map(drop));
    report("read_services", read_services::run(services).await);
    report("answer_resets", answer_resets::run(services).await.map(drop));
    report("read_tasks", read_tasks::run(services).await);
    report("tend_families", tend_families::run(services).await.map(drop));
    report("write_digests", write_digests::run(services).await.map(drop));
    report("write_nights", write_nights::run(services).await.map(drop));
    report("remind_patients", remind_patients::run(services).await.map(drop));
    report("weekly_reports", weekly_reports::run(services).await.map(drop));
    report("credentials", credentials::run(services).await.map(drop));
    report("staff_access", staff_access::run(services).await.map(drop));
    report("keep_messages", keep_messages::run(services).await.map(drop));
    report("purge", purge::run(services).await.map(drop));
}

async fn start_requested(services: &Services, places: &Arc<Semaphore>) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        match sync_records::claim(services).await {
            Ok(Some(claim)) => {
                let services = services.clone();
                tokio::spawn(async move {
                    report("sync_records", sync_records::work(&services, claim).await);
                    // A sync brings the tasks too, for whoever waits at the screen.
                    report("read_tasks", read_tasks::run(&services).await);
                    report("keep_messages", keep_messages::run(&services).await.map(drop));
                    drop(place);
                    // The next in line, if there is one.
                    services.wake.notify_one();
                });
            }
            Ok(None) => break,
            Err(cause) => return report("claim", Err(cause)),
        }
    }
    start_pulls(services, places).await;
}

async fn start_pulls(services: &Services, places: &Arc<Semaphore>) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        match pull_notes::claim(services).await {
            Ok(Some(claim)) => {
                let services = services.clone();
                tokio::spawn(async move {
                    report("pull_notes", pull_notes::work(&services, claim).await);
                    report("keep_messages", keep_messages::run(&services).await.map(drop));
                    drop(place);
                    services.wake.notify_one();
                });
            }
            Ok(None) => return,
            Err(cause) => return report("claim_pull", Err(cause)),
        }
    }
}

fn report(job: &'static str, done: anyhow::Result<()>) {
    match done {
        Ok(()) => metrics::counter!("kinbridge_jobs_total", "job" => job, "outcome" => "done").increment(1),
        Err(cause) => {
            metrics::counter!("kinbridge_jobs_total", "job" => job, "outcome" => "failed").increment(1);
            tracing::error!(job, %cause, "a job failed; it is tried again in a minute");
        }
    }
}
