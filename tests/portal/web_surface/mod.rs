//! What every answer of the portal has, and what hostile text in an address or a form does: nothing
//! (WB-1, WB-2, WB-3, WB-4, WB-9).

#![cfg(test)]

mod html;
mod scripts;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use kinbridge::links;
use kinbridge::web::routes::{self, Line, Who};

use crate::support::{Page, TestApp, Visitor, fill};
use crate::two_organisations::seed::{self, Org, rows};
use crate::two_organisations::{address, filled};

/// Every query parameter that some page reads as text.
pub const TEXTS: [&str; 29] = [
    "q", "who", "what", "from", "to", "next", "check", "choose", "state", "sort", "paired", "alike", "place",
    "home", "page", "kind", "why", "role", "flags", "ids", "how", "ends_on", "day", "system", "client",
    "staff", "view", "name", "result",
];

/// Those that are numbers.
const NUMBERS: [&str; 4] = ["before", "resident", "show", "on"];

/// What a database, a reader of numbers or a reader of text may stumble over; as it stands in an address.
const META: [&str; 34] = [
    "'",
    "%22",
    "%27%20OR%20%271%27=%271",
    "%27;DROP%20TABLE%20residents;--",
    "1%27)%20UNION%20SELECT%20NULL--",
    "1;SELECT%20pg_sleep(5)--",
    "%27||(SELECT%20password_hash%20FROM%20accounts)||%27",
    "%5C",
    "%5C%27",
    "%25",
    "%25%25%25",
    "_",
    "%5B%25%5D",
    "!",
    "!!%25",
    "%00",
    "a%00b",
    "%FF%FE",
    "%C0%AF",
    "%ED%A0%80",
    "%E2%80%AE",
    "%F0%9F%98%80",
    "%EF%BF%BF",
    "%0D%0A",
    "%1B%5B2J",
    "NaN",
    "-1",
    "0",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "99999999999999999999999999999",
    "1e308",
    "%F3%A0%80%81%CC%88%CC%88%CC%88",
];

fn pages() -> Vec<Line> {
    let lines = routes::table().into_iter();
    lines.filter(|line| line.method == Method::GET && line.who != Who::Machine).collect()
}

fn own(line: &Line, org: &Org) -> String {
    address(line.path, &org.numbers).unwrap_or_else(|| line.path.to_owned())
}

/// WB-4, WB-9: a page, a refusal or "not here"; never a fault of ours.
#[actix_web::test]
async fn no_text_in_an_address_is_a_fault_of_ours() {
    let (app, org, _) = seed::two().await;
    let mary = app.new_visitor(&app.cast.super_manager);
    let before = rows(&app).iter().filter(|row| row.starts_with("residents ")).count();
    let (mut asked, mut faults) = (0, Vec::new());
    let mut note = |path: String, page: &Page| {
        asked += 1;
        if page.status >= 500 {
            faults.push(format!("{path}: {}", page.status));
        }
    };
    for line in pages() {
        let path = own(&line, &org);
        for meta in META {
            let all: Vec<String> = TEXTS.iter().map(|name| format!("{name}={meta}")).collect();
            let path = format!("{path}?{}", all.join("&"));
            note(path.clone(), &mary.get(&path).await);
        }
        for name in NUMBERS {
            // Edges of numbers, and the parameter twice.
            for value in ["9223372036854775807", "-9223372036854775808", "0", "%00", "1&PARAMETER=2", "-1"] {
                let path = format!("{path}?{name}={}", value.replace("PARAMETER", name));
                note(path.clone(), &mary.get(&path).await);
            }
        }
    }
    assert_eq!(faults, [""; 0]);
    // Only that pages were opened may have been written down.
    let changed = |table: &str| rows(&app).iter().filter(|row| row.starts_with(table)).count();
    assert_eq!(changed("residents "), before);
    println!("{asked} addresses with hostile queries: 0 faults");
}

#[actix_web::test]
async fn no_number_in_a_path_is_a_fault_of_ours() {
    let (app, org, _) = seed::two().await;
    let mary = app.new_visitor(&app.cast.super_manager);
    let values = [
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "-1",
        "0",
        "00",
        "+1",
        "1.0",
        "0x1",
        "%00",
        "%FF",
        "1%27",
        "%D9%A1",
        "%20",
        "..",
        "%2e%2e%2f",
    ];
    let mut asked = 0;
    for line in routes::table().into_iter().filter(|line| line.path.contains('{') && line.who != Who::Machine)
    {
        let parts: Vec<&str> = line.path.split('/').filter(|part| part.starts_with('{')).collect();
        for part in parts {
            for value in values {
                let pattern = line.path.replace(part, value);
                let path = address(&pattern, &org.numbers).unwrap_or(pattern);
                let page = if line.method == Method::POST {
                    mary.post(&path, &[]).await
                } else {
                    mary.get(&path).await
                };
                asked += 1;
                assert!(page.status < 500, "{} {path}: {}", line.method, page.status);
                let there = page.status == 200 && !line.path.starts_with("/activate");
                assert!(!there || value == "+1" || value == "00", "{path} is a page");
            }
        }
    }
    println!("{asked} paths: 0 faults");
}

