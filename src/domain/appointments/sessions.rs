//! The signature window of an appointment: its nine fields in their order, as screens show them. Pure.

use super::{Session, Signed};
use crate::kit::ids::SignatureImageId;

/// What stands where a session note gives no place for a signature.
pub const NO_PLACE: &str = "Not given in the session note";

/// One field of the signature window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub label: &'static str,
    pub value: Value,
    /// What a reader must know of where the value comes from, or empty.
    pub hint: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// A picture of it is kept; when it was signed, in UTC.
    Signature(SignatureImageId, Option<chrono::NaiveDateTime>),
    /// Nothing is there, and this is said instead.
    Missing(&'static str),
}

/// The nine fields.
pub fn window(session: &Session) -> [Line; 9] {
    let date = session.session_date.map(|date| date.format("%-d %B %Y").to_string()).unwrap_or_default();
    let time = match (session.session_start.as_str(), session.session_end.as_str()) {
        ("", _) | (_, "") => String::new(),
        (start, end) => format!("{start} to {end}"),
    };
    let from_therapist = if session.note.is_some() && !session.render_place.is_empty() {
        "The place of the therapist's signature: the appointment was rendered from the session note."
    } else {
        ""
    };
    [
        line("Guardian Name", text(&session.guardian_name, "Not given")),
        line("Relationship", text(&session.relationship, "Not given")),
        line("Session Date", text(&date, "Not given")),
        line("Session Time", text(&time, "Not given")),
        line("Guardian Signature", signature(&session.guardian)),
        line("Location of Guardian Signature", text(&session.guardian.place, NO_PLACE)),
        line("Therapist Signature", signature(&session.therapist)),
        line("Location of Therapist Signature", text(&session.therapist.place, NO_PLACE)),
        Line {
            hint: from_therapist,
            ..line("Location of Appointment Render", text(&session.render_place, "Not known"))
        },
    ]
}

fn line(label: &'static str, value: Value) -> Line {
    Line { label, value, hint: "" }
}

fn text(value: &str, missing: &'static str) -> Value {
    if value.is_empty() { Value::Missing(missing) } else { Value::Text(value.to_owned()) }
}

fn signature(signed: &Signed) -> Value {
    signed.image.map_or(Value::Missing("Not signed"), |image| Value::Signature(image, signed.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::ids::SessionNoteId;

    #[test]
    fn a_place_that_the_note_does_not_give_is_said_to_be_missing() {
        let session = Session {
            note: Some((SessionNoteId(1), 1)),
            guardian_name: "Rosa Diaz".into(),
            session_start: "13:00".into(),
            session_end: "14:05".into(),
            therapist: Signed { image: Some(SignatureImageId(2)), at: None, place: "34.05,-118.24".into() },
            render_place: "34.05,-118.24".into(),
            ..Session::default()
        };
        let window = window(&session);
        let said = |label: &str| window.iter().find(|line| line.label == label).unwrap();
        assert_eq!(said("Guardian Name").value, Value::Text("Rosa Diaz".into()));
        assert_eq!(said("Session Time").value, Value::Text("13:00 to 14:05".into()));
        assert_eq!(said("Guardian Signature").value, Value::Missing("Not signed"));
        assert_eq!(said("Location of Guardian Signature").value, Value::Missing(NO_PLACE));
        assert_eq!(said("Therapist Signature").value, Value::Signature(SignatureImageId(2), None));
        assert!(said("Location of Appointment Render").hint.contains("therapist's signature"));
    }
}
