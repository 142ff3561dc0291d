//! A running portal: what machines ask of it, what hostile clients send it, and what it survives.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use diesel::prelude::*;

use crate::program::{Folder, Portal, free_address, kinbridge};

#[test]
fn a_healthy_portal_is_live_and_ready_and_says_no_more() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let (status, live) = portal.get("/healthz").unwrap();
    assert_eq!((status, body(&live)), (200, "ok\n"));
    let (status, ready) = portal.get("/readyz").unwrap();
    assert_eq!((status, body(&ready)), (200, "ready\n"));
}

#[test]
fn a_database_from_a_newer_version_turns_ready_red_and_leaves_live_green() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let mut conn = database(&folder);
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')";
    diesel::sql_query(later).execute(&mut conn).unwrap();
    let (status, answer) = portal.get("/readyz").unwrap();
    assert_eq!((status, body(&answer)), (503, "not ready\n"));
    assert_eq!(portal.get("/healthz").unwrap().0, 200);
    let (_, _, said) = portal.stop();
    assert!(said.contains("not ready") && said.contains("tables"), "the log says why: {said}");
}

#[test]
fn a_witness_of_another_key_turns_ready_red() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let mut conn = database(&folder);
    diesel::sql_query("UPDATE installation SET value = '01ff' WHERE name = 'sealing witness'")
        .execute(&mut conn)
        .unwrap();
    assert_eq!(portal.get("/readyz").unwrap().0, 503);
}

#[test]
fn measurements_are_for_this_machine_only_and_not_through_a_proxy_on_it() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    portal.get("/nowhere/at-all?secret=canary").unwrap();
    let (status, answer) = portal.get("/metrics").unwrap();
    assert_eq!(status, 200);
    assert!(
        answer.contains("kinbridge_http_requests_total{method=\"GET\",route=\"-\",status=\"404\"}"),
        "{answer}"
    );
    assert!(!answer.contains("canary") && !answer.contains("nowhere"), "{answer}");
    let proxied = portal.ask(&head("GET /metrics", "X-Forwarded-For: 192.0.2.9\r\n")).unwrap();
    assert!(proxied.starts_with("HTTP/1.1 404"), "{proxied}");
}

#[test]
fn measurements_with_a_token_are_for_its_holder() {
    let folder = Folder::new();
    let token = "a-token-of-32-characters-or-more-yes";
    let key = folder.path().join("key");
    kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]).output().unwrap();
    let address = free_address();
    let mut command = kinbridge(&["serve"]);
    command
        .env("KINBRIDGE_LISTEN", address.to_string())
        .env("KINBRIDGE_DATA", folder.path().join("data"))
        .env("KINBRIDGE_SEALING_KEY_FILE", key)
        .env("KINBRIDGE_METRICS_TOKEN", token);
    let portal = Portal::start(command, address);
    assert_eq!(portal.get("/metrics").unwrap().0, 404);
    let holder = portal.ask(&head("GET /metrics", &format!("Authorization: Bearer {token}\r\n"))).unwrap();
    assert!(holder.starts_with("HTTP/1.1 200"), "{holder}");
    assert_eq!(portal.get("/mailbox").unwrap().0, 404, "the mailbox is the demo's");
}

#[test]
fn the_mailbox_is_not_shown_through_a_proxy() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    assert_eq!(portal.get("/mailbox").unwrap().0, 200);
    let proxied = portal.ask(&head("GET /mailbox", "X-Forwarded-For: 192.0.2.9\r\n")).unwrap();
    assert!(proxied.starts_with("HTTP/1.1 404"), "{proxied}");
}

#[test]
fn the_log_has_the_route_and_never_the_path_or_what_was_sent() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    portal.get("/canary-path?q=canary-query%0d%0aINFO+forged").unwrap();
    portal.ask(&head(
        "GET /sign-in?next=canary-next",
        "User-Agent: canary-agent\r\nCookie: kinbridge=canary\r\n",
    ));
    portal.ask(&head("CANARY /healthz", ""));
    let (_, _, said) = portal.stop();
    assert!(!said.to_lowercase().contains("canary"), "{said}");
    assert!(said.contains("method=\"GET\"") && said.contains("status=404"), "{said}");
    assert!(!said.contains("\nINFO forged"), "{said}");
}

