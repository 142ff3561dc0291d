//! Signing in: who gets in, who does not, and what both are told.

use chrono::TimeDelta;
use kinbridge::db::{Db, Target};
use kinbridge::domain::access::{Platform, Role};
use kinbridge::domain::accounts::{self, Entrance, Hasher, NotIn, SignIn, Strength};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::secret::Secret;

use crate::support::{PASSWORD, Page, TINY, TestApp, Visitor};

const WRONG: &str =
    "Check your email address or sign-in name, and your password. They do not match an account.";

#[actix_web::test]
async fn everybody_with_the_right_password_gets_to_their_own_first_page() {
    let app = TestApp::start().await;
    let (willow, elm) = (format!("/org/{}", app.cast.willow), format!("/org/{}", app.cast.elm));
    for (person, home) in [
        (&app.cast.rep, "/organisations"),
        (&app.cast.super_manager, &willow),
        (&app.cast.manager, &willow),
        (&app.cast.staff, &willow),
        (&app.cast.relative, "/family"),
        (&app.cast.stranger, &elm),
    ] {
        let browser = app.signed_out();
        let page = browser.sign_in(person.email, PASSWORD).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{}", person.name);
        assert_eq!(browser.get("/").await.location(), home, "{}", person.name);
    }
}

#[actix_web::test]
async fn an_address_is_found_however_it_is_typed() {
    let app = TestApp::start().await;
    assert_eq!(app.signed_out().sign_in("  Mary@Willow.Example ", PASSWORD).await.status, 303);
}

#[actix_web::test]
async fn a_wrong_password_keeps_the_address_and_not_the_password() {
    let app = TestApp::start().await;
    let page = app.signed_out().sign_in("mary@willow.example", "a wrong password").await;
    assert_eq!(page.status, 401);
    assert!(page.title().starts_with("Error: Sign in"), "{}", page.title());
    assert!(page.text().contains(WRONG));
    assert!(page.body.contains("value=\"mary@willow.example\""));
    assert!(!page.body.contains("a wrong password"));
    let page = app.signed_out().sign_in("", "").await;
    assert_eq!(page.status, 422);
    assert!(
        page.text().contains("Enter your email address or sign-in name.")
            && page.text().contains("Enter your password.")
    );
}

/// AU-3: what a guesser sees does not say whether there is such an account.
#[actix_web::test]
async fn unknown_closed_and_invited_accounts_are_answered_like_a_wrong_password() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    let mut seen = Vec::new();
    for (email, password) in [
        ("ben@willow.example", "a wrong password"),
        ("xyz@willow.example", "a wrong password"),
        ("dan@willow.example", PASSWORD),
        ("olga@willow.example", PASSWORD),
        ("not an address", PASSWORD),
        ("dan@willow.example", "a wrong password"),
        ("olga@willow.example", ""),
    ] {
        let password = if password.is_empty() { " " } else { password };
        let page = browser.sign_in(email, password).await;
        let mut headers: Vec<String> =
            page.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        headers.sort();
        seen.push((page.status, headers, page.body.replace(email, "EMAIL")));
    }
    for other in &seen {
        assert_eq!(other, &seen[0]);
    }
}

/// AU-3: the work is the same too. Counted, not timed, since machines are busy: one hash each.
#[actix_web::test]
async fn an_unknown_account_costs_as_much_as_a_known_one() {
    let app = TestApp::start().await;
    for email in
        ["ben@willow.example", "nobody@willow.example", "dan@willow.example", "olga@willow.example", "?"]
    {
        let before = app.services.hasher.done();
        assert_eq!(app.signed_out().sign_in(email, "a wrong password").await.status, 401);
        assert_eq!(app.services.hasher.done() - before, 1, "{email}");
    }
    let real = Hasher::with(Strength::OWASP, 1).unwrap();
    let entrance = Entrance {
        db: app.services.db.clone(),
        hasher: real.clone(),
        per_address: 30,
        breached: None,
        public_url: String::new(),
        keys: app.services.config.keys.clone(),
    };
    let typed = SignIn {
        email: "nobody@willow.example".into(),
        password: Secret::new(PASSWORD),
        address: "192.0.2.7".into(),
        device: String::new(),
        browser: Secret::new(""),
    };
    let begun = std::time::Instant::now();
    assert!(matches!(entrance.sign_in(typed).await, Err(NotIn::Wrong)));
    // 19 MiB filled twice take at least 10 ms on any machine; a check that is skipped takes one.
    assert!(begun.elapsed().as_millis() >= 10 && real.done() == 1);
}

