//! Many appointments at once: moved to another day, or cancelled. What would come of it is seen before, and all of it
//! can be undone for a while.
//!
//! The preview is the act itself, done and taken back in the same transaction, so that it cannot say anything else than
//! what would happen. One that cannot be changed is left as it is, with the reason, and holds up no other.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::booking::Offer;
use super::cancelling::{Cancellation, cancel};
use super::leaving::{counted, release};
use super::store::{self, Item};
use super::telling::happened;
use super::{Booked, EventKind, Status, Visit, booking, lists, when_words};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::audit::{self, Event};
use crate::kit::ids::{BatchId, StaffMemberId, VisitId};

/// Appointments of one batch.
pub const MOST_OF_A_BATCH: usize = 200;
/// How long a batch can be undone.
pub const UNDO_FOR: TimeDelta = TimeDelta::hours(24);

/// What is done to each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// To the same window on another date.
    Move(NaiveDate),
    Cancel(Cancellation),
}

impl Act {
    fn word(&self) -> &'static str {
        match self {
            Self::Move(_) => "move",
            Self::Cancel(_) => "cancel",
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Move(to) => format!("moved to {}", to.format("%A %-d %B %Y")),
            Self::Cancel(how) => format!("cancelled: {}", how.reason.words().to_lowercase()),
        }
    }
}

/// What came, or would come, of one appointment.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub before: Visit,
    /// How it is then, or why it stays.
    pub then: Result<Box<Visit>, String>,
}

impl Outcome {
    pub fn is_done(&self) -> bool {
        self.then.is_ok()
    }
}

/// A batch as it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub id: BatchId,
    pub words: String,
    pub by: String,
    pub at: NaiveDateTime,
    pub undone: Option<(NaiveDateTime, String)>,
}

/// What a rehearsal came to, thrown to take it back.
enum Rehearsed {
    Done(Vec<Outcome>),
    Refused(Refusal),
}

