//! `kinbridge rotate-key`: makes a sealing key, or seals everything stored with the newest one.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::{Done, Settings, say};
use crate::boot;
use crate::config::write_key_file;
use crate::domain::{Refusal, sealing};
use crate::kit::ids::TokenId;
use crate::kit::sealed::KeyRing;

/// Without --new: every stored secret is sealed again with the newest key, a few at a time, beside a running
/// portal. It can be stopped and started again at any point.
#[derive(Args)]
#[command(after_help = "To change the key: kinbridge rotate-key --new FILE, restart the portal, then \
    kinbridge rotate-key. The old line of FILE may go when that has said 'done'.")]
pub(super) struct RotateKey {
    /// Make a random key: print it, or put it in front of FILE (made with mode 0600 if there is none)
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    new: Option<PathBuf>,
}

impl RotateKey {
    pub(super) fn run(self, settings: &Settings) -> Done {
        match self.new {
            Some(file) => make(Some(file).filter(|file| !file.as_os_str().is_empty())),
            None => reseal(settings),
        }
    }
}

fn make(file: Option<PathBuf>) -> Done {
    let key = KeyRing::new_line()?;
    match file {
        None => say(key.reveal()),
        Some(file) => {
            let shown = file.display().to_string();
            write_key_file(&file, &key).with_context(|| format!("{shown} cannot be written"))?;
            say(&format!(
                "A new key stands first in {shown}. Keep a copy of the file apart from the backups."
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn reseal(settings: &Settings) -> Done {
    let config = settings.load()?;
    let keys = config.keys.clone();
    let services = boot::services(config)?;
    let mut next = Some(TokenId(0));
    while let Some(after) = next {
        let step: Result<_, Refusal> = services.db.write_now(|tx| sealing::reseal(tx, &keys, after));
        next = step.context("nothing is lost: put back the key it was sealed with, and start again")?;
    }
    say(&format!("done: every stored secret is sealed with the key {}", keys.newest()));
    Ok(ExitCode::SUCCESS)
}
