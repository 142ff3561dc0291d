//! The outbox against a vendor that fails: nothing is lost, nothing is doubled, nobody else is held up, and somebody
//! is told (OB-1 to OB-4).

#![cfg(test)]

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use kinbridge::connectors::Receipt;
use kinbridge::domain::access::RunSyncs;
use kinbridge::domain::connections;
use kinbridge::domain::timeline::{self, Act, Outcome as Found, Source, State};
use kinbridge::jobs::{Outcome, push_timeline};
use kinbridge::sandbox::nourish::{Fault, Lasting};

use crate::support::vendors::{Nourish, quick};
use crate::timeline::{act, counted, enqueue, linked, push, standing};

/// Every act is there, none twice, and each person's in the order in which they were recorded.
fn complete(nourish: &Nourish, acts: usize) {
    let entries = nourish.simulator.entries();
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.external_id.as_str()).collect();
    assert_eq!((entries.len(), ids.len()), (acts, acts));
    let mut last: HashMap<&str, &str> = HashMap::new();
    for entry in &entries {
        let before = last.insert(&entry.client_id, &entry.occurred_at);
        assert!(before.is_none_or(|before| before < entry.occurred_at.as_str()), "{entry:?}");
    }
}

/// Moves time on until nothing is on its way any more.
async fn until_done(nourish: &Nourish) {
    for _ in 0..400 {
        if nourish.number("SELECT COUNT(*) FROM timeline_entries WHERE pending = TRUE") == 0 {
            return;
        }
        nourish.pass(301);
        push(nourish).await;
    }
    panic!("{} are still waiting", counted(nourish, "waiting"));
}

#[actix_web::test]
async fn a_vendor_that_fails_a_fifth_at_random_gets_everything_once_and_in_order() {
    let (nourish, ids) = linked(20).await;
    let acts: Vec<Act> = (0..200).map(|n| act(ids[usize::try_from(n).unwrap() % 20], n)).collect();
    enqueue(&nourish, &acts);
    nourish.simulator.set_fault(Fault::FailAtRandom);
    nourish.simulator.seed_chance(11);
    push(&nourish).await;
    until_done(&nourish).await;
    complete(&nourish, 200);
    assert_eq!(counted(&nourish, "sent"), 200);
}

