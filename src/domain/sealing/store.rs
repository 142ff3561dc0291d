//! Rows of the installation itself.

use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::schema::installation;

pub fn installed(conn: &mut Conn, name: &str) -> QueryResult<Option<String>> {
    installation::table.find(name).select(installation::value).first(conn).optional()
}

pub fn install(tx: &mut Tx<'_>, name: &str, value: &str) -> QueryResult<()> {
    both(
        diesel::insert_into(installation::table)
            .values((installation::name.eq(name), installation::value.eq(value)))
            .on_conflict(installation::name)
            .do_update()
            .set(installation::value.eq(value)),
    )
    .execute(tx.conn)
    .map(drop)
}
