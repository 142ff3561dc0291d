//! Signing in by a passkey alone, and what does not count as one.

use kinbridge::domain::access::Platform;
use kinbridge::domain::accounts;
use kinbridge::links;

use super::{HOME, Key, asked, named, only_passkey, with_passkey};
use crate::resets::letters_to;
use crate::support::{Page, TestApp, Visitor};

async fn begin(browser: &Visitor<'_>) -> String {
    asked(browser, &links::sign_in_passkey_alone_begin()).await
}

async fn send(browser: &Visitor<'_>, answer: &str) -> Page {
    let fields = [("answer", answer), ("next", "/account?x=1")];
    browser.post(&links::sign_in_passkey_alone(), &fields).await
}

async fn show(browser: &Visitor<'_>, key: &Key) -> Page {
    send(browser, &key.shown(&begin(browser).await, HOME)).await
}

#[actix_web::test]
async fn a_passkey_alone_stands_for_both_steps() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let browser = app.signed_out();
    let page = browser.get("/sign-in?next=/account%3Fx%3D1").await;
    assert!(page.body.contains("data-begin=\"/sign-in/passkey-alone/begin\""), "{}", page.body);
    let page = show(&browser, &key).await;
    assert_eq!((page.status, page.location()), (303, "/account?x=1"), "{}", page.text());
    assert!(browser.get("/account").await.text().contains("ben@willow.example"));
    assert!(browser.get(&links::two_step()).await.text().contains("Last used today"));
    // From another browser it is told by letter, as with a password.
    let told = letters_to(&app, "ben@willow.example").len();
    assert_eq!(show(&app.signed_out(), &key).await.status, 303);
    assert_eq!(letters_to(&app, "ben@willow.example").len(), told + 1);
}

#[actix_web::test]
async fn nobody_is_offered_it_where_the_address_is_a_number() {
    let app = TestApp::start().await;
    assert!(!app.signed_out().get("/sign-in").await.body.contains("passkey"));
    let page = app.signed_out().post(&links::sign_in_passkey_alone_begin(), &[]).await;
    assert_eq!(page.location(), "/sign-in");
}

#[actix_web::test]
async fn an_answer_is_of_this_browser_counts_once_and_for_five_minutes() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let (one, other) = (app.signed_out(), app.signed_out());
    let answer = key.shown(&begin(&one).await, HOME);
    begin(&other).await;
    let page = send(&other, &answer).await;
    assert_eq!(page.status, 401);
    assert!(page.text().contains("This passkey does not sign you in."), "{}", page.text());
    let thief = app.signed_out();
    assert_eq!(send(&thief, &answer).await.status, 401, "nothing was asked there");
    assert_eq!(send(&one, &answer).await.status, 303);
    let again = app.signed_out();
    begin(&again).await;
    assert_eq!(send(&again, &answer).await.status, 401, "a replay");
    for (seconds, status) in [(299, 303), (300, 401)] {
        let browser = app.signed_out();
        let asked = begin(&browser).await;
        app.pass(seconds);
        assert_eq!(send(&browser, &key.shown(&asked, HOME)).await.status, status, "after {seconds}");
    }
    let browser = app.signed_out();
    let asked = begin(&browser).await;
    assert_eq!(send(&browser, "{}").await.status, 401);
    assert_eq!(send(&browser, &key.shown(&asked, HOME)).await.status, 401, "gone after one answer");
}

#[actix_web::test]
async fn what_is_not_the_persons_own_passkey_shown_by_themselves_opens_nothing() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let browser = app.signed_out();
    assert_eq!(show(&browser, &Key::new()).await.status, 401, "nobody's");
    let elsewhere = key.shown(&begin(&browser).await, "https://evil.example");
    assert_eq!(send(&browser, &elsewhere).await.status, 401, "another address");
    key.verified.set(false);
    assert_eq!(show(&browser, &key).await.status, 401, "without a finger or a PIN");
    key.verified.set(true);
    key.counter.set(40);
    assert_eq!(show(&app.signed_out(), &key).await.status, 303);
    key.counter.set(3);
    assert_eq!(show(&browser, &key).await.status, 401, "a copy");
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'second_step.copied'"), 1);
    key.counter.set(50);
    let (operator, ben) = (Platform::for_the_operator(), app.cast.manager.account);
    app.write(|tx| accounts::disable(tx, &operator, ben));
    assert_eq!(show(&browser, &key).await.status, 401, "a closed account");
    app.write(|tx| accounts::enable(tx, &operator, ben));
    assert_eq!(show(&app.signed_out(), &key).await.status, 303);
    let owner = app.new_visitor(&app.cast.manager);
    owner.post(&links::passkey_act(only_passkey(&app), "remove"), &[]).await;
    assert_eq!(show(&browser, &key).await.status, 401, "removed");
}

/// AU-4.
#[actix_web::test]
async fn ten_wrong_answers_of_an_account_are_enough_for_five_minutes() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let mut reached = 0;
    for _ in 0..30 {
        let browser = app.signed_out();
        let wrong = key.shown(&begin(&browser).await, "https://evil.example");
        reached += i32::from(send(&browser, &wrong).await.status == 401);
    }
    assert_eq!(reached, 10);
    assert_eq!(show(&app.signed_out(), &key).await.status, 429);
    app.pass(300);
    assert_eq!(show(&app.signed_out(), &key).await.status, 303);
}

#[actix_web::test]
async fn questions_from_one_address_have_an_end() {
    let app = named().await;
    for n in 0..301 {
        let browser = app.signed_out();
        let page = browser.post(&links::sign_in_passkey_alone_begin(), &[]).await;
        assert_eq!(page.status, if n < 300 { 200 } else { 429 }, "{n}");
    }
}
