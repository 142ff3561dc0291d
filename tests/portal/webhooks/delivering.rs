//! What is sent and how it is signed, when it is tried again, and when that ends.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kinbridge::connectors::{FailureKind, WebhookSender};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::webhooks::{self, Answer, Jitter, Kind, State, TRIES};
use kinbridge::jobs::{deliver_webhooks, purge};
use kinbridge::links;
use serde_json::Value;

use super::receiver::{Conduct, Receiver, status};
use super::{ALL, World, told};
use crate::vendor_addresses::Canary;

#[actix_web::test]
async fn what_happened_is_delivered_signed_as_the_scheme_says() {
    let world = World::start().await;
    let (id, secret) = world.endpoint().await;
    world.announce(Mode::Live, Kind::Rescheduled, "apt_7");
    world.deliver().await;
    let arrived = world.receiver.last();
    assert_eq!(world.receiver.arrived().len(), 1);
    assert_eq!(arrived.path, "/hooks/orders");
    assert_eq!(arrived.header("content-type"), "application/json");
    assert!(arrived.header("user-agent").starts_with("Kinbridge/"));
    assert!(arrived.header("webhook-id").starts_with("evt_"));
    assert_eq!(arrived.header("webhook-timestamp"), world.clock.now().and_utc().timestamp().to_string());
    assert_eq!(arrived.signatures().len(), 1);
    assert!(arrived.is_signed_with(&secret), "{arrived:?}");
    let told: Value = serde_json::from_str(&arrived.body).unwrap();
    assert_eq!(told["type"], "appointment.rescheduled");
    assert_eq!(told["timestamp"], "2026-11-22T10:00:00Z");
    assert_eq!(told["data"]["id"], "apt_7");

    let delivery = world.only(id);
    assert_eq!((delivery.state, delivery.attempts, delivery.last_status), (State::Delivered, 1, Some(204)));
    let list = world.as_super().get(&links::webhook(world.org, id)).await.text();
    assert!(list.contains("appointment.rescheduled") && list.contains("Taken (204)."), "{list}");
    let page = world.as_super().get(&links::webhook_delivery(world.org, id, delivery.id)).await;
    let text = page.text();
    for sent in ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "user-agent"] {
        assert!(text.contains(&format!("{sent} {}", arrived.header(sent))), "{sent}: {text}");
    }
    assert!(text.contains(&arrived.body), "the exact body: {text}");
    world.deliver().await;
    assert_eq!(world.receiver.arrived().len(), 1, "what was taken is not sent again");
}

#[actix_web::test]
async fn two_processes_that_look_at_once_deliver_once() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    for n in 0..20 {
        world.announce(Mode::Live, Kind::Updated, &format!("apt_{n}"));
    }
    let (one, two) = (world.services.clone(), world.services.clone());
    let both = futures_util::future::join(deliver_webhooks::run(&one), deliver_webhooks::run(&two)).await;
    both.0.unwrap();
    both.1.unwrap();
    world.deliver().await;
    assert_eq!(world.receiver.arrived().len(), 20);
    assert!(world.log(id).iter().all(|one| one.state == State::Delivered && one.attempts == 1));
}

#[actix_web::test]
async fn nothing_goes_to_the_other_mode_to_who_did_not_want_it_or_to_who_is_disabled() {
    let world = World::start().await;
    let (live, _) = world.endpoint().await;
    let (test, _) = world.add("Trial", "test", &ALL).await;
    let (some, _) = world.add("Stock", "live", &[("kind_cancelled", "yes")]).await;
    world.announce(Mode::Live, Kind::Created, "apt_live");
    world.announce(Mode::Test, Kind::Created, "apt_test");
    world.announce(Mode::Live, Kind::Cancelled, "apt_gone");
    let about = |id| world.log(id).into_iter().map(|one| one.about).collect::<Vec<_>>();
    assert_eq!(about(live), ["apt_gone", "apt_live"]);
    assert_eq!(about(test), ["apt_test"]);
    assert_eq!(about(some), ["apt_gone"]);
    assert_eq!(world.act(live, "disable").await.status, 303);
    world.announce(Mode::Live, Kind::Updated, "apt_live");
    assert_eq!(about(live).len(), 2);
    assert!(world.log(live).iter().all(|one| one.state == State::Stopped));
    world.deliver().await;
    assert_eq!(world.receiver.arrived().len(), 2, "to the two others");
    let page = world.as_super().get(&links::webhook(world.org, live)).await.text();
    assert!(page.contains("Grace Moor disabled it."), "{page}");
    assert!(page.contains("Not sent: the endpoint was disabled."), "{page}");
    assert_eq!(world.act(live, "enable").await.status, 303);
    world.announce(Mode::Live, Kind::Completed, "apt_live");
    world.deliver().await;
    assert_eq!(world.receiver.arrived().len(), 3);
    // What the API lists: each mode by itself, oldest first, no tests.
    world.act(live, "test").await;
    let listed = world.read(|conn| Ok(webhooks::events(conn, world.org, Mode::Live, None, 10)?));
    let kinds: Vec<Kind> = listed.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::Created, Kind::Cancelled, Kind::Updated, Kind::Completed]);
    let after = world.read(|conn| Ok(webhooks::events(conn, world.org, Mode::Live, Some(listed[1].id), 1)?));
    assert_eq!(after, listed[2..3]);
    let of_others = world.read(|conn| Ok(webhooks::events(conn, world.cast.elm, Mode::Live, None, 10)?));
    assert_eq!(of_others.len(), 0);
}

