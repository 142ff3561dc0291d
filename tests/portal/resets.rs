//! A new password by letter: who is sent one, what everybody is told, and what the link does.

use actix_web::http::Method;
use chrono::TimeDelta;
use kinbridge::domain::access::Platform;
use kinbridge::domain::accounts;
use kinbridge::domain::letters::{self, Kept};
use kinbridge::jobs::{Outcome, answer_resets};

use crate::support::{PASSWORD, Page, TestApp, Visitor};

const CHOSEN: &str = "quartz lantern meadow";

async fn ask(browser: &Visitor<'_>, email: &str) -> Page {
    browser.post("/forgotten-password", &[("email", email)]).await
}

/// The letters to an address, newest first.
pub fn letters_to(app: &TestApp, email: &str) -> Vec<Kept> {
    let all = app.read(|conn| Ok(letters::list(conn, 10_000)?));
    all.into_iter().filter(|letter| letter.to_email == email).collect()
}

/// The path of the first link in a letter.
pub fn link_in(letter: &Kept) -> String {
    let (_, rest) = letter.body_text.split_once("http://").expect("a link to the portal");
    let link = rest.split_whitespace().next().unwrap();
    link[link.find('/').expect("a path")..].to_owned()
}

/// Asks for a new password and reads the letter.
pub async fn reset_link(app: &TestApp, email: &str) -> String {
    assert_eq!(ask(&app.signed_out(), email).await.status, 303);
    answer_resets::run(&app.services).await.unwrap();
    let letter = letters_to(app, email).into_iter().find(|one| one.subject.contains("new password"));
    link_in(&letter.expect("a letter"))
}

async fn choose(browser: &Visitor<'_>, link: &str, password: &str) -> Page {
    browser.post(link, &[("password", password)]).await
}

#[actix_web::test]
async fn a_person_who_forgot_their_password_chooses_a_new_one() {
    let app = TestApp::start().await;
    let (before, elsewhere) = (app.new_visitor(&app.cast.manager), app.new_visitor(&app.cast.manager));
    let browser = app.signed_out();
    let page = browser.get("/sign-in").await;
    assert!(page.text().contains("I have forgotten my password"));
    let page = ask(&browser, " Ben@Willow.example ").await;
    assert_eq!((page.status, page.location()), (303, "/forgotten-password"));
    let told = browser.get("/forgotten-password").await.text();
    let words =
        "If there is an account for ben@willow.example, we have emailed a link. It works for 30 minutes.";
    assert!(told.contains(words), "{told}");
    assert!(letters_to(&app, "ben@willow.example").is_empty(), "the page waits for no letter");
    assert_eq!(answer_resets::run(&app.services).await.unwrap(), Outcome::Worked(1));
    assert_eq!(answer_resets::run(&app.services).await.unwrap(), Outcome::Idle);

    let letter = letters_to(&app, "ben@willow.example").remove(0);
    assert_eq!(letter.subject, "Choose a new password for Kinbridge");
    let link = link_in(&letter);
    let page = browser.get(&link).await;
    assert_eq!((page.status, page.title()), (200, "Create a new password – Kinbridge".into()));
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    assert!(page.text().contains("Use 15 characters or more. Three words you can remember work well."));
    let page = choose(&browser, &link, "too short").await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Use 15 characters or more."), "{}", page.text());
    assert_eq!(choose(&browser, &link, "ben carter willow 1").await.status, 422, "their own name");

    let page = choose(&browser, &link, CHOSEN).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"), "the link signs nobody in");
    assert!(browser.get("/sign-in").await.text().contains("Your password has been changed"));
    for old in [before, elsewhere] {
        assert!(old.get("/account").await.location().starts_with("/sign-in"), "every session ends");
    }
    assert_eq!(app.signed_out().sign_in("ben@willow.example", PASSWORD).await.status, 401);
    assert_eq!(app.signed_out().sign_in("ben@willow.example", CHOSEN).await.status, 303);
    let told = letters_to(&app, "ben@willow.example").remove(0);
    assert_eq!(told.subject, "Your Kinbridge password was changed");
    assert!(told.body_text.contains("If it was not you"), "{}", told.body_text);
    assert_eq!(choose(&app.signed_out(), &link, "another long password").await.status, 410);
}

