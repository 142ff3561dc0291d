//! What a note would change that a person decides: edited notes after rendering, results notes that were there before,
//! notes that were withdrawn, and notes that say a session did not take place.

use std::collections::HashMap;

use diesel::QueryResult;

use super::fields::{Outcome, Reading};
use super::reasons::Reason;
use super::settle::{self, Filled};
use super::store::{self, Live, NewProposal, ProposalRow, Row, Standing};
use super::{Choice, Proposal, SUBJECT, Sees, State, Why};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Right, Scope};
use crate::domain::appointments::{self, Appointment, Filling, State as Of};
use crate::domain::audit::{self, Event};
use crate::domain::mapping::{self, Rule};
use crate::kit::ids::{AppointmentId, ProposalId, SessionNoteId};

/// What became of notes that were edited while they are on an appointment.
#[derive(Debug, Default)]
pub(super) struct Edited {
    pub proposals: usize,
    pub rendered: usize,
    /// Taken off again, since the rule had put them on an appointment that is not rendered yet.
    pub free: Vec<SessionNoteId>,
}

/// Decisions that wait, about appointments of the scope's places, the oldest first.
pub fn proposals<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<Proposal>> {
    let rows = store::open(conn, scope.organisation(), scope.places(), None, (offset, limit))?;
    assembled(conn, rows)
}

/// Those about one note.
pub fn open_proposals<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    note: SessionNoteId,
) -> QueryResult<Vec<Proposal>> {
    let rows = store::open(conn, scope.organisation(), scope.places(), Some(note), (0, 20))?;
    assembled(conn, rows)
}

fn assembled(conn: &mut Conn, rows: Vec<ProposalRow>) -> QueryResult<Vec<Proposal>> {
    let ids: Vec<SessionNoteId> = rows.iter().map(|row| row.note_id).collect();
    let notes: HashMap<SessionNoteId, Row> =
        store::rows(conn, &ids)?.into_iter().map(|row| (row.id, row)).collect();
    let proposal = |row: ProposalRow| {
        let note = notes.get(&row.note_id)?;
        let whys = read_whys(&row.why);
        Some(Proposal {
            id: row.id,
            note: row.note_id,
            version: row.version,
            appointment: row.appointment_id,
            choices: choices(&whys).to_vec(),
            whys,
            made_at: row.made_at,
            student_name: note.student_name.clone(),
            user_name: note.user_name.clone(),
            date: note.local_date,
        })
    };
    Ok(rows.into_iter().filter_map(proposal).collect())
}

fn read_whys(text: &str) -> Vec<Why> {
    text.split(',').filter_map(Why::parse).collect()
}

fn choices(whys: &[Why]) -> &'static [Choice] {
    let has = |why| whys.contains(&why);
    if has(Why::SaysCancelled) || has(Why::SaysNoShow) {
        &[Choice::Keep, Choice::Cancel]
    } else if has(Why::Withdrawn) {
        &[Choice::Keep, Choice::UnRender]
    } else if has(Why::Edited) {
        &[Choice::Keep, Choice::Append, Choice::Replace, Choice::UnRender]
    } else {
        &[Choice::Keep, Choice::Append, Choice::Replace]
    }
}

/// Notes that are on an appointment and came in another version.
pub(super) fn edited<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    notes: Vec<SessionNoteId>,
) -> Result<Edited, Refusal> {
    let mut done = Edited::default();
    if notes.is_empty() {
        return Ok(done);
    }
    store::close(tx, &notes)?;
    let all = mapped(tx, scope, &notes)?;
    let before = store::texts_before(
        tx.conn,
        &all.iter().map(|one| (one.row.id, one.row.version)).collect::<Vec<_>>(),
    )?;
    let ids: Vec<AppointmentId> = all.iter().map(|one| one.appointment.id).collect();
    let un_rendered = appointments::un_rendered(tx.conn, &ids)?;
    let rule_off = mapping::rules_off(tx.conn, scope.organisation())?.has(Rule::Notes);
    let (mut proposals, mut again) = (Vec::new(), Vec::new());
    for one in all {
        let rendered = one.appointment.state == Of::Rendered || one.appointment.invoiced_at.is_some();
        let by_rule = one.live.origin == "Auto";
        // What a person un-rendered is not rendered again without one; and what a rule mapped that is switched off
        // since is not taken off to be matched once more, since the rule would not put it back.
        let asks = rendered || un_rendered.contains(&one.appointment.id) || (by_rule && rule_off);
        let whys = whys(&one);
        if whys == [Why::Withdrawn] && !rendered && by_rule {
            take_off(tx, scope, &one.live, "the note was withdrawn")?;
            store::stand(tx, one.row.id, &standing(State::Withdrawn, Reason::Withdrawn))?;
        } else if !whys.is_empty() && (asks || whys != [Why::Edited]) {
            store::stand(tx, one.row.id, &settle::to_decide(&whys))?;
            proposals.push(new(&one, &whys));
        } else if !one.reading.faults.is_empty() {
            let words: Vec<&str> = one.reading.faults.iter().map(|fault| fault.words.as_str()).collect();
            let because = words.join(" ");
            store::stand(tx, one.row.id, &Standing { because, ..standing(State::Mapped, Reason::SetAside) })?;
        } else if by_rule {
            take_off(tx, scope, &one.live, "the note was edited")?;
            store::stand(tx, one.row.id, &standing(State::Waiting, Reason::NoAppointment))?;
            done.free.push(one.row.id);
        } else {
            again.push(one.filled());
        }
    }
    done.proposals = proposals.len();
    store::propose(tx, scope.organisation(), &proposals)?;
    let filled = settle::fill(tx, scope, again, &before)?;
    done.proposals += filled.proposals;
    done.rendered = filled.rendered;
    Ok(done)
}

