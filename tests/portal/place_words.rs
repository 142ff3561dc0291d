//! Places speak of the services of the systems that are on.

#![cfg(test)]

use kinbridge::connectors::Vendor;
use kinbridge::links;

use crate::support::TestApp;
use crate::support::vendors::Feed;
use crate::sync_vendors::beside;

#[actix_web::test]
async fn hints_name_the_systems_that_are_on() {
    let app = TestApp::start().await;
    let page = app.as_super().get(&links::places(app.cast.willow)).await.text();
    assert!(page.contains("A zone for a service of your care record system needs exactly"), "{page}");
    let feed = Feed::pairing().await;
    let mary = feed.app.as_super();
    let (list, zone) =
        (links::places(feed.organisation), links::place(feed.organisation, feed.cast.oak_wing));
    assert!(mary.get(&list).await.text().contains("A zone for a Nourish service needs exactly"));
    beside(&feed, Vendor::Pcs);
    assert!(mary.get(&list).await.text().contains("A zone for a service of Nourish or PCS needs exactly"));
    let page = mary.get(&zone).await.text();
    assert!(page.contains("Updates for a service of Nourish or PCS reach the zone"), "{page}");
}
