//! *Windows*, in the sector community health: the parts of a day that a patient is promised, what the next days hold, and
//! what the clocks will do to them.

use actix_web::HttpResponse;
use askama::Template;
use chrono::{Days, NaiveDate};

use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Link, Notice, Shell, filters, when};
use super::super::visit::{Fields, Nav, Posted, Visit, field};
use super::super::visits::Community;
use super::tabs;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Permission, Scope};
use crate::domain::visits;
use crate::domain::windows::{self, Facts, Typed, Window};
use crate::kit::calendar::{WEEK, name_of, word_of};
use crate::kit::ids::{OrganisationId, WindowId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/settings/windows", who, index),
        post("/org/{org}/settings/windows", who, create),
        get("/org/{org}/settings/windows/{window}", who, edit),
        post("/org/{org}/settings/windows/{window}", who, update),
        post("/org/{org}/settings/windows/{window}/retire", who, retire),
        post("/org/{org}/settings/windows/{window}/restore", who, restore),
    ]
}

/// Days that the preview shows, and days that are looked through for changes of the clocks.
const PREVIEW: u64 = 7;
const AHEAD: u64 = 366;

#[derive(Template)]
#[template(path = "settings/windows.html")]
struct Page {
    shell: Shell,
    action: String,
    form: Form,
    rows: Vec<Row>,
    zone: String,
    days: Vec<Day>,
    warnings: Vec<String>,
}

#[derive(Template)]
#[template(path = "settings/window.html")]
struct Editing {
    shell: Shell,
    action: String,
    back: String,
    form: Form,
    /// What is booked in it from now on.
    booked: String,
}

struct Row {
    name: String,
    hours: String,
    days: String,
    capacity: i32,
    retired: bool,
    edit: String,
    act: String,
    label: &'static str,
}

/// A day of the preview.
struct Day {
    name: String,
    slots: Vec<String>,
}

struct Form {
    name: String,
    from: String,
    to: String,
    capacity: String,
    days: Vec<Tick>,
}

struct Tick {
    value: &'static str,
    label: &'static str,
    ticked: bool,
}

impl Form {
    fn of(typed: &Typed) -> Self {
        let ticked = |value: &str| typed.weekdays.iter().any(|day| day == value);
        let tick = |day| Tick { value: word_of(day), label: name_of(day), ticked: ticked(word_of(day)) };
        Self {
            name: typed.name.clone(),
            from: typed.from.clone(),
            to: typed.to.clone(),
            capacity: typed.capacity.clone(),
            days: WEEK.map(tick).into(),
        }
    }

    fn new() -> Self {
        let weekdays = ["mon", "tue", "wed", "thu", "fri"].map(str::to_owned).into();
        Self::of(&Typed { weekdays, ..Typed::default() })
    }
}

fn typed(fields: &Fields) -> Typed {
    let own = |name: &str| field(fields, name).to_owned();
    let chosen = fields.iter().filter(|(name, _)| name == "weekdays[]").map(|(_, value)| value.clone());
    Typed {
        name: own("name"),
        from: own("from"),
        to: own("to"),
        weekdays: chosen.collect(),
        capacity: own("capacity"),
    }
}

fn as_typed(window: &Window) -> Typed {
    Typed {
        name: window.name.clone(),
        from: windows::clock(window.from_minute),
        to: windows::clock(window.to_minute),
        weekdays: window.weekdays.iter().map(|day| day.to_string().to_lowercase()).collect(),
        capacity: window.capacity.to_string(),
    }
}

fn row(org: OrganisationId, window: &Window) -> Row {
    let retired = window.retired_at.is_some();
    let (act, label) = if retired { ("restore", "Restore") } else { ("retire", "Retire") };
    Row {
        name: window.name.clone(),
        hours: window.hours(),
        days: when::capital(&window.days()),
        capacity: window.capacity,
        retired,
        edit: links::window(org, window.id),
        act: links::window_act(org, window.id, act),
        label,
    }
}

/// The date where the organisation is.
fn today(visit: &Visit) -> NaiveDate {
    visit.now.and_utc().with_timezone(&visit.time_zone()).date_naive()
}

fn preview(visit: &Visit, in_use: &[Window]) -> Vec<Day> {
    let (today, zone) = (today(visit), visit.time_zone());
    let dates = today.iter_days().zip(0..PREVIEW).map(|(date, _)| date);
    let slots = |date| {
        let all = windows::slots(in_use, (date, date), zone);
        let words = |slot: &windows::Slot| {
            let clock =
                |at: chrono::NaiveDateTime| at.and_utc().with_timezone(&zone).format("%H:%M").to_string();
            let places =
                if slot.capacity == 1 { "1 place".to_owned() } else { format!("{} places", slot.capacity) };
            format!("{}, {} to {}, {places}", slot.name, clock(slot.starts_at), clock(slot.ends_at))
        };
        all.iter().map(words).collect()
    };
    dates.map(|date| Day { name: when::day(date, today), slots: slots(date) }).collect()
}

