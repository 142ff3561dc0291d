//! The program: reads the command line and runs one command.

use std::process::ExitCode;

use clap::Parser;
use kinbridge::cli::pair;

#[derive(Parser)]
#[command(name = "kinbridge", version, about)]
enum Command {
    /// Pair two lists of people and write the pairs and suggestions as CSV
    Pair(pair::Args),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Pair(args) => pair::run(&args),
    }
}