#[test]
fn after_kill_9_it_starts_again_with_everything_it_had() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let before = accounts(&folder);
    portal.kill_9();
    for _ in 0..3 {
        let portal = Portal::demo(&folder);
        assert_eq!(portal.get("/readyz").unwrap().0, 200);
        assert_eq!(accounts(&folder), before);
        portal.kill_9();
    }
    let mut conn = database(&folder);
    let sound: Vec<Line> = diesel::sql_query("SELECT integrity_check AS line FROM pragma_integrity_check")
        .load(&mut conn)
        .unwrap();
    assert_eq!(sound.first().map(|line| line.line.as_str()), Some("ok"));
}

#[test]
fn a_request_under_way_is_answered_before_the_portal_ends() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let mut stream = TcpStream::connect(portal.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let form = "email=a%40b.example&password=teapot";
    let lines =
        format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", form.len());
    let origin = format!("{lines}Origin: http://{}\r\n", portal.address);
    let (first, rest) = form.split_at(9);
    stream.write_all(format!("{}{first}", head("POST /sign-in", &origin)).as_bytes()).unwrap();
    // Connections are taken in their order: when later ones are answered, this one is being read.
    for _ in 0..4 {
        assert_eq!(portal.get("/healthz").unwrap().0, 200);
    }
    portal.ask_to_stop();
    while TcpStream::connect(portal.address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    // The form has no token, which only the handler's own argument finds out.
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let (code, took, said) = portal.ended();
    assert_eq!(code, 0, "{said}");
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn localhost_leads_to_the_address_that_forms_are_taken_from() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let port = portal.address.port();
    let ask = |path: &str| {
        portal
            .ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"))
            .unwrap()
    };
    let answer = ask("/sign-in?next=/x");
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains(&format!("location: http://127.0.0.1:{port}/sign-in?next=/x\r\n")), "{answer}");
    assert!(ask("//evil.test/").contains(&format!("location: http://127.0.0.1:{port}//evil.test/\r\n")));
    assert!(ask("/healthz").starts_with("HTTP/1.1 200"), "machines are answered where they ask");
}

/// Requests that two servers in a row could read differently, and others that make no sense.
fn smuggled() -> Vec<String> {
    let heads = [
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\nabcde",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nabcde",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nabcde",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST /sign-in HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\n X-Folded: y\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\n: nameless\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Nul: a\0b\r\n\r\n",
        "GET /sign-in HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET  /sign-in HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /sign in HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03",
    ];
    heads.map(str::to_owned).into()
}

