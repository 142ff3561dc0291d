//! Sorts the vendor's records into parts that add up, for the numbers of a run's page.

use std::collections::HashSet;

use super::{Counts, Incoming, Input, Known, Mode, Only, SetAside, Step};
use crate::connectors::Detail;
use crate::domain::pairing::matching::{Kind, System};
use crate::domain::residents;

/// What is counted.
pub struct Tallied<'a> {
    pub system: System,
    pub kind: Kind,
    pub mode: Mode,
    pub known: &'a [Known],
    pub incoming: &'a [Incoming],
    pub set_aside: &'a SetAside,
    pub only: Option<Only>,
}

impl<'a> Tallied<'a> {
    pub fn of(input: &Input<'a>) -> Self {
        Self {
            system: input.system,
            kind: input.kind,
            mode: input.mode,
            known: input.known,
            incoming: input.incoming,
            set_aside: input.set_aside,
            only: input.only,
        }
    }

    pub fn counts(&self, steps: &[Step]) -> Counts {
        if let Some(only) = self.only {
            return self.of_one(steps, only.local);
        }
        let mut counts = Counts {
            listed: self.incoming.len() + self.set_aside.entries,
            total: self.incoming.len() + self.set_aside.entries,
            failed: self.set_aside.entries,
            ..Counts::default()
        };
        let mut done = HashSet::new();
        for step in steps {
            match step {
                Step::Create { incoming } => {
                    counts.created += 1;
                    done.insert(*incoming);
                }
                Step::Pair { incoming, .. } => {
                    counts.paired += 1;
                    done.insert(*incoming);
                }
                Step::Change { incoming, .. } => {
                    counts.changed += 1;
                    done.insert(*incoming);
                }
                Step::Return { incoming, .. } => {
                    counts.returned += 1;
                    done.insert(*incoming);
                }
                Step::Leave { .. } => counts.left += 1,
                Step::Stay { .. } => counts.stayed += 1,
                Step::MissingRecord { runs: 1, .. } => counts.missing += 1,
                _ => {}
            }
        }
        let linked = self.known.iter().filter(|known| known.paired.is_some());
        let linked: HashSet<&str> = linked.map(|known| known.external_id.as_str()).collect();
        for (_, record) in self.incoming.iter().enumerate().filter(|(n, _)| !done.contains(n)) {
            if record.archived {
                counts.out_of_scope += 1;
                counts.out_archived += 1;
            } else if linked.contains(record.external_id.as_str()) {
                counts.unchanged += 1;
            } else if let Some(of) = self.passes_over(record) {
                counts.out_of_scope += 1;
                match of {
                    Detail::ResidentType => counts.out_type += 1,
                    _ => counts.out_status += 1,
                }
            } else {
                counts.to_check += 1;
            }
        }
        counts
    }

    /// One person's part: their record, or none.
    fn of_one(&self, steps: &[Step], local: i64) -> Counts {
        let theirs: HashSet<&str> = self
            .known
            .iter()
            .filter(|known| known.paired == Some(local))
            .map(|known| known.external_id.as_str())
            .collect();
        let paired = steps.iter().filter_map(|step| match step {
            Step::Pair { incoming, .. } => Some(*incoming),
            _ => None,
        });
        let paired: HashSet<usize> = paired.collect();
        let own = (0..).zip(self.incoming);
        let own = own.filter(|(n, one)| paired.contains(n) || theirs.contains(one.external_id.as_str()));
        let own: Vec<Incoming> = own.map(|(_, one)| one.clone()).collect();
        let nothing = SetAside::default();
        let one = Tallied {
            system: self.system,
            kind: self.kind,
            mode: self.mode,
            known: self.known,
            incoming: &own,
            set_aside: &nothing,
            only: None,
        };
        // Their record, if it came, is the only one, whatever its place was.
        let steps: Vec<Step> = steps.iter().map(at_first).collect();
        Counts { listed: self.incoming.len() + self.set_aside.entries, ..one.counts(&steps) }
    }

    /// The condition because of which no rule pairs such a record, in *pair* mode. What is not said is no reason.
    fn passes_over(&self, record: &Incoming) -> Option<Detail> {
        if self.kind != Kind::People || self.mode != Mode::Pair {
            return None;
        }
        let out = residents::out_of_scope_by(self.system, &record.facts.status, &record.facts.resident_type);
        out.map(|out| out.of)
    }
}

/// The step with its record at the first place.
fn at_first(step: &Step) -> Step {
    let mut step = step.clone();
    match &mut step {
        Step::Pair { incoming, .. } | Step::Change { incoming, .. } | Step::Return { incoming, .. } => {
            *incoming = 0;
        }
        _ => {}
    }
    step
}
