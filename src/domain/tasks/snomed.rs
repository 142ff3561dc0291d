//! SNOMED CT identifiers as a person types them, and a few procedures of home visits to choose from. Checked for their
//! form and their check digit, not for whether the release in use has them: the terminology itself is not here.
//!
//! SNOMED CT is © International Health Terminology Standards Development Organisation. An organisation that uses it
//! needs a licence, which in the United Kingdom is free of charge.

use crate::kit::names::search_key;

/// Procedures that are common at home, by code. Each stands with this meaning in value sets that HL7 publishes or
/// builds on them, and has its check digit.
const PROCEDURES: [(&str, &str); 14] = [
    ("28520004", "Venepuncture for blood test"),
    ("82078001", "Collection of blood specimen for laboratory"),
    ("17636008", "Specimen collection"),
    ("46973005", "Blood pressure taking"),
    ("33747003", "Glucose measurement, blood"),
    ("29303009", "Electrocardiographic procedure"),
    ("225358003", "Wound care"),
    ("18949003", "Change of dressing"),
    ("30549001", "Removal of suture"),
    ("35963001", "Removal of staples"),
    ("103713001", "Replacement of catheter"),
    ("103715008", "Removal of catheter"),
    ("76601001", "Intramuscular injection"),
    ("33879002", "Active immunisation"),
];

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Procedure {
    pub code: &'static str,
    pub name: &'static str,
}

/// Those whose code or name has all words that are asked for; all of them for none.
pub fn procedures(words: &str) -> Vec<Procedure> {
    let asked = search_key(words);
    let has = |(code, name): &(&str, &str)| {
        let own = format!("{code} {}", search_key(name));
        asked.split(' ').all(|word| own.contains(word))
    };
    PROCEDURES.iter().filter(|one| has(one)).map(|(code, name)| Procedure { code, name }).collect()
}

/// What a code means, of the few that are known here.
pub fn procedure_name(code: &str) -> Option<&'static str> {
    PROCEDURES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// Why something is no identifier of a concept, as the rest of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("a SNOMED CT code has 6 to 18 digits and does not begin with 0")]
    Form,
    #[error("a digit of the SNOMED CT code is wrong: its check digit does not fit. Copy it again")]
    CheckDigit,
    #[error("this is the SNOMED CT code of a description or a relationship. Enter that of the concept")]
    NoConcept,
}

/// A concept's identifier without the spaces round it.
///
/// # Errors
/// Says what is wrong with it.
pub fn concept(text: &str) -> Result<String, Wrong> {
    let code = text.trim();
    let digits: Vec<usize> =
        code.bytes().filter(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0')).collect();
    if digits.len() != code.chars().count() || !(6..=18).contains(&digits.len()) || code.starts_with('0') {
        return Err(Wrong::Form);
    }
    if !fits(&digits) {
        return Err(Wrong::CheckDigit);
    }
    // Two digits before the check digit say what it is of; the first of them whether a namespace comes before.
    match digits.as_slice() {
        [.., 0, 0, _] => Ok(code.to_owned()),
        [.., 1, 0, _] if digits.len() >= 11 => Ok(code.to_owned()),
        [.., 1, 0, _] => Err(Wrong::Form),
        _ => Err(Wrong::NoConcept),
    }
}

/// Verhoeff's scheme: positions turn digits round before the dihedral group of ten adds them up.
fn fits(digits: &[usize]) -> bool {
    let turned = |place: usize, digit: usize| (0..place % 8).fold(digit, |digit, _| at(&TURN, digit));
    let sum = digits.iter().rev().enumerate().fold(0, |sum, (place, digit)| add(sum, turned(place, *digit)));
    sum == 0
}

const TURN: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

fn at(row: &[usize; 10], place: usize) -> usize {
    row.get(place).copied().unwrap_or_default()
}

/// Five turns of a pentagon, 0 to 4, and its five reflections, 5 to 9: one after the other.
fn add(first: usize, second: usize) -> usize {
    match (first < 5, second < 5) {
        (true, true) => (first + second) % 5,
        (true, false) => 5 + (first + second) % 5,
        (false, true) => 5 + (first - second) % 5,
        (false, false) => (first + 5 - second) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_concepts_are_read() {
        // The last two are of an extension: a namespace of seven digits comes before what they are of.
        for code in ["28520004", "404684003", "900000000000207008", "999000011000001104", "999000000105"] {
            assert_eq!(concept(&format!(" {code} ")).as_deref(), Ok(code));
        }
        for (code, name) in PROCEDURES {
            assert_eq!(concept(code).as_deref(), Ok(code), "{name}");
        }
    }

    #[test]
    fn what_is_no_code_says_why() {
        for text in ["", "28520", "0028520004", "2852000a", "2852 0004", "1234567890123456789", "²8520004"] {
            assert_eq!(concept(text), Err(Wrong::Form), "{text}");
        }
        assert_eq!(concept("28520005"), Err(Wrong::CheckDigit));
        assert_eq!(concept("123456017"), Err(Wrong::NoConcept), "a description");
        assert_eq!(concept("290109"), Err(Wrong::Form), "an extension's, with no room for its namespace");
    }

    /// Every wrong digit and every two neighbours that changed places are found: what the scheme is for.
    #[test]
    fn one_slip_of_the_finger_is_always_found() {
        for (code, _) in PROCEDURES {
            let digits: Vec<usize> = code.bytes().map(|digit| usize::from(digit - b'0')).collect();
            assert!(fits(&digits), "{code}");
            for place in 0..digits.len() {
                for wrong in (0..10).filter(|wrong| *wrong != digits[place]) {
                    let mut slipped = digits.clone();
                    slipped[place] = wrong;
                    assert!(!fits(&slipped), "{slipped:?}");
                }
                if place > 0 && digits[place] != digits[place - 1] {
                    let mut slipped = digits.clone();
                    slipped.swap(place, place - 1);
                    assert!(!fits(&slipped), "{slipped:?}");
                }
            }
        }
    }

    /// Of any number exactly one last digit fits.
    #[test]
    fn every_number_has_one_check_digit() {
        for number in (0..200_000_usize).step_by(37) {
            let text = format!("{number:07}");
            let digits: Vec<usize> = text.bytes().map(|digit| usize::from(digit - b'0')).collect();
            let fitting = (0..10).filter(|last| {
                let mut whole = digits.clone();
                whole.push(*last);
                fits(&whole)
            });
            assert_eq!(fitting.count(), 1, "{number}");
        }
    }

    #[test]
    fn procedures_are_found_by_word_and_by_code() {
        let codes = |words: &str| procedures(words).iter().map(|one| one.code).collect::<Vec<_>>();
        assert_eq!(codes("blood TEST"), ["28520004"]);
        assert_eq!(codes("18949003"), ["18949003"]);
        assert_eq!(codes("tooth"), [""; 0]);
        assert_eq!(codes("").len(), PROCEDURES.len());
        assert_eq!(procedure_name("28520004"), Some("Venepuncture for blood test"));
    }
}
