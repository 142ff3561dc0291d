//! What every vendor's answer is turned into: people, staff and services in one shape, and the snapshot that
//! carries them with everything that had to be left out. Plain values: nothing here fetches or stores.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A resident as the vendor shows them. Staged as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonRecord {
    /// The vendor's identifier, as text even where the vendor sends a number. Never empty.
    pub external_id: String,
    /// May be empty: some systems hold one name only.
    pub first_name: String,
    /// Never empty.
    pub last_name: String,
    /// What the person likes to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_name: Option<String>,
    /// `None` also when the vendor sent an impossible date; the snapshot's warnings then say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<NaiveDate>,
    /// Ten digits without spaces where ten digits were sent, otherwise the trimmed text as sent. Not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<String>,
    /// As sent, for example `Residential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resident_type: Option<String>,
    /// As sent, for example `Permanent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// As sent: a room number or name, or a street.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The vendor's identifier of the service the person belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// Where the person's clock stands, as sent, for example `Europe/London`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The vendor no longer counts the person as present.
    pub archived: bool,
}

/// A staff member as the vendor shows them. Staged as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffRecord {
    /// The vendor's identifier. Never empty.
    pub external_id: String,
    /// May be empty.
    pub first_name: String,
    /// Never empty.
    pub last_name: String,
    /// As sent, trimmed, lower case; not checked to be an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `Manager` or `Staff` where the vendor says so, otherwise as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Free text such as `Senior Carer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// The vendor's identifier of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// Every service, where the vendor names several; `service_id` is then the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_ids: Vec<String>,
    /// Left, or switched off at the vendor.
    pub archived: bool,
}

/// A vendor's service (a home, a wing, a site). Never carries anybody's token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceRecord {
    /// The vendor's identifier. Never empty.
    pub external_id: String,
    /// The name people there use. Never empty.
    pub name: String,
    /// The vendor counts the service as switched on.
    pub active: bool,
    /// Which of *our* tokens the service carries, by the key the caller gave it; `None`: none of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_key: Option<String>,
    /// Its locations, each on or off.
    pub locations: Vec<Location>,
}

impl ServiceRecord {
    /// Whether the service carries a token of ours.
    pub fn ours(&self) -> bool {
        self.token_key.is_some()
    }
}

/// One location of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// The vendor's identifier; the name where the vendor sends none.
    pub external_id: String,
    /// The name people there use.
    pub name: String,
    /// Switched on for our extension.
    pub on: bool,
}

/// A record that could not be used, and what to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The vendor's identifier, if there was one.
    pub external_id: Option<String>,
    /// The name, if there was one, so that somebody can find the person.
    pub name: Option<String>,
    /// Why, in plain English.
    pub reason: String,
    /// What to do, naming the vendor's screen.
    pub repair: String,
}

/// A record that was kept although part of it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The record it is about.
    pub external_id: String,
    /// What was left out and why, in plain English; never the value itself.
    pub words: String,
}

/// One complete answer: the usable records and an account of everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<T> {
    /// Usable records, each identifier once, in the vendor's order.
    pub records: Vec<T>,
    /// Records that were left out.
    pub set_aside: Vec<SetAside>,
    /// Parts of kept records that were left out.
    pub warnings: Vec<Warning>,
    /// Names (never values) of fields no profile names; at most 50.
    pub unmapped_fields: BTreeSet<String>,
    /// Bytes read, after decompression, over all pages.
    pub fetched_bytes: u64,
    /// The vendor's own time when it answered, from the `Date` header.
    pub vendor_time: Option<DateTime<Utc>>,
}

impl<T> Default for Snapshot<T> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            set_aside: Vec::new(),
            warnings: Vec::new(),
            unmapped_fields: BTreeSet::new(),
            fetched_bytes: 0,
            vendor_time: None,
        }
    }
}

/// What all three kinds of record have in common.
pub trait Record: Sized + Send {
    /// The vendor's identifier.
    fn external_id(&self) -> &str;
    /// The name by which somebody would look for it.
    fn full_name(&self) -> String;
    /// A hash of the fields above and nothing else: equal content, equal hash, on every machine and release.
    fn content_hash(&self) -> [u8; 16];
}

impl Record for PersonRecord {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn full_name(&self) -> String {
        spaced(&self.first_name, &self.last_name)
    }

