//! The composition root: the only place that builds the services, and the one that starts and stops the server,
//! the jobs and what is measured of them. Decides nothing that a page or a job decides.

pub mod demo;
mod examination;
mod failure;
mod logging;
mod requests;
mod server;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::config::Config;
use crate::connectors::{self, CareSystems, ConnectorSettings, UnknownVendor, Vendor, WebhookSender};
use crate::db::{Db, Target};
use crate::domain::Refusal;
use crate::domain::accounts::Hasher;
use crate::domain::api_keys::Paces;
use crate::domain::sealing::{self, Fit};
use crate::kit::clock::Clock;
use crate::mail::Mailer;
use crate::services::Services;
use crate::web;

pub use demo::Demo;
pub use examination::{Finding, examine};
pub use failure::StartFailure;
pub use logging::{log_to_stderr, panics_are_logged};
pub use server::{listen, run, signal};

/// Opens the database, brings it to this version, makes sure of the sealing key and builds the rest.
///
/// # Errors
/// What stands in the way, in words with the repair.
pub fn services(config: Config) -> Result<Services, StartFailure> {
    web::assets::check().map_err(StartFailure::Assets)?;
    let (db, applied) = migrated(&config)?;
    for name in applied {
        tracing::info!(migration = name, "the tables were changed");
    }
    keeps_what_it_answers(&db)?;
    key_fits(&db, &config)?;
    assemble(config, db)
}

/// Makes the database if there is none, and brings its tables to this version. Returns the changes made.
pub fn migrate(config: &Config) -> Result<Vec<String>, StartFailure> {
    migrated(config).map(|(_db, applied)| applied)
}

fn migrated(config: &Config) -> Result<(Db, Vec<String>), StartFailure> {
    let target = target(config);
    if let Target::Sqlite(path) = &target {
        make_file(path)?;
    }
    let db = open(config)?;
    let migrated = db.migrate().map_err(|cause| StartFailure::migration(&target, &cause))?;
    Ok((db, migrated.applied))
}

/// The database alone, with whatever tables it has: for looking at it.
pub fn open(config: &Config) -> Result<Db, StartFailure> {
    let target = target(config);
    Db::open(target.clone(), Clock::System)
        .map(|db| db.with_keys(config.keys.clone()).with_public_url(&config.public_url))
        .map_err(|cause| StartFailure::database(&target, &cause.to_string()))
}

/// Which engine the configured address means.
pub fn target(config: &Config) -> Target {
    match config.database_url.reveal().strip_prefix("sqlite:") {
        Some(path) => Target::Sqlite(PathBuf::from(path)),
        None => Target::Postgres(config.database_url.reveal().to_owned()),
    }
}

fn assemble(config: Config, db: Db) -> Result<Services, StartFailure> {
    let care_systems = CareSystems::new(&connectors(&config)?);
    let care_systems = care_systems.map_err(|cause| StartFailure::Connectors(cause.to_string()))?;
    let mailer = Mailer::new(&config).map_err(StartFailure::Mail)?;
    let rate = NonZeroU32::new(config.api_rate).unwrap_or(NonZeroU32::MIN);
    Ok(Services {
        db,
        clock: Clock::System,
        webhooks: Arc::new(WebhookSender::new(config.allowed_vendor_origins.clone())),
        config: Arc::new(config),
        care_systems: Arc::new(care_systems),
        hasher: Hasher::start().map_err(StartFailure::Server)?,
        mailer: Arc::new(mailer),
        wake: Arc::new(Notify::new()),
        paces: Arc::new(Paces::new(rate, Clock::System)),
    })
}

/// The settings in the connectors' own words, since they stand below `config`'s reach. Fails on a word that is no
/// vendor's.
pub(crate) fn connectors(config: &Config) -> Result<ConnectorSettings, StartFailure> {
    let vendor = |word: &String| -> Result<Vendor, StartFailure> {
        word.parse().map_err(|cause: UnknownVendor| {
            StartFailure::Connectors(format!("the configuration names {word}, which is {cause}"))
        })
    };
    config.vendors_available.iter().try_for_each(|word| vendor(word).map(drop))?;
    let urls = config.vendor_urls.iter().map(|(word, url)| Ok((vendor(word)?, url.clone())));
    let secrets = config.vendor_secrets.iter();
    let secrets = secrets.map(|(word, secret)| Ok((vendor(word)?, connectors::Secret::new(secret.reveal()))));
    Ok(ConnectorSettings {
        base_urls: urls.collect::<Result<_, StartFailure>>()?,
        deployments: secrets.collect::<Result<_, StartFailure>>()?,
        allowed_origins: config.allowed_vendor_origins.clone(),
        ..ConnectorSettings::default()
    })
}

/// Makes the folder and the file of an embedded database for this user alone; those that are there stay.
fn make_file(database: &Path) -> Result<(), StartFailure> {
    let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let failed = |cause| StartFailure::Folder(folder.to_owned(), cause);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    // SQLite would make a file that others can read; its log and index files follow this one's mode.
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(database).map(drop).map_err(|cause| StartFailure::File(database.to_owned(), cause))
}

fn keeps_what_it_answers(db: &Db) -> Result<(), StartFailure> {
    match db.forgetful().map_err(|cause| StartFailure::database(db.target(), &cause.to_string()))? {
        Some(off) => Err(StartFailure::Forgetful(off)),
        None => Ok(()),
    }
}

fn key_fits(db: &Db, config: &Config) -> Result<(), StartFailure> {
    let trouble = |cause: Refusal| StartFailure::database(db.target(), &cause.to_string());
    let fit = db.read_now(|conn| sealing::check(conn, &config.keys)).map_err(trouble)?;
    match fit {
        Fit::Opens => Ok(()),
        Fit::Empty => db.write_now(|tx| sealing::witness(tx, &config.keys)).map_err(trouble),
        Fit::Refused(cause) => Err(StartFailure::Key(cause)),
    }
}
