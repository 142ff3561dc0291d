//! Letters of news to relatives: when they come and what they say, that they end at once, and the one tap that ends them.

#![cfg(test)]

use actix_web::http::Method;
use chrono::TimeDelta;
use kinbridge::domain::access::{ManageRelatives, Platform, RecordActivities, Scope, Topic};
use kinbridge::domain::activities::{self, Details, Group, Mark, Recording};
use kinbridge::domain::consents::Decision;
use kinbridge::domain::letters::{self, Kept, LetterState};
use kinbridge::domain::{accounts, relatives};
use kinbridge::jobs::write_digests;
use kinbridge::kit::ids::{AccountId, ResidentId};
use kinbridge::links;

use crate::consents::{decide, decided};
use crate::relatives::{invited, join, newest};
use crate::support::{Page, TestApp, Visitor};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const ANNA: &str = "anna@family.example";

/// Joan shares her activities with Anna, who has joined; it is Sunday at 10, the next Monday morning is 22 hours away.
async fn joined(app: &TestApp) -> (ResidentId, Visitor<'_>) {
    let (joan, link) = invited(app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    write_digests::run(&app.services).await.unwrap();
    (joan, anna)
}

/// Something was done with the resident, and is recorded a minute from now.
pub fn happen(app: &TestApp, resident: ResidentId) {
    app.pass(60);
    let scope = Scope::<RecordActivities>::for_the_portal(app.cast.willow);
    let starts_at = app.clock.now() - TimeDelta::hours(2);
    let (details, location) = (String::new(), "Lounge".to_owned());
    let details = Details { name: "Singing group".into(), details, location, starts_at };
    app.write(|tx| {
        let activity = activities::plan(tx, &scope, &details, Group::Nobody)?;
        activities::choose(tx, &scope, activity, 1, &[resident])?;
        let parts = activities::people(tx.conn, &scope, activity)?;
        let mark = |one: &activities::Person| Mark {
            participation: one.participation.id,
            took_part: true,
            reason: String::new(),
            rating: None,
            comment: "Joan sang along".into(),
        };
        let marks = parts.iter().map(mark).collect();
        let recording = Recording { version: 2, completed_by: "Amina".into(), marks };
        activities::record(tx, &scope, activity, &recording)
    });
}

/// A link that ends the letters of whoever has joined last.
pub fn plant(app: &TestApp, secret: &str) {
    let row = format!(
        "INSERT INTO digests (account_id, morning, told_until, token_hash, stops_until) VALUES \
         ((SELECT MAX(id) FROM accounts), '2026-11-22', '2026-11-22 10:00:00', '{}', '2027-01-22 10:00:00')",
        kinbridge::kit::secret::fingerprint(secret)
    );
    app.write(|tx| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(row), tx.conn)?));
}

/// Something that ends what a relative may see.
type End = fn(&TestApp, ResidentId);

fn news(app: &TestApp) -> Vec<Kept> {
    let all = app.read(|conn| Ok(letters::list(conn, 100)?));
    all.into_iter().filter(|one| one.to_email == ANNA && one.subject.contains("on the family page")).collect()
}

async fn morning(app: &TestApp, hours: i64) -> usize {
    app.pass(hours * HOUR);
    write_digests::run(&app.services).await.unwrap();
    write_digests::run(&app.services).await.unwrap();
    news(app).len()
}

/// The path of the link that ends the newest letter's like.
fn stop(app: &TestApp) -> String {
    let letter = news(app).remove(0);
    letter.unsubscribe.strip_prefix("http://127.0.0.1:8080").expect("our own address").to_owned()
}

