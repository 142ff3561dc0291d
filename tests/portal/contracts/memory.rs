//! What an answer without end costs: with the limits of production no vendor can make the portal take more than 64 MiB.
//! Measured in a process of its own, whose peak nothing else raises; the simulators, which make such answers while
//! they send them, are in it too.

use std::process::Command;

use kinbridge::connectors::Limits;
use kinbridge::sandbox::Fault;

use crate::support::vendors::played::{ALL, Played};

const CHILD: &str = "KINBRIDGE_TEST_MEMORY_OF_BAD_ANSWERS";
const MOST_KIB: u64 = 64 * 1024;

/// The most that this process ever had, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The child's part.
#[tokio::test]
async fn measured() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    for which in ALL {
        let played = Played::start(which, 10);
        let system = played.system(Limits::default());
        system.read_people(&played.key(), &()).await.unwrap();
        let before = peak().unwrap();
        for fault in [Fault::GzipBomb, Fault::EndlessBody, Fault::HugeBody, Fault::DeepJson] {
            played.hand.conduct().set_fault(fault);
            let failure = system.read_people(&played.key(), &()).await.unwrap_err();
            println!("{} {fault:?}: {}", played.vendor, failure.words);
        }
        // The kernel counts a peak roughly, and may say less than before.
        let grown = peak().unwrap().saturating_sub(before);
        println!("{} cost {grown} KiB", played.vendor);
        assert!(grown <= MOST_KIB, "{} cost {grown} KiB", played.vendor);
    }
    println!("every vendor measured");
}

#[test]
fn an_answer_without_end_costs_at_most_64_mebibytes() {
    if peak().is_none() {
        println!("left out: the memory of bad answers, because /proc does not tell it");
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "contracts::memory::measured", "--nocapture"])
        .env(CHILD, "yes")
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && said.contains("every vendor measured"), "{said}");
    print!("{said}");
}
