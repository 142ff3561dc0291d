//! The page *Integrations* and that of each vendor: who may, keys that we receive, what the pages say.

pub mod fake;
mod letters;

use std::sync::Arc;

use actix_web::http::Method;
use kinbridge::connectors::{FailureKind, Vendor};
use kinbridge::domain::access::{ManageIntegrations, RunSyncs, Scope};
use kinbridge::domain::connections::{self, Connection, State};
use kinbridge::domain::sync::{self, Wanted};
use kinbridge::jobs;
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::support::{Page, TestApp, Visitor};
use fake::Fake;

pub const KEY: &str = "0b6fd1c2-1111-4222-8333-444455556f2a";
const OTHER_KEY: &str = "7777d1c2-1111-4222-8333-444455559c1e";

/// A portal beside three systems, of which one is told what to answer.
pub struct Beside {
    pub app: TestApp,
    pub pcs: Fake,
}

pub async fn beside() -> Beside {
    let pcs = Fake::of(Vendor::Pcs).with_people();
    let others = [Vendor::KareInn, Vendor::Fhir].map(|vendor| Fake::of(vendor).with_people());
    let systems: Vec<Fake> = others.into_iter().chain([pcs.clone()]).collect();
    let app = TestApp::start_beside(
        |config| {
            config.vendors_available = vec!["nourish".into(), "pcs".into(), "fhir".into()];
            for vendor in ["nourish", "pcs", "kareinn"] {
                config.vendor_urls.insert(vendor.into(), format!("https://api.{vendor}.example"));
            }
        },
        |built_in| systems.into_iter().fold(built_in, |systems, one| systems.with(Arc::new(one))),
    )
    .await;
    Beside { app, pcs }
}

pub fn connection(app: &TestApp, vendor: Vendor) -> Connection {
    let scope = Scope::<ManageIntegrations>::for_the_portal(app.cast.willow);
    app.read(|conn| Ok(connections::find(conn, &scope, vendor)?)).expect("there is a connection")
}

fn act(app: &TestApp, vendor: Vendor, act: &str) -> String {
    links::integration_act(app.cast.willow, vendor.id(), act)
}

/// What somebody types who is sure of everything.
fn sure(key: &str) -> Vec<(&str, &str)> {
    vec![("key", key), ("terms", "yes"), ("charge", "yes")]
}

pub async fn enter(app: &TestApp, vendor: Vendor, fields: &[(&str, &str)]) -> Page {
    let mary = app.new_visitor(&app.cast.super_manager);
    let page = mary.post(&act(app, vendor, "key"), fields).await;
    if page.status == 303 { mary.get(page.location()).await } else { page }
}

fn addresses(app: &TestApp) -> Vec<(bool, String)> {
    let on = |is_post, name| (is_post, act(app, Vendor::Pcs, name));
    vec![
        on(true, "key"),
        on(true, "agree"),
        on(true, "ask"),
        on(true, "check"),
        on(false, "test"),
        on(false, "terms"),
        on(false, "services"),
        on(false, "off"),
        on(true, "off"),
    ]
}

async fn go(visitor: &Visitor<'_>, is_post: bool, path: &str) -> Page {
    if is_post { visitor.post(path, &sure(OTHER_KEY)).await } else { visitor.get(path).await }
}

