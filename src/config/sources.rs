//! Where values come from, and the list of what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::settings::{OTHER_NAMES, SETTINGS, Setting, TEST_NAMES};

/// One thing that is wrong, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, or the file.
    pub name: String,
    /// What is wrong, in a clause; never the value of a secret.
    pub wrong: String,
    /// What to do, in a sentence.
    pub repair: String,
}

impl Problem {
    pub(super) fn new(name: impl Into<String>, wrong: impl Into<String>, repair: impl Into<String>) -> Self {
        Self { name: name.into(), wrong: wrong.into(), repair: repair.into() }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadConfig(pub Vec<Problem>);

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for Problem { name, wrong, repair } in &self.0 {
            write!(f, "\n  {name}: {wrong}. {repair}")?;
        }
        Ok(())
    }
}

impl std::error::Error for BadConfig {}

/// The variables that begin like ours and are none: a misspelt setting must not be passed over.
pub fn unknown_names(names: impl Iterator<Item = String>) -> Vec<Problem> {
    let known = |name: &str| {
        OTHER_NAMES.contains(&name)
            || name.starts_with(TEST_NAMES)
            || SETTINGS.iter().any(|setting| setting.env == name)
    };
    names
        .filter(|name| name.starts_with("KINBRIDGE_") && !known(name))
        .map(|name| {
            let near = nearest(&name, |setting| setting.env);
            Problem::new(shown(&name), "there is no such setting", format!("Did you mean {near}?"))
        })
        .collect()
}

/// The values as text, and the problems found so far.
pub(super) struct Sources<'e> {
    env: &'e dyn Fn(&str) -> Option<String>,
    file: BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
}

impl<'e> Sources<'e> {
    pub(super) fn new(env: &'e dyn Fn(&str) -> Option<String>, file: Option<&Path>) -> Self {
        let mut sources = Self { env, file: BTreeMap::new(), problems: Vec::new() };
        if let Some(path) = file {
            sources.read_file(path);
        }
        sources
    }

    /// The value as it was given, trimmed. An empty variable counts as not given.
    pub(super) fn text(&self, setting: Setting) -> Option<String> {
        let given = (self.env)(setting.env).or_else(|| self.file.get(setting.key).cloned());
        given.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The value parsed; what cannot be used is noted, and nothing comes of it.
    pub(super) fn read<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, (String, String)>,
    ) -> Option<T> {
        let text = self.text(setting)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err((wrong, repair)) => {
                self.wrong(setting, wrong, repair);
                None
            }
        }
    }

    /// A list: commas in a variable, an array or commas in the file.
    pub(super) fn read_list<T>(
        &mut self,
        setting: Setting,
        parse: impl Fn(&str) -> Result<T, (String, String)>,
    ) -> Vec<T> {
        let parts = self.text(setting).unwrap_or_default();
        let parts = parts.split(',').map(str::trim).filter(|part| !part.is_empty());
        let mut values = Vec::new();
        for part in parts {
            match parse(part) {
                Ok(value) => values.push(value),
                Err((wrong, repair)) => self.wrong(setting, wrong, repair),
            }
        }
        values
    }

    pub(super) fn wrong(&mut self, setting: Setting, wrong: impl Into<String>, repair: impl Into<String>) {
        self.problems.push(Problem::new(setting.env, wrong, repair));
    }

    fn read_file(&mut self, path: &Path) {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(cause) => {
                let repair = "Make it readable for this user, as UTF-8 text, or name another with --config.";
                self.problems.push(Problem::new(name, format!("it cannot be read ({cause})"), repair));
                return;
            }
        };
        let table: toml::Table = match toml::from_str(&text) {
            Ok(table) => table,
            Err(cause) => {
                // The message alone: the excerpt that TOML would show may hold a secret.
                let line =
                    cause.span().map_or(0, |span| text.get(..span.start).unwrap_or("").lines().count());
                let wrong = format!("it is not TOML (line {}: {})", line.max(1), first_line(cause.message()));
                self.problems.push(Problem::new(
                    name,
                    wrong,
                    "Write lines like: listen = \"127.0.0.1:8080\"",
                ));
                return;
            }
        };
        for (key, value) in table {
            self.take(&name, &key, &value);
        }
        let secrets = SETTINGS.iter().any(|setting| setting.secret && self.file.contains_key(setting.key));
        if secrets && super::keys::others_can_read(path) {
            let repair = format!("Run: chmod 600 {name}");
            self.problems.push(Problem::new(name, "it holds a secret and others can read it", repair));
        }
    }

    fn take(&mut self, file: &str, key: &str, value: &toml::Value) {
        if !SETTINGS.iter().any(|setting| setting.key == key) {
            let near = nearest(key, |setting| setting.key);
            let wrong = format!("there is no setting {}", shown(key));
            self.problems.push(Problem::new(file, wrong, format!("Did you mean {near}?")));
            return;
        }
        let text = match value {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Integer(number) => Some(number.to_string()),
            toml::Value::Array(items) => {
                let items: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
                items.map(|items| items.join(","))
            }
            _ => None,
        };
        match text {
            Some(text) => drop(self.file.insert(key.to_owned(), text)),
            None => self.problems.push(Problem::new(
                file,
                format!("{key} is neither text, a number nor a list of texts"),
                format!("Write it like: {key} = \"…\""),
            )),
        }
    }
}

/// A value in a message: quoted, with control characters made visible, and not endless.
pub(super) fn shown(value: &str) -> String {
    let cut: String = value.chars().take(60).collect();
    format!("{cut:?}")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The known name that shares the most letters in a row from its start or its end.
fn nearest(name: &str, of: impl Fn(&Setting) -> &'static str) -> &'static str {
    let likeness = |known: &str| {
        let start = name.chars().zip(known.chars()).take_while(|(a, b)| a == b).count();
        let end = name.chars().rev().zip(known.chars().rev()).take_while(|(a, b)| a == b).count();
        start + end
    };
    SETTINGS.iter().map(of).max_by_key(|known| likeness(known)).unwrap_or_default()
}
