//! Booking: an appointment comes to be, gets or changes its window, and is changed.

use chrono::{Days, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::availability::zone;
use super::telling::happened;
use super::{
    AHEAD, Booked, EventKind, Kind, Place, Scheduling, Sees, Status, Visit, attaching, availability, lists,
    store, when_words,
};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::coverage::{self, Coverage, Postcode};
use crate::domain::documents;
use crate::domain::organisations::{one_line, short};
use crate::domain::patients::{Patient, Wrong, details_note, details_phone};
use crate::domain::sent_forms::{self, Makes, Once};
use crate::domain::tasks::{self, Task};
use crate::domain::windows::{self, Slot, Window};
use crate::kit::ids::{VisitId, VisitSeriesId, WindowId};
use crate::kit::secret::random_token;

const LONGEST_REF: usize = 100;
/// Bytes of metadata as JSON.
const LONGEST_METADATA: usize = 8_192;

/// When it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planning {
    /// A window on a date.
    Window(WindowId, NaiveDate),
    /// The patient chooses.
    PatientLed,
    /// Some day of a period, from and to, both included.
    Period(NaiveDate, NaiveDate),
}

/// An appointment that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVisit {
    pub planning: Planning,
    pub external_ref: String,
    pub note: String,
    /// As typed.
    pub phone: String,
    pub place: Place,
    /// A JSON object, or null.
    pub metadata: serde_json::Value,
    /// Numbers of documents that were kept for it.
    pub documents: Vec<String>,
    pub series: Option<VisitSeriesId>,
}

fn invalid(wrong: Wrong) -> Refusal {
    Refusal::invalid(wrong.field, wrong.words)
}

/// What an organisation offers: read once for as many appointments as are booked or moved together.
pub struct Offer {
    pub(super) zone: Tz,
    pub(super) windows: Vec<Window>,
}

impl Offer {
    /// # Errors
    /// When the database fails.
    pub fn read(conn: &mut Conn, scope: &Scope<ManageAppointments>) -> Result<Self, Refusal> {
        Ok(Self { zone: zone(conn, scope)?, windows: windows::in_use(conn, scope.organisation())? })
    }
}

/// Books an appointment.
///
/// # Errors
/// `Invalid` on `postcode` outside the coverage area, with the nearest that is inside; on `window`, `period`, `phone`,
/// `note`, `external_ref`, `metadata` or `documents` that cannot be used. `Overtaken` where the window is full, with the next that is
/// free.
pub fn create(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (patient, task): (&Patient, &Task),
    new: &NewVisit,
) -> Result<Visit, Refusal> {
    let offer = Offer::read(tx.conn, scope)?;
    create_among(tx, scope, &offer, (patient, task), new)
}

/// The same, of what is offered.
///
/// # Errors
/// As [`create`].
pub fn create_among(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    offer: &Offer,
    (patient, task): (&Patient, &Task),
    new: &NewVisit,
) -> Result<Visit, Refusal> {
    let mode = patient.mode;
    let documents = attaching::allowed(tx.conn, scope, (mode, patient.id), task, &new.documents)?;
    covered(tx, scope, &new.place)?;
    let (booked, period, scheduling, kind) = match new.planning {
        Planning::Window(window, date) => {
            (Some(take(tx, scope, offer, mode, (window, date))?), None, Scheduling::Chosen, Kind::Standard)
        }
        Planning::PatientLed => (None, None, Scheduling::PatientLed, Kind::Standard),
        Planning::Period(from, to) => {
            period_fits(task, (from, to), tx.now)?;
            (None, Some((from, to)), Scheduling::PatientLed, Kind::Scheduled)
        }
    };
    let row = store::New {
        organisation: scope.organisation(),
        mode,
        public_id: format!("apt_{}", random_token()?.reveal()),
        patient: patient.id,
        task: task.version,
        booked: booked.as_ref(),
        scheduling,
        kind,
        status: if booked.is_some() { Status::Scheduled } else { Status::Scheduling },
        period,
        external_ref: short("external_ref", one_line(&new.external_ref), LONGEST_REF)?,
        note: details_note("note", &new.note).map_err(invalid)?,
        phone: details_phone(&new.phone).map_err(invalid)?,
        place: &new.place,
        metadata: metadata(&new.metadata)?,
        series: new.series,
    };
    let id = store::insert(tx, &row)?;
    store::insert_steps(tx, id, &task.steps)?;
    // A new one has none that would have to be taken away.
    if !documents.is_empty() {
        documents::set_of_visit(tx, id, &documents)?;
    }
    let visit = lists::get(tx.conn, scope, mode, id)?;
    happened(tx, scope, &visit, EventKind::Created, "created the appointment")?;
    if let Some(booked) = &visit.booked {
        let words = format!("scheduled it for {}", when_words(booked, offer.zone));
        happened(tx, scope, &visit, EventKind::Scheduled, &words)?;
    }
    Ok(visit)
}

