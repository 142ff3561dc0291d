//! A browser that has shown the right password and owes the second step. Its token opens nothing: it only says
//! whose code is being asked for, for ten minutes and across restarts.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{passkeys, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::By;
use crate::domain::accounts::store::Account;
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::ids::AccountId;
use crate::kit::secret::{Secret, fingerprint, random_token};

/// How long the second step may take.
const LASTS: TimeDelta = TimeDelta::minutes(10);

/// What the page that asks for a code may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HalfWay {
    /// There is an app whose codes can be asked for.
    pub authenticator: bool,
    /// There is a passkey that can be asked for.
    pub passkey: bool,
}

/// Begins a half sign-in: its token.
pub(in crate::domain::accounts) fn begin(
    tx: &mut Tx<'_>,
    account: &Account,
    address: &str,
    device: &str,
    browser_hash: &str,
) -> Result<Secret, Refusal> {
    let token = random_token()?;
    let until = tx.now + LASTS;
    store::insert_half(tx, account.id, &fingerprint(token.reveal()), until, address, device, browser_hash)?;
    let by = By {
        account: Some(account.id),
        name: account.name.clone(),
        address: address.to_owned(),
        session: None,
    };
    let event = Event::new("session.half", "typed the right password, and was asked for the second step");
    audit::append(tx, PLATFORM, &by, event.about("account", account.id.0))?;
    Ok(token)
}

/// Whether a token is that of a half sign-in under way.
pub fn half_way(
    conn: &mut Conn,
    token: &Secret,
    url: &str,
    now: NaiveDateTime,
) -> Result<Option<HalfWay>, Refusal> {
    let Some((_, account)) = store::half(conn, &fingerprint(token.reveal()), now)? else { return Ok(None) };
    let authenticator = store::authenticator(conn, account.id)?;
    Ok(Some(HalfWay {
        authenticator: authenticator.is_some_and(|one| one.confirmed_at.is_some()),
        passkey: passkeys::can_ask(conn, account.id, url)?,
    }))
}

/// Ends every half sign-in of an account.
pub(in crate::domain::accounts) fn end_of(tx: &mut Tx<'_>, account: AccountId) -> QueryResult<()> {
    passkeys::end_ceremonies(tx, account)?;
    store::end_halves(tx, account)
}

/// Deletes those that are over; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge_halves(tx, tx.now - LASTS)
}
