//! What a place's forms say.

use serde::Deserialize;

/// A new home, or with `home` a zone in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct New {
    pub name: String,
    /// The home's row number, or empty.
    pub home: String,
}

/// Another name for a place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rename {
    pub name: String,
}

/// How families reach a home.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reaching {
    pub telephone: String,
    pub address: String,
}

/// Another name under which a vendor knows a place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewAlias {
    pub alias: String,
}
