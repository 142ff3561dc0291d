//! The made-up people of the simulator, as plain data given by the caller. Everything is text as it would be typed,
//! so that wrong values can be played too.

use serde::{Deserialize, Serialize};

/// What the simulator knows when it starts.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// Any other access token is answered with 401.
    pub token: String,
    pub places: Vec<Place>,
    pub patients: Vec<Patient>,
    pub practitioners: Vec<Practitioner>,
}

/// A place that people belong to, run by an organisation of its own.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub id: String,
    pub name: String,
}

/// A resident. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patient {
    pub id: String,
    pub family: String,
    /// Given names, with spaces between them.
    pub given: String,
    pub nickname: String,
    /// `YYYY-MM-DD`, or less.
    pub birth_date: String,
    pub nhs_number: String,
    /// The UK Core code of how far the number is known to be the person's: `01` verified, `05` in conflict …
    pub verification: String,
    /// The place whose organisation keeps the record; may be empty.
    pub place: String,
    pub inactive: bool,
    pub deceased: bool,
    /// When the record was last changed, in seconds since 1970; set by the simulator.
    pub changed_at: i64,
}

/// A staff member. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Practitioner {
    pub id: String,
    pub family: String,
    pub given: String,
    pub email: String,
    /// What they do, in their role.
    pub title: String,
    /// Where they do it.
    pub place: String,
    pub inactive: bool,
}
