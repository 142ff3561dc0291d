//! The rows of the tabs *Agencies*, *Clients* and *Staff*: what the vendor holds, whom it is mapped to, and where not,
//! why. A person who sees some agencies only sees what stands under those.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::decide::{cannot_delete, reaches};
use super::depends::{self, Uses};
use super::people::Sites;
use super::reasons::Why;
use super::settle::{self, known_sites};
use super::store::{self, AUTO, Live, Local, Past, Reason, Record};
use super::{Kind, connection, name_of, rule_words};
use crate::db::{Conn, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Places, Scope};
use crate::domain::pairing::owned::{Evidence, Proof};
use crate::kit::ids::{ConnectionId, ExternalRecordId, PairingId};
use crate::kit::names::search_key;

text_enum! {
    /// Which rows are shown.
    pub enum Show {
        All = "all",
        NotMapped = "not mapped",
        Auto = "auto",
        User = "user",
    }
}

impl Show {
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::NotMapped => "Not mapped",
            Self::Auto => "Auto",
            Self::User => "User",
        }
    }
}

/// What a tab is asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Words that all occur in the name.
    pub search: String,
    pub show: Show,
    /// Only those of one site, by the vendor's identifier; empty: of all.
    pub site: String,
    /// Rows that are shown first, whatever else is asked for: those that were not saved.
    pub always: Vec<ExternalRecordId>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { search: String::new(), show: Show::All, site: String::new(), always: Vec::new() }
    }
}

/// What there is of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: usize,
    pub auto: usize,
    pub user: usize,
    pub not_mapped: usize,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    pub record: ExternalRecordId,
    pub external_id: String,
    pub name: String,
    pub born: Option<NaiveDate>,
    pub email: String,
    /// Names of their sites.
    pub sites: Vec<String>,
    /// Nobody of the vendor's list any more.
    pub is_gone: bool,
    /// The unmapped site for which it waits.
    pub waits_for: Option<String>,
    pub mapping: Option<Mapping>,
    /// Why it is not mapped, and who it may be.
    pub why: String,
    pub suggested: Option<(i64, String)>,
    /// A rule that is switched off would map it to whom is suggested.
    pub rule_off: bool,
    pub evidence: Vec<String>,
    sort: (bool, String, String),
}

/// Whom a record is mapped to.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub pairing: PairingId,
    pub local: i64,
    pub name: String,
    /// Not active here any more.
    pub is_inactive: bool,
    pub is_auto: bool,
    /// Who chose it; empty of a rule.
    pub by: String,
    pub at: NaiveDateTime,
    pub rule: String,
    pub evidence: Vec<String>,
    pub uses: Uses,
    /// Why it cannot be deleted.
    pub fixed: Option<String>,
}

/// A page of a tab.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub counts: Counts,
    pub rows: Vec<Row>,
    /// Rows that fit what was asked for.
    pub found: usize,
}

