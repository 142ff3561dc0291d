//! Webhooks: who may name a program, and what a secret and an address are seen of. What is sent, and what happens when
//! it is not taken, is beside it.

#![cfg(test)]

mod delivering;
mod receiver;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use kinbridge::connectors::WebhookSender;
use kinbridge::domain::access::{ManageIntegrations, Scope};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::sealing;
use kinbridge::domain::webhooks::{self, Announcement, Delivery, Endpoint, Kind, State};
use kinbridge::jobs::{deliver_webhooks, purge};
use kinbridge::kit::ids::{TokenId, WebhookDeliveryId, WebhookEndpointId};
use kinbridge::kit::sealed::KeyRing;
use kinbridge::links;
use serde_json::{Value, json};

use crate::audit_trail::acts::Walk;
use crate::resets::letters_to;
use crate::support::community::Community;
use crate::support::{Log, Page, TestApp};
use crate::vendor_addresses::Names;
use receiver::{Receiver, status};

/// Harrogate Home Visits, and a receiver to which its portal may send.
pub struct World {
    pub at: Community,
    pub receiver: Receiver,
}

impl std::ops::Deref for World {
    type Target = Community;

    fn deref(&self) -> &Community {
        &self.at
    }
}

pub const ALL: [(&str, &str); 6] = [
    ("kind_created", "yes"),
    ("kind_scheduled", "yes"),
    ("kind_updated", "yes"),
    ("kind_rescheduled", "yes"),
    ("kind_completed", "yes"),
    ("kind_cancelled", "yes"),
];

impl World {
    pub async fn start() -> Self {
        let receiver = Receiver::start();
        let origin = receiver.origin.clone();
        let app = TestApp::start_with(|config| config.allowed_vendor_origins.push(origin)).await;
        Self { at: Community::in_app(app), receiver }
    }

    pub fn scope(&self) -> Scope<ManageIntegrations> {
        self.at.scope()
    }

    pub fn url(&self) -> String {
        format!("{}/hooks/orders", self.receiver.origin)
    }

    /// Adds an endpoint by the form; its number and its secret.
    pub async fn add(&self, name: &str, mode: &str, kinds: &[(&str, &str)]) -> (WebhookEndpointId, String) {
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
    pub async fn endpoint(&self) -> (WebhookEndpointId, String) {
        self.add("Orders", "live", &ALL).await
    }

    pub fn announce(&self, mode: Mode, kind: Kind, about: &str) {
        let data =
            json!({ "id": about, "status": "Scheduled", "patient": { "firstName": "CANARY-PATIENT" } });
        let organisation = self.org;
        let what = Announcement { organisation, mode, kind, about, data: &data };
        self.write(|tx| webhooks::announce(tx, &what));
    }

    pub async fn deliver(&self) {
        deliver_webhooks::run(&self.services).await.unwrap();
    }

    pub fn get(&self, endpoint: WebhookEndpointId) -> Endpoint {
        self.read(|conn| webhooks::endpoint(conn, &self.scope(), endpoint))
    }

    /// Newest first.
    pub fn log(&self, endpoint: WebhookEndpointId) -> Vec<Delivery> {
        self.read(|conn| webhooks::deliveries(conn, &self.scope(), endpoint, (0, 1000)))
    }

    pub fn only(&self, endpoint: WebhookEndpointId) -> Delivery {
        let mut log = self.log(endpoint);
        assert_eq!(log.len(), 1);
        log.remove(0)
    }

    pub fn advance_to(&self, moment: NaiveDateTime) {
        self.clock.advance(moment - self.clock.now());
    }

    pub async fn act(&self, endpoint: WebhookEndpointId, act: &str) -> Page {
        self.as_super().post(&links::webhook_act(self.org, endpoint, act), &[]).await
    }

    /// The words of the page to which a form leads, with its notice.
    pub async fn after(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let browser = self.as_super();
        let done = browser.post(path, fields).await;
        assert_eq!(done.status, 303, "{}", done.text());
        browser.get(done.location()).await.text()
    }
}

/// The letters about webhooks that somebody got.
pub fn told(world: &World, email: &str) -> Vec<String> {
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
    for never in [first.as_str(), &second, "CANARY-PATIENT", "/hooks/orders", world.receiver.origin.as_str()]
    {
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
    // The same form sent twice rotates once.
    let told = world.after(&rotate, &[("mark", "")]).await;
    assert!(told.contains("The secret was rotated already."), "{told}");
    assert!(told.contains("The earlier secret signs until Tomorrow at 10am"), "{told}");

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
    let told = world.after(&path, &[]).await;
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
    let page = world.after(&links::webhook_act(world.org, id, "test"), &[]).await;
    assert!(page.contains("The test event is made."), "{page}");
    assert!(page.contains("Nothing was sent yet."), "{page}");
    world.deliver().await;
    let arrived = world.receiver.last();
    assert!(arrived.is_signed_with(&secret));
    let told: Value = serde_json::from_str(&arrived.body).unwrap();
    assert_eq!((&told["type"], &told["data"]["example"]), (&json!("test.ping"), &json!(true)));
    assert_eq!(world.log(other).len(), 0);
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
        let told = world.after(&links::webhook_act(world.org, first, act), &[]).await;
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

#[actix_web::test]
async fn the_log_is_narrowed_to_webhooks_where_there_are_some() {
    let world = World::start().await;
    world.endpoint().await;
    let log = format!("{}?what=webhook.", links::settings_audit(world.org));
    let text = world.as_super().get(&log).await.text();
    assert!(text.contains("webhook endpoint Orders") && !text.contains("Grace Moor signed in"), "{text}");
    assert!(!text.contains("Pairing"), "nobody is paired here: {text}");
    let home = world.new_visitor(&world.cast.super_manager);
    let text = home.get(&links::settings_audit(world.cast.willow)).await.text();
    assert!(text.contains("Pairing") && !text.contains("Webhooks"), "{text}");
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
