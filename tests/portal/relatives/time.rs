//! What time does: one reminder, and word of a consent that has run out.

use chrono::NaiveDate;
use kinbridge::domain::access::{ManageRelatives, Scope};
use kinbridge::domain::consents::{Decision, NewConsent, Topic};
use kinbridge::domain::letters;
use kinbridge::domain::relatives::{self, NewInvitation, Source};
use kinbridge::jobs::tend_families;
use kinbridge::kit::email_address::EmailAddress;

use super::{URL, anna, invited, join, link_to};
use crate::consents::{decide, decided};
use crate::support::TestApp;

const DAY: i64 = 24 * 3600;

#[actix_web::test]
async fn the_invited_are_reminded_once_after_five_days_and_then_no_more() {
    let app = TestApp::start().await;
    let (_, first) = invited(&app);
    let letters = || app.number("SELECT COUNT(*) FROM letters WHERE to_email = 'anna@family.example'");
    for (days, expected) in [(4, 1), (1, 2), (1, 2), (5, 2)] {
        app.pass(days * DAY);
        tend_families::run(&app.services).await.unwrap();
        tend_families::run(&app.services).await.unwrap();
        assert_eq!(letters(), expected, "after {days} more days");
    }
    let reminder = link_to(&app, "anna@family.example");
    assert_ne!(reminder, first);
    assert!(app.signed_out().get(&first).await.text().contains("A newer link was sent"));
    assert_eq!(
        join(&app.signed_out(), &reminder).await.location(),
        "/family",
        "its link has days of its own"
    );
}

#[actix_web::test]
async fn both_sides_are_told_once_of_a_consent_that_ran_out_and_nobody_is_named() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    join(&app.signed_out(), &link).await;
    let review_on = NaiveDate::from_ymd_opt(2026, 11, 24);
    decide(&app, joan, &NewConsent { review_on, ..decided(Topic::Photos, Decision::Given) });
    app.pass(3 * DAY);
    tend_families::run(&app.services).await.unwrap();
    let told = |who: &str| {
        app.number(&format!("SELECT COUNT(*) FROM letters WHERE to_email = '{who}' AND subject LIKE '%review%' OR to_email = '{who}' AND subject LIKE '%paused%'"))
    };
    assert_eq!(
        (told("anna@family.example"), told("mary@willow.example"), told("tom@willow.example")),
        (1, 1, 0)
    );
    tend_families::run(&app.services).await.unwrap();
    assert_eq!(told("anna@family.example"), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE body_text LIKE '%Joan%'"), 0);
}

#[actix_web::test]
async fn reminders_of_two_organisations_each_tell_the_day_where_the_home_is() {
    use diesel::prelude::*;
    let app = TestApp::start().await;
    let (willow, elm) = (app.cast.willow, app.cast.elm);
    let auckland = format!("UPDATE organisations SET time_zone = 'Pacific/Auckland' WHERE id = {elm}");
    app.write(|tx| Ok(diesel::sql_query(auckland).execute(tx.conn)?));
    invited(&app);
    let facts = crate::residents::facts(app.cast.elm_lodge, None, "Ivy", "Lowe", "1");
    let ivy = crate::residents::add(&app, elm, &facts);
    let ruby = NewInvitation { email: EmailAddress::parse("ruby@elm.example").unwrap(), ..anna() };
    let scope = Scope::<ManageRelatives>::for_the_portal(elm);
    app.write(|tx| relatives::invite(tx, &scope, ivy, &ruby, Source::Page, URL));
    // In the evening of London it is the next day in Auckland.
    let evening = app.clock.now().date().and_hms_opt(20, 0, 0).unwrap() - app.clock.now();
    app.pass(5 * DAY + evening.num_seconds());
    tend_families::run(&app.services).await.unwrap();
    let ends = app.clock.now().date() + chrono::TimeDelta::days(7);
    let day = |date: NaiveDate| date.format("until %-d %B %Y").to_string();
    let letters = app.read(|conn| Ok(letters::list(conn, 10)?));
    let newest = |who: &str| letters.iter().find(|one| one.to_email == who).unwrap().body_text.clone();
    let (anna, ruby) = (newest("anna@family.example"), newest("ruby@elm.example"));
    assert!(anna.contains(&day(ends)), "{willow}: {anna}");
    assert!(ruby.contains(&day(ends.succ_opt().unwrap())), "{elm}: {ruby}");
}
