//! Sync runs as rows: asked for, claimed, watched, ended.
//!
//! One run per connection is under way at a time, also across processes: an index of the database
//! sees to it. A claim has a lease and an epoch; a worker that was stopped past its lease finds its
//! epoch gone and writes nothing more.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::plan::Counts;
use crate::db::{Backend, Conn, Tx, both, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{Right, RunSyncs, Scope, ViewIntegrations};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, State};
use crate::domain::schema::{run_changes, run_problems, sync_runs};
use crate::kit::ids::{ConnectionId, OrganisationId, RunId};

text_enum! {
    /// Where a run stands.
    pub enum RunState {
        Requested = "requested",
        Running = "running",
        /// Planned and shown; nothing written.
        Previewed = "previewed",
        /// Planned, and held by a guard until somebody decides.
        Held = "held",
        Done = "done",
        /// Done, but some records could not be used.
        Partly = "partly",
        Failed = "failed",
        Interrupted = "interrupted",
        Cancelled = "cancelled",
        Discarded = "discarded",
        Undone = "undone",
    }
}

impl RunState {
    /// The status word of every screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Requested | Self::Running => "Running",
            Self::Previewed => "Preview",
            Self::Held => "Held",
            Self::Done => "Synced",
            Self::Partly => "Partly synced",
            Self::Failed => "Failed",
            Self::Interrupted => "Interrupted",
            Self::Cancelled => "Cancelled",
            Self::Discarded => "Discarded",
            Self::Undone => "Undone",
        }
    }

    pub fn under_way(self) -> bool {
        matches!(self, Self::Requested | Self::Running)
    }
}

text_enum! {
    /// Who a run brings.
    pub enum Wanted {
        Residents = "residents",
        Staff = "staff",
        Both = "both",
    }
}

impl Wanted {
    pub fn residents(self) -> bool {
        self != Self::Staff
    }

    pub fn staff(self) -> bool {
        self != Self::Residents
    }
}

text_enum! {
    /// Why a run was asked for.
    pub enum Cause {
        Schedule = "schedule",
        Hand = "hand",
        /// After a failure, or after a process died under it.
        Retry = "retry",
        Command = "command",
    }
}

/// A run, as its page shows it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sync_runs)]
#[diesel(check_for_backend(Backend))]
pub struct Run {
    pub id: RunId,
    pub organisation_id: OrganisationId,
    pub connection_id: ConnectionId,
    pub cause: Cause,
    pub scope: Wanted,
    pub is_preview: bool,
    pub state: RunState,
    pub local_date: Option<NaiveDate>,
    pub requested_by: Option<i64>,
    pub requested_by_name: String,
    pub requested_at: NaiveDateTime,
    pub started_at: Option<NaiveDateTime>,
    pub finished_at: Option<NaiveDateTime>,
    pub lease_until: Option<NaiveDateTime>,
    pub epoch: i64,
    pub done: i64,
    pub total: i64,
    pub progress: String,
    pub cancel_asked: bool,
    pub counts: String,
    pub plan_hash: String,
    pub failure: String,
    pub repair: String,
    pub held_because: String,
    pub affected: i64,
    pub released_by: Option<i64>,
    pub released_by_name: String,
    pub seconded_by_name: String,
    pub undone_at: Option<NaiveDateTime>,
    pub undone_by_name: String,
}

impl Run {
    /// Counts of residents and of staff; noughts while there are none yet.
    pub fn counts(&self) -> (Counts, Counts) {
        serde_json::from_str(&self.counts).unwrap_or_default()
    }
}

/// How long a claimed run may be silent before another process takes over.
const LEASE: TimeDelta = TimeDelta::seconds(45);

/// The run that was asked for, or the one that is under way already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    New(RunId),
    UnderWay(RunId),
}

impl Asked {
    pub fn run(self) -> RunId {
        match self {
            Self::New(run) | Self::UnderWay(run) => run,
        }
    }
}

/// Asks for a run by hand. Two clicks, or two people, get the same run.
pub fn request(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    wanted: Wanted,
    is_preview: bool,
) -> Result<Asked, Refusal> {
    usable(tx, scope, connection)?;
    if let Some(run) = under_way(tx.conn, connection)? {
        return Ok(Asked::UnderWay(run));
    }
    let cause = if scope.by().account.is_some() { Cause::Hand } else { Cause::Command };
    let new = New { cause, wanted, is_preview, local_date: None };
    let Some(run) = insert(tx, scope, connection, &new)? else {
        return under_way(tx.conn, connection)?.map(Asked::UnderWay).ok_or(Refusal::NotHere);
    };
    let words = if is_preview { "asked for a preview of a sync" } else { "started a sync" };
    let event = Event::new("run.asked", words).about("connection", connection.0).of_run(run);
    audit::record(tx, scope, event)?;
    Ok(Asked::New(run))
}

