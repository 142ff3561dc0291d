//! Create mode: every record that nobody here resembles becomes a resident, paired at once.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::{Index, Input, Local, Plan, Step, ToCheck};
use crate::domain::pairing::matching::Record;
use crate::kit::names;
use crate::kit::nhs_number::NhsNumber;

/// A suggestion of at least this many hundredths of a bit means that somebody here might be the same
/// person, and a manager decides. Unrelated people score far below nought.
const MIGHT_BE: i64 = 0;

const MIGHT_BE_WORDS: &str =
    "Somebody here might be the same person. Link them, or say that they are not the same.";
const ELSEWHERE_WORDS: &str =
    "Their service belongs to a home that this system is not for. Nobody was added.";
const UNDONE_WORDS: &str = "What a sync did with this record was undone. It is left alone until the record changes, or somebody links it.";

pub fn add(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    let taken: HashSet<usize> = plan
        .steps
        .iter()
        .filter_map(|step| if let Step::Pair { incoming, .. } = step { Some(*incoming) } else { None })
        .collect();
    let resembled: HashSet<usize> =
        plan.suggested.iter().filter(|one| one.score >= MIGHT_BE).map(|one| one.incoming).collect();
    let mut everybody = Everybody::of(input.locals);
    for (n, record) in input.incoming.iter().enumerate().filter(|(_, record)| !record.archived) {
        if taken.contains(&n) || index.is_paired(record) {
            continue;
        }
        let known = index.known(record);
        let told_apart =
            |local: i64| known.is_some_and(|known| input.refused.told_apart.contains(&(local, known.id)));
        let why = if index.left_alone(record) {
            Some(UNDONE_WORDS)
        } else if input.elsewhere.contains(&record.facts.place) {
            Some(ELSEWHERE_WORDS)
        } else if resembled.contains(&n) {
            Some(MIGHT_BE_WORDS)
        } else {
            everybody.like(&record.facts, told_apart)
        };
        if let Some(why) = why {
            plan.to_check.push(ToCheck { incoming: n, why: why.to_owned() });
        } else {
            everybody.add(Somebody::new(&record.facts, Standing::JustMade));
            plan.steps.push(Step::Create { incoming: n });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Here(i64),
    Archived(i64),
    /// From this very answer.
    JustMade,
}

/// What a doubled record would share with somebody.
struct Somebody {
    born: Option<NaiveDate>,
    number: Option<String>,
    name: String,
    standing: Standing,
}

impl Somebody {
    fn new(facts: &Record, standing: Standing) -> Self {
        Self {
            born: facts.date_of_birth.parse().ok(),
            number: NhsNumber::parse(&facts.nhs_number).ok().map(NhsNumber::plain),
            name: format!("{}|{}", names::fold(&facts.first_name), names::fold(&facts.last_name)),
            standing,
        }
    }

    /// A date that is not known could be any.
    fn may_be_born_as(&self, other: &Self) -> bool {
        self.born.is_none() || other.born.is_none() || self.born == other.born
    }

    fn has_another_number(&self, other: &Self) -> bool {
        matches!((&self.number, &other.number), (Some(one), Some(other)) if one != other)
    }
}

/// Everybody whom a new record could be: people here, and those whom this run makes.
#[derive(Default)]
struct Everybody {
    all: Vec<Somebody>,
    by_name: HashMap<String, Vec<usize>>,
    by_number: HashMap<String, Vec<usize>>,
}

impl Everybody {
    fn of(locals: &[Local]) -> Self {
        let mut everybody = Self::default();
        for local in locals {
            let standing = if local.active { Standing::Here(local.id) } else { Standing::Archived(local.id) };
            everybody.add(Somebody::new(&local.facts, standing));
        }
        everybody
    }

    fn add(&mut self, somebody: Somebody) {
        let at = self.all.len();
        self.by_name.entry(somebody.name.clone()).or_default().push(at);
        if let Some(number) = &somebody.number {
            self.by_number.entry(number.clone()).or_default().push(at);
        }
        self.all.push(somebody);
    }

    /// Why the record is not to be made into one more person, if it is not.
    fn like(&self, record: &Record, told_apart: impl Fn(i64) -> bool) -> Option<&'static str> {
        let one = Somebody::new(record, Standing::JustMade);
        let others = |found: Option<&Vec<usize>>| -> Vec<&Somebody> {
            found.into_iter().flatten().filter_map(|at| self.all.get(*at)).collect()
        };
        let counts = |other: &&Somebody| match other.standing {
            Standing::Here(local) | Standing::Archived(local) => !told_apart(local),
            Standing::JustMade => true,
        };
        let same_number = others(one.number.as_ref().and_then(|number| self.by_number.get(number)));
        if let Some(other) = same_number.into_iter().find(counts) {
            return Some(other.same_number());
        }
        let same_name = others(self.by_name.get(&one.name)).into_iter();
        same_name
            .filter(|other| other.may_be_born_as(&one))
            // Twice in one answer under two real numbers: two people, who carry a look-alike badge.
            .filter(|other| other.standing != Standing::JustMade || !other.has_another_number(&one))
            .find(counts)
            .map(Somebody::same_name)
    }
}

impl Somebody {
    fn same_number(&self) -> &'static str {
        match self.standing {
            Standing::Here(_) => {
                "Somebody here has the same NHS number. Check both in the care record system."
            }
            Standing::Archived(_) => {
                "An archived resident has the same NHS number. Restore them, or say that they are not the same."
            }
            Standing::JustMade => {
                "Another record has the same NHS number. Check both in the care record system."
            }
        }
    }

    fn same_name(&self) -> &'static str {
        match self.standing {
            Standing::Here(_) => {
                "Somebody here has the same name and date of birth. Check whether this is the same person twice."
            }
            Standing::Archived(_) => {
                "An archived resident has the same name and date of birth. Restore them, or say that they are not the same."
            }
            Standing::JustMade => {
                "Another record has the same name and date of birth. Check whether this is the same person twice."
            }
        }
    }
}
