//! *Integrations*: a card for each care record system, *Sync Now*, *Preview*, and who is paired.
//!
//! Starting a sync only writes the request; a job does the rest. Tokens are in Org Settings.

mod pages;

use super::error::Answer;
use super::freshness;
use super::routes::{Line, Who, get, post};
use super::ui::Notice;
use super::visit::{Fields, In, Nav, Posted, Visit, field};
use super::{see_other, sync_runs};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, RunSyncs, Scope, ViewIntegrations};
use crate::domain::connections::{self, Availability, Card, Connection, SyncMode};
use crate::domain::organisations;
use crate::domain::pairing::matching::Kind;
use crate::domain::pairing::{self, Filter, Progress, Unpaired};
use crate::domain::sync::{self, Asked, Run, Wanted};
use crate::domain::timeline;
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewIntegrations);
    vec![
        get("/org/{org}/integrations", view, index),
        post("/org/{org}/integrations/{vendor}/sync-runs", Who::Holder(Permission::RunSyncs), start),
        post("/org/{org}/integrations/{vendor}/mode", Who::Holder(Permission::ManageIntegrations), set_mode),
    ]
}

/// What one card shows.
pub(super) struct Found {
    pub card: Card,
    pub connection: Option<Connection>,
    pub under_way: Option<Run>,
    pub last: Option<Run>,
    pub residents: Progress,
    pub staff: Progress,
    /// The first few who are not paired.
    pub unpaired_residents: Vec<Unpaired>,
    pub unpaired_staff: Vec<Unpaired>,
}

/// Rows that unfold on the card; the whole list has a page of its own.
const UNFOLDED: i64 = 5;

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let (now, today) = (visit.now, freshness::today(&visit));
    let by_default = Availability::by_default(&visit.services.config.vendors_available, Vendor::Nourish);
    let org = scope.organisation();
    let (found, feeds, entries) = visit
        .read(move |conn| {
            let found = find(conn, &scope, Vendor::Nourish, by_default, (now, today))?;
            Ok((found, organisations::feeds(conn, &scope)?, timeline::counts(conn, &scope)?))
        })
        .await?;
    let mut shell = visit.org_shell("Integrations", Nav::Integrations)?;
    shell.banner = freshness::banner(&visit, &feeds);
    let status = visit.services.care_systems.get(Vendor::Nourish).map(|system| system.profile_status());
    let mut page = pages::Index::new(&visit, shell, found, status)?;
    page.timeline = pages::entries(&entries).map(|words| (words, links::timeline(org)));
    visit.page(&page)
}

fn find(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    vendor: Vendor,
    by_default: Availability,
    (now, today): (chrono::NaiveDateTime, chrono::NaiveDate),
) -> Result<Found, Refusal> {
    let card = connections::card(conn, scope, vendor, by_default, now)?;
    let connection = connections::find(conn, scope, vendor)?;
    let mut found = Found {
        card,
        under_way: None,
        last: None,
        residents: Progress::default(),
        staff: Progress::default(),
        unpaired_residents: Vec::new(),
        unpaired_staff: Vec::new(),
        connection: None,
    };
    if let Some(connection) = &connection {
        let id = connection.id;
        let runs = sync::list(conn, scope, id, None, 1)?;
        found.under_way = runs.iter().find(|run| run.state.under_way()).cloned();
        found.last = runs.into_iter().find(|run| !run.state.under_way());
        found.residents = pairing::progress(conn, scope, id, Kind::People, today)?;
        found.staff = pairing::progress(conn, scope, id, Kind::Staff, today)?;
        let few = Filter { limit: UNFOLDED, ..Filter::default() };
        found.unpaired_residents = pairing::unpaired(conn, scope, id, Kind::People, &few, today)?;
        found.unpaired_staff = pairing::unpaired(conn, scope, id, Kind::Staff, &few, today)?;
    }
    found.connection = connection;
    Ok(found)
}

/// *Sync Now*, *Preview*, *Start Sync*: a second click, or a second person, is shown the run that is
/// under way.
async fn start(visit: Visit, In(scope): In<RunSyncs>, Posted(form): Posted<Fields>) -> Answer {
    let vendor: Vendor = visit.id("vendor")?;
    let wanted = Wanted::parse(field(&form, "wanted")).unwrap_or(Wanted::Both);
    let is_preview = field(&form, "preview") == "yes";
    let org = scope.organisation();
    let asked = visit.write(move |tx| {
        let connection = connections::find(tx.conn, &scope, vendor)?.ok_or(Refusal::NotHere)?;
        sync::request(tx, &scope, connection.id, wanted, is_preview)
    });
    match asked.await {
        Ok(asked) => {
            visit.services.wake.notify_one();
            let to = links::sync_run(org, asked.run());
            match asked {
                Asked::New(_) => Ok(see_other(to)),
                Asked::UnderWay(_) => visit.done(to, &Notice::warn("This sync was running already.")),
            }
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::integrations(org), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

async fn set_mode(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Fields>) -> Answer {
    let vendor: Vendor = visit.id("vendor")?;
    let org = scope.organisation();
    let to = links::integrations(org);
    let Some(mode) = SyncMode::parse(field(&form, "mode")) else {
        return visit.done(to, &Notice::bad("Choose what a sync does with people who are not here yet."));
    };
    visit
        .write(move |tx| {
            let connection = connections::find(tx.conn, &scope, vendor)?.ok_or(Refusal::NotHere)?;
            connections::set_mode(tx, &scope, connection.id, mode)
        })
        .await?;
    visit.done(to, &Notice::ok(format!("Saved. {}.", mode.words())))
}

impl Found {
    /// Words about a run under way: who started it, and when.
    pub fn started(&self, visit: &Visit) -> Option<String> {
        self.under_way.as_ref().map(|run| sync_runs::started_by(visit, run))
    }
}
