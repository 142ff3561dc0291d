//! Staff members as an organisation keeps them: adding, changing and finding them.
//!
//! A staff member is not an account: who may sign in, and what they may do, is `accounts`. Approving staff
//! that a vendor lists is `approvals`.

mod accounts;
mod details;
mod importing;
mod store;
mod suspending;
mod working;

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::access::{By, EditStaff, ManagePeople, PairRecords, Right, Scope, ViewStaff};
use super::organisations::{Changed, PlaceKind, places};
use super::{Refusal, audit};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{OrganisationId, PlaceId, StaffMemberId};

pub use accounts::{Known, LEFT, add_approved, known, signing_in, take_accounts};
pub(in crate::domain) use accounts::{end_access, member_of, suspend_many};
pub use details::{StaffDetails, TypedDetails};
pub use importing::{import, import_headings, preview_import};
pub use suspending::{extend, print_new_password, reinstate, standing, suspend};
pub use working::{places_of, set_places};

/// How rows of other features name a staff member: `pairings.kind`, `run_changes.subject`, the audit's subject.
pub const SUBJECT: &str = "staff";

text_enum! {
    /// Whether somebody works here now.
    pub enum StaffState {
        Active = "active",
        /// Left at the vendor, or suspended here.
        Suspended = "suspended",
    }
}

/// Rights under which staff members are read.
pub trait Sees: Right {}
impl Sees for ViewStaff {}
impl Sees for EditStaff {}
impl Sees for ManagePeople {}
impl Sees for PairRecords {}

/// A staff member as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    pub id: StaffMemberId,
    pub details: StaffDetails,
    pub state: StaffState,
    /// Somebody else here has the same name.
    pub look_alike: bool,
    /// Counts the changes; a form made from an older one is refused.
    pub version: i64,
    pub paired: bool,
    pub created_at: NaiveDateTime,
    /// When, why and by whom they were suspended.
    pub suspended: Option<(NaiveDateTime, String, String)>,
}

impl StaffMember {
    pub fn name(&self) -> String {
        self.details.name()
    }
}

/// What the list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all occur in the name, the e-mail address or the job title.
    pub search: String,
    pub home: Option<PlaceId>,
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<StaffMember>,
    /// Whether there are more after these.
    pub more: bool,
}

/// Staff members by name, `limit` of them after `offset`.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<ViewStaff>,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Page> {
    let mut rows = store::list(conn, scope.organisation(), wanted, offset, limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { rows, more })
}

/// How many active staff members there are.
pub fn count<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<i64> {
    store::count(conn, scope.organisation())
}

/// # Errors
/// `NotHere` when there is no such staff member in the organisation.
pub fn get<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: StaffMemberId) -> Result<StaffMember, Refusal> {
    Ok(store::get(conn, scope.organisation(), id)?)
}

/// Adds a staff member.
///
/// # Errors
/// `Invalid` when the home is none of the organisation's.
pub fn add(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    details: &StaffDetails,
) -> Result<StaffMemberId, Refusal> {
    check_home(tx.conn, scope, details)?;
    let id = store::insert(tx, scope.organisation(), details)?;
    recompute_look_alikes(tx, scope.organisation())?;
    let event = audit::Event::new("staff.added", format!("added {} to the staff", details.name()));
    audit::record(tx, scope, event.about(SUBJECT, id.0))?;
    Ok(id)
}

/// Saves a staff member's details from a form that was made from `version`.
///
/// # Errors
/// `NotHere`, `Invalid`, `Overtaken` naming who changed it meanwhile.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    version: i64,
    details: &StaffDetails,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, id)?;
    if before.version != version {
        let who = store::last_changed_by(tx.conn, id)?.unwrap_or_else(|| By::the_portal().name);
        return Err(Refusal::overtaken(format!("{who} changed this staff member meanwhile.")));
    }
    check_home(tx.conn, scope, details)?;
    let changed = changed(tx.conn, scope, &before.details, details)?;
    if changed.is_empty() {
        return Ok(());
    }
    store::write_details(tx, scope.organisation(), id, details)?;
    recompute_look_alikes(tx, scope.organisation())?;
    let words = format!("changed {}: {}", before.name(), changed.fields());
    let event = audit::Event::new("staff.changed", words).about(SUBJECT, id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Marks active staff members who have the same name.
pub fn recompute_look_alikes(tx: &mut Tx<'_>, organisation: OrganisationId) -> QueryResult<()> {
    let known = store::for_look_alikes(tx.conn, organisation)?;
    let mut by_name: HashMap<&str, u32> = HashMap::with_capacity(known.len());
    for (_, name, _) in &known {
        *by_name.entry(name).or_default() += 1;
    }
    let differing = |alike: bool| -> Vec<StaffMemberId> {
        let is_alike = |name: &str| by_name.get(name).is_some_and(|n| *n > 1);
        let wrong = known.iter().filter(|(_, name, marked)| is_alike(name) == alike && *marked != alike);
        wrong.map(|(id, ..)| *id).collect()
    };
    let (on, off) = (differing(true), differing(false));
    store::mark_look_alikes(tx, &on, true)?;
    store::mark_look_alikes(tx, &off, false)
}

fn check_home(conn: &mut Conn, scope: &Scope<EditStaff>, details: &StaffDetails) -> Result<(), Refusal> {
    let Some(home) = details.home else { return Ok(()) };
    let known = places(conn, scope)?;
    if known.iter().any(|place| place.id == home && place.kind == PlaceKind::Home) {
        Ok(())
    } else {
        Err(Refusal::invalid("home", "Choose one of the homes"))
    }
}

fn changed(
    conn: &mut Conn,
    scope: &Scope<EditStaff>,
    before: &StaffDetails,
    after: &StaffDetails,
) -> QueryResult<Changed> {
    let known = places(conn, scope)?;
    let home = |id: Option<PlaceId>| -> &str {
        id.and_then(|id| known.iter().find(|place| place.id == id)).map_or("", |place| &place.name)
    };
    let mut changed = Changed::default();
    changed.note("First name", &before.first_name, &after.first_name);
    changed.note("Last name", &before.last_name, &after.last_name);
    changed.note("Email address", &before.email, &after.email);
    changed.note("Job title", &before.job_title, &after.job_title);
    let sector = super::organisations::sector(conn, scope.organisation())?;
    let term = if sector.is_residential() { "Home" } else { "Place" };
    changed.note(term, home(before.home), home(after.home));
    Ok(changed)
}
