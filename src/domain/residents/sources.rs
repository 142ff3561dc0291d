//! Where a resident's values come from, and why somebody is not synced. Reads pairings, decides none.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::{OwnedField, Resident, Sees, store};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::access::{Right, Scope};
use crate::domain::organisations::{Feed, feeds};
use crate::kit::ids::{OrganisationId, ResidentId};

/// A live pairing of a resident with a vendor's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The vendor's word, such as `nourish`.
    pub vendor: String,
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

    /// Whether this vendor owns the fields of [`OwnedField`].
    pub fn owns_fields(&self) -> bool {
        self.vendor == Vendor::Nourish.id()
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

/// Whether a vendor owns fields of this resident.
pub(super) fn owned(conn: &mut Conn, organisation: OrganisationId, id: ResidentId) -> QueryResult<bool> {
    Ok(store::sources(conn, organisation, id)?.iter().any(Source::owns_fields))
}

/// The fields that a form may not change now.
pub(super) fn locked(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: ResidentId,
    today: NaiveDate,
) -> QueryResult<Vec<OwnedField>> {
    if !owned(conn, organisation, id)? {
        return Ok(Vec::new());
    }
    let free = store::overrides(conn, id, today)?;
    let locked = OwnedField::ALL.iter().copied().filter(|field| free.iter().all(|one| one.field != *field));
    Ok(locked.collect())
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

/// One entry for each vendor that is on and with which the resident is not paired.
pub fn not_synced<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: &Resident,
    sources: &[Source],
) -> QueryResult<Vec<NotSynced>> {
    let mut found = Vec::new();
    for feed in feeds(conn, scope)?.into_iter().filter(Feed::is_on) {
        if sources.iter().any(|source| source.vendor == feed.vendor) {
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

fn why(feed: &Feed, resident: &Resident, kept: Option<String>, suggestions: i64) -> String {
    let name = feed.vendor_name();
    if feed.sync_mode == "pair"
        && let Some(words) = out_of_scope(&feed.vendor, resident)
    {
        return words;
    }
    if feed.last_good_at.is_none_or(|at| at < resident.created_at) {
        return "New since the last sync.".to_owned();
    }
    match (kept, suggestions) {
        (Some(why), _) if !why.is_empty() => why,
        (_, 0) => format!("Nobody in {name} looks like this resident."),
        (_, 1) => format!("One person in {name} might be this resident."),
        (_, n) => format!("{n} people in {name} might be this resident."),
    }
}

/// Why a sync passes a resident over, by the vendor's rules: Nourish pairs by itself only who lives here
/// for good, in nursing or residential care.
pub fn out_of_scope(vendor: &str, resident: &Resident) -> Option<String> {
    if vendor != Vendor::Nourish.id() {
        return None;
    }
    let (name, facts) = (resident.name(), &resident.facts);
    let is = |text: &str, wanted: &[&str]| wanted.iter().any(|word| text.eq_ignore_ascii_case(word));
    if !facts.care_status.is_empty() && !is(&facts.care_status, &["Permanent"]) {
        let status = &facts.care_status;
        return Some(format!("{name} is not synced because the status is {status}, not Permanent."));
    }
    if !facts.resident_type.is_empty() && !is(&facts.resident_type, &["Nursing", "Residential"]) {
        let kind = &facts.resident_type;
        return Some(format!(
            "{name} is not synced because the resident type is {kind}, not Nursing or Residential."
        ));
    }
    None
}
