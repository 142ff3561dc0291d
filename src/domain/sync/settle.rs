//! Match, plan, guard, apply: what becomes of a staged answer.
//!
//! The plan is worked out on a reading connection, so that pages go on meanwhile, and applied in one
//! write transaction that first makes sure that nothing it rests on has changed.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::apply::{self, Planned};
use super::plan::{self, Input, Known, Local, Mode, Plan};
use super::runs::{Claim, RunState};
use super::staged::Staged;
use super::store::{self, Settings};
use crate::db::{Conn, Db};
use crate::domain::Refusal;
use crate::domain::pairing::matching::{Kind, System};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Done,
    Partly,
    Previewed,
    Held,
}

/// Everything a plan was made from, so that apply can look things up again.
pub(super) struct World {
    pub settings: Settings,
    pub stamp: String,
    pub today: NaiveDate,
    /// For links in letters.
    pub public_url: String,
    pub kinds: Vec<PlannedKind>,
}

/// One kind's part of the world, with its plan.
pub(super) struct PlannedKind {
    pub kind: Kind,
    pub locals: Vec<Local>,
    pub known: Vec<Known>,
    pub incoming: Vec<plan::Incoming>,
    pub plan: Plan,
    /// Nothing arrived that was not here before, and nothing here has changed since the last match.
    pub still: bool,
}

/// Carries a staged answer to its end. Blocking: runs beside the async threads.
///
/// `approved` is the hash of a plan that somebody released or asked to apply; only exactly that plan
/// passes the guard.
pub fn settle(
    db: &Db,
    claim: &Claim,
    system: System,
    staged: &Staged,
    approved: Option<&str>,
    public_url: &str,
) -> Result<Ended, Refusal> {
    let today = db.clock().now().date();
    for _ in 0..3 {
        let world = db.read_now(|conn| survey(conn, claim, system, staged, (today, public_url)))?;
        let settled = db.write_now(|tx| {
            if store::stamp(tx.conn, claim.organisation, claim.connection, today)? != world.stamp {
                return Ok(None);
            }
            apply::conclude(tx, claim, staged, &world, approved).map(Some)
        });
        if let Some(ended) = settled? {
            return Ok(ended);
        }
    }
    // People keep changing things meanwhile: now they wait until this is done.
    db.write_now(|tx| {
        let world = survey(tx.conn, claim, system, staged, (today, public_url))?;
        apply::conclude(tx, claim, staged, &world, approved)
    })
}

fn survey(
    conn: &mut Conn,
    claim: &Claim,
    system: System,
    staged: &Staged,
    (today, public_url): (NaiveDate, &str),
) -> Result<World, Refusal> {
    let settings = store::settings(conn, claim.connection)?;
    let stamp = store::stamp(conn, claim.organisation, claim.connection, today)?;
    let mut kinds = Vec::new();
    for kind in [Kind::People, Kind::Staff] {
        if let Some(incoming) = staged.incoming(kind) {
            kinds.push(survey_kind(conn, claim, system, staged, kind, incoming, (&settings, &stamp, today))?);
        }
    }
    Ok(World { settings, stamp, today, public_url: public_url.to_owned(), kinds })
}

fn survey_kind(
    conn: &mut Conn,
    claim: &Claim,
    system: System,
    staged: &Staged,
    kind: Kind,
    incoming: Vec<plan::Incoming>,
    (settings, stamp, today): (&Settings, &str, NaiveDate),
) -> Result<PlannedKind, Refusal> {
    let known = store::known(conn, claim.connection, kind)?;
    if settings.matched_with == stamp && unchanged(&known, &incoming) && staged.set_aside(kind).is_empty() {
        let plan = still(&known, &incoming);
        return Ok(PlannedKind { kind, locals: Vec::new(), known, incoming, plan, still: true });
    }
    let locals = match kind {
        Kind::People => store::residents_here(conn, claim.organisation, today)?,
        Kind::Staff => store::staff_here(conn, claim.organisation)?,
    };
    let refused = store::refused(conn, claim.connection, kind)?;
    let set_aside: Vec<String> =
        staged.set_aside(kind).iter().filter_map(|one| one.external_id.clone()).collect();
    let (mode, last_complete) = match kind {
        Kind::People => (settings.mode, settings.last_complete_residents),
        Kind::Staff => (Mode::Pair, settings.last_complete_staff),
    };
    let plan = plan::make(&Input {
        system,
        kind,
        mode,
        locals: &locals,
        known: &known,
        incoming: &incoming,
        set_aside: &set_aside,
        refused: &refused,
        last_complete,
        guard: settings.guard,
    });
    Ok(PlannedKind { kind, locals, known, incoming, plan, still: false })
}

/// Whether the answer is, record for record, the last one.
fn unchanged(known: &[Known], incoming: &[plan::Incoming]) -> bool {
    let now: HashSet<(&str, &str)> = incoming
        .iter()
        .filter(|one| !one.archived)
        .map(|one| (one.external_id.as_str(), one.hash.as_str()))
        .collect();
    let before = known.iter().filter(|one| one.missing_runs == 0);
    let settled = known.iter().all(|one| one.missing_runs == 0 || one.missing_runs >= 2);
    settled
        && now.len() == incoming.len()
        && before.clone().count() == now.len()
        && before.into_iter().all(|one| now.contains(&(one.external_id.as_str(), one.hash.as_str())))
}

/// The plan of a night on which nothing happened.
fn still(known: &[Known], incoming: &[plan::Incoming]) -> Plan {
    let mut plan = Plan::default();
    plan.counts.total = incoming.len();
    plan.counts.unchanged = known.iter().filter(|one| one.missing_runs == 0 && one.paired.is_some()).count();
    plan.counts.to_check = plan.counts.total.saturating_sub(plan.counts.unchanged);
    plan
}

impl World {
    /// The hash over all kinds' plans: what "exactly the plan that was shown" compares.
    pub fn plan_hash(&self) -> String {
        let hashes: Vec<String> = self.kinds.iter().map(|one| one.plan.hash(&one.incoming)).collect();
        crate::kit::secret::fingerprint(&hashes.join("|"))
    }

    pub fn held_because(&self) -> Option<String> {
        let reasons: Vec<&str> = self.kinds.iter().filter_map(|one| one.plan.held.as_deref()).collect();
        (!reasons.is_empty()).then(|| reasons.join(" "))
    }

    pub fn affected(&self) -> usize {
        self.kinds.iter().map(|one| one.plan.affected).sum()
    }

    pub fn planned(&self) -> impl Iterator<Item = Planned<'_>> {
        self.kinds.iter().map(|one| Planned { world: self, one })
    }
}

impl From<Ended> for RunState {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Done => Self::Done,
            Ended::Partly => Self::Partly,
            Ended::Previewed => Self::Previewed,
            Ended::Held => Self::Held,
        }
    }
}
