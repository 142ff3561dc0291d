//! Carries a plan out, or writes down what it would do: all of it in one transaction, or none.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::json;

use super::people;
use super::plan::{Counts, Plan, Step};
use super::runs::{Claim, RunState};
use super::settle::{Ended, PlannedKind, World};
use super::staged::Staged;
use super::store::{self, NewChange, NewPairing, NewProblem, NewRecord, NewSuggestion, NewUnpaired};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::RunSyncs;
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self as connections_here, Held};
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::{self, Kind};
use crate::domain::pairing::owned::{self, Evidence, Proof};
use crate::domain::residents;
use crate::domain::schema::{connections, sync_runs};
use crate::kit::ids::ResidentId;
use crate::kit::names;
use crate::links;

/// One kind's plan within its world.
pub(super) struct Planned<'a> {
    pub world: &'a World,
    pub one: &'a PlannedKind,
}

/// Ends the run: as a preview, as held, or applied.
pub(super) fn conclude(
    tx: &mut Tx<'_>,
    claim: &Claim,
    staged: &Staged,
    world: &World,
    approved: Option<&str>,
) -> Result<Ended, Refusal> {
    let hash = world.plan_hash();
    let held = world.held_because();
    let as_shown = approved == Some(hash.as_str());
    if claim.is_preview && !as_shown {
        return show(tx, claim, staged, world, Ended::Previewed, held, approved.is_some());
    }
    if held.is_some() && !as_shown {
        return show(tx, claim, staged, world, Ended::Held, held, approved.is_some());
    }
    if approved.is_some() && !as_shown {
        return show(tx, claim, staged, world, Ended::Previewed, held, true);
    }
    carry_out(tx, claim, staged, world)
}

/// Writes the plan down for somebody to look at; nothing else is changed.
fn show(
    tx: &mut Tx<'_>,
    claim: &Claim,
    staged: &Staged,
    world: &World,
    ended: Ended,
    held: Option<String>,
    was_approved: bool,
) -> Result<Ended, Refusal> {
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for planned in world.planned() {
        changes.extend(planned.shown(claim, staged, &HashMap::new(), &HashMap::new()));
        problems.extend(planned.problems(claim, staged));
    }
    store::write_changes(tx, claim.run, &changes, &problems)?;
    store::keep_snapshot(tx, claim.run, &serde_json::to_string(staged).unwrap_or_default())?;
    let mut words = held.unwrap_or_default();
    if was_approved {
        words =
            format!("Something here has changed since you looked, so nothing was done. Look again. {words}");
    }
    finish(tx, claim, world, ended, words.trim())?;
    if ended == Ended::Held {
        let held =
            Held { because: words.trim().to_owned(), link: links::sync_run(claim.organisation, claim.run) };
        connections_here::held(tx, &claim.scope::<RunSyncs>(), claim.connection, &held, &world.public_url)?;
    }
    let verb = if ended == Ended::Held {
        "held a sync for somebody to look at"
    } else {
        "prepared a preview of a sync"
    };
    let event = Event::new("run.shown", verb).about("connection", claim.connection.0).of_run(claim.run);
    audit::record(tx, &claim.scope::<RunSyncs>(), event)?;
    Ok(ended)
}

fn carry_out(tx: &mut Tx<'_>, claim: &Claim, staged: &Staged, world: &World) -> Result<Ended, Refusal> {
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for planned in world.planned() {
        let records = planned.write_records(tx, claim, staged)?;
        let created = planned.create(tx, claim, staged, &records)?;
        planned.pair(tx, claim, &records, &created)?;
        planned.change_people(tx, claim)?;
        changes.extend(planned.shown(claim, staged, &records, &created));
        problems.extend(planned.problems(claim, staged));
        if !planned.one.still {
            planned.write_unpaired(tx, claim, &records)?;
        }
    }
    store::write_changes(tx, claim.run, &changes, &problems)?;
    store::forget_snapshot(tx, claim.run)?;
    let touched = changes.iter().any(|change| change.subject == "resident");
    if touched {
        residents::settle(tx, claim.organisation)?;
    }
    remember(tx, claim, world)?;
    let ended = if problems.is_empty() { Ended::Done } else { Ended::Partly };
    finish(tx, claim, world, ended, "")?;
    let link = links::sync_run(claim.organisation, claim.run);
    connections_here::went_well(tx, &claim.scope::<RunSyncs>(), claim.connection, &link, &world.public_url)?;
    audit::record(tx, &claim.scope::<RunSyncs>(), in_words(claim, world))?;
    Ok(ended)
}

