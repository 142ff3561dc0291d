//! The representative's forms.

use serde::Deserialize;

use crate::domain::organisations::Typed;

/// A new organisation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct New {
    pub name: String,
    pub kind: String,
    pub sector: String,
    pub time_zone: String,
}

impl New {
    pub fn typed(&self) -> Typed<'_> {
        Typed {
            name: &self.name,
            kind: &self.kind,
            sector: &self.sector,
            time_zone: &self.time_zone,
            ..Typed::default()
        }
    }
}

/// The list's search.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
}
