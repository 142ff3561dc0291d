//! Lists and the calendar: the appointments that a scope reaches, each with the names that it is shown with, in one
//! query a page.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::changing::Cancellation;
use super::{Appointment, Kind, Sees, store};
use crate::db::{Conn, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::kit::ids::{AppointmentId, PlaceId, ResidentId, StaffMemberId};

text_enum! {
    /// Which states are wanted.
    pub enum Show {
        Everything = "",
        Scheduled = "scheduled",
        Rendered = "rendered",
        /// Services that are over, were not cancelled, and are not rendered.
        NotRendered = "not-rendered",
        Cancelled = "cancelled",
        Invoiced = "invoiced",
    }
}

/// What a list is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub place: Option<PlaceId>,
    pub client: Option<ResidentId>,
    pub staff: Option<StaffMemberId>,
    pub kind: Option<Kind>,
    pub show: Show,
    /// Those that start at or after, in UTC.
    pub from: Option<NaiveDateTime>,
    /// Those that start before, in UTC.
    pub to: Option<NaiveDateTime>,
    pub newest_first: bool,
    /// For what *over* means.
    pub now: NaiveDateTime,
}

impl Wanted {
    pub fn at(now: NaiveDateTime) -> Self {
        Self {
            place: None,
            client: None,
            staff: None,
            kind: None,
            show: Show::Everything,
            from: None,
            to: None,
            newest_first: false,
            now,
        }
    }
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub appointment: Appointment,
    /// Empty where no client is seen, as is `staff`.
    pub client: String,
    pub born: Option<NaiveDate>,
    pub staff: String,
    pub place: String,
    pub status: String,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Listed>,
    pub more: bool,
}

/// Appointments that fit, by their start.
pub fn list<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Page> {
    let mut rows = store::list(conn, (scope.organisation(), scope.places()), wanted, offset, limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { rows, more })
}

/// One appointment with everything that its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    pub listed: Listed,
    pub created_by: String,
    pub created_at: NaiveDateTime,
    pub cancellation: Option<Cancellation>,
    /// `mon,wed`, every so many weeks, until a date.
    pub series: Option<(String, i32, NaiveDate)>,
    pub last_changed_by: Option<String>,
}

/// # Errors
/// `NotHere` also when it is in a place that the scope does not reach.
pub fn whole<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: AppointmentId) -> Result<Whole, Refusal> {
    let listed = store::one(conn, (scope.organisation(), scope.places()), id)?;
    let (created_by, created_at, cancellation) = store::history(conn, id)?;
    let series = listed.appointment.series.map(|series| store::series(conn, series)).transpose()?;
    let last_changed_by = store::last_changed_by(conn, id)?;
    Ok(Whole { listed, created_by, created_at, cancellation, series, last_changed_by })
}

/// The staff member that the person who is signed in is: the one of their account, else the only one with their
/// address.
pub fn own_staff<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    email: &str,
) -> QueryResult<Option<StaffMemberId>> {
    store::own_staff(conn, scope.organisation(), scope.by().account, email)
}
