//! The outbox, and the folder into which letters are written.

use chrono::TimeDelta;
use kinbridge::domain::letters::{self, Letter, LetterState};
use kinbridge::jobs;

use crate::support::TestApp;

fn letter(subject: &str) -> Letter {
    Letter {
        organisation: None,
        to_email: "mary@willow.example".into(),
        to_name: "Mary Jones".into(),
        subject: subject.into(),
        text: "Dear Mary,\n\nhello".into(),
        html: "<p>Dear Mary,</p>".into(),
    }
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
    let mut once = |letter| app.write(|tx| Ok(letters::send_once(tx, "token-expiring/7", letter)?));
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
        Ok(letters::send(tx, letter("Two – später"))?)
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
async fn a_folder_that_cannot_be_written_is_tried_again_in_growing_steps_and_given_up() {
    // A file stands where the folder should be.
    let to = folder();
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(&to, "in the way").unwrap();
    let app = TestApp::start_with(|config| config.mail_folder = Some(to.clone())).await;
    app.write(|tx| Ok(letters::send(tx, letter("One"))?));
    let kept = || app.read(|conn| Ok(letters::list(conn, 10)?)).remove(0);
    jobs::deliver_letters::run(&app.services).await.unwrap();
    assert_eq!((kept().attempts, kept().state), (1, LetterState::Waiting));
    assert_eq!(kept().next_attempt_at, Some(app.clock.now() + TimeDelta::minutes(1)));
    assert!(!kept().last_error.contains("kinbridge-tests"), "{}", kept().last_error);
    jobs::deliver_letters::run(&app.services).await.unwrap();
    assert_eq!(kept().attempts, 1, "not before its time");
    for _ in 0..letters::ATTEMPTS {
        app.pass(3600);
        jobs::deliver_letters::run(&app.services).await.unwrap();
    }
    assert_eq!((kept().attempts, kept().state), (letters::ATTEMPTS, LetterState::Failed));
    std::fs::remove_file(to).unwrap();
}

#[actix_web::test]
async fn a_letter_is_claimed_by_one_process_and_free_again_when_that_died() {
    let app = TestApp::start().await;
    app.write(|tx| Ok(letters::send(tx, letter("One"))?));
    let claim = || app.write(|tx| Ok(letters::claim(tx)?)).is_some();
    assert_eq!([claim(), claim()], [true, false]);
    app.pass(5 * 60);
    assert!(claim());
}
