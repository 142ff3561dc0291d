//! What the faults of content make of one record. Pure: bytes in, bytes out.

use serde_json::{Value, json};

use super::fault::Fault;
use super::spoiling::Form;

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
    form: &Form,
    index: usize,
    record: Vec<u8>,
    some: &mut bool,
    out: &mut Vec<u8>,
) {
    match fault {
        Some(Fault::MostMissing) if !index.is_multiple_of(5) => {}
        Some(Fault::DuplicateKeys) => push(&lengthened(record, form.twice), some, out),
        Some(Fault::UnknownFields) => {
            push(&lengthened(record, r#""moon_phase":"full","extra":{"deep":[1,{"er":null}]}"#), some, out);
        }
        Some(Fault::DuplicateIdsSame) if index == 0 => {
            push(&record, some, out);
            push(&record, some, out);
        }
        Some(Fault::DuplicateIdsDifferent) if index == 0 => {
            push(&record, some, out);
            push(&changed(&record, |whole| set(whole, form.last_name, |_| json!("Other"))), some, out);
        }
        Some(Fault::AllNewIds) => {
            let renamed = |old: Value| json!(format!("new-{}", old.as_str().unwrap_or_default()));
            push(&changed(&record, |whole| set(whole, form.id, renamed)), some, out);
        }
        Some(Fault::NullsEverywhere) => {
            push(&changed(&record, |whole| each(whole, form.person, |_| Value::Null)), some, out);
        }
        Some(Fault::ChangedTypes) => push(&changed(&record, |whole| other_types(whole, form)), some, out),
        _ => push(&record, some, out),
    }
}

fn lengthened(mut record: Vec<u8>, field: &str) -> Vec<u8> {
    record.pop();
    record.push(b',');
    record.extend_from_slice(field.as_bytes());
    record.push(b'}');
    record
}

fn changed(record: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut whole: Value = serde_json::from_slice(record).unwrap_or_default();
    change(&mut whole);
    whole.to_string().into_bytes()
}

/// Puts something else at a place, if there is such a place.
fn set(whole: &mut Value, place: &str, new: impl FnOnce(Value) -> Value) {
    if let Some(value) = whole.pointer_mut(place) {
        let old = value.take();
        *value = new(old);
    }
}

/// Puts something else into each field of the person.
fn each(whole: &mut Value, person: &str, new: impl Fn(Value) -> Value) {
    if let Some(fields) = whole.pointer_mut(person).and_then(Value::as_object_mut) {
        for value in fields.values_mut() {
            let old = value.take();
            *value = new(old);
        }
    }
}

fn other_types(whole: &mut Value, form: &Form) {
    let last_name = whole.pointer(form.last_name).cloned().unwrap_or_default();
    each(whole, form.person, |value| json!([value]));
    set(whole, form.id, |_| json!(4711));
    set(whole, form.birth_date, |_| json!(19_380_402));
    set(whole, form.last_name, |_| json!({ "value": last_name }));
}
