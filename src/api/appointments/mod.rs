//! `/api/v1/appointments`: booking, reading, changing, moving and cancelling appointments, one by one; see `many` for
//! several at once. The rules are those of the dashboard, since both ask the domain.

pub(super) mod many;
pub(super) mod reading;
mod shapes;

use actix_web::http::StatusCode;
use serde_json::Value;

pub(super) use self::many::{cancel_many, create_many};
pub(super) use self::reading::{FIELDS, cancellation, list, show, timeline};
use self::shapes::{AppointmentChanges, CancelAppointment, NewAppointment, RescheduleAppointment};
use super::ask::Ask;
use super::availability::window;
use super::checking;
use super::error::{Answer, Problem};
use super::patients::{broken, typed_address};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::api_keys::Client;
use crate::domain::documents;
use crate::domain::patients::{self, Address};
use crate::domain::tasks;
use crate::domain::visits::{
    self, Cancellation, Changes, Entity, NewVisit, Offer, Place, PlaceKind, Planning, Published, ReasonCode,
    Visit,
};
use crate::domain::windows::read_public_id;
use crate::kit::ids::WindowId;

/// The domain's names of fields, and those of a body.
const NAMES: [(&str, &str); 5] = [
    ("window", "windowId"),
    ("period", "planFrom"),
    ("postcode", "location.postcode"),
    ("place", "location"),
    ("documents", "documentIds"),
];

/// What hangs on the clock, the task's rules, the windows, the area, and the organisation's settings.
const OF_NOW: [&str; 4] = ["windowId", "planFrom", "location.postcode", "documentIds"];

/// A refusal in the names of the body; where only things as they are stand against it, it is a conflict.
fn as_sent(problem: Problem) -> Problem {
    problem.named(&NAMES).not_now(&OF_NOW)
}

/// What a body asks for, before the database has been asked.
#[derive(Clone, Debug)]
struct Wanted {
    patient: String,
    task: String,
    new: NewVisit,
    /// The first day of the window that is asked for.
    slot: Option<(WindowId, chrono::NaiveDate)>,
}

fn published(visit: &Visit) -> Value {
    serde_json::to_value(Published::from(visit)).unwrap_or_default()
}

fn text(body: &Value, name: &str) -> String {
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The texts of a list; null is none.
fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Reads a body that the document has checked.
fn read(body: &Value) -> Result<Wanted, Problem> {
    let location = body.get("location").unwrap_or(&Value::Null);
    let date = |name: &str| body.get(name).and_then(Value::as_str).and_then(checking::date);
    let slot = body.get("windowId").and_then(Value::as_str).map(slot).transpose()?;
    let planning = match (slot, date("planFrom"), date("planTo")) {
        (Some((window, date)), None, None) => Planning::Window(window, date),
        (None, Some(from), Some(to)) => Planning::Period(from, to),
        (None, None, None) => Planning::PatientLed,
        (Some(_), _, _) => {
            return Err(Problem::field("planFrom", "must not be sent with windowId: choose one"));
        }
        (None, None, Some(_)) => return Err(Problem::field("planFrom", "is needed with planTo")),
        (None, Some(_), None) => return Err(Problem::field("planTo", "is needed with planFrom")),
    };
    let new = NewVisit {
        planning,
        external_ref: text(body, "externalRef"),
        note: text(body, "note"),
        phone: text(body, "phone"),
        place: place(location)?,
        metadata: body.get("metadata").cloned().unwrap_or(Value::Null),
        documents: body.get("documentIds").map(texts).unwrap_or_default(),
        series: None,
    };
    Ok(Wanted { patient: text(body, "patientId"), task: text(body, "taskId"), new, slot })
}

fn slot(text: &str) -> Result<(WindowId, chrono::NaiveDate), Problem> {
    // Of the right form, and of a day that no month has.
    read_public_id(text)
        .ok_or_else(|| Problem::no_such("windowId", "must be a window that the availability gave"))
}

fn place(location: &Value) -> Result<Place, Problem> {
    let address = Address::read(&typed_address(location)).map_err(|wrong| broken(wrong, "location"))?;
    let kind = location.get("kind").and_then(Value::as_str).and_then(PlaceKind::parse);
    Ok(Place { kind: kind.unwrap_or(PlaceKind::Home), address })
}

/// What a booking names and is not there for this key.
enum Missing {
    Patient,
    Task,
    Document,
}

impl From<Missing> for Problem {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Patient => Self::no_such("patientId", "must be a patient of this key's mode"),
            Missing::Task => Self::no_such("taskId", "must be a task that can be booked"),
            Missing::Document => Self::no_such("documentIds", "must be documents of this key's mode"),
        }
    }
}

