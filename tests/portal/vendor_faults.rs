//! A vendor that lies, stalls or attacks: each fault ends soon, with a name, and nothing is sent where it should not.

#![cfg(test)]

use std::time::{Duration, Instant};

use kinbridge::connectors::{Failure, FailureKind, Retry};
use kinbridge::sandbox::nourish::{Fault, Lasting};

use crate::nourish::{INTEGRATION_ID, TOKEN, World, token};

/// What each fault is called by the connector; `None`: the answer is used.
pub const EXPECTED: &[(Fault, Option<FailureKind>)] = &[
    (Fault::Unauthorised, Some(FailureKind::CredentialRefused)),
    (Fault::Forbidden, Some(FailureKind::CredentialRefused)),
    (Fault::NotFound, Some(FailureKind::NotFound)),
    (Fault::BusySeconds, Some(FailureKind::TooManyRequests)),
    (Fault::BusyDate, Some(FailureKind::TooManyRequests)),
    (Fault::BusyAbsurd, Some(FailureKind::TooManyRequests)),
    (Fault::ServerError, Some(FailureKind::ServerError)),
    (Fault::Unavailable, Some(FailureKind::Unavailable)),
    (Fault::FirstByteHang, Some(FailureKind::FirstByteTimeout)),
    (Fault::SlowDrip, Some(FailureKind::TooSlow)),
    (Fault::HangMidBody, Some(FailureKind::Stalled)),
    (Fault::Reset, Some(FailureKind::ConnectionReset)),
    (Fault::ShortBody, Some(FailureKind::ShortBody)),
    (Fault::HalfAPage, Some(FailureKind::TruncatedJson)),
    (Fault::TruncatedJson, Some(FailureKind::TruncatedJson)),
    (Fault::MalformedJson, Some(FailureKind::MalformedJson)),
    (Fault::HtmlLogin, Some(FailureKind::WebPage)),
    (Fault::NoContent, Some(FailureKind::NoContent)),
    (Fault::WrongContentType, Some(FailureKind::WrongContentType)),
    (Fault::BadUtf8, Some(FailureKind::BadText)),
    (Fault::GzipBomb, Some(FailureKind::TooLarge)),
    (Fault::EndlessBody, Some(FailureKind::TooLarge)),
    (Fault::HugeBody, Some(FailureKind::TooLarge)),
    (Fault::DeepJson, Some(FailureKind::TooDeep)),
    (Fault::DuplicateKeys, Some(FailureKind::AllRecordsBroken)),
    (Fault::DuplicateIdsSame, None),
    (Fault::DuplicateIdsDifferent, None),
    (Fault::UnknownFields, None),
    (Fault::ChangedTypes, Some(FailureKind::AllRecordsBroken)),
    (Fault::EmptyList, None),
    (Fault::MostMissing, None),
    (Fault::AllNewIds, None),
    (Fault::PageLoop, Some(FailureKind::PageLoop)),
    (Fault::RedirectInside, Some(FailureKind::Redirected)),
    (Fault::NullsEverywhere, Some(FailureKind::AllRecordsBroken)),
    // These are about entries alone.
    (Fault::CommitThenDelay, None),
    (Fault::CommitThenDrop, None),
    (Fault::CommitThenGarble, None),
    (Fault::FailAtRandom, None),
];

#[tokio::test]
async fn every_fault_ends_soon_with_its_name_and_the_next_question_is_answered() {
    assert_eq!(Fault::all().count(), EXPECTED.len());
    let world = World::on();
    for (fault, expected) in EXPECTED {
        world.simulator.set_fault(*fault);
        let begun = Instant::now();
        let found = world.system.read_people(&token(), &()).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "{fault:?} took {:?}", begun.elapsed());
        assert_eq!(found.as_ref().err().map(|failure| failure.kind), *expected, "{fault:?}: {found:?}");
        if let Err(failure) = &found {
            keeps_quiet(failure, &world.origin);
        }
        world.simulator.clear_fault();
        let after = world
            .system
            .read_people(&token(), &())
            .await
            .unwrap_or_else(|failure| panic!("{fault:?}: {failure}"));
        assert_eq!(after.records.len(), 10, "after {fault:?}");
    }
}

