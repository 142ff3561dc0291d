//! DB-3: the disk of the database fills up under load, and is emptied again. What was acknowledged is there, people
//! are told, and the portal goes on without a restart.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use kinbridge::kit::secret::fingerprint;

use crate::audit_trail::writers::{browser, guess, start};
use crate::program::{Folder, Portal};

/// A small disk of its own, taken away at the end.
struct SmallDisk<'f>(&'f Path);

impl<'f> SmallDisk<'f> {
    /// `None` where this user may not mount one.
    fn mount(on: &'f Path) -> Option<Self> {
        fs::create_dir_all(on).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m,mode=0700", "kinbridge-test"])
            .arg(on)
            .output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(on))
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.0.join("ballast")).unwrap();
        for block in [1 << 20, 4096, 1] {
            let zeros = vec![0; block];
            while ballast.write_all(&zeros).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = diesel::sql_types::Text)]
    key: String,
}

#[test]
fn a_full_disk_loses_nothing_and_the_portal_recovers_by_itself() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let Some(disk) = SmallDisk::mount(&data) else {
        println!("left out: this user may not mount a small disk");
        return;
    };
    let portal = start(&folder);
    let (cookie, token) = browser(&portal);
    let mut acknowledged = BTreeSet::new();
    let mut act = |n: u32| {
        let email = format!("nobody{n}@example.org");
        let done = guess(portal.address, &cookie, &token, &email) == Some(true);
        if done {
            acknowledged.insert(format!("account:{}", fingerprint(&email)));
        }
        done
    };
    assert!((0..5).all(&mut act), "there is room");
    disk.fill();
    // What the log of the database had reserved may still take a few.
    let refused = (5..400).filter(|n| !act(*n)).take(3).count();
    assert_eq!(refused, 3, "a full disk is told");
    let told = portal.get("/readyz").unwrap();
    assert_eq!((told.0, portal.get("/healthz").unwrap().0), (503, 200));
    says_what_to_do(&portal, &cookie, &token);
    disk.free();
    let freed = Instant::now();
    while !act(1000) {
        assert!(freed.elapsed() < Duration::from_secs(10), "it does not recover");
    }
    assert_eq!(portal.get("/readyz").unwrap().0, 200);
    portal.kill_9();
    let file = data.join("kinbridge.db");
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let sound = "SELECT integrity_check AS key FROM pragma_integrity_check";
    assert_eq!(diesel::sql_query(sound).get_result::<Key>(&mut conn).unwrap().key, "ok");
    let kept: Vec<Key> = diesel::sql_query("SELECT key FROM secret_checks").load(&mut conn).unwrap();
    let kept: BTreeSet<String> = kept.into_iter().map(|kept| kept.key).collect();
    let lost: Vec<&String> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    drop(conn);
    println!("{} acknowledged around a full disk, 0 lost", acknowledged.len());
}

/// The page of a refusal is whole and plain, although nothing can be written.
fn says_what_to_do(portal: &Portal, cookie: &str, token: &str) {
    let body = format!("csrf={token}&email=nobody@example.org&password=not+the+one");
    let answer = portal
        .ask(&format!(
            "POST /sign-in HTTP/1.1\r\nHost: {0}\r\nConnection: close\r\nOrigin: http://{0}\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {1}\r\n\r\n{body}",
            portal.address,
            body.len()
        ))
        .unwrap();
    let status = answer.get(9..12).unwrap_or_default();
    assert!(matches!(status, "503" | "507"), "{answer}");
    assert!(answer.contains("</html>"), "{answer}");
}