/// A note on its appointment.
struct Mapped {
    row: Row,
    live: Live,
    appointment: Appointment,
    reading: Reading,
}

impl Mapped {
    fn filled(self) -> Filled {
        let span = settle::span_of_row(&self.row);
        Filled { row: self.row, appointment: self.appointment, span, reading: self.reading }
    }
}

fn mapped<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    notes: &[SessionNoteId],
) -> Result<Vec<Mapped>, Refusal> {
    let rows = store::rows(tx.conn, notes)?;
    let records: Vec<_> = rows.iter().map(|row| row.external_record_id).collect();
    let mut lives = store::live_of_notes(tx.conn, &records)?;
    let contents = store::contents(tx.conn, &records)?;
    let ids: Vec<AppointmentId> = lives.values().map(|live| live.local_id).collect();
    let found = appointments::some(tx.conn, scope.organisation(), &ids)?;
    let mut found: HashMap<AppointmentId, Appointment> = found.into_iter().map(|one| (one.id, one)).collect();
    let one = |row: Row| {
        let live = lives.remove(&row.external_record_id)?;
        let appointment = found.remove(&live.local_id)?;
        let reading = settle::reading(contents.get(&row.external_record_id));
        Some(Mapped { row, live, appointment, reading })
    };
    Ok(rows.into_iter().filter_map(one).collect())
}

fn whys(one: &Mapped) -> Vec<Why> {
    let mut whys = match one.reading.outcome {
        Outcome::Cancelled => vec![Why::SaysCancelled],
        Outcome::NoShow => vec![Why::SaysNoShow],
        Outcome::Held if !one.row.is_published => vec![Why::Withdrawn],
        Outcome::Held => vec![Why::Edited],
    };
    if one.appointment.invoiced_at.is_some() {
        whys.push(Why::Invoiced);
    }
    whys
}

fn new(one: &Mapped, whys: &[Why]) -> NewProposal {
    NewProposal {
        note: one.row.id,
        version: one.row.version,
        appointment: one.appointment.id,
        why: settle::joined(whys),
    }
}

fn standing(state: State, reason: Reason) -> Standing {
    Standing { state, reason, because: reason.words().to_owned(), repair: reason.advice().to_owned() }
}

/// Ends a mapping and empties its appointment.
pub(super) fn take_off<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    live: &Live,
    because: &str,
) -> Result<(), Refusal> {
    appointments::empty(tx, scope, live.local_id)?;
    store::end(tx, live.id, &scope.by().name, because)?;
    Ok(())
}

/// Notes that say the session did not take place, each with the appointment that fits. One that was decided about is
/// not asked about again.
pub(super) fn cancelled<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    all: Vec<(Row, Appointment)>,
) -> Result<usize, Refusal> {
    let notes: Vec<SessionNoteId> = all.iter().map(|(row, _)| row.id).collect();
    let known = store::proposed(tx.conn, &notes)?;
    let records: Vec<_> = all.iter().map(|(row, _)| row.external_record_id).collect();
    let contents = store::contents(tx.conn, &records)?;
    let mut proposals = Vec::new();
    for (row, appointment) in all {
        if known.contains(&(row.id, row.version, appointment.id)) {
            continue;
        }
        let no_show = settle::reading(contents.get(&row.external_record_id)).outcome == Outcome::NoShow;
        let why = if no_show { Why::SaysNoShow } else { Why::SaysCancelled };
        store::stand(tx, row.id, &standing(State::Waiting, Reason::SaysCancelled))?;
        proposals.push(NewProposal {
            note: row.id,
            version: row.version,
            appointment: appointment.id,
            why: settle::joined(&[why]),
        });
    }
    store::propose(tx, scope.organisation(), &proposals)?;
    Ok(proposals.len())
}

