//! Whether a plan may be applied without anybody looking. Pure.
//!
//! A vendor's empty, short or mistaken answer must not archive or rewrite a home. Creating people is
//! never held.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::plan::{Input, Known, Local, Plan, Step};
use crate::domain::pairing::matching::Kind;

/// The organisation's limits: the larger of the two applies in each home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    pub percent: i32,
    pub people: i32,
}

impl Default for Guard {
    fn default() -> Self {
        Self { percent: 10, people: 5 }
    }
}

/// An answer with fewer than this share of the last complete one is not believed, in per cent.
const SHORT: usize = 80;

/// Above this many people a second super manager must agree, where there is one.
pub const SECOND_PERSON_ABOVE: i64 = 50;

/// Fewer people than this may all be others than last time.
const FEW: usize = 3;

/// Why the plan is held, if it is, and how many people its guarded steps touch.
pub(super) fn check(input: &Input<'_>, plan: &Plan) -> (Option<String>, usize) {
    let touched = touched(input, plan);
    let affected: usize = touched.values().map(HashSet::len).sum();
    // An answer about one person alone says nothing of how many there are.
    let alone = input.only.is_some_and(|only| only.alone);
    if let Some((why, gone)) = not_believed(input).filter(|_| !alone) {
        return (Some(why), affected.max(gone));
    }
    let over = touched.iter().find_map(|(home, people)| over_limit(input, home, people.len()));
    (over, affected)
}

/// What makes the whole answer doubtful, and how many people it lacks.
fn not_believed(input: &Input<'_>) -> Option<(String, usize)> {
    let who = match input.kind {
        Kind::People => "residents",
        Kind::Staff => "members of staff",
    };
    let here: HashSet<&str> = input
        .incoming
        .iter()
        .filter(|record| !record.archived)
        .map(|record| record.external_id.as_str())
        .collect();
    let arrived = here.len() + input.set_aside.people();
    let present: Vec<&Known> = input
        .known
        .iter()
        .filter(|known| known.missing_runs == 0 && !input.unheard.contains(&known.id))
        .collect();
    let last = usize::try_from(input.last_complete).unwrap_or(0).saturating_sub(input.unheard.len());
    let expected = last.max(present.len());
    if arrived == 0 && expected > 0 {
        let words = format!("The answer was empty; last time it had {expected} {who}. Nobody was changed.");
        return Some((words, expected));
    }
    if arrived * 100 < expected * SHORT {
        let words =
            format!("The answer had {arrived} {who}; last time it had {expected}. Nobody was changed.");
        return Some((words, expected - arrived));
    }
    let back = |known: &&Known| {
        here.contains(known.external_id.as_str()) || input.set_aside.ids.contains(&known.external_id)
    };
    if present.len() >= FEW && !present.iter().any(back) {
        let words = format!(
            "None of the {} {who} of the last answer is in this one; all have other identifiers. Nobody was changed.",
            present.len()
        );
        return Some((words, present.len()));
    }
    None
}

/// People of each home who would be archived, changed, or are missing for the first time.
fn touched<'a>(input: &'a Input<'_>, plan: &Plan) -> BTreeMap<&'a str, HashSet<i64>> {
    let locals: HashMap<i64, &Local> = input.locals.iter().map(|local| (local.id, local)).collect();
    let paired: HashMap<i64, i64> =
        input.known.iter().filter_map(|known| Some((known.id, known.paired?))).collect();
    let mut touched: BTreeMap<&str, HashSet<i64>> = BTreeMap::new();
    for step in &plan.steps {
        let local = match step {
            Step::Leave { local, .. } | Step::Change { local, .. } => Some(*local),
            Step::MissingRecord { known, runs: 1 } => paired.get(known).copied(),
            _ => None,
        };
        if let Some(local) = local.and_then(|local| locals.get(&local)).filter(|local| local.active) {
            touched.entry(&local.home).or_default().insert(local.id);
        }
    }
    touched
}

fn over_limit(input: &Input<'_>, home: &str, affected: usize) -> Option<String> {
    let people = input.locals.iter().filter(|local| local.active && local.home == home).count();
    let share = people * usize::try_from(input.guard.percent).unwrap_or(0) / 100;
    let limit = share.max(usize::try_from(input.guard.people).unwrap_or(0));
    let place = if home.is_empty() { "the organisation" } else { home };
    (affected > limit).then(|| {
        format!("In {place} {affected} of {people} people would leave or change. We stopped to ask. Nobody was changed.")
    })
}
