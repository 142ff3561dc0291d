//! Rows of tasks that ask for a relative to be invited.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::connectors::TaskRecord;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::relatives::TaskState;
use crate::domain::residents::SUBJECT;
use crate::domain::schema::{external_records, pairings, relative_tasks, task_reads, timeline_entries};
use crate::kit::ids::{ConnectionId, InvitationId, OrganisationId, ResidentId};

/// The longest text of a task that is kept.
const LONGEST: usize = 300;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = relative_tasks)]
#[diesel(check_for_backend(Backend))]
pub struct Task {
    pub id: i64,
    pub external_id: String,
    pub name: String,
    pub email: String,
    pub relationship: String,
    pub answer: String,
}

/// Says whether the task is new. `state` and `answer` are what was made of it at the first look.
pub fn insert_task(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    connection: ConnectionId,
    task: &TaskRecord,
    (state, answer): (TaskState, &str),
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
        relative_tasks::state.eq(state),
        relative_tasks::answer.eq(answer),
        relative_tasks::seen_at.eq(tx.now),
    );
    let insert = diesel::insert_into(relative_tasks::table).values(row);
    let once = (relative_tasks::connection_id, relative_tasks::external_id);
    both(insert.on_conflict(once).do_nothing()).execute(tx.conn).map(|new| new == 1)
}

/// Whether a task is an entry of ours that was read back: it carries our identifier, or has the number under which
/// the vendor took one.
pub fn is_echo(
    conn: &mut Conn,
    (organisation, vendor): (OrganisationId, &str),
    task: &TaskRecord,
) -> QueryResult<bool> {
    let taken = timeline_entries::vendor_id.eq(&task.task_id).and(timeline_entries::vendor_id.ne(""));
    let named = timeline_entries::external_id.eq(&task.our_id).and(timeline_entries::external_id.ne(""));
    let ours = timeline_entries::table
        .filter(timeline_entries::organisation_id.eq(organisation))
        .filter(timeline_entries::vendor.eq(vendor))
        .filter(taken.or(named));
    diesel::select(diesel::dsl::exists(ours)).get_result(conn)
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

/// Waiting tasks whose person is paired now, with whom that is here. Those of people who are not do not hold
/// them up.
pub fn paired_tasks(
    conn: &mut Conn,
    connection: ConnectionId,
    limit: i64,
) -> QueryResult<Vec<(Task, ResidentId)>> {
    let person = external_records::connection_id
        .eq(relative_tasks::connection_id)
        .and(external_records::external_id.eq(relative_tasks::person))
        .and(external_records::kind.eq(SUBJECT));
    let live = pairings::external_record_id.eq(external_records::id).and(pairings::ended_at.is_null());
    relative_tasks::table
        .inner_join(external_records::table.on(person))
        .inner_join(pairings::table.on(live))
        .filter(relative_tasks::connection_id.eq(connection))
        .filter(relative_tasks::state.eq(TaskState::Waiting))
        .order(relative_tasks::id)
        .limit(limit)
        .select((Task::as_select(), pairings::local_id))
        .load::<(Task, i64)>(conn)
        .map(|found| found.into_iter().map(|(task, local)| (task, ResidentId(local))).collect())
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
