//! *Undo run*: puts back what a run did, person by person.
//!
//! Whoever was changed since is left as they are and named. What is undone is remembered, so that
//! the next sync does not do it again until the vendor's record changes.

use diesel::prelude::*;

use super::plan::MISSING;
use super::runs::{Change, Run, RunState};
use super::{people, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{Scope, UndoRuns};
use crate::domain::audit::{self, Event};
use crate::domain::pairing::owned::{self, Owned};
use crate::domain::schema::{external_records, pairings, relatives, residents, run_changes, sync_runs};
use crate::domain::{pairing, residents as people_here};
use crate::kit::ids::{ExternalRecordId, ResidentId, RunId};

/// What an undo did, and whom it left alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Undone {
    pub people: usize,
    /// Names of people who were changed since.
    pub left_alone: Vec<String>,
}

/// Undoes a finished run. The latest changes go first.
pub fn undo(tx: &mut Tx<'_>, scope: &Scope<UndoRuns>, run: RunId) -> Result<Undone, Refusal> {
    let run: Run = sync_runs::table
        .find(run)
        .filter(sync_runs::organisation_id.eq(scope.organisation()))
        .select(Run::as_select())
        .first(tx.conn)?;
    if run.state == RunState::Undone || run.undone_at.is_some() {
        return Err(Refusal::overtaken(format!("{} has already undone this sync.", run.undone_by_name)));
    }
    if !matches!(run.state, RunState::Done | RunState::Partly) {
        return Err(Refusal::overtaken("Only a finished sync can be undone."));
    }
    if super::runs::under_way(tx.conn, run.connection_id)?.is_some() {
        return Err(Refusal::overtaken("A sync is running. Undo this one when it has finished."));
    }
    let changes: Vec<Change> = run_changes::table
        .filter(run_changes::run_id.eq(run.id))
        .filter(run_changes::undone.eq(false))
        .order(run_changes::id.desc())
        .select(Change::as_select())
        .load(tx.conn)?;
    let mut undone = Undone::default();
    for change in &changes {
        match undo_one(tx, scope, &run, change)? {
            Outcome::Undone => {
                undone.people += 1;
                diesel::update(run_changes::table.find(change.id))
                    .set(run_changes::undone.eq(true))
                    .execute(tx.conn)?;
            }
            Outcome::LeftAlone => undone.left_alone.push(change.name.clone()),
            Outcome::Nothing => {}
        }
    }
    diesel::update(sync_runs::table.find(run.id))
        .set((
            sync_runs::undone_at.eq(tx.now),
            sync_runs::undone_by_name.eq(&scope.by().name),
            sync_runs::state.eq(RunState::Undone),
        ))
        .execute(tx.conn)?;
    people_here::settle(tx, scope.organisation())?;
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

fn undo_one(
    tx: &mut Tx<'_>,
    scope: &Scope<UndoRuns>,
    run: &Run,
    change: &Change,
) -> Result<Outcome, Refusal> {
    let Some(local) = change.local_id else { return Ok(Outcome::Nothing) };
    match change.kind.as_str() {
        "created" => undo_created(tx, run, change, ResidentId(local)),
        "paired" => undo_paired(tx, scope, run, change, local),
        "changed" => undo_changed(tx, run, change, ResidentId(local)),
        "left" => undo_left(tx, run, change, ResidentId(local)),
        "returned" => undo_returned(tx, run, change, ResidentId(local)),
        _ => Ok(Outcome::Nothing),
    }
}

/// A resident whom the run made goes again, unless somebody has worked on them since.
fn undo_created(
    tx: &mut Tx<'_>,
    run: &Run,
    change: &Change,
    resident: ResidentId,
) -> Result<Outcome, Refusal> {
    let row = residents::table.find(resident);
    let version: Option<i64> = row.select(residents::version).first(tx.conn).optional()?;
    let has_relatives: i64 =
        relatives::table.filter(relatives::resident_id.eq(resident)).count().get_result(tx.conn)?;
    let other_pairings: i64 = pairings::table
        .filter(pairings::kind.eq(people_here::SUBJECT))
        .filter(pairings::local_id.eq(resident.0))
        .filter(pairings::run_id.ne(run.id.0).or(pairings::run_id.is_null()))
        .count()
        .get_result(tx.conn)?;
    if version != Some(people_here::FIRST_VERSION) || has_relatives > 0 || other_pairings > 0 {
        return Ok(Outcome::LeftAlone);
    }
    let of_run = pairings::table
        .filter(pairings::kind.eq(people_here::SUBJECT))
        .filter(pairings::local_id.eq(resident.0));
    diesel::delete(of_run).execute(tx.conn)?;
    diesel::delete(row).execute(tx.conn)?;
    leave_alone(tx, change, None)?;
    Ok(Outcome::Undone)
}

fn undo_paired(
    tx: &mut Tx<'_>,
    scope: &Scope<UndoRuns>,
    run: &Run,
    change: &Change,
    local: i64,
) -> Result<Outcome, Refusal> {
    let Some(record) = change.external_record_id else { return Ok(Outcome::Nothing) };
    let ended = pairing::end_of_run(
        tx,
        scope.organisation(),
        run.id,
        ExternalRecordId(record),
        local,
        &scope.by().name,
    )?;
    Ok(if ended { Outcome::Undone } else { Outcome::LeftAlone })
}

fn undo_changed(
    tx: &mut Tx<'_>,
    run: &Run,
    change: &Change,
    resident: ResidentId,
) -> Result<Outcome, Refusal> {
    let before: Owned = serde_json::from_str(&change.before).unwrap_or_default();
    let after: Owned = serde_json::from_str(&change.after).unwrap_or_default();
    if !owned::put_back(tx, run.organisation_id, resident, &before, &after)? {
        return Ok(Outcome::LeftAlone);
    }
    leave_alone(tx, change, None)?;
    Ok(Outcome::Undone)
}

fn undo_left(tx: &mut Tx<'_>, run: &Run, change: &Change, resident: ResidentId) -> Result<Outcome, Refusal> {
    let row = residents::table.find(resident).select((residents::state, residents::archived_because));
    let (state, because): (String, String) = row.first(tx.conn)?;
    if state != "archived" || !because.starts_with(store::LEFT) {
        return Ok(Outcome::LeftAlone);
    }
    people::bring_back(tx, run.organisation_id, &[resident])?;
    leave_alone(tx, change, Some(MISSING))?;
    Ok(Outcome::Undone)
}

fn undo_returned(
    tx: &mut Tx<'_>,
    run: &Run,
    change: &Change,
    resident: ResidentId,
) -> Result<Outcome, Refusal> {
    let state: String = residents::table.find(resident).select(residents::state).first(tx.conn)?;
    if state != "active" {
        return Ok(Outcome::LeftAlone);
    }
    people::archive_leavers(tx, run.organisation_id, &[resident])?;
    leave_alone(tx, change, None)?;
    Ok(Outcome::Undone)
}

/// The record is not acted on again while it stays as it is now, or stays missing.
fn leave_alone(tx: &mut Tx<'_>, change: &Change, as_it_is: Option<&str>) -> QueryResult<()> {
    let Some(record) = change.external_record_id else { return Ok(()) };
    let row = external_records::table.find(ExternalRecordId(record));
    let hash: String = match as_it_is {
        Some(word) => word.to_owned(),
        None => row.select(external_records::content_hash).first(tx.conn)?,
    };
    diesel::update(row).set(external_records::left_hash.eq(hash)).execute(tx.conn).map(drop)
}
