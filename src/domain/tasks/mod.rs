//! What is done at a visit: tasks in versions, with their steps and the skills that they need.
//!
//! A version is a draft until the organisation and the platform representative have agreed to it; then it never changes.
//! The newest agreed version is what is booked, and an appointment keeps the one with which it was booked.

mod store;

use crate::db::{Conn, text_enum};
use crate::domain::Refusal;
use crate::kit::ids::{OrganisationId, SkillId, TaskId, TaskVersionId};

text_enum! {
    /// What a step asks for.
    pub enum StepKind {
        /// Something done to the patient, with its SNOMED CT code.
        Procedure = "procedure",
        /// Something around it, such as the courier.
        Administrative = "administrative",
        /// A picture kept as evidence.
        Photo = "photo",
    }
}

text_enum! {
    /// Where a version stands.
    pub enum VersionState {
        Draft = "draft",
        Agreed = "agreed",
    }
}

text_enum! {
    /// What sort of thing is asked of a practitioner.
    pub enum SkillKind {
        Skill = "skill",
        Training = "training",
        Credential = "credential",
    }
}

/// One step of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub kind: StepKind,
    pub words: String,
    /// SNOMED CT code of a procedure, or empty.
    pub snomed_code: String,
}

/// What is asked of a practitioner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    pub id: SkillId,
    pub kind: SkillKind,
    pub name: String,
}

/// A task as it can be booked: its newest agreed version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    /// `tsk_…`.
    pub public_id: String,
    pub version: TaskVersionId,
    pub number: i32,
    pub name: String,
    pub description: String,
    pub minutes: i32,
    /// It may be booked for a period, whose time is agreed shortly before.
    pub scheduled: bool,
    /// Days that a period has at least; nought for none.
    pub minimum_gap_days: i32,
    /// Documents may be sent with it.
    pub documents: bool,
    pub steps: Vec<Step>,
    pub skills: Vec<Skill>,
}

/// The tasks that can be booked, by name.
pub fn bookable(conn: &mut Conn, organisation: OrganisationId) -> Result<Vec<Task>, Refusal> {
    Ok(store::bookable(conn, organisation)?)
}

/// One of them by its public number.
///
/// # Errors
/// `NotHere` where there is none, where it is retired, and where no version is agreed.
pub fn by_public_id(conn: &mut Conn, organisation: OrganisationId, id: &str) -> Result<Task, Refusal> {
    let all = store::bookable(conn, organisation)?;
    all.into_iter().find(|one| one.public_id == id).ok_or(Refusal::NotHere)
}

/// The version with which something was booked, agreed or replaced meanwhile.
///
/// # Errors
/// `NotHere` for another organisation's.
pub fn version(conn: &mut Conn, organisation: OrganisationId, id: TaskVersionId) -> Result<Task, Refusal> {
    store::version(conn, organisation, id)?.ok_or(Refusal::NotHere)
}
