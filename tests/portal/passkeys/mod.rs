//! Passkeys: adding, naming and removing them, signing in with one, and every answer that must not count.

mod alone;
mod key;
mod refused;

use kinbridge::config::TwoStep;
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::resets::{letters_to, reset_link};
use crate::second_step::{Phone, recovery_codes, set_up};
use crate::support::{PASSWORD, Page, Person, TestApp, Visitor};

pub use key::Key;

/// The portal's address in these tests: a name, as passkeys need it.
const HOME: &str = "http://localhost:8080";

/// A portal with a name.
pub async fn named() -> TestApp {
    TestApp::start_with(|config| {
        config.public_url = HOME.into();
        config.sign_ins_per_address = 10_000;
    })
    .await
}

async fn required() -> TestApp {
    TestApp::start_with(|config| {
        config.public_url = HOME.into();
        config.sign_ins_per_address = 10_000;
        config.two_step = TwoStep::Required;
    })
    .await
}

/// What the browser is asked, by the script of a page.
async fn asked(browser: &Visitor<'_>, path: &str) -> String {
    let page = browser.post(path, &[]).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("application/json")),
        "{}",
        page.text()
    );
    page.body
}

/// Adds a passkey in a browser whose password is fresh.
async fn add(browser: &Visitor<'_>, name: &str) -> Key {
    let key = Key::new();
    let answer = key.made(&asked(browser, &links::passkeys_begin()).await, HOME);
    let page = browser.post(&links::passkeys(), &[("name", name), ("answer", &answer)]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    key
}

async fn with_passkey(app: &TestApp, person: &Person) -> Key {
    add(&app.new_visitor(person), "My telephone").await
}

/// A browser in which somebody with a passkey has typed their password.
async fn half<'a>(app: &'a TestApp, email: &str) -> Visitor<'a> {
    let browser = app.signed_out();
    let page = browser.sign_in(email, PASSWORD).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in/passkey"), "{}", page.text());
    browser
}

/// Answers the page that asks for a passkey.
async fn show(browser: &Visitor<'_>, key: &Key) -> Page {
    let answer = key.shown(&asked(browser, &links::sign_in_passkey_begin()).await, HOME);
    browser.post("/sign-in/passkey", &[("answer", &answer)]).await
}

fn only_passkey(app: &TestApp) -> kinbridge::kit::ids::PasskeyId {
    kinbridge::kit::ids::PasskeyId(app.number("SELECT MAX(id) FROM passkeys"))
}

