//! What people decide about runs: cancelled, applied after a preview, released, discarded.

use super::runs::{Run, RunState};
use super::{guard, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Permission, ReleaseRuns, Right, RunSyncs, Scope};
use crate::domain::accounts;
use crate::domain::audit::{self, Event};
use crate::kit::ids::RunId;

/// Asks a run to stop before it changes anything.
pub fn cancel(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, run: RunId) -> Result<(), Refusal> {
    if !store::ask_to_cancel(tx, scope.organisation(), run)? {
        return Err(Refusal::overtaken("This sync has already finished."));
    }
    // Nobody works on a requested run, so it ends here.
    if store::end_requested(tx, run)? {
        store::forget_snapshot(tx, run)?;
        store::forget_asked(tx, run)?;
    }
    let event = Event::new("run.cancelled", "asked to cancel a sync");
    audit::record(tx, scope, event.about("run", run.0).of_run(run))?;
    Ok(())
}

/// What somebody approved of: the plan that they saw.
#[derive(Debug, Clone)]
pub struct Approval {
    pub plan_hash: String,
    /// Super managers released it from a guard; without that a guard stops it still.
    pub released: bool,
}

/// The staged answer of a run that somebody approved.
pub struct Approved {
    pub batch: String,
    pub approval: Approval,
}

/// What a claimed run is to apply instead of fetching; `None` for one that fetches.
pub fn approved(conn: &mut Conn, scope: &Scope<RunSyncs>, run: RunId) -> Result<Option<Approved>, Refusal> {
    let Some(batch) = store::snapshot(conn, run)? else { return Ok(None) };
    let run = store::get(conn, scope.organisation(), run)?;
    let released = !run.released_by_name.is_empty();
    Ok(Some(Approved { batch, approval: Approval { plan_hash: run.plan_hash, released } }))
}

/// *Sync now for real*: applies exactly the plan of a preview. A guard still stops it.
pub fn apply_previewed(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, run: RunId) -> Result<(), Refusal> {
    let run = waiting(tx.conn, scope, run, RunState::Previewed)?;
    again(tx, &run)?;
    let event = Event::new("run.approved", "applied the previewed sync");
    audit::record(tx, scope, event.about("run", run.id.0).of_run(run.id))?;
    Ok(())
}

/// What a release came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    Now,
    /// So many people are touched that a second super manager must agree.
    NeedsSecond,
}

/// *Let them leave*: a super manager releases one held run.
///
/// # Errors
/// [`Refusal::Overtaken`] when it does not wait any more, when another sync is running, or when the
/// same person agrees twice where two must.
pub fn release(tx: &mut Tx<'_>, scope: &Scope<ReleaseRuns>, run: RunId) -> Result<Released, Refusal> {
    let run = waiting(tx.conn, scope, run, RunState::Held)?;
    let me = scope.by().account.map(|account| account.0);
    let others = accounts::holders(tx.conn, scope.organisation(), Permission::ReleaseRuns)?.len() > 1;
    let agreed = !run.released_by_name.is_empty();
    let about = |event: Event| event.about("run", run.id.0).of_run(run.id);
    if run.affected > guard::SECOND_PERSON_ABOVE && others {
        if !agreed {
            store::agree(tx, run.id, scope.by())?;
            let words = "agreed to release a held sync; a second super manager must agree";
            audit::record(tx, scope, about(Event::new("run.released", words)))?;
            return Ok(Released::NeedsSecond);
        }
        if run.released_by == me {
            let words = "You have agreed already. Another super manager must agree too.";
            return Err(Refusal::overtaken(words));
        }
        again(tx, &run)?;
        store::second(tx, run.id, scope.by())?;
    } else {
        again(tx, &run)?;
        store::agree(tx, run.id, scope.by())?;
    }
    audit::record(tx, scope, about(Event::new("run.released", "released a held sync")))?;
    Ok(Released::Now)
}

/// Throws a preview or a held run away; nothing was changed by it.
pub fn discard(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, run: RunId) -> Result<(), Refusal> {
    if !store::discard(tx, scope.organisation(), run)? {
        return Err(Refusal::overtaken("This sync is not waiting any more."));
    }
    store::forget_snapshot(tx, run)?;
    store::forget_asked(tx, run)?;
    let event = Event::new("run.discarded", "discarded a sync");
    audit::record(tx, scope, event.about("run", run.0).of_run(run))?;
    Ok(())
}

fn waiting<R: Right>(conn: &mut Conn, scope: &Scope<R>, run: RunId, state: RunState) -> Result<Run, Refusal> {
    let run = store::get(conn, scope.organisation(), run)?;
    if run.state != state {
        return Err(Refusal::overtaken("This sync is not waiting any more. Look at its page again."));
    }
    Ok(run)
}

/// Puts a waiting run back in line; its staged answer tells the worker that it is approved.
pub(super) fn again(tx: &mut Tx<'_>, run: &Run) -> Result<(), Refusal> {
    if let Some(other) = store::under_way(tx.conn, run.connection_id)? {
        let words = format!("Another sync is running (number {other}). Try again when it has finished.");
        return Err(Refusal::overtaken(words));
    }
    Ok(store::again(tx, run.id)?)
}
