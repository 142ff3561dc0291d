//! Where a therapist writes a session note, and where the organisation names the fields of its template. Nothing is
//! checked, so that wrong notes can be played too. A signature is a scribble drawn from the signer's name.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::pages::{Choice, answer};
use super::people::identifier;
use super::population::{Field, Note, Signature};
use super::scribble::scribble_url;
use super::state::{Simulator, State, Template, text, written};
use super::{frame, script_url};
use crate::sandbox::pages::{self, Form, Frame};
use crate::sandbox::{Simulated as _, now};

#[derive(askama::Template)]
#[template(path = "sandbox/ensora/note.html")]
struct Write {
    frame: Frame,
    id: String,
    status: String,
    students: Vec<Choice>,
    users: Vec<Choice>,
    /// Name and label of a line of text, with what stands in it.
    lines: Vec<(&'static str, &'static str, String)>,
    notes: String,
    signed: Vec<Choice>,
    guardian_place: String,
}

/// A note to be written or changed.
pub(super) async fn edit(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let note = pages::query(&request, "id").and_then(|id| state.note(&id)).cloned().unwrap_or_default();
    pages::page(&page(&state, &note))
}

fn page(state: &State, note: &Value) -> Write {
    let template = &state.memory.template;
    let chosen = |id: &str, of: &str| id == text(note, of);
    let students = state.memory.students.iter().map(|one| Choice {
        id: one.id.clone(),
        words: format!("{} {}", one.first_name, one.last_name),
        chosen: chosen(&one.id, "studentId"),
    });
    let users = state.memory.users.iter().map(|one| Choice {
        id: one.id.clone(),
        words: format!("{} {}", one.first_name, one.last_name),
        chosen: chosen(&one.id, "userId"),
    });
    let today = now().date_naive().to_string();
    let is_new = text(note, "id").is_empty();
    let lines = vec![
        ("date", "Date (year-month-day)", if is_new { today } else { text(note, "date").to_owned() }),
        ("start", "Start time (hours:minutes)", answer(note, &template.start_time)),
        ("end", "End time (hours:minutes)", answer(note, &template.end_time)),
        ("guardian", "Guardian name", answer(note, &template.guardian_name)),
        ("relationship", "Relationship", answer(note, &template.relationship)),
        ("location", "Location of the therapist’s signature", answer(note, &template.location)),
    ];
    let signatures = note.get("signatures").and_then(Value::as_array).into_iter().flatten();
    let signed = |name: &str| signatures.clone().find(|one| text(one, "field").eq_ignore_ascii_case(name));
    let guardian = signed(&template.guardian_signature);
    let choice =
        |id: &str, words: &str, on| Choice { id: id.to_owned(), words: words.to_owned(), chosen: on };
    Write {
        frame: frame("notes"),
        id: text(note, "id").to_owned(),
        status: text(note, "status").to_owned(),
        students: students.collect(),
        users: users.collect(),
        lines,
        notes: answer(note, &template.notes),
        signed: vec![
            choice("guardian_signed", "Signed by the guardian", is_new || guardian.is_some()),
            choice(
                "therapist_signed",
                "Signed by the therapist",
                is_new || signed(&template.therapist_signature).is_some(),
            ),
            choice("script", "The guardian’s signature is an SVG with a script", false),
            choice("in_fields", "Signatures stand among the fields", false),
        ],
        guardian_place: guardian.map(|one| text(one, "location").to_owned()).unwrap_or_default(),
    }
}

/// *Save as draft* and *Publish*: a note that was there is changed, and is then one that was changed now.
pub(super) async fn save(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let published = pages::first(&sent, "act") == "publish";
    let note = {
        let state = simulator.state();
        let taken = state.memory.notes.iter().map(|one| text(one, "id"));
        let id = identifier(&sent, "sn", taken);
        filled(&state, id, &sent, published)
    };
    simulator.put_note(note);
    simulator.changed();
    pages::see_other(if published { "/notes?done=published" } else { "/notes?done=saved" })
}

