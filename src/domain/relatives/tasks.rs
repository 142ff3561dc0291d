//! The task *Altra Account Creation* of Nourish: a carer gives a relative's name, address and relationship there,
//! and the invitation goes out here. Each task is taken once; what cannot be used goes back to the carer.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{NewInvitation, Preset, Refusal, Source, Topic, TypedInvitation, invite, store};
use crate::connectors::TaskRecord;
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{ManageRelatives, Scope};
use crate::domain::connections::Connection;
use crate::domain::consents;
use crate::kit::ids::{ConnectionId, InvitationId};

text_enum! {
    /// Where a task stands.
    pub enum TaskState {
        /// For somebody who is not paired yet, or not looked at.
        Waiting = "waiting",
        Invited = "invited",
        /// The reason has to go back to the carer.
        Refused = "refused",
        /// The carer has the reason.
        Answered = "answered",
    }
}

/// How often a care record system is asked for tasks.
const EVERY: TimeDelta = TimeDelta::minutes(30);

/// A task may be written down there a while after it was recorded, so the last days are asked for each time.
const OVERLAP: TimeDelta = TimeDelta::days(2);

/// How far back the first time looks.
const FIRST: TimeDelta = TimeDelta::days(30);

/// Tasks of one transaction.
const MOST: i64 = 200;

/// Takes the next reading of a connection's tasks, so that no other process does: from when on to ask.
pub fn claim_tasks(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<Option<NaiveDateTime>> {
    let last = store::last_read(tx.conn, connection)?;
    if last.is_some_and(|last| tx.now - last < EVERY) {
        return Ok(None);
    }
    store::note_read(tx, connection)?;
    Ok(Some(last.map_or(tx.now - FIRST, |last| last - OVERLAP)))
}

/// Writes down the tasks that are new; how many.
pub fn note_tasks(tx: &mut Tx<'_>, connection: &Connection, tasks: &[TaskRecord]) -> QueryResult<usize> {
    let mut new = 0;
    for task in tasks {
        new += usize::from(store::insert_task(tx, connection.organisation, connection.id, task)?);
    }
    Ok(new)
}

/// Invites whom waiting tasks ask for, as far as their person is paired; how many were settled.
pub fn settle_tasks(tx: &mut Tx<'_>, connection: &Connection, url: &str) -> Result<usize, Refusal> {
    let scope = Scope::<ManageRelatives>::for_the_portal(connection.organisation);
    let mut settled = 0;
    for task in store::tasks(tx.conn, connection.id, TaskState::Waiting, MOST)? {
        match try_task(tx, &scope, connection.id, &task, url) {
            // Not paired, or not there any more: it waits.
            Ok(None) | Err(Refusal::NotHere) => continue,
            Ok(Some(id)) => store::settle_task(tx, task.id, TaskState::Invited, "", Some(id))?,
            Err(Refusal::Invalid { words, .. } | Refusal::Overtaken(words)) => {
                let answer =
                    format!("No invitation was sent. {words}. Record the task again if that changes.");
                let answer = answer.replace("..", ".");
                store::settle_task(tx, task.id, TaskState::Refused, &answer, None)?;
            }
            Err(refusal) => return Err(refusal),
        }
        settled += 1;
    }
    Ok(settled)
}

/// `None` for a task whose person is not paired yet.
fn try_task(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    connection: ConnectionId,
    task: &store::Task,
    url: &str,
) -> Result<Option<InvitationId>, Refusal> {
    let new = NewInvitation::read(&TypedInvitation {
        name: &task.name,
        email: &task.email,
        relationship: &task.relationship,
        preset: Preset::Family.as_str(),
        ..TypedInvitation::default()
    })?;
    let Some(resident) = store::paired_with(tx.conn, connection, &task.person)? else { return Ok(None) };
    if consents::refused(tx.conn, scope.organisation(), resident, Topic::Activities)? {
        return Err(Refusal::overtaken("The person does not agree to share their activities"));
    }
    // A part that may fail alone: nothing of it stays.
    tx.attempt(|tx| invite(tx, scope, resident, &new, Source::Task, url)).map(Some)
}

/// What carers have to be told: the row, the vendor's number of the task, and the words.
pub fn answers(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<(i64, String, String)>> {
    let refused = store::tasks(conn, connection, TaskState::Refused, MOST)?;
    Ok(refused.into_iter().map(|task| (task.id, task.external_id, task.answer)).collect())
}

/// The carer has been told.
pub fn answered(tx: &mut Tx<'_>, id: i64, words: &str) -> QueryResult<()> {
    store::settle_task(tx, id, TaskState::Answered, words, None)
}
