//! Sessions: how they are carried, how long they last, and how they end.

use std::path::Path;

use actix_web::http::Method;
use chrono::TimeDelta;
use kinbridge::db::Target;
use kinbridge::domain::access::Platform;
use kinbridge::domain::accounts;
use kinbridge::kit::ids::SessionId;
use kinbridge::kit::secret::{Secret, fingerprint};
use kinbridge::web::routes::{self, Who};

use crate::support::{PASSWORD, Page, TestApp, Visitor, fill};

const NEW: &str = "quartz lantern meadow";

async fn signed_in(browser: &Visitor<'_>) -> bool {
    let page = browser.get("/account").await;
    assert!(page.status == 200 || page.location().starts_with("/sign-in"), "{}", page.status);
    page.status == 200
}

/// AU-6: idle, to the second.
#[actix_web::test]
async fn a_session_that_is_not_used_ends_after_20_minutes_and_a_relatives_after_60() {
    let app = TestApp::start().await;
    for (person, minutes) in [
        (&app.cast.staff, 20),
        (&app.cast.manager, 20),
        (&app.cast.super_manager, 20),
        (&app.cast.rep, 20),
        (&app.cast.relative, 60),
    ] {
        let (asks, waits) = (app.new_visitor(person), app.new_visitor(person));
        app.pass(minutes * 60 - 1);
        assert!(signed_in(&asks).await, "{} a second before", person.name);
        app.pass(1);
        assert!(!signed_in(&waits).await, "{} on the second", person.name);
    }
}

/// AU-6: in the end however much it is used, to the second.
#[actix_web::test]
async fn a_session_ends_after_10_hours_and_a_relatives_after_24() {
    let app = TestApp::start().await;
    for (person, hours) in [(&app.cast.staff, 10), (&app.cast.relative, 24)] {
        let token = app.new_session(person);
        let session = app
            .number(&format!("SELECT id FROM sessions WHERE token_hash = '{}'", fingerprint(token.reveal())));
        let browser = app.signed_out();
        browser.keep("kinbridge", token.reveal());
        for _ in 0..hours * 4 {
            app.write(|tx| Ok(accounts::touch(tx, SessionId(session))?));
            app.clock.advance(TimeDelta::minutes(15));
        }
        app.pass(-1);
        app.write(|tx| Ok(accounts::touch(tx, SessionId(session))?));
        assert!(signed_in(&browser).await, "{} a second before", person.name);
        app.pass(1);
        assert!(!signed_in(&browser).await, "{} on the second", person.name);
    }
}

