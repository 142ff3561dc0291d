//! The tab *Visits* of a resident: what was booked for them with another organisation, how each visit stands, and
//! cancelling. Booking one, step by step, is in `booking`. Only in care homes, and only where visits can be booked or were.
//!
//! Nothing is asked of the service on these pages but in `booking`: what is shown is what a job read last.

mod booking;

use actix_web::HttpResponse;
use askama::Template;
use chrono::NaiveDateTime;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::freshness;
use super::residents::{Identity, Seen, check_seal, frame, seal, see};
use super::routes::{Line, Who, get, post};
use super::ui::{Choice, Link, Notice, Shell, When, filters, when};
use super::visit::{In, Nav, Posted, Visit};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Permission, Sector, ViewAppointments};
use crate::domain::booked_visits::{self, Booked, Calling, Cause, State};
use crate::domain::connections;
use crate::domain::timeline::{self, Source};
use crate::domain::visits::ReasonCode;
use crate::kit::ids::{BookedVisitId, OrganisationId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewAppointments);
    let manage = Who::Holder(Permission::ManageAppointments);
    let mut lines = vec![
        get("/org/{org}/visits-left-open", view, left_open),
        get("/org/{org}/residents/{resident}/visits", view, index),
    ];
    // Before the page of one visit, which has a number where these have a word.
    lines.extend(booking::routes());
    lines.extend([
        get("/org/{org}/residents/{resident}/visits/{visit}", view, show),
        get("/org/{org}/residents/{resident}/visits/{visit}/cancel", manage, confirm),
        post("/org/{org}/residents/{resident}/visits/{visit}/cancel", manage, cancel),
    ]);
    lines
}

/// One visit in a list.
struct Row {
    href: String,
    task: String,
    window: String,
    tag: &'static str,
    /// The service's own word, where it says more than the tag.
    status: String,
    words: String,
}

#[derive(Template)]
#[template(path = "booked_visits/index.html")]
struct Index {
    shell: Shell,
    who: Identity,
    rows: Vec<Row>,
    book: Option<String>,
    /// Why none can be booked, where somebody might wonder.
    cannot: String,
}

#[derive(Template)]
#[template(path = "booked_visits/show.html")]
struct Show {
    shell: Shell,
    who: Identity,
    row: Row,
    /// It is being asked for, so that the page is looked at again.
    moving: bool,
    note: String,
    booked_by: String,
    booked: When,
    cancelled: String,
    history: Vec<(When, String, String)>,
    cancel: Option<String>,
    entry: Option<Entry>,
}

/// How a visit that was made stands in the care record.
struct Entry {
    href: String,
    tag: &'static str,
    because: String,
}

#[derive(Template)]
#[template(path = "booked_visits/cancel.html")]
struct Cancel {
    shell: Shell,
    who: Identity,
    row: Row,
    late: bool,
    act: String,
    back: String,
    seal: String,
    causes: Vec<Choice>,
    reasons: Vec<Choice>,
    why: String,
}

#[derive(Template)]
#[template(path = "booked_visits/left_open.html")]
struct LeftOpen {
    shell: Shell,
    rows: Vec<(String, String, Row)>,
}

/// Elsewhere there is no such thing.
pub(super) fn only_care_homes(visit: &Visit) -> Result<(), Fault> {
    if visit.sector() == Sector::CareHome { Ok(()) } else { Err(Fault::NotFound) }
}

/// `Tuesday 24 November 2026, 7am to 9am (Early)`, where the home is.
pub(super) fn window(
    visit: &Visit,
    (starts, ends, name): (Option<NaiveDateTime>, Option<NaiveDateTime>, &str),
) -> String {
    let zone = visit.time_zone();
    let Some(starts) = starts else { return "No time yet".to_owned() };
    let from = starts.and_utc().with_timezone(&zone);
    let day = when::long_date(from.date_naive());
    let until = ends.map(|ends| format!(" to {}", when::clock(ends.and_utc().with_timezone(&zone).time())));
    let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
    format!("{day}, {}{}{name}", when::clock(from.time()), until.unwrap_or_default())
}

