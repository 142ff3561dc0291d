//! Rows of runs.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::connectors::Failure;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::By;
use crate::domain::schema::{run_snapshots, sync_runs};
use crate::domain::sync::claims::Claim;
use crate::domain::sync::plan::Counts;
use crate::domain::sync::runs::{Cause, RunState, Wanted};
use crate::kit::ids::{ConnectionId, OrganisationId, ResidentId, RunId};

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
    /// The one resident whom it is about.
    pub resident_id: Option<ResidentId>,
}

impl Run {
    /// Counts of residents and of staff; noughts while there are none yet.
    pub fn counts(&self) -> (Counts, Counts) {
        serde_json::from_str(&self.counts).unwrap_or_default()
    }
}

/// A run that is asked for.
pub struct New<'n> {
    pub organisation: OrganisationId,
    pub connection: ConnectionId,
    pub by: &'n By,
    pub cause: Cause,
    pub wanted: Wanted,
    pub is_preview: bool,
    pub local_date: Option<NaiveDate>,
    pub only: Option<ResidentId>,
}

/// Inserts a requested run; `None` when the database has one under way, or one of that date.
pub fn insert(tx: &mut Tx<'_>, new: &New<'_>) -> QueryResult<Option<RunId>> {
    both(
        diesel::insert_into(sync_runs::table)
            .values((
                (
                    sync_runs::organisation_id.eq(new.organisation),
                    sync_runs::connection_id.eq(new.connection),
                    sync_runs::cause.eq(new.cause),
                    sync_runs::scope.eq(new.wanted),
                    sync_runs::is_preview.eq(new.is_preview),
                    sync_runs::state.eq(RunState::Requested),
                    sync_runs::local_date.eq(new.local_date),
                    sync_runs::requested_by.eq(new.by.account.map(|account| account.0)),
                    sync_runs::requested_by_name.eq(&new.by.name),
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
                    sync_runs::resident_id.eq(new.only),
                ),
            ))
            .on_conflict_do_nothing()
            .returning(sync_runs::id),
    )
    .get_result(tx.conn)
    .optional()
}

/// One run of the organisation.
pub fn get(conn: &mut Conn, organisation: OrganisationId, run: RunId) -> QueryResult<Run> {
    sync_runs::table
        .find(run)
        .filter(sync_runs::organisation_id.eq(organisation))
        .select(Run::as_select())
        .first(conn)
}

