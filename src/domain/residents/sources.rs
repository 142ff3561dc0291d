//! Where a resident's values come from, and why somebody is not synced. Reads pairings, decides none.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::authority::{Voice, authority};
use super::eligibility::{OutOfScope, out_of_scope_by};
use super::{OwnedField, Resident, Sees, store};
use crate::connectors::{PersonRecord, Vendor};
use crate::db::Conn;
use crate::domain::access::{Right, Scope};
use crate::domain::connections::homes;
use crate::domain::organisations::{Feed, feeds};
use crate::kit::ids::{OrganisationId, ResidentId};

/// A live pairing of a resident with a vendor's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The vendor's word, such as `nourish`.
    pub vendor: String,
    /// The connection is on: what it says counts.
    pub is_on: bool,
    /// The connection is for the home where they live; else they are followed, and stay when it lets them go.
    pub is_for_home: bool,
    /// The vendor's last answers had the record.
    pub listed: bool,
    /// What the vendor said last.
    pub record: PersonRecord,
    /// `Auto` or `User`, as stored.
    pub origin: String,
    pub rule: String,
    pub paired_by: String,
    pub paired_at: NaiveDateTime,
    /// When a sync last brought this record: the last good sync after the pairing, or the pairing's own.
    pub synced_at: Option<NaiveDateTime>,
}

impl Source {
    pub fn vendor_name(&self) -> &str {
        crate::domain::organisations::vendor_name(&self.vendor)
    }

    pub fn is_of(&self, vendor: Vendor) -> bool {
        self.vendor == vendor.id()
    }

    /// What it says, while that counts.
    pub(super) fn voice(&self) -> Option<Voice> {
        let vendor = self.vendor.parse().ok().filter(|_| self.is_on && self.listed)?;
        Some(Voice { vendor, record: self.record.clone() })
    }
}

/// The live pairings of a resident; the caller has read the resident under the same scope.
pub fn sources<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: ResidentId) -> QueryResult<Vec<Source>> {
    store::sources(conn, scope.organisation(), id)
}

/// How many active residents of the organisation are paired with somebody at any vendor.
pub fn paired_residents<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<i64> {
    store::paired_residents(conn, scope.organisation(), scope.places())
}

/// The vendor's name that owns each field, where one does.
pub(super) fn owners(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: ResidentId,
) -> QueryResult<Vec<(OwnedField, String)>> {
    let (authority, sources) = (authority(conn, organisation)?, store::sources(conn, organisation, id)?);
    let owner =
        |field: &OwnedField| Some((*field, authority.owner(*field, &sources)?.vendor_name().to_owned()));
    Ok(OwnedField::ALL.iter().filter_map(owner).collect())
}

/// The fields that a form may not change now, each with the name of the vendor that owns it.
pub(super) fn locked(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: ResidentId,
    today: NaiveDate,
) -> QueryResult<Vec<(OwnedField, String)>> {
    let mut locked = owners(conn, organisation, id)?;
    if !locked.is_empty() {
        let free = store::overrides(conn, id, today)?;
        locked.retain(|(field, _)| free.iter().all(|one| one.field != *field));
    }
    Ok(locked)
}

/// Why a resident is not synced with a vendor that is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSynced {
    pub vendor: String,
    pub vendor_name: String,
    /// A sentence.
    pub why: String,
    /// How many records might be this person.
    pub suggestions: i64,
}

/// One entry for each vendor that is on and for their home, and with which the resident is not paired.
pub fn not_synced<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: &Resident,
    sources: &[Source],
) -> QueryResult<Vec<NotSynced>> {
    let mut found = Vec::new();
    for feed in feeds(conn, scope)?.into_iter().filter(Feed::is_on) {
        if sources.iter().any(|source| source.vendor == feed.vendor) || !is_for(conn, &feed, resident)? {
            continue;
        }
        let kept = store::unpaired(conn, feed.id, resident.id)?;
        let suggestions = store::suggestions(conn, feed.id, resident.id)?;
        let why = why(&feed, resident, kept, suggestions);
        let vendor_name = feed.vendor_name().to_owned();
        found.push(NotSynced { vendor: feed.vendor, vendor_name, why, suggestions });
    }
    Ok(found)
}

/// Whether a connection is for the home where a resident lives.
pub fn is_for(conn: &mut Conn, feed: &Feed, resident: &Resident) -> QueryResult<bool> {
    Ok(homes(conn, feed.id)?.holds(resident.facts.home))
}

fn why(feed: &Feed, resident: &Resident, kept: Option<String>, suggestions: i64) -> String {
    let name = feed.vendor_name();
    if feed.sync_mode == "pair"
        && let Some(words) = out_of_scope(&feed.vendor, resident)
    {
        return words;
    }
    if feed.last_good_at.is_none_or(|at| at < resident.created_at) && kept.is_none() {
        return "New since the last sync.".to_owned();
    }
    match (kept, suggestions) {
        (Some(why), _) if !why.is_empty() => why,
        (_, 0) => format!("Nobody in {name} looks like this resident."),
        (_, 1) => format!("One person in {name} might be this resident."),
        (_, n) => format!("{n} people in {name} might be this resident."),
    }
}

/// Why a sync passes a resident over, by the vendor's rule.
pub fn out_of_scope(vendor: &str, resident: &Resident) -> Option<String> {
    let facts = &resident.facts;
    let out = out_of_scope_by(vendor.parse().ok()?, &facts.care_status, &facts.resident_type)?;
    Some(format!("{} is not synced because {}.", resident.name(), out.words()))
}

/// How many active residents who are not paired with a vendor are out of its scope, by reason, the most first.
pub fn scope_counts<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    feed: &Feed,
) -> QueryResult<Vec<(OutOfScope, i64)>> {
    let Ok(vendor) = feed.vendor.parse::<Vendor>() else { return Ok(Vec::new()) };
    // Whoever takes everybody passes nobody over.
    if super::conditions(vendor).is_empty() || feed.sync_mode == "create" {
        return Ok(Vec::new());
    }
    let mut counts: Vec<(OutOfScope, i64)> = Vec::new();
    for (status, kind, n) in store::kinds_of_unpaired(conn, scope.organisation(), scope.places(), feed.id)? {
        let Some(out) = out_of_scope_by(vendor, &status, &kind) else { continue };
        match counts.iter_mut().find(|(known, _)| *known == out) {
            Some((_, count)) => *count += n,
            None => counts.push((out, n)),
        }
    }
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    Ok(counts)
}
