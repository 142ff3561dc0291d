//! What a FHIR server may put into a bundle beside what was asked for, and base addresses from a form that lead inside:
//! each has its name, and nothing is sent where it should not. The faults of every vendor are in `contracts`.

#![cfg(test)]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kinbridge::connectors::{ConnectorSettings, Credential, Failure, FailureKind, Retry};
use kinbridge::sandbox::Fault;
use kinbridge::sandbox::fhir::BASE;

use crate::fhir::{TOKEN, World, connector, settings};
use crate::nourish::quick;
use crate::vendor_addresses::{Canary, Names};
use crate::vendor_faults::EXPECTED;

#[tokio::test]
async fn places_and_the_test_of_the_connection_fail_with_the_same_names() {
    let world = World::on();
    let token = world.token();
    for (fault, expected) in EXPECTED.iter().filter(|(_, expected)| expected.is_some()) {
        world.simulator.set_fault(*fault);
        let of_content = *expected == Some(FailureKind::AllRecordsBroken);
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
        world.simulator.set_fault(fault);
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
    world.simulator.set_redirect(&format!("{}/Patient", elsewhere.origin));
    world.simulator.set_fault(Fault::RedirectInside);
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
    assert!(world.simulator.calls().is_empty());
    let base = format!("{}{BASE}", world.origin);
    let elsewhere = connector(&settings("http://127.0.0.1:1", quick()));
    let refused = elsewhere.read_people(&Credential::new("7", TOKEN).at(base), &()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::AddressRefused, "another installation has not allowed this origin");
}
