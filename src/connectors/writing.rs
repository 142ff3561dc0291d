//! The parts of a profile that say how an entry is written, and the body that follows from them. Pure: an entry in,
//! JSON out.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::entries::{EntryChange, ShownField, TimelineEntry};
use super::profile::{Basis, Method};

/// Where something is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) method: Method,
    pub(super) path: String,
    #[expect(dead_code, reason = "kept in the file for whoever reads it")]
    basis: Basis,
}

/// How an entry of a timeline is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryForm {
    pub(super) target: Target,
    /// The vendor's word for entries of this kind.
    kind: String,
    names: Names,
    /// In the order in which the vendor shows them.
    fields: Vec<EntryField>,
}

/// What is around the fields, by its name on the wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    external_id: String,
    person: String,
    service: String,
    kind: String,
    at: String,
    fields: String,
    corrects: String,
    withdraws: String,
    #[expect(dead_code, reason = "kept in the file for whoever reads it")]
    basis: Basis,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryField {
    part: Piece,
    name: String,
    /// Characters the vendor has room for.
    longest: usize,
    #[expect(dead_code, reason = "kept in the file for whoever reads it")]
    basis: Basis,
}

/// Our own names of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Piece {
    ActivityName,
    Details,
    Location,
    TookPart,
    Rating,
    Comment,
    CompletedBy,
}

const PARTS: usize = 7;

/// How a note is left on a task.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteForm {
    pub(super) target: Target,
    task: String,
    words: String,
}

impl Target {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.path.starts_with('/') && !self.path.contains(['?', '#', '@', '\\', ' ']) {
            return Ok(());
        }
        Err("path must begin with / and be nothing but a path".to_owned())
    }
}

impl EntryForm {
    pub(super) fn check(&self) -> Result<(), String> {
        self.target.check()?;
        let parts: BTreeSet<Piece> = self.fields.iter().map(|field| field.part).collect();
        let names: BTreeSet<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        if parts.len() != PARTS || self.fields.len() != PARTS || names.len() != PARTS {
            return Err(
                "fields: each of the seven parts must stand there once, with a name of its own".to_owned()
            );
        }
        Ok(())
    }

    /// The fields as the vendor will show them; what is empty is left out.
    pub(super) fn shown(&self, entry: &TimelineEntry) -> Vec<ShownField> {
        let fields = self.fields.iter().filter_map(|field| {
            let text = said(entry, field.part);
            let (value, cut) = fitted(&text, field.longest);
            (!value.is_empty()).then(|| ShownField { label: field.name.clone(), value, cut })
        });
        fields.collect()
    }

    /// The whole body.
    pub(super) fn body(&self, entry: &TimelineEntry) -> Value {
        let mut fields = Map::new();
        for field in &self.fields {
            if field.part == Piece::Rating {
                if let Some(rating) = entry.rating {
                    fields.insert(field.name.clone(), json!(rating));
                }
                continue;
            }
            let (value, _) = fitted(&said(entry, field.part), field.longest);
            if !value.is_empty() {
                fields.insert(field.name.clone(), json!(value));
            }
        }
        let names = &self.names;
        let mut body = Map::new();
        body.insert(names.external_id.clone(), json!(entry.external_id));
        body.insert(names.person.clone(), json!(entry.person));
        if let Some(service) = &entry.service {
            body.insert(names.service.clone(), json!(service));
        }
        body.insert(names.kind.clone(), json!(self.kind));
        body.insert(names.at.clone(), json!(entry.at.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
        body.insert(names.fields.clone(), Value::Object(fields));
        match &entry.change {
            EntryChange::New => {}
            EntryChange::Corrects(old) => {
                body.insert(names.corrects.clone(), json!(old));
            }
            EntryChange::Withdraws(old) => {
                body.insert(names.corrects.clone(), json!(old));
                body.insert(names.withdraws.clone(), json!(true));
            }
        }
        Value::Object(body)
    }
}

impl NoteForm {
    pub(super) fn body(&self, task: &str, words: &str) -> Value {
        let mut body = Map::new();
        body.insert(self.task.clone(), json!(task));
        body.insert(self.words.clone(), json!(words));
        Value::Object(body)
    }
}

fn said(entry: &TimelineEntry, part: Piece) -> String {
    match part {
        Piece::ActivityName => entry.activity_name.clone(),
        Piece::Details => entry.details.clone(),
        Piece::Location => entry.location.clone(),
        Piece::TookPart => if entry.took_part { "Yes" } else { "No" }.to_owned(),
        Piece::Rating => entry.rating.map(|rating| rating.to_string()).unwrap_or_default(),
        Piece::Comment => entry.comment.clone(),
        Piece::CompletedBy => entry.completed_by.clone(),
    }
}

/// As many characters as there is room for, and how many are left out.
fn fitted(text: &str, longest: usize) -> (String, usize) {
    let text = text.trim();
    let length = text.chars().count();
    if length <= longest {
        return (text.to_owned(), 0);
    }
    (text.chars().take(longest).collect(), length - longest)
}

/// What a vendor said about a refusal, for a person to read: one line of plain characters, without addresses and
/// without anything that could be a key or a number of somebody's. Nothing, where nothing of that is left.
pub(super) fn cleaned(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let said = ["error", "message", "detail", "title"].iter().find_map(|name| answer.get(name)?.as_str())?;
    let plain: String = said.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    let words: Vec<&str> = plain.split_whitespace().filter(|word| is_a_word(word)).collect();
    let (short, cut) = fitted(&words.join(" "), LONGEST_SAID);
    if short.is_empty() {
        return None;
    }
    Some(if cut > 0 { format!("{short}…") } else { short })
}

const LONGEST_SAID: usize = 300;
/// A word with more digits than this may be a number of somebody's, a longer word a key.
const MOST_DIGITS: usize = 5;
const LONGEST_WORD: usize = 30;

fn is_a_word(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    !word.contains("://")
        && !word.contains('@')
        && digits <= MOST_DIGITS
        && word.chars().count() <= LONGEST_WORD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_vendor_says_is_cleaned() {
        let said = |json: &str| cleaned(json.as_bytes());
        assert_eq!(said(r#"{"error":"Rating must be\n1 to 5."}"#).as_deref(), Some("Rating must be 1 to 5."));
        let private = r#"{"message":"see https://a.example/?k=1 for 9990000026 and 7b0f6c1e-58c4-4f0e-9d3a-2f6d1c0e9a41 ok"}"#;
        assert_eq!(said(private).as_deref(), Some("see for and ok"));
        assert_eq!(said("<h1>no</h1>"), None);
        assert_eq!(said(r#"{"error":7}"#), None);
        let long = format!(r#"{{"detail":"{}"}}"#, "word ".repeat(500));
        assert!(said(&long).unwrap().chars().count() <= LONGEST_SAID + 1);
    }

    #[test]
    fn text_is_cut_at_whole_characters() {
        assert_eq!(fitted("café au lait", 4), ("café".to_owned(), 8));
        assert_eq!(fitted(" tea ", 10), ("tea".to_owned(), 0));
    }
}
