//! *Confirm strong suggestions*, as its template prints it.

use std::collections::HashSet;

use askama::Template;

use super::described;
use crate::domain::pairing::matching::{Bits, Kind};
use crate::domain::pairing::{Candidate, MOST_AT_ONCE, Strong};
use crate::links;
use crate::web::pairing::comparison::{self, Comparison};
use crate::web::pairing::together::Plan;
use crate::web::pairing::{At, samples};
use crate::web::ui::{Shell, filters};

/// *Confirm strong suggestions*.
#[derive(Template)]
#[template(path = "pairing/together.html")]
pub struct Together {
    pub shell: Shell,
    pub is_staff: bool,
    pub vendor: &'static str,
    pub words: Vec<String>,
    pub action: String,
    pub list: String,
    /// Label and address of the other choice of strength.
    pub other: Option<(String, String)>,
    pub samples: Vec<(String, Comparison)>,
    pub rows: Vec<TogetherRow>,
    pub at_most: Option<usize>,
}

pub struct TogetherRow {
    pub pair: String,
    pub name: String,
    pub theirs: String,
    pub strength: &'static str,
    pub why: String,
    pub ticked: bool,
}

impl Together {
    pub(in crate::web::pairing) fn new(
        shell: Shell,
        at: At,
        (found, unsent): (Vec<Strong>, &[&'static str]),
        only_very: bool,
        plan: &Plan,
    ) -> Self {
        let very = found.iter().filter(|one| one.is_very).count();
        let (all, rest) = (found.len(), found.len() - very);
        let proof = if at.kind == Kind::Staff { "the email address" } else { "the NHS Number" };
        let mut words = Vec::new();
        if very > 0 {
            words.push(format!(
                "{} very strong: {proof} agrees, and nothing speaks against it.",
                counted(very)
            ));
        }
        if rest > 0 && !only_very {
            words.push(format!(
                "{} strong: enough agrees, nothing speaks against it, and {proof} could not be compared.",
                counted(rest)
            ));
        }
        let action = links::confirm_many(at.org, at.vendor.id(), at.kind_word());
        let other = match (only_very, very, rest) {
            (true, ..) => Some((format!("Show all {all}"), action.clone())),
            (false, 1.., 1..) => {
                Some((format!("Show only the {very} very strong"), format!("{action}?strength=very")))
            }
            _ => None,
        };
        let shown: Vec<Strong> = found.into_iter().filter(|one| one.is_very || !only_very).collect();
        let samples =
            samples::of(&shown, &plan.seed).into_iter().map(|one| sample(at, one, unsent)).collect();
        Self {
            shell,
            is_staff: at.kind == Kind::Staff,
            vendor: at.vendor.name(),
            words,
            action,
            list: at.list(),
            other,
            samples,
            at_most: (all == MOST_AT_ONCE).then_some(MOST_AT_ONCE),
            rows: shown.iter().map(|one| TogetherRow::new(one, plan)).collect(),
        }
    }

    /// The form comes back with what was ticked and is still as it was.
    pub(in crate::web::pairing) fn tick_only(&mut self, ticked: &HashSet<String>) {
        for row in &mut self.rows {
            row.ticked = ticked.contains(&row.pair);
        }
    }
}

fn counted(n: usize) -> String {
    if n == 1 { "1 suggestion is".to_owned() } else { format!("{n} suggestions are") }
}

fn sample(at: At, one: &Strong, unsent: &[&'static str]) -> (String, Comparison) {
    let theirs = Candidate {
        side: one.theirs.clone(),
        reasons: one.reasons.clone(),
        score: Bits::ZERO,
        several: false,
        sealed: false,
    };
    (one.ours.name.clone(), comparison::compare(at.system(), at.kind, &one.ours, &theirs, unsent))
}

impl TogetherRow {
    fn new(one: &Strong, plan: &Plan) -> Self {
        let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.words.as_str()).collect();
        Self {
            pair: plan.tick(one),
            name: described(&one.ours),
            theirs: described(&one.theirs),
            strength: if one.is_very { "Very strong" } else { "Strong" },
            why: reasons.join(" "),
            ticked: true,
        }
    }
}
