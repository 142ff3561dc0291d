//! A whole run is taken back person by person, and stays taken back.

#![cfg(test)]

use std::collections::BTreeMap;

use kinbridge::domain::Refusal;
use kinbridge::domain::access::{EditResidents, PairRecords, UndoRuns};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::pairing::{self, matching::Kind};
use kinbridge::domain::residents::{self, ResidentState};
use kinbridge::domain::sync::{self, Run, RunState, Undone};
use kinbridge::kit::ids::ResidentId;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::vendors::{Feed, people, person};

fn undo(feed: &Feed, run: &Run) -> Undone {
    feed.write(|tx| sync::undo(tx, &feed.scope::<UndoRuns>(), run.id))
}

/// What a resident's page shows, and with which record each is paired.
fn as_people_see_it(feed: &Feed) -> BTreeMap<i64, (residents::ResidentFacts, ResidentState, Option<String>)> {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        id: i64,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        record: Option<String>,
    }
    let rows: Vec<Row> = feed.read(|conn| {
        let query = "SELECT r.id AS id, MAX(e.external_id) AS record FROM residents r LEFT JOIN pairings p ON \
                     p.local_id = r.id AND p.kind = 'resident' AND p.ended_at IS NULL LEFT JOIN external_records e \
                     ON e.id = p.external_record_id GROUP BY r.id";
        Ok(diesel::sql_query(query).load(conn)?)
    });
    rows.into_iter()
        .map(|row| {
            let resident = feed.resident_now(ResidentId(row.id));
            (row.id, (resident.facts, resident.state, row.record))
        })
        .collect()
}

#[actix_web::test]
async fn undoing_takes_back_creations_changes_leavings_and_returns() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..40);
    feed.sync();
    feed.without(5..6);
    feed.sync();
    feed.sync();
    assert!(feed.resident_now(feed.paired("p-5").unwrap()).is_archived());
    feed.without(6..7);
    feed.sync();
    let before = as_people_see_it(&feed);
    // One leaves, one comes back with another status, one changes, two are new.
    feed.people.push(person(5));
    feed.person(5).status = Some("Respite".into());
    feed.person(1).status = Some("Hospital".into());
    feed.people.extend(people(50..52));
    let run = feed.sync();
    let counts = run.counts().0;
    assert_eq!((counts.created, counts.changed, counts.left, counts.returned), (2, 1, 1, 1), "{counts:?}");
    let undone = undo(&feed, &run);
    assert_eq!((undone.people, undone.left_alone.len()), (5, 0));
    assert_eq!(as_people_see_it(&feed), before);
    assert_eq!(feed.run(run.id).state, RunState::Undone);
    assert!(feed.changes(&run, "").iter().filter(|line| line.kind != "missing").all(|line| line.undone));
    assert_eq!(feed.events("run.undone"), 1);
    // The next nights leave it so…
    for _ in 0..3 {
        let run = feed.sync();
        let counts = run.counts().0;
        assert_eq!(
            (counts.created, counts.changed, counts.left, counts.returned),
            (0, 0, 0, 0),
            "{counts:?}"
        );
        assert_eq!(as_people_see_it(&feed), before);
        let words: Vec<String> = feed.changes(&run, "to_check").into_iter().map(|line| line.words).collect();
        assert!(words.iter().all(|words| words.contains("was undone")), "{words:?}");
    }
    // … until the records change.
    feed.person(50).room = Some("4".into());
    feed.person(1).status = Some("Respite".into());
    feed.person(5).room = Some("4".into());
    let counts = feed.sync().counts().0;
    assert_eq!((counts.created, counts.changed, counts.returned), (1, 1, 1), "{counts:?}");
}

