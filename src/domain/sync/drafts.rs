//! *Apply only part*: of a plan that somebody was shown the ticked steps are applied now, and the rest becomes a
//! draft with a name, which holds these people back until its date, or until somebody applies or drops it.
//!
//! The part is taken out of exactly the plan that was shown: the run goes on under the hash of the whole plan, so
//! that a changed world asks again, and then the draft never begins.

use chrono::{NaiveDate, TimeDelta};
use diesel::QueryResult;

use super::decisions::again;
use super::plan::{Draft as People, Holding};
use super::runs::{self, Asked, Change, Run, RunState, Wanted};
use super::store::{self, NewStep};
pub use super::store::{Draft, DraftStep};
use super::{claims::Claim, guard};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{Permission, Places, ReleaseRuns, Right, RunSyncs, Scope, ViewIntegrations};
use crate::domain::accounts;
use crate::domain::audit::{self, Event};
use crate::domain::organisations::one_line;
use crate::domain::pairing::kind_word;
use crate::domain::pairing::matching::Kind;
use crate::kit::ids::{DraftId, RunId};

text_enum! {
    /// Where a draft stands.
    pub enum DraftState {
        /// Taken out of a plan that has not been applied yet.
        Asked = "asked",
        /// It holds its people back until its date.
        Waiting = "waiting",
        Applied = "applied",
        Dropped = "dropped",
    }
}

/// Kinds of lines that are steps about somebody: those that may be ticked.
pub const STEPS: [&str; 6] = ["left", "stays", "changed", "created", "paired", "returned"];

/// The lines of those whom a guard counts.
const GUARDED: [&str; 2] = ["left", "changed"];

/// Longer than that is no plan for later.
const LONGEST: TimeDelta = TimeDelta::days(366);
const LONGEST_NAME: usize = 80;

/// Lines that one decision takes apart at most.
const MOST: i64 = 200_000;

/// Which steps are applied now: those of the kinds, of the homes, and the single ones; each tick adds some.
#[derive(Debug, Clone, Default)]
pub struct Ticked {
    pub kinds: Vec<String>,
    pub places: Vec<String>,
    pub lines: Vec<i64>,
}

impl Ticked {
    pub fn has(&self, line: &Change) -> bool {
        self.lines.contains(&line.id) || self.kinds.contains(&line.kind) || self.places.contains(&line.place)
    }
}

/// How somebody takes a plan apart.
#[derive(Debug, Clone)]
pub struct Parting {
    /// Of the plan that they were shown.
    pub plan_hash: String,
    pub ticked: Ticked,
    /// Of the draft that the rest becomes.
    pub name: String,
    pub until: NaiveDate,
}

/// The draft that came of it: how many steps are applied, and how many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parted {
    pub now: usize,
    pub later: usize,
}

/// Applies the ticked steps of a preview; a guard still stops them.
///
/// # Errors
/// `Invalid` for a name, a date or ticks that cannot be; `Overtaken` when it waits no more or shows another plan.
pub fn part(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    run: RunId,
    parting: &Parting,
) -> Result<Parted, Refusal> {
    let run = waiting(tx.conn, scope, run, RunState::Previewed)?;
    take_apart(tx, scope, &run, parting).map(|(parted, _)| parted)
}

/// The same of a held run: what is ticked is released with it, so that it takes who may release.
pub fn part_held(
    tx: &mut Tx<'_>,
    scope: &Scope<ReleaseRuns>,
    run: RunId,
    parting: &Parting,
) -> Result<Parted, Refusal> {
    let run = waiting(tx.conn, scope, run, RunState::Held)?;
    let (parted, guarded) = take_apart(tx, scope, &run, parting)?;
    let several = accounts::holders(tx.conn, scope.organisation(), Permission::ReleaseRuns)?.len() > 1;
    if i64::try_from(guarded).unwrap_or(i64::MAX) > guard::SECOND_PERSON_ABOVE && several {
        let words = format!(
            "{guarded} people would leave or change, and for so many two super managers must agree. Tick {} or fewer, \
             or release the whole sync together.",
            guard::SECOND_PERSON_ABOVE
        );
        return Err(Refusal::overtaken(words));
    }
    store::agree(tx, run.id, scope.by())?;
    Ok(parted)
}

fn waiting<R: Right>(conn: &mut Conn, scope: &Scope<R>, run: RunId, state: RunState) -> Result<Run, Refusal> {
    let run = store::get(conn, scope.organisation(), run)?;
    // A plan touches people of every place.
    if *scope.places() != Places::All {
        return Err(Refusal::NotHere);
    }
    if run.state != state || run.resident_id.is_some() {
        return Err(Refusal::overtaken("This sync is not waiting any more. Look at its page again."));
    }
    Ok(run)
}

