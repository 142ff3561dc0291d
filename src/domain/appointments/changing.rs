//! Changing and cancelling one appointment, this and the later ones of its series, or all that are not rendered yet.
//! What is rendered or invoiced stays as it is until that is taken back; what is cancelled stays cancelled.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::overlaps::{self, Wished};
use super::people::{self, People};
use super::planning::{Details, Planned, Typed, all_allowed, paragraphs, read_clock, read_details, when};
use super::times::{self, Slot};
use super::{Appointment, SUBJECT, State, StatusType, get, status_types, store};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{By, ManageAppointments, Scope};
use crate::domain::organisations::{Changed, one_line, short};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{AppointmentId, StatusTypeId};

/// Cancelling later than this before the start is late, and said to be so.
pub const LATE: TimeDelta = TimeDelta::hours(24);

text_enum! {
    /// Which of a series are meant.
    pub enum Reach {
        One = "one",
        Later = "later",
        All = "all",
    }
}

text_enum! {
    /// Whose wish a cancellation was, or whose doing.
    pub enum Party {
        Client = "client",
        Staff = "staff",
        Organisation = "organisation",
    }
}

impl Party {
    pub fn words(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Staff => "Staff",
            Self::Organisation => "Organisation",
        }
    }
}

/// A cancellation as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    pub at: chrono::NaiveDateTime,
    pub by: String,
    pub wish: String,
    pub cause: String,
    pub because: String,
    pub note: String,
}

/// The same as typed.
#[derive(Debug, Clone, Default)]
pub struct TypedCancellation<'f> {
    pub status: &'f str,
    pub wish: &'f str,
    pub cause: &'f str,
    pub because: &'f str,
    pub note: &'f str,
}

/// Changes an appointment from a form that was made from `version`, and with it as many of its series as `reach`
/// says: each keeps its own day, moved by as many days as this one is moved.
///
/// # Errors
/// `NotHere`; `Invalid` with the first field that cannot be used; `Overtaken` when it was changed meanwhile, or is
/// rendered, invoiced or cancelled.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (id, version, reach): (AppointmentId, i64, Reach),
    typed: &Typed,
    (zone, allowed): (Tz, &[AppointmentId]),
) -> Result<Planned, Refusal> {
    let before = get(tx.conn, scope, id)?;
    refuse_settled(&before)?;
    refuse_stale(tx.conn, &before, version)?;
    let people = people::people(tx.conn, scope)?;
    let types = status_types(tx.conn, scope)?;
    let details = read_details(typed, &people, &types, Some(&before))?;
    let clock = read_clock(tx.conn, scope, typed, details.resident, zone, Some(&before.time_zone))?;
    let day = times::near_day("day", &typed.day, tx.now)?;
    let moved = day - before.local_date;
    let targets = targets(tx.conn, scope, &before, reach)?;
    let mut slots = Vec::with_capacity(targets.len());
    for target in &targets {
        let date = target.local_date.checked_add_signed(moved).unwrap_or(day);
        slots.push(clock.on(date)?);
    }
    let wished: Vec<Wished> = slots
        .iter()
        .map(|slot| Wished { resident: details.resident, staff: details.staff, slot: *slot })
        .collect();
    let own: Vec<AppointmentId> = targets.iter().map(|one| one.id).collect();
    let busy = overlaps::overlaps(tx.conn, scope, &wished, &own)?;
    let was = overlaps::overlaps(tx.conn, scope, &[as_wished(&before)], &own)?;
    // What it overlapped before was allowed then.
    let new: Vec<_> = busy.into_iter().filter(|one| !was.iter().any(|old| old.other == one.other)).collect();
    if !all_allowed(&new, allowed) {
        return Ok(Planned::Busy(new));
    }
    for (target, slot) in targets.iter().zip(&slots) {
        write_change(tx, scope, target, (&details, slot), (&people, &types))?;
    }
    Ok(Planned::Done(own))
}

fn as_wished(of: &Appointment) -> Wished {
    let slot = slot_of(of);
    Wished { resident: of.resident, staff: of.staff, slot }
}

/// When it is, as kept.
pub fn slot_of(of: &Appointment) -> Slot {
    Slot {
        starts_at: of.starts_at,
        ends_at: of.ends_at,
        local_date: of.local_date,
        zone: of.time_zone.parse().unwrap_or(Tz::UTC),
    }
}

