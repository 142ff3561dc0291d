//! Turns rows into records and gathers them into a snapshot: the usable ones, those set aside with a reason and a
//! repair, and warnings about parts that had to be left out. One bad record never stops the others.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::http::Taker;
use super::profile::{Field, Operation};
use super::row::{Loose, Row};
use super::values;
use super::{
    Credential, FailureKind, Location, PersonRecord, Record, ServiceRecord, SetAside, Snapshot, StaffRecord,
    Vendor, Warning,
};

/// More than the largest group; a list that never ends is no list. Bounds the memory of a hostile one to about 60 MiB.
const MOST_RECORDS: usize = 125_000;
/// Reasons and warnings that are kept; beyond them something else is wrong.
const MOST_ACCOUNTS: usize = 10_000;

/// What a record is read against.
pub(super) struct Context<'p> {
    vendor: Vendor,
    pub(super) screen: &'p str,
    pub(super) operation: &'p Operation,
    credential: &'p Credential,
    today: Option<NaiveDate>,
    pub(super) warnings: Vec<String>,
}

/// Why a record is set aside.
pub(super) struct Broken {
    pub(super) reason: String,
    pub(super) repair: String,
}

/// A record that can be read from a row. `text` is the same record as it came.
pub(super) trait FromRow: Record {
    fn from_row(row: &Row<'_>, text: &str, context: &mut Context<'_>) -> Result<Self, Broken>;

    /// When it was changed last, of records that may change while the list is read: of several under one identifier
    /// the newest counts.
    fn version(&self) -> Option<DateTime<Utc>> {
        None
    }

    /// Whether the other is the same record but for the place under which it came.
    fn is_the_same_elsewhere(&self, _other: &Self) -> bool {
        false
    }
}

/// Gathers one list.
pub(super) struct Collector<'p, R> {
    context: Context<'p>,
    snapshot: Snapshot<R>,
    taken: usize,
    /// Of these, which are none of ours, and which were too long to be read.
    passed: usize,
}

impl<'p, R: FromRow> Collector<'p, R> {
    pub(super) fn new(
        vendor: Vendor,
        operation: &'p Operation,
        screen: &'p str,
        credential: &'p Credential,
    ) -> Self {
        let context = Context { vendor, screen, operation, credential, today: None, warnings: Vec::new() };
        Self { context, snapshot: Snapshot::default(), taken: 0, passed: 0 }
    }

    /// For a connector that takes its records apart itself: what it left out of the one that it hands over next.
    pub(super) fn left_out(&mut self, words: Vec<String>) {
        self.context.warnings.extend(words);
    }

    /// The snapshot, each identifier once. A list of several of which not one can be used is a failure.
    pub(super) fn finish(mut self, fetched_bytes: u64) -> Result<Snapshot<R>, FailureKind> {
        self.part_duplicates();
        self.snapshot.fetched_bytes = fetched_bytes;
        if self.taken - self.passed > 1 && self.snapshot.records.is_empty() {
            return Err(FailureKind::AllRecordsBroken);
        }
        Ok(self.snapshot)
    }

    fn set_aside(&mut self, external_id: Option<String>, name: Option<String>, broken: Broken) {
        if self.snapshot.set_aside.len() < MOST_ACCOUNTS {
            let Broken { reason, repair } = broken;
            self.snapshot.set_aside.push(SetAside { external_id, name, reason, repair });
        }
    }

    fn warn(&mut self, external_id: &str) {
        for words in self.context.warnings.drain(..) {
            if self.snapshot.warnings.len() < MOST_ACCOUNTS {
                self.snapshot.warnings.push(Warning { external_id: external_id.to_owned(), words });
            }
        }
    }

    /// Equal records under one identifier become one; different ones are all set aside, since nobody can say which
    /// of them is the person.
    fn part_duplicates(&mut self) {
        if self.context.operation.once_a_place {
            self.join_places();
        }
        self.drop_older();
        let mut first: HashMap<&str, [u8; 16]> = HashMap::with_capacity(self.snapshot.records.len());
        let mut torn: HashSet<String> = HashSet::new();
        let mut doubled = false;
        for record in &self.snapshot.records {
            let hash = record.content_hash();
            if let Some(other) = first.insert(record.external_id(), hash) {
                doubled = true;
                if other != hash {
                    torn.insert(record.external_id().to_owned());
                }
            }
        }
        if !doubled {
            return;
        }
        let mut seen = HashSet::new();
        for record in std::mem::take(&mut self.snapshot.records) {
            if torn.contains(record.external_id()) {
                let broken = self.context.sent_twice();
                self.set_aside(Some(record.external_id().to_owned()), Some(record.full_name()), broken);
            } else if seen.insert(record.external_id().to_owned()) {
                self.snapshot.records.push(record);
            }
        }
    }
}

