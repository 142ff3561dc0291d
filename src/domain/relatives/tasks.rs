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
use crate::kit::ids::{ConnectionId, InvitationId, ResidentId};

text_enum! {
    /// Where a task stands.
    pub enum TaskState {
        /// For somebody who is not paired yet.
        Waiting = "waiting",
        Invited = "invited",
        /// The reason has to go back to the carer.
        Refused = "refused",
        /// The carer has the reason.
        Answered = "answered",
    }
}

/// How often a care record system is asked for tasks between syncs.
const EVERY: TimeDelta = TimeDelta::minutes(30);

/// A task may be written down there a while after it was recorded, so the last days are asked for each time.
const OVERLAP: TimeDelta = TimeDelta::days(2);

/// How far back the first time looks.
const FIRST: TimeDelta = TimeDelta::days(30);

/// Tasks of one transaction.
const MOST: i64 = 200;

/// Whether [`claim_tasks`] or [`settle_tasks`] would find something: looked at without the write lock, since on
/// most minutes there is nothing. `synced` is when a sync last brought anything, which brings the tasks too.
pub fn tasks_due(
    conn: &mut Conn,
    connection: ConnectionId,
    synced: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> QueryResult<bool> {
    let last = store::last_read(conn, connection)?;
    Ok(is_due(last, synced, now) || !store::paired_tasks(conn, connection, 1)?.is_empty())
}

fn is_due(last: Option<NaiveDateTime>, synced: Option<NaiveDateTime>, now: NaiveDateTime) -> bool {
    last.is_none_or(|last| now - last >= EVERY || synced.is_some_and(|synced| synced > last))
}

/// Takes the next reading of a connection's tasks, so that no other process does: from when on to ask.
pub fn claim_tasks(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    synced: Option<NaiveDateTime>,
) -> QueryResult<Option<NaiveDateTime>> {
    let last = store::last_read(tx.conn, connection)?;
    if !is_due(last, synced, tx.now) {
        return Ok(None);
    }
    store::note_read(tx, connection)?;
    Ok(Some(last.map_or(tx.now - FIRST, |last| last - OVERLAP)))
}

/// Writes down the tasks that are new; how many. What we wrote there ourselves and read back is none. What cannot be an invitation is refused at once, whoever it is for.
///
/// # Errors
/// Only when the database cannot be written.
pub fn note_tasks(tx: &mut Tx<'_>, connection: &Connection, tasks: &[TaskRecord]) -> Result<usize, Refusal> {
    let mut new = 0;
    for task in tasks {
        if store::is_echo(tx.conn, (connection.organisation, connection.vendor.id()), task)? {
            continue;
        }
        let (state, answer) = match wish(&task.relative_name, &task.relative_email, &task.relationship) {
            Ok(_) => (TaskState::Waiting, String::new()),
            Err(Refusal::Invalid { words, .. } | Refusal::Overtaken(words)) => {
                (TaskState::Refused, declined(&words))
            }
            Err(refusal) => return Err(refusal),
        };
        let seen = (state, answer.as_str());
        new += usize::from(store::insert_task(tx, connection.organisation, connection.id, task, seen)?);
    }
    Ok(new)
}

/// The invitation that a task asks for.
fn wish(name: &str, email: &str, relationship: &str) -> Result<NewInvitation, Refusal> {
    let preset = Preset::Family.as_str();
    NewInvitation::read(&TypedInvitation { name, email, relationship, preset, ..TypedInvitation::default() })
}

/// What the carer is told.
fn declined(words: &str) -> String {
    let words = words.trim_end_matches('.');
    format!("No invitation was sent. {words}. Record the task again if that changes.")
}

/// Invites whom waiting tasks of paired people ask for; how many were settled.
pub fn settle_tasks(tx: &mut Tx<'_>, connection: &Connection, url: &str) -> Result<usize, Refusal> {
    let scope = Scope::<ManageRelatives>::for_the_portal(connection.organisation);
    let mut settled = 0;
    for (task, resident) in store::paired_tasks(tx.conn, connection.id, MOST)? {
        match try_task(tx, &scope, resident, &task, url) {
            // Not there any more: it waits for another pairing.
            Err(Refusal::NotHere) => continue,
            Ok(id) => store::settle_task(tx, task.id, TaskState::Invited, "", Some(id))?,
            Err(Refusal::Invalid { words, .. } | Refusal::Overtaken(words)) => {
                store::settle_task(tx, task.id, TaskState::Refused, &declined(&words), None)?;
            }
            Err(refusal) => return Err(refusal),
        }
        settled += 1;
    }
    Ok(settled)
}

fn try_task(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    task: &store::Task,
    url: &str,
) -> Result<InvitationId, Refusal> {
    let new = wish(&task.name, &task.email, &task.relationship)?;
    if consents::refused(tx.conn, scope.organisation(), resident, Topic::Activities)? {
        return Err(Refusal::overtaken("The person does not agree to share their activities"));
    }
    // A part that may fail alone: nothing of it stays.
    tx.attempt(|tx| invite(tx, scope, resident, &new, Source::Task, url))
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
