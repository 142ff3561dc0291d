//! The pairing engine: which external record is about which of our people.
//!
//! Pure: it takes two lists and what was decided before, and returns pairs, suggestions and faults with their
//! reasons. It knows no database, clock, randomness or connection, and the same input gives the same answer
//! whatever the order of the records. Automatic pairs follow `rules` alone; weights only rank suggestions.

mod birth;
mod bits;
mod blocks;
mod candidates;
mod engine;
mod faults;
mod fields;
mod likeness;
mod lists;
mod person;
mod places;
mod ranking;
mod rivals;
mod rules;
mod score;
mod weights;
mod why;
mod words;

/// The system that the other list comes from.
pub use crate::connectors::Vendor as System;
pub use birth::{Birth, Flaw};
pub use bits::Bits;
pub use engine::{Context, compare, pair, suggest_for};
pub use faults::{Fault, FaultKind, Looks, Side};
pub use rules::{residents_only, rule_for, rule_words};
pub use weights::WEIGHTS_VERSION;
pub use why::{Why, WhyNot};

/// Residents and clients, or staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    People,
    Staff,
}

/// One person's record on either side, as written there. Empty texts stand for "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// What names the record on its side; unique there.
    pub key: String,
    pub first_name: String,
    pub last_name: String,
    /// Another first name the person goes by.
    pub known_as: Option<String>,
    /// ISO, or British with the day first.
    pub date_of_birth: String,
    /// In any spacing.
    pub nhs_number: String,
    pub email: String,
    pub room: String,
    /// Zone, service, home, agency or site. For Ensora the name of the agency that the site is mapped to.
    /// Staff of several sites have them with `;` between.
    pub place: String,
    /// Nourish: Nursing, Residential and others.
    pub resident_type: String,
    /// Nourish: Permanent and others.
    pub status: String,
    /// Kept for the record only: never paired, never suggested.
    pub archived: bool,
}

/// What people decided before, by position in the two lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Already linked: never offered again, yet still holders of their NHS number.
    pub paired: Vec<(usize, usize)>,
    /// Not the same person: never again.
    pub refused: Vec<(usize, usize)>,
}

/// Everything that comes of comparing two lists. Positions refer to the lists as given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// By position of ours.
    pub autos: Vec<Auto>,
    /// By position of ours, then rank; at most [`MOST_SUGGESTIONS`] for each.
    pub suggestions: Vec<Suggestion>,
    /// One for each of ours that is not paired, by position.
    pub why_not: Vec<WhyNot>,
    pub look_alikes: Looks,
    pub faults: Vec<Fault>,
}

/// A pair that a rule made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auto {
    pub ours: usize,
    pub theirs: usize,
    /// The id of the rule, see [`rule_for`].
    pub rule: &'static str,
    pub score: Bits,
    pub reasons: Vec<Reason>,
}

/// A pair that a person may make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub ours: usize,
    pub theirs: usize,
    /// 1 is the best.
    pub rank: u8,
    /// The sum of the reasons' weights.
    pub score: Bits,
    pub reasons: Vec<Reason>,
    /// Another record fits about equally well: none is to be chosen beforehand.
    pub several_possible: bool,
}

/// One finding for or against a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub field: Field,
    pub level: Level,
    pub weight: Bits,
    /// A sentence.
    pub words: String,
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    FirstName,
    LastName,
    /// First and last name together.
    Names,
    DateOfBirth,
    NhsNumber,
    Email,
    Room,
    Place,
    Status,
    Rival,
}

/// How a field compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Agree,
    Near,
    Differ,
    Missing,
    Rival,
}

/// Suggestions made for one person.
pub const MOST_SUGGESTIONS: usize = 5;
