//! `cargo bench`: a portal of its own, measured from outside. Prints what belongs to every machine, which is ratios
//! taken in one run, and the absolute numbers beside them. Every goal that is missed ends it with code 1.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, and stops where it cannot measure"
)]

mod bookings;
mod load;
mod people;
mod sign_ins;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use load::{ask, load};

const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_secs(3);
/// Of every account.
const PASSWORD: &str = "teapot glacier violin";

fn main() -> ExitCode {
    let folder = Folder::new();
    let mut goals = Goals::default();
    drop(Portal::start(&folder.0));
    people::add(&folder.0);
    let mut starts: Vec<Duration> = (0..7).map(|_| Portal::start(&folder.0).took).collect();
    starts.sort_unstable();
    let start = starts.get(starts.len() / 2).copied().unwrap_or_default();
    goals.at_most("start to ready on an existing database, s", start.as_secs_f64(), 0.3);

    let portal = Portal::start(&folder.0);
    std::thread::sleep(Duration::from_secs(1));
    goals.at_most("idle memory, MiB", portal.memory(), 40.0);

    let page =
        ask(portal.address, "/sign-in", "").map(|(_, body)| String::from_utf8_lossy(&body).into_owned());
    let style = page.as_deref().and_then(stylesheet).unwrap_or_default();
    let plain = load(portal.address, &style, "", CONNECTIONS, TIME);
    println!("a file: {:.0} requests/s, p99 {} µs, {} bytes", plain.per_second, plain.p99, plain.bytes);
    let page = load(portal.address, "/sign-in", "kinbridge-form=0", CONNECTIONS, TIME);
    println!(
        "the sign-in page: {:.0} requests/s, p99 {} µs, {} bytes",
        page.per_second, page.p99, page.bytes
    );
    goals.at_least("the sign-in page over a file", page.per_second / plain.per_second, 0.1);
    println!("memory after load: {:.0} MiB", portal.memory());

    let list = residents_list(&portal);
    println!("50 of {} residents: {:.0} requests/s, p99 {} µs", people::RESIDENTS, list.per_second, list.p99);
    goals.at_least("the residents list over a file", list.per_second / plain.per_second, 0.1);
    drop(portal);

    sign_ins::at_once(&folder.0, &mut goals);
    bookings::measure(&folder.0, &mut goals);
    goals.end()
}

/// The first page of the list, signed in as the demo's manager.
fn residents_list(portal: &Portal) -> load::Load {
    let manager = load::sign_in(portal.address, "manager@demo.kinbridge.test", PASSWORD);
    let cookie = manager.and_then(|manager| manager.cookie).expect("the manager signs in");
    load(portal.address, "/org/1/residents", &cookie, CONNECTIONS, TIME)
}

/// The address of the stylesheet in a page: the bare static answer to compare with.
fn stylesheet(page: &str) -> Option<String> {
    let at = page.find("/static/")?;
    let rest = page.get(at..)?;
    let css = page.match_indices("/static/").find_map(|(at, _)| {
        let path = page.get(at..)?.split('"').next()?;
        path.strip_suffix(".css").map(|_| path.to_owned())
    });
    css.or_else(|| rest.split('"').next().map(str::to_owned))
}

/// Goals and whether they were met.
#[derive(Default)]
struct Goals {
    missed: usize,
}

impl Goals {
    fn at_most(&mut self, what: &str, found: f64, goal: f64) {
        self.tell(what, found, found <= goal, &format!("at most {goal}"));
    }

    fn at_least(&mut self, what: &str, found: f64, goal: f64) {
        self.tell(what, found, found >= goal, &format!("at least {goal}"));
    }

    fn tell(&mut self, what: &str, found: f64, met: bool, goal: &str) {
        self.missed += usize::from(!met);
        println!("{} {what}: {found:.3} ({goal})", if met { "ok    " } else { "MISSED" });
    }

    fn end(self) -> ExitCode {
        if self.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("kinbridge-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A demo in a process of its own.
struct Portal {
    child: Child,
    address: SocketAddr,
    took: Duration,
}

impl Portal {
    fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        drop(listener);
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinbridge"));
        command.arg("demo").arg("--data").arg(folder).arg("--listen").arg(address.to_string());
        Self::of(command.env("KINBRIDGE_DEMO_PASSWORD", PASSWORD), address)
    }

    /// `serve` over the demo's database, with no limit of sign-ins from one address and hardly one of a program's requests.
    fn serve(folder: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        drop(listener);
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinbridge"));
        command.arg("serve").env("KINBRIDGE_LISTEN", address.to_string());
        command.env("KINBRIDGE_DATA", folder.join("db")).env("KINBRIDGE_API_RATE", "100000");
        command.env("KINBRIDGE_SEALING_KEY_FILE", folder.join("keys").join("sealing.key"));
        // Who has no second step yet would be led to set one up, and see no list.
        command.env("KINBRIDGE_TWO_STEP", "offered");
        Self::of(command.env("KINBRIDGE_SIGN_INS_PER_ADDRESS", "1000000"), address)
    }

    fn of(command: &mut Command, address: SocketAddr) -> Self {
        let started = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        while ask(address, "/readyz", "").is_none_or(|(status, _)| status != 200) {
            assert!(started.elapsed() < Duration::from_secs(20), "the portal is not ready");
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { child, address, took: started.elapsed() }
    }

    /// Resident memory in MiB.
    fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most that it ever had, in MiB.
    fn peak_memory(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u32>().ok());
        f64::from(kib.unwrap_or(u32::MAX)) / 1024.0
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
