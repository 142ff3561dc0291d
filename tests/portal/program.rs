//! The built program, started as a person starts it: with a folder of its own and an empty environment.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A temporary folder, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kinbridge-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program with arguments, nothing in its environment but what is added.
pub fn kinbridge(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinbridge"));
    command.args(arguments).env_clear().current_dir(std::env::temp_dir()).stdin(Stdio::null());
    command
}

/// Runs it to its end: exit code, standard output, standard error.
pub fn finished(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap_or(-1), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A portal in a process of its own, killed at the end if it still runs.
pub struct Portal {
    child: Child,
    pub address: SocketAddr,
    /// From start to the first answer.
    pub took: Duration,
}

impl Portal {
    /// Starts the command and waits until it answers.
    pub fn start(mut command: Command, address: SocketAddr) -> Self {
        let started = Instant::now();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut portal = Self { child, address, took: Duration::ZERO };
        while portal.get("/healthz").is_none() {
            if let Some(status) = portal.child.try_wait().unwrap() {
                panic!("the portal ended with {status}: {}", portal.said());
            }
            assert!(started.elapsed() < Duration::from_secs(20), "the portal does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
        portal.took = started.elapsed();
        portal
    }

    /// A demo in `folder`.
    pub fn demo(folder: &Folder) -> Self {
        let address = free_address();
        let data = folder.path().join("demo");
        let data = data.to_str().unwrap();
        let command = kinbridge(&["demo", "--data", data, "--listen", &address.to_string()]);
        Self::start(command, address)
    }

    /// A plain request with more head lines, each ended with CR LF; the whole answer.
    pub fn ask(&self, head: &str) -> Option<String> {
        self.send(head.as_bytes())
    }

    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let answer =
            self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address))?;
        let status = answer.get(9..12)?.parse().ok()?;
        Some((status, answer))
    }

    /// Raw bytes; whatever comes back until the connection ends or nothing more comes for two seconds.
    pub fn send(&self, bytes: &[u8]) -> Option<String> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(2)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        // A refusal may close the connection before everything is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Some(String::from_utf8_lossy(&answer).into_owned())
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill_9(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and no wait for what comes of it.
    pub fn ask_to_stop(&self) {
        let signalled = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(signalled.success());
    }

    /// SIGTERM, then its exit code, the time it took, and all it said.
    pub fn stop(self) -> (i32, Duration, String) {
        self.ask_to_stop();
        self.ended()
    }

    /// Waits for its end.
    pub fn ended(mut self) -> (i32, Duration, String) {
        let started = Instant::now();
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), started.elapsed(), self.said())
    }

    /// Everything it said; it has ended.
    fn said(&mut self) -> String {
        let mut said = String::new();
        if let Some(mut out) = self.child.stdout.take() {
            let _ = out.read_to_string(&mut said);
        }
        if let Some(mut err) = self.child.stderr.take() {
            let _ = err.read_to_string(&mut said);
        }
        said
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on loopback that was free a moment ago.
pub fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}
