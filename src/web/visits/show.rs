//! One appointment, on four tabs.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde_json::Value;

use super::documents::removing;
use super::pages::{Metadata, ProofView, StepView, Steps, Summary, Timeline, clock};
use super::{Community, Seen, see};
use crate::db::Conn;
use crate::domain::access::{ManageAppointments, Permission, ViewAppointments};
use crate::domain::api_keys::Mode;
use crate::domain::appointments::signatures::Media;
use crate::domain::documents::Document;
use crate::domain::tasks::StepKind;
use crate::domain::visits::{self, Check, Proof, Scheduling, Visit as Appointment};
use crate::kit::ids::VisitPhotoId;
use crate::kit::phone;
use crate::links;
use crate::web::documents::Row;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::patients::in_one_line;
use crate::web::ui::when;
use crate::web::visit::Visit;

pub async fn summary(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (documents, guides, takes) = documents(&visit, &seen).await?;
    let of = &seen.of;
    let acts = visit.may(Permission::ManageAppointments) && of.status.is_open();
    let label = if of.booked.is_some() { "Reschedule" } else { "Choose a window" };
    let page = Summary {
        shell: seen.tab(&visit, "Summary")?,
        is_test: of.mode == Mode::Test,
        status: of.status.words(),
        facts: facts(&visit, &seen),
        note: of.note.clone(),
        outcome: of.outcome_note.clone(),
        readings: readings(of),
        cancelled: cancelled(&visit, &seen),
        reschedule: acts.then(|| (seen.act("reschedule"), label)),
        assign: (acts && of.booked.is_some() && of.mode == Mode::Live).then(|| seen.act("assign")),
        edit: acts.then(|| seen.act("edit")),
        cancel: acts.then(|| seen.act("cancel")),
        documents,
        guides,
        add_document: takes.then(|| seen.act("documents")),
    };
    visit.page(&page)
}

/// Those that go with it, those of its task, and whether more may be added.
async fn documents(visit: &Visit, seen: &Seen) -> Result<(Vec<Row>, Vec<Row>, bool), Fault> {
    let manages = visit.scope::<ManageAppointments>().ok();
    let of = seen.of.clone();
    let (guides, takes) = visit
        .read(move |conn| {
            let takes = match &manages {
                Some(scope) => visits::takes_documents(conn, scope, &of)?,
                None => false,
            };
            Ok((visits::documents_of_task(conn, &of)?, takes))
        })
        .await?;
    let may_remove = visit.may(Permission::ManageAppointments) && seen.of.is_ahead();
    let row = |one: &Document| {
        let remove = may_remove.then(|| removing(seen, one.id));
        Row::new(one, links::visit_document(seen.org, seen.of.id, one.id), remove)
    };
    let guide = |one: &Document| Row::new(one, links::visit_document(seen.org, seen.of.id, one.id), None);
    Ok((seen.of.documents.iter().map(row).collect(), guides.iter().map(guide).collect(), takes))
}

fn facts(visit: &Visit, seen: &Seen) -> Vec<(&'static str, String, Option<String>)> {
    let (of, zone) = (&seen.of, visit.time_zone());
    let manages = visit.may(Permission::ManageAppointments);
    let when = match (&of.booked, of.period) {
        (Some(booked), _) => visits::when_words(booked, zone),
        (None, Some((from, to))) => format!("Between {} and {}", when::date(from), when::date(to)),
        (None, None) if of.cancelled.is_some() => "No time was chosen".to_owned(),
        (None, None) => "Not chosen yet".to_owned(),
    };
    let address = &of.place.address;
    let open = of.cancelled.is_none();
    let practitioner = match &of.practitioner {
        Some(one) => one.name.clone(),
        None => if open { "Nobody yet" } else { "Nobody" }.to_owned(),
    };
    let mut facts = vec![
        ("When", when, None),
        ("Patient", of.patient.name.clone(), manages.then(|| links::patient(seen.org, of.patient.id))),
        ("Task", format!("{}, version {}, {} minutes", of.task.name, of.task_number, of.minutes), None),
        ("Practitioner", practitioner, None),
        ("Where", format!("{}: {}", of.place.kind.words(), in_one_line(address)), None),
        ("Telephone", phone::for_people(&of.phone), None),
    ];
    if !address.access_notes.is_empty() {
        facts.push(("How to get in", address.access_notes.clone(), None));
    }
    if let Some(at) = of.expected_at.filter(|_| open) {
        facts.push(("Expected", format!("About {}", clock(at, zone)), None));
    }
    if of.scheduling == Scheduling::PatientLed && open {
        facts.push(("Who finds the time", "The patient".to_owned(), None));
    }
    if !of.external_ref.is_empty() {
        facts.push(("Reference", of.external_ref.clone(), None));
    }
    facts.push(("Booked", freshness::at(visit, of.created_at).words, None));
    facts.push(("Number", of.public_id.clone(), None));
    facts
}

