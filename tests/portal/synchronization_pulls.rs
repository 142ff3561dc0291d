//! Pulls: when they are due, what they take in, and that nothing is half done.

#![cfg(test)]

use kinbridge::connectors::{PersonRecord, ServiceRecord, StaffRecord};
use kinbridge::domain::access::{RunSyncs, ViewIntegrations};
use kinbridge::domain::mapping::{self, Brought, People};
use kinbridge::domain::sync::{self, Asked, RunState, Wanted};
use kinbridge::jobs::{pull_notes, sync_records};
use kinbridge::links;
use kinbridge::sandbox::Simulated as _;

use crate::support::therapy::{ORGANIZATION, TOKEN, Therapy, WithEnsora, day};

fn people() -> People {
    let site = |id: &str, name: &str| ServiceRecord {
        external_id: id.into(),
        name: name.into(),
        active: true,
        ..ServiceRecord::default()
    };
    let leah = PersonRecord {
        external_id: "st-1".into(),
        first_name: "Leah".into(),
        last_name: "Brown".into(),
        date_of_birth: Some(day(2015, 5, 14)),
        service_id: Some("si-1".into()),
        ..PersonRecord::default()
    };
    let dev = StaffRecord {
        external_id: "us-1".into(),
        first_name: "Dev".into(),
        last_name: "Patel".into(),
        email: Some("dev@bright.example".into()),
        service_ids: vec!["si-1".into()],
        ..StaffRecord::default()
    };
    fn of<T>(records: Vec<T>) -> Brought<T> {
        Brought { records, set_aside: Vec::new() }
    }
    People {
        sites: of(vec![site("si-1", "Oakfield Centre")]),
        students: of(vec![leah]),
        users: of(vec![dev]),
    }
}

#[actix_web::test]
async fn two_clicks_get_one_pull_and_a_stranger_none() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    let pull = links::synchronization_act(at.org, "pull");
    assert_eq!(at.as_stranger().post(&pull, &[]).await.status, 404);
    assert_eq!(at.as_staff().post(&pull, &[]).await.status, 403);
    at.work_off().await;
    let first = at.as_manager().post(&pull, &[]).await;
    let second = at.as_super().post(&pull, &[]).await;
    assert_eq!(first.location(), second.location());
    assert_eq!(at.number("SELECT COUNT(*) FROM sync_runs WHERE state = 'requested'"), 1);
    let page = at.as_manager().get(first.location()).await;
    assert!(page.text().contains("Pull running"), "{}", page.text());
}

#[actix_web::test]
async fn people_are_taken_in_and_mapped_and_a_second_pull_changes_nothing() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    at.work_off().await;
    let mapped = |kind: &str| {
        at.number(&format!(
            "SELECT COUNT(*) FROM pairings WHERE kind = '{kind}' AND origin = 'Auto' AND ended_at IS NULL"
        ))
    };
    assert_eq!((mapped("site"), mapped("resident"), mapped("staff")), (2, 3, 2));
    let digest = at.digest();
    let newest = "SELECT COUNT(*) FROM external_records WHERE changed_at > '2026-11-22 10:00:00'";
    at.pass(60);
    let run = at.pull().await;
    assert_eq!(run.state, RunState::Done);
    let mut after = at.digest();
    after.insert("sync_runs", digest["sync_runs"]);
    let mut before = digest.clone();
    for trail in ["audit_events", "letters", "open sessions"] {
        after.insert(trail, before[trail]);
        before.insert(trail, digest[trail]);
    }
    assert_eq!(after, before);
    assert_eq!(at.number(newest), 0);
    let page = at.as_super().get(&links::sync_run(at.org, run.id)).await;
    let text = page.text();
    assert!(text.contains("Pull of") && text.contains("What came") && text.contains("students"), "{text}");
}

#[actix_web::test]
async fn a_changed_record_is_written_and_one_that_is_gone_is_marked_and_stays_mapped() {
    let at = Therapy::start().await;
    let connection = at.connect();
    let scope = at.scope::<RunSyncs>();
    let take = |people: &People| at.write(|tx| mapping::take_people(tx, &scope, connection, None, people));
    let mut all = people();
    assert_eq!(take(&all).followed.total(), 3);
    assert_eq!(take(&all).written, 0);
    all.students.records[0].first_name = "Lea".into();
    assert_eq!(take(&all).written, 1);
    let other = PersonRecord {
        external_id: "st-2".into(),
        last_name: "New".into(),
        ..all.students.records[0].clone()
    };
    all.students.records = vec![other];
    assert_eq!(take(&all).written, 2);
    let gone = "SELECT missing_runs FROM external_records WHERE external_id = 'st-1'";
    assert_eq!(at.number(gone), 1);
    assert_eq!(at.number("SELECT COUNT(*) FROM pairings WHERE kind = 'resident' AND ended_at IS NULL"), 1);
    assert_eq!(at.number("SELECT COUNT(*) FROM residents WHERE state <> 'active'"), 0);
}

