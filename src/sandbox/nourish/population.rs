//! The made-up people of the simulator, as plain data given by the caller. Everything is text as it would be typed
//! into Nourish, so that wrong values can be played too.

use serde::{Deserialize, Serialize};

/// What the simulator knows when it starts.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// The number Nourish would have issued to this installation; any other is answered with 401.
    pub integration_id: String,
    /// The services, none of them switched on yet.
    pub services: Vec<Service>,
    /// The residents.
    pub clients: Vec<Client>,
    /// The staff.
    pub users: Vec<User>,
}

/// A service with its locations.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// Identifier, unique.
    pub id: String,
    /// Name.
    pub name: String,
    /// At least one.
    pub locations: Vec<Location>,
}

/// A location.
#[derive(Clone, Debug, Default)]
pub struct Location {
    /// Identifier, unique over all services.
    pub id: String,
    /// Name.
    pub name: String,
}

/// A resident. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    /// Identifier.
    pub id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What the person likes to be called.
    pub preferred_name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// With or without spaces.
    pub nhs_number: String,
    /// Residential, Nursing …
    pub resident_type: String,
    /// Permanent, Respite …
    pub status: String,
    /// Room.
    pub room: String,
    /// The service; people of services that are off are not sent.
    pub service_id: String,
    /// The location; empty: wherever the service is on. Decides only whether the person is sent.
    pub location_id: String,
    /// Archived.
    pub archived: bool,
}

/// A staff member. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Identifier.
    pub id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// Manager or Staff.
    pub role: String,
    /// Job title.
    pub job_title: String,
    /// The service.
    pub service_id: String,
    /// Archived.
    pub archived: bool,
}