#[actix_web::test]
async fn a_session_in_use_is_written_down_once_a_minute() {
    let app = TestApp::start().await;
    let browser = app.as_manager();
    let used = "SELECT COUNT(*) FROM sessions WHERE last_used_at > '2026-11-22 10:00:30'";
    app.pass(59);
    assert!(signed_in(&browser).await);
    app.pass(1);
    assert_eq!(app.number(used), 0);
    assert!(signed_in(&browser).await);
    // The page does not wait for the writing; the test does.
    for _ in 0..100_000 {
        if app.number(used) == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(app.number(used), 1);
    app.clock.advance(TimeDelta::minutes(20) - TimeDelta::seconds(1));
    assert!(signed_in(&browser).await);
}

#[actix_web::test]
async fn signing_out_ends_the_session_at_once() {
    let app = TestApp::start().await;
    let browser = app.as_manager();
    let token = browser.cookie("kinbridge").unwrap();
    let page = browser.post("/sign-out", &[]).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"));
    assert_eq!(browser.cookie("kinbridge"), None);
    browser.keep("kinbridge", &token);
    assert!(!signed_in(&browser).await);
}

#[actix_web::test]
async fn the_account_page_lists_devices_and_signs_them_out() {
    let app = TestApp::start().await;
    let person = &app.cast.manager;
    let (here, there, third) = (app.new_visitor(person), app.signed_out(), app.new_visitor(person));
    let token = there.form_token().await;
    let fields = [("email", person.email), ("password", PASSWORD)];
    let ask = there.ask(Method::POST, "/sign-in").of_our_own().form(&token, &fields);
    let firefox = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0";
    assert_eq!(ask.header("user-agent", firefox).send().await.status, 303);

    let page = here.get("/account").await;
    for words in [
        "Ben Carter",
        "ben@willow.example",
        "Where you are signed in",
        "Firefox on Windows",
        "This device",
        "Today at 10am",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let end = page
        .body
        .split("action=\"")
        .find(|part| part.starts_with("/account/sessions/") && part.contains("Firefox"));
    let end = end.and_then(|part| part.split('"').next()).expect("a form for the other device");
    // Not somebody else's.
    assert_eq!(app.as_staff().post(end, &[]).await.status, 404);
    assert!(signed_in(&there).await);
    let page = here.post(end, &[]).await;
    assert_eq!((page.status, page.location()), (303, "/account"));
    assert!(here.get("/account").await.text().contains("That device is signed out."));
    assert!(!signed_in(&there).await);
    assert!(signed_in(&third).await);

    here.post("/account/sessions/end-others", &[]).await;
    assert!(here.get("/account").await.text().contains("1 other device is signed out."));
    assert!(!signed_in(&third).await && signed_in(&here).await);
    let fourth = app.new_visitor(person);
    assert_eq!(fourth.post("/account/sessions/end-all", &[]).await.location(), "/sign-in");
    assert!(!signed_in(&fourth).await && !signed_in(&here).await);
}

#[actix_web::test]
async fn a_new_password_ends_every_other_session() {
    let app = TestApp::start().await;
    let person = &app.cast.manager;
    let (here, there) = (app.new_visitor(person), app.new_visitor(person));
    let change = |current: &'static str, new: &'static str| {
        let here = &here;
        async move {
            here.post("/account/password", &[("current_password", current), ("new_password", new)]).await
        }
    };
    let page = change("wrong", NEW).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("This is not your password. Try again."));
    for (new, words) in [
        ("short", "Use 15 characters or more. Three words you can remember work well."),
        ("passwordpassword", "easy to guess"),
        ("ben carter willow", "Do not build it from your name"),
    ] {
        let page = change(PASSWORD, new).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains(words), "{new}: {}", page.text());
        assert!(!page.body.contains(new), "the password is sent back");
    }
    let old = here.cookie("kinbridge").unwrap();
    assert_eq!(change(PASSWORD, NEW).await.location(), "/account");
    assert!(here.get("/account").await.text().contains("Your password has been changed."));
    assert!(!signed_in(&there).await);
    there.keep("kinbridge", &old);
    assert!(!signed_in(&there).await, "the token from before the change still works");
    assert_eq!(app.signed_out().sign_in(person.email, PASSWORD).await.status, 401);
    assert_eq!(app.signed_out().sign_in(person.email, NEW).await.status, 303);
}

#[actix_web::test]
async fn a_password_typed_again_is_fresh_for_ten_minutes_and_leads_back() {
    let app = TestApp::start().await;
    let browser = app.as_super();
    let page = browser.get("/confirm?next=/account").await;
    assert!(page.text().contains("You are signed in as Mary Jones."), "{}", page.text());
    app.clock.advance(TimeDelta::minutes(11));
    let page = browser.post("/confirm", &[("password", "wrong"), ("next", "/account")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("This is not your password. Try again."));
    let page = browser.post("/confirm", &[("password", PASSWORD), ("next", "/account")]).await;
    assert_eq!((page.status, page.location()), (303, "/account"));
    let confirmed = "SELECT COUNT(*) FROM sessions WHERE confirmed_at = '2026-11-22 10:11:00'";
    let confirmed = app.number(confirmed) + app.number(&confirmed.replace("11:00'", "11:00.000000'"));
    assert!(confirmed >= 1);
}

/// AU-7.
#[actix_web::test]
async fn a_token_is_new_each_time_and_only_its_fingerprint_is_stored() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    let mut tokens = vec![browser.form_token().await];
    // A token that somebody put there does not become the session's.
    browser.keep("kinbridge", &"ab".repeat(32));
    browser.keep("kinbridge-form", &"cd".repeat(32));
    let ask = browser.ask(Method::POST, "/sign-in").of_our_own();
    let seed = kinbridge::kit::secret::keyed_fingerprint(&"cd".repeat(32), "form");
    let page = ask.form(&seed, &[("email", "ben@willow.example"), ("password", PASSWORD)]).send().await;
    assert_eq!(page.status, 303);
    tokens.push(browser.cookie("kinbridge").unwrap());
    browser.post("/confirm", &[("password", PASSWORD)]).await;
    tokens.push(browser.cookie("kinbridge").unwrap());
    browser.post("/account/password", &[("current_password", PASSWORD), ("new_password", NEW)]).await;
    tokens.push(browser.cookie("kinbridge").unwrap());
    let again = app.signed_out();
    again.sign_in("ben@willow.example", NEW).await;
    tokens.push(again.cookie("kinbridge").unwrap());
    for (at, token) in tokens.iter().enumerate() {
        assert_eq!(token.len(), 64);
        assert!(!tokens[at + 1..].contains(token));
        assert_ne!(*token, "ab".repeat(32));
        if let Target::Sqlite(file) = app.services.db.target() {
            assert!(!on_disk(file, token), "token {at} is in the database");
        }
        assert_eq!(app.number(&format!("SELECT COUNT(*) FROM sessions WHERE token_hash = '{token}'")), 0);
    }
}

