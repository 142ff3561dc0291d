//! The Integrations page as its template prints it.

use askama::Template;

use super::Found;
use crate::connectors::{ProfileStatus, Switching, Vendor};
use crate::domain::access::Permission;
use crate::domain::connections::{Card, Status, SyncMode};
use crate::domain::organisations::HomePairing;
use crate::domain::pairing::{Progress, Unpaired};
use crate::domain::timeline::State;
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::error::Fault;
use crate::web::freshness;
use crate::web::ui::{Choice, Shell, filters, when};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "integrations/index.html")]
pub struct Index {
    pub shell: Shell,
    pub cards: Vec<CardView>,
    /// The service with which visits are booked: its state, in words, and its page.
    pub visits: Option<(&'static str, String, String)>,
    pub quality: Option<String>,
    /// Whom syncs pass over, and which system is right about what.
    pub rules: String,
    /// What people kept back of syncs.
    pub drafts: Option<String>,
    /// What waits for timelines or needs somebody, in words, and the queue.
    pub timeline: Option<(String, String)>,
    /// Each home: its name, how many are paired, and since when somebody is not.
    pub homes: Vec<(String, String, String)>,
}

/// A care record system.
pub struct CardView {
    /// `nourish`: begins the ids of the card's fields.
    pub id: &'static str,
    pub vendor: &'static str,
    /// The tag, and one sentence about the state.
    pub status: &'static str,
    pub words: String,
    pub repair: String,
    /// Label and words of what is known about times and people.
    pub facts: Vec<(&'static str, String)>,
    /// How far the connector rests on the vendor's documents.
    pub profile: &'static str,
    pub can_sync: bool,
    /// Who started the run under way, and its page.
    pub running: Option<(String, String)>,
    pub sync_runs: String,
    pub history: Option<String>,
    /// The page that leads through switching it on; `None` where this version has no connector.
    pub page: Option<String>,
    /// The numbers of every message, for who has been connected.
    pub messages: Option<String>,
    /// *Test connection*, for who may.
    pub test: Option<String>,
    /// Org Settings, for who may change them, where the token stands there.
    pub settings: Option<String>,
    pub modes: Option<(String, Vec<Choice>)>,
    pub pairings: Vec<Pairing>,
}

/// How many entries are on their way to timelines, how many arrived, and how many need somebody; nothing where there
/// were none.
pub fn entries(counts: &[(State, i64)]) -> Option<String> {
    let of = |fits: fn(State) -> bool| -> i64 {
        counts.iter().filter(|(state, _)| fits(*state)).map(|(_, count)| count).sum()
    };
    let (waiting, arrived) = (of(State::is_pending), of(|state| state == State::Sent));
    let stuck = of(State::needs_somebody);
    (waiting + arrived + stuck > 0).then(|| {
        let number = when::thousands;
        format!("{} waiting, {} accepted, {} need attention", number(waiting), number(arrived), number(stuck))
    })
}

/// *Resident Pairing n of m*, with the first few who are not paired.
pub struct Pairing {
    /// `Resident` or `Staff`.
    pub noun: &'static str,
    pub progress: Progress,
    pub list: String,
    pub rows: Vec<Row>,
    pub may_link: bool,
}

pub struct Row {
    pub name: String,
    pub look_alike: bool,
    pub room: String,
    pub why: String,
    pub link: String,
}

impl Index {
    pub fn new(
        visit: &Visit,
        shell: Shell,
        found: Vec<Found>,
        (timeline, homes): (Option<(String, String)>, Vec<HomePairing>),
    ) -> Result<Self, Fault> {
        let org = visit.organisation()?;
        let cards: Vec<CardView> = found.into_iter().map(|one| CardView::new(visit, org, one)).collect();
        let paired = cards.iter().any(|card| !card.pairings.is_empty());
        let homes =
            if paired { homes.into_iter().map(|home| by_home(visit, home)).collect() } else { Vec::new() };
        let quality = paired.then(|| links::pairing_quality(org));
        Ok(Self {
            shell,
            quality,
            rules: links::sync_rules(org),
            drafts: paired.then(|| links::sync_drafts(org)),
            cards,
            visits: None,
            timeline,
            homes,
        })
    }
}

impl CardView {
    fn new(visit: &Visit, org: OrganisationId, found: Found) -> Self {
        let vendor = found.card.vendor;
        let (id, here) = (vendor.id(), found.profile.is_some());
        let manages = visit.may(Permission::ManageIntegrations);
        let running =
            found.started(visit).zip(found.under_way.as_ref().map(|run| links::sync_run(org, run.id)));
        let mode = found.connection.as_ref().map_or(SyncMode::Pair, |connection| connection.sync_mode);
        let ever_on = found.connection.as_ref().is_some_and(super::ever_on);
        let has_key = found.connection.as_ref().is_some_and(super::is_on);
        let issued = matches!(vendor.about().switching, Switching::TokenWeIssue);
        let paired = ever_on && !vendor.about().mapped;
        let pairings = paired.then(|| pairings(visit, org, id, &found));
        let can_sync = found.card.status.can_sync() || found.card.status == Status::Relink;
        Self {
            id,
            vendor: vendor.name(),
            status: if here { found.card.status.words() } else { "Not in this version" },
            words: if here { said(&found.card) } else { not_here(vendor) },
            repair: found.card.repair.clone(),
            facts: facts(visit, &found),
            profile: found.profile.map_or("not in this version", ProfileStatus::words),
            can_sync: here && can_sync && !vendor.about().mapped,
            running,
            sync_runs: links::sync_runs(org, id),
            history: paired.then(|| links::sync_runs(org, id)),
            page: here.then(|| links::integration(org, id)),
            messages: ever_on.then(|| links::messages(org, id)),
            test: (here && manages && has_key).then(|| links::integration_act(org, id, "test")),
            settings: (here && manages && issued).then(|| links::settings_website(org)),
            modes: (manages && paired).then(|| (links::sync_mode(org, id), modes(mode))),
            pairings: pairings.unwrap_or_default(),
        }
    }
}

fn by_home(visit: &Visit, home: HomePairing) -> (String, String, String) {
    let paired = format!("{} of {}", when::thousands(home.paired), when::thousands(home.residents));
    let oldest = home.oldest_unpaired.map_or_else(|| "Nobody".to_owned(), |at| words(visit, at));
    (home.name, paired, oldest)
}

/// What is mapped is used in a window of its own, and the card says where.
fn said(card: &Card) -> String {
    if card.vendor.about().mapped && card.status != Status::NotAvailable {
        return format!(
            "{} is used through Synchronization, on the Settings tab of Org Settings.",
            card.vendor
        );
    }
    card.words.clone()
}

fn not_here(vendor: Vendor) -> String {
    format!("This version of the portal does not connect to {vendor}.")
}

fn pairings(visit: &Visit, org: OrganisationId, vendor: &str, found: &Found) -> Vec<Pairing> {
    let may_link = visit.may(Permission::PairRecords);
    let one = |noun, kind, progress, rows| Pairing::new(org, vendor, (noun, kind), progress, rows, may_link);
    vec![
        one("Resident", "residents", found.residents, &found.unpaired_residents),
        one("Staff", "staff", found.staff, &found.unpaired_staff),
    ]
}

fn modes(now: SyncMode) -> Vec<Choice> {
    SyncMode::ALL.iter().map(|mode| Choice::new(mode.as_str(), mode.words(), *mode == now)).collect()
}

fn facts(visit: &Visit, found: &Found) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if !found.homes.is_empty() {
        facts.push(("Homes", found.homes.clone()));
    }
    if found.connection.as_ref().is_some_and(super::ever_on) {
        let last = found.card.last_good_at.map_or_else(|| "Not synced yet".to_owned(), |at| words(visit, at));
        facts.push(("Last successful sync", last));
    }
    let tried = found.connection.as_ref().and_then(|one| one.last_tried_at);
    if let Some(at) = tried.filter(|at| found.card.last_good_at != Some(*at)) {
        facts.push(("Last tried", words(visit, at)));
    }
    let next = found.card.next_attempt.or(found.connection.as_ref().and_then(|one| one.next_run_at));
    let comes = found.card.status.can_sync() && !found.card.vendor.about().mapped;
    if let Some(at) = next.filter(|_| comes) {
        facts.push(("Next sync", freshness::at(visit, at).words));
    }
    facts.extend(standing(visit, &found.card));
    facts
}

/// Since when it stands like this, whether it rests, who was told, and who asked for it.
pub fn standing(visit: &Visit, card: &Card) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(since) = card.since {
        facts.push(("Since", words(visit, since)));
    }
    if let Some(resting) = card.resting {
        let (since, until) =
            (freshness::within(visit, resting.since).words, freshness::within(visit, resting.until).words);
        let times = resting.failures;
        let rests = format!("{times} failures in a row since {since}: it is left alone until {until}");
        facts.push(("Resting", rests));
    }
    if !card.told.is_empty() {
        let when =
            card.told_at.map(|at| format!(", {}", freshness::within(visit, at).words)).unwrap_or_default();
        facts.push(("Told by email", format!("{}{when}", card.told)));
    }
    if let Some((by, at)) = &card.asked {
        facts.push(("Asked for by", format!("{by}, {}", freshness::within(visit, *at).words)));
    }
    facts
}

