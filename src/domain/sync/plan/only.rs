//! One person's part of a plan: everything that would touch anybody else goes.

use std::collections::HashSet;

use super::{Index, Input, Plan, Step};

/// Keeps what is about the person, and nothing that needs a complete answer: whoever is missing is counted by whole
/// syncs alone.
pub fn keep(input: &Input<'_>, index: &Index<'_>, local: i64, plan: &mut Plan) {
    let own: HashSet<usize> = plan
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Pair { local: of, incoming, .. }
            | Step::Change { local: of, incoming, .. }
            | Step::Return { local: of, incoming, .. }
                if *of == local =>
            {
                Some(*incoming)
            }
            _ => None,
        })
        .chain(theirs(input, index, local))
        .collect();
    let known = |id: &i64| input.known.iter().any(|one| one.id == *id && one.paired == Some(local));
    plan.steps.retain(|step| match step {
        Step::NewRecord { incoming } | Step::ChangedRecord { incoming, .. } => own.contains(incoming),
        Step::Pair { local: of, .. } | Step::Change { local: of, .. } | Step::Return { local: of, .. } => {
            *of == local
        }
        Step::FoundRecord { known: id } => known(id),
        Step::MissingRecord { .. } | Step::Create { .. } | Step::Leave { .. } | Step::Stay { .. } => false,
    });
    plan.suggested.retain(|one| one.local == local);
    plan.unpaired.retain(|(of, _)| *of == local);
    plan.to_check.clear();
}

/// The record that the person is paired with, where it came.
fn theirs<'a>(input: &'a Input<'_>, index: &'a Index<'_>, local: i64) -> impl Iterator<Item = usize> + 'a {
    let paired = input.known.iter().filter(move |known| known.paired == Some(local));
    paired.filter_map(|known| index.arrived.get(known.external_id.as_str()).copied())
}
