//! A mail server that is down for an hour, and a sender that dies on the way: every letter arrives, once (ML-1).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use kinbridge::config::Encryption;
use kinbridge::db::{Db, Target};
use kinbridge::domain::Refusal;
use kinbridge::domain::letters::{self, Kind, Letter, Recipient};
use kinbridge::jobs::deliver_letters;
use kinbridge::kit::clock::Clock;
use kinbridge::mail::Rendered;

use super::server::{At, Fake, Fault, PASSWORD, settings};
use super::{certificates, deliver, send, trouble};
use crate::program::{Folder, Portal, finished, free_address, kinbridge};
use crate::support::TestApp;

const INVITATIONS: usize = 200;

#[actix_web::test]
async fn after_an_hour_without_a_server_and_twenty_deaths_each_invitation_has_arrived_once() {
    let server = Fake::start();
    let (address, port) = (server.address, server.address.port());
    drop(server);
    let settings = settings(port, Encryption::StartTls);
    let app = TestApp::start_with(|config| config.mail_server = Some(settings)).await;
    for n in 0..INVITATIONS {
        send(&app, n);
    }
    for _ in 0..60 {
        deliver(&app).await;
        app.pass(60);
    }
    assert!(trouble(&app).is_some());
    let server = Fake::with(address, Encryption::StartTls, "good");
    app.pass(600);
    for death in 1..=20 {
        tokio::select! {
            done = deliver_letters::run(&app.services) => done.unwrap(),
            () = server.has_taken(death * 9) => {}
        }
        under_way_ends(&app, &server).await;
        // What the dead one had claimed and not tried is free again after its lease.
        app.pass(300);
    }
    while app.number("SELECT COUNT(*) FROM letters WHERE state <> 'delivered'") > 0 {
        deliver(&app).await;
        app.pass(300);
    }
    let by_id = server.by_id();
    assert_eq!(by_id.len(), INVITATIONS);
    let twice: Vec<_> = by_id.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert_eq!(trouble(&app), None);
}

/// A lease is longer than any letter takes, which the hand-set clock does not know.
async fn under_way_ends(app: &TestApp, server: &Fake) {
    let mut before = usize::MAX;
    loop {
        tokio::time::sleep(Duration::from_millis(40)).await;
        let taken = server.taken().len();
        let settled = app.number("SELECT COUNT(*) FROM letters WHERE state = 'delivered'");
        if taken == before && i64::try_from(taken).unwrap() == settled {
            return;
        }
        before = taken;
    }
}

#[test]
fn a_program_that_is_killed_again_and_again_delivers_everything() {
    const DEATHS: usize = 5;
    let server = Fake::start();
    let folder = Folder::new();
    let key = folder.path().join("key");
    kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]).output().unwrap();
    let serve = |command: &str, address: SocketAddr| {
        let mut command = kinbridge(&[command]);
        command
            .env("KINBRIDGE_LISTEN", address.to_string())
            .env("KINBRIDGE_DATA", folder.path().join("data"))
            .env("KINBRIDGE_SEALING_KEY_FILE", &key)
            .env("KINBRIDGE_SMTP_HOST", "localhost")
            .env("KINBRIDGE_SMTP_PORT", server.address.port().to_string())
            .env("KINBRIDGE_SMTP_USER", "portal")
            .env("KINBRIDGE_SMTP_PASSWORD", PASSWORD)
            .env("KINBRIDGE_SMTP_CA_FILE", certificates::file("ca.pem"))
            .env("KINBRIDGE_MAIL_FROM", "portal@kinbridge.example");
        command
    };
    let (code, said, wrong) = finished(&mut serve("migrate", free_address()));
    assert_eq!(code, 0, "{said}{wrong}");
    let target = Target::Sqlite(folder.path().join("data/kinbridge.db"));
    let db = Db::open(target, Clock::System).unwrap();
    db.write_now(|tx| {
        for n in 0..INVITATIONS {
            let to = Recipient { name: "Reader".into(), email: format!("reader{n}@family.example") };
            let rendered =
                Rendered { subject: format!("Letter {n}"), text: "Dear".into(), html: "<p>".into() };
            letters::send(tx, Letter::new(None, &to, rendered).of_kind(Kind::Invitation))?;
        }
        Ok::<_, Refusal>(())
    })
    .unwrap();
    for death in 1..=DEATHS {
        let address = free_address();
        let portal = Portal::start(serve("serve", address), address);
        wait_for(|| server.taken().len() >= death * 25);
        portal.kill_9();
        // As if the five minutes of its lease were over.
        let over = "UPDATE letters SET next_attempt_at = created_at WHERE state = 'sending'";
        db.write_now(|tx| Ok::<_, Refusal>(diesel::sql_query(over).execute(tx.conn)?)).unwrap();
    }
    let address = free_address();
    let portal = Portal::start(serve("serve", address), address);
    wait_for(|| server.by_id().len() == INVITATIONS);
    let (code, _, log) = portal.stop();
    assert_eq!(code, 0, "{log}");
    assert!(!log.contains("reader") && !log.contains(PASSWORD), "{log}");
    let repeated: usize = server.by_id().values().map(|times| times - 1).sum();
    // At most what was between the server's answer and the commit when it died.
    assert!(repeated <= DEATHS * 4, "{repeated} repeated");
    println!("{INVITATIONS} letters, {DEATHS} deaths: {repeated} came twice, each under its own id");
}

fn wait_for(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_mins(1), "it does not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[actix_web::test]
async fn only_a_letter_whose_answer_was_lost_is_repeated_and_under_its_own_id() {
    let server = Fake::start();
    let app = super::portal(&server, Encryption::StartTls).await;
    for n in 0..40 {
        send(&app, n);
    }
    server.fail(At::Body, Fault::Close, 2);
    for _ in 0..10 {
        deliver(&app).await;
        app.pass(120);
    }
    let by_id = server.by_id();
    assert_eq!(by_id.len(), 40);
    assert_eq!(by_id.values().filter(|times| **times == 2).count(), 2);
    assert_eq!(by_id.values().sum::<usize>(), 42);
}