#[actix_web::test]
async fn nobody_is_asked_for_a_passkey_without_a_password() {
    let app = named().await;
    for path in [links::passkeys(), links::passkeys_begin(), links::confirm_passkey()] {
        assert!(app.signed_out().post(&path, &[]).await.location().starts_with("/sign-in"), "{path}");
    }
    for path in [links::sign_in_passkey("/"), links::sign_in_passkey_begin()] {
        assert_eq!(app.signed_out().post(&path, &[]).await.location(), "/sign-in", "{path}");
    }
    assert_eq!(app.signed_out().get("/sign-in/passkey").await.location(), "/sign-in");
    let browser = app.new_visitor(&app.cast.staff);
    app.pass(11 * 60);
    for path in [links::passkeys(), links::passkeys_begin()] {
        let page = browser.post(&path, &[]).await;
        assert_eq!(page.location(), links::confirm(&links::two_step()), "AU-11: {path}");
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM passkey_ceremonies"), 0);
}

#[actix_web::test]
async fn somebody_elses_passkey_is_not_there() {
    let app = named().await;
    with_passkey(&app, &app.cast.staff).await;
    let id = only_passkey(&app);
    for person in [&app.cast.manager, &app.cast.super_manager, &app.cast.stranger] {
        let browser = app.new_visitor(person);
        let rename = browser.post(&links::passkey_act(id, "rename"), &[("name", "Mine")]).await;
        let remove = browser.post(&links::passkey_act(id, "remove"), &[]).await;
        assert_eq!((rename.status, remove.status), (404, 404), "{}", person.name);
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM passkeys WHERE name = 'My telephone'"), 1);
}

#[actix_web::test]
async fn a_passkey_is_a_second_step_for_whoever_must_have_one() {
    let app = required().await;
    let (browser, elsewhere) = (app.signed_out(), app.new_visitor(&app.cast.manager));
    browser.sign_in("ben@willow.example", PASSWORD).await;
    assert_eq!(browser.get("/").await.location(), links::two_step());
    let page = browser.get(&links::two_step()).await;
    assert!(page.body.contains("data-passkey=\"create\"") && page.text().contains("Add a passkey"));
    let before = browser.cookie("kinbridge");
    let key = add(&browser, "Ben’s telephone").await;
    assert_ne!(browser.cookie("kinbridge"), before, "AU-7: a new token");
    assert!(elsewhere.get("/account").await.location().starts_with("/sign-in"), "other sessions end");
    let codes = recovery_codes(&browser.get(&links::recovery_codes()).await);
    assert_eq!(browser.post(&links::recovery_codes_kept(), &[]).await.status, 303);
    assert_eq!(browser.get("/").await.location(), links::organisation(app.cast.willow));
    let told = letters_to(&app, "ben@willow.example").remove(0);
    assert!(told.body_text.contains("The passkey “Ben’s telephone” was added"), "{}", told.body_text);
    let page = browser.get(&links::two_step()).await;
    assert!(page.text().contains("Ben’s telephone Added today"), "{}", page.text());
    assert!(page.text().contains("Not used yet."), "{}", page.text());

    let browser = half(&app, "ben@willow.example").await;
    assert!(browser.get("/account").await.location().starts_with("/sign-in"), "nothing opens before");
    let page = show(&browser, &key).await;
    assert_eq!((page.status, page.location()), (303, "/"), "{}", page.text());
    assert!(browser.cookie("kinbridge-half").is_none());
    let page = browser.get(&links::two_step()).await;
    assert!(page.text().contains("Last used today"), "{}", page.text());
    // And the codes that came with it.
    let browser = half(&app, "ben@willow.example").await;
    assert_eq!(browser.post("/sign-in/recovery", &[("code", &codes[0])]).await.status, 303);
}

#[actix_web::test]
async fn the_page_says_in_words_what_to_do_without_javascript() {
    let app = named().await;
    with_passkey(&app, &app.cast.staff).await;
    let browser = half(&app, "amina@willow.example").await;
    let page = browser.get("/sign-in/passkey?next=/account").await;
    assert!(page.body.contains("data-with hidden>"), "no button that does nothing");
    assert!(
        page.text().contains("or its JavaScript is off. Use one of your recovery codes."),
        "{}",
        page.text()
    );
    assert!(page.body.contains("href=\"/sign-in/recovery?next=/account\""), "{}", page.body);
    assert!(!page.text().contains("code of the app"), "there is no app");
    assert_eq!(browser.get("/sign-in/code").await.location(), "/sign-in/passkey", "there is no app");
    // A button pressed all the same.
    let page = browser.post("/sign-in/passkey", &[("next", "/account")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("The passkey did not work"), "{}", page.text());
    assert!(page.body.contains("name=\"next\" value=\"/account\""));

    let browser = app.new_visitor(&app.cast.staff);
    assert_eq!(browser.post(&links::authenticator(), &[]).await.status, 303);
    let phone = Phone::scan(&browser.get(&links::authenticator()).await);
    let page = browser.post(&links::authenticator_act("confirm"), &[("code", &phone.code(&app))]).await;
    assert_eq!(page.location(), links::two_step(), "the recovery codes are there already");
    app.pass(60);
    let browser = half(&app, "amina@willow.example").await;
    let page = browser.get("/sign-in/passkey").await;
    assert!(
        page.text().contains("Use a code of your authenticator app, or a recovery code."),
        "{}",
        page.text()
    );
    assert!(browser.get("/sign-in/code").await.text().contains("Use your passkey instead"));
    assert_eq!(browser.post("/sign-in/code", &[("code", &phone.code(&app))]).await.status, 303);
}

#[actix_web::test]
async fn where_the_address_is_a_number_the_page_says_that_passkeys_need_a_name() {
    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.staff);
    let page = browser.get(&links::two_step()).await;
    assert!(page.text().contains("Passkeys need an address with a name"), "{}", page.text());
    assert!(!page.text().contains("Add a passkey"));
    assert_eq!(browser.post(&links::passkeys_begin(), &[]).await.location(), links::two_step());
    assert!(browser.get(&links::two_step()).await.text().contains("Use an authenticator app here."));
}

#[actix_web::test]
async fn the_last_second_step_stays_with_whoever_must_have_one() {
    let app = required().await;
    let browser = app.new_visitor(&app.cast.manager);
    add(&browser, "First").await;
    let first = only_passkey(&app);
    let page = browser.get(&links::two_step()).await;
    assert!(page.text().contains("before you remove this one"), "{}", page.text());
    browser.post(&links::passkey_act(first, "remove"), &[]).await;
    assert!(browser.get(&links::two_step()).await.text().contains("cannot be turned off"));
    assert_eq!(app.number("SELECT COUNT(*) FROM passkeys"), 1);

    add(&browser, "Second").await;
    app.pass(11 * 60);
    let page = browser.post(&links::passkey_act(first, "remove"), &[]).await;
    assert!(page.location().starts_with("/confirm"), "AU-11");
    let browser = app.new_visitor(&app.cast.manager);
    let page = browser.post(&links::passkey_act(first, "rename"), &[("name", " Old one ")]).await;
    assert_eq!(page.status, 303);
    assert_eq!(browser.post(&links::passkey_act(first, "remove"), &[]).await.location(), links::two_step());
    let told = letters_to(&app, "ben@willow.example").remove(0);
    assert!(told.body_text.contains("“Old one” was removed"), "{}", told.body_text);
    assert_eq!(app.number("SELECT COUNT(*) FROM recovery_codes"), 10, "the codes stay");

    // An app beside it is enough, and goes again while the passkey is there.
    browser.post(&links::authenticator(), &[]).await;
    let phone = Phone::scan(&browser.get(&links::authenticator()).await);
    browser.post(&links::authenticator_act("confirm"), &[("code", &phone.code(&app))]).await;
    assert_eq!(browser.post(&links::authenticator_act("remove"), &[]).await.location(), links::two_step());
    assert_eq!(app.number("SELECT COUNT(*) FROM authenticators"), 0);
    browser.post(&links::passkey_act(only_passkey(&app), "remove"), &[]).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM passkeys"), 1);
}

#[actix_web::test]
async fn whoever_may_do_without_turns_it_off_with_the_last_passkey() {
    let app = named().await;
    let browser = app.new_visitor(&app.cast.staff);
    add(&browser, "My telephone").await;
    let page = browser.post(&links::passkey_act(only_passkey(&app), "remove"), &[]).await;
    assert_eq!((page.status, page.location()), (303, "/account"), "{}", page.text());
    assert!(browser.get("/account").await.text().contains("Off: your password alone signs you in."));
    assert_eq!(app.number("SELECT COUNT(*) FROM recovery_codes"), 0);
    assert_eq!(app.signed_out().sign_in("amina@willow.example", PASSWORD).await.location(), "/");
}

#[actix_web::test]
async fn names_are_checked_beside_their_field() {
    let app = named().await;
    let browser = app.new_visitor(&app.cast.staff);
    for (name, words) in [("  ", "Give the passkey a name"), (&*"x".repeat(61), "60 characters at most")] {
        let answer = Key::new().made(&asked(&browser, &links::passkeys_begin()).await, HOME);
        let page = browser.post(&links::passkeys(), &[("name", name), ("answer", &answer)]).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains(words), "{}", page.text());
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM passkeys"), 0);
}

#[actix_web::test]
async fn a_passkey_stands_beside_the_password_that_is_typed_again() {
    let app = named().await;
    let browser = app.new_visitor(&app.cast.staff);
    let key = add(&browser, "My telephone").await;
    app.pass(11 * 60);
    let page = browser.get("/confirm?next=/account/two-step").await;
    assert!(page.body.contains("data-begin=\"/confirm/passkey\""), "{}", page.body);
    let answer = |asked: String| key.shown(&asked, HOME);
    let first = answer(asked(&browser, &links::confirm_passkey()).await);
    let fields = [("password", "wrong"), ("answer", first.as_str())];
    assert!(browser.post("/confirm", &fields).await.text().contains("This is not your password."));
    let wrong = Key::new().shown(&asked(&browser, &links::confirm_passkey()).await, HOME);
    let page = browser.post("/confirm", &[("password", PASSWORD), ("answer", &wrong)]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("The passkey did not work"), "{}", page.text());
    let page = browser.post("/confirm", &[("password", PASSWORD), ("answer", &first)]).await;
    assert_eq!(page.status, 422, "what was asked is gone");
    let good = answer(asked(&browser, &links::confirm_passkey()).await);
    let fields = [("password", PASSWORD), ("answer", &*good), ("next", "/account/two-step")];
    assert_eq!(browser.post("/confirm", &fields).await.location(), "/account/two-step");
    assert_eq!(browser.post(&links::recovery_codes(), &[]).await.location(), links::recovery_codes());
}

/// AU-5: a password's reset leaves passkeys alone, and only the second step's own reset takes them away.
#[actix_web::test]
async fn a_reset_of_the_password_keeps_passkeys_and_one_of_the_second_step_takes_them_away() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let link = reset_link(&app, "ben@willow.example").await;
    let browser = app.signed_out();
    assert_eq!(browser.post(&link, &[("password", "elf moth oar")]).await.status, 303);
    let page = browser.sign_in("ben@willow.example", "elf moth oar").await;
    assert_eq!(page.location(), "/sign-in/passkey");
    assert_eq!(show(&browser, &key).await.status, 303);

    let person = links::settings_person(app.cast.willow, app.cast.manager.membership.unwrap());
    assert_eq!(app.as_super().post(&person, &[("act", "reset two-step")]).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM passkeys"), 0);
    assert!(browser.get("/account").await.location().starts_with("/sign-in"), "signed out everywhere");
    assert_eq!(app.signed_out().sign_in("ben@willow.example", "elf moth oar").await.location(), "/");
}

#[actix_web::test]
async fn what_was_asked_is_sealed_and_thrown_away() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.staff).await;
    let browser = half(&app, "amina@willow.example").await;
    let asked = asked(&browser, &links::sign_in_passkey_begin()).await;
    let challenge: serde_json::Value = serde_json::from_str(&asked).unwrap();
    let challenge = challenge["publicKey"]["challenge"].as_str().unwrap();
    let rows = crate::two_organisations::seed::rows(&app);
    assert!(!rows.iter().any(|row| row.contains(challenge)), "sealed at rest");
    assert_eq!(app.number("SELECT COUNT(*) FROM passkey_ceremonies"), 1);
    app.pass(301);
    kinbridge::jobs::purge::run(&app.services).await.unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM passkey_ceremonies"), 0);
    assert_eq!(show(&browser, &key).await.status, 303, "and asked anew");
}

