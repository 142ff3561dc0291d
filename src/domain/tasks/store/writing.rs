//! Writing tasks and their drafts. Every change of a version is of a draft only, in the statement itself.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::{Facts, VersionState};
use crate::db::Tx;
use crate::domain::documents;
use crate::domain::schema::{task_skills, task_steps, task_versions as versions, tasks};
use crate::kit::ids::{OrganisationId, TaskId, TaskVersionId};

pub fn insert_task(tx: &mut Tx<'_>, organisation: OrganisationId, public_id: &str) -> QueryResult<TaskId> {
    diesel::insert_into(tasks::table)
        .values((
            tasks::organisation_id.eq(organisation),
            tasks::public_id.eq(public_id),
            tasks::created_at.eq(tx.now),
        ))
        .returning(tasks::id)
        .get_result(tx.conn)
}

pub fn retire_task(tx: &mut Tx<'_>, id: TaskId, at: Option<NaiveDateTime>) -> QueryResult<()> {
    diesel::update(tasks::table.filter(tasks::id.eq(id))).set(tasks::retired_at.eq(at)).execute(tx.conn)?;
    Ok(())
}

/// A draft.
pub fn insert_version(
    tx: &mut Tx<'_>,
    task: TaskId,
    number: i32,
    facts: &Facts,
    by: &str,
) -> QueryResult<TaskVersionId> {
    let id: TaskVersionId = diesel::insert_into(versions::table)
        .values((
            versions::task_id.eq(task),
            versions::number.eq(number),
            versions::name.eq(&facts.name),
            versions::description.eq(&facts.description),
            versions::minutes.eq(facts.minutes),
            versions::scheduled.eq(facts.scheduled),
            versions::minimum_gap_days.eq(facts.minimum_gap_days),
            versions::documents.eq(facts.documents),
            versions::state.eq(VersionState::Draft),
            versions::agreed_by_name.eq(""),
            versions::representative_name.eq(""),
            versions::created_by_name.eq(by),
            versions::created_at.eq(tx.now),
        ))
        .returning(versions::id)
        .get_result(tx.conn)?;
    insert_parts(tx, id, facts)?;
    Ok(id)
}

pub fn change_version(tx: &mut Tx<'_>, id: TaskVersionId, facts: &Facts) -> QueryResult<()> {
    let draft = versions::table.filter(versions::id.eq(id)).filter(versions::state.eq(VersionState::Draft));
    let changed = diesel::update(draft)
        .set((
            versions::name.eq(&facts.name),
            versions::description.eq(&facts.description),
            versions::minutes.eq(facts.minutes),
            versions::scheduled.eq(facts.scheduled),
            versions::minimum_gap_days.eq(facts.minimum_gap_days),
            versions::documents.eq(facts.documents),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(diesel::result::Error::NotFound);
    }
    delete_parts(tx, id)?;
    insert_parts(tx, id, facts)
}

/// A draft with all its parts.
pub fn delete_version(tx: &mut Tx<'_>, id: TaskVersionId) -> QueryResult<()> {
    delete_parts(tx, id)?;
    documents::set_of_version(tx, id, &[])?;
    let draft = versions::table.filter(versions::id.eq(id)).filter(versions::state.eq(VersionState::Draft));
    match diesel::delete(draft).execute(tx.conn)? {
        0 => Err(diesel::result::Error::NotFound),
        _ => Ok(()),
    }
}

fn insert_parts(tx: &mut Tx<'_>, id: TaskVersionId, facts: &Facts) -> QueryResult<()> {
    for (position, step) in (1_i32..).zip(&facts.steps) {
        diesel::insert_into(task_steps::table)
            .values((
                task_steps::task_version_id.eq(id),
                task_steps::position.eq(position),
                task_steps::kind.eq(step.kind),
                task_steps::words.eq(&step.words),
                task_steps::snomed_code.eq(&step.snomed_code),
            ))
            .execute(tx.conn)?;
    }
    for skill in &facts.skills {
        diesel::insert_into(task_skills::table)
            .values((task_skills::task_version_id.eq(id), task_skills::skill_id.eq(*skill)))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn delete_parts(tx: &mut Tx<'_>, id: TaskVersionId) -> QueryResult<()> {
    diesel::delete(task_steps::table.filter(task_steps::task_version_id.eq(id))).execute(tx.conn)?;
    diesel::delete(task_skills::table.filter(task_skills::task_version_id.eq(id))).execute(tx.conn)?;
    Ok(())
}

pub fn agree_of_organisation(tx: &mut Tx<'_>, id: TaskVersionId, by: &str) -> QueryResult<()> {
    let draft = versions::table.filter(versions::id.eq(id)).filter(versions::state.eq(VersionState::Draft));
    diesel::update(draft)
        .set((versions::agreed_by_name.eq(by), versions::agreed_at.eq(Some(tx.now))))
        .execute(tx.conn)?;
    Ok(())
}

pub fn agree_of_platform(tx: &mut Tx<'_>, id: TaskVersionId, by: &str) -> QueryResult<()> {
    let draft = versions::table.filter(versions::id.eq(id)).filter(versions::state.eq(VersionState::Draft));
    diesel::update(draft)
        .set((versions::representative_name.eq(by), versions::representative_agreed_at.eq(Some(tx.now))))
        .execute(tx.conn)?;
    Ok(())
}

/// Whoever agreed before a change has to agree again.
pub fn take_agreements_back(tx: &mut Tx<'_>, id: TaskVersionId) -> QueryResult<()> {
    let draft = versions::table.filter(versions::id.eq(id)).filter(versions::state.eq(VersionState::Draft));
    let never = None::<NaiveDateTime>;
    diesel::update(draft)
        .set((
            versions::agreed_by_name.eq(""),
            versions::agreed_at.eq(never),
            versions::representative_name.eq(""),
            versions::representative_agreed_at.eq(never),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// From now on it can be booked, and never changes.
pub fn settle(tx: &mut Tx<'_>, id: TaskVersionId) -> QueryResult<()> {
    let draft = versions::table.filter(versions::id.eq(id)).filter(versions::state.eq(VersionState::Draft));
    diesel::update(draft).set(versions::state.eq(VersionState::Agreed)).execute(tx.conn)?;
    Ok(())
}
