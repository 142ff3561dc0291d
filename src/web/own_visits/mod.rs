//! An appointment as its patient sees it: by the link of a letter, without a password, or signed in. The same pages and
//! acts for both; what opens them is the [`Key`], and all that is done goes through it.
//!
//! The pages say when and where and nothing of what is done: a letter may be read by others. A page with a form tells
//! other sites our host only (`strict-origin`), since under `no-referrer` browsers keep back from us too where a form
//! came from, and the gate refuses it; every other page says `no-referrer`.

mod calendar;
mod pages;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue, REFERRER_POLICY};

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Shell};
use super::visit::{Fields, Posted, Visit, field};
use crate::domain::Refusal;
use crate::domain::visits::{self, Key, Opened, Own, ReasonCode};
use crate::domain::windows;
use crate::kit::ids::VisitId;
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Anyone;
    vec![
        get("/appointments/{token}", who, show),
        get("/appointments/{token}/window", who, windows),
        post("/appointments/{token}/window", who, choose),
        get("/appointments/{token}/cancel", who, ask),
        post("/appointments/{token}/cancel", who, cancel),
        get("/appointments/{token}/calendar.ics", who, download),
        get("/my-appointments", Who::Patient, index),
        get("/my-appointments/{visit}", Who::Patient, show),
        get("/my-appointments/{visit}/window", Who::Patient, windows),
        post("/my-appointments/{visit}/window", Who::Patient, choose),
        get("/my-appointments/{visit}/cancel", Who::Patient, ask),
        post("/my-appointments/{visit}/cancel", Who::Patient, cancel),
        get("/my-appointments/{visit}/calendar.ics", Who::Patient, download),
    ]
}

/// What the path opens, and its addresses.
struct Door {
    key: Key,
    here: String,
}

impl Door {
    fn of(visit: &Visit) -> Result<Self, Fault> {
        let Ok(token) = visit.part("token") else {
            let id: VisitId = visit.id("visit")?;
            let key = Key::Account(Arc::clone(visit.signed_in()?), id);
            return Ok(Self { key, here: links::patient_visit(id) });
        };
        let key = Key::Link(Secret::new(token), visit.address.clone());
        Ok(Self { key, here: links::own_visit(&links::encode(token)) })
    }

    fn act(&self, act: &str) -> String {
        format!("{}/{act}", self.here)
    }
}

/// The appointment, or the page for who comes too late.
async fn open(visit: &Visit, door: &Door) -> Result<Result<Box<Own>, HttpResponse>, Fault> {
    let (key, now) = (door.key.clone(), visit.now);
    let opened = visit.read(move |conn| visits::open_own(conn, &key, now)).await;
    let call = match opened {
        Ok(Opened::Here(own)) => return Ok(Ok(own)),
        Ok(Opened::Over { organisation, phone }) => format!("ring {organisation} on {phone}"),
        // Another patient's appointment is not there.
        Err(Refusal::NotHere) if matches!(door.key, Key::Account(..)) => return Err(Fault::NotFound),
        Err(Refusal::NotHere) => "ring whoever wrote to you: the number is in the letter".to_owned(),
        Err(refusal) => return Err(refusal.into()),
    };
    let shell = bare(visit, "This link does not work any more");
    let page = visit.page_with(&pages::Over { shell, call }, HttpResponse::NotFound());
    Ok(Err(unfollowed(page, "no-referrer")?))
}

/// A frame without anybody's session: who reads a letter need not be whoever signed in here.
fn bare(visit: &Visit, title: impl Into<String>) -> Shell {
    let mut shell = visit.shell(title);
    shell.nav.clear();
    shell.signed_in = None;
    shell.session_ends_in = None;
    shell.recorder = None;
    shell
}

fn frame(visit: &Visit, (door, own): (&Door, &Own), title: impl Into<String>) -> Shell {
    let mut shell = match door.key {
        Key::Link(..) => bare(visit, title),
        Key::Account(..) => mine(visit, title),
    };
    shell.organisation = Some(own.organisation.clone());
    shell
}

