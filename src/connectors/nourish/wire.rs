//! Nourish's answers as the simulator sends them. Which names are documented and which are assumed is said in
//! `profile.toml`, by which the connector reads them; so neither side can drift without a contract test failing.

use serde::Serialize;

/// An entry of `{"services":[…]}`.
#[derive(Clone, Debug, Serialize)]
pub struct Service<'a> {
    /// Identifier.
    pub id: &'a str,
    /// Name.
    pub name: &'a str,
    /// The token that was pasted for it.
    pub integration_token: &'a str,
    /// Switched on.
    pub active: bool,
    /// Its locations.
    pub locations: Vec<Location<'a>>,
}

/// A location of a service.
#[derive(Clone, Debug, Serialize)]
pub struct Location<'a> {
    /// Identifier.
    pub id: &'a str,
    /// Name.
    pub name: &'a str,
    /// Switched on.
    pub enabled: bool,
}

/// An entry of `{"clients":[…]}`. In its minimal form only identifier, names, date of birth and status are sent.
#[derive(Clone, Debug, Serialize)]
pub struct Client<'a> {
    /// Identifier.
    pub id: &'a str,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// What the person likes to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_name: Option<&'a str>,
    /// Date of birth, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<&'a str>,
    /// NHS number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<&'a str>,
    /// Residential, Nursing …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resident_type: Option<&'a str>,
    /// Permanent, Respite …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'a str>,
    /// Room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_or_street: Option<&'a str>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<&'a str>,
    /// Archived; left out when not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

/// An entry of `{"users":[…]}`.
#[derive(Clone, Debug, Serialize)]
pub struct User<'a> {
    /// Identifier.
    pub id: &'a str,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// Manager or Staff.
    pub role: &'a str,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<&'a str>,
    /// The service.
    pub service_id: &'a str,
    /// Archived; left out when not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}
