//! Shared devices: who registers one, whom it lists, what a PIN opens and when it is shut.

use actix_web::http::Method;
use kinbridge::config::TwoStep;
use kinbridge::domain::access::{ManagePeople, ManagePlaces, Scope};
use kinbridge::domain::accounts;
use kinbridge::kit::ids::{DeviceId, PlaceId};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::second_step::set_up;
use crate::support::{PASSWORD, Page, TestApp, Visitor};

const PIN: &str = "482913";

/// The forms of shared devices.
pub fn of_shifts(path: &str) -> bool {
    ["/shift", "/account/pin", "/devices"].iter().any(|part| path.contains(part))
}

/// Amina has a PIN, and this browser is a shared device of a place.
async fn shared(app: &TestApp, place: PlaceId) -> Visitor<'_> {
    let amina = app.new_visitor(&app.cast.staff);
    let page = amina.post(&links::account_pin(), &[("pin", PIN)]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let tablet = app.new_visitor(&app.cast.manager);
    let page = tablet.post(&links::devices(app.cast.willow, place), &[("device", "Tablet")]).await;
    assert_eq!(page.location(), "/shift", "{}", page.text());
    assert!(tablet.cookie("kinbridge").is_none(), "the manager is signed out");
    tablet
}

async fn type_pin(tablet: &Visitor<'_>, app: &TestApp, pin: &str) -> Page {
    let person = app.cast.staff.account.to_string();
    // With the token of the page that is shown, whatever session this browser had before.
    let mut page = tablet.get("/shift").await;
    // Where nobody is listed there is no form; somebody may send one all the same.
    if !page.body.contains("name=\"csrf\"") {
        page = tablet.get("/sign-in?with=password").await;
    }
    let token = page.body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let fields = [("person", person.as_str()), ("pin", pin)];
    let token = token.unwrap_or_default();
    tablet.ask(Method::POST, "/shift").of_our_own().form(token, &fields).send().await
}

#[actix_web::test]
async fn only_who_manages_places_registers_lists_and_ends_a_device() {
    let app = TestApp::start().await;
    let cast = &app.cast;
    let list = links::devices(cast.willow, cast.garden_wing);
    shared(&app, cast.garden_wing).await;
    let end = links::revoke_device(cast.willow, cast.garden_wing, DeviceId(1));
    for (person, status) in
        [(&cast.stranger, 404), (&cast.relative, 404), (&cast.colleague, 403), (&cast.staff, 403)]
    {
        let who = app.new_visitor(person);
        assert_eq!(who.get(&list).await.status, status, "{}", person.name);
        assert_eq!(who.post(&list, &[("device", "Mine")]).await.status, status, "{}", person.name);
        assert_eq!(who.post(&end, &[]).await.status, status, "{}", person.name);
    }
    assert_eq!(app.signed_out().get("/shift").await.location(), "/sign-in", "a stranger gets nothing");
    // Of another organisation, by its own path and by ours.
    let theirs = links::devices(cast.elm, cast.garden_wing);
    assert_eq!(app.as_stranger().get(&theirs).await.status, 404);
    assert_eq!(app.as_stranger().post(&theirs, &[("device", "Mine")]).await.status, 404);
    let theirs = links::revoke_device(cast.elm, cast.elm_lodge, DeviceId(1));
    assert_eq!(app.as_stranger().post(&theirs, &[]).await.status, 404);
    assert_eq!(app.number("SELECT COUNT(*) FROM shared_devices WHERE revoked_at IS NULL"), 1);
    let ben = app.new_visitor(&cast.manager);
    assert_eq!(ben.post(&list, &[("device", " ")]).await.status, 422);
    assert!(ben.get(&list).await.text().contains("Tablet Ben Carter"));
    app.pass(601);
    assert!(ben.post(&list, &[("device", "Second")]).await.location().starts_with("/confirm"));
}

#[actix_web::test]
async fn a_pin_opens_the_rights_of_staff_and_nothing_that_asks_for_a_password() {
    let app = TestApp::start().await;
    let tablet = shared(&app, app.cast.willow_house).await;
    assert_eq!(tablet.get("/sign-in").await.location(), "/shift");
    assert_eq!(tablet.get("/sign-in?with=password").await.status, 200);
    let text = tablet.get("/shift").await.text();
    assert!(text.contains("shared device of Willow House") && text.contains("Amina Yusuf"), "{text}");
    assert!(!text.contains("Ben Carter"), "{text}");
    assert_eq!(type_pin(&tablet, &app, "482914").await.status, 401);
    assert_eq!(type_pin(&tablet, &app, PIN).await.location(), "/");
    assert_eq!(tablet.get(&links::residents(app.cast.willow)).await.status, 200);
    assert_eq!(tablet.get(&links::places(app.cast.willow)).await.status, 403);
    let page = tablet.post(&links::account_pin(), &[("pin", "739164")]).await;
    assert!(page.location().starts_with("/confirm"), "a PIN is no password: {}", page.location());
    assert_eq!(app.number("SELECT COUNT(*) FROM pins"), 1);
    let kept = app.number("SELECT COUNT(*) FROM pins WHERE hash LIKE '$argon2id$%'");
    assert_eq!(kept, 1);
}

