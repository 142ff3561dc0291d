//! Finding the possible pairs: whoever is worth comparing is compared, and the best few of each are kept.
//!
//! Looks at two people at a time; what rivals take off comes later.

use std::collections::HashSet;

use super::bits::Bits;
use super::blocks::{ALL_PAIRS, Blocks};
use super::person::Person;
use super::score::{Fit, Scales};
use super::weights::LISTED_FROM;

/// A possible pair, by position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub ours: usize,
    pub theirs: usize,
    pub fit: Fit,
}

/// Records kept for each person while the rivals are weighed.
const MOST: usize = 12;
/// From this sum on, two records that are each other's best are settled and need no second look.
const SETTLED_FROM: Bits = Bits::hundredths(1_300);
/// A second look compares at most this many pairs.
const SECOND_LOOK: usize = 3_000_000;

/// Who is still without a partner, by position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub scales: &'a Scales<'a>,
    pub ours: &'a [Person],
    pub theirs: &'a [Person],
    pub free_ours: &'a [usize],
    pub free_theirs: &'a [usize],
    pub refused: &'a HashSet<(usize, usize)>,
}

impl Search<'_> {
    /// The best few possible records of everybody who is free, by ours and then by fit.
    pub fn candidates(&self) -> Vec<Candidate> {
        let all = self.free_ours.len().saturating_mul(self.free_theirs.len()) <= ALL_PAIRS;
        let mut lists: Vec<Shortlist> = if all {
            self.free_ours.iter().map(|ours| self.everybody(*ours, self.free_theirs)).collect()
        } else {
            self.by_blocks()
        };
        if !all {
            self.second_look(&mut lists);
        }
        self.free_ours
            .iter()
            .zip(lists)
            .flat_map(|(ours, list)| {
                list.into_sorted().into_iter().map(|(theirs, fit)| Candidate { ours: *ours, theirs, fit })
            })
            .collect()
    }

    fn fit(&self, ours: usize, theirs: usize) -> Option<Fit> {
        if self.refused.contains(&(ours, theirs)) {
            return None;
        }
        self.scales.fit(self.ours.get(ours)?, self.theirs.get(theirs)?, LISTED_FROM)
    }

    fn everybody(&self, ours: usize, theirs: &[usize]) -> Shortlist {
        let mut list = Shortlist::default();
        for at in theirs {
            if let Some(fit) = self.fit(ours, *at) {
                list.add(*at, fit);
            }
        }
        list
    }

    fn by_blocks(&self) -> Vec<Shortlist> {
        let free = self.free_theirs.iter().filter_map(|at| self.theirs.get(*at).map(|person| (*at, person)));
        let blocks = Blocks::new(free, self.scales.tables);
        let mut met = vec![usize::MAX; self.theirs.len()];
        let mut keys = Vec::with_capacity(40);
        let mut lists = Vec::with_capacity(self.free_ours.len());
        for ours in self.free_ours {
            let mut list = Shortlist::default();
            if let Some(person) = self.ours.get(*ours) {
                blocks.candidates(person, self.scales.tables, &mut keys, |theirs| {
                    let Some(mark) = met.get_mut(theirs).filter(|mark| **mark != *ours) else { return };
                    *mark = *ours;
                    if let Some(fit) = self.fit(*ours, theirs) {
                        list.add(theirs, fit);
                    }
                });
            }
            list.shorten();
            lists.push(list);
        }
        lists
    }

    /// Whoever has no settled partner meets every record that nobody else has settled on.
    fn second_look(&self, lists: &mut [Shortlist]) {
        let mut best_of_theirs: Vec<Option<(Bits, usize)>> = vec![None; self.theirs.len()];
        for (at, list) in lists.iter().enumerate() {
            for (theirs, fit) in &list.0 {
                if let Some(best) = best_of_theirs.get_mut(*theirs)
                    && best.is_none_or(|(total, _)| fit.total > total)
                {
                    *best = Some((fit.total, at));
                }
            }
        }
        let mut claimed = vec![false; self.theirs.len()];
        let mut open = Vec::new();
        for (at, list) in lists.iter().enumerate() {
            let settled = list.0.first().filter(|(theirs, fit)| {
                fit.total >= SETTLED_FROM
                    && best_of_theirs.get(*theirs).copied().flatten().is_some_and(|(_, best)| best == at)
            });
            match settled.and_then(|(theirs, _)| claimed.get_mut(*theirs)) {
                Some(claimed) => *claimed = true,
                None => open.push(at),
            }
        }
        let left: Vec<usize> =
            self.free_theirs.iter().copied().filter(|at| claimed.get(*at) == Some(&false)).collect();
        for at in open.into_iter().take(SECOND_LOOK / left.len().max(1)) {
            if let (Some(ours), Some(list)) = (self.free_ours.get(at), lists.get_mut(at)) {
                list.0.extend(self.everybody(*ours, &left).0);
                list.shorten();
            }
        }
    }
}

/// The best few records for one person.
#[derive(Debug, Default)]
pub(super) struct Shortlist(Vec<(usize, Fit)>);

impl Shortlist {
    pub fn add(&mut self, theirs: usize, fit: Fit) {
        self.0.push((theirs, fit));
        if self.0.len() >= MOST * 4 {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.0.sort_unstable_by_key(|(at, fit)| (std::cmp::Reverse(fit.total), *at));
        self.0.dedup_by_key(|(at, _)| *at);
        self.0.truncate(MOST);
    }

    /// Best first.
    pub fn into_sorted(mut self) -> Vec<(usize, Fit)> {
        self.shorten();
        self.0
    }
}
