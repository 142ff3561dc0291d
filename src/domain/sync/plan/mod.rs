//! What a sync would do, worked out from what is here and what the vendor sent. Pure.
//!
//! A plan is a list of steps with the names and values that a preview shows and an apply writes;
//! its hash is what "exactly the plan that was shown" means. Deliberately writes nothing and asks
//! nobody: `apply` carries it out, `guard` says whether it may.

mod create;
mod follow;
mod hold;
mod matches;
mod only;
mod tally;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::guard::{self, Guard};
use crate::domain::pairing::matching::{self, Kind, System};
use crate::domain::pairing::owned::{Evidence, Owned};
use crate::kit::secret::fingerprint;

pub use hold::{Draft, HeldBack, Holding};
pub use tally::Tallied;

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
    /// Fields that this vendor may not write: others own them, or a person keeps them for now.
    pub kept: BTreeSet<String>,
    /// Names of other vendors that list them still.
    pub also_listed: Vec<String>,
    pub active: bool,
    /// Archived by a sync, so that a sync may bring them back.
    pub left: bool,
    /// Of a home that the connection is for, or of none. Others are never paired by themselves; whoever is paired
    /// already is followed, and stays when this vendor lets them go.
    pub concerned: bool,
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
    /// While the record has this hash, what was undone is not done again.
    pub left_hash: String,
    /// The live pairing's local id.
    pub paired: Option<i64>,
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

/// Records of which the vendor sent something that cannot be used: they are not missing.
#[derive(Clone, Debug, Default)]
pub struct SetAside {
    pub ids: HashSet<String>,
    /// Those without an identifier might be anybody: with one of them nobody is known to be missing.
    pub without_id: usize,
    /// Entries in all; several may be about one person.
    pub entries: usize,
}

impl SetAside {
    pub fn people(&self) -> usize {
        self.ids.len() + self.without_id
    }
}

/// Local and external record ids that are not to be paired by themselves.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    pub pairs: HashSet<(i64, i64)>,
    /// Those of which somebody said that they are not the same person; others only had a link undone.
    pub told_apart: HashSet<(i64, i64)>,
}

/// What a plan is made from.
pub struct Input<'a> {
    pub system: System,
    pub kind: Kind,
    pub mode: Mode,
    pub locals: &'a [Local],
    pub known: &'a [Known],
    pub incoming: &'a [Incoming],
    pub set_aside: &'a SetAside,
    /// Known records of services that are not on any more: nobody says anything about them.
    pub unheard: &'a HashSet<i64>,
    pub refused: &'a Refused,
    /// Names of services that are places of homes which the connection is not for.
    pub elsewhere: &'a HashSet<String>,
    /// How many records the last complete answer had.
    pub last_complete: i64,
    pub guard: Guard,
    /// Nobody else is to be touched.
    pub only: Option<Only>,
    /// Whose steps are left out.
    pub holding: &'a Holding,
}

/// One person here whom a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only {
    pub local: i64,
    /// The vendor was asked for their record alone, so that the answer says nothing of anybody else.
    pub alone: bool,
}

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
    /// Left there, and stays here because another system lists them.
    Stay {
        local: i64,
        known: i64,
    },
    /// Back in the answer, with what has changed meanwhile.
    Return {
        local: i64,
        incoming: usize,
        before: Owned,
        after: Owned,
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

/// How the vendor's records were sorted: the parts add up to `total`, those that are out of scope by reason too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// People who left this vendor, and stay because another one lists them.
    pub stayed: usize,
    /// How many records the vendor listed, whoever the plan is for.
    pub listed: usize,
    /// Why records are out of scope: archived there, or what they say of status or type.
    pub out_archived: usize,
    pub out_status: usize,
    pub out_type: usize,
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
    /// Steps that drafts leave out.
    pub held_back: Vec<HeldBack>,
    /// The hash of the plan before its own draft took its part.
    pub whole: String,
}

impl Plan {
    /// Changes when anything changes that a preview shows or an apply writes.
    pub fn hash(&self, incoming: &[Incoming]) -> String {
        if !self.whole.is_empty() {
            return self.whole.clone();
        }
        let hashes: Vec<&str> = incoming.iter().map(|record| record.hash.as_str()).collect();
        fingerprint(&serde_json::to_string(&(&self.steps, &self.to_check, hashes)).unwrap_or_default())
    }
}

/// Works out the plan.
pub fn make(input: &Input<'_>) -> Plan {
    let index = Index::of(input);
    let mut plan = Plan::default();
    follow::records(input, &index, &mut plan);
    follow::paired(input, &index, &mut plan);
    let is_paired = input.only.is_some_and(|only| index.paired.contains(&only.local));
    if input.incoming.iter().any(|record| !record.archived) && !is_paired {
        matches::add(input, &index, &mut plan);
        if input.mode == Mode::Create && input.kind == Kind::People {
            create::add(input, &index, &mut plan);
        }
    }
    if let Some(only) = input.only {
        only::keep(input, &index, only.local, &mut plan);
    }
    hold::keep_back(input, &index, &mut plan);
    plan.counts = Tallied::of(input).counts(&plan.steps);
    (plan.held, plan.affected) = guard::check(input, &plan);
    plan
}

/// Lookups that several parts need, made once.
struct Index<'a> {
    locals: HashMap<i64, &'a Local>,
    known: HashMap<&'a str, &'a Known>,
    /// Which incoming record a known one is now.
    arrived: HashMap<&'a str, usize>,
    /// People here who have a live pairing.
    paired: HashSet<i64>,
}

impl<'a> Index<'a> {
    fn of(input: &Input<'a>) -> Self {
        let arrived = input.incoming.iter().enumerate().map(|(n, one)| (one.external_id.as_str(), n));
        Self {
            locals: input.locals.iter().map(|local| (local.id, local)).collect(),
            known: input.known.iter().map(|known| (known.external_id.as_str(), known)).collect(),
            arrived: arrived.collect(),
            paired: input.known.iter().filter_map(|known| known.paired).collect(),
        }
    }

    fn known(&self, record: &Incoming) -> Option<&'a Known> {
        self.known.get(record.external_id.as_str()).copied()
    }

    /// The person whom the record is paired with.
    fn local(&self, record: &Incoming) -> Option<&'a Local> {
        self.locals.get(&self.known(record)?.paired?).copied()
    }

    fn is_paired(&self, record: &Incoming) -> bool {
        self.known(record).is_some_and(|known| known.paired.is_some())
    }

    fn left_alone(&self, record: &Incoming) -> bool {
        self.known(record).is_some_and(|known| known.left_hash == record.hash)
    }
}
