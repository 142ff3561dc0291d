//! Guides: documents of a draft that whoever does the task should read, such as how a kit is used. They are agreed to
//! with the rest of a version, and whoever agreed before one came or went has to agree again.

use super::drafting::no_draft;
use super::{Kept, kept, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageOrganisation, Platform, Right, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::documents::{self, Content, Document, NewDocument};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{DocumentId, OrganisationId, TaskId, TaskVersionId};

/// Adds a document to the draft of a task.
///
/// # Errors
/// `NotHere`; `Overtaken` where there is no draft, or it has the same file; `Invalid` on `document` where it has as many
/// as it may.
pub fn add_document(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: TaskId,
    new: &NewDocument,
) -> Result<(), Refusal> {
    let task = kept(tx.conn, scope.organisation(), id)?;
    let (version, mut all) = guides_of_draft(&task)?;
    if let Some(same) = all.iter().find(|one| one.digest == new.digest) {
        return Err(Refusal::Overtaken(format!("This file is there already, as {}.", same.name)));
    }
    if all.len() >= documents::MOST {
        let words = format!("{} documents are the most. Take one away first", documents::MOST);
        return Err(Refusal::invalid("document", words));
    }
    // Tasks have no mode; what programs send with a test key stays apart.
    let added = documents::insert(tx, scope, Mode::Live, new)?;
    let words = format!("added the document {} to the draft of the task {}", added.name, task.name());
    all.push(added);
    changed(tx, scope, (id, version), &all, words)
}

/// Takes a document from the draft of a task; versions that were agreed keep theirs.
///
/// # Errors
/// `NotHere`; `Overtaken` where there is no draft.
pub fn remove_document(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: TaskId,
    document: DocumentId,
) -> Result<(), Refusal> {
    let task = kept(tx.conn, scope.organisation(), id)?;
    let (version, all) = guides_of_draft(&task)?;
    let (gone, rest): (Vec<Document>, Vec<Document>) = all.into_iter().partition(|one| one.id == document);
    let gone = gone.into_iter().next().ok_or(Refusal::NotHere)?;
    let words = format!("took the document {} from the draft of the task {}", gone.name, task.name());
    changed(tx, scope, (id, version), &rest, words)
}

fn guides_of_draft(task: &Kept) -> Result<(TaskVersionId, Vec<Document>), Refusal> {
    let draft = task.draft().ok_or_else(no_draft)?;
    Ok((draft.task.version, draft.task.guides.clone()))
}

fn changed(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    (id, version): (TaskId, TaskVersionId),
    all: &[Document],
    words: String,
) -> Result<(), Refusal> {
    documents::set_of_version(tx, version, all)?;
    store::take_agreements_back(tx, version)?;
    audit::record(tx, scope, audit::Event::new("task.changed", words).about("task", id.0))?;
    Ok(())
}

/// A document of one of a task's versions.
///
/// # Errors
/// `NotHere` for another's.
pub fn document<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: TaskId,
    document: DocumentId,
) -> Result<Content, Refusal> {
    of(conn, scope.organisation(), id, document)
}

/// The same for the representative, who agrees to what it says.
///
/// # Errors
/// `NotHere`.
pub fn document_for_platform(
    conn: &mut Conn,
    _: &Platform,
    (organisation, id): (OrganisationId, TaskId),
    document: DocumentId,
) -> Result<Content, Refusal> {
    of(conn, organisation, id, document)
}

fn of(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: TaskId,
    document: DocumentId,
) -> Result<Content, Refusal> {
    let task = kept(conn, organisation, id)?;
    let mut all = task.versions.iter().flat_map(|version| &version.task.guides);
    let found = all.find(|one| one.id == document).cloned().ok_or(Refusal::NotHere)?;
    documents::content(conn, &found)
}
