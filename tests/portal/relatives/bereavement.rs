//! When a resident has died: every letter stops at once, the family may read for a while, and it can be undone.

use kinbridge::domain::access::{EditResidents, Scope};
use kinbridge::domain::letters::{self, LetterState};
use kinbridge::domain::{relatives, residents};
use kinbridge::jobs::tend_families;
use kinbridge::links;

use super::{anna, invited, join, newest, scope, sealed};
use crate::support::{TestApp, Visitor};
use kinbridge::domain::relatives::NewInvitation;
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::ResidentId;

const DAY: i64 = 24 * 3600;

async fn record(app: &TestApp, browser: &Visitor<'_>, joan: ResidentId, act: &str) -> String {
    let to = links::bereavement(app.cast.willow, joan);
    let seal = sealed(browser, joan);
    let page = browser.post(&to, &[("act", act), ("about", &seal)]).await;
    browser.get(page.location()).await.text()
}

#[actix_web::test]
async fn every_waiting_letter_is_taken_back_and_none_is_written_any_more() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let ben = app.new_visitor(&app.cast.manager);
    let told = record(&app, &ben, joan, "begin").await;
    assert!(told.contains("1 letter was taken back"), "{told}");
    let waiting = |app: &TestApp| {
        let letters = app.read(|conn| Ok(letters::list(conn, 50)?));
        letters.iter().filter(|one| one.state == LetterState::Waiting).count()
    };
    assert_eq!(waiting(&app), 0);
    app.pass(5 * DAY);
    let ben = app.new_visitor(&app.cast.manager);
    tend_families::run(&app.services).await.unwrap();
    assert_eq!(waiting(&app), 0, "no reminder");
    let scope = scope(&app);
    let new = NewInvitation { email: EmailAddress::parse("b@family.example").unwrap(), ..anna() };
    let refused = app.try_write(|tx| {
        relatives::invite(tx, &scope, joan, &new, relatives::Source::Page, "http://127.0.0.1:8080")
    });
    assert!(refused.is_err());
    let page = app.signed_out().get(&link).await;
    assert!(
        page.text().contains("Telephone Willow House") && !page.text().contains("Joan"),
        "{}",
        page.text()
    );
    join(&app.signed_out(), &link).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM relatives"), 0);
    let told = record(&app, &ben, joan, "begin").await;
    assert!(told.contains("recorded already"), "{told}");
    record(&app, &ben, joan, "undo").await;
    assert_eq!(join(&app.signed_out(), &link).await.location(), "/family");
}

#[actix_web::test]
async fn the_family_may_read_until_the_memorial_ends_also_when_the_resident_is_archived() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let page = links::family_member(newest(&app));
    let ben = app.new_visitor(&app.cast.manager);
    record(&app, &ben, joan, "begin").await;
    let edit = Scope::<EditResidents>::for_the_portal(app.cast.willow);
    app.write(|tx| residents::archive(tx, &edit, joan, 1, "died"));
    let text = anna.get(&page).await.text();
    assert!(text.contains("This page stays open for you until 20 February 2027"), "{text}");
    app.pass(91 * DAY);
    let again = app.signed_out();
    again.sign_in("anna@family.example", super::NEW_PASSWORD).await;
    assert_eq!(again.get(&page).await.status, 404);
    invite_is_refused(&app, joan);
}

#[actix_web::test]
async fn a_keepsake_is_one_file_of_what_was_shared_and_there_only_while_the_family_may_read() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let (page, file) = (links::family_member(newest(&app)), links::family_act(newest(&app), "keepsake"));
    crate::digests::happen(&app, joan);
    assert!(!anna.get(&page).await.text().contains("keepsake"));
    assert_eq!(anna.get(&file).await.status, 404, "nobody has died");
    let ben = app.new_visitor(&app.cast.manager);
    record(&app, &ben, joan, "begin").await;
    assert!(anna.get(&page).await.text().contains("Take a keepsake"));
    for stranger in [app.as_relative(), app.as_super(), app.as_stranger()] {
        assert_eq!(stranger.get(&file).await.status, 404);
    }
    let kept = anna.get(&file).await;
    let disposition = kept.header("content-disposition").unwrap();
    assert_eq!((kept.status, disposition), (200, "attachment; filename=\"keepsake-2026-11-22.html\""));
    for part in [
        "What Willow House shared with Anna Smith on its family pages. Made on 22 November 2026.",
        "Sunday 22 November 2026",
        "Singing group 8:01am, Lounge. Joan took part.",
        "Joan sang along Amina",
    ] {
        assert!(kept.text().contains(part), "{part}: {}", kept.text());
    }
    for loaded in ["src=", "<link", "<script", "href="] {
        assert!(!kept.body.contains(loaded), "the file stands alone: {loaded}");
    }
    let events = app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'relative.keepsake'");
    assert_eq!(events, 1);
    crate::consents::decide(
        &app,
        joan,
        &crate::consents::decided(
            kinbridge::domain::access::Topic::Activities,
            kinbridge::domain::consents::Decision::Refused,
        ),
    );
    assert_eq!(anna.get(&file).await.status, 404, "nothing is shared any more");
    assert!(!anna.get(&page).await.text().contains("keepsake"));
}

fn invite_is_refused(app: &TestApp, joan: ResidentId) {
    let scope = scope(app);
    let new = NewInvitation { email: EmailAddress::parse("c@family.example").unwrap(), ..anna() };
    let refused = app.try_write(|tx| {
        relatives::invite(tx, &scope, joan, &new, relatives::Source::Page, "http://127.0.0.1:8080")
    });
    assert!(refused.is_err());
}

#[actix_web::test]
async fn archiving_with_that_reason_offers_it() {
    let app = TestApp::start().await;
    let (joan, _) = invited(&app);
    let ben = app.new_visitor(&app.cast.manager);
    let fields = [("because", "died in hospital"), ("version", "1"), ("about", &*sealed(&ben, joan))];
    let page = ben.post(&links::archive_resident(app.cast.willow, joan), &fields).await;
    let told = ben.get(page.location()).await;
    assert!(told.text().contains("Stop every letter to the family"), "{}", told.text());
}
