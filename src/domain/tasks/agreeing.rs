//! Agreeing to a draft: the organisation, and the platform representative, each to what they read. When both have,
//! it can be booked and never changes again.

use super::drafting::no_draft;
use super::{Kept, Version, kept, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageOrganisation, Platform, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{OrganisationId, TaskId};

/// A draft that the representative has not agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub task: Kept,
}

/// Drafts of all organisations to which the representative has not agreed yet. Names no patient: a task has none.
pub fn waiting(conn: &mut Conn, _: &Platform) -> Result<Vec<Waiting>, Refusal> {
    let mut all = Vec::new();
    for (organisation, organisation_name) in store::with_drafts(conn)? {
        let tasks = store::kept(conn, organisation, None)?;
        let open = |task: &Kept| {
            task.retired_at.is_none() && task.draft().is_some_and(|draft| draft.representative.is_none())
        };
        let named = |task| Waiting { organisation, organisation_name: organisation_name.clone(), task };
        all.extend(tasks.into_iter().filter(open).map(named));
    }
    Ok(all)
}

/// A task as the representative reads it.
///
/// # Errors
/// `NotHere`.
pub fn for_platform(
    conn: &mut Conn,
    _: &Platform,
    organisation: OrganisationId,
    id: TaskId,
) -> Result<Kept, Refusal> {
    kept(conn, organisation, id)
}

/// Agrees for the organisation to the draft whose [`Task::mark`](super::Task::mark) was `seen`. Whether it can be
/// booked now.
///
/// # Errors
/// `NotHere`; `Overtaken` where there is no draft, it says something else meanwhile, it is not ready, or the
/// organisation agreed already.
pub fn agree(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: TaskId,
    seen: &str,
) -> Result<bool, Refusal> {
    let task = kept(tx.conn, scope.organisation(), id)?;
    let draft = ready(tx, scope.organisation(), &task, seen)?;
    if draft.organisation.is_some() {
        return Err(Refusal::overtaken("Your organisation has agreed to this draft already."));
    }
    store::agree_of_organisation(tx, draft.task.version, &scope.by().name)?;
    let words = words(draft, "for the organisation");
    audit::record(tx, scope, audit::Event::new("task.agreed", words).about("task", id.0))?;
    finish(tx, draft, draft.representative.is_some())
}

/// The same for the platform.
///
/// # Errors
/// As of [`agree`].
pub fn agree_for_platform(
    tx: &mut Tx<'_>,
    platform: &Platform,
    organisation: OrganisationId,
    id: TaskId,
    seen: &str,
) -> Result<bool, Refusal> {
    let task = kept(tx.conn, organisation, id)?;
    let draft = ready(tx, organisation, &task, seen)?;
    if draft.representative.is_some() {
        return Err(Refusal::overtaken("Kinbridge has agreed to this draft already."));
    }
    store::agree_of_platform(tx, draft.task.version, &platform.by().name)?;
    let event = audit::Event::new("task.agreed", words(draft, "for Kinbridge")).about("task", id.0);
    audit::record_platform(tx, platform, organisation, event)?;
    finish(tx, draft, draft.organisation.is_some())
}

fn words(draft: &Version, whom: &str) -> String {
    format!("agreed {whom} to version {} of the task {}", draft.task.number, draft.task.name)
}

fn finish(tx: &mut Tx<'_>, draft: &Version, both: bool) -> Result<bool, Refusal> {
    if both {
        store::settle(tx, draft.task.version)?;
    }
    Ok(both)
}

/// The draft, where it is what was read and can be agreed to.
fn ready<'k>(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    task: &'k Kept,
    seen: &str,
) -> Result<&'k Version, Refusal> {
    if task.retired_at.is_some() {
        return Err(Refusal::overtaken("This task is retired. Restore it first."));
    }
    let draft = task.draft().ok_or_else(no_draft)?;
    if draft.task.mark() != seen {
        return Err(Refusal::overtaken("The draft was changed meanwhile. Read it again, then agree."));
    }
    if draft.task.steps.is_empty() {
        return Err(Refusal::overtaken("The draft has no step. Add what is done, then agree."));
    }
    let known = store::skills(tx.conn, organisation)?;
    let retired = draft
        .task
        .skills
        .iter()
        .find(|skill| known.iter().any(|one| one.skill.id == skill.id && one.retired_at.is_some()));
    match retired {
        Some(skill) => {
            let words =
                format!("{} is retired. Take it out of the draft, or restore it, then agree.", skill.name);
            Err(Refusal::overtaken(words))
        }
        None => Ok(draft),
    }
}
