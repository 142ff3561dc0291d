//! What the shared connection's derive leaves out, closed once for all queries.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{RunQueryDsl, Selectable};

use super::engine::{Conn, MultiBackend};

/// A finished statement that is rendered in the words of the live engine: for upserts, unions and
/// whatever else has no dialect of the shared backend.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Both<Q>(Q);

pub fn both<Q>(statement: Q) -> Both<Q> {
    Both(statement)
}

impl<Q> QueryFragment<MultiBackend> for Both<Q>
where
    Q: QueryFragment<diesel::pg::Pg> + QueryFragment<diesel::sqlite::Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<Q: Query> Query for Both<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<Conn> for Both<Q> {}

/// The columns of a row type, for `.returning(…)`.
pub fn cols<T: Selectable<MultiBackend>>() -> T::SelectExpression {
    T::construct_selection()
}

/// Runs the body once per engine's own connection type: for batches.
#[macro_export]
macro_rules! on_each {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Postgres($c) => $body,
            $crate::db::Conn::Sqlite($c) => $body,
        }
    };
}
pub use crate::on_each;
