//! Webhooks: who may name a program, what it is sent and how it is signed, what happens when it does not take it, and
//! what a secret is seen of.

#![cfg(test)]

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kinbridge::connectors::{FailureKind, WebhookSender};
use kinbridge::domain::access::{ManageIntegrations, Scope};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::sealing;
use kinbridge::domain::webhooks::{
    self, Announcement, Answer, Delivery, Endpoint, Jitter, Kind, State, TRIES,
};
use kinbridge::jobs::{deliver_webhooks, purge};
use kinbridge::kit::ids::{TokenId, WebhookDeliveryId, WebhookEndpointId};
use kinbridge::kit::sealed::KeyRing;
use kinbridge::links;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::audit_trail::acts::Walk;
use crate::resets::letters_to;
use crate::support::community::Community;
use crate::support::{Log, Page, TestApp};
use crate::vendor_addresses::{Canary, Names};

/// One delivery as it arrived.
#[derive(Clone, Debug)]
struct Arrived {
    path: String,
    head: Vec<(String, String)>,
    body: String,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.head.iter().find(|(of, _)| of == name).map_or("", |(_, value)| value)
    }

    fn signatures(&self) -> Vec<&str> {
        self.header("webhook-signature").split(' ').collect()
    }

    /// Whether one of the signatures is what the scheme's own documents say, worked out here anew.
    fn is_signed_with(&self, secret: &str) -> bool {
        let key = unbase64(secret.strip_prefix("whsec_").unwrap());
        let content =
            format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(content.as_bytes());
        let wanted = mac.finalize().into_bytes();
        self.signatures()
            .iter()
            .filter_map(|one| one.strip_prefix("v1,"))
            .any(|one| unbase64(one) == wanted.as_slice())
    }
}