fn row(visit: &Visit, org: OrganisationId, one: &Booked) -> Row {
    let says = if one.status.is_empty() || one.status.eq_ignore_ascii_case(one.state.words()) {
        String::new()
    } else {
        one.status.clone()
    };
    Row {
        href: links::booked_visit(org, one.resident, one.id),
        task: one.task_name.clone(),
        window: window(visit, (one.starts_at, one.ends_at, &one.window_name)),
        tag: one.state.words(),
        status: says,
        words: one.last_words.clone(),
    }
}

fn below(visit: &Visit, seen: &Seen, title: String) -> Result<Shell, Fault> {
    let mut shell = frame(visit, seen, title, "Visits")?;
    shell.crumb = Some(Link::new("Visits", links::resident_visits(seen.org, seen.resident.id)));
    shell.tabs.clear();
    Ok(shell)
}

async fn index(visit: Visit, In(scope): In<ViewAppointments>) -> Answer {
    only_care_homes(&visit)?;
    let seen = see(&visit).await?;
    let (org, id) = (seen.org, seen.resident.id);
    let (found, line) = visit
        .read(move |conn| {
            let found = booked_visits::of_resident(conn, &scope, id)?;
            Ok((found, connections::booked_with(conn, &scope)?))
        })
        .await?;
    if line.is_none() && found.is_empty() {
        return Err(Fault::NotFound);
    }
    let manages = visit.may(Permission::ManageAppointments);
    let cannot = match &line {
        None => Some("Visits cannot be booked now. A super manager sees why under Integrations.".to_owned()),
        Some(_) => booked_visits::cannot_be_booked(&seen.resident),
    };
    let page = Index {
        shell: frame(&visit, &seen, seen.resident.name(), "Visits")?,
        who: seen.who(),
        rows: found.iter().map(|one| row(&visit, org, one)).collect(),
        book: (manages && cannot.is_none()).then(|| links::resident_visits_act(org, id, "book")),
        cannot: cannot.filter(|_| manages).unwrap_or_default(),
    };
    visit.page(&page)
}

/// The visit of the path, which has to be this resident's.
async fn found(visit: &Visit, seen: &Seen) -> Result<Booked, Fault> {
    let (scope, id, resident) =
        (visit.scope::<ViewAppointments>()?, visit.id::<BookedVisitId>("visit")?, seen.resident.id);
    let booked = visit.read(move |conn| booked_visits::get(conn, &scope, id)).await?;
    if booked.resident == resident { Ok(booked) } else { Err(Fault::NotFound) }
}

async fn show(visit: Visit, _: In<ViewAppointments>) -> Answer {
    only_care_homes(&visit)?;
    let seen = see(&visit).await?;
    let booked = found(&visit, &seen).await?;
    let of = booked.clone();
    let org = seen.org;
    let (history, standing) = visit
        .read(move |conn| {
            let standing = timeline::standings(conn, org, Source::Visit, &[of.id.0])?.remove(&of.id.0);
            Ok((booked_visits::history(conn, &of)?, standing))
        })
        .await?;
    let may_cancel =
        visit.may(Permission::ManageAppointments) && matches!(booked.state, State::Asked | State::Booked);
    let entry = standing.map(|standing| Entry {
        href: links::resident_activities(org, booked.resident),
        tag: standing.state.words(),
        because: standing.because,
    });
    let page = Show {
        shell: below(&visit, &seen, booked.task_name.clone())?,
        who: seen.who(),
        row: row(&visit, org, &booked),
        moving: matches!(booked.state, State::Asked | State::Cancelling),
        note: booked.note.clone(),
        booked_by: booked.booked_by_name.clone(),
        booked: freshness::at(&visit, booked.created_at),
        cancelled: booked_visits::because(ReasonCode::parse(&booked.cancel_reason), &booked.cancel_note),
        history: history.into_iter().map(|one| (freshness::at(&visit, one.at), one.words, one.by)).collect(),
        cancel: may_cancel.then(|| links::cancel_booked_visit(org, booked.resident, booked.id)),
        entry,
    };
    visit.page(&page)
}

