//! Why a note is not on an appointment, or its appointment not rendered: every condition with its repair.

use super::Sees;
use super::State;
use super::reasons::Reason;
use super::settle::{self, Given};
use super::store::{self, Row};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::appointments::{self, Check, Repair, Sees as SeesAppointments};
use crate::kit::ids::SessionNoteId;

/// The conditions of a note's mapping in their order; of a mapped one, the checks of its appointment.
///
/// # Errors
/// `NotHere` when the scope does not reach the note.
pub fn why<R: Sees + SeesAppointments>(
    conn: &mut Conn,
    scope: &Scope<R>,
    note: SessionNoteId,
) -> Result<Vec<Check>, Refusal> {
    let (row, _) = store::find(conn, scope.organisation(), scope.places(), note)?;
    if let Some(live) = store::live_of_record(conn, row.external_record_id)? {
        return appointments::checks_of(conn, scope, live.local_id);
    }
    let rules = appointments::rules(conn, scope.organisation())?;
    let connection = row.connection_id;
    let prepared = settle::prepare(conn, scope.organisation(), connection, vec![row.clone()], Given::All)?;
    let client = prepared.world.people.client(&row.student_external_id, &row.site_external_id);
    let member = prepared.world.people.member(&row.user_external_id);
    let mut all = of_the_note(&row);
    all.push(condition(
        "client",
        client.one().is_some(),
        "The student is a client here.",
        settle::no_client(client),
        &row,
    ));
    all.push(condition(
        "staff",
        member.one().is_some(),
        "The therapist is a staff member here.",
        settle::no_staff(member),
        &row,
    ));
    if row.state != State::SetAside {
        let span = settle::span_of(&row, &prepared.world);
        let reason = span.err().unwrap_or(Reason::ClocksChanged);
        all.push(condition("time", span.is_ok(), "Its times are certain.", reason, &row));
    }
    let verdict = settle::judge(&prepared, rules.grace_minutes).pop().flatten();
    if let (Some(verdict), Some(note)) = (verdict, prepared.notes.first()) {
        let standing = settle::standing(&row, Some(&verdict), note, &prepared);
        all.push(of_the_appointment(&row, prepared.reason_of(&verdict), standing.because));
    }
    Ok(all)
}

fn of_the_note(row: &Row) -> Vec<Check> {
    let readable = row.state != State::SetAside;
    let words = if readable { "Its fields can be read.".to_owned() } else { row.because.clone() };
    let repair = if readable { Repair::Nothing } else { Repair::Vendor };
    let published = row.is_published;
    vec![
        Check { id: "readable", words, ok: readable, repair },
        condition("published", published, "It is published.", Reason::NotPublished, row),
    ]
}

fn of_the_appointment(row: &Row, reason: Reason, because: String) -> Check {
    let ok = reason == Reason::Nothing;
    // It fits, and waits for the next pull: or somebody took it off, and it stays off.
    let words = if ok { "Exactly one appointment fits.".to_owned() } else { because };
    let repair = if ok { Repair::Nothing } else { reason.repair(row.id) };
    Check { id: "appointment", words, ok, repair }
}

fn condition(id: &'static str, ok: bool, met: &str, reason: Reason, row: &Row) -> Check {
    let words = if ok { met } else { reason.words() };
    let repair = if ok { Repair::Nothing } else { reason.repair(row.id) };
    Check { id, words: words.to_owned(), ok, repair }
}
