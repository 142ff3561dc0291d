//! A vendor's empty, short or mistaken answer changes nobody until super managers have looked.

#![cfg(test)]

use diesel::prelude::*;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ReleaseRuns, Role, RunSyncs, Scope};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::domain::sync::{self, Released, Run, RunState};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{AccountId, RunId};
use kinbridge::kit::secret::Secret;

use crate::support::PASSWORD;
use crate::support::vendors::{Feed, people, person};

async fn with(n: u32) -> Feed {
    let mut feed = Feed::creating().await;
    feed.people = people(0..n);
    assert_eq!(feed.sync().state, RunState::Done);
    feed
}

/// Carries a sync out that must be held, and proves that nothing but the run was touched.
fn held(feed: &Feed) -> Run {
    let before = feed.everything();
    let run = feed.sync();
    assert_eq!(run.state, RunState::Held, "{:?}", run.counts());
    assert_eq!(feed.everything(), before);
    run
}

/// The scope of a super manager of Elm Trust.
fn super_manager(feed: &Feed, account: AccountId) -> Scope<ReleaseRuns> {
    let token = feed.write(|tx| accounts::begin_session(tx, account, "127.0.0.1", "Test browser"));
    let (now, limits) = (feed.clock.now(), feed.app.services.config.sessions);
    let live = feed.read(|conn| Ok(accounts::live(conn, &token, "127.0.0.1", now, limits)?)).unwrap();
    live.actor.scope(feed.organisation).unwrap()
}

fn release(feed: &Feed, run: RunId) -> Result<Released, Refusal> {
    let scope = super_manager(feed, feed.cast.stranger.account);
    feed.try_write(|tx| sync::release(tx, &scope, run))
}

fn second_super_manager(feed: &Feed) -> AccountId {
    let operator = kinbridge::domain::access::Platform::for_the_operator();
    let new =
        NewAccount { email: EmailAddress::parse("second@elm.example").unwrap(), name: "Second Elm".into() };
    let hasher = feed.app.services.hasher.clone();
    // On a thread of its own, since a test's thread is not allowed to wait for the hasher.
    let hashed = std::thread::spawn(move || hasher.hash_now(&Secret::new(PASSWORD)).unwrap());
    let password = hashed.join().unwrap();
    feed.write(|tx| {
        let made =
            accounts::add_member_by_platform(tx, &operator, feed.organisation, &new, Role::SuperManager)?;
        accounts::set_password(tx, &operator, made.account, &password)?;
        Ok(made.account)
    })
}

#[actix_web::test]
async fn an_empty_answer_is_held() {
    let mut feed = with(12).await;
    feed.people.clear();
    let run = held(&feed);
    assert_eq!(run.held_because, "The answer was empty; last time it had 12 residents. Nobody was changed.");
    assert_eq!(run.affected, 12);
    assert_eq!(feed.number("SELECT COUNT(*) FROM letters"), 1, "the super manager is told");
    assert_eq!(feed.number("SELECT COUNT(*) FROM letters WHERE body_text LIKE '%Abernathy%'"), 0);
    // The vendor is itself again: the held run has nothing to say any more.
    feed.people = people(0..12);
    assert_eq!(feed.sync().state, RunState::Done);
    assert_eq!(feed.run(run.id).state, RunState::Discarded);
    assert!(matches!(release(&feed, run.id), Err(Refusal::Overtaken(_))));
    assert_eq!(feed.count("run_snapshots"), 0);
}

#[actix_web::test]
async fn an_empty_first_answer_is_not_held_and_does_nothing() {
    let feed = Feed::creating().await;
    assert_eq!(feed.sync().state, RunState::Done);
}

#[actix_web::test]
async fn an_answer_under_four_fifths_of_the_last_is_held_and_one_of_four_fifths_is_not() {
    let mut feed = with(40).await;
    feed.without(0..9);
    let run = held(&feed);
    assert_eq!(run.held_because, "The answer had 31 residents; last time it had 40. Nobody was changed.");
    feed.people = people(0..40);
    feed.without(0..4);
    assert_eq!(feed.sync().state, RunState::Done, "36 of 40, and four in the home");
}

#[actix_web::test]
async fn an_answer_that_shrinks_night_by_night_is_held_against_everybody_known() {
    let mut feed = with(40).await;
    feed.without(0..5);
    assert_eq!(feed.sync().state, RunState::Done);
    feed.without(5..13);
    let run = held(&feed);
    assert!(run.held_because.contains("last time it had 35"), "{}", run.held_because);
}

#[actix_web::test]
async fn all_new_identifiers_are_held() {
    let mut feed = with(12).await;
    for person in &mut feed.people {
        person.external_id = format!("new-{}", person.external_id);
    }
    let run = held(&feed);
    assert!(run.held_because.contains("all have other identifiers"), "{}", run.held_because);
    // In a small home too, where five might leave.
    let mut feed = with(4).await;
    for person in &mut feed.people {
        person.external_id = format!("new-{}", person.external_id);
    }
    held(&feed);
}

