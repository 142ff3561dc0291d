//! Rows of tasks, their versions, steps and skills.

mod skills_kept;
mod writing;

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{Agreement, Kept, Skill, SkillKind, Step, StepKind, Task, Version, VersionState};
use crate::db::Conn;
use crate::domain::documents;
use crate::domain::schema::{
    organisations, skills, task_skills, task_steps, task_versions as versions, tasks,
};
use crate::kit::ids::{OrganisationId, SkillId, TaskId, TaskVersionId};

pub use skills_kept::{change_skill, insert_skill, retire_skill, skills};
pub use writing::{
    agree_of_organisation, agree_of_platform, change_version, delete_version, insert_task, insert_version,
    retire_task, settle, take_agreements_back,
};

type Row = (TaskId, String, TaskVersionId, i32, String, String, (i32, bool, i32, bool));

type Limits = (versions::minutes, versions::scheduled, versions::minimum_gap_days, versions::documents);
type Columns = (
    tasks::id,
    tasks::public_id,
    versions::id,
    versions::number,
    versions::name,
    versions::description,
    Limits,
);

const COLUMNS: Columns = (
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
        guides: Vec::new(),
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

/// The newest version that meets a condition.
macro_rules! newest {
    ($conn:expr, $organisation:expr, $wanted:expr) => {{
        let row: Option<Row> = versions::table
            .inner_join(tasks::table)
            .filter(tasks::organisation_id.eq($organisation))
            .filter($wanted)
            .order(versions::number.desc())
            .select(COLUMNS)
            .first($conn)
            .optional()?;
        let mut found: Vec<Task> = row.into_iter().map(task).collect();
        fill($conn, &mut found)?;
        Ok(found.pop())
    }};
}

/// The one of them with a public number.
pub fn bookable_one(
    conn: &mut Conn,
    organisation: OrganisationId,
    public_id: &str,
) -> QueryResult<Option<Task>> {
    let agreed = tasks::retired_at.is_null().and(versions::state.eq(VersionState::Agreed));
    newest!(conn, organisation, tasks::public_id.eq(public_id).and(agreed))
}

pub fn version(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: TaskVersionId,
) -> QueryResult<Option<Task>> {
    newest!(conn, organisation, versions::id.eq(id))
}

type Standing = (
    TaskVersionId,
    VersionState,
    (String, Option<NaiveDateTime>),
    (String, Option<NaiveDateTime>),
    (String, NaiveDateTime),
);

/// Tasks with all their versions, the newest first; all of the organisation, or the one.
pub fn kept(conn: &mut Conn, organisation: OrganisationId, one: Option<TaskId>) -> QueryResult<Vec<Kept>> {
    let mut query = tasks::table
        .filter(tasks::organisation_id.eq(organisation))
        .order(tasks::id)
        .select((tasks::id, tasks::public_id, tasks::retired_at))
        .into_boxed();
    if let Some(id) = one {
        query = query.filter(tasks::id.eq(id));
    }
    let found: Vec<(TaskId, String, Option<NaiveDateTime>)> = query.load(conn)?;
    let ids: Vec<TaskId> = found.iter().map(|(id, ..)| *id).collect();
    let rows: Vec<Row> = versions::table
        .inner_join(tasks::table)
        .filter(tasks::id.eq_any(&ids))
        .order((tasks::id, versions::number.desc()))
        .select(COLUMNS)
        .load(conn)?;
    let mut all: Vec<Task> = rows.into_iter().map(task).collect();
    fill(conn, &mut all)?;
    let standings: Vec<Standing> = versions::table
        .filter(versions::task_id.eq_any(&ids))
        .select((
            versions::id,
            versions::state,
            (versions::agreed_by_name, versions::agreed_at),
            (versions::representative_name, versions::representative_agreed_at),
            (versions::created_by_name, versions::created_at),
        ))
        .load(conn)?;
    let mut standings: HashMap<TaskVersionId, Standing> =
        standings.into_iter().map(|one| (one.0, one)).collect();
    let mut of_task: HashMap<TaskId, Vec<Version>> = HashMap::new();
    for task in all {
        if let Some(standing) = standings.remove(&task.version) {
            of_task.entry(task.id).or_default().push(version_of(task, standing));
        }
    }
    let kept = |(id, public_id, retired_at)| Kept {
        id,
        public_id,
        retired_at,
        versions: of_task.remove(&id).unwrap_or_default(),
    };
    Ok(found.into_iter().map(kept).collect())
}

fn version_of(task: Task, (_, state, agreed, representative, created): Standing) -> Version {
    let agreement = |(by, at): (String, Option<NaiveDateTime>)| at.map(|at| Agreement { by, at });
    Version {
        task,
        state,
        organisation: agreement(agreed),
        representative: agreement(representative),
        created_by: created.0,
        created_at: created.1,
    }
}

/// Organisations that have a draft, by name.
pub fn with_drafts(conn: &mut Conn) -> QueryResult<Vec<(OrganisationId, String)>> {
    let ids: Vec<OrganisationId> = versions::table
        .inner_join(tasks::table)
        .filter(versions::state.eq(VersionState::Draft))
        .select(tasks::organisation_id)
        .distinct()
        .load(conn)?;
    organisations::table
        .filter(organisations::id.eq_any(ids))
        .order((organisations::name, organisations::id))
        .select((organisations::id, organisations::name))
        .load(conn)
}

/// Steps, skills and guides of all of them, with one query each.
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
    let mut guides = documents::of_versions(conn, &ids)?;
    for one in all {
        one.guides = guides.remove(&one.version).unwrap_or_default();
        one.steps = steps.remove(&one.version).unwrap_or_default();
        one.skills = needed.remove(&one.version).unwrap_or_default();
    }
    Ok(())
}
