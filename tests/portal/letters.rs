//! The outbox, and the folder into which letters are written.

use chrono::TimeDelta;
use kinbridge::domain::letters::{self, Claimed, Fate, Kind, Letter, LetterState, Pace};
use kinbridge::jobs;
use kinbridge::kit::ids::LetterId;

use crate::support::TestApp;

fn letter(subject: &str) -> Letter {
    Letter {
        organisation: None,
        to_email: "mary@willow.example".into(),
        to_name: "Mary Jones".into(),
        subject: subject.into(),
        text: "Dear Mary,\n\nhello".into(),
        html: "<p>Dear Mary,</p>".into(),
        kind: Kind::Notice,
        useless_after: None,
        unsubscribe: None,
    }
}

const PACE: Pace = Pace { at_once: 10, per_address_hour: 3 };

fn claim(app: &TestApp) -> Vec<Claimed> {
    app.write(|tx| Ok(letters::claim(tx, PACE)?))
}

fn send(app: &TestApp, letter: Letter) -> LetterId {
    app.write(|tx| Ok(letters::send(tx, letter)?.unwrap()))
}

fn fate(app: &TestApp, letter: LetterId) -> Fate {
    app.read(|conn| Ok(letters::fates(conn, &[letter])?)).remove(&letter).unwrap()
}

fn folder() -> std::path::PathBuf {
    let name = kinbridge::kit::secret::random_token().unwrap();
    std::env::temp_dir().join("kinbridge-tests").join(name.reveal())
}

#[actix_web::test]
async fn a_letter_that_is_rolled_back_was_never_written() {
    let app = TestApp::start().await;
    let undone: Result<(), _> = app.try_write(|tx| {
        letters::send(tx, letter("One"))?;
        Err(kinbridge::domain::Refusal::NotHere)
    });
    assert!(undone.is_err());
    assert_eq!(app.read(|conn| Ok(letters::list(conn, 10)?)).len(), 0);
}

#[actix_web::test]
async fn a_letter_of_one_key_goes_out_once_to_each() {
    let app = TestApp::start().await;
    let once = |letter| app.write(|tx| Ok(letters::send_once(tx, "token-expiring/7", letter)?));
    assert!(once(letter("One")));
    assert!(!once(letter("One, said differently")));
    assert!(once(Letter { to_email: "ben@willow.example".into(), ..letter("One") }));
}

#[actix_web::test]
async fn without_a_folder_letters_wait() {
    let app = TestApp::start().await;
    app.write(|tx| Ok(letters::send(tx, letter("One"))?));
    jobs::deliver_letters::run(&app.services).await.unwrap();
    assert_eq!(app.read(|conn| Ok(letters::list(conn, 10)?))[0].state, LetterState::Waiting);
}

#[actix_web::test]
async fn every_letter_becomes_one_file_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let to = folder();
    let app = TestApp::start_with(|config| config.mail_folder = Some(to.clone())).await;
    app.write(|tx| {
        letters::send(tx, letter("One"))?;
        Ok(letters::send(tx, letter("Two – später"))?.unwrap())
    });
    jobs::deliver_letters::run(&app.services).await.unwrap();
    jobs::deliver_letters::run(&app.services).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(&to).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    for file in &files {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        let eml = std::fs::read_to_string(file).unwrap();
        assert!(eml.contains("To: \"Mary Jones\" <mary@willow.example>"), "{eml}");
        assert!(eml.contains("From: Kinbridge <no-reply@127.0.0.1>"), "{eml}");
        assert!(eml.contains("text/plain; charset=utf-8") && eml.contains("text/html; charset=utf-8"));
    }
    let states: Vec<_> = app.read(|conn| Ok(letters::list(conn, 10)?)).into_iter().map(|l| l.state).collect();
    assert_eq!(states, [LetterState::Delivered; 2]);
    std::fs::remove_dir_all(to).unwrap();
}

#[actix_web::test]
async fn the_words_of_a_letter_are_forgotten_once_it_has_arrived_and_kept_until_then() {
    let to = folder();
    let app = TestApp::start_with(|config| config.mail_folder = Some(to.clone())).await;
    app.write(|tx| Ok(letters::send(tx, letter("One"))?));
    let kept = || app.read(|conn| Ok(letters::list(conn, 10)?)).remove(0);
    assert!(!kept().body_text.is_empty() && !kept().body_html.is_empty());
    jobs::deliver_letters::run(&app.services).await.unwrap();
    let kept = kept();
    assert_eq!((kept.state, kept.subject.as_str()), (LetterState::Delivered, "One"));
    assert_eq!((kept.body_text.as_str(), kept.body_html.as_str()), ("", ""));
    std::fs::remove_dir_all(to).unwrap();
}

