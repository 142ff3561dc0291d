//! The Integrations page as its template prints it.

use askama::Template;

use super::Found;
use crate::connectors::ProfileStatus;
use crate::domain::access::Permission;
use crate::domain::connections::{Status, SyncMode};
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
    pub vendor: String,
    /// The tag, and one sentence about the state.
    pub status: String,
    pub words: String,
    pub repair: String,
    /// Label and words of what is known about times and people.
    pub facts: Vec<(&'static str, String)>,
    /// How far the connector rests on the vendor's documents.
    pub profile: String,
    pub can_sync: bool,
    /// Who started the run under way, and its page.
    pub running: Option<(String, String)>,
    pub sync_runs: String,
    pub history: Option<String>,
    /// Org Settings, for who may change them.
    pub settings: Option<String>,
    /// Whom to ask, for who may not.
    pub modes: Option<(String, Vec<Choice>)>,
    pub pairings: Vec<Pairing>,
    pub quality: String,
    /// Whom syncs pass over, and which system is right about what.
    pub rules: String,
    /// What waits for timelines or needs somebody, in words, and the queue.
    pub timeline: Option<(String, String)>,
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
        found: Found,
        profile: Option<ProfileStatus>,
    ) -> Result<Self, Fault> {
        let org = visit.organisation()?;
        let vendor = found.card.vendor;
        let manages = visit.may(Permission::ManageIntegrations);
        let running =
            found.started(visit).zip(found.under_way.as_ref().map(|run| links::sync_run(org, run.id)));
        let mode = found.connection.as_ref().map_or(SyncMode::Pair, |connection| connection.sync_mode);
        let pairings = found.connection.is_some().then(|| {
            let may_link = visit.may(Permission::PairRecords);
            let one = |noun, kind, progress, rows| {
                Pairing::new(org, vendor.id(), (noun, kind), progress, rows, may_link)
            };
            vec![
                one("Resident", "residents", found.residents, &found.unpaired_residents),
                one("Staff", "staff", found.staff, &found.unpaired_staff),
            ]
        });
        Ok(Self {
            shell,
            vendor: vendor.name().to_owned(),
            status: found.card.status.words().to_owned(),
            words: found.card.words.clone(),
            repair: found.card.repair.clone(),
            facts: facts(visit, &found),
            profile: profile.map_or("not in this version", ProfileStatus::words).to_owned(),
            can_sync: found.card.status.can_sync() || found.card.status == Status::Relink,
            running,
            sync_runs: links::sync_runs(org, vendor.id()),
            history: found.connection.is_some().then(|| links::sync_runs(org, vendor.id())),
            settings: manages.then(|| links::settings_website(org)),
            modes: (manages && found.connection.is_some())
                .then(|| (links::sync_mode(org, vendor.id()), modes(mode))),
            pairings: pairings.unwrap_or_default(),
            quality: links::pairing_quality(org),
            rules: links::sync_rules(org),
            timeline: None,
        })
    }
}

fn modes(now: SyncMode) -> Vec<Choice> {
    SyncMode::ALL.iter().map(|mode| Choice::new(mode.as_str(), mode.words(), *mode == now)).collect()
}

fn facts(visit: &Visit, found: &Found) -> Vec<(&'static str, String)> {
    let moment =
        |at: chrono::NaiveDateTime| when::moment(at.and_utc(), visit.now.and_utc(), visit.time_zone());
    let mut facts = Vec::new();
    if found.connection.is_some() {
        let last = found.card.last_good_at.map_or_else(|| "Not synced yet".to_owned(), moment);
        facts.push(("Last successful sync", last));
    }
    let tried = found.connection.as_ref().and_then(|one| one.last_tried_at);
    if let Some(at) = tried.filter(|at| found.card.last_good_at != Some(*at)) {
        facts.push(("Last tried", moment(at)));
    }
    let next = found.card.next_attempt.or(found.connection.as_ref().and_then(|one| one.next_run_at));
    if let Some(at) = next.filter(|_| found.card.status.can_sync()) {
        facts.push(("Next sync", freshness::at(visit, at).words));
    }
    if !found.card.told.is_empty() {
        let when = found.card.told_at.map(|at| format!(", {}", moment(at))).unwrap_or_default();
        facts.push(("Told by e-mail", format!("{}{when}", found.card.told)));
    }
    facts
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

    pub fn all_paired(&self) -> bool {
        self.progress.total > 0 && self.progress.paired >= self.progress.total
    }
}