/// The button of a mail program: from elsewhere, without a session, and with the body of RFC 8058.
async fn one_click(app: &TestApp, path: &str) -> Page {
    let machine = app.signed_out();
    let ask = machine.ask(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    ask.header("origin", "https://mail.example").body("List-Unsubscribe=One-Click").send().await
}

#[actix_web::test]
async fn only_relatives_choose_and_the_page_says_that_weekly_is_where_it_begins() {
    let app = TestApp::start().await;
    for who in [app.as_super(), app.as_manager(), app.as_staff(), app.as_stranger()] {
        assert_eq!(who.get(&links::family_letters()).await.status, 404);
        assert_eq!(who.post(&links::family_letters(), &[("how_often", "off")]).await.status, 404);
    }
    let (_, anna) = joined(&app).await;
    let page = anna.get(&links::family_letters()).await;
    assert!(
        page.text().contains("we write to you every Monday, unless you choose otherwise"),
        "{}",
        page.text()
    );
    assert!(page.body.contains("value=\"weekly\" checked"), "{}", page.body);
    for path in [links::family_member(newest(&app)), links::family_sharing(newest(&app)), links::account()] {
        let page = anna.get(&path).await;
        assert!(page.body.contains("href=\"/family/letters\""), "{path}");
        assert!(page.body.contains("href=\"/account\"") || path == "/account", "{path}");
    }
    assert!(!app.as_manager().get("/account").await.body.contains("/family/letters"));
}

#[actix_web::test]
async fn news_come_once_on_monday_morning_and_name_nobody() {
    let app = TestApp::start().await;
    let (joan, _) = joined(&app).await;
    happen(&app, joan);
    happen(&app, joan);
    assert_eq!(morning(&app, 21).await, 0, "at seven nobody is written to");
    assert_eq!(morning(&app, 1).await, 1);
    let letter = news(&app).remove(0);
    assert_eq!(letter.subject, "2 new entries on the family pages");
    let line = "Willow House: 2 new entries about activities of the person you visit.";
    for part in [line, "Dear Anna,", "/family", "/family/letters", "/stop-letters/"] {
        assert!(letter.body_text.contains(part) && letter.body_html.contains(part), "{part}");
    }
    for word in ["Joan", "Smith", "sang", "Singing", "Lounge"] {
        let all = format!("{}{}{}", letter.subject, letter.body_text, letter.body_html);
        assert!(!all.contains(word), "{word}: {all}");
    }
    let evening = app.clock.now().date().and_hms_opt(20, 0, 0);
    assert_eq!(letter.useless_after, evening, "never at night");
    assert_eq!(morning(&app, 7 * 24).await, 1, "nothing new, no letter");
    happen(&app, joan);
    assert_eq!(morning(&app, 6 * 24).await, 1, "on Sunday there is none");
    assert_eq!(morning(&app, 24).await, 2);
    assert_eq!(news(&app)[0].subject, "1 new entry on the family pages");
}

#[actix_web::test]
async fn one_letter_tells_of_all_a_relatives_people() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let peter = &app.cast.relative;
    let scope = crate::relatives::scope(&app);
    let facts = crate::residents::facts(app.cast.oak_court, None, "Ivy", "Lowe", "1");
    let ivy = crate::residents::add(&app, app.cast.willow, &facts);
    decide(&app, ivy, &decided(Topic::Activities, Decision::Given));
    app.as_relative().post(&format!("{link}/add"), &[]).await;
    app.write(|tx| accounts::relate(tx, scope.by(), ivy, peter.account, "Nephew"));
    write_digests::run(&app.services).await.unwrap();
    for one in [joan, joan, ivy] {
        happen(&app, one);
    }
    app.pass(22 * HOUR);
    write_digests::run(&app.services).await.unwrap();
    let all = app.read(|conn| Ok(letters::list(conn, 100)?));
    let his: Vec<&Kept> = all.iter().filter(|one| one.to_email == peter.email).collect();
    assert_eq!(his.len(), 1, "{his:?}");
    for line in [
        "Oak Court: 1 new entry about activities of the person you visit.",
        "Willow House: 2 new entries about activities of the person you visit.",
    ] {
        assert!(his[0].body_text.contains(line), "{}", his[0].body_text);
    }
}