#[actix_web::test]
async fn an_app_and_its_codes_are_as_good_as_before() {
    let app = named().await;
    let browser = app.new_visitor(&app.cast.manager);
    let (phone, _) = set_up(&app, &browser).await;
    let key = add(&browser, "My telephone").await;
    app.pass(60);
    assert_eq!(show(&half(&app, "ben@willow.example").await, &key).await.status, 303);
    let browser = half(&app, "ben@willow.example").await;
    assert_eq!(browser.post("/sign-in/code", &[("code", &phone.code(&app))]).await.status, 303);
}

/// For the walk over every form: each leaves an event, and does nothing where it cannot.
pub async fn every_form(app: &TestApp, walk: &mut Walk<'_>) {
    let amina = app.new_visitor(&app.cast.staff);
    let begin = links::passkeys_begin();
    walk.by("/account/two-step/passkeys/begin", &amina, &begin, Vec::new()).await;
    let key = Key::new();
    let answer = key.made(&asked(&amina, &begin).await, HOME);
    let fields = vec![("name", "My telephone".to_owned()), ("answer", answer)];
    walk.by("/account/two-step/passkeys", &amina, &links::passkeys(), fields).await;
    let act = |act: &str| links::passkey_act(only_passkey(app), act);
    let fields = vec![("name", "Another".to_owned())];
    walk.by("/account/two-step/passkeys/{passkey}/rename", &amina, &act("rename"), fields).await;

    let out = half(app, "amina@willow.example").await;
    let begin = links::sign_in_passkey_begin();
    walk.by("/sign-in/passkey/begin", &out, &begin, Vec::new()).await;
    let answer = key.shown(&asked(&out, &begin).await, HOME);
    walk.by("/sign-in/passkey", &out, "/sign-in/passkey", vec![("answer", answer)]).await;
    let out = app.signed_out();
    let begin = links::sign_in_passkey_alone_begin();
    walk.by("/sign-in/passkey-alone/begin", &out, &begin, Vec::new()).await;
    let answer = key.shown(&asked(&out, &begin).await, HOME);
    walk.by("/sign-in/passkey-alone", &out, "/sign-in/passkey-alone", vec![("answer", answer)]).await;
    walk.by("/confirm/passkey", &amina, &links::confirm_passkey(), Vec::new()).await;
    walk.by("/account/two-step/passkeys/{passkey}/remove", &amina, &act("remove"), Vec::new()).await;
}
