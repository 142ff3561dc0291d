//! Rows of times in which no mail could be sent. At most one is open.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx};
use crate::domain::schema::mail_troubles;

/// Why no letter gets out, since when, and when the next one tries.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = mail_troubles)]
#[diesel(check_for_backend(Backend))]
pub struct Trouble {
    pub id: i64,
    pub began_at: NaiveDateTime,
    /// A word for the log.
    pub kind: String,
    /// What is wrong, in a sentence.
    pub words: String,
    /// What to do, in a sentence.
    pub repair: String,
    pub tries: i32,
    pub retry_at: NaiveDateTime,
}

pub fn open_trouble(conn: &mut Conn) -> QueryResult<Option<Trouble>> {
    mail_troubles::table
        .filter(mail_troubles::ended_at.is_null())
        .order(mail_troubles::id.desc())
        .select(Trouble::as_select())
        .first(conn)
        .optional()
}

pub fn begin_trouble(
    tx: &mut Tx<'_>,
    kind: &str,
    words: &str,
    repair: &str,
    retry_at: NaiveDateTime,
) -> QueryResult<()> {
    diesel::insert_into(mail_troubles::table)
        .values((
            mail_troubles::began_at.eq(tx.now),
            mail_troubles::kind.eq(kind),
            mail_troubles::words.eq(words),
            mail_troubles::repair.eq(repair),
            mail_troubles::tries.eq(1),
            mail_troubles::retry_at.eq(retry_at),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn go_on_with_trouble(
    tx: &mut Tx<'_>,
    open: &Trouble,
    (kind, words, repair): (&str, &str, &str),
    tries: i32,
    retry_at: NaiveDateTime,
) -> QueryResult<()> {
    diesel::update(mail_troubles::table.find(open.id))
        .set((
            mail_troubles::kind.eq(kind),
            mail_troubles::words.eq(words),
            mail_troubles::repair.eq(repair),
            mail_troubles::tries.eq(tries),
            mail_troubles::retry_at.eq(retry_at),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Says whether nobody else did so first.
pub fn put_off_trouble(tx: &mut Tx<'_>, open: &Trouble, until: NaiveDateTime) -> QueryResult<bool> {
    diesel::update(mail_troubles::table.find(open.id))
        .filter(mail_troubles::retry_at.eq(open.retry_at))
        .filter(mail_troubles::ended_at.is_null())
        .set(mail_troubles::retry_at.eq(until))
        .execute(tx.conn)
        .map(|mine| mine == 1)
}

pub fn end_trouble(tx: &mut Tx<'_>) -> QueryResult<bool> {
    diesel::update(mail_troubles::table.filter(mail_troubles::ended_at.is_null()))
        .set(mail_troubles::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(|ended| ended > 0)
}
