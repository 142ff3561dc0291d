//! When syncs run: once a night, one at a time, and again when a worker dies under one.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use kinbridge::db::Db;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{EditResidents, ReleaseRuns, RunSyncs, Scope};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::residents;
use kinbridge::domain::sync::{self, Cause, Run, RunState, Wanted};
use kinbridge::jobs::sync_records;

use crate::support::vendors::{Feed, Nourish, client, facts_of, people, person};

fn utc(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What the ticker does each minute, and what a worker does when something was asked for.
fn tick(feed: &Feed, jitter: TimeDelta) -> usize {
    let asked = feed.write(|tx| sync::ask_due(tx, jitter));
    for _ in 0..asked {
        feed.work();
    }
    asked
}

fn nightly(feed: &Feed) -> Vec<Run> {
    feed.runs().into_iter().rev().filter(|run| run.cause == Cause::Schedule).collect()
}

fn minutes(feed: &Feed, from: &str, to: &str) {
    let (mut now, end) = (utc(from), utc(to));
    while now < end {
        feed.clock.move_to(now);
        tick(feed, TimeDelta::zero());
        now += TimeDelta::minutes(1);
    }
}

#[actix_web::test]
async fn around_both_changes_of_the_clocks_each_local_date_has_one_run() {
    for (from, to, expected) in [
        (
            "2026-03-27 00:30",
            "2026-03-31 12:00",
            [
                "2026-03-27 01:00",
                "2026-03-28 01:00",
                "2026-03-29 01:00",
                "2026-03-30 00:00",
                "2026-03-31 00:00",
            ],
        ),
        (
            "2026-10-22 23:30",
            "2026-10-27 12:00",
            [
                "2026-10-23 00:00",
                "2026-10-24 00:00",
                "2026-10-25 00:00",
                "2026-10-26 01:00",
                "2026-10-27 01:00",
            ],
        ),
    ] {
        let mut feed = Feed::creating().await;
        feed.people = people(0..3);
        minutes(&feed, from, to);
        let runs = nightly(&feed);
        let at: Vec<NaiveDateTime> = runs.iter().map(|run| run.requested_at).collect();
        assert_eq!(at, expected.map(utc), "01:00 in London, the first of two, or the moment after the gap");
        let dates: BTreeSet<NaiveDate> = runs.iter().filter_map(|run| run.local_date).collect();
        assert_eq!(dates.len(), 5);
        assert!(runs.iter().all(|run| run.state == RunState::Done));
    }
}

#[actix_web::test]
async fn a_start_after_one_oclock_catches_up_once() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..3);
    feed.clock.move_to(utc("2026-11-22 22:00"));
    assert_eq!(tick(&feed, TimeDelta::zero()), 0, "switched on today: the first night is the coming one");
    // Down over three nights.
    feed.clock.move_to(utc("2026-11-25 09:12"));
    assert_eq!(tick(&feed, TimeDelta::zero()), 1);
    minutes(&feed, "2026-11-25 09:13", "2026-11-26 00:59");
    assert_eq!(nightly(&feed).len(), 1);
    minutes(&feed, "2026-11-26 00:59", "2026-11-26 01:02");
    let dates: Vec<_> = nightly(&feed).iter().map(|run| run.local_date.unwrap()).collect();
    assert_eq!(dates, [date("2026-11-25"), date("2026-11-26")]);
}

#[actix_web::test]
async fn a_clock_that_is_set_back_or_ahead_makes_no_double_and_loses_no_later_night() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..3);
    minutes(&feed, "2026-11-22 23:00", "2026-11-23 01:30");
    // Two hours back: one o'clock comes again.
    minutes(&feed, "2026-11-22 23:30", "2026-11-23 02:00");
    assert_eq!(nightly(&feed).len(), 1);
    // A day ahead, and back again.
    minutes(&feed, "2026-11-24 02:00", "2026-11-24 02:10");
    assert_eq!(nightly(&feed).len(), 2);
    minutes(&feed, "2026-11-23 02:10", "2026-11-24 03:00");
    assert_eq!(nightly(&feed).len(), 2, "that date has had its run");
    // A month ahead, and back: the nights between are not slept through.
    feed.clock.move_to(utc("2026-12-24 09:00"));
    tick(&feed, TimeDelta::zero());
    minutes(&feed, "2026-11-24 09:00", "2026-11-25 02:00");
    let dates: Vec<_> = nightly(&feed).iter().map(|run| run.local_date.unwrap()).collect();
    let unique: BTreeSet<_> = dates.iter().collect();
    assert_eq!(unique.len(), dates.len());
    assert!(dates.contains(&date("2026-11-25")), "{dates:?}");
}