/// What was measured, by its name.
pub fn readings(of: &Appointment) -> Vec<(String, String)> {
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    of.readings.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), words(value))).collect()
}

fn cancelled(visit: &Visit, seen: &Seen) -> Vec<(&'static str, String)> {
    let Some(how) = &seen.of.cancelled else { return Vec::new() };
    let at = freshness::at(visit, how.at).words;
    let mut facts = vec![
        ("Cancelled", format!("{at}, by {}", how.by_name)),
        ("Who cancelled", how.by.words().to_owned()),
        ("Because of", how.because_of.words().to_owned()),
        ("Reason", how.reason.words().to_owned()),
        ("Charged", if how.chargeable { "It may be: less than 24 hours before" } else { "No" }.to_owned()),
    ];
    if !how.note.is_empty() {
        facts.push(("Note", how.note.clone()));
    }
    facts
}

pub async fn timeline(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let of = seen.of.clone();
    let lines = visit.read(move |conn| visits::timeline(conn, &of)).await?;
    let line = |one: &visits::Line| (freshness::at(&visit, one.at).words, one.by.clone(), one.words.clone());
    visit.page(&Timeline { lines: lines.iter().map(line).collect(), shell: seen.tab(&visit, "Timeline")? })
}

pub async fn steps(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let of = seen.of.clone();
    let keys = visit.services.config.keys.clone();
    let read = move |conn: &mut Conn| {
        let proof = visits::proof(conn, &scope, &keys, &of)?;
        Ok((visits::steps(conn, &of)?, visits::photos(conn, &of)?, proof))
    };
    let (steps, photos, proof) = visit.read(read).await?;
    let photo = |one: &visits::Photo| {
        let words = format!("Picture by {}, {}", one.taken_by, freshness::within(&visit, one.taken_at).words);
        (links::visit_photo(seen.org, seen.of.id, one.id), words)
    };
    let view = |step: &visits::Step| StepView {
        kind: match step.kind {
            StepKind::Procedure => "Procedure",
            StepKind::Administrative => "Administrative",
            StepKind::Photo => "Photo",
        },
        words: step.words.clone(),
        code: step.snomed_code.clone(),
        done: step.done.as_ref().map(|(at, by)| format!("{}, {by}", freshness::at(&visit, *at).words)),
        photos: photos.iter().filter(|one| one.step == step.id).map(photo).collect(),
    };
    visit.page(&Steps {
        shell: seen.tab(&visit, "Task Steps")?,
        task: format!("{}, version {}", seen.of.task.name, seen.of.task_number),
        steps: steps.iter().map(view).collect(),
        proof: proof.map(|proof| proof_view(&visit, &seen, &proof)),
    })
}

fn proof_view(visit: &Visit, seen: &Seen, proof: &Proof) -> ProofView {
    let mut facts = Vec::new();
    let signed = freshness::at(visit, proof.signed_at).words;
    if let Some(who) = proof.relationship {
        facts.push(("Signed by", format!("{}, {}", proof.signer, who.as_str())));
        if proof.strokes.is_empty() && proof.check != Check::Unreadable {
            facts.push(("Signature", "The name, without a drawing".to_owned()));
        }
    }
    facts.push(("Signed", format!("{signed}, on the phone of {}", proof.kept_by)));
    let postcode = &seen.of.place.address.postcode;
    let place = proof.place.map_or("Not added".to_owned(), |spot| spot.words(postcode));
    facts.extend([("Place", place), ("Check", proof.check.words())]);
    let label = format!("Signature of {}", proof.signer);
    ProofView { facts, lines: proof.strokes.polylines(), label }
}

/// A picture kept as evidence.
pub async fn photo(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let photo = visit.id::<VisitPhotoId>("photo")?;
    let kept = visit.read(move |conn| visits::photo(conn, &seen.of, photo)).await?;
    Ok(picture(kept))
}

/// The bytes of a picture, which can do nothing.
pub fn picture((media, bytes): (Media, Vec<u8>)) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media.as_str()))
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"picture\""))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"))
        .body(bytes)
}

pub async fn metadata(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    if seen.of.metadata.is_null() {
        return Err(Fault::NotFound);
    }
    let mut rows = Vec::new();
    flatten(&seen.of.metadata, String::new(), &mut rows);
    visit.page(&Metadata { shell: seen.tab(&visit, "Metadata")?, rows })
}

/// Every value with its path.
fn flatten(value: &Value, path: String, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(value, format!("{path}{dot}{name}"), rows);
            }
        }
        Value::Array(all) => {
            for (at, value) in all.iter().enumerate() {
                flatten(value, format!("{path}[{at}]"), rows);
            }
        }
        Value::String(text) => rows.push((path, text.clone())),
        other => rows.push((path, other.to_string())),
    }
}