#[actix_web::test]
async fn a_person_goes_on_to_where_they_wanted() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    let page = browser.get("/account?x=1").await;
    assert_eq!((page.status, page.location()), (303, "/sign-in?next=/account%3Fx%3D1"));
    let page = browser.get(page.location()).await;
    assert!(page.body.contains("name=\"next\" value=\"/account?x=1\""), "{}", page.body);
    let fields = [("email", "mary@willow.example"), ("password", PASSWORD), ("next", "/account?x=1")];
    assert_eq!(browser.post("/sign-in", &fields).await.location(), "/account?x=1");
    // Signed in already: straight on.
    assert_eq!(browser.get("/sign-in?next=/account").await.location(), "/account");
    assert_eq!(browser.get("/sign-in").await.location(), "/");
}

/// WB-7.
#[actix_web::test]
async fn nobody_is_led_off_to_another_site() {
    let app = TestApp::start().await;
    let browser = app.as_super();
    let hostile = [
        "https://evil.example",
        "http://evil.example/",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\\/evil.example",
        "/%5c%5c/../..//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nLocation: https://evil.example",
        "/\r\nSet-Cookie: kinbridge=x",
        "\t//evil.example",
        " //evil.example",
        " https://evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "evil.example",
        "@evil.example",
        "/@evil.example",
        "/.evil.example",
        "/./\\evil.example",
        "/..//evil.example",
        "/.//evil.example",
        "http:evil.example",
        "http:/evil.example",
        "https:///evil.example",
        "://evil.example",
        ":evil.example",
        "?next=//evil.example",
        "#//evil.example",
        "/account//evil.example",
        "/\u{2028}/evil.example",
        "/\u{ff0f}evil.example",
        "/\u{0}/evil.example",
        "ftp://evil.example",
        "/\u{ad}/evil.example",
    ];
    assert!(hostile.len() >= 40);
    for next in hostile {
        let encoded = kinbridge::links::encode(next);
        let page = browser.get(&format!("/sign-in?next={encoded}")).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{next:?}");
        let other = app.new_visitor(&app.cast.super_manager);
        let page = other.post("/confirm", &[("password", PASSWORD), ("next", next)]).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{next:?}");
    }
}

/// AU-4: ten tries in five minutes, whichever way in, and never a lock that stays.
#[actix_web::test]
async fn ten_wrong_tries_are_enough_for_five_minutes_and_the_right_one_works_after() {
    let app = TestApp::start().await;
    let (browser, signed_in) = (app.signed_out(), app.as_manager());
    for _ in 0..4 {
        assert_eq!(browser.sign_in("ben@willow.example", "a wrong password").await.status, 401);
        assert_eq!(signed_in.post("/confirm", &[("password", "wrong")]).await.status, 422);
    }
    for _ in 0..2 {
        let fields = [("current_password", "wrong"), ("new_password", "quartz lantern meadow")];
        assert_eq!(signed_in.post("/account/password", &fields).await.status, 422);
    }
    for page in [
        browser.sign_in("BEN@willow.example", PASSWORD).await,
        signed_in.post("/confirm", &[("password", PASSWORD)]).await,
        signed_in.post("/account/password", &[("current_password", PASSWORD)]).await,
    ] {
        assert_eq!((page.status, page.header("retry-after")), (429, Some("300")));
        assert!(page.text().contains("Try again in 5 minutes."), "{}", page.text());
    }
    assert_eq!(app.signed_out().sign_in("mary@willow.example", PASSWORD).await.status, 303);
    app.pass(299);
    assert_eq!(browser.sign_in("ben@willow.example", PASSWORD).await.status, 429);
    app.pass(1);
    assert_eq!(browser.sign_in("ben@willow.example", PASSWORD).await.status, 303);
}

