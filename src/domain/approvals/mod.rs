//! *Pending staff*: people whom a vendor lists and who have no account here, until somebody lets them in or not.
//!
//! A sync fills the list ([`refresh()`]) and never decides; what a person decided is never taken back by a sync.
//! Nobody grants what they do not hold; staff with the right decide about people of their own places.

mod approve;
mod daily;
mod decide;
pub mod flags;
mod letter_links;
mod presets;
mod refresh;
mod store;
mod suggest;

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::Refusal;
use super::access::{ApproveStaff, Permission, Places, Right, Role, Scope};
use super::audit::{self, Event};
use super::connections;
use super::organisations::{self, one_line};
use super::pairing;
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{ApprovalId, ConnectionId, ExternalRecordId, PlaceId, StaffMemberId};

pub use approve::{Approving, Outcome, approve};
pub use daily::{anything_due, end_access, remind, tell_who_waits};
pub use decide::{Choice, End, choose, look, reject, restore};
pub use flags::Flag;
pub use letter_links::{Opened, open as open_letter_link, purge as purge_letter_links};
pub use presets::{Preset, keep as keep_preset, presets};
pub use refresh::{after_sync, refresh};
pub use suggest::Suggestion;

text_enum! {
    /// Where somebody stands.
    pub enum State {
        Pending = "pending",
        Approved = "approved",
        Rejected = "rejected",
        /// No longer listed by the vendor before anybody decided.
        Gone = "gone",
    }
}

impl State {
    fn is_decided(self) -> bool {
        matches!(self, Self::Approved | Self::Rejected)
    }
}

/// A role as the vendor names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleThere {
    Manager,
    Staff,
    /// Any other word, or none.
    Other,
}

/// How a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    Newest,
    Name,
    Title,
}

/// What a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all occur in the name, the e-mail address or the job title.
    pub search: String,
    pub role: Option<RoleThere>,
    /// Only those who should be looked at first.
    pub flagged: bool,
    /// Only those who waited already at that time.
    pub waited_at: Option<NaiveDateTime>,
    pub order: Order,
}

/// Somebody who waits, or was decided about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub id: ApprovalId,
    pub state: State,
    pub name: String,
    pub email: String,
    /// As the vendor says it: `Manager`, `Staff`, or anything else.
    pub vendor_role: String,
    /// The name of the care record system that lists them.
    pub system: &'static str,
    pub job_title: String,
    pub service: String,
    pub flags: Vec<Flag>,
    /// Who has looked at exactly these flags; empty for nobody.
    pub looked_by: String,
    /// What is chosen, if anything is yet.
    pub role: Option<Role>,
    pub permissions: BTreeSet<Permission>,
    pub places: Vec<PlaceId>,
    /// The last day of access.
    pub ends_on: Option<NaiveDate>,
    pub since: NaiveDateTime,
    pub decided_at: Option<NaiveDateTime>,
    pub decided_by: String,
    pub reason: String,
    /// The staff member here whom the record is paired with.
    pub paired: Option<StaffMemberId>,
    /// What people with the same job title were given before.
    pub suggestion: Option<Suggestion>,
}

impl Approval {
    /// Whether somebody has to look before this person can be approved.
    pub fn needs_a_look(&self) -> bool {
        !self.flags.is_empty() && self.looked_by.is_empty()
    }

    pub fn is_manager_there(&self) -> bool {
        self.vendor_role == "Manager"
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Approval>,
    /// On all pages.
    pub total: i64,
}

/// Most people who are decided about in one act.
pub const MOST_AT_ONCE: i64 = 1000;

/// People in a state, `limit` of them after `offset`.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<ApproveStaff>,
    state: State,
    wanted: &Wanted,
    (offset, limit): (i64, i64),
) -> QueryResult<Page> {
    let reach = reach(conn, scope, scope.places())?;
    let of = (scope.organisation(), &reach);
    let total = store::count(conn, of, state, wanted)?;
    let rows = store::list(conn, of, state, wanted, offset, limit)?;
    Ok(Page { rows: dress(conn, scope, rows)?, total })
}

/// The ids of everybody in a state who fits, up to [`MOST_AT_ONCE`].
pub fn ids(
    conn: &mut Conn,
    scope: &Scope<ApproveStaff>,
    state: State,
    wanted: &Wanted,
) -> QueryResult<Vec<ApprovalId>> {
    let reach = reach(conn, scope, scope.places())?;
    store::ids(conn, (scope.organisation(), &reach), state, wanted, MOST_AT_ONCE)
}

