//! What was done without a network: taken from the page's script, which keeps it until then.
//!
//! The script is answered in JSON, with words for the person: 200 when it need not keep the act any longer, 422 when
//! somebody has to look, 409 when something has to be done before. After any other answer it tries again.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::DateTime;
use serde_json::json;

use super::own;
use super::working::{completion, seen};
use crate::domain::Refusal;
use crate::domain::access::ViewAppointments;
use crate::domain::visits::{self, Late, LateAct, LateArrived, Status};
use crate::kit::ids::VisitId;
use crate::web::error::Answer;
use crate::web::visit::{Fields, Posted, Visit, field};
use crate::web::visits::Community;

pub async fn arrive(
    visit: Visit,
    Community(scope): Community<ViewAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let id = visit.id::<VisitId>("visit")?;
    let act = match read(&fields) {
        Ok(act) => act,
        Err(Refusal::Invalid { words, .. }) => return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &words)),
        Err(refusal) => return Err(refusal.into()),
    };
    let completes = matches!(act, LateAct::Complete(_));
    let noted: Option<i64> = field(&fields, "noted").parse().ok();
    let noted_at = noted.and_then(DateTime::from_timestamp_millis).map(|at| at.naive_utc());
    let late = Late { act, key: field(&fields, "replay").to_owned(), noted_at };
    let writer = scope.clone();
    let done = visit.write(move |tx| {
        own(tx.conn, &writer, id)?;
        visits::arrive(tx, &writer, id, &late)
    });
    match done.await {
        Ok(LateArrived::Now) => Ok(answer(StatusCode::OK, "What was done without a network is recorded.")),
        Ok(LateArrived::Before) => Ok(answer(StatusCode::OK, "That is recorded already.")),
        Err(Refusal::Overtaken(words)) if completes => {
            let now = visit.read(move |conn| own(conn, &scope, id)).await?;
            // A step or a picture is missing: once it is there, this one goes through.
            let waits = matches!(now.status, Status::InProgress | Status::Scheduled);
            Ok(answer(if waits { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }, &words))
        }
        Err(Refusal::Invalid { words, .. } | Refusal::Overtaken(words)) => {
            Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn read(fields: &Fields) -> Result<LateAct, Refusal> {
    match field(fields, "act") {
        "tick" => {
            let step = field(fields, "step").parse().map_err(|_number| Refusal::NotHere)?;
            Ok(LateAct::Tick(step, field(fields, "done") == "yes"))
        }
        "complete" => Ok(LateAct::Complete(completion(fields)?)),
        "not-present" => Ok(LateAct::NotPresent(seen(fields)?)),
        _ => Err(Refusal::NotHere),
    }
}

fn answer(status: StatusCode, words: &str) -> HttpResponse {
    HttpResponseBuilder::new(status).json(json!({ "words": words }))
}
