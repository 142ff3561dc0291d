//! Names, organisations, subjects and addresses that try to be more than they are: no header, no recipient and no
//! message is added, and no HTML comes to life (WB-6).

use kinbridge::config::Encryption;
use kinbridge::mail::{ActivateAccount, Mailer, Outgoing, Verdict};

use super::portal;
use super::server::{Fake, Taken};

/// The headers that a message of ours has, and no other.
const HEADERS: [&str; 8] =
    ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"];

fn payloads() -> Vec<String> {
    let breaks = ["\r\n", "\n", "\r", "\u{2028}", "\u{85}", "%0d%0a", "\0", "\r\n\r\n", "\u{b}", "=0D=0A"];
    let added = [
        "Bcc: evil@attacker.example",
        "To: evil@attacker.example",
        "Content-Type: text/html",
        ".",
        ".\r\nMAIL FROM:<evil@attacker.example>\r\nRCPT TO:<evil@attacker.example>\r\nDATA\r\nhello\r\n.",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "RSET",
        "\" <evil@attacker.example>, \"",
        "=?utf-8?q?Bcc=3A_evil?=",
    ];
    let mut all: Vec<String> = breaks
        .iter()
        .flat_map(|one| added.iter().map(move |two| format!("Mary{one}{two}")))
        .chain(breaks.iter().flat_map(|one| added.iter().map(move |two| format!("{two}{one}Jones"))))
        .collect();
    let odd = [
        "М\u{430}ry Jones",
        "Ma\u{202e}senoJ yr",
        "\u{200b}Mary",
        "Zoë Ångström",
        "名前",
        "👩‍👧",
        "\"",
        "\\",
        "'",
        "<>",
        "a, b",
        "(comment)",
        ";:@",
        "..",
        "\u{feff}Mary",
        "Mary\tJones",
    ];
    all.extend(odd.map(str::to_owned));
    all.push("x".repeat(5000));
    assert!(all.len() >= 200, "{}", all.len());
    all
}

fn outgoing(n: usize, payload: &str) -> Outgoing {
    Outgoing {
        id: format!("hostile{n}@kinbridge"),
        organisation: Some(payload.to_owned()),
        to_name: payload.to_owned(),
        to_email: format!("reader{n}@family.example"),
        at: "2026-11-22T10:00:00".parse().unwrap(),
        subject: payload.to_owned(),
        text: format!("{payload}\r\n.\r\n{payload}\n.\n"),
        html: "<!DOCTYPE html><html lang=\"en-GB\"><body><p>hello</p></body></html>".into(),
        unsubscribe: String::new(),
    }
}

fn check(n: usize, payload: &str, taken: &Taken) {
    assert_eq!(taken.from, "<portal@kinbridge.example>");
    assert_eq!(taken.to, [format!("<reader{n}@family.example>")], "{payload:?}");
    for name in taken.header_names() {
        assert!(HEADERS.iter().any(|known| known.eq_ignore_ascii_case(&name)), "{payload:?} added {name:?}");
    }
    assert_eq!(taken.header_names().len(), HEADERS.len(), "{payload:?}: {:?}", taken.header_names());
    let from = taken.header("from").unwrap();
    assert!(from.ends_with("<portal@kinbridge.example>"), "{payload:?}: {from}");
    let to = taken.header("to").unwrap();
    assert!(to.ends_with(&format!("<reader{n}@family.example>")), "{payload:?}: {to}");
}

#[actix_web::test]
async fn two_hundred_hostile_names_add_no_header_no_recipient_and_no_message() {
    let server = Fake::start();
    let app = portal(&server, Encryption::StartTls).await;
    let payloads = payloads();
    for (n, payload) in payloads.iter().enumerate() {
        let verdict = app.services.mailer.carry(&outgoing(n, payload)).await;
        assert_eq!(verdict, Verdict::Taken, "{payload:?}");
    }
    let taken = server.taken();
    assert_eq!(taken.len(), payloads.len());
    for (n, (payload, taken)) in payloads.iter().zip(&taken).enumerate() {
        check(n, payload, taken);
    }
    println!("{} of {} hostile names added nothing", taken.len(), payloads.len());
}

#[actix_web::test]
async fn a_hostile_address_is_refused_before_a_word_is_said() {
    let server = Fake::start();
    let mut config = server.settings(Encryption::StartTls);
    config.per_minute = Some(60_000);
    let app = crate::support::TestApp::start_with(|all| all.mail_server = Some(config)).await;
    let mailer: &Mailer = &app.services.mailer;
    for (n, payload) in payloads().iter().enumerate() {
        for address in
            [format!("{payload}@family.example"), format!("reader@{payload}.example"), payload.clone()]
        {
            let letter = Outgoing { to_email: address.clone(), ..outgoing(n, "Mary") };
            match mailer.carry(&letter).await {
                Verdict::Refused(_) => {}
                Verdict::Taken => {
                    let taken = server.taken().pop().unwrap();
                    assert_eq!(taken.to, [format!("<{address}>")], "an address is one address");
                }
                other => panic!("{address:?}: {other:?}"),
            }
        }
    }
    assert!(!server.taken().iter().any(|taken| taken.to.iter().any(|to| to.contains("attacker"))));
}

#[test]
fn no_name_becomes_html() {
    for payload in payloads() {
        let letter = ActivateAccount {
            to_name: payload.clone(),
            organisation: payload.clone(),
            role: "Staff".into(),
            who: payload.clone(),
            link: "https://portal.example/activate/ab12".into(),
            lasts: "72 hours".into(),
        };
        let rendered = letter.render().unwrap();
        let html = rendered.html.to_lowercase();
        assert!(!html.contains("<script") && !html.contains("<img"), "{payload:?}");
        assert!(!rendered.subject.contains(['\r', '\n']) && rendered.subject.chars().count() <= 70);
    }
}
