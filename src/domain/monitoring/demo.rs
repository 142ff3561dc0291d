//! Made-up nights for the demo: what a home full of sensors would have sent, through the verb that takes what they send.

use chrono::{NaiveTime, TimeDelta};

use super::devices::{self, Sender};
use super::receiving::{self, Incoming, Taken};
use super::{Kind, Severity, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManagePlaces, Scope};
use crate::domain::organisations::{self, PlaceKind};
use crate::kit::secret::random_bytes;

/// The device that the demo registers in each home.
const NAME: &str = "Night sensors (made up)";

/// Kind, severity, title, details, and who answered; one of them for each event.
const HAPPENINGS: [(Kind, Severity, &str, &str, &str); 8] = [
    (Kind::Sound, Severity::Low, "", "Talking in the sleep.", ""),
    (Kind::Movement, Severity::Low, "", "Turned over several times.", ""),
    (Kind::OutOfBed, Severity::Medium, "", "Got up and went to the bathroom, back in bed by themselves.", ""),
    (Kind::Cough, Severity::Medium, "", "Coughed for longer than usual.", ""),
    (
        Kind::Sound,
        Severity::Medium,
        "Called out",
        "Called for somebody; settled after a talk.",
        "Amina Yusuf",
    ),
    (Kind::Door, Severity::Medium, "Door opened", "Left the room and was walked back.", "Amina Yusuf"),
    (Kind::Check, Severity::Medium, "", "Awake and settled. Drink offered and taken.", "Amina Yusuf"),
    (
        Kind::Fall,
        Severity::High,
        "Possible fall",
        "Found sitting on the floor, no injury seen.",
        "Ben Carter",
    ),
];

/// Makes the last night of everybody who lives in the organisation's homes; says how many events were kept.
///
/// # Errors
/// When the organisation has no homes yet.
pub fn make_night(tx: &mut Tx<'_>, scope: &Scope<ManagePlaces>) -> Result<usize, Refusal> {
    let homes = organisations::places(tx.conn, scope)?;
    let mut kept = 0;
    for home in homes.into_iter().filter(|place| place.kind == PlaceKind::Home) {
        let known = devices::monitors(tx.conn, scope)?;
        let known = known.into_iter().find(|one| one.home == home.id && one.name == NAME).map(|one| one.id);
        let device = match known {
            Some(id) => id,
            // Its key is shown to nobody: what it would send is made here.
            None => devices::add_monitor(tx, scope, home.id, "", NAME)?.0,
        };
        let sender =
            Sender { device, organisation: scope.organisation(), home: home.id, room: String::new() };
        let events = night(tx, &sender)?;
        let answers = receiving::receive(tx, &sender, &events)?;
        kept += answers.iter().filter(|answer| **answer != Taken::NoSuchResident).count();
    }
    Ok(kept)
}

/// One or two events for each, in the eight hours before six in the morning, or before now while it is night.
fn night(tx: &mut Tx<'_>, sender: &Sender) -> Result<Vec<Incoming>, Refusal> {
    let mut events = Vec::new();
    let six = tx.now.date().and_time(NaiveTime::MIN) + TimeDelta::hours(6);
    let ended = six.min(tx.now - TimeDelta::minutes(31));
    for (resident, _) in store::living_in(tx.conn, sender.organisation, sender.home)? {
        let [many, first, second, early, late, ..] = random_bytes::<8>()?;
        let happenings = [(first, early), (second, late)];
        for (which, when) in happenings.into_iter().take(1 + usize::from(many % 2)) {
            let at = usize::from(which) % HAPPENINGS.len();
            let Some((kind, severity, title, details, answered_by)) = HAPPENINGS.get(at).copied() else {
                continue;
            };
            events.push(Incoming {
                id: format!("made-{}-{}", tx.now.and_utc().timestamp_millis(), events.len()),
                resident: Some(resident),
                room: String::new(),
                kind,
                severity,
                title: title.to_owned(),
                details: details.to_owned(),
                answered_by: answered_by.to_owned(),
                occurred_at: ended - TimeDelta::minutes(i64::from(when) * 7 / 4),
            });
        }
    }
    Ok(events)
}
