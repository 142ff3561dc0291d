//! `kinbridge demo`: everything at once, with made-up people.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Done, runtime, say};
use crate::boot;
use crate::config::Running;
use crate::kit::secret::Secret;

#[derive(Args)]
pub(super) struct Demo {
    /// Folder that keeps everything for the next start; otherwise a temporary one is removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on; the mailbox and the simulator stay on loopback in any case
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Password of all demo accounts; otherwise a random one, which is printed
    #[arg(long, value_name = "PASSWORD", env = "KINBRIDGE_DEMO_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Require two-step sign-in of the representative, super managers and managers, as `serve` does
    #[arg(long)]
    two_step: bool,
    /// Call it http://localhost:PORT and not by its number: passkeys need a name
    #[arg(long)]
    localhost: bool,
    /// Port of a program of yours on this machine, which the demo's webhooks may then tell: http://127.0.0.1:PORT
    #[arg(long, value_name = "PORT")]
    receiver: Option<u16>,
}

impl Demo {
    pub(super) fn run(self) -> Done {
        boot::log_to_stderr(Running::default());
        boot::panics_are_logged();
        let demo = boot::Demo::prepare(self.data, self.listen, self.password.map(Secret::new))?;
        let demo = if self.two_step { demo.with_two_step() } else { demo };
        let demo = if self.localhost { demo.by_name() } else { demo };
        let demo = if let Some(port) = self.receiver { demo.with_receiver(port) } else { demo };
        let runtime = runtime()?;
        runtime.block_on(demo.run(|lines| lines.iter().for_each(|line| say(line)), boot::signal()))?;
        Ok(ExitCode::SUCCESS)
    }
}
