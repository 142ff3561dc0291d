//! `kinbridge check`: one line an item, with the repair where one is needed. Changes nothing.

use std::process::ExitCode;

use clap::Args;

use super::{Settings, complain, say};
use crate::boot::{self, Finding};

#[derive(Args)]
pub(super) struct Check {}

impl Check {
    #[expect(clippy::unused_self, reason = "every command is run the same way")]
    pub(super) fn run(self, settings: &Settings) -> ExitCode {
        let config = match settings.load() {
            Ok(config) => config,
            Err(bad) => {
                complain(&format!("repair  {bad}"));
                return ExitCode::FAILURE;
            }
        };
        say("ok      configuration");
        let findings = boot::examine(config);
        for Finding { item, trouble } in &findings {
            match trouble {
                None => say(&format!("ok      {item}")),
                Some(trouble) => say(&format!("repair  {item}: {trouble}")),
            }
        }
        let good = findings.iter().all(|finding| finding.trouble.is_none());
        if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
