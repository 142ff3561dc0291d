//! Rows of letters, and who is written to.

mod listing;
mod news;
mod queue;
mod troubles;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::words::Words;
use super::{Kind, Letter, LetterState, Recipient};
use crate::db::{Backend, Conn, Tx, both, cols};
use crate::domain::access::Role;
use crate::domain::schema::{accounts, letters, memberships, organisations};
use crate::kit::ids::{LetterId, OrganisationId};

pub use listing::{Row, Standing, count, not_delivered, of_organisation, row, states, wait_again};
pub use news::{news_about, news_to, withdraw_many};
pub use queue::{any_due, arrived, delay, due, lease, put_off, release, sent_since, settle};
pub use troubles::{Trouble, begin_trouble, end_trouble, go_on_with_trouble, open_trouble, put_off_trouble};

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
    /// Claims so far; the newest is the one under way.
    pub attempts: i32,
    /// When it may be claimed, or, of a claimed one, when another process may.
    pub next_attempt_at: Option<NaiveDateTime>,
    /// Why it got no further, in a sentence.
    pub last_error: String,
    pub kind: Kind,
    pub useless_after: Option<NaiveDateTime>,
    /// Empty for none.
    pub unsubscribe: String,
    /// How often the receiving system asked for later.
    pub delays: i32,
    pub settled_at: Option<NaiveDateTime>,
    /// What the mail server said, cleaned.
    pub answer: String,
    /// Its words at rest (see `words`); empty where they are kept as they are, and once they are forgotten.
    pub sealed: String,
}

/// The state of an account that can sign in. As text, because `accounts` writes letters itself and stands
/// below this feature.
const ACTIVE: &str = "active";

/// The new letter, or nothing if its message was written before.
pub fn insert(tx: &mut Tx<'_>, letter: &Letter, message_id: &str) -> QueryResult<Option<LetterId>> {
    let plain = Words {
        text: &letter.text,
        html: &letter.html,
        unsubscribe: letter.unsubscribe.as_deref().unwrap_or_default(),
    };
    let (words, sealed) = match tx.keys() {
        Some(keys) => {
            let sealed = plain.sealed(&keys, message_id);
            let unsealed = |cause| diesel::result::Error::SerializationError(Box::new(cause));
            (Words { text: "", html: "", unsubscribe: "" }, sealed.map_err(unsealed)?)
        }
        None => (plain, String::new()),
    };
    let row = (
        letters::organisation_id.eq(letter.organisation),
        letters::message_id.eq(message_id),
        letters::to_email.eq(&letter.to_email),
        letters::to_name.eq(&letter.to_name),
        letters::subject.eq(&letter.subject),
        letters::body_text.eq(words.text),
        letters::body_html.eq(words.html),
        letters::created_at.eq(tx.now),
        letters::state.eq(LetterState::Waiting),
        letters::attempts.eq(0),
        letters::next_attempt_at.eq(tx.now),
        letters::last_error.eq(""),
        letters::kind.eq(letter.kind),
        letters::useless_after.eq(letter.useless_after),
        letters::unsubscribe.eq(words.unsubscribe),
        letters::delays.eq(0),
        letters::answer.eq(""),
        letters::sealed.eq(sealed),
    );
    let insert = diesel::insert_into(letters::table).values(row);
    let insert = insert.on_conflict(letters::message_id).do_nothing().returning(letters::id);
    let new = both(insert).get_result(tx.conn).optional()?;
    if new.is_some() {
        tx.ring();
    }
    Ok(new)
}

pub fn by_message_id(conn: &mut Conn, message_id: &str) -> QueryResult<LetterId> {
    letters::table.filter(letters::message_id.eq(message_id)).select(letters::id).first(conn)
}

/// Takes back what waits; a letter under way is left alone.
pub fn withdraw_waiting(tx: &mut Tx<'_>, email: &str, kind: Kind, reason: &str) -> QueryResult<()> {
    let those = letters::table
        .filter(letters::to_email.eq(email))
        .filter(letters::kind.eq(kind))
        .filter(letters::state.eq(LetterState::Waiting));
    diesel::update(those).set(taken_back(tx.now, reason)).execute(tx.conn).map(drop)
}

