//! What a sync would do, worked out from what is here and what the vendor sent. Pure.
//!
//! A plan is a list of steps with the names and values that a preview shows and an apply writes;
//! its hash is what "exactly the plan that was shown" means. Deliberately writes nothing and asks
//! nobody: `apply` carries it out, `guard` says whether it may.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::guard::{self, Guard};
use crate::domain::pairing::matching::{self, Decisions, Kind, Outcome, System};
use crate::domain::pairing::owned::{self, Evidence, Owned};
use crate::kit::names;
use crate::kit::secret::fingerprint;

/// Whether a sync may make residents: Altra's way (`Create`), or only pair them: Ally's (`Pair`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Create,
    Pair,
}

/// A resident or staff member here.
#[derive(Clone, Debug)]
pub struct Local {
    pub id: i64,
    pub facts: matching::Record,
    pub owned: Owned,
    /// Fields that a person keeps for now.
    pub overridden: BTreeSet<String>,
    pub active: bool,
    /// Archived by a sync, so that a sync may bring them back.
    pub left: bool,
    /// Guards count per home; staff stand under the organisation.
    pub home: String,
}

/// An external record from earlier syncs.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: i64,
    pub external_id: String,
    pub hash: String,
    pub missing_runs: i32,
    /// While the record is like this (its hash, or `missing`) an undone run is not done again.
    pub left_hash: String,
    /// The live pairing's local id.
    pub paired: Option<i64>,
    pub name: String,
}

/// An external record as the vendor sends it now.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub external_id: String,
    pub hash: String,
    pub facts: matching::Record,
    pub owned: Owned,
    pub archived: bool,
}

/// What a plan is made from.
pub struct Input<'a> {
    pub system: System,
    pub kind: Kind,
    pub mode: Mode,
    pub locals: &'a [Local],
    pub known: &'a [Known],
    pub incoming: &'a [Incoming],
    /// Records of which the vendor sent something that cannot be used: they are not missing.
    pub set_aside: &'a [String],
    /// Local and external record ids that are not the same person.
    pub refused: &'a HashSet<(i64, i64)>,
    /// How many records the last complete answer had.
    pub last_complete: i64,
    pub guard: Guard,
}

pub const MISSING: &str = "missing";

/// One thing to do. Records are named by their place in [`Input::incoming`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Step {
    NewRecord {
        incoming: usize,
    },
    ChangedRecord {
        known: i64,
        incoming: usize,
    },
    /// Not in this complete answer; `runs` of them in a row now.
    MissingRecord {
        known: i64,
        runs: i32,
    },
    /// In the answer again.
    FoundRecord {
        known: i64,
    },
    Create {
        incoming: usize,
    },
    Pair {
        local: i64,
        incoming: usize,
        rule: String,
        evidence: Vec<Evidence>,
        before: Owned,
        after: Owned,
    },
    Change {
        local: i64,
        incoming: usize,
        before: Owned,
        after: Owned,
    },
    Leave {
        local: i64,
        known: i64,
    },
    Return {
        local: i64,
        incoming: usize,
    },
}

/// A candidate for an unpaired person.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggested {
    pub local: i64,
    pub incoming: usize,
    pub rank: i32,
    pub score: i64,
    pub several: bool,
    pub evidence: Vec<Evidence>,
}

/// A record that a person must look at before anything is done with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToCheck {
    pub incoming: usize,
    pub why: String,
}

/// How the vendor's records were sorted: the parts add up to `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub total: usize,
    pub paired: usize,
    pub created: usize,
    pub changed: usize,
    pub returned: usize,
    pub unchanged: usize,
    pub to_check: usize,
    pub out_of_scope: usize,
    pub failed: usize,
    /// Not records of this answer: people who left, and those missing for the first time.
    pub left: usize,
    pub missing: usize,
}

#[derive(Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub suggested: Vec<Suggested>,
    /// Why each unpaired person here is not paired.
    pub unpaired: Vec<(i64, String)>,
    pub to_check: Vec<ToCheck>,
    pub counts: Counts,
    /// Why nothing may be done before somebody has looked.
    pub held: Option<String>,
    /// People whom the guarded steps touch.
    pub affected: usize,
}

