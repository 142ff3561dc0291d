//! What is done at a visit: tasks in versions, with their steps and the skills that they need.
//!
//! A version is a draft until the organisation and the platform representative have agreed to it; then it never changes.
//! The newest agreed version is what is booked, and an appointment keeps the one with which it was booked.

mod agreeing;
mod attaching;
mod differences;
mod drafting;
mod skills;
mod snomed;
mod store;

use chrono::NaiveDateTime;

use crate::db::{Conn, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::domain::documents::Document;
use crate::kit::ids::{OrganisationId, SkillId, TaskId, TaskVersionId};
use crate::kit::secret::fingerprint;

pub use agreeing::{Waiting, agree, agree_for_platform, for_platform, waiting};
pub use attaching::{add_document, document, document_for_platform, remove_document};
pub use differences::differences;
pub use drafting::{
    Facts, LONGEST_GAP, MINUTES, MOST_STEPS, Typed, TypedStep, change_draft, create, discard_draft,
    new_version, restore, retire,
};
pub use skills::{KeptSkill, add_skill, change_skill, restore_skill, retire_skill, skills, skills_in_use};
pub use snomed::{Procedure, procedure_name, procedures};

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

impl StepKind {
    /// As screens show it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Procedure => "Procedure",
            Self::Administrative => "Administrative",
            Self::Photo => "Photo",
        }
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
    /// What whoever does it should read.
    pub guides: Vec<Document>,
}

impl Task {
    /// Stands for all that a version says: whoever agrees to it agrees to what they read.
    pub fn mark(&self) -> String {
        let steps: Vec<_> =
            self.steps.iter().map(|step| (step.kind.as_str(), &step.words, &step.snomed_code)).collect();
        let mut skills: Vec<SkillId> = self.skills.iter().map(|skill| skill.id).collect();
        skills.sort();
        let guides: Vec<_> = self.guides.iter().map(|one| (&one.name, &one.digest)).collect();
        let numbers = (self.number, self.minutes, self.scheduled, self.minimum_gap_days, self.documents);
        fingerprint(
            &serde_json::json!([self.name, self.description, numbers, steps, skills, guides]).to_string(),
        )
    }
}

/// Who agreed to a version, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    pub by: String,
    pub at: NaiveDateTime,
}

/// A version with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub task: Task,
    pub state: VersionState,
    pub organisation: Option<Agreement>,
    pub representative: Option<Agreement>,
    pub created_by: String,
    pub created_at: NaiveDateTime,
}

/// A task with all its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: TaskId,
    pub public_id: String,
    pub retired_at: Option<NaiveDateTime>,
    /// The newest first.
    pub versions: Vec<Version>,
}

impl Kept {
    pub fn draft(&self) -> Option<&Version> {
        self.versions.iter().find(|one| one.state == VersionState::Draft)
    }

    /// The newest agreed version: what is booked, unless the task is retired.
    pub fn agreed(&self) -> Option<&Version> {
        self.versions.iter().find(|one| one.state == VersionState::Agreed)
    }

    /// As it is booked, or as its first draft calls it.
    pub fn name(&self) -> &str {
        self.agreed().or(self.draft()).map_or("", |version| &version.task.name)
    }
}

/// All tasks with their versions, by name; retired ones last.
pub fn list<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Vec<Kept>, Refusal> {
    let mut all = store::kept(conn, scope.organisation(), None)?;
    all.sort_by_key(|one| (one.retired_at.is_some(), one.name().to_lowercase()));
    Ok(all)
}

/// One of them.
///
/// # Errors
/// `NotHere` for another organisation's.
pub fn get<R: Right>(conn: &mut Conn, scope: &Scope<R>, id: TaskId) -> Result<Kept, Refusal> {
    kept(conn, scope.organisation(), id)
}

fn kept(conn: &mut Conn, organisation: OrganisationId, id: TaskId) -> Result<Kept, Refusal> {
    store::kept(conn, organisation, Some(id))?.pop().ok_or(Refusal::NotHere)
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
    store::bookable_one(conn, organisation, id)?.ok_or(Refusal::NotHere)
}

/// The version with which something was booked, agreed or replaced meanwhile.
///
/// # Errors
/// `NotHere` for another organisation's.
pub fn version(conn: &mut Conn, organisation: OrganisationId, id: TaskVersionId) -> Result<Task, Refusal> {
    store::version(conn, organisation, id)?.ok_or(Refusal::NotHere)
}
