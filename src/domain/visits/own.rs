//! A patient's hand on an appointment of their own: by the secret of a letter, or signed in. Whoever has it can look at
//! that one, give it a window, and cancel it; nothing else is reached, whatever is asked.
//!
//! A secret works until the appointment is over, and for sixty days at most.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::cancelling::{Cancellation, cancel};
use super::post::{self, later, today};
use super::recommending::{Advice, Errand, advise};
use super::{Available, Entity, ReasonCode, Status, Visit, availability, booking, lists, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{Actor, By, ManageAppointments, Role, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::{Refusal, organisations, patients, tasks};
use crate::kit::ids::{OrganisationId, VisitId, WindowId};
use crate::kit::secret::{Secret, fingerprint};

/// Days in which a patient chooses.
pub const CHOICE: u64 = 21;

/// Why a patient may cancel.
pub const REASONS: [ReasonCode; 3] =
    [ReasonCode::PatientUnwell, ReasonCode::NoLongerNeeded, ReasonCode::Other];

/// What a patient has come by.
#[derive(Clone)]
pub enum Key {
    /// The secret of a letter, with the address of whoever shows it.
    Link(Secret, String),
    /// Somebody signed in.
    Account(std::sync::Arc<Actor>, VisitId),
}

/// Proof that somebody may act on one appointment as its patient. Made only here, for one request; never kept.
pub struct Own {
    scope: Scope<ManageAppointments>,
    pub visit: Visit,
    pub organisation: String,
    /// The telephone number inside a sentence.
    pub phone: String,
    pub zone: Tz,
}

/// What a key opens.
pub enum Opened {
    Here(Box<Own>),
    /// It opened something once: who can be rung.
    Over {
        organisation: String,
        phone: String,
    },
}

/// Opens an appointment.
///
/// # Errors
/// `NotHere` for a secret that nobody was given, and for the appointment of another patient.
pub fn open(conn: &mut Conn, key: &Key, now: NaiveDateTime) -> Result<Opened, Refusal> {
    match key {
        Key::Link(secret, address) => by_link(conn, secret, address, now),
        Key::Account(actor, visit) => by_account(conn, actor, *visit),
    }
}

/// The same for an act.
///
/// # Errors
/// As [`open`], and `NotHere` where it is over.
pub fn reach(conn: &mut Conn, key: &Key, now: NaiveDateTime) -> Result<Own, Refusal> {
    match open(conn, key, now)? {
        Opened::Here(own) => Ok(*own),
        Opened::Over { .. } => Err(Refusal::NotHere),
    }
}

fn by_link(conn: &mut Conn, secret: &Secret, address: &str, now: NaiveDateTime) -> Result<Opened, Refusal> {
    let found = store::link(conn, &fingerprint(secret.reveal()))?;
    let (organisation, visit, expires_at, ended_at) = found.ok_or(Refusal::NotHere)?;
    let by = |name: String| By { account: None, name, address: address.to_owned(), session: None };
    let own = own(conn, organisation, visit, by)?;
    let over = own.visit.status == Status::Completed
        || own.visit.booked.as_ref().is_some_and(|booked| booked.ends_at <= now);
    if over || expires_at <= now || ended_at.is_some() {
        return Ok(Opened::Over { organisation: own.organisation, phone: own.phone });
    }
    Ok(Opened::Here(Box::new(own)))
}

fn by_account(conn: &mut Conn, actor: &Actor, visit: VisitId) -> Result<Opened, Refusal> {
    for one in mine(conn, actor)? {
        if one.visit.id == visit {
            return Ok(Opened::Here(Box::new(one)));
        }
    }
    Err(Refusal::NotHere)
}

fn own(
    conn: &mut Conn,
    organisation: OrganisationId,
    visit: VisitId,
    by: impl FnOnce(String) -> By,
) -> Result<Own, Refusal> {
    let looking = Scope::<ManageAppointments>::of_somebody(organisation, By::the_portal());
    let visit = lists::get(conn, &looking, Mode::Live, visit)?;
    let of = organisations::get(conn, &looking)?;
    Ok(Own {
        scope: Scope::of_somebody(organisation, by(visit.patient.name.clone())),
        visit,
        zone: of.time_zone.parse().unwrap_or(Tz::Europe__London),
        organisation: of.name,
        phone: post::number(conn, organisation)?,
    })
}

/// Appointments of a patient that are shown at once.
const SHOWN: i64 = 100;

/// The live appointments of whoever signs in as a patient, newest first.
pub fn mine(conn: &mut Conn, actor: &Actor) -> Result<Vec<Own>, Refusal> {
    let mut all = Vec::new();
    for membership in actor.memberships().iter().filter(|one| one.role == Role::Patient) {
        let organisation = membership.organisation;
        let Some(patient) = patients::of_account(conn, organisation, actor.account())? else { continue };
        let looking = Scope::<ManageAppointments>::of_somebody(organisation, actor.by());
        let phone = post::number(conn, organisation)?;
        for visit in lists::of_patient(conn, &looking, Mode::Live, patient.id, SHOWN)? {
            all.push(Own {
                scope: looking.clone(),
                visit,
                organisation: membership.organisation_name.clone(),
                phone: phone.clone(),
                zone: membership.time_zone.parse().unwrap_or(Tz::Europe__London),
            });
        }
    }
    Ok(all)
}

impl Own {
    /// Whether a window can be chosen or changed now.
    pub fn may_move(&self, now: NaiveDateTime) -> bool {
        let of = &self.visit;
        of.status.is_open() && (of.booked.is_none() || !of.is_short_notice(now))
    }

    /// Whether it can be cancelled now.
    pub fn may_cancel(&self, now: NaiveDateTime) -> bool {
        let begun = self.visit.booked.as_ref().is_some_and(|booked| booked.starts_at <= now);
        self.visit.status.is_open() && !begun
    }

    /// `Thursday 3 December 2026, between 07:00 and 09:00`; none while nothing is chosen.
    pub fn when(&self) -> Option<String> {
        self.visit.booked.as_ref().map(|_| post::when(&self.visit, self.zone))
    }

    /// First and last date on which a window may be chosen.
    fn dates(&self, now: NaiveDateTime) -> (NaiveDate, NaiveDate) {
        let from = today(now, self.zone);
        match self.visit.period {
            Some((first, last)) => {
                let from = from.max(first);
                (from, last.min(later(from, CHOICE)))
            }
            None => (from, later(from, CHOICE)),
        }
    }

    fn too_late(&self) -> Refusal {
        let words = if self.visit.status.is_open() {
            format!("It is in less than 24 hours. Ring {} on {} to move it.", self.organisation, self.phone)
        } else {
            format!("This appointment is {} already.", self.visit.status.words().to_lowercase())
        };
        Refusal::Overtaken(words)
    }
}

/// The windows that the patient can choose, but for the one that it has, and which of them add the least travel.
pub fn offered(conn: &mut Conn, own: &Own, now: NaiveDateTime) -> Result<(Vec<Available>, Advice), Refusal> {
    let (from, to) = own.dates(now);
    if from > to {
        return Ok((Vec::new(), Advice::default()));
    }
    let mut all = availability::availability(conn, &own.scope, Mode::Live, (from, to), now)?;
    if let Some(booked) = &own.visit.booked {
        all.retain(|one| (one.slot.window, one.slot.date) != (booked.window, booked.date));
    }
    let task = tasks::version(conn, own.scope.organisation(), own.visit.task.id)?;
    let advice = advise(conn, &own.scope, Mode::Live, Errand::of(&own.visit, &task), &all)?;
    Ok((all, advice))
}

/// Gives it a window.
///
/// # Errors
/// `Invalid` on `window`; `Overtaken` when it is full meanwhile, with the next that is free, or cannot be moved any more.
pub fn choose(tx: &mut Tx<'_>, own: &Own, (window, date): (WindowId, NaiveDate)) -> Result<Visit, Refusal> {
    if !own.may_move(tx.now) {
        return Err(own.too_late());
    }
    let (from, to) = own.dates(tx.now);
    if date < from || date > to {
        return Err(Refusal::invalid("window", "Choose one of these times"));
    }
    booking::reschedule(tx, &own.scope, (Mode::Live, own.visit.id), (window, date), "")
}

/// Cancels it.
///
/// # Errors
/// `Invalid` on `reason` or `note`; `Overtaken` when it is over, or has begun.
pub fn give_up(tx: &mut Tx<'_>, own: &Own, reason: ReasonCode, note: &str) -> Result<Visit, Refusal> {
    if !REASONS.contains(&reason) {
        return Err(Refusal::invalid("reason", "Choose the reason"));
    }
    if !own.may_cancel(tx.now) {
        let words = if own.visit.status.is_open() {
            format!("It has begun already. Ring {} on {}.", own.organisation, own.phone)
        } else {
            format!("This appointment is {} already.", own.visit.status.words().to_lowercase())
        };
        return Err(Refusal::Overtaken(words));
    }
    let how =
        Cancellation { by: Entity::Patient, because_of: Entity::Patient, reason, note: note.to_owned() };
    cancel(tx, &own.scope, (Mode::Live, own.visit.id), &how)
}
