//! A vendor that lies, stalls, refuses or breaks: the run says so in plain words, nobody is changed, and the
//! next good answer is used.

#![cfg(test)]

use std::process::Command;

use chrono::TimeDelta;
use kinbridge::domain::access::RunSyncs;
use kinbridge::domain::connections::{State, SyncMode};
use kinbridge::domain::sync::{self, Cause, Run, RunState, Wanted};
use kinbridge::jobs::{Outcome, sync_records};
use kinbridge::sandbox::nourish::{Fault, Lasting};

use crate::support::vendors::{Nourish, client, patient, person, quick, worker};

/// Faults whose answer can be used, wholly, in part, or after somebody has looked.
pub fn usable(fault: Fault) -> Option<RunState> {
    match fault {
        Fault::DuplicateIdsSame
        | Fault::UnknownFields
        | Fault::CommitThenDelay
        | Fault::CommitThenDrop
        | Fault::CommitThenGarble
        | Fault::FailAtRandom => Some(RunState::Done),
        Fault::DuplicateIdsDifferent => Some(RunState::Partly),
        Fault::EmptyList | Fault::MostMissing | Fault::AllNewIds => Some(RunState::Held),
        _ => None,
    }
}

fn reads_well(run: &Run, origin: &str) {
    assert!(run.failure.ends_with('.') && run.repair.ends_with('.'), "{run:?}");
    let told = format!("{} {}", run.failure, run.repair);
    let port = origin.rsplit(':').next().unwrap();
    for secret in ["127.0.0.1", port, "clients/reader", "Abernathy", "{", "Error"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[actix_web::test]
async fn every_fault_is_named_changes_nobody_and_is_forgotten_with_the_next_good_answer() {
    let mut nourish = Nourish::start(SyncMode::Create, 30).await;
    assert_eq!(nourish.sync().await.state, RunState::Done);
    let mut names = std::collections::BTreeSet::new();
    for fault in Fault::all() {
        let before = nourish.everything();
        nourish.simulator.set_fault(fault);
        nourish.wait(quick());
        let run = nourish.sync().await;
        let expected = usable(fault).unwrap_or(RunState::Failed);
        assert_eq!(run.state, expected, "{fault:?}: {} {}", run.failure, run.held_because);
        assert_eq!(nourish.everything(), before, "{fault:?}");
        if run.state == RunState::Failed {
            reads_well(&run, &nourish.origin);
            names.insert(run.failure.clone());
            assert_eq!(run.counts().0.total, 0);
        }
        nourish.simulator.clear_fault();
        nourish.wait(patient());
        let run = nourish.sync().await;
        assert_eq!(run.state, RunState::Done, "after {fault:?}: {} {}", run.failure, run.held_because);
        assert_eq!(nourish.everything(), before, "after {fault:?}");
        assert_eq!((nourish.card().state, nourish.card().failures), (State::On, 0), "after {fault:?}");
    }
    assert!(names.len() >= 18, "{names:#?}");
    assert_eq!(
        nourish.events("run.failed"),
        i64::try_from(Fault::all().filter(|one| usable(*one).is_none()).count()).unwrap()
    );
}

#[actix_web::test]
async fn nobody_at_the_address_is_a_failure_with_a_name() {
    let mut nourish = Nourish::start(SyncMode::Create, 3).await;
    nourish.origin = "http://127.0.0.1:9".into();
    nourish.wait(quick());
    let run = nourish.sync().await;
    assert_eq!(run.state, RunState::Failed);
    reads_well(&run, &nourish.origin);
    assert_eq!(nourish.count("residents"), 0);
}

#[actix_web::test]
async fn a_refused_token_is_told_once_and_not_tried_again_by_itself() {
    for fault in [Fault::Unauthorised, Fault::Forbidden] {
        let nourish = Nourish::start(SyncMode::Create, 5).await;
        nourish.sync().await;
        nourish.simulator.set_fault(fault);
        let run = nourish.sync().await;
        assert_eq!(run.state, RunState::Failed);
        let card = nourish.card();
        assert_eq!((card.state, card.retry_at), (State::Relink, None), "{fault:?}");
        assert_eq!(nourish.count("letters"), 1);
        nourish.simulator.forget_calls();
        for _ in 0..48 {
            nourish.clock.advance(TimeDelta::hours(1));
            assert_eq!(sync_records::ask_due(&nourish.app.services).await.unwrap(), Outcome::Idle);
        }
        assert!(nourish.simulator.calls().is_empty());
        // Tried by hand while it is still refused: nobody is told a second time.
        assert_eq!(nourish.sync().await.state, RunState::Failed);
        assert_eq!(nourish.count("letters"), 1, "{fault:?}");
        nourish.simulator.clear_fault();
        assert_eq!(nourish.sync().await.state, RunState::Done);
        assert_eq!(nourish.card().state, State::On);
    }
}

#[actix_web::test]
async fn a_token_refused_for_the_people_alone_needs_a_link_too() {
    let nourish = Nourish::start(SyncMode::Create, 5).await;
    // The service leaves between its list and its people.
    nourish.ask(Wanted::Both, false);
    nourish.simulator.turn_off("s-1");
    nourish.work_off().await;
    assert_eq!(nourish.last_run().state, RunState::Failed);
    assert_ne!(nourish.card().state, State::On);
    assert_eq!(nourish.count("residents"), 0);
}

#[actix_web::test]
async fn a_wait_that_the_vendor_asks_for_is_kept() {
    let mut nourish = Nourish::start(SyncMode::Create, 5).await;
    nourish.wait(quick());
    for (fault, least, most) in [
        (Fault::BusySeconds, TimeDelta::minutes(2), TimeDelta::minutes(10)),
        (Fault::BusyAbsurd, TimeDelta::hours(6), TimeDelta::hours(6)),
        (Fault::Unavailable, TimeDelta::minutes(1), TimeDelta::minutes(25)),
    ] {
        nourish.simulator.set_fault(fault);
        nourish.sync().await;
        let wait = nourish.card().retry_at.unwrap() - nourish.clock.now();
        assert!(least <= wait && wait <= most, "{fault:?}: {wait}");
        nourish.simulator.forget_calls();
        nourish.clock.advance(wait - TimeDelta::seconds(1));
        sync_records::ask_due(&nourish.app.services).await.unwrap();
        nourish.work_off().await;
        assert!(nourish.simulator.calls().is_empty(), "{fault:?}: asked too early");
        nourish.simulator.clear_fault();
        nourish.clock.advance(TimeDelta::seconds(1));
        assert_eq!(sync_records::ask_due(&nourish.app.services).await.unwrap(), Outcome::Worked(1));
        nourish.work_off().await;
        let run = nourish.last_run();
        assert_eq!((run.cause, run.state), (Cause::Retry, RunState::Done), "{fault:?}");
        assert_eq!(nourish.card().retry_at, None);
    }
}

/// Minutes of virtual time, each with a look at what is due.
async fn minutes(nourish: &Nourish, minutes: u32, mut each: impl FnMut(u32)) {
    for minute in 0..minutes {
        each(minute);
        nourish.clock.advance(TimeDelta::minutes(1));
        if sync_records::ask_due(&nourish.app.services).await.unwrap() != Outcome::Idle {
            nourish.work_off().await;
        }
    }
}

#[actix_web::test]
async fn a_day_of_outage_costs_few_questions_and_two_letters() {
    let nourish = Nourish::start(SyncMode::Create, 5).await;
    nourish.sync().await;
    nourish.simulator.set_fault(Fault::ServerError);
    nourish.simulator.forget_calls();
    minutes(&nourish, 24 * 60, |_| ()).await;
    // From one in the morning on: that is when the outage shows.
    let asked = nourish.simulator.calls().len();
    assert!((5..=40).contains(&asked), "{asked}");
    assert!(nourish.count("letters") <= 2);
    let runs = nourish.runs().len();
    nourish.simulator.clear_fault();
    minutes(&nourish, 130, |_| ()).await;
    assert_eq!(nourish.runs().len(), runs + 1, "one good run, and quiet");
    assert_eq!((nourish.last_run().state, nourish.card().failures), (RunState::Done, 0));
    assert_eq!(nourish.number("SELECT COUNT(*) FROM letters WHERE subject LIKE '%working again%'"), 1);
}

#[actix_web::test]
async fn a_vendor_that_comes_and_goes_is_not_pestered() {
    let nourish = Nourish::start(SyncMode::Create, 5).await;
    nourish.sync().await;
    nourish.simulator.forget_calls();
    let simulator = nourish.simulator.clone();
    minutes(&nourish, 24 * 60, |minute| {
        if minute / 7 % 2 == 0 {
            simulator.set_fault(Fault::Unavailable);
        } else {
            simulator.clear_fault();
        }
    })
    .await;
    assert!(nourish.simulator.calls().len() <= 40, "{}", nourish.simulator.calls().len());
}

#[actix_web::test]
async fn one_broken_record_among_a_thousand_stops_nobody_else() {
    let nourish = Nourish::start(SyncMode::Create, 399).await;
    for n in 399..1000 {
        let mut one = client(n % 399);
        one.id = format!("more-{n}");
        one.first_name = format!("First{}", letters(n));
        one.nhs_number = crate::support::vendors::nhs(n);
        nourish.simulator.add_client(one);
    }
    nourish.simulator.edit_client("p-17", |one| one.last_name.clear());
    let run = nourish.sync().await;
    let counts = run.counts().0;
    assert_eq!(
        (run.state, counts.created, counts.failed, counts.total),
        (RunState::Partly, 999, 1, 1000),
        "{}",
        run.failure
    );
    let problems = nourish.problems(&run);
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].external_id.as_str(), problems[0].reason.as_str()),
        ("p-17", "The last name is missing.")
    );
    assert!(
        problems[0].repair.contains("profile in Nourish")
            && problems[0].name.contains(&person(17).first_name)
    );
    nourish.simulator.edit_client("p-17", |one| one.last_name = person(17).last_name);
    let run = nourish.sync().await;
    assert_eq!((run.state, run.counts().0.created, run.counts().0.unchanged), (RunState::Done, 1, 999));
}