/// Decides about a proposal.
///
/// # Errors
/// `Invalid` on `choice` when it is none of the proposal's; `Overtaken` when somebody decided already, or what was
/// chosen is not possible.
pub fn decide(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: ProposalId,
    choice: Choice,
) -> Result<(), Refusal> {
    let proposal = store::proposal(tx.conn, scope.organisation(), id)?;
    appointments::get(tx.conn, scope, proposal.appointment_id)?;
    let whys = read_whys(&proposal.why);
    if !choices(&whys).contains(&choice) {
        return Err(Refusal::invalid("choice", "Choose one of the answers that the page shows"));
    }
    if !store::decided(tx, id, choice.as_str(), &scope.by().name)? {
        return Err(Refusal::overtaken("This was decided already. Look at the list again."));
    }
    let mut rows = store::rows(tx.conn, &[proposal.note_id])?;
    let row = rows.pop().ok_or(Refusal::NotHere)?;
    let live = store::live_of_record(tx.conn, row.external_record_id)?;
    let live = live.filter(|live| live.local_id == proposal.appointment_id);
    match (choice, live) {
        (Choice::Cancel, live) => {
            if let Some(live) = live {
                not_rendered(tx, scope, proposal.appointment_id)?;
                take_off(tx, scope, &live, "the note says that the session did not take place")?;
                store::stand(tx, row.id, &standing(State::Waiting, Reason::SaysCancelled))?;
            }
            let no_show = whys.contains(&Why::SaysNoShow);
            appointments::cancel_from_note(tx, scope, proposal.appointment_id, no_show)?;
        }
        // It is on no appointment: keeping changes nothing.
        (_, None) => {}
        (Choice::UnRender, Some(live)) if whys.contains(&Why::Withdrawn) => {
            take_off(tx, scope, &live, "the note was withdrawn")?;
            store::stand(tx, row.id, &standing(State::Withdrawn, Reason::Withdrawn))?;
        }
        (Choice::UnRender, Some(_)) => {
            appointments::un_render(tx, scope, proposal.appointment_id)?;
            stand_again(tx, scope, &row, proposal.appointment_id)?;
        }
        (Choice::Keep, Some(_)) if whys != [Why::ResultsThere] => {
            stand_again(tx, scope, &row, proposal.appointment_id)?;
        }
        (choice, Some(_)) => {
            approve(tx, scope, &row, proposal.appointment_id, choice)?;
            stand_again(tx, scope, &row, proposal.appointment_id)?;
        }
    }
    let words = format!("decided about a session note: {}", choice.words().to_lowercase());
    audit::record(tx, scope, Event::new("note.decided", words).about(SUBJECT, row.id.0))?;
    Ok(())
}

fn not_rendered(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    id: AppointmentId,
) -> Result<(), Refusal> {
    match appointments::get(tx.conn, scope, id)?.state {
        Of::Rendered => Err(Refusal::overtaken("The appointment is rendered. Un-render it first.")),
        Of::Scheduled | Of::Cancelled => Ok(()),
    }
}

/// Puts a note on its appointment as somebody decided.
fn approve(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    row: &Row,
    id: AppointmentId,
    choice: Choice,
) -> Result<(), Refusal> {
    let appointment = appointments::get(tx.conn, scope, id)?;
    let contents = store::contents(tx.conn, &[row.external_record_id])?;
    let reading = settle::reading(contents.get(&row.external_record_id));
    if !reading.faults.is_empty() && choice != Choice::Keep {
        return Err(Refusal::overtaken("The note cannot be used as it is: it is set aside."));
    }
    let images = settle::images(tx, scope.organisation(), std::iter::once(&reading))?;
    let rules = appointments::rules(tx.conn, scope.organisation())?;
    let there = appointment.results_notes.trim_end();
    let results_notes = match choice {
        Choice::Append if there.is_empty() => Some(reading.notes.clone()),
        Choice::Append => Some(format!("{there}\n\n{}", reading.notes)),
        Choice::Replace => Some(reading.notes.clone()),
        Choice::Keep | Choice::UnRender | Choice::Cancel => None,
    };
    let span = settle::span_of_row(row).filter(|_| rules.note_times && choice != Choice::Keep);
    let times = span.map(|span| settle::times(&appointment, &span));
    let session = Some(settle::session(row, &reading, &images));
    appointments::fill(tx, scope, vec![Filling { appointment, session, results_notes, times }])?;
    Ok(())
}

/// Where a note on an appointment stands after a decision.
fn stand_again(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    row: &Row,
    id: AppointmentId,
) -> Result<(), Refusal> {
    let appointment = appointments::get(tx.conn, scope, id)?;
    let by_hand =
        appointment.state == Of::Rendered || appointments::un_rendered(tx.conn, &[id])?.contains(&id);
    if by_hand {
        store::stand_rendered(tx, &[row.id])?;
    } else {
        let checks = appointments::checks_of(tx.conn, scope, id)?;
        store::stand(tx, row.id, &settle::not_rendered(&checks))?;
    }
    Ok(())
}
