//! What is told by letter about keys and silences, and how often a vendor that does not answer is asked.

use chrono::TimeDelta;
use kinbridge::connectors::{FailureKind, Vendor};
use kinbridge::domain::access::{Scope, ViewIntegrations};
use kinbridge::domain::connections;
use kinbridge::domain::letters;
use kinbridge::jobs;
use kinbridge::links;

use super::{Beside, KEY, beside, connection, enter};
use crate::support::TestApp;

fn subjects(app: &TestApp) -> Vec<String> {
    let mut all = app.read(|conn| Ok(letters::list(conn, 100)?));
    all.reverse();
    all.into_iter().map(|letter| letter.subject).collect()
}

#[actix_web::test]
async fn a_key_that_ends_is_warned_of_30_7_and_1_days_before_once_each() {
    let Beside { app, .. } = beside().await;
    let last = (app.clock.now() + TimeDelta::days(40)).date().to_string();
    let fields = [("key", KEY), ("terms", "yes"), ("charge", "yes"), ("valid_until", last.as_str())];
    let text = enter(&app, Vendor::Pcs, &fields).await.text();
    assert!(text.contains("It works until 1 January 2027."), "{text}");
    let mut told = Vec::new();
    for day in 0..45 {
        app.write(|tx| connections::warn_ending_keys(tx, "https://portal.example"));
        app.write(|tx| connections::warn_ending_keys(tx, "https://portal.example"));
        if subjects(&app).len() > told.len() {
            told.push(day);
        }
        app.pass(24 * 3600);
    }
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told, [11, 34, 40], "the days on which there are 30, 7 and 1 left");
    let letter = app.read(|conn| Ok(letters::list(conn, 1)?)).remove(0);
    assert_eq!(letter.subject, "The PCS key ends soon at Willow House Group");
    assert!(letter.body_text.contains("ends in 6f2a"), "{}", letter.body_text);
    let link = links::integration(app.cast.willow, "pcs");
    assert!(letter.body_text.contains(&format!("https://portal.example{link}")), "{}", letter.body_text);
}

#[actix_web::test]
async fn a_day_that_is_over_is_no_end_of_a_key() {
    let Beside { app, .. } = beside().await;
    for date in ["2026-11-01", "soon", "2026-02-30"] {
        let fields = [("key", KEY), ("terms", "yes"), ("charge", "yes"), ("valid_until", date)];
        assert_eq!(enter(&app, Vendor::Pcs, &fields).await.status, 422, "{date}");
    }
}

#[actix_web::test]
async fn a_connection_that_says_nothing_is_wrong_and_stays_silent_is_told_of_once() {
    let Beside { app, .. } = beside().await;
    enter(&app, Vendor::Pcs, &[("key", KEY), ("terms", "yes"), ("charge", "yes")]).await;
    let (scope, id) =
        (Scope::<ViewIntegrations>::for_the_portal(app.cast.willow), connection(&app, Vendor::Pcs).id);
    let well = || app.write(|tx| connections::went_well(tx, &scope, id, "/x", "https://portal.example"));
    let look = || app.write(|tx| connections::warn_silent(tx, "https://portal.example"));
    well();
    app.pass(25 * 3600);
    look();
    assert_eq!(subjects(&app), [""; 0]);
    app.pass(2 * 3600);
    look();
    look();
    assert_eq!(subjects(&app), ["No PCS sync for a day at Willow House Group"]);
    let page = app.new_visitor(&app.cast.super_manager);
    let text = page.get(&links::integrations(app.cast.willow)).await.text();
    assert!(text.contains("Told by email Mary Jones"), "{text}");
    well();
    assert_eq!(subjects(&app)[1..], ["PCS sync is working again for Willow House Group"]);
}

/// SY-9.
#[actix_web::test]
async fn a_day_of_outage_costs_a_vendor_at_most_forty_requests() {
    for on_before in [true, false] {
        let Beside { app, pcs } = beside().await;
        if !on_before {
            pcs.fail(Some(FailureKind::ConnectTimeout));
        }
        enter(&app, Vendor::Pcs, &[("key", KEY), ("terms", "yes"), ("charge", "yes")]).await;
        pcs.fail(Some(FailureKind::ConnectTimeout));
        let before = pcs.asked();
        for _ in 0..24 * 60 {
            app.pass(60);
            jobs::sync_records::ask_due(&app.services).await.unwrap();
            jobs::sync_records::run(&app.services).await.unwrap();
            jobs::read_services::run(&app.services).await.unwrap();
            jobs::read_tasks::run(&app.services).await.unwrap();
        }
        let asked = pcs.asked() - before;
        assert!((6..=40).contains(&asked), "on before: {on_before}, asked {asked} times");
        if on_before {
            let page = app.new_visitor(&app.cast.super_manager);
            let text = page.get(&links::integrations(app.cast.willow)).await.text();
            assert!(text.contains("failures in a row since"), "{text}");
            assert!(text.contains("it is left alone until"), "{text}");
        }
        pcs.fail(None);
        for _ in 0..121 {
            app.pass(60);
            jobs::sync_records::ask_due(&app.services).await.unwrap();
            jobs::sync_records::run(&app.services).await.unwrap();
            jobs::read_services::run(&app.services).await.unwrap();
        }
        assert_eq!(connection(&app, Vendor::Pcs).failures, 0);
        assert_eq!(connection(&app, Vendor::Pcs).state, connections::State::On);
    }
}
