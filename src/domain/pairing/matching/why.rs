//! Why one of our people is not paired: one plain sentence out of a fixed set.
//!
//! Explains; decides nothing.

use std::collections::HashSet;

use super::person::{Person, Tables};
use super::score::Fit;
use super::weights::{Dob, Email, First, Last, NAMED_FROM, Nhs, Standing};
use super::{Kind, Record, System, residents_only, rule_for};
use crate::connectors::Proof;

/// Why a person is not paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    Archived,
    NobodyWithThisName,
    AlreadyLinked,
    TwoCouldMatch,
    NhsNumberDifferent,
    NhsNumberMissingThere,
    NhsNumberMissingHere,
    NhsNumberNotReal,
    NhsNumberShared,
    BirthDifferent,
    BirthMissingThere,
    BirthMissingHere,
    FirstNameDifferent,
    LastNameDifferent,
    EmailDifferent,
    EmailMissingThere,
    EmailMissingHere,
    SiteDifferent,
    StatusNotPermanent,
    TypeNotResident,
    LinkedByHand,
}

/// Why one of ours, by position, is not paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyNot {
    pub ours: usize,
    pub why: Why,
    pub words: String,
}

impl Why {
    /// The sentence.
    pub fn words(self, system: System, kind: Kind) -> String {
        let there = system.name();
        match self {
            Self::Archived => "Archived here.".to_owned(),
            Self::NobodyWithThisName => "Nobody with this name.".to_owned(),
            Self::AlreadyLinked => "Already linked to somebody else.".to_owned(),
            Self::TwoCouldMatch => match (kind, system) {
                (Kind::Staff, _) => "Two members of staff could match.".to_owned(),
                (Kind::People, _) if proof(system, kind) == Some(Proof::Agency) => {
                    "Two clients could match.".to_owned()
                }
                (Kind::People, _) => "Two residents could match.".to_owned(),
            },
            Self::NhsNumberDifferent => "NHS Number is different.".to_owned(),
            Self::NhsNumberMissingThere => format!("NHS Number is missing in {there}."),
            Self::NhsNumberMissingHere => "NHS Number is missing here.".to_owned(),
            Self::NhsNumberNotReal => "NHS Number is not a real NHS number.".to_owned(),
            Self::NhsNumberShared => "Two people have this NHS Number.".to_owned(),
            Self::BirthDifferent => "Date of Birth is different.".to_owned(),
            Self::BirthMissingThere => format!("Date of Birth is missing in {there}, or is not a real one."),
            Self::BirthMissingHere => "Date of Birth is missing here, or is not a real one.".to_owned(),
            Self::FirstNameDifferent => "First name is different.".to_owned(),
            Self::LastNameDifferent => "Last name is different.".to_owned(),
            Self::EmailDifferent => "Email address is different.".to_owned(),
            Self::EmailMissingThere => format!("Email address is missing in {there}."),
            Self::EmailMissingHere => "Email address is missing here.".to_owned(),
            Self::SiteDifferent if kind == Kind::People => "Agency is different.".to_owned(),
            Self::SiteDifferent => "Site is different.".to_owned(),
            Self::StatusNotPermanent => format!("Status in {there} is not Permanent."),
            Self::TypeNotResident => "Resident Type is neither Nursing nor Residential.".to_owned(),
            Self::LinkedByHand => format!("{there} is linked by hand."),
        }
    }
}

/// The best suggestion of a person, and what is known around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best<'a> {
    pub ours: &'a Person,
    pub theirs: (&'a Record, &'a Person),
    pub fit: &'a Fit,
    pub several: bool,
    pub shared_number: bool,
}

/// The first thing that stands between a person and their best suggestion.
pub(super) fn why_not(system: System, kind: Kind, best: &Best<'_>, tables: &Tables) -> Why {
    if best.fit.total < NAMED_FROM {
        return Why::NobodyWithThisName;
    }
    if best.several {
        return Why::TwoCouldMatch;
    }
    let stands = match (kind, proof(system, kind)) {
        (_, None) => name(best, tables).or(Some(Why::LinkedByHand)),
        (Kind::People, Some(Proof::Agency)) => {
            birth(best).or_else(|| name(best, tables)).or_else(|| site(best, tables))
        }
        (Kind::People, _) => number(best)
            .or_else(|| birth(best))
            .or_else(|| name(best, tables))
            .or_else(|| resident(system, best)),
        (Kind::Staff, _) => email(best).or_else(|| name(best, tables)).or_else(|| site(best, tables)),
    };
    // Everything is equal, so the rule must have met somebody else who is equal too.
    stands.unwrap_or(Why::TwoCouldMatch)
}

