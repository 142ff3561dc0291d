//! What starts, releases and fails runs: the nightly schedule, retries, and people's decisions.

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::runs::{self, Cause, Claim, New, Run, RunState, Wanted};
use super::{schedule, store};
use crate::connectors::{Failure, Retry};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Permission, ReleaseRuns, Right, RunSyncs, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, Setback};
use crate::domain::schema::{connections as table, organisations, sync_runs};
use crate::domain::{accounts, sync::guard};
use crate::kit::ids::{ConnectionId, OrganisationId, RunId};
use crate::links;

/// Asks for every run that is due: nightly ones, each once a local date, and retries. Returns how
/// many were asked for.
pub fn ask_due(tx: &mut Tx<'_>, widest_jitter: TimeDelta) -> Result<usize, Refusal> {
    type Due = (ConnectionId, OrganisationId, String, Option<NaiveDateTime>, Option<NaiveDateTime>);
    let due: Vec<Due> = table::table
        .inner_join(organisations::table)
        .filter(table::available.eq(true))
        .filter(table::state.eq("on"))
        .select((table::id, organisations::id, organisations::time_zone, table::next_run_at, table::retry_at))
        .load(tx.conn)?;
    let mut asked = 0;
    for (connection, organisation, zone, next, retry) in due {
        let zone: Tz = zone.parse().unwrap_or(Tz::Europe__London);
        let jitter = schedule::jitter(connection.0, widest_jitter);
        let Some(next) = next else {
            // Switched on since the last look: the first nightly run is the coming one.
            plan_next(tx, connection, zone, jitter)?;
            continue;
        };
        let scope = Scope::<RunSyncs>::for_the_portal(organisation);
        if next <= tx.now {
            asked += usize::from(ask_nightly(tx, &scope, connection, zone, jitter)?);
        } else if retry.is_some_and(|at| at <= tx.now) {
            let new = New { cause: Cause::Retry, wanted: Wanted::Both, is_preview: false, local_date: None };
            asked += usize::from(runs::insert(tx, &scope, connection, &new)?.is_some());
            let none = table::retry_at.eq(None::<NaiveDateTime>);
            diesel::update(table::table.find(connection)).set(none).execute(tx.conn)?;
        }
    }
    Ok(asked)
}

fn plan_next(tx: &mut Tx<'_>, connection: ConnectionId, zone: Tz, jitter: TimeDelta) -> QueryResult<()> {
    let next = schedule::next(tx.now, zone, jitter);
    diesel::update(table::table.find(connection)).set(table::next_run_at.eq(next)).execute(tx.conn).map(drop)
}

/// The nightly run of the local date that is due. A run that is under way stands in its place only
/// until it has ended: the next look, a minute later, asks again.
fn ask_nightly(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    zone: Tz,
    jitter: TimeDelta,
) -> Result<bool, Refusal> {
    if runs::under_way(tx.conn, connection)?.is_some() {
        return Ok(false);
    }
    let date = schedule::due_date(tx.now, zone);
    let new = New { cause: Cause::Schedule, wanted: Wanted::Both, is_preview: false, local_date: Some(date) };
    let run = runs::insert(tx, scope, connection, &new)?;
    plan_next(tx, connection, zone, jitter)?;
    if let Some(run) = run {
        let event =
            Event::new("run.asked", "started the nightly sync").about("connection", connection.0).of_run(run);
        audit::record(tx, scope, event)?;
    }
    Ok(run.is_some())
}

/// Ends a run that could not fetch. The connection rests before the next try; a refused credential
/// waits for a person.
pub fn fail(tx: &mut Tx<'_>, claim: &Claim, failure: &Failure, public_url: &str) -> Result<(), Refusal> {
    let ended = diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::epoch.eq(claim.epoch))
        .filter(sync_runs::state.eq(RunState::Running))
        .set((
            sync_runs::state.eq(RunState::Failed),
            sync_runs::finished_at.eq(tx.now),
            sync_runs::lease_until.eq(None::<NaiveDateTime>),
            sync_runs::failure.eq(&failure.words),
            sync_runs::repair.eq(&failure.repair),
            sync_runs::progress.eq("Did not finish"),
        ))
        .execute(tx.conn)?;
    if ended == 0 {
        return Ok(());
    }
    let failures: i32 = table::table.find(claim.connection).select(table::failures).first(tx.conn)?;
    let asked = match failure.retry {
        Retry::Later { after } => Some(after.and_then(|after| TimeDelta::from_std(after).ok())),
        _ => None,
    };
    let retry_at = asked.map(|asked| tx.now + schedule::rest(failures + 1, asked));
    let scope = claim.scope::<RunSyncs>();
    let link = links::sync_run(claim.organisation, claim.run);
    let setback = Setback { failure: failure.clone(), counts: String::new(), retry_at, link };
    connections::went_wrong(tx, &scope, claim.connection, &setback, public_url)?;
    let event = Event::new("run.failed", format!("could not sync: {}", failure.words));
    audit::record(tx, &scope, event.about("connection", claim.connection.0).of_run(claim.run))?;
    Ok(())
}

