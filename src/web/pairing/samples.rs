//! A few of many, picked by chance. Pure: the chance is passed in.

use crate::domain::pairing::Strong;
use crate::kit::secret::keyed_fingerprint;

/// How many are shown before many are confirmed.
const SAMPLES: usize = 5;

/// Up to five suggestions in an order that only depends on the seed and on who they are about.
pub fn of<'s>(all: &'s [Strong], seed: &str) -> Vec<&'s Strong> {
    let place = |one: &Strong| keyed_fingerprint(seed, &format!("{} {}", one.ours.id, one.theirs.id));
    let mut shuffled: Vec<(String, &Strong)> = all.iter().map(|one| (place(one), one)).collect();
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
        let picked = ids(of(&all, "one"));
        assert_eq!(picked, ids(of(&back, "one")));
        assert_ne!(picked, ids(of(&all, "other")), "another seed picks others");
        assert_eq!(picked.len(), 5);
        assert_ne!(picked, [1, 2, 3, 4, 5], "not simply the first");
        assert_eq!(of(&all[..3], "one").len(), 3);
    }
}