fn proof(system: System, kind: Kind) -> Option<Proof> {
    rule_for(system, kind).map(|rule| rule.proof)
}

fn number(best: &Best<'_>) -> Option<Why> {
    let (ours, theirs) = (best.ours, best.theirs.1);
    match best.fit.nhs {
        Nhs::Missing
            if theirs.nhs.is_none() && best.theirs.0.nhs_number.bytes().any(|b| b.is_ascii_digit()) =>
        {
            Some(Why::NhsNumberNotReal)
        }
        Nhs::Missing if theirs.nhs.is_none() => Some(Why::NhsNumberMissingThere),
        Nhs::Missing => Some(Why::NhsNumberMissingHere),
        Nhs::Same if best.shared_number => Some(Why::NhsNumberShared),
        Nhs::Same => None,
        _ if !ours.nhs_is_real || !theirs.nhs_is_real => Some(Why::NhsNumberNotReal),
        _ => Some(Why::NhsNumberDifferent),
    }
}

fn birth(best: &Best<'_>) -> Option<Why> {
    match best.fit.dob {
        Dob::Same | Dob::NewYear => None,
        Dob::Missing if best.theirs.1.birth.is_none() => Some(Why::BirthMissingThere),
        Dob::Missing => Some(Why::BirthMissingHere),
        _ => Some(Why::BirthDifferent),
    }
}

fn name(best: &Best<'_>, tables: &Tables) -> Option<Why> {
    let key = |at: usize| tables.name_at(at).key;
    let (ours, theirs) = (best.ours, best.theirs.1);
    let last_is_equal = key(ours.last) != 0 && key(ours.last) == key(theirs.last);
    let first_is_equal = key(ours.first) != 0 && key(ours.first) == key(theirs.first);
    debug_assert!(best.fit.exchanged.is_some() || best.fit.last >= Last::Common || !last_is_equal);
    debug_assert!(best.fit.exchanged.is_some() || best.fit.first >= First::Common || !first_is_equal);
    match (first_is_equal, last_is_equal) {
        (_, false) => Some(Why::LastNameDifferent),
        (false, true) => Some(Why::FirstNameDifferent),
        (true, true) => None,
    }
}

fn email(best: &Best<'_>) -> Option<Why> {
    match best.fit.email {
        Email::Missing if best.theirs.1.email == 0 => Some(Why::EmailMissingThere),
        Email::Missing => Some(Why::EmailMissingHere),
        _ if best.ours.email == best.theirs.1.email => None,
        _ => Some(Why::EmailDifferent),
    }
}

fn site(best: &Best<'_>, tables: &Tables) -> Option<Why> {
    let keys =
        |person: &Person| tables.places.get(person.place).map(|place| place.keys.clone()).unwrap_or_default();
    let (ours, theirs) = (keys(best.ours), keys(best.theirs.1));
    (!ours.iter().any(|key| theirs.contains(key))).then_some(Why::SiteDifferent)
}

fn resident(system: System, best: &Best<'_>) -> Option<Why> {
    let theirs = best.theirs.1;
    if !residents_only(system) || theirs.permanent_resident {
        return None;
    }
    Some(if theirs.standing == Standing::Permanent { Why::TypeNotResident } else { Why::StatusNotPermanent })
}

/// Records that are linked already, findable by what a rule would have met.
#[derive(Debug, Default)]
pub(super) struct Taken(HashSet<(usize, usize, u64)>);

impl Taken {
    pub fn of<'a>(paired: impl Iterator<Item = &'a Person>, tables: &Tables) -> Self {
        Self(paired.flat_map(|person| facts(person, tables)).flatten().collect())
    }

    /// Whether the record that fits this person is linked to somebody else.
    pub fn holds(&self, person: &Person, tables: &Tables) -> bool {
        !self.0.is_empty() && facts(person, tables).iter().flatten().any(|fact| self.0.contains(fact))
    }
}

fn facts(person: &Person, tables: &Tables) -> [Option<(usize, usize, u64)>; 3] {
    let (first, last) = (tables.name_at(person.first).key, tables.name_at(person.last).key);
    let named = first != 0 && last != 0;
    let number = person.nhs.filter(|_| person.nhs_is_real).map(|number| (0, 0, number.packed()));
    let birth = person.birth.filter(|_| named).map(|birth| (first, last, u64::from(birth.packed())));
    let email = u64::try_from(person.email).ok().filter(|email| named && *email != 0);
    [number, birth, email.map(|email| (first, last, email | 1 << 40))]
}