impl<R: FromRow> Collector<'_, R> {
    /// A record that was changed between two pages may stand on both.
    fn drop_older(&mut self) {
        let mut newest: HashMap<String, DateTime<Utc>> = HashMap::new();
        for record in &self.snapshot.records {
            if let Some(version) = record.version() {
                let known = newest.entry(record.external_id().to_owned()).or_insert(version);
                *known = version.max(*known);
            }
        }
        let is_newest = |record: &R| {
            newest.get(record.external_id()).is_none_or(|newest| record.version() == Some(*newest))
        };
        self.snapshot.records.retain(is_newest);
    }

    /// Of records that differ in nothing but their place the first one stands for all.
    fn join_places(&mut self) {
        let mut first: HashMap<String, usize> = HashMap::with_capacity(self.snapshot.records.len());
        let mut kept: Vec<R> = Vec::with_capacity(self.snapshot.records.len());
        for record in std::mem::take(&mut self.snapshot.records) {
            let before = first.get(record.external_id()).and_then(|at| kept.get(*at));
            if before.is_some_and(|before| before.is_the_same_elsewhere(&record)) {
                continue;
            }
            first.entry(record.external_id().to_owned()).or_insert(kept.len());
            kept.push(record);
        }
        self.snapshot.records = kept;
    }
}

impl<R: FromRow> Taker for Collector<'_, R> {
    fn answered(&mut self, vendor_time: Option<DateTime<Utc>>) {
        self.snapshot.vendor_time = vendor_time;
        self.context.today = vendor_time.map(|time| time.date_naive());
    }

    fn take(&mut self, element: &[u8]) -> Result<(), FailureKind> {
        self.taken += 1;
        if self.taken > MOST_RECORDS {
            return Err(FailureKind::TooLarge);
        }
        let text = str::from_utf8(element).map_err(|_bad| FailureKind::BadText)?;
        let row = match Row::parse(text, &self.context.operation.table, &mut self.snapshot.unmapped_fields) {
            Ok(row) => row,
            Err(error) if error.is_data() || error.to_string().contains("hex escape") => {
                let broken = self.context.not_a_record();
                self.set_aside(None, None, broken);
                return Ok(());
            }
            Err(_) => return Err(FailureKind::MalformedJson),
        };
        if self.context.operation.leaves_out(&row) {
            self.passed += 1;
            return Ok(());
        }
        let found = if row.repeated {
            Err(self.context.field_twice())
        } else {
            R::from_row(&row, text, &mut self.context)
        };
        match found {
            Ok(record) => {
                self.warn(record.external_id());
                self.snapshot.records.push(record);
            }
            Err(broken) => {
                self.context.warnings.clear();
                self.set_aside(
                    values::text(row.get(Field::ExternalId)).ok().flatten(),
                    name_of(&row),
                    broken,
                );
            }
        }
        Ok(())
    }

    fn too_long(&mut self, beginning: &[u8]) -> Result<(), FailureKind> {
        self.taken += 1;
        self.passed += 1;
        if self.taken > MOST_RECORDS {
            return Err(FailureKind::TooLarge);
        }
        let text = String::from_utf8_lossy(beginning);
        let (external_id, name) = Row::beginning(&text, &self.context.operation.table);
        let broken = self.context.too_large();
        self.set_aside(external_id, name, broken);
        Ok(())
    }

    fn taken(&self) -> usize {
        self.taken
    }
}

/// What somebody could look for: as much of a name as there is.
fn name_of(row: &Row<'_>) -> Option<String> {
    let parts = [Field::FirstName, Field::LastName, Field::Name];
    let found: Vec<String> =
        parts.iter().filter_map(|field| values::text(row.get(*field)).ok().flatten()).collect();
    if found.is_empty() { None } else { Some(found.join(" ")) }
}

