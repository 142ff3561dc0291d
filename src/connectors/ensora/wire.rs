//! Ensora's answers as the simulator sends them. The vendor's own page ends before it names its resources, so that
//! all names are assumed (`profile.toml`); only that a template's fields come as name and value is from its examples.

use serde::{Deserialize, Serialize};

/// An entry of `/v1/sites`.
#[derive(Clone, Debug, Serialize)]
pub struct Site<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub active: bool,
}

/// An entry of `/v1/students`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Student<'a> {
    pub id: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub date_of_birth: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub site_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub site_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub time_zone: &'a str,
    pub active: bool,
}

/// An entry of `/v1/users`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User<'a> {
    pub id: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub email: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub credentials: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub username: &'a str,
    pub site_ids: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    pub security_group: &'a str,
    /// `Employee` or `Parent`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub active: bool,
}

/// An entry of `/v1/sessionnotes`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Note {
    pub id: String,
    pub student_id: String,
    pub user_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub site_id: String,
    pub status: String,
    pub date: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub published_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub modified_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    pub fields: Vec<NoteField>,
    pub signatures: Vec<NoteSignature>,
}

/// One answer of the template.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NoteField {
    pub name: String,
    pub value: String,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// A signature.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NoteSignature {
    pub field: String,
    pub value: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub signed_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
}

/// `/v1/me`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Me<'a> {
    pub name: &'a str,
    pub security_group: &'a str,
    pub organization_id: &'a str,
}
