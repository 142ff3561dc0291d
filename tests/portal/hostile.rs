//! The built program under hostile clients: raw bytes, floods, spoofed addresses (WB-3, WB-8, WB-9, WB-11, WB-12,
//! AV-3). What `operation` asks already is not asked again.

#![cfg(test)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::Method;
use kinbridge::web::routes::{self, Who};

use crate::operation::memory;
use crate::program::{Folder, Portal, free_address, kinbridge};
use crate::support::{PASSWORD, TestApp};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";

/// A second request, hidden in what one reader takes for the first one's body.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// Requests of which two servers in a row may see one or two; each ends with [`HIDDEN`]. Besides those of `operation`.
fn ambiguous() -> Vec<String> {
    let chunked = "Transfer-Encoding: chunked\r\n";
    let post =
        |lines: &str, body: &str| format!("POST /sign-in HTTP/1.1\r\nHost: x\r\n{lines}\r\n{body}{HIDDEN}");
    let length = HIDDEN.len();
    vec![
        post(&format!("{chunked}Content-Length: {length}\r\n"), "0\r\n\r\n"),
        post(&format!("Content-Length: {length}\r\n{chunked}"), "0\r\n\r\n"),
        post(&format!("content-length: 0\r\n{chunked}"), "0\r\n\r\n"),
        post("Content-Length: 0\r\nContent-Length: 34\r\n", ""),
        post("Content-Length: 0,0\r\n", ""),
        post("Content-Length: 0x22\r\n", ""),
        post("Content-Length: 1e1\r\n", ""),
        post("Content-Length: 3 4\r\n", ""),
        post("Content-Length: \u{b}34\r\n", ""),
        post("Content-Length:\r\n", ""),
        post("Content-Length: 18446744073709551616\r\n", ""),
        post("Content-Length\u{0}: 34\r\n", ""),
        post("Content Length: 34\r\n", ""),
        post("Transfer-Encoding: \u{b}chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: identity, chunked, identity\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"),
        post("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post(chunked, "0x0\r\n\r\n"),
        post(chunked, "-1\r\n\r\n"),
        post(chunked, "+0\r\n\r\n"),
        post(chunked, "g\r\n\r\n"),
        post(chunked, "FFFFFFFFFFFFFFFFF\r\n\r\n"),
        post(chunked, "10000000000000000\r\n\r\n"),
        post(chunked, "1\r\nab\r\n0\r\n\r\n"),
        post(chunked, "1\r\na0\r\n\r\n"),
        post(chunked, "\r\n0\r\n\r\n"),
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{HIDDEN}"),
        format!("CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n{HIDDEN}"),
        format!("GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n{HIDDEN}"),
        format!("GET /healthz\r\n\r\n{HIDDEN}"),
        format!("GET /healthz HTTP/1.1\nHost: x\n\u{0}\n\n{HIDDEN}"),
    ]
}

/// WB-8: a well-formed pair of requests is two, so two answers can be told from one.
#[test]
fn what_can_be_read_in_two_ways_is_not_answered_as_two() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let answers = |request: &str| {
        let answer = portal.send(request.as_bytes()).unwrap_or_default();
        (answer.matches("HTTP/1.1 ").count(), answer.lines().next().unwrap_or_default().to_owned())
    };
    let plain = HIDDEN.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    assert_eq!(answers(&format!("{HIDDEN}{plain}")).0, 2);
    let requests = ambiguous();
    let mut wrong = Vec::new();
    for request in &requests {
        let (count, first) = answers(request);
        let refused = count == 0 || first.starts_with("HTTP/1.1 4");
        if count > 1 || !refused {
            wrong.push((request, count, first));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} of {} ambiguous requests refused, none answered as two", requests.len(), requests.len());
}

/// Sends a head and then the same piece again and again, until the server has had enough.
fn pour(portal: &Portal, head: &str, piece: &[u8], times: usize) -> (usize, String) {
    let mut stream = TcpStream::connect(portal.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let sent = (0..times).take_while(|_| stream.write_all(piece).is_ok()).count() * piece.len();
    let _ = stream.shutdown(std::net::Shutdown::Write);
    // The head is enough: the connection lingers until the server has read what was under way.
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).unwrap_or_default();
    answer.truncate(read);
    (sent, String::from_utf8_lossy(&answer).into_owned())
}

/// WB-9.
#[test]
fn floods_are_cut_off_and_leave_no_memory_behind() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    portal.get("/sign-in").unwrap();
    let before = memory(&portal);
    let mib = 1 << 20;
    let post = |lines: &str| format!("POST /sign-in HTTP/1.1\r\nHost: x\r\n{FORM}{lines}\r\n");
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(65536));
    let bomb = "\u{1f}\u{8b}".repeat(32768);
    let get = "GET /sign-in HTTP/1.1\r\nHost: x\r\n";
    let floods = [
        ("100 MB as announced", post("Content-Length: 104857600\r\n"), vec![b'a'; mib], 100),
        ("100 MB beyond what was announced", post("Content-Length: 1048576\r\n"), vec![b'a'; mib], 100),
        ("100 MB in chunks", post("Transfer-Encoding: chunked\r\n"), chunk.into_bytes(), 1600),
        ("packed", post("Content-Encoding: gzip\r\nContent-Length: 1000000\r\n"), bomb.into_bytes(), 10),
        (
            "JSON, 1 MB deep",
            post("Content-Type: application/json\r\nContent-Length: 1000000\r\n"),
            vec![b'['; 1000],
            1000,
        ),
        ("a million keys", post("Transfer-Encoding: chunked\r\n"), b"4\r\na=b&\r\n".repeat(1000), 1000),
        ("100,000 head lines", get.into(), b"X-A: b\r\n".repeat(1000), 100),
        ("a head line of 100 MB", format!("{get}X-A: "), vec![b'a'; mib], 100),
        ("a cookie of 1 MB", format!("{get}Cookie: kinbridge="), vec![b'a'; 1024], 1024),
        ("a path of 100 MB", "GET /".into(), vec![b'a'; mib], 100),
        ("a method of 100 MB", String::new(), vec![b'A'; mib], 100),
    ];
    for (name, head, piece, times) in &floods {
        let (sent, answer) = pour(&portal, head, piece, *times);
        let first = answer.lines().next().unwrap_or_default();
        assert!(first.is_empty() || first.starts_with("HTTP/1.1 4"), "{name} after {sent} bytes: {answer}");
        // Else the rest would be read for as long as it is sent.
        assert!(answer.is_empty() || answer.contains("connection: close"), "{name}: {answer}");
        assert_eq!(portal.get("/healthz").unwrap().0, 200, "{name}");
    }
    let more = memory(&portal).saturating_sub(before);
    assert!(more <= 32 * 1024, "{more} KiB more");
    let (code, _, said) = portal.stop();
    assert!(code == 0 && !said.contains("panicked"), "{said}");
    println!("{} of {} floods cut off, {more} KiB more memory", floods.len(), floods.len());
}