fn keeps_quiet(failure: &Failure, origin: &str) {
    let told = format!("{failure:?}{failure}");
    let port = origin.rsplit(':').next().unwrap();
    for secret in [TOKEN, INTEGRATION_ID, "127.0.0.1", port, "clients/reader", "Marsh"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn staff_and_services_fail_with_the_same_names() {
    let world = World::on();
    for (fault, expected) in EXPECTED.iter().filter(|(_, expected)| expected.is_some()) {
        world.simulator.set_fault(*fault);
        let staff = world.system.read_staff(&token(), &()).await.map(|staff| staff.set_aside.len());
        match staff {
            Err(failure) => assert_eq!(Some(failure.kind), *expected, "{fault:?}"),
            // One staff member only: a single broken record is set aside rather than called a broken list.
            Ok(set_aside) => {
                assert_eq!((set_aside, *expected), (1, Some(FailureKind::AllRecordsBroken)), "{fault:?}");
            }
        }
        let services = world.system.list_services(&token()).await;
        let spared = matches!(expected, Some(FailureKind::AllRecordsBroken));
        assert_eq!(services.err().map(|failure| failure.kind), expected.filter(|_| !spared), "{fault:?}");
    }
}

#[tokio::test]
async fn a_silence_ends_at_the_vendors_side_too_when_we_go() {
    let world = World::on();
    for fault in [Fault::FirstByteHang, Fault::HangMidBody, Fault::SlowDrip] {
        world.simulator.set_fault(fault);
        world.system.read_people(&token(), &()).await.unwrap_err();
        let begun = Instant::now();
        while world.simulator.busy() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(5), "{fault:?} is still held");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_fault_lasts_as_many_answers_as_was_said() {
    let world = World::on();
    world.simulator.set_fault_for(Fault::ServerError, Lasting::Answers(2));
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(world.system.read_people(&token(), &()).await.is_ok());
    }
    assert_eq!(seen, [false, false, true]);
}

#[tokio::test]
async fn a_wait_that_the_vendor_asks_for_is_kept_and_an_absurd_one_is_cut() {
    let world = World::on();
    let hours = |hours| Duration::from_hours(hours);
    for (fault, least, most) in [
        (Fault::BusySeconds, Duration::from_mins(2), Duration::from_mins(2)),
        (Fault::BusyDate, Duration::from_secs(115), Duration::from_secs(121)),
        (Fault::BusyAbsurd, hours(6), hours(6)),
        (Fault::Unavailable, Duration::from_mins(1), Duration::from_mins(1)),
    ] {
        world.simulator.set_fault(fault);
        let failure = world.system.read_people(&token(), &()).await.unwrap_err();
        let Retry::Later { after: Some(wait) } = failure.retry else {
            panic!("{fault:?}: {:?}", failure.retry)
        };
        assert!(least <= wait && wait <= most, "{fault:?}: {wait:?}");
    }
    world.simulator.set_fault(Fault::ServerError);
    let failure = world.system.read_people(&token(), &()).await.unwrap_err();
    assert_eq!(failure.retry, Retry::Later { after: None });
}

#[tokio::test]
async fn identical_doubles_become_one_and_different_ones_are_all_set_aside() {
    let world = World::on();
    world.simulator.set_fault(Fault::DuplicateIdsSame);
    let same = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!((same.records.len(), same.set_aside.len()), (10, 0));
    world.simulator.set_fault(Fault::DuplicateIdsDifferent);
    let torn = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!((torn.records.len(), torn.set_aside.len()), (9, 2));
    assert!(torn.records.iter().all(|person| person.external_id != "48213"));
    assert!(torn.set_aside[0].reason.contains("twice with different details"));
    assert!(torn.set_aside[0].repair.contains("profile in Nourish"));
}

#[tokio::test]
async fn unknown_fields_are_named_and_change_nothing() {
    let world = World::on();
    let before = world.system.read_people(&token(), &()).await.unwrap();
    world.simulator.set_fault(Fault::UnknownFields);
    let after = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!(before.records, after.records);
    assert_eq!(after.unmapped_fields.iter().map(String::as_str).collect::<Vec<_>>(), ["extra", "moon_phase"]);
}

#[tokio::test]
async fn a_broken_record_is_set_aside_with_its_reason_and_the_others_come() {
    let world = World::on();
    world.simulator.edit_client("p-1", |client| client.last_name.clear());
    world.simulator.edit_client("p-2", |client| client.birth_date = "1938-02-30".into());
    world.simulator.edit_client("p-3", |client| client.id.clear());
    world.simulator.edit_client("p-4", |client| client.last_name = "x".repeat(500));
    let people = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!(people.records.len(), 7);
    let reasons: Vec<_> = people.set_aside.iter().map(|one| one.reason.as_str()).collect();
    let expected = [
        "The last name is missing.",
        "The identifier is missing.",
        "The last name came in a form that cannot be read.",
    ];
    assert_eq!(reasons, expected);
    assert_eq!(
        people.set_aside[0].repair,
        "Fill it in on the person's profile in Nourish, save, and sync again."
    );
    let kept = people.records.iter().find(|person| person.external_id == "p-2").unwrap();
    assert_eq!((kept.date_of_birth, people.warnings.len()), (None, 1));
    assert!(people.warnings[0].words.contains("not a possible one"), "{:?}", people.warnings);
}
