//! Writing to Nourish and reading back, the connector against the simulator: entries of a timeline, tasks and notes.
//! What Nourish really asks for is assumed; these tests hold that both of our sides mean the same.

#![cfg(test)]

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use kinbridge::connectors::{EntryChange, Failure, FailureKind, Found, Retry, TimelineEntry, Topic};
use kinbridge::sandbox::nourish::{Entry, Fault, Lasting};

use crate::nourish::{INTEGRATION_ID, TOKEN, World, token};

fn yoga(external_id: &str) -> TimelineEntry {
    TimelineEntry {
        topic: Topic::Activity,
        code: None,
        external_id: external_id.into(),
        person: "48213".into(),
        service: Some("svc-101".into()),
        at: "2026-05-03T14:00:00Z".parse().unwrap(),
        activity_name: "Chair yoga".into(),
        details: "Seated stretch".into(),
        location: "Lounge".into(),
        took_part: true,
        rating: Some(5),
        comment: "Enjoyed it".into(),
        completed_by: "J. Cole".into(),
        change: EntryChange::New,
    }
}

#[tokio::test]
async fn an_entry_arrives_with_exactly_the_seven_fields_and_its_own_time() {
    let world = World::on();
    let receipt = world.system.write_entry(&token(), &yoga("act-1")).await.unwrap();
    assert_eq!(receipt.vendor_id.as_deref(), Some("in-1"));
    let entries = world.simulator.entries();
    let expected = Entry {
        id: "in-1".into(),
        at_night: false,
        external_id: "act-1".into(),
        client_id: "48213".into(),
        occurred_at: "2026-05-03T14:00:00Z".into(),
        recorded_at: entries[0].recorded_at.clone(),
        activity_name: "Chair yoga".into(),
        details: "Seated stretch".into(),
        location: "Lounge".into(),
        took_part: true,
        rating: Some(5),
        comment: "Enjoyed it".into(),
        completed_by: "J. Cole".into(),
        replaces: None,
        withdrawn: false,
    };
    assert_eq!(entries, [expected]);
    let call = world.simulator.calls().pop().unwrap();
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/v1/interactions/writer"));
}

#[tokio::test]
async fn a_decline_is_sent_too_without_a_rating() {
    let world = World::on();
    let declined = TimelineEntry {
        took_part: false,
        rating: None,
        comment: String::new(),
        details: String::new(),
        location: String::new(),
        ..yoga("act-1")
    };
    world.system.write_entry(&token(), &declined).await.unwrap();
    let entry = &world.simulator.entries()[0];
    assert_eq!((entry.took_part, entry.rating, entry.comment.as_str()), (false, None, ""));
}

#[tokio::test]
async fn the_same_entry_twice_is_one_entry_and_both_are_confirmed_alike() {
    let world = World::on();
    let first = world.system.write_entry(&token(), &yoga("act-1")).await.unwrap();
    let second = world.system.write_entry(&token(), &yoga("act-1")).await.unwrap();
    assert_eq!((first, world.simulator.entries().len()), (second, 1));
}

#[tokio::test]
async fn an_entry_is_found_by_our_identifier_or_is_not_there() {
    let world = World::on();
    assert_eq!(world.system.find_entry(&token(), "act-1").await.unwrap(), Found::NotThere);
    let receipt = world.system.write_entry(&token(), &yoga("act-1")).await.unwrap();
    assert_eq!(world.system.find_entry(&token(), "act-1").await.unwrap(), Found::There(receipt));
    assert_eq!(world.system.find_entry(&token(), "act-2").await.unwrap(), Found::NotThere);
}

