//! Where letters go: to a mail server, into a folder, onto the demo's mailbox page, or nowhere.

use super::answer::{Trouble, Verdict};
use super::folder::Folder;
use super::message::{Outgoing, Sender};
use super::smtp::{AT_ONCE, Smtp};
use crate::config::{Config, MAILS_PER_ADDRESS_HOUR, host_and_port};

/// The way out that the settings name.
pub struct Mailer {
    way: Way,
    per_address_hour: u32,
}

enum Way {
    /// Letters stay in the outbox: installations without mail.
    Nowhere,
    /// The demo: a letter has arrived when it stands on the page.
    Mailbox,
    Folder(Folder),
    Server(Box<Smtp>),
}

impl Mailer {
    /// # Errors
    /// When the settings cannot be used together, in words.
    pub fn new(config: &Config) -> Result<Self, String> {
        let server = config.mail_server.as_ref();
        let per_address_hour = server.map_or(MAILS_PER_ADDRESS_HOUR, |server| server.per_address_hour);
        let way = match (server, &config.mail_folder) {
            (Some(server), _) => Way::Server(Box::new(Smtp::new(server)?)),
            (None, Some(folder)) => Way::Folder(Folder::new(folder, no_reply(&config.public_url)?)),
            (None, None) if config.demo => Way::Mailbox,
            (None, None) => Way::Nowhere,
        };
        Ok(Self { way, per_address_hour })
    }

    pub fn sends(&self) -> bool {
        !matches!(self.way, Way::Nowhere)
    }

    /// Whether a letter that has arrived is read here, and so keeps its words.
    pub fn is_mailbox(&self) -> bool {
        matches!(self.way, Way::Mailbox)
    }

    /// Letters that may be on their way at the same time.
    pub fn at_once(&self) -> usize {
        match self.way {
            Way::Server(_) => AT_ONCE,
            Way::Folder(_) | Way::Mailbox | Way::Nowhere => 1,
        }
    }

    /// Letters that anybody can ask for, to one address in an hour.
    pub fn per_address_hour(&self) -> u32 {
        self.per_address_hour
    }

    /// Tries one letter.
    pub async fn carry(&self, letter: &Outgoing) -> Verdict {
        match &self.way {
            Way::Server(smtp) => smtp.carry(letter).await,
            Way::Folder(folder) => folder.carry(letter).await,
            Way::Mailbox => Verdict::Taken,
            Way::Nowhere => Verdict::Trouble(Trouble {
                kind: "no server",
                words: "No mail server is set.".to_owned(),
                repair: "Set KINBRIDGE_SMTP_HOST.".to_owned(),
            }),
        }
    }

    /// What is wrong with the server after so many letters in a row of which nobody knows whether they arrived.
    pub fn failing(&self) -> Option<Trouble> {
        let Way::Server(smtp) = &self.way else { return None };
        (smtp.unsure_in_a_row() >= UNSURE).then(|| Trouble {
            kind: "silent",
            words: "The mail server stops answering while letters are sent to it.".to_owned(),
            repair: "Look at the mail server's own log.".to_owned(),
        })
    }

    /// Connects and signs in, and sends nothing.
    pub async fn look(&self) -> Option<Trouble> {
        match &self.way {
            Way::Server(smtp) => smtp.look().await,
            Way::Folder(_) | Way::Mailbox | Way::Nowhere => None,
        }
    }

    /// Nothing to do for now.
    pub async fn rest(&self) {
        if let Way::Server(smtp) = &self.way {
            smtp.rest().await;
        }
    }
}

const UNSURE: u32 = 3;

/// Files are handed on by somebody who knows what to write there.
fn no_reply(public_url: &str) -> Result<Sender, String> {
    let (host, _) = host_and_port(public_url).unwrap_or_else(|| ("localhost".to_owned(), 0));
    let address = format!("no-reply@{host}").parse();
    let address = address.map_err(|_form| format!("no address can be made of the host {host}"))?;
    Ok(Sender { name: "Kinbridge".to_owned(), address })
}