impl Plan {
    /// Changes when anything changes that a preview shows or an apply writes.
    pub fn hash(&self, incoming: &[Incoming]) -> String {
        let hashes: Vec<&str> = incoming.iter().map(|record| record.hash.as_str()).collect();
        fingerprint(&serde_json::to_string(&(&self.steps, &self.to_check, hashes)).unwrap_or_default())
    }
}

/// Works out the plan.
pub fn make(input: &Input<'_>) -> Plan {
    let index = Index::of(input);
    let mut plan = Plan::default();
    follow_records(input, &index, &mut plan);
    follow_paired(input, &index, &mut plan);
    if input.incoming.iter().any(|record| !record.archived) {
        match_unpaired(input, &index, &mut plan);
    }
    count(input, &mut plan);
    (plan.held, plan.affected) = guard::check(input, &plan);
    plan
}

/// Lookups that several parts need, made once.
struct Index<'a> {
    locals: HashMap<i64, &'a Local>,
    known: HashMap<&'a str, &'a Known>,
    /// Which incoming record a known one is now.
    arrived: HashMap<&'a str, usize>,
    set_aside: HashSet<&'a str>,
}

impl<'a> Index<'a> {
    fn of(input: &Input<'a>) -> Self {
        Self {
            locals: input.locals.iter().map(|local| (local.id, local)).collect(),
            known: input.known.iter().map(|known| (known.external_id.as_str(), known)).collect(),
            arrived: input
                .incoming
                .iter()
                .enumerate()
                .map(|(n, one)| (one.external_id.as_str(), n))
                .collect(),
            set_aside: input.set_aside.iter().map(String::as_str).collect(),
        }
    }

    fn paired(&self, record: &Incoming) -> Option<&'a Local> {
        let known = self.known.get(record.external_id.as_str())?;
        self.locals.get(&known.paired?).copied()
    }

    fn left_alone(&self, record: &Incoming) -> bool {
        self.known.get(record.external_id.as_str()).is_some_and(|known| known.left_hash == record.hash)
    }
}

/// New, changed, missing and found records: what the vendor's list looks like beside the last one.
fn follow_records(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    for (n, record) in input.incoming.iter().enumerate() {
        match index.known.get(record.external_id.as_str()) {
            None => plan.steps.push(Step::NewRecord { incoming: n }),
            Some(known) => {
                if known.hash != record.hash {
                    plan.steps.push(Step::ChangedRecord { known: known.id, incoming: n });
                }
                if !record.archived && known.missing_runs > 0 {
                    plan.steps.push(Step::FoundRecord { known: known.id });
                }
            }
        }
    }
    for known in input.known {
        let arrived = index.arrived.get(known.external_id.as_str()).and_then(|n| input.incoming.get(*n));
        let present = arrived.is_some_and(|record| !record.archived);
        if present || index.set_aside.contains(known.external_id.as_str()) {
            continue;
        }
        // Two complete answers without them, and they have left; further ones say nothing new.
        if known.missing_runs < 2 {
            plan.steps.push(Step::MissingRecord { known: known.id, runs: known.missing_runs + 1 });
        }
        let leaver = known.paired.and_then(|local| index.locals.get(&local)).filter(|local| local.active);
        if let Some(local) = leaver.filter(|_| known.missing_runs >= 1 && known.left_hash != MISSING) {
            plan.steps.push(Step::Leave { local: local.id, known: known.id });
        }
    }
}

/// Changes and returns of people who are already paired.
fn follow_paired(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    for (n, record) in input.incoming.iter().enumerate().filter(|(_, record)| !record.archived) {
        let Some(local) = index.paired(record).filter(|_| !index.left_alone(record)) else { continue };
        if !local.active {
            if local.left {
                plan.steps.push(Step::Return { local: local.id, incoming: n });
            }
            continue;
        }
        let (before, after) = difference(local, record);
        if before != after {
            plan.steps.push(Step::Change { local: local.id, incoming: n, before, after });
        }
    }
}

/// The owned fields that would change; what somebody keeps for now stays.
fn difference(local: &Local, record: &Incoming) -> (Owned, Owned) {
    owned::difference(&local.owned, &record.owned, |field| local.overridden.contains(field))
}