#[actix_web::test]
async fn more_than_a_tenth_and_more_than_five_changed_in_one_home_are_held() {
    let mut feed = with(70).await;
    for n in 0..7 {
        feed.person(n).status = Some("Hospital".into());
    }
    assert_eq!(feed.sync().state, RunState::Done, "seven of seventy are a tenth");
    for n in 10..18 {
        feed.person(n).status = Some("Hospital".into());
    }
    let run = held(&feed);
    assert!(
        run.held_because.starts_with("In Elm Lodge 8 of 70 people would leave or change."),
        "{}",
        run.held_because
    );
    let mut small = with(20).await;
    for n in 0..5 {
        small.person(n).status = Some("Hospital".into());
    }
    assert_eq!(small.sync().state, RunState::Done, "five of twenty are five");
    for n in 0..6 {
        small.person(n).status = Some("Respite".into());
    }
    held(&small);
}

#[actix_web::test]
async fn people_are_counted_per_home() {
    let mut feed = Feed::pairing().await;
    for record in people(0..10) {
        feed.resident_in(&record, feed.cast.willow_house);
    }
    for record in people(10..20) {
        feed.resident_in(&record, feed.cast.oak_court);
    }
    feed.people = people(0..20);
    assert_eq!(feed.sync().counts().0.paired, 20);
    // Five in each home: ten in all, and no home is over its limit.
    for n in (0..5).chain(10..15) {
        feed.person(n).status = Some("Hospital".into());
    }
    assert_eq!(feed.sync().counts().0.changed, 10);
    for n in 0..6 {
        feed.person(n).status = Some("Respite".into());
    }
    assert!(feed.sync().held_because.starts_with("In Willow House 6 of 10 people"));
}

#[actix_web::test]
async fn missing_for_the_first_time_counts_as_much_as_leaving() {
    let mut feed = with(40).await;
    feed.without(0..6);
    let run = held(&feed);
    assert!(run.held_because.contains("6 of 40"), "{}", run.held_because);
    // Held runs are no complete answers: nights pass, and nobody leaves.
    for _ in 0..3 {
        assert_eq!(feed.sync().state, RunState::Held);
    }
    assert_eq!(feed.number("SELECT COUNT(*) FROM residents WHERE state = 'archived'"), 0);
    assert_eq!(feed.number("SELECT COUNT(*) FROM sync_runs WHERE state = 'held'"), 1, "the newest one waits");
}

#[actix_web::test]
async fn creating_people_is_never_held() {
    let mut feed = with(3).await;
    feed.people = people(0..90);
    let run = feed.sync();
    assert_eq!((run.state, run.counts().0.created), (RunState::Done, 87));
}

#[actix_web::test]
async fn the_limits_can_be_set() {
    let feed = {
        let mut feed = with(20).await;
        for n in 0..3 {
            feed.person(n).status = Some("Hospital".into());
        }
        feed
    };
    let set = |percent: i32, people: i32| {
        feed.write(|tx| {
            let query =
                format!("UPDATE organisations SET guard_percent = {percent}, guard_people = {people}");
            diesel::sql_query(query).execute(tx.conn)?;
            Ok(())
        });
    };
    set(5, 2);
    held(&feed);
    set(15, 0);
    assert_eq!(feed.sync().state, RunState::Done, "three of twenty are fifteen per cent");
}

#[actix_web::test]
async fn a_super_managers_release_applies_exactly_what_was_held() {
    let mut feed = with(20).await;
    for n in 0..8 {
        feed.person(n).status = Some("Hospital".into());
    }
    let run = held(&feed);
    let promised = feed.changes(&run, "changed").len();
    assert_eq!(release(&feed, run.id).unwrap(), Released::Now);
    // What the vendor says by now is not asked.
    feed.people.clear();
    let released = feed.work();
    assert_eq!((released.id, released.state), (run.id, RunState::Done));
    assert_eq!((released.counts().0.changed, promised), (8, 8));
    assert_eq!(released.released_by_name, "Ruth Elm");
    let moved = "SELECT COUNT(*) FROM residents WHERE care_status = 'Hospital'";
    assert_eq!((feed.number(moved), feed.events("run.released")), (8, 1));
    assert!(matches!(release(&feed, run.id), Err(Refusal::Overtaken(_))), "only that one run, once");
}

