//! Care notes, played: `insertcarenote` takes exactly the keys that public code sends, and says with 400 what is wrong.
//! That a RecordUUID sent twice is one note, what a success looks like, and 400 itself are assumed.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::answers;
use super::state::{Key, Note, Simulator, State};
use crate::connectors::pcs::wire::CareNote;
use crate::sandbox::confirming::Confirming;
use crate::sandbox::fault::Question;
use crate::sandbox::{Simulated as _, now, spoiling};

const CONFIRMING: Confirming = Confirming { status: StatusCode::OK, form: answers::FORM };
const LONGEST_TITLE: usize = 100;
const LONGEST_TEXT: usize = 4_000;

/// `POST /integration/api/GenericAPI/insertcarenote`.
pub(super) async fn insert(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    body: web::Bytes,
) -> HttpResponse {
    let (key, fault) =
        match answers::admit(&request, &simulator, Question::Entries, |_state, key| key.clone()) {
            Ok(asked) => asked,
            Err(status) => return spoiling::refused(status),
        };
    let kept = || keep(&mut simulator.state(), &key, &body).map_err(|words| (StatusCode::BAD_REQUEST, words));
    let kept = || kept().inspect(|_confirmation| simulator.changed());
    CONFIRMING.answer(&simulator, fault, kept).await
}

/// Checks a note and keeps it; the words say what is wrong with it.
fn keep(state: &mut State, key: &Key, body: &[u8]) -> Result<Value, String> {
    let sent: CareNote = serde_json::from_slice(body).map_err(|cause| {
        // What follows is a place in the text, which helps nobody who reads it.
        cause.to_string().split(" at line ").next().unwrap_or_default().to_owned()
    })?;
    let seen = state
        .person(&sent.connection_id)
        .is_some_and(|person| person.location_ids.iter().any(|location| key.shows(location)));
    if !seen {
        return Err("There is no service user with this ConnectionID.".into());
    }
    check(&sent)?;
    let confirmation = json!({ "result": "OK" });
    if state.memory.notes.iter().any(|note| note.record_uuid == sent.record_uuid) {
        return Ok(confirmation);
    }
    state.memory.notes.push(Note {
        record_uuid: sent.record_uuid,
        connection_id: sent.connection_id,
        utc_date_time: sent.utc_date_time,
        action_icon_id: sent.action_icon_id,
        short_text: sent.short_text,
        action_text: sent.action_text,
        is_handover: sent.is_handover == "true",
        external_note_id: sent.external_note_id,
        recorded_at: now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    Ok(confirmation)
}

fn check(sent: &CareNote) -> Result<(), String> {
    let number = |text: &str| text.is_empty() || text.parse::<f64>().is_ok();
    let day = |text: &str| text.is_empty() || NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    let at = NaiveDateTime::parse_from_str(&sent.utc_date_time, "%Y-%m-%d %H:%M:%S").ok();
    let soon = now().naive_utc() + chrono::TimeDelta::minutes(5);
    let rules = [
        (is_guid(&sent.record_uuid), "RecordUUID must be a GUID."),
        (sent.utc_date_time.len() == 19 && at.is_some(), "UTCDateTime must be YYYY-MM-DD HH:MM:SS."),
        (at.is_none_or(|at| at <= soon), "UTCDateTime must not be in the future."),
        (
            sent.time_zone.parse::<chrono_tz::Tz>().is_ok(),
            "TimeZone must be a time zone such as Europe/London.",
        ),
        (
            !sent.action_icon_id.is_empty() && sent.action_icon_id.bytes().all(|byte| byte.is_ascii_digit()),
            "ActionIconID must be a number as a text.",
        ),
        (!sent.action_text.trim().is_empty(), "ActionText must not be empty."),
        (sent.short_text.chars().count() <= LONGEST_TITLE, "ShortText must have at most 100 characters."),
        (sent.action_text.chars().count() <= LONGEST_TEXT, "ActionText must have at most 4000 characters."),
        (
            matches!(sent.is_handover.as_str(), "true" | "false"),
            "IsHandover must be true or false, as a text.",
        ),
        (day(&sent.date_of_birth), "DateOfBirth must be YYYY-MM-DD or empty."),
        (number(&sent.measure1) && number(&sent.measure2), "Measure1 and Measure2 must be numbers or empty."),
    ];
    rules.iter().find(|(fine, _)| !fine).map_or(Ok(()), |(_, words)| Err((*words).to_owned()))
}

/// `8-4-4-4-12` hexadecimal digits.
fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