impl Context<'_> {
    /// A text without which the record cannot be used safely, if it came in a form that cannot be read.
    pub(super) fn sure(&self, row: &Row<'_>, field: Field, called: &str) -> Result<Option<String>, Broken> {
        values::text(row.get(field)).map_err(|_unreadable| self.unreadable(called))
    }

    /// A text that the record must have.
    pub(super) fn needed(&self, row: &Row<'_>, field: Field, called: &str) -> Result<String, Broken> {
        self.sure(row, field, called)?.ok_or_else(|| self.missing(called))
    }

    /// A text that may be left out, with a warning.
    pub(super) fn spare(&mut self, row: &Row<'_>, field: Field, called: &str) -> Option<String> {
        values::text(row.get(field)).unwrap_or_else(|_unreadable| {
            self.warnings.push(format!("The {called} came in a form that cannot be read and was left out."));
            None
        })
    }

    fn born(&mut self, row: &Row<'_>) -> Option<NaiveDate> {
        let text = match row.get(Field::DateOfBirth) {
            Loose::Null => return None,
            Loose::Text(text) if text.trim().is_empty() => return None,
            Loose::Text(text) => Some(text),
            _ => None,
        };
        let day = text.and_then(|text| values::birthday(text, self.today));
        if day.is_none() {
            self.warnings.push(format!(
                "The date of birth is not a possible one and was left out. Correct it on {}, save, and sync again.",
                self.screen
            ));
        }
        day
    }

    fn gone(&self, row: &Row<'_>, status: Option<&str>) -> Result<bool, Broken> {
        let said = values::gone(row.get(Field::Archived), self.today)
            .map_err(|_unreadable| self.unreadable("mark for having left"))?;
        let here = values::flag(row.get(Field::Active))
            .map_err(|_unreadable| self.unreadable("mark for being there"))?;
        Ok(said
            || here == Some(false)
            || status.is_some_and(|status| status.eq_ignore_ascii_case("archived")))
    }

    fn not_a_record(&self) -> Broken {
        Broken {
            reason: "An entry of the list is not a record.".to_owned(),
            repair: format!("Tell {}'s support.", self.vendor),
        }
    }

    fn field_twice(&self) -> Broken {
        Broken {
            reason: "The record names one field twice, so it is not clear which one counts.".to_owned(),
            repair: format!("Tell {}'s support.", self.vendor),
        }
    }

    fn too_large(&self) -> Broken {
        let most = self.operation.longest.unwrap_or_default() / (1024 * 1024);
        Broken {
            reason: format!("It is too large: it has more than {most} megabytes."),
            repair: format!(
                "Look in {} for a picture or a signature that is far larger than others, replace it, and save.",
                self.screen
            ),
        }
    }

    fn sent_twice(&self) -> Broken {
        Broken {
            reason: format!("{} sent this identifier twice with different details.", self.vendor),
            repair: format!(
                "Look in {} for two entries of this name, archive the wrong one, and sync again. If there is only \
                 one, tell {}'s support.",
                self.screen, self.vendor
            ),
        }
    }

    fn missing(&self, called: &str) -> Broken {
        let repair = if called == IDENTIFIER {
            format!("Tell {}'s support: without it nobody can be told apart.", self.vendor)
        } else {
            format!("Fill it in on {}, save, and sync again.", self.screen)
        };
        Broken { reason: format!("The {called} is missing."), repair }
    }

    pub(super) fn unreadable(&self, called: &str) -> Broken {
        Broken {
            reason: format!("The {called} came in a form that cannot be read."),
            repair: format!(
                "Look at it on {}; if it is right there, tell {}'s support.",
                self.screen, self.vendor
            ),
        }
    }
}

pub(super) const IDENTIFIER: &str = "identifier";

impl FromRow for PersonRecord {
    fn from_row(row: &Row<'_>, _text: &str, context: &mut Context<'_>) -> Result<Self, Broken> {
        let status = context.sure(row, Field::Status, "status")?;
        Ok(Self {
            external_id: context.needed(row, Field::ExternalId, IDENTIFIER)?,
            last_name: context.needed(row, Field::LastName, "last name")?,
            first_name: context.sure(row, Field::FirstName, "first name")?.unwrap_or_default(),
            preferred_name: context.spare(row, Field::PreferredName, "preferred name"),
            date_of_birth: context.born(row),
            nhs_number: context.spare(row, Field::NhsNumber, "NHS number").map(values::nhs_number),
            resident_type: context.sure(row, Field::ResidentType, "resident type")?,
            archived: context.gone(row, status.as_deref())?,
            status,
            room: context.spare(row, Field::Room, "room"),
            service_id: context.sure(row, Field::ServiceId, "service")?,
            time_zone: context.spare(row, Field::TimeZone, "time zone"),
        })
    }