impl From<Refusal> for Rehearsed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<diesel::result::Error> for Rehearsed {
    fn from(error: diesel::result::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// What would come of it; nothing stays written.
pub fn rehearse(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    ids: &[VisitId],
    act: &Act,
) -> Result<Vec<Outcome>, Refusal> {
    let rehearsed: Result<(), Rehearsed> = tx.attempt(|tx| Err(Rehearsed::Done(each(tx, scope, ids, act)?)));
    match rehearsed {
        Err(Rehearsed::Done(outcomes)) => Ok(outcomes),
        Err(Rehearsed::Refused(refusal)) => Err(refusal),
        Ok(()) => Ok(Vec::new()),
    }
}

/// Does it, and keeps what was, for [`undo`].
///
/// # Errors
/// `Overtaken` where none of them could be changed.
pub fn apply(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    ids: &[VisitId],
    act: &Act,
) -> Result<(BatchId, Vec<Outcome>), Refusal> {
    let outcomes = each(tx, scope, ids, act)?;
    let done: Vec<(&Visit, &Visit)> =
        outcomes.iter().filter_map(|one| Some((&one.before, one.then.as_deref().ok()?))).collect();
    if done.is_empty() {
        return Err(Refusal::overtaken("None of these appointments can be changed so. Look at the reasons."));
    }
    let words = format!("{} {}", counted(done.len()), act.words());
    let id = store::insert_batch(tx, scope.organisation(), (act.word(), &words), &scope.by().name)?;
    for (before, after) in &done {
        store::insert_item(tx, id, &item(before, after))?;
    }
    audit::record(tx, scope, Event::new("visit_batch.done", words).about("visit batch", id.0))?;
    Ok((id, outcomes))
}

fn each(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    ids: &[VisitId],
    act: &Act,
) -> Result<Vec<Outcome>, Refusal> {
    if ids.is_empty() {
        return Err(Refusal::invalid("visits", "Tick the appointments that are meant"));
    }
    if ids.len() > MOST_OF_A_BATCH {
        let words = format!("Tick at most {MOST_OF_A_BATCH} appointments at once");
        return Err(Refusal::invalid("visits", words));
    }
    let offer = Offer::read(tx.conn, scope)?;
    let mut outcomes = Vec::with_capacity(ids.len());
    for id in ids {
        let before = lists::get(tx.conn, scope, Mode::Live, *id)?;
        let then = tx.attempt(|tx| one(tx, scope, &offer, (&before, act)));
        let then = match then {
            Ok(after) => Ok(Box::new(after)),
            Err(Refusal::Overtaken(words) | Refusal::Invalid { words, .. }) => Err(words),
            Err(refusal) => return Err(refusal),
        };
        outcomes.push(Outcome { before, then });
    }
    Ok(outcomes)
}

fn one(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    offer: &Offer,
    (before, act): (&Visit, &Act),
) -> Result<Visit, Refusal> {
    match act {
        Act::Move(to) => {
            let booked = before.booked.as_ref();
            let booked = booked.ok_or_else(|| Refusal::overtaken("It has no window yet."))?;
            if booked.date == *to {
                return Err(Refusal::overtaken("It is on that day already."));
            }
            let slot = (booked.window, *to);
            booking::move_among(tx, scope, offer, booking::still_open(before.clone())?, (slot, ""))
        }
        Act::Cancel(how) => cancel(tx, scope, (Mode::Live, before.id), how),
    }
}

fn item(before: &Visit, after: &Visit) -> Item {
    let booked = before.booked.as_ref();
    Item {
        visit: before.id,
        window: booked.map(|one| one.window.0),
        date: booked.map(|one| one.date),
        starts_at: booked.map(|one| one.starts_at),
        ends_at: booked.map(|one| one.ends_at),
        staff: before.practitioner.as_ref().map(|one| one.id.0),
        expected_at: before.expected_at,
        locked: before.locked,
        status: before.status.as_str().to_owned(),
        is_now: after.version,
    }
}

/// A batch.
///
/// # Errors
/// `NotHere` for another organisation's.
pub fn batch(conn: &mut Conn, scope: &Scope<ManageAppointments>, id: BatchId) -> Result<Batch, Refusal> {
    store::batch(conn, scope.organisation(), id)?.ok_or(Refusal::NotHere)
}

/// Those that can be undone still, newest first.
pub fn undoable(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    now: NaiveDateTime,
) -> Result<Vec<Batch>, Refusal> {
    Ok(store::batches_since(conn, scope.organisation(), now - UNDO_FOR)?)
}

/// Puts everything back as it was before a batch; what was changed since stays as it is, with the reason.
///
/// # Errors
/// `Overtaken` when it was undone already, or too long ago.
pub fn undo(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: BatchId,
) -> Result<Vec<(Visit, Option<String>)>, Refusal> {
    let of = batch(tx.conn, scope, id)?;
    if of.undone.is_some() {
        return Err(Refusal::overtaken("This was undone already."));
    }
    if tx.now - of.at > UNDO_FOR {
        return Err(Refusal::overtaken(
            "This was done more than 24 hours ago. Change the appointments one by one.",
        ));
    }
    let offer = Offer::read(tx.conn, scope)?;
    let mut back = Vec::new();
    for item in store::items(tx.conn, id)? {
        let now = lists::get(tx.conn, scope, Mode::Live, item.visit)?;
        let restored = tx.attempt(|tx| restore(tx, scope, &offer, (&now, &item)));
        back.push(match restored {
            Ok(visit) => (visit, None),
            Err(Refusal::Overtaken(words)) => (now, Some(words)),
            Err(refusal) => return Err(refusal),
        });
    }
    // Whose they were may have left since.
    release(tx, scope)?;
    store::undone(tx, id, &scope.by().name)?;
    let event = Event::new("visit_batch.undone", format!("undid: {}", of.words));
    audit::record(tx, scope, event.about("visit batch", id.0))?;
    Ok(back)
}

fn restore(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    offer: &Offer,
    (now, was): (&Visit, &Item),
) -> Result<Visit, Refusal> {
    if now.version != was.is_now {
        return Err(Refusal::overtaken("It was changed since, and stays as it is."));
    }
    let booked = booked_again(tx, scope, offer, (now, was))?;
    store::restore(tx, was)?;
    let visit = lists::get(tx.conn, scope, Mode::Live, now.id)?;
    let words = match &booked {
        Some(booked) => {
            let who = visit.practitioner.as_ref().map(|one| format!(", with {}", one.name));
            format!("put it back to {}{}", when_words(booked, offer.zone), who.unwrap_or_default())
        }
        None => "put it back".to_owned(),
    };
    let kind = if now.status == Status::Cancelled { EventKind::Scheduled } else { EventKind::Rescheduled };
    let kind = if booked.is_some() { kind } else { EventKind::Updated };
    happened(tx, scope, &visit, kind, &words)?;
    Ok(visit)
}

/// The slot that it had, if a place is free there and it is not over.
fn booked_again(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    offer: &Offer,
    (now, was): (&Visit, &Item),
) -> Result<Option<Booked>, Refusal> {
    let (Some(window), Some(date), Some(starts_at), Some(ends_at)) =
        (was.window, was.date, was.starts_at, was.ends_at)
    else {
        return Ok(None);
    };
    let window = crate::kit::ids::WindowId(window);
    if starts_at <= tx.now {
        return Err(Refusal::overtaken("Its window has begun meanwhile."));
    }
    let found = offer.windows.iter().find(|one| one.id == window);
    let found = found.ok_or_else(|| Refusal::overtaken("Its window is not in use any more."))?;
    let held = store::held(tx.conn, (scope.organisation(), now.mode), (window, date))?;
    if held >= i64::from(found.capacity) {
        return Err(Refusal::overtaken("Its place was taken meanwhile."));
    }
    Ok(Some(Booked { window, name: found.name.clone(), date, starts_at, ends_at }))
}

/// The practitioner of an item, for the row.
impl Item {
    pub(super) fn practitioner(&self) -> Option<StaffMemberId> {
        self.staff.map(StaffMemberId)
    }
}
