//! The twelve ways in: whatever became of the link, there is a next step.

use actix_web::http::Method;
use kinbridge::domain::access::EditResidents;
use kinbridge::domain::access::Scope;
use kinbridge::domain::{relatives, residents};
use kinbridge::links;

use super::{NEW_PASSWORD, anna, invite, invited, join, link_to, scope};
use crate::residents::{add, facts};
use crate::support::TestApp;

const DAY: i64 = 24 * 3600;

#[actix_web::test]
async fn journey_1_a_fresh_invitation_becomes_an_account() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let anna = app.signed_out();
    let page = anna.get(&link).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(page.title().starts_with("See how Joan is getting on"), "{}", page.title());
    for part in ["Willow House has invited you", "Anna Smith", "anna@family.example", "Daughter"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Joan Smith"), "the surname only after joining: {text}");
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    let weak = anna.post(&link, &[("password", "short")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.text().contains("Use 15 characters or more"));
    let joined = join(&anna, &link).await;
    assert_eq!((joined.status, joined.location()), (303, "/family"));
    let page = anna.get(anna.get("/family").await.location()).await;
    assert!(page.text().contains("You have joined"), "{}", page.text());
    assert!(page.text().contains("Nothing has been written yet"), "{}", page.text());
}

#[actix_web::test]
async fn journey_2_an_expired_link_renews_itself_to_the_same_address_only() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    app.pass(7 * DAY - 1);
    assert_eq!(app.signed_out().get(&link).await.status, 200, "until the last second");
    app.pass(1);
    let late = app.signed_out();
    let page = late.get(&link).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("ran out on 29 November 2026"), "{}", page.text());
    assert!(page.text().contains("Ask for a new one"));
    assert_eq!(join(&late, &link).await.status, 303, "a form that is too late makes nothing");
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 0);
    let sent = late.post(&format!("{link}/renew"), &[("email", "thief@example.org")]).await;
    assert!(sent.text().contains("a•••@family.example"), "{}", sent.text());
    let new = link_to(&app, "anna@family.example");
    assert_ne!(new, link);
    assert_eq!(join(&late, &new).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE to_email = 'thief@example.org'"), 0);
}

#[actix_web::test]
async fn an_address_gets_three_letters_an_hour_whoever_asks() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let anna = app.signed_out();
    for _ in 0..20 {
        anna.post(&format!("{link}/renew"), &[]).await;
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE to_email = 'anna@family.example'"), 3);
    let page = anna.post(&format!("{link}/renew"), &[]).await;
    let told = anna.get(page.location()).await;
    assert!(told.text().contains("several letters already"), "{}", told.text());
}

#[actix_web::test]
async fn journey_3_a_used_link_leads_to_signing_in() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    join(&app.signed_out(), &link).await;
    let page = app.signed_out().get(&link).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("You have already joined") && page.text().contains("Sign in"));
    let page = app.signed_out().sign_in("anna@family.example", NEW_PASSWORD).await;
    assert_eq!(page.status, 303);
}

#[actix_web::test]
async fn journey_4_a_withdrawn_invitation_names_the_telephone_of_the_home() {
    let app = TestApp::start().await;
    let (home, places) = (app.cast.willow_house, Scope::for_the_portal(app.cast.willow));
    app.write(|tx| relatives::set_contact(tx, &places, home, "01234 567890", "12 Mill Lane, Exampleton"));
    let (joan, link) = invited(&app);
    let scope = scope(&app);
    let now = app.clock.now();
    let asked = app.read(|conn| relatives::of_resident(conn, &scope, joan, now));
    app.write(|tx| relatives::revoke(tx, &scope, asked[0].0.id));
    let page = app.signed_out().get(&link).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("Willow House has withdrawn this invitation"), "{}", page.text());
    assert!(page.text().contains("Telephone Willow House on 01234 567890"));
    assert_eq!(join(&app.signed_out(), &link).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 0);
}