#[actix_web::test]
async fn an_undone_pair_is_not_made_again_by_itself() {
    let mut feed = Feed::pairing().await;
    let mut spelt = person(0);
    spelt.status = Some(String::new());
    let resident = feed.resident(&spelt);
    feed.resident(&person(1));
    feed.people = people(0..2);
    let before = as_people_see_it(&feed);
    let run = feed.sync();
    assert_eq!(run.counts().0.paired, 2);
    assert_eq!(feed.resident_now(resident).facts.care_status, "Permanent");
    assert_eq!(undo(&feed, &run), Undone { people: 2, left_alone: vec![] });
    assert_eq!(as_people_see_it(&feed), before);
    for n in 0..3 {
        feed.person(0).room = Some(format!("{n}"));
        assert_eq!(feed.sync().counts().0.paired, 0);
    }
    // In create mode it is no reason to make the person a second time.
    feed.set_mode(SyncMode::Create);
    feed.person(0).room = Some("last".into());
    let run = feed.sync();
    assert_eq!((run.counts().0.created, run.counts().0.to_check), (0, 2));
    // Somebody may say otherwise.
    let chosen = pairing::Chosen {
        connection: feed.connection,
        system: pairing::matching::System::Nourish,
        kind: Kind::People,
        local: resident.0,
        record: kinbridge::kit::ids::ExternalRecordId(
            feed.number("SELECT id FROM external_records WHERE external_id = 'p-0'"),
        ),
    };
    feed.write(|tx| pairing::link(tx, &feed.scope::<PairRecords>(), &chosen, false, None));
    assert_eq!(feed.paired("p-0"), Some(resident));
}

#[actix_web::test]
async fn people_who_were_edited_since_are_named_and_left() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    let first = feed.sync();
    let edited = feed.paired("p-2").unwrap();
    let mut facts = feed.resident_now(edited).facts;
    facts.room = "Attic".into();
    let scope = feed.scope::<EditResidents>();
    feed.write(|tx| residents::change(tx, &scope, edited, residents::FIRST_VERSION, &facts));
    let unlinked = feed.paired("p-3").unwrap();
    feed.write(|tx| {
        pairing::unlink(tx, &feed.scope::<PairRecords>(), feed.connection, Kind::People, unlinked.0)
    });
    let undone = undo(&feed, &first);
    assert_eq!(undone.people, 8);
    let name = |n: u32| format!("{} {}", person(n).first_name, person(n).last_name);
    let mut left = undone.left_alone;
    left.sort();
    let mut expected = vec![name(2), name(3)];
    expected.sort();
    assert_eq!(left, expected);
    assert_eq!(feed.resident_now(edited).facts.room, "Attic");
    assert_eq!(feed.count("residents"), 2);
}

#[actix_web::test]
async fn a_field_that_a_later_sync_changed_is_left() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    feed.person(0).status = Some("Hospital".into());
    feed.person(1).status = Some("Hospital".into());
    let run = feed.sync();
    feed.person(0).status = Some("Respite".into());
    feed.sync();
    let undone = undo(&feed, &run);
    assert_eq!((undone.people, undone.left_alone.len()), (1, 1));
    let status = |id| feed.resident_now(feed.paired(id).unwrap()).facts.care_status;
    assert_eq!((status("p-0").as_str(), status("p-1").as_str()), ("Respite", "Permanent"));
}

#[actix_web::test]
async fn a_pair_whose_person_was_changed_since_is_left() {
    let mut feed = Feed::pairing().await;
    let mut blank = person(0);
    blank.status = Some(String::new());
    let resident = feed.resident(&blank);
    feed.people = people(0..1);
    let run = feed.sync();
    feed.person(0).status = Some("Hospital".into());
    feed.sync();
    let undone = undo(&feed, &run);
    assert_eq!((undone.people, undone.left_alone.len()), (0, 1));
    assert_eq!(feed.paired("p-0"), Some(resident), "half an undo is none");
}