#[actix_web::test]
async fn no_text_in_a_form_is_a_fault_of_ours() {
    let (app, org, _) = seed::two().await;
    let names = [
        "first_name",
        "last_name",
        "preferred_name",
        "nhs_number",
        "born_day",
        "born_month",
        "born_year",
        "room",
        "resident_type",
        "care_status",
        "because",
        "version",
        "about",
        "name",
        "email",
        "role",
        "job_title",
        "home",
        "places",
        "permissions",
        "label",
        "kind",
        "sector",
        "time_zone",
        "guard_percent",
        "guard_people",
        "mode",
        "act",
        "field",
        "until_day",
        "until_month",
        "until_year",
        "reason",
        "available",
        "next",
        "password",
        "new_password",
        "current_password",
        "sync_with_nourish",
        "terms",
        "record",
        "records",
        "local",
        "place",
    ];
    let keys: BTreeSet<&str> = names.into();
    let mut asked = 0;
    for line in routes::table().into_iter().filter(|line| line.method == Method::POST) {
        let path = own(&line, &org);
        for (n, meta) in META.iter().enumerate().step_by(3) {
            let who =
                if path.starts_with("/organisations") { &app.cast.rep } else { &app.cast.super_manager };
            let mary = if n % 8 == 0 || path.contains("/account/") || path == "/sign-out" {
                app.new_visitor(who)
            } else {
                app.as_person(who)
            };
            let token = mary.form_token().await;
            let fields: Vec<String> = keys.iter().map(|name| format!("{name}={meta}")).collect();
            let ask = mary.ask(Method::POST, &path).of_our_own();
            let ask = ask.header("content-type", "application/x-www-form-urlencoded");
            let page = ask.body(format!("csrf={token}&{}", fields.join("&"))).send().await;
            asked += 1;
            assert!(page.status < 500, "{path} {meta}: {} {}", page.status, page.text());
        }
        // Each field twice, and as a list.
        let mary = app.new_visitor(&app.cast.super_manager);
        let token = mary.form_token().await;
        let twice: Vec<String> =
            keys.iter().map(|name| format!("{name}=1&{name}=2&{name}[]=3&{name}[x]=4")).collect();
        let ask = mary.ask(Method::POST, &path).of_our_own();
        let ask = ask.header("content-type", "application/x-www-form-urlencoded");
        let page = ask.body(format!("csrf={token}&{}", twice.join("&"))).send().await;
        assert!(page.status < 500, "{path} twice: {}", page.status);
    }
    println!("{asked} forms with hostile text: 0 faults");
}

/// Forms that are right but for one field: so that each field is reached, and its value the database.
#[actix_web::test]
async fn no_single_field_of_a_good_form_is_a_fault_of_ours() {
    let (app, org, _) = seed::two().await;
    let about = |path: &str| {
        ["/residents", "/staff", "/places", "/settings", "/organisations"]
            .iter()
            .any(|end| path.contains(end))
    };
    let lines = routes::table().into_iter().filter(|line| line.method == Method::POST && about(line.path));
    let mut asked = 0;
    for line in lines {
        let path = own(&line, &org);
        let who = if path.starts_with("/organisations") { &app.cast.rep } else { &app.cast.super_manager };
        let visitor = app.new_visitor(who);
        let token = visitor.form_token().await;
        let fields = filled(&visitor, &org);
        for at in 0..fields.len() {
            for bad in ["%00", "%27%5C%FF"] {
                let field = |(n, (name, value)): (usize, &(&str, String))| {
                    let bad = if bad.starts_with('%') { bad.to_owned() } else { links::encode(bad) };
                    format!("{name}={}", if n == at { bad } else { links::encode(value) })
                };
                let fields: Vec<String> = fields.iter().enumerate().map(field).collect();
                let ask = visitor.ask(Method::POST, &path).of_our_own();
                let ask = ask.header("content-type", "application/x-www-form-urlencoded");
                let page = ask.body(format!("csrf={token}&act=set&{}", fields.join("&"))).send().await;
                asked += 1;
                assert!(page.status < 500, "{path} {bad} in {}: {}", fields[at], page.status);
            }
        }
    }
    println!("{asked} forms with one hostile field: 0 faults");
}

