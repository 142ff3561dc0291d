//! A letter as the bytes of one message: text and HTML as its two forms, and headers that nobody's name can add
//! to.

use std::time::SystemTime;

use chrono::NaiveDateTime;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

/// A letter with all that its message says.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Stays the same however often the letter is tried.
    pub id: String,
    /// In whose name it is written, unless it is the installation's own.
    pub organisation: Option<String>,
    pub to_name: String,
    pub to_email: String,
    /// When it was written, in UTC.
    pub at: NaiveDateTime,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Where one click ends letters of this sort; empty for none.
    pub unsubscribe: String,
}

/// Who writes.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub name: String,
    pub address: Address,
}

/// A message that can be sent.
#[derive(Clone, Debug)]
pub(super) struct Composed {
    pub to: Address,
    pub bytes: Vec<u8>,
}

/// The recipient's address is none that mail can be sent to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoAddress;

pub(super) fn compose(sender: &Sender, letter: &Outgoing) -> Result<Composed, NoAddress> {
    let to: Address = letter.to_email.parse().map_err(|_form| NoAddress)?;
    let name = plain(&letter.to_name);
    let from = match &letter.organisation {
        Some(organisation) => format!("{} via {}", plain(organisation), sender.name),
        None => sender.name.clone(),
    };
    let id = letter.id.split('@').next().unwrap_or(&letter.id);
    let mut message = Message::builder()
        .message_id(Some(format!("<{id}@{}>", sender.address.domain())))
        .date(SystemTime::from(letter.at.and_utc()))
        .from(Mailbox::new(Some(from), sender.address.clone()))
        .to(Mailbox::new((!name.is_empty()).then_some(name), to.clone()))
        .subject(plain(&letter.subject))
        // So that no out-of-office reply is sent back (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated"));
    if !letter.unsubscribe.is_empty() {
        let address = plain(&letter.unsubscribe).replace(['<', '>', ' '], "");
        message = message
            .raw_header(header("List-Unsubscribe", &format!("<{address}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let both = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
    // Sender and recipient are there, so that nothing else can be missing.
    let message = message.multipart(both).map_err(|_missing| NoAddress)?;
    Ok(Composed { to, bytes: message.formatted() })
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// In one line, without characters that change the direction of reading or hide.
fn plain(text: &str) -> String {
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.chars().map(|c| if c.is_control() || hidden(c) { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender() -> Sender {
        Sender { name: "Kinbridge".into(), address: "portal@kinbridge.example".parse().unwrap() }
    }

    fn letter() -> Outgoing {
        Outgoing {
            id: "abc@kinbridge".into(),
            organisation: Some("Willow House".into()),
            to_name: "Mary Jones".into(),
            to_email: "mary@willow.example".into(),
            at: "2026-11-22T01:04:00".parse().unwrap(),
            subject: "One".into(),
            text: "Dear Mary,\nhello".into(),
            html: "<p>Dear Mary,</p>".into(),
            unsubscribe: String::new(),
        }
    }

    fn written(letter: &Outgoing) -> String {
        String::from_utf8(compose(&sender(), letter).unwrap().bytes).unwrap()
    }

    #[test]
    fn a_message_says_who_writes_when_and_that_nobody_typed_it() {
        let eml = written(&letter());
        for line in [
            "Message-ID: <abc@kinbridge.example>",
            "Date: Sun, 22 Nov 2026 01:04:00 +0000",
            "From: \"Willow House via Kinbridge\" <portal@kinbridge.example>",
            "To: \"Mary Jones\" <mary@willow.example>",
            "Subject: One",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ] {
            assert!(eml.lines().any(|one| one == line), "{line} is not in {eml}");
        }
        assert!(!eml.contains("List-Unsubscribe"), "{eml}");
    }

    #[test]
    fn only_a_letter_that_can_be_ended_says_how() {
        let address = "https://portal.example/quiet/ab12".to_owned();
        let eml = written(&Outgoing { unsubscribe: address, ..letter() });
        assert!(eml.contains("List-Unsubscribe: <https://portal.example/quiet/ab12>\r\n"), "{eml}");
        assert!(eml.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{eml}");
    }

    #[test]
    fn a_name_cannot_add_a_header_or_a_recipient() {
        let hostile = Outgoing {
            organisation: Some("Willow\r\nBcc: z@y.example\r\n\r\nbody".into()),
            to_name: "Mary\" <x@y.example>,\r\nBcc: z@y.example".into(),
            subject: "One\r\nBcc: z@y.example".into(),
            ..letter()
        };
        let composed = compose(&sender(), &hostile).unwrap();
        assert_eq!(composed.to.to_string(), "mary@willow.example");
        let eml = String::from_utf8(composed.bytes).unwrap();
        let (head, _) = eml.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    }

    #[test]
    fn an_address_that_is_none_is_not_written_to() {
        for address in
            ["", "mary", "a@b@c", "mary@willow.example\r\nRCPT TO:<z@y.example>", "<mary@willow.example>"]
        {
            let wrong = Outgoing { to_email: address.into(), ..letter() };
            assert_eq!(compose(&sender(), &wrong).unwrap_err(), NoAddress, "{address:?}");
        }
    }
}
