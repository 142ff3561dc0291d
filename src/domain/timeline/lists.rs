//! What screens read of entries: where each stands, the queue by state, and how the vendor will show one.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::store::{self, Kept};
use super::{Act, Change, Source, State};
use crate::connectors::{EntryChange, TimelineEntry, Topic};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::kit::ids::{EntryId, OrganisationId, ResidentId};

/// Where the newest version of an act stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub entry: EntryId,
    /// The care record that it is for.
    pub vendor_name: String,
    pub state: State,
    pub change: Change,
    /// Why it waits or did not arrive, in a sentence, or empty.
    pub because: String,
    /// What to do, in a sentence, or empty.
    pub repair: String,
    /// When it was settled.
    pub settled_at: Option<NaiveDateTime>,
    pub next_attempt_at: Option<NaiveDateTime>,
}

impl Standing {
    fn of(kept: Kept) -> Self {
        Self {
            entry: kept.id,
            vendor_name: kept.vendor_name().to_owned(),
            state: kept.state,
            change: kept.change,
            because: kept.because,
            repair: kept.repair,
            settled_at: kept.settled_at,
            next_attempt_at: kept.next_attempt_at,
        }
    }
}

/// Where each of these acts stands, by `source_id`.
pub fn standings(
    conn: &mut Conn,
    organisation: OrganisationId,
    source: Source,
    ids: &[i64],
) -> QueryResult<HashMap<i64, Standing>> {
    let mut newest: HashMap<i64, Kept> = HashMap::new();
    for kept in store::versions(conn, organisation, source, ids)? {
        let known = newest.get(&kept.source_id);
        if known.is_none_or(|known| known.version < kept.version) {
            newest.insert(kept.source_id, kept);
        }
    }
    Ok(newest.into_iter().map(|(id, kept)| (id, Standing::of(kept))).collect())
}

/// Which entries the queue is asked for; the default is all, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub states: &'static [State],
}

/// A line of the queue.
#[derive(Clone, Debug)]
pub struct Listed {
    pub kept: Kept,
    pub resident_name: String,
}

/// A page of the queue.
#[derive(Clone, Debug)]
pub struct Page {
    pub rows: Vec<Listed>,
    pub more: bool,
}

/// The queue as far as the scope reaches.
pub fn list<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    wanted: Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Page> {
    let mut rows = store::list(conn, scope.organisation(), scope.places(), wanted.states, offset, limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let rows =
        rows.into_iter().map(|(kept, first, last)| Listed { kept, resident_name: format!("{first} {last}") });
    Ok(Page { rows: rows.collect(), more })
}

/// How many entries there are of each state.
pub fn counts<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<(State, i64)>> {
    store::counts(conn, scope.organisation(), scope.places())
}

/// One entry.
///
/// # Errors
/// `NotHere` also for a resident outside the person's places.
pub fn entry<R: Right>(conn: &mut Conn, scope: &Scope<R>, id: EntryId) -> Result<Kept, Refusal> {
    let found = store::by_ids(conn, scope.organisation(), scope.places(), &[id])?;
    found.into_iter().next().ok_or(Refusal::NotHere)
}

/// Every version of the act that an entry tells of, oldest first.
pub fn history<R: Right>(conn: &mut Conn, scope: &Scope<R>, of: &Kept) -> Result<Vec<Kept>, Refusal> {
    entry(conn, scope, of.id)?;
    let mut versions = store::versions_of(conn, of)?;
    versions.sort_by_key(|one| one.version);
    Ok(versions)
}

/// An entry as it would be written, to show how it will look; nobody's identifiers are in it.
pub fn preview(kept: &Kept) -> TimelineEntry {
    let change = match kept.change {
        Change::New => EntryChange::New,
        Change::Correction => EntryChange::Corrects(String::new()),
        Change::Withdrawal => EntryChange::Withdraws(String::new()),
    };
    written(kept, String::new(), None, change)
}

/// An act as it would be written if it were recorded now, to show how it will look.
pub fn draft(act: &Act) -> TimelineEntry {
    TimelineEntry {
        topic: Topic::Activity,
        code: None,
        external_id: String::new(),
        person: String::new(),
        service: None,
        at: act.at.and_utc(),
        activity_name: act.activity_name.clone(),
        details: act.details.clone(),
        location: act.location.clone(),
        took_part: act.took_part,
        rating: act.rating.and_then(|rating| u8::try_from(rating).ok()),
        comment: act.comment.clone(),
        completed_by: act.completed_by.clone(),
        change: EntryChange::New,
    }
}

/// An entry in the connectors' words. A correction and a withdrawal say so in the comment too: that a vendor shows
/// the link between two entries is assumed, that it shows the comment is not.
pub(super) fn written(
    kept: &Kept,
    person: String,
    service: Option<String>,
    change: EntryChange,
) -> TimelineEntry {
    let comment = match &change {
        EntryChange::New => kept.comment.clone(),
        EntryChange::Corrects(_) => spaced("This corrects an earlier entry.", &kept.comment),
        EntryChange::Withdraws(_) => {
            spaced("Withdrawn: the earlier entry was made by mistake.", &kept.comment)
        }
    };
    TimelineEntry {
        topic: kept.source.topic(),
        code: None,
        external_id: kept.external_id.clone(),
        person,
        service,
        at: kept.occurred_at.and_utc(),
        activity_name: kept.activity_name.clone(),
        details: kept.details.clone(),
        location: kept.location.clone(),
        took_part: kept.took_part,
        rating: kept.rating.and_then(|rating| u8::try_from(rating).ok()),
        comment,
        completed_by: kept.completed_by.clone(),
        change,
    }
}

fn spaced(first: &str, second: &str) -> String {
    format!("{first} {second}").trim().to_owned()
}

/// Whose timeline an entry is for.
impl Listed {
    pub fn resident(&self) -> ResidentId {
        self.kept.resident
    }
}
