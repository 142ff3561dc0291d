//! The second step: setting it up, signing in with it, losing the telephone, and what is closed until it is there.

use actix_web::http::Method;
use kinbridge::config::TwoStep;
use kinbridge::domain::access::Platform;
use kinbridge::domain::accounts;
use kinbridge::links;
use kinbridge::web::routes::{self, Who};

use crate::resets::{letters_to, reset_link};
use crate::support::{PASSWORD, Page, Person, TestApp, Visitor, fill};

/// An app on a telephone: computes what the person would read from it.
pub struct Phone(String);

impl Phone {
    /// From the page that shows the key.
    pub fn scan(page: &Page) -> Self {
        let text = page.text();
        let (_, rest) = text.split_once("Spaces do not matter. ").expect("a key");
        let key: Vec<&str> = rest.split(' ').take(8).collect();
        assert!(key.iter().all(|group| group.len() == 4), "{key:?}");
        Self(key.concat())
    }

    pub fn code(&self, app: &TestApp) -> String {
        self.code_at(app.clock.now().and_utc().timestamp())
    }

    fn code_at(&self, seconds: i64) -> String {
        let secret = totp_rs::Secret::try_from_base32(&self.0).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
        totp.generate(u64::try_from(seconds).unwrap()).to_string()
    }
}

async fn required() -> TestApp {
    TestApp::start_with(|config| {
        config.two_step = TwoStep::Required;
        config.sign_ins_per_address = 10_000;
    })
    .await
}

/// Goes through the set-up in a browser whose password is fresh: the telephone, and the recovery codes.
pub async fn set_up(app: &TestApp, browser: &Visitor<'_>) -> (Phone, Vec<String>) {
    let page = browser.post(&links::authenticator(), &[]).await;
    assert_eq!((page.status, page.location()), (303, links::authenticator().as_str()));
    let phone = Phone::scan(&browser.get(&links::authenticator()).await);
    let page = browser.post(&links::authenticator_act("confirm"), &[("code", &phone.code(app))]).await;
    assert_eq!((page.status, page.location()), (303, links::recovery_codes().as_str()), "{}", page.text());
    let codes = recovery_codes(&browser.get(&links::recovery_codes()).await);
    app.pass(30);
    (phone, codes)
}

/// The ten codes on the page that shows them.
pub fn recovery_codes(page: &Page) -> Vec<String> {
    let codes = page.body.split("<li>").skip(1).map(|rest| rest.split("</li>").next().unwrap().to_owned());
    let codes: Vec<String> = codes.filter(|code| code.len() == 19).collect();
    assert_eq!(codes.len(), 10, "{}", page.text());
    codes
}

async fn with_second_step(app: &TestApp, person: &Person) -> (Phone, Vec<String>) {
    set_up(app, &app.new_visitor(person)).await
}

#[actix_web::test]
async fn a_manager_without_a_second_step_sets_it_up_right_after_the_password() {
    let app = required().await;
    let (browser, elsewhere) = (app.signed_out(), app.new_visitor(&app.cast.manager));
    assert_eq!(browser.sign_in("ben@willow.example", PASSWORD).await.location(), "/");
    assert_eq!(browser.get("/").await.location(), links::two_step());
    let page = browser.get(&links::two_step()).await;
    assert!(page.text().contains("nothing else opens before"), "{}", page.text());
    let page = browser.post(&links::authenticator(), &[]).await;
    assert_eq!((page.status, page.location()), (303, links::authenticator().as_str()));
    let page = browser.get(&links::authenticator()).await;
    assert!(page.body.contains("<svg") && page.body.contains("<path d=\"M4 4h1v1h-1z"), "{}", page.body);
    assert!(
        page.body.contains("inputmode=\"numeric\"") && page.body.contains("autocomplete=\"one-time-code\"")
    );
    let phone = Phone::scan(&page);

    let wrong = browser.post(&links::authenticator_act("confirm"), &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("The code does not match. Enter the newest code from your app."));
    let code = phone.code(&app);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let before = browser.cookie("kinbridge");
    let page = browser.post(&links::authenticator_act("confirm"), &[("code", &spaced)]).await;
    assert_eq!((page.status, page.location()), (303, links::recovery_codes().as_str()));
    assert_ne!(browser.cookie("kinbridge"), before, "AU-7: a new token");
    assert!(elsewhere.get("/account").await.location().starts_with("/sign-in"), "other sessions end");

    let page = browser.get(&links::recovery_codes()).await;
    assert!(page.text().contains("Two-step sign-in is on."), "{}", page.text());
    let file = browser.get(&links::recovery_codes_file()).await;
    assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(file.body.contains("ben@willow.example") && file.body.lines().count() == 13, "{}", file.body);
    assert_eq!(browser.post(&links::recovery_codes_kept(), &[]).await.status, 303);
    assert_eq!(browser.get(&links::recovery_codes()).await.location(), links::two_step(), "shown once");
    assert_eq!(browser.get(&links::recovery_codes_file()).await.status, 404);
    assert_eq!(browser.get("/").await.location(), links::organisation(app.cast.willow));
    let told = letters_to(&app, "ben@willow.example").remove(0);
    assert!(told.body_text.contains("Codes of an authenticator app are asked for"), "{}", told.body_text);
}