#[tokio::test]
async fn a_correction_and_a_withdrawal_name_the_entry_and_leave_it_where_it_is() {
    let world = World::on();
    world.system.write_entry(&token(), &yoga("act-1")).await.unwrap();
    let corrected =
        TimelineEntry { rating: Some(2), change: EntryChange::Corrects("act-1".into()), ..yoga("act-2") };
    world.system.write_entry(&token(), &corrected).await.unwrap();
    let withdrawn = TimelineEntry { change: EntryChange::Withdraws("act-2".into()), ..yoga("act-3") };
    world.system.write_entry(&token(), &withdrawn).await.unwrap();
    let entries = world.simulator.entries();
    assert_eq!(entries[0].rating, Some(5));
    assert_eq!((entries[1].rating, entries[1].replaces.as_deref()), (Some(2), Some("act-1")));
    assert_eq!((entries[2].withdrawn, entries[2].replaces.as_deref()), (true, Some("act-2")));
    let nobodys = TimelineEntry { change: EntryChange::Corrects("act-9".into()), ..yoga("act-4") };
    let failure = world.system.write_entry(&token(), &nobodys).await.unwrap_err();
    assert!(failure.words.contains("no such entry to replace"), "{}", failure.words);
}

#[tokio::test]
async fn what_the_vendor_has_no_room_for_is_cut_and_shown_as_cut() {
    let world = World::on();
    let long = TimelineEntry { details: "é".repeat(1_200), ..yoga("act-1") };
    let shown = world.system.shown(&long);
    let labels: Vec<&str> = shown.iter().map(|field| field.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "Activity name",
            "Details",
            "Location",
            "Did person supported take part?",
            "Rating",
            "Comment",
            "Completed by"
        ]
    );
    assert_eq!(shown.iter().map(|field| field.cut).collect::<Vec<_>>(), [0, 200, 0, 0, 0, 0, 0]);
    world.system.write_entry(&token(), &long).await.unwrap();
    assert_eq!(world.simulator.entries()[0].details, shown[1].value);
}

#[tokio::test]
async fn what_nourish_refuses_is_said_in_its_words_and_never_tried_again() {
    let world = World::on();
    for (wrong, said) in [
        (TimelineEntry { rating: Some(0), ..yoga("a") }, "Rating must be a number from 1 to 5."),
        (TimelineEntry { rating: Some(6), ..yoga("a") }, "Rating must be a number from 1 to 5."),
        (TimelineEntry { person: "nobody".into(), ..yoga("a") }, "There is no such person in this service."),
        (TimelineEntry { person: "p-11".into(), ..yoga("a") }, "There is no such person in this service."),
        (TimelineEntry { activity_name: " ".into(), ..yoga("a") }, "Activity name is missing."),
        (TimelineEntry { completed_by: String::new(), ..yoga("a") }, "Completed by is missing."),
        (TimelineEntry { at: far_ahead(), ..yoga("a") }, "not in the future"),
        (TimelineEntry { service: Some("svc-102".into()), ..yoga("a") }, "does not belong to this service"),
    ] {
        let failure = world.system.write_entry(&token(), &wrong).await.unwrap_err();
        assert_eq!((failure.kind, failure.retry), (FailureKind::EntryRejected, Retry::NeedsPerson), "{said}");
        assert!(failure.words.contains(said), "{said}: {}", failure.words);
        assert!(!failure.kind.left_open());
    }
    assert!(world.simulator.entries().is_empty());
}

fn far_ahead() -> DateTime<Utc> {
    "2126-05-03T14:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn a_token_over_several_services_may_not_write_until_that_is_arranged() {
    let world = World::on();
    world.simulator.paste_token("svc-102", TOKEN);
    let failure = world.system.write_entry(&token(), &yoga("act-1")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::EntryRejected);
    assert!(failure.words.contains("serves several services"), "{}", failure.words);
    world.simulator.set_multi_service(true);
    let without = TimelineEntry { service: None, ..yoga("act-1") };
    assert!(world.system.write_entry(&token(), &without).await.is_err());
    world.system.write_entry(&token(), &yoga("act-1")).await.unwrap();
}

