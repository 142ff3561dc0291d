//! Rendering by hand, what is missing for it, and the signature window.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use askama::Template;

use super::marks::answer;
use super::{Seen, Therapy, see};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Permission, ViewAppointments};
use crate::domain::appointments::sessions::{self, Value};
use crate::domain::appointments::{self, Check, Repair, Session};
use crate::kit::ids::SignatureImageId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::ui::{Shell, filters};
use crate::web::visit::{Posted, Visit};

/// Something that rendering needs and that is not there.
pub struct Unmet {
    pub words: String,
    pub repair: &'static str,
    /// Where it is repaired, for those who may.
    pub href: Option<String>,
}

pub fn unmet(visit: &Visit, seen: &Seen, checks: &[Check]) -> Vec<Unmet> {
    let failed = checks.iter().filter(|check| !check.ok);
    let one = |check: &Check| Unmet {
        words: check.words.clone(),
        repair: check.repair.words(),
        href: repair(visit, seen, check.repair),
    };
    failed.map(one).collect()
}

fn repair(visit: &Visit, seen: &Seen, repair: Repair) -> Option<String> {
    let org = seen.org;
    let (href, permission) = match repair {
        Repair::Nothing | Repair::UnRender | Repair::Invoice | Repair::Vendor => return None,
        Repair::Appointment | Repair::Status => (seen.act("edit"), Permission::ManageAppointments),
        Repair::ResultsNotes => (seen.act("results"), Permission::ManageAppointments),
        Repair::Client(id) => (links::resident(org, id), Permission::ViewResidents),
        Repair::Staff(id) => (links::staff_member(org, id), Permission::ViewStaff),
        Repair::Note(note) => (links::synchronization_note(org, note), Permission::PairRecords),
        Repair::MapAgencies => (links::synchronization_tab(org, "agencies"), Permission::PairRecords),
        Repair::MapClients => (links::synchronization_tab(org, "clients"), Permission::PairRecords),
        Repair::MapStaff => (links::synchronization_tab(org, "staff"), Permission::PairRecords),
        Repair::Settings => (links::settings_appointments(org), Permission::ManageOrganisation),
    };
    visit.may(permission).then_some(href)
}

pub async fn render(visit: Visit, Therapy(scope): Therapy<ManageAppointments>, _: Posted<()>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let id = seen.id();
    let done = visit
        .write(move |tx| {
            let of = appointments::get(tx.conn, &scope, id)?;
            appointments::refuse_settled(&of)?;
            appointments::render(tx, &scope, id)
        })
        .await;
    answer(&visit, &seen, done, "The appointment is rendered.")
}

pub async fn un_render(visit: Visit, Therapy(scope): Therapy<ManageAppointments>, _: Posted<()>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let id = seen.id();
    let done = visit
        .write(move |tx| {
            let of = appointments::get(tx.conn, &scope, id)?;
            appointments::refuse_invoiced(&of)?;
            appointments::un_render(tx, &scope, id)
        })
        .await;
    answer(&visit, &seen, done, "The appointment is not rendered any more.")
}

/// The signature window.
#[derive(Template)]
#[template(path = "appointments/signatures.html")]
struct Signatures {
    shell: Shell,
    what: String,
    lines: Vec<Line>,
}

struct Line {
    label: &'static str,
    text: String,
    hint: &'static str,
    picture: Option<Picture>,
}

struct Picture {
    href: String,
    alt: String,
    signed: String,
    fingerprint: String,
    intact: bool,
}

pub async fn signatures(visit: Visit, Therapy(scope): Therapy<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let id = seen.id();
    let (session, pictures) = visit
        .read(move |conn| {
            let session = appointments::session_of(conn, &scope, id)?.unwrap_or_default();
            let mut pictures = Vec::new();
            for image in [session.guardian.image, session.therapist.image].into_iter().flatten() {
                let kept = appointments::image(conn, &scope, image)?;
                pictures.push((image, kept.hash, kept.intact));
            }
            Ok((session, pictures))
        })
        .await?;
    let lines = sessions::window(&session).into_iter().map(|line| {
        let (text, picture) = match line.value {
            Value::Text(text) => (text, None),
            Value::Missing(words) => (words.to_owned(), None),
            Value::Signature(image, at) => {
                let kept = pictures.iter().find(|(of, ..)| *of == image);
                let picture = Picture {
                    href: links::signature_image(seen.org, id, image),
                    alt: format!("Signature of {}", signer(line.label, &session, &seen)),
                    signed: at.map(|at| freshness::within(&visit, at).words).unwrap_or_default(),
                    fingerprint: kept.map(|(_, hash, _)| hash.chars().take(16).collect()).unwrap_or_default(),
                    intact: kept.is_some_and(|(.., intact)| *intact),
                };
                (String::new(), Some(picture))
            }
        };
        Line { label: line.label, text, hint: line.hint, picture }
    });
    let page = Signatures {
        lines: lines.collect(),
        what: super::cancelling::what(&visit, &seen),
        shell: seen.shell(&visit, "Signatures")?,
    };
    visit.page(&page)
}

fn signer(label: &str, session: &Session, seen: &Seen) -> String {
    let (name, else_words) = if label.starts_with("Guardian") {
        (&session.guardian_name, "the guardian")
    } else {
        (&seen.whole.listed.staff, "the therapist")
    };
    if name.is_empty() { else_words.to_owned() } else { name.clone() }
}

/// A signature's picture: a fixed media type, and nothing in it that could act.
pub async fn image(visit: Visit, Therapy(scope): Therapy<ViewAppointments>) -> Answer {
    let (appointment, image) = (visit.id("appointment")?, visit.id::<SignatureImageId>("image")?);
    let kept = visit
        .read(move |conn| {
            let session = appointments::session_of(conn, &scope, appointment)?.unwrap_or_default();
            if ![session.guardian.image, session.therapist.image].contains(&Some(image)) {
                return Err(Refusal::NotHere);
            }
            appointments::image(conn, &scope, image)
        })
        .await?;
    if !kept.intact {
        return Err(Fault::NotFound);
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kept.media.as_str()))
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"signature\""))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"))
        .body(kept.bytes))
}
