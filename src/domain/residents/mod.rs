//! The people an organisation supports: adding, changing, archiving and finding them.
//!
//! Nobody is ever deleted here. Deliberately pairs nobody: what is read of pairings says where a value came
//! from and why somebody is not synced, and is decided elsewhere.

mod authority;
mod eligibility;
mod facts;
mod history;
mod importing;
mod look_alikes;
mod nhs;
mod overrides;
mod sources;
mod store;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::access::{
    By, EditResidents, ManageAppointments, ManageRelatives, PairRecords, Places, RecordActivities, Right,
    RunSyncs, Scope, ViewAppointments, ViewResidents,
};
use super::organisations::{Changed, one_line, recount, short};
use super::{Refusal, audit};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{OrganisationId, PlaceId, ResidentId};

pub use authority::{Authority, Part, Voice, authority, authority_of, follow, left_alone, named};
pub use eligibility::{OutOfScope, conditions, detail_words, out_of_scope_by};
pub use facts::{NewResident, ResidentFacts, TypedFacts};
pub use history::{Entry, FieldChange, changes_in, history};
pub use importing::{import, import_headings, preview_import};
pub use nhs::{fault as nhs_fault, keep as nhs_kept};
pub use overrides::{
    Differing, Override, OwnedField, differing, ending, live_overrides, overrides_of, remove_override,
    set_override, take_ended,
};
pub use sources::{
    NotSynced, Source, is_for, not_synced, out_of_scope, paired_residents, scope_counts, sources,
};

/// How rows of other features name a resident: `pairings.kind`, `run_changes.subject`, the audit's subject.
pub const SUBJECT: &str = "resident";

text_enum! {
    /// Whether somebody lives here now.
    pub enum ResidentState {
        Active = "active",
        Archived = "archived",
    }
}

/// Rights under which a resident's details are read.
pub trait Sees: Right {}
impl Sees for ViewResidents {}
impl Sees for EditResidents {}
impl Sees for PairRecords {}
impl Sees for RunSyncs {}
impl Sees for RecordActivities {}
impl Sees for ManageRelatives {}
impl Sees for ViewAppointments {}
impl Sees for ManageAppointments {}

/// A resident as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    pub id: ResidentId,
    pub facts: ResidentFacts,
    pub state: ResidentState,
    pub archived_at: Option<NaiveDateTime>,
    pub archived_because: String,
    /// Somebody else here has the same name, or the same surname and date of birth.
    pub look_alike: bool,
    /// Counts the changes; a form made from an older one is refused.
    pub version: i64,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl Resident {
    /// `Betty Cole`.
    pub fn name(&self) -> String {
        self.facts.name()
    }

    pub fn is_archived(&self) -> bool {
        self.state == ResidentState::Archived
    }
}

/// A line of the residents list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: ResidentId,
    pub first_name: String,
    pub last_name: String,
    pub room: String,
    pub home: PlaceId,
    pub zone: Option<PlaceId>,
    pub date_of_birth: Option<NaiveDate>,
    pub nhs_number: String,
    pub look_alike: bool,
    pub paired: bool,
}

/// How the list is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Name,
    Room,
}

/// What the list is asked for; the default is every active resident by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all occur in the name, the preferred name or the NHS number.
    pub search: String,
    /// A home or a zone.
    pub place: Option<PlaceId>,
    pub paired: Option<bool>,
    pub archived: bool,
    pub only_look_alikes: bool,
    pub order: Order,
}

impl Wanted {
    /// Whether the list is everybody in one state, so that the kept total counts it.
    pub fn is_everybody(&self) -> bool {
        self.search.trim().is_empty()
            && self.place.is_none()
            && self.paired.is_none()
            && !self.only_look_alikes
    }
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Listed>,
    /// Whether there are more after these.
    pub more: bool,
}

/// Residents that the scope reaches, `limit` of them after `offset`.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Page> {
    let mut rows = store::list(conn, scope.organisation(), scope.places(), wanted, offset, limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { rows, more })
}

/// How many active residents the scope reaches.
pub fn count<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<i64> {
    store::count(conn, scope.organisation(), scope.places())
}

/// One resident.
///
/// # Errors
/// `NotHere` also when the resident lives outside the person's places.
pub fn get<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: ResidentId) -> Result<Resident, Refusal> {
    Ok(store::get(conn, scope.organisation(), scope.places(), id)?)
}

/// Whether this session's view of a resident is on the trail already.
pub fn seen_lately(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    id: ResidentId,
    now: NaiveDateTime,
) -> QueryResult<bool> {
    audit::seen_lately(conn, scope.by(), OPENED, (SUBJECT, id.0), now - audit::ONE_VIEW)
}

