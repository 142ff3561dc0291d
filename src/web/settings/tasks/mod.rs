//! *Tasks*, in the sector community health: what can be booked, its drafts, and agreeing to them for the organisation.
//! The platform's side of agreeing is `waiting_tasks`.

mod documents;
mod forms;
mod pages;

use actix_web::HttpResponse;
use serde::Deserialize;

use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Link, Notice};
use super::super::visit::{Fields, Nav, Posted, Visit};
use super::super::visits::Community;
use super::tabs;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Permission, Scope};
use crate::domain::documents::are_taken;
use crate::domain::organisations::one_line;
use crate::domain::tasks::{self, Facts, Kept, Typed};
use crate::kit::ids::{DocumentId, OrganisationId, TaskId};
use crate::links;

pub(in crate::web) use pages::Said;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/settings/tasks", who, index),
        post("/org/{org}/settings/tasks", who, create),
        // Before those with a number.
        get("/org/{org}/settings/tasks/new", who, new),
        get("/org/{org}/settings/tasks/codes", who, codes),
        post("/org/{org}/settings/tasks/documents", who, documents::switch),
        get("/org/{org}/settings/tasks/{task}", who, show),
        get("/org/{org}/settings/tasks/{task}/edit", who, edit),
        post("/org/{org}/settings/tasks/{task}/edit", who, update),
        post("/org/{org}/settings/tasks/{task}/agree", who, agree),
        post("/org/{org}/settings/tasks/{task}/version", who, version),
        post("/org/{org}/settings/tasks/{task}/discard", who, discard),
        post("/org/{org}/settings/tasks/{task}/retire", who, retire),
        post("/org/{org}/settings/tasks/{task}/restore", who, restore),
        get("/org/{org}/settings/tasks/{task}/documents", who, documents::form),
        post("/org/{org}/settings/tasks/{task}/documents", who, documents::add),
        get("/org/{org}/settings/tasks/{task}/documents/{document}", who, documents::open),
        post("/org/{org}/settings/tasks/{task}/documents/{document}/remove", who, documents::remove),
    ]
}

async fn index(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let org = scope.organisation();
    let (all, taken) = visit
        .read(move |conn| Ok((tasks::list(conn, &scope)?, are_taken(conn, scope.organisation())?)))
        .await?;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(&visit, org, "Tasks");
    let rows = all.iter().map(|task| pages::Row::new(org, task)).collect();
    let setting = links::documents_setting(org);
    visit.page(&pages::Index { shell, new: links::new_task(org), rows, taken, setting })
}

/// The form of a draft; of a new task where there is no number.
async fn editing(
    visit: &Visit,
    scope: &Scope<ManageOrganisation>,
    id: Option<TaskId>,
    typed: &Typed,
) -> Result<pages::Editing, Fault> {
    let (org, reader) = (scope.organisation(), scope.clone());
    let skills = visit.read(move |conn| tasks::skills(conn, &reader)).await?;
    let title = if id.is_some() { "Change the draft" } else { "New task" };
    let mut shell = visit.org_shell(title, Nav::Settings)?;
    let back = id.map_or_else(|| links::settings_tasks(org), |id| links::task(org, id));
    let label = if id.is_some() { "The task" } else { "Tasks" };
    shell.crumb = Some(Link::new(label, back.clone()));
    Ok(pages::Editing {
        shell,
        action: id.map_or_else(|| links::settings_tasks(org), |id| links::task_act(org, id, "edit")),
        back,
        codes: links::task_codes(org, ""),
        procedures: tasks::procedures(""),
        form: forms::Form::new(typed, &skills),
    })
}

async fn new(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    visit.page(&editing(&visit, &scope, None, &forms::new()).await?)
}

