//! Records made ready for comparing: every field folded, read and interned once.
//!
//! Compares nothing. Both sides share one [`Tables`], so that equal texts have equal numbers.

use std::collections::HashMap;

use super::Record;
use super::birth::Birth;
use super::likeness::{letters, soundex};
use super::weights::{COMMON_FIRST, COMMON_LAST, Standing};
use crate::kit::names::{self, Parts, nickname_groups};
use crate::kit::nhs_number::{Digits, Fault};

/// A first or last name as written, folded.
#[derive(Debug, Default, Clone)]
pub(super) struct Name {
    /// The same number for the same folded text, brackets included; zero for no name.
    pub key: usize,
    /// The name proper, folded and joined.
    pub text: String,
    /// Its words.
    pub words: Vec<String>,
    /// Other names given with it, each joined.
    pub also: Vec<String>,
    pub letters: u32,
    pub sound: u32,
    pub groups: [u16; 8],
    pub common_first: bool,
    pub common_last: bool,
}

/// A zone, home, service, agency or site.
#[derive(Debug, Default, Clone)]
pub(super) struct Place {
    /// Folded names; several only where somebody works at several sites.
    pub keys: Vec<String>,
    /// Its words without "the", "care home" and the like.
    pub core: Vec<String>,
}

/// An e-mail address in lower case.
#[derive(Debug, Default, Clone)]
pub(super) struct Address {
    pub local: String,
    pub domain: String,
}

/// One record, ready for comparing. Numbers refer to [`Tables`].
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub first: usize,
    pub last: usize,
    pub birth: Option<Birth>,
    pub nhs: Option<Digits>,
    pub nhs_is_real: bool,
    /// Zero when none is given.
    pub email: usize,
    pub room: usize,
    pub room_number: u32,
    pub place: usize,
    pub standing: Standing,
    pub permanent_resident: bool,
    /// In the care of the home today, as far as the record says.
    pub current: bool,
    pub archived: bool,
}

/// Texts of both sides by number; entry zero of each stands for "not given".
#[derive(Debug)]
pub(super) struct Tables {
    pub names: Vec<Name>,
    pub places: Vec<Place>,
    pub emails: Vec<Address>,
    name_of: HashMap<String, usize>,
    key_of: HashMap<String, usize>,
    place_of: HashMap<String, usize>,
    email_of: HashMap<String, usize>,
    room_of: HashMap<String, usize>,
}

impl Tables {
    pub fn new(expected: usize) -> Self {
        let names = expected.min(1 << 16);
        Self {
            names: vec![Name::default()],
            places: vec![Place::default()],
            emails: vec![Address::default()],
            name_of: HashMap::with_capacity(names),
            key_of: HashMap::with_capacity(names),
            place_of: HashMap::new(),
            email_of: HashMap::new(),
            room_of: HashMap::new(),
        }
    }

    /// Makes a record ready.
    pub fn read(&mut self, record: &Record) -> Person {
        let nhs = Digits::read(&record.nhs_number);
        let number = nhs.map(Digits::number);
        let standing = standing(&record.status);
        let room = self.room(&record.room);
        Person {
            first: self.first_name(record),
            last: self.name(&record.last_name),
            birth: Birth::parse(&record.date_of_birth).ok(),
            nhs: nhs.filter(|_| !matches!(number, Some(Err(Fault::AllEqual | Fault::Placeholder)))),
            nhs_is_real: matches!(number, Some(Ok(_))),
            email: self.email(&record.email),
            room,
            room_number: room_number(&record.room),
            place: self.place(&record.place),
            standing,
            permanent_resident: standing == Standing::Permanent && is_resident(&record.resident_type),
            current: !record.archived && !matches!(standing, Standing::Gone | Standing::Enquiry),
            archived: record.archived,
        }
    }

    pub fn name_at(&self, at: usize) -> &Name {
        const NONE: &Name = &Name {
            key: 0,
            text: String::new(),
            words: Vec::new(),
            also: Vec::new(),
            letters: 0,
            sound: 0,
            groups: [0; 8],
            common_first: false,
            common_last: false,
        };
        self.names.get(at).unwrap_or(NONE)
    }

    fn first_name(&mut self, record: &Record) -> usize {
        match record.known_as.as_deref().map(str::trim) {
            Some(known) if !known.is_empty() => {
                self.name_with(&format!("{}\u{1}{known}", record.first_name), &record.first_name, Some(known))
            }
            _ => self.name(&record.first_name),
        }
    }

    fn name(&mut self, written: &str) -> usize {
        self.name_with(written, written, None)
    }

    fn name_with(&mut self, index: &str, written: &str, known_as: Option<&str>) -> usize {
        if let Some(at) = self.name_of.get(index) {
            return *at;
        }
        let (mut name, whole) = read_name(written);
        if let Some(known) = known_as {
            let other = names::fold(known);
            if !other.is_empty() && other != name.text {
                name.also.push(other);
            }
        }
        let at = if name.text.is_empty() || names::is_no_name(written) {
            0
        } else {
            let next = self.key_of.len() + 1;
            name.key = *self.key_of.entry(whole).or_insert(next);
            self.names.push(name);
            self.names.len() - 1
        };
        self.name_of.insert(index.to_owned(), at);
        at
    }

    /// The number of a place, as written.
    pub fn place(&mut self, written: &str) -> usize {
        if let Some(at) = self.place_of.get(written) {
            return *at;
        }
        let keys: Vec<String> =
            written.split([';', '|']).map(names::fold_place).filter(|key| !key.is_empty()).collect();
        let at = if keys.is_empty() {
            0
        } else {
            self.places.push(Place { keys, core: core_words(written) });
            self.places.len() - 1
        };
        self.place_of.insert(written.to_owned(), at);
        at
    }

