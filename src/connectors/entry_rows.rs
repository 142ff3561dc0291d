//! Entries of a timeline and tasks as they came, made records.

use std::collections::BTreeSet;

use chrono::DateTime;

use super::collect::{Broken, Context, FromRow, IDENTIFIER};
use super::profile::{Field, Operation};
use super::row::Row;
use super::{EntryRecord, TaskRecord};

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
