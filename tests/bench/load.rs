//! A small HTTP client that keeps its connections: what the server can do, not what the client can.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a load met.
pub struct Load {
    pub per_second: f64,
    /// Microseconds within which 99 of 100 answers came.
    pub p99: u128,
    /// Bytes of one answer's body.
    pub bytes: usize,
}

/// Asks for one path over several connections for a while.
pub fn load(address: SocketAddr, path: &str, cookie: &str, connections: usize, time: Duration) -> Load {
    let request = request(address, path, cookie);
    let stop = AtomicBool::new(false);
    let started = Instant::now();
    let (mut times, mut bytes) = (Vec::new(), 0);
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..connections).map(|_| scope.spawn(|| client(address, &request, &stop))).collect();
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            let (own, size) = client.join().expect("a client ends");
            times.extend(own);
            bytes = size;
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Load { per_second: f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX)) / seconds, p99, bytes }
}

/// One request on a connection of its own: status and body.
pub fn ask(address: SocketAddr, path: &str, cookie: &str) -> Option<(u16, Vec<u8>)> {
    let mut stream = BufReader::new(TcpStream::connect(address).ok()?);
    stream.get_mut().write_all(request(address, path, cookie).as_bytes()).ok()?;
    answer(&mut stream)
}

fn request(address: SocketAddr, path: &str, cookie: &str) -> String {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{cookie}\r\n")
}

/// What came of a sign-in.
pub struct SignedIn {
    pub status: u16,
    /// The session's cookie, if there is one now.
    pub cookie: Option<String>,
    /// A refusal that says when to come back.
    pub says_when: bool,
    pub took: Duration,
}

/// Fetches the form and sends it, as a browser does; the time is that of the sending.
pub fn sign_in(address: SocketAddr, email: &str, password: &str) -> Option<SignedIn> {
    let mut stream = BufReader::new(TcpStream::connect(address).ok()?);
    stream.get_mut().write_all(request(address, "/sign-in", "").as_bytes()).ok()?;
    let (_, head, page) = whole(&mut stream)?;
    let page = String::from_utf8(page).ok()?;
    let token = page.split("name=\"csrf\" value=\"").nth(1)?.split('"').next()?;
    let browser = cookie(&head, "kinbridge-form")?;
    let body =
        format!("csrf={token}&email={email}&password={password}").replace(' ', "+").replace('@', "%40");
    let sent = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {browser}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let started = Instant::now();
    stream.get_mut().write_all(sent.as_bytes()).ok()?;
    let (status, head, _) = whole(&mut stream)?;
    let says_when = head.iter().any(|line| line.to_ascii_lowercase().starts_with("retry-after:"));
    Some(SignedIn { status, cookie: cookie(&head, "kinbridge="), says_when, took: started.elapsed() })
}

/// `name=value` of a cookie that was set.
fn cookie(head: &[String], name: &str) -> Option<String> {
    let set = head.iter().filter_map(|line| line.strip_prefix("set-cookie: "));
    let pair = set.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with(name))?;
    (!pair.ends_with('=')).then(|| pair.to_owned())
}

fn client(address: SocketAddr, request: &str, stop: &AtomicBool) -> (Vec<u128>, usize) {
    let mut stream = BufReader::new(TcpStream::connect(address).expect("the portal listens"));
    stream.get_ref().set_nodelay(true).expect("a socket option");
    let (mut times, mut bytes) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let started = Instant::now();
        stream.get_mut().write_all(request.as_bytes()).expect("the portal reads");
        let (status, body) = answer(&mut stream).expect("the portal answers");
        assert_eq!(status, 200, "{request}");
        bytes = body.len();
        times.push(started.elapsed().as_micros());
    }
    (times, bytes)
}

/// Status and body of what comes next.
pub fn answer(stream: &mut BufReader<TcpStream>) -> Option<(u16, Vec<u8>)> {
    whole(stream).map(|(status, _, body)| (status, body))
}

/// Status, head lines and body.
fn whole(stream: &mut BufReader<TcpStream>) -> Option<(u16, Vec<String>, Vec<u8>)> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let status = line.get(9..12)?.parse().ok()?;
    let (mut length, mut head) = (0, Vec::new());
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((status, head, body))
}
