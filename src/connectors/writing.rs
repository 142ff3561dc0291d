//! The parts of a profile that say how an entry is written, and the body that follows from them. Pure: an entry in,
//! JSON out. Two styles are known: an entry of named fields, and a note of a title and a text.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::entries::{EntryChange, ShownField, TimelineEntry, Topic};
use super::profile::{Basis, Method};

/// Where something is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) method: Method,
    /// `{person}` stands for the vendor's identifier of the person.
    pub(super) path: String,
    /// The vendor confirms with an object; otherwise any answer that says well counts.
    #[serde(default = "yes")]
    pub(super) confirms: bool,
    #[expect(dead_code, reason = "kept in the file for whoever reads it")]
    basis: Basis,
}

fn yes() -> bool {
    true
}

/// How an entry of a timeline is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "style", rename_all = "lowercase")]
pub(super) enum EntryForm {
    Fields(FieldsForm),
    Text(TextForm),
}

/// An entry of named fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldsForm {
    target: Target,
    names: Names,
    /// The kind of entry for each topic, with its fields in the order in which the vendor shows them.
    kinds: BTreeMap<Topic, FieldsKind>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldsKind {
    /// The vendor's word for entries of this kind.
    kind: String,
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

/// A note of a title and a text, in a body that the profile writes out: `{title}`, `{text}`, `{external_id}`,
/// `{person}`, `{service}`, `{at}`, `{code}` and `{author}` stand for what they say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextForm {
    target: Target,
    /// How a time is written, UTC.
    at: String,
    title: TextField,
    text: TextField,
    /// The vendor's code of the kind of note for each topic.
    #[serde(default)]
    codes: BTreeMap<Topic, String>,
    body: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextField {
    /// What the vendor's screen calls it.
    label: String,
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
        self.target().check()?;
        match self {
            Self::Fields(form) => form.check(),
            Self::Text(form) => form.check(),
        }
    }

    pub(super) fn target(&self) -> &Target {
        match self {
            Self::Fields(form) => &form.target,
            Self::Text(form) => &form.target,
        }
    }

    /// The fields as the vendor will show them; what is empty is left out.
    pub(super) fn shown(&self, entry: &TimelineEntry) -> Vec<ShownField> {
        match self {
            Self::Fields(form) => form.shown(entry),
            Self::Text(form) => form.shown(entry),
        }
    }

    /// The vendor's own code of the kind of note for a topic, where notes have one.
    pub(super) fn code(&self, topic: Topic) -> Option<&str> {
        match self {
            Self::Fields(_) => None,
            Self::Text(form) => form.codes.get(&topic).map(String::as_str),
        }
    }

    /// The whole body.
    pub(super) fn body(&self, entry: &TimelineEntry) -> Value {
        match self {
            Self::Fields(form) => form.body(entry),
            Self::Text(form) => form.body(entry),
        }
    }
}

impl FieldsForm {
    fn check(&self) -> Result<(), String> {
        for (topic, kind) in &self.kinds {
            let parts: BTreeSet<Piece> = kind.fields.iter().map(|field| field.part).collect();
            let names: BTreeSet<&str> = kind.fields.iter().map(|field| field.name.as_str()).collect();
            let once = parts.len() == kind.fields.len() && names.len() == kind.fields.len();
            if !once || (*topic == Topic::Activity && parts.len() != PARTS) {
                return Err("fields: each of the seven parts must stand there once, with a name of its own"
                    .to_owned());
            }
        }
        if self.kinds.contains_key(&Topic::Activity) && self.kinds.contains_key(&Topic::Monitoring) {
            return Ok(());
        }
        Err("kinds: activity and monitoring must both stand there".to_owned())
    }

    fn kind(&self, topic: Topic) -> Option<&FieldsKind> {
        self.kinds.get(&topic)
    }

