//! Nobody reads or changes what is another organisation's, or outside their own places: every route, with the
//! numbers of others in its path, query and form (AC-2, AC-3, AC-4).

#![cfg(test)]

pub mod seed;

use std::collections::BTreeMap;

use actix_web::http::Method;
use kinbridge::domain::access::{ManagePeople, Permission, Role, Scope};
use kinbridge::domain::accounts;
use kinbridge::kit::secret::keyed_fingerprint;
use kinbridge::web::routes::{self, Line, Who};

use crate::support::{Page, TestApp, Visitor};
use seed::{Org, leaked, rows, rows_of, two};

/// An id that nothing has.
const NOBODY: i64 = 987_654;

/// A route's pattern with these numbers in it; `None` where it names nothing of an organisation.
pub fn address(pattern: &str, numbers: &BTreeMap<&str, i64>) -> Option<String> {
    let mut any = false;
    let parts: Vec<String> = pattern
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            None => part.to_owned(),
            Some("vendor") => "nourish".into(),
            Some("kind") => "residents".into(),
            Some("report") => "clients".into(),
            Some("format") => "csv".into(),
            Some("message") => "confirmation".into(),
            Some("digest" | "file") => "x".into(),
            // A link's secret is not a number; nothing has this one.
            Some("token") if !pattern.contains("/org/") => "0".repeat(64),
            Some(name) => {
                any = true;
                numbers.get(name).unwrap_or_else(|| panic!("{pattern}: which number is {name}?")).to_string()
            }
        })
        .collect();
    any.then(|| parts.join("/"))
}

/// Fields and query parameters that name something by its number.
fn named(of: &Org) -> Vec<(&'static str, String)> {
    let number = |name: &str| of.numbers[name].to_string();
    vec![
        ("home", of.home.to_string()),
        ("zone", of.zone.to_string()),
        ("place", format!("{}-{}", of.home, of.zone)),
        ("places", of.zone.to_string()),
        ("resident", number("resident")),
        ("resident_id", number("resident")),
        ("local", number("local")),
        ("record", number("record")),
        ("records", number("record")),
        ("pair", format!("{}-{}", number("local"), number("record"))),
        ("pair[]", format!("{}-{}", number("local"), number("record"))),
        ("pairing", number("pairing")),
        ("membership", number("membership")),
        ("member", number("member")),
        ("staff[]", number("approval")),
        ("ids", number("approval")),
        ("approval_id", number("approval")),
        ("run", number("run")),
        ("before", number("event")),
        ("show", number("token")),
        ("token", number("token")),
        ("org", number("org")),
        ("organisation", number("org")),
        ("organisation_id", number("org")),
        ("connection_id", of.connection.to_string()),
        ("is_representative", "true".into()),
        ("status", "active".into()),
    ]
}

/// What makes a form whole, so that it is not refused for something else.
pub fn filled(visitor: &Visitor<'_>, own: &Org) -> Vec<(&'static str, String)> {
    let session = visitor.cookie("kinbridge").unwrap_or_default();
    let seal = keyed_fingerprint(&session, &format!("resident {}", own.resident));
    let plain = [
        ("first_name", "First"),
        ("last_name", "Last"),
        ("name", "A name of ours"),
        ("email", "new.person@example.org"),
        ("role", "staff"),
        ("kind", "company"),
        ("sector", "care home"),
        ("time_zone", "Europe/London"),
        ("guard_percent", "10"),
        ("guard_people", "5"),
        ("born_day", "4"),
        ("born_month", "3"),
        ("born_year", "1938"),
        ("because", "a reason"),
        ("reason", "a reason"),
        ("field", "first_name"),
        ("until_day", "1"),
        ("until_month", "12"),
        ("until_year", "2026"),
        ("label", "Oak"),
        ("mode", "pair"),
        ("version", "1"),
        ("sync_with_nourish", "yes"),
        ("terms", "yes"),
        ("job_title", "Carer"),
        ("room", "5"),
        ("nhs_number", ""),
        ("preferred_name", ""),
    ];
    let mut fields: Vec<(&str, String)> = plain.map(|(name, value)| (name, value.to_owned())).into();
    fields.push(("about", seal));
    fields.push(("place", format!("{}-{}", own.home, own.zone)));
    fields
}