#[actix_web::test]
async fn a_released_run_whose_plan_is_another_by_now_waits_again() {
    let mut feed = with(20).await;
    for n in 0..8 {
        feed.person(n).status = Some("Hospital".into());
    }
    let run = held(&feed);
    assert_eq!(release(&feed, run.id).unwrap(), Released::Now);
    feed.resident(&person(50));
    let version = feed.resident_now(feed.paired("p-0").unwrap()).version;
    let gone = feed.paired("p-0").unwrap();
    let scope = feed.scope();
    feed.write(|tx| kinbridge::domain::residents::archive(tx, &scope, gone, version, "moved away"));
    let before = feed.everything();
    let again = feed.work();
    assert_eq!((again.id, again.state), (run.id, RunState::Held));
    assert!(
        again.held_because.starts_with("Something has changed since you looked"),
        "{}",
        again.held_because
    );
    assert_eq!(
        (again.released_by, again.released_by_name.as_str()),
        (None, ""),
        "nobody has agreed to this one"
    );
    assert_eq!(feed.everything(), before);
}

#[actix_web::test]
async fn above_fifty_people_a_second_super_manager_must_agree() {
    let mut feed = with(60).await;
    let second = second_super_manager(&feed);
    for n in 0..51 {
        feed.person(n).status = Some("Hospital".into());
    }
    let run = held(&feed);
    assert_eq!(run.affected, 51);
    assert_eq!(release(&feed, run.id).unwrap(), Released::NeedsSecond);
    assert_eq!(feed.run(run.id).state, RunState::Held);
    assert!(
        matches!(release(&feed, run.id), Err(Refusal::Overtaken(words)) if words.contains("agreed already"))
    );
    // The same is held the next night: who has agreed goes on agreeing.
    let night = held(&feed);
    assert_ne!(night.id, run.id);
    assert_eq!(night.released_by_name, "Ruth Elm");
    let scope = super_manager(&feed, second);
    assert_eq!(feed.write(|tx| sync::release(tx, &scope, night.id)), Released::Now);
    let done = feed.work();
    assert_eq!((done.state, done.counts().0.changed), (RunState::Done, 51));
    assert_eq!((done.released_by_name.as_str(), done.seconded_by_name.as_str()), ("Ruth Elm", "Second Elm"));
}

#[actix_web::test]
async fn agreement_to_one_plan_is_no_agreement_to_another() {
    let mut feed = with(60).await;
    second_super_manager(&feed);
    for n in 0..51 {
        feed.person(n).status = Some("Hospital".into());
    }
    let run = held(&feed);
    assert_eq!(release(&feed, run.id).unwrap(), Released::NeedsSecond);
    feed.person(55).status = Some("Hospital".into());
    let night = held(&feed);
    assert_eq!(night.released_by_name, "");
}

#[actix_web::test]
async fn where_there_is_one_super_manager_one_is_enough() {
    let mut feed = with(60).await;
    for n in 0..51 {
        feed.person(n).status = Some("Hospital".into());
    }
    let run = held(&feed);
    assert_eq!(release(&feed, run.id).unwrap(), Released::Now);
    assert_eq!(feed.work().state, RunState::Done);
}

#[actix_web::test]
async fn a_preview_is_no_way_around_the_guard() {
    let mut feed = with(20).await;
    for n in 0..8 {
        feed.person(n).status = Some("Hospital".into());
    }
    let preview = feed.preview();
    assert_eq!(preview.state, RunState::Previewed);
    assert!(preview.held_because.contains("8 of 20"), "the preview says so: {}", preview.held_because);
    let before = feed.everything();
    feed.write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id));
    let run = feed.work();
    assert_eq!((run.id, run.state, run.is_preview), (preview.id, RunState::Held, false));
    assert_eq!(feed.everything(), before);
    let again = feed.try_write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id));
    assert!(again.is_err(), "a held run is released, not applied");
    assert_eq!(release(&feed, run.id).unwrap(), Released::Now);
    assert_eq!(feed.work().state, RunState::Done);
}

#[actix_web::test]
async fn a_held_run_may_be_discarded() {
    let mut feed = with(12).await;
    feed.people.clear();
    let run = held(&feed);
    feed.write(|tx| sync::discard(tx, &feed.scope::<RunSyncs>(), run.id));
    assert_eq!((feed.run(run.id).state, feed.count("run_snapshots")), (RunState::Discarded, 0));
    assert!(matches!(release(&feed, run.id), Err(Refusal::Overtaken(_))));
}

#[actix_web::test]
async fn a_released_leave_archives_and_a_second_empty_answer_is_held_again() {
    let mut feed = with(8).await;
    feed.people.clear();
    let run = held(&feed);
    assert_eq!(release(&feed, run.id).unwrap(), Released::Now);
    assert_eq!(feed.work().counts().0.missing, 8, "missing once, by one complete answer");
    let run = held(&feed);
    assert!(run.held_because.contains("8 of 8"), "{}", run.held_because);
    assert_eq!(release(&feed, run.id).unwrap(), Released::Now);
    assert_eq!(feed.work().counts().0.left, 8);
    assert_eq!(feed.number("SELECT COUNT(*) FROM residents WHERE state = 'archived'"), 8);
    assert_eq!(feed.number("SELECT COUNT(*) FROM pairings WHERE ended_at IS NULL"), 8);
}
