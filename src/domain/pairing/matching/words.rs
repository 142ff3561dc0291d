//! Reasons in sentences: what agrees, what does not, and in which system to correct it.
//!
//! Every weight of a [`Fit`] becomes one reason, so that the reasons add up to the score.

use super::birth::Birth;
use super::bits::Bits;
use super::fields::edits;
use super::person::Person;
use super::score::Fit;
use super::weights::{self, Dob, Email, First, Last, Nhs, Room, Standing};
use super::{Field, Kind, Level, Reason, Record, System, rule_for};
use crate::connectors::Proof;
use crate::kit::names;

/// Two records of one possible pair, as written and as read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub system: System,
    pub kind: Kind,
    pub ours: (&'a Record, &'a Person),
    pub theirs: (&'a Record, &'a Person),
}

impl Case<'_> {
    /// One reason for every field that says something, or that should and is missing.
    pub fn reasons(&self, fit: &Fit) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(7);
        self.names(fit, &mut reasons);
        if self.kind == Kind::People {
            reasons.extend(self.birth(fit.dob));
            reasons.extend(self.nhs(fit.nhs));
        } else {
            reasons.push(self.email(fit.email));
        }
        reasons.extend(self.room(fit.room));
        reasons.extend(self.place(fit.place));
        reasons.extend(self.standing());
        reasons
    }

    fn there(&self) -> &'static str {
        self.system.name()
    }

    fn names(&self, fit: &Fit, reasons: &mut Vec<Reason>) {
        let (our, their) = (self.ours.0, self.theirs.0);
        let (their_first, their_last) = if fit.exchanged.is_some() {
            (&their.last_name, &their.first_name)
        } else {
            (&their.first_name, &their.last_name)
        };
        let first = weights::first(fit.first);
        reasons.push(first_name(fit.first, &our.first_name, their_first, self.there(), first));
        let last = weights::last(fit.last);
        reasons.push(last_name(fit.last, &our.last_name, their_last, self.there(), last));
        if let Some(weight) = fit.exchanged {
            let words = format!("First and last name have changed places in {} or here.", self.there());
            reasons.push(reason(Field::Names, Level::Near, weight.as_hundredths(), words));
        }
    }

    fn birth(&self, level: Dob) -> Option<Reason> {
        let (ours, theirs) = (self.ours.1.birth, self.theirs.1.birth);
        let words = match (level, ours, theirs) {
            (Dob::Missing, ..) => return self.no_birth(ours, theirs),
            (Dob::Same, ..) => "Dates of birth agree.".to_owned(),
            (Dob::NewYear, ..) => {
                "Dates of birth agree, but 1 January is often put for an unknown day.".to_owned()
            }
            (_, Some(a), Some(b)) => {
                let how = match level {
                    Dob::Swapped => ": day and month swapped",
                    Dob::OneDigit => ": one digit apart",
                    Dob::YearOnly => ": same year, and 1 January is often put for an unknown day",
                    Dob::TwoOfThree => ": two of day, month and year agree",
                    _ => "",
                };
                format!("Date of birth in {} is {}, here {}{how}.", self.there(), b.words(), a.words())
            }
            _ => return None,
        };
        let worth = match level {
            Dob::Same | Dob::NewYear => Level::Agree,
            Dob::Different | Dob::DayBeside => Level::Differ,
            _ => Level::Near,
        };
        Some(reason(Field::DateOfBirth, worth, weights::dob(level), words))
    }

    fn no_birth(&self, ours: Option<Birth>, theirs: Option<Birth>) -> Option<Reason> {
        // Where nothing pairs by itself, a date of birth is not expected.
        rule_for(self.system, self.kind)?;
        let what = "date of birth";
        Some(missing(Field::DateOfBirth, what, self.there(), (ours.is_none(), theirs.is_none())))
    }

    fn nhs(&self, level: Nhs) -> Option<Reason> {
        let (ours, theirs) = (self.ours.1, self.theirs.1);
        let there = self.there();
        let Some((a, b)) = ours.nhs.zip(theirs.nhs) else {
            let expected = rule_for(self.system, Kind::People)
                .is_some_and(|rule| matches!(rule.proof, Proof::NhsNumber { .. }));
            let gone = (ours.nhs.is_none(), theirs.nhs.is_none());
            return expected.then(|| missing(Field::NhsNumber, "NHS number", there, gone));
        };
        let both = format!("NHS number in {there} ends {}, here {}", b.ends(), a.ends());
        let repair = match (ours.nhs_is_real, theirs.nhs_is_real) {
            (true, false) => format!(" Correct it in {there}."),
            (false, true) => " Correct it here.".to_owned(),
            (false, false) => " Neither is a real NHS number: correct both.".to_owned(),
            (true, true) => String::new(),
        };
        let words = match level {
            Nhs::Same => "NHS numbers agree.".to_owned(),
            Nhs::SameFaulty => {
                format!("NHS numbers agree, but it is not a real NHS number: correct it in {there} and here.")
            }
            Nhs::OneEdit if a.len() != b.len() => format!("{both}: one digit is missing.{repair}"),
            Nhs::OneEdit => {
                let two = (a.packed() ^ b.packed()).count_ones() > 0 && differ_in_two(a.packed(), b.packed());
                format!("{both}: {}.{repair}", if two { "two digits swapped" } else { "one digit differs" })
            }
            Nhs::TwoEdits => format!("{both}: two digits differ.{repair}"),
            _ if ours.nhs_is_real && theirs.nhs_is_real && edits(a, b) == 2 => {
                format!("{both}: two digits differ, and both are real NHS numbers.")
            }
            _ => format!("{both}: they are different.{repair}"),
        };
        let worth = match level {
            Nhs::Same => Level::Agree,
            Nhs::SameFaulty | Nhs::OneEdit | Nhs::TwoEdits => Level::Near,
            _ => Level::Differ,
        };
        Some(reason(Field::NhsNumber, worth, weights::nhs(level), words))
    }

    fn email(&self, level: Email) -> Reason {
        let there = self.there();
        let (words, worth) = match level {
            Email::Missing => {
                let gone = (self.ours.1.email == 0, self.theirs.1.email == 0);
                return missing(Field::Email, "email address", there, gone);
            }
            Email::Same => ("Email addresses agree.".to_owned(), Level::Agree),
            Email::SameLocal => ("Email addresses agree but for what follows the @.".to_owned(), Level::Near),
            Email::OneEdit => {
                (format!("Email addresses differ by one letter: check both {there} and here."), Level::Near)
            }
            Email::NamesBoth => (
                "Email addresses differ, but one holds the last name given on the other side.".to_owned(),
                Level::Near,
            ),
            Email::Shared => ("The email address is one that several people use.".to_owned(), Level::Near),
            Email::TeamAddress => (
                "One of the email addresses is used by several people and tells nothing.".to_owned(),
                Level::Missing,
            ),
            Email::Different => (format!("Email address in {there} is not the one here."), Level::Differ),
        };
        reason(Field::Email, worth, weights::email(level), words)
    }

    fn room(&self, level: Room) -> Option<Reason> {
        let (our, their) = (self.ours.0.room.trim(), self.theirs.0.room.trim());
        let (words, worth) = match level {
            Room::Missing => return None,
            Room::Same => (format!("Same room, {}.", short(our)), Level::Agree),
            Room::SameNumber => {
                (format!("Room in {} is {}, here {}.", self.there(), short(their), short(our)), Level::Near)
            }
            Room::Different => {
                (format!("Room in {} is {}, here {}.", self.there(), short(their), short(our)), Level::Differ)
            }
        };
        Some(reason(Field::Room, worth, weights::room(level), words))
    }

    fn place(&self, weight: Bits) -> Option<Reason> {
        let (our, their) = (short(&self.ours.0.place), short(&self.theirs.0.place));
        let (words, worth) = match weight.as_hundredths() {
            0 => return None,
            _ if our.to_lowercase() == their.to_lowercase() => (format!("Both are in {our}."), Level::Agree),
            w if w > 0 => (format!("{their} in {} goes with {our} here.", self.there()), Level::Agree),
            _ => (format!("In {} they are in {their}, here in {our}.", self.there()), Level::Differ),
        };
        Some(reason(Field::Place, worth, weight.as_hundredths(), words))
    }

    fn standing(&self) -> Option<Reason> {
        let standing = self.theirs.1.standing;
        let weight = weights::standing(standing);
        matches!(standing, Standing::Gone | Standing::Enquiry).then(|| {
            let words = format!("Status in {} is {}.", self.there(), short(&self.theirs.0.status));
            reason(Field::Status, Level::Differ, weight, words)
        })
    }
}

