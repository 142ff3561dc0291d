//! Several appointments at once: each has its own result, and one that cannot be done does not spoil the others. All are
//! one decision, each in a savepoint of its own, so that the whole can be sent again under its idempotency key.

use actix_web::ResponseError as _;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::shapes::{CancelMany, ManyAppointments, ManyResults};
use super::{Missing, Wanted, as_sent, book, end, how, read};
use crate::api::ask::Ask;
use crate::api::checking;
use crate::api::error::{Answer, Problem};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::api_keys::Client;
use crate::domain::visits::Offer;

fn done(index: usize, status: StatusCode, appointment: Value) -> Value {
    json!({ "index": index, "status": status.as_u16(), "appointment": appointment, "problem": null })
}

fn undone(index: usize, problem: &Problem) -> Value {
    let status = problem.status_code().as_u16();
    json!({ "index": index, "status": status, "appointment": null, "problem": problem.inside() })
}

fn results(all: Vec<Value>) -> Value {
    let done = all.iter().filter(|one| one.get("problem").is_some_and(Value::is_null)).count();
    json!({ "results": all, "done": done })
}

/// A fault of the portal spoils all: it is no answer to one of them.
fn is_ours(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Database(_) | Refusal::Broken(_))
}

/// Book many appointments
///
/// At most 100. Each is booked or refused for itself, and its result says which.
#[utoipa::path(
    post,
    path = "/api/v1/appointments/bulk",
    tag = "Appointments",
    request_body = ManyAppointments,
    responses((status = 200, description = "What became of each", body = ManyResults))
)]
pub(in crate::api) async fn create_many(ask: Ask) -> Answer {
    let body: Value = ask.body()?;
    let items = body.get("appointments").and_then(Value::as_array).cloned().unwrap_or_default();
    ask.decide(StatusCode::OK, move |tx, client| {
        let offer = Offer::read(tx.conn, &client.managing()?)?;
        let mut all = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let wrong = checking::named("NewAppointment", item);
            let wanted = if wrong.is_empty() { read(item) } else { Err(Problem::Invalid(wrong)) };
            all.push(match wanted {
                Ok(wanted) => one(tx, client, &offer, (index, &wanted))?,
                Err(problem) => undone(index, &problem),
            });
        }
        Ok(results(all))
    })
    .await
}

fn one(
    tx: &mut Tx<'_>,
    client: &Client,
    offer: &Offer,
    (index, wanted): (usize, &Wanted),
) -> Result<Value, Refusal> {
    let booked: Result<Result<Value, Missing>, Refusal> = tx.attempt(|tx| book(tx, client, offer, wanted));
    match booked {
        Ok(Ok(appointment)) => Ok(done(index, StatusCode::CREATED, appointment)),
        Ok(Err(missing)) => Ok(undone(index, &missing.into())),
        Err(refusal) if is_ours(&refusal) => Err(refusal),
        Err(refusal) => Ok(undone(index, &as_sent(refusal.into()))),
    }
}

/// Cancel many appointments
///
/// At most 100, for one reason. Each is cancelled or refused for itself, and its result says which.
#[utoipa::path(
    post,
    path = "/api/v1/appointments/bulk-cancel",
    tag = "Appointments",
    request_body = CancelMany,
    responses((status = 200, description = "What became of each", body = ManyResults))
)]
pub(in crate::api) async fn cancel_many(ask: Ask) -> Answer {
    let body: Value = ask.body()?;
    let how = how(&body);
    let ids = body.get("appointmentIds").and_then(Value::as_array).cloned().unwrap_or_default();
    ask.decide(StatusCode::OK, move |tx, client| {
        let mut all = Vec::with_capacity(ids.len());
        for (index, id) in ids.iter().enumerate() {
            let id = id.as_str().unwrap_or_default();
            let ended: Result<Value, Refusal> = tx.attempt(|tx| end(tx, client, id, &how));
            all.push(match ended {
                Ok(appointment) => done(index, StatusCode::OK, appointment),
                Err(refusal) if is_ours(&refusal) => return Err(refusal),
                Err(refusal) => undone(index, &as_sent(refusal.into())),
            });
        }
        Ok(results(all))
    })
    .await
}
