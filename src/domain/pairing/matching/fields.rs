//! One field against one field: which level of agreement two values reach.
//!
//! Says nothing of weights or words, and never looks at two fields at once.

use super::birth::Birth;
use super::likeness::{jaro_winkler, within_one_edit};
use super::person::{Address, Name, Person};
use super::weights::{Dob, Email, First, Last, Nhs, Room};
use crate::kit::nhs_number::Digits;

/// Two first names.
pub(super) fn first(a: &Name, b: &Name) -> First {
    if a.key == 0 || b.key == 0 {
        return First::Missing;
    }
    if a.key == b.key || a.text == b.text {
        return if a.common_first || b.common_first { First::Common } else { First::Same };
    }
    if is_also(a, b) || is_also(b, a) {
        return First::AlsoKnown;
    }
    let (Some(one), Some(other)) = (a.words.first(), b.words.first()) else { return First::Missing };
    let several = a.words.len() > 1 || b.words.len() > 1;
    if one.len() == 1 || other.len() == 1 {
        return if one.as_bytes().first() == other.as_bytes().first() {
            First::Initial
        } else {
            First::Different
        };
    }
    if several && one == other {
        return First::Leading;
    }
    if several && shares_word(a, b) {
        return First::OneOfSeveral;
    }
    if share_group(a, b) {
        return First::Nickname;
    }
    let whole = first_likeness(a.text.as_bytes(), b.text.as_bytes(), a.letters, b.letters);
    if several { whole.max(first_likeness(one.as_bytes(), other.as_bytes(), !0, !0)) } else { whole }
}

fn first_likeness(a: &[u8], b: &[u8], letters_a: u32, letters_b: u32) -> First {
    let shorter = a.len().min(b.len());
    if shorter < 2 || too_few_letters(letters_a, letters_b) {
        return First::Different;
    }
    if shorter >= 3 && within_one_edit(a, b) {
        return First::Typo;
    }
    if shorter >= 3 && (a.starts_with(b) || b.starts_with(a)) {
        return First::Prefix;
    }
    match jaro_winkler(a, b) {
        likeness if likeness >= 0.93 => First::Typo,
        likeness if likeness >= 0.82 => First::Alike,
        _ => First::Different,
    }
}

/// Two last names.
pub(super) fn last(a: &Name, b: &Name) -> Last {
    if a.key == 0 || b.key == 0 {
        return Last::Missing;
    }
    if a.key == b.key || a.text == b.text {
        return if a.common_last || b.common_last { Last::Common } else { Last::Same };
    }
    if is_also(a, b) || is_also(b, a) {
        return Last::Former;
    }
    let whole = last_likeness(a, b);
    if whole < Last::Part && (a.words.len() > 1 || b.words.len() > 1) && shares_part(a, b) {
        return Last::Part;
    }
    whole
}

fn last_likeness(a: &Name, b: &Name) -> Last {
    let (x, y) = (a.text.as_bytes(), b.text.as_bytes());
    let shorter = x.len().min(y.len());
    let sounds = a.sound == b.sound;
    if shorter < 2 || (!sounds && too_few_letters(a.letters, b.letters)) {
        return Last::Different;
    }
    if shorter >= 3 && (within_one_edit(x, y) || without_mac(x) == without_mac(y)) {
        return Last::Typo;
    }
    match jaro_winkler(x, y) {
        likeness if likeness >= 0.945 => Last::Typo,
        likeness if likeness >= 0.88 || (sounds && likeness >= 0.75) => Last::Sound,
        likeness if likeness >= 0.78 => Last::Alike,
        _ => Last::Different,
    }
}

/// `macleod` and `mcleod` are one name.
fn without_mac(name: &[u8]) -> &[u8] {
    let rest = name.strip_prefix(b"mac").or_else(|| name.strip_prefix(b"mc"));
    rest.filter(|rest| rest.len() >= 3).unwrap_or(name)
}

fn shares_part(a: &Name, b: &Name) -> bool {
    a.words.iter().filter(|word| word.len() >= 3).any(|word| {
        b.words.iter().any(|other| {
            word == other
                || (word.len() >= 4 && other.len() >= 4 && within_one_edit(word.as_bytes(), other.as_bytes()))
        })
    })
}

fn shares_word(a: &Name, b: &Name) -> bool {
    a.words.iter().any(|word| word.len() >= 2 && b.words.contains(word))
}

fn is_also(a: &Name, b: &Name) -> bool {
    a.also.iter().any(|name| {
        *name == b.text || b.words.first().is_some_and(|word| name == word) || b.also.contains(name)
    })
}

fn share_group(a: &Name, b: &Name) -> bool {
    a.groups.iter().take_while(|group| **group != 0).any(|group| b.groups.contains(group))
}

/// Two words with under half of their letters in common are never alike.
fn too_few_letters(a: u32, b: u32) -> bool {
    (a & b).count_ones() * 2 < a.count_ones().min(b.count_ones())
}

/// Two dates of birth.
pub(super) fn dob(a: Option<Birth>, b: Option<Birth>) -> Dob {
    let (Some(a), Some(b)) = (a, b) else { return Dob::Missing };
    if a == b {
        return if a.is_new_year() { Dob::NewYear } else { Dob::Same };
    }
    if a.year == b.year {
        if a.day == b.month && a.month == b.day {
            return Dob::Swapped;
        }
        if a.is_new_year() || b.is_new_year() {
            return Dob::YearOnly;
        }
    }
    let differing = differing_digits(u64::from(a.packed() ^ b.packed()));
    if differing == 1 || (differing == 2 && swapped_neighbours(u64::from(a.packed()), u64::from(b.packed())))
    {
        return Dob::OneDigit;
    }
    let equal = u8::from(a.year == b.year) + u8::from(a.month == b.month) + u8::from(a.day == b.day);
    if equal == 2 {
        return Dob::TwoOfThree;
    }
    if differing == 2 || a.day_number().abs_diff(b.day_number()) == 1 {
        Dob::DayBeside
    } else {
        Dob::Different
    }
}

