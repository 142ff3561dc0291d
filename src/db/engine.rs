//! The two engines behind one connection type, and how each is opened.
//!
//! The derived `establish` is not used: it tries the engines in turn and hides the real error.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::result::{ConnectionError, ConnectionResult};
use diesel::{Connection, PgConnection, SqliteConnection};

use super::Fault;

/// A connection to either engine.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Which database: a file of SQLite, or the address of a PostgreSQL.
#[derive(Clone)]
pub enum Target {
    Sqlite(PathBuf),
    /// `postgres://…`, with its password: never printed.
    Postgres(String),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}

/// Makes connections for a pool.
#[derive(Debug)]
pub struct Engine {
    target: Target,
    writes: bool,
}

/// The one lock that every PostgreSQL write takes ("kinbridg" in ASCII).
const WRITE_LOCK: i64 = 0x6b69_6e62_7269_6467;

impl Engine {
    pub fn writer(target: Target) -> Self {
        Self { target, writes: true }
    }

    pub fn reader(target: Target) -> Self {
        Self { target, writes: false }
    }

    pub fn pool(self, size: u32, wait: Duration) -> Result<r2d2::Pool<Self>, Fault> {
        let postgres = matches!(self.target, Target::Postgres(_));
        // The first connection is made here, so that a wrong address says what is wrong and not "timed out".
        drop(self.open().map_err(|cause| Fault::Unreachable(cause.to_string()))?);
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(if postgres { 0 } else { size }))
            .test_on_check_out(postgres)
            .idle_timeout(postgres.then_some(Duration::from_mins(1)))
            .max_lifetime(None)
            .connection_timeout(wait)
            .build(self);
        pool.map_err(Fault::from)
    }

    fn open(&self) -> ConnectionResult<Conn> {
        let mut conn = self.target.connect()?;
        let prepare = match (&conn, self.writes) {
            (Conn::Sqlite(_), true) => SQLITE_WRITER,
            (Conn::Sqlite(_), false) => SQLITE_READER,
            (Conn::Postgres(_), _) => POSTGRES,
        };
        conn.batch_execute(prepare).map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }
}

// FULL, not NORMAL: at a power cut NORMAL loses commits that were already acknowledged.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
    PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;";
const SQLITE_READER: &str = "PRAGMA busy_timeout=5000; PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; \
    PRAGMA temp_store=MEMORY;";
const POSTGRES: &str = "SET synchronous_commit=on; SET TIME ZONE 'UTC'; SET statement_timeout='120s'; \
    SET client_min_messages=warning;";

impl Target {
    pub fn connect(&self) -> ConnectionResult<Conn> {
        match self {
            Self::Sqlite(path) => {
                let path = path.to_str().ok_or_else(|| {
                    ConnectionError::InvalidConnectionUrl("the database path is not readable text".into())
                })?;
                SqliteConnection::establish(path).map(Conn::Sqlite)
            }
            Self::Postgres(url) => PgConnection::establish(url).map(Conn::Postgres),
        }
    }
}

impl r2d2::ManageConnection for Engine {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        self.open().map_err(diesel::r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        conn.batch_execute("SELECT 1").map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || transaction_is_broken(conn)
    }
}

fn transaction_is_broken(conn: &mut Conn) -> bool {
    type Manager = <Conn as Connection>::TransactionManager;
    Manager::is_broken_transaction_manager(conn)
}

/// `BEGIN IMMEDIATE` on SQLite (a transaction that reads first and then writes would be refused at
/// once), `BEGIN` and the write lock on PostgreSQL. Nested calls become savepoints.
pub fn write_transaction<T, E: From<diesel::result::Error>>(
    conn: &mut Conn,
    part: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    type Manager = <Conn as Connection>::TransactionManager;
    let depth = Manager::transaction_manager_status_mut(conn).transaction_depth()?;
    match conn {
        Conn::Sqlite(sqlite) if depth.is_none() => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        }
        _ => Manager::begin_transaction(conn)?,
    }
    let done = lock(conn, depth.is_none()).map_err(E::from).and_then(|()| part(conn));
    match done {
        Ok(value) => {
            Manager::commit_transaction(conn)?;
            Ok(value)
        }
        Err(refused) => {
            // A failed roll-back leaves the connection marked as broken; the pool then drops it.
            let _ = Manager::rollback_transaction(conn);
            Err(refused)
        }
    }
}

fn lock(conn: &mut Conn, outermost: bool) -> diesel::QueryResult<()> {
    match conn {
        Conn::Postgres(pg) if outermost => {
            pg.batch_execute(&format!("SELECT pg_advisory_xact_lock({WRITE_LOCK})"))
        }
        _ => Ok(()),
    }
}
