//! One code base over two engines: SQLite inside, or PostgreSQL.
//!
//! Reads take a [`Conn`], writes take a [`Tx`]; both run on blocking threads, one closure per
//! decision. A write transaction is the only writer at its time on either engine: SQLite has one
//! writer anyway, and PostgreSQL takes one advisory lock, so that a rule that holds on one engine
//! holds on the other. Deliberately names no table: that is the domain's.

mod columns;
mod engine;
mod fault;
mod migrate;
mod soundness;
mod statement;

pub use columns::text_enum;
pub use engine::{Conn, Engine, Target};
pub use fault::Fault;
pub use migrate::{MigrateError, Migrations};
pub use statement::{both, cols, on_each};

/// The backend of [`Conn`]: what a query is written for.
pub type Backend = MultiBackend;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDateTime;
pub use engine::MultiBackend;
use tokio::sync::watch;

use crate::kit::clock::Clock;
use crate::kit::sealed::KeyRing;

/// The pools of one database, and the clock that stamps its writes.
#[derive(Clone)]
pub struct Db {
    readers: r2d2::Pool<Engine>,
    writer: r2d2::Pool<Engine>,
    target: Target,
    clock: Clock,
    bell: watch::Sender<u64>,
    keys: Option<Arc<KeyRing>>,
    public_url: Arc<str>,
}

/// A write under way: its connection and its time. Commits when the closure ends well.
pub struct Tx<'c> {
    pub conn: &'c mut Conn,
    /// When this decision is taken, in UTC.
    pub now: NaiveDateTime,
    rings: bool,
    keys: Option<Arc<KeyRing>>,
    public_url: Arc<str>,
}

impl Db {
    /// Opens the pools. Migrations are not run here (see [`Db::migrate`]).
    ///
    /// # Errors
    /// When the database cannot be reached or is not the kind its address says.
    pub fn open(target: Target, clock: Clock) -> Result<Self, Fault> {
        let wait = Duration::from_secs(5);
        // The writer comes first: it sets the journal mode, which ten connections at once would fight over.
        let writer = Engine::writer(target.clone()).pool(1, wait)?;
        let readers = Engine::reader(target.clone()).pool(4, wait)?;
        Ok(Self {
            readers,
            writer,
            target,
            clock,
            bell: watch::Sender::new(0),
            keys: None,
            public_url: Arc::from(""),
        })
    }

    /// With the keys that its writes seal by; without them what would be sealed is kept as it is.
    #[must_use]
    pub fn with_keys(self, keys: KeyRing) -> Self {
        Self { keys: Some(Arc::new(keys)), ..self }
    }

    /// With the address under which people reach the portal: letters that a decision writes lead there.
    #[must_use]
    pub fn with_public_url(self, url: &str) -> Self {
        Self { public_url: Arc::from(url), ..self }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Changes after every commit of this process that left work behind (see [`Tx::ring`]).
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Runs a read on a blocking thread.
    pub async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        let db = self.clone();
        let done = tokio::task::spawn_blocking(move || db.read_now(read)).await;
        done.unwrap_or_else(|_ended| Err(Fault::Stopped.into()))
    }

    /// Runs one decision on a blocking thread: all of it is kept, or none.
    pub async fn write<T, E>(
        &self,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + From<diesel::result::Error> + Send + 'static,
    {
        let db = self.clone();
        let done = tokio::task::spawn_blocking(move || db.write_now(write)).await;
        done.unwrap_or_else(|_ended| Err(Fault::Stopped.into()))
    }

    /// [`Db::read`] on this thread: for the command line, jobs' inner loops and tests.
    pub fn read_now<T, E: From<Fault>>(&self, read: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let mut conn = self.readers.get().map_err(Fault::from)?;
        read(&mut conn)
    }

    /// [`Db::write`] on this thread.
    pub fn write_now<T, E>(&self, write: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<Fault> + From<diesel::result::Error>,
    {
        let mut conn = self.writer.get().map_err(Fault::from)?;
        let now = self.clock.now();
        let mut rings = false;
        let done = engine::write_transaction(&mut conn, |conn| {
            let (keys, public_url) = (self.keys.clone(), Arc::clone(&self.public_url));
            let mut tx = Tx { conn, now, rings: false, keys, public_url };
            let done = write(&mut tx);
            rings = tx.rings;
            done
        });
        if rings && done.is_ok() {
            self.bell.send_modify(|rung| *rung = rung.wrapping_add(1));
        }
        done
    }

    /// Brings the tables to this version.
    pub fn migrate(&self) -> Result<Migrations, MigrateError> {
        migrate::run(&self.target)
    }

    /// What is pending or unknown, without changing anything.
    pub fn migrations(&self) -> Result<Migrations, MigrateError> {
        migrate::look(&self.target)
    }

    /// What SQLite finds wrong with its file, in its words; PostgreSQL looks after its own.
    pub fn integrity(&self) -> Result<Option<String>, Fault> {
        self.read_now(soundness::damage)
    }

    /// What is switched off that would lose answered changes at a power cut, in words.
    pub fn forgetful(&self) -> Result<Option<String>, Fault> {
        self.read_now(soundness::forgetful)
    }

    /// Takes every migration back and runs it again: only tests of the migrations do this.
    pub fn migrate_down_and_up(&self) -> Result<(), MigrateError> {
        migrate::down_and_up(&self.target)
    }
}

impl Tx<'_> {
    /// A part that may fail alone: a savepoint inside this transaction.
    pub fn attempt<T, E: From<diesel::result::Error>>(
        &mut self,
        part: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (now, keys, public_url) = (self.now, self.keys.clone(), Arc::clone(&self.public_url));
        let mut rings = false;
        let done = engine::write_transaction(self.conn, |conn| {
            let mut tx = Tx { conn, now, rings: false, keys, public_url };
            let done = part(&mut tx);
            rings = tx.rings;
            done
        });
        self.rings |= rings && done.is_ok();
        done
    }

    /// The keys that this database seals by.
    pub fn keys(&self) -> Option<Arc<KeyRing>> {
        self.keys.clone()
    }

    /// Where people reach the portal, without the last slash.
    pub fn public_url(&self) -> Arc<str> {
        Arc::clone(&self.public_url)
    }

    /// Once this is committed, whoever waits for work at [`Db::bell`] looks for some.
    pub fn ring(&mut self) {
        self.rings = true;
    }
}