fn unbase64(text: &str) -> Vec<u8> {
    let value = |sign: u8| match sign {
        b'A'..=b'Z' => sign - b'A',
        b'a'..=b'z' => sign - b'a' + 26,
        b'0'..=b'9' => sign - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits: Vec<bool> = text
        .bytes()
        .filter(|sign| *sign != b'=')
        .flat_map(|sign| (0..6).rev().map(move |at| value(sign) >> at & 1 == 1))
        .collect();
    bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}

/// What a receiver does with a delivery.
#[derive(Clone, Debug)]
enum Conduct {
    Says(String),
    /// Takes it and never answers.
    Hangs,
}

fn status(line: &str) -> Conduct {
    Conduct::Says(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}

/// A program of the organisation.
struct Receiver {
    origin: String,
    conduct: Arc<Mutex<Conduct>>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let conduct = Arc::new(Mutex::new(status("204 No Content")));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let (does, keeps) = (Arc::clone(&conduct), Arc::clone(&arrived));
        std::thread::spawn(move || {
            for visitor in listener.incoming() {
                let (does, keeps) = (Arc::clone(&does), Arc::clone(&keeps));
                std::thread::spawn(move || take(visitor.unwrap(), &does, &keeps));
            }
        });
        Self { origin, conduct, arrived }
    }

    fn does(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap() = conduct;
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    fn last(&self) -> Arrived {
        self.arrived().pop().expect("something arrived")
    }
}

fn take(mut visitor: TcpStream, does: &Mutex<Conduct>, keeps: &Mutex<Vec<Arrived>>) {
    let Some(arrived) = read(&mut visitor) else { return };
    keeps.lock().unwrap().push(arrived);
    let conduct = does.lock().unwrap().clone();
    match conduct {
        Conduct::Says(answer) => {
            let _cut_off = visitor.write_all(answer.as_bytes());
        }
        Conduct::Hangs => {
            let _until_it_is_left = visitor.read(&mut [0]);
        }
    }
}

fn read(visitor: &mut TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = visitor.read(&mut piece).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let head: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let wanted = head.iter().find(|(name, _)| name == "content-length")?.1.parse::<usize>().ok()?;
        if body.len() >= wanted {
            return Some(Arrived { path, head, body: body.to_owned() });
        }
    }
}

/// Harrogate Home Visits, and a receiver to which its portal may send.
struct World {
    at: Community,
    receiver: Receiver,
}

impl std::ops::Deref for World {
    type Target = Community;

    fn deref(&self) -> &Community {
        &self.at
    }
}

const ALL: [(&str, &str); 6] = [
    ("kind_created", "yes"),
    ("kind_scheduled", "yes"),
    ("kind_updated", "yes"),
    ("kind_rescheduled", "yes"),
    ("kind_completed", "yes"),
    ("kind_cancelled", "yes"),
];

impl World {
    async fn start() -> Self {
        let receiver = Receiver::start();
        let origin = receiver.origin.clone();
        let app = TestApp::start_with(|config| config.allowed_vendor_origins.push(origin)).await;
        Self { at: Community::in_app(app), receiver }
    }

    fn scope(&self) -> Scope<ManageIntegrations> {
        self.at.scope()
    }

    fn url(&self) -> String {
        format!("{}/hooks/orders", self.receiver.origin)
    }

    /// Adds an endpoint by the form; its number and its secret.
    async fn add(&self, name: &str, mode: &str, kinds: &[(&str, &str)]) -> (WebhookEndpointId, String) {
        let url = self.url();
        let mut fields = vec![("name", name), ("url", &url), ("mode", mode)];
        fields.extend(kinds);
        let page = self.as_super().post(&links::webhooks(self.org), &fields).await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let id = WebhookEndpointId(self.number("SELECT MAX(id) FROM webhook_endpoints"));
        (id, secret_on(&page).expect("the secret is shown"))
    }

    /// One that is told of everything of live appointments.
    async fn endpoint(&self) -> (WebhookEndpointId, String) {
        self.add("Orders", "live", &ALL).await
    }

    fn announce(&self, mode: Mode, kind: Kind, about: &str) {
        let data =
            json!({ "id": about, "status": "Scheduled", "patient": { "firstName": "CANARY-PATIENT" } });
        let organisation = self.org;
        let what = Announcement { organisation, mode, kind, about, data: &data };
        self.write(|tx| webhooks::announce(tx, &what));
    }

    async fn deliver(&self) {
        deliver_webhooks::run(&self.services).await.unwrap();
    }

    fn get(&self, endpoint: WebhookEndpointId) -> Endpoint {
        self.read(|conn| webhooks::endpoint(conn, &self.scope(), endpoint))
    }

    /// Newest first.
    fn log(&self, endpoint: WebhookEndpointId) -> Vec<Delivery> {
        self.read(|conn| webhooks::deliveries(conn, &self.scope(), endpoint, (0, 1000)))
    }

    fn only(&self, endpoint: WebhookEndpointId) -> Delivery {
        let mut log = self.log(endpoint);
        assert_eq!(log.len(), 1);
        log.remove(0)
    }

    fn advance_to(&self, moment: NaiveDateTime) {
        self.clock.advance(moment - self.clock.now());
    }

    async fn act(&self, endpoint: WebhookEndpointId, act: &str) -> Page {
        self.as_super().post(&links::webhook_act(self.org, endpoint, act), &[]).await
    }
}

/// The letters about webhooks that somebody got.
fn told(world: &World, email: &str) -> Vec<String> {
    let letters = letters_to(world, email).into_iter();
    letters.filter(|one| one.subject.contains("webhook")).map(|one| one.body_text).collect()
}

fn secret_on(page: &Page) -> Option<String> {
    let rest = page.body.split("value=\"whsec_").nth(1)?;
    Some(format!("whsec_{}", rest.split('"').next()?))
}

#[actix_web::test]
async fn a_stranger_and_another_sector_get_404_and_colleagues_403() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    let (other, nell) = world.neighbour();
    world.as_super().post(&links::webhook_act(world.org, id, "test"), &[]).await;
    let delivery = world.only(id).id;
    let pages = |org| {
        vec![
            links::webhooks(org),
            links::new_webhook(org),
            links::webhook(org, id),
            links::webhook_act(org, id, "edit"),
            links::webhook_act(org, id, "rotate"),
            links::webhook_act(org, id, "remove"),
            links::webhook_delivery(org, id, delivery),
        ]
    };
    for path in pages(world.org) {
        assert_eq!(world.as_stranger().get(&path).await.status, 404, "{path}");
        assert_eq!(world.as_person(&nell).get(&path).await.status, 404, "{path}");
        assert_eq!(world.as_manager().get(&path).await.status, 403, "{path}");
        assert_eq!(world.as_staff().get(&path).await.status, 403, "{path}");
        assert_eq!(world.as_super().get(&path).await.status, 200, "{path}");
    }
    // The right organisation in the path, with another's endpoint below it.
    for path in pages(other).into_iter().skip(2) {
        assert_eq!(world.as_person(&nell).get(&path).await.status, 404, "{path}");
    }
    for act in ["test", "rotate", "disable", "enable", "remove"] {
        let path = links::webhook_act(other, id, act);
        assert_eq!(world.as_person(&nell).post(&path, &[]).await.status, 404, "{path}");
        let path = links::webhook_act(world.org, id, act);
        assert_eq!(world.as_manager().post(&path, &[]).await.status, 403, "{path}");
    }
    // A care home's super manager holds the permission, and has no such pages.
    let willow = world.cast.willow;
    let mary = world.app.as_super();
    assert_eq!(mary.get(&links::webhooks(willow)).await.status, 404);
    assert_eq!(mary.post(&links::webhooks(willow), &[("name", "Orders")]).await.status, 404);
    assert!(!mary.get(&links::settings(willow)).await.text().contains("Webhooks"));
    assert!(world.as_super().get(&links::settings(world.org)).await.text().contains("Webhooks"));
    assert!(!world.as_manager().get(&links::settings(world.org)).await.text().contains("Webhooks"));
    assert!(world.get(id).is_on());
}