/// The worker stops at whatever it is doing, as a process that is killed does, and another goes on once the lease has
/// run out.
#[actix_web::test]
async fn a_worker_that_dies_anywhere_loses_and_doubles_nothing() {
    let (nourish, ids) = linked(10).await;
    let acts: Vec<Act> = (0..120).map(|n| act(ids[usize::try_from(n).unwrap() % 10], n)).collect();
    enqueue(&nourish, &acts);
    nourish.simulator.set_fault(Fault::FailAtRandom);
    nourish.simulator.seed_chance(5);
    for steps in 1..=50 {
        let mut working = Box::pin(push_timeline::run(&nourish.app.services));
        for _ in 0..steps * 7 {
            if (&mut working).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(working);
        nourish.pass(301);
    }
    until_done(&nourish).await;
    complete(&nourish, 120);
}

#[actix_web::test]
async fn an_entry_that_was_taken_without_a_word_is_looked_up_and_not_sent_again() {
    for fault in [Fault::CommitThenDrop, Fault::CommitThenGarble, Fault::HtmlLogin] {
        let (nourish, ids) = linked(1).await;
        enqueue(&nourish, &[act(ids[0], 1)]);
        nourish.simulator.set_fault_for(fault, Lasting::Answers(1));
        push(&nourish).await;
        assert_eq!(standing(&nourish, 1).0, State::Uncertain, "{fault:?}");
        nourish.simulator.forget_calls();
        nourish.pass(10);
        push(&nourish).await;
        assert_eq!(standing(&nourish, 1).0, State::Sent, "{fault:?}");
        let calls: Vec<String> = nourish.simulator.calls().into_iter().map(|call| call.method).collect();
        assert_eq!(calls, ["GET"], "{fault:?}");
        complete(&nourish, 1);
    }
}

#[actix_web::test]
async fn what_is_withdrawn_while_it_is_uncertain_is_not_sent_if_it_was_not_taken() {
    let (nourish, ids) = linked(1).await;
    enqueue(&nourish, &[act(ids[0], 1)]);
    nourish.simulator.set_fault_for(Fault::ServerError, Lasting::Answers(1));
    push(&nourish).await;
    assert_eq!(standing(&nourish, 1).0, State::Uncertain);
    let withdrawn = Act { version: 2, ..act(ids[0], 1) };
    nourish.write(|tx| timeline::withdraw(tx, nourish.organisation, Source::Activity, &withdrawn));
    until_done(&nourish).await;
    assert!(nourish.simulator.entries().is_empty());
    assert_eq!(counted(&nourish, "cancelled"), 2);
}

#[actix_web::test]
async fn one_refused_entry_stops_nobody_and_managers_hear_of_it_once() {
    let (nourish, ids) = linked(10).await;
    let mut acts: Vec<Act> = (0..100).map(|n| act(ids[usize::try_from(n).unwrap() % 10], n)).collect();
    acts[17].rating = Some(9);
    acts[58].completed_by = " ".into();
    enqueue(&nourish, &acts);
    let letters = nourish.count("letters");
    push(&nourish).await;
    assert_eq!((counted(&nourish, "sent"), counted(&nourish, "rejected")), (98, 2));
    let (state, because) = standing(&nourish, 17);
    assert_eq!(state, State::Rejected);
    assert!(because.contains("Rating must be a number from 1 to 5."), "{because}");
    let told = nourish.count("letters") - letters;
    assert_eq!(told, 1, "there is one manager");
    assert_eq!(nourish.events("timeline.stuck"), 2);
    let scope = nourish.scope::<RunSyncs>();
    let id = kinbridge::kit::ids::EntryId(
        nourish.number("SELECT MIN(id) FROM timeline_entries WHERE state = 'rejected'"),
    );
    assert_eq!(nourish.write(|tx| timeline::send_again(tx, &scope, &[id])), 1);
    push(&nourish).await;
    assert_eq!(counted(&nourish, "rejected"), 2);
    assert_eq!(nourish.count("letters") - letters, told, "once a day is enough");
}

#[actix_web::test]
async fn a_vendor_that_is_down_is_asked_seldom_and_rests_as_long_as_it_asks() {
    let (nourish, ids) = linked(30).await;
    let acts: Vec<Act> = (0..30).map(|n| act(ids[usize::try_from(n).unwrap()], n)).collect();
    enqueue(&nourish, &acts);
    nourish.simulator.set_fault(Fault::ServerError);
    nourish.simulator.forget_calls();
    push(&nourish).await;
    let asked = || nourish.simulator.calls().len();
    let first = asked();
    assert!((5..=13).contains(&first), "{first}");
    push(&nourish).await;
    assert_eq!(asked(), first, "it rests");
    nourish.pass(301);
    push(&nourish).await;
    assert_eq!(asked(), first + 1, "one goes ahead");
    nourish.simulator.set_fault(Fault::BusyAbsurd);
    nourish.pass(301);
    push(&nourish).await;
    let asked_to_wait = asked();
    nourish.pass(5 * 3600);
    push(&nourish).await;
    assert_eq!(asked(), asked_to_wait, "six hours were asked for");
    nourish.simulator.clear_fault();
    nourish.pass(2 * 3600);
    push(&nourish).await;
    until_done(&nourish).await;
    complete(&nourish, 30);
}

#[actix_web::test]
async fn an_entry_that_never_arrives_is_given_up_after_three_days_and_can_be_sent_again() {
    let (nourish, ids) = linked(1).await;
    enqueue(&nourish, &[act(ids[0], 1)]);
    nourish.simulator.set_fault(Fault::ServerError);
    for _ in 0..80 {
        push(&nourish).await;
        nourish.pass(3600);
    }
    let (state, because) = standing(&nourish, 1);
    assert_eq!((state, because.starts_with("Tried for three days")), (State::Dead, true), "{because}");
    assert_eq!(nourish.events("timeline.stuck"), 1);
    nourish.simulator.clear_fault();
    let scope = nourish.scope::<RunSyncs>();
    let id = kinbridge::kit::ids::EntryId(nourish.number("SELECT MAX(id) FROM timeline_entries"));
    assert_eq!(nourish.write(|tx| timeline::send_again(tx, &scope, &[id])), 1);
    until_done(&nourish).await;
    complete(&nourish, 1);
}

#[actix_web::test]
async fn a_refused_token_stops_everything_and_is_told_once() {
    let (nourish, ids) = linked(3).await;
    enqueue(&nourish, &[act(ids[0], 1), act(ids[1], 2), act(ids[2], 3)]);
    nourish.simulator.set_fault(Fault::Forbidden);
    let letters = nourish.count("letters");
    push(&nourish).await;
    assert_eq!(nourish.card().state, connections::State::Relink);
    assert_eq!(nourish.count("letters"), letters + 1);
    push(&nourish).await;
    let (state, because) = standing(&nourish, 1);
    assert_eq!((state, because.contains("refuses our token")), (State::Held, true), "{because}");
    assert_eq!(nourish.count("letters"), letters + 1);
}

#[actix_web::test]
async fn a_worker_past_its_lease_settles_nothing() {
    let (nourish, ids) = linked(1).await;
    enqueue(&nourish, &[act(ids[0], 1)]);
    let connection = nourish.card();
    let claim = || nourish.write(|tx| timeline::claim(tx, &connection, 10));
    let stale = claim();
    assert_eq!(stale.len(), 1);
    assert!(claim().is_empty(), "it is somebody's");
    nourish.pass((timeline::LEASE + TimeDelta::seconds(1)).num_seconds());
    assert_eq!(nourish.write(|tx| Ok(timeline::recover(tx)?)), 1);
    let fresh = claim();
    assert!(fresh[0].look_first);
    let accepted = |items: Vec<timeline::Item>| -> timeline::Settled {
        items.into_iter().map(|item| (item, Found::Accepted(Receipt::default()))).collect()
    };
    let stale = accepted(stale);
    nourish.write(|tx| timeline::settle(tx, &connection, &stale, ""));
    assert_eq!(standing(&nourish, 1).0, State::Sending);
    let fresh = accepted(fresh);
    nourish.write(|tx| timeline::settle(tx, &connection, &fresh, ""));
    assert_eq!(standing(&nourish, 1).0, State::Sent);
    assert_eq!(nourish.events("timeline.sent"), 1);
}

#[actix_web::test]
async fn a_vendor_that_says_nothing_leaves_the_entry_uncertain_and_is_looked_up() {
    let (mut nourish, ids) = linked(1).await;
    enqueue(&nourish, &[act(ids[0], 1)]);
    nourish.wait(quick());
    nourish.simulator.set_fault_for(Fault::CommitThenDelay, Lasting::Answers(1));
    push(&nourish).await;
    assert_eq!(standing(&nourish, 1).0, State::Uncertain);
    until_done(&nourish).await;
    complete(&nourish, 1);
}

#[actix_web::test]
async fn an_act_and_its_entry_are_kept_together_or_not_at_all() {
    let (nourish, ids) = linked(1).await;
    let failed = nourish.try_write(|tx| {
        timeline::enqueue(tx, nourish.organisation, Source::Activity, &[act(ids[0], 1)])?;
        Err::<(), _>(kinbridge::domain::Refusal::Broken("the act failed".into()))
    });
    assert!(failed.is_err());
    assert_eq!(nourish.count("timeline_entries"), 0);
    assert_eq!(push(&nourish).await, Outcome::Idle);
}
