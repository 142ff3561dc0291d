//! A letter as a file in a folder: what stands in for a mail server until one can be set, and what the
//! operator of a small installation may hand on. Readable by the owner only, since letters carry links.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chrono::NaiveDateTime;

/// One message with its envelope.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// Without angle brackets; also names the file, so that a repeated delivery is the same file.
    pub id: &'m str,
    pub from_host: &'m str,
    pub to_name: &'m str,
    pub to_email: &'m str,
    /// When it was written, in UTC.
    pub at: NaiveDateTime,
    pub subject: &'m str,
    pub text: &'m str,
    pub html: &'m str,
}

/// Writes the message so that nobody ever sees half of it.
pub fn write(folder: &Path, message: &Message<'_>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name: String = message.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let half = folder.join(format!(".{name}.part"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
    file.write_all(compose(message).as_bytes())?;
    file.sync_all()?;
    fs::rename(half, folder.join(format!("{name}.eml")))
}

/// Text and HTML as the two forms of one message; headers in UTF-8 (RFC 6532).
fn compose(message: &Message<'_>) -> String {
    let Message { id, from_host, .. } = message;
    let date = message.at.format("%a, %-d %b %Y %H:%M:%S +0000");
    let (to_name, to_email) = (quoted(message.to_name), plain(message.to_email));
    let subject = plain(message.subject);
    let boundary = format!("part-{}", id.split('@').next().unwrap_or(id));
    let (text, html) = (crlf(message.text), crlf(message.html));
    format!(
        "Message-ID: <{id}>\r\nDate: {date}\r\nFrom: Kinbridge <no-reply@{from_host}>\r\n\
         To: {to_name} <{to_email}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Auto-Submitted: auto-generated\r\nContent-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n\
         --{boundary}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{html}\r\n\
         --{boundary}--\r\n"
    )
}

/// Without line breaks: a name cannot add a header.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", plain(name).replace(['"', '\\'], "'"))
}

fn crlf(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_add_a_header() {
        let message = Message {
            id: "abc@kinbridge",
            from_host: "portal.example",
            to_name: "Mary\" <x@y.example>\r\nBcc: z@y.example",
            to_email: "mary@willow.example",
            at: "2026-11-22T01:04:00".parse().unwrap(),
            subject: "One\r\nBcc: z@y.example",
            text: "Dear Mary,\nhello",
            html: "<p>Dear Mary,</p>",
        };
        let eml = compose(&message);
        let (head, body) = eml.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        assert!(
            head.contains("To: \"Mary' <x@y.example>  Bcc: z@y.example\" <mary@willow.example>"),
            "{head}"
        );
        assert!(body.contains("Dear Mary,\r\nhello") && body.trim_end().ends_with("--part-abc--"));
    }
}
