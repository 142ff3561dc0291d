//! Drafts: what people kept back when they applied a part of a plan, until when, and *Apply now* and *Drop*.

use askama::Template;

use super::lines::{kind_heading, line_words};
use super::listed::place_words;
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{Permission, RunSyncs, ViewIntegrations};
use crate::domain::connections;
use crate::domain::residents;
use crate::domain::sync::{self, Draft, DraftState, DraftStep};
use crate::kit::ids::{DraftId, ResidentId};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::routes::{Line, Who, get, post};
use crate::web::ui::{Link, Notice, Shell, filters, when};
use crate::web::visit::{In, Nav, Posted, Visit};
use crate::web::{freshness, see_other};

pub(super) fn routes() -> Vec<Line> {
    let (view, run) = (Who::Holder(Permission::ViewIntegrations), Who::Holder(Permission::RunSyncs));
    vec![
        get("/org/{org}/sync-drafts", view, index),
        get("/org/{org}/sync-drafts/{draft}", view, show),
        post("/org/{org}/sync-drafts/{draft}/apply", run, apply),
        post("/org/{org}/sync-drafts/{draft}/drop", run, drop_it),
    ]
}

#[derive(Template)]
#[template(path = "sync_runs/drafts.html")]
struct Index {
    shell: Shell,
    rows: Vec<Row>,
    ended: Vec<Row>,
    integrations: String,
}

struct Row {
    name: String,
    href: String,
    vendor: &'static str,
    steps: String,
    by: String,
    /// Until when it holds, or how it ended.
    until: String,
}

#[derive(Template)]
#[template(path = "sync_runs/draft.html")]
struct Page {
    shell: Shell,
    words: String,
    state: &'static str,
    run: String,
    rows: Vec<Held>,
    apply: Option<String>,
    drop: Option<String>,
}

struct Held {
    name: String,
    href: Option<String>,
    what: &'static str,
    place: String,
    words: String,
}

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let today = freshness::today(&visit);
    let found = visit.read(move |conn| {
        let mut found = Vec::new();
        for (draft, count) in sync::drafts(conn, &scope)? {
            let vendor = connections::get(conn, &scope, draft.connection_id)?.vendor;
            found.push((draft, count, vendor));
        }
        Ok(found)
    });
    let org = visit.organisation()?;
    let row = |(draft, count, vendor): (Draft, i64, Vendor)| Row {
        href: links::sync_draft(org, draft.id),
        vendor: vendor.name(),
        steps: when::thousands(count),
        until: standing(&visit, &draft, today),
        by: draft.made_by_name,
        name: draft.name,
    };
    let (holding, ended): (Vec<_>, Vec<_>) =
        found.await?.into_iter().partition(|(draft, ..)| draft.is_in_force(today));
    let mut shell = visit.org_shell("Drafts", Nav::Integrations)?;
    shell.crumb = Some(Link::new("Integrations", links::integrations(org)));
    let (rows, ended) = (holding.into_iter().map(row).collect(), ended.into_iter().map(row).collect());
    visit.page(&Index { shell, rows, ended, integrations: links::integrations(org) })
}

fn standing(visit: &Visit, draft: &Draft, today: chrono::NaiveDate) -> String {
    let ended = draft.ended_at.map(|at| freshness::within(visit, at).words).unwrap_or_default();
    match draft.state {
        _ if draft.is_in_force(today) => format!("Until {}", when::date(draft.until)),
        DraftState::Applied => format!("Applied {ended}"),
        DraftState::Dropped => format!("Dropped by {}, {ended}", draft.ended_by_name),
        DraftState::Waiting | DraftState::Asked => format!("Its day came: {}", when::date(draft.until)),
    }
}

async fn show(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let id: DraftId = visit.id("draft")?;
    let found = visit.read(move |conn| {
        let (draft, steps) = sync::draft(conn, &scope, id)?;
        let vendor = connections::get(conn, &scope, draft.connection_id)?.vendor;
        Ok((draft, steps, vendor))
    });
    let (draft, steps, vendor) = found.await?;
    let (org, today) = (visit.organisation()?, freshness::today(&visit));
    let mut shell = visit.org_shell(draft.name.clone(), Nav::Integrations)?;
    shell.crumb = Some(Link::new("Drafts", links::sync_drafts(org)));
    let may = visit.may(Permission::RunSyncs) && draft.is_in_force(today);
    let made = freshness::within(&visit, draft.made_at).words;
    let rows = steps.iter().map(|step| {
        let is_resident = step.subject == residents::SUBJECT;
        let local = step.local_id.filter(|_| is_resident);
        Held {
            name: step.name.clone(),
            href: local.map(|id| links::resident(org, ResidentId(id))),
            what: kind_heading(&step.kind),
            place: place_words(&step.place).to_owned(),
            words: words(step),
        }
    });
    let now = standing(&visit, &draft, today);
    visit.page(&Page {
        words: format!("Kept back from a sync with {vendor} by {}, {made}. {now}.", draft.made_by_name),
        state: if draft.is_in_force(today) { "Waiting" } else { "Ended" },
        run: links::sync_run(org, draft.run_id),
        rows: rows.collect(),
        apply: may.then(|| links::sync_draft_act(org, id, "apply")),
        drop: may.then(|| links::sync_draft_act(org, id, "drop")),
        shell,
    })
}

fn words(step: &DraftStep) -> String {
    line_words(&step.kind, (&step.before, &step.after), &step.words)
}

async fn apply(visit: Visit, In(scope): In<RunSyncs>, _: Posted<()>) -> Answer {
    let id: DraftId = visit.id("draft")?;
    let org = scope.organisation();
    match visit.write(move |tx| sync::apply_draft(tx, &scope, id)).await {
        Ok(run) => {
            visit.services.wake.notify_one();
            Ok(see_other(links::sync_run(org, run)))
        }
        Err(refusal) => refused(&visit, id, refusal),
    }
}

async fn drop_it(visit: Visit, In(scope): In<RunSyncs>, _: Posted<()>) -> Answer {
    let id: DraftId = visit.id("draft")?;
    let org = scope.organisation();
    match visit.write(move |tx| sync::drop_draft(tx, &scope, id)).await {
        Ok(draft) => {
            let words =
                format!("“{}” is dropped. The next sync decides about these people anew.", draft.name);
            visit.done(links::sync_drafts(org), &Notice::ok(words))
        }
        Err(refusal) => refused(&visit, id, refusal),
    }
}

fn refused(visit: &Visit, id: DraftId, refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Overtaken(words) => {
            visit.done(links::sync_draft(visit.organisation()?, id), &Notice::warn(words))
        }
        other => Err(Fault::from(other)),
    }
}
