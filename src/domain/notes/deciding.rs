//! What people decide about where a note belongs: mapping by hand, deleting such a mapping, and saying of one that the
//! rule made that it is not the right one.

use super::reasons::Reason;
use super::settle::{self, Pair};
use super::store::{self, Live, Row, Standing};
use super::{SUBJECT, State, proposals};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, PairRecords, Right, Scope};
use crate::domain::appointments::{self, State as Of};
use crate::domain::audit::{self, Event};
use crate::domain::pairing::owned::Evidence;
use crate::kit::ids::{AppointmentId, ResidentId, SessionNoteId};

const DELETED: &str = "link undone";
const SAID_NO: &str = "not the same";

/// Puts a note on one of its client's appointments, with the same copy and rendering as the rule's.
///
/// # Errors
/// `Overtaken` in words when note or appointment is not free, or the note's client is not known yet; `Invalid` on
/// `appointment` when it is another client's.
pub fn map(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    note: SessionNoteId,
    appointment: AppointmentId,
) -> Result<(), Refusal> {
    let (row, _) = store::find(tx.conn, scope.organisation(), scope.places(), note)?;
    can_be_mapped(&row)?;
    let client = client_of(tx, scope, &row)?;
    let appointment = appointments::get(tx.conn, scope, appointment)?;
    if appointment.resident != Some(client) {
        return Err(Refusal::invalid("appointment", "Choose an appointment of the note's own client"));
    }
    if appointment.state == Of::Cancelled {
        return Err(Refusal::overtaken("That appointment is cancelled. Choose another one."));
    }
    let id = appointment.id;
    let taken = store::live_of_appointments(tx.conn, scope.organisation(), &[id])?;
    if taken.contains_key(&id) {
        let words = "Another session note is on that appointment. Take it off first, or choose another one.";
        return Err(Refusal::overtaken(words));
    }
    store::withdraw_refusal(tx, row.external_record_id, id)?;
    store::close(tx, &[row.id])?;
    let words = format!("{} chose the appointment.", scope.by().name);
    let evidence = vec![Evidence { field: "Person".into(), level: "agree".into(), weight: 0, words }];
    let span = settle::span_of_row(&row);
    let pair = Pair { row, appointment, span, origin: (settle::BY_HAND, ""), evidence };
    settle::put_on(tx, scope, None, vec![pair])?;
    let event = Event::new("note.mapped", "mapped a session note to an appointment by hand");
    audit::record(tx, scope, event.about(SUBJECT, note.0))?;
    Ok(())
}

fn can_be_mapped(row: &Row) -> Result<(), Refusal> {
    let words = match row.state {
        State::Mapped => "The note is on an appointment already. Take it off first.".to_owned(),
        State::SetAside => format!("The note is set aside: {} {}", row.because, row.repair),
        State::Waiting if row.is_published => return Ok(()),
        State::Waiting | State::Withdrawn => {
            "The note is not published in Ensora Data Collection. Publish it there first.".to_owned()
        }
    };
    Err(Refusal::overtaken(words))
}

fn client_of(tx: &mut Tx<'_>, scope: &Scope<PairRecords>, row: &Row) -> Result<ResidentId, Refusal> {
    let found = settle::client(tx.conn, scope.organisation(), row)?;
    found.one().ok_or_else(|| {
        let reason = settle::no_client(found);
        Refusal::overtaken(format!("{} {}", reason.words(), reason.advice()))
    })
}

/// Deletes a mapping that a person made: the appointment is un-rendered and has again what it had before.
///
/// # Errors
/// `Overtaken` when the rule made it, it is not there any more, or the appointment is on an invoice.
pub fn delete_mapping(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    note: SessionNoteId,
) -> Result<(), Refusal> {
    let (row, live) = mapped(tx, scope, note)?;
    if live.origin != settle::BY_HAND {
        let words = "The rule made this mapping. If it is wrong, a super manager says “Not the same”.";
        return Err(Refusal::overtaken(words));
    }
    undo(tx, scope, &row, &live, DELETED)?;
    let event = Event::new("note.unmapped", "deleted the mapping of a session note");
    audit::record(tx, scope, event.about(SUBJECT, note.0))?;
    Ok(())
}

/// Says of a mapping that the rule made that it is wrong. It is not made again.
///
/// # Errors
/// `Overtaken` when a person made it, it is not there any more, or the appointment is on an invoice.
pub fn not_the_same(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    note: SessionNoteId,
) -> Result<(), Refusal> {
    let (row, live) = mapped(tx, scope, note)?;
    if live.origin == settle::BY_HAND {
        return Err(Refusal::overtaken("A person made this mapping. Delete the mapping instead."));
    }
    undo(tx, scope, &row, &live, SAID_NO)?;
    let event = Event::new("note.refused", "said that a session note does not belong to its appointment");
    audit::record(tx, scope, event.about(SUBJECT, note.0))?;
    Ok(())
}

fn mapped<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, note: SessionNoteId) -> Result<(Row, Live), Refusal> {
    let (row, _) = store::find(tx.conn, scope.organisation(), scope.places(), note)?;
    let live = store::live_of_record(tx.conn, row.external_record_id)?;
    let live = live.ok_or_else(|| Refusal::overtaken("The note is on no appointment any more."))?;
    Ok((row, live))
}

fn undo<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    row: &Row,
    live: &Live,
    because: &str,
) -> Result<(), Refusal> {
    proposals::take_off(tx, scope, live, because)?;
    store::refuse(tx, live, &scope.by().name, because)?;
    store::close(tx, &[row.id])?;
    let reason = Reason::NotTheSame;
    let words = format!("{} took the note off the appointment that fits.", scope.by().name);
    let repair = reason.advice().to_owned();
    store::stand(tx, row.id, &Standing { state: State::Waiting, reason, because: words, repair })?;
    Ok(())
}