    fn shown(&self, entry: &TimelineEntry) -> Vec<ShownField> {
        let fields = self.kind(entry.topic).into_iter().flat_map(|kind| &kind.fields);
        fields.filter_map(|field| shown(&field.name, &said(entry, field.part), field.longest)).collect()
    }

    fn body(&self, entry: &TimelineEntry) -> Value {
        let Some(kind) = self.kind(entry.topic) else { return Value::Null };
        let mut fields = Map::new();
        for field in &kind.fields {
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
        body.insert(names.kind.clone(), json!(kind.kind));
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

impl TextForm {
    fn check(&self) -> Result<(), String> {
        let written: String = self.body.values().map(Value::to_string).collect();
        for needed in ["{external_id}", "{title}", "{text}", "{at}"] {
            if !written.contains(needed) {
                return Err(format!("body: {needed} is missing"));
            }
        }
        // A pattern that cannot be written would panic with the first entry.
        let items = chrono::format::StrftimeItems::new(&self.at);
        if items.into_iter().any(|item| matches!(item, chrono::format::Item::Error)) {
            return Err("at is no pattern of a time".to_owned());
        }
        Ok(())
    }

    fn shown(&self, entry: &TimelineEntry) -> Vec<ShownField> {
        let title = shown(&self.title.label, &title(entry), self.title.longest);
        title.into_iter().chain(shown(&self.text.label, &prose(entry), self.text.longest)).collect()
    }

    fn body(&self, entry: &TimelineEntry) -> Value {
        let code = entry.code.clone().or_else(|| self.codes.get(&entry.topic).cloned());
        let values = [
            ("{external_id}", entry.external_id.clone()),
            ("{person}", entry.person.clone()),
            ("{service}", entry.service.clone().unwrap_or_default()),
            ("{at}", entry.at.format(&self.at).to_string()),
            ("{code}", code.unwrap_or_default()),
            ("{author}", entry.completed_by.trim().to_owned()),
            ("{title}", fitted(&title(entry), self.title.longest).0),
            ("{text}", fitted(&prose(entry), self.text.longest).0),
        ];
        written_out(&Value::Object(self.body.clone()), &values)
    }
}

/// A value of the profile with what it stands for. A text is either one placeholder or nothing but itself: what
/// somebody typed is never read as a placeholder.
fn written_out(value: &Value, values: &[(&str, String)]) -> Value {
    match value {
        Value::String(text) => {
            let stands = values.iter().find(|(name, _)| name == text).map(|(_, value)| value);
            json!(stands.unwrap_or(text))
        }
        Value::Object(inner) => Value::Object(
            inner.iter().map(|(name, value)| (name.clone(), written_out(value, values))).collect(),
        ),
        other => other.clone(),
    }
}

/// The title of a note. No vendor of this style takes an entry that changes another one, so a correction says so.
fn title(entry: &TimelineEntry) -> String {
    let name = entry.activity_name.trim();
    match entry.change {
        EntryChange::New => name.to_owned(),
        EntryChange::Corrects(_) => format!("Correction: {name}"),
        EntryChange::Withdraws(_) => format!("Withdrawn: {name}"),
    }
}

/// The text of a note, in sentences.
fn prose(entry: &TimelineEntry) -> String {
    let mut said: Vec<String> = Vec::new();
    match entry.change {
        EntryChange::New => {}
        EntryChange::Corrects(_) => said.push("This corrects an earlier note of this title.".to_owned()),
        EntryChange::Withdraws(_) => {
            said.push(
                "An earlier note of this title was written by mistake. Please disregard it.".to_owned(),
            );
        }
    }
    if entry.topic == Topic::Activity {
        said.push(if entry.took_part { "Took part." } else { "Chose not to take part." }.to_owned());
        said.extend(entry.rating.map(|rating| format!("Rating: {rating} of 5.")));
    }
    let named = [("", &entry.details), ("Location: ", &entry.location), ("Comment: ", &entry.comment)];
    said.extend(named.into_iter().filter_map(|(name, text)| sentence(name, text)));
    let by = if entry.topic == Topic::Activity { "Completed by: " } else { "Answered by: " };
    said.extend(sentence(by, &entry.completed_by));
    said.join(" ")
}

fn sentence(name: &str, text: &str) -> Option<String> {
    let text = text.trim();
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    (!text.is_empty()).then(|| format!("{name}{text}{end}"))
}

fn shown(label: &str, text: &str, longest: usize) -> Option<ShownField> {
    let (value, cut) = fitted(text, longest);
    (!value.is_empty()).then(|| ShownField { label: label.to_owned(), value, cut })
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
    let said = ["error", "message", "Message", "detail", "title"]
        .iter()
        .find_map(|name| answer.get(name)?.as_str())?;
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
    use crate::connectors::Vendor;
    use crate::connectors::profile::Profile;

    fn form(vendor: Vendor) -> EntryForm {
        Profile::parse(vendor, vendor.about().profile.unwrap()).unwrap().entry.unwrap()
    }

    fn yoga() -> TimelineEntry {
        TimelineEntry {
            external_id: "0b6fd1c2-1111-4222-8333-444455556666".into(),
            person: "11111111-2222-4333-8444-555555555555".into(),
            at: "2026-05-03T01:12:00Z".parse().unwrap(),
            activity_name: "Chair yoga".into(),
            details: "Seated stretch".into(),
            location: "{text}".into(),
            took_part: true,
            rating: Some(5),
            comment: "Enjoyed it!".into(),
            completed_by: "J. Cole".into(),
            ..TimelineEntry::default()
        }
    }

    #[test]
    fn pcs_gets_a_care_note_with_every_key_in_pascal_case() {
        let body = form(Vendor::Pcs).body(&yoga());
        let object = body.as_object().unwrap();
        assert_eq!(object.len(), 17);
        assert!(object.keys().all(|key| key.starts_with(|letter: char| letter.is_ascii_uppercase())));
        assert_eq!(body["RecordUUID"], "0b6fd1c2-1111-4222-8333-444455556666");
        assert_eq!(body["UTCDateTime"], "2026-05-03 01:12:00");
        assert_eq!(body["ActionIconID"], "2007");
        assert_eq!(body["IsHandover"], "false");
        assert_eq!(body["Sliders"], json!({ "": "" }));
        let text = "Took part. Rating: 5 of 5. Seated stretch. Location: {text}. Comment: Enjoyed it! \
                    Completed by: J. Cole.";
        assert_eq!(body["ActionText"], text, "what somebody typed is never read as a placeholder");
        let night = TimelineEntry { topic: Topic::Monitoring, ..yoga() };
        assert_eq!(form(Vendor::Pcs).body(&night)["ActionIconID"], "5003");
        let chosen = TimelineEntry { code: Some("77".into()), ..night };
        assert_eq!(form(Vendor::Pcs).body(&chosen)["ActionIconID"], "77");
    }

    #[test]
    fn a_correction_that_cannot_name_the_old_note_says_so() {
        let change = EntryChange::Withdraws("x".into());
        let body = form(Vendor::KareInn).body(&TimelineEntry { change, ..yoga() });
        assert!(body["text"].as_str().unwrap().contains("Please disregard it."), "{body}");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let long = TimelineEntry { details: "word ".repeat(2000), ..yoga() };
        for vendor in [Vendor::Nourish, Vendor::Pcs, Vendor::KareInn] {
            let shown = form(vendor).shown(&long);
            assert!(shown.iter().any(|field| field.cut > 0), "{vendor}");
        }
    }

    #[test]
    fn a_night_event_has_fields_of_its_own() {
        let night = TimelineEntry { topic: Topic::Monitoring, ..yoga() };
        let shown = form(Vendor::Nourish).shown(&night);
        let labels: Vec<&str> = shown.iter().map(|field| field.label.as_str()).collect();
        assert_eq!(labels, ["Event", "Details", "Room", "Answered by"]);
    }

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