/// AU-3: to the byte, headers and cookies included.
#[actix_web::test]
async fn whoever_asks_is_told_the_same() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    browser.form_token().await;
    let mut seen = Vec::new();
    for email in ["ben@willow.example", "xyz@willow.example", "dan@willow.example", "olg@willow.example"] {
        let page = ask(&browser, email).await;
        let mut headers: Vec<String> = page.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
        headers.retain(|line| !line.starts_with("set-cookie"));
        headers.sort();
        let shown = browser.get("/forgotten-password").await.body.replace(email, "EMAIL");
        let cookies: Vec<usize> = page.set_cookies().iter().map(|line| line.len()).collect();
        seen.push((page.status, headers, page.body, cookies, shown));
    }
    for other in &seen {
        assert_eq!(other, &seen[0]);
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM letters"), 0, "nobody is written to while somebody waits");
    assert_eq!(ask(&browser, "no address").await.status, 422);
}

#[actix_web::test]
async fn closed_and_unknown_accounts_get_nothing_and_the_invited_their_invitation() {
    let app = TestApp::start().await;
    for email in ["dan@willow.example", "nobody@willow.example", "olga@willow.example"] {
        ask(&app.signed_out(), email).await;
    }
    answer_resets::run(&app.services).await.unwrap();
    assert!(letters_to(&app, "dan@willow.example").is_empty());
    assert!(letters_to(&app, "nobody@willow.example").is_empty());
    let letter = letters_to(&app, "olga@willow.example").remove(0);
    assert_eq!(letter.subject, "Activate your Kinbridge account for Willow House Group");
    let link = link_in(&letter);
    assert!(link.starts_with("/activate/"), "{link}");
    let page = app.signed_out().get(&link).await;
    assert!(page.text().contains("to Willow House Group as staff"), "{}", page.text());
    assert_eq!(choose(&app.signed_out(), &link, CHOSEN).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM reset_requests"), 0, "what was typed is not kept");
}

/// AU-10: scanners use nothing up, and of fifty at once one wins.
#[actix_web::test]
async fn a_link_survives_scanners_and_works_once() {
    let app = TestApp::start_with(|config| config.sign_ins_per_address = 1_000).await;
    let link = reset_link(&app, "ben@willow.example").await;
    let before = app.digest();
    for _ in 0..100 {
        for method in ["GET", "HEAD", "OPTIONS"] {
            app.signed_out().ask(method.parse().unwrap(), &link).send().await;
        }
    }
    assert_eq!(app.digest(), before);
    let browsers: Vec<Visitor<'_>> = (0..50).map(|_| app.signed_out()).collect();
    for browser in &browsers {
        browser.form_token().await;
    }
    let all = browsers.iter().map(|browser| choose(browser, &link, CHOSEN));
    let pages = futures_util::future::join_all(all).await;
    let count = |status| pages.iter().filter(|page| page.status == status).count();
    assert_eq!((count(303), count(410)), (1, 49));
    let changed =
        "SELECT COUNT(*) FROM audit_events WHERE verb = 'account.password' AND words LIKE '%letter'";
    assert_eq!(app.number(changed), 1);
}

/// AU-10: whatever is wrong with a link, the answer is the same and leads on.
#[actix_web::test]
async fn dead_links_are_answered_alike_with_the_way_to_a_new_one() {
    let app = TestApp::start().await;
    let used = reset_link(&app, "mary@willow.example").await;
    choose(&app.signed_out(), &used, CHOSEN).await;
    let replaced = reset_link(&app, "ben@willow.example").await;
    app.pass(1);
    let newest = reset_link(&app, "ben@willow.example").await;
    assert_ne!(replaced, newest);
    let disabled = reset_link(&app, "amina@willow.example").await;
    let (operator, amina) = (Platform::for_the_operator(), app.cast.staff.account);
    app.write(|tx| accounts::disable(tx, &operator, amina));
    let unknown = kinbridge::links::reset_password(&"0".repeat(64));
    let mut bodies = Vec::new();
    for link in [&used, &replaced, &disabled, &unknown, &"/reset-password/x".to_owned()] {
        let page = app.signed_out().get(link).await;
        assert_eq!(page.status, 410, "{link}");
        assert!(page.body.contains("href=\"/forgotten-password\""), "{}", page.body);
        let posted = choose(&app.signed_out(), link, CHOSEN).await;
        assert_eq!((posted.status, &posted.body), (410, &page.body));
        bodies.push(page.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    // Opened again, the account has no use for a link from before.
    app.write(|tx| accounts::enable(tx, &operator, amina));
    assert_eq!(choose(&app.signed_out(), &disabled, CHOSEN).await.status, 410);
    assert_eq!(app.signed_out().get(&newest).await.status, 200);
}

#[actix_web::test]
async fn a_link_works_for_half_an_hour_to_the_second() {
    let app = TestApp::start().await;
    let link = reset_link(&app, "ben@willow.example").await;
    app.clock.advance(TimeDelta::minutes(30) - TimeDelta::seconds(1));
    assert_eq!(app.signed_out().get(&link).await.status, 200);
    app.pass(1);
    assert_eq!(app.signed_out().get(&link).await.status, 410);
    assert_eq!(choose(&app.signed_out(), &link, CHOSEN).await.status, 410);
    let app = TestApp::start().await;
    let link = reset_link(&app, "ben@willow.example").await;
    app.pass(30 * 60 - 1);
    assert_eq!(choose(&app.signed_out(), &link, CHOSEN).await.status, 303);
}

#[actix_web::test]
async fn whatever_changes_a_password_ends_the_links_before() {
    let app = TestApp::start().await;
    let link = reset_link(&app, "ben@willow.example").await;
    let fields = [("current_password", PASSWORD), ("new_password", CHOSEN)];
    assert_eq!(app.as_manager().post("/account/password", &fields).await.status, 303);
    assert_eq!(app.signed_out().get(&link).await.status, 410);
    assert_eq!(letters_to(&app, "ben@willow.example")[0].subject, "Your Kinbridge password was changed");
}

/// ML-3.
#[actix_web::test]
async fn a_thousand_requests_send_three_letters_an_hour() {
    let app = TestApp::start_with(|config| config.sign_ins_per_address = 1_000_000).await;
    let browser = app.signed_out();
    for hour in 1..=2 {
        for _ in 0..500 {
            assert_eq!(ask(&browser, "ben@willow.example").await.status, 303);
            assert_eq!(ask(&browser, "olga@willow.example").await.status, 303);
        }
        answer_resets::run(&app.services).await.unwrap();
        for email in ["ben@willow.example", "olga@willow.example"] {
            assert_eq!(letters_to(&app, email).len(), 3 * hour, "{email}");
        }
        app.pass(60 * 60);
    }
}

/// AU-4: asking and trying links share the count of the client's address.
#[actix_web::test]
async fn one_address_asks_and_guesses_thirty_times_in_five_minutes() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    for guess in 0..15 {
        assert_eq!(ask(&browser, &format!("person{guess}@willow.example")).await.status, 303);
        let link = kinbridge::links::reset_password(&format!("{guess:064x}"));
        assert_eq!(choose(&browser, &link, CHOSEN).await.status, 410);
    }
    assert_eq!(ask(&browser, "ben@willow.example").await.status, 429);
    assert_eq!(choose(&browser, "/reset-password/x", CHOSEN).await.status, 429);
    assert_eq!(browser.sign_in("ben@willow.example", PASSWORD).await.status, 429);
    app.pass(300);
    assert_eq!(ask(&browser, "ben@willow.example").await.status, 303);
}

/// AU-10: the link names the configured address whatever a request says, and its token is stored nowhere but in the
/// letter that waits to be sent.
#[actix_web::test]
async fn a_forged_host_is_not_in_the_letter_and_the_token_is_not_in_the_tables() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    let token = browser.form_token().await;
    let ask = browser.ask(Method::POST, "/forgotten-password").of_our_own();
    let ask = ask.header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let page = ask.form(&token, &[("email", "ben@willow.example")]).send().await;
    assert_eq!(page.status, 303);
    answer_resets::run(&app.services).await.unwrap();
    let letter = letters_to(&app, "ben@willow.example").remove(0);
    assert!(!letter.body_text.contains("evil") && !letter.body_html.contains("evil"));
    let link = link_in(&letter);
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 64);
    assert_eq!(app.number(&format!("SELECT COUNT(*) FROM resets WHERE token_hash = '{token}'")), 0);
    app.write(|tx| {
        use diesel::prelude::*;
        diesel::sql_query("DELETE FROM letters").execute(tx.conn)?;
        Ok(())
    });
    let rows = crate::two_organisations::seed::rows(&app);
    assert!(!rows.iter().any(|row| row.contains(token)), "a token in a table");
}