#[actix_web::test]
async fn a_run_is_undone_once_and_only_when_it_has_finished() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    let run = feed.sync();
    let preview = feed.preview();
    let try_undo = |run: &Run| feed.try_write(|tx| sync::undo(tx, &feed.scope::<UndoRuns>(), run.id));
    assert!(matches!(try_undo(&preview), Err(Refusal::Overtaken(words)) if words.contains("finished")));
    let waiting = feed.ask(sync::Wanted::Both, false);
    assert!(matches!(try_undo(&run), Err(Refusal::Overtaken(words)) if words.contains("is running")));
    feed.write(|tx| sync::cancel(tx, &feed.scope(), waiting));
    assert_eq!(undo(&feed, &run).people, 10);
    assert!(matches!(try_undo(&run), Err(Refusal::Overtaken(words)) if words.contains("already undone")));
}

/// What happens at the vendor before the run that is undone.
#[derive(Debug, Clone)]
enum Happens {
    Comes(u32),
    Goes(u32),
    Changes(u32, &'static str),
    IsRenamed(u32),
    IsAddedHere(u32),
    ANight,
}

fn happens() -> impl Strategy<Value = Happens> {
    let who = || 0..12_u32;
    prop_oneof![
        who().prop_map(Happens::Comes),
        who().prop_map(Happens::Goes),
        (who(), prop_oneof![Just("Hospital"), Just("Respite"), Just("Permanent")])
            .prop_map(|(who, status)| Happens::Changes(who, status)),
        who().prop_map(Happens::IsRenamed),
        who().prop_map(Happens::IsAddedHere),
        Just(Happens::ANight),
    ]
}

fn play(feed: &mut Feed, happens: &Happens) {
    let with = |feed: &mut Feed, n: u32, change: &dyn Fn(&mut kinbridge::connectors::PersonRecord)| {
        let id = format!("p-{n}");
        if let Some(record) = feed.people.iter_mut().find(|record| record.external_id == id) {
            change(record);
        }
    };
    match happens {
        Happens::Comes(n) => {
            feed.without(*n..*n + 1);
            feed.people.push(person(*n));
        }
        Happens::Goes(n) => feed.without(*n..*n + 1),
        Happens::Changes(n, status) => with(feed, *n, &|record| record.status = Some((*status).to_owned())),
        Happens::IsRenamed(n) => with(feed, *n, &|record| record.last_name.push('x')),
        Happens::IsAddedHere(n) => drop(feed.resident(&person(*n))),
        Happens::ANight => drop(feed.sync()),
    }
}

#[test]
fn whatever_happened_undoing_the_last_run_gives_back_what_was_before_it() {
    let cases = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let strategy = (
        any::<bool>(),
        proptest::collection::vec(happens(), 1..12),
        proptest::collection::vec(happens(), 1..6),
    );
    TestRunner::new(cases)
        .run(&strategy, |(creates, history, last)| {
            actix_web::rt::System::new().block_on(async {
                let mut feed = if creates { Feed::creating().await } else { Feed::pairing().await };
                for n in 0..8 {
                    if !creates && n % 2 == 0 {
                        feed.resident(&person(n));
                    }
                    feed.people.push(person(n));
                }
                feed.sync();
                for one in history.iter().chain(&last) {
                    play(&mut feed, one);
                }
                let before = as_people_see_it(&feed);
                let run = feed.sync();
                if !matches!(run.state, RunState::Done | RunState::Partly) {
                    prop_assert_eq!(as_people_see_it(&feed), before);
                    return Ok(());
                }
                let counts = run.counts().0;
                let parts = counts.paired + counts.created + counts.changed + counts.returned;
                let parts = parts + counts.unchanged + counts.to_check + counts.out_of_scope + counts.failed;
                prop_assert_eq!(parts, counts.total, "{:?}", counts);
                let undone = undo(&feed, &run);
                prop_assert_eq!(undone.left_alone, Vec::<String>::new());
                prop_assert_eq!(as_people_see_it(&feed), before.clone());
                // And the next run does not do it again. Whoever is missing may come to be a leaver.
                let next = feed.sync();
                let counts = next.counts().0;
                prop_assert_eq!(
                    (counts.paired, counts.created, counts.changed, counts.returned),
                    (0, 0, 0, 0)
                );
                Ok(())
            })
        })
        .unwrap();
}
