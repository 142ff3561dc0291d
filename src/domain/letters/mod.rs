//! The outbox: letters wait here, written in the transaction of the act that they tell of, until a job
//! delivers them.
//!
//! Also knows who of an organisation is written to, and what became of a letter. Deliberately neither words a
//! letter (see `mail`) nor sends one (see `jobs::deliver_letters`).

mod delivery;
mod fate;
mod recent;
mod store;
mod trouble;
mod words;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::access::Role;
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{AccountId, LetterId, OrganisationId, ResidentId};
use crate::kit::login::is_address;
use crate::kit::secret::fingerprint;
use crate::mail::Rendered;

pub use delivery::{Claimed, DELAYS, Pace, any_due, claim, delay, delivered, refuse, release};
pub use fate::{Fate, fates};
pub use recent::{Counts, Line, Listed, counts, not_delivered, of_organisation, send_again};
pub use store::Kept;
pub use trouble::{Trouble, note_trouble, trouble, trouble_over};
pub use words::{purge, reseal};

text_enum! {
    /// Where a letter is on its way.
    pub enum LetterState {
        Waiting = "waiting",
        /// Some process is at it, until its lease ends.
        Sending = "sending",
        Delivered = "delivered",
        /// The receiving mail system does not take it, and asking again would not help.
        Refused = "refused",
        /// Given up after [`DELAYS`].
        Failed = "failed",
        /// Taken back before it was sent: its link ran out, or a newer letter says more.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// What a letter is for: decides what happens when there are many to one address.
    pub enum Kind {
        /// Something happened that somebody is responsible for.
        Notice = "notice",
        /// Asks somebody in; never held back.
        Invitation = "invitation",
        /// Somebody asked for it at a form that is open to anyone. Goes out first; the newest takes the place of
        /// those that still wait, and no more go to one address in an hour than the settings allow.
        Reset = "reset",
        /// News that may wait: held back like a reset.
        Digest = "digest",
    }
}

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
    pub kind: Kind,
    /// After this it is not sent any more: the link in it is dead.
    pub useless_after: Option<NaiveDateTime>,
    /// Where one click ends letters of this sort; mail programs show it as a button.
    pub unsubscribe: Option<String>,
}

impl Letter {
    /// A notice; see [`Letter::of_kind`] for the others.
    pub fn new(organisation: Option<OrganisationId>, to: &Recipient, rendered: Rendered) -> Self {
        Self {
            organisation,
            to_email: to.email.clone(),
            to_name: to.name.clone(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            kind: Kind::Notice,
            useless_after: None,
            unsubscribe: None,
        }
    }

    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    #[must_use]
    pub fn useless_after(mut self, moment: NaiveDateTime) -> Self {
        self.useless_after = Some(moment);
        self
    }

    /// `address` answers a POST without a session; mail programs ask it when somebody presses their button.
    #[must_use]
    pub fn with_unsubscribe(mut self, address: impl Into<String>) -> Self {
        self.unsubscribe = Some(address.into());
        self
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
/// that a retried delivery is the same message. What the letter tells of keeps the id, to show its fate. Somebody
/// who signs in with a name has no address: nothing is written to them.
pub fn send(tx: &mut Tx<'_>, letter: Letter) -> QueryResult<Option<LetterId>> {
    if !is_address(&letter.to_email) {
        return Ok(None);
    }
    let key = format!("{}|{}|{}", tx.now.and_utc().timestamp_micros(), letter.subject, letter.text);
    let message_id = letter.message_id(&key);
    if letter.kind == Kind::Reset {
        store::withdraw_waiting(tx, &letter.to_email, Kind::Reset, fate::OVERTAKEN)?;
    }
    match store::insert(tx, &letter, &message_id)? {
        Some(id) => Ok(Some(id)),
        None => store::by_message_id(tx.conn, &message_id).map(Some),
    }
}

/// The same for a letter that a person gets once only, whatever happens: `key` names what it is about, such
/// as `token-expiring/7`. Says whether it is new.
pub fn send_once(tx: &mut Tx<'_>, key: &str, letter: Letter) -> QueryResult<bool> {
    if !is_address(&letter.to_email) {
        return Ok(false);
    }
    let id = letter.message_id(key);
    Ok(store::insert(tx, &letter, &id)?.is_some())
}

/// Takes a letter back, if it has not been sent yet; says whether it was in time.
pub fn withdraw(tx: &mut Tx<'_>, letter: LetterId) -> QueryResult<bool> {
    store::withdraw(tx, letter, fate::WITHDRAWN)
}

/// Takes back the letters of news to an account that have not been sent; how many. One that is under way is not tried
/// again.
pub fn withdraw_news_to(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    let letters = store::news_to(tx.conn, account)?;
    store::withdraw_many(tx, &letters, fate::WITHDRAWN)
}

/// The same for those that tell something about a resident.
pub fn withdraw_news_about(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<usize> {
    let letters = store::news_about(tx.conn, resident)?;
    store::withdraw_many(tx, &letters, fate::WITHDRAWN)
}

/// How many letters of a kind were sent to an address, or wait, since a moment: for forms that are open to
/// anyone, which write no more of them than can go out.
pub fn written_since(conn: &mut Conn, email: &str, kind: Kind, since: NaiveDateTime) -> QueryResult<i64> {
    store::written_since(conn, email, kind, since)
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

/// Letters with their bodies, newest first: the demo's mailbox page.
pub fn list(conn: &mut Conn, limit: i64) -> QueryResult<Vec<Kept>> {
    store::list(conn, None, limit)
}

/// The same, older than a letter.
pub fn older(conn: &mut Conn, than: LetterId, limit: i64) -> QueryResult<Vec<Kept>> {
    store::list(conn, Some(than), limit)
}

pub fn get(conn: &mut Conn, letter: LetterId) -> QueryResult<Option<Kept>> {
    store::get(conn, letter)
}