/// WB-11.
#[test]
fn nothing_but_the_assets_can_be_fetched() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    let ups =
        ["..", "%2e%2e", "%252e%252e", "..%00", "..;", "....", "..%c0%af", "..%5c", "%2e%2e%2f%2e%2e", "~"];
    let files = ["etc/passwd", "Cargo.toml", ".git/config", ".env", "db/kinbridge.db", "keys/sealing.key"];
    let mut asked = 0;
    for up in ups {
        for file in files {
            let slashed = file.replace('/', "%2f");
            for path in [
                format!("/static/{up}/{up}/{file}"),
                format!("/static/00000000/{up}/{up}/{up}/{file}"),
                format!("/static/00000000/{up}%2f{up}%2f{slashed}"),
                format!("/static/{up}%2f{slashed}/portal.css"),
                format!("//{up}/{file}"),
            ] {
                let (status, answer) = portal.get(&path).unwrap();
                asked += 1;
                let css = status == 200 && path.ends_with("portal.css") && answer.contains("text/css");
                assert!(css || matches!(status, 400 | 404), "{path}: {status}");
                assert!(!answer.contains("root:") && !answer.contains("[package]"), "{path}");
            }
        }
    }
    for range in ["", "bytes=", "bytes=-", "bytes=0-", "bytes=99999999999999999999-", "bytes=0-0,1-1,2-2"] {
        let sheet = kinbridge::web::assets::address("portal.css").unwrap();
        let head = format!("GET {sheet} HTTP/1.1\r\nHost: x\r\nRange: {range}\r\nConnection: close\r\n\r\n");
        let answer = portal.ask(&head).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{range:?}: {answer}");
    }
    println!("{asked} paths: 0 leaks");
}

/// A portal with one setting more.
fn serve(folder: &Folder, setting: &str, value: &str) -> Portal {
    let key = folder.path().join("key");
    kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]).output().unwrap();
    let address = free_address();
    let mut command = kinbridge(&["serve"]);
    command
        .env("KINBRIDGE_LISTEN", address.to_string())
        .env("KINBRIDGE_DATA", folder.path().join("data"))
        .env("KINBRIDGE_SEALING_KEY_FILE", key)
        .env(setting, value);
    Portal::start(command, address)
}