fn letters(n: u32) -> String {
    n.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

#[actix_web::test]
async fn a_failed_preview_asks_for_no_real_sync_and_troubles_nobody() {
    let nourish = Nourish::start(SyncMode::Create, 5).await;
    nourish.simulator.set_fault(Fault::ServerError);
    let preview = nourish.ask(Wanted::Both, true);
    nourish.work_off().await;
    assert_eq!(nourish.run(preview).state, RunState::Failed);
    let card = nourish.card();
    assert_eq!((card.failures, card.retry_at, nourish.count("letters")), (0, None, 0));
    nourish.simulator.clear_fault();
    minutes(&nourish, 60, |_| ()).await;
    assert_eq!((nourish.runs().len(), nourish.count("residents")), (1, 0));
}

#[actix_web::test]
async fn a_fault_of_our_own_is_said_and_tried_again() {
    let nourish = Nourish::start(SyncMode::Create, 5).await;
    let preview = nourish.ask(Wanted::Both, true);
    nourish.work_off().await;
    nourish.write(|tx| {
        use diesel::prelude::*;
        diesel::sql_query("UPDATE run_snapshots SET batch = 'torn'").execute(tx.conn)?;
        Ok(())
    });
    nourish.write(|tx| sync::apply_previewed(tx, &nourish.scope::<RunSyncs>(), preview));
    assert!(sync_records::run(&nourish.app.services).await.is_err(), "and logged");
    let run = nourish.run(preview);
    assert_eq!(run.state, RunState::Failed);
    assert!(run.failure.contains("a fault of its own"), "{}", run.failure);
    assert_eq!((nourish.count("run_snapshots"), nourish.count("residents")), (0, 0));
    minutes(&nourish, 6, |_| ()).await;
    assert_eq!((nourish.last_run().state, nourish.count("residents")), (RunState::Done, 5));
}

#[actix_web::test]
async fn a_half_day_with_some_good_answers_ends_well() {
    let nourish = Nourish::start(SyncMode::Create, 5).await;
    nourish.simulator.set_fault_for(Fault::ServerError, Lasting::Answers(1));
    assert_eq!(nourish.sync().await.state, RunState::Failed);
    assert_eq!(nourish.card().failures, 1);
    minutes(&nourish, 6, |_| ()).await;
    assert_eq!((nourish.last_run().state, nourish.card().failures), (RunState::Done, 0));
}

#[actix_web::test]
async fn a_person_whom_two_tokens_describe_differently_is_set_aside() {
    let nourish = Nourish::start(SyncMode::Create, 4).await;
    let scope = nourish.scope();
    let keys = nourish.app.services.config.keys.clone();
    let second = nourish.write(|tx| {
        kinbridge::domain::connections::add_token(
            tx,
            &scope,
            &keys,
            nourish.connection,
            &nourish.origin,
            "Elm",
        )
    });
    assert!(nourish.simulator.paste_token("s-2", second.secret.reveal()));
    let mut torn = client(1);
    torn.service_id = "s-2".into();
    nourish.simulator.add_client(torn);
    let run = nourish.sync().await;
    assert_eq!(
        (run.state, run.counts().0.created, run.counts().0.failed),
        (RunState::Partly, 3, 1),
        "{}",
        run.failure
    );
    assert!(nourish.problems(&run)[0].reason.contains("two tokens"));
}

const CHILD: &str = "KINBRIDGE_TEST_LOGS_OF_A_SYNC";

/// The child's part: a whole sync, good and bad, with everything logged that anybody says.
#[actix_web::test]
async fn logged_whole() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let out = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    out.with_writer(std::io::stderr).init();
    let nourish = Nourish::start(SyncMode::Create, 25).await;
    tracing::info!(token = "token-is", "{}", if nourish.token.is_empty() { "none" } else { "made" });
    std::fs::write(std::env::var(CHILD).unwrap(), &nourish.token).unwrap();
    nourish.sync().await;
    nourish.simulator.edit_client("p-1", |one| one.last_name.clear());
    nourish.simulator.edit_client("p-2", |one| one.status = "Hospital".into());
    nourish.sync().await;
    for fault in [Fault::Forbidden, Fault::MalformedJson, Fault::ServerError, Fault::EmptyList] {
        nourish.simulator.set_fault(fault);
        nourish.sync().await;
    }
    let last = nourish.last_run();
    assert_eq!(last.state, RunState::Held);
    tracing::info!("the end of the logged sync");
}