/// Makes the draft and puts the run back in line; also how many of the ticked a guard counts.
fn take_apart<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    run: &Run,
    parting: &Parting,
) -> Result<(Parted, usize), Refusal> {
    if run.plan_hash != parting.plan_hash {
        return Err(Refusal::overtaken(
            "Something has changed since you looked, so nothing was done. Look again.",
        ));
    }
    if store::asked_of(tx.conn, run.id)?.is_some() {
        let words = "Part of this sync is chosen already. Release it or discard it, and start a new preview.";
        return Err(Refusal::overtaken(words));
    }
    let name = name(&parting.name)?;
    let until = until(parting.until, tx.now.date())?;
    let mut lines = Vec::new();
    for kind in STEPS {
        lines.extend(store::changes(tx.conn, run, kind, 0, MOST)?);
    }
    let (now, later): (Vec<Change>, Vec<Change>) =
        lines.into_iter().partition(|line| parting.ticked.has(line));
    if now.is_empty() {
        return Err(Refusal::invalid("ticked", "Tick at least one step, or discard the sync"));
    }
    if later.is_empty() {
        return Err(Refusal::invalid("ticked", "Everything is ticked: go back and apply the whole sync"));
    }
    let of = (scope.organisation(), run.connection_id, run.id);
    let draft = store::insert_draft(tx, of, (&name, until), scope.by())?;
    let steps: Vec<NewStep> = later.iter().map(|line| step_of(draft, line)).collect();
    store::insert_steps(tx, &steps)?;
    again(tx, run)?;
    let parted = Parted { now: now.len(), later: later.len() };
    let words = format!(
        "applied {} steps of a sync and kept {} back until {}",
        parted.now,
        parted.later,
        until.format("%-d %B %Y")
    );
    let event = Event::new("draft.made", words).about("run", run.id.0).of_run(run.id);
    let details = serde_json::json!({ "draft": draft.0, "name": name, "until": until });
    audit::record(tx, scope, event.with(details))?;
    let guarded = now.iter().filter(|line| GUARDED.contains(&line.kind.as_str())).count();
    Ok((parted, guarded))
}

fn name(typed: &str) -> Result<String, Refusal> {
    let name = one_line(typed);
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        let words = "Name the draft in a few words, such as: leavers to ask about";
        return Err(Refusal::invalid("name", words));
    }
    Ok(name)
}

fn until(typed: NaiveDate, today: NaiveDate) -> Result<NaiveDate, Refusal> {
    if typed <= today || typed > today + LONGEST {
        let words = "Enter a day that is still to come, and not more than a year away";
        return Err(Refusal::invalid("until", words));
    }
    Ok(typed)
}

fn step_of(draft: DraftId, line: &Change) -> NewStep {
    NewStep {
        draft_id: draft,
        kind: line.kind.clone(),
        subject: line.subject.clone(),
        local_id: line.local_id,
        external_id: line.external_id.clone(),
        name: line.name.clone(),
        place: line.place.clone(),
        before: line.before.clone(),
        after: line.after.clone(),
        words: line.words.clone(),
    }
}

/// Drafts of the organisation, those that hold somebody back first, each with the number of its steps.
pub fn drafts(conn: &mut Conn, scope: &Scope<ViewIntegrations>) -> QueryResult<Vec<(Draft, i64)>> {
    let all = store::drafts(conn, scope.organisation(), 200)?;
    let with_count = |draft: Draft| Ok((store::step_count(conn, draft.id)?, draft));
    let all: QueryResult<Vec<(i64, Draft)>> = all.into_iter().map(with_count).collect();
    Ok(all?.into_iter().map(|(count, draft)| (draft, count)).collect())
}

/// One draft with what it holds back, for who sees every place.
pub fn draft(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    id: DraftId,
) -> Result<(Draft, Vec<DraftStep>), Refusal> {
    let draft = store::draft(conn, scope.organisation(), id)?;
    if draft.state == DraftState::Asked {
        return Err(Refusal::NotHere);
    }
    let steps = if *scope.places() == Places::All { store::steps_of(conn, id)? } else { Vec::new() };
    Ok((draft, steps))
}

impl Draft {
    /// Whether it holds its people back on a day.
    pub fn is_in_force(&self, today: NaiveDate) -> bool {
        self.state == DraftState::Waiting && self.until > today
    }
}

