//! Answers that must not count: used before, too late, of another place, another person, another key, or a copy.

use kinbridge::links;

use super::{HOME, Key, add, asked, half, named, only_passkey, show, with_passkey};
use crate::support::{PASSWORD, TestApp, Visitor};

const BEN: &str = "ben@willow.example";

/// Sends an answer to the page that asks; its status.
async fn answer(browser: &Visitor<'_>, answer: &str) -> u16 {
    browser.post("/sign-in/passkey", &[("answer", answer)]).await.status
}

async fn begin(browser: &Visitor<'_>) -> String {
    asked(browser, &links::sign_in_passkey_begin()).await
}

fn audited(app: &TestApp, words: &str) -> i64 {
    app.number(&format!("SELECT COUNT(*) FROM audit_events WHERE words LIKE '%{words}%'"))
}

#[actix_web::test]
async fn an_answer_counts_once() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let (one, other) = (half(&app, BEN).await, half(&app, BEN).await);
    let first = key.shown(&begin(&one).await, HOME);
    assert_eq!(answer(&other, &first).await, 422, "of another sign-in");
    assert_eq!(answer(&one, &first).await, 303);
    let again = half(&app, BEN).await;
    assert_eq!(answer(&again, &first).await, 422, "nothing was asked");
    begin(&again).await;
    assert_eq!(answer(&again, &first).await, 422, "something else was asked");
    assert_eq!(audited(&app, "showed a passkey that was refused"), 3);
}

#[actix_web::test]
async fn what_was_asked_is_gone_after_one_answer_right_or_wrong() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let browser = half(&app, BEN).await;
    let asked = begin(&browser).await;
    assert_eq!(answer(&browser, "{}").await, 422);
    assert_eq!(answer(&browser, &key.shown(&asked, HOME)).await, 422, "the right one comes second");
    // Asked twice, the first question is gone.
    let first = begin(&browser).await;
    begin(&browser).await;
    assert_eq!(answer(&browser, &key.shown(&first, HOME)).await, 422);
    assert_eq!(show(&browser, &key).await.status, 303);
}

#[actix_web::test]
async fn an_answer_may_take_five_minutes_to_the_second() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    for (seconds, status) in [(299, 303), (300, 422)] {
        let browser = half(&app, BEN).await;
        let asked = begin(&browser).await;
        app.pass(seconds);
        assert_eq!(answer(&browser, &key.shown(&asked, HOME)).await, status, "after {seconds} seconds");
    }
}

#[actix_web::test]
async fn an_answer_of_another_address_is_refused() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let browser = half(&app, BEN).await;
    for origin in [
        "https://localhost:8080",
        "http://localhost",
        "http://localhost:8081",
        "http://portal.localhost:8080",
        "http://localhost.evil.example:8080",
        "http://127.0.0.1:8080",
        "null",
    ] {
        let signed = key.shown(&begin(&browser).await, origin);
        assert_eq!(answer(&browser, &signed).await, 422, "{origin}");
    }
    let elsewhere = begin(&browser).await.replace("\"rpId\":\"localhost\"", "\"rpId\":\"evil.example\"");
    assert_eq!(answer(&browser, &key.shown(&elsewhere, HOME)).await, 422, "made for another portal");
    assert_eq!(show(&browser, &key).await.status, 303);
}

#[actix_web::test]
async fn another_persons_passkey_is_refused() {
    let app = named().await;
    let ben = with_passkey(&app, &app.cast.manager).await;
    let amina = with_passkey(&app, &app.cast.staff).await;
    let browser = half(&app, BEN).await;
    assert_eq!(show(&browser, &amina).await.status, 422, "a colleague's");
    assert_eq!(show(&browser, &Key::new()).await.status, 422, "nobody's");
    ben.verified.set(false);
    assert_eq!(show(&browser, &ben).await.status, 422, "without a finger or a PIN");
    ben.verified.set(true);
    assert_eq!(show(&browser, &ben).await.status, 303);
}

