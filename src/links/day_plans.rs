//! Paths of day plans.

use super::encode;
use crate::kit::ids::{DayPlanId, OrganisationId};

pub fn day_plans(org: OrganisationId) -> String {
    format!("/org/{org}/day-plans")
}
/// Of a date, `2026-11-24`.
pub fn day_plan(org: OrganisationId, date: &str) -> String {
    format!("/org/{org}/day-plans?date={}", encode(date))
}
/// Where appointments are locked to their practitioner and unlocked.
pub fn day_plan_locks(org: OrganisationId) -> String {
    format!("/org/{org}/day-plans/locks")
}
pub fn use_day_plan(org: OrganisationId, plan: DayPlanId) -> String {
    format!("/org/{org}/day-plans/{plan}/use")
}
