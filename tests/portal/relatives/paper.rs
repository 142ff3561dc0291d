//! Joining without e-mail: the printed letter, its code, a name to sign in with, and a new password on paper.

use actix_web::http::Method;
use kinbridge::domain::access::{ManageRelatives, Permission, Scope};
use kinbridge::domain::accounts;
use kinbridge::domain::consents::{Decision, Topic};
use kinbridge::domain::relatives;
use kinbridge::kit::codes;
use kinbridge::kit::ids::{InvitationId, ResidentId};
use kinbridge::links;

use super::{NEW_PASSWORD, invited, join, link_to, newest, scope, sealed};
use crate::consents::{decide, decided, joan};
use crate::residents::{add, facts};
use crate::support::{PASSWORD, Page, TestApp, Visitor};

const DAY: i64 = 24 * 3600;

async fn print(visitor: &Visitor<'_>, app: &TestApp, resident: ResidentId, name: &str) -> Page {
    let seal = visitor.cookie("kinbridge").map(|_| sealed(visitor, resident)).unwrap_or_default();
    let fields = [
        ("about", seal.as_str()),
        ("name", name),
        ("relationship", "Brother"),
        ("preset", "family"),
        ("act", "letter"),
    ];
    visitor.post(&links::resident_relatives(app.cast.willow, resident), &fields).await
}

/// The code that a sheet shows.
pub fn code_on(page: &Page) -> String {
    let text = page.text();
    let mut words = text.split_whitespace().filter(|word| word.len() == 23 && word.matches('-').count() == 5);
    words.next().unwrap_or_else(|| panic!("a code: {text}")).to_owned()
}

/// Joan with a letter printed for George; Joan and the code.
async fn with_letter(app: &TestApp) -> (ResidentId, String) {
    let joan = joan(app);
    decide(app, joan, &decided(Topic::Activities, Decision::Given));
    let page = print(&app.new_visitor(&app.cast.manager), app, joan, "George Smith").await;
    assert_eq!(page.status, 200, "{}", page.text());
    (joan, code_on(&page))
}

pub async fn type_code(visitor: &Visitor<'_>, code: &str) -> Page {
    visitor.post(&links::letter(), &[("code", code)]).await
}

async fn join_as(visitor: &Visitor<'_>, link: &str, name: &str) -> Page {
    visitor.post(link, &[("sign_in_name", name), ("password", NEW_PASSWORD)]).await
}

/// George, who joined as `george.smith`.
async fn with_george(app: &TestApp) -> ResidentId {
    let (joan, code) = with_letter(app).await;
    let george = app.signed_out();
    let link = type_code(&george, &code).await.location().to_owned();
    assert_eq!(join_as(&george, &link, "George Smith").await.location(), "/family");
    joan
}

#[actix_web::test]
async fn only_who_manages_relatives_of_the_place_prints_a_letter() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let cast = &app.cast;
    for (person, status) in
        [(&cast.stranger, 404), (&cast.relative, 404), (&cast.colleague, 403), (&cast.staff, 403)]
    {
        let page = print(&app.new_visitor(person), &app, joan, "George Smith").await;
        assert_eq!(page.status, status, "{}", person.name);
    }
    let out = print(&app.signed_out(), &app, joan, "George Smith").await;
    assert!(out.text().contains("For safety you were signed out"), "{}", out.text());
    let theirs = Scope::<ManageRelatives>::for_the_portal(cast.elm);
    let (_, _) = with_letter(&app).await;
    let id = InvitationId(app.number("SELECT MAX(id) FROM invitations"));
    assert!(app.try_write(|tx| relatives::print_again(tx, &theirs, id)).is_err());
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations"), 1);
}

