//! Documents of an appointment: opening one, adding one, and taking one away.

use actix_web::HttpResponse;

use super::{Community, see};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, ViewAppointments};
use crate::domain::visits;
use crate::kit::ids::DocumentId;
use crate::links;
use crate::web::documents::{Add, handed_out, read};
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Link, Notice};
use crate::web::upload::PostedUpload;
use crate::web::visit::{Nav, Posted, Visit, field};

const LEAD: &str = "Whoever comes to this appointment can open it on the phone. The patient does not see it.";

pub async fn open(visit: Visit, Community(scope): Community<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let id = visit.id::<DocumentId>("document")?;
    let kept = visit.read(move |conn| visits::document(conn, &seen.of, id)).await?;
    Ok(handed_out(kept))
}

fn page(visit: &Visit, seen: &super::Seen, name: &str) -> Result<Add, Fault> {
    let shell = visit.org_shell("Add a document", Nav::Appointments)?;
    let words = format!("{} for {}", seen.of.task.name, seen.of.patient.name);
    Ok(Add::new(shell, LEAD, (seen.act("documents"), Link::new(words, seen.href())), name))
}

pub async fn form(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    visit.page(&page(&visit, &seen, "")?)
}

pub async fn add(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    PostedUpload { fields, file }: PostedUpload,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let which = (seen.of.mode, seen.of.id);
    let added = match read(&fields, &file) {
        Ok(new) => visit.write(move |tx| visits::add_document(tx, &scope, which, &new)).await,
        Err(refusal) => Err(refusal),
    };
    let (status, at, words) = match added {
        Ok(_) => return visit.done(seen.href(), &Notice::ok("The document goes with the appointment.")),
        Err(Refusal::Invalid { field, words }) => {
            let at = if field == "documents" { "document" } else { field };
            (HttpResponse::UnprocessableEntity(), at, words)
        }
        Err(Refusal::Overtaken(words)) => (HttpResponse::Conflict(), "document", words),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut page = page(&visit, &seen, field(&fields, "name"))?;
    page.shell.add_own_error(at, words);
    visit.page_with(&page, status)
}

pub async fn remove(visit: Visit, Community(scope): Community<ManageAppointments>, _: Posted<()>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (which, id) = ((seen.of.mode, seen.of.id), visit.id::<DocumentId>("document")?);
    match visit.write(move |tx| visits::remove_document(tx, &scope, which, id)).await {
        Ok(_) => visit.done(seen.href(), &Notice::ok("The document is taken away.")),
        Err(Refusal::Overtaken(words)) => visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Where a document of an appointment is taken away.
pub fn removing(seen: &super::Seen, id: DocumentId) -> String {
    links::remove_visit_document(seen.org, seen.of.id, id)
}