#[actix_web::test]
async fn while_the_folder_cannot_be_written_letters_wait_and_it_is_tried_in_growing_steps() {
    // A file stands where the folder should be.
    let to = folder();
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(&to, "in the way").unwrap();
    let app = TestApp::start_with(|config| config.mail_folder = Some(to.clone())).await;
    let ids = ["One", "Two"].map(|subject| send(&app, letter(subject)));
    let trouble = || app.read(|conn| Ok(letters::trouble(conn)?));
    jobs::deliver_letters::run(&app.services).await.unwrap();
    let open = trouble().expect("a trouble is open");
    assert!(open.words.starts_with("The mail folder cannot be written to"), "{open:?}");
    assert!(!open.words.contains("kinbridge-tests"), "{open:?}");
    assert_eq!((open.tries, open.retry_at), (1, app.clock.now() + TimeDelta::minutes(1)));
    jobs::deliver_letters::run(&app.services).await.unwrap();
    assert_eq!(trouble().unwrap().tries, 1, "not before its time");
    for _ in 0..12 {
        app.pass(3600);
        jobs::deliver_letters::run(&app.services).await.unwrap();
    }
    assert_eq!(trouble().unwrap().tries, 13);
    assert!(ids.iter().all(|id| matches!(fate(&app, *id), Fate::Waiting { .. })), "nothing is given up");
    std::fs::remove_file(&to).unwrap();
    app.pass(3600);
    jobs::deliver_letters::run(&app.services).await.unwrap();
    assert_eq!(trouble(), None);
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 2);
    std::fs::remove_dir_all(to).unwrap();
}

#[actix_web::test]
async fn a_letter_is_claimed_by_one_process_and_free_again_when_that_died() {
    let app = TestApp::start().await;
    let id = send(&app, letter("One"));
    assert_eq!([claim(&app).len(), claim(&app).len()], [1, 0]);
    app.pass(5 * 60);
    let second = claim(&app).remove(0);
    assert_eq!((second.letter.id, second.letter.attempts), (id, 2));
}

#[actix_web::test]
async fn who_comes_back_after_the_lease_changes_nothing_but_can_say_that_it_arrived() {
    let app = TestApp::start().await;
    let id = send(&app, letter("One"));
    let late = claim(&app).remove(0);
    app.pass(5 * 60);
    let now = claim(&app).remove(0);
    assert!(!app.write(|tx| Ok(letters::refuse(tx, &late.letter, "No.", "")?)));
    assert!(!app.write(|tx| Ok(letters::delay(tx, &late.letter, "Later.", "")?)));
    app.write(|tx| Ok(letters::delivered(tx, &late.letter, false)?));
    assert!(!app.write(|tx| Ok(letters::refuse(tx, &now.letter, "No.", "")?)), "it has arrived");
    assert_eq!(fate(&app, id), Fate::Sent { at: app.clock.now() });
}

#[actix_web::test]
async fn a_fate_says_what_became_of_a_letter() {
    let app = TestApp::start().await;
    let start = app.clock.now();
    let id = send(&app, letter("One"));
    assert_eq!(fate(&app, id), Fate::Waiting { since: start, reason: String::new() });
    let later = "The receiving mail system asked us to try again later.";
    let claimed = claim(&app).remove(0);
    assert!(app.write(|tx| Ok(letters::delay(tx, &claimed.letter, later, "450 greylisted")?)));
    assert_eq!(fate(&app, id), Fate::Waiting { since: start, reason: later.into() });
    assert!(claim(&app).is_empty(), "not before a minute");
    app.pass(60);
    let claimed = claim(&app).remove(0);
    let no = "The address does not exist.";
    assert!(app.write(|tx| Ok(letters::refuse(tx, &claimed.letter, no, "550 5.1.1 unknown")?)));
    assert_eq!(fate(&app, id), Fate::Refused { at: start + TimeDelta::minutes(1), reason: no.into() });
    app.pass(86400 * 5);
    assert!(claim(&app).is_empty(), "a refused letter is not tried again");
    assert!(app.read(|conn| Ok(letters::fates(conn, &[])?)).is_empty());
}

