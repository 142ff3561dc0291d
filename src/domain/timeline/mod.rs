//! The outbox to the care record: what waits for a person's timeline at the vendor, and what became of it.
//!
//! An entry is written in the transaction of the act that it tells of, and settled exactly once. Entries of one
//! person go in the order in which they were written. One that may have arrived is looked up before it is sent again;
//! where a vendor cannot be asked, a person is. The worker's side stands in `sending`, who waits why in `waiting`, for
//! which of several care records an entry is in `choice`, what screens read in `lists`; the rules about pauses are
//! pure, in `pacing`.
//!
//! Night events come from `monitoring` and are entries like any other.
//!
//! What relatives may see is governed by the resident's consent. The care record is not: it is the home's own record
//! of the care that it gave, so that entries go there whatever was consented to.

mod choice;
mod filing;
mod lists;
mod pacing;
mod sending;
mod store;
mod waiting;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::Refusal;
use super::access::{RecordActivities, Right, RunSyncs, Scope};
use super::audit::{self, Event};
use crate::connectors::{Topic, Vendor};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{EntryId, OrganisationId, ResidentId};
use crate::kit::secret::fingerprint;

use choice::Systems;

pub use choice::{Destination, choose, default_system, destination, destinations, set_default};
pub use filing::{Filing, filings, set_filings};
pub use lists::{Listed, Page, Standing, Wanted, counts, draft, entry, history, list, preview, standings};
pub use sending::{Item, LEASE, Outcome, Settled, claim, recover, settle};
pub use store::Kept;
pub use waiting::{any_pending, release};

text_enum! {
    /// Where an entry is on its way.
    pub enum State {
        Waiting = "waiting",
        /// It cannot go yet: the resident is not paired, or nothing may be written now.
        Held = "held",
        Sending = "sending",
        /// The vendor has it.
        Sent = "sent",
        /// The vendor refused it, and said why.
        Rejected = "rejected",
        /// It may be there or not: it is looked up before anything else.
        Uncertain = "uncertain",
        /// It may be there or not, and the vendor cannot be asked: a person looks.
        Doubtful = "doubtful",
        /// Tried for three days.
        Dead = "dead",
        /// Corrected or withdrawn before it was sent.
        Cancelled = "cancelled",
    }
}

impl State {
    /// The tag that a screen shows.
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting | Self::Held => "Waiting",
            Self::Sending => "Being sent",
            Self::Sent => "Accepted",
            Self::Rejected => "Rejected by the care record",
            Self::Uncertain => "Being checked",
            Self::Doubtful => "Not certain",
            Self::Dead => "Given up",
            Self::Cancelled => "Not sent",
        }
    }

    /// Whether it is still on its way.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Waiting | Self::Held | Self::Sending | Self::Uncertain)
    }

    /// Whether somebody has to do something.
    pub fn needs_somebody(self) -> bool {
        matches!(self, Self::Rejected | Self::Doubtful | Self::Dead)
    }
}

text_enum! {
    /// What kind of act an entry tells of.
    pub enum Source {
        /// A participation; `source_id` is its row.
        Activity = "activity",
        /// Something that happened at night; `source_id` is the first event of those that it tells of.
        Monitoring = "monitoring",
        /// A visit that was booked with another organisation; `source_id` is its row.
        Visit = "visit",
    }
}

impl Source {
    /// What kind of note it is for a vendor.
    pub fn topic(self) -> Topic {
        match self {
            Self::Activity | Self::Visit => Topic::Activity,
            Self::Monitoring => Topic::Monitoring,
        }
    }
}

text_enum! {
    /// How an entry stands to the version before.
    pub enum Change {
        New = "new",
        Correction = "correction",
        Withdrawal = "withdrawal",
    }
}

/// An act that is to stand on a person's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub resident: ResidentId,
    pub source_id: i64,
    /// Random, and the same for every version: what the vendor knows the entry by follows from it.
    pub key: String,
    /// 1 for what was written first.
    pub version: i32,
    /// When it happened, UTC.
    pub at: NaiveDateTime,
    pub activity_name: String,
    pub details: String,
    pub location: String,
    pub took_part: bool,
    pub rating: Option<i32>,
    pub comment: String,
    pub completed_by: String,
}

/// The same for every attempt, on every machine; the shape of a UUID, which most systems have room for.
fn external_id(key: &str, version: i32, vendor: Vendor) -> String {
    let hash = fingerprint(&format!("{key}|{version}|{}", vendor.id()));
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hash.get(range).unwrap_or_default());
    parts.join("-")
}

