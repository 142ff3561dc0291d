//! Cancelling: once, with who cancels, because of whom, and why. Less than a day before it is chargeable.

use chrono::TimeDelta;

use super::telling::happened;
use super::{Entity, EventKind, ReasonCode, Sees, Visit, booking, lists, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::patients::details_note;
use crate::kit::ids::VisitId;

/// Cancelled later than this before the practitioner is expected, or the window starts, it is chargeable
/// (vendors.md 5.7).
pub const NOTICE: TimeDelta = TimeDelta::hours(24);

/// How it is cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    pub by: Entity,
    pub because_of: Entity,
    pub reason: ReasonCode,
    pub note: String,
}

/// Cancels an appointment that is open.
///
/// # Errors
/// `Overtaken` when it was cancelled or completed already; `Invalid` on `note`.
pub fn cancel(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id): (Mode, VisitId),
    how: &Cancellation,
) -> Result<Visit, Refusal> {
    let before = booking::open(tx, scope, mode, id)?;
    end(tx, scope, &before, how)
}

/// Writes the end of one that may be cancelled.
pub(super) fn end<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    before: &Visit,
    how: &Cancellation,
) -> Result<Visit, Refusal> {
    let note = details_note("note", &how.note).map_err(|wrong| Refusal::invalid(wrong.field, wrong.words))?;
    let kept = store::Ending {
        by: how.by,
        because_of: how.because_of,
        reason: how.reason,
        note: &note,
        by_name: &scope.by().name,
        chargeable: before.is_short_notice(tx.now),
    };
    store::cancel(tx, before.id, &kept)?;
    let visit = lists::get(tx.conn, scope, before.mode, before.id)?;
    let mut words = format!("cancelled it: {}", how.reason.words().to_lowercase());
    if kept.chargeable {
        words.push_str(", less than 24 hours before");
    }
    happened(tx, scope, &visit, EventKind::Cancelled, &words)?;
    Ok(visit)
}