/// Pairs what is certain, suggests the rest, and in create mode makes the people whom nobody here
/// resembles.
fn match_unpaired(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    let current: Vec<usize> =
        input.incoming.iter().enumerate().filter(|(_, one)| !one.archived).map(|(n, _)| n).collect();
    let here: Vec<&Local> = input.locals.iter().filter(|local| local.active).collect();
    let anybody_unpaired = has_unpaired(input, index, &here);
    if anybody_unpaired {
        let outcome = run_matching(input, index, &here, &current);
        take_autos(input, &outcome, &here, &current, plan);
        take_suggestions(&outcome, &here, &current, plan);
        for why in &outcome.why_not {
            if let Some(local) = here.get(why.ours) {
                plan.unpaired.push((local.id, why.words.clone()));
            }
        }
    }
    if input.mode == Mode::Create && input.kind == Kind::People {
        create_the_rest(input, index, &current, plan);
    }
}

fn has_unpaired(input: &Input<'_>, index: &Index<'_>, here: &[&Local]) -> bool {
    let paired: HashSet<i64> = input.known.iter().filter_map(|known| known.paired).collect();
    let _ = index;
    here.iter().any(|local| !paired.contains(&local.id))
}

fn run_matching(input: &Input<'_>, index: &Index<'_>, here: &[&Local], current: &[usize]) -> Outcome {
    let place: HashMap<i64, usize> = here.iter().enumerate().map(|(n, local)| (local.id, n)).collect();
    let ours: Vec<matching::Record> = here.iter().map(|local| local.facts.clone()).collect();
    let records = current.iter().filter_map(|n| input.incoming.get(*n));
    let theirs: Vec<matching::Record> = records.clone().map(|record| record.facts.clone()).collect();
    let mut decided = Decisions::default();
    for (n, record) in records.enumerate() {
        let Some(known) = index.known.get(record.external_id.as_str()) else { continue };
        if let Some(local) = known.paired.and_then(|local| place.get(&local)) {
            decided.paired.push((*local, n));
        }
    }
    let places: HashMap<i64, usize> = current
        .iter()
        .enumerate()
        .filter_map(|(n, at)| Some((index.known.get(input.incoming.get(*at)?.external_id.as_str())?.id, n)))
        .collect();
    for (local, known) in input.refused {
        if let (Some(local), Some(record)) = (place.get(local), places.get(known)) {
            decided.refused.push((*local, *record));
        }
    }
    decided.refused.sort_unstable();
    matching::pair(input.system, input.kind, &ours, &theirs, &decided)
}

fn take_autos(input: &Input<'_>, outcome: &Outcome, here: &[&Local], current: &[usize], plan: &mut Plan) {
    for auto in &outcome.autos {
        let (Some(local), Some(&n)) = (here.get(auto.ours), current.get(auto.theirs)) else { continue };
        let Some(record) = input.incoming.get(n) else { continue };
        let (before, after) = difference(local, record);
        let evidence = auto.reasons.iter().map(Evidence::of).collect();
        plan.steps.push(Step::Pair {
            local: local.id,
            incoming: n,
            rule: auto.rule.to_owned(),
            evidence,
            before,
            after,
        });
    }
}

fn take_suggestions(outcome: &Outcome, here: &[&Local], current: &[usize], plan: &mut Plan) {
    for one in &outcome.suggestions {
        let (Some(local), Some(&incoming)) = (here.get(one.ours), current.get(one.theirs)) else { continue };
        plan.suggested.push(Suggested {
            local: local.id,
            incoming,
            rank: i32::from(one.rank),
            score: i64::from(one.score.as_hundredths()),
            several: one.several_possible,
            evidence: one.reasons.iter().map(Evidence::of).collect(),
        });
    }
}

/// A suggestion of at least this many hundredths of a bit means that somebody here might be the same
/// person, and a manager decides. Unrelated people score far below nought.
const MIGHT_BE: i64 = 0;

