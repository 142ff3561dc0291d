//! Two sides as the table of the comparison: a row for each detail, what differs marked, and the
//! sentence above it. Pure. Shows words, never a score.

use chrono::NaiveDate;

use super::differences::{Piece, marked, whole};
use crate::domain::pairing::matching::{Kind, Record, System, residents_only};
use crate::domain::pairing::owned::Evidence;
use crate::domain::pairing::{Candidate, Side, different_numbers};
use crate::web::ui::when;

/// One detail on both sides; no pieces stand for "Not known".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub label: &'static str,
    /// `Different`, `Missing`, `Not sent` or nothing.
    pub tag: &'static str,
    pub theirs: Vec<Piece>,
    pub ours: Vec<Piece>,
    pub is_number: bool,
}

/// Everything that stands between the heading and the buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    pub rows: Vec<Row>,
    /// "1 of 4 details is different."
    pub summary: String,
    pub speaks_for: Vec<String>,
    pub speaks_against: Vec<String>,
    pub unknown: Vec<String>,
    /// Why a sync would never pair them by itself, whatever their details.
    pub remarks: Vec<String>,
    /// Both NHS numbers are real, and different: it takes a tick.
    pub two_numbers: bool,
    /// What may have to be corrected in one of the systems: "NHS Number and Room".
    pub to_correct: String,
    /// "PCS has sent no Date of Birth for anybody so far."
    pub unsent: String,
}

/// `unsent` are the labels of what the system sends for nobody.
pub fn compare(
    system: System,
    kind: Kind,
    ours: &Side,
    theirs: &Candidate,
    unsent: &[&'static str],
) -> Comparison {
    let mut rows = rows(kind, ours, &theirs.side, &theirs.reasons);
    for row in rows.iter_mut().filter(|row| row.theirs.is_empty() && unsent.contains(&row.label)) {
        row.tag = NOT_SENT;
    }
    let words = |levels: &[&str]| -> Vec<String> {
        let wanted = |one: &&Evidence| levels.contains(&one.level.as_str());
        theirs.reasons.iter().filter(wanted).map(|one| one.words.clone()).collect()
    };
    Comparison {
        summary: summary(&rows, system),
        speaks_for: words(&["agree"]),
        speaks_against: words(&["near", "differ", "rival"]),
        unknown: words(&["missing"]),
        remarks: remarks(system, kind, &theirs.side.facts),
        two_numbers: different_numbers(&ours.facts, &theirs.side.facts),
        to_correct: joined(&labels(&rows, &["Different", "Missing"])),
        unsent: match labels(&rows, &[NOT_SENT]).as_slice() {
            [] => String::new(),
            labels => format!(
                "{system} has sent no {} for anybody so far, so that cannot be compared. Compare what there is, and \
                 ask somebody who knows the person.",
                joined(labels)
            ),
        },
        rows,
    }
}

/// The tag of a detail that the system sends for nobody.
const NOT_SENT: &str = "Not sent";

fn labels(rows: &[Row], tags: &[&str]) -> Vec<&'static str> {
    rows.iter().filter(|row| tags.contains(&row.tag)).map(|row| row.label).collect()
}

