//! The command line, as the built program: its help, its answers, and what it says when something is wrong.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::{Folder, Portal, finished, free_address, kinbridge};

/// The program with a folder and a key of its own: what `serve` needs.
fn configured(folder: &Folder, arguments: &[&str]) -> Command {
    let key = folder.path().join("key");
    if !key.exists() {
        let (code, _, errors) = finished(&mut kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]));
        assert_eq!(code, 0, "{errors}");
    }
    let mut command = kinbridge(arguments);
    command.env("KINBRIDGE_DATA", folder.path().join("data")).env("KINBRIDGE_SEALING_KEY_FILE", key);
    command
}

#[test]
fn help_of_every_command_reads_well() {
    let (code, help, _) = finished(&mut kinbridge(&["--help"]));
    assert_eq!(code, 0);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    let wanted =
        ["serve", "demo", "migrate", "account", "sync", "pair", "rotate-key", "routes", "check", "audit"];
    for command in wanted {
        assert!(commands.contains(&command), "{command} is not in the help:\n{help}");
    }
    for command in commands {
        let (code, help, errors) = finished(&mut kinbridge(&[command, "--help"]));
        assert_eq!(code, 0, "{command}: {errors}");
        assert!(help.contains("Usage: kinbridge"), "{help}");
    }
}

#[test]
fn routes_are_json_with_path_method_and_who() {
    let (code, json, _) = finished(&mut kinbridge(&["routes"]));
    assert_eq!(code, 0);
    let routes: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let mut seen = BTreeSet::new();
    for route in &routes {
        let text =
            |name: &str| route[name].as_str().unwrap_or_else(|| panic!("{name} of {route}")).to_owned();
        assert!(text("path").starts_with('/') && !text("who").is_empty());
        assert!(seen.insert((text("path"), text("method"))), "twice: {route}");
    }
    assert!(seen.contains(&("/healthz".into(), "GET".into())));
}

#[test]
fn serve_without_a_sealing_key_does_not_start_and_says_how_to_make_one() {
    let folder = Folder::new();
    let mut command = kinbridge(&["serve"]);
    command.env("KINBRIDGE_DATA", folder.path().join("data"));
    let (code, _, errors) = finished(&mut command);
    assert_eq!(code, 1);
    assert!(errors.contains("KINBRIDGE_SEALING_KEY_FILE") && errors.contains("rotate-key --new"), "{errors}");
    assert!(!folder.path().join("data").exists(), "nothing is made by a refused start");
}

#[test]
fn a_wrong_or_misspelt_setting_stops_the_start_by_name() {
    let folder = Folder::new();
    let (code, _, errors) = finished(configured(&folder, &["serve"]).env("KINBRIDGE_WORKERS", "none"));
    assert_eq!(code, 1);
    assert!(errors.contains("KINBRIDGE_WORKERS: \"none\" is not a whole number from 1 to 64"), "{errors}");
    let (code, _, errors) = finished(configured(&folder, &["migrate"]).env("KINBRIDGE_WORKER", "2"));
    assert_eq!(code, 1);
    assert!(errors.contains("KINBRIDGE_WORKERS"), "{errors}");
}

#[test]
fn check_names_what_needs_repair_and_then_finds_nothing() {
    let folder = Folder::new();
    let (code, said, _) = finished(&mut configured(&folder, &["check"]));
    assert_eq!(code, 1);
    assert!(said.contains("repair  database") && said.contains("kinbridge migrate"), "{said}");
    let (code, _, errors) = finished(&mut configured(&folder, &["migrate"]));
    assert_eq!(code, 0, "{errors}");
    let (code, said, _) = finished(&mut configured(&folder, &["check"]));
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("repair"), "{said}");
}

#[test]
fn a_vendor_that_nobody_serves_is_named_by_check() {
    let folder = Folder::new();
    finished(&mut configured(&folder, &["migrate"]));
    let origin = format!("http://{}", free_address());
    let mut command = configured(&folder, &["check"]);
    command
        .env("KINBRIDGE_VENDOR_URLS", format!("nourish={origin}"))
        .env("KINBRIDGE_ALLOWED_VENDOR_ORIGINS", &origin);
    let (code, said, _) = finished(&mut command);
    assert_eq!(code, 1);
    assert!(said.contains("repair  vendor nourish: 127.0.0.1 does not answer"), "{said}");
}

#[test]
fn a_new_key_seals_everything_and_the_old_one_may_go() {
    let folder = Folder::new();
    finished(&mut configured(&folder, &["check"]));
    let serve = |folder: &Folder| {
        let address = free_address();
        let mut command = configured(folder, &["serve"]);
        command.env("KINBRIDGE_LISTEN", address.to_string());
        Portal::start(command, address)
    };
    assert_eq!(serve(&folder).stop().0, 0);
    let key = folder.path().join("key");
    let old = std::fs::read_to_string(&key).unwrap();
    assert_eq!(finished(&mut kinbridge(&["rotate-key", "--new", key.to_str().unwrap()])).0, 0);
    let (code, said, errors) = finished(&mut configured(&folder, &["rotate-key"]));
    assert_eq!(code, 0, "{errors}");
    assert!(said.starts_with("done"), "{said}");
    let newest = std::fs::read_to_string(&key).unwrap().lines().next().unwrap().to_owned();
    std::fs::write(&key, newest).unwrap();
    assert_eq!(serve(&folder).stop().0, 0);
    // The old key alone opens nothing now, and that is said before anything is served.
    std::fs::write(&key, old).unwrap();
    let (code, _, errors) = finished(&mut configured(&folder, &["serve"]));
    assert_eq!(code, 1);
    assert!(errors.contains("sealing key") && errors.contains("Put back the key"), "{errors}");
}

