//! What changed between two versions of a session note: field by field, and in a text word by word. Pure.

use super::fields::Field;
use super::pictures::Shown;
use crate::connectors::NoteRecord;

/// One line of a note, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub label: String,
    pub value: String,
}

/// A line that is not the same in both versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub label: String,
    pub before: String,
    pub after: String,
    /// The texts word by word.
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub kind: PieceKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    Same,
    Removed,
    Added,
}

/// Texts of more words than this are compared as wholes: comparing costs their product.
const MOST_WORDS: usize = 1_500;

/// The lines of a kept note; a signature is a line of its own with the start of its hash.
pub fn lines(record: &NoteRecord) -> Vec<Line> {
    let mut all = vec![line("Status", &record.status), line("Date of the note", &record.date)];
    for field in &record.fields {
        all.push(Line { label: label(&field.name), value: shown(&field.value) });
    }
    for one in &record.signatures {
        let at = one.signed_at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
        let parts = [shown(&one.value), at, one.place.clone()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        all.push(Line { label: label(&one.field), value: parts.join(", ") });
    }
    all
}

fn line(label: &str, value: &str) -> Line {
    Line { label: label.to_owned(), value: value.to_owned() }
}

fn label(name: &str) -> String {
    Field::of(name).map_or_else(|| name.trim().to_owned(), |field| field.label().to_owned())
}

fn shown(value: &str) -> String {
    match Shown::read(value) {
        Shown::Picture(hash) => format!("signed ({})", hash.get(..12).unwrap_or(&hash)),
        Shown::LeftOut(why) => format!("left out: {why}"),
        Shown::Text(text) => text,
    }
}

/// What differs, in the order of the later version; lines that are gone come last.
pub fn difference(before: &NoteRecord, after: &NoteRecord) -> Vec<Difference> {
    let (mut old, new) = (lines(before), lines(after));
    let mut found = Vec::new();
    for line in new {
        let at = old.iter().position(|one| one.label == line.label);
        let was = at.map(|at| old.remove(at).value).unwrap_or_default();
        if was != line.value {
            found.push(different(line.label, was, line.value));
        }
    }
    found.extend(
        old.into_iter()
            .filter(|one| !one.value.is_empty())
            .map(|one| different(one.label, one.value, String::new())),
    );
    found
}

fn different(label: String, before: String, after: String) -> Difference {
    let pieces = words(&before, &after);
    Difference { label, before, after, pieces }
}

/// The longest common words stay, what is between them was removed and added.
fn words(before: &str, after: &str) -> Vec<Piece> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_whitespace().collect(), after.split_whitespace().collect());
    if old.len() > MOST_WORDS || new.len() > MOST_WORDS {
        return whole(before, after);
    }
    let width = new.len() + 1;
    // How many words the rests from here on have in common.
    let mut common = vec![0_u16; (old.len() + 1) * width];
    let value =
        |common: &[u16], row: usize, column: usize| common.get(row * width + column).copied().unwrap_or(0);
    for (row, one) in old.iter().enumerate().rev() {
        for (column, other) in new.iter().enumerate().rev() {
            let best = if one == other {
                value(&common, row + 1, column + 1) + 1
            } else {
                value(&common, row + 1, column).max(value(&common, row, column + 1))
            };
            if let Some(cell) = common.get_mut(row * width + column) {
                *cell = best;
            }
        }
    }
    let (mut row, mut column, mut pieces) = (0, 0, Vec::new());
    loop {
        match (old.get(row), new.get(column)) {
            (Some(one), Some(other)) if one == other => {
                push(&mut pieces, PieceKind::Same, one);
                (row, column) = (row + 1, column + 1);
            }
            (Some(one), other) => {
                let gone =
                    other.is_none() || value(&common, row + 1, column) >= value(&common, row, column + 1);
                if gone {
                    push(&mut pieces, PieceKind::Removed, one);
                    row += 1;
                } else if let Some(other) = other {
                    push(&mut pieces, PieceKind::Added, other);
                    column += 1;
                }
            }
            (None, Some(other)) => {
                push(&mut pieces, PieceKind::Added, other);
                column += 1;
            }
            (None, None) => return pieces,
        }
    }
}

fn whole(before: &str, after: &str) -> Vec<Piece> {
    let both = [(PieceKind::Removed, before), (PieceKind::Added, after)];
    both.into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(kind, text)| Piece { kind, text: text.to_owned() })
        .collect()
}

fn push(pieces: &mut Vec<Piece>, kind: PieceKind, word: &str) {
    match pieces.last_mut() {
        Some(last) if last.kind == kind => {
            last.text.push(' ');
            last.text.push_str(word);
        }
        _ => pieces.push(Piece { kind, text: word.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::NoteField;

    fn note(text: &str, end: &str) -> NoteRecord {
        let field = |name: &str, value: &str| NoteField {
            name: name.into(),
            value: value.into(),
            kind: String::new(),
        };
        NoteRecord {
            status: "Published".into(),
            date: "2026-05-04".into(),
            fields: vec![field("NOTES", text), field("End Time", end)],
            ..NoteRecord::default()
        }
    }

    #[test]
    fn only_what_changed_is_said_and_texts_word_by_word() {
        let found =
            difference(&note("Worked on requests.", "14:00"), &note("Worked hard on requests.", "14:00"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].label, "Notes");
        let said: Vec<(PieceKind, &str)> =
            found[0].pieces.iter().map(|piece| (piece.kind, piece.text.as_str())).collect();
        assert_eq!(
            said,
            [(PieceKind::Same, "Worked"), (PieceKind::Added, "hard"), (PieceKind::Same, "on requests.")]
        );
        assert_eq!(difference(&note("a", "14:00"), &note("a", "14:00")), []);
    }

    #[test]
    fn a_line_that_is_gone_is_said_too() {
        let mut after = note("a b", "14:00");
        after.fields.remove(0);
        let found = difference(&note("a b", "14:00"), &after);
        assert_eq!((found[0].before.as_str(), found[0].after.as_str()), ("a b", ""));
        assert_eq!(found[0].pieces[0].kind, PieceKind::Removed);
    }

    #[test]
    fn long_texts_are_compared_as_wholes() {
        let long = "word ".repeat(MOST_WORDS + 1);
        assert_eq!(difference(&note(&long, ""), &note("x", ""))[0].pieces.len(), 2);
    }
}
