//! News, signed and sent. Sending knows plain HTTP to this machine only, since that is where a portal under trial is;
//! whoever tests takes the signed message and sends it in their own way.

use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::state::Hook;
use crate::connectors::ally_health::{SIGNATURE_HEADER, signature, wire};

/// A message before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// A message in the form that is set.
pub(super) fn signed(
    hook: &Hook,
    event: &str,
    about: &wire::Appointment,
    (name, at): (&str, DateTime<Utc>),
) -> Signed {
    let data = serde_json::to_value(about).unwrap_or_default();
    if hook.standard {
        let body = json!({ "type": event, "timestamp": at, "data": data }).to_string();
        let timestamp = at.timestamp().to_string();
        let signature = signature::standard(&hook.secret, (name, &timestamp), body.as_bytes());
        let headers =
            [("webhook-id", name), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)];
        return Signed { headers: headers.map(|(key, value)| (key.into(), value.into())).into(), body };
    }
    let body = json!({ "event": event, "data": data }).to_string();
    let signature = format!("sha256={}", signature::bare(&hook.secret, body.as_bytes()));
    Signed { headers: vec![(SIGNATURE_HEADER.to_owned(), signature)], body }
}

/// Sends a message to an address that begins with `http://`; the status that it was answered with.
pub(super) async fn send(url: &str, message: &Signed) -> io::Result<String> {
    let odd = || io::Error::other("the address must be http:// on this machine");
    let rest = url.strip_prefix("http://").ok_or_else(odd)?;
    let (host, path) = rest.split_once('/').ok_or_else(odd)?;
    let talk = async {
        let mut stream = TcpStream::connect(host).await?;
        let lines = message.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers = lines.collect::<Vec<_>>().concat();
        let head = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{headers}\r\n",
            message.body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(message.body.as_bytes()).await?;
        let mut answer = [0; 64];
        let read = stream.read(&mut answer).await?;
        let line = String::from_utf8_lossy(answer.get(..read).unwrap_or_default()).into_owned();
        Ok(line.split_whitespace().nth(1).unwrap_or_default().to_owned())
    };
    tokio::time::timeout(Duration::from_secs(5), talk).await.map_err(|_late| io::Error::other("no answer"))?
}
