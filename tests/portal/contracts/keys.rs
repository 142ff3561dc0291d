//! The keys of PCS travel in addresses, which are what software likes to write down. So a portal syncs, fails and
//! writes with known keys while everything that anybody says is recorded, and nothing of it may hold one.

use std::fmt::Write as _;
use std::process::Command;

use kinbridge::connectors::Vendor;
use kinbridge::domain::sync::RunState;
use kinbridge::links;
use kinbridge::sandbox::Fault;

use crate::support::vendors::played::{ALL, DEPLOYMENT, Joined, entry};
use crate::support::vendors::quick;

const CHILD: &str = "KINBRIDGE_TEST_LOGS_OF_PCS";

/// The child's part: everything that can be said about PCS, with all of it logged.
#[actix_web::test]
async fn logged_whole() {
    let Some(kept) = std::env::var_os(CHILD) else { return };
    let out = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    out.with_writer(std::io::stderr).init();
    let which = ALL.into_iter().find(|(one, _)| *one == Vendor::Pcs).unwrap();
    let mut joined = Joined::start(which, 12).await;
    std::fs::write(kept, &joined.token).unwrap();
    assert_eq!(joined.sync().await.state, RunState::Done);
    joined.wait(quick());
    let system = joined.played.system(quick());
    let credential = kinbridge::connectors::Credential::new("7", joined.token.clone());
    let mut said = format!("{credential:?} {system:?}", system = joined.played.settings(quick()));
    for fault in Fault::all() {
        joined.played.hand.conduct().set_fault(fault);
        let run = joined.sync().await;
        write!(said, "{run:?} {:?}", joined.problems(&run)).unwrap();
        write!(said, "{:?}", system.probe(&credential).await).unwrap();
        write!(said, "{:?}", system.write_entry(&credential, &entry("a-1")).await).unwrap();
    }
    joined.played.hand.conduct().clear_fault();
    joined.played.hand.accept("another-key");
    write!(said, "{:?}", joined.sync().await).unwrap();
    joined.played.origin = "http://127.0.0.1:9".into();
    joined.wait(quick());
    write!(said, "{:?}", joined.sync().await).unwrap();
    for page in [links::integrations(joined.organisation), links::settings_audit(joined.organisation)] {
        said.push_str(&joined.app.as_stranger().get(&page).await.text());
    }
    kinbridge::jobs::keep_messages::run(&joined.app.services).await.unwrap();
    // Every row of every table, and the failures, go where the log goes.
    tracing::info!("{said}\n{:?}", joined.everything());
    let written = [
        "sync_runs",
        "run_changes",
        "run_problems",
        "audit_events",
        "letters",
        "connections",
        "vendor_services",
        "vendor_messages",
    ];
    tracing::info!("{:?}", joined.dump(&written));
    tracing::info!("the end of the logged syncs");
}

#[test]
fn no_log_error_trace_run_audit_row_or_page_holds_a_key_of_pcs() {
    let kept = std::env::temp_dir().join(format!("kinbridge-pcs-key-{}", std::process::id()));
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "contracts::keys::logged_whole", "--nocapture", "--test-threads=1"])
        .env(CHILD, &kept)
        // It listens by itself.
        .env_remove("KINBRIDGE_TEST_LOG")
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    let tail: String = said.chars().rev().take(3_000).collect::<Vec<_>>().into_iter().rev().collect();
    assert!(child.status.success(), "{tail}");
    assert!(
        said.contains("the end of the logged syncs") && said.contains("a sync ended"),
        "nothing was captured"
    );
    assert!(said.contains("TRACE"), "the log is not whole");
    let key = std::fs::read_to_string(&kept).unwrap();
    std::fs::remove_file(&kept).unwrap();
    assert!(key.len() > 20);
    let lower = said.to_lowercase();
    for secret in [key.as_str(), DEPLOYMENT, &key.replace('-', ""), &key.replace('-', "%2d")] {
        let secret = secret.to_lowercase();
        let line = lower.lines().find(|line| line.contains(&secret)).unwrap_or_default();
        let line: String = line.chars().take(400).collect();
        assert!(line.is_empty(), "a key stands in: {line}");
    }
    assert!(!lower.contains("devapikey="), "an address was written down");
}
