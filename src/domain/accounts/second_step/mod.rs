//! The second step of signing in: passkeys, codes of an authenticator app, recovery codes for a lost telephone, and
//! the browser that has shown the password only.
//!
//! Whoever has a second step must pass it; whoever must have one and has none reaches nothing but its set-up
//! (see `Actor::must_set_up`). A change of it needs a fresh password, ends the person's other sessions, and is
//! told to them by letter. An authenticator counts once a code of it was typed. Its secret is sealed; recovery
//! codes are kept as hashes, and sealed in readable form only until their person says that they have them.

mod codes;
mod half;
mod lost;
mod passkeys;
mod proving;
mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::store::{self as accounts_store, Account};
use super::{notices, sessions};
use crate::config::TwoStep;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::Actor;
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::ids::AccountId;
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, hex, unhex};

pub use codes::{Key, grouped};
pub use half::{HalfWay, half_way, purge as purge_half_sign_ins};
pub use lost::{
    reset as reset_second_step, reset_by_operator as reset_second_step_by_operator,
    reset_of_super_manager as reset_second_step_of_super_manager,
};
pub use passkeys::{
    ByPasskey, NewPasskey, Passkey, WRONG_PASSKEY, add_passkey, begin_passkey, begin_passkey_again,
    begin_passkey_sign_in, passkeys_possible, purge as purge_passkeys_asked, remove_passkey, rename_passkey,
};
pub use proving::Proof;

pub(super) use half::{begin as begin_half, end_of as end_half};
pub(super) use passkeys::Asked;
pub(super) use proving::{proves, refused};

/// What a person has, for their account page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondStep {
    /// Since when one is asked for.
    pub since: Option<NaiveDateTime>,
    /// Since when there is an app whose codes can be asked for.
    pub authenticator: Option<NaiveDateTime>,
    pub passkeys: Vec<Passkey>,
    /// Recovery codes that were not used.
    pub codes_left: i64,
    /// New recovery codes wait to be kept.
    pub sheet_waits: bool,
}

/// How long new recovery codes can be looked at.
const SHEET: TimeDelta = TimeDelta::hours(1);

/// Rows that are sealed anew in one transaction.
const PIECE: i64 = 100;

pub fn second_step(conn: &mut Conn, actor: &Actor, now: NaiveDateTime) -> QueryResult<SecondStep> {
    Ok(SecondStep {
        since: accounts_store::by_id(conn, actor.account)?.and_then(|account| account.second_step_at),
        passkeys: passkeys::list(conn, actor.account)?,
        authenticator: store::authenticator(conn, actor.account)?.and_then(|one| one.confirmed_at),
        codes_left: store::codes_left(conn, actor.account)?,
        sheet_waits: store::sheet(conn, actor.account, now - SHEET)?.is_some(),
    })
}

/// Begins the set-up of an authenticator app; one that was begun before is forgotten.
pub fn begin_authenticator(tx: &mut Tx<'_>, keys: &KeyRing, actor: &Actor) -> Result<(), Refusal> {
    actor.fresh(tx.now)?;
    if store::authenticator(tx.conn, actor.account)?.is_some_and(|one| one.confirmed_at.is_some()) {
        let words = "You have an authenticator app already. Remove it first to use another one.";
        return Err(Refusal::overtaken(words));
    }
    let sealed = keys.seal(&binding(actor.account), &codes::new_key()?)?;
    store::begin_authenticator(tx, actor.account, &hex(&sealed))?;
    let event = Event::new("second_step.begun", "began to set up an authenticator app");
    Ok(audit::append(tx, PLATFORM, &actor.by(), event.about("account", actor.account.0))?)
}

/// The key of the set-up under way, to be scanned or typed into the app.
pub fn authenticator_key(conn: &mut Conn, keys: &KeyRing, actor: &Actor) -> Result<Option<Key>, Refusal> {
    let row = store::authenticator(conn, actor.account)?.filter(|one| one.confirmed_at.is_none());
    let Some(row) = row else { return Ok(None) };
    let secret = open(keys, actor.account, &row.sealed)?;
    codes::key(&secret, actor.email()).map(Some)
}

