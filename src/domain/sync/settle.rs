//! Match, plan, guard, apply: what becomes of a staged answer.
//!
//! The plan is worked out on a reading connection, so that pages go on meanwhile, and applied in one
//! write transaction that first makes sure that nothing it rests on has changed.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::apply;
use super::claims::Claim;
use super::decisions::Approval;
use super::drafts::Parts;
use super::plan::{self, Input, Known, Local, Mode, Only, Plan, SetAside, Tallied};
use super::runs::RunState;
use super::staged::Staged;
use super::store::{self, Matched, Settings};
use super::written::Planned;
use crate::db::{Conn, Db, Tx};
use crate::domain::Refusal;
use crate::domain::pairing::matching::{Kind, System};
use crate::kit::secret::fingerprint;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Done,
    Partly,
    Previewed,
    Held,
    /// Of one resident: the answer was not believed, and nothing is kept of it.
    Discarded,
}

/// Everything a plan was made from, so that apply can look things up again.
pub(super) struct World {
    pub system: System,
    pub settings: Settings,
    pub stamp: String,
    pub basis: String,
    pub today: NaiveDate,
    /// For links in letters.
    pub public_url: String,
    pub kinds: Vec<PlannedKind>,
    /// What drafts have to do with the run.
    pub parts: Parts,
}

/// One kind's part of the world, with its plan.
pub(super) struct PlannedKind {
    pub kind: Kind,
    pub locals: Vec<Local>,
    pub known: Vec<Known>,
    pub incoming: Vec<plan::Incoming>,
    pub set_aside: SetAside,
    pub plan: Plan,
    /// Nothing arrived that was not here before, and nothing here has changed since the last match.
    pub still: bool,
}