/// Create mode: every record that nobody here resembles becomes a resident, paired at once.
fn create_the_rest(input: &Input<'_>, index: &Index<'_>, current: &[usize], plan: &mut Plan) {
    let taken: HashSet<usize> = plan.steps.iter().filter_map(Step::pairs).collect();
    let resembled: HashSet<usize> =
        plan.suggested.iter().filter(|one| one.score >= MIGHT_BE).map(|one| one.incoming).collect();
    let here = Resembling::of(input.locals);
    for &n in current {
        let Some(record) = input.incoming.get(n) else { continue };
        let known = index.known.get(record.external_id.as_str());
        if taken.contains(&n) || known.is_some_and(|known| known.paired.is_some()) || index.left_alone(record)
        {
            continue;
        }
        if resembled.contains(&n) {
            let why = "Somebody here might be the same person. Link them, or say that they are not the same.";
            plan.to_check.push(ToCheck { incoming: n, why: why.into() });
        } else if let Some(who) = here.like(&record.facts, |local| {
            known.is_some_and(|known| input.refused.contains(&(local, known.id)))
        }) {
            plan.to_check.push(ToCheck { incoming: n, why: who });
        } else {
            plan.steps.push(Step::Create { incoming: n });
        }
    }
}

impl Step {
    /// The incoming record that the step pairs with somebody.
    fn pairs(&self) -> Option<usize> {
        match self {
            Self::Pair { incoming, .. } => Some(*incoming),
            _ => None,
        }
    }
}

/// People here by what a doubled record would share with them.
struct Resembling<'a> {
    by_name_and_birth: HashMap<String, &'a Local>,
    by_nhs_number: HashMap<String, &'a Local>,
}

impl<'a> Resembling<'a> {
    fn of(locals: &'a [Local]) -> Self {
        let mut here = Self { by_name_and_birth: HashMap::new(), by_nhs_number: HashMap::new() };
        for local in locals {
            here.by_name_and_birth.insert(name_and_birth(&local.facts), local);
            if let Some(number) = nhs_number(&local.facts) {
                here.by_nhs_number.insert(number, local);
            }
        }
        here
    }

    fn like(&self, record: &matching::Record, refused: impl Fn(i64) -> bool) -> Option<String> {
        let by_number = nhs_number(record).and_then(|number| self.by_nhs_number.get(&number));
        let by_name = self.by_name_and_birth.get(&name_and_birth(record));
        if by_number.is_some_and(|local| !refused(local.id)) {
            return Some(
                "Somebody here has the same NHS number. Check both in the care record system.".into(),
            );
        }
        by_name.filter(|local| !refused(local.id)).map(|local| {
            if local.active {
                "Somebody here has the same name and date of birth. Check whether this is the same person twice.".into()
            } else {
                "An archived resident has the same name and date of birth. Restore them, or say that they are not the same.".into()
            }
        })
    }
}

fn name_and_birth(record: &matching::Record) -> String {
    let name = |text: &str| names::fold(text);
    format!("{}|{}|{}", name(&record.first_name), name(&record.last_name), record.date_of_birth)
}

fn nhs_number(record: &matching::Record) -> Option<String> {
    crate::kit::nhs_number::NhsNumber::parse(&record.nhs_number).ok().map(|number| number.plain())
}

/// Sorts the vendor's records into parts that add up.
fn count(input: &Input<'_>, plan: &mut Plan) {
    let mut counts = Counts { total: input.incoming.len() + input.set_aside.len(), ..Counts::default() };
    counts.failed = input.set_aside.len();
    for step in &plan.steps {
        match step {
            Step::Create { .. } => counts.created += 1,
            Step::Pair { .. } => counts.paired += 1,
            Step::Change { .. } => counts.changed += 1,
            Step::Return { .. } => counts.returned += 1,
            Step::Leave { .. } => counts.left += 1,
            Step::MissingRecord { runs: 1, .. } => counts.missing += 1,
            _ => {}
        }
    }
    let paired: BTreeMap<&str, i64> =
        input.known.iter().filter_map(|known| Some((known.external_id.as_str(), known.paired?))).collect();
    let current = input.incoming.iter().filter(|record| !record.archived);
    let already = current.filter(|record| paired.contains_key(record.external_id.as_str())).count();
    counts.unchanged = already.saturating_sub(counts.changed + counts.returned);
    counts.out_of_scope = input.incoming.iter().filter(|record| record.archived).count();
    let sorted = counts.created + counts.paired + already + counts.out_of_scope + counts.failed;
    counts.to_check = counts.total.saturating_sub(sorted);
    plan.counts = counts;
}
