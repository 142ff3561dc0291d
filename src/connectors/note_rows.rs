//! A session note as it came, made a record: only its frame is read, and what the therapist wrote, drew and signed is
//! carried through as it is.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::collect::{Broken, Context, FromRow, IDENTIFIER};
use super::notes::{NoteField, NoteRecord, NoteSignature};
use super::profile::{Field, Operation};
use super::row::Row;

/// More than any template has.
const MOST_FIELDS: usize = 1_000;
const MOST_SIGNATURES: usize = 50;

impl FromRow for NoteRecord {
    fn from_row(row: &Row<'_>, text: &str, context: &mut Context<'_>) -> Result<Self, Broken> {
        let external_id = context.needed(row, Field::ExternalId, IDENTIFIER)?;
        let inside: Value = serde_json::from_str(text).unwrap_or_default();
        let fields = entries(&inside, context.operation, Field::Fields)
            .filter(|all| all.len() <= MOST_FIELDS)
            .ok_or_else(|| context.unreadable("list of fields"))?;
        let signatures = entries(&inside, context.operation, Field::Signatures)
            .filter(|all| all.len() <= MOST_SIGNATURES)
            .ok_or_else(|| context.unreadable("list of signatures"))?;
        let (operation, status) = (context.operation, context.spare(row, Field::Status, "status"));
        Ok(Self {
            external_id,
            student_id: context.sure(row, Field::Person, "student")?.unwrap_or_default(),
            user_id: context.sure(row, Field::Author, "user")?.unwrap_or_default(),
            site_id: context.sure(row, Field::ServiceId, "site")?,
            status: status.unwrap_or_default(),
            date: context.spare(row, Field::Date, "date").unwrap_or_default(),
            published_at: moment(row, context, Field::PublishedAt, "time of publishing"),
            modified_at: moment(row, context, Field::ModifiedAt, "time of the last change"),
            template: context.spare(row, Field::Template, "name of the template").unwrap_or_default(),
            fields: fields.into_iter().map(|one| field(one, operation)).collect(),
            signatures: signatures.into_iter().map(|one| signature(one, operation)).collect(),
        })
    }

    fn version(&self) -> Option<DateTime<Utc>> {
        self.modified_at.or(self.published_at)
    }
}

fn moment(row: &Row<'_>, context: &mut Context<'_>, field: Field, called: &str) -> Option<DateTime<Utc>> {
    let sent = context.spare(row, field, called)?;
    let read = DateTime::parse_from_rfc3339(&sent).ok().map(|at| at.to_utc());
    if read.is_none() {
        context.warnings.push(format!("The {called} is not a possible one and was left out."));
    }
    read
}

/// The objects of a list inside the note; none where there is no such list, and `None` where it is something else.
fn entries<'v>(note: &'v Value, operation: &Operation, wanted: Field) -> Option<Vec<&'v Map<String, Value>>> {
    let named = note.as_object()?.iter();
    let mut lists = named.filter(|(name, value)| {
        !value.is_null() && operation.table.get(name).is_some_and(|(field, _)| field == wanted)
    });
    let Some((_, list)) = lists.next() else { return Some(Vec::new()) };
    list.as_array()?.iter().map(Value::as_object).collect()
}

/// A value inside an entry, as it came; what is no text stands as JSON, and nothing as nothing.
fn said(entry: &Map<String, Value>, operation: &Operation, wanted: Field) -> String {
    let under = |(name, value): (&String, &Value)| {
        let (field, rank) = operation.inner_table.get(name)?;
        (field == wanted && !value.is_null()).then(|| (rank, value.clone()))
    };
    let first = entry.iter().filter_map(under).min_by_key(|(rank, _)| *rank);
    match first {
        Some((_, Value::String(text))) => text,
        Some((_, other)) => other.to_string(),
        None => String::new(),
    }
}

fn field(entry: &Map<String, Value>, operation: &Operation) -> NoteField {
    NoteField {
        name: said(entry, operation, Field::Name),
        value: said(entry, operation, Field::Value),
        kind: said(entry, operation, Field::Kind),
    }
}

fn signature(entry: &Map<String, Value>, operation: &Operation) -> NoteSignature {
    let signed_at = said(entry, operation, Field::SignedAt);
    NoteSignature {
        field: said(entry, operation, Field::Name),
        value: said(entry, operation, Field::Value),
        signed_at: DateTime::parse_from_rfc3339(signed_at.trim()).ok().map(|at| at.to_utc()),
        place: said(entry, operation, Field::Place),
    }
}
