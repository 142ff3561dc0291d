//! Letters of news that have not been sent: to whom, about whom, and taking them back.

use diesel::prelude::*;

use super::taken_back;
use crate::db::{Conn, Tx};
use crate::domain::letters::{Kind, LetterState};
use crate::domain::schema::{digests, letters, resident_letters};
use crate::kit::ids::{AccountId, LetterId, ResidentId};

const UNSENT: [LetterState; 2] = [LetterState::Waiting, LetterState::Sending];

pub fn news_to(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<LetterId>> {
    digests::table
        .inner_join(letters::table)
        .filter(digests::account_id.eq(account))
        .filter(letters::state.eq_any(UNSENT))
        .select(letters::id)
        .load(conn)
}

pub fn news_about(conn: &mut Conn, resident: ResidentId) -> QueryResult<Vec<LetterId>> {
    resident_letters::table
        .inner_join(letters::table)
        .filter(resident_letters::resident_id.eq(resident))
        .filter(letters::kind.eq(Kind::Digest))
        .filter(letters::state.eq_any(UNSENT))
        .select(letters::id)
        .load(conn)
}

/// What is under way cannot be called back, but comes to its end with this try.
pub fn withdraw_many(tx: &mut Tx<'_>, ids: &[LetterId], reason: &str) -> QueryResult<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::update(letters::table)
        .filter(letters::id.eq_any(ids.to_vec()))
        .filter(letters::state.eq(LetterState::Sending))
        .set(letters::useless_after.eq(tx.now))
        .execute(tx.conn)?;
    diesel::update(letters::table)
        .filter(letters::id.eq_any(ids.to_vec()))
        .filter(letters::state.eq(LetterState::Waiting))
        .set(taken_back(tx.now, reason))
        .execute(tx.conn)
}
