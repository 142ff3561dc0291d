//! Paths of what an organisation of community health sets up before anything can be booked, and of the
//! representative's side of it.

use super::encode;
use crate::kit::ids::{CoverageAreaId, DocumentId, OrganisationId, SkillId, TaskId, WindowId};

pub fn settings_tasks(org: OrganisationId) -> String {
    format!("/org/{org}/settings/tasks")
}
pub fn new_task(org: OrganisationId) -> String {
    format!("/org/{org}/settings/tasks/new")
}
/// The codes that can be chosen from, narrowed by words.
pub fn task_codes(org: OrganisationId, words: &str) -> String {
    match words {
        "" => format!("/org/{org}/settings/tasks/codes"),
        words => format!("/org/{org}/settings/tasks/codes?q={}", encode(words)),
    }
}
pub fn task(org: OrganisationId, task: TaskId) -> String {
    format!("/org/{org}/settings/tasks/{task}")
}
/// Acts: `edit`, `agree`, `version`, `discard`, `retire`, `restore`, `documents`.
pub fn task_act(org: OrganisationId, task: TaskId, act: &str) -> String {
    format!("/org/{org}/settings/tasks/{task}/{act}")
}

pub fn task_document(org: OrganisationId, task: TaskId, document: DocumentId) -> String {
    format!("/org/{org}/settings/tasks/{task}/documents/{document}")
}
pub fn remove_task_document(org: OrganisationId, task: TaskId, document: DocumentId) -> String {
    format!("/org/{org}/settings/tasks/{task}/documents/{document}/remove")
}
/// Whether documents are taken with appointments.
pub fn documents_setting(org: OrganisationId) -> String {
    format!("/org/{org}/settings/tasks/documents")
}

pub fn settings_skills(org: OrganisationId) -> String {
    format!("/org/{org}/settings/skills")
}
pub fn skill(org: OrganisationId, skill: SkillId) -> String {
    format!("/org/{org}/settings/skills/{skill}")
}
/// Acts: `retire`, `restore`.
pub fn skill_act(org: OrganisationId, skill: SkillId, act: &str) -> String {
    format!("/org/{org}/settings/skills/{skill}/{act}")
}

pub fn settings_windows(org: OrganisationId) -> String {
    format!("/org/{org}/settings/windows")
}
pub fn window(org: OrganisationId, window: WindowId) -> String {
    format!("/org/{org}/settings/windows/{window}")
}
/// Acts: `retire`, `restore`.
pub fn window_act(org: OrganisationId, window: WindowId, act: &str) -> String {
    format!("/org/{org}/settings/windows/{window}/{act}")
}

pub fn settings_coverage(org: OrganisationId) -> String {
    format!("/org/{org}/settings/coverage")
}
/// Whether a postcode is covered.
pub fn try_postcode(org: OrganisationId, postcode: &str) -> String {
    format!("/org/{org}/settings/coverage?postcode={}", encode(postcode))
}
pub fn remove_area(org: OrganisationId, area: CoverageAreaId) -> String {
    format!("/org/{org}/settings/coverage/{area}/remove")
}

/// Drafts that wait for the representative.
pub fn waiting_tasks() -> String {
    "/organisations/tasks".into()
}
pub fn waiting_task(org: OrganisationId, task: TaskId) -> String {
    format!("/organisations/{org}/tasks/{task}")
}
pub fn waiting_task_document(org: OrganisationId, task: TaskId, document: DocumentId) -> String {
    format!("/organisations/{org}/tasks/{task}/documents/{document}")
}
pub fn agree_waiting_task(org: OrganisationId, task: TaskId) -> String {
    format!("/organisations/{org}/tasks/{task}/agree")
}
