//! A few of many, picked so that nobody can guess which, and the same after a reload. Pure.

use crate::domain::pairing::Strong;
use crate::kit::secret::fingerprint;

/// How many are shown before many are confirmed.
const SAMPLES: usize = 5;

/// Up to five suggestions in an order that only depends on who they are about.
pub fn of(all: &[Strong]) -> Vec<&Strong> {
    let mut shuffled: Vec<(String, &Strong)> =
        all.iter().map(|one| (fingerprint(&format!("{} {}", one.ours.id, one.theirs.id)), one)).collect();
    shuffled.sort_by(|a, b| a.0.cmp(&b.0));
    shuffled.into_iter().map(|(_, one)| one).take(SAMPLES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pairing::Side;

    #[test]
    fn the_samples_are_the_same_in_whatever_order_the_suggestions_come() {
        let one = |id| Strong {
            ours: Side { id, ..Side::default() },
            theirs: Side { id: id + 1000, ..Side::default() },
            reasons: Vec::new(),
            is_very: false,
        };
        let all: Vec<Strong> = (1..=40).map(one).collect();
        let back: Vec<Strong> = (1..=40).rev().map(one).collect();
        let ids = |some: Vec<&Strong>| some.iter().map(|one| one.ours.id).collect::<Vec<_>>();
        let picked = ids(of(&all));
        assert_eq!(picked, ids(of(&back)));
        assert_eq!(picked.len(), 5);
        assert_ne!(picked, [1, 2, 3, 4, 5], "not simply the first");
        assert_eq!(of(&all[..3]).len(), 3);
    }
}
