//! How session notes find their appointments, and what an appointment needs to be rendered, as an organisation set it.

use diesel::QueryResult;

use super::store;
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{ManageOrganisation, Right, Scope};
use crate::domain::organisations::Changed;
use crate::domain::{Refusal, audit};

/// Longest grace that can be set; above it, neighbours would fit each other's notes.
pub const MOST_GRACE: i32 = 60;

text_enum! {
    /// Whose times an appointment has once a note is on it.
    pub enum WhoseTime {
        Appointment = "appointment",
        Note = "note",
    }
}

/// The settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a tick of its own on the page")]
pub struct Settings {
    /// How far a note's start and end may lie from the appointment's.
    pub grace_minutes: i32,
    /// Mapped sites are worked on while others are not mapped yet.
    pub meanwhile: bool,
    pub whose_time: WhoseTime,
    pub results_needed: bool,
    pub guardian_needed: bool,
    pub therapist_needed: bool,
    /// Counts of what is not mapped go out by e-mail once a week.
    pub weekly_report: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grace_minutes: 5,
            meanwhile: false,
            whose_time: WhoseTime::Appointment,
            results_needed: true,
            guardian_needed: false,
            therapist_needed: true,
            weekly_report: false,
        }
    }
}

/// What is set, or what holds until something is.
pub fn settings<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Settings> {
    Ok(store::settings(conn, scope.organisation())?.unwrap_or_default())
}

/// Reads the grace time of a form.
///
/// # Errors
/// `Invalid` on `grace_minutes`.
pub fn read_grace(typed: &str) -> Result<i32, Refusal> {
    let grace = typed.trim().parse().ok().filter(|grace| (0..=MOST_GRACE).contains(grace));
    grace.ok_or_else(|| {
        Refusal::invalid("grace_minutes", format!("Enter a whole number of minutes from 0 to {MOST_GRACE}"))
    })
}

/// Sets them. Appointments that are rendered stay rendered.
///
/// # Errors
/// `Invalid` on `grace_minutes`.
pub fn change_settings(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    wanted: &Settings,
) -> Result<(), Refusal> {
    read_grace(&wanted.grace_minutes.to_string())?;
    let before = settings(tx.conn, scope)?;
    let yes = |is: bool| if is { "yes" } else { "no" };
    let mut changed = Changed::default();
    changed.note("Grace time", &minutes(before.grace_minutes), &minutes(wanted.grace_minutes));
    changed.note("Work on mapped sites meanwhile", yes(before.meanwhile), yes(wanted.meanwhile));
    changed.note("Whose time wins", before.whose_time.as_str(), wanted.whose_time.as_str());
    changed.note("Results Notes needed", yes(before.results_needed), yes(wanted.results_needed));
    changed.note("Guardian signature needed", yes(before.guardian_needed), yes(wanted.guardian_needed));
    changed.note("Therapist signature needed", yes(before.therapist_needed), yes(wanted.therapist_needed));
    changed.note("Weekly report", yes(before.weekly_report), yes(wanted.weekly_report));
    if changed.is_empty() {
        return Ok(());
    }
    store::write_settings(tx, scope.organisation(), wanted)?;
    let words = format!("changed the settings of appointments: {}", changed.fields());
    let event = audit::Event::new("appointment_settings.changed", words)
        .about("organisation", scope.organisation().0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

fn minutes(count: i32) -> String {
    if count == 1 { "1 minute".to_owned() } else { format!("{count} minutes") }
}
