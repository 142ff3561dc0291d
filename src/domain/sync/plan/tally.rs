//! Sorts the vendor's records into parts that add up, for the numbers of a run's page.

use std::collections::HashSet;

use super::{Counts, Incoming, Input, Known, Mode, SetAside, Step};
use crate::domain::pairing::matching::{self, Kind, System};

/// What is counted.
pub struct Tallied<'a> {
    pub system: System,
    pub kind: Kind,
    pub mode: Mode,
    pub known: &'a [Known],
    pub incoming: &'a [Incoming],
    pub set_aside: &'a SetAside,
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
        }
    }

    pub fn counts(&self, steps: &[Step]) -> Counts {
        let mut counts = Counts {
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
                Step::MissingRecord { runs: 1, .. } => counts.missing += 1,
                _ => {}
            }
        }
        let linked = self.known.iter().filter(|known| known.paired.is_some());
        let linked: HashSet<&str> = linked.map(|known| known.external_id.as_str()).collect();
        for (_, record) in self.incoming.iter().enumerate().filter(|(n, _)| !done.contains(n)) {
            if record.archived {
                counts.out_of_scope += 1;
            } else if linked.contains(record.external_id.as_str()) {
                counts.unchanged += 1;
            } else if self.passes_over(record) {
                counts.out_of_scope += 1;
            } else {
                counts.to_check += 1;
            }
        }
        counts
    }

    /// Whether no rule pairs such a record: in *pair* mode Nourish's are paired where somebody lives
    /// for good, in nursing or residential care. What is not said is no reason.
    fn passes_over(&self, record: &Incoming) -> bool {
        let says = |text: &str, wanted: &[&str]| {
            let text = text.trim();
            text.is_empty() || wanted.iter().any(|word| text.eq_ignore_ascii_case(word))
        };
        matching::residents_only(self.system)
            && self.kind == Kind::People
            && self.mode == Mode::Pair
            && !(says(&record.facts.status, &["Permanent"])
                && says(&record.facts.resident_type, &["Nursing", "Residential"]))
    }
}