/// Puts acts onto their way, in the order in which they stand. Part of the transaction of the act itself.
pub fn enqueue(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    source: Source,
    acts: &[Act],
) -> Result<(), Refusal> {
    let residents: Vec<ResidentId> = acts.iter().map(|act| act.resident).collect();
    let systems = Systems::read(tx.conn, organisation, &residents)?;
    let rows = acts.iter().map(|act| store::New { act, change: Change::New, replaces: None }).collect();
    for (vendor, rows) in choice::by_system(&systems, rows) {
        insert(tx, organisation, (vendor, source), &systems, &rows)?;
    }
    Ok(())
}

/// A new version of an act. One that was not sent yet is not sent any more; of one that was, the vendor gets an entry
/// that names it.
pub fn correct(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    source: Source,
    act: &Act,
) -> Result<(), Refusal> {
    replace(tx, organisation, source, act, Change::Correction)
}

/// Takes an act back. What was not sent yet never is; for what was, the vendor gets an entry that takes it back.
pub fn withdraw(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    source: Source,
    act: &Act,
) -> Result<(), Refusal> {
    replace(tx, organisation, source, act, Change::Withdrawal)
}

fn replace(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    source: Source,
    act: &Act,
    change: Change,
) -> Result<(), Refusal> {
    let versions = store::versions(tx.conn, organisation, source, &[act.source_id])?;
    let Some(last) = versions.iter().max_by_key(|entry| entry.version) else { return Ok(()) };
    store::cancel_unsent(tx, organisation, source, act.source_id)?;
    store::look_again(tx, organisation, source, act.source_id)?;
    let where_it_may_be = choice::follows(&versions);
    if change == Change::Withdrawal && where_it_may_be.is_none() {
        return Ok(());
    }
    let systems = Systems::read(tx.conn, organisation, &[act.resident])?;
    let vendor = where_it_may_be.unwrap_or_else(|| systems.of(act.resident));
    let row = store::New { act, change, replaces: Some(last.id) };
    insert(tx, organisation, (vendor, source), &systems, &[row])
}

fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    (vendor, source): (Vendor, Source),
    systems: &Systems,
    rows: &[store::New<'_>],
) -> Result<(), Refusal> {
    let line = waiting::line(tx.conn, organisation, vendor)?;
    let residents: Vec<ResidentId> = rows.iter().map(|row| row.act.resident).collect();
    let paired = match &line {
        waiting::Line::Open(connection) => store::paired(tx.conn, connection.id, &residents)?,
        waiting::Line::Closed(_) => std::collections::HashSet::new(),
    };
    let because = |resident: ResidentId| match &line {
        waiting::Line::Closed(words) => Some(words.clone()),
        waiting::Line::Open(_) if paired.contains(&resident) => None,
        waiting::Line::Open(_) => Some(systems.not_paired(resident, vendor)),
    };
    store::insert_many(tx, organisation, (vendor, source), rows, because)?;
    Ok(())
}

/// Rights under which somebody may have entries sent again.
pub trait Resends: Right {}
impl Resends for RecordActivities {}
impl Resends for RunSyncs {}

/// Puts refused and given-up entries onto their way again; says how many. Those that were corrected or withdrawn
/// since stay where they are, and so does what is not the person's to see.
pub fn send_again<R: Resends>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    entries: &[EntryId],
) -> Result<usize, Refusal> {
    let mut again = 0;
    for kept in store::by_ids(tx.conn, scope.organisation(), scope.places(), entries)? {
        if !kept.state.needs_somebody() || store::is_replaced(tx.conn, kept.id)? {
            continue;
        }
        if store::again(tx, kept.id, kept.state)? {
            again += 1;
            let words =
                format!("asked to send the entry {} to {} again", kept.activity_name, kept.vendor_name());
            audit::record(tx, scope, Event::new("timeline.again", words).about("entry", kept.id.0))?;
        }
    }
    Ok(again)
}

/// Whether anything at all was ever written for an organisation, so that screens with nothing to show stay away.
pub fn any(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<bool> {
    store::any(conn, organisation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_follows_from_the_act_and_its_version() {
        let id = external_id("a", 1, Vendor::Nourish);
        assert_eq!(id, external_id("a", 1, Vendor::Nourish));
        assert_eq!(id.len(), 36);
        for other in [external_id("a", 2, Vendor::Nourish), external_id("b", 1, Vendor::Nourish)] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn every_state_is_either_on_its_way_or_settled() {
        let pending: Vec<&str> =
            State::ALL.iter().filter(|state| state.is_pending()).map(|state| state.as_str()).collect();
        assert_eq!(pending, ["waiting", "held", "sending", "uncertain"]);
        assert!(State::ALL.iter().all(|state| !(state.is_pending() && state.needs_somebody())));
    }
}
