//! The pages of syncs as their templates print them.

use askama::Template;

use super::lines::{ListView, undoable};
use super::listed::{Asked, Head};
use super::{Found, FoundLines, progress};
use crate::connectors::Vendor;
use crate::domain::access::Permission;
use crate::domain::sync::plan::Counts;
use crate::domain::sync::{Problem, Run, RunState, STEPS, Undone, Wanted, pulled_parts};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::error::Fault;
use crate::web::freshness;
use crate::web::listing::PER_PAGE;
use crate::web::ui::{Choice, Pager, Shell, When, filters, when};
use crate::web::visit::Visit;

/// Whether it pulled what is mapped, and synced nobody.
pub(super) fn is_pull(run: &Run) -> bool {
    run.scope == Wanted::Synchronization
}

/// `Preview of Sunday 22 November 2026 at 9:10am`.
pub fn title(visit: &Visit, run: &Run) -> String {
    let at = freshness::within(visit, run.requested_at).words;
    match run.state {
        RunState::Requested | RunState::Running if is_pull(run) => "Pull running".to_owned(),
        RunState::Requested | RunState::Running => "Sync running".to_owned(),
        _ if is_pull(run) => format!("Pull of {at}"),
        RunState::Previewed => format!("Preview of a sync, {at}"),
        _ => format!("Sync of {at}"),
    }
}

/// The history.
#[derive(Template)]
#[template(path = "sync_runs/index.html")]
pub struct Index {
    pub shell: Shell,
    pub rows: Vec<Row>,
    pub heads: Vec<Head>,
    pub results: Vec<Choice>,
    pub list: String,
    pub sort: String,
    pub is_narrowed: bool,
    pub pager: Pager,
    pub drafts: String,
    pub integrations: String,
}

pub struct Row {
    pub href: String,
    pub when: When,
    pub by: String,
    pub state: &'static str,
    pub to_check: String,
    pub failed: String,
    pub words: String,
}

impl Index {
    pub fn new(
        visit: &Visit,
        shell: Shell,
        vendor: Vendor,
        asked: &Asked,
        (runs, total): (Vec<Run>, i64),
    ) -> Result<Self, Fault> {
        let org = visit.organisation()?;
        let list = links::sync_runs(org, vendor.id());
        let address = asked.address(list.clone());
        let columns =
            [("when", "When"), ("by", "Started by"), ("result", "Result"), ("", "To check"), ("", "Failed")];
        Ok(Self {
            shell,
            rows: runs.iter().map(|run| Row::of(visit, org, run)).collect(),
            heads: asked.heads(&address, &columns, "when"),
            results: asked.results(),
            list,
            sort: asked.sort.clone(),
            is_narrowed: !asked.result.is_empty(),
            pager: Pager::new(asked.page(), PER_PAGE, total, |page| address.page(page)),
            drafts: links::sync_drafts(org),
            integrations: links::integrations(org),
        })
    }
}

impl Row {
    fn of(visit: &Visit, org: OrganisationId, run: &Run) -> Self {
        let (people, staff) = run.counts();
        let number = |n: usize| if run.state.under_way() { String::new() } else { n.to_string() };
        Self {
            href: links::sync_run(org, run.id),
            when: freshness::at(visit, run.requested_at),
            by: run.requested_by_name.clone(),
            state: run.state.words(),
            to_check: number(people.to_check + staff.to_check),
            failed: number(people.failed + staff.failed),
            words: short_words(run),
        }
    }
}

fn short_words(run: &Run) -> String {
    match run.state {
        RunState::Failed | RunState::Interrupted => run.failure.clone(),
        RunState::Held => run.held_because.clone(),
        RunState::Undone => format!("Undone by {}", run.undone_by_name),
        _ if run.resident_id.is_some() => "One resident alone".to_owned(),
        _ => String::new(),
    }
}

/// A run under way.
#[derive(Template)]
#[template(path = "sync_runs/running.html")]
pub struct Running {
    pub shell: Shell,
    pub vendor: String,
    pub started: String,
    pub done: i64,
    pub total: i64,
    pub words: String,
    pub url: String,
    pub here: String,
    pub cancel: Option<String>,
    pub cancel_asked: bool,
    /// Shown when nothing was heard for a while.
    pub silent: Option<String>,
}

impl Running {
    pub fn new(visit: &Visit, shell: Shell, run: &Run, vendor: Vendor) -> Result<Self, Fault> {
        let org = visit.organisation()?;
        let may = visit.may(Permission::RunSyncs) && !run.cancel_asked;
        let since = run.started_at.map(|at| visit.now - at);
        let silent = since.filter(|passed| passed.num_seconds() > 60 && run.done == 0);
        Ok(Self {
            shell,
            vendor: vendor.name().to_owned(),
            started: super::started_by(visit, run),
            done: run.done,
            total: run.total,
            words: progress::words(run),
            url: links::sync_run_progress(org, run.id),
            here: links::sync_run(org, run.id),
            cancel: may.then(|| links::sync_run_act(org, run.id, "cancel")),
            cancel_asked: run.cancel_asked,
            silent: silent.map(|_| format!("{vendor} is slow to answer. We keep trying.")),
        })
    }
}

