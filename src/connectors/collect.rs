//! Turns rows into records and gathers them into a snapshot: the usable ones, those set aside with a reason and a
//! repair, and warnings about parts that had to be left out. One bad record never stops the others.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::http::Taker;
use super::profile::{Field, Operation};
use super::row::{Loose, Row};
use super::values;
use super::{
    Credential, EntryRecord, FailureKind, Location, PersonRecord, Record, ServiceRecord, SetAside, Snapshot,
    StaffRecord, TaskRecord, Vendor, Warning,
};

/// More than the largest group; a list that never ends is no list. Bounds the memory of a hostile one to about 60 MiB.
const MOST_RECORDS: usize = 125_000;
/// Reasons and warnings that are kept; beyond them something else is wrong.
const MOST_ACCOUNTS: usize = 10_000;

/// What a record is read against.
pub(super) struct Context<'p> {
    vendor: Vendor,
    screen: &'p str,
    operation: &'p Operation,
    credential: &'p Credential,
    today: Option<NaiveDate>,
    warnings: Vec<String>,
}

/// Why a record is set aside.
pub(super) struct Broken {
    reason: String,
    repair: String,
}

/// A record that can be read from a row. `text` is the same record as it came.
pub(super) trait FromRow: Record {
    fn from_row(row: &Row<'_>, text: &str, context: &mut Context<'_>) -> Result<Self, Broken>;

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
}

impl<'p, R: FromRow> Collector<'p, R> {
    pub(super) fn new(
        vendor: Vendor,
        operation: &'p Operation,
        screen: &'p str,
        credential: &'p Credential,
    ) -> Self {
        let context = Context { vendor, screen, operation, credential, today: None, warnings: Vec::new() };
        Self { context, snapshot: Snapshot::default(), taken: 0 }
    }

    /// For a connector that takes its records apart itself: what it left out of the one that it hands over next.
    pub(super) fn left_out(&mut self, words: Vec<String>) {
        self.context.warnings.extend(words);
    }

    /// The snapshot, each identifier once. A list of several of which not one can be used is a failure.
    pub(super) fn finish(mut self, fetched_bytes: u64) -> Result<Snapshot<R>, FailureKind> {
        self.part_duplicates();
        self.snapshot.fetched_bytes = fetched_bytes;
        if self.taken > 1 && self.snapshot.records.is_empty() {
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
    fn sure(&self, row: &Row<'_>, field: Field, called: &str) -> Result<Option<String>, Broken> {
        values::text(row.get(field)).map_err(|_unreadable| self.unreadable(called))
    }

    /// A text that the record must have.
    fn needed(&self, row: &Row<'_>, field: Field, called: &str) -> Result<String, Broken> {
        self.sure(row, field, called)?.ok_or_else(|| self.missing(called))
    }

    /// A text that may be left out, with a warning.
    fn spare(&mut self, row: &Row<'_>, field: Field, called: &str) -> Option<String> {
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

    fn unreadable(&self, called: &str) -> Broken {
        Broken {
            reason: format!("The {called} came in a form that cannot be read."),
            repair: format!(
                "Look at it on {}; if it is right there, tell {}'s support.",
                self.screen, self.vendor
            ),
        }
    }
}

const IDENTIFIER: &str = "identifier";

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
        })
    }

    fn is_the_same_elsewhere(&self, other: &Self) -> bool {
        let placeless = |one: &Self| Self { room: None, service_id: None, ..one.clone() };
        placeless(self) == placeless(other)
    }
}

impl FromRow for StaffRecord {
    fn from_row(row: &Row<'_>, _text: &str, context: &mut Context<'_>) -> Result<Self, Broken> {
        Ok(Self {
            external_id: context.needed(row, Field::ExternalId, IDENTIFIER)?,
            last_name: context.needed(row, Field::LastName, "last name")?,
            first_name: context.sure(row, Field::FirstName, "first name")?.unwrap_or_default(),
            email: context.spare(row, Field::Email, "e-mail address").map(|email| email.to_lowercase()),
            role: context.sure(row, Field::Role, "role")?.map(role),
            job_title: context.spare(row, Field::JobTitle, "job title"),
            service_id: context.sure(row, Field::ServiceId, "service")?,
            archived: context.gone(row, None)?,
        })
    }

    fn is_the_same_elsewhere(&self, other: &Self) -> bool {
        let placeless = |one: &Self| Self { service_id: None, ..one.clone() };
        placeless(self) == placeless(other)
    }
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
            token_key: token_key(row, context.credential),
            locations: locations(text, context.operation, active),
        })
    }
}

/// A list that names no tokens at all was made for the token we showed, so its services carry that one.
fn token_key(row: &Row<'_>, credential: &Credential) -> Option<String> {
    if !row.has(Field::Token) {
        return Some(credential.key().to_owned());
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

impl FromRow for EntryRecord {
    fn from_row(row: &Row<'_>, _text: &str, context: &mut Context<'_>) -> Result<Self, Broken> {
        Ok(Self {
            vendor_id: context.needed(row, Field::ExternalId, IDENTIFIER)?,
            our_id: context.sure(row, Field::OurId, "identifier of ours")?.unwrap_or_default(),
        })
    }
}

impl FromRow for TaskRecord {
    fn from_row(row: &Row<'_>, text: &str, context: &mut Context<'_>) -> Result<Self, Broken> {
        let (task_id, person) = (
            context.needed(row, Field::ExternalId, IDENTIFIER)?,
            context.needed(row, Field::Person, "identifier of the person")?,
        );
        let our_id = context.spare(row, Field::OurId, "identifier of ours").unwrap_or_default();
        let recorded_at = context.spare(row, Field::RecordedAt, "time of the task");
        let answers = inner(text, context.operation).ok_or_else(|| context.unreadable("list of fields"))?;
        let row = Row::parse(&answers, &context.operation.inner_table, &mut BTreeSet::default())
            .map_err(|_unreadable| context.unreadable("list of fields"))?;
        Ok(Self {
            task_id,
            person,
            our_id,
            recorded_at: recorded_at
                .and_then(|at| DateTime::parse_from_rfc3339(&at).ok())
                .map(|at| at.to_utc()),
            relative_name: context.spare(&row, Field::RelativeName, "relative's name").unwrap_or_default(),
            relative_email: context
                .spare(&row, Field::RelativeEmail, "relative's email address")
                .unwrap_or_default(),
            relationship: context
                .spare(&row, Field::Relationship, "relative's relationship")
                .unwrap_or_default(),
        })
    }
}

/// The object inside a task that holds what was typed. Tasks are few, so it is read a second time, as locations are.
fn inner(text: &str, operation: &Operation) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let named = value.as_object()?.iter();
    let mut inner = named.filter(|(name, value)| {
        value.is_object() && operation.table.get(name).is_some_and(|(field, _)| field == Field::Fields)
    });
    inner.next().map(|(_, value)| value.to_string())
}
