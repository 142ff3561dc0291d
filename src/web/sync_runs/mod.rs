//! Syncs: their history, one run while it goes and afterwards, and what may be decided about it.

mod drafts;
mod lines;
mod listed;
mod pages;
mod parting;
mod progress;

use std::collections::HashMap;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice};
use super::visit::{In, Nav, Posted, Visit};
use super::{download, freshness, see_other};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Permission, Places, ReleaseRuns, RunSyncs, Scope, UndoRuns, ViewIntegrations};
use crate::domain::connections;
use crate::domain::organisations;
use crate::domain::sync::{self, Cause, Change, Lines, Problem, Released, Run, RunState};
use crate::kit::ids::{ResidentId, RunId};
use crate::links;

pub(super) use lines::change_words;
pub(super) use pages::out_of_scope_words;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewIntegrations);
    let run = Who::Holder(Permission::RunSyncs);
    let undo_runs = Who::Holder(Permission::UndoRuns);
    let mut lines = vec![
        get("/org/{org}/integrations/{vendor}/sync-runs", view, index),
        get("/org/{org}/sync-runs/{run}", view, show),
        get("/org/{org}/sync-runs/{run}/progress", view, progress::show),
        get("/org/{org}/sync-runs/{run}/list.csv", view, list_csv),
        post("/org/{org}/sync-runs/{run}/cancel", run, cancel),
        post("/org/{org}/sync-runs/{run}/apply", run, apply),
        get("/org/{org}/sync-runs/{run}/part", run, parting::form),
        post("/org/{org}/sync-runs/{run}/part", run, parting::part),
        post("/org/{org}/sync-runs/{run}/discard", run, discard),
        post("/org/{org}/sync-runs/{run}/release", Who::Holder(Permission::ReleaseRuns), release),
        get("/org/{org}/sync-runs/{run}/undo", undo_runs, undo_form),
        post("/org/{org}/sync-runs/{run}/undo", undo_runs, undo),
    ];
    lines.extend(drafts::routes());
    lines
}

/// Records that could not be used on a run's page; the file has all.
const SHOWN: i64 = 200;

/// Lines of a file.
const MOST_IN_A_FILE: i64 = 200_000;

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let vendor: Vendor = visit.id("vendor")?;
    let asked: listed::Asked = visit.query();
    let wanted = asked.runs();
    let (found, feeds) = visit
        .read(move |conn| {
            let connection = connections::find(conn, &scope, vendor)?.ok_or(Refusal::NotHere)?;
            let runs = sync::list_sorted(conn, &scope, connection.id, &wanted)?;
            Ok((runs, organisations::feeds(conn, &scope)?))
        })
        .await?;
    let mut shell = visit.org_shell(format!("Syncs with {vendor}"), Nav::Integrations)?;
    shell.banner = freshness::banner(&visit, &feeds);
    shell.crumb = Some(Link::new("Integrations", links::integrations(visit.organisation()?)));
    visit.page(&pages::Index::new(&visit, shell, vendor, &asked, found)?)
}

/// A run with what its page needs.
struct Found {
    run: Run,
    vendor: Vendor,
    lines: FoundLines,
    problems: Vec<Problem>,
    /// Who of ours is behind a record that could not be used, by its identifier.
    behind: HashMap<String, ResidentId>,
}

/// A page of a run's lines, with what the list can be narrowed by.
#[derive(Default)]
struct FoundLines {
    shown: Vec<Change>,
    total: i64,
    kinds: Vec<(String, i64)>,
    places: Vec<(String, i64)>,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    id: RunId,
    asked: &Lines,
) -> Result<Found, Refusal> {
    let run = sync::get(conn, scope, id)?;
    let vendor = connections::get(conn, scope, run.connection_id)?.vendor;
    // A run touches people of every place, so its lines are for those who see every place.
    if *scope.places() != Places::All {
        let (lines, problems) = (FoundLines::default(), Vec::new());
        return Ok(Found { run, vendor, lines, problems, behind: HashMap::new() });
    }
    let (shown, total) = sync::lines(conn, scope, &run, asked)?;
    let (kinds, places) = (sync::line_counts(conn, scope, &run)?, sync::line_places(conn, scope, &run)?);
    let lines = FoundLines { shown, total, kinds, places };
    let problems = sync::problems(conn, &run, SHOWN)?;
    let behind = sync::residents_behind(conn, &run, &problems)?;
    Ok(Found { run, vendor, lines, problems, behind })
}

async fn show(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let id = visit.id("run")?;
    let asked: listed::Asked = visit.query();
    let wanted = asked.lines();
    let found = visit.read(move |conn| find(conn, &scope, id, &wanted)).await?;
    let org = visit.organisation()?;
    let mut shell = visit.org_shell(pages::title(&visit, &found.run), Nav::Integrations)?;
    shell.crumb = Some(if pages::is_pull(&found.run) {
        Link::new("Synchronization", links::synchronization(org))
    } else {
        Link::new("Syncs", links::sync_runs(org, found.vendor.id()))
    });
    if found.run.state.under_way() {
        return visit.page(&pages::Running::new(&visit, shell, &found.run, found.vendor)?);
    }
    visit.page(&pages::Show::new(&visit, shell, &asked, found)?)
}

