//! Paths of visits that are booked with another organisation, and of the connection by which they are.

use crate::kit::ids::{BookedVisitId, OrganisationId, ResidentId};

pub fn visit_service(org: OrganisationId) -> String {
    format!("/org/{org}/integrations/ally_health")
}
/// Acts on it: `ask`, `key`, `agree`, `check`, `settings`, `webhook`, `off`.
pub fn visit_service_act(org: OrganisationId, act: &str) -> String {
    format!("/org/{org}/integrations/ally_health/{act}")
}
/// Where the service sends its news, below the portal's address.
pub fn visit_news(path: &str) -> String {
    format!("/api/v1/ally-health/{path}/events")
}
pub fn resident_visits(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/visits")
}
/// Steps of booking: `book`, `address`, `confirm`.
pub fn resident_visits_act(org: OrganisationId, resident: ResidentId, act: &str) -> String {
    format!("/org/{org}/residents/{resident}/visits/{act}")
}
pub fn booked_visit(org: OrganisationId, resident: ResidentId, visit: BookedVisitId) -> String {
    format!("/org/{org}/residents/{resident}/visits/{visit}")
}
pub fn cancel_booked_visit(org: OrganisationId, resident: ResidentId, visit: BookedVisitId) -> String {
    format!("/org/{org}/residents/{resident}/visits/{visit}/cancel")
}
/// Visits that may still be made to people who are archived.
pub fn visits_left_open(org: OrganisationId) -> String {
    format!("/org/{org}/visits-left-open")
}