#[actix_web::test]
async fn making_and_rotating_ask_for_the_password_again() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    world.pass(11 * 60);
    for path in [links::new_webhook(world.org), links::webhook_act(world.org, id, "rotate")] {
        let page = world.as_super().get(&path).await;
        assert!(page.status == 303 && page.location().starts_with("/confirm"), "{path}: {}", page.location());
    }
    let url = world.url();
    let mut fields = vec![("name", "Stock"), ("url", url.as_str()), ("mode", "live")];
    fields.extend(ALL);
    let page = world.as_super().post(&links::webhooks(world.org), &fields).await;
    assert!(page.location().starts_with("/confirm"), "{}", page.location());
    let page = world.act(id, "rotate").await;
    assert!(page.location().starts_with("/confirm"), "{}", page.location());
    assert_eq!(world.number("SELECT COUNT(*) FROM webhook_endpoints"), 1);
    assert_eq!(world.get(id).secret_mark(), "");
}

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
async fn a_secret_is_seen_once_and_stands_in_no_other_place() {
    let log = Log::listen();
    let world = World::start().await;
    let (id, first) = world.endpoint().await;
    let rotate = links::webhook_act(world.org, id, "rotate");
    let page = world.as_super().post(&rotate, &[("mark", "")]).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let second = secret_on(&page).unwrap();
    assert_ne!(first, second);
    world.announce(Mode::Live, Kind::Created, "apt_1");
    world.deliver().await;
    let delivery = world.only(id).id;
    for path in [
        links::webhooks(world.org),
        links::webhook(world.org, id),
        links::webhook_act(world.org, id, "edit"),
        links::webhook_act(world.org, id, "remove"),
        rotate,
        links::webhook_delivery(world.org, id, delivery),
        links::settings_audit(world.org),
    ] {
        let page = world.as_super().get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains(&first) && !page.body.contains(&second), "{path}");
        assert!(secret_on(&page).is_none(), "{path}");
    }
    let said = log.said();
    for never in [&first, &second, "CANARY-PATIENT", "/hooks/orders", world.receiver.origin.as_str()] {
        assert!(!said.contains(never), "the log says {never}");
        let counts = |table: &str, column: &str| {
            world.number(&format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{never}%'"))
        };
        assert_eq!(counts("audit_events", "words") + counts("audit_events", "details"), 0, "{never}");
        assert_eq!(counts("webhook_endpoints", "secret") + counts("webhook_endpoints", "earlier_secret"), 0);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM webhook_endpoints WHERE secret LIKE '%whsec%'"), 0);
}

#[actix_web::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let world = World::start().await;
    let (id, old) = world.endpoint().await;
    let rotate = links::webhook_act(world.org, id, "rotate");
    let page = world.as_super().get(&rotate).await;
    assert!(page.text().contains("signs as well for another 24 hours"), "{}", page.text());
    let new = secret_on(&world.as_super().post(&rotate, &[("mark", "")]).await).unwrap();
    let again = world.as_super().post(&rotate, &[("mark", "")]).await;
    assert_eq!(again.status, 303, "the same form sent twice rotates once");
    let told = world.as_super().get(again.location()).await.text();
    assert!(told.contains("The secret was rotated already."), "{told}");
    assert!(told.contains("The earlier one signs as well until"), "{told}");

    world.announce(Mode::Live, Kind::Created, "apt_1");
    world.deliver().await;
    let arrived = world.receiver.last();
    assert_eq!(arrived.signatures().len(), 2);
    assert!(arrived.is_signed_with(&old) && arrived.is_signed_with(&new));

    world.clock.advance(TimeDelta::hours(24));
    world.announce(Mode::Live, Kind::Updated, "apt_1");
    world.deliver().await;
    let arrived = world.receiver.last();
    assert_eq!(arrived.signatures().len(), 1);
    assert!(!arrived.is_signed_with(&old) && arrived.is_signed_with(&new));
    purge::run(&world.services).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM webhook_endpoints WHERE earlier_secret <> ''"), 0);
    assert_ne!(world.get(id).secret_mark(), "");
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
    assert_eq!(world.read(|conn| Ok(webhooks::events(conn, world.cast.elm, Mode::Live, None, 10)?)), []);
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
    let told = world.act(id, "test").await;
    let told = world.as_super().get(told.location()).await.text();
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
async fn an_address_inside_is_refused_in_words_and_again_at_each_delivery() {
    let mut world = World::start().await;
    for (address, words) in [
        ("https://10.0.0.1/hook", "Enter the host’s name, not its number"),
        ("https://169.254.169.254/latest", "Enter the host’s name, not its number"),
        ("https://localhost/hook", "Enter the full name of a host on the internet"),
        ("https://orders.internal/hook", "Enter the full name of a host on the internet"),
        ("http://orders.example.org/hook", "The address must begin with https://"),
        ("https://orders.example.org:8443/hook", "The address must not name a port"),
        ("https://user:secret@orders.example.org/", "The address holds characters that do not belong there"),
        ("", "Enter the address as https://"),
    ] {
        let mut fields = vec![("name", "Orders"), ("url", address), ("mode", "live")];
        fields.extend(ALL);
        let page = world.as_super().post(&links::webhooks(world.org), &fields).await;
        let text = page.text().replace('\'', "’");
        assert!(page.status == 422 && text.contains(words), "{address}: {} {text}", page.status);
    }
    // A public name that leads inside, and changes its mind between two questions.
    let inside: IpAddr = "10.0.0.1".parse().unwrap();
    let public: IpAddr = "9.9.9.9".parse().unwrap();
    let names = Names { answers: vec![vec![inside], vec![public, inside]], asked: AtomicUsize::new(0) };
    let sender = WebhookSender::new(Vec::new()).looking_up(Arc::new(names));
    world.at.app.services.webhooks = Arc::new(sender.within(Duration::from_millis(600)));
    let wanted =
        webhooks::Wanted::read("Orders", "https://orders.example.org/hook", &[Kind::Created], &[]).unwrap();
    let keys = world.services.config.keys.clone();
    let (id, _) = world.write(|tx| webhooks::add(tx, &world.scope(), &keys, Mode::Live, &wanted));
    world.announce(Mode::Live, Kind::Created, "apt_1");
    for _ in 0..2 {
        world.deliver().await;
        let delivery = world.only(id);
        assert_eq!(
            delivery.last_words,
            "The address leads to this machine or a private network, where nothing is sent: enter a public one."
        );
        world.advance_to(delivery.next_attempt_at.unwrap());
    }
}

#[actix_web::test]
async fn what_is_settled_can_be_sent_again_and_nothing_else() {
    let world = World::start().await;
    let (id, secret) = world.endpoint().await;
    world.receiver.does(status("500 Oh"));
    world.announce(Mode::Live, Kind::Created, "apt_1");
    world.deliver().await;
    let first = world.only(id);
    let path = links::webhook_delivery(world.org, id, first.id);
    assert!(!world.as_super().get(&path).await.text().contains("Send again"));
    let told = world.as_super().post(&path, &[]).await;
    let told = world.as_super().get(told.location()).await.text();
    assert!(told.contains("It is still on its way, and is tried again by itself."), "{told}");
    world.receiver.does(status("200 OK"));
    world.advance_to(first.next_attempt_at.unwrap());
    world.deliver().await;
    let done = world.as_super().post(&path, &[]).await;
    assert_eq!(done.status, 303);
    world.deliver().await;
    let log = world.log(id);
    assert_eq!(log.len(), 2);
    assert_eq!((log[0].sent_again_by.as_str(), log[0].state), ("Grace Moor", State::Delivered));
    assert_eq!(log[0].event, log[1].event);
    assert!(world.receiver.last().is_signed_with(&secret));
    let page = world.as_super().get(done.location()).await.text();
    assert!(page.contains("Sent by Grace Moor"), "{page}");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'webhook.sent_again'"), 1);
    // Another endpoint's log does not reach it.
    let (other, _) = world.add("Stock", "live", &ALL).await;
    let path = links::webhook_delivery(world.org, other, first.id);
    assert_eq!(world.as_super().get(&path).await.status, 404);
    assert_eq!(world.as_super().post(&path, &[]).await.status, 404);
}

#[actix_web::test]
async fn a_test_event_is_marked_and_goes_to_one_endpoint_whatever_it_wants() {
    let world = World::start().await;
    let (id, secret) = world.add("Orders", "live", &[("kind_cancelled", "yes")]).await;
    let (other, _) = world.add("Stock", "live", &ALL).await;
    let sent = world.act(id, "test").await;
    assert_eq!(sent.status, 303);
    let page = world.as_super().get(sent.location()).await.text();
    assert!(page.contains("A test event is on its way."), "{page}");
    assert!(page.contains("Nothing was sent yet."), "{page}");
    world.deliver().await;
    let arrived = world.receiver.last();
    assert!(arrived.is_signed_with(&secret));
    let told: Value = serde_json::from_str(&arrived.body).unwrap();
    assert_eq!((&told["type"], &told["data"]["example"]), (&json!("test.ping"), &json!(true)));
    assert_eq!(world.log(other).len(), 0);
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
async fn there_are_ten_endpoints_at_most_each_with_its_own_name() {
    let world = World::start().await;
    let (first, _) = world.endpoint().await;
    let url = world.url();
    let mut fields = vec![("name", " ORDERS "), ("url", url.as_str()), ("mode", "live")];
    fields.extend(ALL);
    let page = world.as_super().post(&links::webhooks(world.org), &fields).await;
    assert!(
        page.status == 422 && page.text().contains("There is an endpoint of this name already"),
        "{}",
        page.text()
    );
    for n in 1..10 {
        world.add(&format!("Orders {n}"), "live", &ALL).await;
    }
    fields[0] = ("name", "One more");
    let page = world.as_super().post(&links::webhooks(world.org), &fields).await;
    assert!(page.status == 422 && page.text().contains("There are ten endpoints"), "{}", page.text());
    assert!(
        world.as_super().get(&links::webhooks(world.org)).await.text().contains("There are ten endpoints")
    );
    let removed = world.act(first, "remove").await;
    let page = world.as_super().get(removed.location()).await.text();
    assert!(page.contains("Removed") && !page.contains("Send a test event"), "{page}");
    world.add("One more", "live", &ALL).await;
    for act in ["test", "enable", "disable", "remove"] {
        let told = world.act(first, act).await;
        let told = world.as_super().get(told.location()).await.text();
        assert!(told.contains("The endpoint was removed."), "{act}: {told}");
    }
    fields.retain(|(name, _)| !name.starts_with("kind_"));
    let page = world.as_super().post(&links::webhooks(world.org), &fields).await;
    assert!(page.status == 422, "{}", page.text());
}

#[actix_web::test]
async fn an_endpoint_is_changed_but_for_its_mode() {
    let world = World::start().await;
    let (id, _) = world.endpoint().await;
    let url = format!("{}/elsewhere", world.receiver.origin);
    let fields = [("name", "Shop"), ("url", url.as_str()), ("mode", "test"), ("kind_updated", "yes")];
    let page = world.as_super().post(&links::webhook(world.org, id), &fields).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let endpoint = world.get(id);
    assert_eq!((endpoint.name.as_str(), endpoint.url.as_str()), ("Shop", url.as_str()));
    assert_eq!((endpoint.mode, endpoint.kinds), (Mode::Live, vec![Kind::Updated]));
    let page = world.as_super().post(&links::webhook(world.org, id), &[("name", "")]).await;
    assert!(page.status == 422 && page.text().contains("Enter a name"), "{}", page.text());
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
    assert_eq!(world.log(id), []);
}

#[actix_web::test]
async fn secrets_are_sealed_anew_when_the_key_changes() {
    let world = World::start().await;
    let (id, old) = world.endpoint().await;
    let rotate = links::webhook_act(world.org, id, "rotate");
    let new = secret_on(&world.as_super().post(&rotate, &[("mark", "")]).await).unwrap();
    let line = KeyRing::new_line().unwrap();
    let before = kinbridge::kit::secret::fingerprint("the key of the tests");
    let both = KeyRing::parse(&format!("{}\n{before}", line.reveal())).unwrap();
    let mut next = Some(TokenId(0));
    while let Some(after) = next {
        next = world.write(|tx| sealing::reseal(tx, &both, after));
    }
    let only = KeyRing::parse(line.reveal()).unwrap();
    world.announce(Mode::Live, Kind::Created, "apt_1");
    let claimed = world.write(|tx| webhooks::claim(tx, &only, id, 4)).remove(0);
    let sign = |secret: &str| {
        webhooks::signature(
            &kinbridge::kit::secret::Secret::new(secret),
            &claimed.event,
            claimed.timestamp,
            &claimed.body,
        )
        .unwrap()
    };
    assert_eq!(claimed.signature, format!("{} {}", sign(&new), sign(&old)));
}

/// The forms of webhooks, each with its event and none without it.
pub async fn every_form(at: &Community, walk: &mut Walk<'_>) {
    let org = at.org;
    let grace = &at.super_manager;
    let plain = [
        ("name", "Orders"),
        ("url", "https://orders.example.org/hook"),
        ("mode", "live"),
        ("kind_created", "yes"),
    ];
    walk.send("/org/{org}/settings/webhooks", grace, &links::webhooks(org), &plain).await;
    let id = WebhookEndpointId(at.number("SELECT MAX(id) FROM webhook_endpoints"));
    let act = |act: &str| links::webhook_act(org, id, act);
    let changed = [plain[0], plain[1], ("kind_updated", "yes")];
    walk.send("/org/{org}/settings/webhooks/{endpoint}", grace, &links::webhook(org, id), &changed).await;
    walk.send("/org/{org}/settings/webhooks/{endpoint}/test", grace, &act("test"), &[]).await;
    let rotate = "/org/{org}/settings/webhooks/{endpoint}/rotate";
    walk.send(rotate, grace, &act("rotate"), &[("mark", "")]).await;
    walk.send("/org/{org}/settings/webhooks/{endpoint}/disable", grace, &act("disable"), &[]).await;
    walk.send("/org/{org}/settings/webhooks/{endpoint}/enable", grace, &act("enable"), &[]).await;
    let delivery = WebhookDeliveryId(at.number("SELECT MAX(id) FROM webhook_deliveries"));
    let again = links::webhook_delivery(org, id, delivery);
    let pattern = "/org/{org}/settings/webhooks/{endpoint}/deliveries/{delivery}";
    walk.send(pattern, grace, &again, &[]).await;
    walk.send("/org/{org}/settings/webhooks/{endpoint}/remove", grace, &act("remove"), &[]).await;
}
