//! The two lines in which runs wait: syncs, and pulls of what is mapped. Each has workers of its own.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::runs::Run;
use crate::db::{Conn, Tx};
use crate::domain::schema::sync_runs;
use crate::domain::sync::runs::{RunState, Wanted};

/// Who works a run off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Syncs,
    Pulls,
}

impl Line {
    fn scopes(self) -> Vec<Wanted> {
        let pulls = |wanted: &Wanted| *wanted == Wanted::Synchronization;
        Wanted::ALL.iter().copied().filter(|wanted| pulls(wanted) == (self == Self::Pulls)).collect()
    }
}

/// Whether any run of the line is asked for or running.
pub fn any_waiting(conn: &mut Conn, line: Line) -> QueryResult<bool> {
    let states = [RunState::Requested, RunState::Running];
    let waiting = sync_runs::table
        .filter(sync_runs::state.eq_any(states))
        .filter(sync_runs::scope.eq_any(line.scopes()));
    diesel::select(diesel::dsl::exists(waiting)).get_result(conn)
}

pub fn next_requested(conn: &mut Conn, line: Line) -> QueryResult<Option<Run>> {
    sync_runs::table
        .filter(sync_runs::state.eq(RunState::Requested))
        .filter(sync_runs::scope.eq_any(line.scopes()))
        .order(sync_runs::id)
        .select(Run::as_select())
        .first(conn)
        .optional()
}

/// Removes pulls that ended before a moment; how many. What they mapped says by itself when and why.
pub fn purge_pulls(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(sync_runs::table)
        .filter(sync_runs::scope.eq(Wanted::Synchronization))
        .filter(sync_runs::finished_at.lt(before))
        .execute(tx.conn)
}