async fn confirm(visit: Visit, _: In<ManageAppointments>) -> Answer {
    only_care_homes(&visit)?;
    let seen = see(&visit).await?;
    let booked = found(&visit, &seen).await?;
    if !matches!(booked.state, State::Asked | State::Booked) {
        let words = format!("This visit is {} already.", booked.state.words().to_lowercase());
        let to = links::booked_visit(seen.org, booked.resident, booked.id);
        return visit.done(to, &Notice::warn(words));
    }
    let page = cancel_page(&visit, &seen, &booked, Calling::default(), None)?;
    visit.page(&page)
}

fn cancel_page(
    visit: &Visit,
    seen: &Seen,
    booked: &Booked,
    how: Calling,
    error: Option<(&'static str, String)>,
) -> Result<Cancel, Fault> {
    let mut shell = below(visit, seen, format!("Cancel {}?", booked.task_name))?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let cause = |one: &Cause| Choice::new(one.as_str(), one.words(), how.cause == Some(*one));
    let reason = |one: ReasonCode| {
        Choice::new(one.as_str(), booked_visits::reason_words(one), how.reason == Some(one))
    };
    Ok(Cancel {
        shell,
        who: seen.who(),
        row: row(visit, seen.org, booked),
        late: booked_visits::is_late(booked.starts_at, visit.now),
        act: links::cancel_booked_visit(seen.org, booked.resident, booked.id),
        back: links::booked_visit(seen.org, booked.resident, booked.id),
        seal: seal(visit, &seen.resident),
        causes: Cause::ALL.iter().map(cause).collect(),
        reasons: booked_visits::REASONS.map(reason).into(),
        why: how.why,
    })
}

#[derive(Deserialize)]
struct Why {
    #[serde(default)]
    about: String,
    #[serde(default)]
    cause: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    why: String,
}

async fn cancel(visit: Visit, In(scope): In<ManageAppointments>, Posted(form): Posted<Why>) -> Answer {
    only_care_homes(&visit)?;
    let seen = see(&visit).await?;
    let booked = found(&visit, &seen).await?;
    let to = links::booked_visit(seen.org, booked.resident, booked.id);
    check_seal(&visit, &seen.resident, &form.about, to.clone())?;
    let (id, cause, reason) = (booked.id, Cause::parse(&form.cause), ReasonCode::parse(&form.reason));
    let how = Calling { cause, reason, why: form.why };
    let typed = how.clone();
    match visit.write(move |tx| booked_visits::cancel(tx, &scope, id, &how)).await {
        Ok(()) => {
            visit.services.wake.notify_one();
            visit.done(to, &Notice::ok("The visit is being cancelled. This page says when it is."))
        }
        Err(Refusal::Invalid { field, words }) => {
            let page = cancel_page(&visit, &seen, &booked, typed, Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(to, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Visits that nobody may be there for.
async fn left_open(visit: Visit, In(scope): In<ViewAppointments>) -> Answer {
    only_care_homes(&visit)?;
    // Names of residents are shown.
    visit.scope::<crate::domain::access::ViewResidents>()?;
    let org = scope.organisation();
    let found = visit.read(move |conn| Ok(booked_visits::left_open(conn, &scope)?)).await?;
    let mut shell = visit.org_shell("Visits for residents who have left", Nav::Residents)?;
    shell.crumb = Some(Link::new("Residents", links::residents(org)));
    let rows = found.into_iter().map(|(booked, name)| {
        let row = row(&visit, org, &booked);
        (name, links::resident(org, booked.resident), row)
    });
    visit.page(&LeftOpen { shell, rows: rows.collect() })
}
