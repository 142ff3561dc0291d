//! Asking for a password: one line of standard input, or of the terminal with its echo off.

use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use crate::kit::secret::Secret;

/// The password, or `None` for an empty line.
pub(super) fn ask(prompt: &str) -> std::io::Result<Option<Secret>> {
    let typed_by_hand = std::io::stdin().is_terminal();
    if typed_by_hand {
        let mut terminal = std::io::stderr();
        write!(terminal, "{prompt}: ")?;
        terminal.flush()?;
        echo("-echo");
    }
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    if typed_by_hand {
        echo("echo");
        super::complain("");
    }
    read?;
    let password = line.trim_end_matches(['\r', '\n']);
    Ok((!password.is_empty()).then(|| Secret::new(password)))
}

/// Without `stty` the password shows while it is typed, which is no reason to refuse it.
fn echo(state: &str) {
    let _ = Command::new("stty").arg(state).stdin(Stdio::inherit()).status();
}
