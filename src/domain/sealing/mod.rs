//! Whether the installation's sealing key is the one its secrets were sealed with, and the change to a newer key.
//!
//! A rotation works in small transactions and can be stopped and started again at any point: every value opens
//! with the key ring all the time. Deliberately knows nothing of what the secrets are for.

mod store;

use super::{accounts, connections, letters, visits, webhooks};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::kit::ids::TokenId;
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, hex, unhex};

/// The row of `installation` that holds a sealed word, so that a wrong key is noticed at the start and not when
/// the first token is needed.
const WITNESS: &str = "sealing witness";
const WORD: &str = "kinbridge";
/// Values a transaction: short enough that no page waits for it.
const PIECE: i64 = 100;

/// Whether the key ring opens what this installation sealed.
#[derive(Debug, PartialEq, Eq)]
pub enum Fit {
    Opens,
    /// Nothing was ever sealed here.
    Empty,
    /// In words, for the operator.
    Refused(String),
}

/// Opens the witness and a few of the tokens.
///
/// # Errors
/// Only when the database cannot be read; a key that does not fit is an answer.
pub fn check(conn: &mut Conn, keys: &KeyRing) -> Result<Fit, Refusal> {
    let witness = store::installed(conn, WITNESS)?;
    if let Some(sealed) = &witness {
        let sealed = unhex(sealed).unwrap_or_default();
        if let Err(cause) = keys.open(WITNESS, &sealed) {
            return Ok(Fit::Refused(cause.to_string()));
        }
    }
    match connections::keys_fit(conn, keys) {
        Ok(()) if witness.is_none() => Ok(Fit::Empty),
        Ok(()) => Ok(Fit::Opens),
        Err(Refusal::Broken(cause)) => Ok(Fit::Refused(cause)),
        Err(other) => Err(other),
    }
}

/// Seals the witness with the newest key.
pub fn witness(tx: &mut Tx<'_>, keys: &KeyRing) -> Result<(), Refusal> {
    let sealed = keys.seal(WITNESS, &Secret::new(WORD))?;
    Ok(store::install(tx, WITNESS, &hex(&sealed))?)
}

/// Seals the next values after `after` with the newest key. Gives where to go on, `None` when all are done. A
/// value that no key opens stops the rotation, unharmed.
pub fn reseal(tx: &mut Tx<'_>, keys: &KeyRing, after: TokenId) -> Result<Option<TokenId>, Refusal> {
    let next = connections::reseal_some(tx, keys, after, PIECE)?;
    if next.is_some() {
        return Ok(next);
    }
    // Tokens are done; the others are counted by what is left, so that the place stays.
    if accounts::reseal_second_steps(tx, keys)? > 0
        || letters::reseal(tx, keys)? > 0
        || webhooks::reseal(tx, keys)? > 0
        || connections::reseal_hooks(tx, keys)? > 0
        || visits::reseal_proofs(tx, keys)? > 0
    {
        return Ok(Some(after));
    }
    witness(tx, keys)?;
    Ok(None)
}