async fn ask(visitor: &Visitor<'_>, method: &Method, path: &str, fields: &[(&str, String)]) -> Page {
    if *method == Method::POST {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visitor.post(path, &fields).await
    } else {
        visitor.get(path).await
    }
}

/// A page with every number that was asked for made the same, so that two pages can be compared.
fn without(page: &Page, numbers: &[i64]) -> (u16, String, String) {
    let same = |text: &str| {
        let mut same = String::new();
        let mut digits = String::new();
        for c in text.chars().chain(['\n']) {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let asked = digits.parse().is_ok_and(|number: i64| numbers.contains(&number));
            same.push_str(if asked { "N" } else { &digits });
            digits.clear();
            same.push(c);
        }
        same
    };
    (page.status, same(page.location()), same(&page.body))
}

fn walked() -> Vec<Line> {
    // What ends one's own sessions has no other's number in it.
    routes::table()
        .into_iter()
        .filter(|line| !line.path.ends_with("end-all") && line.path != "/sign-out")
        .collect()
}

/// What people may do in `act` of a form that has several.
const ACTS: [&str; 12] = [
    "places",
    "permissions",
    "role",
    "end",
    "invite",
    "set",
    "activate",
    "approve",
    "reject",
    "restore",
    "looked",
    "",
];

#[actix_web::test]
async fn no_number_of_another_organisation_opens_or_changes_anything() {
    let (app, own, theirs) = two().await;
    let mary = app.new_visitor(&app.cast.super_manager);
    let before = rows_of(&app, &theirs);
    assert!(before.len() > 40, "{}", before.len());
    let nobody: BTreeMap<_, _> = theirs.numbers.keys().map(|name| (*name, NOBODY)).collect();
    let (mut asked, mut routes) = (0, 0);
    for line in walked() {
        // Their organisation, and ours with what is theirs below it.
        let below = |numbers: &BTreeMap<&'static str, i64>| {
            let mut numbers = numbers.clone();
            numbers.insert("org", own.id.0);
            numbers
        };
        let mut pairs = vec![(theirs.numbers.clone(), nobody.clone())];
        if line.path.matches('{').count() > 1 && line.path.contains("{org}") {
            let mut beside = own.numbers.clone();
            beside.insert("org", theirs.id.0);
            pairs.extend([(below(&theirs.numbers), below(&nobody)), (beside, nobody.clone())]);
        }
        for (numbers, nothing) in pairs {
            let Some(path) = address(line.path, &numbers) else { continue };
            let nowhere = address(line.path, &nothing).unwrap();
            // Nothing but our own organisation is named: it is there.
            if path == nowhere {
                continue;
            }
            let fields = filled(&mary, &own);
            let (there, not) = (
                ask(&mary, &line.method, &path, &fields).await,
                ask(&mary, &line.method, &nowhere, &fields).await,
            );
            asked += 1;
            let found = leaked(&there.body, &["CANARY-ELM"]);
            assert_eq!(found, None, "{} {path}", line.method);
            assert!(there.status < 500, "{path}: {}", there.status);
            let all: Vec<i64> = numbers.values().copied().chain([NOBODY]).collect();
            assert_eq!(without(&there, &all), without(&not, &all), "{} {path}", line.method);
        }
        routes += 1;
    }
    assert_eq!(rows_of(&app, &theirs), before);
    println!("{asked} addresses over {routes} of {routes} routes: 0 canaries, 0 rows changed, 0 told apart");
}