#[actix_web::test]
async fn organisations_start_within_the_jitter_and_always_at_the_same_minute() {
    let feed = Feed::creating().await;
    let jitter = TimeDelta::minutes(30);
    let mut at = BTreeSet::new();
    let mut now = utc("2026-11-22 23:00");
    while now < utc("2026-11-26 23:00") {
        feed.clock.move_to(now);
        if tick(&feed, jitter) > 0 {
            at.insert(now.time());
        }
        now += TimeDelta::minutes(1);
    }
    assert_eq!((nightly(&feed).len(), at.len()), (4, 1));
    let first = *at.first().unwrap();
    assert!(first >= "01:00:00".parse().unwrap() && first <= "01:31:00".parse().unwrap(), "{first}");
}

#[actix_web::test]
async fn the_night_follows_the_organisations_time_zone() {
    let feed = Feed::creating().await;
    feed.write(|tx| {
        use diesel::prelude::*;
        diesel::sql_query("UPDATE organisations SET time_zone = 'America/New_York'").execute(tx.conn)?;
        Ok(())
    });
    minutes(&feed, "2026-11-22 23:00", "2026-11-23 07:00");
    let runs = nightly(&feed);
    assert_eq!((runs.len(), runs[0].requested_at), (1, utc("2026-11-23 06:00")));
}

#[actix_web::test]
async fn a_run_under_way_at_one_oclock_does_not_cost_the_night() {
    let feed = Feed::creating().await;
    feed.clock.move_to(utc("2026-11-22 23:00"));
    tick(&feed, TimeDelta::zero());
    feed.clock.move_to(utc("2026-11-23 01:00"));
    feed.ask(Wanted::Staff, false);
    assert_eq!(feed.write(|tx| sync::ask_due(tx, TimeDelta::zero())), 0);
    feed.work();
    feed.clock.move_to(utc("2026-11-23 01:01"));
    assert_eq!(tick(&feed, TimeDelta::zero()), 1);
}

#[actix_web::test]
async fn a_connection_that_is_off_or_needs_a_link_is_not_asked() {
    let feed = Feed::creating().await;
    minutes(&feed, "2026-11-22 23:00", "2026-11-22 23:01");
    feed.write(|tx| kinbridge::domain::connections::switch_off(tx, &feed.scope(), feed.connection));
    minutes(&feed, "2026-11-23 00:59", "2026-11-23 01:10");
    assert!(feed.runs().is_empty());
    let asked = feed
        .try_write(|tx| sync::request(tx, &feed.scope::<RunSyncs>(), feed.connection, Wanted::Both, false));
    assert!(matches!(asked, Err(Refusal::Overtaken(words)) if words.contains("not connected yet")));
}

/// A second process on the same database.
fn second(feed: &Feed) -> Db {
    Db::open(feed.app.services.db.target().clone(), feed.clock.clone()).unwrap()
}

