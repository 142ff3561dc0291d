//! Sessions: from the right password to the last page.
//!
//! A token is 256 random bits; the database holds its SHA-256 only. Deliberately knows no cookie.

mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use diesel::Queryable;

use super::{AccountState, members, shared};
use crate::config::SessionLimits;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, By};
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::ids::{AccountId, SessionId};
use crate::kit::secret::{Secret, fingerprint, random_token};

/// A live session's person.
pub struct Live {
    pub actor: Actor,
    /// The last use on record is over a minute old.
    pub touch_due: bool,
}

/// A session in the list *Where you are signed in*.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct SignedIn {
    pub id: SessionId,
    /// In words: `Firefox on Windows`.
    pub device: String,
    pub since: NaiveDateTime,
    pub last_used_at: NaiveDateTime,
}

/// How often a session's last use is written, at most.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The same for one that a PIN began.
const TOUCH_OFTEN: TimeDelta = TimeDelta::seconds(15);

/// How long the row of an ended session is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// The person behind a session token, with all memberships; `None` when the session has ended, is
/// too old, or its account may no longer sign in. Rights are read anew each time, so that a
/// withdrawn one is gone with the next request.
pub fn live(
    conn: &mut Conn,
    token: &Secret,
    address: &str,
    now: NaiveDateTime,
    limits: SessionLimits,
) -> QueryResult<Option<Live>> {
    let Some(session) = store::by_token(conn, &fingerprint(token.reveal()))? else { return Ok(None) };
    let mut memberships = members::of_account(conn, session.account_id)?;
    let by_pin = session.shared_by.is_some();
    if let Some(organisation) = session.shared_by {
        memberships.retain(|one| shared::stays(one, organisation));
    }
    let only_relative = !session.is_representative
        && !memberships.is_empty()
        && memberships.iter().all(|one| !one.role.works_here());
    let (idle, absolute) = match (by_pin, only_relative) {
        (true, _) => (shared::LOCKS_AFTER, shared::SHIFT),
        (_, true) => (limits.idle_relative, limits.absolute_relative),
        _ => (limits.idle, limits.absolute),
    };
    let ends_at = (session.last_used_at + idle).min(session.created_at + absolute);
    if session.state != AccountState::Active || ends_at <= now {
        return Ok(None);
    }
    // A session that locks soon is written down more often.
    let every = if by_pin { TOUCH_OFTEN } else { TOUCH_EVERY };
    let touch_due = now - session.last_used_at >= every;
    // A PIN is no password: nothing that asks for a fresh one takes it.
    let typed = !by_pin || session.confirmed_at > session.created_at;
    let confirmed_at = if typed { session.confirmed_at } else { session.created_at - TimeDelta::days(1) };
    // What the page tells its reader counts from this request, whether or not it is written down.
    let session_ends_at = (now + idle).min(session.created_at + absolute);
    let actor = Actor {
        account: session.account_id,
        name: session.name,
        email: session.email,
        is_representative: session.is_representative && !by_pin,
        session: session.id,
        session_ends_at,
        confirmed_at,
        address: address.to_owned(),
        has_second_step: session.second_step_at.is_some(),
        memberships,
    };
    Ok(Some(Live { actor, touch_due }))
}

/// Writes down that a session is in use.
pub fn touch(tx: &mut Tx<'_>, session: SessionId) -> QueryResult<()> {
    store::touch(tx, session)
}

/// Begins a session for somebody who has shown who they are, and records it.
///
/// # Errors
/// [`Refusal::NotHere`] for an account that may not sign in.
pub fn begin(tx: &mut Tx<'_>, account: AccountId, address: &str, device: &str) -> Result<Secret, Refusal> {
    let account = super::store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    let (token, session) = begin_quietly(tx, account.id, address, device)?;
    let by = By {
        account: Some(account.id),
        name: account.name,
        address: address.to_owned(),
        session: Some(session),
    };
    let event = Event::new("session.began", "signed in").about("account", account.id.0);
    audit::append(tx, PLATFORM, &by, event)?;
    Ok(token)
}

/// The same for a verb that has its own event.
pub(super) fn begin_quietly(
    tx: &mut Tx<'_>,
    account: AccountId,
    address: &str,
    device: &str,
) -> Result<(Secret, SessionId), Refusal> {
    let account = super::store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    if account.state != AccountState::Active {
        return Err(Refusal::NotHere);
    }
    let token = random_token()?;
    let session = store::insert(tx, account.id, &fingerprint(token.reveal()), address, device)?;
    Ok((token, session))
}

/// A new token for the same session, whose password is fresh again.
pub(super) fn renew(tx: &mut Tx<'_>, session: SessionId) -> Result<Secret, Refusal> {
    let token = random_token()?;
    let renewed = store::renew(tx, session, &fingerprint(token.reveal()))?;
    renewed.then_some(token).ok_or(Refusal::NotHere)
}

/// The person's live sessions, the last used first.
pub fn list(
    conn: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    limits: SessionLimits,
) -> QueryResult<Vec<SignedIn>> {
    let relative = actor.memberships.iter().all(|one| !one.role.works_here());
    let only_relative = relative && !actor.is_representative && !actor.memberships.is_empty();
    let (idle, absolute) = if only_relative {
        (limits.idle_relative, limits.absolute_relative)
    } else {
        (limits.idle, limits.absolute)
    };
    let all = store::of_account(conn, actor.account, now - absolute)?;
    // The one that asks is live, though its use may not be written down yet.
    let live = |one: &SignedIn| one.id == actor.session || one.last_used_at + idle > now;
    Ok(all.into_iter().filter(live).collect())
}

/// Signs the person out here.
pub fn sign_out(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Refusal> {
    store::end(tx, actor.account, actor.session)?;
    record(tx, actor, "session.ended", "signed out".into())
}

/// Signs the person out of one of their own sessions.
///
/// # Errors
/// [`Refusal::NotHere`] for a session of somebody else, or one that has ended.
pub fn end(tx: &mut Tx<'_>, actor: &Actor, session: SessionId) -> Result<(), Refusal> {
    if store::end(tx, actor.account, session)? == 0 {
        return Err(Refusal::NotHere);
    }
    record(tx, actor, "session.ended", "signed out of another device".into())
}

/// Ends the person's sessions but the one they are in; how many were ended.
pub fn end_others(tx: &mut Tx<'_>, actor: &Actor) -> Result<usize, Refusal> {
    let ended = store::end_all(tx, actor.account, Some(actor.session))?;
    record(tx, actor, "session.ended", format!("signed out everywhere else ({ended} places)"))?;
    Ok(ended)
}

/// Ends all of the person's sessions.
pub fn end_all(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Refusal> {
    store::end_all(tx, actor.account, None)?;
    record(tx, actor, "session.ended", "signed out everywhere".into())
}

/// Ends the sessions of an account, for a verb that has its own event.
pub(super) fn end_of(tx: &mut Tx<'_>, account: AccountId, keep: Option<SessionId>) -> QueryResult<usize> {
    store::end_all(tx, account, keep)
}

/// Deletes what has been over for a month; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge(tx, tx.now - KEPT_FOR)
}

fn record(tx: &mut Tx<'_>, actor: &Actor, verb: &'static str, words: String) -> Result<(), Refusal> {
    let event = Event::new(verb, words).about("account", actor.account.0);
    Ok(audit::append(tx, PLATFORM, &actor.by(), event)?)
}
