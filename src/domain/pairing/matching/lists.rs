//! One side's records in an order that does not depend on how they were given.
//!
//! Everything inside works on positions in this order; only answers are turned back.

use super::person::{Person, Tables};
use super::{Decisions, Record};

/// One side, sorted and read.
#[derive(Debug)]
pub(super) struct List<'a> {
    /// Position as given, by position here.
    given: Vec<usize>,
    pub records: Vec<&'a Record>,
    pub people: Vec<Person>,
}

impl<'a> List<'a> {
    pub fn read(records: impl IntoIterator<Item = &'a Record>, tables: &mut Tables) -> Self {
        let mut ordered: Vec<(usize, &Record)> = records.into_iter().enumerate().collect();
        ordered.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key).then_with(|| order(a).cmp(&order(b))));
        let people = ordered.iter().map(|(_, record)| tables.read(record)).collect();
        let (given, records) = ordered.into_iter().unzip();
        Self { given, records, people }
    }

    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// The position as given of the record at a position here.
    pub fn given(&self, at: usize) -> usize {
        self.given.get(at).copied().unwrap_or(usize::MAX)
    }

    pub fn at(&self, at: usize) -> Option<(&'a Record, &Person)> {
        self.records.get(at).copied().zip(self.people.get(at))
    }

    /// Position here, by position as given.
    pub fn positions(&self) -> Vec<usize> {
        let mut here = vec![usize::MAX; self.given.len()];
        for (at, given) in self.given.iter().enumerate() {
            if let Some(slot) = here.get_mut(*given) {
                *slot = at;
            }
        }
        here
    }
}

/// Keys are unique, so the rest only matters to callers who break that promise.
fn order(record: &Record) -> [&str; 6] {
    let Record { first_name, last_name, date_of_birth, nhs_number, email, room, .. } = record;
    [first_name, last_name, date_of_birth, nhs_number, email, room]
}

/// Decisions by position here; those about records that are not there fall away.
pub(super) fn renumbered(decided: &Decisions, ours: &List<'_>, theirs: &List<'_>) -> Decisions {
    let (ours, theirs) = (ours.positions(), theirs.positions());
    let turn = |pairs: &[(usize, usize)]| {
        let mut turned: Vec<(usize, usize)> =
            pairs.iter().filter_map(|(a, b)| ours.get(*a).copied().zip(theirs.get(*b).copied())).collect();
        turned.sort_unstable();
        turned
    };
    Decisions { paired: turn(&decided.paired), refused: turn(&decided.refused) }
}