/// A frame for somebody signed in.
fn mine(visit: &Visit, title: impl Into<String>) -> Shell {
    let mut shell = visit.shell(title);
    shell.nav.clear();
    shell.crumb = Some(Link::new("My appointments", links::patient_visits()));
    shell
}

/// A page with a way back to the appointment.
fn inner(visit: &Visit, (door, own): (&Door, &Own), title: &str) -> Shell {
    let mut shell = frame(visit, (door, own), title);
    shell.crumb = Some(Link::new("Your appointment", door.here.clone()));
    shell
}

/// The address is a secret: no page is told of it, and no search engine keeps it.
fn unfollowed(answer: Answer, referrer: &'static str) -> Answer {
    let mut response = answer?;
    let headers = response.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    Ok(response)
}

/// The appointments of somebody signed in: those to come, and those that are over.
async fn index(visit: Visit) -> Answer {
    let actor = Arc::clone(visit.signed_in()?);
    let all = visit.read(move |conn| visits::own_visits(conn, &actor)).await?;
    let mut shell = mine(&visit, "My appointments");
    shell.crumb = None;
    unfollowed(visit.page(&pages::Index::new(shell, &all, visit.now)), "no-referrer")
}

const FORM: &str = "strict-origin";

async fn show(visit: Visit) -> Answer {
    let door = Door::of(&visit)?;
    let own = match open(&visit, &door).await? {
        Ok(own) => own,
        Err(over) => return Ok(over),
    };
    let shell = frame(&visit, (&door, &*own), format!("Your appointment with {}", own.organisation));
    unfollowed(visit.page(&pages::Show::new(shell, &door.here, &own, visit.now)), "no-referrer")
}

async fn windows(visit: Visit) -> Answer {
    let door = Door::of(&visit)?;
    let own = match open(&visit, &door).await? {
        Ok(own) => own,
        Err(over) => return Ok(over),
    };
    if !own.may_move(visit.now) {
        return Ok(super::see_other(door.here));
    }
    let page = windows_page(&visit, &door, own, ("", None)).await?;
    unfollowed(visit.page(&page), FORM)
}

async fn windows_page(
    visit: &Visit,
    door: &Door,
    own: Box<Own>,
    (chosen, wrong): (&str, Option<String>),
) -> Result<pages::Windows, Fault> {
    let title = if own.visit.booked.is_some() { "Choose another time" } else { "Choose a time" };
    let mut shell = inner(visit, (door, &*own), title);
    if let Some(words) = wrong {
        shell.add_error("window", words.trim_end_matches('.'));
    }
    let now = visit.now;
    let (own, free, advice) = visit
        .read(move |conn| {
            let (free, advice) = visits::offered_own(conn, &own, now)?;
            Ok((own, free, advice))
        })
        .await?;
    Ok(pages::Windows {
        shell,
        action: door.act("window"),
        back: door.here.clone(),
        now: own.when(),
        days: pages::days((&free, &advice), own.zone, chosen, now),
        call: format!("ring {} on {}", own.organisation, own.phone),
    })
}

async fn choose(visit: Visit, Posted(fields): Posted<Fields>) -> Answer {
    let door = Door::of(&visit)?;
    let own = match open(&visit, &door).await? {
        Ok(own) => own,
        Err(over) => return Ok(over),
    };
    let typed = field(&fields, "window").to_owned();
    let wrong = match windows::read_public_id(&typed) {
        None => "Choose a time".to_owned(),
        Some(slot) => {
            let key = door.key.clone();
            let chosen = visit.write(move |tx| {
                let now = tx.now;
                let own = visits::reach_own(tx.conn, &key, now)?;
                visits::choose_own(tx, &own, slot)
            });
            match chosen.await {
                Ok(_) => {
                    let words = "Your appointment is booked. We have emailed you the day and the hours.";
                    return unfollowed(visit.done(door.here, &Notice::ok(words)), "no-referrer");
                }
                Err(Refusal::Overtaken(words) | Refusal::Invalid { field: "window", words }) => words,
                // What the patient cannot put right: an address outside the area, for one.
                Err(Refusal::Invalid { .. }) => {
                    format!("This cannot be booked here. Please ring {} on {}", own.organisation, own.phone)
                }
                Err(Refusal::NotHere) => return Ok(super::see_other(door.here)),
                Err(refusal) => return Err(refusal.into()),
            }
        }
    };
    let page = windows_page(&visit, &door, own, (&typed, Some(wrong))).await?;
    unfollowed(visit.page_with(&page, HttpResponse::UnprocessableEntity()), FORM)
}

