//! Visits that a care home books for a resident with another organisation, and what became of each.
//!
//! A booking is a row before anything is sent: a job asks the service, with a reference of ours that is random and the
//! same for every attempt. Whatever may have arrived is looked up by it before it is asked again, so that nobody is
//! visited twice for one booking. What is shown is what the service said last; a visit that was made goes to the
//! resident's care record once, however often it is told. The job's side stands in `asking`, webhooks in `hearing`, the
//! pure rules in `pacing`. Deliberately sends nothing itself.

mod asking;
mod hearing;
mod pacing;
mod places;
mod store;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::Refusal;
use super::access::{FamilyScope, ManageAppointments, Scope, Topic, ViewAppointments};
use super::audit::{self, Event};
use super::connections;
use super::organisations::one_line;
use super::residents::{self, Resident};
use super::sent_forms::{self, Makes, Once};
use super::visits::ReasonCode;
use crate::connectors::{VisitTask, VisitWindow};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{BookedVisitId, OrganisationId, ResidentId};
use crate::kit::secret::random_token;

pub use asking::{
    Due, Order, any_due, called_off, claim, give_back, note_patient, order, put_off, refused, took,
    wait_for_key,
};
pub use hearing::{LATEST, Proven, hear, prove, purge};
pub use pacing::{is_late, state_of};
pub use places::{Address, TypedAddress, home_address, set_home_address};
pub use store::{Booked, Happened};

text_enum! {
    /// Where a booking stands, as far as we can act on it; what the service calls it is its status.
    pub enum State {
        /// To be asked for, or asked for and not answered.
        Asked = "asked",
        /// The service did not take it.
        Refused = "refused",
        Booked = "booked",
        /// To be called off.
        Cancelling = "cancelling",
        Completed = "completed",
        Cancelled = "cancelled",
    }
}

impl State {
    /// The tag that a screen shows.
    pub fn words(self) -> &'static str {
        match self {
            Self::Asked => "Being asked for",
            Self::Refused => "Not booked",
            Self::Booked => "Booked",
            Self::Cancelling => "Being cancelled",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether a visit may still be made.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Booked | Self::Cancelling)
    }
}

text_enum! {
    /// Whose cause a cancellation is: it decides who pays for one that comes late.
    pub enum Cause {
        Organisation = "organisation",
        Patient = "patient",
    }
}

impl Cause {
    pub fn words(self) -> &'static str {
        match self {
            Self::Organisation => "The home",
            Self::Patient => "The resident",
        }
    }
}

/// Why a home calls a visit off, of the other side's list.
pub const REASONS: [ReasonCode; 4] =
    [ReasonCode::PatientUnwell, ReasonCode::NoLongerNeeded, ReasonCode::BookedInError, ReasonCode::Other];

/// A reason as a home says it.
pub fn reason_words(reason: ReasonCode) -> String {
    reason.words().replace("patient", "resident")
}

/// How a visit is called off.
#[derive(Clone, Debug, Default)]
pub struct Calling {
    pub cause: Option<Cause>,
    pub reason: Option<ReasonCode>,
    /// In the home's own words; may be empty where the reason says it.
    pub why: String,
}

const LONGEST_NOTE: usize = 1_000;
/// As the service takes them.
const NAME_LENGTHS: std::ops::RangeInclusive<usize> = 2..=100;
/// Of one resident's page.
const SHOWN: i64 = 100;

/// A visit to be booked: task and window as the service named them.
#[derive(Clone, Debug)]
pub struct New {
    pub resident: ResidentId,
    pub task: VisitTask,
    pub window: VisitWindow,
    pub note: String,
    /// The key of the form, see `sent_forms`; may be empty.
    pub form: String,
}

