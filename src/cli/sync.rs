//! `kinbridge sync`: what *Sync Now* does, from a shell or another scheduler.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::{Done, Settings, complain, runtime, say};
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{RunSyncs, Scope, ViewIntegrations};
use crate::domain::connections;
use crate::domain::sync::{self, Asked, Run, RunState, Wanted};
use crate::kit::ids::{OrganisationId, RunId};
use crate::links;
use crate::services::Services;
use crate::{boot, jobs};

/// Waits until the run has ended. A run that is under way already is waited for, not started again.
#[derive(Args)]
pub(super) struct Sync {
    /// Number of the organisation, as in its address: /org/NUMBER
    #[arg(long, value_name = "NUMBER")]
    organisation: i64,
    /// nourish
    #[arg(long, default_value = "nourish")]
    vendor: Vendor,
    /// Bring `residents`, `staff` or `both`
    #[arg(long, default_value = "both", value_parser = wanted)]
    only: Wanted,
    /// Plan only, and write nothing
    #[arg(long)]
    preview: bool,
}

fn wanted(text: &str) -> Result<Wanted, String> {
    let wanted = Wanted::parse(text).filter(|wanted| *wanted != Wanted::Synchronization);
    wanted.ok_or_else(|| "write residents, staff or both".into())
}

/// How often a run that another process works on is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Sync {
    pub(super) fn run(self, settings: &Settings) -> Done {
        let config = settings.load()?;
        boot::log_to_stderr(config.running);
        let services = boot::services(config)?;
        let organisation = OrganisationId(self.organisation);
        let runtime = runtime()?;
        let wait = |asked: Asked| runtime.block_on(ended(&services, organisation, asked.run()));
        let ask = || self.ask(&services, organisation).context("no sync was started");
        let asked = ask()?;
        if let Asked::UnderWay(run) = asked {
            say(&format!("Run {run} is under way already; waiting for it."));
        }
        let mut run = wait(asked)?;
        if run.state == RunState::Interrupted {
            say("It was cut off when its process ended. Syncing again.");
            run = wait(ask()?)?;
        }
        Ok(tell(&services, organisation, &run))
    }

    fn ask(&self, services: &Services, organisation: OrganisationId) -> Result<Asked, Refusal> {
        let scope = Scope::<RunSyncs>::for_the_portal(organisation);
        services.db.write_now(|tx| {
            let connection = connections::find(tx.conn, &scope, self.vendor)?;
            let connection = connection.ok_or_else(|| {
                Refusal::overtaken(format!(
                    "organisation {organisation} has no connection to {}",
                    self.vendor
                ))
            })?;
            if self.vendor.about().mapped {
                return sync::request_pull(tx, &scope, connection.id);
            }
            sync::request(tx, &scope, connection.id, self.only, self.preview)
        })
    }
}

/// Works off what is requested, and waits for what another process has taken.
async fn ended(services: &Services, organisation: OrganisationId, run: RunId) -> anyhow::Result<Run> {
    let scope = Scope::<ViewIntegrations>::for_the_portal(organisation);
    loop {
        jobs::sync_records::run(services).await?;
        jobs::pull_notes::run(services).await?;
        let scope = scope.clone();
        let found: Result<Run, Refusal> =
            services.db.read(move |conn| sync::get(conn, &scope, run).map_err(Refusal::from)).await;
        let found = found?;
        if !found.state.under_way() {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn tell(services: &Services, organisation: OrganisationId, run: &Run) -> ExitCode {
    let (residents, staff) = run.counts();
    for (what, n) in sync::pulled_parts(&run.counts) {
        say(&format!("{what}: {n}"));
    }
    let synced = [("residents", residents), ("staff", staff)];
    for (who, counts) in synced.into_iter().filter(|_| run.scope != Wanted::Synchronization) {
        say(&format!(
            "{who}: {} read, {} paired, {} created, {} changed, {} to check",
            counts.total, counts.paired, counts.created, counts.changed, counts.to_check
        ));
    }
    let page = format!("{}{}", services.config.public_url, links::sync_run(organisation, run.id));
    say(&format!("{}: {page}", run.state.words()));
    if matches!(run.state, RunState::Done | RunState::Partly | RunState::Previewed) {
        return ExitCode::SUCCESS;
    }
    let why = [run.failure.as_str(), run.held_because.as_str(), run.repair.as_str()];
    why.iter().filter(|words| !words.is_empty()).for_each(|words| complain(words));
    ExitCode::FAILURE
}
