//! *Sync this resident*: asks every system that is on for a sync of one person alone, and shows what each came to,
//! step by step: fetched → in scope → paired because → changed → applied.
//!
//! Where a vendor cannot be asked for one person, its whole list is read, and this person's part of it is applied.

use askama::Template;

use super::error::Answer;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Shell, filters};
use super::visit::{In, Nav, Posted, Visit};
use super::{freshness, residents as pages, see_other, sync_runs};
use crate::connectors::Vendor;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Permission, RunSyncs, Scope, ViewIntegrations, ViewResidents};
use crate::domain::connections;
use crate::domain::organisations::{self, Feed};
use crate::domain::residents::{self, NotSynced, Resident, Source};
use crate::domain::sync::{self, Change, Run, RunState};
use crate::kit::ids::{OrganisationId, ResidentId};
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
    match visit.write(move |tx| ask_all(tx, &scope, resident)).await {
        Ok(()) => {
            visit.services.wake.notify_one();
            Ok(see_other(links::sync_resident(org, resident)))
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::resident(org, resident), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

/// One run for each system that is on.
fn ask_all(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, resident: ResidentId) -> Result<(), Refusal> {
    let person = residents::get(tx.conn, scope, resident)?;
    let sources = residents::sources(tx.conn, scope, resident)?;
    let mut on: Vec<Feed> = Vec::new();
    for feed in organisations::feeds(tx.conn, scope)?.into_iter().filter(usable) {
        if concerns(tx.conn, &feed, &person, &sources)? {
            on.push(feed);
        }
    }
    if on.is_empty() {
        let words = "No care record system is on for their home. Finish the steps on Integrations first.";
        return Err(Refusal::overtaken(words));
    }
    for feed in on {
        sync::request_one(tx, scope, feed.id, resident)?;
    }
    Ok(())
}

/// A system that is not for their home is asked only while they are paired with it.
fn concerns(conn: &mut Conn, feed: &Feed, resident: &Resident, sources: &[Source]) -> Result<bool, Refusal> {
    let is_paired = sources.iter().any(|one| one.vendor == feed.vendor);
    Ok(is_paired || residents::is_for(conn, feed, resident)?)
}

fn usable(feed: &Feed) -> bool {
    feed.is_on() && feed.available
}

/// What the trace of one vendor is made from.
struct Found {
    vendor: Vendor,
    /// Everybody there comes, whatever their type or status.
    creates: bool,
    run: Option<Run>,
    changes: Vec<Change>,
    source: Option<Source>,
    not_synced: Option<NotSynced>,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    runs: &Scope<ViewIntegrations>,
    id: ResidentId,
) -> Result<(Resident, Vec<Found>), Refusal> {
    let resident = residents::get(conn, scope, id)?;
    let sources = residents::sources(conn, scope, id)?;
    let not_synced = residents::not_synced(conn, scope, &resident, &sources)?;
    let mut all = Vec::new();
    for feed in organisations::feeds(conn, scope)?.into_iter().filter(usable) {
        if !concerns(conn, &feed, &resident, &sources)? {
            continue;
        }
        let vendor = connections::get(conn, runs, feed.id)?.vendor;
        let run = sync::newest_about(conn, runs, feed.id, id)?;
        let changes = match &run {
            Some(run) => sync::changes_of(conn, run, id)?,
            None => Vec::new(),
        };
        all.push(Found {
            vendor,
            creates: feed.sync_mode == "create",
            run,
            changes,
            source: sources.iter().find(|one| one.is_of(vendor)).cloned(),
            not_synced: not_synced.iter().find(|one| one.vendor == feed.vendor).cloned(),
        });
    }
    Ok((resident, all))
}

async fn show(visit: Visit, In(_): In<RunSyncs>) -> Answer {
    let id: ResidentId = visit.id("resident")?;
    let (scope, runs) = (visit.scope::<ViewResidents>()?, visit.scope::<ViewIntegrations>()?);
    let viewed = scope.clone();
    visit.write(move |tx| residents::opened(tx, &viewed, id)).await?;
    let (resident, found) = visit.read(move |conn| find(conn, &scope, &runs, id)).await?;
    let org = visit.organisation()?;
    let name = resident.name();
    let mut shell = visit.org_shell(format!("Sync of {name}"), Nav::Residents)?;
    shell.crumb = Some(Link::new(name, links::resident(org, id)));
    let traces: Vec<Trace> = found.iter().map(|one| Trace::of(&visit, &resident, one, org)).collect();
    visit.page(&Page {
        shell,
        running: traces.iter().any(|trace| trace.running.is_some()),
        traces,
        here: links::sync_resident(org, id),
    })
}

#[derive(Template)]
#[template(path = "sync_runs/resident.html")]
struct Page {
    shell: Shell,
    running: bool,
    /// One for each system that is on.
    traces: Vec<Trace>,
    here: String,
}

/// What came of one vendor.
struct Trace {
    vendor: &'static str,
    running: Option<Running>,
    steps: Vec<Step>,
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

impl Trace {
    fn of(visit: &Visit, resident: &Resident, found: &Found, org: OrganisationId) -> Self {
        let id = resident.id;
        let running = found.run.as_ref().filter(|run| run.state.under_way()).map(|run| Running {
            done: run.done,
            total: run.total,
            words: run.progress.clone(),
            url: format!("{}?resident={id}", links::sync_run_progress(org, run.id)),
        });
        let may_pair = found.source.is_none() && visit.may(Permission::PairRecords);
        Self {
            vendor: found.vendor.name(),
            steps: if running.is_some() { Vec::new() } else { steps(visit, resident, found) },
            running,
            pair: may_pair.then(|| links::suggested_pairing(org, found.vendor.id(), "residents", id.0)),
        }
    }
}

/// fetched → in scope → paired because → changed → applied
fn steps(visit: &Visit, resident: &Resident, found: &Found) -> Vec<Step> {
    let vendor = found.vendor.name();
    let Some(run) = &found.run else {
        let words =
            format!("No sync with {vendor} has run yet. Start one to see what it makes of this resident.");
        return vec![Step { heading: "Fetched", words, done: false }];
    };
    let is_paired = found.source.is_some();
    let out = residents::out_of_scope(found.vendor.id(), resident).filter(|_| !found.creates);
    let in_scope = out.is_none();
    let changed = applied(run);
    vec![
        Step { heading: "Fetched", words: fetched(visit, vendor, run), done: run.failure.is_empty() },
        Step {
            heading: "In scope",
            words: out.unwrap_or_else(|| scope_words(found)),
            done: in_scope || is_paired,
        },
        Step { heading: "Paired because", words: paired(visit, found), done: is_paired },
        Step { heading: "Changed", words: changes(found, run), done: is_paired && changed },
        Step { heading: "Applied", words: applied_words(visit, run), done: changed },
    ]
}

fn fetched(visit: &Visit, vendor: &str, run: &Run) -> String {
    if !run.failure.is_empty() {
        return run.failure.clone();
    }
    let listed = run.counts().0.listed.max(run.counts().0.total);
    let sent = match listed {
        1 => format!("{vendor} sent one record."),
        n => format!("{vendor} listed {n} residents."),
    };
    format!("{sent} {}", sync_runs::started_by(visit, run))
}

fn scope_words(found: &Found) -> String {
    let vendor = found.vendor.name();
    if found.creates {
        return format!("Everybody in {vendor} is in scope, whatever their type or status.");
    }
    match &found.vendor.about().residents {
        Some(_) => "Nothing keeps this resident from being paired by a rule.".to_owned(),
        None => format!("Nobody in {vendor} is paired by a rule: a person links each record."),
    }
}

fn paired(visit: &Visit, found: &Found) -> String {
    if let Some(source) = &found.source {
        return pages::confirmed(visit, source);
    }
    let why = found.not_synced.as_ref().map(|one| one.why.clone());
    why.unwrap_or_else(|| "Not linked to anybody.".to_owned())
}

fn changes(found: &Found, run: &Run) -> String {
    let vendor = found.vendor.name();
    let lines: Vec<String> =
        found.changes.iter().map(sync_runs::change_words).filter(|line| !line.is_empty()).collect();
    let came = run.counts().0.total > 0;
    if !lines.is_empty() {
        lines.join(". ")
    } else if found.source.is_some() && run.resident_id.is_some() && applied(run) && !came {
        format!("{vendor} did not send this resident. Only a sync of everybody counts who is missing.")
    } else if found.source.is_some() {
        "Nothing had changed for this resident.".to_owned()
    } else {
        "Nothing: they are not linked.".to_owned()
    }
}

fn applied(run: &Run) -> bool {
    matches!(run.state, RunState::Done | RunState::Partly)
}

fn applied_words(visit: &Visit, run: &Run) -> String {
    match run.finished_at {
        Some(at) if applied(run) => {
            let whom = if run.resident_id.is_some() { " This resident alone was touched." } else { "" };
            format!("{} {}.{whom}", run.state.words(), freshness::within(visit, at).words)
        }
        _ if !run.held_because.is_empty() => format!("Nothing was applied. {}", run.held_because),
        _ => "Nothing was applied.".to_owned(),
    }
}
