//! The vendor's answer as one value: what is staged, matched, planned and, for a preview, kept.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::plan::{self, Incoming};
use crate::connectors::{PersonRecord, Record as _, SetAside, StaffRecord};
use crate::domain::pairing::matching::Kind;
use crate::domain::pairing::owned::Owned;
use crate::domain::pairing::{person_facts, staff_facts};
use crate::kit::secret::hex;

/// Everything a run fetched. A list that was not asked for is `None`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Staged {
    pub people: Option<List<PersonRecord>>,
    pub staff: Option<List<StaffRecord>>,
    /// The vendor's services that are on for us, names by id.
    pub services: HashMap<String, String>,
    /// The vendor was asked for one person alone, so that who is not in the list is not missing.
    #[serde(default)]
    pub alone: bool,
}

/// A complete list of one kind.
#[derive(Debug, Serialize, Deserialize)]
pub struct List<T> {
    pub records: Vec<T>,
    pub set_aside: Vec<SetAside>,
}

impl Staged {
    pub(super) fn incoming(&self, kind: Kind) -> Option<Vec<Incoming>> {
        match kind {
            Kind::People => Some(self.people.as_ref()?.records.iter().map(|one| self.person(one)).collect()),
            Kind::Staff => {
                Some(self.staff.as_ref()?.records.iter().map(|one| self.staff_member(one)).collect())
            }
        }
    }

    pub(super) fn set_aside(&self, kind: Kind) -> &[SetAside] {
        match kind {
            Kind::People => self.people.as_ref().map_or(&[], |list| &list.set_aside),
            Kind::Staff => self.staff.as_ref().map_or(&[], |list| &list.set_aside),
        }
    }

    pub(super) fn set_aside_ids(&self, kind: Kind) -> plan::SetAside {
        let entries = self.set_aside(kind);
        let mut found = plan::SetAside { entries: entries.len(), ..plan::SetAside::default() };
        for one in entries {
            match &one.external_id {
                Some(id) => drop(found.ids.insert(id.clone())),
                None => found.without_id += 1,
            }
        }
        found
    }

    /// Whether records say under which of the listed services they stand.
    pub(super) fn names_services(&self, kind: Kind) -> bool {
        let listed = |id: &Option<String>| id.as_ref().is_some_and(|id| self.services.contains_key(id));
        match kind {
            Kind::People => self
                .people
                .as_ref()
                .is_some_and(|list| list.records.iter().any(|one| listed(&one.service_id))),
            Kind::Staff => {
                self.staff.as_ref().is_some_and(|list| list.records.iter().any(|one| listed(&one.service_id)))
            }
        }
    }

    /// The record as it is kept: JSON of its normalised fields.
    pub(super) fn data(&self, kind: Kind, n: usize) -> String {
        let json = match kind {
            Kind::People => {
                self.people.as_ref().and_then(|list| list.records.get(n)).map(serde_json::to_string)
            }
            Kind::Staff => {
                self.staff.as_ref().and_then(|list| list.records.get(n)).map(serde_json::to_string)
            }
        };
        json.and_then(Result::ok).unwrap_or_default()
    }

    /// The resident's record behind an incoming one.
    pub(super) fn person_at(&self, n: usize) -> Option<&PersonRecord> {
        self.people.as_ref()?.records.get(n)
    }

    pub(super) fn service_name(&self, id: Option<&String>) -> String {
        id.and_then(|id| self.services.get(id)).cloned().unwrap_or_default()
    }

    fn person(&self, record: &PersonRecord) -> Incoming {
        Incoming {
            external_id: record.external_id.clone(),
            hash: hex(&record.content_hash()),
            facts: person_facts(record, self.service_name(record.service_id.as_ref())),
            owned: Owned::of(record),
            archived: record.archived,
        }
    }

    fn staff_member(&self, record: &StaffRecord) -> Incoming {
        Incoming {
            external_id: record.external_id.clone(),
            hash: hex(&record.content_hash()),
            facts: staff_facts(record, self.service_name(record.service_id.as_ref())),
            owned: Owned::default(),
            archived: record.archived,
        }
    }
}
