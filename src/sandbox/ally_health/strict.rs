//! What a patient, an appointment and a cancellation must say, as far as the vendor's documents say so.

use actix_web::http::StatusCode;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::state::{Appointment, Patient, State};
use crate::connectors::ally_health::wire;
use crate::sandbox::confirming::Refused;
use crate::sandbox::now;

fn wrong(words: &str) -> Refused {
    (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned())
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body)
        .map_err(|_shape| (StatusCode::BAD_REQUEST, "The body must be JSON.".to_owned()))
}

fn is_dialled(phone: &str) -> bool {
    let digits = phone.strip_prefix('+').unwrap_or_default();
    (7..=16).contains(&phone.len())
        && !digits.is_empty()
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn patient(state: &mut State, body: &[u8]) -> Result<Value, Refused> {
    let sent: wire::Patient = read(body)?;
    let named = |name: &str| (2..=100).contains(&name.trim().chars().count());
    let nhs = sent.nhs_number.as_deref();
    let rules = [
        (named(&sent.first_name), "firstName must have 2 to 100 letters."),
        (named(&sent.last_name), "lastName must have 2 to 100 letters."),
        (is_dialled(&sent.phone), "phone must be in E.164 form."),
        (sent.email.contains('@'), "email must be an email address."),
        (
            nhs.is_none_or(|number| number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit())),
            "nhsNumber must have 10 digits without spaces.",
        ),
        (
            NaiveDate::parse_from_str(&sent.date_of_birth, "%Y-%m-%d").is_ok(),
            "dateOfBirth must be a date such as 1938-03-09.",
        ),
    ];
    if let Some((_, words)) = rules.iter().find(|(fine, _)| !fine) {
        return Err(wrong(words));
    }
    let id = format!("p_{}", state.memory.patients.len() + 1);
    let answer = json!({ "id": id, "externalRef": sent.external_ref });
    state.memory.patients.push(Patient { id, sent });
    Ok(answer)
}

pub(super) fn is_covered(state: &State, postcode: &str) -> bool {
    let plain: String =
        postcode.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let district = plain.len().checked_sub(3).and_then(|end| plain.get(..end)).unwrap_or_default();
    state.memory.districts.iter().any(|one| one == district)
}

pub(super) fn appointment(state: &mut State, body: &[u8]) -> Result<Value, Refused> {
    let sent: wire::Booking = read(body)?;
    let known = state.memory.patients.iter().any(|one| one.id == sent.patient_id);
    let task = state.memory.tasks.iter().any(|one| one.id == sent.task_id);
    let place = &sent.location;
    let rules = [
        (sent.patient_id.starts_with("p_") && known, "patientId is not a patient."),
        (sent.task_id.starts_with("tsk_") && task, "taskId is not a task."),
        (is_dialled(&sent.phone), "phone must be in E.164 form."),
        (!place.line1.is_empty() && !place.city.is_empty(), "location must have line1 and city."),
        (is_covered(state, &place.postcode), "The location is outside the coverage area."),
    ];
    if let Some((_, words)) = rules.iter().find(|(fine, _)| !fine) {
        return Err(wrong(words));
    }
    let status = match sent.window_id.as_deref() {
        None => "scheduling",
        Some(id) => {
            let window = state.window(id).ok_or_else(|| wrong("windowId is not a window."))?;
            if state.left(window) == 0 {
                return Err((StatusCode::CONFLICT, "The window is full.".to_owned()));
            }
            "scheduled"
        }
    };
    let id = format!("apt_{}", state.memory.appointments.len() + 1);
    let at = now();
    let made =
        Appointment { id, sent, status: status.to_owned(), created_at: at, updated_at: at, cancelled: None };
    let answer = serde_json::to_value(state.written(&made)).unwrap_or_default();
    state.memory.appointments.push(made);
    Ok(answer)
}

pub(super) fn cancel(state: &mut State, id: &str, body: &[u8]) -> Result<Value, Refused> {
    let sent: wire::Cancel = read(body)?;
    if !["organisation", "patient"].contains(&sent.cancelling_entity.as_str()) {
        return Err(wrong("cancellingEntity must be organisation or patient."));
    }
    let found = state.memory.appointments.iter_mut().find(|one| one.id == id);
    let one = found.ok_or((StatusCode::NOT_FOUND, "There is no such appointment.".to_owned()))?;
    if one.cancelled.is_some() {
        return Err((StatusCode::CONFLICT, "The appointment is cancelled already.".to_owned()));
    }
    if one.status == "completed" {
        return Err((StatusCode::CONFLICT, "The appointment is completed.".to_owned()));
    }
    "cancelled".clone_into(&mut one.status);
    one.updated_at = now();
    one.cancelled = Some(sent);
    Ok(json!({ "id": id, "status": "cancelled" }))
}
