//! Booking a visit, a page a step: the home's address where it is not known, the task, the window, the details with
//! what will be sent, and a last look. The service is asked for tasks and windows each time, so that a page that was left
//! open books nothing that is not there any more; nothing is booked before the last button, and then a job sends it.

use actix_web::HttpResponse;
use askama::Template;
use chrono::{Days, NaiveDate};
use serde::Deserialize;

use super::{below, only_care_homes, window};
use crate::connectors::{Availability, Failure, FailureKind, VisitTask, VisitWindow, WindowsWanted};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Permission};
use crate::domain::booked_visits::{self, Address, New, TypedAddress};
use crate::domain::connections::{self, VisitSettings};
use crate::domain::sent_forms::{ALREADY, Once};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::residents::{Identity, Seen, check_seal, seal, see};
use crate::web::routes::{Line, Who, get, post};
use crate::web::ui::{Choice, Notice, Shell, filters, when};
use crate::web::visit::{In, Posted, Visit};
use crate::web::visit_service::{Opened, failed, open, said};

/// As far ahead as the service offers windows.
const AHEAD: u64 = 21;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageAppointments);
    vec![
        get("/org/{org}/residents/{resident}/visits/book", manage, step),
        post("/org/{org}/residents/{resident}/visits/address", manage, save_address),
        post("/org/{org}/residents/{resident}/visits/confirm", manage, last_look),
        post("/org/{org}/residents/{resident}/visits", manage, create),
    ]
}

#[derive(Template)]
#[template(path = "booked_visits/address.html")]
struct AddressPage {
    shell: Shell,
    who: Identity,
    home: String,
    act: String,
    back: String,
    seal: String,
    typed: TypedAddress,
}

#[derive(Template)]
#[template(path = "booked_visits/task.html")]
struct TaskPage {
    shell: Shell,
    who: Identity,
    act: String,
    back: String,
    tasks: Vec<(String, String, String)>,
    /// Why there is none to choose.
    trouble: String,
}

#[derive(Template)]
#[template(path = "booked_visits/window.html")]
struct WindowPage {
    shell: Shell,
    who: Identity,
    act: String,
    back: String,
    task: VisitTask,
    days: Vec<(String, Vec<Choice>)>,
    trouble: String,
}

/// The details, or the last look at them.
#[derive(Template)]
#[template(path = "booked_visits/details.html")]
struct DetailsPage {
    shell: Shell,
    who: Identity,
    act: String,
    back: String,
    seal: String,
    task: VisitTask,
    window: String,
    window_id: String,
    note: String,
    /// Nothing can be typed any more: the button books.
    last: bool,
    /// The form's own key, so that it books once.
    once: String,
    sent: Vec<(&'static str, String)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chosen {
    task: String,
    window: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    about: String,
    task: String,
    window: String,
    note: String,
    once: String,
}

/// What booking needs, read before each step.
struct Ready {
    seen: Seen,
    line: Opened,
    settings: VisitSettings,
    address: Option<Address>,
}

async fn ready(visit: &Visit) -> Result<Ready, Fault> {
    only_care_homes(visit)?;
    let scope = visit.scope::<ManageAppointments>()?;
    let seen = see(visit).await?;
    let resident = seen.resident.clone();
    let (found, address) = visit
        .read(move |conn| {
            let found = connections::booked_with(conn, &scope)?;
            Ok((found, booked_visits::home_address(conn, &resident)?))
        })
        .await?;
    let (connection, settings) = found.ok_or(Fault::NotFound)?;
    let line = open(visit, &connection).await?.ok_or(Fault::NotFound)?;
    Ok(Ready { seen, line, settings, address })
}

impl Ready {
    fn act(&self, act: &str) -> String {
        links::resident_visits_act(self.seen.org, self.seen.resident.id, act)
    }

    fn all(&self) -> String {
        links::resident_visits(self.seen.org, self.seen.resident.id)
    }

    /// The task with that number, as the service names it now.
    async fn task(&self, id: &str) -> Result<Option<VisitTask>, Failure> {
        let tasks = self.line.service.tasks(&self.line.credential).await?;
        Ok(tasks.into_iter().find(|task| task.id == id))
    }

