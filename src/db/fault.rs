//! What can be wrong with the database itself, apart from what was asked of it.

use diesel::result::{DatabaseErrorKind, Error};

/// A database that cannot serve now. Its text is for operators; visitors get a page of their own.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    #[error("every connection to the database is in use")]
    Busy,
    #[error("the disk of the database is full; free some space, nothing needs a restart")]
    DiskFull,
    #[error("the work on the database was stopped")]
    Stopped,
    #[error("the database refused a statement: {0}")]
    Query(Error),
}

impl From<r2d2::Error> for Fault {
    fn from(_cause: r2d2::Error) -> Self {
        // r2d2 says only "timed out"; the cause of an unreachable database is logged where it was opened.
        Self::Busy
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Error::BrokenTransactionManager => Self::Unreachable("the connection was closed".into()),
            Error::DatabaseError(_, what) => match what.message() {
                text if text.contains("disk is full") || text.contains("No space left") => Self::DiskFull,
                text if text.contains("database is locked") => Self::Busy,
                text if text.contains("terminating connection")
                    || text.contains("server closed the connection") =>
                {
                    Self::Unreachable("the connection was closed".into())
                }
                _ => Self::Query(error),
            },
            _ => Self::Query(error),
        }
    }
}

impl Fault {
    /// Whether the same request may succeed in a moment.
    pub fn passes(&self) -> bool {
        !matches!(self, Self::Query(_))
    }
}
