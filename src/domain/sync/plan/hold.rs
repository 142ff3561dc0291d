//! Steps that a plan leaves out: people whom a draft holds back until a date, or everybody else while a draft alone is
//! applied. Pure.

use std::collections::HashSet;

use super::{Incoming, Index, Input, Known, Plan, Step};

/// The people of one kind whom a draft is about.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// For a sentence: "in the draft “After the audit”, until 3 December 2026".
    pub words: String,
    pub locals: HashSet<i64>,
    /// The vendor's identifiers.
    pub records: HashSet<String>,
}

/// What is left out of a plan.
#[derive(Clone, Debug, Default)]
pub struct Holding {
    /// Drafts that are in force: somebody else's decision, so that what they hold is no part of what is shown.
    pub in_force: Vec<Draft>,
    /// Nobody else is touched: the draft that this run applies.
    pub applying: Option<Draft>,
    /// What was taken out of the very plan that somebody was shown. Its hash is the whole plan's.
    pub own: Option<Draft>,
}

/// A step that is left out, and the draft's words.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldBack {
    pub step: Step,
    pub words: String,
}

/// Takes the steps out, and notes what the plan was before its own draft took its part.
pub fn keep_back(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    for draft in &input.holding.in_force {
        take_out(input, index, draft, plan, false);
    }
    if let Some(draft) = &input.holding.applying {
        take_out(input, index, draft, plan, true);
    }
    plan.whole = plan.hash(input.incoming);
    if let Some(draft) = &input.holding.own {
        take_out(input, index, draft, plan, false);
    }
}

/// Takes out the steps of a draft's people, or of everybody else.
fn take_out(input: &Input<'_>, index: &Index<'_>, draft: &Draft, plan: &mut Plan, of_others: bool) {
    let mut out = Vec::new();
    plan.steps.retain(|step| {
        let stays = !is_about_somebody(step) || is_of(input, draft, step) == of_others;
        if !stays {
            out.push(step.clone());
        }
        stays
    });
    // Whoever is not let go is not counted as gone either: else the next plan would not say it again.
    let gone: HashSet<i64> = out
        .iter()
        .filter_map(|step| match step {
            Step::Leave { known, .. } | Step::Stay { known, .. } => Some(*known),
            _ => None,
        })
        .collect();
    plan.steps.retain(|step| !matches!(step, Step::MissingRecord { known, .. } if gone.contains(known)));
    if of_others {
        return;
    }
    for step in out {
        if let Step::Pair { local, .. } = &step
            && index.locals.contains_key(local)
        {
            plan.unpaired.push((*local, format!("Held back {}.", draft.words)));
        }
        plan.held_back.push(HeldBack { step, words: draft.words.clone() });
    }
}

/// Other steps only write down what the vendor says.
fn is_about_somebody(step: &Step) -> bool {
    !matches!(
        step,
        Step::NewRecord { .. }
            | Step::ChangedRecord { .. }
            | Step::MissingRecord { .. }
            | Step::FoundRecord { .. }
    )
}

fn is_of(input: &Input<'_>, draft: &Draft, step: &Step) -> bool {
    let record = |n: &usize| {
        let record: Option<&Incoming> = input.incoming.get(*n);
        record.is_some_and(|record| draft.records.contains(&record.external_id))
    };
    match step {
        Step::Create { incoming } => record(incoming),
        Step::Pair { local, incoming, .. }
        | Step::Change { local, incoming, .. }
        | Step::Return { local, incoming, .. } => draft.locals.contains(local) || record(incoming),
        Step::Leave { local, known } | Step::Stay { local, known } => {
            let external = |one: &&Known| one.id == *known && draft.records.contains(&one.external_id);
            draft.locals.contains(local) || input.known.iter().any(|one| external(&one))
        }
        _ => false,
    }
}
