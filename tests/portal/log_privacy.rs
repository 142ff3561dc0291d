//! What is logged while people work, vendors fail and the portal itself breaks: nothing of a person, no secret, and
//! no line that somebody else wrote (LG-1, LG-4).

#![cfg(test)]

use std::sync::Arc;

use actix_web::http::Method;
use diesel::{RunQueryDsl as _, sql_query};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::sync::{RunState, Wanted};
use kinbridge::jobs::{deliver_letters, read_services, sync_records};
use kinbridge::kit::secret::Secret;
use kinbridge::links;
use kinbridge::sandbox::nourish::Fault;
use kinbridge::web::routes::{self, Who};

use crate::program::{Folder, Portal, free_address, kinbridge};
use crate::support::vendors::{Nourish, client, quick, worker};
use crate::support::{Log, PASSWORD, TestApp, fill};

/// The words of the cast that no line may hold.
fn of_people(app: &TestApp) -> Vec<String> {
    let cast = &app.cast;
    let people = [
        &cast.rep,
        &cast.super_manager,
        &cast.manager,
        &cast.staff,
        &cast.colleague,
        &cast.relative,
        &cast.stranger,
        &cast.invited,
        &cast.disabled,
    ];
    let mut words: Vec<String> =
        people.iter().flat_map(|one| [one.name.to_owned(), one.email.to_owned()]).collect();
    let places = ["Willow House", "Garden Wing", "Elm Trust", "@willow.example", "@elm.example"];
    words.extend(places.map(str::to_owned));
    words.extend([PASSWORD, "a wrong password of mine", "Typed Canary", "canary-query"].map(str::to_owned));
    words
}

/// Of those whom the vendor sends.
fn of_records(people: u32) -> Vec<String> {
    let of = |n| {
        let one = client(n);
        [one.first_name, one.last_name, one.birth_date, one.nhs_number]
    };
    let mut words: Vec<String> = (0..people).flat_map(of).collect();
    words.extend((0..3).map(worker).flat_map(|one| [one.email.unwrap(), one.last_name]));
    words
}

/// Everything that a curious super manager opens and a careless one sends.
async fn work(app: &TestApp) {
    let browser = app.signed_out();
    let mary = app.cast.super_manager.email;
    browser.sign_in(mary, "a wrong password of mine").await;
    browser.sign_in("typed.canary@example.org", "a wrong password of mine").await;
    assert_eq!(browser.sign_in(mary, PASSWORD).await.status, 303);
    for line in routes::table().into_iter().filter(|line| line.who != Who::Machine) {
        let path = fill(line.path, &app.cast);
        if line.method == Method::GET {
            browser.get(&format!("{path}?q=canary-query&who=canary-query&next=/canary-query")).await;
        } else if !path.contains("sessions") && path != "/sign-out" {
            let fields = [
                ("name", "Typed Canary"),
                ("first_name", "Typed Canary"),
                ("email", "typed.canary@example.org"),
            ];
            browser.post(&path, &fields).await;
        }
    }
    // A device's key, that of nobody, and what it says.
    let ask =
        browser.ask(Method::POST, &links::monitoring_events()).header("content-type", "application/json");
    ask.header("authorization", "Bearer canary-query").body("{\"title\":\"Typed Canary\"}").send().await;
    browser.ask(Method::POST, "/sign-in").header("cookie", "kinbridge=canary-query").send().await;
}