#[actix_web::test]
async fn fifty_clicks_the_schedule_and_a_second_process_make_one_run() {
    let feed = Feed::creating().await;
    feed.clock.move_to(utc("2026-11-22 23:00"));
    tick(&feed, TimeDelta::zero());
    feed.clock.move_to(utc("2026-11-23 01:00"));
    let other = second(&feed);
    let here = feed.app.services.db.clone();
    let (organisation, connection) = (feed.organisation, feed.connection);
    let clicks: Vec<_> = (0..50)
        .map(|n| {
            let db = if n % 2 == 0 { here.clone() } else { other.clone() };
            std::thread::spawn(move || {
                if n % 10 == 9 {
                    db.write_now(|tx| sync::ask_due(tx, TimeDelta::zero())).map(drop).unwrap();
                }
                let scope = Scope::<RunSyncs>::for_the_portal(organisation);
                db.write_now(|tx| sync::request(tx, &scope, connection, Wanted::Both, false)).unwrap().run()
            })
        })
        .collect();
    let asked: BTreeSet<_> = clicks.into_iter().map(|click| click.join().unwrap()).collect();
    assert_eq!((asked.len(), feed.count("sync_runs")), (1, 1));
    let claims: Vec<_> = (0..20)
        .map(|n| {
            let db = if n % 2 == 0 { here.clone() } else { other.clone() };
            std::thread::spawn(move || db.write_now(sync::claim).unwrap())
        })
        .collect();
    let claimed = claims.into_iter().filter_map(|claim| claim.join().unwrap()).count();
    assert_eq!(claimed, 1);
}

#[actix_web::test]
async fn a_worker_that_slept_past_its_lease_writes_nothing() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..9);
    let first = feed.ask(Wanted::Both, false);
    let stale = feed.claim();
    assert!(feed.write(sync::claim).is_none(), "taken");
    feed.clock.advance(TimeDelta::seconds(44));
    assert!(feed.write(sync::claim).is_none(), "and still within its lease");
    feed.write(|tx| sync::progress(tx, &stale, 3, 9, "Asking Nourish"));
    feed.clock.advance(TimeDelta::seconds(44));
    assert!(feed.write(sync::claim).is_none(), "each word of it renews the lease");
    feed.clock.advance(TimeDelta::seconds(2));
    let other = second(&feed);
    let fresh = other.write_now(sync::claim).unwrap().expect("the run is taken over");
    let interrupted = feed.run(first);
    assert_eq!((interrupted.state, fresh.cause), (RunState::Interrupted, Cause::Retry));
    assert!(interrupted.failure.contains("Nothing was changed"));
    assert_eq!(feed.events("run.interrupted"), 1);
    let before = feed.everything();
    assert!(matches!(feed.settle(&stale), Err(Refusal::Overtaken(_))));
    assert!(feed.try_write(|tx| sync::progress(tx, &stale, 9, 9, "Still here")).is_err());
    feed.write(|tx| sync::cancelled(tx, &stale));
    assert_eq!(feed.everything(), before);
    assert_eq!(
        (feed.run(first).state, feed.run(fresh.run).state),
        (RunState::Interrupted, RunState::Running)
    );
    feed.settle(&fresh).unwrap();
    assert_eq!((feed.run(fresh.run).state, feed.count("residents")), (RunState::Done, 9));
    assert!(feed.settle(&fresh).is_err(), "a run is settled once");
    assert_eq!(feed.count("residents"), 9);
}

#[actix_web::test]
async fn a_released_run_whose_worker_dies_is_repeated_as_released() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..20);
    feed.sync();
    for n in 0..8 {
        feed.person(n).status = Some("Hospital".into());
    }
    let held = feed.sync();
    assert_eq!(held.state, RunState::Held);
    feed.write(|tx| sync::release(tx, &feed.scope::<ReleaseRuns>(), held.id));
    feed.claim();
    feed.clock.advance(TimeDelta::seconds(46));
    feed.people.clear();
    let run = feed.work();
    assert_ne!(run.id, held.id);
    assert_eq!((run.state, run.counts().0.changed), (RunState::Done, 8));
    assert_eq!(run.released_by_name, "The portal");
}

