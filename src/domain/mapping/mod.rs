//! Mapping: which site is which agency, which student which client, which user which member of staff. A mapping is a
//! pairing of the vendor's record with ours, made by a rule (`Auto`) or chosen by a person (`User`).
//!
//! Whoever is mapped is maintained here: a pull takes the vendor's records in and maps what a rule allows, and never
//! changes or archives anybody. Deliberately knows no session note; what hangs on a mapping is asked of the rows.

mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::Refusal;
use super::access::{PairRecords, Places, Right, Scope};
use super::connections::{self, Connection};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::kit::ids::ConnectionId;

/// The system whose sites, students, users and notes are mapped.
pub const VENDOR: Vendor = Vendor::Ensora;

/// How a site stands in `kind` columns; students and users stand there as residents and staff do.
pub const SITE: &str = "site";

/// What may be shown of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tabs {
    /// Sites that the vendor lists and nobody has mapped.
    pub sites_unmapped: i64,
    /// Whether the tabs beside *Agencies* show their rows: every site is mapped, or the organisation works on mapped
    /// sites meanwhile.
    pub open: bool,
    /// Rows of unmapped sites wait, grouped, while the others are worked on.
    pub meanwhile: bool,
    /// Somebody without access to a single agency has no tab *Agencies*.
    pub may_see_agencies: bool,
}

/// The connection of an organisation whose records are mapped, if there ever was one.
pub fn connection<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Option<Connection>> {
    connections::find(conn, scope, VENDOR)
}

/// What the window may show somebody.
///
/// # Errors
/// `NotHere` when the organisation has no connection of this kind.
pub fn tabs<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Tabs, Refusal> {
    let connection = connection(conn, scope)?.ok_or(Refusal::NotHere)?;
    let sites_unmapped = store::unmapped_sites(conn, connection.id)?;
    let meanwhile = store::meanwhile(conn, scope.organisation())?;
    let may_see_agencies = match scope.places() {
        Places::All => true,
        Places::Only(places) => !places.is_empty(),
    };
    Ok(Tabs { sites_unmapped, open: sites_unmapped == 0 || meanwhile, meanwhile, may_see_agencies })
}

/// How often a connection is pulled, in minutes, and when it was last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    pub notes_every: i32,
    pub people_every: i32,
    pub notes_read_at: Option<NaiveDateTime>,
    pub people_read_at: Option<NaiveDateTime>,
    /// Notes that the vendor changed since then are asked for; none: all there are.
    pub modified_since: Option<NaiveDateTime>,
}

impl Default for Cadence {
    fn default() -> Self {
        Self {
            notes_every: NOTES_EVERY,
            people_every: NOTES_EVERY,
            notes_read_at: None,
            people_read_at: None,
            modified_since: None,
        }
    }
}

/// Unless the organisation says otherwise.
const NOTES_EVERY: i32 = 30;

pub fn cadence(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Cadence> {
    Ok(store::cadence(conn, connection)?.unwrap_or_default())
}

/// When the portal pulls next by itself; nothing while the connection cannot be used.
pub fn next_pull(
    conn: &mut Conn,
    connection: &Connection,
    now: NaiveDateTime,
) -> QueryResult<Option<NaiveDateTime>> {
    if !connection.usable() {
        return Ok(None);
    }
    let cadence = cadence(conn, connection.id)?;
    let due = cadence.notes_read_at.map_or(now, |at| at + TimeDelta::minutes(cadence.notes_every.into()));
    Ok(Some(due.max(now).max(connection.retry_at.unwrap_or(due))))
}

/// Rights under which mappings are read.
pub trait Sees: Right {}
impl Sees for PairRecords {}
