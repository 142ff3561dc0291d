//! The outbox: letters wait here, written in the transaction of the act that they tell of, until a job
//! delivers them.
//!
//! Also knows who of an organisation is written to. Deliberately neither words a letter (see `mail`) nor
//! sends one (see `jobs::deliver_letters`).

mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::access::Role;
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{LetterId, OrganisationId};
use crate::kit::secret::fingerprint;
use crate::mail::Rendered;

pub use store::Kept;

text_enum! {
    /// Where a letter is on its way.
    pub enum LetterState {
        Waiting = "waiting",
        Delivered = "delivered",
        /// Given up after [`ATTEMPTS`].
        Failed = "failed",
    }
}

/// How often a delivery is tried before the letter is given up.
pub const ATTEMPTS: i32 = 8;

/// How long one delivery may take before another process may try the same letter.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// A letter to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// `None` for letters of the installation itself.
    pub organisation: Option<OrganisationId>,
    pub to_email: String,
    pub to_name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Letter {
    pub fn new(organisation: Option<OrganisationId>, to: &Recipient, rendered: Rendered) -> Self {
        Self {
            organisation,
            to_email: to.email.clone(),
            to_name: to.name.clone(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
        }
    }

    fn message_id(&self, key: &str) -> String {
        let organisation = self.organisation.map(|id| id.0);
        let content = serde_json::json!([organisation, self.to_email, key]);
        let mut id = fingerprint(&content.to_string());
        id.truncate(40);
        format!("{id}@kinbridge")
    }
}

/// Somebody who is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub name: String,
    pub email: String,
}

/// Puts a letter into the outbox. The message id follows from its content and the time of the decision, so
/// that a retried delivery is the same message. What the letter tells of keeps the id, to show its fate.
pub fn send(tx: &mut Tx<'_>, letter: Letter) -> QueryResult<LetterId> {
    let key = format!("{}|{}|{}", tx.now.and_utc().timestamp_micros(), letter.subject, letter.text);
    let id = letter.message_id(&key);
    store::insert(tx, &letter, &id)?;
    store::by_message_id(tx.conn, &id)
}

/// The same for a letter that a person gets once only, whatever happens: `key` names what it is about, such
/// as `token-expiring/7`. Says whether it is new.
pub fn send_once(tx: &mut Tx<'_>, key: &str, letter: Letter) -> QueryResult<bool> {
    let id = letter.message_id(key);
    store::insert(tx, &letter, &id)
}

/// Super managers of an organisation who can sign in.
pub fn super_managers(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Recipient>> {
    store::members(conn, organisation, Role::SuperManager)
}

/// Super managers and managers of an organisation who can sign in.
pub fn managers(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Recipient>> {
    let mut all = store::members(conn, organisation, Role::SuperManager)?;
    all.append(&mut store::members(conn, organisation, Role::Manager)?);
    Ok(all)
}

/// The installation's representatives who can sign in.
pub fn representatives(conn: &mut Conn) -> QueryResult<Vec<Recipient>> {
    store::representatives(conn)
}

/// Every letter, newest first: the demo's mailbox page.
pub fn list(conn: &mut Conn, limit: i64) -> QueryResult<Vec<Kept>> {
    store::list(conn, limit)
}

pub fn get(conn: &mut Conn, letter: LetterId) -> QueryResult<Option<Kept>> {
    store::get(conn, letter)
}

/// Takes the next letter that is due, so that no other process does; `None` when there is none.
pub fn claim(tx: &mut Tx<'_>) -> QueryResult<Option<Kept>> {
    let Some(due) = store::first_due(tx)? else { return Ok(None) };
    let until = tx.now + LEASE;
    let claimed = store::lease(tx, due.id, until)?;
    Ok(claimed.then_some(due))
}

/// A claimed letter has arrived.
pub fn delivered(tx: &mut Tx<'_>, letter: LetterId) -> QueryResult<()> {
    store::settle(tx, letter, LetterState::Delivered, None, "")
}

/// A claimed letter did not arrive: it is tried again later, in growing steps, and then given up.
/// `cause` holds no address and no content.
pub fn not_delivered(tx: &mut Tx<'_>, letter: &Kept, cause: &str) -> QueryResult<()> {
    let attempts = letter.attempts + 1;
    if attempts >= ATTEMPTS {
        return store::settle(tx, letter.id, LetterState::Failed, None, cause);
    }
    store::settle(tx, letter.id, LetterState::Waiting, Some(tx.now + pause(attempts)), cause)
}

/// 1, 2, 4 … minutes, at most an hour.
fn pause(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(6);
    TimeDelta::minutes(2_i64.pow(doublings).min(60))
}

/// When a letter may be tried, for tests and the mailbox page.
impl Kept {
    pub fn due_at(&self) -> Option<NaiveDateTime> {
        self.next_attempt_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let minutes: Vec<i64> = (1..=8).map(|attempt| pause(attempt).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
