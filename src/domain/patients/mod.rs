//! Whom visits are made to, and how they are reached.
//!
//! Kept apart from the residents of care homes, for one reason: a patient belongs to a mode. What a program tries out
//! with a test key makes patients of its own, and no query of one mode can return, count or change those of the other,
//! so that nobody is ever visited by mistake. Nobody is deleted here.

mod details;
mod signing_in;
mod store;

use chrono::NaiveDateTime;

use super::Refusal;
use super::access::{ManageAppointments, Right, Scope, ViewAppointments};
use super::api_keys::{Asked, Mode};
use super::audit::{self, Event};
use crate::db::{Conn, Tx};
use crate::kit::ids::{AccountId, OrganisationId, PatientId};
use crate::kit::secret::random_token;

pub use details::{Address, Details, SEXES, TITLES, Typed, TypedAddress, Wrong};
pub(in crate::domain) use details::{read_note as details_note, read_phone as details_phone};
pub use signing_in::{SignIn, invite, shut_out, sign_in};

/// The audit's subject.
pub const SUBJECT: &str = "patient";

/// Rights under which patients are read.
pub trait Sees: Right {}
impl Sees for ViewAppointments {}
impl Sees for ManageAppointments {}

/// A patient as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    pub id: PatientId,
    /// `p_…`.
    pub public_id: String,
    pub mode: Mode,
    pub details: Details,
    /// Whoever signs in as this patient.
    pub account: Option<AccountId>,
    /// Counts the changes; a form made from an older one is refused.
    pub version: i64,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl Patient {
    /// `Betty Cole`.
    pub fn name(&self) -> String {
        self.details.name()
    }
}

/// Adds a patient.
///
/// # Errors
/// When the system gives no randomness, or the database fails: what was typed was checked by [`Details::read`].
pub fn add(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    mode: Mode,
    details: &Details,
) -> Result<Patient, Refusal> {
    let public_id = format!("p_{}", random_token()?.reveal());
    let id = store::insert(tx, (scope.organisation(), mode), &public_id, details)?;
    audit::record(
        tx,
        scope,
        Event::new("patient.added", format!("added the {} patient {}", mode.as_str(), details.name()))
            .about(SUBJECT, id.0),
    )?;
    get(tx.conn, scope, mode, id)
}

/// Changes a patient. `seen` is the version that the form was made from; programs give none. Nothing is written where
/// nothing differs.
///
/// # Errors
/// `NotHere`, or `Overtaken` when somebody changed them meanwhile.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id, seen): (Mode, PatientId, Option<i64>),
    details: &Details,
) -> Result<Patient, Refusal> {
    let before = get(tx.conn, scope, mode, id)?;
    if seen.is_some_and(|seen| seen != before.version) {
        return Err(Refusal::overtaken("Somebody changed this patient meanwhile. Look at it again."));
    }
    if before.details == *details {
        return Ok(before);
    }
    store::update(tx, id, details)?;
    let words = format!("changed the patient {}", details.name());
    audit::record(tx, scope, Event::new("patient.changed", words).about(SUBJECT, id.0))?;
    get(tx.conn, scope, mode, id)
}

/// One patient.
///
/// # Errors
/// `NotHere` for another organisation's, and for one of the other mode.
pub fn get<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    id: PatientId,
) -> Result<Patient, Refusal> {
    store::get(conn, (scope.organisation(), mode), id)?.ok_or(Refusal::NotHere)
}

/// The same by the public number.
pub fn by_public_id<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    id: &str,
) -> Result<Patient, Refusal> {
    store::by_public_id(conn, (scope.organisation(), mode), id)?.ok_or(Refusal::NotHere)
}

/// Patients whose name, number or reference has all of the words, by name; all where there are none. And whether there
/// are more.
pub fn list<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    search: &str,
    (offset, limit): (i64, i64),
) -> Result<(Vec<Patient>, bool), Refusal> {
    let mut rows = store::list(conn, (scope.organisation(), mode), search, (offset, limit + 1))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

/// Patients as a program asks for them: one more than the page has, if there is one.
pub fn asked<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    asked: &Asked,
) -> Result<Vec<Patient>, Refusal> {
    Ok(store::asked(conn, (scope.organisation(), mode), asked)?)
}

/// The patient as whom somebody signs in; live patients only.
pub fn of_account(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Option<Patient>, Refusal> {
    Ok(store::of_account(conn, organisation, account)?)
}
