//! Org Settings, tab *Website*: who sees it, and the whole exchange of a token with the simulator.

use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use kinbridge::domain::access::ViewAudit;
use kinbridge::domain::audit;
use kinbridge::domain::connections::State;
use kinbridge::kit::ids::TokenId;
use kinbridge::links;
use kinbridge::sandbox::nourish::Fault;

use crate::connections::{beside, connection, scope, switch_on};
use crate::nourish::{World, population, quick};
use crate::support::{TestApp, Visitor};

const ON: &[(&str, &str)] = &[("sync_with_nourish", "yes"), ("terms", "yes")];

/// Everything under the tab, with a token's number where a path has one.
fn addresses(app: &TestApp, token: TokenId) -> Vec<(bool, String)> {
    let org = app.cast.willow;
    let act = |act| links::nourish_act(org, act);
    let on = |act| links::token_act(org, token, act);
    vec![
        (false, links::settings_website(org)),
        (true, links::nourish(org)),
        (false, act("off")),
        (true, act("off")),
        (false, act("terms")),
        (false, act("test")),
        (true, act("start-sync")),
        (true, act("services")),
        (true, act("multi-service")),
        (true, act("tokens")),
        (true, on("show")),
        (false, on("replace")),
        (true, on("replace")),
        (false, on("revoke")),
        (true, on("revoke")),
    ]
}

async fn go(visitor: &Visitor<'_>, is_post: bool, path: &str) -> crate::support::Page {
    if is_post { visitor.post(path, ON).await } else { visitor.get(path).await }
}