fn words(visit: &Visit, at: chrono::NaiveDateTime) -> String {
    when::moment(at.and_utc(), visit.now.and_utc(), visit.time_zone())
}

impl Pairing {
    fn new(
        org: OrganisationId,
        vendor: &str,
        (noun, kind): (&'static str, &str),
        progress: Progress,
        rows: &[Unpaired],
        may_link: bool,
    ) -> Self {
        let row = |one: &Unpaired| Row {
            name: one.name.clone(),
            look_alike: one.look_alike,
            room: one.room.clone(),
            why: one.why.clone(),
            link: links::suggested_pairing(org, vendor, kind, one.local),
        };
        Self {
            noun,
            progress,
            list: links::pairing(org, vendor, kind),
            rows: rows.iter().take(5).map(row).collect(),
            may_link,
        }
    }

    /// "2 more are paired, and of a home that this system is not for."
    pub fn elsewhere(&self) -> String {
        match self.progress.elsewhere {
            0 => String::new(),
            1 => "One more is paired, and of a home that this system is not for. The link stays.".to_owned(),
            n => format!("{n} more are paired, and of homes that this system is not for. Their links stay."),
        }
    }

    pub fn all_paired(&self) -> bool {
        self.progress.total > 0 && self.progress.paired >= self.progress.total
    }
}