/// The visits of a resident, newest first.
pub fn of_resident(
    conn: &mut Conn,
    scope: &Scope<ViewAppointments>,
    resident: ResidentId,
) -> Result<Vec<Booked>, Refusal> {
    let resident = residents::get(conn, scope, resident)?;
    Ok(store::of_resident(conn, resident.id, SHOWN)?)
}

/// Whether visits can be booked for a resident, or were.
pub fn are_shown<R: residents::Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: ResidentId,
) -> Result<bool, Refusal> {
    Ok(connections::booked_with(conn, scope)?.is_some() || !store::of_resident(conn, resident, 1)?.is_empty())
}

/// One of them; of somebody whom the scope does not reach it is not here.
pub fn get<R: residents::Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: BookedVisitId,
) -> Result<Booked, Refusal> {
    let found = store::get(conn, id)?.filter(|one| one.organisation == scope.organisation());
    let found = found.ok_or(Refusal::NotHere)?;
    residents::get(conn, scope, found.resident)?;
    Ok(found)
}

/// What became of it, newest last.
pub fn history(conn: &mut Conn, booked: &Booked) -> QueryResult<Vec<Happened>> {
    store::events_of(conn, booked.id)
}

/// Visits that may still be made to residents who are archived, with their names.
pub fn left_open(conn: &mut Conn, scope: &Scope<ViewAppointments>) -> QueryResult<Vec<(Booked, String)>> {
    store::open_of_archived(conn, scope.organisation(), scope.places())
}

/// How many visits of a resident may still be made.
pub fn open_of<R: residents::Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: ResidentId,
) -> Result<i64, Refusal> {
    let resident = residents::get(conn, scope, resident)?;
    Ok(store::open_of(conn, resident.id)?)
}

/// Visits of a relative's person that are still to come; nothing under a scope of another topic.
pub fn for_family(conn: &mut Conn, scope: &FamilyScope, now: NaiveDateTime) -> QueryResult<Vec<Booked>> {
    if scope.topic() != Topic::Appointments {
        return Ok(Vec::new());
    }
    store::to_come(conn, scope.organisation(), scope.resident(), now)
}

/// What keeps a resident from being booked for, in a sentence.
pub fn cannot_be_booked(resident: &Resident) -> Option<String> {
    let facts = &resident.facts;
    if resident.is_archived() {
        return Some("This resident is archived. Restore them first.".to_owned());
    }
    let short = |name: &str| !NAME_LENGTHS.contains(&name.trim().chars().count());
    if short(&facts.first_name) || short(&facts.last_name) {
        return Some(
            "The service takes first and last names of 2 to 100 letters. Correct the resident's name first."
                .to_owned(),
        );
    }
    facts.date_of_birth.is_none().then(|| {
        "The service asks for the date of birth. Enter it in the resident's details first.".to_owned()
    })
}

/// What a form has booked, if it was sent before: to be asked before the service is.
pub fn made_by(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    form: &str,
) -> Result<Option<BookedVisitId>, Refusal> {
    Ok(sent_forms::made(conn, scope, (Makes::BookedVisit, form))?.map(BookedVisitId))
}