const OPENED: &str = "resident.opened";

/// Records that somebody opened a resident, once in [`audit::ONE_VIEW`] and session.
///
/// # Errors
/// `NotHere` as for [`get`].
pub fn opened(tx: &mut Tx<'_>, scope: &Scope<ViewResidents>, id: ResidentId) -> Result<(), Refusal> {
    let resident = get(tx.conn, scope, id)?;
    if !seen_lately(tx.conn, scope, id, tx.now)? {
        let event = audit::Event::new(OPENED, format!("opened {}", resident.name()));
        audit::record(tx, scope, event.about(SUBJECT, id.0))?;
    }
    Ok(())
}

/// Adds a resident.
///
/// # Errors
/// `Invalid` when the home or zone is none of the scope's.
pub fn add(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    facts: &ResidentFacts,
) -> Result<ResidentId, Refusal> {
    check_place(tx.conn, scope, facts)?;
    let new = NewResident { organisation: scope.organisation(), facts: facts.clone() };
    let id = store::insert_many(tx, std::slice::from_ref(&new))?.pop();
    let id = id.ok_or_else(|| Refusal::Broken("an insert returned no id".into()))?;
    settle(tx, scope.organisation())?;
    let event = audit::Event::new("resident.added", format!("added {}", facts.name_and_room()));
    audit::record(tx, scope, event.about(SUBJECT, id.0))?;
    Ok(id)
}

/// Adds many residents and returns their ids in the same order. The caller has checked their places, calls
/// [`settle`] once at the end, and writes the audit event.
pub fn insert_many(tx: &mut Tx<'_>, new: &[NewResident]) -> QueryResult<Vec<ResidentId>> {
    store::insert_many(tx, new)
}

/// What is kept of a resident, for syncs.
pub fn facts_of(conn: &mut Conn, organisation: OrganisationId, id: ResidentId) -> QueryResult<ResidentFacts> {
    store::get(conn, organisation, &Places::All, id).map(|resident| resident.facts)
}

/// The version of a resident whom nobody has changed since they were added.
pub const FIRST_VERSION: i64 = 1;

/// Replaces what is kept of a resident, for syncs: the version counts on, nothing is compared. The caller
/// calls [`settle`] once at the end, and writes the audit event.
pub fn write_facts(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: ResidentId,
    facts: &ResidentFacts,
) -> QueryResult<()> {
    store::write_facts(tx, organisation, id, facts)
}

/// Archives or restores many, for syncs and their undoing. As for [`write_facts`], the rest is the caller's.
pub fn set_state(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    ids: &[ResidentId],
    state: ResidentState,
    because: &str,
) -> QueryResult<()> {
    store::set_state(tx, organisation, ids, state, because)
}

/// Brings the kept totals and the look-alike marks level after residents were added, changed or archived.
pub fn settle(tx: &mut Tx<'_>, organisation: OrganisationId) -> QueryResult<()> {
    recount(tx, organisation)?;
    recompute_look_alikes(tx, organisation)
}

/// Marks active residents who could be mixed up: the same full name, or surname and date of birth.
pub fn recompute_look_alikes(tx: &mut Tx<'_>, organisation: OrganisationId) -> QueryResult<()> {
    let known = store::for_look_alikes(tx.conn, organisation)?;
    let (on, off) = look_alikes::changed(&known);
    store::mark_look_alikes(tx, organisation, &on, true)?;
    store::mark_look_alikes(tx, organisation, &off, false)
}

