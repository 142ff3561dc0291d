//! KareInn's answers as the simulator sends them, and the note as it takes it. All of it is assumed (`profile.toml`).

use serde::{Deserialize, Serialize};

/// An entry of `{"residents":[…]}`.
#[derive(Clone, Debug, Serialize)]
pub struct Resident<'a> {
    pub id: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'a str>,
}

/// An entry of `{"staff":[…]}`.
#[derive(Clone, Debug, Serialize)]
pub struct Member<'a> {
    pub id: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<&'a str>,
    pub active: bool,
}

/// What `POST /residents/{id}/notes` takes: all of these, and nothing else.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub external_id: String,
    /// RFC 3339, UTC.
    pub occurred_at: String,
    pub category: String,
    pub text: String,
    pub author_name: String,
}
