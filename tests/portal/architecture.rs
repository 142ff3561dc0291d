//! The shape of the code: which part may name which, what stands where, and what stands nowhere. Reads text, so a
//! path that a macro builds escapes it; the compiler holds the rest.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Bottom to top. A part names only parts of lower rows.
const ROWS: [&[&str]; 8] = [
    &["kit"],
    &["config", "links"],
    &["db", "mail", "connectors"],
    &["domain"],
    &["services"],
    &["web", "api", "jobs", "sandbox"],
    &["boot"],
    &["cli"],
];

/// What `sandbox` shares with the connectors is in a lower row, so that no exception is needed; this is the only
/// list that a new feature of the domain must join. A feature names only features above it.
const FEATURES: [&str; 39] = [
    "schema",
    "access",
    "refusal",
    "audit",
    "letters",
    "accounts",
    "organisations",
    "connections",
    "messages",
    "residents",
    "consents",
    "staff",
    "pairing",
    "sync",
    "approvals",
    "timeline",
    "monitoring",
    "sent_forms",
    "appointments",
    "mapping",
    "notes",
    "reports",
    "activities",
    "relatives",
    "leavers",
    "digests",
    "api_keys",
    "webhooks",
    "documents",
    "tasks",
    "windows",
    "coverage",
    "practitioners",
    "patients",
    "visits",
    "sealing",
    "day_plans",
    "booked_visits",
    "demo",
];

/// Which parts may name a crate; crates that are not here are anybody's.
const FENCES: [(&str, &[&str]); 6] = [
    ("actix_web", &["web", "api", "sandbox", "boot"]),
    ("actix_http", &["web", "api", "sandbox", "boot"]),
    ("clap", &["cli"]),
    ("diesel", &["db", "domain"]),
    ("lettre", &["mail"]),
    ("reqwest", &["connectors"]),
];

const NAMES_THAT_SAY_NOTHING: [&str; 8] =
    ["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"];

const LONGEST_FILE: usize = 500;
const LONGEST_TEMPLATE: usize = 200;