#[test]
fn the_first_representative_is_made_with_a_password_or_a_link() {
    let folder = Folder::new();
    let create = ["account", "create", "--representative", "--email", "ann@example.org", "--name", "Ann Bee"];
    let (code, said, errors) = finished(&mut configured(&folder, &[&create[..], &["--link"]].concat()));
    assert_eq!(code, 0, "{errors}");
    assert!(said.contains("/activate/"), "{said}");
    let with_password = |password: &str| {
        let mut command = configured(&folder, &[&create[..], &["--password-stdin"]].concat());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = with_password("short\n");
    assert_eq!(code, Some(1));
    assert!(said.contains("Use 15 characters or more") && !said.contains("short\n"), "{said}");
    let (code, said) = with_password("seven lamps upon a quay\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("/sign-in"), "{said}");
    let (code, said, _) = finished(&mut configured(&folder, &["audit", "verify"]));
    assert_eq!(code, 0);
    assert!(said.contains("whole"), "{said}");
}

#[test]
fn an_account_needs_a_place_to_belong_to() {
    let folder = Folder::new();
    let arguments = ["account", "create", "--email", "ann@example.org", "--name", "Ann Bee"];
    let (code, _, errors) = finished(&mut configured(&folder, &arguments));
    assert_eq!(code, 2);
    assert!(errors.contains("--representative"), "{errors}");
}

#[test]
fn the_demo_is_ready_soon_and_ends_cleanly_on_sigterm() {
    let folder = Folder::new();
    let portal = Portal::demo(&folder);
    // Unoptimised, and beside the other tests; the goal of 2 s is measured by the benchmarks.
    assert!(portal.took < Duration::from_secs(8), "{:?}", portal.took);
    assert_eq!(portal.get("/readyz").unwrap().0, 200);
    let address = portal.address;
    let (code, took, said) = portal.stop();
    assert_eq!(code, 0, "{said}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    for words in [
        &format!("http://{address}"),
        "Mailbox",
        "Nourish",
        "PCS",
        "KareInn",
        "FHIR R4",
        "Password",
        "stopped",
    ] {
        assert!(said.contains(words), "{words} is missing in: {said}");
    }
}

#[test]
fn a_temporary_demo_leaves_nothing_behind() {
    let folder = Folder::new();
    let address = free_address();
    let mut command = kinbridge(&["demo", "--listen", &address.to_string()]);
    command.env("TMPDIR", folder.path());
    let portal = Portal::start(command, address);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    portal.stop();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_port_in_use_is_said_with_the_repair() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, errors) = finished(&mut kinbridge(&["demo", "--listen", &address]));
    assert_eq!(code, 1);
    assert!(errors.contains(&address) && errors.contains("--listen"), "{errors}");
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    use diesel::prelude::*;
    let folder = Folder::new();
    finished(&mut configured(&folder, &["migrate"]));
    let file = folder.path().join("data/kinbridge.db");
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')";
    diesel::sql_query(later).execute(&mut conn).unwrap();
    drop(conn);
    let before = std::fs::read(&file).unwrap();
    for command in ["serve", "migrate", "rotate-key"] {
        let (code, _, errors) = finished(&mut configured(&folder, &[command]));
        assert_eq!(code, 1, "{command}");
        assert!(errors.contains("newer Kinbridge") && errors.contains("kinbridge.db"), "{errors}");
    }
    assert!(std::fs::read(&file).unwrap() == before, "the file was changed");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    std::fs::write(
        folder.path().join("data/kinbridge.db"),
        "not a database, but long enough to look at it".repeat(9),
    )
    .unwrap();
    let (code, _, errors) = finished(&mut configured(&folder, &["serve"]));
    assert_eq!(code, 1);
    assert!(errors.contains("kinbridge.db") && errors.contains("restore a backup"), "{errors}");
}

#[test]
fn a_locked_database_is_named_with_the_repair() {
    use diesel::connection::SimpleConnection as _;
    use diesel::prelude::*;
    let folder = Folder::new();
    finished(&mut configured(&folder, &["migrate"]));
    let file = folder.path().join("data/kinbridge.db");
    let mut holder = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    holder.batch_execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;").unwrap();
    let (code, _, errors) = finished(&mut configured(&folder, &["audit", "verify"]));
    assert_eq!(code, 1);
    assert!(errors.contains("another program holds it"), "{errors}");
}