    fn is_the_same_elsewhere(&self, other: &Self) -> bool {
        let placeless = |one: &Self| Self { room: None, service_id: None, ..one.clone() };
        placeless(self) == placeless(other)
    }
}

impl FromRow for StaffRecord {
    fn from_row(row: &Row<'_>, text: &str, context: &mut Context<'_>) -> Result<Self, Broken> {
        let service_ids = if row.has(Field::ServiceIds) {
            identifiers(text, context.operation).ok_or_else(|| context.unreadable("list of services"))?
        } else {
            Vec::new()
        };
        let service_id = context.sure(row, Field::ServiceId, "service")?;
        Ok(Self {
            external_id: context.needed(row, Field::ExternalId, IDENTIFIER)?,
            last_name: context.needed(row, Field::LastName, "last name")?,
            first_name: context.sure(row, Field::FirstName, "first name")?.unwrap_or_default(),
            email: context.spare(row, Field::Email, "email address").map(|email| email.to_lowercase()),
            role: context.sure(row, Field::Role, "role")?.map(role),
            job_title: context.spare(row, Field::JobTitle, "job title"),
            service_id: service_id.or_else(|| service_ids.first().cloned()),
            service_ids,
            archived: context.gone(row, None)?,
        })
    }

    fn is_the_same_elsewhere(&self, other: &Self) -> bool {
        let placeless = |one: &Self| Self { service_id: None, service_ids: Vec::new(), ..one.clone() };
        placeless(self) == placeless(other)
    }
}

/// The services of somebody who is in several. Staff are few, so the list is read a second time, as locations are.
fn identifiers(text: &str, operation: &Operation) -> Option<Vec<String>> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let named = value.as_object()?.iter();
    let mut lists = named
        .filter(|(name, _)| operation.table.get(name).is_some_and(|(field, _)| field == Field::ServiceIds));
    let Some((_, list)) = lists.next().filter(|(_, list)| !list.is_null()) else { return Some(Vec::new()) };
    let read = |one: &serde_json::Value| match one {
        serde_json::Value::String(id) => values::text(&Loose::Text(id.as_str().into())).ok()?,
        serde_json::Value::Number(id) => id.as_u64().map(|id| id.to_string()),
        _ => None,
    };
    list.as_array()?.iter().map(read).collect()
}

fn role(sent: String) -> String {
    ["Manager", "Staff"]
        .into_iter()
        .find(|known| sent.eq_ignore_ascii_case(known))
        .map_or(sent, str::to_owned)
}

impl FromRow for ServiceRecord {
    fn from_row(row: &Row<'_>, text: &str, context: &mut Context<'_>) -> Result<Self, Broken> {
        let active =
            values::flag(row.get(Field::Active)).map_err(|_unreadable| context.unreadable("switch"))?;
        let active = active.unwrap_or(true);
        Ok(Self {
            external_id: context.needed(row, Field::ExternalId, IDENTIFIER)?,
            name: context.needed(row, Field::Name, "name")?,
            active,
            token_key: token_key(row, context.credential, active),
            locations: locations(text, context.operation, active),
        })
    }
}

/// A list that names no tokens at all was made for the token we showed, so its services carry that one, those that are
/// switched on.
fn token_key(row: &Row<'_>, credential: &Credential, active: bool) -> Option<String> {
    if !row.has(Field::Token) {
        return active.then(|| credential.key().to_owned());
    }
    match row.get(Field::Token) {
        Loose::Text(sent) => credential.key_of(sent.trim()).map(str::to_owned),
        _ => None,
    }
}

/// Services are few, so their inner list is read a second time rather than carried through every row.
fn locations(text: &str, operation: &Operation, active: bool) -> Vec<Location> {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let named = value.as_object().into_iter().flatten();
    let lists = named
        .filter(|(name, _)| operation.table.get(name).is_some_and(|(field, _)| field == Field::Locations));
    let entries = lists.filter_map(|(_, value)| value.as_array()).flatten();
    entries.filter_map(|entry| location(&entry.to_string(), operation, active)).collect()
}

fn location(text: &str, operation: &Operation, active: bool) -> Option<Location> {
    let row = Row::parse(text, &operation.inner_table, &mut BTreeSet::default()).ok()?;
    let name = values::text(row.get(Field::Name)).ok()??;
    let external_id = values::text(row.get(Field::ExternalId)).ok()?.unwrap_or_else(|| name.clone());
    let on = values::flag(row.get(Field::On)).ok()?.unwrap_or(active);
    Some(Location { external_id, name, on })
}