#[actix_web::test]
async fn a_cancelled_run_changes_nothing_and_is_not_repeated() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..5);
    let waiting = feed.ask(Wanted::Both, false);
    feed.write(|tx| sync::cancel(tx, &feed.scope(), waiting));
    assert_eq!(feed.run(waiting).state, RunState::Cancelled);
    assert!(feed.write(sync::claim).is_none());
    // Under the worker's hands, at the last moment.
    feed.ask(Wanted::Both, false);
    let claim = feed.claim();
    feed.write(|tx| sync::cancel(tx, &feed.scope(), claim.run));
    assert!(matches!(feed.settle(&claim), Err(Refusal::Overtaken(_))));
    feed.write(|tx| sync::cancelled(tx, &claim));
    assert_eq!((feed.run(claim.run).state, feed.count("residents")), (RunState::Cancelled, 0));
    assert!(feed.try_write(|tx| sync::cancel(tx, &feed.scope(), claim.run)).is_err());
    // Cancelled, and then the worker died.
    feed.ask(Wanted::Both, false);
    let claim = feed.claim();
    feed.write(|tx| sync::cancel(tx, &feed.scope(), claim.run));
    feed.clock.advance(TimeDelta::seconds(46));
    assert!(feed.write(sync::claim).is_none());
    assert_eq!(feed.run(claim.run).state, RunState::Cancelled);
}

#[actix_web::test]
async fn a_run_that_stops_the_portal_again_and_again_rests() {
    let feed = Feed::creating().await;
    feed.ask(Wanted::Both, false);
    let mut taken = 0;
    while feed.write(sync::claim).is_some() {
        taken += 1;
        feed.clock.advance(TimeDelta::seconds(46));
        assert!(taken < 20, "it never rests");
    }
    assert_eq!(taken, 6);
    assert!(feed.card().retry_at.is_some_and(|at| at > feed.clock.now()));
    feed.clock.advance(TimeDelta::minutes(6));
    assert_eq!(tick(&feed, TimeDelta::zero()), 1, "it is tried again by itself");
    assert_eq!(feed.last_run().state, RunState::Done);
}

/// A future that is dropped after so many polls: a process that dies in the middle.
struct Dying<F> {
    inner: Pin<Box<F>>,
    left: usize,
    polled: usize,
}

impl<F: Future> Future for Dying<F> {
    /// How often it was polled, and what came of it, if it lived.
    type Output = (usize, Option<F::Output>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready((self.polled, None));
        }
        self.left -= 1;
        self.polled += 1;
        let done = pin!(&mut self.inner).poll(context);
        match done {
            Poll::Ready(value) => Poll::Ready((self.polled, Some(value))),
            // Whoever dies does so without being woken once more.
            Poll::Pending if self.left == 0 => Poll::Ready((self.polled, None)),
            Poll::Pending => Poll::Pending,
        }
    }
}

async fn work_and_die(nourish: &Nourish, after: usize) -> (usize, bool) {
    let Some(claim) = sync_records::claim(&nourish.app.services).await.unwrap() else { return (0, false) };
    let inner = Box::pin(sync_records::work(&nourish.app.services, claim));
    let (polled, done) = Dying { inner, left: after, polled: 0 }.await;
    (polled, done.is_some_and(|done| done.is_ok()))
}

fn as_listed(nourish: &Nourish) -> BTreeMap<String, (String, String, String)> {
    let ids = (0..200).map(|n| format!("p-{n}"));
    ids.filter_map(|id| {
        let resident = nourish.resident_now(nourish.paired(&id)?);
        let facts = resident.facts;
        Some((id, (format!("{} {}", facts.first_name, facts.last_name), facts.care_status, facts.room)))
    })
    .collect()
}

/// Residents, records and pairings that no finished run accounts for, or that a finished run lacks. One
/// statement, since what a dead worker had begun may still be written meanwhile.
const HALF_APPLIED: &str = "
    SELECT ABS(residents - created) + ABS(residents - paired) + ABS(residents - records) FROM (SELECT
        (SELECT COUNT(*) FROM residents) AS residents,
        (SELECT COUNT(*) FROM pairings) AS paired,
        (SELECT COUNT(*) FROM external_records WHERE kind = 'resident') AS records,
        (SELECT COUNT(*) FROM run_changes c JOIN sync_runs r ON r.id = c.run_id
            WHERE c.kind = 'created' AND r.state IN ('done', 'partly')) AS created) AS sums";