/// AU-5: 0 routes without it.
#[actix_web::test]
async fn whoever_must_have_a_second_step_reaches_nothing_without() {
    let app = required().await;
    let (mut closed, mut open) = (0, Vec::new());
    for person in [&app.cast.rep, &app.cast.super_manager, &app.cast.manager, &app.cast.colleague] {
        for line in routes::table() {
            let browser = app.new_visitor(person);
            let path = fill(line.path, &app.cast);
            let before = app.digest();
            let page = match line.method {
                Method::POST => browser.post(&path, &[]).await,
                _ => browser.get(&path).await,
            };
            match line.who {
                Who::Anyone | Who::Machine | Who::Letter => {}
                Who::SettingUp => open.push(line.path),
                _ => {
                    let shown = (page.status, page.location());
                    assert_eq!(shown, (303, "/account/two-step"), "{} {path}", line.method);
                    assert_eq!(app.digest(), before, "{} {path}", line.method);
                    closed += 1;
                }
            }
        }
    }
    open.sort_unstable();
    open.dedup();
    let expected = [
        "/account/two-step",
        "/account/two-step/authenticator",
        "/account/two-step/authenticator/confirm",
        "/account/two-step/passkeys",
        "/account/two-step/passkeys/begin",
        "/account/two-step/recovery-codes",
        "/account/two-step/recovery-codes.txt",
        "/account/two-step/recovery-codes/kept",
        "/confirm",
        "/confirm/passkey",
        "/sign-out",
    ];
    assert_eq!(open, expected);
    println!("{closed} of {closed} requests led to the set-up");
}

#[actix_web::test]
async fn relatives_and_staff_may_and_staff_must_where_the_organisation_says_so() {
    let app = required().await;
    assert_eq!(app.as_relative().get("/account").await.status, 200);
    assert_eq!(app.as_staff().get("/account").await.status, 200);
    let (phone, _) = with_second_step(&app, &app.cast.super_manager).await;
    let mary = app.signed_out();
    mary.sign_in("mary@willow.example", PASSWORD).await;
    mary.post("/sign-in/code", &[("code", &phone.code(&app))]).await;
    let settings = links::settings(app.cast.willow);
    assert!(mary.get(&settings).await.text().contains("Staff need two-step sign-in"));
    let fields = [
        ("name", "Willow House Group"),
        ("kind", "company"),
        ("time_zone", "Europe/London"),
        ("guard_percent", "10"),
        ("guard_people", "5"),
        ("staff_two_step", "yes"),
    ];
    assert_eq!(mary.post(&settings, &fields).await.status, 303);
    assert!(mary.get(&settings).await.body.contains("name=\"staff_two_step\" value=\"yes\" checked"));
    assert_eq!(app.as_staff().get("/account").await.location(), links::two_step());
    assert_eq!(app.as_relative().get("/account").await.status, 200);
    assert_eq!(app.as_stranger().get("/").await.location(), links::two_step(), "of another organisation");
}