    fn email(&mut self, written: &str) -> usize {
        if written.is_empty() {
            return 0;
        }
        let lower = written.trim().to_lowercase();
        if let Some(at) = self.email_of.get(&lower) {
            return *at;
        }
        let at = match lower.rsplit_once('@') {
            Some((local, domain)) if is_somebody(local) && !domain.is_empty() => {
                self.emails.push(Address { local: local.to_owned(), domain: domain.to_owned() });
                self.emails.len() - 1
            }
            _ => 0,
        };
        self.email_of.insert(lower, at);
        at
    }

    fn room(&mut self, written: &str) -> usize {
        let key = room_key(written);
        if key.is_empty() {
            return 0;
        }
        let next = self.room_of.len() + 1;
        *self.room_of.entry(key).or_insert(next)
    }
}

/// The name, and all that was written folded to one text.
fn read_name(written: &str) -> (Name, String) {
    // Most names are one plain word.
    let plain = written.trim();
    let (Parts { mut main, also }, whole) = if plain.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let word = plain.to_ascii_lowercase();
        (Parts { main: vec![word.clone()], also: Vec::new() }, word)
    } else {
        (names::parts(written), names::fold(written))
    };
    for word in main.iter_mut().filter(|word| word.bytes().any(|b| b.is_ascii_digit())) {
        *word = word.chars().filter_map(letter_for).collect();
    }
    main.retain(|word| !word.is_empty());
    let text = main.concat();
    let groups = nickname_groups(&text);
    let first = main.first().map_or("", String::as_str);
    let name = Name {
        key: 0,
        letters: letters(text.as_bytes()),
        sound: soundex(text.as_bytes()),
        groups: if groups == [0; 8] { nickname_groups(first) } else { groups },
        common_first: COMMON_FIRST.binary_search(&text.as_str()).is_ok(),
        common_last: COMMON_LAST.binary_search(&text.as_str()).is_ok(),
        text,
        words: main,
        also: also.iter().map(|words| words.concat()).collect(),
    };
    (name, whole)
}

/// The letter that a digit was typed for (`0'Brien`). No rule relies on this.
fn letter_for(c: char) -> Option<char> {
    match c {
        '0' => Some('o'),
        '1' => Some('l'),
        '3' => Some('e'),
        '5' => Some('s'),
        _ => Some(c).filter(|c| !c.is_ascii_digit()),
    }
}

/// Lower case, without "room", spaces and leading zeros: `Rm 07B` is `7b`.
fn room_key(written: &str) -> String {
    let plain = written.trim();
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return plain.trim_start_matches('0').to_owned();
    }
    let words = names::split(written);
    let joined: String = words
        .iter()
        .filter(|word| !matches!(word.as_str(), "room" | "rm" | "no" | "flat" | "bed"))
        .cloned()
        .collect();
    let bare = ["room", "rm", "r"].iter().find_map(|prefix| {
        joined.strip_prefix(prefix).filter(|rest| rest.bytes().next().is_some_and(|b| b.is_ascii_digit()))
    });
    let bare = bare.unwrap_or(&joined).trim_start_matches('0');
    if matches!(bare, "na" | "none" | "tbc" | "unknown") { String::new() } else { bare.to_owned() }
}

fn room_number(written: &str) -> u32 {
    let digits: String = written
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .take(6)
        .collect();
    digits.parse().unwrap_or(0)
}

/// The words that make out a place: without articles and the words that any home may add.
fn core_words(written: &str) -> Vec<String> {
    let mut words = names::split(written);
    if words.len() > 1 && words.first().is_some_and(|word| word == "the") {
        words.remove(0);
    }
    for ending in [["care", "home"], ["nursing", "home"], ["residential", "home"], ["care", "centre"]] {
        if words.len() > 2 && words.ends_with(&ending.map(str::to_owned)) {
            words.truncate(words.len() - 2);
        }
    }
    words
}

fn is_somebody(local: &str) -> bool {
    !matches!(
        local,
        "" | "none" | "na" | "n/a" | "noemail" | "no-email" | "no.email" | "noreply" | "no-reply" | "unknown"
    )
}

fn standing(status: &str) -> Standing {
    if status == "Permanent" {
        return Standing::Permanent;
    }
    match names::fold_place(status).as_str() {
        "permanent" => Standing::Permanent,
        "discharged" | "deceased" | "archived" | "left" | "inactive" | "former" | "moved" | "movedout" => {
            Standing::Gone
        }
        "enquiry" | "waitinglist" | "prospective" | "preadmission" => Standing::Enquiry,
        "" => Standing::Unknown,
        _ => Standing::Passing,
    }
}

fn is_resident(kind: &str) -> bool {
    matches!(kind, "Nursing" | "Residential")
        || matches!(names::fold_place(kind).as_str(), "nursing" | "residential")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_told_by_what_stands_on_the_door() {
        for written in ["7", "Room 7", "Rm 07", "R7", " 7 ", "room7"] {
            assert_eq!(room_key(written), "7", "{written}");
        }
        assert_eq!(room_key("F05"), "f05");
        assert_eq!(room_key("12B"), "12b");
        assert_eq!(room_key("N/A"), "");
        assert_eq!(room_number("Room 12B"), 12);
    }

    #[test]
    fn places_lose_what_any_home_is_called() {
        assert_eq!(core_words("The Laurels Care Home"), ["laurels"]);
        assert_eq!(core_words("Oak House"), ["oak", "house"]);
        assert_eq!(core_words("The Care Home"), ["care", "home"]);
    }

    #[test]
    fn digits_typed_for_letters_are_read_as_letters() {
        assert_eq!(read_name("0'Br1en").0.text, "obrlen");
    }
}