/// "A, B and C".
fn joined(labels: &[&str]) -> String {
    match labels {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

fn rows(kind: Kind, ours: &Side, theirs: &Side, reasons: &[Evidence]) -> Vec<Row> {
    let row = |label: &'static str, theirs: String, ours: String| {
        let field = if label == "Site or home" { "Place" } else { label };
        row(label, theirs, ours, reasons.iter().filter(|one| one.field == field))
    };
    match kind {
        Kind::People => vec![
            row("Name", theirs.name.clone(), ours.name.clone()),
            row("NHS Number", when::nhs(&theirs.facts.nhs_number), when::nhs(&ours.facts.nhs_number)),
            row("Date of Birth", born(&theirs.facts), born(&ours.facts)),
            row("Room", theirs.facts.room.clone(), ours.facts.room.clone()),
        ],
        Kind::Staff => vec![
            row("Name", theirs.name.clone(), ours.name.clone()),
            row("Email", theirs.facts.email.clone(), ours.facts.email.clone()),
            row("Site or home", theirs.facts.place.clone(), ours.facts.place.clone()),
            row("Job title", theirs.job_title.clone(), ours.job_title.clone()),
        ],
    }
}

fn row<'e>(
    label: &'static str,
    theirs: String,
    ours: String,
    reasons: impl Iterator<Item = &'e Evidence>,
) -> Row {
    let (theirs, ours) = (theirs.trim(), ours.trim());
    let levels: Vec<&str> = reasons.map(|one| one.level.as_str()).collect();
    let is_same = || {
        let judged = levels.iter().any(|level| *level != "missing");
        if judged { levels.iter().all(|level| *level == "agree") } else { folded(ours) == folded(theirs) }
    };
    let tag = match (ours.is_empty(), theirs.is_empty()) {
        (true, true) => "",
        (false, false) if is_same() => "",
        (false, false) => "Different",
        _ => "Missing",
    };
    let (theirs, ours) = match tag {
        "Different" => marked(theirs, ours),
        _ => (whole(theirs, false), whole(ours, false)),
    };
    Row { label, tag, theirs, ours, is_number: label == "NHS Number" }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A date of birth in words; what is no date stands as it was written.
pub fn born(facts: &Record) -> String {
    let date: Result<NaiveDate, _> = facts.date_of_birth.parse();
    date.map_or_else(|_unreadable| facts.date_of_birth.clone(), when::date)
}

fn summary(rows: &[Row], system: System) -> String {
    let count = |tag: &str| rows.iter().filter(|row| row.tag == tag).count();
    let different = match count("Different") {
        0 => "No detail is different.".to_owned(),
        1 => format!("1 of {} details is different.", rows.len()),
        n => format!("{n} of {} details are different.", rows.len()),
    };
    let different = match count("Missing") {
        0 => different,
        1 => format!("{different} 1 is missing on one side."),
        n => format!("{different} {n} are missing on one side."),
    };
    match count(NOT_SENT) {
        0 => different,
        1 => format!("{different} 1 is not sent by {system}."),
        n => format!("{different} {n} are not sent by {system}."),
    }
}

/// What keeps a sync from pairing a record by itself.
fn remarks(system: System, kind: Kind, theirs: &Record) -> Vec<String> {
    let mut remarks = Vec::new();
    if !residents_only(system) || kind != Kind::People {
        return remarks;
    }
    let is = |text: &str, wanted: &[&str]| wanted.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    let ending = "so no sync links them by itself. You may link them.";
    if !theirs.status.trim().is_empty() && !is(&theirs.status, &["Permanent"]) {
        remarks.push(format!("Status in {system} is {}, not Permanent, {ending}", theirs.status.trim()));
    }
    if !theirs.resident_type.trim().is_empty() && !is(&theirs.resident_type, &["Nursing", "Residential"]) {
        let kind = theirs.resident_type.trim();
        remarks
            .push(format!("Resident Type in {system} is {kind}, neither Nursing nor Residential, {ending}"));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pairing::matching::Bits;

    fn side(first: &str, nhs: &str, born: &str, room: &str) -> Side {
        let facts = Record {
            first_name: first.into(),
            last_name: "Cole".into(),
            nhs_number: nhs.into(),
            date_of_birth: born.into(),
            room: room.into(),
            status: "Respite".into(),
            resident_type: "Nursing".into(),
            ..Record::default()
        };
        Side { name: format!("{first} Cole"), facts, ..Side::default() }
    }

    fn compared(ours: &Side, theirs: Side) -> Comparison {
        let reasons = crate::domain::pairing::matching::compare(
            System::Nourish,
            Kind::People,
            &ours.facts,
            &theirs.facts,
        );
        let reasons = reasons.0.iter().map(Evidence::of).collect();
        let theirs = Candidate { side: theirs, reasons, score: Bits::ZERO, several: false, sealed: false };
        compare(System::Nourish, Kind::People, ours, &theirs, &["Room"])
    }

    #[test]
    fn the_sentence_counts_what_is_marked() {
        let ours = side("Betty", "9434765919", "1938-03-04", "5");
        let found = compared(&ours, side("Betty", "9434765919", "1938-04-03", "Room 5"));
        assert_eq!(found.summary, "1 of 4 details is different.");
        let tags: Vec<&str> = found.rows.iter().map(|row| row.tag).collect();
        assert_eq!(tags, ["", "", "Different", ""], "a room is what stands on the door");
        assert!(found.speaks_against[0].contains("day and month swapped"), "{:?}", found.speaks_against);
        assert!(found.remarks[0].starts_with("Status in Nourish is Respite, not Permanent"));
        assert!(!found.two_numbers);
        let found = compared(&ours, side("Betty", "", "1938-03-04", ""));
        assert_eq!(
            found.summary,
            "No detail is different. 1 is missing on one side. 1 is not sent by Nourish."
        );
        assert_eq!(found.to_correct, "NHS Number");
        assert!(found.unsent.starts_with("Nourish has sent no Room for anybody so far"), "{}", found.unsent);
        let found = compared(&ours, side("Betty", "9434765870", "1938-03-04", "5"));
        assert!(found.two_numbers && found.to_correct == "NHS Number");
        assert!(found.rows[1].theirs.iter().any(|piece| piece.differs));
    }
}
