//! Rows of letters, and who is written to.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{Letter, LetterState, Recipient};
use crate::db::{Backend, Conn, Tx, both, cols};
use crate::domain::access::Role;
use crate::domain::schema::{accounts, letters, memberships};
use crate::kit::ids::{LetterId, OrganisationId};

/// A letter in the outbox.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = letters)]
#[diesel(check_for_backend(Backend))]
pub struct Kept {
    pub id: LetterId,
    pub organisation_id: Option<OrganisationId>,
    pub message_id: String,
    pub to_email: String,
    pub to_name: String,
    pub subject: String,
    pub body_text: String,
    pub body_html: String,
    pub created_at: NaiveDateTime,
    pub state: LetterState,
    pub attempts: i32,
    pub next_attempt_at: Option<NaiveDateTime>,
    pub last_error: String,
}

/// The state of an account that can sign in. As text, because `accounts` writes letters itself and stands
/// below this feature.
const ACTIVE: &str = "active";

/// Says whether the letter is new.
pub fn insert(tx: &mut Tx<'_>, letter: &Letter, message_id: &str) -> QueryResult<bool> {
    let row = (
        letters::organisation_id.eq(letter.organisation),
        letters::message_id.eq(message_id),
        letters::to_email.eq(&letter.to_email),
        letters::to_name.eq(&letter.to_name),
        letters::subject.eq(&letter.subject),
        letters::body_text.eq(&letter.text),
        letters::body_html.eq(&letter.html),
        letters::created_at.eq(tx.now),
        letters::state.eq(LetterState::Waiting),
        letters::attempts.eq(0),
        letters::last_error.eq(""),
    );
    let insert = diesel::insert_into(letters::table).values(row);
    both(insert.on_conflict(letters::message_id).do_nothing()).execute(tx.conn).map(|new| new == 1)
}

pub fn by_message_id(conn: &mut Conn, message_id: &str) -> QueryResult<LetterId> {
    letters::table.filter(letters::message_id.eq(message_id)).select(letters::id).first(conn)
}

pub fn members(conn: &mut Conn, organisation: OrganisationId, role: Role) -> QueryResult<Vec<Recipient>> {
    let found: Vec<(String, String)> = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq(role))
        .filter(accounts::state.eq(ACTIVE))
        .order(accounts::id)
        .select((accounts::name, accounts::email))
        .load(conn)?;
    Ok(recipients(found))
}

pub fn representatives(conn: &mut Conn) -> QueryResult<Vec<Recipient>> {
    let found: Vec<(String, String)> = accounts::table
        .filter(accounts::is_representative.eq(true))
        .filter(accounts::state.eq(ACTIVE))
        .order(accounts::id)
        .select((accounts::name, accounts::email))
        .load(conn)?;
    Ok(recipients(found))
}

fn recipients(found: Vec<(String, String)>) -> Vec<Recipient> {
    found.into_iter().map(|(name, email)| Recipient { name, email }).collect()
}

pub fn list(conn: &mut Conn, limit: i64) -> QueryResult<Vec<Kept>> {
    letters::table.select(Kept::as_select()).order(letters::id.desc()).limit(limit).load(conn)
}

pub fn get(conn: &mut Conn, letter: LetterId) -> QueryResult<Option<Kept>> {
    letters::table.find(letter).select(cols::<Kept>()).first(conn).optional()
}

pub fn first_due(tx: &mut Tx<'_>) -> QueryResult<Option<Kept>> {
    letters::table
        .filter(letters::state.eq(LetterState::Waiting))
        .filter(letters::next_attempt_at.is_null().or(letters::next_attempt_at.le(tx.now)))
        .order(letters::id)
        .select(Kept::as_select())
        .first(tx.conn)
        .optional()
}

/// Says whether this process has the letter now.
pub fn lease(tx: &mut Tx<'_>, letter: LetterId, until: NaiveDateTime) -> QueryResult<bool> {
    diesel::update(letters::table.find(letter))
        .filter(letters::state.eq(LetterState::Waiting))
        .filter(letters::next_attempt_at.is_null().or(letters::next_attempt_at.le(tx.now)))
        .set((letters::next_attempt_at.eq(until), letters::attempts.eq(letters::attempts + 1)))
        .execute(tx.conn)
        .map(|claimed| claimed == 1)
}

/// Says whether the letter still waited.
pub fn withdraw(tx: &mut Tx<'_>, letter: LetterId, because: &str) -> QueryResult<bool> {
    diesel::update(letters::table.find(letter))
        .filter(letters::state.eq(LetterState::Waiting))
        .set((letters::state.eq(LetterState::Failed), letters::last_error.eq(because)))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn settle(
    tx: &mut Tx<'_>,
    letter: LetterId,
    state: LetterState,
    next: Option<NaiveDateTime>,
    error: &str,
) -> QueryResult<()> {
    diesel::update(letters::table.find(letter))
        .set((letters::state.eq(state), letters::next_attempt_at.eq(next), letters::last_error.eq(error)))
        .execute(tx.conn)
        .map(drop)
}
