//! Passkeys: a key that a telephone, a computer or a security key keeps, and that signs for this portal only, so
//! that nobody can be tricked out of it. One of them is a second step like the codes of an app.
//!
//! What the browser is asked is kept sealed for five minutes, bound to the half sign-in or the session that asked,
//! and for one answer, right or wrong. Deliberately does not know a maker of keys: no attestation is asked for.

mod alone;
mod ceremony;
mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

pub use self::alone::ByPasskey;
use self::ceremony::{Begun, Party, Shown};
use super::{changed, made_first, may_be_without, me, store as steps, without};
use crate::config::TwoStep;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, By};
use crate::domain::accounts::store::Account;
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::ids::{AccountId, PasskeyId, SessionId};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, fingerprint, hex, unhex};

/// One passkey, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: PasskeyId,
    /// As its person calls it.
    pub name: String,
    pub since: NaiveDateTime,
    pub last_used: Option<NaiveDateTime>,
}

/// A passkey that is to be added.
#[derive(Debug, Clone)]
pub struct NewPasskey {
    pub name: String,
    /// What the browser says of it, in JSON.
    pub answer: Secret,
}

/// Where a passkey was asked for: an answer counts only there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain::accounts) enum Asked {
    /// At the end of signing in.
    Half(i64),
    /// Beside a password that is typed again.
    Again(SessionId),
    /// To be added.
    New(SessionId),
}

/// How long the browser, and its person, may take to answer.
const LASTS: TimeDelta = TimeDelta::minutes(5);
/// More than anybody has telephones.
const MOST: usize = 20;
const LONGEST_NAME: usize = 60;

/// The words where a passkey does not fit what was asked.
pub const WRONG_PASSKEY: &str = "The passkey did not work, or it took longer than 5 minutes. Try again.";

impl Asked {
    fn holder(self) -> String {
        match self {
            Self::Half(id) => format!("half {id}"),
            Self::Again(session) => format!("session {session} again"),
            Self::New(session) => format!("session {session} new"),
        }
    }
}

/// Whether passkeys can be used at the portal's address: it must be a name, not a number.
pub fn passkeys_possible(url: &str) -> bool {
    Party::of(url).is_some()
}

