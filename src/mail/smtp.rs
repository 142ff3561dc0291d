//! Letters to a mail server: connections that are kept for the next letter, encrypted before anything is said on
//! them, and a limit on how long a letter may take.
//!
//! A letter goes step by step, so that each answer counts for what it answers: a refused recipient is the letter's
//! own fate, a refused sender or password is everybody's.

use std::error::Error as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::answer::{Answer, Failed, Stage, Trouble, Verdict, judge};
use super::message::{Composed, Outgoing, Sender, compose};
use super::stream::{Allowance, Encrypted, Guarded};
use crate::config::{Encryption, MailServer};

/// Letters on their way at the same time, each on a connection of its own.
pub(super) const AT_ONCE: usize = 4;
/// A connection that was not used for so long is not used again: servers close idle ones.
const IDLE: Duration = Duration::from_secs(30);

/// A mail server, and the connections to it that are idle now.
pub struct Smtp {
    server: MailServer,
    sender: Sender,
    hello: ClientId,
    tls: Option<TlsParameters>,
    idle: Mutex<Vec<Connection>>,
    /// When the next letter may go, where there is a limit.
    next: tokio::sync::Mutex<Option<Instant>>,
    /// Letters in a row of which nobody knows whether they arrived.
    unsure: AtomicU32,
}

struct Connection {
    smtp: AsyncSmtpConnection,
    allowance: Allowance,
    used: Instant,
}

/// How far a letter got before it failed, and on what.
struct Stopped(Stage, Failed);

impl Smtp {
    /// # Errors
    /// When the authorities or the host cannot be used, in words.
    pub fn new(server: &MailServer) -> Result<Self, String> {
        let address = server.from.as_str().parse();
        let address = address.map_err(|_form| "the address in KINBRIDGE_MAIL_FROM is none".to_owned())?;
        let hello = match server.hello.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_name) => ClientId::Domain(server.hello.clone()),
        };
        let tls = match server.encryption {
            Encryption::None => None,
            Encryption::StartTls | Encryption::Tls => Some(tls(server)?),
        };
        Ok(Self {
            sender: Sender { name: server.from_name.clone(), address },
            hello,
            tls,
            idle: Mutex::default(),
            next: tokio::sync::Mutex::default(),
            unsure: AtomicU32::new(0),
            server: server.clone(),
        })
    }

    /// Tries one letter.
    pub async fn carry(&self, letter: &Outgoing) -> Verdict {
        let Ok(composed) = compose(&self.sender, letter) else {
            let words = "The address is not one that mail can be sent to.".to_owned();
            return Verdict::Refused(Answer { words, said: String::new() });
        };
        self.wait_for_turn().await;
        let mut stage = Stage::Connect;
        let carried = timeout(self.server.patience, self.carry_once_or_again(&composed, &mut stage)).await;
        let carried = carried.unwrap_or(Err(Stopped(stage, Failed::Silent)));
        let verdict = match carried {
            Ok(()) => Verdict::Taken,
            Err(Stopped(stage, failed)) => judge(&self.server.host, stage, &failed),
        };
        match verdict {
            Verdict::Unsure(_) => {
                self.unsure.fetch_add(1, Ordering::Relaxed);
            }
            Verdict::Trouble(_) => {}
            _ => self.unsure.store(0, Ordering::Relaxed),
        }
        verdict
    }

    /// How many letters in a row nobody knows of whether they arrived: a server that is failing, not a letter.
    pub fn unsure_in_a_row(&self) -> u32 {
        self.unsure.load(Ordering::Relaxed)
    }

    /// Connects, encrypts and signs in, and sends nothing.
    pub async fn look(&self) -> Option<Trouble> {
        let mut stage = Stage::Connect;
        let connected = timeout(self.server.patience, self.connect(&mut stage)).await;
        match connected.unwrap_or(Err(Stopped(stage, Failed::Silent))) {
            Ok(mut connection) => {
                let _ = timeout(Duration::from_secs(2), connection.smtp.quit()).await;
                None
            }
            Err(Stopped(stage, failed)) => match judge(&self.server.host, stage, &failed) {
                Verdict::Trouble(trouble) => Some(trouble),
                _ => None,
            },
        }
    }

    /// Takes leave on connections that have nothing to do.
    pub async fn rest(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for mut connection in idle {
            let _ = timeout(Duration::from_secs(2), connection.smtp.quit()).await;
        }
    }

    /// On an idle connection first. That the server has closed it meanwhile shows at the first word, when nothing
    /// of the letter has been said: then once more on a new one.
    async fn carry_once_or_again(&self, letter: &Composed, stage: &mut Stage) -> Result<(), Stopped> {
        if let Some(mut connection) = self.take_idle() {
            match step_by_step(&mut connection, &self.sender, letter, stage).await {
                Err(Stopped(Stage::Sender, Failed::Lost(_) | Failed::Said { code: 421, .. })) => {}
                done => {
                    self.keep(connection, done.as_ref().err()).await;
                    return done;
                }
            }
        }
        let mut connection = self.connect(stage).await?;
        let done = step_by_step(&mut connection, &self.sender, letter, stage).await;
        self.keep(connection, done.as_ref().err()).await;
        done
    }

    async fn connect(&self, stage: &mut Stage) -> Result<Connection, Stopped> {
        *stage = Stage::Connect;
        let lost = |stage, cause: std::io::Error| Stopped(stage, Failed::Lost(cause.to_string()));
        let stream = TcpStream::connect((self.server.host.as_str(), self.server.port));
        let stream = stream.await.map_err(|cause| lost(Stage::Connect, cause))?;
        stream.set_nodelay(true).map_err(|cause| lost(Stage::Connect, cause))?;
        let allowance = Allowance::new();
        let guarded = Guarded::new(stream, allowance.clone());
        let greeted = if let (Some(tls), Encryption::Tls) = (&self.tls, self.server.encryption) {
            *stage = Stage::Encrypt;
            allowance.read_ahead();
            let encrypted = encrypt(guarded, tls.clone()).await;
            let encrypted = encrypted.map_err(|error| Stopped(Stage::Encrypt, of(&error)))?;
            *stage = Stage::Hello;
            AsyncSmtpConnection::connect_with_transport(Box::new(encrypted), &self.hello).await
        } else {
            *stage = Stage::Hello;
            AsyncSmtpConnection::connect_with_transport(Box::new(guarded), &self.hello).await
        };
        let mut smtp = greeted.map_err(|error| Stopped(Stage::Hello, of(&error)))?;
        if let (Some(tls), Encryption::StartTls) = (&self.tls, self.server.encryption) {
            *stage = Stage::Encrypt;
            if !smtp.can_starttls() {
                return Err(Stopped(Stage::Encrypt, Failed::Unable));
            }
            let encrypted = smtp.starttls(tls.clone(), &self.hello).await;
            encrypted.map_err(|error| Stopped(Stage::Encrypt, of(&error)))?;
        }
        allowance.read_ahead();
        if let Some(login) = &self.server.login {
            *stage = Stage::SignIn;
            let (user, password) = (login.user.clone(), login.password.reveal().to_owned());
            let known = [Mechanism::Plain, Mechanism::Login];
            let signed_in = smtp.auth(&known, &Credentials::new(user, password)).await;
            signed_in.map_err(|error| Stopped(Stage::SignIn, of(&error)))?;
        }
        Ok(Connection { smtp, allowance, used: Instant::now() })
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| connection.used.elapsed() < IDLE);
        idle.pop()
    }

    /// Keeps a connection on which the server still listens.
    async fn keep(&self, mut connection: Connection, stopped: Option<&Stopped>) {
        let usable = match stopped {
            None => true,
            Some(Stopped(_, Failed::Said { code: 421, .. } | Failed::Silent | Failed::Lost(_))) => false,
            Some(Stopped(stage, _)) => *stage == Stage::Body || connection.smtp.command(Rset).await.is_ok(),
        };
        if usable {
            connection.used = Instant::now();
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    async fn wait_for_turn(&self) {
        let Some(per_minute) = self.server.per_minute else { return };
        let mut next = self.next.lock().await;
        let now = Instant::now();
        let turn = next.unwrap_or(now).max(now);
        *next = Some(turn + Duration::from_mins(1) / per_minute.max(1));
        drop(next);
        sleep_until(turn).await;
    }
}

#[expect(deprecated, reason = "lettre's only way to encrypt a stream of ours before the greeting")]
async fn encrypt(stream: Guarded, tls: TlsParameters) -> Result<Encrypted, Error> {
    use lettre::transport::smtp::client::AsyncNetworkStream;
    let mut stream = AsyncNetworkStream::use_existing_tokio1(Box::new(stream));
    stream.upgrade_tls(tls).await?;
    Ok(Encrypted(stream))
}

fn tls(server: &MailServer) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(pem) = &server.authorities {
        let authority = Certificate::from_pem(pem);
        let authority =
            authority.map_err(|_form| "KINBRIDGE_SMTP_CA_FILE holds no readable certificate".to_owned())?;
        parameters = parameters.add_root_certificate(authority);
    }
    parameters.build_rustls().map_err(|cause| format!("TLS to the mail server cannot be set up: {cause}"))
}

