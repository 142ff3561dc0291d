//! `kinbridge migrate`: brings the database to this version, as `serve` does at its start.

use std::process::ExitCode;

use clap::Args;

use super::{Done, Settings, say};
use crate::boot;

#[derive(Args)]
pub(super) struct Migrate {}

impl Migrate {
    #[expect(clippy::unused_self, reason = "every command is run the same way")]
    pub(super) fn run(self, settings: &Settings) -> Done {
        let applied = boot::migrate(&settings.load()?)?;
        for name in &applied {
            say(&format!("done: {name}"));
        }
        let count = applied.len();
        say(&match count {
            0 => "The database is of this version.".to_owned(),
            1 => "1 change was made; the database is of this version.".to_owned(),
            _ => format!("{count} changes were made; the database is of this version."),
        });
        Ok(ExitCode::SUCCESS)
    }
}
