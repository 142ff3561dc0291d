//! *Letters* in Org Settings, and what the representative sees of mail.

use kinbridge::domain::letters;
use kinbridge::links;

use super::{letter, send};
use crate::support::TestApp;

async fn with_letters() -> (TestApp, Vec<kinbridge::kit::ids::LetterId>) {
    let app = TestApp::start().await;
    let ids: Vec<_> = (1..=3).map(|n| send(&app, n)).collect();
    let pace = letters::Pace { at_once: 2, per_address_hour: 3 };
    let claimed = app.write(|tx| Ok(letters::claim(tx, pace)?));
    app.write(|tx| {
        letters::delivered(tx, &claimed[0].letter, false)?;
        let (words, said) = ("The address does not exist.", "550 5.1.1 … unknown");
        Ok(letters::refuse(tx, &claimed[1].letter, words, said)?)
    });
    (app, ids)
}

#[actix_web::test]
async fn only_super_managers_of_the_organisation_see_its_letters() {
    let (app, ids) = with_letters().await;
    let (list, again) =
        (links::settings_letters(app.cast.willow), links::settings_letter(app.cast.willow, ids[1]));
    assert_eq!(app.as_super().get(&list).await.status, 200);
    for visitor in [app.as_manager(), app.as_colleague(), app.as_staff()] {
        assert_eq!(visitor.get(&list).await.status, 403);
        assert_eq!(visitor.post(&again, &[]).await.status, 403);
    }
    for visitor in [app.as_stranger(), app.as_rep(), app.as_relative()] {
        assert_eq!(visitor.get(&list).await.status, 404);
        assert_eq!(visitor.post(&again, &[]).await.status, 404);
    }
    // A letter of another organisation is not there, under one's own organisation either.
    let theirs = links::settings_letter(app.cast.elm, ids[1]);
    assert_eq!(app.as_stranger().post(&theirs, &[]).await.status, 404);
}

#[actix_web::test]
async fn the_list_says_what_became_of_each_letter_and_shows_no_link() {
    let (app, _) = with_letters().await;
    let page = app.as_super().get(&links::settings_letters(app.cast.willow)).await;
    let text = page.text();
    assert!(
        text.contains("Letter 1 Reader 1 reader1@family.example Today at 10am Sent today at 10am"),
        "{text}"
    );
    assert!(text.contains("Refused The address does not exist. What the mail server said"), "{text}");
    assert!(text.contains("550 5.1.1 … unknown") && text.contains("Send again Letter 2"), "{text}");
    assert!(text.contains("Letter 3 Reader 3 reader3@family.example Today at 10am Waiting"), "{text}");
    assert!(!page.body.contains("https://portal.example/a"), "a letter's link is for its reader");
    assert_eq!(text.matches("Send again").count(), 1);
    for (show, there, gone) in [
        ("not delivered", "Letter 2", "Letter 1"),
        ("waiting", "Letter 3", "Letter 2"),
        ("sent", "Letter 1", "Letter 3"),
    ] {
        let list = format!("{}?show={}", links::settings_letters(app.cast.willow), links::encode(show));
        let text = app.as_super().get(&list).await.text();
        assert!(text.contains(there) && !text.contains(gone), "{show}: {text}");
    }
    let people = app.as_super().get(&links::settings_people(app.cast.willow)).await.text();
    assert!(people.contains("Letters, and whether they arrived"), "{people}");
    let people = app.as_manager().get(&links::settings_people(app.cast.willow)).await.text();
    assert!(!people.contains("whether they arrived"), "a manager would be refused there");
}

#[actix_web::test]
async fn a_refused_letter_is_sent_again_once_and_it_is_written_down() {
    let (app, ids) = with_letters().await;
    let again = links::settings_letter(app.cast.willow, ids[1]);
    let done = app.as_super().post(&again, &[]).await;
    assert_eq!((done.status, done.location()), (303, links::settings_letters(app.cast.willow).as_str()));
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE state = 'waiting'"), 2);
    let before = app.digest();
    let browser = app.as_super();
    browser.post(&again, &[]).await;
    let text = browser.get(&links::settings_letters(app.cast.willow)).await.text();
    assert!(text.contains("This letter is on its way already."), "{text}");
    assert_eq!(app.digest(), before, "twice changes nothing");
    let events = app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'letter.sent_again'");
    assert_eq!(events, 1);
}

#[actix_web::test]
async fn a_letter_that_has_arrived_or_is_useless_is_not_sent_again() {
    let (app, ids) = with_letters().await;
    app.as_super().post(&links::settings_letter(app.cast.willow, ids[0]), &[]).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE state = 'delivered'"), 1);
    let useless = letter(&app, 9).useless_after(app.clock.now() + chrono::TimeDelta::minutes(30));
    let id = app.write(|tx| Ok(letters::send(tx, useless)?.unwrap()));
    app.pass(3600);
    app.write(|tx| Ok(letters::claim(tx, letters::Pace { at_once: 9, per_address_hour: 3 })?));
    let browser = app.as_super();
    browser.post(&links::settings_letter(app.cast.willow, id), &[]).await;
    let text = browser.get(&links::settings_letters(app.cast.willow)).await.text();
    assert!(text.contains("The link in this letter has run out"), "{text}");
}

#[actix_web::test]
async fn a_long_list_has_pages() {
    let app = TestApp::start().await;
    for n in 0..120 {
        send(&app, n);
    }
    let list = links::settings_letters(app.cast.willow);
    let page = app.as_super().get(&format!("{list}?page=3")).await;
    assert!(page.text().contains("Showing 101 to 120"), "{}", page.text());
    assert_eq!(app.as_super().get(&format!("{list}?page=4")).await.location(), list);
}

#[actix_web::test]
async fn the_representative_sees_counts_and_the_trouble_with_its_repair() {
    let (app, _) = with_letters().await;
    let claimed = app.write(|tx| Ok(letters::claim(tx, letters::Pace { at_once: 9, per_address_hour: 3 })?));
    app.write(|tx| {
        let (words, repair) = ("The mail server mail.example cannot be reached.", "Check that it runs.");
        Ok(letters::note_trouble(tx, &claimed[0], "unreachable", words, repair)?)
    });
    let text = app.as_rep().get("/organisations").await.text();
    assert!(
        text.contains("No letter can be sent. The mail server mail.example cannot be reached."),
        "{text}"
    );
    assert!(text.contains("Check that it runs. Since: Today at 10am. Next try: Today at 10:01am."), "{text}");
    assert!(text.contains("1 waiting, 1 not delivered"), "{text}");
    assert!(!text.contains("reader2@family.example"), "never who");
    let text = app.as_rep().get(&links::organisation_overview(app.cast.willow)).await.text();
    assert!(text.contains("Letters 1 waiting, 1 not delivered"), "{text}");
    let text = app.as_super().get(&links::settings_letters(app.cast.willow)).await.text();
    assert!(
        text.contains("No letter has got out since today at 10am.") && text.contains("Nothing is lost"),
        "{text}"
    );
}
