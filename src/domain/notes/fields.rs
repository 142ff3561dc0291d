//! What the fields of a session note's template mean: their names with all their other names, dates and times as
//! people and vendors write them, and what makes a note one that cannot be used. Pure.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::clock::{dates, time};
use super::pictures::Shown;
use crate::connectors::{NoteRecord, NoteSignature};

/// Longest text of a note; more is no session note.
const MOST_TEXT: usize = 100_000;

/// A field that a note's template has to have, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Date,
    StartTime,
    EndTime,
    Notes,
    TherapistSignature,
    Location,
    GuardianName,
    Relationship,
    GuardianSignature,
}

impl Field {
    pub const ALL: [Self; 9] = [
        Self::Date,
        Self::StartTime,
        Self::EndTime,
        Self::Notes,
        Self::TherapistSignature,
        Self::Location,
        Self::GuardianName,
        Self::Relationship,
        Self::GuardianSignature,
    ];

    /// Every name that will do; the first is the one to recommend.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Date => &["Date"],
            Self::StartTime => &["Start Time"],
            Self::EndTime => &["End Time"],
            Self::Notes => &["Notes"],
            Self::TherapistSignature => &["Therapist Signature", "Signature"],
            Self::Location => &["Location"],
            Self::GuardianName => &["Guardian Name", "Caregiver Name", "Parent Name"],
            Self::Relationship => &["Relationship"],
            Self::GuardianSignature => &["Guardian Signature", "Caregiver Signature", "Parent Signature"],
        }
    }

    /// The name that screens use.
    pub fn label(self) -> &'static str {
        match self {
            Self::Date => "Date",
            Self::StartTime => "Start Time",
            Self::EndTime => "End Time",
            Self::Notes => "Notes",
            Self::TherapistSignature => "Therapist Signature",
            Self::Location => "Location",
            Self::GuardianName => "Guardian Name",
            Self::Relationship => "Relationship",
            Self::GuardianSignature => "Guardian Signature",
        }
    }

    /// The field that a template's name stands for; plain *Signature* is always the therapist's.
    pub fn of(name: &str) -> Option<Self> {
        let folded = folded(name);
        Self::ALL.into_iter().find(|field| field.names().iter().any(|known| self::folded(known) == folded))
    }

    pub fn is_signature(self) -> bool {
        matches!(self, Self::TherapistSignature | Self::GuardianSignature)
    }
}

/// A field's name without case and without spaces of any kind.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|sign| !sign.is_whitespace() && !sign.is_control())
        .flat_map(char::to_lowercase)
        .collect()
}

/// What became of the session, as its note says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    #[default]
    Held,
    Cancelled,
    NoShow,
}

/// One signature, as the note gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signing {
    /// The hash of its picture; none where there is no picture that can be kept.
    pub hash: Option<String>,
    /// UTC.
    pub at: Option<NaiveDateTime>,
    pub place: String,
}

/// Why a note is set aside, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub words: String,
    pub repair: String,
}

/// What a note says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub date: Option<NaiveDate>,
    pub start: Option<NaiveTime>,
    pub end: Option<NaiveTime>,
    pub notes: String,
    pub guardian_name: String,
    pub relationship: String,
    pub guardian: Signing,
    pub therapist: Signing,
    pub outcome: Outcome,
    /// The note is set aside for these; none: it can be used.
    pub faults: Vec<Fault>,
    /// Parts that were left out, or that a reader must know of.
    pub remarks: Vec<String>,
}

impl Reading {
    /// Date, start and end of a note that can be used.
    pub fn times(&self) -> Option<(NaiveDate, NaiveTime, NaiveTime)> {
        if self.faults.is_empty() { Some((self.date?, self.start?, self.end?)) } else { None }
    }
}