/// Books inside a decision, of what is offered. What is not there is told apart from what cannot be.
fn book(
    tx: &mut Tx<'_>,
    client: &Client,
    offer: &Offer,
    wanted: &Wanted,
) -> Result<Result<Value, Missing>, Refusal> {
    let scope = client.managing()?;
    let patient = match patients::by_public_id(tx.conn, &scope, client.mode(), &wanted.patient) {
        Err(Refusal::NotHere) => return Ok(Err(Missing::Patient)),
        found => found?,
    };
    let task = match tasks::by_public_id(tx.conn, client.organisation(), &wanted.task) {
        Err(Refusal::NotHere) => return Ok(Err(Missing::Task)),
        found => found?,
    };
    if documents::all_of(tx.conn, &scope, client.mode(), &wanted.new.documents)?.is_none() {
        return Ok(Err(Missing::Document));
    }
    Ok(Ok(published(&visits::create_among(tx, &scope, offer, (&patient, &task), &wanted.new)?)))
}

/// Book an appointment
///
/// With `windowId` for a window that the availability gave. Without one the patient chooses: the status is `scheduling`
/// until they have. With `planFrom` and `planTo`, for a task that may be booked so, the time is agreed shortly before.
/// Where the window is full by now, 409 names the next that has a place.
#[utoipa::path(
    post,
    path = "/api/v1/appointments",
    tag = "Appointments",
    request_body = NewAppointment,
    responses(
        (status = 201, description = "The appointment", body = Published),
        (status = 404, description = "There is no such patient, task or document for this key; the field is named",
            body = super::schemas::ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "The window is full; `nextWindow` is the next with a place, if there is one",
            body = super::schemas::ProblemShape, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(ask: Ask) -> Answer {
    let wanted = read(&ask.body()?)?;
    let slot = wanted.slot;
    let missing = named(&ask, &wanted).await?;
    if let Some(missing) = missing {
        return Err(missing.into());
    }
    let answer = ask.decide(StatusCode::CREATED, move |tx, client| {
        let offer = Offer::read(tx.conn, &client.managing()?)?;
        book(tx, client, &offer, &wanted)?.map_err(|_missing| Refusal::NotHere)
    });
    next_window(&ask, slot, answer.await).await
}

/// Looks whether what a booking names is there: what goes between this and the booking is caught there.
async fn named(ask: &Ask, wanted: &Wanted) -> Result<Option<Missing>, Problem> {
    let (patient, task, sent) = (wanted.patient.clone(), wanted.task.clone(), wanted.new.documents.clone());
    ask.look(move |conn, client| {
        let is_there = |found: Result<(), Refusal>| match found {
            Ok(()) => Ok(true),
            Err(Refusal::NotHere) => Ok(false),
            Err(other) => Err(other),
        };
        let (scope, mode) = (client.viewing(), client.mode());
        if !is_there(patients::by_public_id(conn, &scope, mode, &patient).map(drop))? {
            return Ok(Some(Missing::Patient));
        }
        if !is_there(tasks::by_public_id(conn, client.organisation(), &task).map(drop))? {
            return Ok(Some(Missing::Task));
        }
        let all = documents::all_of(conn, &scope, mode, &sent)?;
        Ok(all.is_none().then_some(Missing::Document))
    })
    .await
}

/// Names fields as the body does, and adds the next window to a refusal because of a full one.
async fn next_window(ask: &Ask, slot: Option<(WindowId, chrono::NaiveDate)>, answer: Answer) -> Answer {
    let problem = match answer {
        Ok(response) => return Ok(response),
        Err(problem) => as_sent(problem),
    };
    let (words, (id, date)) = match (problem, slot) {
        (Problem::Overtaken(words, _), Some(slot)) => (words, slot),
        (problem, _) => return Err(problem),
    };
    let next = ask
        .look(move |conn, client| {
            let (scope, mode) = (client.viewing(), client.mode());
            let now = date.and_time(chrono::NaiveTime::MIN) - chrono::TimeDelta::days(1);
            let to = date.checked_add_days(chrono::Days::new(visits::LONGEST_SEARCH)).unwrap_or(date);
            let all = visits::availability(conn, &scope, mode, (date, to), now)?;
            // Where the window has a place, something else was in the way.
            let full = !all.iter().any(|one| one.slot.window == id && one.slot.date == date);
            Ok(all.into_iter().next().filter(|_next| full))
        })
        .await?;
    let next = next.map(|next| serde_json::to_value(window(next)).unwrap_or_default());
    Err(Problem::Overtaken(words, next))
}

/// One appointment of this key's mode, by its number.
fn of(tx: &mut Tx<'_>, client: &Client, id: &str) -> Result<Visit, Refusal> {
    visits::by_public_id(tx.conn, &client.managing()?, client.mode(), id)
}

/// Change an appointment
///
/// Of one that has not begun. A field that is not sent stays; null empties one that may be empty. Another location must
/// be covered too. To move it to another window, reschedule it.
#[utoipa::path(
    patch,
    path = "/api/v1/appointments/{appointmentId}",
    tag = "Appointments",
    params(("appointmentId" = String, Path, description = "The appointment's number", pattern = "appointment")),
    request_body = AppointmentChanges,
    responses(
        (status = 200, description = "The appointment as it is now", body = Published),
        (status = 409, description = "It has begun, or is over", body = super::schemas::ProblemShape,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(ask: Ask) -> Answer {
    let (id, body): (String, Value) = (ask.part("appointmentId")?, ask.body()?);
    let sent = |name: &str| body.get(name).map(|value| value.as_str().unwrap_or_default().to_owned());
    let changes = Changes {
        external_ref: sent("externalRef"),
        note: sent("note"),
        phone: sent("phone"),
        place: body.get("location").map(place).transpose()?,
        metadata: body.get("metadata").cloned(),
        documents: body.get("documentIds").map(texts),
    };
    if let Some(sent) = changes.documents.clone() {
        let found =
            ask.look(move |conn, client| documents::all_of(conn, &client.viewing(), client.mode(), &sent));
        if found.await?.is_none() {
            return Err(Missing::Document.into());
        }
    }
    let answer = ask.decide(StatusCode::OK, move |tx, client| {
        let visit = of(tx, client, &id)?;
        let changed = visits::change(tx, &client.managing()?, (client.mode(), visit.id), &changes)?;
        Ok(published(&changed))
    });
    answer.await.map_err(as_sent)
}

/// Move an appointment to another window
///
/// The place in the old window is given back. Whoever was to come is asked again.
#[utoipa::path(
    post,
    path = "/api/v1/appointments/{appointmentId}/reschedule",
    tag = "Appointments",
    params(("appointmentId" = String, Path, description = "The appointment's number", pattern = "appointment")),
    request_body = RescheduleAppointment,
    responses(
        (status = 200, description = "The appointment as it is now", body = Published),
        (status = 409, description = "The window is full, or the appointment has begun or is over",
            body = super::schemas::ProblemShape, content_type = "application/problem+json"),
    )
)]
pub(super) async fn reschedule(ask: Ask) -> Answer {
    let (id, body): (String, Value) = (ask.part("appointmentId")?, ask.body()?);
    let (to, note) = (slot(&text(&body, "windowId"))?, text(&body, "note"));
    let answer = ask.decide(StatusCode::OK, move |tx, client| {
        let visit = of(tx, client, &id)?;
        let moved = visits::reschedule(tx, &client.managing()?, (client.mode(), visit.id), to, &note)?;
        Ok(published(&moved))
    });
    next_window(&ask, Some(to), answer.await).await
}

/// Cancel an appointment
///
/// Once: a second time is 409. Less than 24 hours before the practitioner is expected, or the window starts, it is
/// chargeable.
#[utoipa::path(
    post,
    path = "/api/v1/appointments/{appointmentId}/cancel",
    tag = "Appointments",
    params(("appointmentId" = String, Path, description = "The appointment's number", pattern = "appointment")),
    request_body = CancelAppointment,
    responses(
        (status = 200, description = "The appointment as it is now, with its cancellation", body = Published),
        (status = 409, description = "It was cancelled already, has begun, or is over",
            body = super::schemas::ProblemShape, content_type = "application/problem+json"),
    )
)]
pub(super) async fn cancel(ask: Ask) -> Answer {
    let (id, how) = (ask.part("appointmentId")?, how(&ask.body()?));
    let answer = ask.decide(StatusCode::OK, move |tx, client| end(tx, client, &id, &how));
    answer.await.map_err(as_sent)
}

fn how(body: &Value) -> Cancellation {
    let entity = |name: &str| body.get(name).and_then(Value::as_str).and_then(Entity::parse);
    let by = entity("cancellingEntity").unwrap_or(Entity::Organisation);
    let reason = body.get("reasonCode").and_then(Value::as_str).and_then(ReasonCode::parse);
    Cancellation {
        by,
        because_of: entity("causingEntity").unwrap_or(by),
        reason: reason.unwrap_or(ReasonCode::Other),
        note: text(body, "note"),
    }
}

fn end(tx: &mut Tx<'_>, client: &Client, id: &str, how: &Cancellation) -> Result<Value, Refusal> {
    let visit = of(tx, client, id)?;
    let ended = visits::cancel(tx, &client.managing()?, (client.mode(), visit.id), how)?;
    Ok(published(&ended))
}