/// Saves a resident's details from a form that was made from `version`.
///
/// # Errors
/// `NotHere`; `Invalid` for a place that is not the scope's, and for a changed field that a vendor owns and nobody
/// overrides; `Overtaken` naming who changed it meanwhile.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    id: ResidentId,
    version: i64,
    facts: &ResidentFacts,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, id)?;
    refuse_stale(tx.conn, &before, version)?;
    let mut facts = facts.clone();
    for (field, vendor) in sources::locked(tx.conn, scope.organisation(), id, tx.now.date())? {
        // Spaces that a form cannot show are no change.
        if one_line(&field.here(&before.facts)) != field.here(&facts) {
            let words = format!(
                "{vendor} owns this. Change it in {vendor}, or override it below until a date. It is still as it was"
            );
            return Err(Refusal::invalid(field.on_form(), words));
        }
        field.keep(&before.facts, &mut facts);
    }
    check_place(tx.conn, scope, &facts)?;
    let changed = changed(tx.conn, scope, &before.facts, &facts)?;
    if changed.is_empty() {
        return Ok(());
    }
    store::write_facts(tx, scope.organisation(), id, &facts)?;
    settle(tx, scope.organisation())?;
    let words = format!("changed {}: {}", before.name(), changed.fields());
    let event = audit::Event::new("resident.changed", words).about(SUBJECT, id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Puts a resident away with a reason; nothing of theirs is lost.
///
/// # Errors
/// `NotHere`, `Invalid` without a reason, `Overtaken` when it is archived or was changed meanwhile.
pub fn archive(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    id: ResidentId,
    version: i64,
    because: &str,
) -> Result<(), Refusal> {
    let because = short("because", one_line(because), 200)?;
    if because.is_empty() {
        return Err(Refusal::invalid("because", "Say why, such as: moved to another home"));
    }
    let before = get(tx.conn, scope, id)?;
    if before.is_archived() {
        return Err(Refusal::overtaken(format!("{} is archived already.", before.name())));
    }
    refuse_stale(tx.conn, &before, version)?;
    store::set_state(tx, scope.organisation(), &[id], ResidentState::Archived, &because)?;
    super::letters::withdraw_news_about(tx, id)?;
    settle(tx, scope.organisation())?;
    let words = format!("archived {}: {because}", before.facts.name_and_room());
    audit::record(tx, scope, audit::Event::new("resident.archived", words).about(SUBJECT, id.0))?;
    Ok(())
}

/// Brings an archived resident back as they were.
///
/// # Errors
/// `NotHere`, `Overtaken` when somebody restored them before.
pub fn restore(tx: &mut Tx<'_>, scope: &Scope<EditResidents>, id: ResidentId) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, id)?;
    if !before.is_archived() {
        return Err(Refusal::overtaken(format!("{} is not archived any more.", before.name())));
    }
    store::set_state(tx, scope.organisation(), &[id], ResidentState::Active, "")?;
    settle(tx, scope.organisation())?;
    let words = format!("restored {}", before.facts.name_and_room());
    audit::record(tx, scope, audit::Event::new("resident.restored", words).about(SUBJECT, id.0))?;
    Ok(())
}

/// Who changed a resident last, as the trail has it: for "Ben Carter changed this resident meanwhile".
pub fn last_changed_by(conn: &mut Conn, id: ResidentId) -> QueryResult<Option<String>> {
    store::last_changed_by(conn, id, OPENED)
}

fn refuse_stale(conn: &mut Conn, now: &Resident, version: i64) -> Result<(), Refusal> {
    if now.version == version {
        return Ok(());
    }
    let who = last_changed_by(conn, now.id)?.unwrap_or_else(|| By::the_portal().name);
    Err(Refusal::overtaken(format!("{who} changed this resident meanwhile.")))
}

/// The home is one of the scope's, and the zone one of the home's.
fn check_place(conn: &mut Conn, scope: &Scope<EditResidents>, facts: &ResidentFacts) -> Result<(), Refusal> {
    let places = super::organisations::places(conn, scope)?;
    let home = places.iter().find(|place| place.id == facts.home && place.parent.is_none());
    if home.is_none() {
        return Err(Refusal::invalid("place", "Choose where the resident lives"));
    }
    let zone_fits = facts
        .zone
        .is_none_or(|zone| places.iter().any(|place| place.id == zone && place.parent == Some(facts.home)));
    let reached = match scope.places() {
        super::access::Places::All => true,
        super::access::Places::Only(assigned) => {
            assigned.contains(&facts.home) || facts.zone.is_some_and(|zone| assigned.contains(&zone))
        }
    };
    if zone_fits && reached {
        Ok(())
    } else {
        Err(Refusal::invalid("place", "Choose one of the places that you are assigned to"))
    }
}

fn changed(
    conn: &mut Conn,
    scope: &Scope<EditResidents>,
    before: &ResidentFacts,
    after: &ResidentFacts,
) -> QueryResult<Changed> {
    let places = super::organisations::places(conn, scope)?;
    let place = |id: Option<PlaceId>| -> &str {
        id.and_then(|id| places.iter().find(|place| place.id == id)).map_or("", |place| &place.name)
    };
    let mut changed = Changed::default();
    let sector = super::organisations::sector(conn, scope.organisation())?;
    let home = if sector.is_residential() { "Home" } else { "Place" };
    changed.note(home, place(Some(before.home)), place(Some(after.home)));
    changed.note("Zone", place(before.zone), place(after.zone));
    for ((field, before), (_, after)) in before.texts().into_iter().zip(after.texts()) {
        changed.note(field, &before, &after);
    }
    Ok(changed)
}
