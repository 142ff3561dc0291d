//! What machines ask: is the process alive, may it be sent requests, what has it measured. Answers one word;
//! the reason for a red light is in the log and in `kinbridge check`, not here.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Mutex;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get};
use crate::db::{Db, Target};
use crate::domain::Refusal;
use crate::domain::sealing::{self, Fit};
use crate::services::Services;

/// The measurements, for `/metrics`.
pub struct Meter(pub PrometheusHandle);

pub fn routes() -> Vec<Line> {
    vec![
        get("/healthz", Who::Machine, live),
        get("/readyz", Who::Machine, ready),
        get("/metrics", Who::Machine, measurements),
    ]
}

/// A database that does not answer in this time is not there.
const PATIENCE: Duration = Duration::from_secs(4);

async fn live() -> HttpResponse {
    words(HttpResponse::Ok(), "ok\n")
}

async fn ready(services: web::Data<Services>) -> HttpResponse {
    // One look at a time: a thousand questions are not a thousand looks at the database.
    static LOOKING: Mutex<()> = Mutex::const_new(());
    let look = async {
        let _one = LOOKING.lock().await;
        look(services.into_inner().as_ref().clone()).await
    };
    let found = tokio::time::timeout(PATIENCE, look).await;
    match found.unwrap_or_else(|_late| Err("the database does not answer".into())) {
        Ok(()) => words(HttpResponse::Ok(), "ready\n"),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            words(HttpResponse::ServiceUnavailable(), "not ready\n")
        }
    }
}

async fn look(services: Services) -> Result<(), String> {
    let (db, keys) = (services.db.clone(), services.config.keys.clone());
    let fit: Result<Fit, Refusal> = db.read(move |conn| sealing::check(conn, &keys)).await;
    if let Fit::Refused(cause) = fit.map_err(|cause| cause.to_string())? {
        return Err(cause);
    }
    let looked = web::block(move || tables_and_disk(&services.db)).await;
    looked.unwrap_or_else(|stopped| Err(stopped.to_string()))
}

fn tables_and_disk(db: &Db) -> Result<(), String> {
    let tables = db.migrations().map_err(|cause| cause.to_string())?;
    if !tables.pending.is_empty() || !tables.unknown.is_empty() {
        return Err("the tables are not those of this version".into());
    }
    let Target::Sqlite(path) = db.target() else { return Ok(()) };
    // Written beside the database, since only a write shows whether the disk takes one.
    let probe = path.with_extension("probe");
    let written = std::fs::write(&probe, vec![0; 65_536]);
    let removed = std::fs::remove_file(&probe);
    written.and(removed).map_err(|cause| format!("the disk takes no more: {cause}"))
}

/// For the machine itself and for whoever holds the token; to all others it does not exist.
async fn measurements(request: HttpRequest, services: web::Data<Services>) -> Answer {
    let meter = request.app_data::<web::Data<Meter>>().filter(|_| may_measure(&request, &services));
    let Some(meter) = meter else { return Err(Fault::NotFound) };
    let mut reply = HttpResponse::Ok();
    reply.insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"));
    Ok(reply.insert_header((CACHE_CONTROL, "no-store")).body(meter.0.render()))
}

fn may_measure(request: &HttpRequest, services: &Services) -> bool {
    let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.strip_prefix("Bearer "));
    match &services.config.metrics_token {
        Some(token) => sent.is_some_and(|sent| token.is(sent)),
        None => comes_from_here(request),
    }
}

/// From this machine, and not through a proxy on it.
pub(super) fn comes_from_here(request: &HttpRequest) -> bool {
    let proxied = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];
    let proxied = proxied.iter().any(|name| request.headers().contains_key(*name));
    let peer: Option<IpAddr> = request.peer_addr().map(|peer| peer.ip().to_canonical());
    !proxied && peer.is_some_and(|peer| peer.is_loopback())
}

fn words(mut reply: actix_web::HttpResponseBuilder, words: &'static str) -> HttpResponse {
    reply.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
    reply.insert_header((CACHE_CONTROL, "no-store")).body(words)
}