/// The reason for what a pair loses to its rivals.
pub(super) fn rival(words: String, weight: Bits) -> Reason {
    reason(Field::Rival, Level::Rival, weight.as_hundredths(), words)
}

fn reason(field: Field, level: Level, weight: i32, words: String) -> Reason {
    Reason { field, level, weight: Bits::hundredths(weight), words }
}

fn missing(field: Field, what: &str, there: &str, (here_gone, there_gone): (bool, bool)) -> Reason {
    let words = match (here_gone, there_gone) {
        (true, true) => format!("No usable {what} in {there} or here."),
        (false, true) => format!("No usable {what} in {there}."),
        _ => format!("No usable {what} here."),
    };
    reason(field, Level::Missing, 0, words)
}

fn first_name(level: First, our: &str, their: &str, there: &str, weight: i32) -> Reason {
    let (our, their) = (short(our), short(their));
    let (words, worth) = match level {
        First::Missing if our.is_empty() && their.is_empty() => {
            ("No first name in either.".to_owned(), Level::Missing)
        }
        First::Missing => ("The first name is missing on one side.".to_owned(), Level::Missing),
        First::Same | First::Common => ("First names agree.".to_owned(), Level::Agree),
        First::Nickname => (forms_of_one_name(&our, &their), Level::Near),
        First::AlsoKnown => {
            (format!("First name in {there} is {their}, here {our}: also known as."), Level::Near)
        }
        First::Initial => {
            (format!("First name in {there} is {their}, here {our}: the same initial."), Level::Near)
        }
        First::Leading | First::OneOfSeveral => {
            (format!("First name in {there} is {their}, here {our}: one name in common."), Level::Near)
        }
        First::Typo | First::Prefix | First::Alike => {
            (format!("First name in {there} is {their}, here {our}: nearly the same."), Level::Near)
        }
        First::Different => (format!("First name in {there} is {their}, here {our}."), Level::Differ),
    };
    reason(Field::FirstName, worth, weight, words)
}