fn usable<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, connection: ConnectionId) -> Result<(), Refusal> {
    let connection = connections::get(tx.conn, scope, connection)?;
    // One that needs a new link may be tried by hand: that is how its repair shows.
    let can = connection.available && matches!(connection.state, State::On | State::Relink);
    if can {
        return Ok(());
    }
    let vendor = connection.vendor.name();
    Err(Refusal::overtaken(format!("{vendor} is not connected yet. Finish the steps in Org Settings first.")))
}

/// The run of a connection that is asked for or running.
pub fn under_way(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<RunId>> {
    sync_runs::table
        .filter(sync_runs::connection_id.eq(connection))
        .filter(sync_runs::state.eq_any([RunState::Requested, RunState::Running]))
        .select(sync_runs::id)
        .first(conn)
        .optional()
}

pub(super) struct New {
    pub cause: Cause,
    pub wanted: Wanted,
    pub is_preview: bool,
    pub local_date: Option<NaiveDate>,
}

/// Inserts a requested run; `None` when the database has one under way, or one of that date.
pub(super) fn insert<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    new: &New,
) -> QueryResult<Option<RunId>> {
    both(
        diesel::insert_into(sync_runs::table)
            .values((
                (
                    sync_runs::organisation_id.eq(scope.organisation()),
                    sync_runs::connection_id.eq(connection),
                    sync_runs::cause.eq(new.cause),
                    sync_runs::scope.eq(new.wanted),
                    sync_runs::is_preview.eq(new.is_preview),
                    sync_runs::state.eq(RunState::Requested),
                    sync_runs::local_date.eq(new.local_date),
                    sync_runs::requested_by.eq(scope.by().account.map(|account| account.0)),
                    sync_runs::requested_by_name.eq(scope.by().name.clone()),
                    sync_runs::requested_at.eq(tx.now),
                    sync_runs::epoch.eq(0),
                    sync_runs::done.eq(0),
                ),
                (
                    sync_runs::total.eq(0),
                    sync_runs::progress.eq("Waiting to start"),
                    sync_runs::cancel_asked.eq(false),
                    sync_runs::counts.eq(""),
                    sync_runs::plan_hash.eq(""),
                    sync_runs::failure.eq(""),
                    sync_runs::repair.eq(""),
                    sync_runs::held_because.eq(""),
                    sync_runs::affected.eq(0),
                    sync_runs::released_by_name.eq(""),
                    sync_runs::seconded_by_name.eq(""),
                    sync_runs::undone_by_name.eq(""),
                ),
            ))
            .on_conflict_do_nothing()
            .returning(sync_runs::id),
    )
    .get_result(tx.conn)
    .optional()
}

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
}

impl Claim {
    pub fn scope<R: Right>(&self) -> Scope<R> {
        Scope::for_the_portal(self.organisation)
    }
}

/// Whether a run waits to be claimed, or a claimed one has been silent for too long.
pub fn any_waiting(conn: &mut Conn) -> QueryResult<bool> {
    let states = [RunState::Requested, RunState::Running];
    let waiting = sync_runs::table.filter(sync_runs::state.eq_any(states));
    diesel::select(diesel::dsl::exists(waiting)).get_result(conn)
}

/// Takes the oldest requested run. A run whose worker fell silent is marked as interrupted first,
/// and asked for again.
pub fn claim(tx: &mut Tx<'_>) -> Result<Option<Claim>, Refusal> {
    replace_interrupted(tx)?;
    let oldest: Option<Run> = sync_runs::table
        .filter(sync_runs::state.eq(RunState::Requested))
        .order(sync_runs::id)
        .select(Run::as_select())
        .first(tx.conn)
        .optional()?;
    let Some(run) = oldest else { return Ok(None) };
    let claimed = diesel::update(sync_runs::table.find(run.id))
        .filter(sync_runs::state.eq(RunState::Requested))
        .set((
            sync_runs::state.eq(RunState::Running),
            sync_runs::epoch.eq(run.epoch + 1),
            sync_runs::started_at.eq(tx.now),
            sync_runs::lease_until.eq(tx.now + LEASE),
            sync_runs::progress.eq("Starting"),
        ))
        .execute(tx.conn)?;
    Ok((claimed == 1).then_some(Claim {
        run: run.id,
        organisation: run.organisation_id,
        connection: run.connection_id,
        epoch: run.epoch + 1,
        wanted: run.scope,
        is_preview: run.is_preview,
        cause: run.cause,
    }))
}

