//! *Sync this resident*: one person alone, by every system that is on, and its trace.

#![cfg(test)]

use diesel::prelude::*;
use kinbridge::connectors::{PersonRecord, SetAside, TaskRecord, Vendor};
use kinbridge::domain::access::RunSyncs;
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::relatives;
use kinbridge::domain::sync::{self, List, Run, RunState, Staged};
use kinbridge::kit::ids::ResidentId;
use kinbridge::links;

use crate::support::vendors::{Feed, Nourish, people, person, why};
use crate::sync_vendors::beside;
use crate::timeline::{act, enqueue, linked, push};

fn sync_one(feed: &Feed, resident: ResidentId) -> Run {
    let scope = feed.scope::<RunSyncs>();
    feed.write(|tx| sync::request_one(tx, &scope, feed.connection, resident));
    feed.work()
}

#[actix_web::test]
async fn a_sync_of_one_resident_touches_nobody_else() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    let ada = feed.paired("p-3").unwrap();
    for n in 0..10 {
        feed.person(n).status = Some("Hospital".into());
    }
    feed.without(5..6);
    feed.people.push(person(11));
    let before = feed.lives();
    let good = feed.card().last_good_at;
    feed.clock.advance(chrono::TimeDelta::hours(1));
    let run = sync_one(&feed, ada);
    assert_eq!(run.state, RunState::Done);
    let counts = run.counts().0;
    assert_eq!((counts.total, counts.changed, counts.listed), (1, 1, 10), "{counts:?}");
    assert_eq!(feed.resident_now(ada).facts.care_status, "Hospital");
    assert_eq!(feed.changes(&run, "changed").len(), 1);
    let after = feed.lives();
    let touched = |table: &str| {
        before[table].iter().filter(|line| !after[table].contains(line)).count()
            + after[table].len().abs_diff(before[table].len())
    };
    assert_eq!(
        (touched("residents"), touched("external_records"), touched("pairings")),
        (1, 1, 1),
        "of the pairing only when it was last brought"
    );
    assert_eq!(feed.card().last_good_at, good, "it says nothing of everybody");
    // The next sync of everybody does the rest.
    let counts = feed.sync().counts().0;
    assert_eq!((counts.changed, counts.created, counts.missing), (8, 1, 1), "{counts:?}");
}

#[actix_web::test]
async fn a_sync_of_one_resident_pairs_them_or_says_why_not() {
    let mut feed = Feed::pairing().await;
    let (sure, respite) = (feed.resident(&person(0)), feed.resident(&person(1)));
    let other = feed.resident(&person(2));
    feed.people = people(0..3);
    feed.person(1).status = Some("Respite".into());
    assert_eq!(sync_one(&feed, respite).counts().0.paired, 0);
    assert_eq!(why(&feed, respite), "Status in Nourish is not Permanent.");
    assert_eq!(sync_one(&feed, sure).counts().0.paired, 1);
    assert_eq!((feed.paired("p-0"), feed.paired("p-2")), (Some(sure), None));
    assert_eq!(why(&feed, respite), "Status in Nourish is not Permanent.");
    feed.sync();
    assert_eq!(feed.paired("p-2"), Some(other));
}

#[actix_web::test]
async fn an_answer_that_is_not_believed_changes_nothing_and_nothing_of_it_waits() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    let ada = feed.paired("p-3").unwrap();
    let before = feed.everything();
    feed.people.clear();
    let run = sync_one(&feed, ada);
    assert_eq!(run.state, RunState::Discarded);
    assert!(run.held_because.contains("The answer was empty"), "{}", run.held_because);
    assert_eq!(feed.everything(), before);
    feed.people = people(0..10);
    assert_eq!(feed.sync().state, RunState::Done);
}

