//! Doing an appointment: begun, its steps ticked, pictures kept, completed, or nobody was there.

use actix_web::HttpResponse;

use super::pages::Typed;
use super::{Own, own, show_page, with_the_place};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::ViewAppointments;
use crate::domain::visits::{self, Completion, NewProof, TypedProof};
use crate::kit::ids::{VisitId, VisitStepId};
use crate::links;
use crate::web::error::Answer;
use crate::web::ui::Notice;
use crate::web::upload::PostedUpload;
use crate::web::visit::{Fields, Posted, Visit, field};
use crate::web::visits::Community;

pub async fn start(
    visit: Visit,
    Community(scope): Community<ViewAppointments>,
    Posted(()): Posted<()>,
) -> Answer {
    let write = |tx: &mut Tx<'_>, scope: &Own, id| visits::start(tx, scope, id).map(drop);
    decide(&visit, scope, (Typed::default(), ""), write, "You have started.").await
}

pub async fn tick(
    visit: Visit,
    Community(scope): Community<ViewAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (step, done) = (visit.id::<VisitStepId>("step")?, field(&fields, "done") == "yes");
    let write = move |tx: &mut Tx<'_>, scope: &Own, id| visits::tick(tx, scope, (id, step), done).map(drop);
    let said = if done { "The step is ticked." } else { "The tick is taken back." };
    decide(&visit, scope, (Typed::default(), ""), write, said).await
}

pub async fn photo(
    visit: Visit,
    Community(scope): Community<ViewAppointments>,
    PostedUpload { file, .. }: PostedUpload,
) -> Answer {
    let step = visit.id::<VisitStepId>("step")?;
    let write =
        move |tx: &mut Tx<'_>, scope: &Own, id| visits::add_photo(tx, scope, (id, step), &file).map(drop);
    let field = format!("photo-{step}");
    let said = "The picture is kept, without the place and time that the camera wrote into it.";
    decide(&visit, scope, (Typed::default(), &field), write, said).await
}

pub async fn complete(
    visit: Visit,
    Community(scope): Community<ViewAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let text = |name: &str| field(&fields, name).to_owned();
    let proof = typed_proof(&fields);
    let agreed = proof.consent;
    let typed = Typed { note: text("note"), readings: text("readings"), proof, ..Typed::default() };
    let how = completion(&fields);
    let has_place = how.as_ref().is_ok_and(|how| how.proof.as_ref().is_some_and(NewProof::has_place));
    let said = if agreed && !has_place {
        "The appointment is completed. The place is not added, since the browser did not give it."
    } else {
        "The appointment is completed."
    };
    let write = move |tx: &mut Tx<'_>, scope: &Own, id| {
        let now = tx.now;
        visits::complete_at(tx, scope, id, &how?, now).map(drop)
    };
    decide(&visit, scope, (typed, "complete"), write, said).await
}

fn typed_proof(fields: &Fields) -> TypedProof {
    let text = |name: &str| field(fields, name).to_owned();
    TypedProof {
        signer: text("signer"),
        relationship: text("relationship"),
        strokes: text("strokes"),
        consent: field(fields, "place_consent") == "yes",
        place: text("place"),
    }
}

/// How it went, as the form says.
pub fn completion(fields: &Fields) -> Result<Completion, Refusal> {
    let note = field(fields, "note").to_owned();
    let readings = read(field(fields, "readings"))?;
    Ok(Completion { note, readings, proof: typed_proof(fields).read()? })
}

pub async fn not_present(
    visit: Visit,
    Community(scope): Community<ViewAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let typed = Typed { absent_note: field(&fields, "absent_note").to_owned(), ..Typed::default() };
    let seen = seen(&fields);
    let write = move |tx: &mut Tx<'_>, scope: &Own, id| {
        visits::not_present(tx, scope, id, &seen?).map(drop).map_err(|refusal| match refusal {
            Refusal::Invalid { words, .. } => Refusal::invalid("absent_note", words),
            other => other,
        })
    };
    decide(&visit, scope, (typed, ""), write, "It is closed: the patient was not present.").await
}

