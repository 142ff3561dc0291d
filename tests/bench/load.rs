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

fn answer(stream: &mut BufReader<TcpStream>) -> Option<(u16, Vec<u8>)> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let status = line.get(9..12)?.parse().ok()?;
    let mut length = 0;
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
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((status, body))
}
