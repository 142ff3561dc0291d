//! Who is missing, who has left, and who is neither.

#![cfg(test)]

use kinbridge::domain::access::EditResidents;
use kinbridge::domain::residents;
use kinbridge::domain::sync::RunState;

use crate::support::vendors::{Feed, add_up, people, person, staff_member, why, worker};

#[actix_web::test]
async fn a_person_leaves_after_two_complete_answers_without_them_and_comes_back_when_listed_again() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..30);
    feed.sync();
    let leaver = feed.paired("p-7").unwrap();
    feed.without(7..8);
    let run = feed.sync();
    assert_eq!((run.counts().0.missing, run.counts().0.left), (1, 0));
    assert!(feed.changes(&run, "missing")[0].words.contains("not yet confirmed"));
    assert!(!feed.resident_now(leaver).is_archived());
    let run = feed.sync();
    assert_eq!((run.counts().0.left, run.state), (1, RunState::Done));
    let resident = feed.resident_now(leaver);
    assert!(resident.is_archived() && resident.archived_because.starts_with("No longer in"));
    assert_eq!(feed.paired("p-7"), Some(leaver), "the pairing is kept");
    assert_eq!(feed.sync().counts().0.left, 0, "once");
    // Back, and moved meanwhile.
    feed.people.push(person(7));
    feed.person(7).status = Some("Respite".into());
    let run = feed.sync();
    assert_eq!((run.counts().0.returned, run.counts().0.created), (1, 0));
    assert!(add_up(run.counts().0));
    let resident = feed.resident_now(leaver);
    assert!(!resident.is_archived());
    assert_eq!(resident.facts.care_status, "Respite");
    // And a later absence counts from the start.
    feed.without(7..8);
    assert_eq!(feed.sync().counts().0.left, 0);
    assert_eq!(feed.sync().counts().0.left, 1);
}

#[actix_web::test]
async fn somebody_missing_once_and_listed_again_starts_from_nought() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    let all = feed.people.clone();
    feed.without(3..4);
    feed.sync();
    feed.people = all.clone();
    feed.sync();
    feed.without(3..4);
    assert_eq!(feed.sync().counts().0.left, 0);
}

#[actix_web::test]
async fn somebody_archived_there_leaves_as_if_they_were_not_listed() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    feed.person(4).archived = true;
    let run = feed.sync();
    assert_eq!((run.counts().0.missing, run.counts().0.out_of_scope), (1, 1));
    assert!(add_up(run.counts().0));
    assert_eq!(feed.sync().counts().0.left, 1);
    let run = feed.sync();
    assert_eq!((run.counts().0.left, run.counts().0.out_of_scope, run.counts().0.unchanged), (0, 1, 9));
}

#[actix_web::test]
async fn a_broken_record_is_not_a_missing_one() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    feed.without(2..3);
    feed.set_aside = vec![kinbridge::connectors::SetAside {
        external_id: Some("p-2".into()),
        name: Some("Cecily".into()),
        reason: "The last name is missing.".into(),
        repair: "Fill it in on the person's profile in Nourish, save, and sync again.".into(),
    }];
    for _ in 0..3 {
        let run = feed.sync();
        let counts = run.counts().0;
        assert_eq!((run.state, counts.failed, counts.missing, counts.left), (RunState::Partly, 1, 0, 0));
        assert!(add_up(counts));
        assert_eq!(feed.problems(&run)[0].reason, "The last name is missing.");
    }
    // One that cannot be told to be anybody: then nobody is known to be missing.
    feed.set_aside[0].external_id = None;
    for _ in 0..3 {
        assert_eq!(feed.sync().counts().0.left, 0);
    }
    assert!(!feed.resident_now(feed.paired("p-2").unwrap()).is_archived());
}

#[actix_web::test]
async fn people_of_a_service_that_is_not_on_any_more_have_not_left() {
    let mut feed = Feed::creating().await;
    feed.services.insert("s-2".into(), "Elm Lodge".into());
    feed.people = people(0..12);
    for n in 8..12 {
        feed.person(n).service_id = Some("s-2".into());
    }
    feed.sync();
    feed.services.remove("s-2");
    feed.without(8..12);
    feed.without(0..1);
    for _ in 0..3 {
        let run = feed.sync();
        assert!(matches!(run.state, RunState::Done), "{run:?}");
    }
    let archived = "SELECT COUNT(*) FROM residents WHERE state = 'archived'";
    assert_eq!(feed.number(archived), 1, "only the one whose service is on");
}

#[actix_web::test]
async fn staff_are_paired_by_name_and_address_and_leave_after_two_complete_answers() {
    let mut feed = Feed::pairing().await;
    let records: Vec<_> = (0..10).map(worker).collect();
    for record in &records {
        staff_member(&feed, record);
    }
    feed.staff = records;
    let run = feed.sync();
    assert_eq!(run.counts().1.paired, 10, "{:?}", run.counts());
    feed.staff.pop();
    assert_eq!(feed.sync().counts().1.missing, 1);
    let run = feed.sync();
    assert_eq!((run.counts().1.left, run.counts().1.missing), (1, 0));
    assert_eq!(feed.changes(&run, "left").len(), 1);
    assert_eq!(feed.number("SELECT COUNT(*) FROM staff_members WHERE state = 'active'"), 9);
    assert_eq!(feed.sync().counts().1.left, 0, "once");
}

#[actix_web::test]
async fn whoever_is_paired_with_somebody_who_is_missing_is_not_paired_again() {
    let mut feed = Feed::pairing().await;
    let resident = feed.resident(&person(0));
    let others: Vec<_> = people(1..9).iter().map(|record| feed.resident(record)).collect();
    feed.people = people(0..9);
    assert_eq!(feed.sync().counts().0.paired, others.len() + 1);
    let unpaired = feed.resident(&person(50));
    // The person comes under a new identifier.
    feed.person(0).external_id = "renumbered".into();
    let run = feed.sync();
    assert_eq!((run.state, run.counts().0.paired, run.counts().0.missing), (RunState::Done, 0, 1));
    assert_eq!((feed.paired("p-0"), feed.paired("renumbered")), (Some(resident), None));
    assert_eq!(why(&feed, unpaired), "Nobody with this name.");
}

#[actix_web::test]
async fn a_record_of_an_archived_person_is_not_given_to_somebody_else() {
    let mut feed = Feed::pairing().await;
    let resident = feed.resident(&person(0));
    feed.people = people(0..1);
    feed.sync();
    let version = feed.resident_now(resident).version;
    feed.write(|tx| residents::archive(tx, &feed.scope::<EditResidents>(), resident, version, "moved away"));
    let again = feed.resident(&person(0));
    let run = feed.sync();
    assert_eq!((run.state, run.counts().0.paired), (RunState::Done, 0));
    assert_eq!(feed.paired("p-0"), Some(resident));
    assert!(feed.resident_now(resident).is_archived(), "archived by hand stays archived");
    assert_eq!(why(&feed, again), "Already linked to somebody else.");
}
