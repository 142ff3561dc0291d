//! *Synchronization*: who may open it, the handshake, and what each tab lets a person do.

#![cfg(test)]

use kinbridge::connectors::ServiceRecord;
use kinbridge::domain::access::PairRecords;
use kinbridge::domain::mapping;
use kinbridge::links;

use crate::support::therapy::Therapy;

fn site(id: &str, name: &str) -> ServiceRecord {
    ServiceRecord { external_id: id.into(), name: name.into(), active: true, ..ServiceRecord::default() }
}

#[actix_web::test]
async fn a_stranger_gets_404_and_staff_without_the_right_403() {
    let at = Therapy::start().await;
    at.connect();
    let window = links::synchronization(at.org);
    assert_eq!(at.as_stranger().get(&window).await.status, 404);
    assert_eq!(at.as_staff().get(&window).await.status, 403);
    assert_eq!(at.signed_out().get(&window).await.status, 303);
    assert_eq!(at.as_manager().get(&window).await.status, 303);
    assert_eq!(at.as_super().get(&window).await.status, 303);
}

#[actix_web::test]
async fn the_other_tabs_open_once_every_site_is_mapped() {
    let at = Therapy::start().await;
    let connection = at.connect();
    let oakfield = at.record(connection, "site", ("si-1", "oakfield"), &site("si-1", "Oakfield"));
    let scope = at.scope::<PairRecords>();
    let tabs = |at: &Therapy| at.read(|conn| mapping::tabs(conn, &scope));
    assert!(!tabs(&at).open);
    at.mapped(connection, ("site", "User"), oakfield, at.oakfield.0);
    assert!(tabs(&at).open);
}
