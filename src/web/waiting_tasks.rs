//! The representative's side of tasks: which drafts wait for Kinbridge, what one says, and agreeing to it. Shows what
//! organisations do, never for whom.

use askama::Template;

use super::documents::handed_out;
use super::error::Answer;
use super::routes::{Line, Who, get, post};
use super::settings::tasks::{Said, Seen, agreed_words};
use super::ui::{Link, Notice, Shell, filters};
use super::visit::{Posted, Visit};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::tasks;
use crate::kit::ids::{DocumentId, TaskId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let rep = Who::Representative;
    vec![
        get("/organisations/tasks", rep, index),
        get("/organisations/{org}/tasks/{task}", rep, show),
        post("/organisations/{org}/tasks/{task}/agree", rep, agree),
        get("/organisations/{org}/tasks/{task}/documents/{document}", rep, document),
    ]
}

#[derive(Template)]
#[template(path = "organisations/tasks.html")]
struct Index {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    href: String,
    name: String,
    organisation: String,
    version: i32,
    agreed: String,
}

#[derive(Template)]
#[template(path = "organisations/task.html")]
struct Show {
    shell: Shell,
    agreed: Option<Said>,
    draft: Option<Said>,
    changes: Vec<String>,
    mark: String,
    may_agree: bool,
    agree: String,
}

async fn index(visit: Visit) -> Answer {
    let platform = visit.platform()?;
    let waiting = visit.read(move |conn| tasks::waiting(conn, &platform)).await?;
    let row = |one: &tasks::Waiting| {
        let draft = one.task.draft()?;
        Some(Row {
            href: links::waiting_task(one.organisation, one.task.id),
            name: draft.task.name.clone(),
            organisation: one.organisation_name.clone(),
            version: draft.task.number,
            agreed: Said::new(&visit, draft, &|_| String::new()).organisation,
        })
    };
    let rows = waiting.iter().filter_map(row).collect();
    let mut shell = visit.shell("Tasks to agree to");
    shell.crumb = Some(Link::new("Organisations", links::organisations()));
    visit.page(&Index { shell, rows })
}

async fn show(visit: Visit) -> Answer {
    let (platform, org, id) = (visit.platform()?, visit.organisation()?, visit.id::<TaskId>("task")?);
    let task = visit.read(move |conn| tasks::for_platform(conn, &platform, org, id)).await?;
    let (agreed, draft) = (task.agreed(), task.draft());
    let changes = agreed.zip(draft).map(|(agreed, draft)| tasks::differences(&agreed.task, &draft.task));
    let href = |one: DocumentId| links::waiting_task_document(org, id, one);
    let mut shell = visit.shell(task.name().to_owned());
    shell.crumb = Some(Link::new("Tasks to agree to", links::waiting_tasks()));
    visit.page(&Show {
        shell,
        agreed: agreed.map(|one| Said::new(&visit, one, &href)),
        draft: draft.map(|one| Said::new(&visit, one, &href)),
        changes: changes.unwrap_or_default(),
        mark: draft.map(|one| one.task.mark()).unwrap_or_default(),
        may_agree: task.retired_at.is_none() && draft.is_some_and(|one| one.representative.is_none()),
        agree: links::agree_waiting_task(org, id),
    })
}

async fn agree(visit: Visit, Posted(form): Posted<Seen>) -> Answer {
    let (platform, org, id) = (visit.platform()?, visit.organisation()?, visit.id::<TaskId>("task")?);
    let back = links::waiting_task(org, id);
    match visit.write(move |tx| tasks::agree_for_platform(tx, &platform, org, id, &form.seen)).await {
        Ok(bookable) => visit.done(back, &Notice::ok(agreed_words(bookable, "the organisation"))),
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn document(visit: Visit) -> Answer {
    let (platform, org) = (visit.platform()?, visit.organisation()?);
    let (task, document) = (visit.id::<TaskId>("task")?, visit.id::<DocumentId>("document")?);
    let read = move |conn: &mut Conn| tasks::document_for_platform(conn, &platform, (org, task), document);
    Ok(handed_out(visit.read(read).await?))
}
