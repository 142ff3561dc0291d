//! The automatic rules: the only ways in which two records are paired without a person deciding.
//!
//! Every field that a rule names must be present and equal, and nobody else may satisfy the rule for either
//! record. No weight, likeness or probability plays a part here.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::person::{Person, Place, Tables};
use super::{Decisions, Kind, System};
use crate::connectors::{Proof, Rule};
use crate::kit::nhs_number::Digits;

/// The rule for a system and kind, if it has one: of some systems nothing pairs by itself.
pub fn rule_for(system: System, kind: Kind) -> Option<&'static Rule> {
    match kind {
        Kind::People => system.about().residents.as_ref(),
        Kind::Staff => system.about().staff.as_ref(),
    }
}

/// The words of a rule by its id, for a pair made earlier.
pub fn rule_words(id: &str) -> Option<&'static str> {
    let rules = System::ALL.into_iter().flat_map(|system| {
        [Kind::People, Kind::Staff].into_iter().filter_map(move |kind| rule_for(system, kind))
    });
    rules.into_iter().find(|rule| rule.id == id).map(|rule| rule.words)
}

/// Whether only those pair by themselves who live there for good, in nursing or residential care.
pub fn residents_only(system: System) -> bool {
    rule_for(system, Kind::People)
        .is_some_and(|rule| matches!(rule.proof, Proof::NhsNumber { residents_only: true }))
}

/// Both sides, ready for comparing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'a> {
    pub ours: &'a [Person],
    pub theirs: &'a [Person],
    pub tables: &'a Tables,
}

/// NHS numbers that more than one current record of a side carries.
#[derive(Debug, Default)]
pub(super) struct SharedNumbers(HashSet<u64>);

impl SharedNumbers {
    pub fn of(people: &[Person]) -> Self {
        let mut once = HashSet::new();
        let numbers =
            people.iter().filter(|person| person.current && person.nhs_is_real).filter_map(|p| p.nhs);
        Self(numbers.map(Digits::packed).filter(|number| !once.insert(*number)).collect())
    }

    pub fn holds(&self, person: &Person) -> bool {
        person.nhs_is_real && person.nhs.is_some_and(|number| self.0.contains(&number.packed()))
    }
}

/// All pairs that the rule makes, as (ours, theirs), in order. `decided` holds numbers of the same two slices.
pub(super) fn autos(rule: &Rule, sides: Sides<'_>, decided: &Decisions) -> Vec<(usize, usize)> {
    let shared = (SharedNumbers::of(sides.ours), SharedNumbers::of(sides.theirs));
    let mut groups: HashMap<Key, Group> = HashMap::new();
    for (at, person) in sides.ours.iter().enumerate() {
        if let Some(key) = key(rule.proof, person, sides.tables).filter(|_| !shared.0.holds(person)) {
            groups.entry(key).or_default().ours.push(at);
        }
    }
    for (at, person) in sides.theirs.iter().enumerate() {
        let fits =
            person.permanent_resident || !matches!(rule.proof, Proof::NhsNumber { residents_only: true });
        if !fits || shared.1.holds(person) {
            continue;
        }
        if let Some(group) = key(rule.proof, person, sides.tables).and_then(|key| groups.get_mut(&key)) {
            group.theirs.push(at);
        }
    }
    let taken = (
        decided.paired.iter().map(|(ours, _)| *ours).collect::<HashSet<_>>(),
        decided.paired.iter().map(|(_, theirs)| *theirs).collect::<HashSet<_>>(),
    );
    let refused: HashSet<(usize, usize)> = decided.refused.iter().copied().collect();
    let mut found: Vec<(usize, usize)> = groups
        .values()
        .flat_map(|group| group.only_partners(rule.proof, sides))
        .filter(|pair| !taken.0.contains(&pair.0) && !taken.1.contains(&pair.1) && !refused.contains(pair))
        .collect();
    found.sort_unstable();
    found
}

type Key = (usize, usize, u64);

/// What must be equal besides the place; `None` where a part is missing or proves nothing.
fn key(proof: Proof, person: &Person, tables: &Tables) -> Option<Key> {
    let first = tables.name_at(person.first).key;
    let last = tables.name_at(person.last).key;
    if first == 0 || last == 0 || !person.current {
        return None;
    }
    let proof = match proof {
        // The date of birth is compared in `partners`; here it only has to be one.
        Proof::NhsNumber { .. } => {
            person.birth?;
            person.nhs.filter(|_| person.nhs_is_real)?.packed()
        }
        // 1 January stands for "unknown" too often to prove anything without an NHS number.
        Proof::Agency => u64::from(person.birth.filter(|birth| !birth.is_new_year())?.packed()),
        Proof::Email { .. } => u64::try_from(person.email).ok().filter(|email| *email != 0)?,
    };
    Some((first, last, proof))
}

#[derive(Debug, Default)]
struct Group {
    ours: Vec<usize>,
    theirs: Vec<usize>,
}

impl Group {
    /// Pairs whose records satisfy the rule with each other and with nobody else.
    fn only_partners(&self, proof: Proof, sides: Sides<'_>) -> Vec<(usize, usize)> {
        // A hundred equal records can hold no pair worth finding, and must not cost a hundred times a hundred.
        if self.ours.len() > 100 || self.theirs.len() > 100 {
            return Vec::new();
        }
        let mut met: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut of_theirs: BTreeMap<usize, usize> = BTreeMap::new();
        for our in &self.ours {
            for their in &self.theirs {
                let (Some(a), Some(b)) = (sides.ours.get(*our), sides.theirs.get(*their)) else { continue };
                if rest_is_equal(proof, a, b, sides.tables) {
                    met.entry(*our).or_default().push(*their);
                    *of_theirs.entry(*their).or_default() += 1;
                }
            }
        }
        met.into_iter()
            .filter_map(|(our, partners)| match partners.as_slice() {
                [one] if of_theirs.get(one) == Some(&1) => Some((our, *one)),
                _ => None,
            })
            .collect()
    }
}

fn rest_is_equal(proof: Proof, a: &Person, b: &Person, tables: &Tables) -> bool {
    let place = |person: &Person| tables.places.get(person.place).filter(|place| !place.keys.is_empty());
    match proof {
        Proof::NhsNumber { .. } => a.birth.is_some() && a.birth == b.birth,
        Proof::Agency => matches!((place(a), place(b)), (Some(a), Some(b)) if a.keys == b.keys),
        Proof::Email { site_needed } => match (place(a), place(b)) {
            (Some(a), Some(b)) => share_a_place(a, b),
            _ => !site_needed,
        },
    }
}

/// Somebody may work at several sites: one in common is enough.
pub(super) fn share_a_place(a: &Place, b: &Place) -> bool {
    a.keys.iter().any(|key| b.keys.contains(key))
}
