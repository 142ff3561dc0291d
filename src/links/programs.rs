//! Paths of what programs need: their keys, and the pages that describe the API.

use crate::kit::ids::{ApiKeyId, OrganisationId};

/// The keys of programs, for super managers.
pub fn api_keys(org: OrganisationId) -> String {
    format!("/org/{org}/settings/api-keys")
}
pub fn revoke_api_key(org: OrganisationId, key: ApiKeyId) -> String {
    format!("/org/{org}/settings/api-keys/{key}/revoke")
}
/// What the API is, for people.
pub fn api() -> String {
    "/api".into()
}
pub fn api_checkout() -> String {
    "/api/e-commerce-checkout".into()
}
/// The same for programs.
pub fn api_document() -> String {
    "/api/openapi.json".into()
}
