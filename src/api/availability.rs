//! `/api/v1/availability`: whether a postcode is covered, and which windows have a place.
use super::ask::{Ask, found};
use super::error::Answer;
/// x
#[utoipa::path(get, path = "/api/v1/availability", responses((status = 200, description = "x", body = Object)))]
pub(super) async fn show(_ask: Ask) -> Answer {
    found(&serde_json::json!({}))
}
