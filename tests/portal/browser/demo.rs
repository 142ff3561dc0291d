//! The demo as a newcomer starts it: the built program, the address it prints, and the same again after it was killed.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::program::{Folder, free_address, kinbridge};

pub const PASSWORD: &str = "teapot glacier violin";

/// A demo in a process of its own, killed at the end.
pub struct Demo {
    folder: Folder,
    address: SocketAddr,
    child: Child,
    /// Origin of the portal, such as `http://127.0.0.1:8080`.
    pub portal: String,
    /// Origins of the simulated systems.
    pub nourish: String,
    pub pcs: String,
    pub kareinn: String,
    pub fhir: String,
    pub ensora: String,
}

impl Demo {
    pub async fn start() -> Self {
        let (folder, address) = (Folder::new(), free_address());
        let (child, [nourish, pcs, kareinn, fhir, ensora]) = run(&folder, address, &[]);
        let portal = format!("http://{address}");
        let demo = Self { folder, address, child, portal, nourish, pcs, kareinn, fhir, ensora };
        demo.is_ready().await;
        demo
    }

    /// Called by a name and not by its number, as passkeys need it.
    pub async fn by_name() -> Self {
        let (folder, address) = (Folder::new(), free_address());
        let (child, [nourish, pcs, kareinn, fhir, ensora]) = run(&folder, address, &["--localhost"]);
        let portal = format!("http://localhost:{}", address.port());
        let demo = Self { folder, address, child, portal, nourish, pcs, kareinn, fhir, ensora };
        demo.is_ready().await;
        demo
    }

    /// Its webhooks may tell a program of the test.
    pub async fn with_receiver(port: u16) -> Self {
        let (folder, address) = (Folder::new(), free_address());
        let (child, [nourish, pcs, kareinn, fhir, ensora]) =
            run(&folder, address, &["--receiver", &port.to_string()]);
        let portal = format!("http://{address}");
        let demo = Self { folder, address, child, portal, nourish, pcs, kareinn, fhir, ensora };
        demo.is_ready().await;
        demo
    }

    /// Ends the process without a word, and starts it again on the same folder and address.
    pub async fn crash_and_start_again(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let (child, origins) = run(&self.folder, self.address, &[]);
        let before = [&self.nourish, &self.pcs, &self.kareinn, &self.fhir, &self.ensora];
        assert_eq!(origins.each_ref(), before, "a simulated system has moved");
        self.child = child;
        self.is_ready().await;
    }

    async fn is_ready(&self) {
        for _ in 0..400 {
            let answer = reqwest::get(format!("http://{}/readyz", self.address)).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the demo is not ready: {}", self.log());
    }

    /// What a test cannot wait for: that a day has come, put into the database.
    pub fn execute(&self, sql: &str) {
        let database = self.folder.path().join("demo/db/kinbridge.db");
        let mut conn = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
        conn.batch_execute(&format!("PRAGMA busy_timeout = 10000; {sql}")).unwrap();
    }

    /// The end of its log.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(log_file(&self.folder)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log_file(folder: &Folder) -> PathBuf {
    folder.path().join("log")
}

/// The simulated systems, in the order in which they are printed.
const SIMULATED: [&str; 5] = ["Nourish", "PCS", "KareInn", "FHIR R4", "Ensora"];

/// Starts the process; returns it with the addresses of the simulated systems, as they are printed.
fn run(folder: &Folder, address: SocketAddr, more: &[&str]) -> (Child, [String; 5]) {
    let data = folder.path().join("demo");
    let arguments =
        ["demo", "--listen", &address.to_string(), "--data", data.to_str().unwrap(), "--password", PASSWORD];
    // A file: a pipe that nobody empties would stop the portal.
    let log = File::options().append(true).create(true).open(log_file(folder)).unwrap();
    let mut child = kinbridge(&arguments).args(more).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let origins = SIMULATED.map(|name| {
        let origin = said.find_map(|line| {
            let (_, rest) = line.trim_start().strip_prefix(name)?.split_once("http://")?;
            rest.split(['/', ' ']).next().map(|host| format!("http://{host}"))
        });
        origin.unwrap_or_else(|| panic!("the demo does not print where {name} is"))
    });
    (child, origins)
}
