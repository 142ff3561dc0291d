//! The three questions that can be asked: two whole lists, one person, one pair.
//!
//! Only the order in which the parts work; every rule, weight and sentence is elsewhere.

use std::collections::HashSet;

use super::bits::Bits;
use super::candidates::{Candidate, Search, Shortlist};
use super::faults::{self, Looks, Side};
use super::lists::{List, renumbered};
use super::person::{Person, Tables};
use super::ranking::{Lists, Ranked, ranked};
use super::rules::{self, SharedNumbers, Sides};
use super::score::Scales;
use super::weights::{ALIKE_FROM, LISTED_FROM};
use super::why::{Best, Taken, Why, WhyNot, why_not};
use super::words::Case;
use super::{Auto, Decisions, Kind, Outcome, Reason, Record, Suggestion, System};

/// Low enough for any two records.
const ANY: Bits = Bits::hundredths(-1_000_000);

/// Pairs two lists. The order of the records does not matter; their keys must be unique on each side.
pub fn pair(system: System, kind: Kind, ours: &[Record], theirs: &[Record], decided: &Decisions) -> Outcome {
    let mut tables = Tables::new(ours.len() + theirs.len());
    let our_list = List::read(ours, &mut tables);
    let their_list = List::read(theirs, &mut tables);
    let decided = renumbered(decided, &our_list, &their_list);
    let lists = Lists { system, kind, ours: &our_list, theirs: &their_list };
    let sides = Sides { ours: &our_list.people, theirs: &their_list.people, tables: &tables };
    let rule = rules::rule_for(system, kind);
    let autos = rule.map(|rule| rules::autos(rule, sides, &decided)).unwrap_or_default();
    let settled: Vec<(usize, usize)> = decided.paired.iter().chain(&autos).copied().collect();
    let scales = Scales::new(&tables, sides.ours, sides.theirs, &places_of(&settled, sides));
    let refused: HashSet<(usize, usize)> = decided.refused.iter().copied().collect();
    let free_ours = free(sides.ours, settled.iter().map(|pair| pair.0));
    let free_theirs = free(sides.theirs, settled.iter().map(|pair| pair.1));
    let search = Search {
        scales: &scales,
        ours: sides.ours,
        theirs: sides.theirs,
        free_ours: &free_ours,
        free_theirs: &free_theirs,
        refused: &refused,
    };
    let ranked = ranked(&search.candidates(), lists);
    let mut suggestions: Vec<Suggestion> = ranked.iter().map(|one| lists.suggestion(one)).collect();
    suggestions.sort_by_key(|suggestion| (suggestion.ours, suggestion.rank));
    let auto = |(a, b): &(usize, usize)| {
        let fit = scales.fit(sides.ours.get(*a)?, sides.theirs.get(*b)?, ANY)?;
        let reasons = lists.reasons(*a, *b, &fit);
        let score = reasons.iter().map(|reason| reason.weight).sum();
        Some(Auto { ours: our_list.given(*a), theirs: their_list.given(*b), rule: rule?.id, score, reasons })
    };
    let mut made: Vec<Auto> = autos.iter().filter_map(auto).collect();
    made.sort_by_key(|auto| auto.ours);
    Outcome {
        autos: made,
        suggestions,
        why_not: whys(lists, sides, &settled, &ranked),
        look_alikes: look_alikes(&our_list, &their_list, &tables),
        faults: all_faults(lists),
    }
}

/// What is known around one person when their suggestions are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Others of ours who are not linked: the records offered may be theirs. May be left empty, and then only
    /// the records' own rivalry counts.
    pub others: &'a [Record],
    /// Place of ours and place of theirs, of pairs that are confirmed.
    pub places: &'a [(&'a str, &'a str)],
    /// Positions in `theirs` that were refused for this person.
    pub refused: &'a [usize],
}

/// The suggestions for one person among records that are free; `ours` is 0 in each.
pub fn suggest_for(
    system: System,
    kind: Kind,
    one: &Record,
    theirs: &[Record],
    context: Context<'_>,
) -> Vec<Suggestion> {
    let mut tables = Tables::new(theirs.len() + context.others.len());
    let certain: Vec<(usize, usize)> =
        context.places.iter().map(|(our, their)| (tables.place(our), tables.place(their))).collect();
    let others = context.others.iter().filter(|other| other.key != one.key);
    let ours = List::read(std::iter::once(one).chain(others), &mut tables);
    let theirs = List::read(theirs, &mut tables);
    let Some(at) = (0..ours.len()).find(|at| ours.given(*at) == 0) else { return Vec::new() };
    let scales = Scales::new(&tables, &ours.people, &theirs.people, &certain);
    let candidates = around(at, &ours, &theirs, &scales, context.refused);
    let lists = Lists { system, kind, ours: &ours, theirs: &theirs };
    let ranked = ranked(&candidates, lists);
    ranked.iter().filter(|one| one.ours == at).map(|one| lists.suggestion(one)).collect()
}

