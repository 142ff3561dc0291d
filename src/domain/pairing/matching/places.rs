//! How zones, homes, services, agencies and sites of the two sides go together.
//!
//! By name first; on top of that a tie is learned from pairs that are certain. This is the only thing that
//! pairing learns from the data at hand.

use std::collections::{BTreeMap, BTreeSet};

use super::bits::Bits;
use super::person::{Place, Tables};
use super::weights::{PLACE_DIFFERENT, PLACE_SAME, PLACE_TIE};

/// The weight of every pair of places.
#[derive(Debug)]
pub(super) struct PlaceMap {
    width: usize,
    weights: Vec<Bits>,
}

/// Above this many pairs of places nothing is worked out beforehand; equal names still count.
const MOST_PAIRS: usize = 1 << 22;

/// A zone needs this many certain pairs before its tie counts.
const LEAST_PAIRS: u32 = 4;

impl PlaceMap {
    /// `ours`, `theirs`: the places that occur on each side. `certain`: the places of pairs that are certain.
    pub fn new(
        tables: &Tables,
        ours: &BTreeSet<usize>,
        theirs: &BTreeSet<usize>,
        certain: &[(usize, usize)],
    ) -> Self {
        let width = tables.places.len();
        if width.saturating_mul(width) > MOST_PAIRS {
            return Self { width: 0, weights: Vec::new() };
        }
        let ties = ties(certain);
        let mut weights = vec![Bits::ZERO; width * width];
        let (ours, theirs) = (named(tables, ours), named(tables, theirs));
        let known_here: BTreeSet<usize> = known(&theirs, &ours);
        let known_there: BTreeSet<usize> = known(&ours, &theirs);
        for (a, one) in &ours {
            for (b, other) in &theirs {
                let by_name = if same(one, other) {
                    PLACE_SAME
                } else if known_there.contains(a) && known_here.contains(b) {
                    PLACE_DIFFERENT
                } else {
                    0
                };
                let learned = ties.get(a).map_or(by_name, |tie| tie.weight(*b, by_name));
                if let Some(slot) = weights.get_mut(a * width + b) {
                    *slot = Bits::hundredths(learned);
                }
            }
        }
        Self { width, weights }
    }

    /// What it is worth that one record is of place `ours` and the other of place `theirs`; zero if either is
    /// not given.
    pub fn between(&self, ours: usize, theirs: usize) -> Bits {
        if ours == 0 || theirs == 0 {
            return Bits::ZERO;
        }
        if self.width == 0 {
            return Bits::hundredths(if ours == theirs { PLACE_SAME } else { 0 });
        }
        self.weights.get(ours * self.width + theirs).copied().unwrap_or_default()
    }
}

fn named<'a>(tables: &'a Tables, numbers: &BTreeSet<usize>) -> Vec<(usize, &'a Place)> {
    let given = numbers.iter().filter(|at| **at != 0);
    given.filter_map(|at| tables.places.get(*at).map(|place| (*at, place))).collect()
}

/// Those of `some` that go by name with one of `others`.
fn known(some: &[(usize, &Place)], others: &[(usize, &Place)]) -> BTreeSet<usize> {
    let is_known = |place: &Place| others.iter().any(|(_, other)| same(place, other));
    some.iter().filter(|(_, place)| is_known(place)).map(|(at, _)| *at).collect()
}

/// Equal by name, or one is the other shortened: *Priory* and *Priory Court*.
fn same(a: &Place, b: &Place) -> bool {
    let (a_core, b_core) = (&a.core, &b.core);
    a.keys.iter().any(|key| b.keys.contains(key))
        || (!a_core.is_empty()
            && !b_core.is_empty()
            && (a_core.starts_with(b_core) || b_core.starts_with(a_core)))
}

#[derive(Debug, Default)]
struct Tie {
    pairs: u32,
    with: BTreeMap<usize, (u32, u32)>,
    all: u32,
}

impl Tie {
    /// log2 of P(service | zone) over P(service), held within bounds; a service that the zone has never been
    /// seen with keeps its worth by name, less what the silence says.
    fn weight(&self, service: usize, by_name: i32) -> i32 {
        let (together, of_service) = self.with.get(&service).copied().unwrap_or((0, 0));
        let (low, high) = PLACE_TIE;
        if together == 0 {
            return by_name.min(if by_name > 0 { by_name } else { PLACE_DIFFERENT });
        }
        let share = f64::from(together) / f64::from(self.pairs);
        let base = f64::from(of_service.max(1)) / f64::from(self.all.max(1));
        Bits::nearest((share / base).log2()).as_hundredths().clamp(low, high).max(by_name)
    }
}

fn ties(certain: &[(usize, usize)]) -> BTreeMap<usize, Tie> {
    let mut ties: BTreeMap<usize, Tie> = BTreeMap::new();
    let mut services: BTreeMap<usize, u32> = BTreeMap::new();
    let mut all = 0;
    for (zone, service) in certain.iter().filter(|(zone, service)| *zone != 0 && *service != 0) {
        let tie = ties.entry(*zone).or_default();
        tie.pairs += 1;
        tie.with.entry(*service).or_default().0 += 1;
        *services.entry(*service).or_default() += 1;
        all += 1;
    }
    ties.retain(|_, tie| tie.pairs >= LEAST_PAIRS);
    for tie in ties.values_mut() {
        tie.all = all;
        for (service, counts) in &mut tie.with {
            counts.1 = services.get(service).copied().unwrap_or(0);
        }
    }
    ties
}
