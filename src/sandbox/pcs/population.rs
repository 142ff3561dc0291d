//! The made-up organisation in PCS, as plain data given by the caller. Everything is text as it would be typed into
//! PCS, so that wrong values can be played too.

use serde::{Deserialize, Serialize};

/// What the simulator knows when it starts.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// The key PCS would have issued for this product; any other is answered with 401.
    pub dev_key: String,
    /// The organisation's identifier, a GUID.
    pub organisation_id: String,
    /// Its name.
    pub organisation: String,
    /// The number that stands beside the key and opens nothing.
    pub internal_id: String,
    /// Its communities.
    pub communities: Vec<Community>,
    /// Who can sign in to PCS and make a key.
    pub users: Vec<User>,
    /// The people it cares for.
    pub people: Vec<Person>,
    /// The staff.
    pub workers: Vec<Worker>,
}

/// A community, which is a home or a part of one.
#[derive(Clone, Debug, Default)]
pub struct Community {
    /// A GUID.
    pub id: String,
    /// A GUID; people are listed by it.
    pub location_id: String,
    /// Name.
    pub name: String,
}

/// Somebody who uses PCS.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// Name.
    pub name: String,
    /// The location this user may see; empty: all of them, as an administrator.
    pub location_id: String,
}

/// Somebody who is cared for. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The key of the person, a GUID.
    pub connection_id: String,
    /// A second one, a GUID.
    pub person_id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// F, M …
    pub gender: String,
    /// `YYYY-MM-DD`; sent only by the switch.
    pub birth_date: String,
    /// Sent only by the switch.
    pub nhs_number: String,
    /// Room.
    pub room: String,
    /// Where the person lives: listed once for each of them.
    pub location_ids: Vec<String>,
}

/// A member of staff. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Worker {
    /// A GUID.
    pub connection_id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Job title; some have none.
    pub role: String,
    /// Where they work.
    pub location_id: String,
}
