//! *Appointments*: how session notes find their appointments, what an appointment needs to be rendered, and the status
//! types with what follows from each. The part *Rules* is in `rules`. For super managers of therapy organisations.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::super::appointments::Therapy;
use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Choice, Notice, Shell, filters};
use super::super::visit::{Nav, Posted, Visit};
use super::{rules, tabs};
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Permission, Scope};
use crate::domain::appointments::{self, Flags, Offer, Settings, StatusType, WhoseTime};
use crate::domain::mapping::{self, Switch};
use crate::kit::ids::{OrganisationId, StatusTypeId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/settings/appointments", who, show),
        post("/org/{org}/settings/appointments", who, save),
        post("/org/{org}/settings/appointments/statuses", who, add),
        get("/org/{org}/settings/appointments/statuses/{status}", who, edit),
        post("/org/{org}/settings/appointments/statuses/{status}", who, change),
        post("/org/{org}/settings/appointments/statuses/{status}/retire", who, retire),
        post("/org/{org}/settings/appointments/statuses/{status}/offer", who, offer),
    ]
}

#[derive(Template)]
#[template(path = "settings/appointments.html")]
struct Page {
    shell: Shell,
    action: String,
    add: String,
    form: Form,
    whose: Vec<Choice>,
    rules_action: String,
    rules: Vec<rules::View>,
    rows: Vec<Row>,
    new: Type,
}

#[derive(Template)]
#[template(path = "settings/status_type.html")]
struct Editing {
    shell: Shell,
    action: String,
    back: String,
    new: Type,
}

struct Row {
    name: String,
    flags: String,
    retired: bool,
    edit: String,
    act: String,
    label: &'static str,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    grace_minutes: String,
    meanwhile: String,
    whose_time: String,
    results_needed: String,
    guardian_needed: String,
    therapist_needed: String,
    weekly_report: String,
}

impl Form {
    fn of(settings: &Settings) -> Self {
        let tick = |is: bool| if is { "yes".to_owned() } else { String::new() };
        Self {
            grace_minutes: settings.grace_minutes.to_string(),
            meanwhile: tick(settings.meanwhile),
            whose_time: settings.whose_time.as_str().to_owned(),
            results_needed: tick(settings.results_needed),
            guardian_needed: tick(settings.guardian_needed),
            therapist_needed: tick(settings.therapist_needed),
            weekly_report: tick(settings.weekly_report),
        }
    }