    async fn windows(&self, visit: &Visit, task: &str) -> Result<Availability, Failure> {
        let today: NaiveDate = freshness::today(visit);
        let wanted = WindowsWanted {
            task: task.to_owned(),
            postcode: self.address.as_ref().map(|at| at.postcode.clone()).unwrap_or_default(),
            from: today,
            to: today.checked_add_days(Days::new(AHEAD)).unwrap_or(today),
        };
        let found = self.line.service.availability(&self.line.credential, &wanted).await?;
        let later = |one: &VisitWindow| one.starts_at.naive_utc() > visit.now;
        Ok(match found {
            Availability::Windows(all) => Availability::Windows(all.into_iter().filter(later).collect()),
            Availability::Outside => Availability::Outside,
        })
    }

    /// Keeps why the service could not be asked, where that says something of the connection; gives the words.
    async fn trouble(&self, visit: &Visit, failure: Failure) -> Result<String, Fault> {
        let words = said(&failure);
        if failure.kind == FailureKind::CredentialRefused {
            failed(visit, self.line.connection.id, failure).await?;
        }
        Ok(words)
    }
}

async fn step(visit: Visit, _: In<ManageAppointments>) -> Answer {
    let ready = ready(&visit).await?;
    if let Some(words) = booked_visits::cannot_be_booked(&ready.seen.resident) {
        return visit.done(ready.all(), &Notice::warn(words));
    }
    if ready.settings.phone.is_empty() {
        let words = "The service asks for the home’s telephone number. A super manager enters it under Integrations, \
                     Ally Health.";
        return visit.done(ready.all(), &Notice::warn(words));
    }
    if ready.address.is_none() {
        let page = address_page(&visit, &ready, TypedAddress::default(), None)?;
        return visit.page(&page);
    }
    let chosen: Chosen = visit.query();
    if chosen.task.is_empty() {
        return choose_task(&visit, &ready).await;
    }
    let task = match ready.task(&chosen.task).await {
        Ok(Some(task)) => task,
        Ok(None) => {
            return visit.done(ready.act("book"), &Notice::warn("This task cannot be booked any more."));
        }
        Err(failure) => {
            let words = ready.trouble(&visit, failure).await?;
            let page = task_page(&visit, &ready, Vec::new(), words)?;
            return visit.page(&page);
        }
    };
    choose_window(&visit, &ready, (task, &chosen.window)).await
}

fn address_page(
    visit: &Visit,
    ready: &Ready,
    typed: TypedAddress,
    error: Option<(&'static str, String)>,
) -> Result<AddressPage, Fault> {
    let mut shell = below(visit, &ready.seen, "Where the home is".to_owned())?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    Ok(AddressPage {
        shell,
        who: ready.seen.who(),
        home: ready.seen.home(),
        act: ready.act("address"),
        back: ready.all(),
        seal: seal(visit, &ready.seen.resident),
        typed,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AddressFields {
    about: String,
    line1: String,
    line2: String,
    city: String,
    postcode: String,
    access_notes: String,
}

async fn save_address(
    visit: Visit,
    In(scope): In<ManageAppointments>,
    Posted(form): Posted<AddressFields>,
) -> Answer {
    let ready = ready(&visit).await?;
    check_seal(&visit, &ready.seen.resident, &form.about, ready.all())?;
    let typed = TypedAddress {
        line1: form.line1,
        line2: form.line2,
        city: form.city,
        postcode: form.postcode,
        access_notes: form.access_notes,
    };
    let (home, new) = (ready.seen.resident.facts.home, typed.clone());
    match visit.write(move |tx| booked_visits::set_home_address(tx, &scope, home, &new)).await {
        Ok(()) => visit.done(ready.act("book"), &Notice::ok("The address is kept for every visit here.")),
        Err(Refusal::Invalid { field, words }) => {
            let page = address_page(&visit, &ready, typed, Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(ready.all(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

fn task_page(
    visit: &Visit,
    ready: &Ready,
    tasks: Vec<VisitTask>,
    trouble: String,
) -> Result<TaskPage, Fault> {
    let task = |one: VisitTask| {
        let minutes = one.minutes.map(|minutes| format!("About {minutes} minutes. ")).unwrap_or_default();
        (one.id, one.name, format!("{minutes}{}", one.description))
    };
    Ok(TaskPage {
        shell: below(visit, &ready.seen, "Book a visit".to_owned())?,
        who: ready.seen.who(),
        act: ready.act("book"),
        back: ready.all(),
        tasks: tasks.into_iter().map(task).collect(),
        trouble,
    })
}

async fn choose_task(visit: &Visit, ready: &Ready) -> Answer {
    let page = match ready.line.service.tasks(&ready.line.credential).await {
        Ok(tasks) if tasks.is_empty() => task_page(
            visit,
            ready,
            tasks,
            "The service lists no task that can be booked. Ask it to add one.".to_owned(),
        )?,
        Ok(tasks) => task_page(visit, ready, tasks, String::new())?,
        Err(failure) => {
            let words = ready.trouble(visit, failure).await?;
            task_page(visit, ready, Vec::new(), words)?
        }
    };
    visit.page(&page)
}

async fn choose_window(visit: &Visit, ready: &Ready, (task, wanted): (VisitTask, &str)) -> Answer {
    let (found, mut trouble) = match ready.windows(visit, &task.id).await {
        Ok(Availability::Windows(found)) => (found, String::new()),
        Ok(Availability::Outside) => (Vec::new(), outside(ready)),
        Err(failure) => (Vec::new(), ready.trouble(visit, failure).await?),
    };
    if let Some(one) = found.iter().find(|one| one.id == wanted) {
        let page = details(visit, ready, (task, one), (String::new(), false))?;
        return visit.page(&page);
    }
    if found.is_empty() && trouble.is_empty() {
        "No window has a place left in the next three weeks. Try again later, or ask the service."
            .clone_into(&mut trouble);
    }
    let mut shell = below(visit, &ready.seen, "When".to_owned())?;
    if !wanted.is_empty() && trouble.is_empty() {
        shell.add_error("window", "This window has no place left. Choose another");
    }
    let page = WindowPage {
        shell,
        who: ready.seen.who(),
        act: ready.act("book"),
        back: ready.act("book"),
        days: by_day(visit, &found),
        task,
        trouble,
    };
    visit.page(&page)
}

fn outside(ready: &Ready) -> String {
    let postcode = ready.address.as_ref().map(|at| at.postcode.as_str()).unwrap_or_default();
    format!(
        "The service sends nobody to {postcode}: it is outside its coverage area. Check the home’s postcode, or ask the \
         service."
    )
}

fn by_day(visit: &Visit, found: &[VisitWindow]) -> Vec<(String, Vec<Choice>)> {
    let zone = visit.time_zone();
    let mut days: Vec<(String, Vec<Choice>)> = Vec::new();
    for one in found {
        let from = one.starts_at.with_timezone(&zone);
        let day = when::long_date(from.date_naive());
        let until = one.ends_at.map(|at| format!(" to {}", when::clock(at.with_timezone(&zone).time())));
        let label = format!("{} {}{}", one.name, when::clock(from.time()), until.unwrap_or_default());
        let choice = Choice::new(one.id.as_str(), label.trim(), false);
        match days.last_mut().filter(|(of, _)| *of == day) {
            Some((_, choices)) => choices.push(choice),
            None => days.push((day, vec![choice])),
        }
    }
    days
}

fn details(
    visit: &Visit,
    ready: &Ready,
    (task, one): (VisitTask, &VisitWindow),
    (note, last): (String, bool),
) -> Result<DetailsPage, Fault> {
    let title = if last { "Check and book" } else { "Details" };
    let (starts, ends) = (one.starts_at.naive_utc(), one.ends_at.map(|at| at.naive_utc()));
    let back = format!("{}?task={}", ready.act("book"), links::encode(&task.id));
    Ok(DetailsPage {
        shell: below(visit, &ready.seen, title.to_owned())?,
        who: ready.seen.who(),
        act: if last { ready.all() } else { ready.act("confirm") },
        back,
        seal: seal(visit, &ready.seen.resident),
        window: window(visit, (Some(starts), ends, &one.name)),
        window_id: one.id.clone(),
        sent: sent(ready, &note),
        task,
        note,
        last,
        once: Visit::form_key()?,
    })
}

/// Everything that leaves the portal with a booking.
fn sent(ready: &Ready, note: &str) -> Vec<(&'static str, String)> {
    let facts = &ready.seen.resident.facts;
    let mut all = vec![
        ("First name", facts.first_name.clone()),
        ("Last name", facts.last_name.clone()),
        ("Date of birth", facts.date_of_birth.map(when::date).unwrap_or_default()),
    ];
    let is_real = crate::kit::nhs_number::NhsNumber::parse(&facts.nhs_number).is_ok();
    if ready.settings.shares_nhs_number && is_real {
        all.push(("NHS number", when::nhs(&facts.nhs_number)));
    }
    if let Some(at) = &ready.address {
        let parts = [&at.line1, &at.line2, &at.city, &at.postcode];
        let parts: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        all.push(("Address", parts.join(", ")));
        if !at.access_notes.is_empty() {
            all.push(("How to get in", at.access_notes.clone()));
        }
    }
    all.push(("Telephone of the home", ready.settings.phone.clone()));
    all.push(("Email address of the home", ready.settings.email.clone()));
    if !note.trim().is_empty() {
        all.push(("Note", note.trim().to_owned()));
    }
    all
}

/// Task and window as the service has them now; in words why not.
async fn chosen(
    visit: &Visit,
    ready: &Ready,
    form: &Details,
) -> Result<Result<(VisitTask, VisitWindow), String>, Fault> {
    if ready.address.is_none() || ready.settings.phone.is_empty() {
        return Ok(Err("The home’s address or telephone number is missing. Enter it first.".to_owned()));
    }
    let task = match ready.task(&form.task).await {
        Ok(Some(task)) => task,
        Ok(None) => return Ok(Err("This task cannot be booked any more. Choose another.".to_owned())),
        Err(failure) => return Ok(Err(ready.trouble(visit, failure).await?)),
    };
    match ready.windows(visit, &task.id).await {
        Ok(Availability::Outside) => Ok(Err(outside(ready))),
        Ok(Availability::Windows(found)) => {
            let one = found.into_iter().find(|one| one.id == form.window);
            Ok(one.map(|one| (task, one)).ok_or("This window has no place left. Choose another.".to_owned()))
        }
        Err(failure) => Ok(Err(ready.trouble(visit, failure).await?)),
    }
}

async fn last_look(visit: Visit, _: In<ManageAppointments>, Posted(form): Posted<Details>) -> Answer {
    let ready = ready(&visit).await?;
    check_seal(&visit, &ready.seen.resident, &form.about, ready.all())?;
    match chosen(&visit, &ready, &form).await? {
        Ok((task, one)) => {
            let page = details(&visit, &ready, (task, &one), (form.note, true))?;
            visit.page(&page)
        }
        Err(words) => {
            let to = format!("{}?task={}", ready.act("book"), links::encode(&form.task));
            visit.done(to, &Notice::warn(words))
        }
    }
}

async fn create(visit: Visit, In(scope): In<ManageAppointments>, Posted(form): Posted<Details>) -> Answer {
    let ready = ready(&visit).await?;
    check_seal(&visit, &ready.seen.resident, &form.about, ready.all())?;
    let (org, resident) = (ready.seen.org, ready.seen.resident.id);
    // Before the service is asked: the place that the form took may have been the last.
    let (reader, once) = (scope.clone(), form.once.clone());
    if let Some(id) = visit.read(move |conn| booked_visits::made_by(conn, &reader, &once)).await? {
        return visit.done(links::booked_visit(org, resident, id), &Notice::ok(ALREADY));
    }
    let again = format!("{}?task={}", ready.act("book"), links::encode(&form.task));
    let (task, one) = match chosen(&visit, &ready, &form).await? {
        Ok(chosen) => chosen,
        Err(words) => return visit.done(again, &Notice::warn(words)),
    };
    let new =
        New { resident, task: task.clone(), window: one.clone(), note: form.note.clone(), form: form.once };
    match visit.write(move |tx| booked_visits::ask(tx, &scope, &new)).await {
        Ok(Once::Before(id)) => visit.done(links::booked_visit(org, resident, id), &Notice::ok(ALREADY)),
        Ok(Once::Now(id)) => {
            visit.services.wake.notify_one();
            let words = "The service is being asked. This page says when the visit is booked.";
            visit.done(links::booked_visit(org, resident, id), &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = details(&visit, &ready, (task, &one), (form.note, false))?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(ready.all(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
