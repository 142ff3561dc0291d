//! *Coverage*, in the sector community health: the districts where visits are made, and a box to try a postcode.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Choice, Notice, Shell, filters};
use super::super::visit::{Nav, Posted, Visit};
use super::super::visits::Community;
use super::tabs;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Permission, Scope};
use crate::domain::coverage::{self, Area, AreaKind, Coverage, Postcode, Typed};
use crate::domain::organisations::one_line;
use crate::kit::ids::CoverageAreaId;
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/settings/coverage", who, index),
        post("/org/{org}/settings/coverage", who, create),
        post("/org/{org}/settings/coverage/{area}/remove", who, remove),
    ]
}

#[derive(Template)]
#[template(path = "settings/coverage.html")]
struct Page {
    shell: Shell,
    here: String,
    kinds: Vec<Choice>,
    form: Form,
    rows: Vec<Row>,
    tried: String,
    /// What became of the postcode that was tried: a kind of note, and its words.
    answer: Option<(&'static str, String)>,
}

struct Row {
    words: String,
    remove: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    kind: String,
    district: String,
    miles: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    postcode: String,
}

async fn page(
    visit: &Visit,
    scope: &Scope<ManageOrganisation>,
    form: Form,
    tried: &str,
) -> Result<Page, Fault> {
    let (org, reader) = (scope.organisation(), scope.clone());
    let kept = visit.read(move |conn| coverage::list(conn, &reader)).await?;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "Coverage");
    let areas: Vec<Area> = kept.iter().map(|one| one.area.clone()).collect();
    let answer = match (tried.is_empty(), Postcode::parse(tried)) {
        (true, _) => None,
        (false, None) => {
            shell.add_own_error("postcode", "Enter a whole postcode, such as LS1 1AA");
            None
        }
        (false, Some(at)) => {
            let found = coverage::inside(&areas, &at);
            Some((if found == Coverage::Covered { "ok" } else { "warn" }, found.words(&at)))
        }
    };
    let chosen = if form.kind.is_empty() { AreaKind::District.as_str() } else { &form.kind };
    let kinds = [(AreaKind::District, "Whole districts"), (AreaKind::Radius, "Miles around a district")];
    let row = |one: &coverage::Kept| Row { words: one.area.words(), remove: links::remove_area(org, one.id) };
    Ok(Page {
        shell,
        here: links::settings_coverage(org),
        kinds: Choice::list(kinds.map(|(kind, words)| (kind.as_str(), words)), chosen),
        form,
        rows: kept.iter().map(row).collect(),
        tried: tried.to_owned(),
        answer,
    })
}

async fn index(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let asked: Asked = visit.query();
    visit.page(&page(&visit, &scope, Form::default(), &one_line(&asked.postcode)).await?)
}

async fn create(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(form): Posted<Form>,
) -> Answer {
    let (org, writer) = (scope.organisation(), scope.clone());
    let Form { kind, district, miles } = form.clone();
    let typed = Typed { kind, district, miles };
    match visit.write(move |tx| coverage::add(tx, &writer, &typed)).await {
        Ok(added) => {
            let words: Vec<String> = added.iter().map(Area::words).collect();
            let notice = Notice::ok(format!("Covered now: {}.", words.join(", ")));
            visit.done(links::settings_coverage(org), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &scope, form, "").await?;
            page.shell.add_own_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn remove(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let (org, id): (_, CoverageAreaId) = (scope.organisation(), visit.id("area")?);
    let gone = visit.write(move |tx| coverage::remove(tx, &scope, id)).await?;
    let words = format!("No longer covered: {}. What is booked there stays booked.", gone.words());
    visit.done(links::settings_coverage(org), &Notice::ok(words))
}