#[actix_web::test]
async fn the_letter_names_the_home_and_who_invites_and_never_the_resident() {
    let app = TestApp::start().await;
    let (home, places) = (app.cast.willow_house, Scope::for_the_portal(app.cast.willow));
    app.write(|tx| relatives::set_contact(tx, &places, home, "01234 567890", "12 Mill Lane"));
    let joan = joan(&app);
    let page = print(&app.new_visitor(&app.cast.manager), &app, joan, "George Smith").await;
    let text = page.text();
    for part in ["For George Smith", "Ben Carter at Willow House", "127.0.0.1:8080/letter", "01234 567890"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("until 22 December 2026"), "30 days: {text}");
    assert!(!page.body.contains("Joan"), "{}", page.body);
    assert!(page.body.contains("<svg class=\"qr\""));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(app.number("SELECT COUNT(*) FROM letters"), 0);
    let code = codes::read(&code_on(&page)).unwrap();
    let kept = app.number(&format!(
        "SELECT COUNT(*) FROM invitation_links WHERE token_hash LIKE '%{}%' OR email <> ''",
        code.reveal()
    ));
    assert_eq!(kept, 0, "the code is kept hashed");
    let twice = print(&app.new_visitor(&app.cast.manager), &app, joan, "george  smith").await;
    assert_eq!(twice.status, 422);
    assert!(twice.text().contains("has been printed already"), "{}", twice.text());
}

#[actix_web::test]
async fn a_code_is_typed_and_becomes_an_account_without_an_address() {
    let app = TestApp::start().await;
    let (_, code) = with_letter(&app).await;
    let george = app.signed_out();
    assert!(george.get("/sign-in").await.text().contains("I have a letter with a code"));
    let before = app.digest();
    for method in [Method::GET, Method::HEAD] {
        let page = george.ask(method, &links::letter_with(&code)).send().await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    }
    let filled = george.get(&links::letter_with(&code)).await;
    assert!(filled.body.contains(&format!("value=\"{code}\"")), "{}", filled.body);
    assert_eq!(app.digest(), before, "opening the square's address changes nothing");
    let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
    let page = type_code(&george, &typed).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let link = page.location().to_owned();
    let page = george.get(&link).await;
    let text = page.text();
    assert!(text.contains("Willow House has invited you") && text.contains("Join without email"), "{text}");
    assert!(page.body.contains("value=\"george.smith\""), "a free name is suggested: {}", page.body);
    for wrong in ["", "gs", "george@smith"] {
        let page = join_as(&george, &link, wrong).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains("Use 3 to 40 letters"), "{wrong}: {}", page.text());
    }
    let weak = george.post(&link, &[("sign_in_name", "george.smith"), ("password", "short")]).await;
    assert!(weak.text().contains("Use 15 characters or more"), "{}", weak.text());
    assert_eq!(join_as(&george, &link, "George Smith").await.location(), "/family");
    assert!(george.get(george.get("/family").await.location()).await.text().contains("You have joined"));
    let again = app.signed_out();
    for (name, status) in [("george.smith", 303), ("GEORGE SMITH", 303), ("george.smyth", 401)] {
        assert_eq!(again.sign_in(name, NEW_PASSWORD).await.status, status, "{name}");
        again.post("/sign-out", &[]).await;
    }
    assert!(george.get("/account").await.text().contains("Sign-in name george.smith"));
    assert_eq!(app.number("SELECT COUNT(*) FROM letters"), 0, "nothing is written to nobody's address");
}

