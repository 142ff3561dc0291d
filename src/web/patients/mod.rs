//! Patients of a community health organisation: the list, one patient with their appointments, adding and changing.
//! Those of a test key are looked at in the mode *test*, and never beside the others.

mod forms;
mod pages;

pub(super) use forms::{address_again, typed_address};
pub(super) use pages::in_one_line;

use super::error::{Answer, Fault};
use super::listing::{self, Address, PER_PAGE};
use super::routes::{Line, Who, get, post};
use super::see_other;
use super::ui::{Link, Notice};
use super::visit::{Fields, Nav, Posted, Visit, field};
use super::visits::Community;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Permission};
use crate::domain::api_keys::Mode;
use crate::domain::patients::{self, Details, Patient, Wrong};
use crate::domain::visits;
use crate::kit::ids::PatientId;
use crate::links;
use actix_web::HttpResponse;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageAppointments);
    vec![
        get("/org/{org}/patients", manage, index),
        post("/org/{org}/patients", manage, add),
        get("/org/{org}/patients/new", manage, new),
        get("/org/{org}/patients/{patient}", manage, show),
        get("/org/{org}/patients/{patient}/edit", manage, edit),
        post("/org/{org}/patients/{patient}/edit", manage, change),
        post("/org/{org}/patients/{patient}/invite", manage, invite),
        post("/org/{org}/patients/{patient}/shut-out", manage, shut_out),
    ]
}

/// Appointments on a patient's page.
const SHOWN: i64 = 20;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    mode: String,
    page: String,
}

fn mode(word: &str) -> Mode {
    Mode::parse(word).unwrap_or(Mode::Live)
}

async fn index(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let (org, of) = (scope.organisation(), mode(&asked.mode));
    let page = listing::page_number(&asked.page);
    let address = Address::new(links::patients(org))
        .with("q", asked.q.trim())
        .with("mode", if of == Mode::Test { "test" } else { "" });
    let search = asked.q.clone();
    let limits = (listing::rows_before(page), i64::from(PER_PAGE));
    let (rows, more) = visit.read(move |conn| patients::list(conn, &scope, of, &search, limits)).await?;
    if rows.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let page = pages::Index {
        shell: visit.org_shell("Patients", Nav::Residents)?,
        list: links::patients(org),
        search: asked.q.trim().to_owned(),
        modes: pages::modes(of),
        is_test: of == Mode::Test,
        add: links::new_patient(org),
        pager: listing::uncounted(page, rows.len(), more, &address),
        rows: rows.iter().map(|one| pages::Row::new(org, one)).collect(),
        is_filtered: !address.is_bare(),
    };
    visit.page(&page)
}

async fn new(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let page = form(&visit, None, &patients::Typed::default(), &[])?;
    let _ = scope;
    visit.page(&page)
}

/// The form, of a new patient or of one that is there.
fn form(
    visit: &Visit,
    of: Option<&Patient>,
    typed: &patients::Typed,
    wrong: &[Wrong],
) -> Result<pages::Form, Fault> {
    let org = visit.organisation()?;
    let title = if of.is_some() { "Change a patient" } else { "Add a patient" };
    let mut shell = visit.org_shell(title, Nav::Residents)?;
    let (name, back) = of.map_or_else(
        || ("Patients".to_owned(), links::patients(org)),
        |one| (one.name(), links::patient(org, one.id)),
    );
    shell.crumb = Some(Link::new(name, back.clone()));
    for one in wrong {
        shell.add_error(one.field, one.words.clone());
    }
    Ok(pages::Form {
        shell,
        action: of.map_or_else(|| links::patients(org), |one| links::edit_patient(org, one.id)),
        back,
        version: of.map_or_else(String::new, |one| one.version.to_string()),
        titles: pages::choices(&patients::TITLES, &typed.title),
        sexes: pages::choices(&patients::SEXES, &typed.sex),
        typed: typed.clone(),
        address: typed.address.clone().unwrap_or_default(),
    })
}

