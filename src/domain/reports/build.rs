//! Rows of what is here and what is there, brought together. Pure: values in, rows out.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::store::{LinkRow, Record};
use super::{At, Mapping, Row, Standing};
use crate::domain::access::Places;
use crate::kit::ids::{ExternalRecordId, PlaceId};

/// Somebody or something at the vendor.
#[derive(Clone, Debug, Default)]
pub struct There {
    pub record: i64,
    pub external_id: String,
    pub name: String,
    pub born: Option<NaiveDate>,
    pub email: String,
    /// The vendor's identifiers of its sites.
    pub sites: Vec<String>,
    /// The vendor does not list it any more.
    pub gone: bool,
    pub first_seen: NaiveDateTime,
}

/// Somebody or something here.
#[derive(Clone, Debug, Default)]
pub struct Here {
    pub id: i64,
    pub name: String,
    pub born: Option<NaiveDate>,
    pub email: String,
    pub places: Vec<PlaceId>,
    /// Archived or suspended: nothing is missing where they are not mapped.
    pub inactive: bool,
    pub since: NaiveDateTime,
}

/// What is read of a stored record.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Shown {
    first_name: String,
    last_name: String,
    name: String,
    email: Option<String>,
    date_of_birth: Option<NaiveDate>,
    service_id: Option<String>,
    service_ids: Vec<String>,
}

impl There {
    pub fn of(record: Record) -> Self {
        let shown: Shown = serde_json::from_str(&record.data).unwrap_or_default();
        let mut sites = shown.service_ids;
        sites.extend(shown.service_id.filter(|id| !id.is_empty()));
        Self {
            record: record.id.0,
            external_id: record.external_id,
            name: if shown.name.is_empty() {
                full_name(&shown.first_name, &shown.last_name)
            } else {
                shown.name
            },
            born: shown.date_of_birth,
            email: shown.email.unwrap_or_default(),
            sites,
            gone: record.missing_runs > 0,
            first_seen: record.first_seen_at,
        }
    }
}

pub fn full_name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// Mappings of one connection and kind.
#[derive(Default)]
pub struct Links {
    by_record: HashMap<i64, LinkRow>,
    record_of: HashMap<i64, i64>,
    lost_record: HashMap<i64, NaiveDateTime>,
    lost_local: HashMap<i64, NaiveDateTime>,
}

impl Links {
    /// Oldest first.
    pub fn of(rows: Vec<LinkRow>) -> Self {
        let mut links = Self::default();
        for row in rows {
            let record = row.external_record_id.0;
            if let Some(at) = row.ended_at {
                links.lost_record.insert(record, at);
                links.lost_local.insert(row.local_id, at);
            } else {
                links.record_of.insert(row.local_id, record);
                links.by_record.insert(record, row);
            }
        }
        links
    }

    /// What a record is mapped to.
    pub fn local(&self, record: i64) -> Option<i64> {
        self.by_record.get(&record).map(|link| link.local_id)
    }

    /// The record that something here is mapped to.
    pub fn record(&self, local: i64) -> Option<i64> {
        self.record_of.get(&local).copied()
    }

    pub fn mapping(&self, record: i64) -> Option<Mapping> {
        self.by_record.get(&record).map(|link| Mapping {
            origin: link.origin.clone(),
            by: link.paired_by_name.clone(),
            at: link.paired_at,
            rule: link.rule.clone(),
        })
    }

    /// When the last mapping of a record ended.
    pub fn lost_by_record(&self, record: i64) -> Option<NaiveDateTime> {
        self.lost_record.get(&record).copied()
    }

    pub fn lost_by_local(&self, local: i64) -> Option<NaiveDateTime> {
        self.lost_local.get(&local).copied()
    }
}

/// The names of agencies, and which of them somebody may read of.
pub struct Reach {
    pub names: HashMap<PlaceId, String>,
    only: Option<HashSet<PlaceId>>,
}

impl Reach {
    pub fn of(agencies: &[(PlaceId, String, NaiveDateTime)], places: &Places) -> Self {
        let only = match places {
            Places::All => None,
            Places::Only(ids) => Some(ids.iter().copied().collect()),
        };
        Self { names: agencies.iter().map(|(id, name, _)| (*id, name.clone())).collect(), only }
    }