/// The log without the references of requests, whose random digits may spell a short name.
fn without_references(said: &str) -> String {
    let mut parts = said.split("reference=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once('"').map_or("", |(_, rest)| rest))
}

#[actix_web::test]
async fn nothing_of_a_person_and_no_secret_is_logged() {
    let log = Log::listen();
    let mut nourish = Nourish::start(SyncMode::Create, 30).await;
    let app = &nourish.connected.app;
    tracing::info!(target: "kinbridge::tests", "the log is read");
    work(app).await;
    let run = nourish.sync().await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
    assert!(nourish.count("residents") >= 30);
    // A vendor that fails in its many ways, and a mail folder that is not there.
    nourish.wait(quick());
    let faults = [
        Fault::Unauthorised,
        Fault::Forbidden,
        Fault::ServerError,
        Fault::BusySeconds,
        Fault::TruncatedJson,
        Fault::HtmlLogin,
        Fault::BadUtf8,
        Fault::Reset,
    ];
    for fault in faults {
        nourish.simulator.set_fault(fault);
        nourish.ask(Wanted::Both, false);
        nourish.work_off().await;
        nourish.pass(7200);
        read_services::run(&nourish.connected.app.services).await.unwrap();
        nourish.simulator.clear_fault();
    }
    let mut services = nourish.connected.app.services.clone();
    let mut config = (*services.config).clone();
    config.mail_folder = Some("/nowhere/at/all".into());
    services.config = Arc::new(config);
    let _ = deliver_letters::run(&services).await;
    let pages = break_everything(&nourish).await;

    let said = log.said();
    assert!(said.contains("the log is read") && said.contains("a sync ended"), "{said}");
    assert!(said.contains("a sync did not finish") && said.contains("a request failed"), "{said}");
    let mut private = of_people(&nourish.connected.app);
    private.extend(of_records(30));
    private.extend([nourish.token.clone(), nourish.origin.clone(), "partner-0001".into()]);
    let lower = without_references(&said).to_lowercase();
    let hits: Vec<&String> = private.iter().filter(|word| lower.contains(&word.to_lowercase())).collect();
    assert!(hits.is_empty(), "{hits:?}: {said}");
    for page in pages {
        let hits: Vec<&String> = private.iter().filter(|word| page.contains(word.as_str())).collect();
        assert!(
            hits.is_empty() && !page.contains("no such table") && !page.contains("relation"),
            "{hits:?}: {page}"
        );
    }
    println!("{} private words, 0 of them in {} lines at TRACE", private.len(), said.lines().count());
}

/// Takes a table away, panics, and lets a run break; the pages that were shown.
async fn break_everything(nourish: &Nourish) -> Vec<String> {
    let app = &nourish.connected.app;
    let elm = app.cast.elm;
    let ruth = app.as_stranger();
    nourish.ask(Wanted::Both, false);
    app.write(|tx| Ok(sql_query("ALTER TABLE residents RENAME TO residents_away").execute(tx.conn)?));
    let list = ruth.get(&format!("{}?q=canary-query", links::residents(elm))).await;
    assert_eq!(list.status, 500);
    let place = app.cast.elm_lodge.to_string();
    let details = [
        ("first_name", "Typed Canary"),
        ("last_name", "Typed Canary"),
        ("place", place.as_str()),
        ("born_day", "4"),
        ("born_month", "3"),
        ("born_year", "1938"),
    ];
    let added = ruth.post(&links::residents(elm), &details).await;
    assert_eq!(added.status, 500, "{}", added.text());
    let _ = sync_records::run(&app.services).await;
    app.write(|tx| Ok(sql_query("ALTER TABLE residents_away RENAME TO residents").execute(tx.conn)?));
    let usual = std::panic::take_hook();
    kinbridge::boot::panics_are_logged();
    let caught = std::thread::spawn(|| std::panic::panic_any("Typed Canary".to_owned())).join();
    std::panic::set_hook(usual);
    assert!(caught.is_err());
    vec![list.body, added.body]
}

/// A secret is printed as nothing by whoever prints it.
#[test]
fn a_secret_that_is_printed_by_mistake_says_nothing() {
    let secret = Secret::new("canary-of-a-secret");
    assert!(!format!("{secret:?}").contains("canary"));
    let folder = Folder::new();
    let (code, out, err) = crate::program::finished(
        kinbridge(&["serve"])
            .env("KINBRIDGE_DATA", folder.path())
            .env("KINBRIDGE_SEALING_KEY", "canary-of-a-secret"),
    );
    assert_ne!(code, 0);
    assert!(!format!("{out}{err}").contains("canary"), "{out}{err}");
}

/// Text that ends a line, moves a cursor, or closes a value of JSON.
const BREAKERS: [&str; 12] = [
    "x%0d%0a2026-11-22T10:00:00Z  INFO kinbridge: forged",
    "x%0aforged",
    "x%0dforged",
    "%1b[2J%1b[1;1Hforged",
    "%1b]0;forged%07",
    "%c2%85forged",
    "%e2%80%a8forged",
    "%e2%80%a9forged",
    "%22%7d%0a%7b%22level%22:%22INFO%22,%22message%22:%22forged%22%7d",
    "%22,%22forged%22:%22",
    "%5c%22%5c",
    "%00forged%7f%9b",
];

#[test]
fn no_line_of_the_log_is_written_by_somebody_else() {
    for format in ["text", "json"] {
        let folder = Folder::new();
        let key = folder.path().join("key");
        kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]).output().unwrap();
        let address = free_address();
        let mut command = kinbridge(&["serve"]);
        command
            .env("KINBRIDGE_LISTEN", address.to_string())
            .env("KINBRIDGE_DATA", folder.path().join("data"))
            .env("KINBRIDGE_SEALING_KEY_FILE", key)
            .env("KINBRIDGE_LOG_LEVEL", "trace")
            .env("KINBRIDGE_LOG_FORMAT", format);
        let portal = Portal::start(command, address);
        for text in BREAKERS {
            let raw =
                text.replace("%0d", "\r").replace("%0a", "\n").replace("%1b", "\u{1b}").replace("%22", "\"");
            let body = format!("email={text}&password={text}&csrf={text}");
            for request in [
                format!("GET /{} HTTP/1.1\r\nHost: x\r\n", text.replace(' ', "+")),
                format!("GET /sign-in?next={} HTTP/1.1\r\nHost: x\r\n", text.replace(' ', "+")),
                format!("GET /sign-in HTTP/1.1\r\nHost: x\r\nUser-Agent: {raw}\r\n"),
                format!("GET /sign-in HTTP/1.1\r\nHost: {raw}\r\n"),
                format!("{raw} /sign-in HTTP/1.1\r\nHost: x\r\n"),
                format!(
                    "GET /sign-in HTTP/1.1\r\nHost: x\r\nCookie: kinbridge={raw}\r\nX-Request-Id: {raw}\r\n"
                ),
                format!(
                    "POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: http://{address}\r\nContent-Length: {}\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\n",
                    body.len()
                ),
            ] {
                let body = if request.starts_with("POST") { body.as_str() } else { "" };
                portal.ask(&format!("{request}Connection: close\r\n\r\n{body}"));
            }
        }
        let (_, _, said) = portal.stop();
        let (first, said) = said.split_once('\n').unwrap();
        assert!(first.starts_with("Kinbridge is at "), "{first}");
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines.len() > BREAKERS.len() * 3, "{said}");
        for line in &lines {
            let whole = match format {
                "json" => serde_json::from_str::<serde_json::Value>(line)
                    .is_ok_and(|line| line["level"].is_string()),
                _ => {
                    line.starts_with("20")
                        && (line.contains(" kinbridge::") || line.contains(" actix_http::"))
                }
            };
            assert!(whole && !line.chars().any(char::is_control), "{format}: {line}");
            assert!(!line.contains("forged"), "{format}: {line}");
        }
        println!("{format}: {} lines, all of them ours", lines.len());
    }
}
