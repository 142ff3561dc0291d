//! From possible pairs to ranked suggestions: rivals are weighed, and every number gets its sentence.
//!
//! Compares nobody anew.

use super::bits::Bits;
use super::candidates::Candidate;
use super::lists::List;
use super::rivals::{Edge, Loss, losses};
use super::score::Fit;
use super::weights::{ALIKE_FROM, CLOSE_CALL, Dob, Email, Nhs, RIVAL_WORTH_SAYING, SHOWN_FROM};
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
    let best_ours = two_best_ours(&edges, &lost, lists.theirs.len());
    let scored: Vec<Scored<'_>> =
        candidates.iter().zip(lost).map(|(candidate, loss)| Scored { candidate, loss }).collect();
    scored
        .chunk_by(|a, b| a.candidate.ours == b.candidate.ours)
        .flat_map(|group| {
            let mut group = group.to_vec();
            group.sort_by_key(|one| (-one.score(), -one.candidate.fit.total, one.candidate.theirs));
            of_one_person(&group, &best_ours)
        })
        .collect()
}

#[derive(Debug, Clone, Copy)]
struct Scored<'a> {
    candidate: &'a Candidate,
    loss: Loss,
}

impl Scored<'_> {
    fn score(&self) -> Bits {
        self.for_person() + self.loss.to_theirs
    }

    /// How well the record fits the person, knowing who else it may be of. Two that are close by this measure
    /// are both possible; the score itself tells them further apart, as each lowers the other.
    fn for_person(&self) -> Bits {
        self.candidate.fit.total + self.loss.to_ours
    }

    /// Twins and namesakes stay in sight even where somebody else has the better claim; noise does not.
    fn is_worth_showing(&self) -> bool {
        self.score() >= SHOWN_FROM || self.candidate.fit.total >= ALIKE_FROM
    }
}

fn of_one_person(group: &[Scored<'_>], best_ours: &[TwoBest]) -> Vec<Ranked> {
    let Some(first) = group.first() else { return Vec::new() };
    let here = |theirs: usize| best_ours.get(theirs).copied().unwrap_or_default();
    let close = |a: Bits, b: Bits| a - b < CLOSE_CALL;
    let as_likely = |other: &Scored<'_>| {
        close(first.for_person(), other.for_person())
            || close(first.score(), other.score())
            || (is_same_proof(&first.candidate.fit, &other.candidate.fit) && -other.loss.to_ours < CLOSE_CALL)
    };
    let as_likely_here = |(fit, ours): (Bits, usize)| {
        ours != first.candidate.ours && close(first.candidate.fit.total + first.loss.to_theirs, fit)
    };
    let several = group.iter().skip(1).any(as_likely)
        || here(first.candidate.theirs).into_iter().flatten().any(as_likely_here);
    let mut by_fit: Vec<&Scored<'_>> = group.iter().collect();
    by_fit.sort_by_key(|one| (-one.for_person(), one.candidate.theirs));
    group
        .iter()
        .enumerate()
        .filter(|(at, one)| *at == 0 || one.is_worth_showing())
        .take(MOST_SUGGESTIONS)
        .zip(1_u8..)
        .map(|((_, one), rank)| {
            let Candidate { ours, theirs, fit } = *one.candidate;
            let other = by_fit.iter().map(|other| other.candidate.theirs).find(|other| *other != theirs);
            let holder = here(theirs).into_iter().flatten().map(|(_, at)| at).find(|at| *at != ours);
            Ranked { ours, theirs, fit, rank, several, loss: one.loss, rivals: (other, holder) }
        })
        .collect()
}

/// Nothing but the place or the room tells the two records apart: those say where somebody is, not who.
fn is_same_proof(a: &Fit, b: &Fit) -> bool {
    let proof = |fit: &Fit| (fit.first, fit.last, fit.dob, fit.nhs, fit.email);
    (a.dob == Dob::Same || a.nhs == Nhs::Same || a.email == Email::Same) && proof(a) == proof(b)
}

/// The two of ours that fit one of their records best, with how well.
type TwoBest = [Option<(Bits, usize)>; 2];

/// For each of their records the two of ours that fit best, knowing which other records those may have.
fn two_best_ours(edges: &[Edge], lost: &[Loss], theirs: usize) -> Vec<TwoBest> {
    let mut best: Vec<TwoBest> = vec![[None, None]; theirs];
    for (edge, loss) in edges.iter().zip(lost) {
        let Some([first, second]) = best.get_mut(edge.theirs) else { continue };
        let fit = edge.weight + loss.to_theirs;
        if first.is_none_or(|(other, _)| fit > other) {
            *second = *first;
            *first = Some((fit, edge.ours));
        } else if second.is_none_or(|(other, _)| fit > other) {
            *second = Some((fit, edge.ours));
        }
    }
    best
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