/// Those of `ids` whom the person sees.
pub fn of_ids(
    conn: &mut Conn,
    scope: &Scope<ApproveStaff>,
    ids: &[ApprovalId],
) -> QueryResult<Vec<Approval>> {
    let reach = reach(conn, scope, scope.places())?;
    let rows = store::of_ids(conn, (scope.organisation(), &reach), ids)?;
    dress(conn, scope, rows)
}

/// How many wait, and how many were rejected.
pub fn counts(conn: &mut Conn, scope: &Scope<ApproveStaff>) -> QueryResult<(i64, i64)> {
    let reach = reach(conn, scope, scope.places())?;
    let of = (scope.organisation(), &reach);
    let all = Wanted::default();
    Ok((store::count(conn, of, State::Pending, &all)?, store::count(conn, of, State::Rejected, &all)?))
}

/// # Errors
/// `NotHere` for somebody of another organisation, or outside the person's places.
pub fn get(conn: &mut Conn, scope: &Scope<ApproveStaff>, id: ApprovalId) -> Result<Approval, Refusal> {
    let reach = reach(conn, scope, scope.places())?;
    let row = store::get(conn, (scope.organisation(), &reach), id)?;
    dress(conn, scope, vec![row])?.pop().ok_or(Refusal::NotHere)
}

/// Whether the person gets the morning letter about who waits.
pub fn wants_digest(conn: &mut Conn, scope: &Scope<ApproveStaff>) -> QueryResult<bool> {
    match scope.by().account {
        Some(account) => store::wants_digest(conn, scope.organisation(), account),
        None => Ok(false),
    }
}

/// Starts or stops the morning letter for the person themselves.
pub fn want_digest(tx: &mut Tx<'_>, scope: &Scope<ApproveStaff>, wanted: bool) -> Result<(), Refusal> {
    let Some(account) = scope.by().account else { return Err(Refusal::NotHere) };
    if store::set_digest(tx, scope.organisation(), account, wanted)? > 0 {
        let words = if wanted {
            "asked for the daily letter about pending staff"
        } else {
            "stopped the daily letter about pending staff"
        };
        audit::record(tx, scope, Event::new("staff.digest", words).about("account", account.0))?;
    }
    Ok(())
}

/// The places whose people a person decides about: those assigned, and the zones of homes among them.
fn reach(conn: &mut Conn, scope: &Scope<ApproveStaff>, places: &Places) -> QueryResult<store::Reach> {
    let Places::Only(assigned) = places else { return Ok(store::Reach::All) };
    let known = organisations::places(conn, scope)?;
    let covered = known.iter().filter(|place| {
        assigned.contains(&place.id) || place.parent.is_some_and(|home| assigned.contains(&home))
    });
    Ok(store::Reach::Only(covered.map(|place| place.id).collect()))
}

fn dress(conn: &mut Conn, scope: &Scope<ApproveStaff>, rows: Vec<store::Row>) -> QueryResult<Vec<Approval>> {
    let ids: Vec<ApprovalId> = rows.iter().map(|row| row.id).collect();
    let records: Vec<ExternalRecordId> = rows.iter().map(|row| row.external_record_id).collect();
    let mut places = store::places_of(conn, &ids)?;
    let paired = pairing::staff_of(conn, &records)?;
    let titles = rows.iter().map(|row| row.title_folded.as_str());
    let suggestions = suggest::for_titles(conn, scope, titles)?;
    let systems = systems(conn, scope)?;
    let approval = |row: store::Row| Approval {
        name: row.name(),
        flags: Flag::read(&row.flags),
        looked_by: if row.looked_flags == row.flags { row.looked_by_name } else { String::new() },
        permissions: row.role.map(|role| Permission::read(role, &row.permissions)).unwrap_or_default(),
        places: places.remove(&row.id).unwrap_or_default(),
        paired: paired.get(&row.external_record_id).copied(),
        suggestion: suggestions.get(&row.title_folded).cloned(),
        id: row.id,
        state: row.state,
        email: row.email,
        vendor_role: row.vendor_role,
        system: systems.get(&row.connection_id).copied().unwrap_or(ANY_SYSTEM),
        job_title: row.job_title,
        service: row.service,
        role: row.role,
        ends_on: row.ends_on,
        since: row.since,
        decided_at: row.decided_at,
        decided_by: row.decided_by_name,
        reason: row.reason,
    };
    Ok(rows.into_iter().map(approval).collect())
}

/// Where nobody knows which system it is.
const ANY_SYSTEM: &str = "the care record";

/// The name of the vendor behind each connection.
fn systems<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<HashMap<ConnectionId, &'static str>> {
    let all = connections::all(conn, scope)?;
    Ok(all.into_iter().map(|one| (one.id, one.vendor.name())).collect())
}

/// A vendor's text as it is kept here: one line, and not without end.
fn clipped(text: &str) -> String {
    one_line(text).chars().take(300).collect()
}
