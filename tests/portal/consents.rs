//! What residents agree to share: who records it, when it counts, and that nothing is lost.

use chrono::NaiveDate;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{Actor, ManageRelatives, Scope};
use kinbridge::domain::accounts;
use kinbridge::domain::consents::{self, Basis, Decision, NewConsent, Topic};
use kinbridge::kit::ids::ResidentId;

use crate::residents::{add, facts};
use crate::support::{Person, TestApp};

/// Joan Smith, in the Garden Wing, where Amina is.
pub fn joan(app: &TestApp) -> ResidentId {
    let cast = &app.cast;
    add(app, cast.willow, &facts(cast.willow_house, Some(cast.garden_wing), "Joan", "Smith", "7"))
}

pub fn decided(topic: Topic, decision: Decision) -> NewConsent {
    NewConsent {
        topic,
        decision,
        basis: Basis::Own,
        attorney: String::new(),
        note: String::new(),
        review_on: None,
    }
}

/// Records a decision of a resident of Willow House Group.
pub fn decide(app: &TestApp, resident: ResidentId, new: &NewConsent) {
    let scope = Scope::<ManageRelatives>::for_the_portal(app.cast.willow);
    app.write(|tx| consents::record(tx, &scope, resident, new));
}

pub fn actor(app: &TestApp, person: &Person) -> Actor {
    let (token, now) = (app.new_session(person), app.clock.now());
    let limits = app.services.config.sessions;
    let live = app.read(|conn| Ok(accounts::live(conn, &token, "127.0.0.1", now, limits)?));
    live.unwrap().actor
}

fn allowed(app: &TestApp, resident: ResidentId, topic: Topic) -> bool {
    let (willow, now) = (app.cast.willow, app.clock.now());
    app.read(|conn| Ok(consents::allows(conn, willow, resident, topic, now)?))
}

#[actix_web::test]
async fn only_who_manages_relatives_of_the_place_records_a_consent() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let manager = actor(&app, &app.cast.manager);
    assert!(manager.scope::<ManageRelatives>(app.cast.willow).is_ok());
    for person in [&app.cast.staff, &app.cast.colleague, &app.cast.relative, &app.cast.stranger] {
        assert!(actor(&app, person).scope::<ManageRelatives>(app.cast.willow).is_err(), "{}", person.name);
    }
    let stranger = Scope::<ManageRelatives>::for_the_portal(app.cast.elm);
    let new = decided(Topic::Activities, Decision::Given);
    let refused = app.try_write(|tx| consents::record(tx, &stranger, joan, &new));
    assert!(matches!(refused, Err(Refusal::NotHere)), "{refused:?}");
    let elm = app.cast.elm;
    let now = app.clock.now();
    decide(&app, joan, &new);
    assert!(!app.read(|conn| Ok(consents::allows(conn, elm, joan, Topic::Activities, now)?)));
}

#[actix_web::test]
async fn nothing_is_shared_that_nobody_was_asked_about() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    for topic in Topic::ALL {
        assert!(!allowed(&app, joan, *topic));
    }
    decide(&app, joan, &decided(Topic::Activities, Decision::Given));
    assert!(allowed(&app, joan, Topic::Activities));
    assert!(!allowed(&app, joan, Topic::Photos));
}

#[actix_web::test]
async fn a_decision_takes_the_place_of_the_last_and_both_are_kept() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    decide(&app, joan, &decided(Topic::Photos, Decision::Given));
    let events = app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'consent.recorded'");
    // The same again is no decision.
    decide(&app, joan, &decided(Topic::Photos, Decision::Given));
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'consent.recorded'"), events);
    decide(&app, joan, &decided(Topic::Photos, Decision::Refused));
    assert!(!allowed(&app, joan, Topic::Photos));
    let scope = Scope::<ManageRelatives>::for_the_portal(app.cast.willow);
    let history = app.read(|conn| consents::history(conn, &scope, joan, 10));
    let decisions: Vec<Decision> = history.iter().map(|one| one.decision).collect();
    assert_eq!(decisions, [Decision::Refused, Decision::Given]);
    assert!(history[1].ended_at.is_some() && history[0].ended_at.is_none());
}

#[actix_web::test]
async fn a_consent_counts_on_its_last_day_and_then_no_more() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let review_on = NaiveDate::from_ymd_opt(2026, 11, 24);
    decide(&app, joan, &NewConsent { review_on, ..decided(Topic::Activities, Decision::Given) });
    assert!(allowed(&app, joan, Topic::Activities));
    app.pass(2 * 24 * 3600);
    assert!(allowed(&app, joan, Topic::Activities), "on the day itself");
    app.pass(24 * 3600);
    assert!(!allowed(&app, joan, Topic::Activities), "without any job having run");
    let scope = Scope::<ManageRelatives>::for_the_portal(app.cast.willow);
    let today = app.clock.now().date();
    let standing = app.read(|conn| consents::standing(conn, &scope, joan, today));
    assert_eq!(standing[0].words(), "Review due");
    let lapsed = app.write(|tx| consents::lapse(tx, 50));
    assert_eq!(
        (lapsed.len(), lapsed[0].resident, lapsed[0].topics.as_slice()),
        (1, joan, &[Topic::Activities][..])
    );
    assert_eq!(app.write(|tx| consents::lapse(tx, 50)), [], "each is told of once");
}