#[actix_web::test]
async fn only_super_managers_of_the_organisation_reach_keys_and_tests() {
    let Beside { app, .. } = beside().await;
    enter(&app, Vendor::Pcs, &sure(KEY)).await;
    let outside = [app.as_stranger(), app.as_relative(), app.as_rep()];
    let inside = [app.as_manager(), app.as_staff(), app.as_colleague()];
    let before = app.digest();
    for (is_post, path) in addresses(&app) {
        for visitor in &outside {
            assert_eq!(go(visitor, is_post, &path).await.status, 404, "{path}");
        }
        for visitor in &inside {
            let page = go(visitor, is_post, &path).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(page.text().contains("Ask Mary Jones."), "{}", page.text());
        }
        let method = if is_post { Method::POST } else { Method::GET };
        let page = app.signed_out().ask(method, &path).of_our_own().send().await;
        assert!(page.location().starts_with("/sign-in"), "{path} {}", page.status);
    }
    // A manager reads how it stands, and has no form.
    let page = app.as_manager().get(&links::integration(app.cast.willow, "pcs")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("A super manager switches it on and off."), "{}", page.text());
    assert!(!page.body.contains("name=\"key\""), "{}", page.body);
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn acts_on_a_key_ask_for_the_password_again() {
    let Beside { app, .. } = beside().await;
    let mary = app.as_super();
    app.pass(11 * 60);
    let before = app.digest();
    let page = mary.post(&act(&app, Vendor::Pcs, "key"), &sure(KEY)).await;
    assert!(page.location().starts_with("/confirm?next="), "{}", page.location());
    assert!(!page.location().contains("0b6fd1c2"));
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn pcs_is_switched_on_with_its_internal_api_key() {
    let Beside { app, .. } = beside().await;
    let (mary, here) = (app.as_super(), links::integration(app.cast.willow, "pcs"));
    let text = mary.get(&here).await.text();
    for words in ["Available", "Internal API Key, not the Internal ID", "PCS charges", "linked by hand"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let refused = |page: &Page, words: &str| {
        assert_eq!(page.status, 422);
        assert!(page.text().contains(words), "{words}: {}", page.text());
    };
    refused(&enter(&app, Vendor::Pcs, &[("key", KEY), ("terms", "yes")]).await, "pays PCS for it");
    refused(&enter(&app, Vendor::Pcs, &[("key", KEY), ("charge", "yes")]).await, "agrees to share");
    let page = enter(&app, Vendor::Pcs, &sure("10482")).await;
    refused(&page, "This looks like the Internal ID. The Internal API Key is the other one");
    assert!(!page.body.contains("10482"), "what was typed is not shown again");
    assert_eq!(app.number("SELECT COUNT(*) FROM connection_tokens"), 0);

    let page = enter(&app, Vendor::Pcs, &sure(KEY)).await;
    let text = page.text();
    assert!(text.contains("PCS takes the key") && text.contains("Testing"), "{text}");
    assert!(text.contains("ends in 6f2a, entered by Mary Jones"), "{text}");
    assert!(text.contains("Start Sync") && text.contains("Mary Jones, today at 10am"), "{text}");
    assert!(!page.body.contains(KEY));
    assert_eq!(connection(&app, Vendor::Pcs).state, State::On);
}

#[actix_web::test]
async fn a_refused_key_says_what_it_most_likely_is_and_is_asked_about_no_more() {
    let Beside { app, pcs } = beside().await;
    pcs.fail(Some(FailureKind::CredentialRefused));
    let page = enter(&app, Vendor::Pcs, &sure(KEY)).await;
    let text = page.text();
    assert!(text.contains("Most often it is the Internal ID"), "{text}");
    assert!(text.contains("Relink needed"), "{text}");
    let asked = pcs.asked();
    for _ in 0..100 {
        app.pass(900);
        jobs::read_services::run(&app.services).await.unwrap();
        jobs::sync_records::ask_due(&app.services).await.unwrap();
        jobs::sync_records::run(&app.services).await.unwrap();
    }
    assert_eq!(pcs.asked(), asked, "it waits for a person");
    pcs.fail(None);
    let text = enter(&app, Vendor::Pcs, &[("key", OTHER_KEY)]).await.text();
    assert!(text.contains("PCS takes the key") && text.contains("ends in 9c1e"), "{text}");
}

#[actix_web::test]
async fn an_address_inside_the_network_is_refused_and_a_new_address_needs_the_key_again() {
    let Beside { app, .. } = beside().await;
    for address in [
        "https://127.0.0.1/fhir",
        "https://localhost/fhir",
        "https://10.0.0.7/fhir",
        "https://[::1]/fhir",
        "https://169.254.169.254/latest",
        "https://intranet/fhir",
        "https://printer.local/fhir",
        "http://fhir.example.org/r4",
        "https://fhir.example.org:8443/r4",
        "https://user:word@fhir.example.org/r4",
        "file:///etc/passwd",
        "",
    ] {
        let fields = [("key", "a-token"), ("terms", "yes"), ("address", address)];
        let page = enter(&app, Vendor::Fhir, &fields).await;
        assert_eq!(page.status, 422, "{address}");
        assert!(page.body.contains("id=\"address-error\""), "{address}: {}", page.text());
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM connection_tokens"), 0);
    let fields = [("key", "a-token-7788"), ("terms", "yes"), ("address", "https://fhir.example.org/r4/")];
    let text = enter(&app, Vendor::Fhir, &fields).await.text();
    assert!(text.contains("It is sent to https://fhir.example.org/r4 only."), "{text}");
    // Another address alone is not enough: the old key is never sent there.
    let page = enter(&app, Vendor::Fhir, &[("address", "https://other.example.org/r4")]).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("id=\"key-error\""), "{}", page.text());
    let (keys, known, now) =
        (app.services.config.keys.clone(), connection(&app, Vendor::Fhir), app.clock.now());
    let live = app.read(|conn| connections::live_tokens(conn, &keys, &known, now));
    assert_eq!((live.len(), live[0].origin.as_str()), (1, "https://fhir.example.org/r4"));
}

async fn sync(app: &TestApp, vendor: Vendor) {
    let (scope, id) = (Scope::<RunSyncs>::for_the_portal(app.cast.willow), connection(app, vendor).id);
    app.write(|tx| sync::request(tx, &scope, id, Wanted::Both, false));
    jobs::sync_records::run(&app.services).await.unwrap();
}

#[actix_web::test]
async fn a_new_key_and_off_and_on_keep_every_pairing() {
    let Beside { app, pcs } = beside().await;
    enter(&app, Vendor::Pcs, &sure(KEY)).await;
    sync(&app, Vendor::Pcs).await;
    let pairs = || {
        app.number("SELECT COUNT(*) * 1000000 + COALESCE(MAX(id), 0) FROM pairings WHERE ended_at IS NULL")
    };
    let (before, history) = (pairs(), app.number("SELECT COUNT(*) FROM pairings"));
    assert!(before > 4_000_000, "an empty organisation takes everybody: {before}");
    enter(&app, Vendor::Pcs, &[("key", OTHER_KEY)]).await;
    assert_eq!(
        app.number("SELECT COUNT(*) FROM connection_tokens WHERE revoked_at IS NULL"),
        1,
        "no overlap"
    );
    sync(&app, Vendor::Pcs).await;
    let mary = app.new_visitor(&app.cast.super_manager);
    let page = mary.get(&act(&app, Vendor::Pcs, "off")).await;
    assert!(page.text().contains("Every pairing is kept"), "{}", page.text());
    mary.post(&act(&app, Vendor::Pcs, "off"), &[]).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM connection_tokens WHERE revoked_at IS NULL"), 0);
    pcs.fail(Some(FailureKind::CredentialRefused));
    enter(&app, Vendor::Pcs, &sure(OTHER_KEY)).await;
    pcs.fail(None);
    enter(&app, Vendor::Pcs, &sure(KEY)).await;
    sync(&app, Vendor::Pcs).await;
    assert_eq!((pairs(), app.number("SELECT COUNT(*) FROM pairings")), (before, history));
    assert_eq!(connection(&app, Vendor::Pcs).state, State::On);
}

#[actix_web::test]
async fn kareinn_is_asked_for_and_arranged_by_the_representative() {
    let Beside { app, .. } = beside().await;
    let (willow, mary) = (app.cast.willow, app.new_visitor(&app.cast.super_manager));
    let here = links::integration(willow, "kareinn");
    // Not by the super manager.
    assert_eq!(
        mary.post(&act(&app, Vendor::KareInn, "key"), &sure("abcdefghijklmnop1234")).await.status,
        404
    );
    let page = mary.post(&act(&app, Vendor::KareInn, "ask"), &[]).await;
    assert_eq!(page.status, 422, "the terms are agreed to with the wish");
    for _ in 0..2 {
        assert_eq!(mary.post(&act(&app, Vendor::KareInn, "ask"), &[("terms", "yes")]).await.status, 303);
    }
    let text = mary.get(&here).await.text();
    assert!(text.contains("Your representative has been asked"), "{text}");
    assert!(text.contains("Asked for by Mary Jones, today at 10am"), "{text}");
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE to_email = 'rep@kinbridge.example'"), 1);

    let rep = app.new_visitor(&app.cast.rep);
    let overview = links::organisation_overview(willow);
    let text = rep.get(&overview).await.text();
    assert!(text.contains("Asked for by Mary Jones, today at 10am"), "{text}");
    let record = links::organisation_vendor_act(willow, "kareinn", "key");
    let key = "kareinn-key-of-willow-4f2a";
    let page = rep.post(&record, &[("key", key)]).await;
    assert!(rep.get(page.location()).await.text().contains("Write the reason in a few words"));
    let page = rep.post(&record, &[("key", key), ("reason", "KareInn wrote on 20 November")]).await;
    let page = rep.get(page.location()).await;
    assert!(page.text().contains("ends in 4f2a, added by Alex Platt, today at 10am"), "{}", page.text());
    assert!(!page.body.contains(key));

    app.pass(60);
    jobs::read_services::run(&app.services).await.unwrap();
    let text = mary.get(&here).await.text();
    assert!(text.contains("KareInn takes the key"), "{text}");
    assert!(text.contains("ends in 4f2a, entered by Alex Platt"), "{text}");
    let log = mary.get(&links::settings_audit(willow)).await.text();
    assert!(log.contains("recorded the KareInn key that ends in 4f2a. Reason: KareInn wrote"), "{log}");
    assert!(!log.contains(key));

    let gone = links::organisation_vendor_act(willow, "kareinn", "key/remove");
    rep.post(&gone, &[("reason", "they left")]).await;
    assert_eq!(connection(&app, Vendor::KareInn).state, State::Off);
}

#[actix_web::test]
async fn a_key_that_was_handed_over_waits_until_a_super_manager_agrees() {
    let Beside { app, pcs } = beside().await;
    let (willow, rep) = (app.cast.willow, app.new_visitor(&app.cast.rep));
    let record = links::organisation_vendor_act(willow, "pcs", "key");
    let page = rep.post(&record, &[("key", KEY), ("reason", "handed over")]).await;
    assert!(rep.get(page.location()).await.text().contains("Tick that they pay PCS"));
    let mut fields =
        vec![("key", KEY), ("charge", "yes"), ("reason", "handed over"), ("valid_until", "2020-01-31")];
    let page = rep.post(&record, &fields).await;
    assert!(rep.get(page.location()).await.text().contains("Enter a day that is still to come"));
    fields[3].1 = "2027-03-31";
    rep.post(&record, &fields).await;
    let kept = "SELECT COUNT(*) FROM connection_tokens WHERE valid_until IS NOT NULL";
    assert_eq!(app.number(kept), 1, "its last day is warned of");
    assert_eq!(connection(&app, Vendor::Pcs).state, State::Off);
    app.pass(60);
    jobs::read_services::run(&app.services).await.unwrap();
    assert_eq!(pcs.asked(), 0, "nothing is sent before somebody agreed");
    let mary = app.new_visitor(&app.cast.super_manager);
    let here = links::integration(willow, "pcs");
    assert!(mary.get(&here).await.text().contains("It is used once you agree"));
    assert_eq!(mary.post(&act(&app, Vendor::Pcs, "agree"), &[]).await.status, 422);
    let page = mary.post(&act(&app, Vendor::Pcs, "agree"), &[("terms", "yes")]).await;
    assert!(mary.get(page.location()).await.text().contains("PCS takes the key"));
    assert_eq!(connection(&app, Vendor::Pcs).state, State::On);
}

#[actix_web::test]
async fn one_page_shows_every_vendor_with_its_state() {
    let Beside { app, .. } = beside().await;
    enter(&app, Vendor::Pcs, &sure(KEY)).await;
    let page = app.as_super().get(&links::integrations(app.cast.willow)).await;
    let text = page.text();
    for words in [
        "Nourish Available",
        "PCS Testing",
        "KareInn Not available",
        "FHIR R4 Available",
        "Ensora Data Collection Not available Ensora Data Collection is not available to your organisation yet.",
        "What we know of its interface is unverified.",
        "paired with PCS",
        "Sync Now with PCS",
        "Preview the sync with PCS",
        "Test connection to PCS",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Sync Now with Nourish"), "{text}");
}

#[actix_web::test]
async fn test_connection_says_in_words_what_was_reached_and_shows_three_names() {
    let Beside { app, pcs } = beside().await;
    enter(&app, Vendor::Pcs, &sure(KEY)).await;
    let mary = app.as_super();
    let text = mary.get(&act(&app, Vendor::Pcs, "test")).await.text();
    for words in
        ["PCS answered.", "PCS accepts this key.", "4 residents of Garden Wing, Rose Wing", "Betty C."]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.contains("3 of them") && !text.contains("Nora"), "{text}");
    for (kind, words) in [
        (FailureKind::CredentialRefused, "click your name at the top right and open API Key"),
        (FailureKind::ListMissing, "open the list of service users"),
        (FailureKind::ServerError, "see whether the home page opens"),
        (FailureKind::NotConfigured, "a setting of this installation"),
    ] {
        pcs.fail(Some(kind));
        let text = mary.get(&act(&app, Vendor::Pcs, "test")).await.text();
        assert!(text.contains(words), "{kind:?}: {text}");
    }
}

#[actix_web::test]
async fn the_terms_say_what_is_shared_and_who_agreed() {
    let Beside { app, .. } = beside().await;
    enter(&app, Vendor::Pcs, &sure(KEY)).await;
    let text = app.as_super().get(&act(&app, Vendor::Pcs, "terms")).await.text();
    for words in [
        "Terms of November 2026. Mary Jones agreed to them",
        "Ticked by Mary Jones, today at 10am.",
        "What PCS shares with Kinbridge",
        "Article 9(2)(h)",
        "Nothing: PCS is only read.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[actix_web::test]
async fn services_are_counted_and_a_missing_zone_is_made_with_one_button() {
    let Beside { app, .. } = beside().await;
    enter(&app, Vendor::Pcs, &sure(KEY)).await;
    let mary = app.as_super();
    let here = act(&app, Vendor::Pcs, "services");
    let text = mary.get(&here).await.text();
    for words in [
        "PCS would bring 4 residents, 1 staff.",
        "Garden Wing Garden Wing 2 residents, 1 staff",
        "Rose Wing Needs attention 2 residents, 0 staff. Zone not found: create a zone called Rose Wing.",
        "Create the zone Rose Wing",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let home = app.cast.oak_court.to_string();
    let make = act(&app, Vendor::Pcs, "zones");
    for (visitor, status) in [(app.as_staff(), 403), (app.as_stranger(), 404)] {
        assert_eq!(visitor.post(&make, &[("service", "b"), ("home", &home)]).await.status, status);
    }
    assert_eq!(mary.post(&make, &[("service", "zz"), ("home", &home)]).await.status, 404);
    let page = mary.post(&make, &[("service", "b"), ("home", &home)]).await;
    let text = mary.get(page.location()).await.text();
    assert!(text.contains("The zone Rose Wing is made."), "{text}");
    assert!(!text.contains("Services without a zone"), "{text}");
    assert_eq!(app.number("SELECT COUNT(*) FROM places WHERE name = 'Rose Wing'"), 1);
}

/// For the walk through every form: those of this feature, with their events.
pub async fn every_form(beside: &Beside, walk: &mut Walk<'_>) {
    let app = &beside.app;
    let mary = app.new_visitor(&app.cast.super_manager);
    let rep = app.new_visitor(&app.cast.rep);
    let fields = |all: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        all.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let willow = app.cast.willow;
    let ticks = [("terms", "yes"), ("charge", "yes")];
    let of = |name: &str| act(app, Vendor::KareInn, name);
    walk.by("/org/{org}/integrations/{vendor}/ask", &mary, &of("ask"), fields(&ticks)).await;
    let key = [("key", KEY), ("charge", "yes"), ("reason", "handed over")];
    let record = links::organisation_vendor_act(willow, "pcs", "key");
    walk.by("/organisations/{org}/vendors/{vendor}/key", &rep, &record, fields(&key)).await;
    let of = |name: &str| act(app, Vendor::Pcs, name);
    walk.by("/org/{org}/integrations/{vendor}/agree", &mary, &of("agree"), fields(&ticks)).await;
    walk.by("/org/{org}/integrations/{vendor}/key", &mary, &of("key"), fields(&[("key", OTHER_KEY)])).await;
    let home = app.cast.oak_court.to_string();
    let homes = fields(&[("home[]", home.as_str())]);
    walk.by("/org/{org}/integrations/{vendor}/homes", &mary, &of("homes"), homes).await;
    let zone = [("service", "b"), ("home", home.as_str())];
    walk.by("/org/{org}/integrations/{vendor}/zones", &mary, &of("zones"), fields(&zone)).await;
    beside.pcs.mood.lock().unwrap().services.pop();
    walk.by("/org/{org}/integrations/{vendor}/check", &mary, &of("check"), Vec::new()).await;
    walk.by("/org/{org}/integrations/{vendor}/off", &mary, &of("off"), Vec::new()).await;
    rep.post(&record, &key).await;
    let gone = links::organisation_vendor_act(willow, "pcs", "key/remove");
    let pattern = "/organisations/{org}/vendors/{vendor}/key/remove";
    walk.by(pattern, &rep, &gone, fields(&[("reason", "they left")])).await;
}