#[actix_web::test]
async fn a_vendor_that_lists_nothing_where_it_listed_something_is_not_believed() {
    let at = Therapy::start().await;
    let connection = at.connect();
    let scope = at.scope::<RunSyncs>();
    at.write(|tx| mapping::take_people(tx, &scope, connection, None, &people()));
    let doubt = |people: &People| at.read(|conn| mapping::not_believed(conn, connection, people));
    assert_eq!(doubt(&people()), None);
    let nobody = People { students: Brought::default(), ..people() };
    let words = doubt(&nobody).expect("a doubt");
    assert_eq!(words, "Ensora Data Collection listed no students, where it listed 1 before.");
}

#[actix_web::test]
async fn an_empty_answer_fails_the_pull_with_the_reason_and_changes_nothing() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    at.work_off().await;
    let mut memory = at.simulator.memory();
    memory.students.clear();
    at.simulator.remember(memory);
    let run = at.pull().await;
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(at.number("SELECT COUNT(*) FROM external_records WHERE missing_runs > 0"), 0);
    let text = at.as_super().get(&links::sync_run(at.org, run.id)).await.text();
    assert!(text.contains("listed no students, where it listed 3 before. Nothing was changed."), "{text}");
    assert!(text.contains("Every mapping is as it was."), "{text}");
    let page = at.as_manager().get(&links::synchronization_tab(at.org, "clients")).await.text();
    assert!(page.contains("Degraded") && page.contains("3 students: 3 Auto"), "{page}");
}

#[actix_web::test]
async fn pulls_are_due_by_their_cadence_and_the_nightly_sync_leaves_them_alone() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    at.work_off().await;
    let due = "SELECT COUNT(*) FROM sync_runs WHERE state = 'requested'";
    pull_notes::ask_due(&at.app.services).await.unwrap();
    assert_eq!(at.number(due), 0);
    at.pass(29 * 60);
    pull_notes::ask_due(&at.app.services).await.unwrap();
    assert_eq!(at.number(due), 0);
    at.pass(60);
    pull_notes::ask_due(&at.app.services).await.unwrap();
    pull_notes::ask_due(&at.app.services).await.unwrap();
    assert_eq!(at.number(due), 1);
    // The job of syncs does not take it, whatever night it is.
    sync_records::run(&at.app.services).await.unwrap();
    at.pass(20 * 60 * 60);
    sync_records::ask_due(&at.app.services).await.unwrap();
    assert_eq!(at.number(due), 1);
    assert_eq!(at.number("SELECT COUNT(*) FROM sync_runs WHERE scope <> 'synchronization'"), 0);
    at.work_off().await;
    assert_eq!(at.number(due), 0);
}

#[actix_web::test]
async fn a_sync_of_residents_cannot_be_asked_of_it() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    at.work_off().await;
    let scope = at.scope::<RunSyncs>();
    let connection = at.connection();
    for wanted in [Wanted::Both, Wanted::Synchronization] {
        assert!(at.try_write(|tx| sync::request(tx, &scope, connection, wanted, false)).is_err());
    }
}

#[actix_web::test]
async fn refused_credentials_say_so_once_and_the_window_says_what_to_do() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    at.work_off().await;
    at.simulator.revoke_token();
    let run = at.pull().await;
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(at.number("SELECT COUNT(*) FROM connections WHERE state = 'relink'"), 1);
    let letters = at.number("SELECT COUNT(*) FROM letters");
    at.pass(31 * 60);
    pull_notes::ask_due(&at.app.services).await.unwrap();
    at.work_off().await;
    assert_eq!(at.number("SELECT COUNT(*) FROM letters"), letters);
    let page = at.as_super().get(&links::synchronization_tab(at.org, "agencies")).await;
    assert!(page.text().contains("Relink needed"), "{}", page.text());
    // The same credentials work again: a pull by hand shows it.
    at.simulator.accept_key(&format!("{ORGANIZATION}:{TOKEN}"));
    assert_eq!(at.pull().await.state, RunState::Done);
    assert_eq!(at.number("SELECT COUNT(*) FROM connections WHERE state = 'on'"), 1);
}

#[actix_web::test]
async fn a_pull_whose_worker_died_is_taken_over_and_goes_on_from_the_same_moment() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    let dead = at.write(sync::claim_pull).expect("a pull waits");
    assert_eq!(at.number("SELECT COUNT(*) FROM external_records"), 0);
    at.pass(60);
    at.work_off().await;
    let states = |state: &str| at.number(&format!("SELECT COUNT(*) FROM sync_runs WHERE state = '{state}'"));
    assert_eq!((states("interrupted"), states("done")), (1, 1));
    // The dead worker wakes up and writes nothing.
    let scope = at.scope::<ViewIntegrations>();
    assert_eq!(at.read(|conn| Ok(sync::get(conn, &scope, dead.run)?)).state, RunState::Interrupted);
    let late = at.try_write(|tx| sync::progress(tx, &dead, 0, 0, "Late"));
    assert!(late.is_err());
}

#[actix_web::test]
async fn a_cancelled_pull_keeps_nothing() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    let scope = at.scope::<RunSyncs>();
    let asked = at.write(|tx| mapping::pull_now(tx, &scope));
    assert!(matches!(asked, Asked::UnderWay(_)));
    let cancel = links::sync_run_act(at.org, asked.run(), "cancel");
    assert_eq!(at.as_super().post(&cancel, &[]).await.status, 303);
    at.work_off().await;
    assert_eq!(at.number("SELECT COUNT(*) FROM external_records"), 0);
}
