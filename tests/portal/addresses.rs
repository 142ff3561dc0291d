//! Changing the address with which somebody signs in: the new one confirms, the old one is told and can stop it.

use chrono::TimeDelta;
use kinbridge::domain::access::Platform;
use kinbridge::domain::accounts;
use kinbridge::links;

use crate::resets::{letters_to, link_in};
use crate::support::{PASSWORD, TestApp, Visitor};

async fn ask(browser: &Visitor<'_>, email: &str) -> u16 {
    browser.post(&links::account_email(), &[("new_email", email)]).await.status
}

/// The links to the new address and to the old one.
async fn asked(app: &TestApp, browser: &Visitor<'_>) -> (String, String) {
    assert_eq!(ask(browser, "ben@new.example").await, 303);
    (link_in(&letters_to(app, "ben@new.example")[0]), link_in(&letters_to(app, "ben@willow.example")[0]))
}

#[actix_web::test]
async fn a_new_address_counts_once_it_is_confirmed() {
    let app = TestApp::start().await;
    let (browser, elsewhere) = (app.new_visitor(&app.cast.manager), app.new_visitor(&app.cast.manager));
    let (confirm, stop) = asked(&app, &browser).await;
    let page = browser.get("/account").await;
    assert!(page.text().contains("We have emailed ben@new.example."), "{}", page.text());
    assert!(page.text().contains("you sign in with ben@willow.example"), "{}", page.text());
    let told = letters_to(&app, "ben@willow.example").remove(0);
    assert!(told.body_text.contains("to ben@new.example") && stop.starts_with("/stop-email/"));
    assert_eq!(app.signed_out().sign_in("ben@new.example", PASSWORD).await.status, 401);

    let before = app.digest();
    for _ in 0..100 {
        for method in ["GET", "HEAD", "OPTIONS"] {
            app.signed_out().ask(method.parse().unwrap(), &confirm).send().await;
            app.signed_out().ask(method.parse().unwrap(), &stop).send().await;
        }
    }
    assert_eq!(app.digest(), before, "scanners change nothing");
    let page = browser.get(&confirm).await;
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    assert!(page.text().contains("signs in to Kinbridge with ben@new.example"), "{}", page.text());
    let page = browser.post(&confirm, &[]).await;
    assert_eq!((page.status, page.location()), (303, "/account"));
    assert!(browser.get("/account").await.text().contains("Your email address has been changed."));
    assert!(elsewhere.get("/account").await.location().starts_with("/sign-in"), "other sessions end");
    assert_eq!(app.signed_out().sign_in("ben@willow.example", PASSWORD).await.status, 401);
    assert_eq!(app.signed_out().sign_in("ben@new.example", PASSWORD).await.status, 303);
    let told = letters_to(&app, "ben@willow.example").remove(0);
    assert_eq!(told.subject, "Your Kinbridge email address was changed");
    let changed = "SELECT COUNT(*) FROM audit_events WHERE verb = 'account.email'";
    assert_eq!(app.number(changed), 1);
    for link in [&confirm, &stop] {
        assert_eq!(app.signed_out().get(link).await.status, 410);
        assert_eq!(app.signed_out().post(link, &[]).await.status, 410);
    }
}

#[actix_web::test]
async fn the_old_address_stops_the_change_and_everybody_is_out() {
    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.manager);
    let (confirm, stop) = asked(&app, &browser).await;
    let other = app.signed_out();
    assert!(other.get(&stop).await.text().contains("asked to change the address to ben@new.example"));
    assert_eq!(other.post(&stop, &[]).await.location(), "/forgotten-password");
    assert!(browser.get("/account").await.location().starts_with("/sign-in"));
    assert_eq!(other.post(&confirm, &[]).await.status, 410);
    assert_eq!(app.signed_out().sign_in("ben@willow.example", PASSWORD).await.status, 303);
}

/// AU-11.
#[actix_web::test]
async fn a_change_needs_a_fresh_password() {
    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.manager);
    app.pass(10 * 60 + 1);
    let page = browser.post(&links::account_email(), &[("new_email", "ben@new.example")]).await;
    assert_eq!((page.status, page.location()), (303, "/confirm?next=/account"));
    assert_eq!(app.number("SELECT COUNT(*) FROM email_changes"), 0);
}

#[actix_web::test]
async fn an_address_of_somebody_else_is_not_taken_and_not_told() {
    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.manager);
    assert_eq!(ask(&browser, "mary@willow.example").await, 303);
    assert!(browser.get("/account").await.text().contains("We have emailed mary@willow.example."));
    assert!(letters_to(&app, "mary@willow.example").is_empty());
    assert_eq!(ask(&browser, "ben@willow.example").await, 422);
    assert_eq!(ask(&browser, "no address").await, 422);

    // Somebody else got it between the letter and the link.
    let (confirm, _) = asked(&app, &browser).await;
    let new = kinbridge::domain::accounts::NewAccount {
        email: kinbridge::kit::email_address::EmailAddress::parse("ben@new.example").unwrap(),
        name: "Benjamin Long".into(),
    };
    let operator = Platform::for_the_operator();
    app.write(|tx| accounts::create_representative(tx, &operator, &new));
    assert_eq!(browser.post(&confirm, &[]).await.status, 410);
}

#[actix_web::test]
async fn links_end_after_a_day_with_a_newer_one_and_with_the_account() {
    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.manager);
    let (old, _) = asked(&app, &browser).await;
    app.pass(1);
    let (confirm, _) = asked(&app, &browser).await;
    assert_eq!(app.signed_out().get(&old).await.status, 410);
    app.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert_eq!(app.signed_out().get(&confirm).await.status, 200);
    app.pass(1);
    assert_eq!(app.signed_out().get(&confirm).await.status, 410);
    let browser = app.new_visitor(&app.cast.manager);
    let (confirm, stop) = asked(&app, &browser).await;
    let (operator, ben) = (Platform::for_the_operator(), app.cast.manager.account);
    app.write(|tx| accounts::disable(tx, &operator, ben));
    app.write(|tx| accounts::enable(tx, &operator, ben));
    for link in [&confirm, &stop] {
        assert_eq!(app.signed_out().post(link, &[]).await.status, 410, "AC-5");
    }
}

#[actix_web::test]
async fn three_letters_an_hour_are_enough() {
    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.manager);
    for n in 0..4 {
        app.pass(1);
        assert_eq!(ask(&browser, &format!("ben{n}@new.example")).await, 303);
    }
    assert!(browser.get("/account").await.text().contains("three letters about this within an hour"));
    assert_eq!(app.number("SELECT COUNT(*) FROM email_changes"), 3);
}
