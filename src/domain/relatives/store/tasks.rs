//! Rows of tasks that ask for a relative to be invited.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::connectors::TaskRecord;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::relatives::TaskState;
use crate::domain::residents::SUBJECT;
use crate::domain::schema::{external_records, pairings, relative_tasks, task_reads};
use crate::kit::ids::{ConnectionId, InvitationId, OrganisationId, ResidentId};

/// The longest text of a task that is kept.
const LONGEST: usize = 300;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = relative_tasks)]
#[diesel(check_for_backend(Backend))]
pub struct Task {
    pub id: i64,
    pub external_id: String,
    pub person: String,
    pub name: String,
    pub email: String,
    pub relationship: String,
    pub answer: String,
}

/// Says whether the task is new.
pub fn insert_task(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    connection: ConnectionId,
    task: &TaskRecord,
) -> QueryResult<bool> {
    let cut = |text: &str| text.replace('\0', "").chars().take(LONGEST).collect::<String>();
    let row = (
        relative_tasks::organisation_id.eq(organisation),
        relative_tasks::connection_id.eq(connection),
        relative_tasks::external_id.eq(cut(&task.task_id)),
        relative_tasks::person.eq(cut(&task.person)),
        relative_tasks::name.eq(cut(&task.relative_name)),
        relative_tasks::email.eq(cut(&task.relative_email)),
        relative_tasks::relationship.eq(cut(&task.relationship)),
        relative_tasks::state.eq(TaskState::Waiting),
        relative_tasks::answer.eq(""),
        relative_tasks::seen_at.eq(tx.now),
    );
    let insert = diesel::insert_into(relative_tasks::table).values(row);
    let once = (relative_tasks::connection_id, relative_tasks::external_id);
    both(insert.on_conflict(once).do_nothing()).execute(tx.conn).map(|new| new == 1)
}

pub fn tasks(
    conn: &mut Conn,
    connection: ConnectionId,
    state: TaskState,
    limit: i64,
) -> QueryResult<Vec<Task>> {
    relative_tasks::table
        .filter(relative_tasks::connection_id.eq(connection))
        .filter(relative_tasks::state.eq(state))
        .order(relative_tasks::id)
        .limit(limit)
        .select(Task::as_select())
        .load(conn)
}

/// Whom the vendor's person is here.
pub fn paired_with(
    conn: &mut Conn,
    connection: ConnectionId,
    person: &str,
) -> QueryResult<Option<ResidentId>> {
    pairings::table
        .inner_join(external_records::table)
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(SUBJECT))
        .filter(pairings::ended_at.is_null())
        .filter(external_records::external_id.eq(person))
        .select(pairings::local_id)
        .first::<i64>(conn)
        .optional()
        .map(|found| found.map(ResidentId))
}

pub fn settle_task(
    tx: &mut Tx<'_>,
    id: i64,
    state: TaskState,
    answer: &str,
    invitation: Option<InvitationId>,
) -> QueryResult<()> {
    diesel::update(relative_tasks::table.find(id))
        .set((
            relative_tasks::state.eq(state),
            relative_tasks::answer.eq(answer),
            relative_tasks::settled_at.eq(tx.now),
            relative_tasks::invitation_id.eq(invitation),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn last_read(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<NaiveDateTime>> {
    task_reads::table.find(connection).select(task_reads::read_at).first(conn).optional()
}

pub fn note_read(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    let row = (task_reads::connection_id.eq(connection), task_reads::read_at.eq(tx.now));
    both(
        diesel::insert_into(task_reads::table)
            .values(row)
            .on_conflict(task_reads::connection_id)
            .do_update()
            .set(task_reads::read_at.eq(tx.now)),
    )
    .execute(tx.conn)
    .map(drop)
}