#[actix_web::test]
async fn a_code_is_asked_for_after_the_password_and_nothing_opens_before() {
    let app = required().await;
    let (phone, _) = with_second_step(&app, &app.cast.manager).await;
    let browser = app.signed_out();
    let fields = [("email", "ben@willow.example"), ("password", PASSWORD), ("next", "/account?x=1")];
    let page = browser.post("/sign-in", &fields).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in/code?next=/account%3Fx%3D1"));
    assert!(browser.cookie("kinbridge").is_none());
    let half = browser.cookie("kinbridge-half").unwrap();
    for line in routes::table() {
        if matches!(line.who, Who::Anyone | Who::Machine | Who::Letter) {
            continue;
        }
        let path = fill(line.path, &app.cast);
        let page = browser.ask(line.method.clone(), &path).of_our_own().send().await;
        assert!(page.location().starts_with("/sign-in"), "{} {path}: {}", line.method, page.status);
    }
    // Nor does its token as a session's.
    let forger = app.signed_out();
    forger.keep("kinbridge", &half);
    assert!(forger.get("/account").await.location().starts_with("/sign-in"));
    let page = browser.get("/sign-in/code?next=/account%3Fx%3D1").await;
    assert_eq!((page.status, page.title()), (200, "Enter your 6 digit code – Kinbridge".into()));
    assert!(page.body.contains("name=\"next\" value=\"/account?x=1\""));
    let page = browser.post("/sign-in/code", &[("code", "123"), ("next", "/account?x=1")]).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("name=\"next\" value=\"/account?x=1\""));
    let code = phone.code(&app);
    let page = browser.post("/sign-in/code", &[("code", &code), ("next", "/account?x=1")]).await;
    assert_eq!((page.status, page.location()), (303, "/account?x=1"), "{}", page.text());
    assert!(browser.cookie("kinbridge-half").is_none(), "the half is taken away");
    assert_eq!(browser.get("/account").await.status, 200);
    // The half does not work twice, and is not the session's token.
    assert_ne!(browser.cookie("kinbridge").unwrap(), half);
    let again = app.signed_out();
    again.form_token().await;
    again.keep("kinbridge-half", &half);
    app.pass(60);
    let page = again.post("/sign-in/code", &[("code", &phone.code(&app))]).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"));
    assert_eq!(app.number(&format!("SELECT COUNT(*) FROM half_sign_ins WHERE token_hash = '{half}'")), 0);
}

/// AU-5: no code twice, and a window of one step.
#[actix_web::test]
async fn a_code_works_once_and_for_a_minute_and_a_half() {
    let app = required().await;
    let (phone, _) = with_second_step(&app, &app.cast.manager).await;
    let enter = async |code: String| {
        let browser = app.signed_out();
        browser.sign_in("ben@willow.example", PASSWORD).await;
        browser.post("/sign-in/code", &[("code", &code)]).await.status
    };
    let now = app.clock.now().and_utc().timestamp();
    assert_eq!(enter(phone.code_at(now - 30)).await, 422, "the code of the set-up was used");
    assert_eq!(enter(phone.code_at(now + 60)).await, 422);
    assert_eq!(enter(phone.code_at(now + 30)).await, 303);
    assert_eq!(enter(phone.code_at(now + 30)).await, 422, "a replay");
    assert_eq!(enter(phone.code_at(now)).await, 422, "older than one that was used");
    app.pass(90);
    let now = now + 90;
    assert_eq!(enter(phone.code_at(now - 60)).await, 422);
    assert_eq!(enter(phone.code_at(now - 30)).await, 303);
    assert_eq!(enter(phone.code_at(now)).await, 303);
}

