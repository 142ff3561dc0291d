//! A program of an organisation, as a test plays it: takes what is sent, keeps it, and does what it was told to.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// One delivery as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub path: String,
    head: Vec<(String, String)>,
    pub body: String,
}

impl Arrived {
    pub fn header(&self, name: &str) -> &str {
        self.head.iter().find(|(of, _)| of == name).map_or("", |(_, value)| value.as_str())
    }

    pub fn signatures(&self) -> Vec<&str> {
        self.header("webhook-signature").split(' ').collect()
    }

    /// Whether one of the signatures is what the scheme's own documents say, worked out here anew.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = unbase64(secret.strip_prefix("whsec_").unwrap());
        let content =
            format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(content.as_bytes());
        let wanted = mac.finalize().into_bytes();
        self.signatures()
            .iter()
            .filter_map(|one| one.strip_prefix("v1,"))
            .any(|one| unbase64(one) == wanted.as_slice())
    }
}

fn unbase64(text: &str) -> Vec<u8> {
    let value = |sign: u8| match sign {
        b'A'..=b'Z' => sign - b'A',
        b'a'..=b'z' => sign - b'a' + 26,
        b'0'..=b'9' => sign - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits: Vec<bool> = text
        .bytes()
        .filter(|sign| *sign != b'=')
        .flat_map(|sign| (0..6).rev().map(move |at| value(sign) >> at & 1 == 1))
        .collect();
    bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}

/// What a receiver does with a delivery.
#[derive(Clone, Debug)]
pub enum Conduct {
    Says(String),
    /// Takes it and never answers.
    Hangs,
}

/// An answer with nothing in it.
pub fn status(line: &str) -> Conduct {
    Conduct::Says(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}

/// A program of the organisation.
pub struct Receiver {
    pub origin: String,
    conduct: Arc<Mutex<Conduct>>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let conduct = Arc::new(Mutex::new(status("204 No Content")));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let (does, keeps) = (Arc::clone(&conduct), Arc::clone(&arrived));
        std::thread::spawn(move || {
            for visitor in listener.incoming() {
                let (does, keeps) = (Arc::clone(&does), Arc::clone(&keeps));
                std::thread::spawn(move || take(visitor.unwrap(), &does, &keeps));
            }
        });
        Self { origin, conduct, arrived }
    }

    pub fn does(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap() = conduct;
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    pub fn last(&self) -> Arrived {
        self.arrived().pop().expect("something arrived")
    }
}

fn take(mut visitor: TcpStream, does: &Mutex<Conduct>, keeps: &Mutex<Vec<Arrived>>) {
    let Some(arrived) = read(&mut visitor) else { return };
    keeps.lock().unwrap().push(arrived);
    let conduct = does.lock().unwrap().clone();
    match conduct {
        Conduct::Says(answer) => {
            let _cut_off = visitor.write_all(answer.as_bytes());
        }
        Conduct::Hangs => {
            let _until_it_is_left = visitor.read(&mut [0]);
        }
    }
}

fn read(visitor: &mut TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = visitor.read(&mut piece).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let head: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let wanted = head.iter().find(|(name, _)| name == "content-length")?.1.parse::<usize>().ok()?;
        if body.len() >= wanted {
            return Some(Arrived { path, head, body: body.to_owned() });
        }
    }
}