    fn settings(&self) -> Result<Settings, Refusal> {
        Ok(Settings {
            grace_minutes: appointments::read_grace(&self.grace_minutes)?,
            meanwhile: self.meanwhile == "yes",
            whose_time: WhoseTime::parse(&self.whose_time)
                .ok_or_else(|| Refusal::invalid("whose_time", "Choose whose time wins"))?,
            results_needed: self.results_needed == "yes",
            guardian_needed: self.guardian_needed == "yes",
            therapist_needed: self.therapist_needed == "yes",
            weekly_report: self.weekly_report == "yes",
        })
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Type {
    name: String,
    billable: String,
    payroll: String,
    cancellation: String,
    makeupable: String,
    auto_render: String,
}

impl Type {
    fn of(one: &StatusType) -> Self {
        let tick = |is: bool| if is { "yes".to_owned() } else { String::new() };
        Self {
            name: one.name.clone(),
            billable: tick(one.flags.billable),
            payroll: tick(one.flags.payroll),
            cancellation: tick(one.flags.cancellation),
            makeupable: tick(one.flags.makeupable),
            auto_render: tick(one.flags.auto_render),
        }
    }

    fn flags(&self) -> Flags {
        Flags {
            billable: self.billable == "yes",
            payroll: self.payroll == "yes",
            cancellation: self.cancellation == "yes",
            makeupable: self.makeupable == "yes",
            auto_render: self.auto_render == "yes",
        }
    }
}

/// Everything that is set.
struct Set {
    settings: Settings,
    types: Vec<StatusType>,
    rules: Vec<Switch>,
}

async fn load(visit: &Visit, scope: &Scope<ManageOrganisation>) -> Result<Set, Fault> {
    let scope = scope.clone();
    let read = move |conn: &mut crate::db::Conn| {
        Ok(Set {
            settings: appointments::settings(conn, &scope)?,
            types: appointments::status_types(conn, &scope)?,
            rules: mapping::switches(conn, &scope)?,
        })
    };
    Ok(visit.read(read).await?)
}

fn page(
    visit: &Visit,
    org: OrganisationId,
    set: Set,
    (form, new): (Form, Type),
    error: Option<(&'static str, String)>,
) -> Result<Page, Fault> {
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "Appointments");
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let whose = [("appointment", "The appointment’s"), ("note", "The session note’s, once it is rendered")];
    let rows = set.types.iter().map(|one| {
        let retired = one.retired_at.is_some();
        let (act, label) = if retired { ("offer", "Offer again") } else { ("retire", "Retire") };
        Row {
            name: one.name.clone(),
            flags: one.flags.words(),
            retired,
            edit: links::status_type(org, one.id),
            act: links::status_type_act(org, one.id, act),
            label,
        }
    });
    Ok(Page {
        shell,
        action: links::settings_appointments(org),
        add: links::status_types(org),
        whose: Choice::list(whose, &form.whose_time),
        form,
        rules_action: links::settings_rules(org),
        rows: rows.collect(),
        rules: set.rules.into_iter().map(|one| rules::View::of(visit, one)).collect(),
        new,
    })
}

async fn show(visit: Visit, Therapy(scope): Therapy<ManageOrganisation>) -> Answer {
    let set = load(&visit, &scope).await?;
    let forms = (Form::of(&set.settings), Type::default());
    visit.page(&page(&visit, scope.organisation(), set, forms, None)?)
}

async fn save(
    visit: Visit,
    Therapy(scope): Therapy<ManageOrganisation>,
    Posted(form): Posted<Form>,
) -> Answer {
    let org = scope.organisation();
    let writer = scope.clone();
    let saved = match form.settings() {
        Ok(wanted) => visit.write(move |tx| appointments::change_settings(tx, &writer, &wanted)).await,
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(()) => visit.done(links::settings_appointments(org), &Notice::ok("The settings are saved.")),
        Err(Refusal::Invalid { field, words }) => {
            let set = load(&visit, &scope).await?;
            let page = page(&visit, org, set, (form, Type::default()), Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn add(visit: Visit, Therapy(scope): Therapy<ManageOrganisation>, Posted(new): Posted<Type>) -> Answer {
    let org = scope.organisation();
    let (writer, name, flags) = (scope.clone(), new.name.clone(), new.flags());
    match visit.write(move |tx| appointments::add_status_type(tx, &writer, &name, flags)).await {
        Ok(_) => visit.done(links::settings_appointments(org), &Notice::ok("The status type is added.")),
        Err(Refusal::Invalid { field, words }) => {
            let set = load(&visit, &scope).await?;
            let forms = (Form::of(&set.settings), new);
            let page = page(&visit, org, set, forms, Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn edit(visit: Visit, Therapy(scope): Therapy<ManageOrganisation>) -> Answer {
    let id: StatusTypeId = visit.id("status")?;
    let set = load(&visit, &scope).await?;
    let one = set.types.iter().find(|one| one.id == id).ok_or(Fault::NotFound)?;
    visit.page(&editing(&visit, scope.organisation(), id, Type::of(one), None)?)
}

fn editing(
    visit: &Visit,
    org: OrganisationId,
    id: StatusTypeId,
    new: Type,
    error: Option<(&'static str, String)>,
) -> Result<Editing, Fault> {
    let mut shell = visit.org_shell("Change a status type", Nav::Settings)?;
    let back = links::settings_appointments(org);
    shell.crumb = Some(super::super::ui::Link::new("Settings of appointments", back.clone()));
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    Ok(Editing { shell, action: links::status_type(org, id), back, new })
}

async fn change(
    visit: Visit,
    Therapy(scope): Therapy<ManageOrganisation>,
    Posted(new): Posted<Type>,
) -> Answer {
    let (org, id): (_, StatusTypeId) = (scope.organisation(), visit.id("status")?);
    let (name, flags) = (new.name.clone(), new.flags());
    match visit.write(move |tx| appointments::change_status_type(tx, &scope, id, &name, flags)).await {
        Ok(()) => visit.done(links::settings_appointments(org), &Notice::ok("The status type is changed.")),
        Err(Refusal::Invalid { field, words }) => {
            let page = editing(&visit, org, id, new, Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn retire(visit: Visit, Therapy(scope): Therapy<ManageOrganisation>, _: Posted<()>) -> Answer {
    offered(visit, scope, Offer::Retire, "The status type is retired. Appointments that have it keep it.")
        .await
}

async fn offer(visit: Visit, Therapy(scope): Therapy<ManageOrganisation>, _: Posted<()>) -> Answer {
    offered(visit, scope, Offer::Again, "The status type is offered again.").await
}

async fn offered(visit: Visit, scope: Scope<ManageOrganisation>, offer: Offer, words: &str) -> Answer {
    let (org, id): (_, StatusTypeId) = (scope.organisation(), visit.id("status")?);
    let back = links::settings_appointments(org);
    match visit.write(move |tx| appointments::offer_status_type(tx, &scope, id, offer)).await {
        Ok(()) => visit.done(back, &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
