//! Rows that hold sealed values, and the installation's own.

use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::schema::{connection_tokens, connections, installation};

#[derive(Queryable)]
pub struct Token {
    pub id: i64,
    organisation: i64,
    pub sealed: Vec<u8>,
}

impl Token {
    /// The place that the value was sealed for.
    pub fn binding(&self) -> String {
        format!("connection_tokens|{}|{}|sealed", self.organisation, self.id)
    }
}

pub fn tokens_after(conn: &mut Conn, after: i64, limit: i64) -> QueryResult<Vec<Token>> {
    connection_tokens::table
        .inner_join(connections::table)
        .select((connection_tokens::id, connections::organisation_id, connection_tokens::sealed))
        .filter(connection_tokens::id.gt(after))
        .order(connection_tokens::id)
        .limit(limit)
        .load(conn)
}

pub fn replace_token(tx: &mut Tx<'_>, id: i64, sealed: &[u8]) -> QueryResult<()> {
    let row = connection_tokens::table.filter(connection_tokens::id.eq(id));
    diesel::update(row).set(connection_tokens::sealed.eq(sealed)).execute(tx.conn).map(drop)
}

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