/// Runs of a connection, newest first; `before` is the last id of the page before.
pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
    before: Option<RunId>,
    limit: i64,
) -> QueryResult<Vec<Run>> {
    let mut query = sync_runs::table
        .filter(sync_runs::organisation_id.eq(organisation))
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

/// The run of a connection that is asked for or running.
pub fn under_way(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<RunId>> {
    sync_runs::table
        .filter(sync_runs::connection_id.eq(connection))
        .filter(sync_runs::state.eq_any([RunState::Requested, RunState::Running]))
        .select(sync_runs::id)
        .first(conn)
        .optional()
}

/// The newest run of a connection that was about a resident alone; else the newest about everybody.
pub fn newest_about(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
    resident: ResidentId,
) -> QueryResult<Option<Run>> {
    sync_runs::table
        .filter(sync_runs::organisation_id.eq(organisation))
        .filter(sync_runs::connection_id.eq(connection))
        .filter(sync_runs::resident_id.is_null().or(sync_runs::resident_id.assume_not_null().eq(resident)))
        .filter(sync_runs::scope.ne(Wanted::Staff))
        .order(sync_runs::id.desc())
        .select(Run::as_select())
        .first(conn)
        .optional()
}

/// The newest run of a connection that brought every resident.
pub fn last_whole(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> QueryResult<Option<Run>> {
    sync_runs::table
        .filter(sync_runs::organisation_id.eq(organisation))
        .filter(sync_runs::connection_id.eq(connection))
        .filter(sync_runs::resident_id.is_null())
        .filter(sync_runs::scope.ne(Wanted::Staff))
        .filter(sync_runs::state.eq_any([RunState::Done, RunState::Partly]))
        .order(sync_runs::id.desc())
        .select(Run::as_select())
        .first(conn)
        .optional()
}

/// When the newest run of a connection that changed anything has ended.
pub fn last_applied(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<NaiveDateTime>> {
    sync_runs::table
        .filter(sync_runs::connection_id.eq(connection))
        .filter(sync_runs::state.eq_any([RunState::Done, RunState::Partly]))
        .filter(sync_runs::resident_id.is_null())
        .order(sync_runs::id.desc())
        .select(sync_runs::finished_at)
        .first(conn)
        .optional()
        .map(Option::flatten)
}

/// A requested run becomes a running one; says whether it was still requested.
pub fn start(tx: &mut Tx<'_>, claim: &Claim, lease_until: NaiveDateTime) -> QueryResult<bool> {
    diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::state.eq(RunState::Requested))
        .set((
            sync_runs::state.eq(RunState::Running),
            sync_runs::epoch.eq(claim.epoch),
            sync_runs::started_at.eq(tx.now),
            sync_runs::lease_until.eq(lease_until),
            sync_runs::progress.eq("Starting"),
        ))
        .execute(tx.conn)
        .map(|started| started == 1)
}

/// Running runs of which nothing was heard for as long as their lease.
pub fn silent(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Vec<Run>> {
    sync_runs::table
        .filter(sync_runs::state.eq(RunState::Running))
        .filter(sync_runs::lease_until.lt(now))
        .order(sync_runs::id)
        .select(Run::as_select())
        .load(conn)
}

/// Ends a run whose worker fell silent, in the state and with the words for it.
pub fn interrupt(
    tx: &mut Tx<'_>,
    run: RunId,
    state: RunState,
    failure: &str,
    repair: &str,
) -> QueryResult<()> {
    diesel::update(sync_runs::table.find(run))
        .set((
            sync_runs::state.eq(state),
            sync_runs::finished_at.eq(tx.now),
            sync_runs::lease_until.eq(None::<NaiveDateTime>),
            sync_runs::failure.eq(failure),
            sync_runs::repair.eq(repair),
            sync_runs::progress.eq("Did not finish"),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// How many of the newest runs of a connection were interrupted, one after the other; at most `most`.
pub fn interrupted_in_a_row(conn: &mut Conn, connection: ConnectionId, most: i64) -> QueryResult<usize> {
    let newest: Vec<RunState> = sync_runs::table
        .filter(sync_runs::connection_id.eq(connection))
        .order(sync_runs::id.desc())
        .limit(most)
        .select(sync_runs::state)
        .load(conn)?;
    Ok(newest.into_iter().take_while(|state| *state == RunState::Interrupted).count())
}

/// How far a claimed run is; says whether the claim still holds and nobody asked to cancel.
pub fn progress(
    tx: &mut Tx<'_>,
    claim: &Claim,
    (done, total): (usize, usize),
    words: &str,
    lease_until: NaiveDateTime,
) -> QueryResult<bool> {
    diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::epoch.eq(claim.epoch))
        .filter(sync_runs::state.eq(RunState::Running))
        .filter(sync_runs::cancel_asked.eq(false))
        .set((
            sync_runs::done.eq(i64::try_from(done).unwrap_or(i64::MAX)),
            sync_runs::total.eq(i64::try_from(total).unwrap_or(i64::MAX)),
            sync_runs::progress.eq(words),
            sync_runs::lease_until.eq(lease_until),
        ))
        .execute(tx.conn)
        .map(|written| written == 1)
}

/// Says whether there was a run to cancel.
pub fn ask_to_cancel(tx: &mut Tx<'_>, organisation: OrganisationId, run: RunId) -> QueryResult<bool> {
    diesel::update(sync_runs::table.find(run))
        .filter(sync_runs::organisation_id.eq(organisation))
        .filter(sync_runs::state.eq_any([RunState::Requested, RunState::Running]))
        .set(sync_runs::cancel_asked.eq(true))
        .execute(tx.conn)
        .map(|asked| asked == 1)
}

/// Ends a run that nobody works on yet; says whether it was one.
pub fn end_requested(tx: &mut Tx<'_>, run: RunId) -> QueryResult<bool> {
    diesel::update(sync_runs::table.find(run))
        .filter(sync_runs::state.eq(RunState::Requested))
        .set((sync_runs::state.eq(RunState::Cancelled), sync_runs::finished_at.eq(tx.now)))
        .execute(tx.conn)
        .map(|ended| ended == 1)
}

/// Ends a claimed run as cancelled; says whether the claim still held.
pub fn cancelled(tx: &mut Tx<'_>, claim: &Claim) -> QueryResult<bool> {
    diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::epoch.eq(claim.epoch))
        .filter(sync_runs::state.eq(RunState::Running))
        .set((
            sync_runs::state.eq(RunState::Cancelled),
            sync_runs::finished_at.eq(tx.now),
            sync_runs::lease_until.eq(None::<NaiveDateTime>),
            sync_runs::progress.eq("Cancelled"),
        ))
        .execute(tx.conn)
        .map(|ended| ended == 1)
}

/// Ends a claimed run as failed; says whether the claim still held.
pub fn fail(tx: &mut Tx<'_>, claim: &Claim, failure: &Failure) -> QueryResult<bool> {
    diesel::update(sync_runs::table.find(claim.run))
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
        .execute(tx.conn)
        .map(|ended| ended == 1)
}

/// How a run ended that carried its plan to an end.
pub struct End {
    pub state: RunState,
    pub counts: String,
    pub total: usize,
    pub plan_hash: String,
    pub held_because: String,
    pub affected: usize,
}

/// Ends a claimed run; says whether the claim still held and nobody asked to cancel.
pub fn finish(tx: &mut Tx<'_>, claim: &Claim, end: &End) -> QueryResult<bool> {
    let total = i64::try_from(end.total).unwrap_or(i64::MAX);
    let finished = diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::epoch.eq(claim.epoch))
        .filter(sync_runs::state.eq(RunState::Running))
        .filter(sync_runs::cancel_asked.eq(false))
        .set((
            sync_runs::state.eq(end.state),
            sync_runs::is_preview.eq(end.state == RunState::Previewed),
            sync_runs::finished_at.eq(tx.now),
            sync_runs::lease_until.eq(None::<NaiveDateTime>),
            sync_runs::counts.eq(&end.counts),
            sync_runs::plan_hash.eq(&end.plan_hash),
            sync_runs::held_because.eq(&end.held_because),
            sync_runs::affected.eq(i64::try_from(end.affected).unwrap_or(i64::MAX)),
            sync_runs::done.eq(total),
            sync_runs::total.eq(total),
            sync_runs::progress.eq("Finished"),
        ))
        .execute(tx.conn)?;
    if finished == 1 && matches!(end.state, RunState::Held | RunState::Previewed) {
        // Whoever agreed, agreed to another plan.
        name_releasers(tx, claim.run, (None, ""), "")?;
    }
    Ok(finished == 1)
}

fn name_releasers(
    tx: &mut Tx<'_>,
    run: RunId,
    (first, first_name): (Option<i64>, &str),
    second_name: &str,
) -> QueryResult<()> {
    diesel::update(sync_runs::table.find(run))
        .set((
            sync_runs::released_by.eq(first),
            sync_runs::released_by_name.eq(first_name),
            sync_runs::seconded_by_name.eq(second_name),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// One super manager agrees to release a held run.
pub fn agree(tx: &mut Tx<'_>, run: RunId, by: &By) -> QueryResult<()> {
    name_releasers(tx, run, (by.account.map(|account| account.0), &by.name), "")
}

/// A second one agrees.
pub fn second(tx: &mut Tx<'_>, run: RunId, by: &By) -> QueryResult<()> {
    diesel::update(sync_runs::table.find(run))
        .set(sync_runs::seconded_by_name.eq(&by.name))
        .execute(tx.conn)
        .map(drop)
}

/// Carries over what another run's plan was approved with: its hash, and who released it.
pub fn approve(tx: &mut Tx<'_>, run: RunId, like: &Run) -> QueryResult<()> {
    diesel::update(sync_runs::table.find(run))
        .set(sync_runs::plan_hash.eq(&like.plan_hash))
        .execute(tx.conn)?;
    name_releasers(tx, run, (like.released_by, &like.released_by_name), &like.seconded_by_name)
}

/// Puts a run that waited for somebody back in line; from now on it is no preview.
pub fn again(tx: &mut Tx<'_>, run: RunId) -> QueryResult<()> {
    diesel::update(sync_runs::table.find(run))
        .set((
            sync_runs::state.eq(RunState::Requested),
            sync_runs::is_preview.eq(false),
            sync_runs::cancel_asked.eq(false),
            sync_runs::finished_at.eq(None::<NaiveDateTime>),
            sync_runs::progress.eq("Waiting to start"),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Throws away a preview or a held run of the organisation; says whether it was one.
pub fn discard(tx: &mut Tx<'_>, organisation: OrganisationId, run: RunId) -> QueryResult<bool> {
    diesel::update(sync_runs::table.find(run))
        .filter(sync_runs::organisation_id.eq(organisation))
        .filter(sync_runs::state.eq_any([RunState::Previewed, RunState::Held]))
        .set((sync_runs::state.eq(RunState::Discarded), sync_runs::finished_at.eq(tx.now)))
        .execute(tx.conn)
        .map(|discarded| discarded == 1)
}

/// Held runs of the same connection that are older than this one and bring nobody whom it does not.
pub fn held_before(conn: &mut Conn, claim: &Claim) -> QueryResult<Vec<Run>> {
    let held: Vec<Run> = sync_runs::table
        .filter(sync_runs::connection_id.eq(claim.connection))
        .filter(sync_runs::state.eq(RunState::Held))
        .filter(sync_runs::id.ne(claim.run))
        .order(sync_runs::id)
        .select(Run::as_select())
        .load(conn)?;
    let covers = |run: &Run| claim.wanted == Wanted::Both || claim.wanted == run.scope;
    Ok(held.into_iter().filter(covers).collect())
}

/// Previews of a connection that nobody has applied since a moment.
pub fn old_previews(
    conn: &mut Conn,
    connection: ConnectionId,
    since: NaiveDateTime,
) -> QueryResult<Vec<RunId>> {
    sync_runs::table
        .filter(sync_runs::connection_id.eq(connection))
        .filter(sync_runs::state.eq(RunState::Previewed))
        .filter(sync_runs::finished_at.lt(since))
        .select(sync_runs::id)
        .load(conn)
}

/// Discards a waiting run that a later one has taken the place of, with the answer that it kept.
pub fn supersede(tx: &mut Tx<'_>, run: RunId) -> QueryResult<()> {
    diesel::update(sync_runs::table.find(run))
        .set((sync_runs::state.eq(RunState::Discarded), sync_runs::repair.eq("A later sync took its place.")))
        .execute(tx.conn)?;
    diesel::delete(run_snapshots::table.filter(run_snapshots::run_id.eq(run))).execute(tx.conn).map(drop)
}

pub fn undone(tx: &mut Tx<'_>, run: RunId, by: &By) -> QueryResult<()> {
    diesel::update(sync_runs::table.find(run))
        .set((
            sync_runs::undone_at.eq(tx.now),
            sync_runs::undone_by_name.eq(&by.name),
            sync_runs::state.eq(RunState::Undone),
        ))
        .execute(tx.conn)
        .map(drop)
}