/// Ends the set-up with a code of the app, and makes recovery codes: the session's new token.
///
/// # Errors
/// `Invalid` for a code that does not match.
pub fn confirm_authenticator(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    actor: &Actor,
    typed: &Secret,
    url: &str,
) -> Result<Secret, Refusal> {
    actor.fresh(tx.now)?;
    let row = store::authenticator(tx.conn, actor.account)?.filter(|one| one.confirmed_at.is_none());
    let row = row.ok_or_else(|| Refusal::overtaken("This is set up already."))?;
    let secret = open(keys, actor.account, &row.sealed)?;
    let step = codes::matching(&secret, typed.reveal(), tx.now)?;
    let step = step.ok_or_else(|| Refusal::invalid("code", WRONG_CODE))?;
    store::confirm_authenticator(tx, row.id, step)?;
    let account = me(tx, actor)?;
    made_first(tx, keys, &account)?;
    let what = "Codes of an authenticator app are asked for from now on when you sign in.";
    changed(tx, actor, &account, what, "set up an authenticator app", url)
}

/// The words for a code that does not match.
pub const WRONG_CODE: &str = "The code does not match. Enter the newest code from your app.";

/// Takes the authenticator app away: the session's new token, and whether a passkey is left.
pub fn remove_authenticator(
    tx: &mut Tx<'_>,
    actor: &Actor,
    policy: TwoStep,
    url: &str,
) -> Result<(Secret, bool), Refusal> {
    actor.fresh(tx.now)?;
    let account = me(tx, actor)?;
    if !passkeys::list(tx.conn, account.id)?.is_empty() {
        if store::remove_authenticator(tx, account.id)? == 0 {
            return Err(Refusal::overtaken("You have no authenticator app."));
        }
        let what = "The authenticator app was removed: its codes do not sign you in any more.";
        let token = changed(tx, actor, &account, what, "removed their authenticator app", url)?;
        return Ok((token, true));
    }
    may_be_without(&account, actor, policy)?;
    store::remove_authenticator(tx, account.id)?;
    without(tx, account.id)?;
    let what = "Two-step sign-in is off: only your password is asked for from now on.";
    Ok((changed(tx, actor, &account, what, "turned two-step sign-in off", url)?, false))
}

/// Makes ten new recovery codes; the old ones end. The session's new token.
pub fn new_recovery_codes(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    actor: &Actor,
    url: &str,
) -> Result<Secret, Refusal> {
    actor.fresh(tx.now)?;
    let account = me(tx, actor)?;
    if account.second_step_at.is_none() {
        return Err(Refusal::overtaken("Set up two-step sign-in first: recovery codes come with it."));
    }
    make_codes(tx, keys, account.id)?;
    let what = "New recovery codes were made. The old ones do not work any more.";
    changed(tx, actor, &account, what, "made new recovery codes", url)
}

/// New recovery codes that their person has not said to have kept, in groups.
pub fn recovery_sheet(
    conn: &mut Conn,
    keys: &KeyRing,
    actor: &Actor,
    now: NaiveDateTime,
) -> Result<Option<Vec<String>>, Refusal> {
    let Some(sealed) = store::sheet(conn, actor.account, now - SHEET)? else { return Ok(None) };
    let opened = keys.open(&sheet_binding(actor.account), &unhex(&sealed).unwrap_or_default())?;
    Ok(Some(opened.reveal().lines().map(grouped).collect()))
}