/// A run that has ended, or waits for a decision.
#[derive(Template)]
#[template(path = "sync_runs/show.html")]
pub struct Show {
    pub shell: Shell,
    pub vendor: String,
    pub state: &'static str,
    pub started: String,
    pub took: String,
    /// The one thing to know, by kind of note.
    pub note: Option<(&'static str, String)>,
    pub repair: String,
    /// Residents and staff: heading, total, and the parts that add up to it.
    pub counts: Vec<Tally>,
    /// The list: its lines, heads and filters; `None` where the run has no lines.
    pub list: Option<ListView>,
    pub problems: Vec<Failed>,
    pub csv: Option<String>,
    pub apply: Option<String>,
    /// *Apply only part*.
    pub part: Option<String>,
    pub drafts: String,
    pub discard: Option<String>,
    pub release: Option<String>,
    /// Who has agreed so far, when two must.
    pub agreed: Option<String>,
    pub undo: Option<String>,
    pub again: Option<String>,
    pub pairing: String,
    pub pairing_words: Option<String>,
    /// The list that a sync of staff fills.
    pub filled: Option<String>,
}

/// A record that could not be used.
pub struct Failed {
    pub problem: Problem,
    /// Where *Sync this resident* tries them again, once it is repaired.
    pub sync: Option<String>,
}

pub struct Tally {
    pub heading: String,
    pub parts: Vec<(String, usize)>,
    /// Why those that are out of scope are; empty where nobody is, or nobody counted.
    pub out_of_scope: String,
}

impl Show {
    pub fn new(visit: &Visit, shell: Shell, asked: &Asked, found: Found) -> Result<Self, Fault> {
        let Found { run, vendor, lines, problems, behind } = found;
        let org = visit.organisation()?;
        let act = |act: &str| links::sync_run_act(org, run.id, act);
        let waits = matches!(run.state, RunState::Previewed | RunState::Held);
        let runs = visit.may(Permission::RunSyncs);
        let (people, staff) = run.counts();
        let finished = matches!(run.state, RunState::Done | RunState::Partly);
        let anything = !lines.kinds.is_empty() || !problems.is_empty();
        Ok(Self {
            vendor: vendor.name().to_owned(),
            state: run.state.words(),
            started: super::started_by(visit, &run),
            took: took(&run),
            note: note(visit, &run),
            repair: run.repair.clone(),
            counts: tallies(visit, &run, people, staff),
            list: ListView::of(org, &run, asked, &lines),
            csv: anything.then(|| asked.address(links::sync_run_csv(org, run.id)).page(1)),
            apply: (run.state == RunState::Previewed && runs).then(|| act("apply")),
            part: (waits && runs && can_be_parted(&run, &lines)).then(|| act("part")),
            drafts: links::sync_drafts(org),
            discard: (waits && runs).then(|| act("discard")),
            release: (run.state == RunState::Held && visit.may(Permission::ReleaseRuns))
                .then(|| act("release")),
            agreed: agreed(&run),
            undo: (finished && visit.may(Permission::UndoRuns) && undoable(&lines)).then(|| act("undo")),
            again: (run.state == RunState::Failed && runs).then(|| again(org, &run, vendor)),
            pairing: links::pairing(org, vendor.id(), "residents"),
            pairing_words: pairing_words(&run, people),
            filled: (run.scope.staff() && visit.may(Permission::ApproveStaff))
                .then(|| links::pending_staff(org)),
            shell,
            problems: problems
                .into_iter()
                .map(|one| {
                    let resident = behind.get(&one.external_id).filter(|_| runs);
                    Failed { sync: resident.map(|id| links::sync_resident(org, *id)), problem: one }
                })
                .collect(),
        })
    }
}

/// Where *Try again now* posts.
fn again(org: OrganisationId, run: &Run, vendor: Vendor) -> String {
    if is_pull(run) { links::synchronization_act(org, "pull") } else { links::sync_runs(org, vendor.id()) }
}

/// Two steps at least, of which one can wait.
fn can_be_parted(run: &Run, lines: &FoundLines) -> bool {
    let steps = lines.kinds.iter().filter(|(kind, _)| STEPS.contains(&kind.as_str()));
    run.resident_id.is_none() && steps.map(|(_, count)| count).sum::<i64>() > 1
}

fn agreed(run: &Run) -> Option<String> {
    let waiting = run.state == RunState::Held && !run.released_by_name.is_empty();
    waiting.then(|| format!("{} has agreed. Another super manager must agree too.", run.released_by_name))
}

fn took(run: &Run) -> String {
    let Some(seconds) = run.started_at.zip(run.finished_at).map(|(from, to)| (to - from).num_seconds())
    else {
        return String::new();
    };
    match seconds {
        0 => "Took under a second.".into(),
        1 => "Took 1 second.".into(),
        2..120 => format!("Took {seconds} seconds."),
        _ => format!("Took {} minutes.", seconds / 60),
    }
}

fn note(visit: &Visit, run: &Run) -> Option<(&'static str, String)> {
    let held = run.held_because.as_str();
    match run.state {
        RunState::Previewed => {
            let words = if held.is_empty() {
                "Preview. Nothing has been changed.".to_owned()
            } else {
                format!("Preview. Nothing has been changed. {held}")
            };
            Some(("info", words))
        }
        RunState::Held => Some(("warn", held.to_owned())),
        RunState::Failed | RunState::Interrupted if is_pull(run) => {
            Some(("bad", format!("{} Every mapping is as it was.", run.failure)))
        }
        RunState::Failed | RunState::Interrupted => Some((
            "bad",
            format!(
                "{} {}",
                run.failure,
                visit.say("Nothing has been lost. Residents already paired are not affected.")
            ),
        )),
        RunState::Cancelled => Some(("info", "Cancelled before anything was changed.".into())),
        RunState::Discarded => Some(("info", "Discarded. Nothing was changed.".into())),
        RunState::Undone => Some(("info", format!("Undone by {}.", run.undone_by_name))),
        _ => None,
    }
}

fn tallies(visit: &Visit, run: &Run, people: Counts, staff: Counts) -> Vec<Tally> {
    if run.counts.is_empty() {
        return Vec::new();
    }
    if is_pull(run) {
        let (heading, parts) = ("What came".to_owned(), pulled_parts(&run.counts));
        return vec![Tally { heading, parts, out_of_scope: String::new() }];
    }
    let tally = |noun: &str, counts: Counts| Tally {
        heading: format!("{} {noun}", when::thousands(i64::try_from(counts.total).unwrap_or(i64::MAX))),
        parts: [
            ("new", counts.created),
            ("paired", counts.paired),
            ("changed", counts.changed),
            ("returned", counts.returned),
            ("unchanged", counts.unchanged),
            ("to check", counts.to_check),
            ("out of scope", counts.out_of_scope),
            ("failed", counts.failed),
        ]
        .map(|(label, n)| (label.to_owned(), n))
        .to_vec(),
        out_of_scope: out_of_scope_words(counts),
    };
    let mut tallies = Vec::new();
    if run.scope.residents() {
        tallies.push(tally(&visit.say("residents"), people));
    }
    if run.scope.staff() {
        tallies.push(tally("staff", staff));
    }
    tallies
}

/// `Out of scope: 8 by their status, 3 by their resident type, 1 archived there.`
pub fn out_of_scope_words(counts: Counts) -> String {
    let parts = [
        (counts.out_status, "by their status"),
        (counts.out_type, "by their resident type"),
        (counts.out_archived, "archived there"),
    ];
    let parts = parts.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}"));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { String::new() } else { format!("Out of scope: {}.", parts.join(", ")) }
}

