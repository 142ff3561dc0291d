//! `/api/v1/tasks`: what can be booked. Few, so that they are filtered and put in order here.

use std::cmp::Ordering;

use serde::Serialize;
use utoipa::ToSchema;

use super::ask::{Ask, found};
use super::error::Answer;
use super::listing::{self, Field, Holds, field};
use super::schemas::ListAsked;
use crate::domain::api_keys::{Asked, Comparison, Condition, Literal, Mark};
use crate::domain::tasks;

/// What can be asked of the list.
pub(super) const FIELDS: [Field; 5] = [
    field("id", Holds::Word, false),
    field("name", Holds::Text, true),
    field("minutes", Holds::Number, true),
    field("scheduled", Holds::Flag, false),
    field("documents", Holds::Flag, false),
];

/// What is done at an appointment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Task {
    #[schema(examples("tsk_9f2c"))]
    id: String,
    #[schema(examples("Blood test"))]
    name: String,
    description: String,
    /// Counts the versions that were agreed; an appointment keeps the one with which it was booked.
    #[schema(minimum = 1, examples(2))]
    version: i32,
    /// How long it takes.
    #[schema(minimum = 1, examples(30))]
    minutes: i32,
    /// It may be booked for a period (`planFrom`, `planTo`) instead of a window.
    scheduled: bool,
    /// Days that such a period has at least.
    #[schema(minimum = 0)]
    minimum_gap_days: i32,
    /// Documents may be sent with it.
    documents: bool,
    /// In their order.
    steps: Vec<Step>,
    /// What a practitioner needs who does it.
    skills: Vec<Skill>,
}

/// One step of a task.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TaskStep)]
struct Step {
    /// `procedure`, `administrative` or `photo`.
    #[schema(examples("procedure"))]
    kind: &'static str,
    #[schema(examples("Take blood from a vein"))]
    words: String,
    /// SNOMED CT code of a procedure.
    #[schema(required = true, examples("28520004"))]
    snomed_code: Option<String>,
}

/// What a practitioner needs.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskSkill)]
struct Skill {
    /// `skill`, `training` or `credential`.
    #[schema(examples("training"))]
    kind: &'static str,
    #[schema(examples("Phlebotomy"))]
    name: String,
}

/// A page of tasks.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read by the document only: pages are written by listing.rs")]
pub(super) struct TaskList {
    data: Vec<Task>,
    /// What to ask for as `cursor` to see more; null at the end.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl From<tasks::Task> for Task {
    fn from(task: tasks::Task) -> Self {
        let step = |step: tasks::Step| Step {
            kind: step.kind.as_str(),
            words: step.words,
            snomed_code: (!step.snomed_code.is_empty()).then_some(step.snomed_code),
        };
        Self {
            id: task.public_id,
            name: task.name,
            description: task.description,
            version: task.number,
            minutes: task.minutes,
            scheduled: task.scheduled,
            minimum_gap_days: task.minimum_gap_days,
            documents: task.documents,
            steps: task.steps.into_iter().map(step).collect(),
            skills: task
                .skills
                .into_iter()
                .map(|skill| Skill { kind: skill.kind.as_str(), name: skill.name })
                .collect(),
        }
    }
}

/// List the tasks that can be booked
///
/// Drafts and tasks that are not offered any more are not among them.
#[utoipa::path(
    get,
    path = "/api/v1/tasks",
    tag = "Tasks",
    params(ListAsked),
    responses((status = 200, description = "The tasks", body = TaskList))
)]
pub(super) async fn list(ask: Ask) -> Answer {
    let asked = ask.listing(&FIELDS, "name")?;
    let all = ask.look(|conn, client| tasks::bookable(conn, client.organisation())).await?;
    let rows = chosen(all, &asked);
    let field = asked.order.field;
    let mark = |task: &tasks::Task| Mark { value: value(task, field), id: task.public_id.clone() };
    let show = |task| serde_json::to_value(Task::from(task)).unwrap_or_default();
    found(&listing::page(&asked, rows, mark, show))
}

/// Show one task
#[utoipa::path(
    get,
    path = "/api/v1/tasks/{taskId}",
    tag = "Tasks",
    params(("taskId" = String, Path, description = "The task's number", pattern = "task")),
    responses((status = 200, description = "The task", body = Task))
)]
pub(super) async fn show(ask: Ask) -> Answer {
    let id = ask.part("taskId")?;
    let task = ask.look(move |conn, client| tasks::by_public_id(conn, client.organisation(), &id)).await?;
    found(&serde_json::to_value(Task::from(task)).unwrap_or_default())
}

fn value(task: &tasks::Task, field: &str) -> Literal {
    match field {
        "id" => Literal::Text(task.public_id.clone()),
        "minutes" => Literal::Number(task.minutes.into()),
        "scheduled" => Literal::Flag(task.scheduled),
        "documents" => Literal::Flag(task.documents),
        _ => Literal::Text(task.name.clone()),
    }
}

/// The rows that are asked for, in order and after the mark; one more than fit on the page, if there is one.
fn chosen(all: Vec<tasks::Task>, asked: &Asked) -> Vec<tasks::Task> {
    let field = asked.order.field;
    let holds = |task: &tasks::Task| asked.conditions.iter().all(|one| is(&value(task, one.field), one));
    let turned = |order: Ordering| if asked.order.descending { order.reverse() } else { order };
    let by = |task: &tasks::Task, value_: &Literal, id: &str| {
        turned(compare(&value(task, field), value_).then_with(|| task.public_id.as_str().cmp(id)))
    };
    let after = |task: &tasks::Task| {
        asked.after.as_ref().is_none_or(|mark| by(task, &mark.value, &mark.id) == Ordering::Greater)
    };
    let mut rows: Vec<tasks::Task> = all.into_iter().filter(holds).filter(after).collect();
    rows.sort_by(|a, b| by(a, &value(b, field), &b.public_id));
    rows.truncate(asked.limit + 1);
    rows
}

fn is(value: &Literal, condition: &Condition) -> bool {
    if condition.comparison == Comparison::Contains {
        let (Literal::Text(value), Literal::Text(part)) = (value, &condition.literal) else { return false };
        return value.to_lowercase().contains(&part.to_lowercase());
    }
    let order = compare(value, &condition.literal);
    match condition.comparison {
        Comparison::Is => order.is_eq(),
        Comparison::Above => order.is_gt(),
        Comparison::Below => order.is_lt(),
        Comparison::AtLeast => order.is_ge(),
        Comparison::AtMost => order.is_le(),
        Comparison::Contains => false,
    }
}

fn compare(one: &Literal, other: &Literal) -> Ordering {
    match (one, other) {
        (Literal::Text(one), Literal::Text(other)) => one.cmp(other),
        (Literal::Number(one), Literal::Number(other)) => one.cmp(other),
        (Literal::Flag(one), Literal::Flag(other)) => one.cmp(other),
        _ => Ordering::Less,
    }
}