#[actix_web::test]
async fn a_removed_passkey_is_refused() {
    let app = named().await;
    let browser = app.new_visitor(&app.cast.manager);
    let (kept, gone) = (add(&browser, "Kept").await, add(&browser, "Gone").await);
    let under_way = half(&app, BEN).await;
    let signed = gone.shown(&begin(&under_way).await, HOME);
    browser.post(&links::passkey_act(only_passkey(&app), "remove"), &[]).await;
    let page = under_way.post("/sign-in/passkey", &[("answer", &signed)]).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"), "a sign-in under way ends");
    let anew = half(&app, BEN).await;
    assert_eq!(show(&anew, &gone).await.status, 422);
    assert_eq!(show(&anew, &kept).await.status, 303);
}

#[actix_web::test]
async fn a_passkey_that_counts_backwards_is_refused_and_told_in_the_trail() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    key.counter.set(40);
    assert_eq!(show(&half(&app, BEN).await, &key).await.status, 303);
    let browser = half(&app, BEN).await;
    key.counter.set(40);
    assert_eq!(show(&browser, &key).await.status, 422, "the same count again");
    key.counter.set(3);
    assert_eq!(show(&browser, &key).await.status, 422);
    assert_eq!(audited(&app, "counter went backwards"), 2);
    key.counter.set(41);
    assert_eq!(show(&browser, &key).await.status, 303);
    // One that never counts, as those that telephones share do.
    let still = with_passkey(&app, &app.cast.staff).await;
    for _ in 0..2 {
        let browser = half(&app, "amina@willow.example").await;
        let asked = begin(&browser).await;
        assert_eq!(answer(&browser, &still.shown_without_counting(&asked, HOME)).await, 303);
    }
}

#[actix_web::test]
async fn a_new_passkey_must_fit_what_was_asked_of_this_session() {
    let app = named().await;
    let (ben, amina) = (app.new_visitor(&app.cast.manager), app.new_visitor(&app.cast.staff));
    let add = async |browser: &Visitor<'_>, answer: &str| {
        browser.post(&links::passkeys(), &[("name", "Mine"), ("answer", answer)]).await.status
    };
    let begin = async |browser: &Visitor<'_>| asked(browser, &links::passkeys_begin()).await;
    let key = Key::new();
    let of_ben = key.made(&begin(&ben).await, HOME);
    assert_eq!(add(&amina, &of_ben).await, 422, "of another person");
    begin(&amina).await;
    assert_eq!(add(&amina, &of_ben).await, 422, "of another question");
    assert_eq!(add(&ben, "nonsense").await, 422);
    assert_eq!(add(&ben, &of_ben).await, 422, "what was asked is gone");
    let late = key.made(&begin(&ben).await, HOME);
    app.pass(300);
    assert_eq!(add(&ben, &late).await, 422);
    let elsewhere = key.made(&begin(&ben).await, "https://evil.example");
    assert_eq!(add(&ben, &elsewhere).await, 422);
    assert_eq!(app.number("SELECT COUNT(*) FROM passkeys"), 0);
    let good = key.made(&begin(&ben).await, HOME);
    assert_eq!(add(&ben, &good).await, 303);
    let same = key.made(&begin(&amina).await, HOME);
    add(&amina, &same).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM passkeys"), 1, "one key, one account");
}

/// AU-4: passkeys count with the password and the codes.
#[actix_web::test]
async fn ten_wrong_passkeys_are_enough_for_five_minutes() {
    let app = named().await;
    let key = with_passkey(&app, &app.cast.manager).await;
    let browser = half(&app, BEN).await;
    let mut reached = 0;
    for _ in 0..100 {
        let status = answer(&browser, "{}").await;
        reached += i32::from(status == 422);
        assert!(matches!(status, 422 | 429), "{status}");
    }
    assert_eq!(reached, 10);
    assert_eq!(show(&browser, &key).await.status, 429, "the right one too");
    assert_eq!(browser.post("/sign-in/recovery", &[("code", "x")]).await.status, 429);
    assert_eq!(app.signed_out().sign_in(BEN, PASSWORD).await.status, 429);
    app.pass(300);
    assert_eq!(show(&browser, &key).await.status, 303);
}
