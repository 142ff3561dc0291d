//! Many at once, and a process that is killed: every act that was acknowledged is there, and the chain is whole
//! (DB-2, DB-5).

#![cfg(test)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use kinbridge::db::Db;
use kinbridge::domain::access::{ManagePlaces, Scope, ViewResidents};
use kinbridge::domain::{Refusal, audit, organisations, residents};
use kinbridge::kit::ids::PlaceId;

use crate::program::{Folder, Portal, free_address, kinbridge};
use crate::residents::{add, facts};
use crate::support::TestApp;

const WRITERS: usize = 16;
const EACH: usize = 25;

#[actix_web::test]
async fn sixteen_writers_in_two_processes_and_readers_beside_them_all_get_their_turn() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, app.cast.clone());
    let betty = add(&app, willow, &facts(cast.willow_house, None, "Betty", "Cole", "5"));
    let before = app.number("SELECT COUNT(*) FROM audit_events");
    let first = app.services.db.clone();
    // A second set of connections stands for a second process.
    let second = Db::open(first.target().clone(), app.clock.clone()).unwrap();
    let slowest = AtomicUsize::new(0);
    let timed = |act: &dyn Fn() -> Result<(), Refusal>| {
        let started = Instant::now();
        act().expect("nobody is turned away");
        slowest.fetch_max(started.elapsed().as_millis().try_into().unwrap(), Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let db = if writer % 2 == 0 { first.clone() } else { second.clone() };
            let timed = &timed;
            scope.spawn(move || {
                let scope = Scope::<ManagePlaces>::for_the_portal(willow);
                for n in 0..EACH {
                    let name = format!("Wing {writer} of {n}");
                    timed(&|| db.write_now(|tx| organisations::add_home(tx, &scope, &name).map(drop)));
                }
            });
        }
        for _ in 0..4 {
            let (db, timed) = (second.clone(), &timed);
            scope.spawn(move || {
                let scope = Scope::<ViewResidents>::for_the_portal(willow);
                for _ in 0..EACH * 2 {
                    timed(&|| db.read_now(|conn| residents::get(conn, &scope, betty).map(drop)));
                }
            });
        }
    });
    let written = i64::try_from(WRITERS * EACH).unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events"), before + written);
    assert_eq!(app.number("SELECT COUNT(*) FROM places WHERE name LIKE 'Wing %'"), written);
    assert_eq!(app.read(|conn| Ok(audit::verify(conn)?)), Ok(before + written));
    let slowest = slowest.into_inner();
    assert!(slowest < 5000, "{slowest} ms");
    println!("{written} acts and their events, 0 refused, the slowest took {slowest} ms");
}

/// A transaction that ends with an error, or whose thread panics, leaves nothing and holds nobody up.
#[actix_web::test]
async fn a_writer_that_breaks_off_leaves_nothing_and_holds_nobody_up() {
    let app = TestApp::start().await;
    let scope = Scope::<ManagePlaces>::for_the_portal(app.cast.willow);
    let before = app.digest();
    for n in 0..20 {
        let (db, scope) = (app.services.db.clone(), scope.clone());
        let broken = std::thread::spawn(move || {
            db.write_now(|tx| -> Result<PlaceId, Refusal> {
                let made = organisations::add_home(tx, &scope, "Half made")?;
                if n % 2 == 0 {
                    // A panic that is not printed.
                    std::panic::resume_unwind(Box::new("a writer that panics"));
                }
                assert!(made.0 > 0);
                Err(Refusal::NotHere)
            })
        });
        let ended = broken.join();
        assert!(matches!(ended, Err(_) | Ok(Err(Refusal::NotHere))));
    }
    assert_eq!(app.digest(), before);
    app.write(|tx| organisations::add_home(tx, &scope, "Whole"));
    assert!(app.read(|conn| Ok(audit::verify(conn)?)).is_ok());
}

/// One wrong try of a password, which is counted before it is answered. Whether it was.
pub(crate) fn guess(address: SocketAddr, cookie: &str, token: &str, email: &str) -> Option<bool> {
    let body = format!("csrf={token}&email={email}&password=not+the+one");
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    Some(&answer == b"HTTP/1.1 401")
}

/// A browser's cookie and the token of its forms.
pub(crate) fn browser(portal: &Portal) -> (String, String) {
    let (_, page) = portal.get("/sign-in").unwrap();
    let cookie =
        page.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).unwrap().to_owned();
    let seed = cookie.split_once('=').unwrap().1;
    let token = kinbridge::kit::secret::keyed_fingerprint(seed, "form");
    (cookie, token)
}

pub(crate) fn start(folder: &Folder) -> Portal {
    let key = folder.path().join("key");
    if !key.is_file() {
        kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]).output().unwrap();
    }
    let address = free_address();
    let mut command = kinbridge(&["serve"]);
    command
        .env("KINBRIDGE_LISTEN", address.to_string())
        .env("KINBRIDGE_DATA", folder.path().join("data"))
        .env("KINBRIDGE_SEALING_KEY_FILE", key)
        .env("KINBRIDGE_SIGN_INS_PER_ADDRESS", "100000")
        .env("KINBRIDGE_LOG_LEVEL", "error");
    Portal::start(command, address)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::Text)]
    found: String,
}

#[test]
fn what_was_acknowledged_survives_kill_9_under_eight_writers() {
    let folder = Folder::new();
    let acknowledged = AtomicUsize::new(0);
    let kills = 50;
    for round in 0..kills {
        let portal = start(&folder);
        let (cookie, token) = browser(&portal);
        let (address, cookie, token, acknowledged) = (portal.address, &cookie, &token, &acknowledged);
        std::thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    for n in 0.. {
                        let email = format!("nobody{round}x{writer}x{n}@example.org");
                        match guess(address, cookie, token, &email) {
                            Some(true) => acknowledged.fetch_add(1, Ordering::SeqCst),
                            Some(false) | None => break,
                        };
                    }
                });
            }
            // Somewhere in the middle of some of them.
            let goal = acknowledged.load(Ordering::SeqCst) + 2 + round % 7;
            let started = Instant::now();
            while acknowledged.load(Ordering::SeqCst) < goal && started.elapsed() < Duration::from_secs(10) {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            portal.kill_9();
        });
    }
    let file = folder.path().join("data/kinbridge.db");
    let portal = start(&folder);
    assert_eq!(portal.get("/readyz").unwrap().0, 200);
    portal.kill_9();
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let mut ask = |query: &str| diesel::sql_query(query).get_result::<Found>(&mut conn).unwrap().found;
    assert_eq!(ask("SELECT integrity_check AS found FROM pragma_integrity_check"), "ok");
    assert_eq!(ask("SELECT CAST(COUNT(*) AS TEXT) AS found FROM pragma_foreign_key_check"), "0");
    let kept: usize = ask(
        "SELECT CAST(COUNT(DISTINCT key) AS TEXT) AS found FROM secret_checks WHERE key LIKE 'account:%'",
    )
    .parse()
    .unwrap();
    let acknowledged = acknowledged.into_inner();
    assert!(acknowledged >= kills * 2, "{acknowledged}");
    assert!(kept >= acknowledged, "{acknowledged} were acknowledged, {kept} are there");
    println!("{kills} kills, {acknowledged} acknowledged, 0 lost");
}
