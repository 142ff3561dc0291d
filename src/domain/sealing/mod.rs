//! Whether the installation's sealing key is the one its secrets were sealed with, and the change to a newer key.
//!
//! A rotation works in small transactions and can be stopped and started again at any point: every value opens
//! with the key ring all the time. Deliberately knows nothing of what the secrets are for.

mod store;

use diesel::QueryResult;

use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::kit::sealed::{KeyRing, Unsealable};
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

/// Opens the witness, or a stored token if there is no witness.
pub fn check(conn: &mut Conn, keys: &KeyRing) -> QueryResult<Fit> {
    if let Some(sealed) = store::installed(conn, WITNESS)? {
        let sealed = unhex(&sealed).unwrap_or_default();
        return Ok(fit(keys.open(WITNESS, &sealed)));
    }
    let Some(token) = store::tokens_after(conn, 0, 1)?.into_iter().next() else { return Ok(Fit::Empty) };
    Ok(fit(keys.open(&token.binding(), &token.sealed)))
}

fn fit(opened: Result<Secret, Unsealable>) -> Fit {
    match opened {
        Ok(_) => Fit::Opens,
        Err(cause) => Fit::Refused(cause.to_string()),
    }
}

/// Seals the witness with the newest key.
pub fn witness(tx: &mut Tx<'_>, keys: &KeyRing) -> Result<(), Refusal> {
    let sealed = keys.seal(WITNESS, &Secret::new(WORD))?;
    Ok(store::install(tx, WITNESS, &hex(&sealed))?)
}

/// How far a rotation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where to go on.
    pub after: i64,
    pub resealed: usize,
    pub done: bool,
}

/// Seals the next values with the newest key, those that are not yet. A value that no key opens stops the
/// rotation and is named, unharmed.
pub fn reseal(tx: &mut Tx<'_>, keys: &KeyRing, after: i64) -> Result<Piece, Refusal> {
    let tokens = store::tokens_after(tx.conn, after, PIECE)?;
    let Some(last) = tokens.last().map(|token| token.id) else {
        witness(tx, keys)?;
        return Ok(Piece { after, resealed: 0, done: true });
    };
    let mut resealed = 0;
    for token in tokens.iter().filter(|token| !keys.is_newest(&token.sealed)) {
        let opened = keys.open(&token.binding(), &token.sealed);
        let opened = opened.map_err(|cause| Refusal::Broken(format!("token {}: {cause}", token.id)))?;
        store::replace_token(tx, token.id, &keys.seal(&token.binding(), &opened)?)?;
        resealed += 1;
    }
    Ok(Piece { after: last, resealed, done: false })
}