/// Rows of a tab, `limit` of them after `offset`; those that wait for a site come last, grouped under it.
///
/// # Errors
/// `NotHere` where there is no connection.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    kind: Kind,
    wanted: &Wanted,
    (offset, limit): (usize, usize),
) -> Result<Page, Refusal> {
    let id = connection(conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let world = World::read(conn, scope, id, kind)?;
    let mut rows: Vec<(Row, &Record)> =
        world.records.iter().filter_map(|record| Some((world.row(scope, record)?, record))).collect();
    let counts = counts(rows.iter().map(|(row, _)| row));
    let words: Vec<String> = search_key(&wanted.search).split(' ').map(str::to_owned).collect();
    rows.retain(|(row, record)| {
        let shown = match (wanted.show, &row.mapping) {
            (Show::All, _) | (Show::NotMapped, None) => true,
            (Show::Auto, Some(mapping)) => mapping.is_auto,
            (Show::User, Some(mapping)) => !mapping.is_auto,
            _ => false,
        };
        let here = row.mapping.as_ref().map(|mapping| search_key(&mapping.name)).unwrap_or_default();
        let found = |word: &String| record.sort_name.contains(word.as_str()) || here.contains(word.as_str());
        let fits = shown && words.iter().all(found) && world.at_site(record, &wanted.site);
        fits || wanted.always.contains(&row.record)
    });
    let later = |row: &Row| !wanted.always.contains(&row.record);
    rows.sort_by(|(one, _), (other, _)| (later(one), &one.sort).cmp(&(later(other), &other.sort)));
    let found = rows.len();
    let page: Vec<(Row, &Record)> = rows.into_iter().skip(offset).take(limit).collect();
    let by_hand: Vec<Record> = page
        .iter()
        .filter(|(row, _)| row.mapping.as_ref().is_some_and(|mapping| !mapping.is_auto))
        .map(|(_, record)| (*record).clone())
        .collect();
    let uses = depends::uses(conn, id, kind, &by_hand)?;
    let mut rows: Vec<Row> = page.into_iter().map(|(row, _)| row).collect();
    for row in &mut rows {
        if let (Some(mapping), Some(uses)) = (&mut row.mapping, uses.get(&row.record)) {
            mapping.uses = *uses;
            mapping.fixed = uses.words();
        }
    }
    Ok(Page { counts, rows, found })
}

fn counts<'r>(rows: impl Iterator<Item = &'r Row>) -> Counts {
    rows.fold(Counts::default(), |mut counts, row| {
        counts.total += 1;
        match &row.mapping {
            Some(mapping) if mapping.is_auto => counts.auto += 1,
            Some(_) => counts.user += 1,
            None => counts.not_mapped += 1,
        }
        counts
    })
}

/// Everything that rows are made of.
struct World {
    kind: Kind,
    records: Vec<Record>,
    live: HashMap<ExternalRecordId, Live>,
    reasons: HashMap<ExternalRecordId, Reason>,
    here: HashMap<i64, Local>,
    /// Whoever of those is mapped to some record.
    taken: HashSet<i64>,
    sites: Sites,
}

impl World {
    fn read(
        conn: &mut Conn,
        scope: &Scope<PairRecords>,
        connection: ConnectionId,
        kind: Kind,
    ) -> Result<Self, Refusal> {
        let live = store::live(conn, connection, kind)?;
        let reasons = store::reasons(conn, connection, kind)?;
        let here = store::locals(conn, scope.organisation(), kind)?;
        Ok(Self {
            kind,
            records: store::records(conn, connection, kind)?,
            taken: live.iter().map(|one| one.local_id).collect(),
            live: live.into_iter().map(|one| (one.external_record_id, one)).collect(),
            reasons: reasons.into_iter().map(|one| (one.external_record_id, one)).collect(),
            here: here.into_iter().map(|one| (one.id, one)).collect(),
            sites: known_sites(conn, scope.organisation(), connection)?,
        })
    }

    fn at_site(&self, record: &Record, site: &str) -> bool {
        site.is_empty() || settle::theirs(self.kind, record).sites.iter().any(|one| one == site)
    }