#[actix_web::test]
async fn no_number_of_another_organisation_in_a_query_or_form_has_an_effect() {
    let (app, own, theirs) = two().await;
    let before = rows_of(&app, &theirs);
    let mut asked = 0;
    for line in walked().into_iter().filter(|line| line.path.contains("{org}")) {
        let path = address(line.path, &own.numbers).unwrap();
        // Their session may have ended with a new password or a sign-out.
        let mary = app.new_visitor(&app.cast.super_manager);
        if line.method == Method::GET {
            for (name, value) in
                named(&theirs).into_iter().chain([("q", "CANARY-".into()), ("who", "CANARY".into())])
            {
                let page = mary.get(&format!("{path}?{name}={value}")).await;
                asked += 1;
                assert_eq!(leaked(&page.body, &["CANARY-ELM"]), None, "{path}?{name}={value}");
                assert!(page.status < 500, "{path}?{name}={value}: {}", page.status);
            }
            continue;
        }
        let several = ["{membership}", "/edit", "/pending", "{approval}", "/rejected"];
        let acts = if several.iter().any(|end| line.path.ends_with(end)) { &ACTS[..] } else { &[""] };
        for act in acts {
            let mut fields = filled(&mary, &own);
            // A field that came twice would be refused for that.
            let more = named(&theirs);
            fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
            fields.extend(more);
            fields.push(("act", (*act).to_owned()));
            let page = ask(&mary, &line.method, &path, &fields).await;
            asked += 1;
            assert_eq!(leaked(&page.body, &["CANARY-ELM"]), None, "{path} {act}");
            assert!(page.status < 500, "{path} {act}: {}", page.status);
            // Where it leads is shown next, with its notice.
            if page.status == 303 {
                let next = mary.get(page.location()).await;
                assert_eq!(leaked(&next.body, &["CANARY-ELM"]), None, "{path} {act}");
            }
        }
    }
    assert_eq!(rows_of(&app, &theirs), before);
    let ours = rows(&app).into_iter().filter(|row| row.contains(&format!(" organisation_id={} ", own.id)));
    assert_eq!(ours.filter(|row| row.contains("CANARY-ELM")).collect::<Vec<_>>(), [""; 0]);
    println!("{asked} queries and forms: 0 canaries, 0 rows changed");
}

/// The pages that a visitor may ask for with the numbers of one organisation.
async fn every_page(
    visitor: &Visitor<'_>,
    numbers: &BTreeMap<&'static str, i64>,
    queries: &[&str],
) -> Vec<(String, Page)> {
    let mut pages = Vec::new();
    for line in walked().into_iter().filter(|line| line.method == Method::GET && line.who != Who::Machine) {
        let path = address(line.path, numbers).unwrap_or_else(|| line.path.to_owned());
        for query in queries {
            let path = format!("{path}{query}");
            let page = visitor.get(&path).await;
            assert!(page.status < 500, "{path}: {}", page.status);
            pages.push((path, page));
        }
    }
    pages
}

const SEARCHES: [&str; 7] = [
    "",
    "?q=CANARY",
    "?q=HIDDEN",
    "?state=all&q=HIDDEN",
    "?state=archived",
    "?alike=yes&sort=room&page=2",
    "?paired=no&sort=born",
];

fn give_everything(app: &TestApp, person: &crate::support::Person) {
    let all =
        Permission::ALL.iter().copied().filter(|permission| permission.possible_for().contains(&Role::Staff));
    let scope = Scope::<ManagePeople>::for_the_portal(app.cast.willow);
    app.write(|tx| accounts::change_permissions(tx, &scope, person.membership.unwrap(), &all.collect()));
}

#[actix_web::test]
async fn staff_with_every_right_they_can_have_see_nobody_outside_their_places() {
    let (app, own, _) = two().await;
    let scope = Scope::<ManagePeople>::for_the_portal(own.id);
    let amina = app.cast.staff.clone();
    app.write(|tx| accounts::assign_places(tx, &scope, amina.membership.unwrap(), &[own.zone]));
    give_everything(&app, &amina);
    let browser = app.new_visitor(&amina);
    let mut hidden = own.numbers.clone();
    hidden.insert("resident", own.hidden.0);
    hidden.insert("local", own.hidden.0);
    let mut leaks = Vec::new();
    let mut asked = 0;
    for numbers in [&own.numbers, &hidden] {
        let pages = every_page(&browser, numbers, &SEARCHES).await.into_iter();
        for (path, page) in pages {
            asked += 1;
            // What was searched for is shown again in its field.
            let body = page.body.replace("HIDDEN\"", "\"");
            leaks.extend(leaked(&body, &["RESIDENT-HIDDEN"]).map(|_| path));
        }
    }
    let seen = browser.get(&kinbridge::links::residents(own.id)).await;
    assert!(seen.text().contains("CANARY-WILLOW-RESIDENT-SEEN"), "{}", seen.text());
    assert_eq!(leaks, [""; 0], "of {asked}");
    println!("{asked} pages for staff with every right: 0 canaries of other places");
}

