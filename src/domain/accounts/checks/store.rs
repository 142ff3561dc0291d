//! Rows of secret checks: one for every try that was not right.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::schema::secret_checks;

/// When the `many`-th newest check of the key after `since` was made, if there were that many.
pub fn nth_newest(
    conn: &mut Conn,
    key: &str,
    many: i64,
    since: NaiveDateTime,
) -> QueryResult<Option<NaiveDateTime>> {
    secret_checks::table
        .filter(secret_checks::key.eq(key))
        .filter(secret_checks::at.gt(since))
        .order(secret_checks::at.desc())
        .offset(many - 1)
        .limit(1)
        .select(secret_checks::at)
        .first(conn)
        .optional()
}

pub fn insert(tx: &mut Tx<'_>, key: &str) -> QueryResult<i64> {
    let row = (secret_checks::key.eq(key), secret_checks::at.eq(tx.now));
    both(diesel::insert_into(secret_checks::table).values(row).returning(secret_checks::id))
        .get_result(tx.conn)
}

pub fn delete(tx: &mut Tx<'_>, ids: &[i64]) -> QueryResult<()> {
    let these = secret_checks::table.filter(secret_checks::id.eq_any(ids.to_vec()));
    diesel::delete(these).execute(tx.conn).map(drop)
}

pub fn purge(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(secret_checks::table.filter(secret_checks::at.lt(before))).execute(tx.conn)
}
