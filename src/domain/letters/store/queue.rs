//! Letters on their way out: which are due, who has them, and where they end.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Kept;
use crate::db::{Conn, Tx};
use crate::domain::letters::{Kind, LetterState};
use crate::domain::schema::letters;

/// Letters that may be claimed now, in the order in which they should go out: what somebody waits for at a screen,
/// what a process left behind when it died, then the rest by the time at which it became due.
pub fn due(tx: &mut Tx<'_>, limit: i64) -> QueryResult<Vec<Kept>> {
    let mut found: Vec<Kept> = letters::table
        .filter(letters::kind.eq(Kind::Reset))
        .filter(letters::state.eq(LetterState::Waiting))
        .filter(letters::next_attempt_at.le(tx.now))
        .order((letters::next_attempt_at, letters::id))
        .select(Kept::as_select())
        .limit(limit)
        .load(tx.conn)?;
    for state in [LetterState::Sending, LetterState::Waiting] {
        let rest: Vec<Kept> = letters::table
            .filter(letters::state.eq(state))
            .filter(letters::next_attempt_at.le(tx.now))
            .order((letters::next_attempt_at, letters::id))
            .select(Kept::as_select())
            .limit(limit)
            .load(tx.conn)?;
        for letter in rest {
            if !found.iter().any(|one| one.id == letter.id) {
                found.push(letter);
            }
        }
    }
    Ok(found)
}

pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    for state in [LetterState::Waiting, LetterState::Sending] {
        let due = letters::table.filter(letters::state.eq(state)).filter(letters::next_attempt_at.le(now));
        if diesel::select(diesel::dsl::exists(due)).get_result(conn)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When letters of the same kind went to the same address lately, newest first. One that is under way counts as
/// sent now.
pub fn sent_since(conn: &mut Conn, letter: &Kept, since: NaiveDateTime) -> QueryResult<Vec<NaiveDateTime>> {
    let same = letters::table
        .filter(letters::to_email.eq(&letter.to_email))
        .filter(letters::kind.eq(letter.kind))
        .filter(letters::id.ne(letter.id));
    let under_way: i64 = same.filter(letters::state.eq(LetterState::Sending)).count().get_result(conn)?;
    let sent: Vec<Option<NaiveDateTime>> = same
        .filter(letters::state.eq(LetterState::Delivered))
        .filter(letters::settled_at.gt(since))
        .order(letters::settled_at.desc())
        .select(letters::settled_at)
        .load(conn)?;
    let now = since + chrono::TimeDelta::hours(1);
    let under_way = std::iter::repeat_n(now, usize::try_from(under_way).unwrap_or(0));
    Ok(under_way.chain(sent.into_iter().flatten()).collect())
}

/// Says whether this process has the letter now.
pub fn lease(tx: &mut Tx<'_>, letter: &Kept, until: NaiveDateTime) -> QueryResult<bool> {
    diesel::update(letters::table.find(letter.id))
        .filter(letters::state.eq(letter.state))
        .filter(letters::attempts.eq(letter.attempts))
        .set((
            letters::state.eq(LetterState::Sending),
            letters::next_attempt_at.eq(until),
            letters::attempts.eq(letters::attempts + 1),
        ))
        .execute(tx.conn)
        .map(|claimed| claimed == 1)
}

/// A later time for a letter that is not claimed.
pub fn put_off(tx: &mut Tx<'_>, letter: &Kept, until: NaiveDateTime) -> QueryResult<()> {
    diesel::update(letters::table.find(letter.id))
        .filter(letters::attempts.eq(letter.attempts))
        .set((letters::state.eq(LetterState::Waiting), letters::next_attempt_at.eq(until)))
        .execute(tx.conn)
        .map(drop)
}

/// Whoever carried it, however late: it has arrived. Its words go, since they may hold a link that still opens
/// something, of which the database is to keep only the hash.
pub fn arrived(tx: &mut Tx<'_>, letter: &Kept) -> QueryResult<()> {
    diesel::update(letters::table.find(letter.id))
        .filter(letters::state.eq_any([LetterState::Waiting, LetterState::Sending]))
        .set((
            letters::state.eq(LetterState::Delivered),
            letters::settled_at.eq(tx.now),
            letters::next_attempt_at.eq(None::<NaiveDateTime>),
            letters::last_error.eq(""),
            letters::answer.eq(""),
            letters::body_text.eq(""),
            letters::body_html.eq(""),
            letters::unsubscribe.eq(""),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// The end of a letter that did not arrive; says whether the claim still held.
pub fn settle(
    tx: &mut Tx<'_>,
    letter: &Kept,
    state: LetterState,
    reason: &str,
    answer: &str,
) -> QueryResult<bool> {
    diesel::update(letters::table.find(letter.id))
        .filter(letters::state.eq_any([LetterState::Waiting, LetterState::Sending]))
        .filter(letters::attempts.eq(letter.attempts))
        .set((
            letters::state.eq(state),
            letters::settled_at.eq(tx.now),
            letters::next_attempt_at.eq(None::<NaiveDateTime>),
            letters::last_error.eq(reason),
            letters::answer.eq(answer),
        ))
        .execute(tx.conn)
        .map(|settled| settled == 1)
}

pub fn delay(
    tx: &mut Tx<'_>,
    letter: &Kept,
    until: NaiveDateTime,
    reason: &str,
    answer: &str,
) -> QueryResult<bool> {
    diesel::update(letters::table.find(letter.id))
        .filter(letters::state.eq(LetterState::Sending))
        .filter(letters::attempts.eq(letter.attempts))
        .set((
            letters::state.eq(LetterState::Waiting),
            letters::next_attempt_at.eq(until),
            letters::delays.eq(letters::delays + 1),
            letters::last_error.eq(reason),
            letters::answer.eq(answer),
        ))
        .execute(tx.conn)
        .map(|delayed| delayed == 1)
}

/// Back to where it was, due at once.
pub fn release(tx: &mut Tx<'_>, letter: &Kept) -> QueryResult<bool> {
    diesel::update(letters::table.find(letter.id))
        .filter(letters::state.eq(LetterState::Sending))
        .filter(letters::attempts.eq(letter.attempts))
        .set((letters::state.eq(LetterState::Waiting), letters::next_attempt_at.eq(tx.now)))
        .execute(tx.conn)
        .map(|released| released == 1)
}