#[actix_web::test]
async fn staff_change_nobody_outside_their_places() {
    let (app, own, _) = two().await;
    let scope = Scope::<ManagePeople>::for_the_portal(own.id);
    let amina = app.cast.staff.clone();
    app.write(|tx| accounts::assign_places(tx, &scope, amina.membership.unwrap(), &[own.zone]));
    give_everything(&app, &amina);
    let browser = app.new_visitor(&amina);
    let (mut hidden, mut nobody) = (own.numbers.clone(), own.numbers.clone());
    for name in ["resident", "local"] {
        hidden.insert(name, own.hidden.0);
        nobody.insert(name, NOBODY);
    }
    let of_hidden = |row: &String| row.contains("RESIDENT-HIDDEN") && !row.starts_with("suggestions");
    let before: Vec<String> = rows(&app).into_iter().filter(of_hidden).collect();
    let of_one = |line: &Line| line.path.contains("{resident}") || line.path.contains("{local}");
    for line in walked().into_iter().filter(of_one) {
        let mut fields = filled(&browser, &own);
        let seal =
            keyed_fingerprint(&browser.cookie("kinbridge").unwrap(), &format!("resident {}", own.hidden));
        fields.retain(|(name, _)| *name != "about");
        fields.push(("about", seal));
        let there = ask(&browser, &line.method, &address(line.path, &hidden).unwrap(), &fields).await;
        let not = ask(&browser, &line.method, &address(line.path, &nobody).unwrap(), &fields).await;
        let numbers = [own.hidden.0, NOBODY];
        assert_eq!(without(&there, &numbers), without(&not, &numbers), "{} {}", line.method, line.path);
    }
    assert_eq!(rows(&app).into_iter().filter(of_hidden).collect::<Vec<_>>(), before);
}

#[actix_web::test]
async fn relatives_and_the_representative_see_no_resident_but_a_relatives_own() {
    let (app, own, theirs) = two().await;
    let peter = app.cast.relative.clone();
    app.write(|tx| accounts::relate(tx, seed::operator().by(), own.resident, peter.account, "Son"));
    for numbers in [&own.numbers, &theirs.numbers] {
        for (path, page) in every_page(&app.new_visitor(&peter), numbers, &SEARCHES).await {
            let body = page
                .body
                .replace("CANARY-WILLOW-RESIDENT-SEEN-KNOWN", "")
                .replace("CANARY-WILLOW-RESIDENT-SEEN", "");
            assert_eq!(
                leaked(&body, &["CANARY-ELM", "WILLOW-RESIDENT", "WILLOW-STAFF", "WILLOW-WORKER"]),
                None,
                "{path}"
            );
        }
        for (path, page) in every_page(&app.new_visitor(&app.cast.rep), numbers, &SEARCHES).await {
            let people = [
                "ELM-RESIDENT",
                "WILLOW-RESIDENT",
                "ELM-WORKER",
                "WILLOW-WORKER",
                "ELM-STAFF",
                "WILLOW-STAFF",
            ];
            assert_eq!(leaked(&page.body, &people), None, "{path}");
        }
    }
    // The digest of the routes that change something, for the relative: nothing happens.
    let browser = app.as_relative();
    let before = app.digest();
    for line in walked().into_iter().filter(|line| line.method == Method::POST && line.path.contains("{org}"))
    {
        let path = address(line.path, &own.numbers).unwrap();
        let page = ask(&browser, &line.method, &path, &filled(&browser, &own)).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let mut after = app.digest();
    after.insert("open sessions", before["open sessions"]);
    assert_eq!(after, before);
}