/// AU-4: guesses of a code count with those of the password.
#[actix_web::test]
async fn ten_wrong_codes_are_enough_for_five_minutes() {
    let app = required().await;
    let (phone, _) = with_second_step(&app, &app.cast.manager).await;
    let browser = app.signed_out();
    browser.sign_in("ben@willow.example", PASSWORD).await;
    let mut reached = 0;
    for guess in 0..1_000 {
        let page = browser.post("/sign-in/code", &[("code", &format!("{guess:06}"))]).await;
        reached += i32::from(page.status == 422);
        assert!(matches!(page.status, 422 | 429), "{}", page.status);
    }
    assert_eq!(reached, 10);
    assert_eq!(browser.post("/sign-in/recovery", &[("code", "x")]).await.status, 429);
    assert_eq!(app.signed_out().sign_in("ben@willow.example", PASSWORD).await.status, 429);
    app.pass(300);
    assert_eq!(browser.post("/sign-in/code", &[("code", &phone.code(&app))]).await.status, 303);
}

#[actix_web::test]
async fn a_half_sign_in_lasts_ten_minutes_and_ends_with_the_account() {
    let app = required().await;
    let (phone, _) = with_second_step(&app, &app.cast.manager).await;
    let (slow, closed) = (app.signed_out(), app.signed_out());
    slow.sign_in("ben@willow.example", PASSWORD).await;
    app.pass(599);
    assert_eq!(slow.get("/sign-in/code").await.status, 200);
    app.pass(1);
    assert_eq!(slow.get("/sign-in/code").await.location(), "/sign-in");
    let page = slow.post("/sign-in/code", &[("code", &phone.code(&app))]).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"));
    assert!(slow.get("/sign-in").await.text().contains("Type your password once more."));
    // AC-5.
    closed.sign_in("ben@willow.example", PASSWORD).await;
    let (operator, ben) = (Platform::for_the_operator(), app.cast.manager.account);
    app.write(|tx| accounts::disable(tx, &operator, ben));
    assert_eq!(closed.post("/sign-in/code", &[("code", &phone.code(&app))]).await.location(), "/sign-in");
    app.write(|tx| accounts::enable(tx, &operator, ben));
    assert_eq!(closed.post("/sign-in/code", &[("code", &phone.code(&app))]).await.location(), "/sign-in");
}

#[actix_web::test]
async fn a_recovery_code_works_once_however_it_is_typed() {
    let app = required().await;
    let (_, codes) = with_second_step(&app, &app.cast.manager).await;
    let recover = async |code: &str| {
        let browser = app.signed_out();
        browser.sign_in("ben@willow.example", PASSWORD).await;
        assert!(browser.get("/sign-in/code").await.text().contains("Use a recovery code instead"));
        let page = browser.post("/sign-in/recovery", &[("code", code)]).await;
        (page.status, page.text())
    };
    assert_eq!(recover(&codes[0].to_uppercase().replace(' ', "-")).await.0, 303);
    let (status, words) = recover(&codes[0]).await;
    assert_eq!(status, 422);
    assert!(words.contains("or it was used before"), "{words}");
    assert_eq!(recover(&codes[1]).await.0, 303);
    assert_eq!(recover("0000 0000 0000 0000").await.0, 422);
    assert_eq!(app.number("SELECT COUNT(*) FROM recovery_codes WHERE used_at IS NOT NULL"), 2);
    for code in &codes {
        let plain = code.replace(' ', "");
        let kept = format!("SELECT COUNT(*) FROM recovery_codes WHERE code_hash LIKE '%{plain}%'");
        assert_eq!(app.number(&kept), 0, "hashed at rest");
    }
}