    /// The row of a record; nothing for one that is gone and mapped to nobody, or that the person does not see.
    fn row(&self, scope: &Scope<PairRecords>, record: &Record) -> Option<Row> {
        let live = self.live.get(&record.id);
        if record.missing_runs > 0 && live.is_none() {
            return None;
        }
        let theirs = settle::theirs(self.kind, record);
        let sites = if self.kind == Kind::Site { Vec::new() } else { theirs.sites };
        if !self.sees(scope, live, &sites) {
            return None;
        }
        let waits_for = match (self.kind, live) {
            (Kind::Site, _) | (_, Some(_)) => None,
            _ => self.sites.waits_for(&sites).map(str::to_owned),
        };
        let reason = self.reasons.get(&record.id);
        let suggested = reason.and_then(|reason| {
            let local = self.here.get(&reason.local_id?)?;
            let free = !self.taken.contains(&local.id) && reaches(scope.places(), local);
            free.then(|| (local.id, local.name()))
        });
        let evidence = reason.map(|reason| evidence(&reason.evidence)).unwrap_or_default();
        Some(Row {
            record: record.id,
            external_id: record.external_id.clone(),
            name: name_of(self.kind, record),
            born: theirs.facts.date_of_birth.parse().ok(),
            email: theirs.facts.email,
            sites: sites.iter().map(|site| self.site_words(site)).collect(),
            is_gone: record.missing_runs > 0,
            sort: (waits_for.is_some(), waits_for.clone().unwrap_or_default(), record.sort_name.clone()),
            waits_for,
            mapping: live.map(|live| self.mapping(live)),
            why: reason.map(|reason| reason.words.clone()).unwrap_or_default(),
            rule_off: live.is_none() && reason.is_some_and(|reason| reason.code == Why::RuleOff.as_str()),
            evidence: if suggested.is_some() { evidence } else { Vec::new() },
            suggested,
        })
    }

    fn site_words(&self, site: &str) -> String {
        self.sites.names.get(site).cloned().unwrap_or_else(|| site.to_owned())
    }

    fn sees(&self, scope: &Scope<PairRecords>, live: Option<&Live>, sites: &[String]) -> bool {
        let Places::Only(places) = scope.places() else { return true };
        let local = live.and_then(|live| self.here.get(&live.local_id));
        if self.kind == Kind::Site {
            return local.is_none_or(|agency| reaches(scope.places(), agency));
        }
        let at = self.sites.agencies_of(sites);
        at.iter().any(|place| places.contains(place)) || local.is_some_and(|one| reaches(scope.places(), one))
    }

    fn mapping(&self, live: &Live) -> Mapping {
        let local = self.here.get(&live.local_id);
        let is_auto = live.origin == AUTO;
        Mapping {
            pairing: live.id,
            local: live.local_id,
            name: local.map_or_else(|| "Not here any more".to_owned(), Local::name),
            is_inactive: local.is_none_or(|local| !local.is_active),
            is_auto,
            by: live.paired_by_name.clone(),
            at: live.paired_at,
            rule: if is_auto { rule_words(&live.rule) } else { String::new() },
            evidence: Proof::read(&live.evidence).reasons.into_iter().map(|one| one.words).collect(),
            uses: Uses::default(),
            fixed: cannot_delete(live, &Uses::default()),
        }
    }
}

fn evidence(text: &str) -> Vec<String> {
    let all: Vec<Evidence> = serde_json::from_str(text).unwrap_or_default();
    all.into_iter().map(|one| one.words).collect()
}

/// One record with all that is known of its mapping.
#[derive(Debug, Clone)]
pub struct Detail {
    pub row: Row,
    /// What was, newest first.
    pub history: Vec<Was>,
    /// Who said of whom that they are not the same.
    pub refused: Vec<NotTheSame>,
}

/// A mapping that is or was.
#[derive(Debug, Clone)]
pub struct Was {
    pub name: String,
    pub is_auto: bool,
    pub by: String,
    pub at: NaiveDateTime,
    pub rule: String,
    /// When, by whom, and why it ended.
    pub ended: Option<(NaiveDateTime, String, String)>,
}

/// A *Not the same* that holds.
#[derive(Debug, Clone)]
pub struct NotTheSame {
    pub local: i64,
    pub name: String,
    pub by: String,
    pub at: NaiveDateTime,
}