#[actix_web::test]
async fn only_super_managers_of_the_organisation_see_the_tab() {
    let app = TestApp::start_with(|config| config.vendors_available = vec!["nourish".into()]).await;
    let token = switch_on(&app, "https://api.nourish.example");
    let outside = [app.as_stranger(), app.as_relative(), app.as_rep()];
    let inside = [app.as_manager(), app.as_staff(), app.as_colleague()];
    let before = app.digest();
    for (is_post, path) in addresses(&app, token.id) {
        for visitor in &outside {
            assert_eq!(go(visitor, is_post, &path).await.status, 404, "{path}");
        }
        for visitor in &inside {
            let page = go(visitor, is_post, &path).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(page.text().contains("Only a super manager can"), "{}", page.text());
            assert!(page.text().contains("Ask Mary Jones."), "{}", page.text());
            assert!(!page.body.contains(token.secret.reveal()));
        }
        let method = if is_post { Method::POST } else { Method::GET };
        let page = app.signed_out().ask(method, &path).of_our_own().send().await;
        assert!(page.location().starts_with("/sign-in"), "{path} {}", page.status);
    }
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn a_super_manager_switches_nourish_on_and_nourish_switches_us_on() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let here = links::settings_website(org);

    let page = mary.get(&here).await;
    assert_eq!(
        (page.status, page.title().as_str()),
        (200, "Website – Org Settings – Willow House Group – Kinbridge")
    );
    for words in ["Nourish Integration Token", "Sync with Nourish", "Save changes", "Available"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert!(page.text().contains("partly verified: some of the interface is assumed"));
    assert!(!page.text().contains("Start Sync Test"));

    // Without agreement nothing is switched on, and what was ticked stays ticked.
    let page = mary.post(&links::nourish(org), &[("sync_with_nourish", "yes")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Tick that your organisation agrees"));
    assert!(page.body.contains(r#"name="sync_with_nourish" value="yes" checked"#), "{}", page.body);

    let page = mary.post(&links::nourish(org), ON).await;
    assert_eq!(page.status, 303);
    let page = mary.get(page.location()).await;
    let text = page.text();
    assert!(text.contains("Waiting for the other side"), "{text}");
    assert!(text.contains("Mary Jones agreed to the terms of November 2026"), "{text}");
    assert!(text.contains("Administration > Extensions"), "{text}");
    assert!(text.contains("Last used: never"), "{text}");
    let token = value_of(&page.body, "token-value");
    assert_eq!(token.len(), 36);

    // Later it is masked.
    let page = mary.get(&here).await;
    assert!(!page.body.contains(&token) && page.text().contains(&format!("ends in {}", &token[32..])));
    assert!(!page.text().contains("Start Sync Test connection"));

    // Pasted into Nourish: the page finds out when it is opened.
    assert!(world.simulator.paste_token("svc-101", &token));
    app.pass(5);
    let page = mary.get(&here).await;
    let text = page.text();
    assert_eq!(connection(&app).state, State::On);
    assert!(text.contains("Testing") && text.contains("Oak Wing On"), "{text}");
    assert!(text.contains("North On") && text.contains("South On"), "{text}");
    assert!(text.contains("Start Sync"), "{text}");
    assert!(page.body.contains(&format!("action=\"{}\"", links::nourish_act(org, "start-sync"))));
}

fn value_of(body: &str, id: &str) -> String {
    let at = body.split(&format!("id=\"{id}\" value=\"")).nth(1).expect("the field is there");
    at.split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn a_vendor_that_is_not_available_offers_no_tick() {
    let app = TestApp::start().await;
    let page = app.as_super().get(&links::settings_website(app.cast.willow)).await;
    assert!(page.text().contains("Ask your representative to enable it"), "{}", page.text());
    assert!(!page.text().contains("Save changes"));
    let page = app.as_super().post(&links::nourish(app.cast.willow), ON).await;
    let page = app.as_super().get(page.location()).await;
    assert!(!page.text().contains("Nourish is on"));
    assert_eq!(app.number("SELECT COUNT(*) FROM connection_tokens"), 0);
}

#[actix_web::test]
async fn every_act_on_a_token_asks_for_the_password_again() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    app.pass(11 * 60);
    let page = mary.post(&links::nourish(org), ON).await;
    assert!(page.location().starts_with("/confirm?next="), "{}", page.location());
    assert_eq!(app.number("SELECT COUNT(*) FROM connection_tokens"), 0);

    let issued = switch_on(&app, &world.origin);
    let before = app.digest();
    let shown = format!("{}?show={}", links::settings_website(org), issued.id);
    for (is_post, path) in [
        (false, shown.clone()),
        (true, links::token_act(org, issued.id, "show")),
        (false, links::token_act(org, issued.id, "replace")),
        (true, links::token_act(org, issued.id, "replace")),
        (false, links::token_act(org, issued.id, "revoke")),
        (true, links::token_act(org, issued.id, "revoke")),
        (true, links::nourish_act(org, "tokens")),
        (false, links::nourish_act(org, "off")),
        (true, links::nourish_act(org, "off")),
    ] {
        let page = go(&mary, is_post, &path).await;
        assert_eq!(page.status, 303, "{path}");
        assert!(page.location().starts_with("/confirm?next="), "{path}: {}", page.location());
        assert!(!page.body.contains(issued.secret.reveal()));
    }
    assert_eq!(app.digest(), before);
    // With a fresh password the token is shown, and that is on the trail, once for one visit.
    let fresh = app.new_visitor(&app.cast.super_manager);
    for _ in 0..2 {
        assert_eq!(value_of(&fresh.get(&shown).await.body, "token-value"), issued.secret.reveal());
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'token.shown'"), 1);
}

#[actix_web::test]
async fn a_token_is_replaced_revoked_and_added_on_pages_that_say_what_happens() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let old = switch_on(&app, &world.origin);

    let page = mary.get(&links::token_act(org, old.id, "replace")).await;
    assert!(page.text().contains("The old one works for another 24 hours"), "{}", page.text());
    let page = mary.post(&links::token_act(org, old.id, "replace"), &[]).await;
    let page = mary.get(page.location()).await;
    let text = page.text();
    assert!(text.contains("It still works, and stops tomorrow at 10am"), "{text}");
    assert_ne!(value_of(&page.body, "token-value"), old.secret.reveal());

    let page = mary.get(&links::token_act(org, old.id, "revoke")).await;
    assert!(page.text().contains("It stops working at once"), "{}", page.text());
    mary.post(&links::token_act(org, old.id, "revoke"), &[]).await;
    assert_eq!(mary.get(&links::token_act(org, old.id, "revoke")).await.status, 404);

    let page = mary.post(&links::nourish_act(org, "tokens"), &[("label", "")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Enter a name for the token"));
    let page = mary.post(&links::nourish_act(org, "tokens"), &[("label", "Elm House")]).await;
    let page = mary.get(page.location()).await;
    assert!(page.text().contains("Integration token: Elm House"), "{}", page.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM connection_tokens WHERE revoked_at IS NULL"), 2);
}

#[actix_web::test]
async fn unticking_asks_first_and_then_turns_off() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    switch_on(&app, &world.origin);
    let page = mary.post(&links::nourish(org), &[]).await;
    assert_eq!(page.location(), links::nourish_act(org, "off"));
    let page = mary.get(page.location()).await;
    let words = "Residents stay. Nothing more is brought over. The token stops working.";
    assert!(page.title().starts_with("Turn off Nourish sync?") && page.text().contains(words));
    mary.post(&links::nourish_act(org, "off"), &[]).await;
    assert_eq!(connection(&app).state, State::Off);
    let page = mary.get(&links::settings_website(org)).await;
    assert!(page.text().contains("The sync with Nourish is off. Residents stay as they are."));
    assert_eq!(mary.get(&links::nourish_act(org, "off")).await.status, 404);
}

#[actix_web::test]
async fn several_services_under_one_token_are_warned_of_and_asked_for() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let issued = switch_on(&app, &world.origin);
    world.simulator.paste_token("svc-101", issued.secret.reveal());
    world.simulator.paste_token("svc-102", issued.secret.reveal());
    let page = mary.post(&links::nourish_act(org, "services"), &[]).await;
    let page = mary.get(page.location()).await;
    let text = page.text();
    assert!(text.contains("Nourish lists a service with our token."), "{text}");
    assert!(text.contains("One token is used by 2 Nourish services (Elm House, Oak Wing)"), "{text}");
    assert!(text.contains("Ask for multi-service"), "{text}");
    mary.post(&links::nourish_act(org, "multi-service"), &[]).await;
    let page = mary.get(&links::settings_website(org)).await;
    assert!(page.text().contains("We asked your representative today at 10am"), "{}", page.text());
    assert!(!page.text().contains("Ask for multi-service"));

    // The representative sets the switch: now each service needs its zone.
    let rep = app.as_rep();
    let path = links::organisation_vendor(org, "nourish");
    let page = rep.post(&path, &[("available", "yes"), ("multi_service", "yes"), ("reason", "")]).await;
    assert_eq!((page.status, connection(&app).multi_service), (303, false));
    let asked = [("available", "yes"), ("multi_service", "yes"), ("reason", "asked by letter")];
    rep.post(&path, &asked).await;
    assert!(connection(&app).multi_service);
    let page = mary.get(&links::settings_website(org)).await;
    assert!(page.text().contains("Zone not found: create a zone called Elm House"), "{}", page.text());
    assert!(!page.text().contains("Zone not found: create a zone called Oak Wing"));
}

#[actix_web::test]
async fn only_the_representative_sets_the_switches() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let path = links::organisation_vendor(app.cast.willow, "nourish");
    let asked = [("available", "yes"), ("reason", "because")];
    let others = [app.as_super(), app.as_manager(), app.as_stranger(), app.as_relative()];
    let before = app.digest();
    for visitor in others {
        assert_eq!(visitor.post(&path, &asked).await.status, 404);
    }
    assert_eq!(app.digest(), before);
    let elsewhere = links::organisation_vendor(kinbridge::kit::ids::OrganisationId(999), "nourish");
    assert_eq!(app.as_rep().post(&elsewhere, &asked).await.status, 404);
    let unknown = links::organisation_vendor(app.cast.willow, "somebody");
    assert_eq!(app.as_rep().post(&unknown, &asked).await.status, 404);
}

#[actix_web::test]
async fn test_connection_says_what_was_reached_and_shows_three_people_shortly() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let issued = switch_on(&app, &world.origin);
    let page = mary.get(&links::nourish_act(org, "test")).await;
    let text = page.text();
    assert!(text.contains("Nourish lists no service with this token."), "{text}");
    assert!(text.contains("open Administration > Extensions > Kinbridge"), "{text}");

    world.simulator.paste_token("svc-101", issued.secret.reveal());
    let page = mary.get(&links::nourish_act(org, "test")).await;
    let text = page.text();
    assert!(text.contains("Nourish accepts this token."), "{text}");
    assert!(text.contains("10 residents of Oak Wing"), "{text}");
    assert!(text.contains("Ada M.") && !text.contains("Marsh"), "{text}");
    assert!(!page.body.contains(issued.secret.reveal()));

    for (fault, words) in [
        (Fault::Forbidden, "Administration > Extensions > Kinbridge"),
        (Fault::FirstByteHang, "did not answer in time"),
        (Fault::ServerError, "nothing to change on its screens"),
        (Fault::EmptyList, "0 residents"),
    ] {
        world.simulator.set_fault(fault);
        let text = mary.get(&links::nourish_act(org, "test")).await.text();
        assert!(text.contains(words), "{fault:?}: {text}");
    }
    assert!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'connection.tested'") >= 2);
}

#[actix_web::test]
async fn no_token_is_ever_in_the_trail_or_in_a_letter() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let issued = switch_on(&app, &world.origin);
    let page = mary.post(&links::token_act(org, issued.id, "replace"), &[]).await;
    let new = value_of(&mary.get(page.location()).await.body, "token-value");
    world.simulator.paste_token("svc-101", &new);
    mary.post(&links::nourish_act(org, "services"), &[]).await;
    world.simulator.set_fault(Fault::Forbidden);
    mary.post(&links::nourish_act(org, "services"), &[]).await;
    mary.post(&links::nourish_act(org, "off"), &[]).await;
    let audit_scope =
        kinbridge::domain::access::Scope::<ViewAudit>::for_the_portal(scope(&app).organisation());
    let events = app.read(|conn| Ok(audit::list(conn, &audit_scope, &audit::Wanted::default(), 200)?));
    assert!(events.len() >= 6, "{events:?}");
    let trail = format!("{events:?}");
    let letters = app.read(|conn| Ok(kinbridge::domain::letters::list(conn, 100)?));
    let letters = format!("{letters:?}");
    for secret in [issued.secret.reveal(), new.as_str()] {
        assert!(!trail.contains(secret) && !letters.contains(secret));
    }
    assert!(trail.contains(&format!("ends in {}", &new[32..])));
}

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn no_token_is_ever_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _while_here = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log is read");
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let issued = switch_on(&app, &world.origin);
    world.simulator.paste_token("svc-101", issued.secret.reveal());
    for fault in [None, Some(Fault::Forbidden), Some(Fault::Reset)] {
        if let Some(fault) = fault {
            world.simulator.set_fault(fault);
        }
        mary.get(&links::nourish_act(org, "test")).await;
        mary.post(&links::nourish_act(org, "services"), &[]).await;
    }
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("the log is read"));
    assert!(!log.contains(issued.secret.reveal()), "{log}");
}

#[actix_web::test]
async fn the_terms_can_be_printed_and_say_who_agreed() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let page = mary.get(&links::nourish_act(org, "terms")).await;
    assert!(page.text().contains("Nobody has agreed to them yet"), "{}", page.text());
    mary.post(&links::nourish(org), ON).await;
    let page = mary.get(&links::nourish_act(org, "terms")).await;
    assert!(page.text().contains("Mary Jones agreed to them"), "{}", page.text());
    assert!(page.text().contains("Article 9(2)(h)"));
}

