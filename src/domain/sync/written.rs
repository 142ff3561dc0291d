//! Carries one kind's plan out: records, people, pairings, and who is not paired and why.

use std::collections::{HashMap, HashSet};

use diesel::QueryResult;

use super::claims::Claim;
use super::people;
use super::plan::{Local, Plan, Step};
use super::settle::{PlannedKind, World};
use super::staged::Staged;
use super::store::{self, NewPairing, NewRecord, NewSuggestion, NewUnpaired};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{By, RunSyncs};
use crate::domain::audit::{self, Event};
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::Kind;
use crate::domain::pairing::owned::{self, Evidence, Proof};
use crate::domain::residents::OwnedField;
use crate::domain::{residents, staff};
use crate::kit::ids::{ResidentId, StaffMemberId};
use crate::kit::names;

/// One kind's plan within its world.
pub(super) struct Planned<'a> {
    pub world: &'a World,
    pub one: &'a PlannedKind,
}

/// Ids of external records, by their identifiers at the vendor.
pub(super) type Records = HashMap<String, i64>;

/// Ids of residents whom the run made, by incoming record.
pub(super) type Created = HashMap<usize, i64>;

impl Planned<'_> {
    pub(super) fn plan(&self) -> &Plan {
        &self.one.plan
    }

    /// New, changed, missing and found records. Returns the ids of all by external id.
    pub(super) fn write_records(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        staged: &Staged,
    ) -> QueryResult<Records> {
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
    pub(super) fn create(&self, tx: &mut Tx<'_>, claim: &Claim, staged: &Staged) -> Result<Created, Refusal> {
        let wanted = self.plan().steps.iter().filter_map(|step| match step {
            Step::Create { incoming } => Some(*incoming),
            _ => None,
        });
        let wanted: Vec<usize> = wanted.collect();
        if wanted.is_empty() {
            return Ok(Created::new());
        }
        let name = &self.world.settings.organisation_name;
        let homes = people::homes_or_first(tx, claim.organisation, claim.connection, name)?;
        let (places, rows): (Vec<usize>, Vec<residents::NewResident>) = wanted
            .into_iter()
            .filter_map(|n| Some((n, people::new_resident(claim.organisation, &homes, staged, n)?)))
            .unzip();
        let ids = residents::insert_many(tx, &rows)?;
        Ok(places.into_iter().zip(ids.into_iter().map(|ResidentId(id)| id)).collect())
    }

    pub(super) fn pair(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        records: &Records,
        created: &Created,
    ) -> QueryResult<()> {
        let kind = kind_word(self.one.kind);
        // The rule of a pairing that came with a resident whom the sync made.
        let made = format!("created from {}", self.world.system.name());
        let mut rows = Vec::new();
        for step in &self.plan().steps {
            let (incoming, local, rule, evidence) = match step {
                Step::Create { incoming } => match created.get(incoming) {
                    Some(local) => (incoming, *local, made.as_str(), created_evidence()),
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
    pub(super) fn change_people(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
        if self.one.kind == Kind::Staff {
            return self.suspend_leavers(tx, claim);
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
                Step::Return { local, before, after, .. } => {
                    if before != after {
                        owned::write(tx, claim.organisation, ResidentId(*local), after)?;
                    }
                    back.push(ResidentId(*local));
                }
                _ => {}
            }
        }
        people::archive_leavers(tx, claim.organisation, &leavers)?;
        people::bring_back(tx, claim.organisation, &back)
    }

    /// Staff who have left there lose their access here in the same moment. Nobody is let in again by a sync.
    fn suspend_leavers(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
        let leaving = self.plan().steps.iter().filter_map(|step| match step {
            Step::Leave { local, .. } => Some(StaffMemberId(*local)),
            _ => None,
        });
        let leaving: Vec<StaffMemberId> = leaving.collect();
        if leaving.is_empty() {
            return Ok(());
        }
        let (scope, by) = (claim.scope::<RunSyncs>(), By::the_portal().name);
        let stayed = staff::suspend_many(tx, claim.organisation, &leaving, staff::LEFT, &by)?;
        for id in leaving {
            let local = self.one.locals.iter().find(|local| local.id == id.0);
            let name = local.map(|local| format!("{} {}", local.facts.first_name, local.facts.last_name));
            let name = name.unwrap_or_default();
            let event = if stayed.contains(&id) {
                let words = format!("left {name} in, who has left there but is the last super manager here");
                Event::new("staff.kept", words)
            } else {
                Event::new("staff.suspended", format!("suspended {name}: {}", staff::LEFT.to_lowercase()))
            };
            audit::record(tx, &scope, event.about(staff::SUBJECT, id.0).of_run(claim.run))?;
        }
        Ok(())
    }

    /// Who is not paired and why; nothing is kept of people whom nobody needs to look at.
    pub(super) fn write_unpaired(
        &self,
        tx: &mut Tx<'_>,
        claim: &Claim,
        records: &Records,
    ) -> QueryResult<()> {
        let kind = kind_word(self.one.kind);
        let reasons: Vec<NewUnpaired> = self
            .plan()
            .unpaired
            .iter()
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
                evidence: serde_json::to_string(&one.evidence).unwrap_or_default(),
            })
        });
        let best: Vec<NewSuggestion> = best.collect();
        match claim.only {
            Some(ResidentId(local)) => {
                store::write_unpaired_of(tx, (claim.connection, self.one.kind, local), &reasons, &best)
            }
            None => store::write_unpaired(tx, claim.connection, self.one.kind, &reasons, &best),
        }
    }

    /// Says on the trail which overrides have ended and follow this vendor again.
    pub(super) fn end_overrides(&self, tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
        if self.one.kind == Kind::Staff || self.one.still {
            return Ok(());
        }
        let paired: HashMap<i64, &Local> = self.paired_here();
        let follows = |resident: ResidentId, field: OwnedField| {
            let only = claim.only.is_none_or(|only| only == resident);
            only && paired.get(&resident.0).is_some_and(|local| !local.kept.contains(field.as_str()))
        };
        let ended = residents::take_ended(tx, claim.organisation, self.world.today, follows)?;
        let scope = claim.scope::<RunSyncs>();
        for (resident, field, until) in ended {
            let Some(local) = paired.get(&resident.0) else { continue };
            let words = format!(
                "let the {} of {} {} follow {} again: the override ended on {}",
                field.words().to_lowercase(),
                local.facts.first_name,
                local.facts.last_name,
                self.world.system.name(),
                until.format("%-d %B %Y")
            );
            let event = Event::new("resident.override-ended", words).about(residents::SUBJECT, resident.0);
            audit::record(tx, &scope, event.of_run(claim.run))?;
        }
        Ok(())
    }

    /// People here whom a record that came is paired with.
    fn paired_here(&self) -> HashMap<i64, &Local> {
        let came: HashSet<&str> = self
            .one
            .incoming
            .iter()
            .filter(|record| !record.archived)
            .map(|record| record.external_id.as_str())
            .collect();
        let known = self.one.known.iter().filter(|known| came.contains(known.external_id.as_str()));
        let paired: HashSet<i64> = known.filter_map(|known| known.paired).collect();
        self.one.locals.iter().filter(|one| paired.contains(&one.id)).map(|one| (one.id, one)).collect()
    }
}

fn created_evidence() -> String {
    let words = "This resident was made from this record.".to_owned();
    let reason = Evidence { field: "Record".into(), level: "agree".into(), weight: 0, words };
    Proof { reasons: vec![reason], ..Proof::default() }.write()
}

fn sort_name(record: &super::plan::Incoming) -> String {
    names::fold(&format!("{} {}", record.facts.last_name, record.facts.first_name))
}
