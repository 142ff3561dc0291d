//! Pages of runs and of a run's lines.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::changes::Change;
use super::runs::Run;
use crate::db::Conn;
use crate::domain::audit::escape_like;
use crate::domain::schema::{run_changes, sync_runs};
use crate::domain::sync::listing::{LineSort, Lines, RunSort, Runs, RunsOf};
use crate::domain::sync::runs::RunState;
use crate::kit::ids::{ConnectionId, OrganisationId};

/// A boxed query of lines, narrowed.
macro_rules! narrowed {
    ($run:expr, $wanted:expr, $select:expr) => {{
        let mut query =
            run_changes::table.filter(run_changes::run_id.eq($run.id)).select($select).into_boxed();
        if !$wanted.kind.is_empty() {
            query = query.filter(run_changes::kind.eq($wanted.kind.clone()));
        }
        if let Some(place) = &$wanted.place {
            query = query.filter(run_changes::place.eq(place.clone()));
        }
        if !$wanted.name.is_empty() {
            let part = format!("%{}%", escape_like(&$wanted.name.to_lowercase()));
            query = query.filter(sql::<diesel::sql_types::Text>("LOWER(name)").like(part).escape('!'));
        }
        query
    }};
}

pub fn lines(conn: &mut Conn, run: &Run, wanted: &Lines) -> QueryResult<(Vec<Change>, i64)> {
    let rank = || {
        sql::<Integer>(
            "CASE kind WHEN 'to_check' THEN 0 WHEN 'left' THEN 1 WHEN 'stays' THEN 2 WHEN 'missing' THEN 3 \
             WHEN 'changed' THEN 4 WHEN 'created' THEN 5 WHEN 'paired' THEN 6 WHEN 'returned' THEN 7 ELSE 8 END",
        )
    };
    let query = narrowed!(run, wanted, Change::as_select());
    let (name, place, id) = (run_changes::name, run_changes::place, run_changes::id);
    let query = match (wanted.sort, wanted.reversed) {
        (LineSort::Kind, false) => query.order((rank(), id)),
        (LineSort::Kind, true) => query.order((rank().desc(), id)),
        (LineSort::Name, false) => query.order((name, id)),
        (LineSort::Name, true) => query.order((name.desc(), id)),
        (LineSort::Place, false) => query.order((place, name, id)),
        (LineSort::Place, true) => query.order((place.desc(), name, id)),
    };
    let found = query.offset(wanted.offset).limit(wanted.limit).load(conn)?;
    Ok((found, narrowed!(run, wanted, count_star()).first(conn)?))
}

pub fn line_counts(conn: &mut Conn, run: &Run) -> QueryResult<Vec<(String, i64)>> {
    run_changes::table
        .filter(run_changes::run_id.eq(run.id))
        .group_by(run_changes::kind)
        .order(run_changes::kind)
        .select((run_changes::kind, count_star()))
        .load(conn)
}

/// By place; of some kinds only, where any are given.
pub fn line_places(conn: &mut Conn, run: &Run, kinds: &[&str]) -> QueryResult<Vec<(String, i64)>> {
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let all = kinds.is_empty();
    let mut query = run_changes::table
        .filter(run_changes::run_id.eq(run.id))
        .group_by(run_changes::place)
        .order(run_changes::place)
        .select((run_changes::place, count_star()))
        .into_boxed();
    if !all {
        query = query.filter(run_changes::kind.eq_any(kinds));
    }
    query.load(conn)
}

pub fn list_sorted(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
    wanted: &Runs,
) -> QueryResult<(Vec<Run>, i64)> {
    let states: Vec<RunState> = match wanted.of {
        RunsOf::All => Vec::new(),
        RunsOf::Synced => vec![RunState::Done, RunState::Partly],
        RunsOf::Waiting => vec![RunState::Previewed, RunState::Held],
        RunsOf::Failed => vec![RunState::Failed, RunState::Interrupted],
        RunsOf::Ended => vec![RunState::Cancelled, RunState::Discarded, RunState::Undone],
    };
    macro_rules! of_these {
        ($select:expr) => {{
            let mut query = sync_runs::table
                .filter(sync_runs::organisation_id.eq(organisation))
                .filter(sync_runs::connection_id.eq(connection))
                .select($select)
                .into_boxed();
            if !states.is_empty() {
                query = query.filter(sync_runs::state.eq_any(states.clone()));
            }
            query
        }};
    }
    let (id, by, state) = (sync_runs::id, sync_runs::requested_by_name, sync_runs::state);
    let query = of_these!(Run::as_select());
    let query = match (wanted.sort, wanted.reversed) {
        (RunSort::When, false) => query.order(id.desc()),
        (RunSort::When, true) => query.order(id),
        (RunSort::By, false) => query.order((by, id.desc())),
        (RunSort::By, true) => query.order((by.desc(), id.desc())),
        (RunSort::Result, false) => query.order((state, id.desc())),
        (RunSort::Result, true) => query.order((state.desc(), id.desc())),
    };
    let found = query.offset(wanted.offset).limit(wanted.limit).load(conn)?;
    Ok((found, of_these!(count_star()).first(conn)?))
}