/// The same for a form with a key, which makes one appointment however often it is sent.
///
/// # Errors
/// As [`create`]; never for a form of which an appointment has come already.
pub fn create_once(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    key: &str,
    (patient, task): (&Patient, &Task),
    new: &NewVisit,
) -> Result<Once<Visit>, Refusal> {
    let form = (Makes::Visit, key);
    if let Some(id) = sent_forms::made(tx.conn, scope, form)? {
        return Ok(Once::Before(lists::get(tx.conn, scope, patient.mode, VisitId(id))?));
    }
    let visit = create(tx, scope, (patient, task), new)?;
    sent_forms::keep(tx, scope, form, visit.id.0)?;
    Ok(Once::Now(visit))
}

/// The place is inside the coverage area.
fn covered(tx: &mut Tx<'_>, scope: &Scope<ManageAppointments>, place: &Place) -> Result<(), Refusal> {
    let postcode = Postcode::parse(&place.address.postcode)
        .ok_or_else(|| Refusal::invalid("postcode", "Enter a full postcode, such as LS1 1AA"))?;
    match coverage::check(tx.conn, scope.organisation(), &postcode)? {
        Coverage::Covered => Ok(()),
        outside @ Coverage::Not { .. } => {
            let words = outside.words(&postcode);
            Err(Refusal::invalid("postcode", words.trim_end_matches('.')))
        }
    }
}

fn period_fits(task: &Task, (from, to): (NaiveDate, NaiveDate), now: NaiveDateTime) -> Result<(), Refusal> {
    if !task.scheduled {
        return Err(Refusal::invalid("period", "This task cannot be booked for a period. Choose a window"));
    }
    if from < now.date() || to > (now + AHEAD).date() {
        return Err(Refusal::invalid(
            "period",
            "Choose a period that begins today or later, within six months",
        ));
    }
    let gap = u64::try_from(task.minimum_gap_days).unwrap_or(0);
    let least = from.checked_add_days(Days::new(gap)).unwrap_or(from);
    if to < least {
        let words = format!("The period must have {gap} days or more between its first and last day");
        return Err(Refusal::invalid("period", words));
    }
    Ok(())
}

fn metadata(value: &serde_json::Value) -> Result<String, Refusal> {
    match value {
        serde_json::Value::Null => Ok(String::new()),
        serde_json::Value::Object(_) => {
            let text = value.to_string();
            if text.len() > LONGEST_METADATA {
                let words = format!("Metadata may have {LONGEST_METADATA} bytes at most");
                return Err(Refusal::invalid("metadata", words));
            }
            Ok(text)
        }
        _ => Err(Refusal::invalid("metadata", "Metadata must be an object")),
    }
}

/// Takes a place of a window on a date.
fn take(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    offer: &Offer,
    mode: Mode,
    (window, date): (WindowId, NaiveDate),
) -> Result<Booked, Refusal> {
    let found = offer.windows.iter().find(|one| one.id == window);
    let slot = found.and_then(|one| one.on(date, offer.zone));
    let slot = slot.ok_or_else(|| Refusal::invalid("window", "There is no such window. Choose another"))?;
    if slot.starts_at <= tx.now {
        return Err(Refusal::invalid("window", "This window has begun already. Choose a later one"));
    }
    if slot.starts_at > tx.now + AHEAD {
        return Err(Refusal::invalid("window", "Choose a window within the next six months"));
    }
    let held = store::held(tx.conn, (scope.organisation(), mode), (window, date))?;
    if held >= i64::from(slot.capacity) {
        return Err(Refusal::Overtaken(full(tx, scope, mode, &slot)?));
    }
    Ok(Booked { window, name: slot.name, date, starts_at: slot.starts_at, ends_at: slot.ends_at })
}

/// Tells the loser of a window the next that is free.
fn full(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    mode: Mode,
    slot: &Slot,
) -> Result<String, Refusal> {
    let date = slot.date.format("%-d %B");
    let next = availability::next_free(tx.conn, scope, mode, slot.starts_at)?;
    Ok(match next {
        Some(next) => format!(
            "{} on {date} is full. The next window with a place is {} on {}.",
            slot.name,
            next.name,
            next.date.format("%-d %B")
        ),
        None => format!("{} on {date} is full, and no later window has a place.", slot.name),
    })
}