async fn create(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (typed, writer) = (forms::read(&fields), scope.clone());
    let made = match Facts::read(&typed) {
        Ok(facts) => visit.write(move |tx| tasks::create(tx, &writer, &facts)).await,
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok(id) => {
            let notice = Notice::ok("The draft is kept. It can be booked once both have agreed to it.");
            visit.done(links::task(scope.organisation(), id), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = editing(&visit, &scope, None, &typed).await?;
            page.shell.add_own_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
}

async fn codes(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let asked: Asked = visit.query();
    let (org, asked) = (scope.organisation(), one_line(&asked.q));
    let mut shell = visit.org_shell("Codes of procedures", Nav::Settings)?;
    shell.crumb = Some(Link::new("Tasks", links::settings_tasks(org)));
    let found = tasks::procedures(&asked);
    visit.page(&pages::Codes { shell, here: links::task_codes(org, ""), asked, found })
}

async fn load(visit: &Visit, scope: &Scope<ManageOrganisation>) -> Result<Kept, Fault> {
    let (reader, id): (_, TaskId) = (scope.clone(), visit.id("task")?);
    Ok(visit.read(move |conn| tasks::get(conn, &reader, id)).await?)
}

async fn show(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let (org, task) = (scope.organisation(), load(&visit, &scope).await?);
    let mut shell = visit.org_shell(task.name().to_owned(), Nav::Settings)?;
    shell.crumb = Some(Link::new("Tasks", links::settings_tasks(org)));
    let act = |act| links::task_act(org, task.id, act);
    let href = |one: DocumentId| links::task_document(org, task.id, one);
    let (agreed, draft, retired) = (task.agreed(), task.draft(), task.retired_at.is_some());
    let changes = agreed.zip(draft).map(|(agreed, draft)| tasks::differences(&agreed.task, &draft.task));
    let (life, life_label) =
        if retired { ("restore", "Restore the task") } else { ("retire", "Retire the task") };
    visit.page(&pages::Show {
        shell,
        public_id: task.public_id.clone(),
        retired,
        agreed: agreed.map(|one| Said::new(&visit, one, &href)),
        changes: changes.unwrap_or_default(),
        mark: draft.map(|one| one.task.mark()).unwrap_or_default(),
        may_agree: !retired && draft.is_some_and(|one| one.organisation.is_none()),
        agree: act("agree"),
        edit: act("edit"),
        discard: (draft.is_some() && agreed.is_some()).then(|| act("discard")),
        version: (draft.is_none() && !retired).then(|| act("version")),
        draft: draft.map(|one| {
            let mut said = Said::new(&visit, one, &href);
            for (row, of) in said.guides.iter_mut().zip(&one.task.guides) {
                row.remove = Some(links::remove_task_document(org, task.id, of.id));
            }
            said
        }),
        add_document: act("documents"),
        life: act(life),
        life_label,
        history: pages::history(&visit, &task),
    })
}

async fn edit(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let task = load(&visit, &scope).await?;
    let Some(draft) = task.draft() else {
        let words = "There is no draft: what was agreed does not change. Begin a new version.";
        return visit.done(links::task(scope.organisation(), task.id), &Notice::warn(words));
    };
    visit.page(&editing(&visit, &scope, Some(task.id), &forms::of(&draft.task)).await?)
}

async fn update(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (org, id): (_, TaskId) = (scope.organisation(), visit.id("task")?);
    let (typed, writer) = (forms::read(&fields), scope.clone());
    let changed = match Facts::read(&typed) {
        Ok(facts) => visit.write(move |tx| tasks::change_draft(tx, &writer, id, &facts)).await,
        Err(refusal) => Err(refusal),
    };
    match changed {
        Ok(()) => visit.done(links::task(org, id), &Notice::ok("The draft is changed.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = editing(&visit, &scope, Some(id), &typed).await?;
            page.shell.add_own_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::task(org, id), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Seen {
    /// Stands for what was read.
    pub seen: String,
}

/// What a person is told who agreed.
pub(in crate::web) fn agreed_words(bookable: bool, other: &str) -> String {
    if bookable {
        "Both have agreed. It can be booked from now on, and does not change any more.".to_owned()
    } else {
        format!("You have agreed. It can be booked once {other} has agreed too.")
    }
}

async fn agree(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(form): Posted<Seen>,
) -> Answer {
    let (org, id): (_, TaskId) = (scope.organisation(), visit.id("task")?);
    let done = visit.write(move |tx| tasks::agree(tx, &scope, id, &form.seen)).await;
    told(&visit, (org, id), done.map(|bookable| agreed_words(bookable, "Kinbridge")))
}

async fn version(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let words =
        "A draft of the next version is begun. It says what the agreed one says, until it is changed.";
    act(&visit, scope, words, tasks::new_version).await
}

async fn discard(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    act(&visit, scope, "The draft is thrown away.", tasks::discard_draft).await
}

async fn retire(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let words = "The task is retired: nobody can book it. What is booked stays booked.";
    act(&visit, scope, words, tasks::retire).await
}

async fn restore(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    act(&visit, scope, "The task is restored.", tasks::restore).await
}

/// One of the acts that need nothing but the task.
async fn act(
    visit: &Visit,
    scope: Scope<ManageOrganisation>,
    words: &str,
    verb: fn(&mut Tx<'_>, &Scope<ManageOrganisation>, TaskId) -> Result<(), Refusal>,
) -> Answer {
    let (org, id): (_, TaskId) = (scope.organisation(), visit.id("task")?);
    let done = visit.write(move |tx| verb(tx, &scope, id)).await;
    told(visit, (org, id), done.map(|()| words.to_owned()))
}

fn told(visit: &Visit, (org, id): (OrganisationId, TaskId), done: Result<String, Refusal>) -> Answer {
    match done {
        Ok(words) => visit.done(links::task(org, id), &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(links::task(org, id), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