/// Reads a note whose pictures were taken out already (see `pictures`).
pub fn read(record: &NoteRecord) -> Reading {
    let mut reading = Reading { outcome: outcome(record), ..Reading::default() };
    let said = |field: Field, reading: &mut Reading| one_value(record, field, &mut reading.faults);
    let date = said(Field::Date, &mut reading);
    reading.date = date_of(&record.date, &date, &mut reading.faults);
    let start = said(Field::StartTime, &mut reading);
    reading.start = time_of(Field::StartTime, &start, &mut reading.faults);
    let end = said(Field::EndTime, &mut reading);
    reading.end = time_of(Field::EndTime, &end, &mut reading.faults);
    if let (Some(start), Some(end)) = (reading.start, reading.end) {
        reading.faults.extend(order_of(start, end));
    }
    let notes = said(Field::Notes, &mut reading);
    notes.trim().clone_into(&mut reading.notes);
    if reading.notes.len() > MOST_TEXT {
        reading
            .faults
            .push(fault("The text of the note is longer than 100,000 letters.", "Shorten the note"));
        reading.notes.clear();
    }
    if holds_markup(&reading.notes) {
        reading.remarks.push("The note holds HTML. It is shown as plain text.".into());
    }
    reading.guardian_name = short(&said(Field::GuardianName, &mut reading));
    reading.relationship = short(&said(Field::Relationship, &mut reading));
    let location = short(&said(Field::Location, &mut reading));
    reading.therapist = signing(record, Field::TherapistSignature, &mut reading);
    reading.guardian = signing(record, Field::GuardianSignature, &mut reading);
    // The field of the template says where the therapist signed; the guardian's place is their signature's own.
    if !location.is_empty() {
        reading.therapist.place = location;
    }
    reading
}

fn fault(words: impl Into<String>, repair: &str) -> Fault {
    let repair = format!("{repair} in Ensora Data Collection and publish it again.");
    Fault { words: words.into(), repair }
}

/// The value of a field under any of its names; two names with different values are a fault.
fn one_value(record: &NoteRecord, field: Field, faults: &mut Vec<Fault>) -> String {
    let values = record.fields.iter().filter(|one| Field::of(&one.name) == Some(field));
    let mut values = values.map(|one| one.value.trim()).filter(|value| !value.is_empty());
    let first = values.next().unwrap_or_default();
    if values.any(|other| other != first) {
        let words = format!("The field {} is there twice, with different values.", field.label());
        faults.push(fault(words, "Correct the note"));
    }
    first.to_owned()
}

fn signing(record: &NoteRecord, field: Field, reading: &mut Reading) -> Signing {
    let mut all: Vec<Signing> = Vec::new();
    let own = record.signatures.iter().filter(|one| Field::of(&one.field) == Some(field));
    for one in own {
        all.push(signed(field, &one.value, Some(one), &mut reading.remarks));
    }
    for one in record.fields.iter().filter(|one| Field::of(&one.name) == Some(field)) {
        all.push(signed(field, one.value.trim(), None, &mut reading.remarks));
    }
    let mut hashes = all.iter().filter_map(|one| one.hash.as_ref());
    let first = hashes.next().cloned();
    if hashes.any(|other| Some(other) != first.as_ref()) {
        let words = format!("The field {} is there twice, with different signatures.", field.label());
        reading.faults.push(fault(words, "Correct the note"));
    }
    Signing {
        hash: first,
        at: all.iter().find_map(|one| one.at),
        place: all.into_iter().map(|one| one.place).find(|place| !place.is_empty()).unwrap_or_default(),
    }
}

fn signed(field: Field, value: &str, kept: Option<&NoteSignature>, remarks: &mut Vec<String>) -> Signing {
    let hash = match Shown::read(value) {
        Shown::Picture(hash) => Some(hash),
        Shown::LeftOut(why) => {
            remarks.push(format!("The {} {why}. It was left out.", field.label().to_lowercase()));
            None
        }
        Shown::Text(_) => None,
    };
    Signing {
        hash,
        at: kept.and_then(|one| one.signed_at).map(|at| at.naive_utc()),
        place: kept.map(|one| short(&one.place)).unwrap_or_default(),
    }
}

fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

