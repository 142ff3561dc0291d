//! Faults in the data that keep a record from pairing, and people who are easily taken for each other.
//!
//! Finds and words them; corrects nothing.

use std::collections::BTreeMap;

use super::birth::{Birth, Flaw};
use super::lists::List;
use super::person::{Person, Tables};
use super::rules::SharedNumbers;
use super::{Kind, System};
use crate::kit::nhs_number::{self, NhsNumber};

/// The list that a position refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    Ours,
    Theirs,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// The NHS number is not a real one.
    NhsNumber(nhs_number::Fault),
    /// The NHS number stands on two current records.
    SharedNhsNumber,
    /// The date of birth is not in the calendar.
    ImpossibleBirth,
    /// The date of birth stands for "unknown".
    PlaceholderBirth,
}

/// A fault of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub side: Side,
    /// Position in that list.
    pub index: usize,
    pub kind: FaultKind,
    /// A sentence naming the system to correct it in.
    pub words: String,
}

/// Positions of people who are easily taken for somebody else on their own side, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looks {
    pub ours: Vec<usize>,
    pub theirs: Vec<usize>,
}

/// Faults of one side's records. Records without an NHS number or date of birth have none here.
pub(super) fn of_side(side: Side, kind: Kind, system: System, list: &List<'_>) -> Vec<Fault> {
    if kind == Kind::Staff {
        return Vec::new();
    }
    let shared = SharedNumbers::of(&list.people);
    let place = match side {
        Side::Ours => "here",
        Side::Theirs => system.name(),
    };
    let at = if side == Side::Ours { "here".to_owned() } else { format!("in {place}") };
    let mut faults = Vec::new();
    for (at_here, (record, person)) in list.records.iter().zip(&list.people).enumerate() {
        let index = list.given(at_here);
        let mut add = |kind, words| faults.push(Fault { side, index, kind, words });
        match NhsNumber::parse(&record.nhs_number) {
            Err(nhs_number::Fault::Missing) => {}
            Err(fault) => {
                add(
                    FaultKind::NhsNumber(fault),
                    format!("The NHS number {at} {}. Correct it {at}.", fault.words()),
                );
            }
            Ok(_) if person.current && shared.holds(person) => add(
                FaultKind::SharedNhsNumber,
                format!("Two people {at} have this NHS number. Correct the wrong one {at}."),
            ),
            Ok(_) => {}
        }
        match Birth::parse(&record.date_of_birth) {
            Err(Flaw::Impossible) => add(
                FaultKind::ImpossibleBirth,
                format!("The date of birth {at} is not a date of the calendar. Correct it {at}."),
            ),
            Err(Flaw::Placeholder) => add(
                FaultKind::PlaceholderBirth,
                format!("The date of birth {at} stands for an unknown one. Enter the real one {at}."),
            ),
            Err(Flaw::Missing) | Ok(_) => {}
        }
    }
    faults
}

/// People of one side with the same last name and date of birth as somebody else, or the same full name.
pub(super) fn look_alikes(people: &[Person], tables: &Tables) -> Vec<usize> {
    let mut groups: BTreeMap<(u8, usize, u64), Vec<usize>> = BTreeMap::new();
    for (at, person) in people.iter().enumerate().filter(|(_, person)| person.current) {
        let (first, last) = (tables.name_at(person.first).key, tables.name_at(person.last).key);
        if last == 0 {
            continue;
        }
        if let Some(birth) = person.birth {
            groups.entry((0, last, u64::from(birth.packed()))).or_default().push(at);
        }
        if first != 0 {
            groups.entry((1, last, u64::try_from(first).unwrap_or(0))).or_default().push(at);
        }
    }
    let mut alike: Vec<usize> = groups.into_values().filter(|group| group.len() > 1).flatten().collect();
    alike.sort_unstable();
    alike.dedup();
    alike
}
