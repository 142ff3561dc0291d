//! Sync runs: asked for, looked at.
//!
//! One run per connection is under way at a time, also across processes: an index of the database
//! sees to it. What a worker does with a run is in `claims`, what people decide in `decisions`.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::store;
pub use super::store::{Change, Problem, Run};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{RunSyncs, Scope, ViewIntegrations};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, State};
use crate::domain::residents;
use crate::kit::ids::{ConnectionId, ResidentId, RunId};

text_enum! {
    /// Where a run stands.
    pub enum RunState {
        Requested = "requested",
        Running = "running",
        /// Planned and shown; nothing written.
        Previewed = "previewed",
        /// Planned, and held by a guard until somebody decides.
        Held = "held",
        Done = "done",
        /// Done, but some records could not be used.
        Partly = "partly",
        Failed = "failed",
        Interrupted = "interrupted",
        Cancelled = "cancelled",
        Discarded = "discarded",
        Undone = "undone",
    }
}

impl RunState {
    /// The status word of every screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Requested | Self::Running => "Running",
            Self::Previewed => "Preview",
            Self::Held => "Held",
            Self::Done => "Synced",
            Self::Partly => "Partly synced",
            Self::Failed => "Failed",
            Self::Interrupted => "Interrupted",
            Self::Cancelled => "Cancelled",
            Self::Discarded => "Discarded",
            Self::Undone => "Undone",
        }
    }

    pub fn under_way(self) -> bool {
        matches!(self, Self::Requested | Self::Running)
    }
}

text_enum! {
    /// Who a run brings.
    pub enum Wanted {
        Residents = "residents",
        Staff = "staff",
        Both = "both",
        /// Nobody: what the vendor holds is pulled to be mapped.
        Synchronization = "synchronization",
    }
}

impl Wanted {
    pub fn residents(self) -> bool {
        matches!(self, Self::Residents | Self::Both)
    }

    pub fn staff(self) -> bool {
        matches!(self, Self::Staff | Self::Both)
    }
}

text_enum! {
    /// Why a run was asked for.
    pub enum Cause {
        Schedule = "schedule",
        Hand = "hand",
        /// After a failure, or after a process died under it.
        Retry = "retry",
        Command = "command",
    }
}

/// The run that was asked for, or the one that is under way already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    New(RunId),
    UnderWay(RunId),
}

impl Asked {
    pub fn run(self) -> RunId {
        match self {
            Self::New(run) | Self::UnderWay(run) => run,
        }
    }
}