/// AU-4: the counts are in the database, so a restart forgets nothing.
#[actix_web::test]
async fn a_restart_does_not_give_a_guesser_new_tries() {
    let app = TestApp::start().await;
    for _ in 0..10 {
        app.signed_out().sign_in("ben@willow.example", "a wrong password").await;
    }
    let restarted = Entrance {
        db: Db::open(app.services.db.target().clone(), app.clock.clone()).unwrap(),
        hasher: Hasher::with(TINY, 1).unwrap(),
        per_address: 30,
        breached: None,
        public_url: String::new(),
        keys: app.services.config.keys.clone(),
    };
    let typed = SignIn {
        email: "ben@willow.example".into(),
        password: Secret::new(PASSWORD),
        address: "192.0.2.7".into(),
        device: String::new(),
        browser: Secret::new(""),
    };
    assert!(matches!(restarted.sign_in(typed).await, Err(NotIn::TooMany(_))));
}

/// AU-4: a thousand guesses from 200 addresses reach one account ten times.
#[actix_web::test]
async fn many_addresses_do_not_give_a_guesser_more_tries() {
    let app = TestApp::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let browser = app.signed_out();
    let token = browser.form_token().await;
    let (before, mut reached) = (app.services.hasher.done(), 0);
    for guess in 0..1_000 {
        let fields = [("email", "ben@willow.example"), ("password", "a wrong password")];
        let ask = browser.ask(actix_web::http::Method::POST, "/sign-in").of_our_own().form(&token, &fields);
        let page = ask.header("x-forwarded-for", &format!("198.51.100.{}", guess % 200)).send().await;
        reached += i32::from(page.status == 401);
        assert!(page.status == 401 || page.status == 429, "{}", page.status);
    }
    assert_eq!((reached, app.services.hasher.done() - before), (10, 10));
}

/// AU-4: at most a hundred a day, and the next day the right password works.
#[actix_web::test]
async fn a_hundred_wrong_tries_are_enough_for_a_day() {
    let app = TestApp::start_with(|config| config.sign_ins_per_address = 1_000).await;
    let browser = app.signed_out();
    let mut reached = 0;
    for _ in 0..15 {
        for _ in 0..11 {
            reached +=
                i32::from(browser.sign_in("ben@willow.example", "a wrong password").await.status == 401);
        }
        app.clock.advance(TimeDelta::minutes(5));
    }
    assert_eq!(reached, 100);
    assert_eq!(browser.sign_in("ben@willow.example", PASSWORD).await.status, 429);
    app.clock.advance(TimeDelta::hours(24));
    assert_eq!(browser.sign_in("ben@willow.example", PASSWORD).await.status, 303);
}

#[actix_web::test]
async fn one_address_has_thirty_wrong_tries_over_all_accounts_and_others_are_not_kept_out() {
    let app = TestApp::start().await;
    let mut browser = app.signed_out();
    for guess in 0..30 {
        let page = browser.sign_in(&format!("person{guess}@willow.example"), "a wrong password").await;
        assert_eq!(page.status, 401);
    }
    assert_eq!(browser.sign_in("mary@willow.example", PASSWORD).await.status, 429);
    browser.address = "192.0.2.9:4000".parse().unwrap();
    assert_eq!(browser.sign_in("mary@willow.example", PASSWORD).await.status, 303);
}

#[actix_web::test]
async fn right_passwords_do_not_use_up_the_tries_of_a_busy_home() {
    let app = TestApp::start().await;
    for _ in 0..40 {
        assert_eq!(app.signed_out().sign_in("mary@willow.example", PASSWORD).await.status, 303);
    }
}

