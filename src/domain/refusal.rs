//! Why a verb did not happen, in words for the person who asked. Knows nothing of HTTP.

use crate::db::Fault;
use crate::domain::access::Denied;

/// A decision that was not taken; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing for this person: another organisation's things included.
    #[error("there is no such thing")]
    NotHere,
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What was typed cannot be used: the field and a sentence that says what to do.
    #[error("{words}")]
    Invalid { field: &'static str, words: String },
    /// Somebody or something was first, or the state has moved on: a sentence that says what is now.
    #[error("{0}")]
    Overtaken(String),
    #[error(transparent)]
    Database(#[from] Fault),
    /// Our own fault: logged once at the boundary, a reference is shown.
    #[error("{0}")]
    Broken(String),
}

impl Refusal {
    pub fn invalid(field: &'static str, words: impl Into<String>) -> Self {
        Self::Invalid { field, words: words.into() }
    }

    pub fn overtaken(words: impl Into<String>) -> Self {
        Self::Overtaken(words.into())
    }
}

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self::NotHere,
            error => Self::Database(error.into()),
        }
    }
}

impl From<crate::kit::secret::NoRandomness> for Refusal {
    fn from(cause: crate::kit::secret::NoRandomness) -> Self {
        Self::Broken(cause.to_string())
    }
}

impl From<crate::kit::sealed::Unsealable> for Refusal {
    fn from(cause: crate::kit::sealed::Unsealable) -> Self {
        Self::Broken(cause.to_string())
    }
}