fn replace_interrupted(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    let silent: Vec<Run> = sync_runs::table
        .filter(sync_runs::state.eq(RunState::Running))
        .filter(sync_runs::lease_until.lt(tx.now))
        .select(Run::as_select())
        .load(tx.conn)?;
    for run in silent {
        diesel::update(sync_runs::table.find(run.id))
            .set((
                sync_runs::state.eq(RunState::Interrupted),
                sync_runs::finished_at.eq(tx.now),
                sync_runs::failure.eq("The portal was stopped while this sync ran. Nothing was changed."),
                sync_runs::repair.eq("It was started again by itself."),
            ))
            .execute(tx.conn)?;
        let scope = Scope::<RunSyncs>::for_the_portal(run.organisation_id);
        let new =
            New { cause: Cause::Retry, wanted: run.scope, is_preview: run.is_preview, local_date: None };
        let again = insert(tx, &scope, run.connection_id, &new)?;
        if let Some(again) = again {
            super::store::move_snapshot(tx, run.id, again)?;
        }
        let event = Event::new("run.interrupted", "found a sync that was interrupted, and started it again");
        audit::record(tx, &scope, event.about("connection", run.connection_id.0).of_run(run.id))?;
    }
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
    let written = diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::epoch.eq(claim.epoch))
        .filter(sync_runs::state.eq(RunState::Running))
        .filter(sync_runs::cancel_asked.eq(false))
        .set((
            sync_runs::done.eq(i64::try_from(done).unwrap_or(i64::MAX)),
            sync_runs::total.eq(i64::try_from(total).unwrap_or(i64::MAX)),
            sync_runs::progress.eq(words),
            sync_runs::lease_until.eq(tx.now + LEASE),
        ))
        .execute(tx.conn)?;
    if written == 1 { Ok(()) } else { Err(Refusal::overtaken("This sync was cancelled or taken over.")) }
}

/// Asks a run to stop before it changes anything.
pub fn cancel(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, run: RunId) -> Result<(), Refusal> {
    let asked = diesel::update(sync_runs::table.find(run))
        .filter(sync_runs::organisation_id.eq(scope.organisation()))
        .filter(sync_runs::state.eq_any([RunState::Requested, RunState::Running]))
        .set(sync_runs::cancel_asked.eq(true))
        .execute(tx.conn)?;
    if asked == 0 {
        return Err(Refusal::overtaken("This sync has already finished."));
    }
    // Nobody works on a requested run, so it ends here.
    diesel::update(sync_runs::table.find(run))
        .filter(sync_runs::state.eq(RunState::Requested))
        .set((sync_runs::state.eq(RunState::Cancelled), sync_runs::finished_at.eq(tx.now)))
        .execute(tx.conn)?;
    audit::record(
        tx,
        scope,
        Event::new("run.cancelled", "asked to cancel a sync").about("run", run.0).of_run(run),
    )?;
    Ok(())
}

/// The worker gives up a cancelled run.
pub fn cancelled(tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
    diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::epoch.eq(claim.epoch))
        .filter(sync_runs::state.eq(RunState::Running))
        .set((sync_runs::state.eq(RunState::Cancelled), sync_runs::finished_at.eq(tx.now)))
        .execute(tx.conn)?;
    Ok(())
}

/// One run of the organisation.
pub fn get(conn: &mut Conn, scope: &Scope<ViewIntegrations>, run: RunId) -> QueryResult<Run> {
    sync_runs::table
        .find(run)
        .filter(sync_runs::organisation_id.eq(scope.organisation()))
        .select(Run::as_select())
        .first(conn)
}

/// Runs of a connection, newest first; `before` is the last id of the page before.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    before: Option<RunId>,
    limit: i64,
) -> QueryResult<Vec<Run>> {
    let mut query = sync_runs::table
        .filter(sync_runs::organisation_id.eq(scope.organisation()))
        .filter(sync_runs::connection_id.eq(connection))
        .select(Run::as_select())
        .order(sync_runs::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(sync_runs::id.lt(before));
    }
    query.load(conn)
}

/// A line of a run's result or preview.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = run_changes)]
#[diesel(check_for_backend(Backend))]
pub struct Change {
    pub id: i64,
    pub run_id: RunId,
    pub kind: String,
    pub subject: String,
    pub local_id: Option<i64>,
    pub external_record_id: Option<i64>,
    pub name: String,
    pub place: String,
    pub before: String,
    pub after: String,
    pub words: String,
    pub undone: bool,
}

/// A record that could not be used.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = run_problems)]
#[diesel(check_for_backend(Backend))]
pub struct Problem {
    pub id: i64,
    pub run_id: RunId,
    pub subject: String,
    pub external_id: String,
    pub name: String,
    pub reason: String,
    pub repair: String,
}

/// Lines of a run of one kind (or all, for an empty kind), a page at a time.
pub fn changes(conn: &mut Conn, run: &Run, kind: &str, after: i64, limit: i64) -> QueryResult<Vec<Change>> {
    let mut query = run_changes::table
        .filter(run_changes::run_id.eq(run.id))
        .filter(run_changes::id.gt(after))
        .select(Change::as_select())
        .order(run_changes::id)
        .limit(limit)
        .into_boxed();
    if !kind.is_empty() {
        query = query.filter(run_changes::kind.eq(kind.to_owned()));
    }
    query.load(conn)
}

pub fn problems(conn: &mut Conn, run: &Run, limit: i64) -> QueryResult<Vec<Problem>> {
    run_problems::table
        .filter(run_problems::run_id.eq(run.id))
        .select(Problem::as_select())
        .order(run_problems::id)
        .limit(limit)
        .load(conn)
}