/// AU-2.
#[actix_web::test]
async fn an_old_hash_is_made_stronger_when_its_person_signs_in() {
    let app = TestApp::start_at_strength(Strength::OWASP, |_| {}).await;
    let weak = "SELECT COUNT(*) FROM accounts WHERE email = 'mary@willow.example' AND password_hash LIKE '$argon2id$v=19$m=8,%'";
    let strong = weak.replace("m=8,", "m=19456,t=2,p=1$");
    assert_eq!((app.number(weak), app.number(&strong)), (1, 0));
    assert_eq!(app.signed_out().sign_in("mary@willow.example", PASSWORD).await.status, 303);
    assert_eq!((app.number(weak), app.number(&strong)), (0, 1));
    assert_eq!(app.signed_out().sign_in("mary@willow.example", PASSWORD).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM accounts WHERE password_hash LIKE '%teapot%'"), 0);
}

/// WB-9, as far as the sign-in page reads what it is sent.
#[actix_web::test]
async fn hostile_forms_are_refused_and_break_nothing() {
    let app = TestApp::start().await;
    let browser = app.signed_out();
    let token = browser.form_token().await;
    let post = |body: Vec<u8>| {
        let ask = browser.ask(actix_web::http::Method::POST, "/sign-in").of_our_own();
        ask.header("content-type", "application/x-www-form-urlencoded").body(body).send()
    };
    let form = |rest: &str| format!("csrf={token}&{rest}").into_bytes();
    let long = "x".repeat(200_000);
    for (body, status) in [
        (form("email=a%00b@willow.example&password=x"), 401),
        (form("email=%ED%A0%80@willow.example&password=%FF%FE"), 401),
        (form("email=mary@willow.example&email=ben@willow.example&password=x"), 400),
        (form(&format!("email={long}&password=x")), 401),
        (form(&format!("email=mary@willow.example&password={long}")), 401),
        (form("email[]=x&password[$ne]=x"), 422),
        (form(&"a=b&".repeat(50_000)), 422),
        (vec![0xff, 0xfe], 400),
        (vec![b'x'; 300 * 1024], 413),
        (Vec::new(), 403),
    ] {
        let page = post(body.clone()).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(page.status, status, "{shown}");
    }
    let ask = browser.ask(actix_web::http::Method::POST, "/sign-in").of_our_own();
    let json = ask.header("content-type", "application/json").body("[".repeat(100_000)).send().await;
    assert_eq!(json.status, 400);
}

#[actix_web::test]
async fn a_form_that_came_after_the_session_had_ended_is_kept_and_offered() {
    let app = TestApp::start().await;
    let browser = app.as_manager();
    app.pass(20 * 60);
    let fields = [("note", "Joan \"sang\" <today>"), ("new_password", "never keep this")];
    let page = browser.post("/sign-out", &fields).await;
    assert_eq!((page.status, page.title()), (200, "Sign in – Kinbridge".into()));
    assert!(page.text().contains("What you typed is kept"), "{}", page.text());
    assert!(!page.body.contains("never"), "a password was kept");
    let kept = "note=Joan%20%22sang%22%20%3Ctoday%3E";
    assert!(page.body.contains(&format!("name=\"kept\" value=\"{kept}\"")), "{}", page.body);

    let mut sign_in = vec![("email", "ben@willow.example"), ("password", "a wrong password")];
    sign_in.extend([("kept_for", "/sign-out"), ("kept", kept)]);
    let page = browser.ask(actix_web::http::Method::POST, "/sign-in").of_our_own();
    let seed = browser.cookie("kinbridge-form").unwrap();
    let token = kinbridge::kit::secret::keyed_fingerprint(&seed, "form");
    let page = page.form(&token, &sign_in).send().await;
    assert!(page.status == 401 && page.body.contains(kept), "a wrong password loses what was kept");

    sign_in[1].1 = PASSWORD;
    let ask = browser.ask(actix_web::http::Method::POST, "/sign-in").of_our_own();
    let page = ask.form(&token, &sign_in).send().await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("What you typed is still here."), "{}", page.text());
    assert!(page.body.contains("action=\"/sign-out\"") && page.body.contains("&#60;today&#62;"));
    assert!(page.body.contains(&browser.form_token().await), "the form has the new session's token");

    // Not from elsewhere, and not to elsewhere.
    let other = app.signed_out();
    let ask = other.ask(actix_web::http::Method::POST, "/sign-out").header("origin", "https://evil.example");
    assert_eq!(ask.form("x", &fields).send().await.status, 403);
    let fields = [
        ("email", "ben@willow.example"),
        ("password", PASSWORD),
        ("kept_for", "//evil.example"),
        ("kept", "a=b"),
    ];
    assert_eq!(other.post("/sign-in", &fields).await.status, 303);
}

// Invitations.

fn invite(app: &TestApp, email: &str) -> String {
    let new = accounts::NewAccount { email: EmailAddress::parse(email).unwrap(), name: "Vera Moss".into() };
    let operator = Platform::for_the_operator();
    let willow = app.cast.willow;
    let invited =
        app.write(|tx| accounts::add_member_by_platform(tx, &operator, willow, &new, Role::SuperManager));
    kinbridge::links::activate(invited.link.expect("a new account has a link").reveal())
}

const CHOSEN: &str = "quartz lantern meadow";

async fn choose(browser: &Visitor<'_>, link: &str) -> Page {
    browser.post(link, &[("password", CHOSEN)]).await
}