#[actix_web::test]
async fn of_many_who_use_one_code_one_joins() {
    let app = TestApp::start().await;
    let (_, code) = with_letter(&app).await;
    let link = links::invite(codes::read(&code).unwrap().reveal());
    let visitors: Vec<_> = (0..8).map(|_| app.signed_out()).collect();
    let answers: Vec<_> = visitors.iter().enumerate().map(|(n, one)| (n, one, link.clone())).collect();
    let all = answers.iter().map(async |(n, one, link)| join_as(one, link, &format!("george{n}x")).await);
    let pages = futures_util::future::join_all(all).await;
    assert_eq!(pages.iter().filter(|page| page.location() == "/family").count(), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM accounts WHERE email LIKE 'george%'"), 1);
}

#[actix_web::test]
async fn a_wrong_code_is_counted_and_a_right_one_that_ended_has_a_next_step() {
    let app = TestApp::start().await;
    let (joan, code) = with_letter(&app).await;
    let wrong = app.signed_out();
    let unknown = codes::grouped(&codes::random_code().unwrap());
    for typed in [unknown.as_str(), "not a code", "1234"] {
        let page = type_code(&wrong, typed).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains("We do not know this code"), "{}", page.text());
    }
    for _ in 0..30 {
        type_code(&wrong, &unknown).await;
    }
    assert_eq!(type_code(&wrong, &code).await.status, 429, "also the right one waits");
    app.pass(301);
    let link = type_code(&wrong, &code).await.location().to_owned();
    assert_eq!(wrong.get(&link).await.status, 200);
    app.pass(30 * DAY);
    let page = wrong.get(type_code(&wrong, &code).await.location()).await;
    assert_eq!(page.status, 410);
    let text = page.text();
    assert!(
        text.contains("ran out on 22 December 2026") && text.contains("They print you a new letter"),
        "{text}"
    );
    assert!(!text.contains("Ask for a new one"));
    // A new letter ends the old one.
    let ben = app.new_visitor(&app.cast.manager);
    let id = InvitationId(app.number("SELECT MAX(id) FROM invitations"));
    let fields = [("about", sealed(&ben, joan)), ("act", "print".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let newer = code_on(&ben.post(&links::resident_invitation(app.cast.willow, joan, id), &fields).await);
    assert_ne!(newer, code);
    let page = wrong.get(type_code(&wrong, &code).await.location()).await;
    assert!(page.text().contains("A newer letter was made"), "{}", page.text());
    let link = type_code(&wrong, &newer).await.location().to_owned();
    assert_eq!(join_as(&wrong, &link, "george").await.location(), "/family");
    let used = app.signed_out();
    let page = used.get(type_code(&used, &newer).await.location()).await;
    assert!(page.text().contains("You have already joined"), "{}", page.text());
}

#[actix_web::test]
async fn a_guess_in_the_address_is_counted_as_well() {
    let app = TestApp::start().await;
    let guesser = app.signed_out();
    let mut last = 0;
    for _ in 0..40 {
        let guess = codes::random_code().unwrap();
        last = guesser.get(&links::invite(guess.reveal())).await.status;
    }
    assert_eq!(last, 429);
}

#[actix_web::test]
async fn a_name_that_another_has_is_refused_in_words() {
    let app = TestApp::start().await;
    with_george(&app).await;
    let other = add(&app, app.cast.willow, &facts(app.cast.willow_house, None, "Arthur", "Smith", "8"));
    let code = code_on(&print(&app.new_visitor(&app.cast.manager), &app, other, "George Smith").await);
    let second = app.signed_out();
    let link = type_code(&second, &code).await.location().to_owned();
    assert!(second.get(&link).await.body.contains("value=\"george.smith2\""));
    let page = join_as(&second, &link, "Georgé Smith").await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Somebody signs in as george.smith already"), "{}", page.text());
    // Who has an account signs in and adds the resident to it.
    second.sign_in("george.smith", NEW_PASSWORD).await;
    assert!(second.get(&link).await.text().contains("Add Arthur to my account"));
    assert_eq!(second.post(&format!("{link}/add"), &[]).await.location(), "/family");
    assert_eq!(app.number("SELECT COUNT(*) FROM accounts WHERE email LIKE 'george%'"), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'relative.other_address'"), 0);
}

#[actix_web::test]
async fn somebody_with_an_address_after_all_shows_by_a_letter_that_it_is_theirs() {
    let app = TestApp::start().await;
    let (_, code) = with_letter(&app).await;
    let george = app.signed_out();
    let link = type_code(&george, &code).await.location().to_owned();
    let page = george.post(&format!("{link}/address"), &[("email", "george")]).await;
    assert_eq!(page.status, 422);
    let page = george.post(&format!("{link}/address"), &[("email", "George@family.example")]).await;
    assert!(page.text().contains("It goes to george@family.example"), "{}", page.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM accounts WHERE email LIKE 'george%'"), 0);
    // An address with an account is answered alike, and an invitation is mailed three times an hour.
    let same = george.post(&format!("{link}/address"), &[("email", "peter@family.example")]).await;
    assert!(same.text().contains("It goes to peter@family.example"), "{}", same.text());
    george.post(&format!("{link}/address"), &[("email", "george@family.example")]).await;
    let page = george.post(&format!("{link}/address"), &[("email", "x@family.example")]).await;
    assert!(page.text().contains("several letters"), "{}", page.text());
    let mailed = link_to(&app, "george@family.example");
    assert_eq!(join(&app.signed_out(), &mailed).await.location(), "/family");
    assert_eq!(app.number("SELECT COUNT(*) FROM accounts WHERE email = 'george@family.example'"), 1);
    let page = george.get(&link).await;
    assert!(page.text().contains("You have already joined"), "{}", page.text());
}

#[actix_web::test]
async fn pending_relatives_shows_a_printed_letter_as_one_and_resends_none() {
    let app = TestApp::start().await;
    let (joan, _) = with_letter(&app).await;
    super::invite(&app, joan, &super::anna());
    let (list, ben) = (links::settings_relatives(app.cast.willow), app.new_visitor(&app.cast.manager));
    let text = ben.get(&list).await.text();
    assert!(text.contains("Letter printed") && text.contains("not used yet"), "{text}");
    let done = ben.post(&list, &[("act", "resend"), ("which", "all")]).await;
    let text = ben.get(done.location()).await.text();
    assert!(text.contains("1 invitation is sent again. 1 passed over, because they came on paper"), "{text}");
    let id = InvitationId(app.number("SELECT MIN(id) FROM invitations"));
    let one = ben.get(&links::resident_invitation(app.cast.willow, joan, id)).await.text();
    assert!(one.contains("Print a new letter") && !one.contains("Send again"), "{one}");
    let manager = scope(&app);
    assert!(app.try_write(|tx| relatives::resend(tx, &manager, id, "")).is_err());
    // No reminder goes to nobody's address.
    app.pass(6 * DAY);
    let reminded = app.write(|tx| relatives::remind(tx, super::URL, 10));
    assert_eq!(reminded, 1, "Anna only");
    app.write(|tx| relatives::revoke(tx, &manager, id));
    assert_eq!(
        app.number("SELECT COUNT(*) FROM invitation_links WHERE kind = 'paper' AND ended_at IS NULL"),
        0
    );
}

#[actix_web::test]
async fn an_address_that_the_home_learns_of_ends_the_code() {
    let app = TestApp::start().await;
    let (_, code) = with_letter(&app).await;
    let id = InvitationId(app.number("SELECT MAX(id) FROM invitations"));
    let (manager, to) = (scope(&app), "george@family.example");
    let email = kinbridge::kit::email_address::EmailAddress::parse(to).unwrap();
    app.write(|tx| relatives::correct(tx, &manager, id, &email, super::URL));
    let late = app.signed_out();
    let page = late.get(type_code(&late, &code).await.location()).await;
    assert!(page.text().contains("A newer letter was made"), "{}", page.text());
    assert_eq!(join(&late, &link_to(&app, to)).await.location(), "/family");
}

async fn slip(visitor: &Visitor<'_>, app: &TestApp, joan: ResidentId) -> Page {
    let path = links::resident_relative(app.cast.willow, joan, newest(app));
    visitor.post(&path, &[("about", &sealed(visitor, joan)), ("act", "slip")]).await
}

#[actix_web::test]
async fn a_forgotten_password_comes_on_a_slip_that_a_manager_prints() {
    let app = TestApp::start().await;
    let joan = with_george(&app).await;
    let (path, ben) =
        (links::resident_relative(app.cast.willow, joan, newest(&app)), app.new_visitor(&app.cast.manager));
    let text = ben.get(&path).await.text();
    assert!(text.contains("Signs in with the name george.smith") && text.contains("Print a slip"), "{text}");
    let page = slip(&ben, &app, joan).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let code = code_on(&page);
    let george = app.signed_out();
    let link = type_code(&george, &code).await.location().to_owned();
    let page = george.get(&link).await;
    assert!(page.text().contains("Your sign-in name"), "{}", page.text());
    let new = "violin glacier teapot";
    assert_eq!(george.post(&link, &[("password", new)]).await.location(), "/sign-in");
    assert_eq!(george.sign_in("george.smith", NEW_PASSWORD).await.status, 401);
    assert_eq!(george.sign_in("george.smith", new).await.status, 303);
    let used = app.signed_out();
    let page = used.get(type_code(&used, &code).await.location()).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("print a new one"), "{}", page.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM letters"), 0);
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'account.slip'"), 1);
    // 72 hours to the second.
    let late = code_on(&slip(&app.new_visitor(&app.cast.manager), &app, joan).await);
    app.pass(3 * DAY - 1);
    let link = type_code(&app.signed_out(), &late).await.location().to_owned();
    assert_eq!(app.signed_out().get(&link).await.status, 200);
    app.pass(1);
    assert_eq!(app.signed_out().get(&link).await.status, 410);
}

#[actix_web::test]
async fn a_slip_needs_a_fresh_password_a_manager_and_an_account_of_this_organisation_alone() {
    let app = TestApp::start().await;
    let joan = with_george(&app).await;
    let ben = app.new_visitor(&app.cast.manager);
    app.pass(601);
    let stale = slip(&ben, &app, joan).await;
    assert!(stale.location().starts_with("/confirm"), "{}", stale.location());
    let allowed = [Permission::OpenOrganisation, Permission::ViewResidents, Permission::ManageRelatives];
    let people = Scope::for_the_portal(app.cast.willow);
    let amina = app.cast.staff.membership.unwrap();
    app.write(|tx| accounts::change_permissions(tx, &people, amina, &allowed.into_iter().collect()));
    let staff = app.new_visitor(&app.cast.staff);
    let refused = slip(&staff, &app, joan).await;
    assert!(staff.get(refused.location()).await.text().contains("Only a manager can print a slip"));
    // Known to another organisation too: its families are not this home's to open.
    let george = kinbridge::kit::ids::AccountId(app.number("SELECT MAX(id) FROM accounts"));
    let theirs = add(&app, app.cast.elm, &facts(app.cast.elm_lodge, None, "Ida", "Elm", "9"));
    let by = kinbridge::domain::access::By::the_portal();
    app.write(|tx| accounts::relate(tx, &by, theirs, george, "Brother"));
    app.write(|tx| accounts::unrelate(tx, &by, theirs, george));
    let ben = app.new_visitor(&app.cast.manager);
    let path = links::resident_relative(app.cast.willow, joan, kinbridge::kit::ids::RelativeId(1));
    let page = ben.post(&path, &[("about", &sealed(&ben, joan)), ("act", "slip")]).await;
    assert!(ben.get(page.location()).await.text().contains("is known outside this organisation"));
    assert_eq!(app.number("SELECT COUNT(*) FROM resets"), 0);
}

#[actix_web::test]
async fn who_has_an_address_gets_no_slip_and_mail_stays_the_way() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    join(&app.signed_out(), &link).await;
    let ben = app.new_visitor(&app.cast.manager);
    let page = slip(&ben, &app, joan).await;
    assert!(ben.get(page.location()).await.text().contains("This person has an email address"));
    assert_eq!(app.number("SELECT COUNT(*) FROM resets"), 0);
}

/// AU-3 and AU-4 for names: one answer, one count however it is written, and the right password after the wait.
#[actix_web::test]
async fn an_unknown_name_is_answered_and_counted_like_a_known_one() {
    let app = TestApp::start().await;
    with_george(&app).await;
    let mut seen = Vec::new();
    for name in ["george.smith", "nobody.here", "Nobody Here"] {
        let before = app.services.hasher.done();
        let page = app.signed_out().sign_in(name, "a wrong password").await;
        assert_eq!((page.status, app.services.hasher.done() - before), (401, 1), "{name}");
        seen.push(page.text().replace(name, "NAME"));
    }
    assert!(seen.iter().all(|one| one == &seen[0]), "{seen:?}");
    let guesser = app.signed_out();
    for written in ["george.smith", "George Smith", "GÉORGE  SMITH"].iter().cycle().take(12) {
        guesser.sign_in(written, "a wrong password").await;
    }
    assert_eq!(guesser.sign_in("george smith", NEW_PASSWORD).await.status, 429);
    assert_eq!(guesser.sign_in(app.cast.manager.email, PASSWORD).await.status, 303);
    app.pass(301);
    assert_eq!(app.signed_out().sign_in("george.smith", NEW_PASSWORD).await.status, 303);
}

#[actix_web::test]
async fn an_address_that_is_added_later_takes_the_place_of_the_name() {
    let app = TestApp::start().await;
    with_george(&app).await;
    let george = app.signed_out();
    george.sign_in("george.smith", NEW_PASSWORD).await;
    let page = george.post(&links::account_email(), &[("new_email", "george@family.example")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM letters"), 1, "to the new address only");
    let letters = app.read(|conn| Ok(kinbridge::domain::letters::list(conn, 9)?));
    let at = letters[0].body_text.find("/confirm-email/").unwrap();
    let link = letters[0].body_text[at..].split_whitespace().next().unwrap().to_owned();
    george.post(&link, &[]).await;
    assert_eq!(app.signed_out().sign_in("george.smith", NEW_PASSWORD).await.status, 401);
    assert_eq!(app.signed_out().sign_in("george@family.example", NEW_PASSWORD).await.status, 303);
}