pub fn withdraw(tx: &mut Tx<'_>, letter: LetterId, reason: &str) -> QueryResult<bool> {
    let this = letters::table.find(letter).filter(letters::state.eq(LetterState::Waiting));
    diesel::update(this).set(taken_back(tx.now, reason)).execute(tx.conn).map(|taken| taken == 1)
}

type TakenBack<'r> = (
    diesel::dsl::Eq<letters::state, LetterState>,
    diesel::dsl::Eq<letters::settled_at, Option<NaiveDateTime>>,
    diesel::dsl::Eq<letters::last_error, &'r str>,
    Forgotten,
);

type Forgotten = (
    diesel::dsl::Eq<letters::sealed, &'static str>,
    diesel::dsl::Eq<letters::body_text, &'static str>,
    diesel::dsl::Eq<letters::body_html, &'static str>,
    diesel::dsl::Eq<letters::unsubscribe, &'static str>,
);

/// The words of a letter go once nobody is going to send them: they may hold a link that still opens something, of
/// which the database is to keep only the hash.
fn forgotten() -> Forgotten {
    (
        letters::sealed.eq(""),
        letters::body_text.eq(""),
        letters::body_html.eq(""),
        letters::unsubscribe.eq(""),
    )
}

pub fn forget(tx: &mut Tx<'_>, letter: LetterId) -> QueryResult<()> {
    diesel::update(letters::table.find(letter)).set(forgotten()).execute(tx.conn).map(drop)
}

pub fn forget_dead(tx: &mut Tx<'_>) -> QueryResult<usize> {
    let dead = letters::table
        .filter(letters::state.eq_any([LetterState::Refused, LetterState::Failed]))
        .filter(letters::useless_after.lt(tx.now))
        .filter(letters::sealed.ne("").or(letters::body_text.ne("")));
    diesel::update(dead).set(forgotten()).execute(tx.conn)
}

/// Letters whose words another key has sealed than the one whose values begin so.
pub fn not_sealed_by(conn: &mut Conn, beginning: &str, limit: i64) -> QueryResult<Vec<Kept>> {
    letters::table
        .filter(letters::sealed.ne(""))
        .filter(letters::sealed.not_like(format!("{beginning}%")))
        .order(letters::id)
        .limit(limit)
        .select(cols::<Kept>())
        .load(conn)
}

pub fn set_sealed(tx: &mut Tx<'_>, letter: LetterId, sealed: &str) -> QueryResult<()> {
    diesel::update(letters::table.find(letter)).set(letters::sealed.eq(sealed)).execute(tx.conn).map(drop)
}

fn taken_back(now: NaiveDateTime, reason: &str) -> TakenBack<'_> {
    (
        letters::state.eq(LetterState::Withdrawn),
        letters::settled_at.eq(Some(now)),
        letters::last_error.eq(reason),
        forgotten(),
    )
}

pub fn written_since(conn: &mut Conn, email: &str, kind: Kind, since: NaiveDateTime) -> QueryResult<i64> {
    letters::table
        .filter(letters::to_email.eq(email))
        .filter(letters::kind.eq(kind))
        .filter(letters::created_at.gt(since))
        .filter(letters::state.ne(LetterState::Withdrawn))
        .count()
        .get_result(conn)
}

pub fn organisation_name(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Option<String>> {
    organisations::table.find(organisation).select(organisations::name).first(conn).optional()
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

pub fn list(conn: &mut Conn, than: Option<LetterId>, limit: i64) -> QueryResult<Vec<Kept>> {
    let all = letters::table.select(Kept::as_select()).order(letters::id.desc()).limit(limit);
    match than {
        None => all.load(conn),
        Some(than) => all.filter(letters::id.lt(than)).load(conn),
    }
}

pub fn get(conn: &mut Conn, letter: LetterId) -> QueryResult<Option<Kept>> {
    letters::table.find(letter).select(cols::<Kept>()).first(conn).optional()
}
