//! Who comes: only somebody with the right skills that count on that day, who works then; and who else could, with the
//! reason for each. Test appointments go to nobody.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::availability::zone;
use super::booking::open;
use super::telling::happened;
use super::{EventKind, Sees, Visit, lists, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::coverage::ways::{self, BY_CAR};
use crate::domain::coverage::{self, Postcode};
use crate::domain::practitioners::{self, Asked, Continuity, Fit, Practitioner};
use crate::domain::tasks::{self, Skill};
use crate::kit::ids::{StaffMemberId, VisitId};

/// Appointments of a patient that continuity is counted over.
const LAST: i64 = 5;
/// Somebody who could come, or could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub id: StaffMemberId,
    pub fit: Fit,
}

/// Every practitioner, those who fit first, with why and why not.
///
/// # Errors
/// `Overtaken` where the appointment has no window yet.
pub fn candidates<R: Sees + practitioners::Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    visit: &Visit,
    now: NaiveDateTime,
) -> Result<Vec<Candidate>, Refusal> {
    let asks = Asks::read(conn, scope, visit, now)?;
    let all = practitioners::list(conn, scope)?;
    let mut found: Vec<Candidate> = all
        .iter()
        .filter(|one| one.works())
        .map(|one| Candidate { id: one.id, fit: asks.fit(one) })
        .collect();
    practitioners::best_first(&mut found, |one| &one.fit);
    Ok(found)
}

/// What an appointment asks of a practitioner.
struct Asks {
    needed: Vec<Skill>,
    asked: Asked,
    postcode: Option<Postcode>,
    /// Who came to the last ones.
    last: Vec<Option<StaffMemberId>>,
}

impl Asks {
    fn read<R: Sees>(
        conn: &mut Conn,
        scope: &Scope<R>,
        visit: &Visit,
        now: NaiveDateTime,
    ) -> Result<Self, Refusal> {
        let booked = visit.booked.as_ref().ok_or_else(|| Refusal::overtaken("Choose a window first."))?;
        let zone = zone(conn, scope)?;
        let task = tasks::version(conn, scope.organisation(), visit.task.id)?;
        Ok(Self {
            needed: task.skills,
            asked: Asked {
                on: booked.date,
                starts_at: booked.starts_at,
                ends_at: booked.ends_at,
                minutes: task.minutes,
                zone,
                today: now.and_utc().with_timezone(&zone).date_naive(),
                travel_minutes: None,
                continuity: None,
            },
            postcode: Postcode::parse(&visit.place.address.postcode),
            last: store::last_practitioners(conn, visit.patient.id, LAST)?,
        })
    }

    fn fit(&self, one: &Practitioner) -> Fit {
        let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        let seen = count(self.last.iter().filter(|who| **who == Some(one.id)).count());
        let of = count(self.last.len());
        let miles = self.postcode.as_ref().and_then(|at| coverage::miles_between(&one.base, at));
        let asked = Asked {
            travel_minutes: miles.and_then(|miles| u32::try_from(ways::minutes(miles, BY_CAR)).ok()),
            continuity: (of > 0).then_some(Continuity { seen, of }),
            ..self.asked.clone()
        };
        practitioners::suitability(one, &self.needed, &asked)
    }
}

/// Gives it to a practitioner, or takes it off them. The name is for the timeline.
///
/// # Errors
/// `Overtaken` where they cannot come, with why not; where it has no window; where it is not open any more; and for a
/// test appointment.
pub fn assign(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    to: Option<(StaffMemberId, &str)>,
    expected_at: Option<NaiveDateTime>,
) -> Result<Visit, Refusal> {
    let read = to.map(|(staff, _)| practitioners::get(tx.conn, scope, staff)).transpose()?;
    let to = read.as_ref().zip(to.map(|(_, name)| name));
    give(tx, scope, (mode, id), to, expected_at)
}

/// The same to a practitioner who was read.
///
/// # Errors
/// As [`assign`].
pub fn assign_to(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    to: Option<&Practitioner>,
    expected_at: Option<NaiveDateTime>,
) -> Result<Visit, Refusal> {
    give(tx, scope, (mode, id), to.map(|one| (one, one.name.as_str())), expected_at)
}

fn give(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    to: Option<(&Practitioner, &str)>,
    expected_at: Option<NaiveDateTime>,
) -> Result<Visit, Refusal> {
    let before = open(tx, scope, mode, id)?;
    if mode == Mode::Test {
        return Err(Refusal::overtaken("A test appointment never goes to a practitioner."));
    }
    let staff = to.map(|(one, _)| one.id);
    let same = before.practitioner.as_ref().map(|one| one.id) == staff;
    if same && before.expected_at == expected_at {
        return Ok(before);
    }
    if let Some((to, _)) = to {
        let fit = Asks::read(tx.conn, scope, &before, tx.now)?.fit(to);
        if !fit.fits {
            return Err(Refusal::Overtaken(fit.words()));
        }
    }
    store::set_practitioner(tx, id, staff, expected_at)?;
    let visit = lists::get(tx.conn, scope, mode, id)?;
    let words = match (to, &before.practitioner) {
        _ if same => expects(expected_at, zone(tx.conn, scope)?),
        (Some((_, name)), _) => format!("assigned it to {name}"),
        (None, Some(was)) => format!("took it off {}", was.name),
        (None, None) => "left it unassigned".to_owned(),
    };
    happened(tx, scope, &visit, EventKind::Assigned, &words)?;
    Ok(visit)
}

/// Only the time at which they are expected is another.
fn expects(at: Option<NaiveDateTime>, zone: Tz) -> String {
    match at {
        Some(at) => format!("expects them at {} now", at.and_utc().with_timezone(&zone).format("%H:%M")),
        None => "expects them at no certain time now".to_owned(),
    }
}

/// Says whether a day plan leaves it with its practitioner.
///
/// # Errors
/// `Overtaken` where nobody has it, or it is not open any more.
pub fn set_lock(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    locked: bool,
) -> Result<Visit, Refusal> {
    let before = open(tx, scope, mode, id)?;
    if before.locked == locked {
        return Ok(before);
    }
    if locked && before.practitioner.is_none() {
        return Err(Refusal::overtaken("Assign it to a practitioner first."));
    }
    store::set_lock(tx, id, locked)?;
    let visit = lists::get(tx.conn, scope, mode, id)?;
    let words = if locked { "locked it to its practitioner" } else { "unlocked it" };
    happened(tx, scope, &visit, EventKind::Assigned, words)?;
    Ok(visit)
}
