//! Shared devices: a browser that the staff of one place use in turn, each with a PIN.
//!
//! A manager registers the browser; it keeps a random word, of which the database holds the hash. The word shows the
//! names of that place's staff and lets nobody in. A PIN opens a session with staff rights in that organisation only,
//! which locks soon; whoever has or needs a second step has no PIN. Five wrong ones shut the PIN of that person on
//! that device until they sign in with their password.

mod entering;
mod pins;
mod store;

use chrono::TimeDelta;

use super::hasher::Hashed;
use super::sessions;
use crate::config::TwoStep;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, By, ManagePlaces, Membership, Role, Scope, needs_second_step};
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::ids::{AccountId, DeviceId, OrganisationId, PlaceId};
use crate::kit::secret::{Secret, fingerprint, random_token};

pub use pins::fit as fit_pin;
pub use store::Device;

use store::WithPin;

/// After so long without use a session that a PIN began is locked.
pub const LOCKS_AFTER: TimeDelta = TimeDelta::minutes(2);

/// A shift: the longest that a session of a PIN lasts.
pub const SHIFT: TimeDelta = TimeDelta::hours(12);

/// Wrong PINs of one person on one device until their password is asked for.
const WRONG_PINS: i64 = 5;

/// What a shared device shows before somebody has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub device: DeviceId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub place_name: String,
    /// Who can sign in here with a PIN, by name.
    pub people: Vec<(AccountId, String)>,
}

/// Registers a browser as a shared device of a place: the word that it keeps.
///
/// # Errors
/// `NotHere` for a place of another organisation, `Invalid` for a name that cannot be used.
pub fn register_device(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    place: PlaceId,
    name: &str,
) -> Result<Secret, Refusal> {
    let place_name = store::place_name(tx.conn, scope.organisation(), place)?.ok_or(Refusal::NotHere)?;
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Refusal::invalid("device", "Enter a name for the device, such as tablet in the office"));
    }
    let word = random_token()?;
    let of = (scope.organisation(), place);
    let id = store::insert(tx, of, &name, &fingerprint(word.reveal()), &scope.by().name)?;
    let words = format!("registered the shared device {name} of {place_name}");
    audit::record(tx, scope, Event::new("device.registered", words).about("device", id.0))?;
    Ok(word)
}

/// The shared devices of a place that work.
///
/// # Errors
/// `NotHere` for a place of another organisation.
pub fn devices(conn: &mut Conn, scope: &Scope<ManagePlaces>, place: PlaceId) -> Result<Vec<Device>, Refusal> {
    store::place_name(conn, scope.organisation(), place)?.ok_or(Refusal::NotHere)?;
    Ok(store::devices(conn, scope.organisation(), place)?)
}

/// Ends a shared device: it asks nobody for anything any more, and the sessions on it are over.
///
/// # Errors
/// `NotHere` for a device of another place or organisation, and one that was ended before.
pub fn revoke_device(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    place: PlaceId,
    id: DeviceId,
) -> Result<(), Refusal> {
    let found = devices(tx.conn, scope, place)?.into_iter().find(|one| one.id == id);
    let name = found.ok_or(Refusal::NotHere)?.name;
    store::revoke(tx, id)?;
    store::end_sessions(tx, id)?;
    let event = Event::new("device.revoked", format!("ended the shared device {name}"));
    audit::record(tx, scope, event.about("device", id.0))?;
    Ok(())
}

/// What the browser that keeps this word shows; nothing for any other browser, or an ended device.
pub fn shift(conn: &mut Conn, word: &Secret, policy: TwoStep) -> Result<Option<Shift>, Refusal> {
    let Some(device) = store::by_word(conn, &fingerprint(word.reveal()))? else { return Ok(None) };
    let staff = store::with_pins(conn, device.organisation, device.place)?;
    let ids: Vec<AccountId> = staff.iter().map(|one| one.account).collect();
    let roles = store::roles(conn, &ids)?;
    // A PIN is no second step: whoever must have one has no use of a PIN.
    let may_use = |one: &WithPin| {
        let roles = roles.get(&one.account).into_iter().flatten().copied();
        !needs_second_step(one.is_representative, roles, policy)
    };
    let people = staff.into_iter().filter(may_use).map(|one| (one.account, one.name)).collect();
    let (device, organisation) = (device.id, device.organisation);
    let (organisation_name, place_name) = store::names(conn, device)?;
    Ok(Some(Shift { device, organisation, organisation_name, place_name, people }))
}

/// Whether somebody signed in may have a PIN: staff without a second step.
pub fn may_have_pin(actor: &Actor, policy: TwoStep) -> bool {
    let works = actor.memberships().iter().any(|one| one.role == Role::Staff);
    works && !actor.has_second_step() && !actor.needs_second_step(policy)
}

/// Whether somebody has a PIN.
pub fn has_pin(conn: &mut Conn, actor: &Actor) -> diesel::QueryResult<bool> {
    Ok(store::pin(conn, actor.account())?.is_some())
}

/// Sets the PIN of somebody whose password is fresh.
///
/// # Errors
/// `Denied` without a fresh password, `Overtaken` for who may have none.
pub fn set_pin(tx: &mut Tx<'_>, actor: &Actor, pin: &Hashed, policy: TwoStep) -> Result<(), Refusal> {
    actor.fresh(tx.now)?;
    if !may_have_pin(actor, policy) {
        return Err(Refusal::overtaken("A PIN is for staff who sign in without a second step."));
    }
    store::set_pin(tx, actor.account(), pin.as_str())?;
    store::forget_wrong(tx, actor.account())?;
    let event = Event::new("account.pin", "set a PIN for shared devices").about("account", actor.account().0);
    Ok(audit::append(tx, PLATFORM, &actor.by(), event)?)
}

/// Takes the PIN away, with the sessions that it began.
pub fn remove_pin(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Refusal> {
    end_pin(tx, actor.account())?;
    let event = Event::new("account.pin", "removed their PIN").about("account", actor.account().0);
    Ok(audit::append(tx, PLATFORM, &actor.by(), event)?)
}

/// A new password ends the PIN too.
pub(super) fn end_pin(tx: &mut Tx<'_>, account: AccountId) -> diesel::QueryResult<()> {
    store::delete_pin(tx, account)?;
    store::forget_wrong(tx, account)
}

/// The right password opens the PIN again where it was shut.
pub(super) fn unlock(tx: &mut Tx<'_>, account: AccountId) -> diesel::QueryResult<()> {
    store::forget_wrong(tx, account)
}

/// Whether a membership counts in a session that a PIN began: that of staff, where the device is.
pub(super) fn stays(membership: &Membership, organisation: OrganisationId) -> bool {
    membership.organisation == organisation && membership.role == Role::Staff
}

/// Begins a session for somebody who typed their PIN.
fn begin(
    tx: &mut Tx<'_>,
    shift: &Shift,
    account: AccountId,
    (address, device): (&str, &str),
) -> Result<Secret, Refusal> {
    let (token, session) = sessions::begin_quietly(tx, account, address, device)?;
    store::insert_session(tx, session, shift.device)?;
    let name = shift.people.iter().find(|(id, _)| *id == account).map(|(_, name)| name.clone());
    let by = By {
        account: Some(account),
        name: name.unwrap_or_default(),
        address: address.to_owned(),
        session: Some(session),
    };
    let words = format!("signed in with a PIN on a shared device of {}", shift.place_name);
    let event = Event::new("session.began", words).about("account", account.0);
    audit::append(tx, shift.organisation, &by, event)?;
    Ok(token)
}