/// Gives it another window. The practitioner's assignment ends with the old one.
///
/// # Errors
/// As [`create`] on the window, and `Overtaken` where it is not open any more.
pub fn reschedule(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    slot: (WindowId, NaiveDate),
    note: &str,
) -> Result<Visit, Refusal> {
    let before = open(tx, scope, mode, id)?;
    let offer = Offer::read(tx.conn, scope)?;
    move_among(tx, scope, &offer, before, (slot, note))
}

/// The same for one that was read and is open, of what is offered.
pub(super) fn move_among(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    offer: &Offer,
    before: Visit,
    ((window, date), note): ((WindowId, NaiveDate), &str),
) -> Result<Visit, Refusal> {
    let (mode, id) = (before.mode, before.id);
    if before.booked.as_ref().is_some_and(|booked| booked.window == window && booked.date == date) {
        return Ok(before);
    }
    let note = details_note("note", note).map_err(invalid)?;
    // At create, and again whenever it moves: the area may be another by now.
    covered(tx, scope, &before.place)?;
    let booked = take(tx, scope, offer, mode, (window, date))?;
    store::set_window(tx, id, &booked)?;
    let visit = lists::get(tx.conn, scope, mode, id)?;
    let zone = offer.zone;
    let (kind, mut words) = if before.booked.is_some() {
        (EventKind::Rescheduled, format!("moved it to {}", when_words(&booked, zone)))
    } else {
        (EventKind::Scheduled, format!("scheduled it for {}", when_words(&booked, zone)))
    };
    if !note.is_empty() {
        words = format!("{words}: {note}");
    }
    happened(tx, scope, &visit, kind, &words)?;
    if let Some(who) = &before.practitioner {
        let words = format!("took it off {}, since the time is another", who.name);
        happened(tx, scope, &visit, EventKind::Assigned, &words)?;
    }
    Ok(visit)
}

/// What may be changed of one that is open; nothing where it stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub external_ref: Option<String>,
    pub note: Option<String>,
    pub phone: Option<String>,
    pub place: Option<Place>,
    pub metadata: Option<serde_json::Value>,
    /// All that go with it from now on.
    pub documents: Option<Vec<String>>,
}

/// Changes an appointment that is open. Writes and tells nothing where nothing differs.
///
/// # Errors
/// As [`create`] on each field; `Overtaken` where it is not open any more.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    changes: &Changes,
) -> Result<Visit, Refusal> {
    let before = open(tx, scope, mode, id)?;
    let mut after = before.clone();
    if let Some(text) = &changes.external_ref {
        after.external_ref = short("external_ref", one_line(text), LONGEST_REF)?;
    }
    if let Some(text) = &changes.note {
        after.note = details_note("note", text).map_err(invalid)?;
    }
    if let Some(text) = &changes.phone {
        after.phone = details_phone(text).map_err(invalid)?;
    }
    if let Some(place) = &changes.place {
        covered(tx, scope, place)?;
        after.place = place.clone();
    }
    if let Some(value) = &changes.metadata {
        metadata(value)?;
        after.metadata = value.clone();
    }
    if let Some(ids) = &changes.documents {
        let task = tasks::version(tx.conn, scope.organisation(), before.task.id)?;
        let whose = (mode, before.patient.id);
        after.documents = attaching::allowed(tx.conn, scope, whose, &task, ids)?;
    }
    if after == before {
        return Ok(before);
    }
    store::update(tx, &after)?;
    if after.documents != before.documents {
        documents::set_of_visit(tx, id, &after.documents)?;
    }
    let visit = lists::get(tx.conn, scope, mode, id)?;
    happened(tx, scope, &visit, EventKind::Updated, "changed the appointment")?;
    Ok(visit)
}

/// One that can still be moved, changed or cancelled.
pub(super) fn open<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    mode: Mode,
    id: VisitId,
) -> Result<Visit, Refusal> {
    still_open(lists::get(tx.conn, scope, mode, id)?)
}

/// The same of one that was read.
pub(super) fn still_open(visit: Visit) -> Result<Visit, Refusal> {
    match visit.status {
        status if status.is_open() => Ok(visit),
        Status::InProgress => Err(Refusal::overtaken("The practitioner has begun this appointment already.")),
        status => {
            let words = format!("This appointment is {} already.", status.words().to_lowercase());
            Err(Refusal::Overtaken(words))
        }
    }
}
