//! Takes what a device sends: whom it is about, whether it was sent before, and whether it goes on.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta};

use super::devices::Sender;
use super::store::{self, NewNight};
use super::thresholds::{self, Settings, Threshold};
use super::{Became, Kind, Severity, entries};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::kit::ids::ResidentId;
use crate::kit::secret::random_token;

/// Events of one request.
pub const MOST_AT_ONCE: usize = 100;

/// What happened longer ago is not taken any more.
pub const OLDEST: TimeDelta = TimeDelta::days(7);

/// An event as a device sent it, checked field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The device's own name for it.
    pub id: String,
    pub resident: Option<ResidentId>,
    /// Or empty.
    pub room: String,
    pub kind: Kind,
    pub severity: Severity,
    /// Or empty: the words of the kind.
    pub title: String,
    pub details: String,
    /// Who went to look, or empty.
    pub answered_by: String,
    pub occurred_at: NaiveDateTime,
}

/// What a device is told of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Accepted,
    /// It is here already, or counts in the entry of one shortly before.
    Repeated,
    BelowThreshold,
    /// Nobody, or nobody for certain, is meant.
    NoSuchResident,
}

impl Taken {
    /// The word that is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Repeated => "repeated",
            Self::BelowThreshold => "below_threshold",
            Self::NoSuchResident => "no_such_resident",
        }
    }
}

/// Keeps events, and writes the entries that are due. The answers stand in the order of the events.
///
/// # Errors
/// `NotHere` when the device was revoked meanwhile.
pub fn receive(tx: &mut Tx<'_>, sender: &Sender, events: &[Incoming]) -> Result<Vec<Taken>, Refusal> {
    if !store::is_live(tx.conn, sender.device)? {
        return Err(Refusal::NotHere);
    }
    let settings = thresholds::read_settings(tx.conn, sender.organisation)?;
    let mut known: HashMap<ResidentId, Threshold> = HashMap::new();
    let mut answers = Vec::with_capacity(events.len());
    for event in events {
        answers.push(take(tx, sender, settings, &mut known, event)?);
    }
    let refused = answers.iter().filter(|answer| **answer == Taken::NoSuchResident).count();
    store::note_refused(tx, sender.device, i64::try_from(refused).unwrap_or(0))?;
    entries::write_of(tx, Some(sender.organisation))?;
    Ok(answers)
}

fn take(
    tx: &mut Tx<'_>,
    sender: &Sender,
    settings: Settings,
    known: &mut HashMap<ResidentId, Threshold>,
    event: &Incoming,
) -> Result<Taken, Refusal> {
    if store::was_sent(tx.conn, sender.device, &event.id)? {
        return Ok(Taken::Repeated);
    }
    let Some((resident, room)) = whom(tx, sender, event)? else { return Ok(Taken::NoSuchResident) };
    let threshold = if let Some(threshold) = known.get(&resident) {
        threshold.clone()
    } else {
        let read = thresholds::read(tx.conn, settings, resident)?;
        known.insert(resident, read.clone());
        read
    };
    let mut row = NewNight {
        event,
        resident,
        room,
        became: Became::KeptHere,
        first: None,
        entry_key: String::new(),
        gathers_until: None,
    };
    if !threshold.lets(event.kind, event.severity) {
        store::insert(tx, sender, &row)?;
        return Ok(Taken::BelowThreshold);
    }
    let window = TimeDelta::minutes(settings.window_minutes.into());
    if let Some(first) = store::first_near(tx.conn, resident, event.kind, (event.occurred_at, window))? {
        row.became = Became::Counted;
        row.first = Some(first);
        store::insert(tx, sender, &row)?;
        store::count_in(tx, first)?;
        return Ok(Taken::Repeated);
    }
    row.became = Became::First;
    random_token()?.reveal().clone_into(&mut row.entry_key);
    row.gathers_until = Some(event.occurred_at + window);
    store::insert(tx, sender, &row)?;
    Ok(Taken::Accepted)
}

/// The one person whom an event is about, and their room. By our number they must live in the device's home, and in
/// the room if one is named too. By a room alone there must be exactly one person, and nobody of the organisation may
/// have been changed since it happened: who lived there then would be a guess.
fn whom(tx: &mut Tx<'_>, sender: &Sender, event: &Incoming) -> Result<Option<(ResidentId, String)>, Refusal> {
    let here = store::living_in(tx.conn, sender.organisation, sender.home)?;
    if let Some(id) = event.resident {
        let found = here.into_iter().find(|(resident, _)| *resident == id);
        return Ok(found.filter(|(_, room)| event.room.is_empty() || folded(room) == folded(&event.room)));
    }
    let wanted = folded(if event.room.is_empty() { &sender.room } else { &event.room });
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut there = here.into_iter().filter(|(_, room)| folded(room) == wanted);
    match (there.next(), there.next()) {
        (Some(one), None) if !store::changed_since(tx.conn, sender.organisation, event.occurred_at)? => {
            Ok(Some(one))
        }
        _ => Ok(None),
    }
}

fn folded(room: &str) -> String {
    room.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