/// What each fault means for a write: its name, whether the entry may be there, and whether it is.
const WRITTEN: &[(Fault, FailureKind, bool, bool)] = &[
    (Fault::Unauthorised, FailureKind::CredentialRefused, false, false),
    (Fault::Forbidden, FailureKind::CredentialRefused, false, false),
    (Fault::NotFound, FailureKind::NotFound, false, false),
    (Fault::BusySeconds, FailureKind::TooManyRequests, false, false),
    (Fault::BusyDate, FailureKind::TooManyRequests, false, false),
    (Fault::ServerError, FailureKind::ServerError, true, false),
    (Fault::Unavailable, FailureKind::Unavailable, true, false),
    (Fault::RedirectInside, FailureKind::Redirected, false, false),
    (Fault::FirstByteHang, FailureKind::FirstByteTimeout, true, false),
    (Fault::Reset, FailureKind::ConnectionReset, true, false),
    (Fault::CommitThenDelay, FailureKind::FirstByteTimeout, true, true),
    (Fault::CommitThenDrop, FailureKind::ConnectionReset, true, true),
    (Fault::CommitThenGarble, FailureKind::MalformedJson, true, true),
    (Fault::SlowDrip, FailureKind::TooSlow, true, true),
    (Fault::HangMidBody, FailureKind::Stalled, true, true),
    (Fault::ShortBody, FailureKind::ShortBody, true, true),
    (Fault::MalformedJson, FailureKind::MalformedJson, true, true),
    (Fault::BadUtf8, FailureKind::MalformedJson, true, true),
    (Fault::HtmlLogin, FailureKind::WebPage, true, true),
    (Fault::NoContent, FailureKind::NoContent, true, true),
    (Fault::WrongContentType, FailureKind::WrongContentType, true, true),
    (Fault::GzipBomb, FailureKind::TooLarge, true, true),
    (Fault::EndlessBody, FailureKind::TooLarge, true, true),
    (Fault::HugeBody, FailureKind::TooLarge, true, true),
    (Fault::DeepJson, FailureKind::TooLarge, true, true),
];

#[tokio::test]
async fn every_fault_of_a_write_ends_soon_and_says_whether_the_entry_may_be_there() {
    let world = World::on();
    for (number, (fault, kind, open, there)) in WRITTEN.iter().enumerate() {
        let entry = yoga(&format!("act-{number}"));
        world.simulator.set_fault_for(*fault, Lasting::Answers(1));
        let begun = Instant::now();
        let failure = world.system.write_entry(&token(), &entry).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(3), "{fault:?} took {:?}", begun.elapsed());
        assert_eq!((failure.kind, failure.kind.left_open()), (*kind, *open), "{fault:?}");
        keeps_quiet(&failure, &world.origin);
        let found = world.system.find_entry(&token(), &entry.external_id).await.unwrap();
        assert_eq!(found != Found::NotThere, *there, "{fault:?}");
    }
}

