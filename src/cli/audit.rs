//! `kinbridge audit`: the trail's chain of hashes.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Done, Settings, complain, say};
use crate::boot;
use crate::domain::{Refusal, audit};

#[derive(Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    look: Look,
}

#[derive(Subcommand)]
enum Look {
    /// Walk every organisation's chain and say whether an event was changed, added or taken away
    Verify,
}

impl Audit {
    pub(super) fn run(self, settings: &Settings) -> Done {
        let Look::Verify = self.look;
        let db = boot::open(&settings.load()?)?;
        let verified: Result<_, Refusal> = db.read_now(|conn| audit::verify(conn).map_err(Refusal::from));
        match verified? {
            Ok(events) => {
                say(&format!("The audit trail is whole: {events} events."));
                Ok(ExitCode::SUCCESS)
            }
            Err(tampered) => {
                let place = match tampered.event {
                    Some(event) => format!("event {event} is not as it was written"),
                    None => "events are missing at its end".to_owned(),
                };
                let organisation = tampered.organisation;
                complain(&format!("The audit trail of organisation {organisation} was changed: {place}."));
                Ok(ExitCode::FAILURE)
            }
        }
    }
}
