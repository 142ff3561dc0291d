//! The words of a letter at rest: sealed, since they hold links that open something.
//!
//! Where a database was opened without keys they are kept as they are; letters of before the sealing are read as
//! they are. Deliberately does not decide when words are forgotten (see `store`).

use diesel::QueryResult;

use super::store::{self, Kept};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::kit::sealed::{KeyRing, Unsealable};
use crate::kit::secret::{Secret, hex, unhex};

/// Rows that are sealed anew in one transaction.
const PIECE: i64 = 100;

/// What is sealed of a letter: its two forms, and the address that ends letters of its sort.
pub(super) struct Words<'w> {
    pub text: &'w str,
    pub html: &'w str,
    pub unsubscribe: &'w str,
}

impl Words<'_> {
    /// As hexadecimal text, bound to the letter's message.
    pub(super) fn sealed(&self, keys: &KeyRing, message_id: &str) -> Result<String, Unsealable> {
        let words = serde_json::json!([self.text, self.html, self.unsubscribe]).to_string();
        keys.seal(&binding(message_id), &Secret::new(words)).map(|sealed| hex(&sealed))
    }
}

impl Kept {
    /// The letter with its words.
    ///
    /// # Errors
    /// When none of the keys opens them, or somebody has changed them.
    pub fn opened(mut self, keys: &KeyRing) -> Result<Self, Unsealable> {
        if self.sealed.is_empty() {
            return Ok(self);
        }
        let sealed = unhex(&self.sealed).ok_or(Unsealable::Damaged)?;
        let words = keys.open(&binding(&self.message_id), &sealed)?;
        let words: [String; 3] = serde_json::from_str(words.reveal()).map_err(|_form| Unsealable::Damaged)?;
        [self.body_text, self.body_html, self.unsubscribe] = words;
        Ok(self)
    }
}

fn binding(message_id: &str) -> String {
    format!("letters|{message_id}|words")
}

/// Seals the words of some letters anew that another key has sealed; says how many.
///
/// # Errors
/// When no key of the ring opens one of them: nothing is changed then.
pub fn reseal(tx: &mut Tx<'_>, keys: &KeyRing) -> Result<usize, Refusal> {
    let others = store::not_sealed_by(tx.conn, &keys.beginning(), PIECE)?;
    let many = others.len();
    for letter in others {
        let (id, message_id) = (letter.id, letter.message_id.clone());
        let letter = letter.opened(keys)?;
        let words =
            Words { text: &letter.body_text, html: &letter.body_html, unsubscribe: &letter.unsubscribe };
        store::set_sealed(tx, id, &words.sealed(keys, &message_id)?)?;
    }
    Ok(many)
}

/// Forgets the words of letters that will not be sent any more because the link in them is dead.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::forget_dead(tx)
}
