//! Takes the pictures out of a note before it is kept: what stays is a mark with the picture's hash, or the reason why
//! it was left out. Pure.

use std::collections::HashMap;

use super::fields::Field;
use crate::connectors::NoteRecord;
use crate::domain::appointments::signatures::{self, Picture};
use crate::kit::secret::fingerprint;

const KEPT: &str = "sha256:";
const LEFT_OUT: &str = "left out: ";

/// A note without its pictures, and the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    pub record: NoteRecord,
    /// By hash.
    pub pictures: HashMap<String, Picture>,
    /// Over everything that a reader would call a change.
    pub hash: String,
    /// As it is kept.
    pub json: String,
}

/// What stands in a kept value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The hash of a picture.
    Picture(String),
    /// Why there is none, after "The signature".
    LeftOut(String),
    Text(String),
}

impl Shown {
    pub fn read(value: &str) -> Self {
        if let Some(hash) = value.strip_prefix(KEPT) {
            return Self::Picture(hash.to_owned());
        }
        match value.strip_prefix(LEFT_OUT) {
            Some(why) => Self::LeftOut(why.to_owned()),
            None => Self::Text(value.to_owned()),
        }
    }
}

pub fn clean(mut record: NoteRecord) -> Cleaned {
    let mut pictures = HashMap::new();
    for field in &mut record.fields {
        let signature = Field::of(&field.name).is_some_and(Field::is_signature);
        let value = std::mem::take(&mut field.value);
        field.value = kept(value, signature, &mut pictures);
        field.name = plain(&field.name);
        field.kind = plain(&field.kind);
    }
    for one in &mut record.signatures {
        one.value = kept(std::mem::take(&mut one.value), true, &mut pictures);
        one.field = plain(&one.field);
        one.place = plain(&one.place);
    }
    for text in [&mut record.student_id, &mut record.user_id, &mut record.status, &mut record.date] {
        let trimmed = plain(text);
        trimmed.trim().clone_into(text);
    }
    record.external_id = plain(&record.external_id);
    record.template = plain(&record.template);
    record.site_id =
        record.site_id.map(|site| plain(&site).trim().to_owned()).filter(|site| !site.is_empty());
    let (hash, json) = (hash_of(&record), serde_json::to_string(&record).unwrap_or_default());
    Cleaned { record, pictures, hash, json }
}

/// A note that was only saved again is the same note.
fn hash_of(record: &NoteRecord) -> String {
    let same = NoteRecord { modified_at: None, published_at: None, ..record.clone() };
    fingerprint(&serde_json::to_string(&same).unwrap_or_default())
}

fn kept(value: String, signature: bool, pictures: &mut HashMap<String, Picture>) -> String {
    let trimmed = value.trim_start();
    // Nobody writes what only we write.
    if trimmed.starts_with(KEPT) || trimmed.starts_with(LEFT_OUT) {
        return format!("{LEFT_OUT}was sent without a picture");
    }
    let is_file = trimmed.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"));
    if !signature {
        return if is_file && trimmed.contains(',') {
            format!("{LEFT_OUT}is a file in a field for text")
        } else {
            plain(&value)
        };
    }
    if trimmed.is_empty() {
        return String::new();
    }
    match signatures::read(&value) {
        Ok(picture) => {
            let mark = format!("{KEPT}{}", picture.hash);
            pictures.insert(picture.hash.clone(), picture);
            mark
        }
        Err(why) => format!("{LEFT_OUT}{}", why.words()),
    }
}

/// Without control characters, which no database row may hold and nobody can read.
fn plain(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control() || matches!(sign, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::{NoteField, NoteSignature};
    use crate::domain::notes::fields;

    const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    fn note(fields: &[(&str, &str)]) -> NoteRecord {
        let times = [("Start Time", "13:00"), ("End Time", "14:00")];
        let field = |(name, value): &(&str, &str)| NoteField {
            name: (*name).into(),
            value: (*value).into(),
            kind: String::new(),
        };
        let fields = times.iter().chain(fields).map(field).collect();
        NoteRecord { external_id: "sn-1".into(), date: "2026-05-04".into(), fields, ..NoteRecord::default() }
    }

    #[test]
    fn a_signature_becomes_a_mark_and_a_bad_one_a_reason_while_the_note_is_kept() {
        let svg = "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+";
        let cleaned =
            clean(note(&[("Signature", PNG), ("Parent Signature", svg), ("Notes", "Went\u{0} well")]));
        assert_eq!(cleaned.pictures.len(), 1);
        assert!(!cleaned.json.contains("base64"));
        let reading = fields::read(&cleaned.record);
        assert_eq!(reading.faults, []);
        assert_eq!(reading.notes, "Went well");
        assert!(cleaned.pictures.contains_key(reading.therapist.hash.as_deref().unwrap()));
        assert_eq!(reading.guardian.hash, None);
        assert!(reading.remarks[0].contains("SVG"), "{:?}", reading.remarks);
    }

    #[test]
    fn nobody_can_point_at_somebody_elses_signature() {
        let cleaned = clean(note(&[("Signature", "sha256:0123456789")]));
        assert_eq!(fields::read(&cleaned.record).therapist.hash, None);
    }

    #[test]
    fn a_file_in_a_field_for_text_is_left_out() {
        let cleaned = clean(note(&[("Notes", PNG), ("Drawing", PNG)]));
        assert!(cleaned.pictures.is_empty() && !cleaned.json.contains("base64"));
    }

    #[test]
    fn saving_a_note_again_is_no_change() {
        let one = clean(note(&[]));
        let again = NoteRecord { modified_at: Some(chrono::DateTime::UNIX_EPOCH), ..note(&[]) };
        assert_eq!(clean(again).hash, one.hash);
        assert_ne!(clean(note(&[("Notes", "x")])).hash, one.hash);
    }

    #[test]
    fn a_guardians_place_is_their_signatures_own() {
        let mut note = note(&[("Location", "34.05,-118.24")]);
        note.signatures = vec![NoteSignature {
            field: "Caregiver Signature".into(),
            value: PNG.into(),
            signed_at: Some(chrono::DateTime::UNIX_EPOCH),
            place: "51.5,-0.1".into(),
        }];
        let reading = fields::read(&clean(note).record);
        assert_eq!(reading.guardian.place, "51.5,-0.1");
        assert!(reading.guardian.hash.is_some() && reading.guardian.at.is_some());
        assert_eq!(reading.therapist.place, "34.05,-118.24");
    }
}