/// Whether the text is in the database's file or beside it.
pub fn on_disk(file: &Path, text: &str) -> bool {
    ["", "-wal"].iter().any(|end| {
        let mut path = file.as_os_str().to_owned();
        path.push(end);
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// AU-8.
#[actix_web::test]
async fn every_cookie_is_locked_to_the_portal() {
    for tls in [false, true] {
        let app = TestApp::start_with(|config| {
            if tls {
                config.public_url = "https://portal.example".into();
            }
        })
        .await;
        let browser = app.signed_out();
        let mut cookies: Vec<String> = Vec::new();
        for page in [
            browser.get("/sign-in").await,
            browser.sign_in("ben@willow.example", PASSWORD).await,
            browser.post("/confirm", &[("password", PASSWORD)]).await,
            browser.post("/account/sessions/end-others", &[]).await,
            browser.get("/account").await,
            browser.post("/account/password", &[("current_password", PASSWORD), ("new_password", NEW)]).await,
            browser.post("/sign-out", &[]).await,
        ] {
            assert!(page.status < 400, "{}", page.status);
            cookies.extend(page.set_cookies().iter().map(|cookie| (*cookie).to_owned()));
        }
        assert!(cookies.len() >= 8, "{cookies:?}");
        for cookie in cookies {
            for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(cookie.split("; ").any(|one| one == part), "{part}: {cookie}");
            }
            assert_eq!(cookie.starts_with("__Host-"), tls, "{cookie}");
            assert_eq!(cookie.contains("; Secure"), tls, "{cookie}");
            assert!(!cookie.contains("Domain") && cookie.len() < 4096, "{cookie}");
        }
    }
}

/// What another site might send: what it is, which token it has, and what the browser adds.
type Hostile<'a> = (&'static str, &'a str, Vec<(&'static str, &'a str)>);

fn hostile<'a>(here: &'a str, good: &'a str, theirs: &'a str) -> Vec<Hostile<'a>> {
    let evil = "https://evil.example";
    vec![
        ("no token", "", vec![("origin", here)]),
        ("half a token", &good[..32], vec![("origin", here)]),
        ("another session's token", theirs, vec![("origin", here)]),
        ("another site", good, vec![("origin", evil)]),
        ("a longer host", good, vec![("origin", "http://127.0.0.1:8080.evil.example")]),
        ("another port", good, vec![("origin", "http://127.0.0.1:8081")]),
        ("null", good, vec![("origin", "null")]),
        ("cross-site", good, vec![("sec-fetch-site", "cross-site")]),
        ("same-site", good, vec![("sec-fetch-site", "same-site")]),
        ("a lying pair", good, vec![("origin", here), ("sec-fetch-site", "cross-site")]),
        ("two origins", good, vec![("origin", here), ("origin", evil)]),
        ("neither", good, vec![]),
        ("a typed address", good, vec![("sec-fetch-site", "none")]),
    ]
}

/// AU-9: each route that changes something × each way in which another site might ask.
#[actix_web::test]
async fn no_form_is_taken_from_another_site() {
    let app = TestApp::start().await;
    let theirs = app.as_stranger().form_token().await;
    let here = app.services.config.public_url.clone();
    let posts: Vec<_> = routes::table().into_iter().filter(|line| line.method == Method::POST).collect();
    // Ending letters of news is the one thing that mail programs do too (RFC 8058): the secret in the path proves it.
    let exempt: Vec<_> = posts.iter().filter(|line| line.who == Who::Letter).map(|line| line.path).collect();
    assert_eq!(exempt, ["/stop-letters/{token}"]);
    let fields = [("email", "ben@willow.example"), ("password", PASSWORD)];
    let mut tried = 0;
    for line in &posts {
        let path = fill(line.path, &app.cast);
        for person in [None, Some(&app.cast.super_manager), Some(&app.cast.rep)] {
            let browser = person.map_or_else(|| app.signed_out(), |person| app.as_person(person));
            let good = browser.form_token().await;
            let before = app.digest();
            for (what, token, headers) in hostile(&here, &good, &theirs) {
                let mut ask = browser.ask(Method::POST, &path);
                for (name, value) in headers {
                    ask = ask.header(name, value);
                }
                let page = ask.form(token, &fields).send().await;
                let refused = was_refused(&page) || line.who == Who::Letter && page.status == 410;
                assert!(refused, "{what} at {}: {}", line.path, page.status);
                tried += 1;
            }
            let body = format!("csrf={good}&email=ben%40willow.example&password=x");
            for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
                let ask = browser.ask(Method::POST, &path).of_our_own().header("content-type", kind);
                let page = ask.body(body.clone()).send().await;
                let refused = was_refused(&page) || line.who == Who::Letter && page.status == 410;
                assert!(refused, "{kind} at {}: {}", line.path, page.status);
                tried += 1;
            }
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
                browser.ask(method, &format!("{path}?{body}")).of_our_own().send().await;
                tried += 1;
            }
            assert_eq!(app.digest(), before, "something changed at {}", line.path);
        }
    }
    println!("{tried} requests over {} routes, none accepted", posts.len());
}