#[actix_web::test]
async fn a_process_that_dies_anywhere_loses_nothing_and_repeats_nothing() {
    const START: u32 = 30;
    let nourish = Nourish::start(SyncMode::Create, START).await;
    nourish.write(|tx| {
        use diesel::prelude::*;
        diesel::sql_query("UPDATE organisations SET guard_percent = 100").execute(tx.conn)?;
        Ok(())
    });
    nourish.ask(Wanted::Both, false);
    let (whole, done) = work_and_die(&nourish, usize::MAX).await;
    assert!(done && whole > 10, "{whole}");
    let mut deaths = 0;
    for n in 0..50_u32 {
        nourish.simulator.add_client(client(START + n));
        nourish.simulator.edit_client(&format!("p-{}", n % START), |one| one.status = format!("Away {n}"));
        if nourish.runs().iter().all(|run| !run.state.under_way()) {
            nourish.ask(Wanted::Both, false);
        }
        let at = usize::try_from(n).unwrap() * 7919 % (whole + 3);
        let (_, lived) = work_and_die(&nourish, at).await;
        deaths += usize::from(!lived);
        assert_eq!(nourish.number(HALF_APPLIED), 0, "after {at} of {whole} steps");
        nourish.clock.advance(TimeDelta::seconds(46));
    }
    assert!(deaths > 30, "{deaths}");
    // A word that a dead worker had sent off may still renew its lease once.
    while nourish.runs().iter().any(|run| run.state.under_way()) {
        nourish.clock.advance(TimeDelta::seconds(46));
        nourish.work_off().await;
    }
    let last = nourish.sync().await;
    assert_eq!(last.state, RunState::Done, "{}", last.failure);
    let listed = i64::from(START + 50);
    let table = |name: &str| nourish.count(name);
    assert_eq!(
        (table("residents"), nourish.number("SELECT COUNT(*) FROM pairings WHERE ended_at IS NULL")),
        (listed, listed)
    );
    assert_eq!(nourish.number("SELECT COUNT(*) FROM external_records WHERE kind = 'resident'"), listed);
    // The same as where nothing ever died.
    let undisturbed = Nourish::start(SyncMode::Create, START + 50).await;
    for n in 0..50_u32 {
        undisturbed
            .simulator
            .edit_client(&format!("p-{}", n % START), |one| one.status = format!("Away {n}"));
    }
    assert_eq!(undisturbed.sync().await.state, RunState::Done);
    assert_eq!(as_listed(&nourish), as_listed(&undisturbed));
    let running = "SELECT COUNT(*) FROM sync_runs WHERE state IN ('running', 'requested')";
    assert_eq!(nourish.number(running), 0);
}

#[actix_web::test]
async fn people_go_on_working_while_a_sync_is_settled() {
    let mut feed = Feed::creating().await;
    let (db, organisation, home) = (feed.app.services.db.clone(), feed.organisation, feed.home());
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let typing = std::thread::spawn(move || {
        let scope = Scope::<EditResidents>::for_the_portal(organisation);
        let mut added: i64 = 0;
        while stopped.try_recv().is_err() {
            let mut facts = facts_of(&person(300), home);
            facts.last_name = format!("Typed{added}");
            facts.nhs_number.clear();
            added += db.write_now(|tx| residents::add(tx, &scope, &facts)).map_or(0, |_id| 1);
        }
        added
    });
    for n in 1..=6 {
        feed.people = people(0..n * 10);
        let run = feed.sync();
        assert_eq!((run.state, run.counts().0.created), (RunState::Done, 10));
    }
    stop.send(()).unwrap();
    let added = typing.join().unwrap();
    assert!(added > 0);
    assert_eq!(feed.count("residents"), added + 60, "everybody typed in is there, and everybody listed");
}

#[actix_web::test]
async fn a_cancelled_run_is_given_up_by_its_worker() {
    let nourish = Nourish::start(SyncMode::Create, 5).await;
    nourish.ask(Wanted::Both, false);
    let claim = sync_records::claim(&nourish.app.services).await.unwrap().unwrap();
    nourish.write(|tx| sync::cancel(tx, &nourish.scope(), claim.run));
    sync_records::work(&nourish.app.services, claim).await.unwrap();
    assert_eq!((nourish.run(claim.run).state, nourish.count("residents")), (RunState::Cancelled, 0));
    assert!(nourish.simulator.calls().is_empty(), "nothing is fetched for it");
}
