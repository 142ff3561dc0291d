//! Documents of an appointment: which may go with it, and adding one to it or taking one away.
//!
//! A task says whether any are sent with it, and an organisation whether it takes any. One that goes with an appointment
//! of somebody else is refused, so that nobody reads another patient's letter at the door.

use super::telling::happened;
use super::{EventKind, Visit, booking, lists, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::documents::{self, Content, Document, NewDocument};
use crate::domain::tasks::{self, Task};
use crate::kit::ids::{DocumentId, PatientId, VisitId};

fn invalid(words: impl Into<String>) -> Refusal {
    Refusal::invalid("documents", words)
}

/// Those that are named, where they may go with an appointment of this task for this patient.
///
/// # Errors
/// `Invalid` on `documents`.
pub(super) fn allowed(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    (mode, patient): (Mode, PatientId),
    task: &Task,
    ids: &[String],
) -> Result<Vec<Document>, Refusal> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    sent_with(conn, scope, task)?;
    let all = documents::all_of(conn, scope, mode, ids)?;
    let all = all.ok_or_else(|| invalid("One of the documents is not here any more. Send it again"))?;
    refuse_too_many(all.len())?;
    let ids: Vec<DocumentId> = all.iter().map(|one| one.id).collect();
    if documents::are_of_another(conn, &ids, patient)? {
        return Err(invalid(
            "One of the documents goes with an appointment of another patient. Check whose it is",
        ));
    }
    Ok(all)
}

fn sent_with(conn: &mut Conn, scope: &Scope<ManageAppointments>, task: &Task) -> Result<(), Refusal> {
    documents::refuse_unless_taken(conn, scope)?;
    if task.documents {
        return Ok(());
    }
    Err(invalid(format!("No documents are sent with {}", task.name)))
}

fn refuse_too_many(count: usize) -> Result<(), Refusal> {
    let most = documents::MOST;
    if count <= most {
        Ok(())
    } else {
        Err(invalid(format!("{most} documents with one appointment are the most")))
    }
}

/// Whether documents may be added to an appointment that was read: its task and its organisation take them, and it is
/// not over.
pub fn takes_documents(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    visit: &Visit,
) -> Result<bool, Refusal> {
    if !visit.is_ahead() || !documents::are_taken(conn, scope.organisation())? {
        return Ok(false);
    }
    Ok(tasks::version(conn, scope.organisation(), visit.task.id)?.documents)
}

/// Adds a document to an appointment that is not over.
///
/// # Errors
/// `Invalid` on `documents` where none are taken or there are too many; `Overtaken` where it is over, or has the same
/// document already.
pub fn add_document(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    new: &NewDocument,
) -> Result<Visit, Refusal> {
    let before = ahead(tx, scope, (mode, id))?;
    let task = tasks::version(tx.conn, scope.organisation(), before.task.id)?;
    sent_with(tx.conn, scope, &task)?;
    refuse_too_many(before.documents.len() + 1)?;
    if let Some(same) = before.documents.iter().find(|one| one.digest == new.digest) {
        return Err(Refusal::Overtaken(format!("This file is there already, as {}.", same.name)));
    }
    let added = documents::insert(tx, scope, mode, new)?;
    let words = format!("added the document {}", added.name);
    let mut all = before.documents;
    all.push(added);
    changed(tx, scope, (mode, id), &all, &words)
}

/// Takes a document from an appointment that is not over. The file itself goes once nothing names it.
///
/// # Errors
/// `NotHere`; `Overtaken` where it is over.
pub fn remove_document(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    document: DocumentId,
) -> Result<Visit, Refusal> {
    let before = ahead(tx, scope, (mode, id))?;
    let (gone, rest): (Vec<Document>, Vec<Document>) =
        before.documents.into_iter().partition(|one| one.id == document);
    let gone = gone.into_iter().next().ok_or(Refusal::NotHere)?;
    changed(tx, scope, (mode, id), &rest, &format!("took away the document {}", gone.name))
}

fn ahead(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
) -> Result<Visit, Refusal> {
    let visit = lists::get(tx.conn, scope, mode, id)?;
    if visit.is_ahead() { Ok(visit) } else { booking::still_open(visit) }
}

fn changed(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    all: &[Document],
    words: &str,
) -> Result<Visit, Refusal> {
    documents::set_of_visit(tx, id, all)?;
    store::touch(tx, id)?;
    let visit = lists::get(tx.conn, scope, mode, id)?;
    happened(tx, scope, &visit, EventKind::Updated, words)?;
    Ok(visit)
}

/// Those that the task of an appointment has for whoever does it.
pub fn documents_of_task(conn: &mut Conn, visit: &Visit) -> Result<Vec<Document>, Refusal> {
    Ok(documents::of_versions(conn, &[visit.task.id])?.remove(&visit.task.id).unwrap_or_default())
}

/// A document of an appointment that was read, or of its task.
///
/// # Errors
/// `NotHere` for another's, and for one whose bytes are not what was kept.
pub fn document(conn: &mut Conn, visit: &Visit, id: DocumentId) -> Result<Content, Refusal> {
    let own = visit.documents.iter().find(|one| one.id == id).cloned();
    let found = match own {
        Some(one) => Some(one),
        None => documents_of_task(conn, visit)?.into_iter().find(|one| one.id == id),
    };
    documents::content(conn, &found.ok_or(Refusal::NotHere)?)
}
