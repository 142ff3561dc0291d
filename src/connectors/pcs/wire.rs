//! PCS's answers as the simulator sends them, and the care note as it takes it. Which names were seen in use and which
//! are assumed is said in `profile.toml`, by which the connector reads and writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An entry of `ServiceUsers`. The date of birth and the NHS number were never seen in an answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceUser<'a> {
    #[serde(rename = "connectionID")]
    pub connection_id: &'a str,
    #[serde(rename = "personID")]
    pub person_id: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<&'a str>,
    #[serde(rename = "locationID")]
    pub location_id: &'a str,
    #[serde(rename = "communityID")]
    pub community_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<&'a str>,
}

/// An entry of `Workers`; some have no role.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Worker<'a> {
    #[serde(rename = "connectionID")]
    pub connection_id: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
    #[serde(rename = "locationID")]
    pub location_id: &'a str,
    #[serde(rename = "communityID")]
    pub community_id: &'a str,
}

/// An entry of `communities`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Community<'a> {
    #[serde(rename = "OrganisationID")]
    pub organisation_id: &'a str,
    #[serde(rename = "CommunityID")]
    pub community_id: &'a str,
    #[serde(rename = "LocationID")]
    pub location_id: &'a str,
    pub name: &'a str,
}

/// What `insertcarenote` takes: all of these, and nothing else. Empty means *not given*.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CareNote {
    #[serde(rename = "RecordUUID")]
    pub record_uuid: String,
    #[serde(rename = "ConnectionID")]
    pub connection_id: String,
    pub first_names: String,
    pub last_name: String,
    #[serde(rename = "ExternalPersonID")]
    pub external_person_id: String,
    pub date_of_birth: String,
    #[serde(rename = "NHSNumber")]
    pub nhs_number: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    #[serde(rename = "UTCDateTime")]
    pub utc_date_time: String,
    pub time_zone: String,
    /// A number, as a text.
    #[serde(rename = "ActionIconID")]
    pub action_icon_id: String,
    pub short_text: String,
    pub action_text: String,
    /// `true` or `false`, as a text.
    pub is_handover: String,
    #[serde(rename = "ExternalNoteID")]
    pub external_note_id: String,
    pub measure1: String,
    pub measure2: String,
    /// `{"":""}` where there are none.
    pub sliders: BTreeMap<String, String>,
}
