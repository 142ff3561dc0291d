//! Lists of runs and of a run's lines for people: narrowed, sorted, a page at a time.

use diesel::QueryResult;

use super::drafts::STEPS;
use super::runs::{Change, Run};
use super::store;
use crate::db::Conn;
use crate::domain::access::{Places, Scope, ViewIntegrations};
use crate::kit::ids::ConnectionId;

/// By what a run's lines are sorted. Of equal ones those with the lower id stand first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LineSort {
    /// What needs somebody first.
    #[default]
    Kind,
    Name,
    Place,
}

/// Which lines of a run a page shows.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Empty: all.
    pub kind: String,
    /// `Some` of an empty word: those without a place.
    pub place: Option<String>,
    /// A part of the name.
    pub name: String,
    pub sort: LineSort,
    pub reversed: bool,
    pub offset: i64,
    pub limit: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunSort {
    /// The newest first.
    #[default]
    When,
    By,
    Result,
}

/// Which runs a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunsOf {
    #[default]
    All,
    Synced,
    /// Previews and held ones.
    Waiting,
    Failed,
    /// Cancelled, discarded, undone.
    Ended,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Runs {
    pub of: RunsOf,
    pub sort: RunSort,
    pub reversed: bool,
    pub offset: i64,
    pub limit: i64,
}

/// Runs of a connection, and how many there are on all pages.
pub fn list_sorted(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    wanted: &Runs,
) -> QueryResult<(Vec<Run>, i64)> {
    store::list_sorted(conn, scope.organisation(), connection, wanted)
}

/// A run touches people of every place, so that its lines are for those who see every place.
fn sees_all(scope: &Scope<ViewIntegrations>) -> bool {
    *scope.places() == Places::All
}

/// Lines of a run, and how many there are on all pages.
pub fn lines(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    run: &Run,
    wanted: &Lines,
) -> QueryResult<(Vec<Change>, i64)> {
    if sees_all(scope) { store::lines(conn, run, wanted) } else { Ok((Vec::new(), 0)) }
}

/// How many lines of each kind there are.
pub fn line_counts(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    run: &Run,
) -> QueryResult<Vec<(String, i64)>> {
    if sees_all(scope) { store::line_counts(conn, run) } else { Ok(Vec::new()) }
}

/// How many lines of each place there are.
pub fn line_places(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    run: &Run,
) -> QueryResult<Vec<(String, i64)>> {
    if sees_all(scope) { store::line_places(conn, run, &[]) } else { Ok(Vec::new()) }
}

/// The same of steps that can be ticked.
pub fn step_places(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    run: &Run,
) -> QueryResult<Vec<(String, i64)>> {
    if sees_all(scope) { store::line_places(conn, run, &STEPS) } else { Ok(Vec::new()) }
}

/// Steps that can be ticked, those that take somebody away first.
pub fn steps(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    run: &Run,
    limit: i64,
) -> QueryResult<Vec<Change>> {
    let mut all = Vec::new();
    if !sees_all(scope) {
        return Ok(all);
    }
    for kind in STEPS {
        all.extend(store::changes(conn, run, kind, 0, limit)?);
    }
    all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(all)
}
