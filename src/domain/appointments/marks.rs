//! What is written on an appointment by hand: its *Results Notes*, and the mark that it is invoiced, which freezes it.

use super::changing::{refuse_invoiced, refuse_stale, slot_of};
use super::planning::{paragraphs, when};
use super::{SUBJECT, State, get, store};
use crate::db::Tx;
use crate::domain::access::{ManageAppointments, ManageOrganisation, Scope};
use crate::domain::organisations::{Changed, one_line, short};
use crate::domain::{Refusal, audit};
use crate::kit::ids::AppointmentId;

/// Characters of results notes.
pub const LONGEST_RESULTS: usize = 20_000;

/// Writes the results notes, from a form that was made from `version`. What they said before stays on the trail.
///
/// # Errors
/// `NotHere`, `Invalid` on `results_notes`, `Overtaken` when it was changed meanwhile or is invoiced.
pub fn write_results(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (id, version): (AppointmentId, i64),
    typed: &str,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, id)?;
    refuse_invoiced(&before)?;
    refuse_stale(tx.conn, &before, version)?;
    let text = short("results_notes", paragraphs(typed), LONGEST_RESULTS)?;
    if text.is_empty() && before.state == State::Rendered {
        let words = "A rendered appointment keeps its results notes. Un-render it first";
        return Err(Refusal::invalid("results_notes", words));
    }
    let mut changed = Changed::default();
    changed.note("Results Notes", &before.results_notes, &text);
    if changed.is_empty() {
        return Ok(());
    }
    store::write_results(tx, &before, &text)?;
    let words = format!("wrote the results notes of the appointment on {}", when(&slot_of(&before)));
    let event = audit::Event::new("appointment.results", words).about(SUBJECT, id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Marks an appointment *Invoiced* with the invoice's number; nothing of it changes until the mark is taken away.
///
/// # Errors
/// `NotHere`; `Invalid` on `invoice`; `Overtaken` when it is invoiced already, or is neither rendered nor cancelled.
pub fn invoice(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    (id, version): (AppointmentId, i64),
    number: &str,
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, id)?;
    refuse_invoiced(&before)?;
    refuse_stale(tx.conn, &before, version)?;
    if before.state == State::Scheduled {
        return Err(Refusal::overtaken("Only what is rendered, or cancelled at a charge, is invoiced."));
    }
    let number = short("invoice", one_line(number), 40)?;
    if number.is_empty() {
        return Err(Refusal::invalid("invoice", "Enter the number of the invoice"));
    }
    store::set_invoice(tx, &before, Some(tx.now), &number)?;
    let words = format!("marked the appointment on {} as invoiced: {number}", when(&slot_of(&before)));
    audit::record(tx, scope, audit::Event::new("appointment.invoiced", words).about(SUBJECT, id.0))?;
    Ok(())
}

/// Takes the mark away.
///
/// # Errors
/// `NotHere`, `Overtaken` when it is not invoiced any more.
pub fn take_off_invoice(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    (id, version): (AppointmentId, i64),
) -> Result<(), Refusal> {
    let before = get(tx.conn, scope, id)?;
    if before.invoiced_at.is_none() {
        return Err(Refusal::overtaken("This appointment is not invoiced any more."));
    }
    refuse_stale(tx.conn, &before, version)?;
    store::set_invoice(tx, &before, None, "")?;
    let words =
        format!("took the appointment on {} off the invoice {}", when(&slot_of(&before)), before.invoice);
    audit::record(tx, scope, audit::Event::new("appointment.not_invoiced", words).about(SUBJECT, id.0))?;
    Ok(())
}