/// Keeps a booking, which a job then asks for. The same form again makes nothing, and neither does the same booking
/// while one is open: both lead to the one that is there.
pub fn ask(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    new: &New,
) -> Result<Once<BookedVisitId>, Refusal> {
    if let Some(there) = made_by(tx.conn, scope, &new.form)? {
        return Ok(Once::Before(there));
    }
    let resident = residents::get(tx.conn, scope, new.resident)?;
    if let Some(words) = cannot_be_booked(&resident) {
        return Err(Refusal::overtaken(words));
    }
    let Some((connection, settings)) = connections::booked_with(tx.conn, scope)? else {
        return Err(Refusal::overtaken(
            "Visits cannot be booked now. A super manager sees why under Integrations.",
        ));
    };
    if settings.phone.is_empty() || places::of_home(tx.conn, resident.facts.home)?.is_none() {
        return Err(Refusal::overtaken(
            "The service asks for the home's telephone number and address. Enter both first.",
        ));
    }
    let note = note("note", &new.note)?;
    if new.window.starts_at.naive_utc() <= tx.now {
        return Err(Refusal::invalid("window", "This window has begun. Choose a later one"));
    }
    if let Some(there) = store::same_open(tx.conn, resident.id, (&new.task.id, &new.window.id))? {
        return Ok(Once::Before(there));
    }
    let reference: String = random_token()?.reveal().chars().take(32).collect();
    let row = store::NewRow {
        organisation: connection.organisation,
        connection: connection.id,
        resident: resident.id,
        external_ref: format!("kb-{reference}"),
        new,
        note: &note,
        by: &scope.by().name,
    };
    let id = store::insert(tx, &row)?;
    sent_forms::keep(tx, scope, (Makes::BookedVisit, &new.form), id.0)?;
    store::happened(tx, id, "Asked for", &scope.by().name)?;
    let words =
        format!("booked a visit ({}) for {} with {}", new.task.name, resident.name(), connection.vendor);
    audit::record(tx, scope, Event::new("visit.booked", words).about("resident", resident.id.0))?;
    Ok(Once::Now(id))
}

/// Calls a visit off. One that was never sent is cancelled at once.
pub fn cancel(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: BookedVisitId,
    how: &Calling,
) -> Result<(), Refusal> {
    let booked = get(tx.conn, scope, id)?;
    if booked.state == State::Cancelling {
        return Ok(());
    }
    if !booked.state.is_open() {
        let words = format!("This visit is {} already.", booked.state.words().to_lowercase());
        return Err(Refusal::overtaken(words));
    }
    let cause =
        how.cause.ok_or_else(|| Refusal::invalid("cause", "Choose because of whom it is cancelled"))?;
    let reason = how.reason.filter(|one| REASONS.contains(one));
    let reason = reason.ok_or_else(|| Refusal::invalid("reason", "Choose the reason"))?;
    let why = note("why", &how.why)?;
    if why.is_empty() && reason == ReasonCode::Other {
        return Err(Refusal::invalid("why", "Write in a few words why it is cancelled"));
    }
    let resident = residents::get(tx.conn, scope, booked.resident)?;
    let unsent = booked.state == State::Asked && booked.asked_at.is_none();
    let state = if unsent { State::Cancelled } else { State::Cancelling };
    store::cancelling(tx, id, state, (cause.as_str(), reason.as_str(), &why))?;
    let told = if unsent { "Cancelled before it was sent" } else { "To be cancelled" };
    let words = format!("{told}: {}", because(Some(reason), &why));
    store::happened(tx, id, &words, &scope.by().name)?;
    let words = format!("cancelled the visit ({}) of {}", booked.task_name, resident.name());
    audit::record(tx, scope, Event::new("visit.cancelled", words).about("resident", resident.id.0))?;
    Ok(())
}

/// The reason, and what was written beside it: in hospital.
pub fn because(reason: Option<ReasonCode>, why: &str) -> String {
    match reason.filter(|one| *one != ReasonCode::Other) {
        None => why.to_owned(),
        Some(reason) if why.is_empty() => reason_words(reason),
        Some(reason) => format!("{}. {why}", reason_words(reason)),
    }
}

fn note(field: &'static str, typed: &str) -> Result<String, Refusal> {
    let text = one_line(typed);
    if text.chars().count() > LONGEST_NOTE {
        return Err(Refusal::invalid(field, format!("Use at most {LONGEST_NOTE} characters")));
    }
    Ok(text)
}

/// By which a service knows a resident again: it follows from who they are here, and says nothing of them.
fn patient_reference(organisation: OrganisationId, resident: ResidentId) -> String {
    let mark = crate::kit::secret::fingerprint(&format!("booked visits|{organisation}|{resident}"));
    format!("kb-p-{}", mark.chars().take(24).collect::<String>())
}