/// Refused, or asked to sign in: on the page of its own, or here with what was typed.
fn was_refused(page: &Page) -> bool {
    let sign_in = page.location().starts_with("/sign-in") || page.title() == "Sign in – Kinbridge";
    matches!(page.status, 400 | 403 | 404) || (sign_in && matches!(page.status, 200 | 303))
}

/// AC-5.
#[actix_web::test]
async fn a_closed_account_is_out_with_the_next_request() {
    let app = TestApp::start().await;
    let (browser, account) = (app.as_staff(), app.cast.staff.account);
    assert!(signed_in(&browser).await);
    app.write(|tx| accounts::disable(tx, &Platform::for_the_operator(), account));
    assert!(!signed_in(&browser).await);
    assert_eq!(app.signed_out().sign_in("amina@willow.example", PASSWORD).await.status, 401);
    app.write(|tx| accounts::enable(tx, &Platform::for_the_operator(), account));
    assert!(!signed_in(&browser).await, "opening the account brought the old session back");
    assert_eq!(app.signed_out().sign_in("amina@willow.example", PASSWORD).await.status, 303);
    let other = app.new_visitor(&app.cast.staff);
    app.write(|tx| accounts::end_sessions(tx, &Platform::for_the_operator(), account));
    assert!(!signed_in(&other).await);
}

#[actix_web::test]
async fn what_is_over_is_deleted_after_a_month_and_the_rest_is_kept() {
    let app = TestApp::start().await;
    let keep = app.new_session(&app.cast.manager);
    app.clock.advance(TimeDelta::days(31));
    let late = app.new_session(&app.cast.manager);
    app.signed_out().sign_in("ben@willow.example", "a wrong password").await;
    assert!(app.write(|tx| Ok(accounts::purge_sessions(tx)?)) >= 1);
    let there = |token: &Secret| {
        let hash = fingerprint(token.reveal());
        app.number(&format!("SELECT COUNT(*) FROM sessions WHERE token_hash = '{hash}'"))
    };
    assert_eq!((there(&keep), there(&late)), (0, 1));
    assert_eq!(app.write(|tx| Ok(accounts::purge_checks(tx)?)), 0);
    app.clock.advance(TimeDelta::days(2));
    assert_eq!(app.write(|tx| Ok(accounts::purge_checks(tx)?)), 2);
}

/// LG-2, as far as accounts go.
#[actix_web::test]
async fn what_people_do_with_their_account_is_on_the_trail() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    browser.sign_in("ben@willow.example", "a wrong password").await;
    browser.sign_in("secret-typed-here@example.org", "a wrong password").await;
    browser.sign_in("ben@willow.example", PASSWORD).await;
    browser.post("/confirm", &[("password", PASSWORD)]).await;
    browser.post("/account/password", &[("current_password", PASSWORD), ("new_password", NEW)]).await;
    browser.post("/account/sessions/end-others", &[]).await;
    browser.post("/sign-out", &[]).await;
    for (verb, words, actor) in [
        ("session.refused", "typed a wrong password", "Ben Carter"),
        ("session.refused", "tried to sign in to an account that does not exist", "Somebody"),
        ("session.began", "signed in", "Ben Carter"),
        ("session.confirmed", "typed the password again", "Ben Carter"),
        ("account.password", "changed their password", "Ben Carter"),
        ("session.ended", "signed out everywhere else (0 places)", "Ben Carter"),
        ("session.ended", "signed out", "Ben Carter"),
    ] {
        let row = format!(
            "SELECT COUNT(*) FROM audit_events WHERE verb = '{verb}' AND words = '{words}' AND actor_name = '{actor}' AND address = '127.0.0.1'"
        );
        assert_eq!(app.number(&row), 1, "{verb}: {words}");
    }
    let leaked =
        "SELECT COUNT(*) FROM audit_events WHERE words || actor_name || details LIKE '%secret-typed%'";
    assert_eq!(app.number(leaked), 0);
    let good = app.read(|conn| Ok(kinbridge::domain::audit::verify(conn)?));
    assert!(good.is_ok());
}
