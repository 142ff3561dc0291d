//! Brings a database to this version, and says so when it comes from a newer one.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::engine::{Conn, Target};
use crate::on_each;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The state of the tables: which changes were made now, wait, or are unknown to this version.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Migrations {
    pub applied: Vec<String>,
    pub pending: Vec<String>,
    pub unknown: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(
        "the database was made by a newer Kinbridge (it knows {0}); start that version, or restore a backup made by this one"
    )]
    Newer(String),
    #[error("the database cannot be opened: {0}")]
    Open(#[from] diesel::ConnectionError),
    #[error("the tables could not be brought to this version: {0}")]
    Failed(String),
    #[error("the tables do not fit together after the change: {0} rows point at nothing")]
    Dangling(usize),
}

pub fn look(target: &Target) -> Result<Migrations, MigrateError> {
    let mut conn = target.connect()?;
    survey(&mut conn)
}

pub fn run(target: &Target) -> Result<Migrations, MigrateError> {
    let mut conn = target.connect()?;
    prepare(&mut conn)?;
    let before = survey(&mut conn)?;
    if let Some(unknown) = before.unknown.last() {
        return Err(MigrateError::Newer(unknown.clone()));
    }
    match &mut conn {
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(drop),
        Conn::Postgres(c) => c.run_pending_migrations(POSTGRES).map(drop),
    }
    .map_err(failed)?;
    check_references(&mut conn)?;
    Ok(Migrations { applied: before.pending, ..Migrations::default() })
}

pub fn down_and_up(target: &Target) -> Result<(), MigrateError> {
    let mut conn = target.connect()?;
    prepare(&mut conn)?;
    match &mut conn {
        Conn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(drop),
        Conn::Postgres(c) => c.revert_all_migrations(POSTGRES).map(drop),
    }
    .map_err(failed)?;
    // The lock goes with its connection; the way up takes it again.
    drop(conn);
    run(target).map(drop)
}

/// SQLite: references are off while tables are rebuilt, since a rebuild would otherwise empty the
/// tables that point at it. PostgreSQL: one process migrates, the others wait.
fn prepare(conn: &mut Conn) -> Result<(), MigrateError> {
    match conn {
        Conn::Sqlite(c) => {
            c.batch_execute("PRAGMA busy_timeout=30000; PRAGMA journal_mode=WAL; PRAGMA foreign_keys=OFF;")
        }
        Conn::Postgres(c) => {
            c.batch_execute("SET client_min_messages=warning; SELECT pg_advisory_lock(727272);")
        }
    }
    .map_err(|cause| MigrateError::Failed(cause.to_string()))
}

fn survey(conn: &mut Conn) -> Result<Migrations, MigrateError> {
    let known: BTreeSet<String> = match conn {
        Conn::Sqlite(_) => names(MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)),
        Conn::Postgres(_) => names(MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES)),
    }?;
    let applied: Vec<MigrationVersion<'static>> =
        on_each!(conn, c => c.applied_migrations()).map_err(failed)?;
    let applied: BTreeSet<String> = applied.into_iter().map(|version| version.to_string()).collect();
    Ok(Migrations {
        applied: Vec::new(),
        pending: known.difference(&applied).cloned().collect(),
        unknown: applied.difference(&known).cloned().collect(),
    })
}

type Listed<DB> = diesel::migration::Result<Vec<Box<dyn Migration<DB>>>>;

fn names<DB: diesel::backend::Backend>(listed: Listed<DB>) -> Result<BTreeSet<String>, MigrateError> {
    let listed = listed.map_err(failed)?;
    Ok(listed.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn check_references(conn: &mut Conn) -> Result<(), MigrateError> {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Dangling {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    if let Conn::Sqlite(c) = conn {
        let query = diesel::sql_query("SELECT COUNT(*) AS n FROM pragma_foreign_key_check");
        let found: Dangling = query.get_result(c).map_err(|cause| MigrateError::Failed(cause.to_string()))?;
        if found.n > 0 {
            return Err(MigrateError::Dangling(usize::try_from(found.n).unwrap_or(usize::MAX)));
        }
    }
    Ok(())
}

fn failed(cause: Box<dyn std::error::Error + Send + Sync>) -> MigrateError {
    MigrateError::Failed(cause.to_string())
}
