//! Rows of drafts: parts of plans that wait for a date or a decision.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::CHUNK;
use crate::db::{Backend, Conn, Tx, on_each};
use crate::domain::access::By;
use crate::domain::schema::{draft_steps as steps, run_drafts as drafts};
use crate::domain::sync::drafts::DraftState;
use crate::kit::ids::{ConnectionId, DraftId, OrganisationId, RunId};

/// A part of a plan that waits.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = drafts)]
#[diesel(check_for_backend(Backend))]
pub struct Draft {
    pub id: DraftId,
    pub organisation_id: OrganisationId,
    pub connection_id: ConnectionId,
    /// The run of whose plan it is the rest.
    pub run_id: RunId,
    pub name: String,
    /// The first day on which it holds nobody back any more.
    pub until: NaiveDate,
    pub state: DraftState,
    pub made_by_name: String,
    pub made_at: NaiveDateTime,
    pub ended_at: Option<NaiveDateTime>,
    pub ended_by_name: String,
    /// The run that is to apply it, or has.
    pub applied_run_id: Option<RunId>,
}

/// One step that it holds, as the run's page showed it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = steps)]
#[diesel(check_for_backend(Backend))]
pub struct DraftStep {
    pub id: i64,
    pub draft_id: DraftId,
    pub kind: String,
    pub subject: String,
    pub local_id: Option<i64>,
    pub external_id: String,
    pub name: String,
    pub place: String,
    pub before: String,
    pub after: String,
    pub words: String,
}

#[derive(Insertable)]
#[diesel(table_name = steps)]
#[diesel(treat_none_as_default_value = false)]
pub struct NewStep {
    pub draft_id: DraftId,
    pub kind: String,
    pub subject: String,
    pub local_id: Option<i64>,
    pub external_id: String,
    pub name: String,
    pub place: String,
    pub before: String,
    pub after: String,
    pub words: String,
}

pub fn insert_draft(
    tx: &mut Tx<'_>,
    (organisation, connection, run): (OrganisationId, ConnectionId, RunId),
    (name, until): (&str, NaiveDate),
    by: &By,
) -> QueryResult<DraftId> {
    diesel::insert_into(drafts::table)
        .values((
            drafts::organisation_id.eq(organisation),
            drafts::connection_id.eq(connection),
            drafts::run_id.eq(run),
            drafts::name.eq(name),
            drafts::until.eq(until),
            drafts::state.eq(DraftState::Asked),
            drafts::made_by_name.eq(&by.name),
            drafts::made_at.eq(tx.now),
            drafts::ended_by_name.eq(""),
        ))
        .returning(drafts::id)
        .get_result(tx.conn)
}

pub fn insert_steps(tx: &mut Tx<'_>, rows: &[NewStep]) -> QueryResult<()> {
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(steps::table).values(piece).execute(c)?;
    });
    Ok(())
}

pub fn draft(conn: &mut Conn, organisation: OrganisationId, id: DraftId) -> QueryResult<Draft> {
    drafts::table
        .find(id)
        .filter(drafts::organisation_id.eq(organisation))
        .select(Draft::as_select())
        .first(conn)
}

/// Drafts of an organisation that began, those that end first in front; the ended ones the latest first.
pub fn drafts(conn: &mut Conn, organisation: OrganisationId, limit: i64) -> QueryResult<Vec<Draft>> {
    drafts::table
        .filter(drafts::organisation_id.eq(organisation))
        .filter(drafts::state.ne(DraftState::Asked))
        .order((drafts::state.eq(DraftState::Waiting).desc(), drafts::until.desc(), drafts::id.desc()))
        .select(Draft::as_select())
        .limit(limit)
        .load(conn)
}

pub fn steps_of(conn: &mut Conn, draft: DraftId) -> QueryResult<Vec<DraftStep>> {
    steps::table.filter(steps::draft_id.eq(draft)).order(steps::id).select(DraftStep::as_select()).load(conn)
}

pub fn step_count(conn: &mut Conn, draft: DraftId) -> QueryResult<i64> {
    steps::table.filter(steps::draft_id.eq(draft)).count().get_result(conn)
}

/// Drafts of a connection that hold somebody back on a day.
pub fn in_force(conn: &mut Conn, connection: ConnectionId, today: NaiveDate) -> QueryResult<Vec<Draft>> {
    drafts::table
        .filter(drafts::connection_id.eq(connection))
        .filter(drafts::state.eq(DraftState::Waiting))
        .filter(drafts::until.gt(today))
        .order(drafts::id)
        .select(Draft::as_select())
        .load(conn)
}

/// The part of a run's own plan that somebody took out of it.
pub fn asked_of(conn: &mut Conn, run: RunId) -> QueryResult<Option<Draft>> {
    drafts::table
        .filter(drafts::run_id.eq(run))
        .filter(drafts::state.eq(DraftState::Asked))
        .select(Draft::as_select())
        .first(conn)
        .optional()
}

/// From now on the draft holds its people back.
pub fn begin_draft(tx: &mut Tx<'_>, id: DraftId) -> QueryResult<()> {
    diesel::update(drafts::table.find(id))
        .set(drafts::state.eq(DraftState::Waiting))
        .execute(tx.conn)
        .map(drop)
}

/// Drafts of a run that never began.
pub fn forget_asked(tx: &mut Tx<'_>, run: RunId) -> QueryResult<()> {
    let asked = drafts::table.filter(drafts::run_id.eq(run)).filter(drafts::state.eq(DraftState::Asked));
    diesel::delete(asked).execute(tx.conn).map(drop)
}

/// Ends a draft that waits; says whether it did.
pub fn end_draft(tx: &mut Tx<'_>, id: DraftId, state: DraftState, by: &str) -> QueryResult<bool> {
    diesel::update(drafts::table.find(id))
        .filter(drafts::state.eq(DraftState::Waiting))
        .set((drafts::state.eq(state), drafts::ended_at.eq(tx.now), drafts::ended_by_name.eq(by)))
        .execute(tx.conn)
        .map(|ended| ended == 1)
}

pub fn applied_by(tx: &mut Tx<'_>, id: DraftId, run: RunId) -> QueryResult<()> {
    diesel::update(drafts::table.find(id)).set(drafts::applied_run_id.eq(run)).execute(tx.conn).map(drop)
}

/// Hands drafts from an interrupted run to the one that repeats it.
pub fn move_drafts(tx: &mut Tx<'_>, from: RunId, to: RunId) -> QueryResult<()> {
    diesel::update(drafts::table.filter(drafts::run_id.eq(from)))
        .filter(drafts::state.eq(DraftState::Asked))
        .set(drafts::run_id.eq(to))
        .execute(tx.conn)?;
    diesel::update(drafts::table.filter(drafts::applied_run_id.eq(from)))
        .filter(drafts::state.eq(DraftState::Waiting))
        .set(drafts::applied_run_id.eq(to))
        .execute(tx.conn)
        .map(drop)
}
