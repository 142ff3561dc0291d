//! How much of the night goes to the care record: what the organisation says, and what a resident's own threshold says
//! instead.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::{AtLeast, Kind, Severity, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{EditResidents, ManagePlaces, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::{Refusal, residents};
use crate::kit::ids::{OrganisationId, ResidentId};

/// The longest time in which repeats count as one.
pub const LONGEST_WINDOW: i32 = 240;

/// What an organisation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Repeats of one kind within so many minutes are one entry; 0: each is its own.
    pub window_minutes: i32,
    pub at_least: AtLeast,
}

impl Default for Settings {
    fn default() -> Self {
        Self { window_minutes: 30, at_least: AtLeast::Medium }
    }
}

/// What goes to the care record for one resident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    pub at_least: AtLeast,
    /// Kinds that stay here whatever their severity.
    pub kept_here: BTreeSet<Kind>,
    /// It is the resident's own, and not the organisation's.
    pub own: bool,
}

impl Threshold {
    pub(super) fn lets(&self, kind: Kind, severity: Severity) -> bool {
        self.at_least.lets(severity) && !self.kept_here.contains(&kind)
    }
}

pub(super) fn read_settings(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Settings> {
    Ok(store::settings(conn, organisation)?.unwrap_or_default())
}

pub(super) fn read(conn: &mut Conn, settings: Settings, resident: ResidentId) -> QueryResult<Threshold> {
    let own = store::threshold(conn, resident)?;
    Ok(own.unwrap_or(Threshold { at_least: settings.at_least, kept_here: BTreeSet::new(), own: false }))
}

/// What the organisation says.
pub fn settings<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Settings> {
    read_settings(conn, scope.organisation())
}

/// Changes it, for events that arrive from here on.
///
/// # Errors
/// `Invalid` for a time that is too long.
pub fn set_settings(tx: &mut Tx<'_>, scope: &Scope<ManagePlaces>, new: Settings) -> Result<(), Refusal> {
    if !(0..=LONGEST_WINDOW).contains(&new.window_minutes) {
        let words = format!("Enter the minutes as a number from 0 to {LONGEST_WINDOW}");
        return Err(Refusal::invalid("window", words));
    }
    if settings(tx.conn, scope)? == new {
        return Ok(());
    }
    store::set_settings(tx, scope.organisation(), new)?;
    let words = format!(
        "set night events for the care record: {}, repeats within {} minutes are one entry",
        new.at_least.words().to_lowercase(),
        new.window_minutes
    );
    audit::record(tx, scope, Event::new("monitoring.settings", words))?;
    Ok(())
}

/// What goes to the care record for one resident.
///
/// # Errors
/// `NotHere` for a resident outside the scope.
pub fn threshold<R: residents::Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: ResidentId,
) -> Result<Threshold, Refusal> {
    residents::get(conn, scope, resident)?;
    let settings = read_settings(conn, scope.organisation())?;
    Ok(read(conn, settings, resident)?)
}

/// Gives a resident their own.
///
/// # Errors
/// `NotHere` for a resident outside the scope.
pub fn set_threshold(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    resident: ResidentId,
    at_least: AtLeast,
    kept_here: BTreeSet<Kind>,
) -> Result<(), Refusal> {
    let name = residents::get(tx.conn, scope, resident)?.name();
    let new = Threshold { at_least, kept_here, own: true };
    if threshold(tx.conn, scope, resident)? == new {
        return Ok(());
    }
    store::set_threshold(tx, resident, &new)?;
    let kept: Vec<&str> = new.kept_here.iter().map(|kind| kind.words()).collect();
    let kept =
        if kept.is_empty() { String::new() } else { format!(", never {}", kept.join(", ").to_lowercase()) };
    let words =
        format!("set night events of {name} for the care record: {}{kept}", at_least.words().to_lowercase());
    let event = Event::new("monitoring.threshold", words).about(residents::SUBJECT, resident.0);
    audit::record(tx, scope, event)?;
    Ok(())
}

/// Back to what the organisation says.
///
/// # Errors
/// As for [`set_threshold`].
pub fn forget_threshold(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    resident: ResidentId,
) -> Result<(), Refusal> {
    let name = residents::get(tx.conn, scope, resident)?.name();
    if !threshold(tx.conn, scope, resident)?.own {
        return Ok(());
    }
    store::forget_threshold(tx, resident)?;
    let words = format!("left it to the organisation which night events of {name} go to the care record");
    let event = Event::new("monitoring.threshold", words).about(residents::SUBJECT, resident.0);
    audit::record(tx, scope, event)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_severity_and_kinds_that_stay() {
        let at = |at_least| Threshold { at_least, kept_here: BTreeSet::from([Kind::Cough]), own: true };
        let lets =
            |at_least| Severity::ALL.iter().filter(|one| at(at_least).lets(Kind::Sound, **one)).count();
        let counted: Vec<usize> = AtLeast::ALL.iter().map(|at_least| lets(*at_least)).collect();
        assert_eq!(counted, [3, 2, 1, 0]);
        assert!(!at(AtLeast::Low).lets(Kind::Cough, Severity::High));
    }
}
