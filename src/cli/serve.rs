//! `kinbridge serve`: the portal in production.

use std::process::ExitCode;

use clap::Args;

use super::{Done, Settings, runtime, say};
use crate::boot;

#[derive(Args)]
#[command(after_long_help = settings())]
pub(super) struct Serve {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
}

impl Serve {
    pub(super) fn run(self, settings: &Settings) -> Done {
        let config = settings.load_with(&[("KINBRIDGE_LISTEN", self.listen)])?;
        boot::log_to_stderr(config.running);
        boot::panics_are_logged();
        let listener = boot::listen(config.listen)?;
        let services = boot::services(config)?;
        say(&format!("Kinbridge is at {}", services.config.public_url));
        runtime()?.block_on(boot::run(services, listener, boot::signal()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn settings() -> String {
    let lines = crate::config::SETTINGS.iter().map(|setting| {
        format!(
            "  {}  ({} in the file)\n      {}. Default: {}\n",
            setting.env, setting.key, setting.words, setting.default
        )
    });
    format!("Settings, as environment variables or in the settings file:\n\n{}", lines.collect::<String>())
}
