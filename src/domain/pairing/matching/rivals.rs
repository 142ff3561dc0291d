//! One person has one record: what every possible pair loses because of its rivals.
//!
//! Sum-product messages on the graph of possible pairs, each record being free to stay alone. The loss of a pair
//! splits in two: rivals for our person, and rivals for their record. It never adds to a pair.

use super::bits::Bits;

/// One possible pair: numbers of the two records, and its weight by the fields alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub ours: usize,
    pub theirs: usize,
    pub weight: Bits,
}

/// What a pair loses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Loss {
    /// To other records that may be our person.
    pub to_theirs: Bits,
    /// To others of our people whose record this may be.
    pub to_ours: Bits,
}

const ROUNDS: usize = 12;

/// The losses of `edges`, in their order. `ours` and `theirs`: how many records there are on each side.
pub(super) fn losses(edges: &[Edge], ours: usize, theirs: usize) -> Vec<Loss> {
    // Two people at random are one with odds of about one to the number of records on the other side.
    let prior = f64::from(u32::try_from(theirs.max(2)).unwrap_or(u32::MAX)).log2();
    let odds: Vec<f64> = edges.iter().map(|edge| (edge.weight.as_f64() - prior).exp2()).collect();
    let by_ours = Rows::new(edges.iter().map(|edge| edge.ours), ours);
    let by_theirs = Rows::new(edges.iter().map(|edge| edge.theirs), theirs);
    let mut from_ours = odds.clone();
    let mut from_theirs = vec![0.0; edges.len()];
    let mut others_ours = vec![0.0; edges.len()];
    let mut others_theirs = vec![0.0; edges.len()];
    for _ in 0..ROUNDS {
        by_theirs.sums_of_others(&from_ours, &mut others_ours);
        for ((message, odds), others) in from_theirs.iter_mut().zip(&odds).zip(&others_ours) {
            *message = odds / (1.0 + others);
        }
        by_ours.sums_of_others(&from_theirs, &mut others_theirs);
        for ((message, odds), others) in from_ours.iter_mut().zip(&odds).zip(&others_theirs) {
            *message = odds / (1.0 + others);
        }
    }
    let bits = |others: &f64| -Bits::nearest(others.ln_1p() / std::f64::consts::LN_2);
    others_theirs
        .iter()
        .zip(&others_ours)
        .map(|(theirs, ours)| Loss { to_theirs: bits(theirs), to_ours: bits(ours) })
        .collect()
}

/// The edges of every record, one after the other.
struct Rows {
    edges: Vec<usize>,
    ends: Vec<usize>,
}

impl Rows {
    fn new(record_of: impl Iterator<Item = usize>, records: usize) -> Self {
        let mut order: Vec<(usize, usize)> =
            record_of.enumerate().map(|(edge, record)| (record, edge)).collect();
        order.sort_unstable();
        let mut ends = vec![0; records];
        for (at, (record, _)) in order.iter().enumerate() {
            if let Some(end) = ends.get_mut(*record) {
                *end = at + 1;
            }
        }
        ends.retain(|end| *end > 0);
        Self { edges: order.into_iter().map(|(_, edge)| edge).collect(), ends }
    }

    /// For every edge the sum of `values` over the other edges of the same record, without subtracting, which
    /// would lose a small rival beside a large one.
    fn sums_of_others(&self, values: &[f64], sums: &mut [f64]) {
        let value = |edge: &usize| values.get(*edge).copied().unwrap_or(0.0);
        let mut from = 0;
        for end in &self.ends {
            let row = self.edges.get(from..*end).unwrap_or_default();
            from = *end;
            let mut before = 0.0;
            for edge in row {
                if let Some(sum) = sums.get_mut(*edge) {
                    *sum = before;
                }
                before += value(edge);
            }
            let mut after = 0.0;
            for edge in row.iter().rev() {
                if let Some(sum) = sums.get_mut(*edge) {
                    *sum += after;
                }
                after += value(edge);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(ours: usize, theirs: usize, bits: i32) -> Edge {
        Edge { ours, theirs, weight: Bits::hundredths(bits * 100) }
    }

    #[test]
    fn a_pair_without_rivals_loses_nothing() {
        assert_eq!(losses(&[edge(0, 0, 30), edge(1, 1, 20)], 2, 2), vec![Loss::default(); 2]);
    }

    #[test]
    fn two_records_that_fit_equally_well_cost_each_other_much() {
        let lost = losses(&[edge(0, 0, 30), edge(0, 1, 30)], 1, 2);
        assert_eq!(lost[0], lost[1]);
        assert!(lost[0].to_theirs < Bits::hundredths(-2_000));
        assert_eq!(lost[0].to_ours, Bits::ZERO);
    }

    #[test]
    fn a_rival_who_has_a_better_partner_costs_little() {
        let taken = losses(&[edge(0, 0, 25), edge(0, 1, 25), edge(1, 1, 45)], 2, 2);
        assert!(taken[0].to_theirs > Bits::hundredths(-700), "{taken:?}");
        assert!(taken[1].to_ours < Bits::hundredths(-3_000), "{taken:?}");
    }
}
