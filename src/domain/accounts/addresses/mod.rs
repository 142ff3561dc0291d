//! Changing the address with which somebody signs in. The new one confirms by a link, within a day; the old one
//! is told at once, with a link that stops the change and signs everybody out. Until then nothing changes.

mod store;

use chrono::{NaiveDateTime, TimeDelta};

use super::checks::{self, Tries};
use super::store::{self as accounts_store, Account};
use super::{notices, sessions};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, By};
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, SessionId};
use crate::kit::secret::{Secret, fingerprint, random_token};

/// How long the new address may take to confirm.
pub const CHANGE: TimeDelta = TimeDelta::hours(24);

/// How long the row of a change is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailChange {
    pub name: String,
    pub old: String,
    pub new: String,
}

/// Asks the new address to confirm, and tells the old one. An address that another account has gets no letter,
/// and whoever asks is not told so.
///
/// # Errors
/// `Invalid` for the address that the person has already, `Overtaken` when too many letters were asked for.
pub fn ask_for_email_change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &EmailAddress,
    url: &str,
) -> Result<(), Refusal> {
    actor.fresh(tx.now)?;
    let account = accounts_store::by_id(tx.conn, actor.account)?.ok_or(Refusal::NotHere)?;
    if account.email == new.as_str() {
        return Err(Refusal::invalid("new_email", "You sign in with this address already."));
    }
    for counted in [Tries::of_letters(new.as_str()), Tries::of_letters(&format!("changes {}", account.id))] {
        if checks::begin(tx, &counted)?.is_err() {
            let words = "We have sent three letters about this within an hour. Try again in an hour.";
            return Err(Refusal::overtaken(words));
        }
    }
    end(tx, account.id)?;
    let (confirm, stop) = (random_token()?, random_token()?);
    let hashes = (fingerprint(confirm.reveal()), fingerprint(stop.reveal()));
    store::insert(tx, &account, new.as_str(), (&hashes.0, &hashes.1), tx.now + CHANGE)?;
    if accounts_store::by_email(tx.conn, new.as_str())?.is_none() {
        notices::confirm_email(tx, &account, new, url, &confirm)?;
    }
    notices::email_changing(tx, &account, new, url, &stop)?;
    let event = Event::new("account.email asked", "asked for another email address");
    Ok(audit::append(tx, PLATFORM, &actor.by(), event.about("account", account.id.0))?)
}

/// The new address that the person's account waits for.
pub fn waiting_email(
    conn: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
) -> diesel::QueryResult<Option<String>> {
    store::waiting(conn, actor.account, now)
}

/// The change that a link of the new address would make. Reading it changes nothing.
pub fn confirming_email(
    conn: &mut Conn,
    link: &Secret,
    now: NaiveDateTime,
) -> Result<Option<EmailChange>, Refusal> {
    Ok(store::by_token(conn, &fingerprint(link.reveal()), now)?.map(Into::into))
}

/// The change that a link of the old address would stop.
pub fn stopping_email(
    conn: &mut Conn,
    link: &Secret,
    now: NaiveDateTime,
) -> Result<Option<EmailChange>, Refusal> {
    Ok(store::by_stop(conn, &fingerprint(link.reveal()), now)?.map(Into::into))
}

/// Makes the change, by the link of the new address. Other sessions of the person end; `kept` is the one that
/// confirms, if it is theirs. `false` for a link that does not work.
pub fn confirm_email_change(
    tx: &mut Tx<'_>,
    link: &Secret,
    kept: Option<(AccountId, SessionId)>,
    address: &str,
    url: &str,
) -> Result<bool, Refusal> {
    let Some(change) = store::by_token(tx.conn, &fingerprint(link.reveal()), tx.now)? else {
        return Ok(false);
    };
    // Somebody may have got the address since.
    if accounts_store::by_email(tx.conn, &change.new_email)?.is_some() || !store::use_up(tx, change.id)? {
        return Ok(false);
    }
    accounts_store::set_email(tx, change.account.id, &change.new_email)?;
    super::end_links(tx, change.account.id)?;
    let kept = kept.filter(|(account, _)| *account == change.account.id).map(|(_, session)| session);
    sessions::end_of(tx, change.account.id, kept)?;
    notices::email_changed(tx, &change.account, &change.new_email, url)?;
    let event =
        Event::new("account.email", "changed their email address").about("account", change.account.id.0);
    audit::append(tx, PLATFORM, &by(&change.account, address), event)?;
    Ok(true)
}

/// Stops the change, by the link of the old address: everybody who is signed in is out. `false` for a link that
/// does not work.
pub fn stop_email_change(tx: &mut Tx<'_>, link: &Secret, address: &str) -> Result<bool, Refusal> {
    let Some(change) = store::by_stop(tx.conn, &fingerprint(link.reveal()), tx.now)? else {
        return Ok(false);
    };
    if !store::use_up(tx, change.id)? {
        return Ok(false);
    }
    super::end_links(tx, change.account.id)?;
    sessions::end_of(tx, change.account.id, None)?;
    let event = Event::new("account.email stopped", "stopped the change of their email address");
    let event = event.about("account", change.account.id.0);
    audit::append(tx, PLATFORM, &by(&change.account, address), event)?;
    Ok(true)
}

fn by(account: &Account, address: &str) -> By {
    By { account: Some(account.id), name: account.name.clone(), address: address.into(), session: None }
}

/// Ends a change of the account that waits.
pub(super) fn end(tx: &mut Tx<'_>, account: AccountId) -> diesel::QueryResult<()> {
    store::end(tx, account)
}

/// Deletes changes that were over a month ago; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> diesel::QueryResult<usize> {
    store::purge(tx, tx.now - KEPT_FOR)
}