/// AU-10, as far as activation goes.
#[actix_web::test]
async fn a_link_survives_scanners_and_lets_its_person_in_once() {
    let app = TestApp::start().await;
    let link = invite(&app, "vera@willow.example");
    let before = app.digest();
    for _ in 0..100 {
        for method in ["GET", "HEAD", "OPTIONS"] {
            app.signed_out().ask(method.parse().unwrap(), &link).send().await;
        }
    }
    assert_eq!(app.digest(), before);
    let browser = app.signed_out();
    let page = browser.get(&link).await;
    assert!(page.text().contains("Welcome, Vera Moss.") && page.body.contains("vera@willow.example"));
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    let page = browser.post(&link, &[("password", "too short")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Use 15 characters or more."), "{}", page.text());
    assert!(app.signed_out().post(&link, &[("password", "vera moss willow 1")]).await.status == 422);
    assert_eq!(choose(&browser, &link).await.location(), "/");
    assert_eq!(browser.get("/").await.location(), format!("/org/{}", app.cast.willow));
    assert!(browser.get("/account").await.text().contains("Your password is set"));
    assert_eq!(app.signed_out().sign_in("vera@willow.example", CHOSEN).await.status, 303);
    assert_eq!(choose(&app.signed_out(), &link).await.status, 410);
}

#[actix_web::test]
async fn of_fifty_at_once_exactly_one_wins() {
    let app = TestApp::start_with(|config| config.sign_ins_per_address = 100).await;
    let link = invite(&app, "vera@willow.example");
    let browsers: Vec<Visitor<'_>> = (0..50).map(|_| app.signed_out()).collect();
    for browser in &browsers {
        browser.form_token().await;
    }
    let pages = futures_util::future::join_all(browsers.iter().map(|browser| choose(browser, &link))).await;
    let count = |status| pages.iter().filter(|page| page.status == status).count();
    assert_eq!((count(303), count(410)), (1, 49));
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'account.activated'"), 1);
}

#[actix_web::test]
async fn dead_links_are_answered_alike_with_what_to_do() {
    let app = TestApp::start().await;
    let used = invite(&app, "used@willow.example");
    choose(&app.signed_out(), &used).await;
    let replaced = invite(&app, "replaced@willow.example");
    let olga = app.cast.invited.membership.unwrap();
    let scope = kinbridge::domain::access::Scope::for_the_portal(app.cast.willow);
    let first = app.write(|tx| accounts::invite_again(tx, &scope, olga));
    let second = app.write(|tx| accounts::invite_again(tx, &scope, olga));
    let disabled = invite(&app, "disabled@willow.example");
    let account = app.number("SELECT id FROM accounts WHERE email = 'disabled@willow.example'");
    let account = kinbridge::kit::ids::AccountId(account);
    app.write(|tx| accounts::disable(tx, &Platform::for_the_operator(), account));
    let unknown = kinbridge::links::activate(&"0".repeat(64));
    let mut bodies = Vec::new();
    let replaced_link = kinbridge::links::activate(first.reveal());
    for link in [&used, &replaced_link, &disabled, &unknown, &"/activate/x".to_owned()] {
        let page = app.signed_out().get(link).await;
        assert_eq!(page.status, 410, "{link}");
        assert!(page.text().contains("ask whoever invited you to send the invitation again"));
        let posted = choose(&app.signed_out(), link).await;
        assert_eq!((posted.status, &posted.body), (410, &page.body));
        bodies.push(page.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(choose(&app.signed_out(), &replaced).await.status, 303);
    let good = kinbridge::links::activate(second.reveal());
    app.clock.advance(TimeDelta::hours(72) - TimeDelta::seconds(1));
    assert_eq!(app.signed_out().get(&good).await.status, 200);
    app.pass(1);
    assert_eq!(app.signed_out().get(&good).await.status, 410);
    assert_eq!(choose(&app.signed_out(), &good).await.status, 410);
}

#[actix_web::test]
async fn a_link_is_not_in_the_database_in_words() {
    let app = TestApp::start().await;
    let link = invite(&app, "vera@willow.example");
    let token = link.rsplit('/').next().unwrap();
    if let Target::Sqlite(file) = app.services.db.target() {
        assert!(!crate::sessions::on_disk(file, token));
    }
    let stored = format!("SELECT COUNT(*) FROM activations WHERE token_hash = '{token}'");
    assert_eq!(app.number(&stored), 0);
}
