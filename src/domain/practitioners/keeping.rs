//! Becoming a practitioner and ceasing to be one, and when and from where they work.

use super::hours::TypedShift;
use super::{Practitioner, one, store};
use crate::db::Tx;
use crate::domain::access::{EditStaff, Scope, Sector};
use crate::domain::coverage::Postcode;
use crate::domain::organisations::{Changed, sector};
use crate::domain::staff::{self, SUBJECT, StaffState};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{ShiftId, StaffMemberId};

/// Shifts of one practitioner: one for each day, morning and afternoon.
const MOST_SHIFTS: usize = 14;

/// Makes a staff member a practitioner, or again one.
///
/// # Errors
/// `NotHere` for another organisation's, `Invalid` on `base`, `Overtaken` when they are one already.
pub fn make(tx: &mut Tx<'_>, scope: &Scope<EditStaff>, id: StaffMemberId, base: &str) -> Result<(), Refusal> {
    if sector(tx.conn, scope.organisation())? != Sector::CommunityHealth {
        return Err(Refusal::NotHere);
    }
    let member = staff::get(tx.conn, scope, id)?;
    let base = read_base(base)?;
    if member.state != StaffState::Active {
        let words = format!("{} is suspended. Reinstate them on the staff page first.", member.name());
        return Err(Refusal::overtaken(words));
    }
    match store::all(tx.conn, scope.organisation(), Some(id))?.pop() {
        Some(before) if before.active => {
            return Err(Refusal::overtaken(format!("{} is a practitioner already.", before.name)));
        }
        Some(_) => store::write(tx, id, &base, true)?,
        None => store::insert(tx, scope.organisation(), id, &base)?,
    }
    let words = format!("made {} a practitioner, from {base}", member.name());
    record(tx, scope, id, audit::Event::new("practitioner.made", words))
}

/// Ends that somebody visits patients. What they have and when they worked is kept.
///
/// # Errors
/// `NotHere`; `Overtaken` when it was ended already.
pub fn end(tx: &mut Tx<'_>, scope: &Scope<EditStaff>, id: StaffMemberId) -> Result<(), Refusal> {
    let before = one(tx.conn, scope.organisation(), id)?;
    if !before.active {
        return Err(not_active(&before));
    }
    store::write(tx, id, &before.base, false)?;
    let words = format!("ended that {} is a practitioner", before.name);
    record(tx, scope, id, audit::Event::new("practitioner.ended", words))
}

/// Says from where their days start.
///
/// # Errors
/// `NotHere`, `Invalid` on `base`, `Overtaken` when they are no practitioner any more.
pub fn move_base(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    base: &str,
) -> Result<(), Refusal> {
    let before = active(tx, scope, id)?;
    let base = read_base(base)?;
    if base == before.base {
        return Ok(());
    }
    store::write(tx, id, &base, true)?;
    let mut changed = Changed::default();
    changed.note("Base", &before.base.to_string(), &base.to_string());
    let words = format!("changed from where {} starts", before.name);
    record(tx, scope, id, audit::Event::new("practitioner.changed", words).with(changed))
}

/// Adds hours of work.
///
/// # Errors
/// `NotHere`, `Invalid` with the field, `Overtaken` when they are no practitioner any more.
pub fn add_shift(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    typed: &TypedShift,
) -> Result<ShiftId, Refusal> {
    let before = active(tx, scope, id)?;
    let shift = typed.read()?;
    if let Some(other) = before.shifts.iter().find(|other| other.overlaps(&shift)) {
        let words = format!("This overlaps the shift {}. Remove that one first", other.words());
        return Err(Refusal::invalid("from", words));
    }
    if before.shifts.len() >= MOST_SHIFTS {
        let words = format!("{MOST_SHIFTS} shifts are the most. Remove one first");
        return Err(Refusal::invalid("days", words));
    }
    let new = store::insert_shift(tx, id, &shift)?;
    let words = format!("added a shift of {}: {}", before.name, shift.words());
    record(tx, scope, id, audit::Event::new("practitioner.shift_added", words))?;
    Ok(new)
}

/// # Errors
/// `NotHere` for a shift that is not theirs, or was removed already.
pub fn remove_shift(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    shift: ShiftId,
) -> Result<(), Refusal> {
    let before = one(tx.conn, scope.organisation(), id)?;
    let gone = before.shift(shift).ok_or(Refusal::NotHere)?;
    store::delete_shift(tx, id, shift)?;
    let words = format!("removed a shift of {}: {}", before.name, gone.words());
    record(tx, scope, id, audit::Event::new("practitioner.shift_removed", words))
}

pub(super) fn active(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
) -> Result<Practitioner, Refusal> {
    let found = one(tx.conn, scope.organisation(), id)?;
    if found.active { Ok(found) } else { Err(not_active(&found)) }
}

pub(super) fn record(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    event: audit::Event,
) -> Result<(), Refusal> {
    Ok(audit::record(tx, scope, event.about(SUBJECT, id.0))?)
}

fn not_active(practitioner: &Practitioner) -> Refusal {
    Refusal::overtaken(format!("{} is not a practitioner any more.", practitioner.name))
}

fn read_base(text: &str) -> Result<Postcode, Refusal> {
    Postcode::parse(text)
        .ok_or_else(|| Refusal::invalid("base", "Enter the postcode from which they start, such as LS1 1AA"))
}