async fn step_by_step(
    connection: &mut Connection,
    sender: &Sender,
    letter: &Composed,
    stage: &mut Stage,
) -> Result<(), Stopped> {
    connection.allowance.refill();
    let smtp = &mut connection.smtp;
    let mut parameters = Vec::new();
    if !letter.bytes.is_ascii() || !AsRef::<str>::as_ref(&letter.to).is_ascii() {
        *stage = Stage::Recipient;
        if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Stopped(*stage, Failed::Unable));
        }
        parameters.push(MailParameter::SmtpUtfEight);
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    *stage = Stage::Sender;
    let answered = smtp.command(Mail::new(Some(sender.address.clone()), parameters)).await;
    answered.map_err(|error| Stopped(Stage::Sender, of(&error)))?;
    *stage = Stage::Recipient;
    let answered = smtp.command(Rcpt::new(letter.to.clone(), Vec::new())).await;
    answered.map_err(|error| Stopped(Stage::Recipient, of(&error)))?;
    *stage = Stage::Data;
    let answered = smtp.command(Data).await;
    answered.map_err(|error| Stopped(Stage::Data, of(&error)))?;
    *stage = Stage::Body;
    let answered = smtp.message(&letter.bytes).await;
    answered.map(drop).map_err(|error| Stopped(Stage::Body, of(&error)))
}

/// A library's error as what it means; its own words may hold an address, and go no further than `judge`.
fn of(error: &Error) -> Failed {
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push_str(&cause.to_string());
        source = cause.source();
    }
    match error.status() {
        Some(code) => Failed::Said { code: u16::from(code), words: causes },
        None if error.is_timeout() => Failed::Silent,
        None if error.is_client() => Failed::Unable,
        None => Failed::Lost(causes),
    }
}
