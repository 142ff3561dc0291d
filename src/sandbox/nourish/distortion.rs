//! What the faults of content make of one record. Pure: bytes in, bytes out.

use serde_json::{Value, json};

use super::fault::Fault;

/// Adds a record to a list that holds `some` or none yet.
pub(super) fn push(record: &[u8], some: &mut bool, out: &mut Vec<u8>) {
    if *some {
        out.push(b',');
    }
    *some = true;
    out.extend_from_slice(record);
}

/// What a fault of content makes of one record.
pub(super) fn distort(
    fault: Option<Fault>,
    index: usize,
    record: Vec<u8>,
    some: &mut bool,
    out: &mut Vec<u8>,
) {
    match fault {
        Some(Fault::MostMissing) if !index.is_multiple_of(5) => {}
        Some(Fault::DuplicateKeys) => push(&lengthened(record, r#","last_name":"Twice"}"#), some, out),
        Some(Fault::UnknownFields) => {
            push(&lengthened(record, r#","moon_phase":"full","extra":{"deep":[1,{"er":null}]}}"#), some, out);
        }
        Some(Fault::DuplicateIdsSame) if index == 0 => {
            push(&record, some, out);
            push(&record, some, out);
        }
        Some(Fault::DuplicateIdsDifferent) if index == 0 => {
            push(&record, some, out);
            push(
                &changed(&record, |name, value| if name == "last_name" { json!("Other") } else { value }),
                some,
                out,
            );
        }
        Some(Fault::AllNewIds) => {
            let renamed = |name: &str, value: Value| {
                if name == "id" {
                    json!(format!("new-{}", value.as_str().unwrap_or_default()))
                } else {
                    value
                }
            };
            push(&changed(&record, renamed), some, out);
        }
        Some(Fault::NullsEverywhere) => push(&changed(&record, |_, _| Value::Null), some, out),
        Some(Fault::ChangedTypes) => push(&changed(&record, other_type), some, out),
        _ => push(&record, some, out),
    }
}

fn lengthened(mut record: Vec<u8>, end: &str) -> Vec<u8> {
    record.pop();
    record.extend_from_slice(end.as_bytes());
    record
}

fn changed(record: &[u8], change: impl Fn(&str, Value) -> Value) -> Vec<u8> {
    let fields: serde_json::Map<String, Value> = serde_json::from_slice(record).unwrap_or_default();
    let fields: serde_json::Map<_, _> =
        fields.into_iter().map(|(name, value)| (name.clone(), change(&name, value))).collect();
    Value::Object(fields).to_string().into_bytes()
}

fn other_type(name: &str, value: Value) -> Value {
    match name {
        "id" => json!(4711),
        "birth_date" => json!(19_380_402),
        "last_name" => json!({ "value": value }),
        _ => json!([value]),
    }
}