/// The staged answer of a run that somebody approved, and the hash of the plan that they saw.
pub struct Approved {
    pub batch: String,
    pub plan_hash: String,
}

/// What a claimed run is to apply instead of fetching; `None` for one that fetches.
pub fn approved(conn: &mut Conn, run: RunId) -> QueryResult<Option<Approved>> {
    let Some(batch) = store::snapshot(conn, run)? else { return Ok(None) };
    let plan_hash = sync_runs::table.find(run).select(sync_runs::plan_hash).first(conn)?;
    Ok(Some(Approved { batch, plan_hash }))
}

/// *Sync now for real*: applies exactly the plan of a preview.
pub fn apply_previewed(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, run: RunId) -> Result<(), Refusal> {
    let run = waiting(tx.conn, scope, run, RunState::Previewed)?;
    again(tx, &run)?;
    let event =
        Event::new("run.approved", "applied the previewed sync").about("run", run.id.0).of_run(run.id);
    audit::record(tx, scope, event)?;
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
pub fn release(tx: &mut Tx<'_>, scope: &Scope<ReleaseRuns>, run: RunId) -> Result<Released, Refusal> {
    let run = waiting(tx.conn, scope, run, RunState::Held)?;
    let me = scope.by().account.map(|account| account.0);
    let others = accounts::holders(tx.conn, scope.organisation(), Permission::ReleaseRuns)?.len() > 1;
    let needs_second = run.affected > guard::SECOND_PERSON_ABOVE && others;
    if needs_second && run.released_by.is_none() {
        diesel::update(sync_runs::table.find(run.id))
            .set((sync_runs::released_by.eq(me), sync_runs::released_by_name.eq(&scope.by().name)))
            .execute(tx.conn)?;
        let event =
            Event::new("run.released", "agreed to release a held sync; a second super manager must agree");
        audit::record(tx, scope, event.about("run", run.id.0).of_run(run.id))?;
        return Ok(Released::NeedsSecond);
    }
    if needs_second && run.released_by == me {
        return Err(Refusal::overtaken("You have agreed already. Another super manager must agree too."));
    }
    if needs_second {
        let second = sync_runs::seconded_by_name.eq(&scope.by().name);
        diesel::update(sync_runs::table.find(run.id)).set(second).execute(tx.conn)?;
    } else {
        diesel::update(sync_runs::table.find(run.id))
            .set((sync_runs::released_by.eq(me), sync_runs::released_by_name.eq(&scope.by().name)))
            .execute(tx.conn)?;
    }
    again(tx, &run)?;
    let event = Event::new("run.released", "released a held sync").about("run", run.id.0).of_run(run.id);
    audit::record(tx, scope, event)?;
    Ok(Released::Now)
}

/// Throws a preview or a held run away; nothing was changed by it.
pub fn discard(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, run: RunId) -> Result<(), Refusal> {
    let discarded = diesel::update(sync_runs::table.find(run))
        .filter(sync_runs::organisation_id.eq(scope.organisation()))
        .filter(sync_runs::state.eq_any([RunState::Previewed, RunState::Held]))
        .set((sync_runs::state.eq(RunState::Discarded), sync_runs::finished_at.eq(tx.now)))
        .execute(tx.conn)?;
    if discarded == 0 {
        return Err(Refusal::overtaken("This sync is not waiting any more."));
    }
    store::forget_snapshot(tx, run)?;
    audit::record(
        tx,
        scope,
        Event::new("run.discarded", "discarded a sync").about("run", run.0).of_run(run),
    )?;
    Ok(())
}

fn waiting<R: Right>(conn: &mut Conn, scope: &Scope<R>, run: RunId, state: RunState) -> Result<Run, Refusal> {
    let run: Run = sync_runs::table
        .find(run)
        .filter(sync_runs::organisation_id.eq(scope.organisation()))
        .select(Run::as_select())
        .first(conn)?;
    if run.state != state {
        return Err(Refusal::overtaken("This sync is not waiting any more. Look at its page again."));
    }
    Ok(run)
}

/// Puts a waiting run back in line; its staged answer tells the worker that it is approved.
fn again(tx: &mut Tx<'_>, run: &Run) -> Result<(), Refusal> {
    if let Some(other) = runs::under_way(tx.conn, run.connection_id)? {
        let words = format!("Another sync is running (number {other}). Try again when it has finished.");
        return Err(Refusal::overtaken(words));
    }
    diesel::update(sync_runs::table.find(run.id))
        .set((
            sync_runs::state.eq(RunState::Requested),
            sync_runs::cancel_asked.eq(false),
            sync_runs::finished_at.eq(None::<NaiveDateTime>),
            sync_runs::progress.eq("Waiting to start"),
        ))
        .execute(tx.conn)?;
    Ok(())
}