/// The person has the codes: they cannot be looked at any more.
pub fn keep_recovery_codes(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Refusal> {
    if store::remove_sheet(tx, actor.account)? == 0 {
        return Ok(());
    }
    let event = Event::new("second_step.codes kept", "kept their recovery codes");
    Ok(audit::append(tx, PLATFORM, &actor.by(), event.about("account", actor.account.0))?)
}

/// Forgets codes that could be looked at long enough; the number of rows.
pub fn purge_sheets(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge_sheets(tx, tx.now - SHEET)
}

/// Seals some secrets with the newest key; how many there were.
pub fn reseal_second_steps(tx: &mut Tx<'_>, keys: &KeyRing) -> Result<usize, Refusal> {
    let mut done = 0;
    for (id, account, sealed) in store::not_sealed_by(tx.conn, &keys.beginning(), PIECE)? {
        let secret = open(keys, account, &sealed)?;
        store::set_sealed(tx, id, &hex(&keys.seal(&binding(account), &secret)?))?;
        done += 1;
    }
    // A sheet lives for an hour; it is not worth another key.
    Ok(done)
}

/// The first second step brings recovery codes, and is asked for from now on.
fn made_first(tx: &mut Tx<'_>, keys: &KeyRing, account: &Account) -> Result<(), Refusal> {
    if account.second_step_at.is_some() {
        return Ok(());
    }
    accounts_store::set_second_step(tx, account.id, Some(tx.now))?;
    make_codes(tx, keys, account.id)
}

fn make_codes(tx: &mut Tx<'_>, keys: &KeyRing, account: AccountId) -> Result<(), Refusal> {
    store::remove_codes(tx, account)?;
    store::remove_sheet(tx, account)?;
    let codes = codes::new_recovery_codes()?;
    for code in &codes {
        store::insert_code(tx, account, &codes::recovery_hash(account, code))?;
    }
    let lines: Vec<&str> = codes.iter().map(Secret::reveal).collect();
    let sealed = keys.seal(&sheet_binding(account), &Secret::new(lines.join("\n")))?;
    Ok(store::insert_sheet(tx, account, &hex(&sealed))?)
}

/// Takes away what only helps beside a second step.
fn without(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Refusal> {
    store::remove_codes(tx, account)?;
    store::remove_sheet(tx, account)?;
    accounts_store::set_second_step(tx, account, None)?;
    Ok(())
}

/// Refuses to leave somebody without a second step who must have one, or whose password is too short for it.
fn may_be_without(account: &Account, actor: &Actor, policy: TwoStep) -> Result<(), Refusal> {
    if account.second_step_at.is_none() {
        return Err(Refusal::overtaken("Two-step sign-in is off already."));
    }
    if actor.needs_second_step(policy) {
        let words = "Your role needs two-step sign-in, so it cannot be turned off.";
        return Err(Refusal::overtaken(words));
    }
    if account.short_password {
        let words = "Without two-step sign-in your password needs 15 characters. Change it first.";
        return Err(Refusal::overtaken(words));
    }
    Ok(())
}

/// What every change of the second step brings: an event, a letter, no other session, and a new token.
fn changed(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: &Account,
    what: &str,
    words: &str,
    url: &str,
) -> Result<Secret, Refusal> {
    let event = Event::new("second_step.changed", words).about("account", account.id.0);
    audit::append(tx, PLATFORM, &actor.by(), event)?;
    notices::second_step_changed(tx, account, what, url)?;
    super::end_links(tx, account.id)?;
    sessions::end_of(tx, account.id, Some(actor.session))?;
    sessions::renew(tx, actor.session)
}

fn me(tx: &mut Tx<'_>, actor: &Actor) -> Result<Account, Refusal> {
    accounts_store::by_id(tx.conn, actor.account)?.ok_or(Refusal::NotHere)
}

fn open(keys: &KeyRing, account: AccountId, sealed: &str) -> Result<Secret, Refusal> {
    Ok(keys.open(&binding(account), &unhex(sealed).unwrap_or_default())?)
}

fn binding(account: AccountId) -> String {
    format!("authenticators|{account}|sealed")
}

fn sheet_binding(account: AccountId) -> String {
    format!("recovery_sheets|{account}|sealed")
}