/// A sentence for each date of the coming year on which the clocks change a window.
fn warnings(visit: &Visit, in_use: &[Window]) -> Vec<String> {
    let (today, zone) = (today(visit), visit.time_zone());
    let until = today.checked_add_days(Days::new(AHEAD)).unwrap_or(today);
    let of = |window: &Window| {
        let unusual = windows::unusual(window, (today, until), zone);
        unusual
            .into_iter()
            .map(|one| (one.date, format!("{}: {}", window.name, one.words)))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<(NaiveDate, String)> = in_use.iter().flat_map(of).collect();
    all.sort();
    all.into_iter().map(|(_, words)| words).collect()
}

async fn page(visit: &Visit, scope: &Scope<ManageOrganisation>, form: Form) -> Result<Page, Fault> {
    let (org, reader) = (scope.organisation(), scope.clone());
    let all = visit.read(move |conn| windows::all(conn, &reader)).await?;
    let in_use: Vec<Window> = all.iter().filter(|one| one.retired_at.is_none()).cloned().collect();
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "Windows");
    Ok(Page {
        shell,
        action: links::settings_windows(org),
        form,
        rows: all.iter().map(|window| row(org, window)).collect(),
        zone: visit.time_zone().name().to_owned(),
        days: if in_use.is_empty() { Vec::new() } else { preview(visit, &in_use) },
        warnings: warnings(visit, &in_use),
    })
}

async fn index(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    visit.page(&page(&visit, &scope, Form::new()).await?)
}

async fn create(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (typed, writer) = (typed(&fields), scope.clone());
    let added = match Facts::read(&typed) {
        Ok(facts) => visit.write(move |tx| windows::add(tx, &writer, &facts)).await,
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok(_) => {
            visit.done(links::settings_windows(scope.organisation()), &Notice::ok("The window is added."))
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &scope, Form::of(&typed)).await?;
            page.shell.add_own_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn editing(
    visit: &Visit,
    scope: &Scope<ManageOrganisation>,
    id: WindowId,
    typed: Option<&Typed>,
) -> Result<Editing, Fault> {
    let (org, reader, from) = (scope.organisation(), scope.clone(), today(visit));
    let (window, booked) =
        visit.read(move |conn| Ok((windows::get(conn, org, id)?, booked(conn, &reader, id, from)?))).await?;
    let mut shell = visit.org_shell("Change a window", Nav::Settings)?;
    let back = links::settings_windows(org);
    shell.crumb = Some(Link::new("Windows", back.clone()));
    let form = typed.map_or_else(|| Form::of(&as_typed(&window)), Form::of);
    Ok(Editing { shell, action: links::window(org, id), back, form, booked: in_words(booked) })
}

/// Live appointments to come in a window.
fn booked(
    conn: &mut Conn,
    scope: &Scope<ManageOrganisation>,
    id: WindowId,
    from: NaiveDate,
) -> Result<i64, Refusal> {
    Ok(visits::counts_of_windows(conn, scope, from)?.remove(&id).unwrap_or_default())
}

/// What becomes of what is booked.
fn in_words(booked: i64) -> String {
    match booked {
        0 => "Nothing is booked in it from now on.".to_owned(),
        1 => "1 appointment is booked in it from now on. It keeps its time.".to_owned(),
        many => format!(
            "{} appointments are booked in it from now on. They keep their times.",
            when::thousands(many)
        ),
    }
}

async fn edit(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let id: WindowId = visit.id("window")?;
    visit.page(&editing(&visit, &scope, id, None).await?)
}

async fn update(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (org, id): (_, WindowId) = (scope.organisation(), visit.id("window")?);
    let (typed, writer, from) = (typed(&fields), scope.clone(), today(&visit));
    let changed = match Facts::read(&typed) {
        Ok(facts) => {
            let change = move |tx: &mut Tx<'_>| {
                windows::change(tx, &writer, id, &facts)?;
                booked(tx.conn, &writer, id, from)
            };
            visit.write(change).await
        }
        Err(refusal) => Err(refusal),
    };
    match changed {
        Ok(booked) => {
            let notice = Notice::ok(format!("The window is changed. {}", in_words(booked)));
            visit.done(links::settings_windows(org), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = editing(&visit, &scope, id, Some(&typed)).await?;
            page.shell.add_own_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn retire(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let (org, id): (_, WindowId) = (scope.organisation(), visit.id("window")?);
    let from = today(&visit);
    let retire = move |tx: &mut Tx<'_>| {
        windows::retire(tx, &scope, id)?;
        booked(tx.conn, &scope, id, from)
    };
    let done = visit.write(retire).await;
    told(&visit, org, done.map(|booked| format!("The window is retired. {}", in_words(booked))))
}

async fn restore(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let (org, id): (_, WindowId) = (scope.organisation(), visit.id("window")?);
    let done = visit.write(move |tx| windows::restore(tx, &scope, id)).await;
    told(&visit, org, done.map(|()| "The window is offered again.".to_owned()))
}

fn told(visit: &Visit, org: OrganisationId, done: Result<String, Refusal>) -> Answer {
    let back = links::settings_windows(org);
    match done {
        Ok(words) => visit.done(back, &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