#[actix_web::test]
async fn what_is_not_taken_is_tried_ten_times_in_three_days_and_then_the_endpoint_is_disabled() {
    let world = World::start().await;
    let (id, secret) = world.endpoint().await;
    world.receiver.does(status("500 Internal Server Error"));
    let begun = world.clock.now();
    world.announce(Mode::Live, Kind::Created, "apt_1");
    let mut waits = Vec::new();
    for attempt in 1..TRIES {
        world.deliver().await;
        let delivery = world.only(id);
        assert_eq!((delivery.state, delivery.attempts), (State::Waiting, attempt));
        assert_eq!(delivery.last_words, "It failed on its own side (500).");
        let next = delivery.next_attempt_at.unwrap();
        waits.push((next - world.clock.now()).num_seconds());
        world.advance_to(next - TimeDelta::milliseconds(1));
        world.deliver().await;
        assert_eq!(world.only(id).attempts, attempt, "not before its time");
        world.advance_to(next);
    }
    for (wait, step) in waits.iter().zip([5, 300, 1800, 7200, 18000, 36000, 50400, 72000]) {
        assert!((step..=step + step / 10).contains(wait), "{waits:?}");
    }
    assert_eq!(
        world.clock.now(),
        begun + TimeDelta::hours(72),
        "the last try is at the end of the third day"
    );
    world.announce(Mode::Live, Kind::Updated, "apt_1");
    world.deliver().await;
    let arrived = world.receiver.arrived();
    let of_the_first: Vec<_> =
        arrived.iter().filter(|one| one.header("webhook-id") == arrived[0].header("webhook-id")).collect();
    assert_eq!(of_the_first.len(), 10, "the same number at each try");
    assert!(of_the_first.iter().all(|one| one.is_signed_with(&secret)));
    let log = world.log(id);
    assert_eq!((log[1].state, log[1].attempts), (State::Failed, TRIES));
    assert_eq!(log[0].state, State::Stopped, "what waited is not sent to a disabled endpoint");
    assert_eq!(world.get(id).disabled_because, "Nothing could be delivered to it for three days.");
    let letters = told(&world, world.super_manager.email);
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].contains("Orders (live)"), "{}", letters[0]);
    assert!(letters[0].contains(&links::webhook(world.org, id)), "{}", letters[0]);
    assert_eq!(told(&world, world.manager.email).len(), 0);
    world.clock.advance(TimeDelta::hours(24));
    world.deliver().await;
    assert_eq!(told(&world, world.super_manager.email).len(), 1, "once");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'webhook.disabled'"), 1);
}

#[actix_web::test]
async fn a_receiver_that_asks_for_time_gets_it() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    let busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    world.receiver.does(Conduct::Says(busy.into()));
    world.announce(Mode::Live, Kind::Created, "apt_1");
    world.deliver().await;
    let wait = world.only(id).next_attempt_at.unwrap() - world.clock.now();
    assert_eq!(wait.num_seconds(), 120, "and not the five seconds after a first try");
}

#[actix_web::test]
async fn an_endpoint_that_took_something_meanwhile_stays_enabled() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    world.receiver.does(status("503 Service Unavailable"));
    world.announce(Mode::Live, Kind::Created, "apt_1");
    let first = world.only(id).id;
    let get = |delivery| world.read(|conn| webhooks::delivery(conn, &world.scope(), id, delivery));
    for attempt in 1..=TRIES {
        world.deliver().await;
        if attempt == 5 {
            world.receiver.does(status("200 OK"));
            world.announce(Mode::Live, Kind::Updated, "apt_1");
            world.deliver().await;
            world.receiver.does(status("503 Service Unavailable"));
        }
        if let Some(next) = get(first).next_attempt_at {
            world.advance_to(next);
        }
    }
    assert_eq!(get(first).state, State::Failed);
    assert!(world.get(id).is_on());
    assert_eq!(told(&world, world.super_manager.email).len(), 0);
}

#[actix_web::test]
async fn an_endpoint_that_says_it_is_gone_is_disabled_at_once() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    world.receiver.does(status("410 Gone"));
    world.announce(Mode::Live, Kind::Created, "apt_1");
    world.deliver().await;
    assert_eq!(world.only(id).state, State::Failed);
    let page = world.as_super().get(&links::webhooks(world.org)).await.text();
    assert!(page.contains("It answered that it is gone for good (410)."), "{page}");
    let letters = told(&world, world.super_manager.email);
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].contains("gone for good (410)"), "{}", letters[0]);
    let told = world.after(&links::webhook_act(world.org, id, "test"), &[]).await;
    assert!(told.contains("The endpoint is disabled. Enable it first."), "{told}");
}

