//! Rows of what notes would change and a person decides.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::CHUNK;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::Places;
use crate::domain::schema::{appointments, note_proposals};
use crate::kit::ids::{AppointmentId, OrganisationId, ProposalId, SessionNoteId};

const OPEN: &str = "open";

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = note_proposals)]
#[diesel(check_for_backend(Backend))]
pub struct ProposalRow {
    pub id: ProposalId,
    pub note_id: SessionNoteId,
    pub version: i32,
    pub appointment_id: AppointmentId,
    pub why: String,
    pub made_at: NaiveDateTime,
}

pub struct NewProposal {
    pub note: SessionNoteId,
    pub version: i32,
    pub appointment: AppointmentId,
    /// The words of its whys, with commas.
    pub why: String,
}

/// Opens proposals. One of the same version that was decided is opened again, since its reason is another.
pub fn propose(tx: &mut Tx<'_>, organisation: OrganisationId, all: &[NewProposal]) -> QueryResult<()> {
    for one in all {
        both(
            diesel::insert_into(note_proposals::table)
                .values((
                    note_proposals::organisation_id.eq(organisation),
                    note_proposals::note_id.eq(one.note),
                    note_proposals::version.eq(one.version),
                    note_proposals::appointment_id.eq(one.appointment),
                    note_proposals::why.eq(&one.why),
                    note_proposals::state.eq(OPEN),
                    note_proposals::made_at.eq(tx.now),
                    note_proposals::decided_by_name.eq(""),
                ))
                .on_conflict((
                    note_proposals::note_id,
                    note_proposals::version,
                    note_proposals::appointment_id,
                ))
                .do_update()
                .set((
                    note_proposals::why.eq(&one.why),
                    note_proposals::state.eq(OPEN),
                    note_proposals::made_at.eq(tx.now),
                    note_proposals::decided_by_name.eq(""),
                )),
        )
        .execute(tx.conn)?;
    }
    Ok(())
}

/// The notes' open proposals are not needed any more.
pub fn close(tx: &mut Tx<'_>, notes: &[SessionNoteId]) -> QueryResult<()> {
    for piece in notes.chunks(CHUNK) {
        diesel::update(note_proposals::table)
            .filter(note_proposals::note_id.eq_any(piece.to_vec()))
            .filter(note_proposals::state.eq(OPEN))
            .set((note_proposals::state.eq("overtaken"), note_proposals::decided_at.eq(tx.now)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Settles an open proposal; false when it is not open any more.
pub fn decided(tx: &mut Tx<'_>, id: ProposalId, choice: &str, by: &str) -> QueryResult<bool> {
    let open = note_proposals::table.filter(note_proposals::id.eq(id)).filter(note_proposals::state.eq(OPEN));
    let done = diesel::update(open)
        .set((
            note_proposals::state.eq(choice),
            note_proposals::decided_at.eq(tx.now),
            note_proposals::decided_by_name.eq(by),
        ))
        .execute(tx.conn)?;
    Ok(done == 1)
}

pub fn proposal(conn: &mut Conn, organisation: OrganisationId, id: ProposalId) -> QueryResult<ProposalRow> {
    note_proposals::table
        .filter(note_proposals::id.eq(id))
        .filter(note_proposals::organisation_id.eq(organisation))
        .select(ProposalRow::as_select())
        .first(conn)
}

/// Open proposals about appointments of the places, the oldest first.
pub fn open(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    note: Option<SessionNoteId>,
    (offset, limit): (i64, i64),
) -> QueryResult<Vec<ProposalRow>> {
    let mut query = note_proposals::table
        .inner_join(appointments::table)
        .filter(note_proposals::organisation_id.eq(organisation))
        .filter(note_proposals::state.eq(OPEN))
        .order(note_proposals::id)
        .offset(offset)
        .limit(limit)
        .select(ProposalRow::as_select())
        .into_boxed::<Backend>();
    if let Some(note) = note {
        query = query.filter(note_proposals::note_id.eq(note));
    }
    if let Places::Only(assigned) = places {
        query = query.filter(appointments::place_id.eq_any(assigned.clone()));
    }
    query.load(conn)
}

/// What was ever proposed about these notes.
pub fn proposed(
    conn: &mut Conn,
    notes: &[SessionNoteId],
) -> QueryResult<HashSet<(SessionNoteId, i32, AppointmentId)>> {
    let mut found = HashSet::new();
    for piece in notes.chunks(CHUNK) {
        let rows: Vec<(SessionNoteId, i32, AppointmentId)> = note_proposals::table
            .filter(note_proposals::note_id.eq_any(piece.to_vec()))
            .select((note_proposals::note_id, note_proposals::version, note_proposals::appointment_id))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// How many decisions wait about each note.
pub fn open_of_notes(conn: &mut Conn, notes: &[SessionNoteId]) -> QueryResult<HashMap<SessionNoteId, i64>> {
    let mut found: HashMap<SessionNoteId, i64> = HashMap::new();
    for piece in notes.chunks(CHUNK) {
        let rows: Vec<SessionNoteId> = note_proposals::table
            .filter(note_proposals::note_id.eq_any(piece.to_vec()))
            .filter(note_proposals::state.eq(OPEN))
            .select(note_proposals::note_id)
            .load(conn)?;
        for note in rows {
            *found.entry(note).or_default() += 1;
        }
    }
    Ok(found)
}
