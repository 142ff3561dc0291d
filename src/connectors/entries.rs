//! What is written onto a person's timeline at a vendor, what the vendor answers, and the tasks that carers leave
//! for us there. Plain values: nothing here sends or stores.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::records::Record;

/// What an entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Somebody took part in an activity, or did not.
    #[default]
    Activity,
    /// Something that the night monitoring noticed, and what was done about it. The title is the event, the details
    /// are its text, the location is the room, and `completed_by` is who answered; the rest says nothing.
    Monitoring,
}

/// One act for a person's timeline, in our own words; the profile says under which names it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TimelineEntry {
    pub topic: Topic,
    /// The organisation's own choice of the vendor's code for this kind of note; `None`: the profile's.
    pub code: Option<String>,
    /// Ours, the same for every attempt: by it the entry is found again.
    pub external_id: String,
    /// The vendor's identifier of the person.
    pub person: String,
    /// The vendor's identifier of the service the person belongs to, where it is known.
    pub service: Option<String>,
    /// When it happened, not when it is sent.
    pub at: DateTime<Utc>,
    pub activity_name: String,
    pub details: String,
    pub location: String,
    pub took_part: bool,
    /// 1 (negative) to 5 (positive).
    pub rating: Option<u8>,
    pub comment: String,
    pub completed_by: String,
    pub change: EntryChange,
}

/// How an entry stands to an earlier one. That a vendor takes an entry which names an older one is assumed of all
/// of them: none documents how an entry is changed, and an old one is never overwritten.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum EntryChange {
    #[default]
    New,
    /// Corrects the entry with this `external_id`.
    Corrects(String),
    /// Takes back the entry with this `external_id`.
    Withdraws(String),
}

/// The vendor has the entry.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Receipt {
    /// The vendor's own identifier of it, where it said one.
    pub vendor_id: Option<String>,
}

/// Whether an entry that may have arrived is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    There(Receipt),
    NotThere,
    /// This vendor's entries cannot be looked up: a person has to look.
    CannotLook,
}

/// One field of an entry as the vendor will show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownField {
    pub label: String,
    pub value: String,
    /// Characters at the end that the vendor has no room for.
    pub cut: usize,
}

/// An entry of a timeline as it is read back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryRecord {
    pub vendor_id: String,
    /// Ours, where it is an entry of ours.
    pub our_id: String,
}

/// A task *Altra Account Creation*: a relative who is to be given access. Everything but the identifiers is as a
/// carer typed it, checked by nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The vendor's identifier of the task. Never empty.
    pub task_id: String,
    /// The vendor's identifier of the person whose relative it is. Never empty.
    pub person: String,
    /// An identifier of ours that it carries: then it may be what we wrote ourselves, read back.
    #[serde(default)]
    pub our_id: String,
    pub recorded_at: Option<DateTime<Utc>>,
    /// *Relative's name*, or empty.
    pub relative_name: String,
    /// *Relative's email address*, or empty; not checked to be an address.
    pub relative_email: String,
    /// *Relative's relationship*, or empty.
    pub relationship: String,
}

impl Record for EntryRecord {
    fn external_id(&self) -> &str {
        &self.vendor_id
    }

    fn full_name(&self) -> String {
        String::new()
    }

    fn content_hash(&self) -> [u8; 16] {
        short_hash(&[&self.vendor_id, &self.our_id])
    }
}

impl Record for TaskRecord {
    fn external_id(&self) -> &str {
        &self.task_id
    }

    fn full_name(&self) -> String {
        self.relative_name.clone()
    }

    fn content_hash(&self) -> [u8; 16] {
        let at = self.recorded_at.map(|at| at.to_rfc3339()).unwrap_or_default();
        short_hash(&[
            &self.task_id,
            &self.person,
            &at,
            &self.relative_name,
            &self.relative_email,
            &self.relationship,
        ])
    }
}

/// Each text with its length, so that no two lists run together.
pub(super) fn short_hash(texts: &[&str]) -> [u8; 16] {
    let mut sum = Sha256::new();
    for text in texts {
        sum.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        sum.update(text.as_bytes());
    }
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(sum.finalize()) {
        *to = from;
    }
    short
}