async fn add(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (org, typed) = (scope.organisation(), forms::typed(&fields));
    let details = match Details::read(&typed, visit.now) {
        Ok(details) => details,
        Err(wrong) => {
            let page = form(&visit, None, &typed, &wrong)?;
            return visit.page_with(&page, HttpResponse::UnprocessableEntity());
        }
    };
    let made = visit.write(move |tx| patients::add(tx, &scope, Mode::Live, &details)).await?;
    visit.done(links::patient(org, made.id), &Notice::ok(format!("{} is added.", made.name())))
}

/// A patient of either mode: the address holds the number alone.
async fn seen(visit: &Visit) -> Result<Patient, Fault> {
    let (scope, id) = (visit.scope::<ManageAppointments>()?, visit.id::<PatientId>("patient")?);
    let found = visit
        .read(move |conn| match patients::get(conn, &scope, Mode::Live, id) {
            Err(Refusal::NotHere) => patients::get(conn, &scope, Mode::Test, id),
            other => other,
        })
        .await?;
    Ok(found)
}

async fn show(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let (org, one) = (scope.organisation(), seen(&visit).await?);
    let (of, id) = (one.mode, one.id);
    let patient = one.clone();
    let (booked, sign_in) = visit
        .read(move |conn| {
            let booked = visits::of_patient(conn, &scope, of, id, SHOWN)?;
            Ok((booked, patients::sign_in(conn, &scope, &patient)?))
        })
        .await?;
    let mut shell = visit.org_shell(one.name(), Nav::Residents)?;
    shell.crumb = Some(Link::new("Patients", links::patients(org)));
    let page = pages::Show {
        shell,
        is_test: one.mode == Mode::Test,
        facts: pages::facts(&one),
        note: one.details.note.clone(),
        sign_in: (one.mode == Mode::Live).then(|| pages::SigningIn::new(org, one.id, sign_in)),
        edit: links::edit_patient(org, one.id),
        book: (one.mode == Mode::Live).then(|| links::new_visit_of(org, one.id)),
        visits: booked.iter().map(|of| super::visits::row(&visit, org, of)).collect(),
    };
    visit.page(&page)
}

async fn edit(visit: Visit, Community(_scope): Community<ManageAppointments>) -> Answer {
    let one = seen(&visit).await?;
    let page = form(&visit, Some(&one), &forms::typed_of(&one.details), &[])?;
    visit.page(&page)
}

async fn change(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (one, typed) = (seen(&visit).await?, forms::typed(&fields));
    let to = links::patient(scope.organisation(), one.id);
    let details = match Details::read(&typed, visit.now) {
        Ok(details) => details,
        Err(wrong) => {
            let page = form(&visit, Some(&one), &typed, &wrong)?;
            return visit.page_with(&page, HttpResponse::UnprocessableEntity());
        }
    };
    let which = (one.mode, one.id, field(&fields, "version").parse().ok());
    match visit.write(move |tx| visits::change_patient(tx, &scope, which, &details)).await {
        Ok(changed) => visit.done(to, &Notice::ok(format!("The details of {} are saved.", changed.name()))),
        Err(Refusal::Overtaken(words)) => visit.done(to, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// *Invite to sign in*.
async fn invite(visit: Visit, Community(scope): Community<ManageAppointments>, _: Posted<()>) -> Answer {
    let one = seen(&visit).await?;
    let to = links::patient(scope.organisation(), one.id);
    match visit.write(move |tx| patients::invite(tx, &scope, one.id)).await {
        Ok(true) => {
            visit.done(to, &Notice::ok(format!("The invitation is on its way to {}.", one.details.email)))
        }
        Ok(false) => visit.done(to, &Notice::ok("They have a password already, and can sign in now.")),
        Err(Refusal::Overtaken(words) | Refusal::Invalid { words, .. }) => {
            visit.done(to, &Notice::warn(words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// *End their sign-in*.
async fn shut_out(visit: Visit, Community(scope): Community<ManageAppointments>, _: Posted<()>) -> Answer {
    let one = seen(&visit).await?;
    let to = links::patient(scope.organisation(), one.id);
    match visit.write(move |tx| patients::shut_out(tx, &scope, one.id)).await {
        Ok(()) => visit.done(to, &Notice::ok("They cannot sign in any more.")),
        Err(Refusal::Overtaken(words)) => visit.done(to, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