    fn content_hash(&self) -> [u8; 16] {
        let born = self.date_of_birth.map(|day| day.to_string());
        Fields::new("person")
            .text(&self.external_id)
            .text(&self.first_name)
            .text(&self.last_name)
            .maybe(self.preferred_name.as_deref())
            .maybe(born.as_deref())
            .maybe(self.nhs_number.as_deref())
            .maybe(self.resident_type.as_deref())
            .maybe(self.status.as_deref())
            .maybe(self.room.as_deref())
            .maybe(self.service_id.as_deref())
            .flag(self.archived)
            .further(self.time_zone.as_deref())
            .finish()
    }
}

impl Record for StaffRecord {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn full_name(&self) -> String {
        spaced(&self.first_name, &self.last_name)
    }

    fn content_hash(&self) -> [u8; 16] {
        Fields::new("staff")
            .text(&self.external_id)
            .text(&self.first_name)
            .text(&self.last_name)
            .maybe(self.email.as_deref())
            .maybe(self.role.as_deref())
            .maybe(self.job_title.as_deref())
            .maybe(self.service_id.as_deref())
            .flag(self.archived)
            .further(self.service_ids.iter().map(String::as_str))
            .finish()
    }
}

impl Record for ServiceRecord {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn full_name(&self) -> String {
        self.name.clone()
    }

    fn content_hash(&self) -> [u8; 16] {
        let start = Fields::new("service")
            .text(&self.external_id)
            .text(&self.name)
            .flag(self.active)
            .maybe(self.token_key.as_deref());
        let all = self
            .locations
            .iter()
            .fold(start, |fields, place| fields.text(&place.external_id).text(&place.name).flag(place.on));
        all.finish()
    }
}

fn spaced(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// Feeds fields to the hash so that no two different records can run together: every field has a mark and a length.
struct Fields(Sha256);

impl Fields {
    fn new(kind: &str) -> Self {
        Self(Sha256::new()).text(kind)
    }

    fn text(mut self, value: &str) -> Self {
        let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
        self.0.update([1]);
        self.0.update(length.to_le_bytes());
        self.0.update(value.as_bytes());
        self
    }

    fn maybe(mut self, value: Option<&str>) -> Self {
        if let Some(value) = value {
            return self.text(value);
        }
        self.0.update([0]);
        self
    }

    fn flag(mut self, value: bool) -> Self {
        self.0.update([2, u8::from(value)]);
        self
    }

    /// What came into records later: where there is none of it, the hash stays what it was.
    fn further<'t>(self, values: impl IntoIterator<Item = &'t str>) -> Self {
        values.into_iter().fold(self, Self::text)
    }

    fn finish(self) -> [u8; 16] {
        let mut short = [0; 16];
        for (to, from) in short.iter_mut().zip(self.0.finalize()) {
            *to = from;
        }
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> PersonRecord {
        PersonRecord {
            external_id: "48213".into(),
            first_name: "Ada".into(),
            last_name: "Marsh".into(),
            room: Some("12".into()),
            ..PersonRecord::default()
        }
    }

    #[test]
    fn a_changed_field_changes_the_hash_and_a_moved_one_too() {
        assert_eq!(ada().content_hash(), ada().content_hash());
        let moved = PersonRecord { room: None, status: Some("12".into()), ..ada() };
        let joined = PersonRecord { first_name: "AdaM".into(), last_name: "arsh".into(), ..ada() };
        let gone = PersonRecord { archived: true, ..ada() };
        let elsewhere = PersonRecord { time_zone: Some("America/New_York".into()), ..ada() };
        for other in [moved, joined, gone, elsewhere] {
            assert_ne!(ada().content_hash(), other.content_hash());
        }
    }

    #[test]
    fn the_hash_is_the_same_on_every_release() {
        // Hashes are kept in databases: a changed one would make the next sync rewrite everybody.
        assert_eq!(u128::from_be_bytes(ada().content_hash()), 0x0291_da21_1afc_c635_cc78_87b7_4cf6_d610);
    }

    #[test]
    fn a_staged_record_reads_back_and_old_rows_stay_readable() {
        let json = serde_json::to_string(&ada()).unwrap();
        assert_eq!(serde_json::from_str::<PersonRecord>(&json).unwrap(), ada());
        let old = r#"{"external_id":"1","last_name":"Marsh","a_field_of_tomorrow":1}"#;
        assert_eq!(serde_json::from_str::<PersonRecord>(old).unwrap().last_name, "Marsh");
    }
}
