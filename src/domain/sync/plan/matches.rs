//! Pairs what is certain and suggests the rest: hands both sides to the rules, and reads their answer.

use std::collections::HashMap;

use super::{Incoming, Local, follow};
use super::{Index, Input, Plan, Step, Suggested};
use crate::domain::pairing::matching::{self, Decisions, Outcome, Record};
use crate::domain::pairing::owned::Evidence;

/// Both sides, in the order in which the rules know them.
struct Sides<'a> {
    here: Vec<&'a Local>,
    /// Places in [`Input::incoming`].
    there: Vec<usize>,
}

impl Sides<'_> {
    fn local(&self, at: usize) -> Option<i64> {
        self.here.get(at).map(|local| local.id)
    }

    fn incoming(&self, at: usize) -> Option<usize> {
        self.there.get(at).copied()
    }
}

/// Adds automatic pairs, suggestions, and why each other person is not paired.
pub fn add(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    let sides = Sides {
        here: input
            .locals
            .iter()
            .filter(|local| local.active && (local.concerned || index.paired.contains(&local.id)))
            .collect(),
        there: (0..).zip(input.incoming).filter(|(_, one)| !one.archived).map(|(n, _)| n).collect(),
    };
    if sides.here.iter().all(|local| index.paired.contains(&local.id)) {
        return;
    }
    let outcome = matched(input, index, &sides);
    plan.steps.extend(outcome.autos.iter().filter_map(|auto| pair(input, &sides, auto)));
    plan.suggested.extend(outcome.suggestions.iter().filter_map(|one| {
        Some(Suggested {
            local: sides.local(one.ours)?,
            incoming: sides.incoming(one.theirs)?,
            rank: i32::from(one.rank),
            score: i64::from(one.score.as_hundredths()),
            several: one.several_possible,
            evidence: one.reasons.iter().map(Evidence::of).collect(),
        })
    }));
    let whys = outcome.why_not.iter().filter_map(|why| Some((sides.local(why.ours)?, why.words.clone())));
    plan.unpaired.extend(whys);
}

fn pair(input: &Input<'_>, sides: &Sides<'_>, auto: &matching::Auto) -> Option<Step> {
    let local = sides.here.get(auto.ours)?;
    let incoming = sides.incoming(auto.theirs)?;
    let (before, after) = follow::difference(local, input.incoming.get(incoming)?);
    Some(Step::Pair {
        local: local.id,
        incoming,
        rule: auto.rule.to_owned(),
        evidence: auto.reasons.iter().map(Evidence::of).collect(),
        before,
        after,
    })
}

fn matched(input: &Input<'_>, index: &Index<'_>, sides: &Sides<'_>) -> Outcome {
    let mut ours: Vec<Record> = sides.here.iter().map(|local| local.facts.clone()).collect();
    let records: Vec<&Incoming> = sides.there.iter().filter_map(|n| input.incoming.get(*n)).collect();
    let mut theirs: Vec<Record> = records.iter().map(|record| record.facts.clone()).collect();
    let mut decided = Decisions::default();
    let places: HashMap<i64, usize> = (0..).zip(&sides.here).map(|(at, local)| (local.id, at)).collect();
    let mut open = index.paired.clone();
    for (at, record) in records.iter().enumerate() {
        let Some(local) = index.known(record).and_then(|known| known.paired) else { continue };
        // Whoever is paired with somebody who is not in these lists is paired with a stand-in: taken,
        // and still the holder of their NHS number.
        let partner = places.get(&local).copied().unwrap_or_else(|| stand_in(&mut ours));
        decided.paired.push((partner, at));
        open.remove(&local);
    }
    for (at, local) in sides.here.iter().enumerate() {
        if open.contains(&local.id) {
            decided.paired.push((at, stand_in(&mut theirs)));
        }
    }
    let known: HashMap<i64, usize> =
        (0..).zip(&records).filter_map(|(at, record)| Some((index.known(record)?.id, at))).collect();
    let refused = input.refused.pairs.iter();
    decided.refused =
        refused.filter_map(|(local, record)| Some((*places.get(local)?, *known.get(record)?))).collect();
    decided.refused.sort_unstable();
    matching::pair(input.system, input.kind, &ours, &theirs, &decided)
}

/// An empty record at the end of a side.
fn stand_in(side: &mut Vec<Record>) -> usize {
    let at = side.len();
    side.push(Record { key: format!("\u{1}stand-in {at}"), archived: true, ..Record::default() });
    at
}
