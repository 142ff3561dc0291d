//! The fields whose source of truth is the vendor, and what a pairing did to them.
//!
//! A pairing keeps its proof: the reasons it was made for, and the fields it changed, so that ending
//! it puts them back. Deliberately knows nothing of runs.

use chrono::NaiveDate;
use diesel::QueryResult;
use serde::{Deserialize, Serialize};

use super::matching;
use crate::connectors::PersonRecord;
use crate::db::Tx;
use crate::domain::residents::{self, ResidentFacts};
use crate::kit::ids::{OrganisationId, ResidentId};

/// The fields that may follow a vendor. `None` means that nothing is said about the field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_name: Option<String>,
    /// The inner `None` is a date that was not there.
    #[serde(skip_serializing_if = "Option::is_none", default, with = "nested")]
    pub date_of_birth: Option<Option<NaiveDate>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub care_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resident_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub room: Option<String>,
}

/// Keeps "not said" and "said to be none" apart in JSON.
mod nested {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(
        clippy::ref_option,
        clippy::option_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    pub fn serialize<S: Serializer>(value: &Option<Option<NaiveDate>>, to: S) -> Result<S::Ok, S::Error> {
        value.flatten().serialize(to)
    }

    #[expect(clippy::option_option, reason = "the shape of the field")]
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<NaiveDate>>, D::Error> {
        Option::<NaiveDate>::deserialize(from).map(Some)
    }
}

impl Owned {
    /// What a vendor's resident says; empty fields say nothing.
    pub fn of(record: &PersonRecord) -> Self {
        Self {
            first_name: filled(&record.first_name),
            last_name: filled(&record.last_name),
            date_of_birth: record.date_of_birth.map(Some),
            care_status: record.status.as_deref().and_then(filled),
            resident_type: record.resident_type.as_deref().and_then(filled),
            room: record.room.as_deref().and_then(filled),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Label and value of each field that is said, for a before → after table.
    pub fn in_words(&self) -> Vec<(&'static str, String)> {
        let born = self.date_of_birth.map(|date| match date {
            Some(date) => date.format("%-d %B %Y").to_string(),
            None => "Not known".into(),
        });
        let fields = [
            ("First name", self.first_name.clone()),
            ("Last name", self.last_name.clone()),
            ("Date of Birth", born),
            ("Status", self.care_status.clone()),
            ("Resident type", self.resident_type.clone()),
            ("Room", self.room.clone()),
        ];
        fields.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
    }
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The fields that would change, before and after. A field that the vendor leaves empty, and one that
/// somebody keeps until a date, stay.
pub fn difference(here: &Owned, theirs: &Owned, kept: impl Fn(&str) -> bool) -> (Owned, Owned) {
    fn pick<T: Clone + PartialEq>(
        here: Option<&T>,
        theirs: Option<&T>,
        kept: bool,
    ) -> (Option<T>, Option<T>) {
        if kept || theirs.is_none() || here == theirs {
            (None, None)
        } else {
            (here.cloned(), theirs.cloned())
        }
    }
    let first = pick(here.first_name.as_ref(), theirs.first_name.as_ref(), kept("first_name"));
    let last = pick(here.last_name.as_ref(), theirs.last_name.as_ref(), kept("last_name"));
    let born = pick(here.date_of_birth.as_ref(), theirs.date_of_birth.as_ref(), kept("date_of_birth"));
    let status = pick(here.care_status.as_ref(), theirs.care_status.as_ref(), kept("care_status"));
    let kind = pick(here.resident_type.as_ref(), theirs.resident_type.as_ref(), kept("resident_type"));
    let room = pick(here.room.as_ref(), theirs.room.as_ref(), kept("room"));
    let before = Owned {
        first_name: first.0,
        last_name: last.0,
        date_of_birth: born.0,
        care_status: status.0,
        resident_type: kind.0,
        room: room.0,
    };
    let after = Owned {
        first_name: first.1,
        last_name: last.1,
        date_of_birth: born.1,
        care_status: status.1,
        resident_type: kind.1,
        room: room.1,
    };
    (before, after)
}

/// Why a pairing was made and what it changed; stored with it for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub reasons: Vec<Evidence>,
    #[serde(default)]
    pub before: Owned,
    #[serde(default)]
    pub after: Owned,
}

impl Proof {
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A reason of a pairing or suggestion, as it is stored and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub field: String,
    pub level: String,
    /// Hundredths of a bit.
    pub weight: i64,
    pub words: String,
}

impl Evidence {
    pub fn of(reason: &matching::Reason) -> Self {
        Self {
            field: field_words(reason.field).to_owned(),
            level: level_word(reason.level).to_owned(),
            weight: i64::from(reason.weight.as_hundredths()),
            words: reason.words.clone(),
        }
    }
}

/// The label under which screens show a field.
pub fn field_words(field: matching::Field) -> &'static str {
    use matching::Field;
    match field {
        Field::FirstName | Field::LastName | Field::Names => "Name",
        Field::DateOfBirth => "Date of Birth",
        Field::NhsNumber => "NHS Number",
        Field::Email => "Email",
        Field::Room => "Room",
        Field::Place => "Place",
        Field::Status => "Status",
        Field::Rival => "Somebody else",
    }
}

fn level_word(level: matching::Level) -> &'static str {
    use matching::Level;
    match level {
        Level::Agree => "agree",
        Level::Near => "near",
        Level::Differ => "differ",
        Level::Missing => "missing",
        Level::Rival => "rival",
    }
}

impl Owned {
    /// What is kept of a resident here.
    pub fn here(facts: &ResidentFacts) -> Self {
        Self {
            first_name: Some(facts.first_name.clone()),
            last_name: Some(facts.last_name.clone()),
            date_of_birth: Some(facts.date_of_birth),
            care_status: Some(facts.care_status.clone()),
            resident_type: Some(facts.resident_type.clone()),
            room: Some(facts.room.clone()),
        }
    }
}

/// Writes the fields that are said.
pub fn write(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    resident: ResidentId,
    owned: &Owned,
) -> QueryResult<()> {
    let mut facts = residents::facts_of(tx.conn, organisation, resident)?;
    if let Some(name) = &owned.first_name {
        facts.first_name.clone_from(name);
    }
    if let Some(name) = &owned.last_name {
        facts.last_name.clone_from(name);
    }
    if let Some(born) = owned.date_of_birth {
        facts.date_of_birth = born;
    }
    if let Some(status) = &owned.care_status {
        facts.care_status.clone_from(status);
    }
    if let Some(kind) = &owned.resident_type {
        facts.resident_type.clone_from(kind);
    }
    if let Some(room) = &owned.room {
        facts.room.clone_from(room);
    }
    residents::write_facts(tx, organisation, resident, &facts)
}

/// Puts back what a change did, where the fields still have the values that it gave them. Says
/// whether they had.
pub fn put_back(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    resident: ResidentId,
    before: &Owned,
    after: &Owned,
) -> QueryResult<bool> {
    if before == after {
        return Ok(true);
    }
    let here = Owned::here(&residents::facts_of(tx.conn, organisation, resident)?);
    // Nothing differs from what the change wrote.
    let same = difference(&here, after, |_| false).1.is_empty();
    if same {
        write(tx, organisation, resident, before)?;
    }
    Ok(same)
}