/// What was seen where nobody was there.
pub fn seen(fields: &Fields) -> Result<String, Refusal> {
    let note = field(fields, "absent_note");
    if note.is_empty() {
        let words = "Say what you saw, such as: rang twice and called, nobody answered";
        return Err(Refusal::invalid("absent_note", words));
    }
    Ok(note.to_owned())
}

/// Readings of one appointment, and characters of each.
const MOST_READINGS: usize = 20;
const LONGEST_READING: usize = 100;

/// `Blood pressure: 112/78`, one a line, as a JSON object; null for none.
fn read(typed: &str) -> Result<serde_json::Value, Refusal> {
    let mut readings = serde_json::Map::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let named = line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        let named = named.filter(|(name, value)| !name.is_empty() && !value.is_empty());
        let Some((name, value)) = named else {
            let words = "Write one reading a line, such as Blood pressure: 112/78";
            return Err(Refusal::invalid("readings", words));
        };
        let long = |text: &str| text.chars().count() > LONGEST_READING;
        if long(name) || long(value) || readings.len() >= MOST_READINGS {
            let words = format!(
                "Write {MOST_READINGS} readings at most, of {LONGEST_READING} characters each. The note has more room"
            );
            return Err(Refusal::invalid("readings", words));
        }
        if readings.insert(name.to_owned(), value.into()).is_some() {
            return Err(Refusal::invalid("readings", format!("{name} stands there twice")));
        }
    }
    Ok(if readings.is_empty() { serde_json::Value::Null } else { readings.into() })
}

/// One decision about the appointment of the path, and back to it. What cannot be used stands beside its field, with
/// what was typed; `place` is where that goes which has no field of its own, and empty where a notice says it.
async fn decide(
    visit: &Visit,
    scope: Own,
    (typed, place): (Typed, &str),
    write: impl FnOnce(&mut Tx<'_>, &Own, VisitId) -> Result<(), Refusal> + Send + 'static,
    said: &str,
) -> Answer {
    let id = visit.id::<VisitId>("visit")?;
    let here = links::my_visit(scope.organisation(), id);
    let writer = scope.clone();
    let done = visit.write(move |tx| {
        own(tx.conn, &writer, id)?;
        write(tx, &writer, id)
    });
    let (status, place, words) = match done.await {
        Ok(()) => return visit.done(here, &Notice::ok(said)),
        Err(Refusal::Invalid { field, words }) => {
            let place = if field == "photo" { place } else { field };
            (HttpResponse::UnprocessableEntity(), place.to_owned(), words)
        }
        // Two tabs, or two people: the page says what is now.
        Err(Refusal::Overtaken(words)) if place.is_empty() => {
            return visit.done(here, &Notice::warn(words));
        }
        Err(Refusal::Overtaken(words)) => (HttpResponse::Conflict(), place.to_owned(), words),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut page = show_page(visit, scope, typed).await?;
    page.shell.add_own_error(place, words);
    with_the_place(visit.page_with(&page, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_lines_with_a_name_and_a_value() {
        let read = |typed: &str| read(typed).map_err(|refusal| refusal.to_string());
        assert_eq!(read(" \r\n"), Ok(serde_json::Value::Null));
        let two = serde_json::json!({ "Blood pressure": "112/78", "Taken at": "09:30" });
        assert_eq!(read("Blood pressure: 112/78\r\n\r\nTaken at: 09:30\r\n"), Ok(two));
        for wrong in
            ["112/78", ": 5", "Pulse:", "Pulse: 60\nPulse: 61", &format!("Pulse: {}", "6".repeat(101))]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let many = (0..21).map(|n| format!("Reading {n}: 1")).collect::<Vec<_>>().join("\n");
        assert!(read(&many).unwrap_err().contains("20 readings"));
    }
}
