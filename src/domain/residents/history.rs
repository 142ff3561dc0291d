//! What happened to a resident: syncs and people's acts in one line of time, newest first.

use chrono::NaiveDateTime;
use serde_json::Value;

use super::store;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewResidents};
use crate::kit::ids::{ResidentId, RunId};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: NaiveDateTime,
    /// A person's name, or `The portal`.
    pub who: String,
    /// A sentence without its subject.
    pub words: String,
    pub changes: Vec<FieldChange>,
    pub run: Option<RunId>,
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// The last `limit` entries of each kind. Who merely looked is on the audit log, not here.
///
/// # Errors
/// `NotHere` when the resident is outside the scope.
pub fn history(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    id: ResidentId,
    limit: i64,
) -> Result<Vec<Entry>, Refusal> {
    super::get(conn, scope, id)?;
    let mut entries = store::acts(conn, scope.organisation(), id, super::OPENED, limit)?;
    entries.extend(store::run_changes(conn, scope.organisation(), id, limit)?);
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    Ok(entries)
}

/// Reads changed values from an event's details, whatever shape they were written in: a list of
/// `{field, before, after}`, an object of `{field: [before, after]}`, or `{before: {…}, after: {…}}`. Pure.
pub fn changes_in(details: &str) -> Vec<FieldChange> {
    match serde_json::from_str::<Value>(details) {
        Ok(Value::Array(list)) => list.iter().filter_map(listed).collect(),
        Ok(Value::Object(object)) => match (object.get("before"), object.get("after")) {
            (Some(before @ Value::Object(_)), Some(after)) => between(before, after),
            _ => object.iter().map(|(field, value)| pair(field, value)).collect(),
        },
        _ => Vec::new(),
    }
}

/// The fields in which two JSON objects differ.
pub(super) fn between(before: &Value, after: &Value) -> Vec<FieldChange> {
    let empty = serde_json::Map::new();
    let before = before.as_object().unwrap_or(&empty);
    let after = after.as_object().unwrap_or(&empty);
    let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
    fields.sort();
    fields.dedup();
    let differing = fields.into_iter().filter(|field| before.get(*field) != after.get(*field));
    differing
        .map(|field| FieldChange {
            field: readable(field),
            before: text(before.get(field)),
            after: text(after.get(field)),
        })
        .collect()
}

fn listed(value: &Value) -> Option<FieldChange> {
    let field = value.get("field")?.as_str()?;
    Some(FieldChange {
        field: readable(field),
        before: text(value.get("before")),
        after: text(value.get("after")),
    })
}

fn pair(field: &str, value: &Value) -> FieldChange {
    let field = readable(field);
    match value {
        Value::Array(both) if both.len() == 2 => {
            FieldChange { field, before: text(both.first()), after: text(both.last()) }
        }
        one => FieldChange { field, before: String::new(), after: text(Some(one)) },
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// `date_of_birth` → `Date of birth`; words that are readable stay.
fn readable(field: &str) -> String {
    let field = field.replace('_', " ").replace("nhs number", "NHS number");
    let mut chars = field.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_values_are_read_from_every_shape() {
        let room = vec![FieldChange { field: "Room".into(), before: "2".into(), after: "5".into() }];
        for details in [
            r#"[{"field":"Room","before":"2","after":"5"}]"#,
            r#"{"room":["2","5"]}"#,
            r#"{"before":{"room":"2","zone":1},"after":{"room":"5","zone":1}}"#,
        ] {
            assert_eq!(changes_in(details), room, "{details}");
        }
        assert_eq!(changes_in(""), []);
        assert_eq!(changes_in("not json"), []);
        assert_eq!(changes_in(r#"{"date_of_birth":null}"#)[0].field, "Date of birth");
    }
}
