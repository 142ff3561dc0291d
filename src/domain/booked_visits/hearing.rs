//! News that a service sends by itself. Only what is signed with the secret that both sides hold is heard, no older
//! than five minutes where it says when it was sent, and each message once. What it says of a visit is a hint: the
//! service is asked, and its answer to that is kept.

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::Value;

use super::store;
use crate::connectors::ally_health::signature;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::connections::{self, Hook, HookForm};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::fingerprint;

/// How far the time of a message may be from ours.
pub const LATEST: TimeDelta = TimeDelta::minutes(5);

/// What was heard is remembered for longer than any message is taken.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// A longer name of a message, or number of a visit, is none.
const LONGEST: usize = 200;

/// A message that was signed as it should be.
#[derive(Clone, Debug)]
pub struct Proven {
    hook: Hook,
    /// The message's own name, or what makes it the same.
    event: String,
    /// The visit that it is about; empty: it does not say.
    about: String,
}

/// Reads a header of a message by its name.
pub type Header<'h> = &'h dyn Fn(&str) -> Option<String>;

/// Whether a message is one of the service whose news come in under this path. All that is wrong is `None`.
pub fn prove(
    conn: &mut Conn,
    keys: &KeyRing,
    path: &str,
    (header, body): (Header<'_>, &[u8]),
    now: NaiveDateTime,
) -> Result<Option<Proven>, Refusal> {
    let Some(hook) = connections::hook(conn, keys, path)? else { return Ok(None) };
    let secret = hook.secret.reveal();
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |one: &Value, name: &str| {
        let text = one.get(name).and_then(Value::as_str).unwrap_or_default();
        text.chars().take(LONGEST).collect::<String>()
    };
    let data = said.get("data").cloned().unwrap_or_default();
    let event = match hook.form {
        HookForm::Standard => {
            let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
            let [Some(id), Some(timestamp), Some(signatures)] = names.map(header) else { return Ok(None) };
            let fits = !id.is_empty() && id.len() <= LONGEST && is_timely(&timestamp, now);
            if !fits || !signature::is_standard(secret, (&id, &timestamp), &signatures, body) {
                return Ok(None);
            }
            id
        }
        HookForm::Bare => {
            let Some(sent) = header(&hook.header) else { return Ok(None) };
            if !signature::is_bare(secret, &sent, body) {
                return Ok(None);
            }
            let parts = [text(&data, "id"), text(&said, "event"), text(&data, "updatedAt")];
            if parts.iter().any(String::is_empty) {
                fingerprint(&String::from_utf8_lossy(body))
            } else {
                fingerprint(&parts.join("|"))
            }
        }
    };
    let about = text(&data, "id");
    Ok(Some(Proven { hook, event, about }))
}

/// Takes the hint of a message, once; `false`: it was heard before.
pub fn hear(tx: &mut Tx<'_>, proven: &Proven) -> Result<bool, Refusal> {
    if !connections::note_heard(tx, &proven.hook, &proven.event)? {
        return Ok(false);
    }
    if !proven.about.is_empty() {
        store::look_now(tx, proven.hook.connection, &proven.about)?;
    }
    Ok(true)
}

/// Forgets what was heard long ago.
pub fn purge(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    Ok(connections::purge_heard(tx, tx.now - REMEMBERED)?)
}

fn is_timely(timestamp: &str, now: NaiveDateTime) -> bool {
    let sent = timestamp.parse().ok().and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
    sent.is_some_and(|sent| (now - sent.naive_utc()).abs() <= LATEST)
}
