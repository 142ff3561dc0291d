//! Everything that a mail server can do wrong: what is told to whom, and that nothing ever goes in clear (ML-2).

use std::net::SocketAddr;
use std::time::Duration;

use chrono::TimeDelta;
use kinbridge::config::{Encryption, MailServer};
use kinbridge::domain::letters::Fate;

use super::server::{At, Fake, Fault, PASSWORD, settings};
use super::{deliver, fate, portal, send, trouble};
use crate::support::TestApp;

/// Only what precedes encryption may be seen on the way.
fn assert_nothing_in_clear(server: &Fake) {
    let clear = server.clear();
    for line in clear.lines() {
        let early = ["EHLO", "STARTTLS", "QUIT"].iter().any(|word| line.starts_with(word));
        assert!(early, "{line:?} went in clear");
    }
    assert!(!clear.contains(PASSWORD) && !clear.contains("reader") && !clear.contains("AUTH"), "{clear}");
}

#[actix_web::test]
async fn a_letter_goes_encrypted_and_signed_in_both_ways() {
    for encryption in [Encryption::StartTls, Encryption::Tls] {
        let server = Fake::encrypted_as(encryption);
        let app = portal(&server, encryption).await;
        let ids = [send(&app, 1), send(&app, 2)];
        deliver(&app).await;
        deliver(&app).await;
        let taken = server.taken();
        assert_eq!(taken.len(), 2, "{:?}", trouble(&app));
        for one in &taken {
            assert!(one.encrypted && one.signed_in);
            assert_eq!(one.from, "<portal@kinbridge.example>");
            assert_eq!(one.header("auto-submitted").as_deref(), Some("auto-generated"));
            assert_eq!(
                one.header("from").as_deref(),
                Some("\"Willow House Group via Kinbridge\" <portal@kinbridge.example>")
            );
            assert!(one.header("message-id").unwrap().ends_with("@kinbridge.example>"));
            assert!(one.header("date").unwrap().starts_with("Sun, 22 Nov 2026"));
            assert!(one.header("content-type").unwrap().starts_with("multipart/alternative"));
        }
        assert_eq!(taken[0].to, ["<reader1@family.example>"]);
        assert!(ids.iter().all(|id| matches!(fate(&app, *id), Fate::Sent { .. })));
        assert_eq!(server.connections(), 1, "one connection carries both");
        assert_nothing_in_clear(&server);
    }
}

#[actix_web::test]
async fn a_refused_address_is_told_with_its_reason_and_is_not_asked_again() {
    for (at, said, reason) in [
        (At::Recipient, "550 5.1.1 <reader1@family.example>: User unknown", "The address does not exist."),
        (At::Recipient, "552 5.2.2 over quota", "The mailbox is full."),
        (At::Body, "550 5.7.1 blocked", "The receiving mail system does not accept letters from us."),
        (At::Body, "552 5.3.4 too big", "The letter is too large for the mailbox."),
    ] {
        let server = Fake::start();
        let app = portal(&server, Encryption::StartTls).await;
        server.fail(at, Fault::Say(said), 1);
        let (bad, good) = (send(&app, 1), send(&app, 2));
        deliver(&app).await;
        let Fate::Refused { reason: told, .. } = fate(&app, bad) else { panic!("{:?}", fate(&app, bad)) };
        assert_eq!(told, reason);
        assert!(matches!(fate(&app, good), Fate::Sent { .. }), "the next letter is not held up");
        assert_eq!((server.taken().len(), trouble(&app)), (1, None));
        app.pass(86_400);
        deliver(&app).await;
        assert_eq!(server.taken().len(), 1);
        assert_nothing_in_clear(&server);
    }
}