async fn list_csv(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let id = visit.id("run")?;
    let asked: listed::Asked = visit.query();
    let wanted = Lines { offset: 0, limit: MOST_IN_A_FILE, ..asked.lines() };
    let is_narrowed = !asked.is_bare();
    let read = visit.read(move |conn| {
        let run = sync::get(conn, &scope, id)?;
        let (changes, _) = sync::lines(conn, &scope, &run, &wanted)?;
        let sees_all = *scope.places() == Places::All && !is_narrowed;
        let problems = if sees_all { sync::problems(conn, &run, MOST_IN_A_FILE)? } else { Vec::new() };
        Ok((run, changes, problems))
    });
    let (run, changes, problems) = read.await?;
    let changes = changes.iter().map(|change| {
        let words = lines::change_words(change);
        [lines::kind_heading(&change.kind).to_owned(), change.name.clone(), change.place.clone(), words]
    });
    let problems = problems.iter().map(|problem| {
        let words = format!("{} {}", problem.reason, problem.repair);
        ["Failed".to_owned(), problem.name.clone(), String::new(), words]
    });
    let headings = ["What", "Name", "Place", "Details"];
    let rows: Vec<[String; 4]> = changes.chain(problems).collect();
    download::csv(&format!("sync-{}-{}-rows", run.id, rows.len()), freshness::today(&visit), headings, rows)
}

/// An act on a run that ends on its page, with words for what came of it.
fn ended(visit: &Visit, run: RunId, done: Result<Notice, Refusal>) -> Answer {
    let to = links::sync_run(visit.organisation()?, run);
    match done {
        Ok(notice) => visit.done(to, &notice),
        Err(Refusal::Overtaken(words)) => visit.done(to, &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

async fn cancel(visit: Visit, In(scope): In<RunSyncs>, _: Posted<()>) -> Answer {
    let id = visit.id("run")?;
    let done = visit.write(move |tx| sync::cancel(tx, &scope, id)).await;
    ended(&visit, id, done.map(|()| Notice::ok("The sync stops before it changes anything.")))
}

async fn apply(visit: Visit, In(scope): In<RunSyncs>, _: Posted<()>) -> Answer {
    let id = visit.id("run")?;
    match visit.write(move |tx| sync::apply_previewed(tx, &scope, id)).await {
        Ok(()) => {
            visit.services.wake.notify_one();
            Ok(see_other(links::sync_run(visit.organisation()?, id)))
        }
        refused => ended(&visit, id, refused.map(|()| Notice::ok(""))),
    }
}

async fn discard(visit: Visit, In(scope): In<RunSyncs>, _: Posted<()>) -> Answer {
    let id = visit.id("run")?;
    let done = visit.write(move |tx| sync::discard(tx, &scope, id)).await;
    ended(&visit, id, done.map(|()| Notice::ok("Discarded. Nothing was changed.")))
}

async fn release(visit: Visit, In(scope): In<ReleaseRuns>, _: Posted<()>) -> Answer {
    let id = visit.id("run")?;
    visit.fresh(links::sync_run(scope.organisation(), id))?;
    match visit.write(move |tx| sync::release(tx, &scope, id)).await {
        Ok(Released::Now) => {
            visit.services.wake.notify_one();
            Ok(see_other(links::sync_run(visit.organisation()?, id)))
        }
        Ok(Released::NeedsSecond) => {
            let words =
                "You have agreed. Because so many people are affected, another super manager must agree too.";
            ended(&visit, id, Ok(Notice::warn(words)))
        }
        Err(refused) => ended(&visit, id, Err(refused)),
    }
}

async fn undo_form(visit: Visit, In(scope): In<UndoRuns>) -> Answer {
    let id = visit.id("run")?;
    let view = visit.scope::<ViewIntegrations>()?;
    let found =
        visit.read(move |conn| find(conn, &view, id, &Lines { limit: 1, ..Lines::default() })).await?;
    if !matches!(found.run.state, RunState::Done | RunState::Partly) {
        return Err(Fault::NotFound);
    }
    let org = scope.organisation();
    let mut shell = visit.org_shell("Undo this sync?", Nav::Integrations)?;
    shell.crumb = Some(Link::new(pages::title(&visit, &found.run), links::sync_run(org, id)));
    visit.page(&pages::Undo::new(shell, org, &found.run))
}

async fn undo(visit: Visit, In(scope): In<UndoRuns>, _: Posted<()>) -> Answer {
    let id = visit.id("run")?;
    let done = visit.write(move |tx| sync::undo(tx, &scope, id)).await;
    ended(&visit, id, done.map(|undone| Notice::ok(pages::undone_words(&undone))))
}

/// `Mary Jones started this today at 9:10am.`
pub(super) fn started_by(visit: &Visit, run: &Run) -> String {
    let when = freshness::within(visit, run.requested_at).words;
    match run.cause {
        Cause::Schedule if pages::is_pull(run) => format!("The timetable started this {when}."),
        Cause::Schedule => format!("The nightly sync started {when}."),
        Cause::Retry => format!("The portal tried again {when}."),
        Cause::Hand | Cause::Command => format!("{} started this {when}.", run.requested_by_name),
    }
}