fn pairing_words(run: &Run, people: Counts) -> Option<String> {
    let finished = matches!(run.state, RunState::Done | RunState::Partly);
    (finished && people.to_check > 0).then(|| match people.to_check {
        1 => "1 record is not linked to anybody here.".to_owned(),
        n => format!("{n} records are not linked to anybody here."),
    })
}

/// The page that asks before a run is undone.
#[derive(Template)]
#[template(path = "sync_runs/undo.html")]
pub struct Undo {
    pub shell: Shell,
    pub parts: Vec<(&'static str, usize)>,
    pub action: String,
    pub back: String,
}

impl Undo {
    pub fn new(shell: Shell, org: OrganisationId, run: &Run) -> Self {
        let (people, staff) = run.counts();
        let parts = vec![
            ("residents who were added are taken away again", people.created),
            ("links are ended", people.paired + staff.paired),
            ("residents get their former details back", people.changed),
            ("residents who were archived come back", people.left),
        ];
        Self {
            shell,
            parts: parts.into_iter().filter(|(_, n)| *n > 0).collect(),
            action: links::sync_run_act(org, run.id, "undo"),
            back: links::sync_run(org, run.id),
        }
    }
}

/// What came of an undo, naming who was left as they are.
pub fn undone_words(undone: &Undone) -> String {
    let people = match undone.people {
        1 => "1 person was put back.".to_owned(),
        n => format!("{n} people were put back."),
    };
    match undone.left_alone.as_slice() {
        [] => people,
        [one] => format!("{people} {one} was changed since and left as they are."),
        many => {
            let named: Vec<&str> = many.iter().take(5).map(String::as_str).collect();
            let more = many.len().saturating_sub(5);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{people} Changed since, and left as they are: {}{rest}.", named.join(", "))
        }
    }
}
