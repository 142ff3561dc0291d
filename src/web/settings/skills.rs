//! *Skills*, in the sector community health: the skills, trainings and credentials that tasks ask for and practitioners
//! have.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Choice, Link, Notice, Shell, filters};
use super::super::visit::{Nav, Posted, Visit};
use super::super::visits::Community;
use super::tabs;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Permission, Scope};
use crate::domain::tasks::{self, KeptSkill, SkillKind};
use crate::kit::ids::{OrganisationId, SkillId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/settings/skills", who, index),
        post("/org/{org}/settings/skills", who, create),
        get("/org/{org}/settings/skills/{skill}", who, edit),
        post("/org/{org}/settings/skills/{skill}", who, update),
        post("/org/{org}/settings/skills/{skill}/retire", who, retire),
        post("/org/{org}/settings/skills/{skill}/restore", who, restore),
    ]
}

#[derive(Template)]
#[template(path = "settings/skills.html")]
struct Page {
    shell: Shell,
    action: String,
    kinds: Vec<Choice>,
    form: Form,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "settings/skill.html")]
struct Editing {
    shell: Shell,
    action: String,
    back: String,
    kinds: Vec<Choice>,
    form: Form,
}

struct Row {
    name: String,
    kind: &'static str,
    retired: bool,
    edit: String,
    act: String,
    label: &'static str,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    kind: String,
    name: String,
}

fn kinds(chosen: &str) -> Vec<Choice> {
    let chosen = if chosen.is_empty() { SkillKind::Skill.as_str() } else { chosen };
    Choice::list(SkillKind::ALL.iter().map(|kind| (kind.as_str(), kind.words())), chosen)
}

fn row(org: OrganisationId, kept: &KeptSkill) -> Row {
    let retired = kept.retired_at.is_some();
    let (act, label) = if retired { ("restore", "Restore") } else { ("retire", "Retire") };
    Row {
        name: kept.skill.name.clone(),
        kind: kept.skill.kind.words(),
        retired,
        edit: links::skill(org, kept.skill.id),
        act: links::skill_act(org, kept.skill.id, act),
        label,
    }
}

async fn page(visit: &Visit, scope: &Scope<ManageOrganisation>, form: Form) -> Result<Page, Fault> {
    let (org, reader) = (scope.organisation(), scope.clone());
    let all = visit.read(move |conn| tasks::skills(conn, &reader)).await?;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "Skills");
    Ok(Page {
        shell,
        action: links::settings_skills(org),
        kinds: kinds(&form.kind),
        form,
        rows: all.iter().map(|kept| row(org, kept)).collect(),
    })
}

async fn index(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    visit.page(&page(&visit, &scope, Form::default()).await?)
}

async fn create(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(form): Posted<Form>,
) -> Answer {
    let (writer, new) = (scope.clone(), form.clone());
    match visit.write(move |tx| tasks::add_skill(tx, &writer, &new.kind, &new.name)).await {
        Ok(_) => visit.done(links::settings_skills(scope.organisation()), &Notice::ok("It is added.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &scope, form).await?;
            page.shell.add_own_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn editing(visit: &Visit, org: OrganisationId, id: SkillId, form: Form) -> Result<Editing, Fault> {
    let mut shell = visit.org_shell("Change a skill", Nav::Settings)?;
    let back = links::settings_skills(org);
    shell.crumb = Some(Link::new("Skills", back.clone()));
    Ok(Editing { shell, action: links::skill(org, id), back, kinds: kinds(&form.kind), form })
}

async fn edit(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let (org, id): (_, SkillId) = (scope.organisation(), visit.id("skill")?);
    let all = visit.read(move |conn| tasks::skills(conn, &scope)).await?;
    let kept = all.into_iter().find(|kept| kept.skill.id == id).ok_or(Fault::NotFound)?;
    let form = Form { kind: kept.skill.kind.as_str().to_owned(), name: kept.skill.name };
    visit.page(&editing(&visit, org, id, form)?)
}

async fn update(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(form): Posted<Form>,
) -> Answer {
    let (org, id): (_, SkillId) = (scope.organisation(), visit.id("skill")?);
    let new = form.clone();
    match visit.write(move |tx| tasks::change_skill(tx, &scope, id, &new.kind, &new.name)).await {
        Ok(()) => visit.done(links::settings_skills(org), &Notice::ok("It is changed.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = editing(&visit, org, id, form)?;
            page.shell.add_own_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn retire(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let (org, id): (_, SkillId) = (scope.organisation(), visit.id("skill")?);
    let words = "It is retired. Tasks and practitioners that have it keep it.";
    told(&visit, org, visit.write(move |tx| tasks::retire_skill(tx, &scope, id)).await, words)
}

async fn restore(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let (org, id): (_, SkillId) = (scope.organisation(), visit.id("skill")?);
    let done = visit.write(move |tx| tasks::restore_skill(tx, &scope, id)).await;
    told(&visit, org, done, "It is offered again.")
}

fn told(visit: &Visit, org: OrganisationId, done: Result<(), Refusal>, words: &str) -> Answer {
    let back = links::settings_skills(org);
    match done {
        Ok(()) => visit.done(back, &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
