//! Paths of webhooks: the endpoints of an organisation, one of them, and what was delivered to it.

use crate::kit::ids::{OrganisationId, WebhookDeliveryId, WebhookEndpointId};

pub fn webhooks(org: OrganisationId) -> String {
    format!("/org/{org}/settings/webhooks")
}
pub fn new_webhook(org: OrganisationId) -> String {
    format!("/org/{org}/settings/webhooks/new")
}
pub fn webhook(org: OrganisationId, endpoint: WebhookEndpointId) -> String {
    format!("/org/{org}/settings/webhooks/{endpoint}")
}
/// `edit`, `test`, `rotate`, `disable`, `enable` or `remove`.
pub fn webhook_act(org: OrganisationId, endpoint: WebhookEndpointId, act: &str) -> String {
    format!("/org/{org}/settings/webhooks/{endpoint}/{act}")
}
pub fn webhook_delivery(
    org: OrganisationId,
    endpoint: WebhookEndpointId,
    delivery: WebhookDeliveryId,
) -> String {
    format!("/org/{org}/settings/webhooks/{endpoint}/deliveries/{delivery}")
}