    /// Whether one of these places is reached; of what is in no place only those read who see all.
    pub fn covers(&self, places: &[PlaceId]) -> bool {
        self.only.as_ref().is_none_or(|only| places.iter().any(|place| only.contains(place)))
    }

    /// The agencies' names in one line.
    pub fn words(&self, places: &[PlaceId]) -> String {
        let names = places.iter().filter_map(|place| self.names.get(place));
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

/// Sites by the vendor's identifier, each with the agency that it is mapped to.
#[derive(Default)]
pub struct Sites(HashMap<String, PlaceId>);

impl Sites {
    pub fn of(sites: &[There], links: &Links) -> Self {
        let mapped = sites.iter().filter_map(|site| {
            let place = PlaceId(links.local(site.record)?);
            Some((site.external_id.clone(), place))
        });
        Self(mapped.collect())
    }

    pub fn place(&self, site: &str) -> Option<PlaceId> {
        self.0.get(site).copied()
    }

    fn places(&self, sites: &[String]) -> Vec<PlaceId> {
        let mut places: Vec<PlaceId> = sites.iter().filter_map(|site| self.place(site)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// Everything that two sides are brought together by.
pub struct Both<'a> {
    pub there: Vec<There>,
    pub here: Vec<Here>,
    pub links: &'a Links,
    pub sites: &'a Sites,
    pub reach: &'a Reach,
    /// Why records are not mapped.
    pub reasons: HashMap<ExternalRecordId, String>,
    /// Why somebody here is not.
    pub alone: &'static str,
    pub at: At,
}

/// What the next pull says more of.
const NOT_LOOKED_AT: &str = "The next pull looks at it.";

impl Both<'_> {
    /// A row for each record there, and one for each here that no record is mapped to.
    pub fn rows(self) -> Vec<Row> {
        let here: HashMap<i64, &Here> = self.here.iter().map(|one| (one.id, one)).collect();
        let mut rows = Vec::with_capacity(self.there.len() + self.here.len());
        for there in &self.there {
            let local = self.links.local(there.record).and_then(|id| here.get(&id).copied());
            if local.is_none() && there.gone {
                continue;
            }
            rows.push(self.of_record(there, local));
        }
        let alone = self.here.iter().filter(|one| !one.inactive && self.links.record(one.id).is_none());
        rows.extend(alone.map(|one| self.of_local(one)));
        rows.retain(|row| self.reach.covers(&row.places));
        rows
    }

    fn of_record(&self, there: &There, here: Option<&Here>) -> Row {
        let places = here.map_or_else(|| self.sites.places(&there.sites), |here| here.places.clone());
        let mapping = here.and_then(|_| self.links.mapping(there.record));
        let is_mapped = mapping.is_some();
        let why = || {
            let known = self.reasons.get(&ExternalRecordId(there.record)).cloned();
            known.unwrap_or_else(|| NOT_LOOKED_AT.to_owned())
        };
        Row {
            ours: here.map(|one| one.id),
            theirs: there.external_id.clone(),
            system: "Ensora Data Collection".to_owned(),
            name_here: here.map(|one| one.name.clone()).unwrap_or_default(),
            name_there: there.name.clone(),
            born: here.map_or(there.born, |one| one.born),
            email: here.map_or_else(|| there.email.clone(), |one| one.email.clone()),
            agency: self.reach.words(&places),
            places,
            standing: if is_mapped { Standing::Mapped } else { Standing::NotMapped },
            lost_at: (!is_mapped).then(|| self.links.lost_by_record(there.record)).flatten(),
            why: if is_mapped { String::new() } else { why() },
            mapping,
            first_seen: there.first_seen,
            age: days(there.first_seen, self.at),
            ..Row::default()
        }
    }

    fn of_local(&self, here: &Here) -> Row {
        Row {
            ours: Some(here.id),
            name_here: here.name.clone(),
            born: here.born,
            email: here.email.clone(),
            agency: self.reach.words(&here.places),
            places: here.places.clone(),
            lost_at: self.links.lost_by_local(here.id),
            why: self.alone.to_owned(),
            first_seen: here.since,
            age: days(here.since, self.at),
            ..Row::default()
        }
    }
}

/// Whole days between the day of a moment and today; nothing for what is still to come.
pub fn days(since: NaiveDateTime, at: At) -> i64 {
    (at.today() - at.day(since)).num_days().max(0)
}