#[actix_web::test]
async fn it_locks_after_two_minutes_without_use_and_ends_after_a_shift() {
    let app = TestApp::start().await;
    let tablet = shared(&app, app.cast.garden_wing).await;
    type_pin(&tablet, &app, PIN).await;
    let session = kinbridge::kit::ids::SessionId(app.number("SELECT MAX(id) FROM sessions"));
    for _ in 0..4 {
        app.pass(100);
        // Written down here, since the gate does so beside its answer, whenever that is.
        app.write(|tx| Ok(accounts::touch(tx, session)?));
        assert_eq!(tablet.get("/account").await.status, 200);
    }
    app.pass(120);
    assert_eq!(tablet.get("/account").await.location(), "/sign-in?next=/account");
    assert_eq!(type_pin(&tablet, &app, PIN).await.location(), "/");
    let session = kinbridge::kit::ids::SessionId(app.number("SELECT MAX(id) FROM sessions"));
    for _ in 0..(12 * 60 - 1) {
        app.pass(60);
        app.write(|tx| Ok(accounts::touch(tx, session)?));
    }
    assert_eq!(tablet.get("/account").await.status, 200);
    app.pass(60);
    assert_eq!(tablet.get("/account").await.status, 303, "12 hours are a shift");
}

#[actix_web::test]
async fn five_wrong_pins_shut_it_there_until_the_password_is_typed() {
    let app = TestApp::start().await;
    let (tablet, other) =
        (shared(&app, app.cast.garden_wing).await, shared(&app, app.cast.willow_house).await);
    for _ in 0..5 {
        assert_eq!(type_pin(&tablet, &app, "000001").await.status, 401);
    }
    app.pass(301);
    let page = type_pin(&tablet, &app, PIN).await;
    assert_eq!(page.status, 401);
    assert!(page.text().contains("Sign in with your password"), "{}", page.text());
    assert_eq!(type_pin(&other, &app, PIN).await.location(), "/", "on that device only");
    app.pass(86_401);
    assert_eq!(type_pin(&tablet, &app, PIN).await.status, 401, "time does not open it");
    assert_eq!(app.signed_out().sign_in(app.cast.staff.email, PASSWORD).await.status, 303);
    app.pass(301);
    assert_eq!(type_pin(&tablet, &app, PIN).await.location(), "/");
    assert!(app.number("SELECT COUNT(*) FROM audit_events WHERE words LIKE 'typed a wrong PIN%'") >= 7);
}

/// AU-4: at most ten checks in five minutes, from however many devices.
#[actix_web::test]
async fn guesses_from_several_devices_are_counted_together() {
    let app = TestApp::start().await;
    let mut last = 0;
    for _ in 0..3 {
        let tablet = shared(&app, app.cast.garden_wing).await;
        for _ in 0..4 {
            last = type_pin(&tablet, &app, "000001").await.status;
        }
    }
    assert_eq!(last, 429);
}

#[actix_web::test]
async fn an_ended_device_asks_for_nothing_and_signs_out_who_is_in() {
    let app = TestApp::start().await;
    let tablet = shared(&app, app.cast.garden_wing).await;
    type_pin(&tablet, &app, PIN).await;
    let end = links::revoke_device(app.cast.willow, app.cast.garden_wing, DeviceId(1));
    assert_eq!(app.as_super().post(&end, &[]).await.status, 303);
    assert_eq!(tablet.get("/account").await.location(), "/sign-in?next=/account");
    assert_eq!(tablet.get("/sign-in").await.status, 200);
    assert_eq!(tablet.get("/shift").await.location(), "/sign-in");
    assert_eq!(type_pin(&tablet, &app, PIN).await.location(), "/sign-in");
}