#[actix_web::test]
async fn a_letter_that_is_always_put_off_is_given_up_after_three_days() {
    let app = TestApp::start().await;
    let start = app.clock.now();
    let id = send(&app, letter("One"));
    loop {
        for claimed in claim(&app) {
            app.write(|tx| Ok(letters::delay(tx, &claimed.letter, "Later.", "450")?));
        }
        if let Fate::GivenUp { at, reason } = fate(&app, id) {
            assert_eq!(reason, "Later.");
            assert!((at - start - TimeDelta::days(3)).abs() < TimeDelta::hours(1), "{at}");
            break;
        }
        app.pass(60);
    }
}

#[actix_web::test]
async fn a_letter_whose_link_has_run_out_is_not_sent() {
    let app = TestApp::start().await;
    let end = app.clock.now() + TimeDelta::minutes(30);
    let id = send(&app, letter("One").useless_after(end));
    app.pass(30 * 60);
    assert!(claim(&app).is_empty());
    assert!(matches!(fate(&app, id), Fate::GivenUp { reason, .. } if reason.contains("link ran out")));
}

#[actix_web::test]
async fn a_letter_can_be_taken_back_until_it_is_under_way() {
    let app = TestApp::start().await;
    let (one, two) = (send(&app, letter("One")), send(&app, letter("Two")));
    assert!(app.write(|tx| Ok(letters::withdraw(tx, one)?)));
    let claimed = claim(&app);
    assert_eq!(claimed.iter().map(|claimed| claimed.letter.id).collect::<Vec<_>>(), [two]);
    assert!(!app.write(|tx| Ok(letters::withdraw(tx, two)?)));
    assert!(matches!(fate(&app, one), Fate::GivenUp { .. }));
}

#[actix_web::test]
async fn a_thousand_requests_for_one_address_are_three_letters_an_hour_and_the_newest_waits() {
    let app = TestApp::start().await;
    let mut sent = Vec::new();
    for n in 0..1000 {
        send(&app, letter(&format!("Reset {n}")).of_kind(Kind::Reset));
        for claimed in claim(&app) {
            app.write(|tx| Ok(letters::delivered(tx, &claimed.letter, false)?));
            sent.push((app.clock.now(), claimed.letter.subject));
        }
        app.pass(10);
    }
    let hour = TimeDelta::hours(1);
    for (at, _) in &sent {
        assert!(sent.iter().filter(|(other, _)| *other > *at - hour && other <= at).count() <= 3, "{sent:?}");
    }
    assert!(sent.len() >= 8, "{} letters in 10,000 seconds", sent.len());
    let waiting = app.number("SELECT COUNT(*) FROM letters WHERE state = 'waiting'");
    assert!(waiting <= 1, "{waiting} wait");
    app.pass(3600);
    let last = claim(&app).pop().map(|claimed| claimed.letter.subject);
    assert!(waiting == 0 || last.as_deref() == Some("Reset 999"), "{last:?}");
}

#[actix_web::test]
async fn invitations_to_one_address_are_never_held_back() {
    let app = TestApp::start().await;
    for n in 0..8 {
        send(&app, letter(&format!("Invitation {n}")).of_kind(Kind::Invitation));
    }
    assert_eq!(claim(&app).len(), 8);
}

#[actix_web::test]
async fn who_waits_for_a_link_does_not_wait_for_a_batch() {
    let app = TestApp::start().await;
    for n in 0..60 {
        send(&app, letter(&format!("Notice {n}")));
    }
    send(&app, letter("Reset").of_kind(Kind::Reset));
    assert_eq!(claim(&app)[0].letter.subject, "Reset");
}

#[actix_web::test]
async fn the_bell_rings_after_the_commit_of_a_letter_and_after_nothing_else() {
    let app = TestApp::start().await;
    let bell = app.services.db.bell();
    let undone: Result<(), _> = app.try_write(|tx| {
        letters::send(tx, letter("One"))?;
        Err(kinbridge::domain::Refusal::NotHere)
    });
    assert!(undone.is_err() && !bell.has_changed().unwrap());
    app.write(|_| Ok(()));
    assert!(!bell.has_changed().unwrap());
    app.write(|tx| {
        tx.attempt(|tx| letters::send(tx, letter("Two")))?;
        assert!(!bell.has_changed().unwrap(), "not before the commit");
        Ok(())
    });
    assert!(bell.has_changed().unwrap());
}