#[test]
fn no_raw_request_is_read_as_two() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let second = head("GET /readyz", "");
    let mut accepted = Vec::new();
    for request in smuggled() {
        let answer = portal.send(format!("{request}{second}").as_bytes()).unwrap_or_default();
        let answers = answer.matches("HTTP/1.1 ").count();
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 400");
        if answers > 1 || !refused {
            accepted.push((request, answer.lines().next().unwrap_or_default().to_owned(), answers));
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
}

#[test]
fn hostile_input_is_refused_and_the_next_visitor_is_served() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let before = memory(&portal);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";
    let many = "X-Many: y\r\n".repeat(1000);
    let fields = "a=1&".repeat(60_000);
    let cases = [
        (
            "an announced body of 100 MB",
            head("POST /sign-in", &format!("{form}Content-Length: 104857600\r\n")),
        ),
        ("a cookie of 1 MB", head("GET /sign-in", &format!("Cookie: kinbridge={}\r\n", "a".repeat(1 << 20)))),
        ("a path of 1 MB", head(&format!("GET /{}", "a".repeat(1 << 20)), "")),
        ("1,000 head lines", head("GET /sign-in", &many)),
        (
            "60,000 fields",
            format!(
                "{}{fields}",
                head("POST /sign-in", &format!("{form}Content-Length: {}\r\n", fields.len()))
            ),
        ),
        ("unreadable path", head("GET /sign-in/%ff%fe%00", "")),
        ("unreadable query", head("GET /sign-in?next=%ff%00%zz", "")),
        ("numbers beyond all", head("GET /org/9999999999999999999999/residents", "")),
        ("a negative number", head("GET /org/-9223372036854775808/residents", "")),
    ];
    for (name, request) in cases {
        let answer = portal.send(request.as_bytes()).unwrap_or_default();
        assert!(!answer.starts_with("HTTP/1.1 5"), "{name}: {}", answer.lines().next().unwrap_or_default());
        assert_eq!(portal.get("/healthz").unwrap().0, 200, "{name}");
    }
    let more = memory(&portal).saturating_sub(before);
    assert!(more <= 32 * 1024, "{more} KiB more after hostile input");
    let (code, _, said) = portal.stop();
    assert_eq!(code, 0);
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_client_that_never_finishes_its_head_is_let_go() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let mut slow = TcpStream::connect(portal.address).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(25))).unwrap();
    let started = Instant::now();
    let mut answer = Vec::new();
    let ended = slow.read_to_end(&mut answer);
    assert!(ended.is_ok(), "the connection is still open after {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_lies_in_the_folder_cannot_be_fetched() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let wanted =
        ["/.git/config", "/.env", "/kinbridge.db", "/db/kinbridge.db", "/keys/sealing.key", "/Cargo.toml"];
    let ways =
        ["", "/static/..", "/static/x/..%2f..", "/static/00000000/%2e%2e/%2e%2e", "/static/00000000/..%5c.."];
    for path in wanted.iter().flat_map(|file| ways.map(|way| format!("{way}{file}"))) {
        let (status, _) = portal.get(&path).unwrap();
        assert!(matches!(status, 303 | 400 | 404), "{path}: {status}");
    }
}

/// Only where `KINBRIDGE_TEST_POSTGRES` is set; `left_out` says so.
#[test]
fn on_postgres_a_portal_comes_back_after_its_connections_were_cut() {
    let Ok(server) = std::env::var("KINBRIDGE_TEST_POSTGRES") else { return };
    let name = format!("kinbridge_operation_{}", std::process::id());
    let mut admin = PgConnection::establish(&server).unwrap();
    diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut admin).unwrap();
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let folder = Folder::new();
    let key = folder.path().join("key");
    kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]).output().unwrap();
    let configured = |arguments: &[&str]| {
        let mut command = kinbridge(arguments);
        command.env("DATABASE_URL", &url).env("KINBRIDGE_SEALING_KEY_FILE", &key);
        command
    };
    let address = free_address();
    let mut serve = configured(&["serve"]);
    serve.env("KINBRIDGE_LISTEN", address.to_string());
    let portal = Portal::start(serve, address);
    assert_eq!(portal.get("/readyz").unwrap().0, 200);
    for _ in 0..5 {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        diesel::sql_query(cut).bind::<diesel::sql_types::Text, _>(&name).execute(&mut admin).unwrap();
        let cut_at = Instant::now();
        while portal.get("/readyz").unwrap().0 != 200 {
            assert!(cut_at.elapsed() < Duration::from_secs(5), "not ready again after five seconds");
        }
    }
    let (code, said, _) = crate::program::finished(&mut configured(&["check"]));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ok      durability"), "{said}");
    let (code, _, log) = portal.stop();
    assert_eq!(code, 0);
    assert!(!log.contains(&url), "the address of the database is in the log");
    diesel::sql_query(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut admin).unwrap();
}

fn head(request: &str, lines: &str) -> String {
    format!("{request} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}Connection: close\r\n\r\n")
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn database(folder: &Folder) -> SqliteConnection {
    let file = folder.path().join("demo/db/kinbridge.db");
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    diesel::sql_query("PRAGMA busy_timeout=5000").execute(&mut conn).unwrap();
    conn
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Every account, in order.
fn accounts(folder: &Folder) -> Vec<String> {
    let rows = diesel::sql_query("SELECT email AS line FROM accounts ORDER BY id");
    let rows: Vec<Line> = rows.load(&mut database(folder)).unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// The process's memory in KiB.
pub fn memory(portal: &Portal) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", portal.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