#[actix_web::test]
async fn a_morning_that_was_missed_waits_for_the_next_one() {
    let app = TestApp::start().await;
    let (joan, _) = joined(&app).await;
    happen(&app, joan);
    assert_eq!(morning(&app, 24).await, 0, "Monday at ten");
    assert_eq!(morning(&app, 14).await, 0, "at midnight");
    assert_eq!(morning(&app, 8).await, 1, "Tuesday at eight");
}

#[actix_web::test]
async fn daily_never_and_by_topic_are_a_relatives_own_choice() {
    let app = TestApp::start().await;
    let (joan, anna) = joined(&app).await;
    let choose = async |fields: &[(&str, &str)]| anna.post(&links::family_letters(), fields).await;
    assert_eq!(choose(&[("topic-activities", "yes")]).await.status, 422);
    let page = choose(&[("how_often", "daily"), ("topic-activities", "yes")]).await;
    assert!(
        anna.get(page.location()).await.text().contains("in the morning, on days when"),
        "{}",
        page.status
    );
    app.pass(2 * DAY);
    let anna = app.signed_out();
    anna.sign_in(ANNA, crate::relatives::NEW_PASSWORD).await;
    happen(&app, joan);
    assert_eq!(morning(&app, 22).await, 1, "Wednesday");
    happen(&app, joan);
    assert_eq!(morning(&app, 24).await, 2, "Thursday");
    let anna = app.signed_out();
    anna.sign_in(ANNA, crate::relatives::NEW_PASSWORD).await;
    anna.post(&links::family_letters(), &[("how_often", "daily")]).await;
    happen(&app, joan);
    let states: Vec<_> = news(&app).iter().map(|one| one.state).collect();
    assert_eq!(states, [LetterState::Withdrawn; 2], "what waits and is not wanted is taken back");
    assert_eq!(morning(&app, 24).await, 2, "not of activities");
    let anna = app.signed_out();
    anna.sign_in(ANNA, crate::relatives::NEW_PASSWORD).await;
    anna.post(&links::family_letters(), &[("how_often", "off"), ("topic-activities", "yes")]).await;
    assert_eq!(morning(&app, 8 * 24).await, 2);
}

#[actix_web::test]
async fn one_tap_ends_them_without_signing_in_and_looking_does_not() {
    let app = TestApp::start().await;
    let (joan, anna) = joined(&app).await;
    happen(&app, joan);
    morning(&app, 22).await;
    let path = stop(&app);
    let before = app.digest();
    let page = app.signed_out().get(&path).await;
    assert_eq!((page.status, page.text().contains("Stop these letters")), (200, true), "{}", page.text());
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"), "the address is a secret");
    assert_eq!(app.digest(), before, "a scanner that looks ends nothing");
    let page = one_click(&app, &path).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("You get no more letters of news"), "{}", page.text());
    assert_eq!(news(&app)[0].state, LetterState::Withdrawn);
    let events = || app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'digest.stopped'");
    assert_eq!((one_click(&app, &path).await.status, events()), (200, 1), "twice is once");
    happen(&app, joan);
    assert_eq!(morning(&app, 7 * 24).await, 1);
    assert_eq!(
        anna.get(&links::family_member(newest(&app))).await.status,
        303,
        "the session has ended long ago"
    );
}

#[actix_web::test]
async fn a_link_that_is_nobodys_or_too_old_is_answered_410_and_changes_nothing() {
    let app = TestApp::start().await;
    let (joan, _) = joined(&app).await;
    happen(&app, joan);
    morning(&app, 22).await;
    let path = stop(&app);
    let before = app.digest();
    for wrong in ["/stop-letters/1", "/stop-letters/999999", &path.replace("stop-letters/", "stop-letters/0")]
    {
        assert_eq!(one_click(&app, wrong).await.status, 410, "{wrong}");
        assert_eq!(app.signed_out().get(wrong).await.status, 410, "{wrong}");
    }
    assert_eq!(app.digest(), before);
    app.pass(61 * DAY);
    assert_eq!(app.signed_out().get(&path).await.status, 200, "after two months it works");
    app.pass(30 * DAY);
    assert_eq!(one_click(&app, &path).await.status, 410);
    kinbridge::jobs::purge::run(&app.services).await.unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM digests"), 0);
}

