//! Practitioners, and what a practitioner has on the phone.

use crate::kit::ids::{OrganisationId, ShiftId, StaffMemberId, VisitId, VisitPhotoId, VisitStepId};

pub fn practitioners(org: OrganisationId) -> String {
    format!("/org/{org}/practitioners")
}
pub fn new_practitioner(org: OrganisationId) -> String {
    format!("/org/{org}/practitioners/new")
}
pub fn practitioner(org: OrganisationId, practitioner: StaffMemberId) -> String {
    format!("/org/{org}/practitioners/{practitioner}")
}
/// Acts on a practitioner: `base`, `end`, `again`, `shifts`, `skills`.
pub fn practitioner_act(org: OrganisationId, practitioner: StaffMemberId, act: &str) -> String {
    format!("/org/{org}/practitioners/{practitioner}/{act}")
}
pub fn remove_shift(org: OrganisationId, practitioner: StaffMemberId, shift: ShiftId) -> String {
    format!("/org/{org}/practitioners/{practitioner}/shifts/{shift}/remove")
}
pub fn remove_held(org: OrganisationId, practitioner: StaffMemberId, held: i64) -> String {
    format!("/org/{org}/practitioners/{practitioner}/skills/{held}/remove")
}

/// Today's visits of the practitioner who looks.
pub fn my_visits(org: OrganisationId) -> String {
    format!("/org/{org}/my-visits")
}
pub fn my_visit(org: OrganisationId, visit: VisitId) -> String {
    format!("/org/{org}/my-visits/{visit}")
}
/// Acts on one's own visit: `start`, `complete`, `not-present`.
pub fn my_visit_act(org: OrganisationId, visit: VisitId, act: &str) -> String {
    format!("/org/{org}/my-visits/{visit}/{act}")
}
/// Ticks a step (`tick`), or keeps a picture of it (`photo`).
pub fn my_visit_step(org: OrganisationId, visit: VisitId, step: VisitStepId, act: &str) -> String {
    format!("/org/{org}/my-visits/{visit}/steps/{step}/{act}")
}
/// The same for those who see all appointments.
pub fn visit_photo(org: OrganisationId, visit: VisitId, photo: VisitPhotoId) -> String {
    format!("/org/{org}/visits/{visit}/photos/{photo}")
}
pub fn my_visit_photo(org: OrganisationId, visit: VisitId, photo: VisitPhotoId) -> String {
    format!("/org/{org}/my-visits/{visit}/photos/{photo}")
}