/// When a connection's newest run that brought anything has ended.
pub fn last_applied(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<NaiveDateTime>> {
    store::last_applied(conn, connection)
}

/// Asks for a run by hand. Two clicks, or two people, get the same run.
///
/// # Errors
/// [`Refusal::Overtaken`] when the connection is not on; `NotHere` for another organisation's.
pub fn request(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    wanted: Wanted,
    is_preview: bool,
) -> Result<Asked, Refusal> {
    ask(tx, scope, connection, (wanted, None), is_preview)
}

/// Asks for a sync of one resident alone. While a sync of the connection is under way, that one is it: it brings
/// everybody.
///
/// # Errors
/// As for [`request`]; `NotHere` for a resident whom the scope does not reach.
pub fn request_one(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    resident: ResidentId,
) -> Result<Asked, Refusal> {
    residents::get(tx.conn, scope, resident)?;
    ask(tx, scope, connection, (Wanted::Residents, Some(resident)), false)
}

fn ask(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    (wanted, only): (Wanted, Option<ResidentId>),
    is_preview: bool,
) -> Result<Asked, Refusal> {
    if wanted == Wanted::Synchronization {
        return Err(Refusal::NotHere);
    }
    usable(tx, scope, connection)?;
    let cause = if scope.by().account.is_some() { Cause::Hand } else { Cause::Command };
    let new = store::New {
        organisation: scope.organisation(),
        connection,
        by: scope.by(),
        cause,
        wanted,
        is_preview,
        local_date: None,
        only,
    };
    let Some(run) = store::insert(tx, &new)? else {
        return store::under_way(tx.conn, connection)?.map(Asked::UnderWay).ok_or(Refusal::NotHere);
    };
    let words = match (only, is_preview) {
        (Some(_), _) => "started a sync of one resident",
        (None, true) => "asked for a preview of a sync",
        (None, false) => "started a sync",
    };
    let event = Event::new("run.asked", words).about("connection", connection.0).of_run(run);
    audit::record(tx, scope, event)?;
    Ok(Asked::New(run))
}

fn usable(tx: &mut Tx<'_>, scope: &Scope<RunSyncs>, connection: ConnectionId) -> Result<(), Refusal> {
    let connection = connections::get(tx.conn, scope, connection)?;
    let vendor = connection.vendor;
    if vendor.about().mapped {
        return Err(Refusal::overtaken(format!(
            "Nobody is synced with {vendor}: its records are mapped. Open Synchronization on the Settings tab of Org \
             Settings."
        )));
    }
    // One that needs a new link may be tried by hand: that is how its repair shows.
    if connection.available && matches!(connection.state, State::On | State::Relink) {
        return Ok(());
    }
    Err(Refusal::overtaken(format!("{vendor} is not connected yet. Finish its steps on Integrations first.")))
}

/// The run of a connection that is asked for or running.
pub fn under_way(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<RunId>> {
    store::under_way(conn, connection)
}

/// One run of the organisation.
pub fn get(conn: &mut Conn, scope: &Scope<ViewIntegrations>, run: RunId) -> QueryResult<Run> {
    store::get(conn, scope.organisation(), run)
}

/// Runs of a connection, newest first; `before` is the last id of the page before.
pub fn list(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    before: Option<RunId>,
    limit: i64,
) -> QueryResult<Vec<Run>> {
    store::list(conn, scope.organisation(), connection, before, limit)
}

/// Lines of a run of one kind (or all, for an empty kind), a page at a time.
pub fn changes(conn: &mut Conn, run: &Run, kind: &str, after: i64, limit: i64) -> QueryResult<Vec<Change>> {
    store::changes(conn, run, kind, after, limit)
}

/// The newest run of a connection that was about one resident alone, or else about everybody.
pub fn newest_about(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    resident: ResidentId,
) -> QueryResult<Option<Run>> {
    store::newest_about(conn, scope.organisation(), connection, resident)
}

/// The counts of the newest sync of a whole connection that changed anything, or could have.
pub fn last_counts(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
) -> QueryResult<Option<Run>> {
    store::last_whole(conn, scope.organisation(), connection)
}

/// The vendor's identifier of the record that a resident is paired with.
pub fn record_of(
    conn: &mut Conn,
    connection: ConnectionId,
    resident: ResidentId,
) -> QueryResult<Option<String>> {
    store::record_of(conn, connection, resident)
}

/// What a run did to one resident.
pub fn changes_of(conn: &mut Conn, run: &Run, resident: ResidentId) -> QueryResult<Vec<Change>> {
    store::changes_of(conn, run, residents::SUBJECT, resident.0)
}

/// Records that the run could not use.
pub fn problems(conn: &mut Conn, run: &Run, limit: i64) -> QueryResult<Vec<Problem>> {
    store::problems(conn, run, limit)
}

/// The residents behind records that a run could not use, by the vendor's identifiers: those can be tried again alone.
pub fn residents_behind(
    conn: &mut Conn,
    run: &Run,
    problems: &[Problem],
) -> QueryResult<HashMap<String, ResidentId>> {
    let of_residents = problems.iter().filter(|one| one.subject == residents::SUBJECT);
    let ids = of_residents.map(|one| one.external_id.clone()).filter(|id| !id.is_empty());
    store::residents_behind(conn, run, &ids.collect::<Vec<_>>())
}
