//! What a run shows: its changes and problems, and the answer that a preview or a held run keeps.

use std::collections::HashMap;

use diesel::prelude::*;

use super::CHUNK;
use super::runs::Run;
use crate::db::{Backend, Conn, Tx, both, on_each};
use crate::domain::residents::SUBJECT;
use crate::domain::schema::{external_records, pairings, run_changes, run_problems, run_snapshots};
use crate::kit::ids::{ResidentId, RunId};

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
    /// The vendor's identifier, where the line is about a record.
    pub external_id: String,
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

/// What a run did to one person.
pub fn changes_of(conn: &mut Conn, run: &Run, subject: &str, local: i64) -> QueryResult<Vec<Change>> {
    run_changes::table
        .filter(run_changes::run_id.eq(run.id))
        .filter(run_changes::subject.eq(subject))
        .filter(run_changes::local_id.eq(local))
        .select(Change::as_select())
        .order(run_changes::id)
        .load(conn)
}

pub fn problems(conn: &mut Conn, run: &Run, limit: i64) -> QueryResult<Vec<Problem>> {
    run_problems::table
        .filter(run_problems::run_id.eq(run.id))
        .select(Problem::as_select())
        .order(run_problems::id)
        .limit(limit)
        .load(conn)
}

/// The residents who are paired with records of a run's connection, by the vendor's identifiers.
pub fn residents_behind(
    conn: &mut Conn,
    run: &Run,
    external_ids: &[String],
) -> QueryResult<HashMap<String, ResidentId>> {
    let rows: Vec<(String, i64)> = pairings::table
        .inner_join(external_records::table)
        .filter(pairings::connection_id.eq(run.connection_id))
        .filter(pairings::kind.eq(SUBJECT))
        .filter(pairings::ended_at.is_null())
        .filter(external_records::external_id.eq_any(external_ids.to_vec()))
        .select((external_records::external_id, pairings::local_id))
        .load(conn)?;
    Ok(rows.into_iter().map(|(external, local)| (external, ResidentId(local))).collect())
}

#[derive(Insertable)]
#[diesel(table_name = run_changes)]
#[diesel(treat_none_as_default_value = false)]
pub struct NewChange {
    pub run_id: RunId,
    pub kind: &'static str,
    pub subject: &'static str,
    pub local_id: Option<i64>,
    pub external_record_id: Option<i64>,
    pub name: String,
    pub place: String,
    pub before: String,
    pub after: String,
    pub words: String,
    pub undone: bool,
    /// The vendor's identifier, where the line is about a record.
    pub external_id: String,
}

#[derive(Insertable)]
#[diesel(table_name = run_problems)]
pub struct NewProblem {
    pub run_id: RunId,
    pub subject: &'static str,
    pub external_id: String,
    pub name: String,
    pub reason: String,
    pub repair: String,
}

/// Replaces what the run shows.
pub fn write_changes(
    tx: &mut Tx<'_>,
    run: RunId,
    rows: &[NewChange],
    problems: &[NewProblem],
) -> QueryResult<()> {
    diesel::delete(run_changes::table.filter(run_changes::run_id.eq(run))).execute(tx.conn)?;
    diesel::delete(run_problems::table.filter(run_problems::run_id.eq(run))).execute(tx.conn)?;
    on_each!(&mut *tx.conn, c => {
        for piece in rows.chunks(CHUNK) {
            diesel::insert_into(run_changes::table).values(piece).execute(c)?;
        }
        for piece in problems.chunks(CHUNK) {
            diesel::insert_into(run_problems::table).values(piece).execute(c)?;
        }
    });
    Ok(())
}

/// The staged answer of a preview or a held run, so that exactly it can be applied.
pub fn keep_snapshot(tx: &mut Tx<'_>, run: RunId, batch: &str) -> QueryResult<()> {
    both(
        diesel::insert_into(run_snapshots::table)
            .values((run_snapshots::run_id.eq(run), run_snapshots::batch.eq(batch)))
            .on_conflict(run_snapshots::run_id)
            .do_update()
            .set(run_snapshots::batch.eq(batch)),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn snapshot(conn: &mut Conn, run: RunId) -> QueryResult<Option<String>> {
    run_snapshots::table
        .filter(run_snapshots::run_id.eq(run))
        .select(run_snapshots::batch)
        .first(conn)
        .optional()
}

pub fn forget_snapshot(tx: &mut Tx<'_>, run: RunId) -> QueryResult<()> {
    diesel::delete(run_snapshots::table.filter(run_snapshots::run_id.eq(run))).execute(tx.conn).map(drop)
}

/// Hands the staged answer from an interrupted run to the one that repeats it.
pub fn move_snapshot(tx: &mut Tx<'_>, from: RunId, to: RunId) -> QueryResult<()> {
    diesel::update(run_snapshots::table.filter(run_snapshots::run_id.eq(from)))
        .set(run_snapshots::run_id.eq(to))
        .execute(tx.conn)
        .map(drop)
}

/// Lines that can be undone, the latest first.
pub fn not_undone(conn: &mut Conn, run: RunId) -> QueryResult<Vec<Change>> {
    run_changes::table
        .filter(run_changes::run_id.eq(run))
        .filter(run_changes::undone.eq(false))
        .order(run_changes::id.desc())
        .select(Change::as_select())
        .load(conn)
}

pub fn mark_undone(tx: &mut Tx<'_>, change: i64) -> QueryResult<()> {
    diesel::update(run_changes::table.find(change))
        .set(run_changes::undone.eq(true))
        .execute(tx.conn)
        .map(drop)
}
