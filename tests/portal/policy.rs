//! Who may do what: every route of the table × every kind of visitor, as one readable page.
//!
//! A new route changes the page, so that it cannot be forgotten. Where the new page is right:
//! `INSTA_UPDATE=always cargo test --test portal policy`, and read the difference before committing.

use std::fmt::Write as _;

use actix_web::http::Method;
use kinbridge::domain::access::Platform;
use kinbridge::domain::accounts;
use kinbridge::web::routes::{self, Who};

use crate::support::{Page, TestApp, Visitor, fill};

const VISITORS: [&str; 9] = [
    "signed out",
    "relative",
    "staff",
    "colleague",
    "manager",
    "super manager",
    "representative",
    "stranger",
    "disabled",
];

fn visitor<'a>(app: &'a TestApp, who: &str) -> Visitor<'a> {
    let cast = &app.cast;
    app.new_visitor(match who {
        "signed out" => return app.signed_out(),
        "relative" => &cast.relative,
        "staff" => &cast.staff,
        "colleague" => &cast.colleague,
        "manager" => &cast.manager,
        "super manager" => &cast.super_manager,
        "representative" => &cast.rep,
        "stranger" => &cast.stranger,
        "disabled" => {
            let (operator, account) = (Platform::for_the_operator(), cast.disabled.account);
            app.write(|tx| accounts::enable(tx, &operator, account));
            let browser = app.new_visitor(&cast.disabled);
            app.write(|tx| accounts::disable(tx, &operator, account));
            return browser;
        }
        other => panic!("nobody is called {other}"),
    })
}

/// The status, and for those who are sent to sign in the words.
fn cell(page: &Page) -> String {
    if page.status == 303 && page.location().starts_with("/sign-in") {
        "sign in".into()
    } else {
        page.status.to_string()
    }
}

/// AC-1.
#[actix_web::test]
async fn every_route_lets_in_only_those_who_may() {
    // What is guessed here is not what is counted.
    let app = TestApp::start_with(|config| config.sign_ins_per_address = 1_000).await;
    let mut table = format!("{:<4} {:<52} {:<22}", "", "path", "who may");
    for who in VISITORS {
        write!(table, " {who:<14}").unwrap();
    }
    let (mut cells, mut denied) = (0, 0);
    for line in routes::table() {
        let path = fill(line.path, &app.cast);
        write!(table, "\n{:<4} {:<52} {:<22}", line.method.as_str(), line.path, line.who.words()).unwrap();
        for who in VISITORS {
            let browser = visitor(&app, who);
            browser.form_token().await;
            let before = app.digest();
            let page = if line.method == Method::POST {
                browser.post(&path, &[]).await
            } else {
                browser.ask(line.method.clone(), &path).send().await
            };
            let shown = cell(&page);
            write!(table, " {shown:<14}").unwrap();
            cells += 1;
            assert!(page.status < 500, "{who} broke {path}");
            let turned_away = shown == "sign in" || page.status == 403 || page.status == 404;
            // Signing out leads to the sign-in page too, and is no refusal.
            let signs_out = matches!(line.who, Who::SignedIn | Who::SettingUp)
                && !matches!(who, "signed out" | "disabled");
            if turned_away && !signs_out {
                assert_eq!(app.digest(), before, "{who} was turned away from {path}, and something changed");
                denied += 1;
            }
            assert_right(line.who, who, &page, line.path);
        }
    }
    programs(&app, &mut table).await;
    println!("{cells} of {cells} cells hold, {denied} of them refusals that changed nothing");
    let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!("routes", lines.join("\n"));
}

/// What programs reach by a key: nobody's session opens it.
async fn programs(app: &TestApp, table: &mut String) {
    for line in kinbridge::api::table() {
        write!(table, "\n{:<4} {:<52} {:<22}", line.method.as_str(), line.path, line.who).unwrap();
        for who in VISITORS {
            let browser = visitor(app, who);
            let before = app.digest();
            let page = browser.ask(line.method.clone(), line.path).of_our_own().body("{}").send().await;
            let right = if line.who == kinbridge::api::ANYONE { 200 } else { 401 };
            assert_eq!(page.status, right, "{who} at {}", line.path);
            assert_eq!(
                app.digest(),
                before,
                "{who} was turned away from {}, and something changed",
                line.path
            );
            write!(table, " {:<14}", cell(&page)).unwrap();
        }
    }
}

/// What must hold whatever the page shows: the snapshot alone could be accepted with a hole in it.
fn assert_right(may: Who, who: &str, page: &Page, path: &str) {
    let sent_to_sign_in = page.status == 303 && page.location().starts_with("/sign-in");
    let out = matches!(who, "signed out" | "disabled");
    match may {
        Who::Anyone | Who::Machine | Who::Letter => {}
        _ if out => assert!(sent_to_sign_in, "{who} at {path}: {}", page.status),
        Who::SignedIn | Who::SettingUp => {}
        Who::Representative | Who::Relative | Who::Patient if who == may.words() => {
            assert_ne!(page.status, 403, "{path}");
        }
        Who::Representative | Who::Relative | Who::Patient => assert_eq!(page.status, 404, "{who} at {path}"),
        Who::Holder(_) if matches!(who, "relative" | "representative" | "stranger") => {
            assert_eq!(page.status, 404, "{who} at {path}");
        }
        Who::Holder(permission) => {
            let role = match who {
                "staff" => kinbridge::domain::access::Role::Staff,
                "manager" => kinbridge::domain::access::Role::Manager,
                "super manager" => kinbridge::domain::access::Role::SuperManager,
                _ => return,
            };
            let holds = kinbridge::domain::access::Permission::defaults(role).contains(&permission);
            assert!(holds || page.status == 403, "{who} at {path}: {}", page.status);
            assert!(!sent_to_sign_in, "{who} at {path}");
        }
    }
}

#[test]
fn no_route_is_in_the_table_twice() {
    let mut seen = std::collections::BTreeSet::new();
    for line in routes::table() {
        assert!(seen.insert((line.path, line.method.to_string())), "{} {}", line.method, line.path);
        assert!(
            line.path.starts_with('/') && (line.path == "/" || !line.path.ends_with('/')),
            "{}",
            line.path
        );
        assert!(line.method == Method::GET || line.method == Method::POST, "{}", line.method);
    }
}