/// Two NHS numbers. A missing one, or a placeholder, agrees with nothing.
pub(super) fn nhs(a: &Person, b: &Person) -> Nhs {
    let (Some(x), Some(y)) = (a.nhs, b.nhs) else { return Nhs::Missing };
    let both_real = a.nhs_is_real && b.nhs_is_real;
    if x == y {
        return if both_real { Nhs::Same } else { Nhs::SameFaulty };
    }
    if both_real {
        return Nhs::Different;
    }
    match edits(x, y) {
        1 => Nhs::OneEdit,
        2 => Nhs::TwoEdits,
        _ => Nhs::DifferentFaulty,
    }
}

/// How two rows of digits differ: 1 for one mistyped, swapped, dropped or added, 2 for two mistyped, else 3.
pub(super) fn edits(a: Digits, b: Digits) -> u32 {
    if a.len() == b.len() {
        let differing = differing_digits(a.packed() ^ b.packed());
        return match differing {
            2 if swapped_neighbours(a.packed(), b.packed()) => 1,
            0..=2 => differing,
            _ => 3,
        };
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() == 1
        && (0..long.len()).any(|at| without_digit(long.packed(), at) == short.packed())
    {
        1
    } else {
        3
    }
}

/// The row without the digit that stands `at` places from the right.
fn without_digit(packed: u64, at: u32) -> u64 {
    let low = (1_u64 << (4 * at)) - 1;
    packed >> (4 * at + 4) << (4 * at) | packed & low
}

fn differing_digits(difference: u64) -> u32 {
    let folded = difference | difference >> 1 | difference >> 2 | difference >> 3;
    (folded & 0x1111_1111_1111_1111).count_ones()
}

/// Two rows that differ in two digits: whether those are neighbours that changed places.
pub(super) fn swapped_neighbours(a: u64, b: u64) -> bool {
    let at = (a ^ b).trailing_zeros() / 4 * 4;
    let (x, y) = (a >> at & 0xFF, b >> at & 0xFF);
    x == (y >> 4 | (y & 0xF) << 4)
}

/// Two rooms.
pub(super) fn room(a: &Person, b: &Person) -> Room {
    if a.room == 0 || b.room == 0 {
        Room::Missing
    } else if a.room == b.room {
        Room::Same
    } else if a.room_number != 0 && a.room_number == b.room_number {
        Room::SameNumber
    } else {
        Room::Different
    }
}

/// Two e-mail addresses by number and text. `shared`: either is used by several people.
pub(super) fn email(a: (usize, &Address), b: (usize, &Address), shared: bool) -> Email {
    let ((at_a, a), (at_b, b)) = (a, b);
    if at_a == 0 || at_b == 0 {
        return Email::Missing;
    }
    if at_a == at_b {
        return if shared { Email::Shared } else { Email::Same };
    }
    if shared {
        return Email::TeamAddress;
    }
    if a.local == b.local {
        return Email::SameLocal;
    }
    let (x, y) = (a.local.as_bytes(), b.local.as_bytes());
    let bare = |local: &str| local.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = a.local.get(..bare(&a.local)) == b.local.get(..bare(&b.local));
    let ending = a.domain == b.domain || within_one_edit(a.domain.as_bytes(), b.domain.as_bytes());
    if x.len().min(y.len()) >= 4 && !numbered && ending && within_one_edit(x, y) {
        Email::OneEdit
    } else {
        Email::Different
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn birth(text: &str) -> Option<Birth> {
        Birth::parse(text).ok()
    }

    #[test]
    fn dates_of_birth_reach_their_level() {
        for (a, b, level) in [
            ("1936-03-07", "1936-03-07", Dob::Same),
            ("1936-03-07", "1936-07-03", Dob::Swapped),
            ("1936-03-07", "1936-03-01", Dob::OneDigit),
            ("1936-03-07", "1963-03-07", Dob::OneDigit),
            ("1936-03-12", "1936-03-21", Dob::OneDigit),
            ("1936-01-01", "1936-09-24", Dob::YearOnly),
            ("1936-01-01", "1936-01-01", Dob::NewYear),
            ("1936-03-07", "1936-03-28", Dob::TwoOfThree),
            ("1936-03-31", "1936-04-01", Dob::DayBeside),
            ("1936-03-07", "1941-11-22", Dob::Different),
            ("1936-02-30", "1936-02-30", Dob::Missing),
            ("", "", Dob::Missing),
        ] {
            assert_eq!(dob(birth(a), birth(b)), level, "{a} {b}");
            assert_eq!(dob(birth(b), birth(a)), level, "{b} {a}");
        }
    }

    #[test]
    fn rows_of_digits_count_their_edits() {
        let read = |text| Digits::read(text).unwrap();
        for (a, b, count) in [
            ("9434765919", "9434765919", 0),
            ("9434765919", "9434765918", 1),
            ("9434765919", "9434756919", 1),
            ("9434765919", "943476591", 1),
            ("9434765919", "434765919", 1),
            ("9434765919", "9134765918", 2),
            ("9434765919", "9134765928", 3),
            ("9434765919", "94347659", 3),
        ] {
            assert_eq!(edits(read(a), read(b)), count, "{a} {b}");
            assert_eq!(edits(read(b), read(a)), count, "{b} {a}");
        }
    }
}