/// AU-11: a new step, new codes and no step need a fresh password, and it comes with a code.
#[actix_web::test]
async fn changing_the_second_step_needs_a_fresh_password_and_a_code() {
    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.staff);
    app.pass(11 * 60);
    let page = browser.post(&links::authenticator(), &[]).await;
    assert_eq!((page.status, page.location()), (303, links::confirm(&links::two_step()).as_str()));
    browser.post("/confirm", &[("password", PASSWORD), ("next", "/account/two-step")]).await;
    let (phone, codes) = set_up(&app, &browser).await;
    app.pass(11 * 60);
    let remove = links::authenticator_act("remove");
    for path in [&remove, &links::recovery_codes()] {
        assert!(browser.post(path, &[]).await.location().starts_with("/confirm"), "{path}");
    }
    let page = browser.get("/confirm?next=/account/two-step").await;
    assert!(page.text().contains("Code from your authenticator app"), "{}", page.text());
    let page = browser.post("/confirm", &[("password", PASSWORD)]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("The code does not match."), "{}", page.text());
    let page = browser.post("/confirm", &[("password", "wrong"), ("code", &phone.code(&app))]).await;
    assert!(page.text().contains("This is not your password."), "{}", page.text());
    let fields = [("password", PASSWORD), ("code", codes[3].as_str()), ("next", "/account/two-step")];
    assert_eq!(browser.post("/confirm", &fields).await.location(), "/account/two-step");

    assert_eq!(browser.post(&links::recovery_codes(), &[]).await.location(), links::recovery_codes());
    assert_eq!(app.number("SELECT COUNT(*) FROM recovery_codes"), 10, "the old ones are gone");
    let page = browser.post(&remove, &[]).await;
    assert_eq!((page.status, page.location()), (303, "/account"));
    assert!(browser.get("/account").await.text().contains("Off: your password alone signs you in."));
    assert_eq!(app.number("SELECT COUNT(*) FROM recovery_codes"), 0);
    assert_eq!(app.signed_out().sign_in("amina@willow.example", PASSWORD).await.location(), "/");
    let told: Vec<String> =
        letters_to(&app, "amina@willow.example").into_iter().map(|letter| letter.body_text).collect();
    let said = |words: &str| told.iter().any(|text| text.contains(words));
    assert!(said("Two-step sign-in is off") && said("New recovery codes were made"), "{told:?}");
}