/// "Bill is a short form of William."
fn forms_of_one_name(our: &str, their: &str) -> String {
    let folded = |name: &str| names::parts(name).main.concat();
    let (a, b) = (folded(our), folded(their));
    let shared = |group: &&u16| **group != 0 && names::nickname_groups(&b).contains(group);
    let full = |name: &str| {
        names::nickname_groups(&a).iter().filter(shared).any(|group| names::is_full_form(name, *group))
    };
    if full(&a) {
        format!("{their} is a short form of {our}.")
    } else if full(&b) {
        format!("{our} is a short form of {their}.")
    } else {
        format!("{their} and {our} are forms of one first name.")
    }
}

fn last_name(level: Last, our: &str, their: &str, there: &str, weight: i32) -> Reason {
    let (our, their) = (short(our), short(their));
    let (words, worth) = match level {
        Last::Missing if our.is_empty() && their.is_empty() => {
            ("No last name in either.".to_owned(), Level::Missing)
        }
        Last::Missing => ("The last name is missing on one side.".to_owned(), Level::Missing),
        Last::Same | Last::Common => ("Last names agree.".to_owned(), Level::Agree),
        Last::Part => {
            (format!("Last name in {there} is {their}, here {our}: one part in common."), Level::Near)
        }
        Last::Former => (format!("Last name in {there} is {their}, here {our}: also known as."), Level::Near),
        Last::Sound => {
            (format!("Last name in {there} is {their}, here {our}: they sound alike."), Level::Near)
        }
        Last::Typo | Last::Alike => {
            (format!("Last name in {there} is {their}, here {our}: nearly the same."), Level::Near)
        }
        Last::Different => (format!("Last name in {there} is {their}, here {our}."), Level::Differ),
    };
    reason(Field::LastName, worth, weight, words)
}

/// At most forty characters of what was written, so that a sentence stays one.
pub(super) fn short(written: &str) -> String {
    let trimmed = written.trim();
    if trimmed.chars().count() <= 40 {
        return trimmed.to_owned();
    }
    trimmed.chars().take(39).chain(std::iter::once('…')).collect()
}

fn differ_in_two(a: u64, b: u64) -> bool {
    let difference = a ^ b;
    let lowest = difference.trailing_zeros() / 4 * 4;
    difference & !(0xF << lowest) != 0
}
