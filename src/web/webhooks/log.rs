//! One endpoint with what was delivered to it, one delivery as it was sent, and sending by hand.

use serde::Deserialize;

use super::{find, frame_below, pages, told};
use crate::domain::access::ManageIntegrations;
use crate::domain::webhooks;
use crate::kit::ids::{WebhookDeliveryId, WebhookEndpointId};
use crate::links;
use crate::web::error::Answer;
use crate::web::listing::{self, Address, PER_PAGE};
use crate::web::see_other;
use crate::web::ui::{Link, Notice};
use crate::web::visit::{Posted, Visit};
use crate::web::visits::Community;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    page: String,
}

pub(super) async fn show(visit: Visit, Community(scope): Community<ManageIntegrations>) -> Answer {
    let asked: Asked = visit.query();
    let page = listing::page_number(&asked.page);
    let (org, endpoint) = (scope.organisation(), find(&visit, &scope).await?);
    let (id, address) = (endpoint.id, Address::new(links::webhook(org, endpoint.id)));
    let rows = (listing::rows_before(page), i64::from(PER_PAGE) + 1);
    let mut lines = visit.read(move |conn| webhooks::deliveries(conn, &scope, id, rows)).await?;
    if lines.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let shown = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let more = lines.len() > shown;
    lines.truncate(shown);
    let pager = listing::uncounted(page, lines.len(), more, &address);
    let shell = frame_below(&visit, &endpoint.name, org)?;
    visit.page(&pages::show(&visit, shell, org, (endpoint, lines), pager))
}

pub(super) async fn delivery(visit: Visit, Community(scope): Community<ManageIntegrations>) -> Answer {
    let (org, endpoint) = (scope.organisation(), find(&visit, &scope).await?);
    let (id, delivery) = (endpoint.id, visit.id::<WebhookDeliveryId>("delivery")?);
    let delivery = visit.read(move |conn| webhooks::delivery(conn, &scope, id, delivery)).await?;
    let mut shell = frame_below(&visit, "Delivery", org)?;
    shell.crumb = Some(Link::new(endpoint.name.clone(), links::webhook(org, id)));
    visit.page(&pages::delivery(&visit, shell, org, &endpoint, delivery))
}

pub(super) async fn send_again(
    visit: Visit,
    Community(scope): Community<ManageIntegrations>,
    _: Posted<()>,
) -> Answer {
    let (org, endpoint): (_, WebhookEndpointId) = (scope.organisation(), visit.id("endpoint")?);
    let delivery: WebhookDeliveryId = visit.id("delivery")?;
    let here = links::webhook_delivery(org, endpoint, delivery);
    match visit.write(move |tx| webhooks::send_again(tx, &scope, endpoint, delivery)).await {
        Ok(again) => {
            let words = "It is sent again, under the same webhook-id. Below stands what became of it; load the page again while it \
                         waits.";
            visit.done(links::webhook_delivery(org, endpoint, again), &Notice::ok(words))
        }
        Err(refusal) => told(&visit, here, refusal),
    }
}

pub(super) async fn send_test(
    visit: Visit,
    Community(scope): Community<ManageIntegrations>,
    _: Posted<()>,
) -> Answer {
    let (org, endpoint): (_, WebhookEndpointId) = (scope.organisation(), visit.id("endpoint")?);
    match visit.write(move |tx| webhooks::send_test(tx, &scope, endpoint)).await {
        Ok(delivery) => {
            let words =
                "The test event is made. Below stands what became of it; load the page again while it waits.";
            visit.done(links::webhook_delivery(org, endpoint, delivery), &Notice::ok(words))
        }
        Err(refusal) => told(&visit, links::webhook(org, endpoint), refusal),
    }
}
