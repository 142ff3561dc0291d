//! A FHIR server that lies, stalls or attacks, and base addresses from a form that lead inside: each ends soon, with
//! a name, and nothing is sent where it should not.

#![cfg(test)]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kinbridge::connectors::{ConnectorSettings, Credential, Failure, FailureKind, Retry};
use kinbridge::sandbox::fhir::BASE;
use kinbridge::sandbox::{Fault, Simulated as _};

use crate::fhir::{TOKEN, World, connector, settings};
use crate::nourish::quick;
use crate::vendor_addresses::{Canary, Names};

/// What each fault is called by the connector; `None`: the answer is used.
const EXPECTED: &[(Fault, Option<FailureKind>)] = &[
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
];

fn about_reading() -> impl Iterator<Item = Fault> {
    Fault::all().filter(|fault| {
        !matches!(
            fault,
            Fault::CommitThenDelay | Fault::CommitThenDrop | Fault::CommitThenGarble | Fault::FailAtRandom
        )
    })
}

#[tokio::test]
async fn every_fault_ends_soon_with_its_name_and_the_next_question_is_answered() {
    assert_eq!(about_reading().count(), EXPECTED.len());
    let world = World::on();
    let token = world.token();
    for (fault, expected) in EXPECTED {
        world.simulator.conduct().set_fault(*fault);
        let begun = Instant::now();
        let found = world.system.read_people(&token, &()).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{fault:?} took {:?}", begun.elapsed());
        assert_eq!(found.as_ref().err().map(|failure| failure.kind), *expected, "{fault:?}: {found:?}");
        if let Err(failure) = &found {
            keeps_quiet(failure, &world.origin);
        }
        world.simulator.conduct().clear_fault();
        let after = world.system.read_people(&token, &()).await;
        assert_eq!(after.unwrap_or_else(|failure| panic!("{fault:?}: {failure}")).records.len(), 12);
    }
}

