//! Documents of a task, on its draft, and whether the organisation takes documents with its appointments.

use actix_web::HttpResponse;

use super::{load, told};
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Scope};
use crate::domain::documents;
use crate::domain::tasks::{self, Kept};
use crate::kit::ids::{DocumentId, TaskId};
use crate::links;
use crate::web::documents::{Add, handed_out, read};
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Link, Notice};
use crate::web::upload::PostedUpload;
use crate::web::visit::{Fields, Nav, Posted, Visit, field};
use crate::web::visits::Community;

const LEAD: &str = "Whoever does the task can open it on the phone, such as how a kit is used. It is agreed to with the \
    rest of the draft.";

fn page(visit: &Visit, scope: &Scope<ManageOrganisation>, task: &Kept, name: &str) -> Result<Add, Fault> {
    let (org, shell) = (scope.organisation(), visit.org_shell("Add a document", Nav::Settings)?);
    let back = Link::new(task.name().to_owned(), links::task(org, task.id));
    Ok(Add::new(shell, LEAD, (links::task_act(org, task.id, "documents"), back), name))
}

pub async fn form(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let task = load(&visit, &scope).await?;
    visit.page(&page(&visit, &scope, &task, "")?)
}

pub async fn add(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    PostedUpload { fields, file }: PostedUpload,
) -> Answer {
    let (org, task, writer) = (scope.organisation(), load(&visit, &scope).await?, scope.clone());
    let id = task.id;
    let added = match read(&fields, &file) {
        Ok(new) => visit.write(move |tx| tasks::add_document(tx, &writer, id, &new)).await,
        Err(refusal) => Err(refusal),
    };
    match added {
        Err(Refusal::Invalid { field: at, words }) => {
            let mut page = page(&visit, &scope, &task, field(&fields, "name"))?;
            page.shell.add_own_error(at, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        done => told(&visit, (org, id), done.map(|()| "The document belongs to the draft.".to_owned())),
    }
}

pub async fn open(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let (task, id) = (visit.id::<TaskId>("task")?, visit.id::<DocumentId>("document")?);
    Ok(handed_out(visit.read(move |conn| tasks::document(conn, &scope, task, id)).await?))
}

pub async fn remove(visit: Visit, Community(scope): Community<ManageOrganisation>, _: Posted<()>) -> Answer {
    let (org, task, id) =
        (scope.organisation(), visit.id::<TaskId>("task")?, visit.id::<DocumentId>("document")?);
    let done = visit.write(move |tx| tasks::remove_document(tx, &scope, task, id)).await;
    told(&visit, (org, task), done.map(|()| "The document is taken from the draft.".to_owned()))
}

pub async fn switch(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (org, taken) = (scope.organisation(), field(&fields, "taken") == "yes");
    visit.write(move |tx| documents::take(tx, &scope, taken)).await?;
    let words = if taken {
        "Documents are taken with appointments from now on."
    } else {
        "No documents are taken with appointments from now on."
    };
    visit.done(links::settings_tasks(org), &Notice::ok(words))
}