fn write_change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    target: &Appointment,
    (details, slot): (&Details, &Slot),
    (people, types): (&People, &[StatusType]),
) -> Result<(), Refusal> {
    let changed = changed(target, (details, slot), people, types);
    if changed.is_empty() {
        return Ok(());
    }
    if !store::change(tx, target, details, slot)? {
        return Err(stale(tx.conn, target.id)?);
    }
    let words = format!("changed the appointment on {}: {}", when(&slot_of(target)), changed.fields());
    let event = audit::Event::new("appointment.changed", words).about(SUBJECT, target.id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

fn changed(
    before: &Appointment,
    (details, slot): (&Details, &Slot),
    people: &People,
    types: &[StatusType],
) -> Changed {
    let client = |id| {
        let known =
            |id| people.client_numbered(id).map_or_else(|| format!("client {id}"), people::Client::label);
        Option::map(id, known).unwrap_or_default()
    };
    let staff = |id| {
        let known = |id| {
            people.therapist_numbered(id).map_or_else(|| format!("staff {id}"), people::Therapist::label)
        };
        Option::map(id, known).unwrap_or_default()
    };
    let place = |id| people.agency_numbered(id).map_or_else(|| format!("place {id}"), |one| one.name.clone());
    let status = |id: StatusTypeId| types.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str());
    let mut changed = Changed::default();
    changed.note("Kind", before.kind.as_str(), details.kind.as_str());
    changed.note("Client", &client(before.resident), &client(details.resident));
    changed.note("Staff", &staff(before.staff), &staff(details.staff));
    changed.note("Agency", &place(before.place), &place(details.place));
    changed.note("Service", &before.service, &details.service);
    changed.note("Direct or indirect", before.directness.as_str(), details.directness.as_str());
    changed.note("Status", status(before.status), status(details.status));
    changed.note("Time", &when(&slot_of(before)), &when(slot));
    changed.note("Details", &before.details, &details.details);
    changed
}

/// This one alone, or what of its series is meant and can still be changed, this one first.
fn targets(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    of: &Appointment,
    reach: Reach,
) -> Result<Vec<Appointment>, Refusal> {
    let mut targets = vec![of.clone()];
    if let (Some(series), Reach::Later | Reach::All) = (of.series, reach) {
        let from = (reach == Reach::Later).then_some(of.starts_at);
        let others = store::open_of_series(conn, scope.organisation(), scope.places(), series, from)?;
        targets.extend(others.into_iter().filter(|other| other.id != of.id));
    }
    Ok(targets)
}

/// How many a change or cancellation would reach: this and later ones, and all that are not rendered yet; `None` where
/// it is not one of a series.
pub fn reached(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    of: &Appointment,
) -> Result<Option<(usize, usize)>, Refusal> {
    if of.series.is_none() {
        return Ok(None);
    }
    Ok(Some((targets(conn, scope, of, Reach::Later)?.len(), targets(conn, scope, of, Reach::All)?.len())))
}

/// Cancels, from a form that was made from `version`; how many. A cancelled appointment is not taken up again.
///
/// # Errors
/// `NotHere`; `Invalid` on `status`, `wish`, `cause`, `because` or `note`; `Overtaken` when it was cancelled or
/// changed meanwhile, or is rendered or invoiced.
pub fn cancel(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (id, version, reach): (AppointmentId, i64, Reach),
    typed: &TypedCancellation<'_>,
) -> Result<usize, Refusal> {
    let before = get(tx.conn, scope, id)?;
    refuse_settled(&before)?;
    refuse_stale(tx.conn, &before, version)?;
    let types = status_types(tx.conn, scope)?;
    let cancels = |one: &&StatusType| {
        one.id.to_string() == typed.status && one.flags.cancellation && one.retired_at.is_none()
    };
    let status = types.iter().find(cancels).ok_or_else(|| Refusal::invalid("status", "Choose what it is"))?;
    let party = |field, text: &str| {
        Party::parse(text).ok_or_else(|| Refusal::invalid(field, "Choose client, staff or organisation"))
    };
    let cancellation = Cancellation {
        at: tx.now,
        by: scope.by().name.clone(),
        wish: party("wish", typed.wish)?.as_str().to_owned(),
        cause: party("cause", typed.cause)?.as_str().to_owned(),
        because: short("because", one_line(typed.because), 200)?,
        note: short("note", paragraphs(typed.note), 1000)?,
    };
    if cancellation.because.is_empty() {
        return Err(Refusal::invalid("because", "Say why, such as: the client is ill"));
    }
    let targets = targets(tx.conn, scope, &before, reach)?;
    for target in &targets {
        if !store::cancel(tx, target, status.id, &cancellation)? {
            return Err(stale(tx.conn, target.id)?);
        }
        let late = if is_late(target, tx.now) { ", under 24 hours before its start" } else { "" };
        let words = format!(
            "cancelled the appointment on {}{late}: {}. Wished by: {}. Caused by: {}. {}",
            when(&slot_of(target)),
            status.name,
            cancellation.wish,
            cancellation.cause,
            cancellation.because,
        );
        let event = audit::Event::new("appointment.cancelled", words).about(SUBJECT, target.id.0);
        audit::record(tx, scope, event)?;
    }
    Ok(targets.len())
}

/// Whether it starts within a day from now, or has started.
pub fn is_late(of: &Appointment, now: chrono::NaiveDateTime) -> bool {
    of.starts_at - now < LATE
}

/// What may not be changed any more, in words.
///
/// # Errors
/// `Overtaken`.
pub fn refuse_settled(of: &Appointment) -> Result<(), Refusal> {
    refuse_invoiced(of)?;
    match of.state {
        State::Scheduled => Ok(()),
        State::Rendered => Err(Refusal::overtaken(
            "This appointment is rendered. Un-render it first, then it can be changed.",
        )),
        State::Cancelled => Err(Refusal::overtaken(
            "This appointment was cancelled, which is not taken back. Plan another instead.",
        )),
    }
}

/// # Errors
/// `Overtaken` where it is invoiced.
pub fn refuse_invoiced(of: &Appointment) -> Result<(), Refusal> {
    if of.invoiced_at.is_none() {
        return Ok(());
    }
    Err(Refusal::overtaken(format!(
        "This appointment is invoiced ({}). A super manager can take it off the invoice; until then it stays as it is.",
        of.invoice
    )))
}

/// # Errors
/// `Overtaken` with who changed it, where the form was made from an older version.
pub fn refuse_stale(conn: &mut Conn, now: &Appointment, version: i64) -> Result<(), Refusal> {
    if now.version == version { Ok(()) } else { Err(stale(conn, now.id)?) }
}

fn stale(conn: &mut Conn, id: AppointmentId) -> Result<Refusal, Refusal> {
    let who = store::last_changed_by(conn, id)?.unwrap_or_else(|| By::the_portal().name);
    Ok(Refusal::overtaken(format!(
        "{who} changed this appointment meanwhile. Look at it, then do it again if it is still right."
    )))
}