/// A letter that waits at nine in the morning is taken back by each of these at once, and no other is written.
#[actix_web::test]
async fn bereavement_consent_and_access_that_end_take_back_what_waits() {
    let endings: [(&str, End); 6] = [
        ("bereavement", |app, joan| {
            let scope = crate::relatives::scope(app);
            app.write(|tx| relatives::bereave(tx, &scope, joan).map(drop));
        }),
        ("consent", |app, joan| decide(app, joan, &decided(Topic::Activities, Decision::Refused))),
        ("account", |app, _| {
            let account = AccountId(app.number("SELECT MAX(id) FROM accounts"));
            app.write(|tx| accounts::disable(tx, &Platform::for_the_operator(), account));
        }),
        ("relation", |app, joan| {
            let scope = crate::relatives::scope(app);
            app.write(|tx| relatives::unlink(tx, &scope, joan, newest(app)).map(drop));
        }),
        ("topics", |app, joan| {
            let scope: Scope<ManageRelatives> = crate::relatives::scope(app);
            let to = relatives::Change::read("Daughter", "", false, [].into()).unwrap();
            app.write(|tx| relatives::change(tx, &scope, joan, newest(app), &to));
        }),
        ("archiving", |app, joan| {
            let scope = Scope::for_the_portal(app.cast.willow);
            app.write(|tx| kinbridge::domain::residents::archive(tx, &scope, joan, 1, "moved"));
        }),
    ];
    for (what, end) in endings {
        let app = TestApp::start().await;
        let (joan, _) = joined(&app).await;
        happen(&app, joan);
        assert_eq!(morning(&app, 22).await, 1, "{what}");
        end(&app, joan);
        assert_eq!(news(&app)[0].state, LetterState::Withdrawn, "{what}");
        assert_eq!(morning(&app, 7 * 24).await, 1, "{what}: no other letter");
    }
}

#[actix_web::test]
async fn what_a_letter_that_was_taken_back_told_is_told_by_the_next() {
    let app = TestApp::start().await;
    let (joan, _) = joined(&app).await;
    happen(&app, joan);
    morning(&app, 22).await;
    decide(&app, joan, &decided(Topic::Activities, Decision::Refused));
    decide(&app, joan, &decided(Topic::Activities, Decision::Given));
    happen(&app, joan);
    assert_eq!(morning(&app, 7 * 24).await, 2);
    assert_eq!(news(&app)[0].subject, "2 new entries on the family pages");
}

#[actix_web::test]
async fn a_job_that_breaks_off_leaves_nothing_and_two_at_once_write_one_letter() {
    let app = TestApp::start().await;
    let (joan, _) = joined(&app).await;
    happen(&app, joan);
    app.pass(22 * HOUR);
    let broken = app.try_write(|tx| {
        kinbridge::domain::digests::write(tx, "http://127.0.0.1:8080", 100)?;
        Err::<(), _>(kinbridge::domain::Refusal::NotHere)
    });
    assert!(broken.is_err());
    assert_eq!((news(&app).len(), app.number("SELECT COUNT(*) FROM digests")), (0, 0));
    let (one, other) =
        futures_util::future::join(write_digests::run(&app.services), write_digests::run(&app.services))
            .await;
    assert!(one.is_ok() && other.is_ok());
    // Even if the row that says when were lost: one letter a morning.
    app.write(|tx| {
        let again = diesel::sql_query("UPDATE digest_choices SET next_at = '2026-11-01 08:00:00'");
        Ok(diesel::RunQueryDsl::execute(again, tx.conn)?)
    });
    happen(&app, joan);
    assert_eq!(morning(&app, 0).await, 1);
}