#[test]
fn nothing_that_is_logged_names_a_person_a_number_or_a_token() {
    let kept = std::env::temp_dir().join(format!("kinbridge-token-{}", std::process::id()));
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sync_faults::logged_whole", "--nocapture", "--test-threads=1"])
        .env(CHILD, &kept)
        // It listens by itself.
        .env_remove("KINBRIDGE_TEST_LOG")
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success(), "{said}");
    assert!(
        said.contains("the end of the logged sync") && said.contains("a sync ended"),
        "nothing was captured"
    );
    let token = std::fs::read_to_string(&kept).unwrap();
    std::fs::remove_file(&kept).unwrap();
    assert!(token.len() > 20 && !said.contains(&token));
    for n in 0..25 {
        let person = person(n);
        let number = person.nhs_number.unwrap();
        for secret in [&person.last_name, &person.first_name, &number] {
            assert!(!said.contains(secret.as_str()), "{secret}: {}", line_with(&said, secret));
        }
    }
    for n in 0..3 {
        let worker = worker(n);
        for secret in [&worker.last_name, &worker.email.unwrap()] {
            assert!(!said.contains(secret.as_str()), "{secret}: {}", line_with(&said, secret));
        }
    }
}

fn line_with<'s>(said: &'s str, part: &str) -> &'s str {
    said.lines().find(|line| line.contains(part)).unwrap_or_default()
}
