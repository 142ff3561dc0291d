//! A plan's lines for people to read, one for each step that somebody would want to know of.

use std::collections::HashMap;

use super::claims::Claim;
use super::plan::{Known, Local, Step};
use super::settle::PlannedKind;
use super::staged::Staged;
use super::store::{NewChange, NewProblem};
use super::written::{Created, Planned, Records};
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::{self, Kind};

const MISSING_ONCE: &str =
    "Missing, not yet confirmed: nothing happens unless the next answer lacks them too";

impl Planned<'_> {
    /// The plan's lines for people to read.
    pub(super) fn shown(&self, claim: &Claim, records: &Records, created: &Created) -> Vec<NewChange> {
        let names = Names::of(self.one);
        let lines = self.plan().steps.iter().filter_map(|step| self.line(step, &names));
        let checks = self.plan().to_check.iter().filter_map(|check| {
            let mut line = self.about_record("to_check", check.incoming)?;
            line.words.clone_from(&check.why);
            Some((line, Some(check.incoming)))
        });
        let held = self.plan().held_back.iter().filter_map(|held| {
            let (line, incoming) = self.line(&held.step, &names)?;
            let words = format!("{} Held back {}.", would(line.kind), held.words);
            Some((Line { kind: "held", words, ..line }, incoming))
        });
        lines
            .chain(checks)
            .chain(held)
            .map(|(line, incoming)| {
                let record = incoming.and_then(|n| self.one.incoming.get(n));
                NewChange {
                    run_id: claim.run,
                    local_id: line.local.or_else(|| created.get(&incoming?).copied()),
                    external_record_id: record
                        .and_then(|one| records.get(&one.external_id))
                        .copied()
                        .or(line.known),
                    kind: line.kind,
                    subject: kind_word(self.one.kind),
                    name: line.name,
                    place: line.place,
                    before: line.before,
                    after: line.after,
                    words: line.words,
                    undone: false,
                    external_id: record
                        .map(|one| one.external_id.clone())
                        .or_else(|| names.external_id(line.known?))
                        .unwrap_or_default(),
                }
            })
            .collect()
    }

    fn line(&self, step: &Step, names: &Names<'_>) -> Option<(Line, Option<usize>)> {
        match step {
            Step::Create { incoming } => {
                let record = self.one.incoming.get(*incoming)?;
                let mut line = self.about_record("created", *incoming)?;
                line.after = json(&record.owned);
                Some((line, Some(*incoming)))
            }
            Step::Pair { local, incoming, rule, before, after, .. } => {
                let mut line = names.line("paired", *local);
                matching::rule_words(rule).unwrap_or_default().clone_into(&mut line.words);
                (line.before, line.after) = (json(before), json(after));
                Some((line, Some(*incoming)))
            }
            Step::Change { local, incoming, before, after } => {
                let mut line = names.line("changed", *local);
                (line.before, line.after) = (json(before), json(after));
                Some((line, Some(*incoming)))
            }
            Step::Leave { local, known } => {
                let mut line = names.line("left", *local);
                let words = match self.one.kind {
                    Kind::People => "Missing from two complete answers in a row",
                    Kind::Staff => "Left there: suspended here, and signed out everywhere",
                };
                line.words = words.into();
                line.known = Some(*known);
                Some((line, None))
            }
            Step::Stay { local, known } => {
                let mut line = names.line("stays", *local);
                line.words = names.stays_for(*local, self.world.system.name());
                line.known = Some(*known);
                Some((line, None))
            }
            Step::Return { local, incoming, before, after } => {
                let mut line = names.line("returned", *local);
                (line.before, line.after) = (json(before), json(after));
                line.words = "In the answer again".into();
                Some((line, Some(*incoming)))
            }
            Step::MissingRecord { known, runs: 1 } => {
                let mut line = names.missing(*known)?;
                line.words = MISSING_ONCE.into();
                Some((line, None))
            }
            _ => None,
        }
    }

    fn about_record(&self, kind: &'static str, incoming: usize) -> Option<Line> {
        let record = self.one.incoming.get(incoming)?;
        let name = format!("{} {}", record.facts.first_name, record.facts.last_name);
        Some(Line {
            kind,
            name: name.trim().to_owned(),
            place: record.facts.place.clone(),
            ..Line::default()
        })
    }

    pub(super) fn problems(&self, claim: &Claim, staged: &Staged) -> Vec<NewProblem> {
        let set_aside = staged.set_aside(self.one.kind).iter();
        set_aside
            .map(|one| NewProblem {
                run_id: claim.run,
                subject: kind_word(self.one.kind),
                external_id: one.external_id.clone().unwrap_or_default(),
                name: one.name.clone().unwrap_or_default(),
                reason: one.reason.clone(),
                repair: one.repair.clone(),
            })
            .collect()
    }
}

/// What a step that is held back would have come to.
fn would(kind: &str) -> &'static str {
    match kind {
        "left" => "Would have left.",
        "stays" => "Left there, and would stay here.",
        "changed" => "Would be changed.",
        "created" => "Would be added.",
        "paired" => "Would be paired.",
        _ => "Would return.",
    }
}

#[derive(Default)]
struct Line {
    kind: &'static str,
    local: Option<i64>,
    known: Option<i64>,
    name: String,
    place: String,
    before: String,
    after: String,
    words: String,
}

/// Names and homes of people here, and of records, by id.
struct Names<'a> {
    locals: HashMap<i64, &'a Local>,
    known: HashMap<i64, &'a Known>,
}

impl<'a> Names<'a> {
    fn of(one: &'a PlannedKind) -> Self {
        Self {
            locals: one.locals.iter().map(|local| (local.id, local)).collect(),
            known: one.known.iter().map(|known| (known.id, known)).collect(),
        }
    }

    fn line(&self, kind: &'static str, local: i64) -> Line {
        let Some(found) = self.locals.get(&local) else {
            return Line { kind, local: Some(local), ..Line::default() };
        };
        let name = format!("{} {}", found.facts.first_name, found.facts.last_name).trim().to_owned();
        Line { kind, local: Some(local), name, place: found.home.clone(), ..Line::default() }
    }

    fn external_id(&self, known: i64) -> Option<String> {
        self.known.get(&known).map(|known| known.external_id.clone())
    }

    fn stays_for(&self, local: i64, vendor: &str) -> String {
        let local = self.locals.get(&local);
        let others = local.map(|local| local.also_listed.join(" and ")).unwrap_or_default();
        if others.is_empty() {
            return format!("{vendor} lists them no more. They stay, because {vendor} is not for their home");
        }
        format!("{vendor} lists them no more. They stay, because they are listed in {others} still")
    }

    fn missing(&self, known: i64) -> Option<Line> {
        let local = self.known.get(&known)?.paired?;
        Some(Line { known: Some(known), ..self.line("missing", local) })
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
