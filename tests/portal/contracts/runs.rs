//! A bad vendor does no harm, whichever it is: each fault ends a sync as failed or partly done with a reason in words,
//! nobody is changed, and the next good answer heals it. Nourish has the same in `sync_faults`.

use std::collections::BTreeSet;

use kinbridge::connectors::Vendor;
use kinbridge::domain::access::ViewIntegrations;
use kinbridge::domain::connections::State;
use kinbridge::domain::messages;
use kinbridge::domain::sync::{Run, RunState};
use kinbridge::jobs::keep_messages;
use kinbridge::sandbox::{Fault, Lasting};

use crate::support::vendors::played::{Joined, synced};
use crate::support::vendors::{nhs, patient, person, quick};
use crate::sync_faults::usable;

fn of(vendor: Vendor) -> impl Future<Output = Joined> {
    let which = synced().find(|(one, _)| *one == vendor).unwrap();
    Joined::start(which, 30)
}

fn expected(vendor: Vendor, fault: Fault) -> RunState {
    match (vendor, fault) {
        // One answer is the whole list: nothing of it leads on.
        (Vendor::Pcs, Fault::PageLoop) => RunState::Done,
        _ => usable(fault).unwrap_or(RunState::Failed),
    }
}

fn reads_well(run: &Run, joined: &Joined) {
    assert!(run.failure.ends_with('.') && run.repair.ends_with('.'), "{run:?}");
    let told = format!("{} {}", run.failure, run.repair);
    let port = joined.played.origin.rsplit(':').next().unwrap();
    for secret in ["127.0.0.1", port, "GenericAPI", &joined.token, "Abernathy", "{", "Error"] {
        assert!(!told.contains(secret), "{told}");
    }
}

async fn every_fault(vendor: Vendor) {
    let mut joined = of(vendor).await;
    let first = joined.sync().await;
    assert_eq!(first.state, RunState::Done, "{vendor}: {} {}", first.failure, first.held_because);
    assert_eq!(first.counts().0.created, 30, "{vendor}: {:?}", first.counts());
    let mut names = BTreeSet::new();
    for fault in Fault::all() {
        let before = joined.everything();
        joined.played.hand.conduct().set_fault(fault);
        joined.wait(quick());
        let run = joined.sync().await;
        assert_eq!(
            run.state,
            expected(vendor, fault),
            "{vendor} {fault:?}: {} {}",
            run.failure,
            run.held_because
        );
        assert_eq!(joined.everything(), before, "{vendor} {fault:?}");
        if run.state == RunState::Failed {
            reads_well(&run, &joined);
            names.insert(run.failure.clone());
            assert_eq!(run.counts().0.total, 0);
        }
        joined.played.hand.conduct().clear_fault();
        joined.wait(patient());
        let run = joined.sync().await;
        assert_eq!(
            run.state,
            RunState::Done,
            "{vendor} after {fault:?}: {} {}",
            run.failure,
            run.held_because
        );
        assert_eq!(joined.everything(), before, "{vendor} after {fault:?}");
        assert_eq!((joined.card().state, joined.card().failures), (State::On, 0), "{vendor} after {fault:?}");
    }
    assert!(names.len() >= 18, "{vendor}: {names:#?}");
    joined.played.origin = "http://127.0.0.1:9".into();
    joined.wait(quick());
    let before = joined.everything();
    let run = joined.sync().await;
    assert_eq!(
        (run.state, joined.everything() == before),
        (RunState::Failed, true),
        "{vendor}: nobody there"
    );
    reads_well(&run, &joined);
}

#[actix_web::test]
async fn every_fault_of_pcs_is_named_changes_nobody_and_is_forgotten_with_the_next_good_answer() {
    every_fault(Vendor::Pcs).await;
}

#[actix_web::test]
async fn every_fault_of_kareinn_is_named_changes_nobody_and_is_forgotten_with_the_next_good_answer() {
    every_fault(Vendor::KareInn).await;
}

#[actix_web::test]
async fn every_fault_of_fhir_is_named_changes_nobody_and_is_forgotten_with_the_next_good_answer() {
    every_fault(Vendor::Fhir).await;
}

#[actix_web::test]
async fn every_message_agrees_with_the_log_of_each_vendor_failures_too() {
    for which in synced() {
        let joined = Joined::start(which, 3).await;
        let vendor = joined.played.vendor;
        joined.sync().await;
        for fault in [Fault::ServerError, Fault::BusySeconds, Fault::NotFound, Fault::MalformedJson] {
            joined.played.hand.conduct().set_fault_for(fault, Lasting::Answers(1));
            joined.sync().await;
        }
        keep_messages::run(&joined.app.services).await.unwrap();
        let (scope, connection) = (joined.scope::<ViewIntegrations>(), joined.connection);
        let mut ours = joined.read(|conn| messages::list(conn, &scope, connection, None, 1_000));
        ours.reverse();
        let ours: Vec<_> = ours.iter().map(|one| one.status.unwrap_or_default()).collect();
        let theirs = joined.played.hand.conduct().calls();
        let theirs: Vec<_> = theirs.iter().map(|call| i32::from(call.status)).collect();
        assert_eq!(ours, theirs, "{vendor}");
        assert!(ours.contains(&500) && ours.contains(&429) && ours.len() >= 6, "{vendor}: {ours:?}");
    }
}

fn letters(n: u32) -> String {
    n.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

#[actix_web::test]
async fn of_ten_thousand_people_a_hundred_broken_ones_are_explained_and_all_others_applied() {
    let which = synced().find(|(one, _)| *one == Vendor::KareInn).unwrap();
    let joined = Joined::start(which, 0).await;
    for n in 0..10_000 {
        let mut one = person(n % 300);
        one.external_id = format!("p-{n}");
        one.first_name = format!("First{}", letters(n));
        one.nhs_number = Some(nhs(n));
        if n % 100 == 17 {
            one.last_name.clear();
        }
        joined.played.hand.add(one);
    }
    let run = joined.sync().await;
    let counts = run.counts().0;
    let seen = (run.state, counts.created, counts.failed, counts.total);
    assert_eq!(seen, (RunState::Partly, 9_900, 100, 10_000), "{}", run.failure);
    let problems = joined.problems(&run);
    assert_eq!(problems.len(), 100);
    for problem in &problems {
        let n: u32 = problem.external_id.strip_prefix("p-").unwrap().parse().unwrap();
        assert!(n % 100 == 17 && problem.name.contains(&format!("First{}", letters(n))), "{problem:?}");
        assert_eq!(problem.reason, "The last name is missing.");
        assert!(problem.repair.contains("the resident's profile in KareInn"), "{}", problem.repair);
    }
}
