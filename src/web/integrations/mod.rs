//! *Integrations*: a card for each care record system, *Sync Now*, *Preview*, who is paired; and for each a page that
//! leads through switching it on.
//!
//! Starting a sync only writes the request; a job does the rest. Tokens that we issue are in Org Settings.

mod homes;
mod pages;
mod services;
mod vendor;
mod vendor_page;

use super::error::Answer;
use super::freshness;
use super::routes::{Line, Who, get, post};
use super::ui::Notice;
use super::visit::{Fields, In, Nav, Posted, Visit, field};
use super::{see_other, sync_runs, visit_service};
use crate::connectors::{ProfileStatus, Vendor};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, RunSyncs, Scope, Sector, ViewIntegrations};
use crate::domain::connections::{self, Availability, Card, Connection, State, SyncMode};
use crate::domain::organisations;
use crate::domain::pairing::matching::Kind;
use crate::domain::pairing::{self, Filter, Progress, Unpaired};
use crate::domain::sync::{self, Asked, Run, Wanted};
use crate::domain::timeline;
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewIntegrations);
    let mut lines = vec![
        get("/org/{org}/integrations", view, index),
        post("/org/{org}/integrations/{vendor}/sync-runs", Who::Holder(Permission::RunSyncs), start),
        post("/org/{org}/integrations/{vendor}/mode", Who::Holder(Permission::ManageIntegrations), set_mode),
    ];
    lines.extend(vendor::routes());
    lines.extend(homes::routes());
    lines.extend(services::routes());
    lines
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
    /// The homes that it is for, in a few words; empty: all.
    pub homes: String,
    /// How far the connector rests on the vendor's documents; `None`: this version has none.
    pub profile: Option<ProfileStatus>,
}

/// Rows that unfold on the card; the whole list has a page of its own.
const UNFOLDED: i64 = 5;

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let (now, today) = (visit.now, freshness::today(&visit));
    let vendors = vendors(&visit);
    let org = scope.organisation();
    let (mut found, feeds, entries, homes) = visit
        .read(move |conn| {
            let found = find(conn, &scope, &vendors, (now, today))?;
            let homes = organisations::pairing_by_home(conn, &scope)?;
            Ok((found, organisations::feeds(conn, &scope)?, timeline::counts(conn, &scope)?, homes))
        })
        .await?;
    for one in &mut found {
        one.profile = profile(&visit, one.card.vendor);
    }
    let mut shell = visit.org_shell("Integrations", Nav::Integrations)?;
    shell.banner = freshness::banner(&visit, &feeds);
    let timeline = pages::entries(&entries).map(|words| (words, links::timeline(org)));
    let mut index = pages::Index::new(&visit, shell, found, (timeline, homes))?;
    index.visits = visit_service::card(&visit).await?;
    visit.page(&index)
}

/// Every vendor, and what the installation decides where nobody has decided.
fn vendors(visit: &Visit) -> Vec<(Vendor, Availability)> {
    let belongs = |vendor: &Vendor| visit.sector() != Sector::Therapy || *vendor == Vendor::Ensora;
    Vendor::ALL.into_iter().filter(belongs).map(|vendor| (vendor, by_default(visit, vendor))).collect()
}

fn by_default(visit: &Visit, vendor: Vendor) -> Availability {
    Availability::by_default(&visit.services.config.vendors_available, vendor)
}

fn profile(visit: &Visit, vendor: Vendor) -> Option<ProfileStatus> {
    visit.services.care_systems.get(vendor).map(|system| system.profile_status())
}

/// What the cards show. What a vendor is asked about in the database is asked for connections that there are only.
fn find(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    vendors: &[(Vendor, Availability)],
    (now, today): (chrono::NaiveDateTime, chrono::NaiveDate),
) -> Result<Vec<Found>, Refusal> {
    let cards = connections::cards(conn, scope, vendors, now)?;
    cards.into_iter().map(|(card, connection)| fill(conn, scope, card, connection, today)).collect()
}

fn fill(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    card: Card,
    connection: Option<Connection>,
    today: chrono::NaiveDate,
) -> Result<Found, Refusal> {
    let mut found = Found {
        card,
        under_way: None,
        last: None,
        residents: Progress::default(),
        staff: Progress::default(),
        unpaired_residents: Vec::new(),
        unpaired_staff: Vec::new(),
        profile: None,
        homes: String::new(),
        connection: None,
    };
    let paired = connection.as_ref().filter(|one| ever_on(one) && !one.vendor.about().mapped);
    if let Some(connection) = paired {
        let id = connection.id;
        let runs = sync::list(conn, scope, id, None, 1)?;
        found.under_way = runs.iter().find(|run| run.state.under_way()).cloned();
        found.last = runs.into_iter().find(|run| !run.state.under_way());
        found.residents = pairing::progress(conn, scope, id, Kind::People, today)?;
        found.staff = pairing::progress(conn, scope, id, Kind::Staff, today)?;
        let all = connections::all_homes(conn, scope)?;
        found.homes = homes::in_short(&connections::homes(conn, id)?, &all);
        let few = Filter { limit: UNFOLDED, ..Filter::default() };
        found.unpaired_residents = pairing::unpaired(conn, scope, id, Kind::People, &few, today)?;
        found.unpaired_staff = pairing::unpaired(conn, scope, id, Kind::Staff, &few, today)?;
    }
    found.connection = connection;
    Ok(found)
}

fn is_on(connection: &Connection) -> bool {
    connection.state != State::Off
}

/// Whether it was switched on once: before that there is nobody to pair and nothing to set.
fn ever_on(connection: &Connection) -> bool {
    is_on(connection) || connection.last_good_at.is_some()
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
