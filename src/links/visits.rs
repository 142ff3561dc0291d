//! Paths of patients and their appointments.

use super::encode;
use crate::kit::ids::{BatchId, DocumentId, OrganisationId, PatientId, VisitId, VisitSeriesId};

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
/// Acts on a patient: `invite`, `shut-out`.
pub fn patient_act(org: OrganisationId, patient: PatientId, act: &str) -> String {
    format!("/org/{org}/patients/{patient}/{act}")
}

pub fn visits(org: OrganisationId) -> String {
    format!("/org/{org}/visits")
}
/// Those that wait for somebody to come.
pub fn visits_of_nobody(org: OrganisationId) -> String {
    format!("/org/{org}/visits?practitioner=nobody")
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
/// Tabs of and acts on one appointment: `timeline`, `steps`, `metadata`, `documents`; `edit`, `reschedule`, `cancel`, `assign`,
/// `lock`.
pub fn visit_act(org: OrganisationId, visit: VisitId, act: &str) -> String {
    format!("/org/{org}/visits/{visit}/{act}")
}

pub fn visit_document(org: OrganisationId, visit: VisitId, document: DocumentId) -> String {
    format!("/org/{org}/visits/{visit}/documents/{document}")
}
pub fn remove_visit_document(org: OrganisationId, visit: VisitId, document: DocumentId) -> String {
    format!("/org/{org}/visits/{visit}/documents/{document}/remove")
}
/// The same document, for the practitioner.
pub fn my_visit_document(org: OrganisationId, visit: VisitId, document: DocumentId) -> String {
    format!("/org/{org}/my-visits/{visit}/documents/{document}")
}

/// The patient's own page of an appointment, by the secret of a letter.
pub fn own_visit(token: &str) -> String {
    format!("/appointments/{token}")
}
/// `window`, `cancel`, `calendar.ics`.
pub fn own_visit_act(token: &str, act: &str) -> String {
    format!("/appointments/{token}/{act}")
}
/// The appointments of somebody who signs in as a patient.
pub fn patient_visits() -> String {
    "/my-appointments".into()
}
/// One of them; acts as for [`own_visit_act`].
pub fn patient_visit(visit: VisitId) -> String {
    format!("/my-appointments/{visit}")
}
pub fn patient_visit_act(visit: VisitId, act: &str) -> String {
    format!("/my-appointments/{visit}/{act}")
}

/// What patients are written.
pub fn settings_visit_messages(org: OrganisationId) -> String {
    format!("/org/{org}/settings/visit-messages")
}
pub fn settings_visit_message(org: OrganisationId, message: &str) -> String {
    format!("/org/{org}/settings/visit-messages/{message}")
}
pub fn reset_visit_message(org: OrganisationId, message: &str) -> String {
    format!("/org/{org}/settings/visit-messages/{message}/reset")
}
pub fn settings_visit_telephone(org: OrganisationId) -> String {
    format!("/org/{org}/settings/visit-messages/telephone")
}
/// *Change many*: the appointments of a day, to be moved or cancelled together.
pub fn visits_bulk(org: OrganisationId) -> String {
    format!("/org/{org}/visits/bulk")
}
pub fn visits_bulk_apply(org: OrganisationId) -> String {
    format!("/org/{org}/visits/bulk/apply")
}
pub fn visit_batch(org: OrganisationId, batch: BatchId) -> String {
    format!("/org/{org}/visits/batches/{batch}")
}
pub fn undo_visit_batch(org: OrganisationId, batch: BatchId) -> String {
    format!("/org/{org}/visits/batches/{batch}/undo")
}
pub fn visit_series(org: OrganisationId, series: VisitSeriesId) -> String {
    format!("/org/{org}/visits/series/{series}")
}