pub(super) fn list(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<Passkey>> {
    let view = |row: store::Row| Passkey {
        id: PasskeyId(row.id),
        name: row.name,
        since: row.created_at,
        last_used: row.last_used_at,
    };
    Ok(store::of_account(conn, account)?.into_iter().map(view).collect())
}

/// Whether the account has a passkey that can be asked for here.
pub(super) fn can_ask(conn: &mut Conn, account: AccountId, url: &str) -> QueryResult<bool> {
    Ok(passkeys_possible(url) && !store::of_account(conn, account)?.is_empty())
}

// --- having them

/// Begins to add a passkey: what the browser is to be asked, in JSON.
pub fn begin_passkey(tx: &mut Tx<'_>, keys: &KeyRing, actor: &Actor, url: &str) -> Result<String, Refusal> {
    actor.fresh(tx.now)?;
    let party = party(url)?;
    let has: Vec<String> = stored(tx.conn, actor.account())?;
    if has.len() >= MOST {
        return Err(Refusal::overtaken("You have 20 passkeys, which is the most. Remove one first."));
    }
    // Another portal's passkeys, and another account's, stay apart on the person's device.
    let whom = format!("{url}|{}", actor.account());
    let begun = party.begin_making(&whom, actor.email(), actor.name(), &has)?;
    keep(tx, keys, Some(actor.account()), &Asked::New(actor.session()).holder(), &begun)?;
    let event = Event::new("second_step.begun", "began to set up a passkey");
    audit::append(tx, PLATFORM, &actor.by(), event.about("account", actor.account().0))?;
    Ok(begun.asked)
}

/// Adds the passkey that the browser has made: the session's new token, or nothing where the answer does not fit
/// what was asked. What was asked is gone in any case.
pub fn add_passkey(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    actor: &Actor,
    new: &NewPasskey,
    url: &str,
) -> Result<Option<Secret>, Refusal> {
    actor.fresh(tx.now)?;
    let name = usable_name(&new.name)?;
    let account = me(tx, actor)?;
    let holder = Asked::New(actor.session()).holder();
    let Some(kept) = taken(tx, keys, Some(account.id), &holder)? else { return Ok(None) };
    let Some(made) = party(url)?.made(&kept, &new.answer)? else { return Ok(None) };
    if store::is_known(tx.conn, &made.hash)? {
        return Err(Refusal::overtaken("This passkey is used already. Make another one."));
    }
    store::insert(tx, account.id, &name, &made.hash, &made.stored)?;
    made_first(tx, keys, &account)?;
    let what = format!("The passkey “{name}” was added: it can be used as the second step when you sign in.");
    changed(tx, actor, &account, &what, &format!("added the passkey “{name}”"), url).map(Some)
}

/// Calls a passkey something else.
pub fn rename_passkey(tx: &mut Tx<'_>, actor: &Actor, id: PasskeyId, name: &str) -> Result<(), Refusal> {
    let name = usable_name(name)?;
    if !store::rename(tx, actor.account(), id, &name)? {
        return Err(Refusal::NotHere);
    }
    let event = Event::new("second_step.renamed", format!("called a passkey “{name}”"));
    Ok(audit::append(tx, PLATFORM, &actor.by(), event.about("account", actor.account().0))?)
}

/// Takes a passkey away: the session's new token, and whether another second step is left.
///
/// # Errors
/// `Overtaken` in words for the last second step of somebody who must have one.
pub fn remove_passkey(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: PasskeyId,
    policy: TwoStep,
    url: &str,
) -> Result<(Secret, bool), Refusal> {
    actor.fresh(tx.now)?;
    let account = me(tx, actor)?;
    let all = list(tx.conn, account.id)?;
    let name = all.iter().find(|one| one.id == id).map(|one| one.name.clone()).ok_or(Refusal::NotHere)?;
    let app = steps::authenticator(tx.conn, account.id)?.is_some_and(|one| one.confirmed_at.is_some());
    let left = app || all.len() > 1;
    if !left {
        may_be_without(&account, actor, policy)?;
    }
    store::remove(tx, account.id, id)?;
    let mut what = format!("The passkey “{name}” was removed: it does not sign you in any more.");
    if !left {
        without(tx, account.id)?;
        what.push_str(" Two-step sign-in is off: only your password is asked for from now on.");
    }
    let token = changed(tx, actor, &account, &what, &format!("removed the passkey “{name}”"), url)?;
    Ok((token, left))
}

/// Takes all of them away, for a second step that is reset.
pub(super) fn remove_all(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    store::remove_all(tx, account)
}

// --- showing them

/// Asks a half sign-in for a passkey, in JSON; nothing where it is over, or its person has none.
pub fn begin_passkey_sign_in(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    half: &Secret,
    url: &str,
) -> Result<Option<String>, Refusal> {
    let now = tx.now;
    let Some((half, account)) = steps::half(tx.conn, &fingerprint(half.reveal()), now)? else {
        return Ok(None);
    };
    let by = By { account: Some(account.id), name: account.name, address: half.address, session: None };
    begin_showing(tx, keys, account.id, &by, Asked::Half(half.id), url)
}

/// Asks somebody signed in for a passkey beside their password.
pub fn begin_passkey_again(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    actor: &Actor,
    url: &str,
) -> Result<Option<String>, Refusal> {
    begin_showing(tx, keys, actor.account(), &actor.by(), Asked::Again(actor.session()), url)
}

fn begin_showing(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    account: AccountId,
    by: &By,
    asked: Asked,
    url: &str,
) -> Result<Option<String>, Refusal> {
    let ones = stored(tx.conn, account)?;
    let Some(party) = Party::of(url).filter(|_| !ones.is_empty()) else { return Ok(None) };
    let begun = party.begin_showing(&ones)?;
    keep(tx, keys, Some(account), &asked.holder(), &begun)?;
    let event = Event::new("session.asked", "was asked for a passkey").about("account", account.0);
    audit::append(tx, PLATFORM, by, event)?;
    Ok(Some(begun.asked))
}

/// Whether the answer shows one of the account's passkeys of now. What was asked is gone in any case, so the
/// transaction must go through.
pub(super) fn proves(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    account: &Account,
    answer: &Secret,
    asked: Asked,
    url: &str,
) -> Result<bool, Refusal> {
    let Some(party) = Party::of(url) else { return Ok(false) };
    let Some(kept) = taken(tx, keys, Some(account.id), &asked.holder())? else { return Ok(false) };
    counted(tx, account, party.shown(&kept, answer)?)
}

/// Counts what was shown; `false` where it is wrong, not the account's any more, or may be a copy.
fn counted(tx: &mut Tx<'_>, account: &Account, shown: Shown) -> Result<bool, Refusal> {
    let (id, counter, before) = match shown {
        Shown::Wrong => return Ok(false),
        Shown::Backwards => return copied(tx, account),
        Shown::Right { hash, counter } => match store::by_hash(tx.conn, account.id, &hash)? {
            None => return Ok(false),
            Some((id, before)) => (id, counter, before),
        },
    };
    // Another answer may have been counted since this one was asked for. A key that does not count says 0.
    if (counter > 0 || before > 0) && counter <= before {
        return copied(tx, account);
    }
    store::used(tx, id, counter)?;
    Ok(true)
}

/// Records that a passkey has counted backwards, which a copy of it would: it is refused.
fn copied(tx: &mut Tx<'_>, account: &Account) -> Result<bool, Refusal> {
    let words = "showed a passkey whose counter went backwards: there may be a copy of it";
    let by =
        By { account: Some(account.id), name: account.name.clone(), address: String::new(), session: None };
    audit::append(tx, PLATFORM, &by, Event::new("second_step.copied", words).about("account", account.id.0))?;
    Ok(false)
}

/// Ends whatever was asked of an account.
pub(super) fn end_ceremonies(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<usize> {
    store::end_ceremonies(tx, account)
}

/// Deletes what was asked too long ago; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge_ceremonies(tx, tx.now - LASTS)
}

fn keep(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    account: Option<AccountId>,
    holder: &str,
    begun: &Begun,
) -> Result<(), Refusal> {
    let sealed = keys.seal(&binding(account, holder), &begun.kept)?;
    Ok(store::put_ceremony(tx, account, holder, &hex(&sealed), tx.now + LASTS)?)
}

/// What the holder was asked, once. It opens only for the account that it was sealed for.
fn taken(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    account: Option<AccountId>,
    holder: &str,
) -> Result<Option<Secret>, Refusal> {
    let Some(sealed) = store::take_ceremony(tx, holder)? else { return Ok(None) };
    Ok(Some(keys.open(&binding(account, holder), &unhex(&sealed).unwrap_or_default())?))
}

fn binding(account: Option<AccountId>, holder: &str) -> String {
    let account = account.map_or_else(|| "nobody yet".to_owned(), |account| account.to_string());
    format!("passkey_ceremonies|{account}|{holder}|sealed")
}

fn party(url: &str) -> Result<Party, Refusal> {
    let words = "Passkeys need an address with a name. Use an authenticator app here.";
    Party::of(url).ok_or_else(|| Refusal::overtaken(words))
}

fn stored(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<String>> {
    Ok(store::of_account(conn, account)?.into_iter().map(|row| row.stored).collect())
}

fn usable_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Refusal::invalid("name", "Give the passkey a name, such as “My telephone”."));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Refusal::invalid("name", "Use a shorter name: 60 characters at most."));
    }
    Ok(name.to_owned())
}
