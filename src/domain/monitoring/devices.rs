//! Devices and their keys. A key is shown once and kept hashed; whoever has it may send events of its home, and nothing
//! else.

use chrono::{NaiveDateTime, TimeDelta};

use super::store;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManagePlaces, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{self, PlaceKind};
use crate::kit::ids::{MonitorId, OrganisationId, PlaceId};
use crate::kit::secret::{Secret, fingerprint, random_token};

/// How often one key may ask in a minute.
pub const REQUESTS_A_MINUTE: i64 = 60;

/// What keys begin with, so that one that lies about is known for what it is.
const MARK: &str = "kbm_";

const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// A device as screens show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    pub id: MonitorId,
    pub home: PlaceId,
    /// Where it stands, or empty: events that name neither a resident nor a room are of this one.
    pub room: String,
    pub name: String,
    /// The last characters of its key.
    pub key_end: String,
    pub made_by: String,
    /// When its key was made.
    pub key_since: NaiveDateTime,
    pub last_used_at: Option<NaiveDateTime>,
    /// Events that named nobody who lives there.
    pub refused: i64,
}

/// Proof that a device's key was shown, for one request.
#[derive(Clone, Debug)]
pub struct Sender {
    pub(super) device: MonitorId,
    pub(super) organisation: OrganisationId,
    pub(super) home: PlaceId,
    pub(super) room: String,
}

/// Whether a request is heard.
#[derive(Clone, Debug)]
pub enum Admitted {
    /// No such key, or not any more.
    Unknown,
    /// Too many in this minute: seconds until the next.
    TooMany(i64),
    Yes(Sender),
}

/// The devices of an organisation that work, by home and name.
pub fn monitors(conn: &mut Conn, scope: &Scope<ManagePlaces>) -> diesel::QueryResult<Vec<Monitor>> {
    store::monitors(conn, scope.organisation())
}

/// Registers a device of a home; its key is in the answer and nowhere else.
///
/// # Errors
/// `Invalid` for a home that is not the organisation's, and for a name or room that cannot be used.
pub fn add_monitor(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    home: PlaceId,
    room: &str,
    name: &str,
) -> Result<(MonitorId, Secret), Refusal> {
    let place = organisations::place(tx.conn, scope, home).ok().filter(|place| place.kind == PlaceKind::Home);
    let place =
        place.ok_or_else(|| Refusal::invalid("home", "Choose the home in which the device stands"))?;
    let (name, room) = (one_line(name), one_line(room));
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Refusal::invalid("name", "Enter a name for the device, such as sensor in room 12"));
    }
    if room.chars().count() > 40 || room.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            "room",
            "Enter the room as it stands on the resident’s page, or nothing",
        ));
    }
    let key = new_key()?;
    let row = store::NewMonitor {
        organisation: scope.organisation(),
        home,
        room: &room,
        name: &name,
        key_hash: fingerprint(key.reveal()),
        key_end: key.ends_with(),
        made_by: &scope.by().name,
    };
    let id = store::insert_monitor(tx, &row)?;
    let words = format!("registered the monitoring device {name} of {}", place.name);
    audit::record(tx, scope, Event::new("monitor.added", words).about("monitor", id.0))?;
    Ok((id, key))
}

fn new_key() -> Result<Secret, Refusal> {
    Ok(Secret::new(format!("{MARK}{}", random_token()?.reveal())))
}

fn one_line(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn get(conn: &mut Conn, scope: &Scope<ManagePlaces>, id: MonitorId) -> Result<Monitor, Refusal> {
    monitors(conn, scope)?.into_iter().find(|one| one.id == id).ok_or(Refusal::NotHere)
}

/// Gives a device another key; the old one stops working at once.
///
/// # Errors
/// `NotHere` for another organisation's device, and one that was revoked.
pub fn rotate_monitor(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    id: MonitorId,
) -> Result<(String, Secret), Refusal> {
    let name = get(tx.conn, scope, id)?.name;
    let key = new_key()?;
    store::set_key(tx, id, &fingerprint(key.reveal()), &key.ends_with())?;
    let event = Event::new("monitor.rotated", format!("gave the monitoring device {name} another key"));
    audit::record(tx, scope, event.about("monitor", id.0))?;
    Ok((name, key))
}

/// Ends a device: its key stops working at once, what it sent stays.
///
/// # Errors
/// As for [`rotate_monitor`].
pub fn revoke_monitor(tx: &mut Tx<'_>, scope: &Scope<ManagePlaces>, id: MonitorId) -> Result<(), Refusal> {
    let name = get(tx.conn, scope, id)?.name;
    store::revoke(tx, id)?;
    let event = Event::new("monitor.revoked", format!("ended the monitoring device {name}"));
    audit::record(tx, scope, event.about("monitor", id.0))?;
    Ok(())
}

/// Looks whose key this is, counts the request, and says whether it is heard.
pub fn admit(tx: &mut Tx<'_>, key: &Secret) -> Result<Admitted, Refusal> {
    let Some((sender, minute)) = store::by_key(tx.conn, &fingerprint(key.reveal()))? else {
        return Ok(Admitted::Unknown);
    };
    let running = minute.began_at.filter(|began| tx.now >= *began && tx.now - *began < MINUTE);
    match running {
        Some(began) if minute.requests >= REQUESTS_A_MINUTE => {
            return Ok(Admitted::TooMany((MINUTE - (tx.now - began)).num_seconds().max(1)));
        }
        Some(began) => store::count(tx, sender.device, (began, minute.requests + 1))?,
        None => store::count(tx, sender.device, (tx.now, 1))?,
    }
    Ok(Admitted::Yes(sender))
}
