//! Where the log goes and how its lines look. Lines carry identifiers, never names, addresses, tokens or paths;
//! that is each caller's duty. Here only: one event is one line, whatever it holds.

use std::fmt::Write as _;
use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{LogFormat, LogLevel, Running};

/// Sends the log to standard error. A second call changes nothing.
pub fn log_to_stderr(running: Running) {
    let level = match running.log_level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // Other crates at their warnings at most: finer levels of an HTTP client print addresses and headers.
    let filter = EnvFilter::new(format!("warn,kinbridge={level},actix_server=error"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(OneLine);
    let set = match running.log_format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    // Only a second call fails, and the first one's log is there then.
    drop(set);
}

/// A panic is logged by its place alone: its text may hold what a person typed.
pub fn panics_are_logged() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
        tracing::error!(place = place.unwrap_or_default(), "a part of the portal panicked");
    }));
}

struct OneLine;

impl<'w> MakeWriter<'w> for OneLine {
    type Writer = Cleaned<io::Stderr>;

    fn make_writer(&'w self) -> Self::Writer {
        Cleaned(io::stderr())
    }
}

/// Writes an event with its control characters made visible, so that no value can forge a line or move a
/// terminal's cursor. The subscriber hands over one whole event at a time.
struct Cleaned<W>(W);

impl<W: Write> Write for Cleaned<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(cleaned(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn cleaned(event: &str) -> String {
    let (text, end) = event.strip_suffix('\n').map_or((event, ""), |text| (text, "\n"));
    let mut line = String::with_capacity(event.len());
    for character in text.chars() {
        // Line and paragraph separators end a line for some readers too.
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            // In JSON too this is the character, and not the end of what can be read.
            let _ = write!(line, "\\u{:04x}", u32::from(character));
        } else {
            line.push(character);
        }
    }
    line + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_forge_a_line() {
        let forged = "name=x\r\n2026-01-01 INFO all is well\u{1b}[2J\u{2028}\u{85}end\n";
        let line = cleaned(forged);
        assert_eq!(line.lines().count(), 1);
        assert!(line.ends_with("end\n"));
        assert!(!line.trim_end().chars().any(char::is_control));
    }

    #[test]
    fn a_line_of_json_stays_one_that_can_be_read() {
        let value = "a\u{85}b\u{2028}c\u{9b}2J\u{7f}\"}\n{\"forged\":1";
        let line = cleaned(&format!("{}\n", serde_json::json!({ "cause": value })));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["cause"], value);
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn what_is_plain_stays_as_it_is() {
        assert_eq!(cleaned("Łukasz – ok\n"), "Łukasz – ok\n");
    }
}