/// WB-3, for the answers that the pages do not make.
#[test]
fn answers_from_outside_the_pages_are_protected_too() {
    let folder = Folder::new();
    let portal = serve(&folder, "KINBRIDGE_PUBLIC_URL", "https://portal.example");
    let ask = |request: &str, lines: &str, body: &str| {
        let head =
            format!("{request} HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n{lines}\r\n{body}");
        portal.ask(&head).unwrap().to_lowercase()
    };
    let token = format!("csrf={}", "x".repeat(300 * 1024));
    let (sheet, long) = (
        kinbridge::web::assets::address("portal.css").unwrap(),
        format!("Content-Length: {}\r\n{FORM}", token.len()),
    );
    let answers = [
        (413, ask("POST /sign-in", "Content-Length: 104857600\r\n", "")),
        (413, ask("POST /sign-in", &long, &token)),
        (400, ask("POST /sign-in", "Sec-Fetch-Site: same-origin\r\nContent-Length: 2\r\n", "{}")),
        (403, ask("POST /sign-in", "Content-Length: 0\r\n", "")),
        (404, ask("GET /nowhere", "", "")),
        (405, ask("PUT /account", "", "")),
        (303, ask("GET /account", "", "")),
        (200, ask("GET /sign-in", "Accept-Encoding: gzip\r\n", "")),
        (200, ask(&format!("GET {sheet}"), "", "")),
        (404, ask("GET /static/x/none.css", "", "")),
        (404, ask("GET /metrics", "X-Forwarded-For: 192.0.2.1\r\n", "")),
        (200, ask("GET /healthz", "", "")),
    ];
    for (status, answer) in &answers {
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{status}: {answer}");
        let (head, _) = answer.split_once("\r\n\r\n").unwrap();
        for line in [
            "strict-transport-security: max-age=63072000; includesubdomains",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "content-security-policy: default-src 'none'",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-resource-policy: same-origin",
            "permissions-policy: camera=()",
            "referrer-policy: ",
        ] {
            assert_eq!(head.matches(&format!("\r\n{line}")).count(), 1, "{status} {line}: {head}");
        }
        assert!(!head.contains("\r\nserver:") && !head.contains("unsafe"), "{head}");
        assert!(head.contains("no-store") || head.contains("/css") || *status == 404, "{head}");
    }
    println!("{} of {} kinds of answer protected", answers.len(), answers.len());
}