fn holds_markup(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let mark = rest.trim_start_matches(['/', '!']);
        if mark.starts_with(|sign: char| sign.is_ascii_alphabetic()) && mark.contains('>') {
            return true;
        }
    }
    false
}

/// The note's own date and the field *Date* have to agree where both are there.
fn date_of(own: &str, field: &str, faults: &mut Vec<Fault>) -> Option<NaiveDate> {
    let (own, field) = (own.trim(), field.trim());
    let readings: Vec<Vec<NaiveDate>> =
        [own, field].into_iter().filter(|text| !text.is_empty()).map(dates).collect();
    let Some(first) = readings.first() else {
        faults.push(fault("The note has no date.", "Enter the date of the session"));
        return None;
    };
    if readings.iter().any(Vec::is_empty) {
        let words = "The date of the note cannot be read as a day.";
        faults.push(fault(words, "Enter the date of the session, such as 2026-05-04,"));
        return None;
    }
    let common = first.iter().find(|date| readings.iter().all(|others| others.contains(date)));
    if common.is_none() {
        let words = "The note's own date and its field Date are different days.";
        faults.push(fault(words, "Correct the date of the note"));
    }
    common.copied()
}

fn time_of(field: Field, text: &str, faults: &mut Vec<Fault>) -> Option<NaiveTime> {
    let label = field.label();
    if text.trim().is_empty() {
        faults.push(fault(format!("The note has no {label}."), &format!("Enter the {label} of the session")));
        return None;
    }
    let time = time(text);
    if time.is_none() {
        let shown: String = text.trim().chars().take(20).collect();
        let words = format!("The {label} “{shown}” is no time of day.");
        faults.push(fault(words, &format!("Correct the {label} of the session")));
    }
    time
}

fn order_of(start: NaiveTime, end: NaiveTime) -> Option<Fault> {
    if start < end {
        return None;
    }
    let (start, end) = (start.format("%H:%M"), end.format("%H:%M"));
    let words = format!(
        "The End Time {end} is not after the Start Time {start}. A session over midnight has to be written as two notes."
    );
    Some(fault(words, "Correct the times of the session"))
}

/// What a note says of the session beside its fields: its status, or a field *Status* of its template.
fn outcome(record: &NoteRecord) -> Outcome {
    let is_status = |name: &str| {
        ["status", "sessionstatus", "appointmentstatus", "attendance"].contains(&folded(name).as_str())
    };
    let fields = record.fields.iter().filter(|one| is_status(&one.name)).map(|one| one.value.as_str());
    std::iter::once(record.status.as_str())
        .chain(fields)
        .map(|text| match folded(text).replace(['-', '_'], "").as_str() {
            "noshow" | "clientnoshow" | "didnotattend" => Outcome::NoShow,
            "cancelled"
            | "canceled"
            | "cancelledbyclient"
            | "canceledbyclient"
            | "cancelledbyprovider"
            | "canceledbyprovider" => Outcome::Cancelled,
            _ => Outcome::Held,
        })
        .find(|outcome| *outcome != Outcome::Held)
        .unwrap_or_default()
}

