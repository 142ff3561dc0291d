//! An organisation's own words, kept where they differ from ours, and the telephone number that they name.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::super::store::{self, StoredMessage};
use super::wording::{Message, Values, Words};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageOrganisation, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::one_line;
use crate::domain::{Refusal, organisations};
use crate::kit::ids::OrganisationId;
use crate::kit::secret::fingerprint;

/// Kept beside the messages.
const TELEPHONE: &str = "telephone";

/// What stands for the number while there is none.
const NO_NUMBER: &str = "the number that you have";

/// A message as it is used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub message: Message,
    pub words: Words,
    /// Who changed it and when; none for our own words.
    pub changed: Option<(String, NaiveDateTime)>,
}

impl Kept {
    /// What a form was made from: another after every change of the words.
    pub fn version(&self) -> String {
        let mut version = fingerprint(&format!("{}\n{}", self.words.subject, self.words.body));
        version.truncate(16);
        version
    }
}

fn kept(message: Message, stored: Option<StoredMessage>) -> Kept {
    match stored {
        Some(row) => Kept {
            message,
            words: Words { subject: row.subject, body: row.body },
            changed: Some((row.changed_by_name, row.changed_at)),
        },
        None => Kept { message, words: message.ours(), changed: None },
    }
}

/// All messages, in order.
pub fn messages(conn: &mut Conn, scope: &Scope<ManageOrganisation>) -> Result<Vec<Kept>, Refusal> {
    let rows = store::messages(conn, scope.organisation())?;
    let mut stored: HashMap<String, StoredMessage> =
        rows.into_iter().map(|row| (row.kind.clone(), row)).collect();
    Ok(Message::ALL.iter().map(|message| kept(*message, stored.remove(message.as_str()))).collect())
}

pub fn message(
    conn: &mut Conn,
    scope: &Scope<ManageOrganisation>,
    message: Message,
) -> Result<Kept, Refusal> {
    Ok(kept(message, store::message(conn, scope.organisation(), message.as_str())?))
}

/// The words of a message that letters use.
pub(super) fn in_use(
    conn: &mut Conn,
    organisation: OrganisationId,
    message: Message,
) -> Result<Words, Refusal> {
    Ok(kept(message, store::message(conn, organisation, message.as_str())?).words)
}

/// The telephone number in letters and on patients' pages; may be empty.
pub fn telephone(conn: &mut Conn, scope: &Scope<ManageOrganisation>) -> Result<String, Refusal> {
    Ok(store::message(conn, scope.organisation(), TELEPHONE)?.map(|row| row.subject).unwrap_or_default())
}

/// The same inside a sentence: *ring us on …*.
pub(in super::super) fn number(conn: &mut Conn, organisation: OrganisationId) -> Result<String, Refusal> {
    let kept = store::message(conn, organisation, TELEPHONE)?.map(|row| row.subject);
    Ok(kept.filter(|number| !number.is_empty()).unwrap_or_else(|| NO_NUMBER.to_owned()))
}

/// Changes the telephone number; empty takes it away.
///
/// # Errors
/// `Invalid` for what is no number.
pub fn change_telephone(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    typed: &str,
) -> Result<(), Refusal> {
    let number = one_line(typed);
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || " +()-".contains(c);
    let fits = number.is_empty() || (5..=20).contains(&digits) && number.chars().all(plain);
    if !fits || number.chars().count() > 40 {
        return Err(Refusal::invalid("telephone", "Enter a telephone number, such as 01423 496000"));
    }
    let before = telephone(tx.conn, scope)?;
    if before == number {
        return Ok(());
    }
    let words = Words { subject: number.clone(), body: String::new() };
    store::set_message(tx, scope.organisation(), TELEPHONE, &words, &scope.by().name)?;
    let event = Event::new("visit_message.telephone", "changed the telephone number in letters to patients");
    let event = event.with(serde_json::json!({ "telephone": [before, number] }));
    Ok(audit::record(tx, scope, event)?)
}

/// Saves an organisation's own words. Where they are ours again, ours are kept.
///
/// # Errors
/// `Invalid` on `subject` or `body`; `Overtaken` when somebody changed them since `seen` was shown.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    (of, seen): (Message, &str),
    (subject, body): (&str, &str),
) -> Result<(), Refusal> {
    let words = Words::read(of, subject, body)?;
    let before = current(tx, scope, of, seen)?;
    if before.words == words {
        return Ok(());
    }
    if words == of.ours() {
        store::remove_message(tx, scope.organisation(), of.as_str())?;
    } else {
        store::set_message(tx, scope.organisation(), of.as_str(), &words, &scope.by().name)?;
    }
    let event = Event::new("visit_message.changed", format!("changed the message {}", of.words()));
    let event = event.with(serde_json::json!({
        "subject": [before.words.subject, words.subject],
        "body": [before.words.body, words.body],
    }));
    Ok(audit::record(tx, scope, event)?)
}

/// Goes back to our words.
///
/// # Errors
/// `Overtaken` as in [`save`].
pub fn reset(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    of: Message,
    seen: &str,
) -> Result<(), Refusal> {
    let before = current(tx, scope, of, seen)?;
    if before.changed.is_none() {
        return Ok(());
    }
    store::remove_message(tx, scope.organisation(), of.as_str())?;
    let words = format!("put the message {} back to the words it came with", of.words());
    let event = Event::new("visit_message.reset", words);
    let event = event.with(serde_json::json!({ "was": [before.words.subject, before.words.body] }));
    Ok(audit::record(tx, scope, event)?)
}

fn current(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    of: Message,
    seen: &str,
) -> Result<Kept, Refusal> {
    let before = message(tx.conn, scope, of)?;
    if before.version() == seen {
        return Ok(before);
    }
    Err(Refusal::Overtaken(match &before.changed {
        Some((by, _)) => format!("{by} changed this message meanwhile. Look at it again."),
        None => "Somebody changed this message meanwhile. Look at it again.".to_owned(),
    }))
}

/// What a patient would read, with an example in the place of somebody real.
///
/// # Errors
/// `Invalid` as in [`save`].
pub fn preview(
    conn: &mut Conn,
    scope: &Scope<ManageOrganisation>,
    of: Message,
    (subject, body): (&str, &str),
) -> Result<Words, Refusal> {
    let words = Words::read(of, subject, body)?;
    let values = Values {
        patient: "Betty".to_owned(),
        organisation: organisations::get(conn, scope)?.name,
        when: "Thursday 3 December 2026, between 07:00 and 09:00".to_owned(),
        window: "Early".to_owned(),
        link: "https://… (the patient’s own page)".to_owned(),
        phone: number(conn, scope.organisation())?,
        task: "Blood test".to_owned(),
    };
    Ok(words.fill(&values))
}