/// What a spoofer writes, and from where; the address that is meant.
#[actix_web::test]
async fn a_spoofed_address_never_reaches_the_trail_or_the_limiter() {
    let app = TestApp::start_with(|config| {
        config.trusted_proxies = vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
        config.sign_ins_per_address = 3;
    })
    .await;
    let seen = || {
        let n = |part: &str| {
            app.number(&format!(
                "SELECT COUNT(*) FROM audit_events WHERE verb = 'session.began' AND address = '{part}'"
            ))
        };
        ["192.0.2.7", "198.51.100.9", "10.0.0.1", "203.0.113.5", "2001:db8::7", ""].map(n)
    };
    let spoofs = [
        ("x-forwarded-for", "203.0.113.5"),
        ("x-forwarded-for", "203.0.113.5, 203.0.113.6"),
        ("forwarded", "for=203.0.113.5"),
        ("x-real-ip", "203.0.113.5"),
        ("cf-connecting-ip", "203.0.113.5"),
        ("true-client-ip", "203.0.113.5"),
        ("x-client-ip", "203.0.113.5"),
        ("x-forwarded-for", "unknown"),
        ("x-forwarded-for", ""),
    ];
    for (peer, header, value, meant) in spoofs
        .iter()
        .map(|(header, value)| ("192.0.2.7:1", *header, *value, "192.0.2.7"))
        .chain(
            spoofs.iter().skip(2).take(5).map(|(header, value)| ("10.0.0.1:1", *header, *value, "10.0.0.1")),
        )
        .chain([
            ("[::ffff:192.0.2.7]:1", "x-forwarded-for", "203.0.113.5", "192.0.2.7"),
            ("[2001:db8::7]:1", "x-forwarded-for", "203.0.113.5", "2001:db8::7"),
            ("10.0.0.1:1", "x-forwarded-for", "198.51.100.9", "198.51.100.9"),
            ("[::ffff:10.0.0.1]:1", "x-forwarded-for", "198.51.100.9", "198.51.100.9"),
            ("[fd00::1]:1", "x-forwarded-for", "198.51.100.9, 10.0.0.1", "198.51.100.9"),
            ("10.0.0.1:1", "x-forwarded-for", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
            ("10.0.0.1:1", "x-forwarded-for", "10.0.0.1, 198.51.100.9", "198.51.100.9"),
            ("10.0.0.1:1", "x-forwarded-for", "203.0.113.5, not an address", "10.0.0.1"),
            ("10.0.0.1:1", "x-forwarded-for", "203.0.113.5, not an address, 198.51.100.9", "198.51.100.9"),
            ("10.0.0.1:1", "x-forwarded-for", "203.0.113.5, 198.51.100.9:80", "10.0.0.1"),
            ("10.0.0.1:1", "x-forwarded-for", "203.0.113.5,,", "10.0.0.1"),
            ("10.0.0.1:1", "x-forwarded-for", "203.0.113.5, 2001:db8::7", "2001:db8::7"),
            ("10.0.0.1:1", "x-forwarded-for", "203.0.113.5, ::ffff:198.51.100.9", "198.51.100.9"),
            ("10.0.0.1:1", "x-forwarded-for", "PROXY TCP4 203.0.113.5 10.0.0.1 1 2", "10.0.0.1"),
        ])
    {
        let mut browser = app.signed_out();
        browser.address = peer.parse().unwrap();
        let token = browser.form_token().await;
        let before = seen();
        let fields = [("email", app.cast.manager.email), ("password", PASSWORD)];
        let ask = browser.ask(Method::POST, "/sign-in").of_our_own().header(header, value);
        assert_eq!(ask.form(&token, &fields).send().await.status, 303, "{peer} {header}: {value}");
        let count = |all: [i64; 6]| all.iter().sum::<i64>();
        assert_eq!(count(seen()), count(before) + 1);
        let at = ["192.0.2.7", "198.51.100.9", "10.0.0.1", "203.0.113.5", "2001:db8::7"]
            .iter()
            .position(|one| *one == meant);
        assert_eq!(seen()[at.unwrap()], before[at.unwrap()] + 1, "{peer} {header}: {value}");
    }
    assert_eq!((seen()[3], seen()[5]), (0, 0), "a spoofed address, or none");
    // One guesser, whatever address they write.
    let mut guesser = app.signed_out();
    guesser.address = "192.0.2.66:1".parse().unwrap();
    let mut answers = Vec::new();
    for n in 0..6 {
        let token = guesser.form_token().await;
        let email = format!("nobody{n}@example.org");
        let ask = guesser.ask(Method::POST, "/sign-in").of_our_own();
        let ask = ask.header("x-forwarded-for", &format!("203.0.113.{n}")).header("x-real-ip", "203.0.113.5");
        answers.push(ask.form(&token, &[("email", &email), ("password", "wrong one")]).send().await.status);
    }
    assert_eq!(answers, [401, 401, 401, 429, 429, 429]);
}

/// AV-3: what was asked before the stop is answered, however busy it is.
#[test]
fn a_busy_portal_that_is_stopped_answers_what_it_was_asked() {
    let folder = Folder::new();
    // Nobody reads its log before it ends, and a full pipe would hold it up.
    let portal = serve(&folder, "KINBRIDGE_LOG_LEVEL", "error");
    let (address, stopping) = (portal.address, AtomicBool::new(false));
    let ask = || -> Option<()> {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let asked_in_time = !stopping.load(Ordering::SeqCst);
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let whole = read.is_ok() && answer.ends_with(b"</html>") || answer.ends_with(b"</html>\n");
        assert!(whole || !asked_in_time, "{:?}", String::from_utf8_lossy(&answer));
        whole.then_some(())
    };
    let (answered, took, code) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(|| std::iter::from_fn(ask).count())).collect();
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(600) {
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_millis(20));
        }
        stopping.store(true, Ordering::SeqCst);
        let (code, took, said) = portal.stop();
        assert!(!said.contains("panicked"), "{said}");
        (clients.into_iter().map(|client| client.join().unwrap()).sum::<usize>(), took, code)
    });
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(30) && answered > 50, "{answered} in {took:?}");
    println!("{answered} answered, ended after {took:?}");
}

#[test]
fn only_machines_are_answered_without_a_session_being_looked_up() {
    let lines = routes::table().into_iter().filter(|line| line.who == Who::Machine);
    let open: Vec<&str> = lines.map(|line| line.path).collect();
    assert_eq!(open, ["/static/{digest}/{file}", "/healthz", "/readyz", "/metrics"]);
}
