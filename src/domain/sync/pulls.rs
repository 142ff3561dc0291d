//! Pulls of a vendor whose records are mapped: runs like any other, with a page, progress and a lease, that bring no
//! resident and no staff. What they bring is taken in by later features; here a pull is asked for, claimed and ended.

use chrono::TimeDelta;
use diesel::QueryResult;

use super::claims::{self, Claim};
use super::runs::{Asked, Cause, RunState, Wanted};
use super::store::{self, NewProblem};
use crate::connectors::SetAside;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{RunSyncs, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, State};
use crate::kit::ids::ConnectionId;
use crate::links;

/// What a pull came to, for its page; the parts have no names of people.
#[derive(Debug, Clone, Default)]
pub struct Pulled {
    /// `12 sites`, `3 mapped by rule`: printed one after the other.
    pub parts: Vec<(String, usize)>,
    /// Records that could not be used, each with the kind under which its problem stands.
    pub problems: Vec<(&'static str, SetAside)>,
}

/// Asks for a pull by hand. Two clicks, or two people, get the same one.
///
/// # Errors
/// [`Refusal::Overtaken`] when the connection is not on; `NotHere` for another organisation's.
pub fn request_pull(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
) -> Result<Asked, Refusal> {
    let known = connections::get(tx.conn, scope, connection)?;
    // One that needs a new link may be tried by hand: that is how its repair shows.
    if !known.available || !matches!(known.state, State::On | State::Relink) {
        let vendor = known.vendor;
        return Err(Refusal::overtaken(format!("{vendor} is not connected. Connect it first.")));
    }
    let cause = if scope.by().account.is_some() { Cause::Hand } else { Cause::Command };
    match insert(tx, scope, connection, cause)? {
        Some(run) => Ok(Asked::New(run)),
        None => store::under_way(tx.conn, connection)?.map(Asked::UnderWay).ok_or(Refusal::NotHere),
    }
}

/// Asks for one that is due; says whether there was none under way.
pub fn ask_for_pull(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    cause: Cause,
) -> Result<bool, Refusal> {
    let asked = insert(tx, scope, connection, cause)?.is_some();
    if asked {
        store::forget_retry(tx, connection)?;
    }
    Ok(asked)
}

fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    cause: Cause,
) -> Result<Option<crate::kit::ids::RunId>, Refusal> {
    let new = store::New {
        organisation: scope.organisation(),
        connection,
        by: scope.by(),
        cause,
        wanted: Wanted::Synchronization,
        is_preview: false,
        local_date: None,
        only: None,
    };
    let Some(run) = store::insert(tx, &new)? else { return Ok(None) };
    // One a minute would fill the trail: what somebody asked for stands on it.
    if matches!(cause, Cause::Hand | Cause::Command) {
        let event = Event::new("run.asked", "started a pull").about("connection", connection.0).of_run(run);
        audit::record(tx, scope, event)?;
    }
    Ok(Some(run))
}

/// How long the page of a pull is kept: there may be one a minute.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Removes the pages of pulls that are long over; how many.
pub fn purge_pulls(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge_pulls(tx, tx.now - KEPT)
}

/// Whether a pull waits to be claimed, or a claimed one may have been silent for too long.
pub fn any_pull_waiting(conn: &mut Conn) -> QueryResult<bool> {
    store::any_waiting(conn, store::Line::Pulls)
}

/// Takes the oldest requested pull.
pub fn claim_pull(tx: &mut Tx<'_>) -> Result<Option<Claim>, Refusal> {
    claims::claim_from(tx, store::Line::Pulls)
}

/// Ends a pull that was taken in, in the transaction of what it brought.
///
/// # Errors
/// [`Refusal::Overtaken`] when the claim is gone or somebody asked to cancel: nothing of it is kept then.
pub fn finish_pull(
    tx: &mut Tx<'_>,
    claim: &Claim,
    pulled: &Pulled,
    public_url: &str,
) -> Result<RunState, Refusal> {
    let problems: Vec<NewProblem> =
        pulled.problems.iter().map(|(subject, aside)| problem(claim, subject, aside)).collect();
    store::write_changes(tx, claim.run, &[], &problems)?;
    let state = if problems.is_empty() { RunState::Done } else { RunState::Partly };
    let end = store::End {
        state,
        counts: serde_json::to_string(&pulled.parts).unwrap_or_default(),
        total: pulled.parts.iter().map(|(_, n)| n).sum(),
        plan_hash: String::new(),
        held_because: String::new(),
        affected: 0,
    };
    if !store::finish(tx, claim, &end)? {
        return Err(Refusal::overtaken("This pull was cancelled or taken over."));
    }
    let link = links::sync_run(claim.organisation, claim.run);
    connections::went_well(tx, &claim.scope::<RunSyncs>(), claim.connection, &link, public_url)?;
    Ok(state)
}

fn problem(claim: &Claim, subject: &'static str, aside: &SetAside) -> NewProblem {
    NewProblem {
        run_id: claim.run,
        subject,
        external_id: aside.external_id.clone().unwrap_or_default(),
        name: aside.name.clone().unwrap_or_default(),
        reason: aside.reason.clone(),
        repair: aside.repair.clone(),
    }
}

/// The parts of a pull, for its page: what is counted, and how many.
pub fn parts(counts: &str) -> Vec<(String, usize)> {
    serde_json::from_str(counts).unwrap_or_default()
}
