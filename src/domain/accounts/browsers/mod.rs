//! Browsers from which somebody has signed in before, so that a letter tells them of a new one, once.
//!
//! A browser keeps a random word of its own, of which the database holds the hash. The word lets nobody in.

mod store;

use chrono::TimeDelta;

use super::notices;
use super::store::Account;
use crate::db::Tx;
use crate::domain::Refusal;

/// A browser that was not seen for so long is a new one.
const REMEMBERED: TimeDelta = TimeDelta::days(365);

/// Remembers a browser from which somebody has just signed in. Their first one needs no letter.
pub(super) fn seen(
    tx: &mut Tx<'_>,
    account: &Account,
    browser_hash: &str,
    device: &str,
    url: &str,
) -> Result<(), Refusal> {
    if store::see_again(tx, account.id, browser_hash)? {
        return Ok(());
    }
    let is_first = !store::any(tx.conn, account.id)?;
    store::insert(tx, account.id, browser_hash)?;
    if is_first { Ok(()) } else { notices::new_sign_in(tx, account, device, url) }
}

/// Forgets browsers that were not seen for a year; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> diesel::QueryResult<usize> {
    store::purge(tx, tx.now - REMEMBERED)
}
