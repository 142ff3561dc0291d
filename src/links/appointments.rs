//! Paths of appointments: the lists, one appointment, the import, and their settings.

use super::encode;
use crate::kit::ids::{AppointmentId, OrganisationId, ResidentId, SignatureImageId, StatusTypeId};

pub fn appointments(org: OrganisationId) -> String {
    format!("/org/{org}/appointments")
}
/// Those of one client.
pub fn appointments_of(org: OrganisationId, client: ResidentId) -> String {
    format!("/org/{org}/appointments?client={client}")
}
/// A day or a week; `view` is `day` or `week`, `day` is `2026-11-24`.
pub fn calendar(org: OrganisationId, view: &str, day: &str) -> String {
    format!("/org/{org}/appointments/calendar?view={view}&day={}", encode(day))
}
/// The calendar's own address, for its form.
pub fn calendar_bare(org: OrganisationId) -> String {
    format!("/org/{org}/appointments/calendar")
}
pub fn new_appointment(org: OrganisationId) -> String {
    format!("/org/{org}/appointments/new")
}
/// The same, for a client.
pub fn new_appointment_of(org: OrganisationId, client: ResidentId) -> String {
    format!("/org/{org}/appointments/new?client={client}")
}
pub fn import_appointments(org: OrganisationId) -> String {
    format!("/org/{org}/appointments/import")
}
/// Acts on the import: `apply`, `template.csv`.
pub fn import_appointments_act(org: OrganisationId, act: &str) -> String {
    format!("/org/{org}/appointments/import/{act}")
}
pub fn appointment(org: OrganisationId, appointment: AppointmentId) -> String {
    format!("/org/{org}/appointments/{appointment}")
}
/// Acts on one appointment: `edit`, `cancel`, `results`, `signatures`, `render`, `un-render`, `invoice`,
/// `invoice/remove`.
pub fn appointment_act(org: OrganisationId, appointment: AppointmentId, act: &str) -> String {
    format!("/org/{org}/appointments/{appointment}/{act}")
}
pub fn signature_image(org: OrganisationId, appointment: AppointmentId, image: SignatureImageId) -> String {
    format!("/org/{org}/appointments/{appointment}/signatures/{image}")
}
pub fn settings_appointments(org: OrganisationId) -> String {
    format!("/org/{org}/settings/appointments")
}
/// The switches of the rules by which something is mapped by itself.
pub fn settings_rules(org: OrganisationId) -> String {
    format!("/org/{org}/settings/appointments/rules")
}
pub fn status_types(org: OrganisationId) -> String {
    format!("/org/{org}/settings/appointments/statuses")
}
pub fn status_type(org: OrganisationId, status: StatusTypeId) -> String {
    format!("/org/{org}/settings/appointments/statuses/{status}")
}
/// Acts on one: `retire`, `offer`.
pub fn status_type_act(org: OrganisationId, status: StatusTypeId, act: &str) -> String {
    format!("/org/{org}/settings/appointments/statuses/{status}/{act}")
}
