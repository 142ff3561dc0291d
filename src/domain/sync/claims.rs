//! A worker's side of a run: claimed, said how far it is, given up or failed.
//!
//! A claim has a lease and an epoch. A worker that was stopped past its lease finds its run taken
//! from it, and writes nothing more.

use chrono::TimeDelta;
use diesel::QueryResult;

use super::runs::{Cause, Run, RunState, Wanted};
use super::{schedule, store};
use crate::connectors::{Failure, Retry};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Right, RunSyncs, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, Setback, State};
use crate::kit::ids::{ConnectionId, OrganisationId, ResidentId, RunId};
use crate::links;

/// How long a claimed run may be silent before another process takes over.
const LEASE: TimeDelta = TimeDelta::seconds(45);

/// A run that is interrupted more often than this in a row rests before it is repeated: something
/// about it may be what stops the portal.
const REPEATED_AT_ONCE: usize = 5;

/// A claimed run: the worker's proof that it may write.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub run: RunId,
    pub organisation: OrganisationId,
    pub connection: ConnectionId,
    pub epoch: i64,
    pub wanted: Wanted,
    pub is_preview: bool,
    pub cause: Cause,
    /// The one resident whom it is about; nobody else is touched.
    pub only: Option<ResidentId>,
}

impl Claim {
    pub fn scope<R: Right>(&self) -> Scope<R> {
        Scope::for_the_portal(self.organisation)
    }

    fn of(run: &Run) -> Self {
        Self {
            run: run.id,
            organisation: run.organisation_id,
            connection: run.connection_id,
            epoch: run.epoch + 1,
            wanted: run.scope,
            is_preview: run.is_preview,
            cause: run.cause,
            only: run.resident_id,
        }
    }
}

/// Whether a run waits to be claimed, or a claimed one may have been silent for too long.
pub fn any_waiting(conn: &mut Conn) -> QueryResult<bool> {
    store::any_waiting(conn, store::Line::Syncs)
}

/// Takes the oldest requested run. A run whose worker fell silent is marked as interrupted first,
/// and asked for again.
pub fn claim(tx: &mut Tx<'_>) -> Result<Option<Claim>, Refusal> {
    claim_from(tx, store::Line::Syncs)
}

/// The same of one line: syncs and pulls are worked off apart.
pub(super) fn claim_from(tx: &mut Tx<'_>, line: store::Line) -> Result<Option<Claim>, Refusal> {
    for run in store::silent(tx.conn, tx.now)? {
        repeat(tx, &run)?;
    }
    let Some(run) = store::next_requested(tx.conn, line)? else { return Ok(None) };
    let claim = Claim::of(&run);
    Ok(store::start(tx, &claim, tx.now + LEASE)?.then_some(claim))
}

fn repeat(tx: &mut Tx<'_>, run: &Run) -> Result<(), Refusal> {
    let scope = Scope::<RunSyncs>::for_the_portal(run.organisation_id);
    let about = |event: Event| event.about("connection", run.connection_id.0).of_run(run.id);
    if run.cancel_asked {
        store::interrupt(tx, run.id, RunState::Cancelled, "", "")?;
        store::forget_snapshot(tx, run.id)?;
        let event = Event::new("run.interrupted", "found a sync that was interrupted after it was cancelled");
        audit::record(tx, &scope, about(event))?;
        return Ok(());
    }
    let failure = "The portal was stopped while this sync ran. Nothing was changed.";
    store::interrupt(tx, run.id, RunState::Interrupted, failure, "It is started again by itself.")?;
    let most = i64::try_from(REPEATED_AT_ONCE).unwrap_or(0) + 10;
    let times = store::interrupted_in_a_row(tx.conn, run.connection_id, most)?;
    if times > REPEATED_AT_ONCE {
        let rest = schedule::rest(i32::try_from(times - REPEATED_AT_ONCE).unwrap_or(i32::MAX), None);
        store::retry_at(tx, run.connection_id, tx.now + rest)?;
        store::forget_snapshot(tx, run.id)?;
        let event =
            Event::new("run.interrupted", "found a sync that is interrupted again and again; it rests");
        audit::record(tx, &scope, about(event))?;
        return Ok(());
    }
    let new = store::New {
        organisation: run.organisation_id,
        connection: run.connection_id,
        by: scope.by(),
        cause: Cause::Retry,
        wanted: run.scope,
        is_preview: run.is_preview,
        local_date: None,
        only: run.resident_id,
    };
    if let Some(again) = store::insert(tx, &new)? {
        store::move_snapshot(tx, run.id, again)?;
        store::move_drafts(tx, run.id, again)?;
        store::approve(tx, again, run)?;
    }
    let event = Event::new("run.interrupted", "found a sync that was interrupted, and started it again");
    audit::record(tx, &scope, about(event))?;
    Ok(())
}

/// How far a run is. Renews the lease.
///
/// # Errors
/// [`Refusal::Overtaken`] when the claim is gone, or somebody asked to cancel: the worker stops.
pub fn progress(
    tx: &mut Tx<'_>,
    claim: &Claim,
    done: usize,
    total: usize,
    words: &str,
) -> Result<(), Refusal> {
    let written = store::progress(tx, claim, (done, total), words, tx.now + LEASE)?;
    if written { Ok(()) } else { Err(Refusal::overtaken("This sync was cancelled or taken over.")) }
}

/// The worker gives up a cancelled run.
pub fn cancelled(tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
    if store::cancelled(tx, claim)? {
        store::forget_snapshot(tx, claim.run)?;
    }
    Ok(())
}

/// Ends a run that could not be carried to its end. The connection rests before the next try; a
/// refused credential waits for a person. A failed preview is nobody's trouble but its asker's, and neither is a sync of
/// one resident.
pub fn fail(tx: &mut Tx<'_>, claim: &Claim, failure: &Failure, public_url: &str) -> Result<(), Refusal> {
    if !store::fail(tx, claim, failure)? {
        return Ok(());
    }
    store::forget_snapshot(tx, claim.run)?;
    let scope = claim.scope::<RunSyncs>();
    let before = connections::get(tx.conn, &scope, claim.connection)?;
    // In any other state somebody has been told already, by what was heard of the services.
    if before.state == State::On && !claim.is_preview && claim.only.is_none() {
        let asked = match failure.retry {
            Retry::Later { after } => Some(after.and_then(|after| TimeDelta::from_std(after).ok())),
            Retry::AfterEdit | Retry::NeedsPerson => None,
        };
        let failures = before.failures.saturating_add(1);
        let retry_at = asked.map(|asked| tx.now + schedule::rest(failures, asked));
        let link = links::sync_run(claim.organisation, claim.run);
        let setback = Setback { failure: failure.clone(), counts: String::new(), retry_at, link };
        connections::went_wrong(tx, &scope, claim.connection, &setback, public_url)?;
    }
    let event = Event::new("run.failed", format!("could not sync: {}", failure.words));
    audit::record(tx, &scope, event.about("connection", claim.connection.0).of_run(claim.run))?;
    Ok(())
}
