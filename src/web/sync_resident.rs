//! *Sync this resident*: asks for a sync, and shows what it came to for one person, step by step.
//!
//! Nourish has no way to ask for one resident alone, so the whole list is read; the trace is this
//! person's part of it.

use askama::Template;

use super::error::Answer;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Shell, filters};
use super::visit::{In, Nav, Posted, Visit};
use super::{freshness, see_other, sync_runs};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Permission, RunSyncs, Scope, ViewIntegrations, ViewResidents};
use crate::domain::connections;
use crate::domain::pairing::matching::rule_words;
use crate::domain::residents::{self, NotSynced, Resident, Source};
use crate::domain::sync::{self, Change, Run, Wanted};
use crate::kit::ids::ResidentId;
use crate::links;

pub fn routes() -> Vec<Line> {
    let run = Who::Holder(Permission::RunSyncs);
    vec![
        get("/org/{org}/residents/{resident}/sync", run, show),
        post("/org/{org}/residents/{resident}/sync", run, start),
    ]
}

async fn start(visit: Visit, In(scope): In<RunSyncs>, _: Posted<()>) -> Answer {
    let resident: ResidentId = visit.id("resident")?;
    let org = scope.organisation();
    let asked = visit.write(move |tx| {
        residents::get(tx.conn, &scope, resident)?;
        let connection = connections::find(tx.conn, &scope, Vendor::Nourish)?.ok_or(Refusal::NotHere)?;
        sync::request(tx, &scope, connection.id, Wanted::Residents, false)
    });
    match asked.await {
        Ok(_) => {
            visit.services.wake.notify_one();
            Ok(see_other(links::sync_resident(org, resident)))
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::resident(org, resident), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

/// What the trace is made from.
struct Found {
    resident: Resident,
    run: Option<Run>,
    changes: Vec<Change>,
    sources: Vec<Source>,
    not_synced: Vec<NotSynced>,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    runs: &Scope<ViewIntegrations>,
    id: ResidentId,
) -> Result<Found, Refusal> {
    let resident = residents::get(conn, scope, id)?;
    let connection = connections::find(conn, runs, Vendor::Nourish)?;
    let run = match &connection {
        Some(connection) => sync::list(conn, runs, connection.id, None, 1)?.pop(),
        None => None,
    };
    let changes = match &run {
        Some(run) => sync::changes_of(conn, run, id)?,
        None => Vec::new(),
    };
    let sources = residents::sources(conn, scope, id)?;
    let not_synced = residents::not_synced(conn, scope, &resident, &sources)?;
    Ok(Found { resident, run, changes, sources, not_synced })
}

async fn show(visit: Visit, In(_): In<RunSyncs>) -> Answer {
    let id: ResidentId = visit.id("resident")?;
    let (scope, runs) = (visit.scope::<ViewResidents>()?, visit.scope::<ViewIntegrations>()?);
    let viewed = scope.clone();
    visit.write(move |tx| residents::opened(tx, &viewed, id)).await?;
    let found = visit.read(move |conn| find(conn, &scope, &runs, id)).await?;
    let org = visit.organisation()?;
    let name = found.resident.name();
    let mut shell = visit.org_shell(format!("Sync of {name}"), Nav::Residents)?;
    shell.crumb = Some(Link::new(name, links::resident(org, id)));
    let running = found.run.as_ref().filter(|run| run.state.under_way()).map(|run| Running {
        done: run.done,
        total: run.total,
        words: run.progress.clone(),
        url: format!("{}?resident={id}", links::sync_run_progress(org, run.id)),
    });
    let steps = if running.is_some() { Vec::new() } else { steps(&visit, &found) };
    let pair = found.sources.is_empty() && visit.may(Permission::PairRecords);
    visit.page(&Trace {
        shell,
        running,
        steps,
        here: links::sync_resident(org, id),
        pair: pair.then(|| links::suggested_pairing(org, Vendor::Nourish.id(), "residents", id.0)),
    })
}

#[derive(Template)]
#[template(path = "sync_runs/resident.html")]
struct Trace {
    shell: Shell,
    running: Option<Running>,
    steps: Vec<Step>,
    here: String,
    /// *Suggested Pairing*, for somebody who is not linked.
    pair: Option<String>,
}

struct Running {
    done: i64,
    total: i64,
    words: String,
    url: String,
}

/// One step: what it is, and what it came to.
struct Step {
    heading: &'static str,
    words: String,
    done: bool,
}

/// fetched → in scope → paired because → changed → applied
fn steps(visit: &Visit, found: &Found) -> Vec<Step> {
    let Some(run) = &found.run else {
        let words = "No sync has run yet. Start one to see what it makes of this resident.".to_owned();
        return vec![Step { heading: "Fetched", words, done: false }];
    };
    let vendor = Vendor::Nourish.name();
    let (people, _) = run.counts();
    let fetched = if run.failure.is_empty() {
        format!("{vendor} listed {} residents. {}", people.total, sync_runs::started_by(visit, run))
    } else {
        run.failure.clone()
    };
    let scope = residents::out_of_scope(Vendor::Nourish.id(), &found.resident);
    let in_scope = scope.is_none();
    let scope =
        scope.unwrap_or_else(|| "Nothing keeps this resident from being paired by a rule.".to_owned());
    vec![
        Step { heading: "Fetched", words: fetched, done: run.failure.is_empty() },
        Step { heading: "In scope", words: scope, done: in_scope || !found.sources.is_empty() },
        Step { heading: "Paired", words: paired(visit, found), done: !found.sources.is_empty() },
        Step { heading: "Changed", words: changed(found), done: !found.sources.is_empty() },
        Step {
            heading: "Applied",
            words: applied(visit, run),
            done: run.finished_at.is_some() && run.failure.is_empty(),
        },
    ]
}

fn paired(visit: &Visit, found: &Found) -> String {
    let Some(pair) = found.sources.first() else {
        let why = found.not_synced.iter().map(|one| one.why.as_str()).next();
        return why.unwrap_or("Not linked to anybody.").to_owned();
    };
    let at = freshness::within(visit, pair.paired_at).words;
    if pair.paired_by.is_empty() {
        let rule = rule_words(&pair.rule).unwrap_or(&pair.rule);
        format!("Paired by a rule, {at}: {rule}")
    } else {
        format!("Linked by {}, {at}.", pair.paired_by)
    }
}

fn changed(found: &Found) -> String {
    let lines: Vec<String> =
        found.changes.iter().map(sync_runs::change_words).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { "Nothing had changed for this resident.".to_owned() } else { lines.join(". ") }
}

fn applied(visit: &Visit, run: &Run) -> String {
    match run.finished_at {
        Some(at) if run.failure.is_empty() => {
            format!("{} {}.", run.state.words(), freshness::within(visit, at).words)
        }
        _ => "Nothing was applied.".to_owned(),
    }
}
