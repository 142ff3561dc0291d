//! Reading appointments: the list, one, how it was cancelled, and what happened to it.

use super::published;
use super::shapes::{AppointmentList, Timeline, TimelineLine};
use crate::api::ask::{Ask, found};
use crate::api::error::{Answer, Problem};
use crate::api::listing::{self, Field, Holds, field};
use crate::api::schemas::{ListAsked, at};
use crate::domain::api_keys::{Literal, Mark};
use crate::domain::visits::{self, Published, PublishedCancellation, Visit};

/// What can be asked of the list.
pub(in crate::api) const FIELDS: [Field; 10] = [
    field("id", Holds::Word, false),
    field("patient.id", Holds::Word, false),
    field("patient.name", Holds::Words, false),
    field("taskId", Holds::Word, false),
    field("externalRef", Holds::Word, false),
    field("status", Holds::Word, false),
    field("window.startAt", Holds::Moment, false),
    field("estimatedTimeOfArrival", Holds::Moment, false),
    field("createdAt", Holds::Moment, true),
    field("updatedAt", Holds::Moment, true),
];

/// List the appointments
#[utoipa::path(
    get,
    path = "/api/v1/appointments",
    tag = "Appointments",
    params(ListAsked),
    responses((status = 200, description = "The appointments, newest first", body = AppointmentList))
)]
pub(in crate::api) async fn list(ask: Ask) -> Answer {
    let asked = ask.listing(&FIELDS, "-createdAt")?;
    let wanted = asked.clone();
    let rows =
        ask.look(move |conn, client| visits::asked(conn, &client.viewing(), client.mode(), &wanted)).await?;
    let by_change = asked.order.field == "updatedAt";
    let mark = |one: &Visit| {
        let at = if by_change { one.updated_at } else { one.created_at };
        Mark { value: Literal::Moment(at), id: one.public_id.clone() }
    };
    found(&listing::page(&asked, rows, mark, |visit| published(&visit)))
}

async fn one(ask: &Ask) -> Result<Visit, Problem> {
    let id = ask.part("appointmentId")?;
    ask.look(move |conn, client| visits::by_public_id(conn, &client.viewing(), client.mode(), &id)).await
}

/// Show one appointment
#[utoipa::path(
    get,
    path = "/api/v1/appointments/{appointmentId}",
    tag = "Appointments",
    params(("appointmentId" = String, Path, description = "The appointment's number", pattern = "appointment")),
    responses((status = 200, description = "The appointment", body = Published))
)]
pub(in crate::api) async fn show(ask: Ask) -> Answer {
    found(&published(&one(&ask).await?))
}

/// Show how an appointment was cancelled
#[utoipa::path(
    get,
    path = "/api/v1/appointments/{appointmentId}/cancellation",
    tag = "Appointments",
    params(("appointmentId" = String, Path, description = "The appointment's number", pattern = "appointment")),
    responses(
        (status = 200, description = "The cancellation", body = PublishedCancellation),
        (status = 409, description = "It is not cancelled", body = crate::api::schemas::ProblemShape,
            content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn cancellation(ask: Ask) -> Answer {
    let visit = one(&ask).await?;
    let how = visit.cancelled.as_ref().map(PublishedCancellation::from);
    let how = how.ok_or_else(|| Problem::Overtaken("This appointment is not cancelled.".to_owned(), None))?;
    found(&serde_json::to_value(how).unwrap_or_default())
}

/// Show what happened to an appointment
#[utoipa::path(
    get,
    path = "/api/v1/appointments/{appointmentId}/events",
    tag = "Appointments",
    params(("appointmentId" = String, Path, description = "The appointment's number", pattern = "appointment")),
    responses((status = 200, description = "What happened, oldest first", body = Timeline))
)]
pub(in crate::api) async fn timeline(ask: Ask) -> Answer {
    let id = ask.part("appointmentId")?;
    let lines = ask
        .look(move |conn, client| {
            let visit = visits::by_public_id(conn, &client.viewing(), client.mode(), &id)?;
            visits::timeline(conn, &visit)
        })
        .await?;
    let line = |line: visits::Line| TimelineLine {
        kind: line.kind.as_str(),
        words: line.words,
        by: line.by,
        at: at(line.at),
    };
    let timeline = Timeline { data: lines.into_iter().map(line).collect() };
    found(&serde_json::to_value(timeline).unwrap_or_default())
}