#[actix_web::test]
async fn journey_5_somebody_with_an_account_signs_in_and_adds_the_resident() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    join(&app.signed_out(), &link).await;
    let cast = &app.cast;
    let other = add(&app, cast.willow, &facts(cast.willow_house, None, "Arthur", "Smith", "8"));
    invite(&app, other, &anna());
    let second = link_to(&app, "anna@family.example");
    let anna = app.signed_out();
    let page = anna.get(&second).await;
    assert!(page.text().contains("You have an account already"), "{}", page.text());
    assert!(page.body.contains(&format!("/sign-in?next={}", links::encode(&second))));
    anna.post("/sign-in", &[("email", "anna@family.example"), ("password", NEW_PASSWORD), ("next", &second)])
        .await;
    let page = anna.get(&second).await;
    assert!(page.text().contains("Add Arthur to my account"), "{}", page.text());
    let added = anna.post(&format!("{second}/add"), &[]).await;
    assert_eq!(added.location(), "/family");
    let family = anna.get("/family").await;
    assert!(family.text().contains("Joan") && family.text().contains("Arthur"), "{}", family.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM accounts WHERE email = 'anna@family.example'"), 1);
}

#[actix_web::test]
async fn journey_6_somebody_else_is_signed_in() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let peter = app.new_visitor(&app.cast.relative);
    let page = peter.get(&link).await;
    assert!(page.text().contains("You are signed in as Peter Smith"), "{}", page.text());
    assert!(page.text().contains("Sign out and go on"));
    let out = peter.post(&format!("{link}/leave"), &[]).await;
    assert_eq!(out.location(), link);
    assert!(peter.get(&link).await.text().contains("Create a password"));
    // Who works at the home does not become a relative under the same account.
    let ben = app.new_visitor(&app.cast.manager);
    let refused = ben.post(&format!("{link}/add"), &[]).await;
    assert!(ben.get(refused.location()).await.text().contains("You work here with this account"));
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 0);
}

#[actix_web::test]
async fn journey_7_half_done_on_one_device_goes_on_on_another() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let desktop = app.signed_out();
    desktop.get(&link).await;
    assert_eq!(desktop.post(&link, &[("password", "abc")]).await.status, 422);
    let scope = scope(&app);
    let now = app.clock.now();
    let asked = app.read(|conn| relatives::of_resident(conn, &scope, joan, now));
    assert_eq!(asked[0].1.words(), "Opened");
    let phone = app.signed_out();
    assert_eq!(join(&phone, &link).await.location(), "/family");
    assert_eq!(join(&desktop, &link).await.location(), link);
    assert!(desktop.get(&link).await.text().contains("You have already joined"));
}

#[actix_web::test]
async fn journey_8_the_wrong_person_says_so_and_the_home_hears_it() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let somebody = app.signed_out();
    let empty = somebody.post(&format!("{link}/wrong"), &[("words", " ")]).await;
    assert_eq!(empty.status, 422);
    somebody.post(&format!("{link}/wrong"), &[("words", "My name is Anne\r\nBcc: x@y.z")]).await;
    let tab = app.as_super().get(&links::resident_relatives(app.cast.willow, joan)).await;
    assert!(tab.text().contains("My name is Anne Bcc: x@y.z"), "{}", tab.text());
    assert!(app.number("SELECT COUNT(*) FROM letters WHERE subject LIKE 'An invitation%'") >= 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE body_text LIKE '%Joan%'"), 0);
    somebody.post(&format!("{link}/decline"), &[]).await;
    let page = somebody.get(&link).await;
    assert!(page.text().contains("Thank you for telling us"), "{}", page.text());
    assert_eq!(join(&somebody, &link).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 0);
}