fn keeps_quiet(failure: &Failure, origin: &str) {
    let told = format!("{failure:?}{failure}");
    let port = origin.rsplit(':').next().unwrap();
    for secret in [TOKEN, INTEGRATION_ID, "127.0.0.1", port, "interactions/", "Chair yoga", "48213"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn the_wait_that_nourish_asks_for_is_kept_up_to_six_hours() {
    let world = World::on();
    for (fault, wait) in [(Fault::BusySeconds, 120), (Fault::BusyAbsurd, 6 * 3600), (Fault::Unavailable, 60)]
    {
        world.simulator.set_fault(fault);
        let failure = world.system.write_entry(&token(), &yoga("act-1")).await.unwrap_err();
        assert_eq!(failure.retry, Retry::Later { after: Some(Duration::from_secs(wait)) }, "{fault:?}");
    }
}

#[tokio::test]
async fn a_task_names_a_relative_exactly_as_it_was_typed() {
    let world = World::on();
    let before = recently();
    world.simulator.record_task("48213", "Tom Marsh", "tom@example.org", "Son");
    world.simulator.record_task("p-11", "Somebody", "other@example.org", "Niece");
    world.simulator.record_task("p-1", "Zoë O’Neil", "not an address", "");
    let read = world.system.read_tasks(&token(), before).await.unwrap();
    let tasks: Vec<_> = read
        .records
        .iter()
        .map(|task| {
            let names =
                (task.relative_name.as_str(), task.relative_email.as_str(), task.relationship.as_str());
            (task.task_id.as_str(), task.person.as_str(), names)
        })
        .collect();
    assert_eq!(
        tasks,
        [
            ("task-1", "48213", ("Tom Marsh", "tom@example.org", "Son")),
            ("task-3", "p-1", ("Zoë O’Neil", "not an address", "")),
        ]
    );
    assert!(read.records[0].recorded_at.unwrap() >= before);
    assert!(read.unmapped_fields.is_empty() && read.warnings.is_empty() && read.set_aside.is_empty());
    let later = world.system.read_tasks(&token(), before + TimeDelta::hours(2)).await.unwrap();
    assert!(later.records.is_empty());
}

/// A minute ago by the wall clock, which the simulator uses.
fn recently() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now() - Duration::from_mins(1))
}

#[tokio::test]
async fn a_note_comes_back_to_the_task_once() {
    let world = World::on();
    let task = world.simulator.record_task("48213", "Tom Marsh", "tom@", "Son");
    for _ in 0..2 {
        world.system.answer_task(&token(), &task, "tom@ is not an e-mail address.").await.unwrap();
    }
    assert_eq!(world.simulator.tasks()[0].notes, ["tom@ is not an e-mail address."]);
    let failure = world.system.answer_task(&token(), "task-9", "Hello").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::EntryRejected);
    let others = world.simulator.record_task("p-11", "Ann", "a@b", "Niece");
    assert!(world.system.answer_task(&token(), &others, "Hello").await.is_err());
}

#[tokio::test]
async fn tasks_and_notes_fail_with_the_same_names() {
    let world = World::on();
    let task = world.simulator.record_task("48213", "Tom Marsh", "tom@", "Son");
    for (fault, kind) in [
        (Fault::Unauthorised, FailureKind::CredentialRefused),
        (Fault::BusySeconds, FailureKind::TooManyRequests),
        (Fault::ServerError, FailureKind::ServerError),
        (Fault::HtmlLogin, FailureKind::WebPage),
        (Fault::MalformedJson, FailureKind::MalformedJson),
        (Fault::EndlessBody, FailureKind::TooLarge),
        (Fault::FirstByteHang, FailureKind::FirstByteTimeout),
    ] {
        world.simulator.set_fault(fault);
        assert_eq!(world.system.read_tasks(&token(), recently()).await.unwrap_err().kind, kind, "{fault:?}");
        let noted = world.system.answer_task(&token(), &task, &format!("{fault:?}")).await.unwrap_err();
        assert_eq!(noted.kind, kind, "{fault:?}");
    }
}

#[tokio::test]
async fn a_fifth_of_all_writes_fails_at_random_and_what_was_kept_is_found() {
    let world = World::on();
    world.simulator.set_fault(Fault::FailAtRandom);
    world.simulator.seed_chance(3);
    let mut failed = Vec::new();
    for number in 0..200 {
        let entry = yoga(&format!("act-{number}"));
        if let Err(failure) = world.system.write_entry(&token(), &entry).await {
            assert!(failure.kind.left_open(), "{:?}", failure.kind);
            failed.push(entry.external_id);
        }
    }
    world.simulator.clear_fault();
    assert!((20..70).contains(&failed.len()), "{}", failed.len());
    let mut kept = 0;
    for id in &failed {
        kept += usize::from(world.system.find_entry(&token(), id).await.unwrap() != Found::NotThere);
    }
    assert!(kept > 0 && kept < failed.len());
    assert_eq!(world.simulator.entries().len(), 200 - failed.len() + kept);
}