#[actix_web::test]
async fn a_letter_that_is_put_off_comes_again_and_arrives_once() {
    for (at, said) in [
        (At::Recipient, "450 4.2.0 greylisted"),
        (At::Recipient, "452 4.2.2 no room"),
        (At::Data, "451 4.3.0 later"),
        (At::Body, "452 4.3.1 no room"),
    ] {
        let server = Fake::start();
        let app = portal(&server, Encryption::StartTls).await;
        server.fail(at, Fault::Say(said), 2);
        let id = send(&app, 1);
        for minutes in [0, 1, 2] {
            app.pass(minutes * 60);
            deliver(&app).await;
            assert_eq!(trouble(&app), None, "one address is no trouble with mail");
        }
        assert!(matches!(fate(&app, id), Fate::Sent { .. }), "{said}: {:?}", fate(&app, id));
        assert_eq!(server.by_id().into_values().collect::<Vec<_>>(), [1]);
        assert_nothing_in_clear(&server);
    }
}

#[actix_web::test]
async fn what_is_wrong_with_the_server_is_no_letters_fault() {
    for (at, fault, kind) in [
        (At::Greeting, Fault::Say("554 no"), "turned away"),
        (At::Greeting, Fault::Say("421 too many"), "busy"),
        (At::Greeting, Fault::Silent, "silent"),
        (At::Greeting, Fault::Endless, "silent"),
        (At::Hello, Fault::Silent, "silent"),
        (At::Hello, Fault::Close, "silent"),
        (At::StartTls, Fault::Say("454 4.7.0 not now"), "not encrypted"),
        (At::StartTls, Fault::Silent, "not encrypted"),
        (At::Auth, Fault::Say("535 5.7.8 wrong"), "sign-in refused"),
        (At::Auth, Fault::Say("454 4.7.0 not now"), "busy"),
        (At::Auth, Fault::Silent, "silent"),
        (At::Sender, Fault::Say("550 5.7.1 not yours"), "sender refused"),
        (At::Sender, Fault::Say("451 4.3.0 later"), "busy"),
        (At::Sender, Fault::Endless, "silent"),
        (At::Recipient, Fault::Say("421 4.3.2 shutting down"), "busy"),
        (At::Recipient, Fault::Say("554 5.7.1 Relay access denied"), "no relay"),
    ] {
        let server = Fake::start();
        let app = portal(&server, Encryption::StartTls).await;
        server.fail(at, fault, 99);
        let ids = [send(&app, 1), send(&app, 2), send(&app, 3)];
        deliver(&app).await;
        let open = trouble(&app).unwrap_or_else(|| panic!("{at:?} {fault:?}: no trouble"));
        assert_eq!(open.kind, kind, "{at:?} {fault:?}: {open:?}");
        assert!(open.words.contains("localhost") && open.repair.len() > 20, "{open:?}");
        assert!(ids.iter().all(|id| matches!(fate(&app, *id), Fate::Waiting { .. })));
        let before = server.connections();
        deliver(&app).await;
        assert_eq!(server.connections(), before, "it is not asked again before its time");
        server.work_again();
        app.pass(60);
        deliver(&app).await;
        assert_eq!(trouble(&app), None);
        assert_eq!(server.by_id().into_values().collect::<Vec<_>>(), [1, 1, 1]);
        assert_nothing_in_clear(&server);
    }
}

#[actix_web::test]
async fn a_letter_whose_answer_was_lost_comes_again_under_the_same_id() {
    for fault in [Fault::Close, Fault::Silent, Fault::Endless] {
        let server = Fake::start();
        let app = portal(&server, Encryption::StartTls).await;
        server.fail(At::Body, fault, 1);
        let id = send(&app, 1);
        deliver(&app).await;
        assert!(matches!(fate(&app, id), Fate::Waiting { .. }));
        app.pass(60);
        deliver(&app).await;
        assert!(matches!(fate(&app, id), Fate::Sent { .. }));
        assert_eq!(server.by_id().into_values().collect::<Vec<_>>(), [2], "one message, seen twice");
    }
}

#[actix_web::test]
async fn a_server_that_hangs_on_every_letter_is_soon_left_alone() {
    let server = Fake::start();
    let app = portal(&server, Encryption::StartTls).await;
    server.fail(At::Recipient, Fault::Close, 10_000);
    for n in 0..40 {
        send(&app, n);
    }
    deliver(&app).await;
    assert_eq!(trouble(&app).unwrap().kind, "silent");
    assert!(server.connections() <= 12, "{} connections", server.connections());
}

