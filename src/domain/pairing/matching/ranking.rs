//! From possible pairs to ranked suggestions: rivals are weighed, and every number gets its sentence.
//!
//! Compares nobody anew.

use super::bits::Bits;
use super::candidates::Candidate;
use super::lists::List;
use super::rivals::{Edge, Loss, losses};
use super::score::Fit;
use super::weights::{CLOSE_CALL, RIVAL_WORTH_SAYING};
use super::words::{self, Case};
use super::{Kind, MOST_SUGGESTIONS, Reason, Record, Suggestion, System};

/// Two lists of one system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lists<'a> {
    pub system: System,
    pub kind: Kind,
    pub ours: &'a List<'a>,
    pub theirs: &'a List<'a>,
}

/// A suggestion by position in the sorted lists, with the fit that it came of.
#[derive(Debug)]
pub(super) struct Ranked {
    pub ours: usize,
    pub fit: Fit,
    pub theirs: usize,
    pub rank: u8,
    pub several: bool,
    loss: Loss,
    rivals: (Option<usize>, Option<usize>),
}

/// Ranks `candidates`, which are in order of ours; at most [`MOST_SUGGESTIONS`] for each.
pub(super) fn ranked(candidates: &[Candidate], lists: Lists<'_>) -> Vec<Ranked> {
    let edges: Vec<Edge> = candidates
        .iter()
        .map(|candidate| Edge { ours: candidate.ours, theirs: candidate.theirs, weight: candidate.fit.total })
        .collect();
    let mut lost = losses(&edges, lists.ours.len(), lists.theirs.len());
    for loss in &mut lost {
        for part in [&mut loss.to_theirs, &mut loss.to_ours] {
            if -*part < RIVAL_WORTH_SAYING {
                *part = Bits::ZERO;
            }
        }
    }
    let best_ours = two_best_ours(&edges, lists.theirs.len());
    let scored: Vec<(&Candidate, Loss)> = candidates.iter().zip(lost).collect();
    scored
        .chunk_by(|(a, _), (b, _)| a.ours == b.ours)
        .flat_map(|group| {
            let mut group = group.to_vec();
            group.sort_by_key(|(candidate, loss)| {
                (
                    -(candidate.fit.total + loss.to_theirs + loss.to_ours),
                    -candidate.fit.total,
                    candidate.theirs,
                )
            });
            of_one_person(&group, &best_ours)
        })
        .collect()
}

fn of_one_person(group: &[(&Candidate, Loss)], best_ours: &[[Option<usize>; 2]]) -> Vec<Ranked> {
    let score = |(candidate, loss): &(&Candidate, Loss)| candidate.fit.total + loss.to_theirs + loss.to_ours;
    let several = match group {
        [first, second, ..] => score(first) - score(second) < CLOSE_CALL,
        _ => false,
    };
    let mut by_fit: Vec<&Candidate> = group.iter().map(|(candidate, _)| *candidate).collect();
    by_fit.sort_by_key(|candidate| (-candidate.fit.total, candidate.theirs));
    group
        .iter()
        .take(MOST_SUGGESTIONS)
        .zip(1_u8..)
        .map(|((candidate, loss), rank)| {
            let other =
                by_fit.iter().find(|other| other.theirs != candidate.theirs).map(|other| other.theirs);
            let here = best_ours.get(candidate.theirs).copied().unwrap_or_default();
            Ranked {
                ours: candidate.ours,
                theirs: candidate.theirs,
                fit: candidate.fit,
                rank,
                several,
                loss: *loss,
                rivals: (other, here.into_iter().flatten().find(|ours| *ours != candidate.ours)),
            }
        })
        .collect()
}

/// For each of their records the two of ours that fit best.
fn two_best_ours(edges: &[Edge], theirs: usize) -> Vec<[Option<usize>; 2]> {
    let mut best: Vec<[Option<(Bits, usize)>; 2]> = vec![[None, None]; theirs];
    for edge in edges {
        let Some([first, second]) = best.get_mut(edge.theirs) else { continue };
        let new = Some((edge.weight, edge.ours));
        if first.is_none_or(|(weight, _)| edge.weight > weight) {
            *second = *first;
            *first = new;
        } else if second.is_none_or(|(weight, _)| edge.weight > weight) {
            *second = new;
        }
    }
    best.into_iter().map(|two| two.map(|one| one.map(|(_, ours)| ours))).collect()
}

impl Lists<'_> {
    /// The reasons of a fit, and their sum.
    pub fn reasons(&self, ours: usize, theirs: usize, fit: &Fit) -> Vec<Reason> {
        let (Some(ours), Some(theirs)) = (self.ours.at(ours), self.theirs.at(theirs)) else {
            return Vec::new();
        };
        Case { system: self.system, kind: self.kind, ours, theirs }.reasons(fit)
    }

    /// The suggestion in words, by position as given.
    pub fn suggestion(&self, ranked: &Ranked) -> Suggestion {
        let mut reasons = self.reasons(ranked.ours, ranked.theirs, &ranked.fit);
        let (there, here) = ranked.rivals;
        if ranked.loss.to_theirs != Bits::ZERO {
            let who = there.and_then(|at| self.theirs.at(at)).map(|(record, _)| called(record));
            let words = match who {
                Some(who) => format!("{who} in {} may be the same person too.", self.system.name()),
                None => format!("Another record in {} may be the same person too.", self.system.name()),
            };
            reasons.push(words::rival(words, ranked.loss.to_theirs));
        }
        if ranked.loss.to_ours != Bits::ZERO {
            let who = here.and_then(|at| self.ours.at(at)).map(|(record, _)| called(record));
            let words = match who {
                Some(who) => format!("This record may also be {who} here."),
                None => "This record may also be somebody else here.".to_owned(),
            };
            reasons.push(words::rival(words, ranked.loss.to_ours));
        }
        Suggestion {
            ours: self.ours.given(ranked.ours),
            theirs: self.theirs.given(ranked.theirs),
            rank: ranked.rank,
            score: reasons.iter().map(|reason| reason.weight).sum(),
            reasons,
            several_possible: ranked.several,
        }
    }
}

fn called(record: &Record) -> String {
    let name = format!("{} {}", words::short(&record.first_name), words::short(&record.last_name));
    match name.trim() {
        "" => "Somebody without a name".to_owned(),
        name => name.to_owned(),
    }
}
