//! 500 people sign in at once while five others go on working (AV-1).

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Goals, PASSWORD, Portal, load, people};

const BROWSING: usize = 5;
/// What people read between two clicks.
const PAUSE: Duration = Duration::from_millis(20);

pub fn at_once(folder: &Path, goals: &mut Goals) {
    let portal = Portal::serve(folder);
    let address = portal.address;
    let manager = load::sign_in(address, "manager@demo.kinbridge.test", PASSWORD);
    let cookie = manager.and_then(|manager| manager.cookie).expect("the manager signs in");
    let stop = AtomicBool::new(false);
    let (mut answers, mut waits) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let browse = || {
            let mut own = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let started = Instant::now();
                let answer = load::ask(address, "/org/1/residents", &cookie);
                assert_eq!(answer.map(|(status, _)| status), Some(200), "people go on working");
                own.push(started.elapsed());
                thread::sleep(PAUSE);
            }
            own
        };
        let browsing: Vec<_> = (0..BROWSING).map(|_| scope.spawn(browse)).collect();
        let coming: Vec<_> = (0..people::ACCOUNTS)
            .map(|n| scope.spawn(move || load::sign_in(address, &people::email(n), PASSWORD)))
            .collect();
        answers.extend(coming.into_iter().map(|one| one.join().ok().flatten()));
        stop.store(true, Ordering::Relaxed);
        waits.extend(browsing.into_iter().flat_map(|one| one.join().unwrap_or_default()));
    });
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or(Duration::MAX);
    let signed_in = answers.iter().flatten().filter(|one| one.status == 303).count();
    let proper =
        |one: &load::SignedIn| matches!(one.status, 303 | 401 | 429) || (one.status == 503 && one.says_when);
    let odd = answers.iter().filter(|one| !one.as_ref().is_some_and(proper)).count();
    let slowest = answers.iter().flatten().map(|one| one.took).max().unwrap_or(Duration::MAX);
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    goals.at_least("sign-ins at once: let in of 500", number(signed_in), 100.0);
    goals.at_most("sign-ins at once: answers that are none of 303, 401, 429, 503", number(odd), 0.0);
    goals.at_most("sign-ins at once: slowest answer, s", slowest.as_secs_f64(), 6.0);
    goals.at_most("sign-ins at once: the others' p99, ms", p99.as_secs_f64() * 1000.0, 100.0);
    goals.at_most("sign-ins at once: most memory, MiB", portal.peak_memory(), 160.0);
}