#[actix_web::test]
async fn a_certificate_that_cannot_be_trusted_stops_everything_before_a_word() {
    for (certificate, part) in [("expired", "run out"), ("other", "another name"), ("self", "not trusted")] {
        for encryption in [Encryption::StartTls, Encryption::Tls] {
            let server = Fake::with(SocketAddr::from(([127, 0, 0, 1], 0)), encryption, certificate);
            let app = portal(&server, encryption).await;
            let id = send(&app, 1);
            deliver(&app).await;
            let open = trouble(&app).unwrap();
            assert!(open.words.contains(part), "{certificate}: {open:?}");
            assert!(matches!(fate(&app, id), Fate::Waiting { .. }));
            assert!(server.taken().is_empty());
            assert_nothing_in_clear(&server);
        }
    }
}

#[actix_web::test]
async fn without_starttls_nothing_is_sent() {
    let server = Fake::start();
    server.strip_starttls();
    let app = portal(&server, Encryption::StartTls).await;
    send(&app, 1);
    deliver(&app).await;
    assert!(trouble(&app).unwrap().words.contains("offers no STARTTLS"));
    assert!(server.taken().is_empty());
    assert_nothing_in_clear(&server);
}

#[actix_web::test]
async fn what_is_said_in_clear_before_encryption_counts_for_nothing_after_it() {
    let server = Fake::start();
    let app = portal(&server, Encryption::StartTls).await;
    // Somebody on the way appends answers to the one that is still in clear.
    server.fail(At::StartTls, Fault::Say("220 go ahead\r\n250-forged\r\n250 AUTH LOGIN"), 1);
    let id = send(&app, 1);
    deliver(&app).await;
    assert!(server.taken().is_empty() && trouble(&app).is_some());
    assert!(matches!(fate(&app, id), Fate::Waiting { .. }));
    assert_nothing_in_clear(&server);
}

#[actix_web::test]
async fn a_dead_server_is_asked_a_few_times_an_hour_and_not_once_a_letter() {
    // Nobody listens at this port once it is free again.
    let server = Fake::start();
    let port = server.address.port();
    drop(server);
    let settings = settings(port, Encryption::StartTls);
    let app = TestApp::start_with(|config| config.mail_server = Some(settings)).await;
    for n in 0..300 {
        send(&app, n);
    }
    for _ in 0..60 {
        deliver(&app).await;
        app.pass(60);
    }
    let open = trouble(&app).unwrap();
    assert_eq!(open.kind, "unreachable");
    assert!(open.tries <= 10, "{} tries in an hour", open.tries);
    let asked = app.number("SELECT SUM(attempts) FROM letters");
    assert!(asked <= 16 + i64::from(open.tries), "{asked} claims");
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE state = 'waiting'"), 300);
    assert_eq!(open.began_at, app.clock.now() - TimeDelta::hours(1));
}

#[actix_web::test]
async fn pages_are_answered_while_the_mail_server_is_silent() {
    let server = Fake::start();
    let settings = MailServer { patience: Duration::from_secs(6), ..server.settings(Encryption::StartTls) };
    let app = TestApp::start_with(|config| config.mail_server = Some(settings)).await;
    server.fail(At::Greeting, Fault::Silent, 99);
    send(&app, 1);
    let looked = async {
        for _ in 0..5 {
            assert_eq!(
                app.as_super().get(&kinbridge::links::settings_people(app.cast.willow)).await.status,
                200
            );
        }
        send(&app, 2);
        server.taken().len()
    };
    let hanging = deliver(&app);
    tokio::pin!(hanging);
    tokio::select! {
        () = &mut hanging => panic!("the mail server answered before five pages were"),
        taken = looked => assert_eq!(taken, 0),
    }
    hanging.await;
    assert_eq!(trouble(&app).unwrap().kind, "silent");
}
