//! Access that is taken away is gone with the next request, whatever was open (AC-5), and every change of what lets
//! somebody in ends or renews their sessions (AU-6).

use kinbridge::domain::access::{ManagePeople, Platform, Role, Scope};
use kinbridge::domain::accounts::{self, AccountState};
use kinbridge::links;

use crate::resets::reset_link;
use crate::support::vendors::{Feed, staff_member, worker};
use crate::support::{PASSWORD, Person, TestApp, Visitor};

const CHOSEN: &str = "quartz lantern meadow";

/// Everything that can be open for somebody at once.
struct Open<'a> {
    sessions: Vec<Visitor<'a>>,
    reset: String,
}

async fn open<'a>(app: &'a TestApp, person: &Person) -> Open<'a> {
    let sessions: Vec<Visitor<'a>> = (0..3).map(|_| app.new_visitor(person)).collect();
    for browser in &sessions {
        assert_eq!(browser.get("/account").await.status, 200);
    }
    Open { sessions, reset: reset_link(app, person.email).await }
}

/// How many requests still succeed.
async fn alive(app: &TestApp, open: &Open<'_>, inside: &[String]) -> usize {
    let mut alive = 0;
    for browser in &open.sessions {
        for path in inside {
            alive += usize::from(browser.get(path).await.status == 200);
        }
        alive +=
            usize::from(browser.post("/account/sessions/end-others", &[]).await.location() == "/account");
    }
    alive += usize::from(app.signed_out().get(&open.reset).await.status == 200);
    alive + usize::from(app.signed_out().post(&open.reset, &[("password", CHOSEN)]).await.status == 303)
}

fn pages(app: &TestApp) -> Vec<String> {
    let org = app.cast.willow;
    vec!["/account".into(), links::organisation(org), links::residents(org), links::staff(org)]
}

#[actix_web::test]
async fn a_closed_account_is_out_at_once_and_no_sync_opens_it() {
    let mut feed = Feed::pairing().await;
    let app = &feed.connected.app;
    let (operator, amina) = (Platform::for_the_operator(), app.cast.staff.clone());
    let mut record = worker(0);
    record.email = Some(amina.email.into());
    (record.first_name, record.last_name) = ("Amina".into(), "Yusuf".into());
    staff_member(&feed.connected, &record);
    let opened = open(app, &amina).await;
    app.write(|tx| accounts::disable(tx, &operator, amina.account));
    assert_eq!(alive(app, &opened, &pages(app)).await, 0);
    assert_eq!(app.signed_out().sign_in(amina.email, PASSWORD).await.status, 401);
    feed.staff = vec![record];
    for _ in 0..2 {
        feed.sync();
    }
    let app = &feed.connected.app;
    let disabled =
        format!("SELECT COUNT(*) FROM accounts WHERE id = {} AND state = 'disabled'", amina.account);
    assert_eq!(app.number(&disabled), 1, "a vendor that lists somebody opens no account");
    assert_eq!(AccountState::Disabled.as_str(), "disabled");
    assert_eq!(alive(app, &opened, &pages(app)).await, 0);
    // Opened again by a person, nothing from before works.
    app.write(|tx| accounts::enable(tx, &operator, amina.account));
    assert_eq!(alive(app, &opened, &pages(app)).await, 0);
}

#[actix_web::test]
async fn whoever_is_taken_out_of_an_organisation_is_out_at_once() {
    let app = TestApp::start().await;
    let scope = Scope::<ManagePeople>::for_the_portal(app.cast.willow);
    let (ben, browser) = (app.cast.manager.clone(), app.new_visitor(&app.cast.manager));
    app.write(|tx| accounts::end_membership(tx, &scope, ben.membership.unwrap()));
    for path in pages(&app) {
        assert!(browser.get(&path).await.location().starts_with("/sign-in"), "{path}");
    }
    let again = app.signed_out();
    again.sign_in(ben.email, PASSWORD).await;
    for path in pages(&app).into_iter().skip(1) {
        assert_eq!(again.get(&path).await.status, 404, "{path}");
    }
}

/// AU-6 and AU-7: a session never outlives the role under which it began.
#[actix_web::test]
async fn a_new_role_ends_the_sessions_of_the_old_one() {
    let app = TestApp::start().await;
    let scope = Scope::<ManagePeople>::for_the_portal(app.cast.willow);
    for (person, role) in [(&app.cast.manager, Role::Staff), (&app.cast.staff, Role::Manager)] {
        let browser = app.new_visitor(person);
        app.write(|tx| accounts::change_role(tx, &scope, person.membership.unwrap(), role));
        assert!(browser.get("/account").await.location().starts_with("/sign-in"), "{}", person.name);
    }
}

#[actix_web::test]
async fn a_relative_who_is_taken_from_a_resident_sees_them_no_more() {
    let app = TestApp::start().await;
    let facts = crate::residents::facts(app.cast.willow_house, None, "Joan", "Smith", "9");
    let joan = crate::residents::add(&app, app.cast.willow, &facts);
    let (peter, by) = (app.cast.relative.account, kinbridge::domain::access::By::the_portal());
    app.write(|tx| accounts::relate(tx, &by, joan, peter, "son"));
    let browser = app.new_visitor(&app.cast.relative);
    // With one relative there is nothing to choose: the address leads on to them.
    let on = browser.get("/family").await.location().to_owned();
    assert!(browser.get(&on).await.text().contains("Joan"));
    app.write(|tx| accounts::unrelate(tx, &by, joan, peter));
    assert!(!browser.get("/family").await.text().contains("Joan"));
    assert_eq!(browser.get(&on).await.status, 404);
}
