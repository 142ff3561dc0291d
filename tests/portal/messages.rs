//! Every message to a vendor is kept with its answer, in numbers, and agrees with the vendor's own log.

#![cfg(test)]

use chrono::TimeDelta;
use diesel::{RunQueryDsl as _, sql_query};
use kinbridge::domain::access::ViewIntegrations;
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::messages::{self, Kept};
use kinbridge::jobs::{keep_messages, purge};
use kinbridge::links;
use kinbridge::sandbox::nourish::{Fault, Lasting};

use crate::support::TestApp;
use crate::support::vendors::Nourish;

/// What is kept, oldest first.
async fn kept(nourish: &Nourish) -> Vec<Kept> {
    keep_messages::run(&nourish.app.services).await.unwrap();
    let (scope, connection) = (nourish.scope::<ViewIntegrations>(), nourish.connection);
    let mut all = nourish.read(|conn| messages::list(conn, &scope, connection, None, 1_000));
    all.reverse();
    all
}

#[actix_web::test]
async fn a_stranger_gets_404_and_who_sees_no_integrations_403() {
    let app = TestApp::start().await;
    let page = links::messages(app.cast.willow, "nourish");
    assert_eq!(app.signed_out().get(&page).await.status, 303);
    for (visitor, status) in [(app.as_stranger(), 404), (app.as_relative(), 404), (app.as_staff(), 403)] {
        assert_eq!(visitor.get(&page).await.status, status);
    }
    assert_eq!(app.as_super().get(&page).await.status, 404, "nothing was ever connected");
}

#[actix_web::test]
async fn every_message_agrees_with_the_vendors_own_log_failures_too() {
    let nourish = Nourish::start(SyncMode::Create, 3).await;
    nourish.sync().await;
    for fault in [Fault::ServerError, Fault::BusySeconds, Fault::NotFound, Fault::MalformedJson] {
        nourish.simulator.set_fault_for(fault, Lasting::Answers(1));
        nourish.sync().await;
    }
    let theirs: Vec<(String, i32)> =
        nourish.simulator.calls().into_iter().map(|call| (call.path, i32::from(call.status))).collect();
    let ours = kept(&nourish).await;
    let path = |operation: &str| match operation {
        "services" => "/configuration/service-list",
        "people" => "/v2/clients/reader",
        "staff" => "/v1/users/reader",
        other => panic!("{other}"),
    };
    let told: Vec<(String, i32)> =
        ours.iter().map(|one| (path(&one.operation).to_owned(), one.status.unwrap())).collect();
    assert_eq!(told, theirs);
    let failures: Vec<&str> =
        ours.iter().map(|one| one.failure.as_str()).filter(|failure| !failure.is_empty()).collect();
    assert_eq!(failures, ["server_error", "too_many_requests", "not_found", "malformed_json"]);
    assert!(ours.iter().filter(|one| one.failure.is_empty()).all(|one| one.received_bytes > 0));
}

#[actix_web::test]
async fn the_page_tells_of_messages_and_of_nobody() {
    let nourish = Nourish::start(SyncMode::Create, 3).await;
    nourish.sync().await;
    kept(&nourish).await;
    let page = nourish.app.as_stranger().get(&links::messages(nourish.organisation, "nourish")).await;
    let text = page.text();
    assert!(text.contains("Asked for its residents") && text.contains("Asked for its staff"), "{text}");
    for private in ["127.0.0.1", nourish.token.as_str(), "Abernathy", "clients/reader"] {
        assert!(!text.contains(private), "{private}");
    }
}

#[actix_web::test]
async fn messages_are_kept_for_thirteen_months() {
    let nourish = Nourish::start(SyncMode::Create, 3).await;
    nourish.sync().await;
    let before = kept(&nourish).await.len();
    assert!(before > 0);
    nourish.app.clock.advance(TimeDelta::days(395));
    purge::run(&nourish.app.services).await.unwrap();
    assert_eq!(kept(&nourish).await.len(), before);
    nourish.app.clock.advance(TimeDelta::days(2));
    purge::run(&nourish.app.services).await.unwrap();
    assert_eq!(kept(&nourish).await.len(), 0);
}

fn rename(nourish: &Nourish, statement: &str) {
    nourish.app.write(|tx| Ok(sql_query(statement).execute(tx.conn).map(drop)?));
}

#[actix_web::test]
async fn what_could_not_be_written_down_waits_for_the_next_time() {
    let nourish = Nourish::start(SyncMode::Create, 3).await;
    nourish.sync().await;
    rename(&nourish, "ALTER TABLE vendor_messages RENAME TO away");
    assert!(keep_messages::run(&nourish.app.services).await.is_err());
    rename(&nourish, "ALTER TABLE away RENAME TO vendor_messages");
    let told: Vec<String> = kept(&nourish).await.into_iter().map(|one| one.operation).collect();
    assert!(told.len() >= 3 && told[0] == "services", "{told:?}");
}
