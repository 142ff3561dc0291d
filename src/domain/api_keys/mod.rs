//! Keys of programs that ask the API for an organisation, and what each may.
//!
//! A key is shown once and kept hashed. Its mode, live or test, decides which patients and appointments it reaches:
//! what a test key makes never comes to a practitioner. Deliberately knows no HTTP: see `api`.

use crate::db::text_enum;

text_enum! {
    /// Whether something is meant, or tried out. Nothing of one mode is ever seen or counted in the other.
    pub enum Mode {
        Live = "live",
        Test = "test",
    }
}

impl Mode {
    pub fn words(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Test => "Test",
        }
    }
}