#[test]
fn parts_name_only_lower_parts() {
    let found: Vec<String> =
        sources().iter().flat_map(|file| upward(&file.part, &file.name, &file.text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn features_of_the_domain_name_only_earlier_ones() {
    let found: Vec<String> = sources().iter().flat_map(|file| out_of_order(&file.name, &file.text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for feature in features_in_the_tree() {
        assert!(FEATURES.contains(&feature.as_str()), "{feature} has no place in the order");
    }
}

#[test]
fn crates_stay_behind_their_fences() {
    let found: Vec<String> =
        sources().iter().flat_map(|file| beyond(&file.part, &file.name, &file.text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn pages_never_act_as_the_portal_itself() {
    for file in sources().iter().filter(|file| ["web", "api"].contains(&file.part.as_str())) {
        let code = code(&file.text);
        for name in ["for_the_portal", "for_the_operator"] {
            assert!(!code.contains(name), "{} names {name}: a page has somebody who asked for it", file.name);
        }
    }
}

#[test]
fn no_statement_is_written_from_parts() {
    for file in sources() {
        let code: String = code(&file.text).split_whitespace().collect();
        assert!(!code.contains("sql_query(format!") && !code.contains("sql_query(&format!"), "{}", file.name);
    }
}

#[test]
fn statements_stand_in_stores_and_in_the_database_layer_only() {
    let holds_a_query = |file: &&Source| {
        // Features that are one file hold their rows in it.
        let in_folder = file.part == "domain" && file.name.matches('/').count() > 2;
        let store = file.name.ends_with("store.rs") || file.name.contains("/store/");
        let code = code(&file.text);
        let query = ["schema::", "diesel::insert_into", "diesel::update", "diesel::delete", "sql_query"];
        in_folder && !store && query.iter().any(|part| code.contains(part))
    };
    let sources = sources();
    let found: Vec<&str> = sources.iter().filter(holds_a_query).map(|file| file.name.as_str()).collect();
    assert!(found.is_empty(), "these hold queries, which their stores do: {found:?}");
}

#[test]
fn templates_escape_everything_and_stay_short() {
    for path in files("templates", "html") {
        let (name, text) = (path.display(), fs::read_to_string(&path).unwrap());
        let plain: String = text.split_whitespace().collect();
        for escape in ["|safe", "escape\"none\"", "escape=\"none\"", "{%autoescape"] {
            assert!(!plain.contains(escape), "{name} holds {escape}");
        }
        assert!(!plain.contains("style=\"") && !plain.contains("<style"), "{name} holds inline style");
        assert!(!text.contains("<script>"), "{name} holds inline script");
        let lines = text.lines().count();
        assert!(lines <= LONGEST_TEMPLATE, "{name} has {lines} lines");
    }
}

#[test]
fn files_are_short_say_what_they_are_and_have_names_that_say_something() {
    let mut found = Vec::new();
    for file in sources().into_iter().filter(|file| !file.name.ends_with("domain/schema.rs")) {
        let lines = file.text.lines().count();
        if lines > LONGEST_FILE {
            found.push(format!("{} has {lines} lines", file.name));
        }
        let said = file.text.lines().next().and_then(|line| line.strip_prefix("//!"));
        if said.is_none_or(|said| said.trim().len() < 12) {
            found.push(format!("{} does not say in its first line what it is", file.name));
        }
        let stem = Path::new(&file.name).with_extension("");
        if stem.iter().any(|part| NAMES_THAT_SAY_NOTHING.iter().any(|name| part == *name)) {
            found.push(format!("{} has a name that says nothing", file.name));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_left_to_be_done_later() {
    for file in sources() {
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("] {
            assert!(!file.text.contains(word), "{} holds {word}", file.name);
        }
    }
}

#[test]
fn main_only_starts_the_command_line() {
    let text = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(text.lines().count() <= 40);
}

/// The test of the tests above: each planted fault is found, and what looks alike and is allowed is not.
#[test]
fn planted_faults_are_found() {
    let up = |part: &str, code: &str| upward(part, "planted.rs", code).len();
    assert_eq!(up("connectors", "use crate::domain::access::Actor;"), 1);
    assert_eq!(up("kit", "use crate::config::Config;"), 1);
    assert_eq!(up("mail", "use crate::{db::Db, kit::ids};"), 1);
    assert_eq!(up("web", "use crate::{kit::{ids, clock as c}, jobs as timetable};"), 1);
    assert_eq!(up("web", "fn f() { crate::jobs::start(s) }"), 1);
    assert_eq!(up("web", "use super::super::jobs::start;"), 1);
    assert_eq!(up("web", "use super::super::sandbox::{self, nourish};"), 1);
    assert_eq!(up("db", "use crate::config::Config;\nuse crate::kit::ids;"), 0);
    assert_eq!(up("web", "use crate::domain::{access, audit};\nuse super::links;"), 0);
    assert_eq!(up("kit", "//! crate::domain is above.\n// use crate::web;\n"), 0);

    let order = |file: &str, code: &str| out_of_order(file, code).len();
    assert_eq!(order("src/domain/audit.rs", "use crate::domain::staff::State;"), 1);
    assert_eq!(order("src/domain/audit.rs", "use crate::domain::{access::{By, Role as R}, staff as s};"), 1);
    assert_eq!(order("src/domain/audit.rs", "use super::residents;"), 1);
    assert_eq!(order("src/domain/accounts/store.rs", "use super::super::sync::Run;"), 1);
    assert_eq!(
        order("src/domain/accounts/store.rs", "use super::sessions; use crate::domain::access::Role;"),
        0
    );
    assert_eq!(order("src/domain/sync/apply.rs", "use crate::domain::{pairing, residents};"), 0);

    let fence = |part: &str, code: &str| beyond(part, "planted.rs", code).len();
    assert_eq!(fence("domain", "use actix_web::web;"), 1);
    assert_eq!(fence("web", "fn f(e: diesel::result::Error) {}"), 1);
    assert_eq!(fence("jobs", "let c = reqwest::Client::new();"), 1);
    assert_eq!(fence("domain", "use diesel::prelude::*;"), 0);
    assert_eq!(fence("web", "// diesel::prelude is not for here"), 0);
}

struct Source {
    /// The part it belongs to: the first name under `src/`.
    part: String,
    name: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let top = ["lib", "main", "build"];
    let paths = files("src", "rs");
    let sources = paths.into_iter().map(|path| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let part = name.split('/').nth(1).unwrap().trim_end_matches(".rs").to_owned();
        Source { part, text: fs::read_to_string(&path).unwrap(), name }
    });
    sources.filter(|source| !top.contains(&source.part.as_str())).collect()
}

fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|of| of == end) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The text without its comments and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn row(part: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&part))
}

fn upward(part: &str, name: &str, text: &str) -> Vec<String> {
    let Some(own) = row(part) else { return vec![format!("{name}: {part} has no row")] };
    let code = code(text);
    let mut named = roots(&code, "crate::");
    // From a file directly under a part, `super::super` is the crate; deeper files would need one more.
    named.extend(roots(&code, "super::super::"));
    let wrong = |to: &String| row(to).is_some_and(|row| row >= own && to != part);
    named.into_iter().filter(wrong).map(|to| format!("{name}: {part} -> {to}")).collect()
}

fn out_of_order(name: &str, text: &str) -> Vec<String> {
    let Some(rest) = name.strip_prefix("src/domain/") else { return Vec::new() };
    let own = rest.split('/').next().unwrap().trim_end_matches(".rs");
    if own == "mod" {
        return Vec::new();
    }
    let code = code(text);
    let mut named = roots(&code, "crate::domain::");
    // `super` of a feature that is one file, or of a folder's mod.rs, is the domain itself.
    let here = if rest.contains('/') && !rest.ends_with("/mod.rs") { "super::super::" } else { "super::" };
    named.extend(roots(&code, here));
    let place = |feature: &str| FEATURES.iter().position(|of| *of == feature);
    let wrong = |to: &String| to != own && place(to).is_some_and(|to| place(own).is_none_or(|own| to > own));
    named.into_iter().filter(wrong).map(|to| format!("{name}: {own} -> {to}")).collect()
}

fn beyond(part: &str, name: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let fenced = FENCES.iter().filter(|(_, may)| !may.contains(&part));
    fenced
        .filter(|(krate, _)| {
            code.match_indices(&format!("{krate}::")).any(|(at, _)| starts_a_word(&code, at))
        })
        .map(|(krate, _)| format!("{name}: {part} -> {krate}"))
        .collect()
}

fn starts_a_word(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The names that directly follow `prefix`, wherever it stands: `crate::{a::{b, c as d}, e}` gives `a` and `e`.
fn roots(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = &code[..at];
        // `super::super::x` is found by its own prefix; `crate::` inside another word is no path.
        if before.ends_with("super::") || !starts_a_word(code, at) {
            continue;
        }
        let after = &code[at + prefix.len()..];
        match after.strip_prefix('{') {
            Some(list) => names.extend(first_names(list)),
            None => names.extend(word(after)),
        }
    }
    names
}

/// The first name of each entry of a list whose opening brace is taken off already.
fn first_names(list: &str) -> Vec<String> {
    let (mut names, mut depth, mut entry) = (Vec::new(), 0_i32, String::new());
    for character in list.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(word(&std::mem::take(&mut entry))),
            _ if depth == 0 => entry.push(character),
            _ => {}
        }
    }
    names.extend(word(&entry));
    names
}

fn word(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn features_in_the_tree() -> Vec<String> {
    let mut seen = BTreeSet::new();
    for file in sources().into_iter().filter(|file| file.part == "domain") {
        let feature = file.name.split('/').nth(2).unwrap().trim_end_matches(".rs").to_owned();
        seen.insert(feature);
    }
    seen.into_iter().filter(|feature| feature != "mod").collect()
}
