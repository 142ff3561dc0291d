//! How far a run is, as server-sent events for the script, or as one JSON object.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::Bytes;
use futures_util::stream;
use serde::Serialize;

use super::super::error::{Answer, Fault};
use super::super::visit::{In, Visit};
use crate::domain::Refusal;
use crate::domain::access::{Permission, Scope, ViewIntegrations};
use crate::domain::sync::{self, Run, RunState, Wanted};
use crate::kit::ids::{ResidentId, RunId};
use crate::links;
use crate::services::Services;

/// What the script reads: `total` 0 means that it is not known yet.
#[derive(Serialize)]
struct Progress {
    done: i64,
    total: i64,
    words: String,
    finished: bool,
    /// Where to go when it has finished.
    next: String,
}

impl Progress {
    fn of(next: &str, run: &Run) -> Self {
        Self {
            done: run.done,
            total: run.total,
            words: words(run),
            finished: !run.state.under_way(),
            next: next.to_owned(),
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// `Asking Nourish for its residents: 300 so far`.
pub(super) fn words(run: &Run) -> String {
    if run.done > 0 && run.total == 0 {
        format!("{}: {} so far", run.progress, run.done)
    } else {
        run.progress.clone()
    }
}

/// Whose trace is watched, if it is one.
#[derive(serde::Deserialize, Default)]
struct Watched {
    resident: Option<i64>,
}

/// How often an event is sent.
const EVERY: Duration = Duration::from_secs(1);

/// A stream ends after this many events; the script then asks again.
const MOST: u32 = 600;

pub(super) async fn show(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let id: RunId = visit.id("run")?;
    let org = visit.organisation()?;
    // A trace is come back to, everything else goes to the run's own page.
    let next = match visit.query::<Watched>().resident {
        Some(resident) => links::sync_resident(org, ResidentId(resident)),
        None => links::sync_run(org, id),
    };
    let wanted = scope.clone();
    let run = visit.read(move |conn| sync::get(conn, &wanted, id).map_err(Refusal::from)).await?;
    // Whoever started a sync of staff waits for the list that it fills.
    let fills = run.scope == Wanted::Staff && visit.may(Permission::ApproveStaff);
    let filled = fills.then(|| links::pending_staff(org));
    let accept = visit.request().headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let done = run.state == RunState::Done;
    let first = Progress::of(filled.as_deref().filter(|_| done).unwrap_or(&next), &run);
    if !accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        return Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(first.json()));
    }
    let services = visit.services.get_ref().clone();
    let watch = Watch { services, scope, id, page: next, filled, sent: 0, next: Some(first) };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // Compressing would hold events back until enough have gathered.
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(stream::unfold(watch, event)))
}

struct Watch {
    services: Services,
    scope: Scope<ViewIntegrations>,
    id: RunId,
    /// Where to go at the end.
    page: String,
    /// Where to go instead when all went well.
    filled: Option<String>,
    sent: u32,
    /// Ready to be sent; nothing once the last event is out.
    next: Option<Progress>,
}

async fn event(mut watch: Watch) -> Option<(Result<Bytes, Fault>, Watch)> {
    if watch.sent > 0 {
        if watch.next.is_none() || watch.sent >= MOST {
            return None;
        }
        actix_web::rt::time::sleep(EVERY).await;
        let (scope, id) = (watch.scope.clone(), watch.id);
        let run =
            watch.services.db.read(move |conn| sync::get(conn, &scope, id).map_err(Refusal::from)).await;
        watch.next = run.ok().map(|run| {
            let done = run.state == RunState::Done;
            Progress::of(watch.filled.as_deref().filter(|_| done).unwrap_or(&watch.page), &run)
        });
    }
    let progress = watch.next.take()?;
    let line = format!("data: {}\n\n", progress.json());
    if !progress.finished {
        watch.next = Some(progress);
    }
    watch.sent += 1;
    Some((Ok(Bytes::from(line)), watch))
}
