//! The made-up people in KareInn, as plain data given by the caller. Everything is text as it would be typed there, so
//! that wrong values can be played too.

use serde::{Deserialize, Serialize};

/// What the simulator knows when it starts.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// The key KareInn would have given the representative for this organisation.
    pub key: String,
    /// Its name.
    pub organisation: String,
    /// The people it cares for.
    pub residents: Vec<Resident>,
    /// The staff.
    pub staff: Vec<Member>,
}

/// Somebody who is cared for. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resident {
    /// Identifier.
    pub id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// With or without spaces.
    pub nhs_number: String,
    /// Room.
    pub room: String,
    /// Permanent, Respite …
    pub status: String,
}

/// A member of staff. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Member {
    /// Identifier.
    pub id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// Job title.
    pub job_title: String,
    /// Still works there.
    pub active: bool,
}