/// What later features do in the transaction of a run that was applied.
pub type After<'a> = &'a dyn Fn(&mut Tx<'_>, &Claim) -> Result<(), Refusal>;

/// Carries a staged answer to its end, with nothing that follows. See [`settle_then`].
pub fn settle(
    db: &Db,
    claim: &Claim,
    system: System,
    staged: &Staged,
    approval: Option<&Approval>,
    public_url: &str,
) -> Result<Ended, Refusal> {
    settle_then(db, claim, system, (staged, approval), public_url, &|_, _| Ok(()))
}

/// Carries a staged answer to its end, and what follows from it. Blocking: runs beside the async threads.
///
/// With an `approval` only exactly the plan that somebody saw is applied.
///
/// # Errors
/// [`Refusal::Overtaken`] when the claim is gone or the run was cancelled; nothing is changed then.
pub fn settle_then(
    db: &Db,
    claim: &Claim,
    system: System,
    (staged, approval): (&Staged, Option<&Approval>),
    public_url: &str,
    after: After<'_>,
) -> Result<Ended, Refusal> {
    let today = db.clock().now().date();
    for _ in 0..3 {
        let world = db.read_now(|conn| survey(conn, claim, system, staged, (today, public_url)))?;
        let settled = db.write_now(|tx| {
            if store::stamp(tx.conn, claim.organisation, claim.connection, today)? != world.stamp {
                return Ok(None);
            }
            end(tx, claim, (staged, approval), &world, after).map(Some)
        });
        if let Some(ended) = settled? {
            return Ok(ended);
        }
    }
    // People keep changing things meanwhile: now they wait until this is done.
    db.write_now(|tx| {
        let world = survey(tx.conn, claim, system, staged, (today, public_url))?;
        end(tx, claim, (staged, approval), &world, after)
    })
}

fn end(
    tx: &mut Tx<'_>,
    claim: &Claim,
    (staged, approval): (&Staged, Option<&Approval>),
    world: &World,
    after: After<'_>,
) -> Result<Ended, Refusal> {
    let is_another = approval.is_some_and(|approval| approval.plan_hash != world.plan_hash());
    let ended = if is_another && world.parts.own.is_some() {
        // The part was taken out of another plan. What is shown again is the whole of this one.
        store::forget_asked(tx, claim.run)?;
        let whole = survey(tx.conn, claim, world.system, staged, (world.today, world.public_url.as_str()))?;
        apply::conclude(tx, claim, staged, &whole, approval)?
    } else {
        apply::conclude(tx, claim, staged, world, approval)?
    };
    if matches!(ended, Ended::Done | Ended::Partly) && claim.only.is_none() {
        after(tx, claim)?;
    }
    Ok(ended)
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
    let parts = Parts::of(conn, claim, today)?;
    let mut kinds = Vec::new();
    for kind in [Kind::People, Kind::Staff] {
        if let Some(incoming) = staged.incoming(kind) {
            let known = (&settings, stamp.as_str(), today);
            kinds.push(survey_kind(conn, claim, system, (staged, &parts), kind, incoming, known)?);
        }
    }
    let public_url = public_url.to_owned();
    Ok(World { system, settings, stamp, basis: basis_of(staged), today, public_url, kinds, parts })
}

/// What a match rests on besides what is here: the services under which records stand.
fn basis_of(staged: &Staged) -> String {
    fingerprint(&format!("{:?}", staged.services.iter().collect::<BTreeMap<_, _>>()))
}

fn survey_kind(
    conn: &mut Conn,
    claim: &Claim,
    system: System,
    (staged, parts): (&Staged, &Parts),
    kind: Kind,
    incoming: Vec<plan::Incoming>,
    (settings, stamp, today): (&Settings, &str, NaiveDate),
) -> Result<PlannedKind, Refusal> {
    let known = store::known(conn, claim.connection, kind)?;
    let set_aside = staged.set_aside_ids(kind);
    let (mode, last_complete) = match kind {
        Kind::People => (settings.mode, settings.last_complete_residents),
        Kind::Staff => (Mode::Pair, settings.last_complete_staff),
    };
    let only = claim.only.map(|resident| Only { local: resident.0, alone: staged.alone });
    let same_here = settings.matched.with(kind) == matched_with(stamp, &basis_of(staged));
    let everybody = only.is_none() && !parts.are_of_this_run();
    if same_here && everybody && set_aside.entries == 0 && unchanged(&known, &incoming) {
        let tallied =
            Tallied { system, kind, mode, known: &known, incoming: &incoming, set_aside: &set_aside, only };
        let plan = Plan { counts: tallied.counts(&[]), ..Plan::default() };
        let locals = Vec::new();
        return Ok(PlannedKind { kind, locals, known, incoming, set_aside, plan, still: true });
    }
    let locals = match kind {
        Kind::People => store::residents_here(conn, claim.organisation, (claim.connection, system), today)?,
        Kind::Staff => store::staff_here(conn, claim.organisation, claim.connection)?,
    };
    let plan = plan::make(&Input {
        system,
        kind,
        mode,
        locals: &locals,
        known: &known,
        incoming: &incoming,
        set_aside: &set_aside,
        unheard: &unheard(conn, staged, kind, &known, &incoming)?,
        refused: &store::refused(conn, claim.connection, kind)?,
        elsewhere: &store::elsewhere(conn, claim.organisation, claim.connection)?,
        last_complete,
        guard: settings.guard,
        only,
        holding: &parts.holding(kind),
    });
    Ok(PlannedKind { kind, locals, known, incoming, set_aside, plan, still: false })
}

/// The fingerprint under which a match is remembered.
pub(super) fn matched_with(stamp: &str, basis: &str) -> String {
    fingerprint(&format!("{stamp}|{basis}"))
}

/// Records that did not come because their service is not on any more: that says nothing about them.
fn unheard(
    conn: &mut Conn,
    staged: &Staged,
    kind: Kind,
    known: &[Known],
    incoming: &[plan::Incoming],
) -> Result<HashSet<i64>, Refusal> {
    if !staged.names_services(kind) {
        return Ok(HashSet::new());
    }
    let arrived: HashSet<&str> = incoming.iter().map(|one| one.external_id.as_str()).collect();
    let gone = known.iter().filter(|one| one.missing_runs < 2 && !arrived.contains(one.external_id.as_str()));
    let gone: Vec<i64> = gone.map(|one| one.id).collect();
    let services = store::services_of(conn, &gone)?;
    Ok(services
        .into_iter()
        .filter(|(_, service)| !staged.services.contains_key(service))
        .map(|(id, _)| id)
        .collect())
}

/// Whether the answer is, record for record, the last one.
fn unchanged(known: &[Known], incoming: &[plan::Incoming]) -> bool {
    let before: HashMap<&str, &Known> = known.iter().map(|one| (one.external_id.as_str(), one)).collect();
    let present = known.iter().filter(|one| one.missing_runs == 0).count();
    known.iter().all(|one| one.missing_runs == 0 || one.missing_runs >= 2)
        && present == incoming.iter().filter(|one| !one.archived).count()
        && incoming.iter().all(|one| {
            before
                .get(one.external_id.as_str())
                .is_some_and(|known| known.hash == one.hash && (known.missing_runs == 0) != one.archived)
        })
}

impl World {
    /// The hash over all kinds' plans: what "exactly the plan that was shown" compares.
    pub fn plan_hash(&self) -> String {
        let mut hashes: Vec<String> = self.kinds.iter().map(|one| one.plan.hash(&one.incoming)).collect();
        // Beside other drafts it is another plan.
        let drafts = self.parts.names();
        if !drafts.is_empty() {
            hashes.push(format!("{drafts:?}"));
        }
        fingerprint(&hashes.join("|"))
    }

    pub fn held_because(&self) -> Option<String> {
        let reasons: Vec<&str> = self.kinds.iter().filter_map(|one| one.plan.held.as_deref()).collect();
        (!reasons.is_empty()).then(|| reasons.join(" "))
    }

    /// What the next sync is to compare with, from a stamp taken after everything was written.
    pub fn matched(&self, stamp: &str) -> Matched {
        let mut matched = self.settings.matched.clone();
        for one in &self.kinds {
            matched.set(one.kind, matched_with(stamp, &self.basis));
        }
        matched
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
            Ended::Discarded => Self::Discarded,
        }
    }
}
