//! Whether a plan may be applied without anybody looking. Pure.
//!
//! A vendor's empty, short or mistaken answer must not archive or rewrite a home. Creating people is
//! never held.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::plan::{Input, Plan, Step};

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
const SHORT: i64 = 80;

/// Above this many people a second super manager must agree, where there is one.
pub const SECOND_PERSON_ABOVE: i64 = 50;

/// Why the plan is held, if it is, and how many people its guarded steps touch.
pub(super) fn check(input: &Input<'_>, plan: &Plan) -> (Option<String>, usize) {
    let touched = touched(input, plan);
    let affected: usize = touched.values().map(HashSet::len).sum();
    let arrived = input.incoming.iter().filter(|record| !record.archived).count();
    let arrived = i64::try_from(arrived).unwrap_or(i64::MAX);
    let known =
        i64::try_from(input.known.iter().filter(|known| known.missing_runs == 0).count()).unwrap_or(0);
    let expected = input.last_complete.max(known);
    if arrived == 0 && expected > 0 {
        let words = format!("The answer was empty; last time it had {expected} people. Nobody was changed.");
        return (Some(words), affected.max(usize::try_from(expected).unwrap_or(0)));
    }
    if arrived * 100 < expected * SHORT {
        let words =
            format!("The answer had {arrived} people; last time it had {expected}. Nobody was changed.");
        return (Some(words), affected.max(usize::try_from(expected - arrived).unwrap_or(0)));
    }
    let over = touched.iter().find_map(|(home, people)| over_limit(input, home, people.len()));
    (over, affected)
}

/// People of each home who would be archived, changed, or are missing for the first time.
fn touched<'a>(input: &'a Input<'_>, plan: &Plan) -> BTreeMap<&'a str, HashSet<i64>> {
    let locals: HashMap<i64, &str> =
        input.locals.iter().map(|local| (local.id, local.home.as_str())).collect();
    let paired: HashMap<i64, i64> =
        input.known.iter().filter_map(|known| Some((known.id, known.paired?))).collect();
    let mut touched: BTreeMap<&str, HashSet<i64>> = BTreeMap::new();
    for step in &plan.steps {
        let local = match step {
            Step::Leave { local, .. } | Step::Change { local, .. } => Some(*local),
            Step::MissingRecord { known, runs: 1 } => paired.get(known).copied(),
            _ => None,
        };
        if let Some((local, home)) = local.and_then(|local| Some((local, locals.get(&local)?))) {
            touched.entry(home).or_default().insert(local);
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
