//! The HTTP server from its socket to its last answer.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::signal::unix::{SignalKind, signal as unix_signal};

use super::{StartFailure, requests};
use crate::services::Services;
use crate::web::health::Meter;
use crate::{api, jobs, web as portal};

/// A whole head must arrive in this time.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// An unused connection is closed after this; a stop waits for it.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long a stop waits for answers under way.
const LAST_ANSWERS: u64 = 20;
/// How long connections that were taken before a stop have to reach a worker.
const HAND_OUT: Duration = Duration::from_millis(200);
const CONNECTIONS_PER_WORKER: usize = 4096;
/// The readers' pool has four connections; more threads would only wait for them.
const BLOCKING_THREADS_PER_WORKER: usize = 8;
/// How often finished measurements are drained.
const UPKEEP: Duration = Duration::from_secs(5);

/// Takes the address, so that a port in use is noticed before anything else is started.
pub fn listen(address: SocketAddr) -> Result<TcpListener, StartFailure> {
    TcpListener::bind(address).map_err(|cause| StartFailure::Listen(address, cause))
}

/// Serves until `stop` comes, then lets answers and jobs under way finish.
pub async fn run(
    services: Services,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), StartFailure> {
    let meter = measure()?;
    let upkeep = tokio::spawn(keep_up(meter.clone()));
    let workers = services.config.running.workers;
    let address = listener.local_addr().map_err(StartFailure::Server)?;
    let shared = (web::Data::new(services.clone()), web::Data::new(Meter(meter)));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.0.clone())
            .app_data(shared.1.clone())
            .wrap(from_fn(portal::gate))
            .wrap(from_fn(requests::uncompressed_events))
            .wrap(Compress::default())
            .wrap(from_fn(requests::at_home))
            .wrap(from_fn(requests::bounded))
            .wrap(from_fn(requests::caught))
            .wrap(from_fn(requests::recorded))
            .configure(api::mount)
            .configure(portal::routes::mount)
    })
    .workers(workers)
    .worker_max_blocking_threads(BLOCKING_THREADS_PER_WORKER)
    .max_connections(CONNECTIONS_PER_WORKER)
    .client_request_timeout(HEAD_TIME)
    .client_disconnect_timeout(HEAD_TIME)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(LAST_ANSWERS)
    .disable_signals()
    .listen(listener)
    .map_err(|cause| StartFailure::Listen(address, cause))?
    .run();
    let jobs = jobs::start(services);
    let handle = server.handle();
    let serving = tokio::spawn(server);
    tracing::info!(%address, workers, "ready");
    stop.await;
    tracing::info!("stopping: answers and jobs under way are finished first");
    // A stopping worker drops the connections that wait for it, so they are handed out first.
    handle.pause().await;
    tokio::time::sleep(HAND_OUT).await;
    tokio::join!(handle.stop(true), jobs.stop());
    upkeep.abort();
    let ended = serving.await.unwrap_or_else(|cause| Err(std::io::Error::other(cause)));
    tracing::info!("stopped");
    ended.map_err(StartFailure::Server)
}

/// Comes when the process is asked to end: SIGTERM or Ctrl-C. A second Ctrl-C does not wait.
pub async fn signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (unix_signal(SignalKind::terminate()), unix_signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be waited for; the portal ends only by force");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        interrupt.recv().await;
        std::process::exit(130);
    });
}

fn measure() -> Result<PrometheusHandle, StartFailure> {
    let seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|cause| StartFailure::Measurements(cause.to_string()))
}

/// Without this, histograms keep every sample until somebody asks for them.
async fn keep_up(meter: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        meter.run_upkeep();
    }
}