fn keeps_quiet(failure: &Failure, origin: &str) {
    let told = format!("{failure:?}{failure}");
    let port = origin.rsplit(':').next().unwrap();
    for secret in [TOKEN, "127.0.0.1", port, "fhir/Patient", "Marsh"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn staff_services_and_the_test_of_the_connection_fail_with_the_same_names() {
    let world = World::on();
    let token = world.token();
    for (fault, expected) in EXPECTED.iter().filter(|(_, expected)| expected.is_some()) {
        world.simulator.conduct().set_fault(*fault);
        let of_content = *expected == Some(FailureKind::AllRecordsBroken);
        match world.system.read_staff(&token, &()).await {
            Err(failure) => assert_eq!(Some(failure.kind), *expected, "{fault:?}"),
            // One staff member only: a single broken record is set aside rather than called a broken list.
            Ok(staff) => assert_eq!((staff.set_aside.len(), of_content), (1, true), "{fault:?}"),
        }
        let services = world.system.list_services(&token).await.err().map(|failure| failure.kind);
        assert_eq!(services, expected.filter(|_| !of_content), "{fault:?}");
        let probe = world.system.probe(&token).await;
        assert!(probe.failure.is_some(), "{fault:?}");
    }
}

#[tokio::test]
async fn doubles_become_one_or_are_set_aside_and_whom_nobody_knows_comes_as_new() {
    let world = World::on();
    let token = world.token();
    let read = async |fault| {
        world.simulator.conduct().set_fault(fault);
        world.system.read_people(&token, &()).await.unwrap()
    };
    let same = read(Fault::DuplicateIdsSame).await;
    assert_eq!((same.records.len(), same.set_aside.len()), (12, 0));
    let torn = read(Fault::DuplicateIdsDifferent).await;
    assert_eq!((torn.records.len(), torn.set_aside.len()), (11, 2));
    assert!(torn.set_aside[0].reason.contains("twice with different details"));
    assert!(read(Fault::EmptyList).await.records.is_empty());
    assert_eq!(read(Fault::MostMissing).await.records.len(), 3);
    assert!(read(Fault::AllNewIds).await.records.iter().all(|one| one.external_id.starts_with("new-")));
    assert_eq!(read(Fault::UnknownFields).await.records.len(), 12);
}

async fn people_at(base: &str, allowed: &str) -> Result<usize, Failure> {
    let token = Credential::new("7", TOKEN).at(base);
    connector(&settings(allowed, quick())).read_people(&token, &()).await.map(|people| people.records.len())
}

fn bundle(inside: &str) -> String {
    format!(r#"{{"resourceType":"Bundle","type":"searchset"{inside}}}"#)
}

#[tokio::test]
async fn a_search_that_finds_nobody_has_no_list_at_all() {
    let server = Canary::json(&bundle(r#","total":0"#));
    assert_eq!(people_at(&server.origin, &server.origin).await, Ok(0));
    for (answer, kind) in [
        (r#"{"resourceType":"Bundle","type":"history"}"#, FailureKind::ListMissing),
        (r#"{"resourceType":"OperationOutcome","issue":[]}"#, FailureKind::ListMissing),
        (r#"{"resourceType":"Patient","id":"1"}"#, FailureKind::ListMissing),
    ] {
        let server = Canary::json(answer);
        assert_eq!(people_at(&server.origin, &server.origin).await.unwrap_err().kind, kind, "{answer}");
    }
}

#[tokio::test]
async fn what_a_server_puts_beside_the_people_changes_nothing_unless_it_is_an_error() {
    let person = r#"{"resource":{"resourceType":"Patient","id":"1","name":[{"family":"Marsh"}],
        "meta":{"lastUpdated":"2026-01-01T00:00:00Z"},"moonPhase":"full"},"search":{"mode":"match"}}"#;
    let hint = r#"{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"x"}]},
        "search":{"mode":"outcome"}}"#;
    let other = r#"{"resource":{"resourceType":"Organization","id":"o"},"search":{"mode":"include"}}"#;
    let server = Canary::json(&bundle(&format!(r#","entry":[{person},{hint},{other}]"#)));
    let token = Credential::new("7", TOKEN).at(server.origin.clone());
    // Its answer to the question for places holds none either.
    let system = connector(&settings(&server.origin, quick()));
    let people = system.read_people(&token, &()).await.unwrap();
    assert_eq!((people.records.len(), people.set_aside.len()), (1, 0));
    assert_eq!(people.unmapped_fields.iter().map(String::as_str).collect::<Vec<_>>(), ["moonPhase"]);

    let error = r#"{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout",
        "details":{"text":"Only a part of 9990000026 could be searched."}}]}}"#;
    let server = Canary::json(&bundle(&format!(r#","entry":[{person},{error}]"#)));
    let failure = system_error(&server).await;
    assert_eq!(failure.kind, FailureKind::Rejected);
    assert!(failure.words.contains("Only a part of could be searched."), "{}", failure.words);
}

async fn system_error(server: &Canary) -> Failure {
    people_at(&server.origin, &server.origin).await.unwrap_err()
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_read() {
    let elsewhere = Canary::json(&bundle(""));
    for next in [
        &format!("{}/Patient?page=2", elsewhere.origin),
        "//evil.test/p2",
        "http://u:p@127.0.0.1/p2",
        "file:///etc/hosts",
        "https://[::1]/p2",
    ] {
        let link =
            format!(r#","link":[{{"relation":"self","url":"x"}},{{"relation":"next","url":"{next}"}}]"#);
        let server = Canary::json(&bundle(&link));
        let failure = people_at(&server.origin, &server.origin).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::PageElsewhere, "{next}");
        assert_eq!((server.visits(), elsewhere.visits()), (1, 0));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_stays() {
    let elsewhere = Canary::json(&bundle(""));
    let world = World::on();
    world.simulator.conduct().set_redirect(&format!("{}/Patient", elsewhere.origin));
    world.simulator.conduct().set_fault(Fault::RedirectInside);
    let token = world.token();
    for failure in [
        world.system.read_people(&token, &()).await.unwrap_err(),
        world.system.list_services(&token).await.unwrap_err(),
        world.system.probe(&token).await.failure.unwrap(),
    ] {
        assert_eq!((failure.kind, failure.retry), (FailureKind::Redirected, Retry::NeedsPerson));
    }
    assert_eq!(elsewhere.visits(), 0);
}

/// Base addresses that somebody might enter to see what is behind our walls.
const INSIDE: &str = "http://127.0.0.1:PORT https://127.0.0.1:PORT http://localhost:PORT https://localhost \
    https://10.0.0.1 https://172.16.0.1 https://192.168.1.1 https://169.254.169.254/latest/meta-data \
    https://[::1] https://[::ffff:127.0.0.1] https://2130706433 https://0x7f.1 https://metadata.google.internal \
    https://intranet https://printer.local https://user:pass@api.vendor.example https://api.vendor.example:PORT \
    https://api.vendor.example@127.0.0.1 https://api.vendor.example?x=1 https://api.vendor.example#x \
    https:api.vendor.example ftp://api.vendor.example file:///etc/passwd javascript:1 http://api.vendor.example";

#[tokio::test]
async fn a_base_address_from_the_form_never_leads_inside() {
    let canary = Canary::json(&bundle(""));
    let port = canary.origin.rsplit(':').next().unwrap().to_owned();
    let system = connector(&settings("http://127.0.0.1:1", quick()));
    for address in INSIDE.replace("PORT", &port).split_whitespace() {
        let token = Credential::new("7", TOKEN).at(address);
        let refused = system.read_people(&token, &()).await.unwrap_err();
        assert_eq!(
            (refused.kind, refused.retry),
            (FailureKind::AddressRefused, Retry::AfterEdit),
            "{address}"
        );
        let refused = system.list_services(&token).await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::AddressRefused, "{address}");
        let probe = system.probe(&token).await;
        assert!(!probe.reached);
        assert_eq!(probe.failure.unwrap().kind, FailureKind::AddressRefused, "{address}");
    }
    assert_eq!(canary.visits(), 0);
}

#[tokio::test]
async fn a_name_that_turns_inside_after_it_was_saved_is_refused_at_each_connection() {
    let (public, inside): (IpAddr, IpAddr) = ("9.9.9.9".parse().unwrap(), "169.254.169.254".parse().unwrap());
    let answers = vec![vec![inside], vec![public, inside], vec![inside]];
    let names = Arc::new(Names { answers, asked: AtomicUsize::new(0) });
    let settings =
        ConnectorSettings { limits: quick(), lookup: Some(names.clone()), ..ConnectorSettings::default() };
    let system = connector(&settings);
    let token = Credential::new("7", TOKEN).at("https://api.vendor.example/R4");
    let refused = system.probe(&token).await.failure.unwrap();
    assert_eq!(refused.kind, FailureKind::AddressRefused);
    for _ in 0..2 {
        let refused = system.list_services(&token).await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::AddressRefused);
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 3, "the name is looked up once for each connection");
}

#[tokio::test]
async fn the_token_of_one_address_is_not_sent_to_another() {
    let world = World::on();
    let moved = world.token().bound_to("https://api.vendor.example");
    let refused = world.system.read_people(&moved, &()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::AddressChanged);
    assert!(world.simulator.conduct().calls().is_empty());
    let base = format!("{}{BASE}", world.origin);
    let elsewhere = connector(&settings("http://127.0.0.1:1", quick()));
    let refused = elsewhere.read_people(&Credential::new("7", TOKEN).at(base), &()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::AddressRefused, "another installation has not allowed this origin");
}