/// Whether a status is the one that lets a note be used.
pub fn is_published(status: &str) -> bool {
    folded(status) == "published"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::NoteField;

    fn note(fields: &[(&str, &str)]) -> NoteRecord {
        let field = |(name, value): &(&str, &str)| NoteField {
            name: (*name).into(),
            value: (*value).into(),
            kind: "text".into(),
        };
        NoteRecord {
            external_id: "sn-1".into(),
            status: "Published".into(),
            date: "2026-05-04".into(),
            fields: fields.iter().map(field).collect(),
            ..NoteRecord::default()
        }
    }

    fn at(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    #[test]
    fn names_count_without_case_and_spaces_and_signature_is_the_therapists() {
        for (name, field) in [
            ("date", Field::Date),
            (" START  time ", Field::StartTime),
            ("End\u{a0}Time", Field::EndTime),
            ("NOTES", Field::Notes),
            ("Signature", Field::TherapistSignature),
            ("therapist signature", Field::TherapistSignature),
            ("Location", Field::Location),
            ("Caregiver Name", Field::GuardianName),
            ("ParentName", Field::GuardianName),
            ("Guardian\tName", Field::GuardianName),
            ("Relationship", Field::Relationship),
            ("Parent signature", Field::GuardianSignature),
            ("CAREGIVER SIGNATURE", Field::GuardianSignature),
        ] {
            assert_eq!(Field::of(name), Some(field), "{name:?}");
        }
        assert_eq!(Field::of("Signature of the client"), None);
        assert_eq!(Field::of(""), None);
    }

    #[test]
    fn the_notes_own_date_says_how_its_field_is_meant() {
        let day = NaiveDate::from_ymd_opt(2026, 5, 4).unwrap();
        let mut both = note(&[("Date", "04/05/2026"), ("Start Time", "9am"), ("End Time", "10am")]);
        assert_eq!(read(&both).date, Some(day), "the note's own date says which of the two it is");
        both.fields[0].value = "2026-05-05".into();
        assert!(read(&both).faults[0].words.contains("different days"));
    }

    #[test]
    fn a_note_with_a_time_that_is_none_is_set_aside_with_reason_and_repair() {
        for (fields, words) in [
            (&[("Start Time", "13:00")][..], "no End Time"),
            (&[("End Time", "13:00")], "no Start Time"),
            (&[("Start Time", "25:61"), ("End Time", "14:00")], "“25:61” is no time of day"),
            (&[("Start Time", "14:00"), ("End Time", "13:00")], "not after"),
            (&[("Start Time", "23:30"), ("End Time", "00:30")], "over midnight"),
            (&[("Start Time", "13:00"), ("End Time", "13:00")], "not after"),
            (&[("Start Time", "13:00"), ("End Time", "14:00"), ("start time", "13:30")], "twice"),
            (
                &[("Parent Name", "A"), ("Guardian Name", "B"), ("Start Time", "9am"), ("End Time", "10am")],
                "twice",
            ),
        ] {
            let reading = read(&note(fields));
            assert!(reading.faults.iter().any(|fault| fault.words.contains(words)), "{words}: {reading:?}");
            assert!(reading.faults.iter().all(|fault| fault.repair.ends_with("publish it again.")));
            assert_eq!(reading.times(), None);
        }
    }

    #[test]
    fn the_same_value_twice_and_an_empty_one_are_no_fault() {
        let fields = [
            ("Start Time", "13:00"),
            ("End Time", "14:05"),
            ("Guardian Name", "R. Diaz"),
            ("Parent Name", " R. Diaz "),
            ("Caregiver Name", ""),
        ];
        let reading = read(&note(&fields));
        assert_eq!(reading.faults, []);
        assert_eq!(reading.guardian_name, "R. Diaz");
        assert_eq!(reading.times().unwrap().1, at(13, 0));
    }

    #[test]
    fn html_stays_text_and_is_remarked_on() {
        let times = [("Start Time", "13:00"), ("End Time", "14:00")];
        let with = |text| read(&note(&[times[0], times[1], ("Notes", text)]));
        assert_eq!(with("<script>alert(1)</script>").notes, "<script>alert(1)</script>");
        assert_eq!(with("<script>alert(1)</script>").remarks.len(), 1);
        assert_eq!(with("5 < 6 and 7 > 3").remarks.len(), 0);
    }

    #[test]
    fn a_cancelled_session_and_a_no_show_are_told_apart() {
        let mut note = note(&[("Start Time", "13:00"), ("End Time", "14:00")]);
        assert_eq!(read(&note).outcome, Outcome::Held);
        note.status = "Canceled".into();
        assert_eq!(read(&note).outcome, Outcome::Cancelled);
        note.status = "Published".into();
        let kind = "select".into();
        note.fields.push(NoteField { name: "Session Status".into(), value: "No-Show".into(), kind });
        assert_eq!(read(&note).outcome, Outcome::NoShow);
    }
}