#[actix_web::test]
async fn journey_9_the_resident_is_not_there_any_more() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let edit = Scope::<EditResidents>::for_the_portal(app.cast.willow);
    app.write(|tx| residents::archive(tx, &edit, joan, 1, "died"));
    let page = app.signed_out().get(&link).await;
    assert_eq!(page.status, 410);
    assert!(
        !page.text().contains("Joan") && page.text().contains("Telephone Willow House"),
        "{}",
        page.text()
    );
    join(&app.signed_out(), &link).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 0);
}

/// AU-10.
#[actix_web::test]
async fn journey_10_a_scanner_that_came_first_has_used_nothing_up() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let before = crate::two_organisations::seed::rows(&app);
    for n in 0..100 {
        let scanner = app.signed_out();
        let method = [Method::GET, Method::HEAD, Method::OPTIONS][n % 3].clone();
        scanner.ask(method, &link).send().await;
        // One that runs scripts and presses what needs no typing sends the form without a password.
        if n % 20 == 0 {
            scanner.get(&format!("{link}/wrong")).await;
            assert!(scanner.post(&link, &[]).await.status >= 300);
        }
    }
    let opened = |rows: Vec<String>| -> Vec<String> {
        rows.into_iter()
            .filter(|row| !row.starts_with("secret_checks") && !row.starts_with("invitations "))
            .collect()
    };
    assert_eq!(opened(crate::two_organisations::seed::rows(&app)), opened(before));
    assert_eq!(join(&app.signed_out(), &link).await.location(), "/family");
}

#[actix_web::test]
async fn of_many_answers_at_once_one_counts() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let visitors: Vec<_> = (0..12).map(|_| app.signed_out()).collect();
    for visitor in &visitors {
        visitor.get(&link).await;
    }
    let answers = futures_util::future::join_all(visitors.iter().map(|visitor| join(visitor, &link))).await;
    let in_now = answers.iter().filter(|page| page.location() == "/family").count();
    assert_eq!(in_now, 1, "{:?}", answers.iter().map(|page| page.status).collect::<Vec<_>>());
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM accounts WHERE email = 'anna@family.example'"), 1);
}

#[actix_web::test]
async fn journey_12_the_same_address_twice_is_one_account_and_one_invitation() {
    let app = TestApp::start().await;
    let (joan, _) = invited(&app);
    let ben = app.new_visitor(&app.cast.manager);
    let seal = super::sealed(&ben, joan);
    let again = ben
        .post(
            &links::resident_relatives(app.cast.willow, joan),
            &[
                ("name", "Anna Smith"),
                ("email", "ANNA@family.example"),
                ("relationship", "Daughter"),
                ("about", &seal),
            ],
        )
        .await;
    assert_eq!(again.status, 422);
    assert!(again.text().contains("This address has been invited already"), "{}", again.text());
}

#[actix_web::test]
async fn links_that_nobody_was_given_all_answer_alike_and_are_counted() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let forged = format!("/invite/{}", "0".repeat(64));
    let short = "/invite/abc".to_owned();
    let longer = format!("{link}0");
    let pages = [&forged, &short, &longer];
    let mut bodies = Vec::new();
    for path in pages {
        let page = app.signed_out().get(path).await;
        assert_eq!(page.status, 410, "{path}");
        bodies.push(page.text());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    let guesser = app.signed_out();
    let mut refused = false;
    for _ in 0..40 {
        refused |= guesser.post(&forged, &[("password", NEW_PASSWORD)]).await.status == 429;
    }
    assert!(refused, "forty guesses from one address");
}

#[actix_web::test]
async fn no_secret_is_in_the_database_and_links_lead_to_our_own_address() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let token = link.rsplit('/').next().unwrap();
    let rows = crate::two_organisations::seed::rows(&app);
    let found: Vec<&String> =
        rows.iter().filter(|row| row.contains(token) && !row.starts_with("letters ")).collect();
    assert!(found.is_empty(), "{found:?}");
    // The letter itself has to hold it, and holds it under the configured address whatever a request says.
    assert!(
        rows.iter().any(|row| row.starts_with("letters ") && row.contains(&format!("{}{link}", super::URL)))
    );
}
