//! Why the portal does not start, in words that name the thing and the repair. Never the address of a database:
//! it may hold a password.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::db::{MigrateError, Target};

/// What stands in the way of a start.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    #[error("{0}")]
    Assets(String),
    #[error("letters cannot be sent: {0}")]
    Mail(String),
    #[error("the folder {0} cannot be made ({1}). Make it, for this user to write into")]
    Folder(PathBuf, io::Error),
    #[error(
        "the file {0} cannot be opened for writing ({1}). Give it and its folder to the user that runs Kinbridge"
    )]
    File(PathBuf, io::Error),
    #[error("{0}")]
    Database(String),
    #[error("{0}, so that a power cut would lose what was answered. Switch it on in postgresql.conf")]
    Forgetful(String),
    #[error(
        "{0}. Put back the key that this database was sealed with, as one more line of the key file; a new key \
         goes in front of the old ones"
    )]
    Key(String),
    #[error("{}", listening(.0, .1))]
    Listen(SocketAddr, io::Error),
    #[error("the server stopped: {0}")]
    Server(io::Error),
    #[error("{0}")]
    Connectors(String),
    #[error("the measurements cannot be started: {0}")]
    Measurements(String),
}

impl StartFailure {
    pub(super) fn migration(target: &Target, cause: &MigrateError) -> Self {
        match cause {
            MigrateError::Newer(_) => Self::Database(format!("{}: {cause}", name(target))),
            other => Self::database(target, &other.to_string()),
        }
    }

    /// Both engines say what is wrong in text only; the usual cases get their repair.
    pub(super) fn database(target: &Target, cause: &str) -> Self {
        let name = name(target);
        let repairs = [
            ("not a database", "it is no SQLite file: name another, or restore a backup"),
            ("malformed", "the file is damaged: stop here, keep a copy, and restore a backup"),
            ("is locked", "another program holds it: end that one, then start again"),
            ("in use", "another program holds it: end that one, then start again"),
            ("disk is full", "the disk is full: free some space, then start again"),
            ("No space left", "the disk is full: free some space, then start again"),
            ("unable to open", "give the file and its folder to the user that runs Kinbridge"),
            ("readonly", "give the file and its folder to the user that runs Kinbridge"),
            ("password authentication", "check user and password in DATABASE_URL"),
            ("does not exist", "create that user and database, or correct DATABASE_URL"),
            ("refused", "check that PostgreSQL runs, and its host and port in DATABASE_URL"),
            ("translate host name", "check the host in DATABASE_URL"),
            ("SSL", "check sslmode in DATABASE_URL and that the server has TLS switched on"),
        ];
        let repair = repairs.iter().find(|(part, _)| cause.contains(part)).map_or("", |(_, repair)| repair);
        let cause = cause.lines().next().unwrap_or_default();
        let joint = if repair.is_empty() { "" } else { ". Repair: " };
        Self::Database(format!("{name}: {cause}{joint}{repair}"))
    }
}

fn name(target: &Target) -> String {
    match target {
        Target::Sqlite(path) => format!("the database {}", path.display()),
        Target::Postgres(_) => "the PostgreSQL of DATABASE_URL".into(),
    }
}

fn listening(address: &SocketAddr, cause: &io::Error) -> String {
    let repair = match cause.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there: end it, or choose another address with --listen"
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 are the system's: choose another with --listen",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: choose another with --listen",
        _ => "choose another address with --listen",
    };
    format!("{address} cannot be listened on ({cause}). Repair: {repair}")
}
