//! What the vendor's list looks like beside the last one, and what follows for people who are paired.

use super::{Incoming, Index, Input, Known, Local, Plan, Step};
use crate::domain::pairing::matching::Kind;
use crate::domain::pairing::owned::{self, Owned};

/// Complete answers without a record after which whoever is paired with it has left.
const LEFT: i32 = 2;

/// What is counted instead where they stay because another system lists them, or because their home has another
/// system: when that ends, they leave.
const STAYED: i32 = 3;

/// New, changed, missing and found records, and people who left.
pub fn records(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    for (n, record) in input.incoming.iter().enumerate() {
        let Some(known) = index.known(record) else {
            plan.steps.push(Step::NewRecord { incoming: n });
            continue;
        };
        if known.hash != record.hash {
            plan.steps.push(Step::ChangedRecord { known: known.id, incoming: n });
        }
        if !record.archived && known.missing_runs > 0 {
            plan.steps.push(Step::FoundRecord { known: known.id });
        }
    }
    // An entry that cannot be told to be somebody might be anybody: nobody is known to be missing.
    if input.set_aside.without_id == 0 {
        missing(input, index, plan);
    }
}

fn missing(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    for known in input.known {
        let arrived = index.arrived.get(known.external_id.as_str()).and_then(|n| input.incoming.get(*n));
        let present = arrived.is_some_and(|record| !record.archived);
        let unheard = arrived.is_none() && input.unheard.contains(&known.id);
        if present || unheard || input.set_aside.ids.contains(&known.external_id) {
            continue;
        }
        let person = known.paired.and_then(|local| index.locals.get(&local)).filter(|local| local.active);
        // Two complete answers without them, and they have left; further ones say nothing new.
        if known.missing_runs >= LEFT {
            stays_no_longer(known, person.copied(), plan);
            continue;
        }
        // Whoever works here and is said to have left, has: access does not wait for a second answer.
        let said_to_have_left = input.kind == Kind::Staff && arrived.is_some();
        let runs = if said_to_have_left { LEFT } else { known.missing_runs + 1 };
        let stays = runs == LEFT && person.is_some_and(|local| stays(local));
        let runs = if stays { STAYED } else { runs };
        plan.steps.push(Step::MissingRecord { known: known.id, runs });
        if let Some(local) = person.filter(|_| runs >= LEFT) {
            let (local, known) = (local.id, known.id);
            plan.steps.push(if stays { Step::Stay { local, known } } else { Step::Leave { local, known } });
        }
    }
}

/// Another system lists them, or they live in a home that this one is not for: it says nothing of who left there.
fn stays(local: &Local) -> bool {
    !local.also_listed.is_empty() || !local.concerned
}

/// Who stayed for another system's sake leaves when that lists them no longer.
fn stays_no_longer(known: &Known, person: Option<&Local>, plan: &mut Plan) {
    let left = person.filter(|local| known.missing_runs == STAYED && !stays(local));
    if let Some(local) = left {
        plan.steps.push(Step::MissingRecord { known: known.id, runs: LEFT });
        plan.steps.push(Step::Leave { local: local.id, known: known.id });
    }
}

/// Changes and returns of people who are already paired.
pub fn paired(input: &Input<'_>, index: &Index<'_>, plan: &mut Plan) {
    for (n, record) in input.incoming.iter().enumerate().filter(|(_, record)| !record.archived) {
        let Some(local) = index.local(record).filter(|_| !index.left_alone(record)) else { continue };
        let (before, after) = difference(local, record);
        if local.left {
            plan.steps.push(Step::Return { local: local.id, incoming: n, before, after });
        } else if local.active && before != after {
            plan.steps.push(Step::Change { local: local.id, incoming: n, before, after });
        }
    }
}

/// The fields that would change; what others own and what somebody keeps for now stays.
pub fn difference(local: &Local, record: &Incoming) -> (Owned, Owned) {
    owned::difference(&local.owned, &record.owned, |field| local.kept.contains(field))
}
