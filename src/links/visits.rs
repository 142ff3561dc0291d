//! Paths of patients and their appointments.

use super::encode;
use crate::kit::ids::{OrganisationId, PatientId, VisitId};

pub fn patients(org: OrganisationId) -> String {
    format!("/org/{org}/patients")
}
pub fn new_patient(org: OrganisationId) -> String {
    format!("/org/{org}/patients/new")
}
pub fn patient(org: OrganisationId, patient: PatientId) -> String {
    format!("/org/{org}/patients/{patient}")
}
pub fn edit_patient(org: OrganisationId, patient: PatientId) -> String {
    format!("/org/{org}/patients/{patient}/edit")
}

pub fn visits(org: OrganisationId) -> String {
    format!("/org/{org}/visits")
}
/// A day or a week; `view` is `day` or `week`, `day` is `2026-11-24`.
pub fn visits_calendar(org: OrganisationId, view: &str, day: &str) -> String {
    format!("/org/{org}/visits/calendar?view={view}&day={}", encode(day))
}
/// The calendar's own address, for its form.
pub fn visits_calendar_bare(org: OrganisationId) -> String {
    format!("/org/{org}/visits/calendar")
}
pub fn new_visit(org: OrganisationId) -> String {
    format!("/org/{org}/visits/new")
}
/// The same, for a patient.
pub fn new_visit_of(org: OrganisationId, patient: PatientId) -> String {
    format!("/org/{org}/visits/new?patient={patient}")
}
pub fn visit(org: OrganisationId, visit: VisitId) -> String {
    format!("/org/{org}/visits/{visit}")
}
/// Tabs of and acts on one appointment: `timeline`, `steps`, `metadata`; `edit`, `reschedule`, `cancel`, `assign`,
/// `lock`.
pub fn visit_act(org: OrganisationId, visit: VisitId, act: &str) -> String {
    format!("/org/{org}/visits/{visit}/{act}")
}