#[actix_web::test]
async fn a_receiver_that_lies_costs_nothing_but_a_try() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    let canary = Canary::json("{}");
    let long = "x".repeat(2_000_000);
    for (conduct, state, words) in [
        (Conduct::Hangs, State::Waiting, "No answer within 10 seconds."),
        (
            Conduct::Says(format!(
                "HTTP/1.1 302 Found\r\nLocation: {}/inside\r\nContent-Length: 0\r\n\r\n",
                canary.origin
            )),
            State::Waiting,
            "It redirects, and redirects are never followed: enter the address that it leads to (302).",
        ),
        (
            Conduct::Says(format!("HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n{long}")),
            State::Delivered,
            "Taken (200).",
        ),
        (
            Conduct::Says(format!(
                "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n{long}\r\n"
            )),
            State::Waiting,
            "It failed on its own side (500).",
        ),
        (Conduct::Says("SSH-2.0-OpenSSH_9.2\r\n\r\n".into()), State::Waiting, "It could not be reached."),
        (
            status("401 Unauthorized"),
            State::Waiting,
            "It refused the delivery: look at how it checks the signature (401).",
        ),
        (status("202 Accepted"), State::Delivered, "Taken (202)."),
    ] {
        world.receiver.does(conduct.clone());
        world.announce(Mode::Live, Kind::Updated, "apt_1");
        world.deliver().await;
        let delivery = world.log(id).remove(0);
        let said = format!("{conduct:?}").chars().take(60).collect::<String>();
        assert_eq!((delivery.state, delivery.last_words.as_str()), (state, words), "{said}");
        assert!(!delivery.last_words.contains("xxx"));
    }
    assert_eq!(canary.visits(), 0, "a redirect is not followed");
}

#[actix_web::test]
async fn one_that_hangs_holds_no_other_up() {
    let world = World::start().await;
    let (slow, _) = world.endpoint().await;
    let beside = Receiver::start();
    let origin = beside.origin.clone();
    let sender = WebhookSender::new(vec![world.receiver.origin.clone(), origin.clone()]);
    let mut services = world.services.clone();
    services.webhooks = Arc::new(sender.within(Duration::from_millis(300)));
    let wanted =
        webhooks::Wanted::read("Quick", &format!("{origin}/x"), &[Kind::Updated], &[origin]).unwrap();
    let (quick, _) =
        world.write(|tx| webhooks::add(tx, &world.scope(), &world.services.config.keys, Mode::Live, &wanted));
    world.receiver.does(Conduct::Hangs);
    for n in 0..40 {
        world.announce(Mode::Live, Kind::Updated, &format!("apt_{n}"));
    }
    deliver_webhooks::run(&services).await.unwrap();
    assert!(world.log(quick).iter().all(|one| one.state == State::Delivered));
    let tried = world.log(slow).iter().filter(|one| one.attempts > 0).count();
    assert_eq!(tried, 4, "the rest is left to the next look");
}

#[actix_web::test]
async fn a_process_that_dies_between_sending_and_noting_it_leaves_a_lease_that_runs_out() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    world.announce(Mode::Live, Kind::Created, "apt_1");
    let keys = world.services.config.keys.clone();
    let claimed = world.write(|tx| webhooks::claim(tx, &keys, id, 4)).remove(0);
    world.deliver().await;
    assert_eq!(world.receiver.arrived().len(), 0, "somebody has it");
    let page = world.as_super().get(&links::webhook(world.org, id)).await.text();
    assert!(page.contains("Being sent"), "{page}");
    world.pass(2 * 60);
    world.deliver().await;
    assert_eq!(world.receiver.arrived().len(), 1);
    let delivery = world.only(id);
    assert_eq!((delivery.state, delivery.attempts), (State::Delivered, 2));
    // It comes back after all, with bad news that are old.
    let answer = (Answer::Nothing(FailureKind::FirstByteTimeout), Duration::from_secs(10));
    let held =
        world.write(|tx| webhooks::settle(tx, &claimed, answer, Jitter::default(), "http://x.example"));
    assert!(!held);
    assert_eq!(world.only(id), delivery);
}

#[actix_web::test]
async fn events_and_settled_deliveries_are_kept_for_thirty_days() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    world.announce(Mode::Live, Kind::Created, "apt_1");
    world.announce(Mode::Test, Kind::Created, "apt_2");
    world.deliver().await;
    let (gone, _) = world.add("Gone", "live", &ALL).await;
    world.act(gone, "remove").await;
    let count = |table: &str| world.number(&format!("SELECT COUNT(*) FROM {table}"));
    world.clock.advance(TimeDelta::days(30));
    purge::run(&world.services).await.unwrap();
    assert_eq!((count("webhook_events"), count("webhook_deliveries")), (2, 1));
    world.pass(1);
    purge::run(&world.services).await.unwrap();
    assert_eq!((count("webhook_events"), count("webhook_deliveries"), count("webhook_endpoints")), (0, 0, 1));
    assert_eq!(world.log(id).len(), 0);
}
