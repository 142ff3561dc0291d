//! The command line: one file a command, arguments in, words out. Deliberately has no rule of its own; what a
//! command does stands in the domain, what it starts in `boot`.

mod account;
mod audit;
mod check;
mod demo;
mod migrate;
mod pair;
mod password;
mod rotate_key;
mod routes;
mod serve;
mod sync;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, BadConfig, Config};

#[derive(Parser)]
#[command(
    name = "kinbridge",
    version,
    about = "Keeps residents, staff and relatives in step with the care record systems you already use",
    after_help = "Try it: kinbridge demo\nEvery setting is listed in README.md, and by: kinbridge serve --help",
    arg_required_else_help = true
)]
struct Arguments {
    /// Settings file (TOML); otherwise KINBRIDGE_CONFIG, or kinbridge.toml in this folder if there is one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the portal
    Serve(serve::Serve),
    /// Run a made-up organisation with a simulated vendor, to try everything
    Demo(demo::Demo),
    /// Bring the database to this version
    Migrate(migrate::Migrate),
    /// Make the first accounts
    Account(account::Account),
    /// Sync an organisation now, and wait for the end
    Sync(sync::Sync),
    /// Pair two lists from CSV files with the portal's own rules, and print what it would do
    Pair(pair::Args),
    /// Seal every stored secret with the newest key, or make a key
    RotateKey(rotate_key::RotateKey),
    /// Print the route table as JSON: path, method, who may
    Routes(routes::Routes),
    /// Look at configuration, database, sealing key, mail and vendors, and say what needs repair
    Check(check::Check),
    /// Look at the audit trail
    Audit(audit::Audit),
}

/// Runs the command that the program was started with.
pub fn run() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    let settings = Settings { file: config };
    let done = match command {
        Command::Serve(command) => command.run(&settings),
        Command::Demo(command) => command.run(),
        Command::Migrate(command) => command.run(&settings),
        Command::Account(command) => command.run(&settings),
        Command::Sync(command) => command.run(&settings),
        Command::Pair(arguments) => Ok(pair::run(&arguments)),
        Command::RotateKey(command) => command.run(&settings),
        Command::Routes(command) => command.run(),
        Command::Check(command) => Ok(command.run(&settings)),
        Command::Audit(command) => command.run(&settings),
    };
    done.unwrap_or_else(|trouble| {
        complain(&format!("kinbridge: {trouble:#}"));
        ExitCode::FAILURE
    })
}

type Done = anyhow::Result<ExitCode>;

/// Where the settings come from.
struct Settings {
    file: Option<PathBuf>,
}

impl Settings {
    fn load(&self) -> Result<Config, BadConfig> {
        self.load_with(&[])
    }

    /// With some settings given as arguments, which come before all others.
    fn load_with(&self, given: &[(&str, Option<String>)]) -> Result<Config, BadConfig> {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let misspelt = config::unknown_names(names);
        let env = |name: &str| {
            let given = given.iter().find(|(of, _)| *of == name).and_then(|(_, value)| value.clone());
            given.or_else(|| std::env::var(name).ok())
        };
        let file = self.file.clone().or_else(|| std::env::var_os("KINBRIDGE_CONFIG").map(PathBuf::from));
        let usual = PathBuf::from("kinbridge.toml");
        let file = file.or_else(|| usual.is_file().then_some(usual));
        match Config::load(&env, file.as_deref()) {
            Ok(config) if misspelt.is_empty() => Ok(config),
            Ok(_) => Err(BadConfig(misspelt)),
            Err(BadConfig(problems)) => Err(BadConfig([misspelt, problems].concat())),
        }
    }
}

/// A line on standard output. A reader that went away, such as `head`, is no failure.
fn say(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

fn complain(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// The threads of the whole process but the server's own workers: jobs, mail, clocks.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(2).max_blocking_threads(16).enable_all().build()?)
}