#[actix_web::test]
async fn a_device_lists_the_staff_of_its_own_place_while_they_work_there() {
    let app = TestApp::start().await;
    let cast = &app.cast;
    let elsewhere = shared(&app, cast.oak_court).await;
    let text = elsewhere.get("/shift").await.text();
    assert!(!text.contains("Amina") && text.contains("Nobody here has a PIN yet"), "{text}");
    assert_eq!(type_pin(&elsewhere, &app, PIN).await.status, 401, "not by her number either");
    let tablet = shared(&app, cast.willow_house).await;
    type_pin(&tablet, &app, PIN).await;
    let people = Scope::<ManagePeople>::for_the_portal(cast.willow);
    app.write(|tx| accounts::end_membership(tx, &people, cast.staff.membership.unwrap()));
    assert_eq!(tablet.get("/account").await.status, 303, "her session is over");
    assert!(!tablet.get("/shift").await.text().contains("Amina"), "she is gone at once");
    assert_eq!(type_pin(&tablet, &app, PIN).await.status, 401);
    // A device of another organisation knows nobody of this one.
    let theirs = Scope::<ManagePlaces>::for_the_portal(cast.elm);
    assert!(app.try_write(|tx| accounts::register_device(tx, &theirs, cast.garden_wing, "x")).is_err());
    let word = app.write(|tx| accounts::register_device(tx, &theirs, cast.elm_lodge, "Tablet"));
    let lodge = app.signed_out();
    lodge.keep("kinbridge-device", word.reveal());
    assert!(!lodge.get("/shift").await.text().contains("Amina"));
}

#[actix_web::test]
async fn whoever_has_or_needs_a_second_step_and_whoever_is_no_staff_has_no_pin() {
    let app = TestApp::start().await;
    for person in [&app.cast.manager, &app.cast.super_manager, &app.cast.relative, &app.cast.rep] {
        let who = app.new_visitor(person);
        assert!(!who.get("/account").await.text().contains("PIN for shared devices"), "{}", person.name);
        who.post(&links::account_pin(), &[("pin", PIN)]).await;
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM pins"), 0);
    let tablet = shared(&app, app.cast.garden_wing).await;
    let amina = app.new_visitor(&app.cast.staff);
    set_up(&app, &amina).await;
    assert!(!tablet.get("/shift").await.text().contains("Amina"));
    assert_eq!(type_pin(&tablet, &app, PIN).await.status, 401);
    assert_eq!(TwoStep::Offered, app.services.config.two_step);
}

#[actix_web::test]
async fn a_new_password_or_taking_it_away_ends_the_pin() {
    let app = TestApp::start().await;
    let tablet = shared(&app, app.cast.garden_wing).await;
    type_pin(&tablet, &app, PIN).await;
    let amina = app.new_visitor(&app.cast.staff);
    for (pin, words) in
        [("12345", "6 to 12 digits"), ("123456", "easy to guess"), ("abcdef", "6 to 12 digits")]
    {
        let page = amina.post(&links::account_pin(), &[("pin", pin)]).await;
        assert!(page.status == 422 && page.text().contains(words), "{pin}: {}", page.text());
    }
    amina.post(&links::account_pin_removed(), &[]).await;
    assert_eq!(tablet.get("/account").await.status, 303);
    assert_eq!(type_pin(&tablet, &app, PIN).await.status, 401);
    amina.post(&links::account_pin(), &[("pin", PIN)]).await;
    let fields = [("current_password", PASSWORD), ("new_password", "violin glacier teapot")];
    assert_eq!(amina.post(&links::account_password(), &fields).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM pins"), 0);
}

#[actix_web::test]
async fn every_form_of_shared_devices_leaves_an_event() {
    let app = TestApp::start().await;
    let mut walk = Walk::of(&app);
    let place = "/org/{org}/places/{place}/devices";
    let (amina, mary) = (app.new_visitor(&app.cast.staff), app.new_visitor(&app.cast.super_manager));
    let to = links::account_pin();
    walk.by("/account/pin", &amina, &to, vec![("pin", PIN.to_owned())]).await;
    let to = links::devices(app.cast.willow, app.cast.garden_wing);
    walk.by(place, &mary, &to, vec![("device", "Tablet".to_owned())]).await;
    let fields = vec![("person", app.cast.staff.account.to_string()), ("pin", PIN.to_owned())];
    walk.by("/shift", &mary, "/shift", fields).await;
    let ben = app.new_visitor(&app.cast.manager);
    let device = DeviceId(app.number("SELECT MAX(id) FROM shared_devices"));
    let to = links::revoke_device(app.cast.willow, app.cast.garden_wing, device);
    walk.by("/org/{org}/places/{place}/devices/{device}/revoke", &ben, &to, Vec::new()).await;
    walk.by("/account/pin/remove", &amina, &links::account_pin_removed(), Vec::new()).await;
    assert_eq!(walk.done.len(), 5);
}
