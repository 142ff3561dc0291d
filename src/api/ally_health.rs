//! `POST /api/v1/ally-health/{path}/events`: what a service sends that makes visits. The signature is the proof; what is
//! wrong with it, an unknown path included, is answered with the same 401. What a message says is a hint, after which a
//! job asks the service itself.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt as _;

use super::error::{Answer, Problem};
use crate::domain::Refusal;
use crate::domain::booked_visits::{self, Proven};
use crate::services::Services;

/// One visit with all its fields fits many times.
const BODY_LIMIT: usize = 256 * 1024;

/// A path that is longer is none.
const LONGEST_PATH: usize = 100;

/// Send news of a visit
///
/// As a webhook: signed, no older than five minutes, each once. What it says is a hint, after which the service is asked.
#[utoipa::path(
    post,
    path = "/api/v1/ally-health/{path}/events",
    tag = "Booked visits",
    params(("path" = String, Path, description = "As the care home's page of the connection shows it.")),
    request_body = Object,
    responses((status = 200, description = "Whether it is new", body = Object))
)]
pub(super) async fn hear(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    services: Data<Services>,
) -> Answer {
    let path = path.into_inner();
    if path.len() > LONGEST_PATH {
        return Ok(unsigned());
    }
    let body = read(payload).await?;
    let headers = request.headers().clone();
    let (keys, now) = (services.config.keys.clone(), services.clock.now());
    let proven: Result<Option<Proven>, Refusal> = services
        .db
        .read(move |conn| {
            // A header that stands twice is as good as none.
            let header = |name: &str| {
                let mut all = headers.get_all(name);
                let (only, None) = (all.next()?, all.next()) else { return None };
                only.to_str().ok().map(str::to_owned)
            };
            booked_visits::prove(conn, &keys, &path, (&header, &body), now)
        })
        .await;
    let Some(proven) = proven? else { return Ok(unsigned()) };
    let is_new: Result<bool, Refusal> = services.db.write(move |tx| booked_visits::hear(tx, &proven)).await;
    let outcome = if is_new? { "accepted" } else { "repeated" };
    services.wake.notify_one();
    metrics::counter!("kinbridge_visit_news_total", "outcome" => outcome).increment(1);
    Ok(HttpResponse::Ok().json(serde_json::json!({ "outcome": outcome })))
}

/// The same for every fault, so that nobody learns which paths there are.
fn unsigned() -> HttpResponse {
    let details = serde_json::json!({
        "type": "about:blank",
        "title": "The signature is not known",
        "status": 401,
        "detail": "Sign the body as is agreed, with the secret that was entered in the portal, and send it within five \
                   minutes.",
    });
    HttpResponse::Unauthorized().content_type("application/problem+json").body(details.to_string())
}

async fn read(mut payload: Payload) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    while let Some(piece) = payload.next().await {
        let piece = piece
            .map_err(|_broken_off| Problem::Unreadable("It did not arrive whole. Send it again.".into()))?;
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(Problem::TooLarge(BODY_LIMIT));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
