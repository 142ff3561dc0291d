//! Rows of tasks, their versions, steps and skills.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Skill, SkillKind, Step, StepKind, Task, VersionState};
use crate::db::Conn;
use crate::domain::schema::{skills, task_skills, task_steps, task_versions as versions, tasks};
use crate::kit::ids::{OrganisationId, SkillId, TaskId, TaskVersionId};

type Row = (TaskId, String, TaskVersionId, i32, String, String, (i32, bool, i32, bool));

const COLUMNS: (
    tasks::id,
    tasks::public_id,
    versions::id,
    versions::number,
    versions::name,
    versions::description,
    (versions::minutes, versions::scheduled, versions::minimum_gap_days, versions::documents),
) = (
    tasks::id,
    tasks::public_id,
    versions::id,
    versions::number,
    versions::name,
    versions::description,
    (versions::minutes, versions::scheduled, versions::minimum_gap_days, versions::documents),
);

fn task(row: Row) -> Task {
    let (id, public_id, version, number, name, description, rest) = row;
    let (minutes, scheduled, minimum_gap_days, documents) = rest;
    Task {
        id,
        public_id,
        version,
        number,
        name,
        description,
        minutes,
        scheduled,
        minimum_gap_days,
        documents,
        steps: Vec::new(),
        skills: Vec::new(),
    }
}

/// The newest agreed version of each task that is not retired.
pub fn bookable(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Task>> {
    let rows: Vec<Row> = versions::table
        .inner_join(tasks::table)
        .filter(tasks::organisation_id.eq(organisation))
        .filter(tasks::retired_at.is_null())
        .filter(versions::state.eq(VersionState::Agreed))
        .order((tasks::id, versions::number.desc()))
        .select(COLUMNS)
        .load(conn)?;
    let mut newest: Vec<Task> = Vec::new();
    for row in rows {
        if newest.last().is_none_or(|last| last.id != row.0) {
            newest.push(task(row));
        }
    }
    newest.sort_by(|a, b| a.name.cmp(&b.name));
    fill(conn, &mut newest)?;
    Ok(newest)
}

pub fn version(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: TaskVersionId,
) -> QueryResult<Option<Task>> {
    let row: Option<Row> = versions::table
        .inner_join(tasks::table)
        .filter(tasks::organisation_id.eq(organisation))
        .filter(versions::id.eq(id))
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    let mut found: Vec<Task> = row.into_iter().map(task).collect();
    fill(conn, &mut found)?;
    Ok(found.pop())
}

/// Steps and skills of all of them, with one query each.
fn fill(conn: &mut Conn, all: &mut [Task]) -> QueryResult<()> {
    let ids: Vec<TaskVersionId> = all.iter().map(|one| one.version).collect();
    let rows: Vec<(TaskVersionId, StepKind, String, String)> = task_steps::table
        .filter(task_steps::task_version_id.eq_any(&ids))
        .order((task_steps::task_version_id, task_steps::position))
        .select((task_steps::task_version_id, task_steps::kind, task_steps::words, task_steps::snomed_code))
        .load(conn)?;
    let mut steps: HashMap<TaskVersionId, Vec<Step>> = HashMap::new();
    for (version, kind, words, snomed_code) in rows {
        steps.entry(version).or_default().push(Step { kind, words, snomed_code });
    }
    let rows: Vec<(TaskVersionId, SkillId, SkillKind, String)> = task_skills::table
        .inner_join(skills::table)
        .filter(task_skills::task_version_id.eq_any(&ids))
        .order((task_skills::task_version_id, skills::name))
        .select((task_skills::task_version_id, skills::id, skills::kind, skills::name))
        .load(conn)?;
    let mut needed: HashMap<TaskVersionId, Vec<Skill>> = HashMap::new();
    for (version, id, kind, name) in rows {
        needed.entry(version).or_default().push(Skill { id, kind, name });
    }
    for one in all {
        one.steps = steps.remove(&one.version).unwrap_or_default();
        one.skills = needed.remove(&one.version).unwrap_or_default();
    }
    Ok(())
}
