//! A mail server of ours that can be made to fail at every step, and counts what it has taken over.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kinbridge::config::{Encryption, Login, MailServer};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::secret::Secret;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::sync::{Notify, oneshot};
use tokio_rustls::TlsAcceptor;

use super::certificates;

pub const PASSWORD: &str = "hunter2-of-the-mail-server";

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Greeting,
    Hello,
    StartTls,
    Auth,
    Sender,
    Recipient,
    Data,
    Body,
}

/// What goes wrong at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Say(&'static str),
    Silent,
    /// An answer of one line that never ends.
    Endless,
    Close,
}

/// A message that was taken over.
#[derive(Clone, Debug)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub text: String,
    pub encrypted: bool,
    pub signed_in: bool,
}

impl Taken {
    pub fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.text.split_once("\r\n\r\n")?;
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let start = format!("{}: ", name.to_lowercase());
        let line = unfolded.lines().find(|line| line.to_lowercase().starts_with(&start));
        line.map(|line| line[start.len()..].to_owned())
    }

    pub fn header_names(&self) -> Vec<String> {
        let (head, _) = self.text.split_once("\r\n\r\n").unwrap_or((&self.text, ""));
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }
}

#[derive(Default)]
struct Shared {
    faults: Mutex<Vec<(At, Fault, usize)>>,
    no_starttls: AtomicBool,
    taken: Mutex<Vec<Taken>>,
    news: Notify,
    /// Everything that came in clear.
    clear: Mutex<String>,
    connections: AtomicUsize,
}

/// The server, on a thread of its own; ends when it is dropped.
pub struct Fake {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Fake {
    pub fn start() -> Self {
        Self::with(SocketAddr::from(([127, 0, 0, 1], 0)), Encryption::StartTls, "good")
    }

    pub fn encrypted_as(encryption: Encryption) -> Self {
        Self::with(SocketAddr::from(([127, 0, 0, 1], 0)), encryption, "good")
    }

    /// With one of the certificates of [`certificates`].
    pub fn with(address: SocketAddr, encryption: Encryption, certificate: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = certificates::acceptor(certificate);
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, serving, acceptor, encryption) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Whatever is asked at this step, so many times.
    pub fn fail(&self, at: At, fault: Fault, times: usize) {
        *self.shared.faults.lock().unwrap() = vec![(at, fault, times)];
    }

    pub fn work_again(&self) {
        self.shared.faults.lock().unwrap().clear();
        self.shared.no_starttls.store(false, Ordering::Relaxed);
    }

    pub fn strip_starttls(&self) {
        self.shared.no_starttls.store(true, Ordering::Relaxed);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// How often each message was taken over.
    pub fn by_id(&self) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for taken in self.taken() {
            *found.entry(taken.header("message-id").expect("a message id")).or_default() += 1;
        }
        found
    }

    /// Until so many messages were taken over.
    pub async fn has_taken(&self, many: usize) {
        loop {
            let news = self.shared.news.notified();
            if self.shared.taken.lock().unwrap().len() >= many {
                return;
            }
            let _ = tokio::time::timeout(Duration::from_millis(20), news).await;
        }
    }