/// One record of a tab.
///
/// # Errors
/// `NotHere` also for one that the person does not see.
pub fn show(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    kind: Kind,
    id: ExternalRecordId,
) -> Result<Detail, Refusal> {
    let connection = connection(conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let world = World::read(conn, scope, connection, kind)?;
    let record = world.records.iter().find(|one| one.id == id).ok_or(Refusal::NotHere)?;
    let mut row = world.row(scope, record).ok_or(Refusal::NotHere)?;
    if let Some(mapping) = &mut row.mapping {
        mapping.uses = depends::uses_of(conn, connection, kind, id)?;
        if !mapping.is_auto {
            mapping.fixed = mapping.uses.words();
        }
    }
    let name = |local: i64| {
        let local = world.here.get(&local).filter(|one| reaches(scope.places(), one));
        local.map_or_else(|| "Somebody in another agency".to_owned(), Local::name)
    };
    let history = store::past(conn, id)?.into_iter().map(|past| was(&name, past)).collect();
    let refused = store::refused(conn, connection, kind)?
        .into_iter()
        .filter(|one| one.external_record_id == id)
        .map(|one| NotTheSame {
            local: one.local_id,
            name: name(one.local_id),
            by: one.made_by_name,
            at: one.made_at,
        })
        .collect();
    Ok(Detail { row, history, refused })
}

fn was(name: &dyn Fn(i64) -> String, past: Past) -> Was {
    let is_auto = past.origin == AUTO;
    Was {
        name: name(past.local_id),
        is_auto,
        by: past.paired_by_name,
        at: past.paired_at,
        rule: if is_auto { rule_words(&past.rule) } else { String::new() },
        ended: past.ended_at.map(|at| (at, past.ended_by_name, past.ended_because)),
    }
}

/// Whom a row can be mapped to.
#[derive(Debug, Clone)]
pub enum Options {
    /// So few that a drop-down holds them: id and label.
    Few(Vec<(i64, String)>),
    /// More: each row has a search.
    Many,
}

/// A drop-down holds this many.
pub const FEW: usize = 100;

/// Who is free here, as choices for the rows of a tab.
pub fn options(conn: &mut Conn, scope: &Scope<PairRecords>, kind: Kind) -> Result<Options, Refusal> {
    let free = free(conn, scope, kind)?;
    Ok(if free.len() > FEW { Options::Many } else { Options::Few(free) })
}

/// Those of them whose label has all the words.
pub fn search(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    kind: Kind,
    words: &str,
    limit: usize,
) -> Result<(Vec<(i64, String)>, bool), Refusal> {
    let words: Vec<String> = search_key(words).split(' ').map(str::to_owned).collect();
    let mut found = free(conn, scope, kind)?;
    found.retain(|(_, label)| {
        let label = search_key(label);
        words.iter().all(|word| label.contains(word.as_str()))
    });
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

fn free(conn: &mut Conn, scope: &Scope<PairRecords>, kind: Kind) -> Result<Vec<(i64, String)>, Refusal> {
    let id = connection(conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let taken: HashSet<i64> = store::live(conn, id, kind)?.into_iter().map(|one| one.local_id).collect();
    let sites = known_sites(conn, scope.organisation(), id)?;
    let here = store::locals(conn, scope.organisation(), kind)?;
    let free = here
        .into_iter()
        .filter(|one| one.is_active && !taken.contains(&one.id) && reaches(scope.places(), one));
    Ok(free.map(|one| (one.id, label(kind, &one, &sites))).collect())
}

/// `Leah Brown, born 14 May 2015, Oakfield Centre`: enough to tell two of one name apart.
fn label(kind: Kind, local: &Local, sites: &Sites) -> String {
    let at: Vec<&str> =
        local.places.iter().filter_map(|place| sites.agencies.get(place)).map(String::as_str).collect();
    match kind {
        Kind::Site => local.name(),
        Kind::Student => {
            let born = local.born.map(|date| date.format(", born %-d %B %Y").to_string()).unwrap_or_default();
            format!("{}{born}, {}", local.name(), at.join(", "))
        }
        Kind::User => {
            let parts = [local.name(), local.email.clone(), at.join(", ")];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
    }
}
