//! Appointments: who sees whom, when and where, what became of it, and what a session needs to be rendered.
//!
//! Times are instants, kept with the zone in which they were agreed. Deliberately knows no vendor and no session
//! note: what fills an appointment from one is `notes`, through the verbs here.

mod changing;
mod importing;
mod lists;
mod marks;
mod overlaps;
mod people;
mod planning;
mod rendering;
pub mod sessions;
mod settings;
pub mod signatures;
mod store;
pub mod times;
mod types;

use chrono::{NaiveDate, NaiveDateTime};

use super::Refusal;
use super::access::{
    ManageAppointments, ManageOrganisation, PairRecords, Right, Scope, ViewAppointments, ViewReports,
};
use crate::db::{Conn, text_enum};
use crate::kit::ids::{
    AppointmentId, PlaceId, ResidentId, SeriesId, SessionNoteId, SignatureImageId, StaffMemberId,
    StatusTypeId,
};

pub use changing::{
    Cancellation, LATE, Party, Reach, TypedCancellation, cancel, change, is_late, reached, refuse_invoiced,
    refuse_settled, refuse_stale, slot_of,
};
pub use importing::{
    Imported, LONGEST_FILE, Line, MOST_ROWS, Overlapping, Preview, TEMPLATE, import, preview,
};
pub use lists::{Listed, Page, Show, Wanted, Whole, list, own_staff, whole};
pub use marks::{LONGEST_RESULTS, invoice, take_off_invoice, write_results};
pub use overlaps::Overlap;
pub use people::{Agency, Client, People, Therapist, people};
pub use planning::{Details, Planned, Typed, plan, plan_once};
pub(in crate::domain) use rendering::{
    Again, Filling, cancel_from_note, changed, changed_days, empty, fill, keep_pictures, kept_image,
    of_clients, pictures, some, try_again, un_rendered,
};
pub use rendering::{
    Check, Facts, Image, NoteFacts, Repair, Rules, Somebody, Times, all_met, checks, checks_of, failed,
    image, render, rules, session_of, un_render,
};
pub use settings::{MOST_GRACE, Settings, WhoseTime, change_settings, read_grace, settings};
pub use times::Slot;
pub use types::{
    Flags, Offer, StatusType, add_status_type, change_status_type, offer_status_type, status_types,
};

/// How the audit trail and pairings' kinds of other features name an appointment.
pub const SUBJECT: &str = "appointment";

text_enum! {
    /// Only a service goes on to payroll and billing, and only a service is rendered.
    pub enum Kind {
        Service = "service",
        NonService = "non-service",
        NonPayroll = "non-payroll",
    }
}

impl Kind {
    pub fn words(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::NonService => "Non-service",
            Self::NonPayroll => "Non-payroll",
        }
    }
}

text_enum! {
    /// Whether the client is there; a service must say before it is rendered.
    pub enum Directness {
        NotSaid = "",
        Direct = "direct",
        Indirect = "indirect",
    }
}

impl Directness {
    pub fn words(self) -> &'static str {
        match self {
            Self::NotSaid => "Not said",
            Self::Direct => "Direct",
            Self::Indirect => "Indirect",
        }
    }
}

text_enum! {
    /// Where an appointment stands.
    pub enum State {
        Scheduled = "scheduled",
        Rendered = "rendered",
        Cancelled = "cancelled",
    }
}

impl State {
    pub fn words(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Rendered => "Rendered",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// Rights under which an appointment is read.
pub trait Sees: Right {}
impl Sees for ViewAppointments {}
impl Sees for ManageAppointments {}
impl Sees for PairRecords {}
impl Sees for ViewReports {}
impl Sees for ManageOrganisation {}

/// An appointment as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub series: Option<SeriesId>,
    pub kind: Kind,
    /// The client; none where no client is seen.
    pub resident: Option<ResidentId>,
    pub staff: Option<StaffMemberId>,
    /// The agency.
    pub place: PlaceId,
    pub service: String,
    pub directness: Directness,
    pub status: StatusTypeId,
    /// The date at `starts_at` in `time_zone`.
    pub local_date: NaiveDate,
    /// UTC.
    pub starts_at: NaiveDateTime,
    /// UTC, after `starts_at`.
    pub ends_at: NaiveDateTime,
    /// IANA name.
    pub time_zone: String,
    pub state: State,
    /// For whoever goes.
    pub details: String,
    /// *Results Notes*.
    pub results_notes: String,
    pub rendered_at: Option<NaiveDateTime>,
    pub rendered_by: String,
    pub invoiced_at: Option<NaiveDateTime>,
    pub invoice: String,
    /// Counts the changes; a form made from an older one is refused.
    pub version: i64,
}

/// What the signature window of an appointment shows, as kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// The note that filled it, and in which version; none where a person did.
    pub note: Option<(SessionNoteId, i32)>,
    pub guardian_name: String,
    pub relationship: String,
    pub session_date: Option<NaiveDate>,
    /// `13:00`.
    pub session_start: String,
    pub session_end: String,
    pub guardian: Signed,
    pub therapist: Signed,
    /// *Location of Appointment Render*.
    pub render_place: String,
}

/// One signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    pub image: Option<SignatureImageId>,
    pub at: Option<NaiveDateTime>,
    /// Empty: not given in the session note.
    pub place: String,
}

/// One appointment of the scope's places.
///
/// # Errors
/// `NotHere` also when it is in a place that the scope does not reach.
pub fn get<R: Sees>(conn: &mut Conn, scope: &Scope<R>, id: AppointmentId) -> Result<Appointment, Refusal> {
    Ok(store::get(conn, scope.organisation(), scope.places(), id)?)
}