#[actix_web::test]
async fn whoever_must_have_it_cannot_turn_it_off() {
    let app = required().await;
    let browser = app.new_visitor(&app.cast.manager);
    set_up(&app, &browser).await;
    assert!(browser.get(&links::two_step()).await.text().contains("cannot be turned off"));
    browser.post(&links::authenticator_act("remove"), &[]).await;
    let page = browser.get(&links::two_step()).await;
    assert!(page.text().contains("Your role needs two-step sign-in"), "{}", page.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM authenticators"), 1);
}

/// Reset by letter: the password changes, the second step stays. And 12 characters are enough beside it.
#[actix_web::test]
async fn a_new_password_never_touches_the_second_step() {
    let app = required().await;
    let (phone, _) = with_second_step(&app, &app.cast.manager).await;
    let link = reset_link(&app, "ben@willow.example").await;
    let browser = app.signed_out();
    assert!(browser.get(&link).await.text().contains("Use 12 characters or more."));
    assert_eq!(browser.post(&link, &[("password", "elf moth 11")]).await.status, 422);
    assert_eq!(browser.post(&link, &[("password", "elf moth oar")]).await.status, 303);
    assert_eq!(browser.sign_in("ben@willow.example", "elf moth oar").await.location(), "/sign-in/code");
    app.pass(30);
    assert_eq!(browser.post("/sign-in/code", &[("code", &phone.code(&app))]).await.status, 303);

    let app = TestApp::start().await;
    let browser = app.new_visitor(&app.cast.staff);
    set_up(&app, &browser).await;
    let fields = [("current_password", PASSWORD), ("new_password", "elf moth oar")];
    assert_eq!(browser.post("/account/password", &fields).await.status, 303);
    browser.post(&links::authenticator_act("remove"), &[]).await;
    let page = browser.get(&links::two_step()).await;
    assert!(page.text().contains("your password needs 15 characters"), "{}", page.text());
}

#[actix_web::test]
async fn a_lost_telephone_is_answered_by_whoever_stands_above() {
    let app = required().await;
    let (mary, _) = with_second_step(&app, &app.cast.super_manager).await;
    let (ben, _) = with_second_step(&app, &app.cast.manager).await;
    let person = |of: &Person| links::settings_person(app.cast.willow, of.membership.unwrap());
    let enter = async |email: &str, phone: &Phone| {
        let browser = app.signed_out();
        browser.sign_in(email, PASSWORD).await;
        browser.post("/sign-in/code", &[("code", &phone.code(&app))]).await;
        browser
    };
    let manager = enter("ben@willow.example", &ben).await;
    let super_manager = enter("mary@willow.example", &mary).await;
    let act = [("act", "reset two-step")];
    // A manager resets nobody, and nobody resets a super manager from within.
    manager.post(&person(&app.cast.staff), &act).await;
    super_manager.post(&person(&app.cast.super_manager), &act).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM authenticators"), 2);
    assert!(super_manager.get(&person(&app.cast.manager)).await.text().contains("Reset two-step sign-in"));
    assert_eq!(super_manager.post(&person(&app.cast.manager), &act).await.status, 303);
    assert!(manager.get("/account").await.location().starts_with("/sign-in"), "signed out everywhere");
    let told = letters_to(&app, "ben@willow.example").remove(0);
    assert!(told.body_text.contains("Mary Jones has reset it"), "{}", told.body_text);
    let browser = app.signed_out();
    assert_eq!(browser.sign_in("ben@willow.example", PASSWORD).await.location(), "/");
    assert_eq!(browser.get("/").await.location(), links::two_step(), "and sets it up anew");

    let (_, _) = with_second_step(&app, &app.cast.rep).await;
    let rep = app.new_visitor(&app.cast.rep);
    let reset = links::reset_super_manager(app.cast.willow);
    let overview = links::organisation_overview(app.cast.willow);
    for email in ["ben@willow.example", "ruth@elm.example", "no", "nobody@x.example"] {
        rep.post(&reset, &[("reset_email", email)]).await;
        let page = rep.get(&overview).await;
        assert!(page.text().contains("No super manager of this organisation"), "{email}: {}", page.text());
    }
    assert_eq!(rep.post(&reset, &[("reset_email", "mary@willow.example")]).await.status, 303);
    assert!(rep.get(&overview).await.text().contains("The two-step sign-in of Mary Jones is reset."));
    assert!(super_manager.get("/account").await.location().starts_with("/sign-in"));
    let audited = "SELECT COUNT(*) FROM audit_events WHERE verb = 'second_step.reset'";
    assert_eq!(app.number(audited), 2);
}

#[actix_web::test]
async fn secrets_are_sealed_and_follow_a_new_key() {
    let app = TestApp::start().await;
    let (phone, codes) = with_second_step(&app, &app.cast.staff).await;
    let rows = crate::two_organisations::seed::rows(&app);
    assert!(!rows.iter().any(|row| row.contains(&phone.0) || row.contains(&codes[0].replace(' ', ""))));
    let old = kinbridge::kit::secret::fingerprint("the key of the tests");
    let new = kinbridge::kit::secret::fingerprint("another key");
    let both = kinbridge::kit::sealed::KeyRing::parse(&format!("{new}\n{old}")).unwrap();
    let mut next = Some(kinbridge::kit::ids::TokenId(0));
    while let Some(after) = next {
        next = app.write(|tx| kinbridge::domain::sealing::reseal(tx, &both, after));
    }
    let sealed = format!("SELECT COUNT(*) FROM authenticators WHERE sealed LIKE '01{}%'", both.newest());
    assert_eq!(app.number(&sealed), 1);
}

#[actix_web::test]
async fn a_sign_in_from_a_new_browser_is_told_once() {
    let app = TestApp::start().await;
    let (usual, other) = (app.signed_out(), app.signed_out());
    let told = || letters_to(&app, "ben@willow.example").len();
    usual.sign_in("ben@willow.example", PASSWORD).await;
    assert_eq!(told(), 0, "the first one is no news");
    other.sign_in("ben@willow.example", PASSWORD).await;
    let letter = letters_to(&app, "ben@willow.example").remove(0);
    assert_eq!(letter.subject, "New sign-in to your Kinbridge account");
    assert!(letter.body_text.contains("A browser"), "{}", letter.body_text);
    for browser in [&usual, &other] {
        app.pass(60);
        browser.post("/sign-out", &[]).await;
        browser.sign_in("ben@willow.example", PASSWORD).await;
    }
    assert_eq!(told(), 1, "once a browser");
}
