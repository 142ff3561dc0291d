//! The made-up organisation in Ensora Data Collection, as plain data given by the caller. Everything is text as it
//! would be typed into Ensora, so that wrong values can be played too.

use serde::{Deserialize, Serialize};

/// What the simulator knows when it starts.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// The organisation's identifier: the user name of each question.
    pub organization: String,
    /// The organisation's token: the password of each question.
    pub token: String,
    pub sites: Vec<Site>,
    pub students: Vec<Student>,
    /// The first employee of an administrators' group is taken to have made the token.
    pub users: Vec<User>,
    pub notes: Vec<Note>,
}

/// A site, which is an agency elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    pub id: String,
    pub name: String,
    pub inactive: bool,
}

/// Somebody who is treated. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Student {
    pub id: String,
    pub first_name: String,
    pub last_name: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    pub site_id: String,
    /// Such as `Europe/London`.
    pub time_zone: String,
    pub inactive: bool,
}

/// Somebody who signs in there. Empty texts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    pub id: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub title: String,
    /// Such as `BCBA`.
    pub credentials: String,
    pub username: String,
    pub site_ids: Vec<String>,
    /// Exactly one, such as `Administrator`.
    pub security_group: String,
    /// `Employee` or `Parent`.
    pub kind: String,
    pub inactive: bool,
}

/// A session note. Nothing of it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    pub id: String,
    pub student_id: String,
    pub user_id: String,
    pub site_id: String,
    /// Such as `Published`.
    pub status: String,
    /// Such as `2026-05-04`.
    pub date: String,
    /// RFC 3339; empty: not sent.
    pub published_at: String,
    /// RFC 3339; empty: when the simulator takes it up.
    pub modified_at: String,
    pub template: String,
    pub fields: Vec<Field>,
    pub signatures: Vec<Signature>,
}

/// One answer of a note's template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub value: String,
    /// Such as `text`.
    pub kind: String,
}

/// A signature under a note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The template's name for it.
    pub field: String,
    /// A data URL.
    pub value: String,
    /// RFC 3339; empty: not sent.
    pub signed_at: String,
    /// Empty: not sent.
    pub location: String,
}

impl Field {
    /// A line of text.
    pub fn text(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned(), kind: "text".to_owned() }
    }
}
