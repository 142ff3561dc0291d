//! *Undo run*: puts back what a run did, person by person.
//!
//! Whoever was changed since is left as they are and named. What is undone is remembered, so that
//! the next sync does not do it again until the vendor's record changes.

use super::runs::{Change, Run, RunState};
use super::{people, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{Scope, UndoRuns};
use crate::domain::audit::{self, Event};
use crate::domain::pairing::owned::{self, Owned};
use crate::domain::residents::SUBJECT;
use crate::domain::{pairing, residents, staff};
use crate::kit::ids::{ExternalRecordId, ResidentId, RunId};

/// What an undo did, and whom it left alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Undone {
    pub people: usize,
    /// Names of people who were changed since.
    pub left_alone: Vec<String>,
}

/// Undoes a finished run. The latest changes go first.
///
/// # Errors
/// [`Refusal::Overtaken`] when it was undone already, has not finished, or while a sync is running.
pub fn undo(tx: &mut Tx<'_>, scope: &Scope<UndoRuns>, run: RunId) -> Result<Undone, Refusal> {
    let run = store::get(tx.conn, scope.organisation(), run)?;
    if run.state == RunState::Undone {
        return Err(Refusal::overtaken(format!("{} has already undone this sync.", run.undone_by_name)));
    }
    if !matches!(run.state, RunState::Done | RunState::Partly) {
        return Err(Refusal::overtaken("Only a finished sync can be undone."));
    }
    if store::under_way(tx.conn, run.connection_id)?.is_some() {
        return Err(Refusal::overtaken("A sync is running. Undo this one when it has finished."));
    }
    let mut undone = Undone::default();
    for change in store::not_undone(tx.conn, run.id)? {
        match undo_one(tx, scope, &run, &change)? {
            Outcome::Undone => {
                undone.people += 1;
                store::mark_undone(tx, change.id)?;
                if let Some(record) = change.external_record_id {
                    store::leave_alone(tx, record)?;
                }
            }
            Outcome::LeftAlone => undone.left_alone.push(change.name.clone()),
            Outcome::Nothing => {}
        }
    }
    store::undone(tx, run.id, scope.by())?;
    residents::settle(tx, scope.organisation())?;
    let words = format!(
        "undid a sync: {} people put back, {} left as they are",
        undone.people,
        undone.left_alone.len()
    );
    audit::record(tx, scope, Event::new("run.undone", words).about("run", run.id.0).of_run(run.id))?;
    Ok(undone)
}

enum Outcome {
    Undone,
    LeftAlone,
    Nothing,
}

impl Outcome {
    fn of(undone: bool) -> Self {
        if undone { Self::Undone } else { Self::LeftAlone }
    }
}

fn undo_one(
    tx: &mut Tx<'_>,
    scope: &Scope<UndoRuns>,
    run: &Run,
    change: &Change,
) -> Result<Outcome, Refusal> {
    let Some(local) = change.local_id else { return Ok(Outcome::Nothing) };
    // Access that has ended comes back by hand only, on the staff member's page.
    if change.subject == staff::SUBJECT && change.kind == "left" {
        return Ok(Outcome::LeftAlone);
    }
    let resident = ResidentId(local);
    let undone = match change.kind.as_str() {
        "created" => undo_created(tx, run, resident)?,
        "paired" => undo_paired(tx, scope, run, change, local)?,
        "changed" => as_left(tx, run, change, resident)? && put_back(tx, run, change, resident)?,
        "left" => undo_left(tx, run, resident)?,
        "returned" => undo_returned(tx, run, change, resident)?,
        _ => return Ok(Outcome::Nothing),
    };
    Ok(Outcome::of(undone))
}

/// A resident whom the run made goes again, unless somebody has worked on them since.
fn undo_created(tx: &mut Tx<'_>, run: &Run, resident: ResidentId) -> Result<bool, Refusal> {
    let untouched = store::made_only_by(tx.conn, run.id, resident)?;
    if untouched {
        store::forget_created(tx, resident)?;
    }
    Ok(untouched)
}

fn undo_paired(
    tx: &mut Tx<'_>,
    scope: &Scope<UndoRuns>,
    run: &Run,
    change: &Change,
    local: i64,
) -> Result<bool, Refusal> {
    let Some(record) = change.external_record_id else { return Ok(false) };
    if change.subject == SUBJECT && !as_left(tx, run, change, ResidentId(local))? {
        return Ok(false);
    }
    let (organisation, by) = (scope.organisation(), &scope.by().name);
    pairing::end_of_run(tx, organisation, run.id, ExternalRecordId(record), local, by)
}

fn undo_left(tx: &mut Tx<'_>, run: &Run, resident: ResidentId) -> Result<bool, Refusal> {
    let state = store::state_of(tx.conn, resident)?;
    let as_left = state.is_some_and(|(state, why)| state == "archived" && why == store::LEFT);
    if as_left {
        people::bring_back(tx, run.organisation_id, &[resident])?;
    }
    Ok(as_left)
}

fn undo_returned(tx: &mut Tx<'_>, run: &Run, change: &Change, resident: ResidentId) -> Result<bool, Refusal> {
    let state = store::state_of(tx.conn, resident)?;
    let active = state.is_some_and(|(state, _)| state == "active");
    if !active || !as_left(tx, run, change, resident)? {
        return Ok(false);
    }
    put_back(tx, run, change, resident)?;
    people::archive_leavers(tx, run.organisation_id, &[resident])?;
    Ok(true)
}

/// Whether the fields that the run wrote still have the values that it gave them.
fn as_left(tx: &mut Tx<'_>, run: &Run, change: &Change, resident: ResidentId) -> Result<bool, Refusal> {
    let (_, after) = values(change);
    let here = store::owned_now(tx.conn, run.organisation_id, resident)?;
    Ok(here.is_some_and(|here| owned::difference(&here, &after, |_| false).1.is_empty()))
}

fn put_back(tx: &mut Tx<'_>, run: &Run, change: &Change, resident: ResidentId) -> Result<bool, Refusal> {
    let (before, after) = values(change);
    Ok(owned::put_back(tx, run.organisation_id, resident, &before, &after)?)
}

fn values(change: &Change) -> (Owned, Owned) {
    let read = |text: &str| serde_json::from_str(text).unwrap_or_default();
    (read(&change.before), read(&change.after))
}