#[actix_web::test]
async fn a_silent_nourish_does_not_keep_the_page_waiting_nor_break_it() {
    const AS_PLANNED: &str = "This changes once the token has been pasted there.";
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    switch_on(&app, &world.origin);
    for fault in [Fault::FirstByteHang, Fault::MalformedJson, Fault::Reset, Fault::HtmlLogin] {
        world.simulator.set_fault(fault);
        app.pass(10);
        let page = app.as_super().get(&links::settings_website(app.cast.willow)).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Waiting for Nourish."), "{fault:?}: {}", page.text());
        assert!(!page.text().contains(AS_PLANNED), "{fault:?}: {}", page.text());
    }
    world.simulator.clear_fault();
    app.pass(10);
    let page = app.as_super().get(&links::settings_website(app.cast.willow)).await;
    assert!(page.text().contains(AS_PLANNED), "{}", page.text());
}

#[actix_web::test]
async fn start_sync_asks_for_the_residents_once_and_shows_the_run() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let start = links::nourish_act(org, "start-sync");
    assert_eq!(mary.post(&start, &[]).await.status, 404);
    let issued = switch_on(&app, &world.origin);
    let page = mary.post(&start, &[]).await;
    let page = mary.get(page.location()).await;
    assert!(page.text().contains("Nourish is not connected yet"), "{}", page.text());
    world.simulator.paste_token("svc-101", issued.secret.reveal());
    mary.post(&links::nourish_act(org, "services"), &[]).await;
    let first = mary.post(&start, &[]).await;
    assert!(first.location().contains("/sync-runs/"), "{}", first.location());
    assert_eq!(mary.post(&start, &[]).await.location(), first.location());
    assert_eq!(app.number("SELECT COUNT(*) FROM sync_runs WHERE scope = 'residents'"), 1);
    assert_eq!(app.as_manager().post(&start, &[]).await.status, 403);
}