fn filled(state: &State, id: String, sent: &[(String, String)], published: bool) -> Note {
    let (template, at) = (&state.memory.template, written(now()));
    let said = |name: &str| pages::first(sent, name);
    let (student, user) = (said("student"), said("user"));
    let mut fields = Vec::new();
    for (name, value) in [
        (&template.date, said("date")),
        (&template.start_time, said("start")),
        (&template.end_time, said("end")),
        (&template.notes, said("notes")),
        (&template.guardian_name, said("guardian")),
        (&template.relationship, said("relationship")),
        (&template.location, said("location")),
    ] {
        if !name.is_empty() && !value.is_empty() {
            fields.push(Field::text(name, &value));
        }
    }
    let mut signatures = signed(state, sent, &at);
    if said("in_fields") == "yes" {
        let moved = signatures.drain(..);
        fields.extend(moved.map(|one| Field {
            name: one.field,
            value: one.value,
            kind: "signature".to_owned(),
        }));
    }
    Note {
        id,
        site_id: state.student(&student).map(|one| one.site_id.clone()).unwrap_or_default(),
        student_id: student,
        user_id: user,
        status: if published { "Published" } else { "Draft" }.to_owned(),
        date: said("date"),
        published_at: if published { at.clone() } else { String::new() },
        modified_at: at,
        template: template.name.clone(),
        fields,
        signatures,
    }
}

fn signed(state: &State, sent: &[(String, String)], at: &str) -> Vec<Signature> {
    let template = &state.memory.template;
    let said = |name: &str| pages::first(sent, name);
    let therapist = state.user(&said("user")).map(|one| format!("{} {}", one.first_name, one.last_name));
    let guardian = if said("script") == "yes" { script_url() } else { scribble_url(&said("guardian")) };
    let all = [
        ("guardian_signed", &template.guardian_signature, guardian, said("guardian_place")),
        (
            "therapist_signed",
            &template.therapist_signature,
            scribble_url(&therapist.unwrap_or_default()),
            said("location"),
        ),
    ];
    let there = all.into_iter().filter(|(ticked, field, ..)| said(ticked) == "yes" && !field.is_empty());
    let sign = |(_, field, value, location): (&str, &String, String, String)| Signature {
        field: field.clone(),
        value,
        signed_at: at.to_owned(),
        location,
    };
    there.map(sign).collect()
}

#[derive(askama::Template)]
#[template(path = "sandbox/ensora/template.html")]
struct Names {
    frame: Frame,
    told: Option<&'static str>,
    lines: Vec<(&'static str, &'static str, String)>,
}

/// How the template calls its fields.
pub(super) async fn template(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told =
        pages::query(&request, "done").map(|_| "Saved. It holds for notes that are written from now on.");
    let one = simulator.state().memory.template.clone();
    let lines = vec![
        ("name", "Name of the template", one.name),
        ("date", "Date", one.date),
        ("start_time", "Start time", one.start_time),
        ("end_time", "End time", one.end_time),
        ("notes", "Notes", one.notes),
        ("therapist_signature", "Signature of the therapist", one.therapist_signature),
        ("location", "Location of the therapist’s signature", one.location),
        ("guardian_name", "Guardian’s name", one.guardian_name),
        ("relationship", "Relationship", one.relationship),
        ("guardian_signature", "Signature of the guardian", one.guardian_signature),
    ];
    pages::page(&Names { frame: frame("template"), told, lines })
}

/// Renames the fields; an empty name takes the field out.
pub(super) async fn save_template(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let said = |name: &str| pages::first(&sent, name);
    simulator.set_template(Template {
        name: said("name"),
        date: said("date"),
        start_time: said("start_time"),
        end_time: said("end_time"),
        notes: said("notes"),
        therapist_signature: said("therapist_signature"),
        location: said("location"),
        guardian_name: said("guardian_name"),
        relationship: said("relationship"),
        guardian_signature: said("guardian_signature"),
    });
    simulator.changed();
    pages::see_other("/template?done=yes")
}