impl Planned<'_> {
    fn plan(&self) -> &Plan {
        &self.one.plan
    }

    /// New, changed, missing and found records. Returns the ids of all by external id.
    fn write_records(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        staged: &Staged,
    ) -> QueryResult<HashMap<String, i64>> {
        let (mut new, mut found) = (Vec::new(), Vec::new());
        let mut missing: HashMap<i32, Vec<i64>> = HashMap::new();
        for step in &self.plan().steps {
            match step {
                Step::NewRecord { incoming } => new.extend(self.new_record(tx, claim, staged, *incoming)),
                Step::ChangedRecord { known, incoming } => {
                    let Some(record) = self.one.incoming.get(*incoming) else { continue };
                    let data = staged.data(self.one.kind, *incoming);
                    store::change_record(tx, *known, &record.hash, &data, &sort_name(record))?;
                }
                Step::MissingRecord { known, runs } => missing.entry(*runs).or_default().push(*known),
                Step::FoundRecord { known } => found.push(*known),
                _ => {}
            }
        }
        for (runs, ids) in missing {
            store::count_missing(tx, &ids, runs)?;
        }
        store::count_missing(tx, &found, 0)?;
        let mut ids = store::insert_records(tx, &new)?;
        if !self.one.still {
            ids.extend(self.one.known.iter().map(|known| (known.external_id.clone(), known.id)));
        }
        Ok(ids)
    }

    fn new_record(&self, tx: &Tx<'_>, claim: &Claim, staged: &Staged, n: usize) -> Option<NewRecord> {
        let record = self.one.incoming.get(n)?;
        Some(NewRecord {
            connection_id: claim.connection,
            kind: kind_word(self.one.kind),
            external_id: record.external_id.clone(),
            content_hash: record.hash.clone(),
            data: staged.data(self.one.kind, n),
            sort_name: sort_name(record),
            missing_runs: i32::from(record.archived),
            left_hash: String::new(),
            first_seen_at: tx.now,
            changed_at: tx.now,
        })
    }

    /// Makes the residents of the plan. Returns their ids by incoming record.
    fn create(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        staged: &Staged,
        _records: &HashMap<String, i64>,
    ) -> Result<HashMap<usize, i64>, Refusal> {
        let wanted: Vec<usize> = self
            .plan()
            .steps
            .iter()
            .filter_map(|step| if let Step::Create { incoming } = step { Some(*incoming) } else { None })
            .collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let homes = people::homes_or_first(tx, claim.organisation, &self.world.settings.organisation_name)?;
        let rows: Vec<residents::NewResident> = wanted
            .iter()
            .filter_map(|n| people::new_resident(claim.organisation, &homes, staged, *n))
            .collect();
        let ids = residents::insert_many(tx, &rows)?;
        Ok(wanted.into_iter().zip(ids.into_iter().map(|ResidentId(id)| id)).collect())
    }

    fn pair(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        records: &HashMap<String, i64>,
        created: &HashMap<usize, i64>,
    ) -> QueryResult<()> {
        let kind = kind_word(self.one.kind);
        let mut rows = Vec::new();
        for step in &self.plan().steps {
            let (incoming, local, rule, evidence) = match step {
                Step::Create { incoming } => match created.get(incoming) {
                    Some(local) => (incoming, *local, CREATED, created_evidence()),
                    None => continue,
                },
                Step::Pair { incoming, local, rule, evidence, before, after } => {
                    let proof =
                        Proof { reasons: evidence.clone(), before: before.clone(), after: after.clone() };
                    (incoming, *local, rule.as_str(), proof.write())
                }
                _ => continue,
            };
            let record = self.one.incoming.get(*incoming).and_then(|one| records.get(&one.external_id));
            let Some(record) = record else { continue };
            rows.push(NewPairing {
                connection_id: claim.connection,
                kind,
                external_record_id: *record,
                local_id: local,
                origin: "Auto",
                rule: rule.to_owned(),
                evidence,
                paired_by_name: String::new(),
                paired_at: tx.now,
                applied_at: Some(tx.now),
                run_id: Some(claim.run.0),
                batch: String::new(),
                ended_by_name: String::new(),
                ended_because: String::new(),
            });
        }
        store::insert_pairings(tx, &rows)
    }

    /// Changed fields, leavers and returns.
    fn change_people(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
        if self.one.kind == Kind::Staff {
            return Ok(());
        }
        let (mut leavers, mut back) = (Vec::new(), Vec::new());
        for step in &self.plan().steps {
            match step {
                Step::Pair { local, before, after, .. } | Step::Change { local, before, after, .. }
                    if before != after =>
                {
                    owned::write(tx, claim.organisation, ResidentId(*local), after)?;
                }
                Step::Leave { local, .. } => leavers.push(ResidentId(*local)),
                Step::Return { local, .. } => back.push(ResidentId(*local)),
                _ => {}
            }
        }
        people::archive_leavers(tx, claim.organisation, &leavers)?;
        people::bring_back(tx, claim.organisation, &back)
    }

    /// Who is not paired and why; nothing is kept of people whom nobody needs to look at.
    fn write_unpaired(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        records: &HashMap<String, i64>,
    ) -> QueryResult<()> {
        let kind = kind_word(self.one.kind);
        let paired: std::collections::HashSet<i64> = self
            .plan()
            .steps
            .iter()
            .filter_map(|step| if let Step::Pair { local, .. } = step { Some(*local) } else { None })
            .collect();
        let reasons: Vec<NewUnpaired> = self
            .plan()
            .unpaired
            .iter()
            .filter(|(local, _)| !paired.contains(local))
            .map(|(local, why)| NewUnpaired {
                connection_id: claim.connection,
                kind,
                local_id: *local,
                why: why.clone(),
            })
            .collect();
        let best = self.plan().suggested.iter().filter(|one| one.rank == 1).filter_map(|one| {
            let record = self.one.incoming.get(one.incoming)?;
            Some(NewSuggestion {
                connection_id: claim.connection,
                kind,
                local_id: one.local,
                external_record_id: *records.get(&record.external_id)?,
                rank: one.rank,
                score: one.score,
                several: one.several,
                evidence: json(&one.evidence),
            })
        });
        let best: Vec<NewSuggestion> = best.collect();
        store::write_unpaired(tx, claim.connection, self.one.kind, &reasons, &best)
    }

    /// The plan's lines for people to read.
    fn shown(
        &self,
        claim: &Claim,
        staged: &Staged,
        records: &HashMap<String, i64>,
        created: &HashMap<usize, i64>,
    ) -> Vec<NewChange> {
        let names = Names::of(self.one);
        let lines = self.plan().steps.iter().filter_map(|step| self.line(step, &names, staged));
        let checks = self.plan().to_check.iter().filter_map(|check| {
            let mut line = self.about_record("to_check", check.incoming, staged)?;
            line.words.clone_from(&check.why);
            Some((line, Some(check.incoming)))
        });
        lines
            .chain(checks)
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
                }
            })
            .collect()
    }

    fn line(&self, step: &Step, names: &Names<'_>, staged: &Staged) -> Option<(Line, Option<usize>)> {
        match step {
            Step::Create { incoming } => {
                let record = self.one.incoming.get(*incoming)?;
                let mut line = self.about_record("created", *incoming, staged)?;
                line.after = json(&record.owned);
                Some((line, Some(*incoming)))
            }
            Step::Pair { local, incoming, rule, before, after, .. } => {
                let mut line = names.line("paired", *local);
                line.words = matching::rule_words(rule).unwrap_or_default().to_owned();
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
                line.words = "Missing from two complete answers in a row".into();
                line.known = Some(*known);
                Some((line, None))
            }
            Step::Return { local, incoming } => {
                let mut line = names.line("returned", *local);
                line.words = "In the answer again".into();
                Some((line, Some(*incoming)))
            }
            Step::MissingRecord { known, runs: 1 } => {
                let mut line = names.missing(*known)?;
                line.words =
                    "Missing, not yet confirmed: nothing happens unless the next answer lacks them too"
                        .into();
                Some((line, None))
            }
            _ => None,
        }
    }

    fn about_record(&self, kind: &'static str, incoming: usize, _staged: &Staged) -> Option<Line> {
        let record = self.one.incoming.get(incoming)?;
        let name = format!("{} {}", record.facts.first_name, record.facts.last_name);
        Some(Line {
            kind,
            name: name.trim().to_owned(),
            place: record.facts.place.clone(),
            ..Line::default()
        })
    }

    fn problems(&self, claim: &Claim, staged: &Staged) -> Vec<NewProblem> {
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

/// The rule of a pairing that came with a resident whom the sync made.
pub(super) const CREATED: &str = "created from Nourish";

fn created_evidence() -> String {
    let words = "This resident was made from this record.".to_owned();
    let reason = Evidence { field: "Record".into(), level: "agree".into(), weight: 0, words };
    Proof { reasons: vec![reason], ..Proof::default() }.write()
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
    locals: HashMap<i64, &'a super::plan::Local>,
    known: HashMap<i64, &'a super::plan::Known>,
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

    fn missing(&self, known: i64) -> Option<Line> {
        let local = self.known.get(&known)?.paired?;
        Some(Line { known: Some(known), ..self.line("missing", local) })
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn sort_name(record: &super::plan::Incoming) -> String {
    names::fold(&format!("{} {}", record.facts.last_name, record.facts.first_name))
}

/// Writes down what the next sync compares with.
fn remember(tx: &mut Tx<'_>, claim: &Claim, world: &World) -> QueryResult<()> {
    let stamp = store::stamp(tx.conn, claim.organisation, claim.connection, world.today)?;
    let complete = |kind| {
        let one = world.kinds.iter().find(|one| one.kind == kind);
        one.map(|one| one.incoming.iter().filter(|record| !record.archived).count())
            .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
    };
    let row = connections::table.find(claim.connection);
    let matched_with = if world.kinds.len() == 2 { stamp } else { String::new() };
    diesel::update(row).set(connections::matched_with.eq(matched_with)).execute(tx.conn)?;
    if let Some(n) = complete(Kind::People) {
        diesel::update(row).set(connections::last_complete_residents.eq(n)).execute(tx.conn)?;
    }
    if let Some(n) = complete(Kind::Staff) {
        diesel::update(row).set(connections::last_complete_staff.eq(n)).execute(tx.conn)?;
    }
    Ok(())
}

fn counts(world: &World) -> (Counts, Counts) {
    let of =
        |kind| world.kinds.iter().find(|one| one.kind == kind).map(|one| one.plan.counts).unwrap_or_default();
    (of(Kind::People), of(Kind::Staff))
}

/// Ends the run's row. A worker whose claim is gone writes nothing, and its transaction is undone.
fn finish(
    tx: &mut Tx<'_>,
    claim: &Claim,
    world: &World,
    ended: Ended,
    held_because: &str,
) -> Result<(), Refusal> {
    let counts = counts(world);
    let total = i64::try_from(counts.0.total + counts.1.total).unwrap_or(i64::MAX);
    let finished = diesel::update(sync_runs::table.find(claim.run))
        .filter(sync_runs::epoch.eq(claim.epoch))
        .filter(sync_runs::state.eq(RunState::Running))
        .filter(sync_runs::cancel_asked.eq(false))
        .set((
            sync_runs::state.eq(RunState::from(ended)),
            sync_runs::finished_at.eq(tx.now),
            sync_runs::lease_until.eq(None::<chrono::NaiveDateTime>),
            sync_runs::counts.eq(json(&counts)),
            sync_runs::plan_hash.eq(world.plan_hash()),
            sync_runs::held_because.eq(held_because),
            sync_runs::affected.eq(i64::try_from(world.affected()).unwrap_or(i64::MAX)),
            sync_runs::done.eq(total),
            sync_runs::total.eq(total),
            sync_runs::progress.eq("Finished"),
        ))
        .execute(tx.conn)?;
    if finished == 1 { Ok(()) } else { Err(Refusal::overtaken("This sync was cancelled or taken over.")) }
}

fn in_words(claim: &Claim, world: &World) -> Event {
    let (people, staff) = counts(world);
    let words = format!(
        "synced {} residents and {} staff: {} new, {} paired, {} changed, {} left, {} failed",
        people.total,
        staff.total,
        people.created,
        people.paired + staff.paired,
        people.changed,
        people.left,
        people.failed + staff.failed
    );
    let details = json!({ "residents": people, "staff": staff });
    Event::new("run.applied", words).about("connection", claim.connection.0).of_run(claim.run).with(details)
}