async fn ask(visit: Visit) -> Answer {
    let door = Door::of(&visit)?;
    let own = match open(&visit, &door).await? {
        Ok(own) => own,
        Err(over) => return Ok(over),
    };
    if !own.may_cancel(visit.now) {
        return Ok(super::see_other(door.here));
    }
    unfollowed(visit.page(&cancel_page(&visit, &door, &own, &Vec::new(), None)), FORM)
}

fn cancel_page(
    visit: &Visit,
    door: &Door,
    own: &Own,
    fields: &Fields,
    wrong: Option<(&'static str, String)>,
) -> pages::Cancel {
    let mut shell = inner(visit, (door, own), "Cancel your appointment");
    if let Some((field, words)) = wrong {
        shell.add_error(field, words);
    }
    pages::Cancel {
        shell,
        action: door.act("cancel"),
        back: door.here.clone(),
        now: own.when(),
        late: own.visit.is_short_notice(visit.now),
        reasons: pages::reasons(field(fields, "reason")),
        call: format!("ring {} on {}", own.organisation, own.phone),
        note: field(fields, "note").to_owned(),
    }
}

async fn cancel(visit: Visit, Posted(fields): Posted<Fields>) -> Answer {
    let door = Door::of(&visit)?;
    let own = match open(&visit, &door).await? {
        Ok(own) => own,
        Err(over) => return Ok(over),
    };
    let wrong = match ReasonCode::parse(field(&fields, "reason")) {
        None => ("reason", "Choose the reason".to_owned()),
        Some(reason) => {
            let (key, note) = (door.key.clone(), field(&fields, "note").to_owned());
            let done = visit.write(move |tx| {
                let now = tx.now;
                let own = visits::reach_own(tx.conn, &key, now)?;
                visits::give_up(tx, &own, reason, &note)
            });
            let to = door.here.clone();
            match done.await {
                Ok(_) => {
                    return unfollowed(
                        visit.done(to, &Notice::ok("Your appointment is cancelled.")),
                        "no-referrer",
                    );
                }
                Err(Refusal::Overtaken(words)) => {
                    return unfollowed(visit.done(to, &Notice::warn(words)), "no-referrer");
                }
                Err(Refusal::NotHere) => return Ok(super::see_other(to)),
                Err(Refusal::Invalid { field, words }) => (field, words),
                Err(refusal) => return Err(refusal.into()),
            }
        }
    };
    let page = cancel_page(&visit, &door, &own, &fields, Some(wrong));
    unfollowed(visit.page_with(&page, HttpResponse::UnprocessableEntity()), FORM)
}

/// The appointment as a file that calendars read.
async fn download(visit: Visit) -> Answer {
    let door = Door::of(&visit)?;
    let own = match open(&visit, &door).await? {
        Ok(own) => own,
        Err(over) => return Ok(over),
    };
    let Some(booked) = own.visit.booked.as_ref().filter(|_| own.visit.cancelled.is_none()) else {
        return Ok(super::see_other(door.here));
    };
    let file = calendar::file(&calendar::Entry {
        number: &own.visit.public_id,
        version: own.visit.version,
        organisation: &own.organisation,
        phone: &own.phone,
        starts_at: booked.starts_at,
        ends_at: booked.ends_at,
        now: visit.now,
    });
    let answer =
        super::download::attached("appointment.ics", "text/calendar; charset=utf-8", file.into_bytes());
    unfollowed(Ok(answer), "no-referrer")
}