#[actix_web::test]
async fn the_trace_goes_from_fetched_to_applied() {
    let nourish = Nourish::start(SyncMode::Create, 8).await;
    nourish.sync().await;
    let ada = nourish.paired("p-3").unwrap();
    let to = links::sync_resident(nourish.organisation, ada);
    nourish.simulator.edit_client("p-3", |client| client.status = "Hospital".into());
    nourish.simulator.edit_client("p-4", |client| client.status = "Hospital".into());
    let stranger = nourish.app.as_super().get(&to).await;
    assert_eq!(stranger.status, 404, "another organisation's");
    let scope = nourish.scope::<RunSyncs>();
    nourish.write(|tx| sync::request_one(tx, &scope, nourish.connection, ada));
    nourish.work_off().await;
    let page = nourish.app.as_stranger().get(&to).await.text();
    for words in [
        "Fetched Nourish listed 8 residents.",
        "In scope Everybody in Nourish is in scope, whatever their type or status.",
        "Paired because Paired by a rule,",
        "created from Nourish",
        "Changed Status: Permanent → Hospital",
        "This resident alone was touched.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(nourish.resident_now(nourish.paired("p-4").unwrap()).facts.care_status, "Permanent");
}

#[actix_web::test]
async fn what_we_wrote_ourselves_is_neither_a_change_nor_a_task_when_it_is_read_back() {
    let (nourish, ids) = linked(2).await;
    enqueue(&nourish, &[act(ids[0], 1), act(ids[1], 2)]);
    push(&nourish).await;
    assert_eq!(nourish.simulator.entries().len(), 2);
    let before = nourish.lives();
    let run = nourish.sync().await;
    assert_eq!((run.counts().0.changed, run.counts().0.unchanged), (0, 2));
    assert_eq!(nourish.lives(), before);
    let text = |column: &str| {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let query = format!("SELECT {column} AS line FROM timeline_entries ORDER BY id LIMIT 1");
        nourish.read(|conn| Ok(diesel::sql_query(&query).get_result::<Line>(conn)?)).line
    };
    let task = |task_id: String, our_id: String| TaskRecord {
        task_id,
        our_id,
        person: "p-0".into(),
        relative_name: "Anna Smith".into(),
        relative_email: "anna@family.example".into(),
        relationship: "Daughter".into(),
        ..TaskRecord::default()
    };
    let tasks = [
        task(text("vendor_id"), String::new()),
        task("in-900".into(), text("external_id")),
        task("in-901".into(), "somebody-else".into()),
    ];
    let connection = nourish.card();
    assert_eq!(
        nourish.write(|tx| relatives::note_tasks(tx, &connection, &tasks)),
        1,
        "only the last is a task"
    );
    assert_eq!(nourish.number("SELECT COUNT(*) FROM relative_tasks WHERE external_id = 'in-901'"), 1);
}

#[actix_web::test]
async fn a_sync_of_one_resident_is_asked_of_every_system_that_is_on() {
    let mut feed = Feed::pairing().await;
    let ada = feed.resident(&person(0));
    feed.people = people(0..1);
    feed.sync();
    let to = links::sync_resident(feed.organisation, ada);
    for (visitor, status) in [
        (feed.app.as_stranger(), 404),
        (feed.app.as_staff(), 403),
        (feed.app.as_colleague(), 403),
        (feed.app.as_relative(), 404),
    ] {
        assert_eq!(visitor.get(&to).await.status, status);
        assert_eq!(visitor.post(&to, &[]).await.status, status);
    }
    beside(&feed, Vendor::KareInn);
    let ben = feed.app.as_manager();
    assert_eq!(ben.post(&to, &[]).await.location(), to);
    let asked = format!(
        "SELECT COUNT(*) FROM sync_runs WHERE state = 'requested' AND resident_id = {ada} AND scope = 'residents'"
    );
    assert_eq!(feed.number(&asked), 2);
    assert_eq!(ben.post(&to, &[]).await.status, 303, "a second click is the same runs");
    assert_eq!(feed.number(&asked), 2);
    let page = ben.get(&to).await.text();
    assert!(page.contains("Nourish Waiting to start") && page.contains("KareInn Waiting to start"), "{page}");
    feed.work();
    let page = ben.get(&to).await.text();
    assert!(page.contains("Paired because Paired by a rule,"), "{page}");
    assert!(page.contains("Changed Nothing had changed for this resident."), "{page}");
}

#[actix_web::test]
async fn an_answer_about_one_resident_alone_says_nothing_of_the_others() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    let ada = feed.paired("p-3").unwrap();
    let scope = feed.scope::<RunSyncs>();
    let alone = |records: Vec<PersonRecord>| {
        feed.write(|tx| sync::request_one(tx, &scope, feed.connection, ada));
        let claim = feed.claim();
        let people = Some(List { records, set_aside: Vec::new() });
        let staged = Staged { people, alone: true, services: feed.services.clone(), ..Staged::default() };
        let db = &feed.app.services.db;
        sync::settle(db, &claim, Vendor::Nourish, &staged, None, "http://127.0.0.1:8080").unwrap();
        feed.run(claim.run)
    };
    let run = alone(vec![PersonRecord { status: Some("Hospital".into()), ..person(3) }]);
    assert_eq!((run.state, run.counts().0.changed, run.counts().0.listed), (RunState::Done, 1, 1));
    let run = alone(Vec::new());
    assert_eq!((run.state, run.counts().0.total, run.counts().0.missing), (RunState::Done, 0, 0));
    assert!(!feed.resident_now(ada).is_archived());
    assert_eq!(feed.number("SELECT SUM(missing_runs) FROM external_records"), 0);
}

#[actix_web::test]
async fn a_record_that_could_not_be_used_is_tried_again_alone_from_the_runs_page() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    let ada = feed.paired("p-3").unwrap();
    feed.without(3..4);
    let broken = |id: &str| SetAside {
        external_id: Some(id.into()),
        name: Some("Dorothea Dunwoody".into()),
        reason: "The last name is missing.".into(),
        repair: "Enter it in Nourish.".into(),
    };
    feed.set_aside = vec![broken("p-3"), broken("p-99")];
    let run = feed.sync();
    assert_eq!(run.state, RunState::Partly);
    let page = feed.app.as_stranger().get(&links::sync_run(feed.organisation, run.id)).await;
    let again = format!("href=\"{}\"", links::sync_resident(feed.organisation, ada));
    assert_eq!(page.body.matches(&again).count(), 1, "who is nobody here cannot be tried alone");
    assert!(page.text().contains("Enter it in Nourish. Try again"), "{}", page.text());
}