fn in_force(
    conn: &mut Conn,
    scope: &Scope<RunSyncs>,
    id: DraftId,
    today: NaiveDate,
) -> Result<Draft, Refusal> {
    let draft = store::draft(conn, scope.organisation(), id)?;
    if *scope.places() != Places::All || draft.state == DraftState::Asked {
        return Err(Refusal::NotHere);
    }
    if !draft.is_in_force(today) {
        return Err(Refusal::overtaken("This draft holds nobody back any more."));
    }
    Ok(draft)
}

/// *Apply now*: a sync of the draft's people alone. It applies what the draft says if the vendor's answer comes to the
/// same still, and else shows what it would do now.
pub fn apply_draft(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, id: DraftId) -> Result<RunId, Refusal> {
    let draft = in_force(tx.conn, scope, id, tx.now.date())?;
    let run = match runs::request(tx, scope, draft.connection_id, Wanted::Both, false)? {
        Asked::New(run) => run,
        Asked::UnderWay(other) => {
            let words = format!("Another sync is running (number {other}). Try again when it has finished.");
            return Err(Refusal::overtaken(words));
        }
    };
    store::applied_by(tx, id, run)?;
    let event = Event::new("draft.apply", format!("asked to apply the draft “{}”", draft.name));
    audit::record(tx, scope, event.about("run", run.0).of_run(run))?;
    Ok(run)
}

/// *Drop*: nobody is held back by it any more, and the next sync decides anew.
pub fn drop_draft(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, id: DraftId) -> Result<Draft, Refusal> {
    let draft = in_force(tx.conn, scope, id, tx.now.date())?;
    if !store::end_draft(tx, id, DraftState::Dropped, &scope.by().name)? {
        return Err(Refusal::overtaken("This draft holds nobody back any more."));
    }
    let event = Event::new("draft.dropped", format!("dropped the draft “{}”", draft.name));
    audit::record(tx, scope, event.about("run", draft.run_id.0).of_run(draft.run_id))?;
    Ok(draft)
}

/// What drafts have to do with a run.
#[derive(Debug, Default)]
pub(super) struct Parts {
    in_force: Vec<(Draft, Vec<DraftStep>)>,
    pub applying: Option<(Draft, Vec<DraftStep>)>,
    pub own: Option<(Draft, Vec<DraftStep>)>,
}

impl Parts {
    pub fn of(conn: &mut Conn, claim: &Claim, today: NaiveDate) -> QueryResult<Self> {
        let mut parts = Self::default();
        for draft in store::in_force(conn, claim.connection, today)? {
            let steps = store::steps_of(conn, draft.id)?;
            if draft.applied_run_id == Some(claim.run) {
                parts.applying = Some((draft, steps));
            } else {
                parts.in_force.push((draft, steps));
            }
        }
        if let Some(draft) = store::asked_of(conn, claim.run)? {
            let steps = store::steps_of(conn, draft.id)?;
            parts.own = Some((draft, steps));
        }
        Ok(parts)
    }

    /// What a plan of one kind leaves out.
    pub fn holding(&self, kind: Kind) -> Holding {
        let people = |(draft, steps): &(Draft, Vec<DraftStep>)| {
            let steps = steps.iter().filter(|step| step.subject == kind_word(kind));
            let mut people = People {
                words: format!("in the draft “{}”, until {}", draft.name, draft.until.format("%-d %B %Y")),
                ..People::default()
            };
            for step in steps {
                people.locals.extend(step.local_id);
                people.records.extend(Some(step.external_id.clone()).filter(|id| !id.is_empty()));
            }
            people
        };
        Holding {
            in_force: self.in_force.iter().map(people).collect(),
            applying: self.applying.as_ref().map(people),
            own: self.own.as_ref().map(people),
        }
    }

    /// The run takes a plan apart, or applies a draft.
    pub fn are_of_this_run(&self) -> bool {
        self.own.is_some() || self.applying.is_some()
    }

    /// Which drafts a plan stood beside: others, and another plan was shown.
    pub fn names(&self) -> Vec<i64> {
        self.in_force.iter().chain(&self.applying).map(|(draft, _)| draft.id.0).collect()
    }
}

/// What makes two steps the same.
pub(super) type Same = (String, String, Option<i64>, String, String, String);

pub(super) fn same(steps: &[DraftStep]) -> Vec<Same> {
    let mut all: Vec<Same> = steps
        .iter()
        .map(|one| {
            let (kind, subject) = (one.kind.clone(), one.subject.clone());
            (kind, subject, one.local_id, one.external_id.clone(), one.before.clone(), one.after.clone())
        })
        .collect();
    all.sort();
    all
}