/// The best records of one person, and whoever else those fit.
fn around(
    at: usize,
    ours: &List<'_>,
    theirs: &List<'_>,
    scales: &Scales<'_>,
    refused: &[usize],
) -> Vec<Candidate> {
    let Some(person) = ours.people.get(at) else { return Vec::new() };
    let mut best = Shortlist::default();
    for (their_at, record) in theirs.people.iter().enumerate().filter(|(_, record)| !record.archived) {
        if refused.contains(&theirs.given(their_at)) {
            continue;
        }
        if let Some(fit) = scales.fit(person, record, LISTED_FROM) {
            best.add(their_at, fit);
        }
    }
    let mut candidates = Vec::new();
    for (their_at, fit) in best.into_sorted() {
        candidates.push(Candidate { ours: at, theirs: their_at, fit });
        let Some(record) = theirs.people.get(their_at) else { continue };
        let others =
            ours.people.iter().enumerate().filter(|(other, person)| *other != at && !person.archived);
        let fits =
            others.filter_map(|(other, person)| Some((other, scales.fit(person, record, LISTED_FROM)?)));
        candidates.extend(fits.map(|(other, fit)| Candidate { ours: other, theirs: their_at, fit }));
    }
    candidates.sort_by_key(|candidate| (candidate.ours, candidate.theirs));
    candidates
}

/// Two records side by side: the reasons, and their sum. Rivals are left out.
pub fn compare(system: System, kind: Kind, ours: &Record, theirs: &Record) -> (Vec<Reason>, Bits) {
    let mut tables = Tables::new(2);
    let (a, b) = (tables.read(ours), tables.read(theirs));
    let scales = Scales::new(&tables, std::slice::from_ref(&a), std::slice::from_ref(&b), &[]);
    let case = Case { system, kind, ours: (ours, &a), theirs: (theirs, &b) };
    let reasons = scales.fit(&a, &b, ANY).map(|fit| case.reasons(&fit)).unwrap_or_default();
    let sum = reasons.iter().map(|reason| reason.weight).sum();
    (reasons, sum)
}

fn places_of(pairs: &[(usize, usize)], sides: Sides<'_>) -> Vec<(usize, usize)> {
    let place = |people: &[Person], at: usize| people.get(at).map(|person| person.place);
    pairs.iter().filter_map(|(a, b)| place(sides.ours, *a).zip(place(sides.theirs, *b))).collect()
}

fn free(people: &[Person], settled: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut open: Vec<bool> = people.iter().map(|person| !person.archived).collect();
    for at in settled {
        if let Some(open) = open.get_mut(at) {
            *open = false;
        }
    }
    open.iter().enumerate().filter(|(_, open)| **open).map(|(at, _)| at).collect()
}

fn whys(lists: Lists<'_>, sides: Sides<'_>, settled: &[(usize, usize)], ranked: &[Ranked]) -> Vec<WhyNot> {
    let taken = Taken::of(settled.iter().filter_map(|pair| sides.theirs.get(pair.1)), sides.tables);
    let shared = (SharedNumbers::of(sides.ours), SharedNumbers::of(sides.theirs));
    let mut best: Vec<Option<&Ranked>> = vec![None; sides.ours.len()];
    for one in ranked.iter().filter(|one| one.rank == 1) {
        if let Some(slot) = best.get_mut(one.ours) {
            *slot = Some(one);
        }
    }
    let paired: HashSet<usize> = settled.iter().map(|pair| pair.0).collect();
    let mut whys: Vec<WhyNot> = (0..)
        .zip(sides.ours.iter().zip(best))
        .filter(|(at, _)| !paired.contains(at))
        .map(|(at, (person, best))| {
            let why = match best.and_then(|best| Some((best, lists.theirs.at(best.theirs)?))) {
                _ if person.archived => Why::Archived,
                // Somebody free who fits well says more than a namesake who is linked.
                best if best.is_none_or(|(best, _)| best.fit.total < ALIKE_FROM)
                    && taken.holds(person, sides.tables) =>
                {
                    Why::AlreadyLinked
                }
                None => Why::NobodyWithThisName,
                Some((best, theirs)) => {
                    let shared_number = shared.0.holds(person) || shared.1.holds(theirs.1);
                    let best =
                        Best { ours: person, theirs, fit: &best.fit, several: best.several, shared_number };
                    why_not(lists.system, lists.kind, &best, sides.tables)
                }
            };
            WhyNot { ours: lists.ours.given(at), why, words: why.words(lists.system, lists.kind) }
        })
        .collect();
    whys.sort_by_key(|why| why.ours);
    whys
}

fn look_alikes(ours: &List<'_>, theirs: &List<'_>, tables: &Tables) -> Looks {
    let given = |list: &List<'_>| {
        let mut at: Vec<usize> =
            faults::look_alikes(&list.people, tables).into_iter().map(|at| list.given(at)).collect();
        at.sort_unstable();
        at
    };
    Looks { ours: given(ours), theirs: given(theirs) }
}

fn all_faults(lists: Lists<'_>) -> Vec<faults::Fault> {
    let mut all = faults::of_side(Side::Ours, lists.kind, lists.system, lists.ours);
    all.extend(faults::of_side(Side::Theirs, lists.kind, lists.system, lists.theirs));
    all.sort_by_key(|fault| (fault.side, fault.index, fault.kind));
    all
}