/// WB-3 and WB-2: the headers of one answer, `what` for the words of a failure.
fn assert_protected(page: &Page, tls: bool, lasting: bool, what: &str) {
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{what}: {policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"),
        "{what}: {policy}"
    );
    for (name, part) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=()"),
    ] {
        assert_eq!(page.headers.get_all(name).count(), 1, "{what}: {name}");
        assert!(page.header(name).unwrap().contains(part), "{what}: {name}");
    }
    assert!(
        lasting || page.header("cache-control") == Some("no-store"),
        "{what}: {:?}",
        page.header("cache-control")
    );
    let strict = page.header("strict-transport-security").unwrap_or_default();
    let age = strict.strip_prefix("max-age=").and_then(|rest| rest.split(';').next()?.parse::<u32>().ok());
    let year = age.is_some_and(|age| age >= 31_536_000) && strict.contains("includeSubDomains");
    assert_eq!(year, tls, "{what}: {strict}");
    for name in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(page.header(name).is_none(), "{what}: {name}");
    }
    for cookie in page.set_cookies() {
        let secure = cookie.starts_with("__Host-") && cookie.contains("; Secure");
        assert_eq!(secure, tls, "{what}: {cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{what}: {cookie}");
        }
        assert!(!cookie.contains("Domain") && cookie.len() < 4096, "{what}: {} bytes", cookie.len());
    }
}

#[actix_web::test]
async fn every_route_every_method_and_every_visitor_gets_the_protecting_headers() {
    for tls in [false, true] {
        let app = TestApp::start_with(|config| {
            if tls {
                config.public_url = "https://portal.example".into();
            }
        })
        .await;
        let mut answers = BTreeMap::new();
        for line in routes::table() {
            let path = fill(line.path, &app.cast);
            let all = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CANARY"];
            let visitors =
                [app.signed_out(), app.as_super(), app.as_staff(), app.as_rep(), app.as_stranger()];
            for (n, visitor) in visitors.into_iter().enumerate().take(if tls { 2 } else { 5 }) {
                // Odd methods are answered before anybody's rights are looked at.
                for method in all.into_iter().take(if n == 0 { all.len() } else { 2 }) {
                    let method = Method::from_bytes(method.as_bytes()).unwrap();
                    let page = visitor.ask(method.clone(), &path).of_our_own().send().await;
                    let lasting = line.who == Who::Machine;
                    assert_protected(&page, tls, lasting, &format!("{method} {path}"));
                    *answers.entry(page.status).or_insert(0) += 1;
                }
            }
        }
        let page = app.signed_out().get(&kinbridge::web::assets::address("portal.css").unwrap()).await;
        assert_eq!(page.status, 200);
        assert_protected(&page, tls, true, "the stylesheet");
        assert!(page.header("cache-control").unwrap().contains("immutable"));
        for status in [200, 303, 400, 404, 405] {
            assert!(answers.contains_key(&status), "{answers:?}");
        }
        println!("TLS {tls}: {answers:?}, all of them protected");
    }
}

/// WB-2: the policy forbids code in a page, and no page has any, so that it is never broken in normal use.
#[actix_web::test]
async fn no_page_holds_code_or_leads_off() {
    let (app, org, _) = seed::two().await;
    let visitors: [Visitor<'_>; 4] = [app.as_super(), app.as_staff(), app.as_rep(), app.signed_out()];
    let mut looked_at = 0;
    for visitor in &visitors {
        for line in pages() {
            let page = visitor.get(&own(&line, &org)).await;
            if page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                assert_eq!(html::escaped_from(&page.body, "xss9"), [""; 0], "{}", line.path);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 60, "{looked_at}");
}

/// The longest words that a notice can hold still fit into a cookie.
#[actix_web::test]
async fn no_cookie_grows_beyond_what_browsers_keep() {
    let app = TestApp::start().await;
    let (mary, org) = (app.as_super(), app.cast.willow);
    let long = "\u{1F600}".repeat(200);
    let mut longest = 0;
    for (path, fields) in [
        (links::places(org), vec![("name", long.as_str())]),
        (links::staff(org), vec![("first_name", long.as_str()), ("last_name", long.as_str())]),
        (links::settings_people(org), vec![("name", &long), ("email", "a@b.example"), ("role", "staff")]),
    ] {
        for cut in [400, 480, 600, 796] {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.get(..cut).unwrap_or(value))).collect();
            let page = mary.post(&path, &fields).await;
            longest = page.set_cookies().iter().map(|cookie| cookie.len()).max().unwrap_or(0).max(longest);
        }
    }
    assert!(longest > 100 && longest < 4096, "{longest}");
}