    pub fn clear(&self) -> String {
        self.shared.clear.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    pub fn settings(&self, encryption: Encryption) -> MailServer {
        settings(self.address.port(), encryption)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// A server on this machine, at a port where one may be or not.
pub fn settings(port: u16, encryption: Encryption) -> MailServer {
    MailServer {
        host: "localhost".into(),
        port,
        encryption,
        login: Some(Login { user: "portal".into(), password: Secret::new(PASSWORD) }),
        from: EmailAddress::parse("portal@kinbridge.example").unwrap(),
        from_name: "Kinbridge".into(),
        hello: "portal.example".into(),
        authorities: Some(certificates::authority()),
        per_minute: None,
        per_address_hour: 3,
        patience: Duration::from_secs(2),
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, acceptor: TlsAcceptor, encryption: Encryption) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
        tokio::spawn(async move {
            let implicit = encryption == Encryption::Tls;
            if implicit {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let _ = talk(stream, &shared, true, true).await;
            } else if let Some(stream) = talk(stream, &shared, false, true).await
                && let Ok(stream) = acceptor.accept(stream).await
            {
                let _ = talk(stream, &shared, true, false).await;
            }
        });
    }
}

/// Gives the stream back when it is to be encrypted.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    shared: &Shared,
    encrypted: bool,
    greet: bool,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    if greet && !answer(&mut stream, shared, At::Greeting, "220 fake ESMTP").await? {
        return None;
    }
    let (mut from, mut to, mut signed_in) = (String::new(), Vec::new(), false);
    loop {
        let line = line(&mut stream, shared, encrypted).await?;
        let upper = line.to_uppercase();
        if upper.starts_with("EHLO") {
            let tls = !encrypted && !shared.no_starttls.load(Ordering::Relaxed);
            let tls = if tls { "250-STARTTLS\r\n" } else { "" };
            let usual = format!("250-fake\r\n{tls}250-AUTH PLAIN LOGIN\r\n250 8BITMIME");
            answer(&mut stream, shared, At::Hello, &usual).await?;
        } else if upper == "STARTTLS" {
            if answer(&mut stream, shared, At::StartTls, "220 go ahead").await? {
                return Some(stream.into_inner());
            }
        } else if upper.starts_with("AUTH PLAIN") {
            signed_in = answer(&mut stream, shared, At::Auth, "235 2.7.0 welcome").await?;
        } else if upper.starts_with("MAIL FROM:") {
            answer(&mut stream, shared, At::Sender, "250 2.1.0 ok").await?;
            from = line["MAIL FROM:".len()..].to_owned();
            to.clear();
        } else if upper.starts_with("RCPT TO:") {
            if answer(&mut stream, shared, At::Recipient, "250 2.1.5 ok").await? {
                to.push(line["RCPT TO:".len()..].to_owned());
            }
        } else if upper == "DATA" {
            if answer(&mut stream, shared, At::Data, "354 go on").await? {
                let text = body(&mut stream, shared, encrypted).await?;
                let taken = Taken { from: from.clone(), to: to.clone(), text, encrypted, signed_in };
                take_over(&mut stream, shared, taken).await?;
            }
        } else if upper == "QUIT" {
            let _ = stream.get_mut().write_all(b"221 bye\r\n").await;
            return None;
        } else {
            stream.get_mut().write_all(b"250 ok\r\n").await.ok()?;
        }
    }
}

/// A message counts as taken over if it is answered with 250, or if the answer is lost.
async fn take_over<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    shared: &Shared,
    taken: Taken,
) -> Option<bool> {
    let refused =
        shared.faults.lock().unwrap().first().is_some_and(|(at, fault, times)| {
            *at == At::Body && *times > 0 && matches!(fault, Fault::Say(_))
        });
    if !refused {
        shared.taken.lock().unwrap().push(taken);
        shared.news.notify_waiters();
    }
    answer(stream, shared, At::Body, "250 2.0.0 taken over").await
}

/// Whether the usual answer was given; nothing when the conversation is over.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    shared: &Shared,
    at: At,
    usual: &str,
) -> Option<bool> {
    let fault = {
        let mut faults = shared.faults.lock().unwrap();
        let fault = faults.iter_mut().find(|(of, _, times)| *of == at && *times > 0);
        fault.map(|(_, fault, times)| {
            *times -= 1;
            *fault
        })
    };
    let words = match fault {
        None => usual,
        Some(Fault::Say(words)) => words,
        Some(Fault::Silent) => {
            // Until the other side has had enough.
            let _ = stream.read_to_end(&mut Vec::new()).await;
            return None;
        }
        Some(Fault::Endless) => loop {
            stream.get_mut().write_all(&vec![b'2'; 65_536]).await.ok()?;
        },
        Some(Fault::Close) => return None,
    };
    stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).await.ok()?;
    stream.get_mut().flush().await.ok()?;
    if words.starts_with("421") {
        return None;
    }
    Some(words.starts_with(['2', '3']))
}

async fn line<S: AsyncRead + Unpin>(
    stream: &mut BufReader<S>,
    shared: &Shared,
    encrypted: bool,
) -> Option<String> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
        return None;
    }
    let line = String::from_utf8_lossy(&line).into_owned();
    if !encrypted {
        shared.clear.lock().unwrap().push_str(&line);
    }
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn body<S: AsyncRead + Unpin>(
    stream: &mut BufReader<S>,
    shared: &Shared,
    encrypted: bool,
) -> Option<String> {
    let mut text = String::new();
    loop {
        let line = line(stream, shared, encrypted).await?;
        if line == "." {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push_str("\r\n");
    }
}
