//! Taking a rendering back: status, times and results notes are again what they were before the session note came.

use super::super::{Appointment, SUBJECT, State};
use super::{Before, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::kit::ids::{AppointmentId, StatusTypeId};

/// Un-renders an appointment. Its signature window and its mapping stay; results notes that somebody changed since
/// stay as they are.
///
/// # Errors
/// `Overtaken` when it is not rendered, or is on an invoice.
pub fn un_render(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: AppointmentId,
) -> Result<(), Refusal> {
    let appointment = super::super::get(tx.conn, scope, id)?;
    if appointment.state != State::Rendered {
        return Err(Refusal::overtaken("The appointment is not rendered."));
    }
    let before = store::sessions(tx.conn, &[id])?.remove(&id).and_then(|kept| kept.before);
    let restored = take_back(appointment, before.clone())?;
    store::restore(tx, &restored)?;
    if let Some(before) = before {
        store::keep_before(tx, id, &Before { un_rendered: true, ..before })?;
    }
    let date = restored.local_date.format("%-d %B %Y");
    let event = Event::new("appointment.unrendered", format!("un-rendered an appointment on {date}"));
    audit::record(tx, scope, event.about(SUBJECT, id.0))?;
    Ok(())
}

/// Takes away everything that a note put on an appointment, its signature window too.
///
/// # Errors
/// `Overtaken` when it is on an invoice; `NotHere` when the scope does not reach it.
pub(in crate::domain) fn empty<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    id: AppointmentId,
) -> Result<(), Refusal> {
    let appointment = super::super::store::get(tx.conn, scope.organisation(), scope.places(), id)?;
    let Some(kept) = store::sessions(tx.conn, &[id])?.remove(&id) else {
        return Ok(());
    };
    let (state, at, by) = (appointment.state, appointment.rendered_at, appointment.rendered_by.clone());
    let by_hand = kept.before.as_ref().is_some_and(|before| before.was_rendered);
    let unrendered = state == State::Rendered && !by_hand;
    let mut restored = take_back(appointment, kept.before)?;
    if state == State::Rendered && by_hand {
        (restored.state, restored.rendered_at, restored.rendered_by) = (state, at, by);
    }
    store::restore(tx, &restored)?;
    store::drop_session(tx, id)?;
    if unrendered {
        let date = restored.local_date.format("%-d %B %Y");
        let words = format!("un-rendered an appointment on {date} since its session note was taken off");
        audit::record(tx, scope, Event::new("appointment.unrendered", words).about(SUBJECT, id.0))?;
    }
    Ok(())
}

fn take_back(mut appointment: Appointment, before: Option<Before>) -> Result<Appointment, Refusal> {
    if appointment.invoiced_at.is_some() {
        let words = "The appointment is on an invoice. Take it off the invoice first.";
        return Err(Refusal::overtaken(words));
    }
    if appointment.state == State::Rendered {
        appointment.state = State::Scheduled;
        appointment.rendered_at = None;
        appointment.rendered_by.clear();
    }
    let Some(before) = before else { return Ok(appointment) };
    if appointment.state != State::Cancelled {
        appointment.status = StatusTypeId(before.status);
    }
    let times = before.times;
    (appointment.starts_at, appointment.ends_at, appointment.local_date) =
        (times.starts_at, times.ends_at, times.local_date);
    if before.gave_notes.is_some_and(|gave| gave == appointment.results_notes) {
        appointment.results_notes = before.results_notes;
    }
    Ok(appointment)
}
